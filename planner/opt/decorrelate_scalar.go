package opt

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// decorrelateAggregates turns (SELECT agg(x) FROM … WHERE inner = outer) among the conditions of a WHERE or in a select list into a left
// join with the aggregates grouped by the inner columns: one pass over the inner tables instead of one for each outer row. It leaves a
// subquery whose inner column has an index: look-ups read only what the outer rows need.
func (o *optimizer) decorrelateAggregates(n logical.Node) logical.Node {
	return rewriteTree(n, func(n logical.Node) logical.Node {
		switch x := n.(type) {
		case *logical.Filter:
			if in, cond, ok := o.joinAggregates(x.Input, []expr.Expr{x.Cond}); ok {
				return passThrough(&logical.Filter{Input: in, Cond: cond[0]}, x.Columns())
			}
		case *logical.Project:
			if in, es, ok := o.joinAggregates(x.Input, x.Exprs); ok {
				p := *x
				p.Input, p.Exprs = in, es
				return &p
			}
		}
		return n
	})
}

// joinAggregates joins what stands for the subqueries in expressions over input to it; ok is false if there are none.
func (o *optimizer) joinAggregates(input logical.Node, es []expr.Expr) (in logical.Node, out []expr.Expr, ok bool) {
	if !slices.ContainsFunc(es, hasSubquery) {
		return input, es, false
	}
	avail := outputs(input)
	out = make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = expr.RewriteDown(e, func(e expr.Expr) (expr.Expr, bool) {
			switch e := e.(type) {
			case *expr.Case, *expr.Coalesce: // what is not evaluated for a row must not be computed for it
				return e, true
			case *expr.Subquery:
				if j, v := o.groupedJoin(input, e, avail); j != nil {
					input, ok = j, true
					return v, true
				}
				return e, true
			}
			return nil, false
		})
	}
	return input, out, ok
}

// groupedJoin is the join for one subquery over input, and the expression over it that has the subquery's value; nil if it has another form.
func (o *optimizer) groupedJoin(input logical.Node, s *expr.Subquery, avail colSet) (logical.Node, expr.Expr) {
	if s.Kind != expr.SubqueryScalar {
		return nil, nil
	}
	p, ok := s.Query.(*logical.Project)
	if !ok || len(p.Exprs) != 1 || hasSubquery(p.Exprs[0]) || volatile(p.Exprs[0]) {
		return nil, nil
	}
	a, ok := p.Input.(*logical.Aggregate)
	if !ok || len(a.Groups) > 0 || a.Sets != nil || a.GroupingCol != nil || volatileTree(a) || colsOf(p.Exprs[0]).intersects(avail) {
		return nil, nil
	}
	values := map[expr.ColID]expr.Expr{}
	for _, item := range a.Aggs {
		v := valueOfNone(item)
		if v == nil {
			return nil, nil
		}
		values[item.Col.ID] = v
	}
	right, on, ok := splitCorrelated(a.Input, avail)
	if !ok || len(on) == 0 || hasSubqueryTree(right) {
		return nil, nil
	}
	groups, ok := o.correlatedColumns(right, on, avail)
	if !ok {
		return nil, nil
	}
	grouped := &logical.Aggregate{Input: right, Groups: groups, Aggs: a.Aggs}
	return &logical.Join{Kind: logical.LeftJoin, Left: input, Right: grouped, On: expr.Conjunction(on)}, substitute(p.Exprs[0], values)
}

// valueOfNone is what an aggregate over no rows is, where the join has found none: NULL, which the join makes by itself, or 0. It is nil for
// aggregates of which that is not known, and for those that may fail on groups that no outer row asks for.
func valueOfNone(item logical.AggItem) expr.Expr {
	c := item.Call
	if len(c.OrderBy) > 0 || c.Direct > 0 || c.Filter != nil {
		return nil
	}
	for _, a := range c.Args {
		if _, ok := estimate.BareVar(a); !ok {
			return nil
		}
	}
	v := varOf(item.Col)
	switch c.Fn.Name {
	case "count":
		zero := &expr.Const{T: item.Col.T, D: types.NewInt(0)}
		return &expr.Coalesce{Args: []expr.Expr{v, zero}, T: item.Col.T}
	case "min", "max", "sum", "avg", "bool_and", "bool_or", "every":
		if c.Fn.OID >= catalog.FirstUserOID {
			return nil
		}
		return v
	}
	return nil
}

// correlatedColumns are the columns of the inner side that the conditions set equal to something of the outer one. ok is false if a
// condition does anything else, or if one of the columns leads an index.
func (o *optimizer) correlatedColumns(right logical.Node, on []expr.Expr, avail colSet) (groups []logical.Column, ok bool) {
	inner := outputs(right)
	for _, e := range on {
		c, ok := equi(e, inner, avail)
		if !ok {
			return nil, false
		}
		v, ok := c.l.(*expr.Var)
		if !ok || indexedFirst(right, v.ID) {
			return nil, false
		}
		if !slices.ContainsFunc(groups, func(g logical.Column) bool { return g.ID == v.ID }) {
			groups = append(groups, columnOf(right.Columns(), v.ID))
		}
	}
	return groups, true
}

// indexedFirst reports that a column below n is the first of an index of its table.
func indexedFirst(n logical.Node, id expr.ColID) bool {
	found := false
	rewriteTree(n, func(n logical.Node) logical.Node {
		s, ok := n.(*logical.Scan)
		if !ok {
			return n
		}
		for _, c := range s.Cols {
			if c.ID != id {
				continue
			}
			for _, x := range append(s.Table.AllIndexes(), s.Table.Primary) {
				found = found || x != nil && !x.Inverted() && len(x.Columns) > 0 && x.Columns[0].Column == c.Attr && x.Predicate == ""
			}
		}
		return n
	})
	return found
}

// hasSubqueryTree reports a subquery in any expression below n.
func hasSubqueryTree(n logical.Node) bool {
	found := false
	rewriteTree(n, func(n logical.Node) logical.Node {
		return logical.RewriteOwn(n, func(e expr.Expr) expr.Expr {
			found = found || hasSubquery(e)
			return e
		})
	})
	return found
}
