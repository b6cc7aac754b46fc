package opt

import (
	"cmp"
	"context"
	"slices"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// foldTree evaluates what is constant. An expression whose evaluation fails stays as it is: whether its error is raised
// depends on whether a row reaches it.
func (o *optimizer) foldTree(n logical.Node) logical.Node {
	o.folded = rewriteTree(n, func(n logical.Node) logical.Node {
		n = logical.RewriteOwn(n, o.fold)
		if f, ok := n.(*logical.Filter); ok {
			return foldFilter(f)
		}
		if j, ok := n.(*logical.Join); ok && j.On != nil {
			if c := foldCondition(j.On); c != j.On {
				d := *j
				d.On = c
				return &d
			}
		}
		return n
	})
	return o.folded
}

// foldPushed is foldTree once conditions have moved, if any did.
func (o *optimizer) foldPushed(n logical.Node) logical.Node {
	if n == o.folded {
		return n
	}
	return o.foldTree(n)
}

func foldFilter(f *logical.Filter) logical.Node {
	c := foldCondition(f.Cond)
	if c == nil {
		return f.Input
	}
	if c != f.Cond {
		return &logical.Filter{Input: f.Input, Cond: c}
	}
	return f
}

// foldCondition simplifies a condition for which NULL means FALSE; nil is TRUE.
func foldCondition(e expr.Expr) expr.Expr {
	a, ok := e.(*expr.And)
	if !ok {
		if v, _, ok := isConstBool(e); ok {
			if v {
				return nil
			}
			return boolConst(false)
		}
		return e
	}
	for _, x := range a.Args {
		if v, _, ok := isConstBool(x); ok && !v {
			return boolConst(false)
		}
	}
	return e
}

// fold simplifies one expression, children first.
func (o *optimizer) fold(e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.Var, *expr.Const:
		return e
	case *expr.Param:
		return o.foldParam(e)
	}
	return expr.Rewrite(e, o.foldNode)
}

// foldParam is the value of a parameter if the plan is made for one.
func (o *optimizer) foldParam(p *expr.Param) expr.Expr {
	if p.N > len(o.opts.Params) {
		return p
	}
	return &expr.Const{T: p.T, D: o.opts.Params[p.N-1]}
}

func (o *optimizer) foldNode(e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.Param:
		return o.foldParam(e)
	case *expr.Var, *expr.Const, *expr.Col, *expr.ExecParam, *expr.CaseArg, *expr.AggCall, *expr.WindowCall:
		return e
	case *expr.And:
		return foldAnd(e)
	case *expr.Or:
		return foldOr(e)
	case *expr.Not:
		return foldNot(e)
	case *expr.Call:
		return o.foldCall(e)
	case *expr.Case:
		return o.foldCase(e)
	case *expr.Coalesce:
		return foldCoalesce(e)
	case *expr.Relabel:
		if isConst(e.Arg) {
			return o.evaluate(e)
		}
		return e
	case *expr.Row, *expr.Subquery, *expr.Collate:
		return e
	case *expr.ScalarArray:
		if isConst(e.Left) && isConst(e.Right) && e.Op.Volatility == expr.Immutable {
			return o.evaluate(e)
		}
		return e
	case *expr.CoerceIO, *expr.CoerceArray, *expr.NullIf, *expr.MinMax, *expr.Array, *expr.IsNull, *expr.BoolTest,
		*expr.Distinct, *expr.RowCompare, *expr.Field, *expr.Subscript:
		if expr.IsConst(e) {
			return o.evaluate(e)
		}
	}
	return e
}

func isConst(e expr.Expr) bool {
	_, ok := e.(*expr.Const)
	return ok
}

// evaluate computes a constant expression; e itself if that fails.
func (o *optimizer) evaluate(e expr.Expr) expr.Expr {
	d, err := expr.EvalRow(&expr.Ctx{Context: cmp.Or(o.opts.Context, context.Background()), Types: o.opts.Types, Leftovers: o.opts.Leftovers}, e)
	if err != nil {
		return e
	}
	return &expr.Const{T: e.Type(), D: d}
}

