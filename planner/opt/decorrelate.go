package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// decorrelate turns EXISTS, NOT EXISTS and IN among the conditions of a WHERE into semi and anti joins. What it cannot
// turn stays a subquery expression and becomes a SubPlan.
func (o *optimizer) decorrelate(n logical.Node) logical.Node {
	return rewriteTree(n, func(n logical.Node) logical.Node {
		switch x := n.(type) {
		case *logical.Join:
			// A subquery in the ON of an inner join is one in WHERE.
			if x.Kind == logical.InnerJoin && x.On != nil && hasSubquery(x.On) {
				j := *x
				j.On = nil
				return o.decorrelateFilter(&logical.Filter{Input: &j, Cond: x.On})
			}
		case *logical.Filter:
			if hasSubquery(x.Cond) {
				return o.decorrelateFilter(x)
			}
		}
		return n
	})
}

func (o *optimizer) decorrelateFilter(f *logical.Filter) logical.Node {
	input := f.Input
	var rest []expr.Expr
	for _, c := range expr.Conjuncts(f.Cond, nil) {
		if j := o.toJoin(input, c); j != nil {
			input = j
			continue
		}
		rest = append(rest, c)
	}
	if input == f.Input {
		return f
	}
	return filter(input, rest)
}

// toJoin is the join that stands for condition c over input, or nil.
func (o *optimizer) toJoin(input logical.Node, c expr.Expr) logical.Node {
	negated := false
	if n, ok := c.(*expr.Not); ok {
		c, negated = n.Arg, true
	}
	s, ok := c.(*expr.Subquery)
	if !ok {
		return nil
	}
	avail := outputs(input)
	switch s.Kind {
	case expr.SubqueryExists:
		return o.existsJoin(input, s, avail, negated)
	case expr.SubqueryAny:
		return o.anyJoin(input, s, avail, negated)
	}
	return nil
}

func (o *optimizer) existsJoin(input logical.Node, s *expr.Subquery, avail colSet, negated bool) logical.Node {
	q := stripForExists(s.Query.(logical.Node))
	if q == nil || volatileTree(q) {
		return nil
	}
	q = o.decorrelate(q)
	right, on, ok := splitCorrelated(q, avail)
	if !ok || len(on) == 0 {
		return nil
	}
	kind := logical.SemiJoin
	if negated {
		kind = logical.AntiJoin
	}
	return &logical.Join{Kind: kind, Left: input, Right: right, On: expr.Conjunction(on)}
}

// stripForExists removes what does not change whether a query has rows; nil if it has a form that EXISTS cannot be
// turned into a join for.
func stripForExists(n logical.Node) logical.Node {
	switch n := n.(type) {
	case *logical.Project:
		return stripForExists(n.Input)
	case *logical.Sort:
		return stripForExists(n.Input)
	case *logical.Distinct:
		return stripForExists(n.Input)
	case *logical.Limit:
		if n.Offset != nil {
			return nil
		}
		if n.Limit != nil {
			c, ok := n.Limit.(*expr.Const)
			if !ok || !c.D.IsNull() && c.D.Int() <= 0 {
				return nil
			}
		}
		return stripForExists(n.Input)
	case *logical.Filter, *logical.Join, *logical.Scan, *logical.Values, *logical.FuncScan, *logical.CTERef:
		return n
	}
	return nil
}

// splitCorrelated takes the conditions that read columns of the outer query (avail) out of the inner-joined part of q. It
// fails if other parts of q read outer columns, or if one of those conditions is volatile.
func splitCorrelated(q logical.Node, avail colSet) (rest logical.Node, on []expr.Expr, ok bool) {
	rest, on = takeCorrelated(q, avail)
	for _, c := range on {
		if volatile(c) {
			return nil, nil, false
		}
	}
	if freeCols(rest).intersects(avail) {
		return nil, nil, false
	}
	return rest, on, true
}

