package expr_test

import (
	"testing"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

func TestFormat(t *testing.T) {
	a, s := col(0), col(2)
	sum, _ := aggregate("sum")
	for _, x := range []struct {
		e    expr.Expr
		want string
	}{
		{op(">", a, integer(5)), "(a > 5)"},
		{op("=", a, integer(-5)), "(a = '-5'::integer)"},
		{op("-", a), "(- a)"},
		{&expr.And{Args: []expr.Expr{op("=", a, integer(1)), op("=", s, text("it's"))}}, "((a = 1) AND (s = 'it''s'::text))"},
		{&expr.Not{Arg: &expr.Or{Args: []expr.Expr{boolean(true), null(boolT)}}}, "(NOT (true OR NULL::boolean))"},
		{fn("abs", a), "abs(a)"},
		{&expr.CoerceIO{Arg: a, T: textT}, "(a)::text"},
		{&expr.CoerceIO{Arg: a, T: textT, Implicit: true}, "a"},
		{&expr.Relabel{Arg: s, T: types.Of(types.VarcharOID)}, "(s)::character varying"},
		{&expr.Call{Fn: fn("length", s).Fn, Args: []expr.Expr{text("abc")}, T: types.T{OID: types.TextOID, Mod: -1}, Form: expr.FormCastExplicit}, "'abc'::text"},
		{&expr.ScalarArray{Op: eq(), OpSym: "=", Left: a, Right: intArray(many(3)...)}, "(a = ANY ('{0,3,6}'::integer[]))"},
		{&expr.IsNull{Arg: a, Not: true}, "(a IS NOT NULL)"},
		{&expr.BoolTest{Arg: col(3), Kind: expr.IsNotTrue}, "(t IS NOT TRUE)"},
		{&expr.Distinct{Eq: eq(), L: a, R: integer(1), Not: true}, "(NOT (a IS DISTINCT FROM 1))"},
		{&expr.Case{T: intT, Whens: []expr.When{{Cond: op(">", a, integer(0)), Then: integer(1)}}}, "CASE WHEN (a > 0) THEN 1 ELSE NULL::integer END"},
		{&expr.Case{T: intT, Arg: a, Whens: []expr.When{{Cond: op("=", &expr.CaseArg{T: intT}, integer(7)), Then: integer(1)}}, Else: integer(2)},
			"CASE a WHEN 7 THEN 1 ELSE 2 END"},
		{&expr.Coalesce{T: intT, Args: []expr.Expr{a, integer(0)}}, "COALESCE(a, 0)"},
		{&expr.MinMax{T: intT, Greatest: true, Args: []expr.Expr{a, integer(0)}}, "GREATEST(a, 0)"},
		{&expr.Array{T: types.Of(types.Int4ArrayOID), Elems: []expr.Expr{a, integer(2)}}, "ARRAY[a, 2]"},
		{&expr.Subscript{T: intT, Arg: col(5), Upper: []expr.Expr{integer(1)}}, "r[1]"},
		{&expr.ExecParam{Slot: 0, T: intT}, "$0"},
		{&expr.ExecParam{Slot: 0, T: intT, Rel: "t1", Name: "id"}, "t1.id"},
		{&expr.Param{N: 2, T: intT}, "$2"},
		{&expr.SubPlan{ID: 0, T: boolT}, "(SubPlan 1)"},
		{&expr.SubPlan{ID: 1, T: boolT, Hashed: true}, "(hashed SubPlan 2)"},
		{&expr.AggCall{Fn: sum, Args: []expr.Expr{a}, T: intT, Distinct: true, Filter: op(">", a, integer(1))}, "sum(DISTINCT a) FILTER (WHERE (a > 1))"},
		{&expr.Const{T: types.Of(types.NumericOID), D: types.NewNum(types.MakeNumeric(150, 2))}, "1.50"},
		{&expr.Const{T: types.Of(types.NumericOID), D: types.NewNum(types.MakeNumeric(15, 0))}, "'15'::numeric"},
		{&expr.Const{T: types.Of(types.Int8OID), D: types.NewInt(5)}, "'5'::bigint"},
		{&expr.Const{T: types.Of(types.DateOID), D: types.NewInt(0)}, "'2000-01-01'::date"},
		{text(`a\b`), `'a\b'::text`},
		{&expr.Col{Name: "Order", T: intT}, `"Order"`},
		{&expr.Col{Name: "select", T: intT}, `"select"`},
	} {
		if got := expr.Format(x.e, expr.FormatOpts{}); got != x.want {
			t.Errorf("got %s, want %s", got, x.want)
		}
	}
	q := expr.Format(op("=", &expr.Col{Name: "id", Rel: "a", T: intT}, integer(1)), expr.FormatOpts{Qualify: true})
	if q != "(a.id = 1)" {
		t.Error(q)
	}
}

func TestTrees(t *testing.T) {
	for name, e := range expressions() {
		if !expr.Equal(e, e) {
			t.Errorf("%s is not equal to itself", name)
		}
		same := expr.Rewrite(e, func(x expr.Expr) expr.Expr { return x })
		if same != e {
			t.Errorf("%s: Rewrite copied an unchanged tree", name)
		}
		// Every column is shifted, and back.
		shift := func(by int) func(expr.Expr) expr.Expr {
			return func(x expr.Expr) expr.Expr {
				if c, ok := x.(*expr.Col); ok {
					n := *c
					n.Idx += by
					return &n
				}
				return x
			}
		}
		moved := expr.Rewrite(e, shift(10))
		if expr.HasColumns(e) && expr.Equal(moved, e) {
			t.Errorf("%s: Rewrite missed the columns", name)
		}
		if !expr.Equal(expr.Rewrite(moved, shift(-10)), e) {
			t.Errorf("%s: Rewrite there and back differs", name)
		}
	}
	v := &expr.Var{ID: 7, T: intT, Name: "x"}
	cols := expr.Columns(op("+", v, integer(1)), nil)
	if _, ok := cols[7]; !ok || len(cols) != 1 {
		t.Error(cols)
	}
	if !expr.IsConst(op("+", integer(1), integer(2))) || expr.IsConst(op("+", v, integer(1))) || expr.IsConst(fn("random")) || expr.IsConst(fn("now")) {
		t.Error("IsConst")
	}
	if expr.VolatilityOf(fn("random")) != expr.Volatile || expr.VolatilityOf(fn("now")) != expr.Stable {
		t.Error("VolatilityOf")
	}
	a := &expr.And{Args: []expr.Expr{boolean(true), &expr.And{Args: []expr.Expr{boolean(false), null(boolT)}}}}
	if cs := expr.Conjuncts(a, nil); len(cs) != 3 {
		t.Error(len(cs))
	}
}
