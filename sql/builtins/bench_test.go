package builtins

import (
	"testing"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

func BenchmarkCodeTables(b *testing.B) {
	for b.Loop() {
		codesBySource()
		aggCodesBySource()
	}
}

// op makes an operator call; it is a bug in the test if there is none.
func op(name string, l, r expr.Expr) expr.Expr {
	m, err := ResolveOperator(name, l.Type().OID, r.Type().OID)
	if err != nil {
		panic(err)
	}
	return &expr.Call{Fn: m.Fn, Args: []expr.Expr{l, r}, T: types.Of(m.Ret), Form: expr.FormOperator, Op: name}
}

// call makes a function call.
func call(name string, args ...expr.Expr) expr.Expr {
	in := make([]types.OID, len(args))
	for i, a := range args {
		in[i] = a.Type().OID
	}
	m, err := ResolveFunction(FuncCall{Name: name, Args: in})
	if err != nil {
		panic(err)
	}
	return &expr.Call{Fn: m.Fn, Args: args, T: types.Of(m.Ret)}
}

func colOf(i int, t types.OID) expr.Expr { return &expr.Col{Idx: i, T: types.Of(t)} }

func intConst(v int64) expr.Expr { return &expr.Const{T: types.Of(types.Int4OID), D: types.NewInt(v)} }

func strConst(s string) expr.Expr { return &expr.Const{T: types.Of(types.TextOID), D: types.NewStr(s)} }

func strArray(in ...string) expr.Expr {
	elems := make([]types.Datum, len(in))
	for i, s := range in {
		elems[i] = types.NewStr(s)
	}
	return &expr.Const{T: types.Of(types.TextArrayOID), D: types.NewRef(types.NewArray(types.TextOID, elems))}
}

func numConst(s string) expr.Expr {
	n, _ := types.ParseNumeric(s)
	return &expr.Const{T: types.Of(types.NumericOID), D: types.NewNum(n)}
}

func benchBatch(n int) *vec.Batch {
	b := vec.NewBatch([]types.Kind{types.KindInt, types.KindInt, types.KindFloat, types.KindStr, types.KindNum}, n)
	for i := range n {
		b.AppendRow([]types.Datum{types.NewInt(int64(i * 7919 % 1000)), types.NewInt(int64(i)), types.NewFloat(float64(i)),
			types.NewStr("customer name number " + string(rune('a'+i%26))), types.NewNum(types.MakeNumeric(int64(i*100+5), 2))})
	}
	return b
}

// BenchmarkEval reports ns per value for batches, and ns per row for one-row batches.
func BenchmarkEval(b *testing.B) {
	a, c, f, s, n := colOf(0, types.Int4OID), colOf(1, types.Int4OID), colOf(2, types.Float8OID), colOf(3, types.TextOID), colOf(4, types.NumericOID)
	for _, x := range []struct {
		name string
		e    expr.Expr
	}{
		{"int4<const", op("<", a, intConst(500))},
		{"int4=int4", op("=", a, c)},
		{"int4+int4", op("+", a, c)},
		{"int4*const", op("*", a, intConst(3))},
		{"int4/const", op("/", a, intConst(3))},
		{"float8*float8", op("*", f, f)},
		{"numeric+numeric", op("+", n, n)},
		{"numeric*numeric", op("*", n, numConst("1.05"))},
		{"numeric<const", op("<", n, numConst("500.00"))},
		{"text=const", op("=", s, strConst("customer name number x"))},
		{"like prefix", op("~~", s, strConst("customer%"))},
		{"like contains", op("~~", s, strConst("%number x%"))},
		{"regex", op("~", s, strConst("number [x-z]$"))},
		{"text in 7", &expr.ScalarArray{Left: call("substring", s, intConst(22), intConst(1)), Op: op("=", s, s).(*expr.Call).Fn, OpSym: "=",
			Right: strArray("a", "c", "e", "g", "i", "k", "m")}},
		{"substring", call("substring", s, intConst(1), intConst(2))},
		{"and", &expr.And{Args: []expr.Expr{op("<", a, intConst(500)), op(">", c, intConst(100))}}},
		{"case", &expr.Case{T: types.Of(types.Int4OID), Whens: []expr.When{{Cond: op("<", a, intConst(500)), Then: op("+", a, c)}}, Else: c}},
	} {
		for _, rows := range []int{1024, 1} {
			name := x.name + "/batch"
			if rows == 1 {
				name = x.name + "/row"
			}
			b.Run(name, func(b *testing.B) {
				batch := benchBatch(rows)
				p, err := expr.Compile(x.e)
				if err != nil {
					b.Fatal(err)
				}
				ctx := testCtx()
				b.ReportAllocs()
				for b.Loop() {
					if _, err := p.Eval(ctx, batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/value")
			})
		}
	}
}

// BenchmarkAggregates reports ns per value.
func BenchmarkAggregates(b *testing.B) {
	batch := benchBatch(1024)
	groups := make([]int32, 1024)
	for i := range groups {
		groups[i] = int32(i % 16)
	}
	for _, x := range []struct {
		name string
		col  int
		t    types.OID
	}{{"count", 0, types.AnyOID}, {"sum", 0, types.Int4OID}, {"sum", 1, types.Int8OID}, {"sum", 2, types.Float8OID}, {"sum", 4, types.NumericOID},
		{"avg", 2, types.Float8OID}, {"min", 0, types.Int4OID}, {"max", 3, types.TextOID}, {"stddev", 0, types.Int4OID}} {
		b.Run(x.name+"/"+types.FormatType(x.t, -1), func(b *testing.B) {
			m, err := ResolveFunction(FuncCall{Name: x.name, Args: []types.OID{x.t}})
			if err != nil {
				b.Fatal(err)
			}
			s := m.Agg.New([]types.T{types.Of(x.t)}, types.Of(m.Ret))
			s.Grow(16)
			args := []*vec.Vector{batch.Cols[x.col]}
			for b.Loop() {
				if err := s.Add(nil, groups, args, nil, 1024); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1024, "ns/value")
		})
	}
}