func takeCorrelated(q logical.Node, avail colSet) (logical.Node, []expr.Expr) {
	switch n := q.(type) {
	case *logical.Filter:
		in, on := takeCorrelated(n.Input, avail)
		keep, take := splitConds(n.Cond, avail)
		return filter(in, keep), append(on, take...)
	case *logical.Join:
		switch {
		case n.Lateral:
			return q, nil
		case n.Kind == logical.InnerJoin:
			l, onL := takeCorrelated(n.Left, avail)
			r, onR := takeCorrelated(n.Right, avail)
			keep, take := splitConds(n.On, avail)
			j := &logical.Join{Kind: n.Kind, Left: l, Right: r, On: expr.Conjunction(keep)}
			return j, append(append(onL, onR...), take...)
		case n.Kind == logical.LeftJoin || n.Kind == logical.SemiJoin || n.Kind == logical.AntiJoin:
			l, onL := takeCorrelated(n.Left, avail)
			j := *n
			j.Left = l
			return &j, onL
		}
	case *logical.Project:
		if isPassThrough(n) {
			in, on := takeCorrelated(n.Input, avail)
			if len(on) > 0 {
				return in, on
			}
		}
	}
	return q, nil
}

// splitConds splits the conjuncts of e by whether they read columns of avail.
func splitConds(e expr.Expr, avail colSet) (without, with []expr.Expr) {
	for _, c := range expr.Conjuncts(e, nil) {
		if colsOf(c).intersects(avail) {
			with = append(with, c)
		} else {
			without = append(without, c)
		}
	}
	return without, with
}

// anyJoin handles x IN (SELECT …) and x op ANY (SELECT …). NOT IN becomes an anti join only where no NULL can occur on
// either side: with a NULL its result is NULL, not TRUE.
func (o *optimizer) anyJoin(input logical.Node, s *expr.Subquery, avail colSet, negated bool) logical.Node {
	q := o.decorrelate(s.Query.(logical.Node))
	if s.Test == nil || volatile(s.Test) || hasSubquery(s.Test) {
		return nil
	}
	if !colsOf(s.Test).minus(outputs(q)).intersects(avail) {
		return nil // nothing of the outer row is tested: an uncorrelated SubPlan runs once
	}
	if negated && !neverNull(s.Test, input, q) {
		return nil
	}
	right, on, ok := o.openQuery(q, avail)
	if !ok {
		return nil
	}
	kind := logical.SemiJoin
	if negated {
		kind = logical.AntiJoin
	}
	on = append(expr.Conjuncts(s.Test, nil), on...)
	return &logical.Join{Kind: kind, Left: input, Right: right, On: expr.Conjunction(on)}
}

// openQuery takes the correlated conditions out of q, which keeps its output columns and passes those that the
// conditions need besides. A query without outer columns stays whole.
func (o *optimizer) openQuery(q logical.Node, avail colSet) (logical.Node, []expr.Expr, bool) {
	if !freeCols(q).intersects(avail) {
		return q, nil, true
	}
	p, isProject := q.(*logical.Project)
	inner := q
	if isProject {
		inner = p.Input
	}
	switch inner.(type) {
	case *logical.Filter, *logical.Join:
	default:
		return nil, nil, false
	}
	right, on, ok := splitCorrelated(inner, avail)
	if !ok {
		return nil, nil, false
	}
	if !isProject {
		return right, on, true
	}
	c := *p
	c.Input = right
	c.Exprs, c.Cols = p.Exprs[:len(p.Exprs):len(p.Exprs)], p.Cols[:len(p.Cols):len(p.Cols)]
	have := setOf(c.Cols)
	var need colSet
	for _, x := range on {
		exprCols(x, &need)
	}
	for _, col := range right.Columns() {
		if need.has(col.ID) && !have.has(col.ID) {
			c.Exprs, c.Cols = append(c.Exprs, varOf(col)), append(c.Cols, col)
		}
	}
	if freeCols(&c).intersects(avail) { // the select list itself is correlated
		return nil, nil, false
	}
	return &c, on, true
}

// neverNull reports that an equality test between columns of two inputs has NOT NULL columns on both sides.
func neverNull(test expr.Expr, inputs ...logical.Node) bool {
	notNull := colSet{}
	for _, n := range inputs {
		for _, c := range n.Columns() {
			if c.NotNull {
				notNull.add(c.ID)
			}
		}
	}
	for _, c := range expr.Conjuncts(test, nil) {
		call, ok := c.(*expr.Call)
		if !ok || call.Op != "=" || len(call.Args) != 2 {
			return false
		}
		for _, a := range call.Args {
			for {
				r, ok := a.(*expr.Relabel)
				if !ok {
					break
				}
				a = r.Arg
			}
			switch a := a.(type) {
			case *expr.Var:
				if !notNull.has(a.ID) {
					return false
				}
			case *expr.Const:
				if a.D.IsNull() {
					return false
				}
			default:
				return false
			}
		}
	}
	return true
}
