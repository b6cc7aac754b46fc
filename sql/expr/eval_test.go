package expr_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

var (
	intT  = types.Of(types.Int4OID)
	textT = types.Of(types.TextOID)
	boolT = types.Of(types.BoolOID)
)

// Columns of the test batch: a and b integers with NULLs, s text, t boolean with NULLs, z is 0 in every third row.
func col(i int) expr.Expr {
	return &expr.Col{Idx: i, T: []types.T{intT, intT, textT, boolT, intT, types.Of(types.Int4ArrayOID)}[i], Name: string("abstzr"[i])}
}

func testBatch(n int) *vec.Batch {
	b := vec.NewBatch([]types.Kind{types.KindInt, types.KindInt, types.KindStr, types.KindBool, types.KindInt, types.KindRef}, n)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		row := []types.Datum{types.NewInt(int64(rnd.IntN(10))), types.NewInt(int64(rnd.IntN(10))), types.NewStr(strings.Repeat("x", rnd.IntN(4))),
			types.NewBool(rnd.IntN(2) == 0), types.NewInt(int64(i % 3)),
			types.NewRef(types.NewArray(types.Int4OID, []types.Datum{types.NewInt(int64(i % 4)), types.NewInt(5), types.Null}))}
		for k := range 4 {
			if rnd.IntN(4) == 0 {
				row[k] = types.Null
			}
		}
		b.AppendRow(row)
	}
	return b
}

func integer(v int64) expr.Expr { return &expr.Const{T: intT, D: types.NewInt(v)} }
func null(t types.T) expr.Expr  { return &expr.Const{T: t} }
func text(s string) expr.Expr   { return &expr.Const{T: textT, D: types.NewStr(s)} }
func boolean(b bool) expr.Expr  { return &expr.Const{T: boolT, D: types.NewBool(b)} }

func intArray(vs ...types.Datum) expr.Expr {
	return &expr.Const{T: types.Of(types.Int4ArrayOID), D: types.NewRef(types.NewArray(types.Int4OID, vs))}
}

func fn(name string, args ...expr.Expr) *expr.Call {
	in := make([]types.OID, len(args))
	for i, a := range args {
		in[i] = a.Type().OID
	}
	m, err := builtins.ResolveFunction(builtins.FuncCall{Name: name, Args: in})
	if err != nil {
		panic(err)
	}
	return &expr.Call{Fn: m.Fn, Args: args, T: types.Of(m.Ret)}
}

func op(name string, args ...expr.Expr) *expr.Call {
	l := types.OID(0)
	if len(args) == 2 {
		l = args[0].Type().OID
	}
	m, err := builtins.ResolveOperator(name, l, args[len(args)-1].Type().OID)
	if err != nil {
		panic(err)
	}
	return &expr.Call{Fn: m.Fn, Args: args, T: types.Of(m.Ret), Form: expr.FormOperator, Op: name}
}

func eq() *expr.Func { return op("=", integer(1), integer(1)).Fn }
func lt() *expr.Func { return op("<", integer(1), integer(1)).Fn }

func newCtx() *expr.Ctx {
	return &expr.Ctx{Types: types.NewEnv(), Params: []types.Datum{types.NewInt(5), types.Null}, Exec: make([]types.Datum, 4)}
}

