package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// lateSubqueries moves conditions with a correlated subquery from the right side of a semi or anti join into its ON. Such a
// subquery runs for each row that the condition is tested on: below the join for all rows of the right side, in the ON only for
// those that the equalities of the ON match. The left rows must be unique by these equalities, so that no right row is tested
// twice.
func (o *optimizer) lateSubqueries(n logical.Node) logical.Node {
	return rewriteTree(n, func(n logical.Node) logical.Node {
		j, ok := n.(*logical.Join)
		if !ok || j.Kind != logical.SemiJoin && j.Kind != logical.AntiJoin || j.Lateral || j.On == nil || hasSubquery(j.On) {
			return n
		}
		eq := equated(j.On, outputs(j.Left))
		if volatile(j.On) || !uniqueWithin(j.Left, eq) {
			return n
		}
		right, late := takeSubqueries(j.Right)
		if len(late) == 0 {
			return n
		}
		var need colSet
		for _, c := range late {
			exprCols(c, &need)
		}
		if right, ok = expose(right, need.minus(freeCols(j.Right))); !ok {
			return n
		}
		c := *j
		c.Right = right
		c.On = expr.Conjunction(append(expr.Conjuncts(j.On, nil), late...))
		return &c
	})
}

// uniqueWithin reports that one of the relations that n joins has no two rows that agree in the columns eq. The planner joins
// with what follows from n when few rows are left, which may be before other relations repeat the rows of this one.
func uniqueWithin(n logical.Node, eq colSet) bool {
	switch x := n.(type) {
	case *logical.Filter:
		return uniqueWithin(x.Input, eq)
	case *logical.Join:
		switch x.Kind {
		case logical.InnerJoin:
			return uniqueWithin(x.Left, eq) || uniqueWithin(x.Right, eq)
		case logical.SemiJoin, logical.AntiJoin:
			return uniqueWithin(x.Left, eq)
		}
		return false
	}
	return uniqueBy(n, eq)
}

// takeSubqueries takes the conditions with a correlated subquery out of the inner-joined part of n.
func takeSubqueries(n logical.Node) (rest logical.Node, late []expr.Expr) {
	switch x := n.(type) {
	case *logical.Filter:
		in, late := takeSubqueries(x.Input)
		var keep []expr.Expr
		for _, c := range expr.Conjuncts(x.Cond, nil) {
			if runsPerRow(c) {
				late = append(late, c)
			} else {
				keep = append(keep, c)
			}
		}
		if len(late) == 0 {
			return n, nil
		}
		return filter(in, keep), late
	case *logical.Project:
		if isPassThrough(x) && !mentionsOuter(x) {
			if in, late := takeSubqueries(x.Input); len(late) > 0 {
				c := *x
				c.Input = in
				return &c, late
			}
		}
	case *logical.Join:
		if x.Lateral || x.Kind != logical.InnerJoin && x.Kind != logical.SemiJoin && x.Kind != logical.AntiJoin {
			return n, nil
		}
		c := *x
		c.Left, late = takeSubqueries(x.Left)
		if x.Kind == logical.InnerJoin {
			var more []expr.Expr
			c.Right, more = takeSubqueries(x.Right)
			late = append(late, more...)
		}
		if len(late) > 0 {
			return &c, late
		}
	}
	return n, nil
}

// runsPerRow reports a condition with a correlated subquery, and nothing volatile.
func runsPerRow(c expr.Expr) bool {
	found := false
	expr.Walk(c, func(e expr.Expr) bool {
		if s, ok := e.(*expr.Subquery); ok {
			found = found || !freeCols(s.Query.(logical.Node)).empty()
		}
		return !found
	})
	return found && !volatile(c)
}

// expose adds to n's output what need has of the columns below it; false if some of them do not come up.
func expose(n logical.Node, need colSet) (logical.Node, bool) {
	if p, ok := n.(*logical.Project); ok {
		in, _ := expose(p.Input, need)
		c := *p
		c.Input = in
		c.Exprs, c.Cols = p.Exprs[:len(p.Exprs):len(p.Exprs)], p.Cols[:len(p.Cols):len(p.Cols)]
		have := outputs(p)
		for _, col := range in.Columns() {
			if need.has(col.ID) && !have.has(col.ID) {
				c.Exprs, c.Cols = append(c.Exprs, varOf(col)), append(c.Cols, col)
			}
		}
		n = &c
	}
	return n, need.minus(outputs(n)).empty()
}