func (o *optimizer) foldCall(e *expr.Call) expr.Expr {
	if e.Fn.RetSet || e.VariadicArray {
		return e
	}
	all, null := true, false
	for _, a := range e.Args {
		c, ok := a.(*expr.Const)
		null = null || ok && c.D.IsNull() && e.Fn.Strict
		all = all && ok
	}
	if null && !slices.ContainsFunc(e.Args, fails) {
		return nullConst(e.T)
	}
	if all && e.Fn.Volatility == expr.Immutable {
		return o.evaluate(e)
	}
	if d := foldDateComparison(e); d != nil {
		return d
	}
	return e
}

// fails reports a folded expression with a constant part that is no value: its evaluation failed, and must fail again when the statement
// runs.
func fails(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Call, *expr.SessionValue, *expr.CoerceIO, *expr.CoerceArray, *expr.Subscript:
			found = found || expr.IsConst(e)
		case *expr.Case, *expr.Coalesce, *expr.Subquery:
			return false
		}
		return !found
	})
	return found
}

func foldAnd(e *expr.And) expr.Expr {
	out := make([]expr.Expr, 0, len(e.Args))
	null, changed := false, false
	for _, a := range e.Args {
		if v, isNull, ok := isConstBool(a); ok {
			changed = true
			switch {
			case isNull:
				null = true
			case !v:
				return boolConst(false)
			}
			continue
		}
		if n, ok := a.(*expr.And); ok {
			out, changed = append(out, n.Args...), true
			continue
		}
		out = append(out, a)
	}
	return rebuildBool(e, out, null, changed, true)
}

func foldOr(e *expr.Or) expr.Expr {
	out := make([]expr.Expr, 0, len(e.Args))
	null, changed := false, false
	for _, a := range e.Args {
		if v, isNull, ok := isConstBool(a); ok {
			changed = true
			switch {
			case isNull:
				null = true
			case v:
				return boolConst(true)
			}
			continue
		}
		if n, ok := a.(*expr.Or); ok {
			out, changed = append(out, n.Args...), true
			continue
		}
		out = append(out, a)
	}
	r := rebuildBool(e, out, null, changed, false)
	if or, ok := r.(*expr.Or); ok {
		if in := orToArray(or); in != nil {
			return in
		}
		return factorOr(or)
	}
	return r
}

// orToArray turns a = 1 OR a = 2 into a = ANY ('{1,2}'), which an index can answer; nil if e is of another form.
func orToArray(e *expr.Or) expr.Expr {
	var v *expr.Var
	var fn *expr.Func
	var t types.T
	elems := make([]types.Datum, 0, len(e.Args))
	for i, a := range e.Args {
		call, ok := a.(*expr.Call)
		if !ok || call.Op != "=" || len(call.Args) != 2 {
			return nil
		}
		w, isVar := call.Args[0].(*expr.Var)
		c, isConst := call.Args[1].(*expr.Const)
		if !isVar || !isConst || i > 0 && (w.ID != v.ID || call.Fn != fn || c.T.OID != t.OID) {
			return nil
		}
		v, fn, t = w, call.Fn, c.T
		elems = append(elems, c.D)
	}
	array := types.ArrayOf(t.OID)
	if array == 0 {
		return nil
	}
	right := &expr.Const{T: types.Of(array), D: types.NewRef(types.NewArray(t.OID, elems))}
	return &expr.ScalarArray{Op: fn, OpSym: "=", Left: v, Right: right}
}

// rebuildBool makes an AND or OR of what is left; neutral is the value of an empty one.
func rebuildBool(e expr.Expr, out []expr.Expr, null, changed, neutral bool) expr.Expr {
	if !changed {
		return e
	}
	if null {
		out = append(out, nullConst(types.Of(types.BoolOID)))
	}
	switch {
	case len(out) == 0:
		return boolConst(neutral)
	case len(out) == 1:
		return out[0]
	case neutral:
		return &expr.And{Args: out}
	}
	return &expr.Or{Args: out}
}

