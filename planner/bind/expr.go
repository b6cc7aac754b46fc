package bind

import (
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/planner/bind/choose"
	"github.com/lightsql/lightsql/planner/bind/coercion"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// expr binds an expression.
func (b *binder) expr(s *scope, n ast.Expr) expr.Expr {
	switch n := n.(type) {
	case *ast.Const:
		return b.constant(n)
	case *ast.ParamRef:
		return b.param(n.Number, n.Pos)
	case *ast.ColumnRef:
		return b.columnRef(s, n)
	case *ast.AExpr:
		return b.aExpr(s, n)
	case *ast.BoolExpr:
		return b.boolExpr(s, n)
	case *ast.FuncCall:
		return b.funcCall(s, n)
	case *ast.TypeCast:
		return b.typeCast(s, n)
	case *ast.SubLink:
		return b.subLink(s, n)
	case *ast.NullTest:
		return b.nullTest(s, n)
	case *ast.BooleanTest:
		return b.booleanTest(s, n)
	case *ast.CaseExpr:
		return b.caseExpr(s, n)
	case *ast.CoalesceExpr:
		return b.coalesce(s, n)
	case *ast.MinMaxExpr:
		return b.minMax(s, n)
	case *ast.RowExpr:
		return b.rowExpr(s, n)
	case *ast.AArrayExpr:
		return b.arrayExpr(s, n, 0, -1)
	case *ast.AIndirection:
		return b.indirection(s, n)
	case *ast.CollateClause:
		return b.collate(s, n)
	case *ast.CurrentOf:
		return b.currentOf(s, n)
	case *ast.RowKey:
		return b.rowKeyOf(s, n)
	case *ast.SQLValueFunction:
		return b.valueFunction(n)
	case *ast.GroupingFunc:
		return b.groupingFunc(s, n)
	}
	return b.exprRefused(n)
}

// exprRefused says why an expression of another kind cannot stand here.
func (b *binder) exprRefused(n ast.Expr) expr.Expr {
	pos := ast.Location(n)
	switch n.(type) {
	case *ast.SetToDefault:
		b.fail(pgerr.SyntaxError, pos, "DEFAULT is not allowed in this context")
	case *ast.NamedArgExpr:
		b.fail(pgerr.SyntaxError, pos, "named argument is not allowed here")
	case *ast.MergeSupportFunc:
		b.unsupported("MERGE_ACTION", pos)
	case *ast.XMLExpr, *ast.XMLSerialize:
		b.unsupported("XML", pos)
	case *ast.GroupingSet:
		b.fail(pgerr.SyntaxError, pos, "grouping sets are not allowed here")
	case *ast.List:
		b.fail(pgerr.SyntaxError, pos, "a list is not allowed here")
	}
	b.unsupported("an SQL/JSON expression", pos)
	return nil
}

// constant makes a literal: numbers get the smallest of int4, int8 and numeric that holds them, strings stay untyped.
func (b *binder) constant(n *ast.Const) expr.Expr {
	switch n.Kind {
	case ast.ConstNull:
		return &expr.Const{T: types.Of(types.UnknownOID), D: types.Null}
	case ast.ConstString:
		return &expr.Const{T: types.Of(types.UnknownOID), D: types.NewStr(n.Val)}
	case ast.ConstInteger:
		v, err := parseInteger(n.Val)
		if err == nil && v == int64(int32(v)) {
			return &expr.Const{T: types.Of(types.Int4OID), D: types.NewInt(v)}
		}
		return b.number(n)
	case ast.ConstFloat:
		return b.number(n)
	case ast.ConstBool:
		return &expr.Const{T: types.Of(types.BoolOID), D: types.NewBool(n.Val == "true")}
	case ast.ConstBitString:
		d, err := types.Parse(types.Of(types.BitOID), n.Val, nil)
		b.check(err, n.Pos)
		return &expr.Const{T: types.Of(types.BitOID), D: d}
	}
	b.unsupported("a literal of this kind", n.Pos)
	return nil
}

func (b *binder) number(n *ast.Const) expr.Expr {
	if !strings.ContainsAny(n.Val, ".eE") { // an error of ParseInt costs more than the number
		if v, err := strconv.ParseInt(n.Val, 10, 64); err == nil {
			if v == int64(int32(v)) { // -2147483648
				return &expr.Const{T: types.Of(types.Int4OID), D: types.NewInt(v)}
			}
			return &expr.Const{T: types.Of(types.Int8OID), D: types.NewInt(v)}
		}
	}
	d, err := types.Parse(types.Of(types.NumericOID), n.Val, nil)
	b.check(err, n.Pos)
	return &expr.Const{T: types.Of(types.NumericOID), D: d}
}

// boolExpr binds AND, OR and NOT.
func (b *binder) boolExpr(s *scope, n *ast.BoolExpr) expr.Expr {
	name := [...]string{"AND", "OR", "NOT"}[n.Op]
	args := make([]expr.Expr, len(n.Args))
	for i, a := range n.Args {
		args[i] = b.coerceBool(b.expr(s, a), name, ast.Location(a))
	}
	switch n.Op {
	case ast.And:
		return &expr.And{Args: args}
	case ast.Or:
		return &expr.Or{Args: args}
	}
	return &expr.Not{Arg: args[0]}
}

// typeCast binds CAST, :: and typed literals.
func (b *binder) typeCast(s *scope, n *ast.TypeCast) expr.Expr {
	t := b.typeOf(n.Type)
	if n.Type.SetOf {
		b.fail(pgerr.DatatypeMismatch, n.Pos, "cannot cast to setof type")
	}
	var e expr.Expr
	base := b.o.Reader.BaseType(t)
	if a, ok := n.Arg.(*ast.AArrayExpr); ok && types.ElemOf(base.OID) != 0 && base.OID != types.Int2VectorOID && base.OID != types.OIDVectorOID {
		e = b.arrayExpr(s, a, base.OID, base.Mod)
	} else {
		e = b.expr(s, n.Arg)
	}
	from := e.Type().OID
	at := untypedPos(e, n.Arg)
	if _, ok := e.(*expr.Row); ok {
		at = ast.Location(n.Arg)
	}
	x, ok := b.coerceTo(e, t, builtins.Explicit, at)
	if !ok {
		pos := n.Pos
		if pos < 0 {
			pos = n.Type.Pos
		}
		b.fail(pgerr.CannotCoerce, pos, "cannot cast type %s to %s", b.typeName(from), b.typeName(t.OID))
	}
	return x
}

func (b *binder) nullTest(s *scope, n *ast.NullTest) expr.Expr {
	e := b.expr(s, n.Arg)
	return &expr.IsNull{Arg: e, Not: n.IsNot, Row: b.category(e.Type().OID) == 'C' || e.Type().OID == types.RecordOID}
}

func (b *binder) booleanTest(s *scope, n *ast.BooleanTest) expr.Expr {
	names := [...]string{"IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE", "IS UNKNOWN", "IS NOT UNKNOWN"}
	e := b.coerceBool(b.expr(s, n.Arg), names[n.Kind], ast.Location(n.Arg))
	return &expr.BoolTest{Arg: e, Kind: expr.BoolTestKind(n.Kind)}
}

// guard binds the parts of a construct that evaluates them on demand, where set-returning calls are refused.
func (b *binder) guard(s *scope, what string, f func()) {
	old := s.srf
	s.srf = false
	f()
	if s.srf {
		b.raise(b.err(pgerr.CodeFeatureNotSupported, s.srfPos, "set-returning functions are not allowed in %s", what).
			WithHint("You might be able to move the set-returning function into a LATERAL FROM item."))
	}
	s.srf = old
}

// caseExpr binds CASE. The ELSE result weighs most in choosing the type, as in PostgreSQL.
func (b *binder) caseExpr(s *scope, n *ast.CaseExpr) expr.Expr {
	out := &expr.Case{}
	b.guard(s, "CASE", func() {
		var arg expr.Expr
		if n.Arg != nil {
			out.Arg = b.toText(b.expr(s, n.Arg), ast.Location(n.Arg))
			arg = &expr.CaseArg{T: out.Arg.Type()}
		}
		results := make([]expr.Expr, 1, len(n.Whens)+1)
		poss := make([]int, 1, len(n.Whens)+1)
		out.Whens = make([]expr.When, len(n.Whens))
		for i, w := range n.Whens {
			cond := b.expr(s, w.Expr)
			pos := ast.Location(w.Expr)
			if arg != nil {
				cond = b.makeOp("=", arg, cond, ast.Location(n.Arg), pos, w.Pos)
			}
			out.Whens[i].Cond = b.coerceBool(cond, "CASE/WHEN", pos)
			results = append(results, b.expr(s, w.Result))
			poss = append(poss, ast.Location(w.Result))
		}
		if n.Default != nil {
			results[0], poss[0] = b.expr(s, n.Default), ast.Location(n.Default)
		} else {
			results[0] = &expr.Const{T: types.Of(types.UnknownOID), D: types.Null}
		}
		t := b.commonType(results, poss, "CASE")
		results[0] = b.toCommon(results[0], t, "CASE/ELSE", poss[0])
		for i := range out.Whens {
			results[i+1] = b.toCommon(results[i+1], t, "CASE/WHEN", poss[i+1])
			out.Whens[i].Then = results[i+1]
		}
		out.T = types.T{OID: t, Mod: coercion.CommonMod(results, t)}
		if n.Default != nil {
			out.Else = results[0]
		}
	})
	return out
}

// common binds a list of arguments and converts them to their common type.
func (b *binder) common(s *scope, args []ast.Expr, what string) ([]expr.Expr, types.T) {
	out, poss := b.exprs(s, args)
	t := b.commonType(out, poss, what)
	for i := range out {
		out[i] = b.toCommon(out[i], t, what, poss[i])
	}
	return out, types.T{OID: t, Mod: coercion.CommonMod(out, t)}
}

// exprs binds a list and tells where its elements are.
func (b *binder) exprs(s *scope, args []ast.Expr) ([]expr.Expr, []int) {
	out, poss := make([]expr.Expr, len(args)), make([]int, len(args))
	for i, a := range args {
		out[i], poss[i] = b.expr(s, a), ast.Location(a)
	}
	return out, poss
}

func (b *binder) coalesce(s *scope, n *ast.CoalesceExpr) expr.Expr {
	out := &expr.Coalesce{}
	b.guard(s, "COALESCE", func() { out.Args, out.T = b.common(s, n.Args, "COALESCE") })
	return out
}

func (b *binder) minMax(s *scope, n *ast.MinMaxExpr) expr.Expr {
	name := "GREATEST"
	if n.Least {
		name = "LEAST"
	}
	args, t := b.common(s, n.Args, name)
	b.needOrdering(t.OID, n.Pos)
	e := &expr.MinMax{Greatest: !n.Least, Args: args, T: t}
	if x := b.collatedMinMax(e); x != nil {
		return x
	}
	return e
}

// rowElems binds the elements of a row constructor, stars expanded.
func (b *binder) rowElems(s *scope, n *ast.RowExpr) ([]expr.Expr, []int) {
	out, poss := make([]expr.Expr, 0, len(n.Args)), make([]int, 0, len(n.Args))
	for _, a := range n.Args {
		if exp, ok := b.expandStar(s, a); ok {
			for _, c := range exp {
				out, poss = append(out, c.e), append(poss, c.pos)
			}
			continue
		}
		out, poss = append(out, b.expr(s, a)), append(poss, ast.Location(a))
	}
	return out, poss
}

func (b *binder) rowExpr(s *scope, n *ast.RowExpr) expr.Expr {
	elems, poss := b.rowElems(s, n)
	return b.makeRow(elems, poss)
}

func (b *binder) makeRow(elems []expr.Expr, poss []int) expr.Expr {
	row := &expr.Row{Elems: elems, Names: make([]string, len(elems)), T: types.Of(types.RecordOID)}
	for i, e := range elems {
		row.Names[i] = "f" + strconv.Itoa(i+1)
		row.Elems[i] = b.toText(e, poss[i])
	}
	return row
}

// arrayExpr binds ARRAY[…]. want is the array type that a cast around it asks for, 0 if none.
func (b *binder) arrayExpr(s *scope, n *ast.AArrayExpr, want types.OID, mod int32) expr.Expr {
	elems, poss := make([]expr.Expr, len(n.Elements)), make([]int, len(n.Elements))
	multi := false
	for i, a := range n.Elements {
		poss[i] = ast.Location(a)
		if sub, ok := a.(*ast.AArrayExpr); ok {
			elems[i] = b.arrayExpr(s, sub, want, mod)
			multi = true
			continue
		}
		elems[i] = b.expr(s, a)
		if t := elems[i].Type().OID; types.IsArray(t) && t != types.Int2VectorOID && t != types.OIDVectorOID {
			multi = true
		}
	}
	elem, arr := types.OID(0), want
	switch {
	case want != 0:
		elem = types.ElemOf(want)
		if multi {
			elem = want
		}
	case len(elems) == 0:
		b.raise(b.err(pgerr.IndeterminateDatatype, n.Pos, "cannot determine type of empty array").
			WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[]."))
	default:
		elem = b.commonType(elems, poss, "ARRAY")
		if multi {
			arr = elem
		} else if arr = types.ArrayOf(elem); arr == 0 {
			b.fail(pgerr.UndefinedObject, n.Pos, "could not find array type for data type %s", b.typeName(elem))
		}
	}
	for i, e := range elems {
		if want == 0 {
			elems[i] = b.toCommon(e, elem, "ARRAY", poss[i])
			continue
		}
		x, ok := b.coerceTo(e, types.T{OID: elem, Mod: mod}, builtins.Explicit, poss[i])
		if !ok {
			b.fail(pgerr.CannotCoerce, poss[i], "cannot cast type %s to %s", b.typeName(e.Type().OID), b.typeName(elem))
		}
		elems[i] = x
	}
	out := &expr.Array{Elems: elems, T: types.T{OID: arr, Mod: mod}, Multi: multi}
	return foldArray(out)
}

// foldArray makes a constant of a one-dimensional array of constants.
func foldArray(a *expr.Array) expr.Expr {
	if a.Multi {
		return a
	}
	ds := make([]types.Datum, len(a.Elems))
	for i, e := range a.Elems {
		c, ok := e.(*expr.Const)
		if !ok {
			return a
		}
		ds[i] = c.D
	}
	return &expr.Const{T: a.T, D: types.NewRef(types.NewArray(types.ElemOf(a.T.OID), ds))}
}

// valueFunction binds CURRENT_DATE and its like by the functions that compute them.
func (b *binder) valueFunction(n *ast.SQLValueFunction) expr.Expr {
	call := func(name string) expr.Expr {
		m, err := choose.Function(builtins.FuncCall{Name: name})
		b.check(err, n.Pos)
		return &expr.Call{Fn: m.Fn, T: types.Of(m.Ret)}
	}
	nowAs := func(name string, t types.OID) expr.Expr {
		e := call("now")
		if t != types.TimestamptzOID {
			e = b.convert(e, t, -1, builtins.Explicit, n.Pos)
		}
		if n.Typmod >= 0 {
			e = b.coerceMod(e, int32(min(n.Typmod, 6)), builtins.Explicit, n.Pos)
		}
		c, ok := e.(*expr.Call)
		if !ok {
			b.unsupported(name, n.Pos)
		}
		return &expr.SessionValue{Name: name, Fn: c.Fn, Args: c.Args, T: c.T}
	}
	plain := func(name, fn string) expr.Expr {
		c, _ := call(fn).(*expr.Call)
		return &expr.SessionValue{Name: name, Fn: c.Fn, T: c.T}
	}
	switch n.Op {
	case ast.CurrentDate:
		return nowAs("CURRENT_DATE", types.DateOID)
	case ast.CurrentTime:
		return nowAs("CURRENT_TIME", types.TimetzOID)
	case ast.CurrentTimestamp:
		return nowAs("CURRENT_TIMESTAMP", types.TimestamptzOID)
	case ast.LocalTime:
		return nowAs("LOCALTIME", types.TimeOID)
	case ast.LocalTimestamp:
		return nowAs("LOCALTIMESTAMP", types.TimestampOID)
	case ast.CurrentRole:
		return plain("CURRENT_ROLE", "current_user")
	case ast.CurrentUser:
		return plain("CURRENT_USER", "current_user")
	case ast.User:
		return plain("USER", "current_user")
	case ast.SessionUser:
		return plain("SESSION_USER", "session_user")
	case ast.CurrentCatalog:
		return plain("CURRENT_CATALOG", "current_database")
	}
	return plain("CURRENT_SCHEMA", "current_schema")
}

// parseInteger reads an integer literal: decimal, leading zeros included, or with a 0x, 0o or 0b prefix.
func parseInteger(s string) (int64, error) {
	if len(s) > 1 && s[0] == '0' && (s[1] >= '0' && s[1] <= '9' || s[1] == '_') {
		return strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	}
	return strconv.ParseInt(s, 0, 64)
}