// expressions is a list that uses every form.
func expressions() map[string]expr.Expr {
	a, b, s, t, z, r := col(0), col(1), col(2), col(3), col(4), col(5)
	return map[string]expr.Expr{
		"col":        a,
		"param":      op("+", a, &expr.Param{N: 1, T: intT}),
		"null param": op("+", a, &expr.Param{N: 2, T: intT}),
		"and":        &expr.And{Args: []expr.Expr{op("<", a, integer(5)), t, op(">", b, integer(2))}},
		"or":         &expr.Or{Args: []expr.Expr{op("<", a, integer(3)), t, op(">", b, integer(7))}},
		"and null":   &expr.And{Args: []expr.Expr{null(boolT), t}},
		"or null":    &expr.Or{Args: []expr.Expr{null(boolT), t}},
		"not":        &expr.Not{Arg: t},
		"guarded":    &expr.And{Args: []expr.Expr{op("<>", z, integer(0)), op(">", op("/", integer(10), z), integer(5))}},
		"guarded or": &expr.Or{Args: []expr.Expr{op("=", z, integer(0)), op(">", op("/", integer(10), z), integer(5))}},
		"is null":    &expr.IsNull{Arg: a}, "is not null": &expr.IsNull{Arg: a, Not: true},
		"is true": &expr.BoolTest{Arg: t, Kind: expr.IsTrue}, "is not false": &expr.BoolTest{Arg: t, Kind: expr.IsNotFalse},
		"is unknown": &expr.BoolTest{Arg: t, Kind: expr.IsUnknown},
		"distinct":   &expr.Distinct{Eq: eq(), L: a, R: b}, "not distinct": &expr.Distinct{Eq: eq(), L: a, R: b, Not: true},
		"distinct null": &expr.Distinct{Eq: eq(), L: a, R: null(intT)},
		"in few":        &expr.ScalarArray{Op: eq(), OpSym: "=", Left: a, Right: intArray(types.NewInt(1), types.NewInt(5))},
		"in many":       &expr.ScalarArray{Op: eq(), OpSym: "=", Left: a, Right: intArray(many(12)...)},
		"in null":       &expr.ScalarArray{Op: eq(), OpSym: "=", Left: a, Right: intArray(append(many(12), types.Null)...)},
		"all":           &expr.ScalarArray{Op: lt(), OpSym: "<", Left: a, Right: intArray(types.NewInt(7), types.NewInt(5)), All: true},
		"not in many":   &expr.ScalarArray{Op: op("<>", a, a).Fn, OpSym: "<>", Left: a, Right: intArray(many(12)...), All: true},
		"any column":    &expr.ScalarArray{Op: eq(), OpSym: "=", Left: a, Right: r},
		"row <": &expr.RowCompare{Op: "<", Ls: []expr.Expr{a, b}, Rs: []expr.Expr{b, integer(5)}, Lt: []*expr.Func{lt(), lt()},
			Eq: []*expr.Func{eq(), eq()}},
		"row >=": &expr.RowCompare{Op: ">=", Ls: []expr.Expr{a, b}, Rs: []expr.Expr{b, integer(5)}, Lt: []*expr.Func{lt(), lt()},
			Eq: []*expr.Func{eq(), eq()}},
		"case": &expr.Case{T: intT, Whens: []expr.When{{Cond: op("=", z, integer(0)), Then: integer(-1)},
			{Cond: t, Then: op("/", integer(100), z)}}, Else: b},
		"case arg": &expr.Case{T: textT, Arg: z, Whens: []expr.When{{Cond: op("=", &expr.CaseArg{T: intT}, integer(1)), Then: text("one")},
			{Cond: op("=", &expr.CaseArg{T: intT}, integer(2)), Then: s}}},
		"coalesce": &expr.Coalesce{T: intT, Args: []expr.Expr{a, b, integer(42)}},
		"coalesce guard": &expr.Coalesce{T: intT, Args: []expr.Expr{
			&expr.NullIf{T: intT, Eq: eq(), L: z, CmpL: z, CmpR: integer(1)}, op("/", integer(7), z)}},
		"nullif":    &expr.NullIf{T: intT, Eq: eq(), L: a, CmpL: a, CmpR: b},
		"greatest":  &expr.MinMax{T: intT, Greatest: true, Args: []expr.Expr{a, b, integer(4)}},
		"least":     &expr.MinMax{T: textT, Args: []expr.Expr{s, text("xx")}},
		"array":     &expr.Array{T: types.Of(types.Int4ArrayOID), Elems: []expr.Expr{a, b, integer(3)}},
		"subscript": &expr.Subscript{T: intT, Arg: r, Upper: []expr.Expr{z}},
		"slice":     &expr.Subscript{T: types.Of(types.Int4ArrayOID), Arg: r, Slice: true, Lower: []expr.Expr{z}, Upper: []expr.Expr{integer(2)}},
		"elements": &expr.CoerceArray{T: types.Of(types.TextArrayOID), Arg: r,
			Elem: &expr.CoerceIO{T: textT, Arg: &expr.CaseArg{T: intT}}},
		"field": &expr.Field{T: intT, Idx: 1, Arg: &expr.Row{T: types.Of(types.RecordOID), Elems: []expr.Expr{s, a}}},
		"io":    &expr.CoerceIO{T: textT, Arg: op("+", a, b)},
		"nested": op("+", &expr.Case{T: intT, Whens: []expr.When{{Cond: &expr.IsNull{Arg: a}, Then: integer(0)}}, Else: a},
			fn("length", s)),
	}
}

func many(n int) []types.Datum {
	ds := make([]types.Datum, n)
	for i := range ds {
		ds[i] = types.NewInt(int64(3 * i))
	}
	return ds
}