// factorOr turns (a AND b) OR (a AND c) into a AND (b OR c), which lets a be pushed down or join. Sound with NULLs; not
// done for volatile terms, which would be evaluated a different number of times.
func factorOr(e *expr.Or) expr.Expr {
	var common []expr.Expr
	eachConjunct(e.Args[0], func(c expr.Expr) {
		if inAllBranches(c, e.Args[1:]) && !volatile(c) {
			common = append(common, c)
		}
	})
	if len(common) == 0 {
		return e
	}
	rest := make([]expr.Expr, 0, len(e.Args))
	for _, b := range e.Args {
		var left []expr.Expr
		for _, c := range expr.Conjuncts(b, nil) {
			if !contains(common, c) {
				left = append(left, c)
			}
		}
		if len(left) == 0 { // a OR (a AND b) is a
			return expr.Conjunction(common)
		}
		rest = append(rest, expr.Conjunction(left))
	}
	return &expr.And{Args: append(common, &expr.Or{Args: rest})}
}

func inAllBranches(c expr.Expr, branches []expr.Expr) bool {
	for _, b := range branches {
		found := false
		eachConjunct(b, func(x expr.Expr) { found = found || expr.Equal(x, c) })
		if !found {
			return false
		}
	}
	return true
}

// eachConjunct calls f for what expr.Conjuncts lists.
func eachConjunct(e expr.Expr, f func(expr.Expr)) {
	a, ok := e.(*expr.And)
	if !ok {
		f(e)
		return
	}
	for _, x := range a.Args {
		eachConjunct(x, f)
	}
}

func contains(es []expr.Expr, e expr.Expr) bool {
	for _, x := range es {
		if expr.Equal(x, e) {
			return true
		}
	}
	return false
}

func foldNot(e *expr.Not) expr.Expr {
	switch a := e.Arg.(type) {
	case *expr.Const:
		if a.D.IsNull() {
			return a
		}
		return boolConst(!a.D.Bool())
	case *expr.Not:
		return a.Arg
	case *expr.IsNull:
		if a.Row {
			return e
		}
		return &expr.IsNull{Arg: a.Arg, Not: !a.Not}
	case *expr.Distinct:
		return &expr.Distinct{Eq: a.Eq, L: a.L, R: a.R, Not: !a.Not}
	}
	return e
}

// foldCase drops branches that are never taken; a CASE with an argument is folded only as a whole.
func (o *optimizer) foldCase(e *expr.Case) expr.Expr {
	if e.Arg != nil {
		if expr.IsConst(e) {
			return o.evaluate(e)
		}
		return e
	}
	var whens []expr.When
	for i, w := range e.Whens {
		v, _, ok := isConstBool(w.Cond)
		switch {
		case !ok:
			whens = append(whens, w)
		case v && len(whens) == 0:
			return w.Then
		case v:
			return &expr.Case{Whens: whens, Else: w.Then, T: e.T}
		}
		_ = i
	}
	switch {
	case len(whens) == len(e.Whens):
		return e
	case len(whens) > 0:
		return &expr.Case{Whens: whens, Else: e.Else, T: e.T}
	case e.Else == nil:
		return nullConst(e.T)
	}
	return e.Else
}

func foldCoalesce(e *expr.Coalesce) expr.Expr {
	out := make([]expr.Expr, 0, len(e.Args))
	for _, a := range e.Args {
		if c, ok := a.(*expr.Const); ok {
			if c.D.IsNull() {
				continue
			}
			out = append(out, a)
			break
		}
		out = append(out, a)
	}
	switch {
	case len(out) == 0:
		return nullConst(e.T)
	case isConst(out[0]), len(out) == 1:
		return out[0]
	case len(out) == len(e.Args):
		return e
	}
	return &expr.Coalesce{Args: out, T: e.T}
}
