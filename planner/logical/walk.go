package logical

import (
	"slices"

	"github.com/lightsql/lightsql/sql/expr"
)

// VisitExprs calls f for every expression that stands directly in a node of the tree n. It does not enter expressions, so
// queries of Subquery expressions are the business of f (see WalkDeep).
func VisitExprs(n Node, f func(expr.Expr)) {
	RewriteExprs(n, func(e expr.Expr) expr.Expr {
		f(e)
		return e
	})
}

// VisitOwn calls f for the expressions of n itself, not for those of its inputs.
func VisitOwn(n Node, f func(expr.Expr)) {
	switch n := n.(type) { // the frequent ones, without the copies that the rewriter makes
	case *Scan, *CTERef, *Distinct, *SetOp, *LockRows, *With:
		return
	case *Filter:
		f(n.Cond)
		return
	case *Project:
		for _, e := range n.Exprs {
			f(e)
		}
		return
	case *Join:
		if n.On != nil {
			f(n.On)
		}
		return
	case *Aggregate:
		for i := range n.Aggs {
			f(n.Aggs[i].Call)
		}
		return
	case *Values:
		for _, row := range n.Rows {
			for _, e := range row {
				f(e)
			}
		}
		return
	}
	r := &rewriter{own: true, f: func(e expr.Expr) expr.Expr {
		f(e)
		return e
	}}
	r.node(n)
}

// EachInput calls f for the inputs of n, without the list that Inputs makes.
func EachInput(n Node, f func(Node)) {
	switch n := n.(type) {
	case *Scan, *Values, *FuncScan, *CTERef:
	case *Filter:
		f(n.Input)
	case *Project:
		f(n.Input)
	case *Join:
		f(n.Left)
		f(n.Right)
	case *Aggregate:
		f(n.Input)
	case *Sort:
		f(n.Input)
	case *Limit:
		f(n.Input)
	default:
		for _, in := range n.Inputs() {
			f(in)
		}
	}
}

// RewriteOwn is n with f applied to its own expressions, not to those of its inputs; n itself if none changed.
func RewriteOwn(n Node, f func(expr.Expr) expr.Expr) Node {
	r := &rewriter{f: f, own: true}
	return r.node(n)
}

// WalkDeep is expr.Walk that also enters the queries of Subquery expressions.
func WalkDeep(e expr.Expr, f func(expr.Expr) bool) {
	expr.Walk(e, func(e expr.Expr) bool {
		if !f(e) {
			return false
		}
		if s, ok := e.(*expr.Subquery); ok {
			if q, ok := s.Query.(Node); ok {
				VisitExprs(q, func(x expr.Expr) { WalkDeep(x, f) })
			}
		}
		return true
	})
}

// RewriteDeep is expr.RewriteDown that also enters the queries of Subquery expressions.
func RewriteDeep(e expr.Expr, f func(expr.Expr) (expr.Expr, bool)) expr.Expr {
	return expr.RewriteDown(e, func(x expr.Expr) (expr.Expr, bool) {
		if r, ok := f(x); ok {
			return r, true
		}
		s, ok := x.(*expr.Subquery)
		if !ok {
			return nil, false
		}
		return RewriteSubquery(s, f), true
	})
}

// RewriteSubquery is RewriteDeep of what is in a Subquery.
func RewriteSubquery(s *expr.Subquery, f func(expr.Expr) (expr.Expr, bool)) expr.Expr {
	q, ok := s.Query.(Node)
	if !ok {
		return s
	}
	deep := func(e expr.Expr) expr.Expr { return RewriteDeep(e, f) }
	r := *s
	r.Query = RewriteExprs(q, deep)
	r.Test = deep(s.Test)
	r.Left = nil
	for _, l := range s.Left {
		r.Left = append(r.Left, deep(l))
	}
	if r.Query == s.Query && r.Test == s.Test {
		return s
	}
	return &r
}

// RewriteExprs replaces every expression of the tree n by f of it. Nodes in which nothing changes are shared with n. f is never called
// with nil. The one exception to immutability: the query of a CTE is replaced in place, because CTERefs point to the CTE.
func RewriteExprs(n Node, f func(expr.Expr) expr.Expr) Node {
	r := &rewriter{f: f}
	return r.node(n)
}

type rewriter struct {
	f       func(expr.Expr) expr.Expr
	own     bool // inputs are left alone
	changed bool
}

func (r *rewriter) one(e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	x := r.f(e)
	if x != e {
		r.changed = true
	}
	return x
}

func (r *rewriter) list(es []expr.Expr) []expr.Expr {
	out := es
	for i, e := range es {
		x := r.one(e)
		if x == e {
			continue
		}
		if &out[0] == &es[0] {
			out = slices.Clone(es)
		}
		out[i] = x
	}
	return out
}

func (r *rewriter) keys(ks []expr.SortKey) []expr.SortKey {
	out := ks
	for i, k := range ks {
		x := r.one(k.Expr)
		if x == k.Expr {
			continue
		}
		if &out[0] == &ks[0] {
			out = slices.Clone(ks)
		}
		out[i].Expr = x
	}
	return out
}

// input rewrites a child and keeps track of whether it changed.
func (r *rewriter) input(n Node) Node {
	if r.own {
		return n
	}
	return r.apart(n)
}

