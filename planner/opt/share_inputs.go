package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// shareInputs computes the rows once that a grouping and an aggregate in its HAVING both read: sum(x) > (SELECT 0.1 * sum(x) …) over
// the same FROM and WHERE. They become a CTE that both scan.
func (o *optimizer) shareInputs(n logical.Node) logical.Node {
	return rewriteTree(n, func(n logical.Node) logical.Node {
		f, ok := n.(*logical.Filter)
		if !ok {
			return n
		}
		outer, ok := f.Input.(*logical.Aggregate)
		if !ok || !hasSubquery(f.Cond) {
			return n
		}
		var cte *logical.CTE
		cond := expr.Rewrite(f.Cond, func(e expr.Expr) expr.Expr {
			s, ok := e.(*expr.Subquery)
			if !ok || cte != nil || s.Kind != expr.SubqueryScalar {
				return e
			}
			inner := aggregateOf(s.Query.(logical.Node))
			if inner == nil {
				return e
			}
			over, aggregates := o.shared(outer, inner)
			if over == nil {
				return e
			}
			cte, outer = over.CTEs[0], over.Body.(*logical.Aggregate)
			c := *s
			c.Query = replaceNode(s.Query.(logical.Node), inner, aggregates)
			return &c
		})
		if cte == nil {
			return n
		}
		return &logical.With{CTEs: []*logical.CTE{cte}, Body: &logical.Filter{Input: outer, Cond: cond}}
	})
}

// aggregateOf is the aggregate without groups that a query computes its one row from, nil if there is none.
func aggregateOf(n logical.Node) *logical.Aggregate {
	switch n := n.(type) {
	case *logical.Project:
		return aggregateOf(n.Input)
	case *logical.Filter:
		return aggregateOf(n.Input)
	case *logical.Aggregate:
		if len(n.Groups) == 0 && n.Sets == nil {
			return n
		}
	}
	return nil
}

func replaceNode(n, old, by logical.Node) logical.Node {
	if n == old {
		return by
	}
	return withInputs(n, func(in logical.Node) logical.Node { return replaceNode(in, old, by) })
}

// shared makes outer and inner read one CTE; nil if their inputs differ, or if it takes less to compute them twice than to keep the rows.
func (o *optimizer) shared(outer, inner *logical.Aggregate) (*logical.With, *logical.Aggregate) {
	outer, inner = narrowed(outer), narrowed(inner)
	from, query := belowProject(outer.Input), belowProject(inner.Input)
	as := map[expr.ColID]expr.Expr{}
	if !sameTree(from, query, as) || volatileTree(query) || !freeCols(query).empty() || !o.worthKeeping(query) {
		return nil, nil
	}
	// The CTE has the columns of the subquery's tree; the subquery reads them under new names.
	read, used := columnsRead(outer), columnsRead(inner)
	cte := &logical.CTE{Name: "shared"}
	o.lastShared--
	cte.ID = o.lastShared
	project := &logical.Project{}
	var cols, outerCols, innerCols []logical.Column
	renamed := map[expr.ColID]expr.Expr{}
	for _, c := range from.Columns() {
		col := columnOf(query.Columns(), as[c.ID].(*expr.Var).ID)
		if !read.has(c.ID) && !used.has(col.ID) {
			continue
		}
		cols = append(cols, col)
		a, b := o.newCol(col), o.newCol(col)
		outerCols, innerCols = append(outerCols, a), append(innerCols, b)
		project.Exprs, project.Cols = append(project.Exprs, varOf(a)), append(project.Cols, c)
		renamed[col.ID] = varOf(b)
	}
	cte.Query = passThrough(query, cols)
	project.Input = &logical.CTERef{CTE: cte, Cols: outerCols, Alias: cte.Name}
	out := *outer
	out.Input = replaceNode(outer.Input, from, project)
	in := replaceNode(inner, query, &logical.CTERef{CTE: cte, Cols: innerCols, Alias: cte.Name})
	return &logical.With{CTEs: []*logical.CTE{cte}, Body: &out}, substituteTree(in, renamed).(*logical.Aggregate)
}

// belowProject is what is below the projection that computes what an aggregate reads, if there is one.
func belowProject(n logical.Node) logical.Node {
	if p, ok := n.(*logical.Project); ok {
		return p.Input
	}
	return n
}

// narrowed is n over a projection that computes no more than n reads.
func narrowed(n *logical.Aggregate) *logical.Aggregate {
	p, ok := n.Input.(*logical.Project)
	if !ok {
		return n
	}
	read := setOf(n.Groups)
	logical.VisitOwn(n, func(e expr.Expr) { exprCols(e, &read) })
	var cols []logical.Column
	for _, c := range p.Cols {
		if read.has(c.ID) {
			cols = append(cols, c)
		}
	}
	c := *n
	c.Input = narrow(p, cols)
	return &c
}

// columnsRead are the columns that an aggregate and the projection below it read.
func columnsRead(n *logical.Aggregate) colSet {
	read := setOf(n.Groups)
	logical.VisitOwn(n, func(e expr.Expr) { exprCols(e, &read) })
	if p, ok := n.Input.(*logical.Project); ok {
		logical.VisitOwn(p, func(e expr.Expr) { exprCols(e, &read) })
	}
	return read
}

// worthKeeping reports that the rows of n are few, and take long to find.
func (o *optimizer) worthKeeping(n logical.Node) bool {
	c := &o.opts.Costs
	p := o.plan(o.pushFilters(n)).cheapest()
	return p.total > 4*p.rows*c.CPUTuple && p.rows*float64(p.width+tupleHeader) < c.WorkMemBytes
}

// sameTree reports that two trees of joins, filters and scans yield the same rows. It adds to as what the columns of a are called in b.
func sameTree(a, b logical.Node, as map[expr.ColID]expr.Expr) bool {
	same := func(x, y expr.Expr) bool {
		if x == nil || y == nil {
			return x == nil && y == nil
		}
		return !hasSubquery(x) && expr.Equal(substitute(x, as), y)
	}
	switch a := a.(type) {
	case *logical.Scan:
		b, ok := b.(*logical.Scan)
		if !ok || a.Table != b.Table || len(a.Cols) != len(b.Cols) || a.RowID != 0 || b.RowID != 0 {
			return false
		}
		for i, c := range a.Cols {
			if c.Attr != b.Cols[i].Attr {
				return false
			}
			as[c.ID] = varOf(b.Cols[i])
		}
		return true
	case *logical.Filter:
		b, ok := b.(*logical.Filter)
		return ok && sameTree(a.Input, b.Input, as) && same(a.Cond, b.Cond)
	case *logical.Join:
		b, ok := b.(*logical.Join)
		return ok && a.Kind == b.Kind && a.Kind < logical.SemiJoin && !a.Lateral && !b.Lateral && sameTree(a.Left, b.Left, as) &&
			sameTree(a.Right, b.Right, as) && same(a.On, b.On)
	}
	return false
}
