package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// pruneColumns drops columns that nothing above reads.
func (o *optimizer) pruneColumns(n logical.Node) logical.Node { return o.prune(n, outputs(n), true) }

// prune narrows n to the columns req. exact: the list of output columns is part of n's meaning and stays as it is.
func (o *optimizer) prune(n logical.Node, req colSet, exact bool) logical.Node {
	switch x := n.(type) {
	case *logical.Scan:
		return pruneScan(x, req, exact)
	case *logical.Values:
		return pruneValues(x, req, exact)
	case *logical.Project:
		return o.pruneProject(x, req, exact)
	case *logical.Join:
		return o.pruneJoin(x, req, exact)
	case *logical.Aggregate:
		return o.pruneAggregate(x, req, exact)
	case *logical.SetOp:
		return o.pruneSetOp(x, req, exact)
	case *logical.Distinct:
		if x.On == nil {
			return o.pruneInput(n, outputs(n), true)
		}
		down := colSet{}
		down.addAll(req)
		for _, id := range x.On {
			down.add(id)
		}
		return o.pruneInput(n, down, exact)
	case *logical.Filter, *logical.Sort, *logical.Limit, *logical.Window:
		return o.pruneInput(n, req, exact)
	case *logical.LockRows:
		down := colSet{}
		down.addAll(req)
		for _, t := range x.Targets {
			down.add(t.Scan.RowID)
			if t.Scan.TableOID != 0 {
				down.add(t.Scan.TableOID)
			}
		}
		lockConditions(x.Input, &down)
		return o.pruneInput(n, down, exact)
	case *logical.ProjectSet:
		return o.pruneInput(n, colSet{}, false)
	case *logical.With:
		c := &logical.With{Body: o.prune(x.Body, req, exact)}
		for _, cte := range x.CTEs {
			d := *cte
			d.Query = o.prune(cte.Query, outputs(cte.Query), true)
			c.CTEs = append(c.CTEs, &d)
		}
		return c
	}
	return withInputs(n, func(c logical.Node) logical.Node { return o.prune(c, outputs(c), true) })
}

// lockConditions adds the columns of the conditions that a changed row is tested with again.
func lockConditions(n logical.Node, s *colSet) {
	switch n := n.(type) {
	case *logical.Filter:
		exprCols(n.Cond, s)
	case *logical.Join:
		if n.On != nil {
			exprCols(n.On, s)
		}
	case *logical.Sort, *logical.Limit, *logical.Project:
	default:
		return
	}
	for _, in := range n.Inputs() {
		lockConditions(in, s)
	}
}

// pruneInput passes req and what n itself reads to n's input.
func (o *optimizer) pruneInput(n logical.Node, req colSet, exact bool) logical.Node {
	down := colSet{}
	down.addAll(req)
	logical.VisitOwn(n, func(e expr.Expr) { exprCols(e, &down) })
	return withInputs(n, func(c logical.Node) logical.Node { return o.prune(c, down, exact) })
}

func pruneScan(n *logical.Scan, req colSet, exact bool) logical.Node {
	if exact {
		return n
	}
	keep := 0
	for _, c := range n.Cols {
		if req.has(c.ID) {
			keep++
		}
	}
	if keep == len(n.Cols) && (n.RowID == 0 || req.has(n.RowID)) && (n.TableOID == 0 || req.has(n.TableOID)) {
		return n
	}
	c := *n
	c.Cols = make([]logical.Column, 0, keep)
	for _, col := range n.Cols {
		if req.has(col.ID) {
			c.Cols = append(c.Cols, col)
		}
	}
	if !req.has(c.RowID) {
		c.RowID = 0
	}
	if !req.has(c.TableOID) {
		c.TableOID = 0
	}
	return &c
}

func pruneValues(n *logical.Values, req colSet, exact bool) logical.Node {
	if exact || setOf(n.Cols).subsetOf(req) {
		return n
	}
	c := &logical.Values{Alias: n.Alias, Rows: make([][]expr.Expr, len(n.Rows))}
	for i, col := range n.Cols {
		drop := !req.has(col.ID)
		for _, r := range n.Rows {
			drop = drop && !volatile(r[i])
		}
		if drop {
			continue
		}
		c.Cols = append(c.Cols, col)
		for k, r := range n.Rows {
			c.Rows[k] = append(c.Rows[k], r[i])
		}
	}
	return c
}

func (o *optimizer) pruneProject(n *logical.Project, req colSet, exact bool) logical.Node {
	c := *n
	if !exact {
		c.Exprs, c.Cols = nil, nil
		for i, col := range n.Cols {
			if req.has(col.ID) || volatile(n.Exprs[i]) {
				c.Exprs, c.Cols = append(c.Exprs, n.Exprs[i]), append(c.Cols, col)
			}
		}
	}
	var down colSet
	for _, e := range c.Exprs {
		exprCols(e, &down)
	}
	c.Input = o.prune(n.Input, down, false)
	return &c
}

func (o *optimizer) pruneJoin(n *logical.Join, req colSet, exact bool) logical.Node {
	if !exact && o.removable(n, req) {
		return o.prune(n.Left, req, exact)
	}
	down := colSet{}
	down.addAll(req)
	if n.On != nil {
		exprCols(n.On, &down)
	}
	down.addAll(freeCols(n.Right)) // LATERAL
	c := *n
	c.Left = o.prune(n.Left, down, exact)
	c.Right = o.prune(n.Right, down, exact && n.Kind < logical.SemiJoin)
	return &c
}

func (o *optimizer) pruneAggregate(n *logical.Aggregate, req colSet, exact bool) logical.Node {
	c := *n
	if !exact {
		c.Aggs = nil
		for _, a := range n.Aggs {
			if req.has(a.Col.ID) || volatile(a.Call) {
				c.Aggs = append(c.Aggs, a)
			}
		}
	}
	down := setOf(n.Groups)
	for _, a := range c.Aggs {
		exprCols(a.Call, &down)
	}
	c.Input = o.prune(n.Input, down, false)
	return &c
}

// pruneSetOp drops columns of UNION ALL on both sides; the other set operations compare whole rows.
func (o *optimizer) pruneSetOp(n *logical.SetOp, req colSet, exact bool) logical.Node {
	c := *n
	if exact || n.Kind != logical.Union || !n.All || setOf(n.Cols).subsetOf(req) || readsWorkTable(n) {
		c.Left = o.prune(n.Left, outputs(n.Left), true)
		c.Right = o.prune(n.Right, outputs(n.Right), true)
		return &c
	}
	l, r := n.Left.Columns(), n.Right.Columns()
	var lc, rc []logical.Column
	c.Cols = nil
	for i, col := range n.Cols {
		if req.has(col.ID) {
			c.Cols, lc, rc = append(c.Cols, col), append(lc, l[i]), append(rc, r[i])
		}
	}
	c.Left = o.prune(narrow(n.Left, lc), setOf(lc), true)
	c.Right = o.prune(narrow(n.Right, rc), setOf(rc), true)
	return &c
}

// narrow is n with exactly the output columns cols.
func narrow(n logical.Node, cols []logical.Column) logical.Node {
	p, ok := n.(*logical.Project)
	if !ok {
		return passThrough(n, cols)
	}
	want := setOf(cols)
	c := &logical.Project{Input: p.Input, Alias: p.Alias}
	for i, col := range p.Cols {
		if want.has(col.ID) {
			c.Exprs, c.Cols = append(c.Exprs, p.Exprs[i]), append(c.Cols, col)
		}
	}
	if !sameColumns(c, cols) {
		return passThrough(n, cols)
	}
	return c
}