// TestShapes evaluates every form over batches of several shapes, and each row alone: all must agree.
func TestShapes(t *testing.T) {
	const n = 200
	b := testBatch(n)
	var odd, few []int32
	for i := range int32(n) {
		if i%2 == 1 {
			odd = append(odd, i)
		}
	}
	few = []int32{3, 77, 78, 199}
	for name, e := range expressions() {
		t.Run(name, func(t *testing.T) {
			p, err := expr.Compile(e)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]string, n)
			for i := range want {
				d, err := p.EvalRow(newCtx(), b, i)
				if err != nil {
					t.Fatal(i, err)
				}
				want[i] = show(e, d)
			}
			for _, sel := range [][]int32{nil, odd, few, {5}, {}} {
				b.Sel = sel
				v, err := p.EvalFull(newCtx(), b)
				if err != nil {
					t.Fatal(err)
				}
				for k := range b.Rows() {
					if i := b.Row(k); show(e, v.Datum(i)) != want[i] {
						t.Fatalf("%d of %d rows selected: row %d is %s, alone %s", b.Rows(), n, i, show(e, v.Datum(i)), want[i])
					}
				}
				checkFilter(t, p, b, want)
			}
			b.Sel = nil
		})
	}
}

func checkFilter(t *testing.T, p *expr.Prog, b *vec.Batch, want []string) {
	if p.Kind() != types.KindBool {
		return
	}
	got, err := p.Filter(newCtx(), b, []int32{-7})
	if err != nil || got[0] != -7 {
		t.Fatal(err, got)
	}
	k := 1
	for r := range b.Rows() {
		if i := b.Row(r); want[i] == "t" {
			if k >= len(got) || int(got[k]) != i {
				t.Fatalf("Filter: want row %d, got %v", i, got)
			}
			k++
		}
	}
	if k != len(got) {
		t.Fatalf("Filter: %d rows too many", len(got)-k)
	}
}

func show(e expr.Expr, d types.Datum) string {
	if d.IsNull() {
		return "NULL"
	}
	return types.Text(e.Type(), d, nil)
}

// TestValues checks single results against PostgreSQL's three-valued logic and its rules for NULL.
func TestValues(t *testing.T) {
	yes, no, unknown := boolean(true), boolean(false), null(boolT)
	div := op("=", op("/", integer(1), integer(0)), integer(1))
	for _, x := range []struct {
		e    expr.Expr
		want string
	}{
		{&expr.And{Args: []expr.Expr{yes, unknown}}, "NULL"}, {&expr.And{Args: []expr.Expr{unknown, no}}, "f"},
		{&expr.And{Args: []expr.Expr{no, div}}, "f"}, {&expr.Or{Args: []expr.Expr{yes, div}}, "t"},
		{&expr.Or{Args: []expr.Expr{unknown, yes}}, "t"}, {&expr.Or{Args: []expr.Expr{no, unknown}}, "NULL"},
		{&expr.And{Args: []expr.Expr{unknown, div}}, "! 22012"},
		{&expr.Not{Arg: unknown}, "NULL"}, {&expr.Not{Arg: no}, "t"},
		{&expr.BoolTest{Arg: unknown, Kind: expr.IsNotTrue}, "t"}, {&expr.BoolTest{Arg: unknown, Kind: expr.IsNotUnknown}, "f"},
		{&expr.Distinct{Eq: eq(), L: null(intT), R: null(intT)}, "f"}, {&expr.Distinct{Eq: eq(), L: integer(1), R: null(intT)}, "t"},
		{&expr.ScalarArray{Op: eq(), OpSym: "=", Left: integer(1), Right: intArray()}, "f"},
		{&expr.ScalarArray{Op: eq(), OpSym: "=", Left: integer(1), Right: intArray(), All: true}, "t"},
		{&expr.ScalarArray{Op: eq(), OpSym: "=", Left: integer(1), Right: intArray(types.Null, types.NewInt(2))}, "NULL"},
		{&expr.ScalarArray{Op: eq(), OpSym: "=", Left: integer(1), Right: intArray(types.Null, types.NewInt(1))}, "t"},
		{&expr.ScalarArray{Op: eq(), OpSym: "=", Left: integer(1), Right: intArray(types.Null, types.NewInt(2)), All: true}, "f"},
		{&expr.ScalarArray{Op: eq(), OpSym: "=", Left: null(intT), Right: intArray(types.NewInt(2))}, "NULL"},
		{&expr.ScalarArray{Op: eq(), OpSym: "=", Left: integer(1), Right: null(types.Of(types.Int4ArrayOID))}, "NULL"},
		{&expr.Case{T: intT, Whens: []expr.When{{Cond: unknown, Then: integer(1)}}}, "NULL"},
		{&expr.Coalesce{T: intT, Args: []expr.Expr{null(intT), null(intT)}}, "NULL"},
		{&expr.Coalesce{T: intT, Args: []expr.Expr{integer(3), op("/", integer(1), integer(0))}}, "3"},
		{&expr.MinMax{T: intT, Args: []expr.Expr{null(intT), integer(3), integer(2)}}, "2"},
		{&expr.MinMax{T: intT, Args: []expr.Expr{null(intT)}}, "NULL"},
		{&expr.IsNull{Row: true, Arg: &expr.Row{T: types.Of(types.RecordOID), Elems: []expr.Expr{null(intT), integer(1)}}}, "f"},
		{&expr.IsNull{Row: true, Not: true, Arg: &expr.Row{T: types.Of(types.RecordOID), Elems: []expr.Expr{null(intT), integer(1)}}}, "f"},
		{&expr.Subscript{T: intT, Arg: intArray(many(3)...), Upper: []expr.Expr{integer(2)}}, "3"},
		{&expr.Subscript{T: intT, Arg: intArray(many(3)...), Upper: []expr.Expr{integer(9)}}, "NULL"},
		{&expr.Relabel{T: types.Of(types.OIDOID), Arg: integer(-1)}, "4294967295"},
		{op("+", integer(2147483647), integer(1)), "! 22003"},
		{&expr.CoerceIO{T: intT, Arg: text("12x")}, "! 22P02"},
		{fn("repeat", text("ab"), null(intT)), "NULL"},
	} {
		got := ""
		d, err := expr.EvalRow(newCtx(), x.e)
		if err != nil {
			got = "! " + string(pgerr.CodeOf(err))
		} else {
			got = show(x.e, d)
		}
		if got != x.want {
			t.Errorf("%s is %s, want %s", expr.Format(x.e, expr.FormatOpts{}), got, x.want)
		}
	}
}

