package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// mergeProjections moves projections up through filters and joins and merges neighbours, so that the relations of
// subqueries and views take part in the join order of the outer query.
func (o *optimizer) mergeProjections(n logical.Node) logical.Node {
	return rewriteTree(n, func(n logical.Node) logical.Node {
		switch n := n.(type) {
		case *logical.Project:
			return mergeInto(n)
		case *logical.Filter:
			if p, ok := n.Input.(*logical.Project); ok && inlinable(p, 1) {
				c := *p
				c.Input = &logical.Filter{Input: p.Input, Cond: substitute(n.Cond, substOf(p))}
				return &c
			}
		case *logical.Join:
			return liftFromJoin(n)
		}
		return n
	})
}

// mergeInto merges a projection with the one below it.
func mergeInto(n *logical.Project) logical.Node {
	p, ok := n.Input.(*logical.Project)
	if !ok || !inlinable(p, usesOf(n, p)) {
		return n
	}
	subst := substOf(p)
	c := *n
	c.Input = p.Input
	c.Exprs = make([]expr.Expr, len(n.Exprs))
	for i, e := range n.Exprs {
		c.Exprs[i] = substitute(e, subst)
	}
	if c.Alias == "" {
		c.Alias = p.Alias
	}
	return &c
}

// usesOf is how often the most used computed column of p is read by n.
func usesOf(n *logical.Project, p *logical.Project) int {
	uses := map[expr.ColID]int{}
	most := 0
	for _, e := range n.Exprs {
		expr.Walk(e, func(e expr.Expr) bool {
			switch e := e.(type) {
			case *expr.Var:
				uses[e.ID]++
				most = max(most, uses[e.ID])
			case *expr.Subquery:
				freeCols(e.Query.(logical.Node)).each(func(id expr.ColID) {
					uses[id] += 2
					most = max(most, uses[id])
				})
			}
			return true
		})
	}
	return most
}

// inlinable reports whether the computed columns of p may be replaced by their expressions where they are used: never
// volatile ones (the count of evaluations would change), and costly ones only if used once.
func inlinable(p *logical.Project, uses int) bool {
	for _, e := range p.Exprs {
		switch e.(type) {
		case *expr.Var, *expr.Const, *expr.Param:
			continue
		}
		if volatile(e) || hasSubquery(e) {
			return false
		}
		if uses > 1 && !cheap(e) {
			return false
		}
	}
	return true
}

// cheap reports an expression of a few nodes.
func cheap(e expr.Expr) bool {
	n := 0
	expr.Walk(e, func(expr.Expr) bool {
		n++
		return n <= 8
	})
	return n <= 8
}

func substOf(p *logical.Project) map[expr.ColID]expr.Expr {
	m := make(map[expr.ColID]expr.Expr, len(p.Cols))
	for i, c := range p.Cols {
		if v, ok := p.Exprs[i].(*expr.Var); ok && v.ID == c.ID {
			continue
		}
		m[c.ID] = p.Exprs[i]
	}
	return m
}

// liftFromJoin moves projections above a join. Below the nullable side of an outer join only plain columns may move: any
// other expression could be non-NULL for a null-extended row.
func liftFromJoin(n *logical.Join) logical.Node {
	l, lp := liftable(n.Left, n.Kind == logical.RightJoin || n.Kind == logical.FullJoin)
	r, rp := liftable(n.Right, n.Kind == logical.LeftJoin || n.Kind == logical.FullJoin)
	if n.Kind >= logical.NullAntiJoin {
		r, rp = n.Right, nil
	}
	if lp == nil && rp == nil {
		return n
	}
	subst := map[expr.ColID]expr.Expr{}
	if lp != nil {
		subst = substOf(lp)
	}
	if rp != nil {
		for id, e := range substOf(rp) {
			subst[id] = substitute(e, subst) // LATERAL: it may read computed columns of the left side
		}
	}
	j := *n
	j.Left, j.Right = l, r
	if n.On != nil {
		j.On = substitute(n.On, subst)
	}
	if n.Lateral {
		j.Right = substituteTree(r, subst)
	}
	cols := n.Columns()
	es := make([]expr.Expr, len(cols))
	for i, c := range cols {
		if e, ok := subst[c.ID]; ok {
			es[i] = e
		} else {
			es[i] = varOf(c)
		}
	}
	return &logical.Project{Input: &j, Exprs: es, Cols: cols}
}

// liftable returns the input of a projection that may move up, and the projection; else n and nil.
func liftable(n logical.Node, nullable bool) (logical.Node, *logical.Project) {
	p, ok := n.(*logical.Project)
	if !ok {
		return n, nil
	}
	if nullable {
		for _, e := range p.Exprs {
			if _, ok := e.(*expr.Var); !ok {
				return n, nil
			}
		}
		// A column of an outer query, or of the other side of a LATERAL join, would not become NULL.
		own := outputs(p.Input)
		for _, e := range p.Exprs {
			if !own.has(e.(*expr.Var).ID) {
				return n, nil
			}
		}
		return p.Input, p
	}
	if !inlinable(p, 2) {
		return n, nil
	}
	return p.Input, p
}