// ctes rewrites the queries of CTEs in place, which does not count as a change.
func (r *rewriter) ctes(n *With) {
	for _, cte := range n.CTEs {
		if r.own {
			break
		}
		changed := r.changed
		cte.Query = r.apart(cte.Query)
		r.changed = changed
	}
}

// apart rewrites a tree below the present node, whose mark it keeps. (A rewriter of its own would put all that f refers to on the heap.)
func (r *rewriter) apart(n Node) Node {
	outer := r.changed
	r.changed = false
	x := r.node(n)
	r.changed = outer || x != n
	return x
}

func (r *rewriter) node(n Node) Node {
	var out Node
	switch n := n.(type) {
	case nil:
		return nil
	case *Scan, *CTERef:
		return n
	case *Values:
		return r.values(n)
	case *FuncScan:
		c := *n
		c.Calls, out = r.list(n.Calls), &c
	case *With:
		r.ctes(n)
		c := *n
		c.Body, out = r.input(n.Body), &c
	case *Filter:
		if in, cond := r.input(n.Input), r.one(n.Cond); r.changed {
			return &Filter{Input: in, Cond: cond}
		}
		return n
	case *Project:
		if in, es := r.input(n.Input), r.list(n.Exprs); r.changed {
			c := *n
			c.Input, c.Exprs = in, es
			return &c
		}
		return n
	case *ProjectSet:
		c := *n
		c.Input, c.Exprs, out = r.input(n.Input), r.list(n.Exprs), &c
	case *Join:
		if l, right, on := r.input(n.Left), r.input(n.Right), r.one(n.On); r.changed {
			c := *n
			c.Left, c.Right, c.On = l, right, on
			return &c
		}
		return n
	case *Aggregate:
		out = r.aggregate(n)
	case *Window:
		out = r.window(n)
	case *Sort:
		if in, keys := r.input(n.Input), r.keys(n.Keys); r.changed {
			return &Sort{Input: in, Keys: keys}
		}
		return n
	case *Distinct:
		out = &Distinct{Input: r.input(n.Input), On: n.On}
	case *Limit:
		out = &Limit{Input: r.input(n.Input), Limit: r.one(n.Limit), Offset: r.one(n.Offset), WithTies: r.keys(n.WithTies)}
	case *SetOp:
		c := *n
		c.Left, c.Right, out = r.input(n.Left), r.input(n.Right), &c
	case *LockRows:
		out = &LockRows{Input: r.input(n.Input), Targets: n.Targets, RowIDs: n.RowIDs}
	default:
		out = r.modify(n)
	}
	if !r.changed {
		return n
	}
	return out
}

// values copies the rows only if one changed.
func (r *rewriter) values(n *Values) Node {
	rows := n.Rows
	for i, row := range n.Rows {
		x := r.list(row)
		if len(row) == 0 || &x[0] == &row[0] {
			continue
		}
		if &rows[0] == &n.Rows[0] {
			rows = slices.Clone(n.Rows)
		}
		rows[i] = x
	}
	if !r.changed {
		return n
	}
	c := *n
	c.Rows = rows
	return &c
}

func (r *rewriter) aggregate(n *Aggregate) Node {
	c := *n
	c.Input = r.input(n.Input)
	c.Aggs = make([]AggItem, len(n.Aggs))
	for i, a := range n.Aggs {
		c.Aggs[i] = a
		if call, ok := r.one(a.Call).(*expr.AggCall); ok {
			c.Aggs[i].Call = call
		}
	}
	return &c
}

func (r *rewriter) window(n *Window) Node {
	c := *n
	c.Input = r.input(n.Input)
	c.Defs = make([]WindowDef, len(n.Defs))
	for i, d := range n.Defs {
		c.Defs[i] = d
		c.Defs[i].Partition, c.Defs[i].Order = r.list(d.Partition), r.keys(d.Order)
		c.Defs[i].Frame.Start.Offset, c.Defs[i].Frame.End.Offset = r.one(d.Frame.Start.Offset), r.one(d.Frame.End.Offset)
	}
	c.Items = make([]WindowItem, len(n.Items))
	for i, it := range n.Items {
		c.Items[i] = it
		if call, ok := r.one(it.Call).(*expr.WindowCall); ok {
			c.Items[i].Call = call
		}
	}
	return &c
}

func (r *rewriter) checks(cs []Check) []Check {
	out := make([]Check, len(cs))
	for i, c := range cs {
		out[i] = Check{Name: c.Name, Cond: r.one(c.Cond), View: c.View}
	}
	return out
}

func (r *rewriter) modify(n Node) Node {
	switch n := n.(type) {
	case *Insert:
		c := *n
		c.Source, c.Checks, c.Returning = r.input(n.Source), r.checks(n.Checks), r.list(n.Returning)
		if n.OnConflict != nil {
			oc := *n.OnConflict
			oc.Set, oc.Where = r.list(oc.Set), r.one(oc.Where)
			c.OnConflict = &oc
		}
		return &c
	case *Update:
		c := *n
		c.Source, c.Checks, c.Returning = r.input(n.Source), r.checks(n.Checks), r.list(n.Returning)
		return &c
	case *Merge:
		c := *n
		c.Source, c.Checks = r.input(n.Source), r.checks(n.Checks)
		return &c
	case *Delete:
		c := *n
		c.Source, c.Returning = r.input(n.Source), r.list(n.Returning)
		return &c
	}
	return n
}