// TestSubPlan runs a correlated ANY: the rows of the subplan are 1, 2 and the outer a.
func TestSubPlan(t *testing.T) {
	sp := &expr.SubPlan{Kind: expr.SubqueryAny, T: boolT, Args: []expr.Expr{col(0)}, Slots: []int{2}, OutSlots: []int{0},
		Test: op("=", col(1), &expr.ExecParam{Slot: 0, T: intT})}
	c := newCtx()
	c.RunSubPlan = func(sp *expr.SubPlan, _ []types.Datum) (types.Datum, error) {
		test := c.SubPlanTest
		for _, row := range []types.Datum{types.NewInt(1), types.NewInt(2), c.Exec[2]} {
			c.Exec[sp.OutSlots[0]] = row
			if d, err := test(); err != nil || d.Bool() {
				return d, err
			}
		}
		return types.NewBool(false), nil
	}
	b := testBatch(50)
	p, err := expr.Compile(sp)
	if err != nil {
		t.Fatal(err)
	}
	v, err := p.Eval(c, b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.Len {
		x, y := b.Cols[0].Datum(i), b.Cols[1].Datum(i)
		want := !y.IsNull() && (y.Int() == 1 || y.Int() == 2 || !x.IsNull() && x.Int() == y.Int())
		if v.Bool[i] != want {
			t.Errorf("row %d: a %v b %v is %v", i, x.Int(), y.Int(), v.Bool[i])
		}
	}
}

// TestSubPlanOfNoRow runs a subplan that needs nothing of the rows once for a batch, and not at all for no rows.
func TestSubPlanOfNoRow(t *testing.T) {
	sp := &expr.SubPlan{Kind: expr.SubqueryScalar, T: intT}
	runs := 0
	c := newCtx()
	c.RunSubPlan = func(*expr.SubPlan, []types.Datum) (types.Datum, error) {
		runs++
		return types.NewInt(7), nil
	}
	p, err := expr.Compile(op("=", sp, sp))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ rows, runs int }{{0, 0}, {50, 2}, {0, 2}, {1, 4}} {
		b := testBatch(50)
		b.Len = x.rows
		if sel, err := p.Filter(c, b, nil); err != nil || len(sel) != x.rows {
			t.Errorf("%d of %d rows pass, %v", len(sel), x.rows, err)
		}
		if runs != x.runs {
			t.Errorf("after %d rows the subplan ran %d times, not %d", x.rows, runs, x.runs)
		}
	}
}

// TestSteadyState checks that evaluation allocates nothing once the scratch vectors are there.
func TestSteadyState(t *testing.T) {
	b := testBatch(100)
	c := newCtx()
	for name, e := range expressions() {
		switch name {
		case "array", "slice", "elements", "field", "io", "is null": // their results are allocated
			continue
		}
		p, err := expr.Compile(e)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(10, func() {
			if _, err := p.Eval(c, b); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations per batch", name, n)
		}
	}
}

func aggregate(name string) (*expr.Agg, error) {
	m, err := builtins.ResolveFunction(builtins.FuncCall{Name: name, Args: []types.OID{types.Int4OID}})
	return m.Agg, err
}
