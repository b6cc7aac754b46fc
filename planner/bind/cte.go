package bind

import (
	"slices"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// cteState says how far the binding of a CTE is.
type cteState uint8

const (
	cteUnbound cteState = iota
	cteLeft             // a query that may turn out to be recursive: its non-recursive term is being bound
	cteRight            // the columns are known, its recursive term is being bound
	ctePlain            // another query is being bound
	cteDone
)

// cte is a query of a WITH clause.
type cte struct {
	n        *ast.CommonTableExpr
	scope    *scope
	node     *logical.CTE
	cols     []logical.Column // of the query, with the CTE's names
	state    cteState
	selfRefs int
	setScope *scope // of the UNION
	// refs are the projections that stand for references: when the whole level is bound, one reference alone gets the query itself.
	refs      []*logical.Project
	modifying bool
	noResult  bool // data-modifying without RETURNING
	// extra are the columns of SEARCH and CYCLE, nil without them. hoisted are the CTEs of a WITH above the UNION.
	extra   *searchCycle
	hoisted []*logical.CTE
	// seen are the references to itself: a query bound twice has them once.
	seen []*ast.RangeVar
}

// findCTE finds a visible CTE by name.
func findCTE(s *scope, name string) *cte {
	for at := s; at != nil; at = at.parent {
		for i := len(at.ctes) - 1; i >= 0; i-- {
			if at.ctes[i].n.Name == name {
				return at.ctes[i]
			}
		}
	}
	return nil
}

// futureCTE reports a CTE of that name further on in a WITH clause without RECURSIVE.
func futureCTE(s *scope, name string) bool {
	for at := s; at != nil; at = at.parent {
		for _, n := range at.future {
			if n.Name == name {
				return true
			}
		}
	}
	return false
}

// bindWith binds the queries of a WITH clause.
func (b *binder) bindWith(s *scope, w *ast.WithClause) []*cte {
	ctes := make([]*cte, len(w.CTEs))
	for i, n := range w.CTEs {
		for _, o := range w.CTEs[:i] {
			if o.Name == n.Name {
				b.fail(pgerr.DuplicateAlias, n.Pos, "WITH query name \"%s\" specified more than once", n.Name)
			}
		}
		b.lastCTE++
		ctes[i] = &cte{n: n, scope: s, node: &logical.CTE{ID: b.lastCTE, Name: n.Name}}
		if _, ok := n.Query.(*ast.SelectStmt); !ok && s.parent != nil {
			b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "WITH clause containing a data-modifying statement must be at the top level")
		}
	}
	if w.Recursive {
		s.ctes = ctes
		for _, c := range ctes {
			if c.state == cteUnbound {
				b.bindCTE(c, true)
			}
		}
		return ctes
	}
	for i, c := range ctes {
		s.future = w.CTEs[i:]
		b.bindCTE(c, false)
		s.ctes = append(s.ctes, c)
	}
	s.future = nil
	return ctes
}

// bindCTE binds the query of c.
func (b *binder) bindCTE(c *cte, mayRecurse bool) {
	c.state = ctePlain
	var cols []logical.Column
	switch q := c.n.Query.(type) {
	case *ast.SelectStmt:
		o := selectOpts{resolveUnknown: true, transparent: true}
		c.extra = b.searchCycle(c.scope, c.n)
		if mayRecurse && q.Op == ast.SetOpUnion {
			c.state, o.recursive = cteLeft, c
		}
		r := b.selectStmt(c.scope, q, o)
		c.node.Query, cols = r.node, r.cols
		if c.selfRefs > 0 {
			c.node.Recursive = true
			b.checkRecursive(c, q)
			if w, ok := r.node.(*logical.With); ok {
				c.hoisted, c.node.Query = w.CTEs, w.Body
			}
		}
		if c.extra != nil && c.selfRefs == 0 {
			b.fail(pgerr.SyntaxError, c.n.Pos, "WITH query is not recursive")
		}
	default:
		c.modifying = true
		if c.n.Search != nil || c.n.Cycle != nil {
			b.fail(pgerr.SyntaxError, c.n.Pos, "WITH query is not recursive")
		}
		b.asRewritten(c.scope, q, func() {
			switch q := q.(type) {
			case *ast.InsertStmt:
				c.node.Query = b.insert(c.scope, q)
			case *ast.UpdateStmt:
				c.node.Query = b.update(c.scope, q)
			case *ast.DeleteStmt:
				c.node.Query = b.delete(c.scope, q)
			default:
				b.unsupported("a statement of this kind in WITH", c.n.Pos)
			}
		})
		cols = c.node.Query.Columns()
		c.noResult = len(cols) == 0
	}
	c.state = cteDone
	c.publish(b, cols)
}

// publish sets the columns that references see.
func (c *cte) publish(b *binder, cols []logical.Column) {
	if len(c.n.Columns) > len(cols) {
		b.fail(pgerr.InvalidColumnReference, c.n.Pos, "WITH query \"%s\" has %d columns available but %d columns specified", c.n.Name, len(cols), len(c.n.Columns))
	}
	c.cols = make([]logical.Column, len(cols))
	for i, col := range cols {
		c.cols[i] = col
		if i < len(c.n.Columns) {
			c.cols[i].Name = c.n.Columns[i]
		}
	}
}

// checkRecursive refuses clauses that a recursive query cannot have.
func (b *binder) checkRecursive(c *cte, q *ast.SelectStmt) {
	switch {
	case len(q.Sort) > 0:
		b.fail(pgerr.CodeFeatureNotSupported, ast.Location(q.Sort[0]), "ORDER BY in a recursive query is not implemented")
	case q.LimitOffset != nil:
		b.fail(pgerr.CodeFeatureNotSupported, ast.Location(q.LimitOffset), "OFFSET in a recursive query is not implemented")
	case q.LimitCount != nil:
		b.fail(pgerr.CodeFeatureNotSupported, ast.Location(q.LimitCount), "LIMIT in a recursive query is not implemented")
	case len(q.Locking) > 0:
		b.fail(pgerr.CodeFeatureNotSupported, -1, "FOR UPDATE/SHARE in a recursive query is not implemented")
	}
}

// cteRef binds a reference to a CTE.
func (b *binder) cteRef(s *scope, n *ast.RangeVar, c *cte) (logical.Node, []nsItem) {
	e := &entry{name: c.n.Name, kind: entryCTE, cte: c}
	if n.Alias != nil {
		e.name, e.hasAlias = n.Alias.Name, true
	}
	working := false
	switch c.state {
	case cteUnbound:
		b.bindCTE(c, true)
	case cteLeft:
		b.fail(pgerr.InvalidRecursion, n.Pos, "recursive reference to query \"%s\" must not appear within its non-recursive term", c.n.Name)
	case ctePlain:
		if c.scope.boundBy(c) {
			b.fail(pgerr.InvalidRecursion, c.n.Pos, "recursive query \"%s\" does not have the form non-recursive-term UNION [ALL] recursive-term", c.n.Name)
		}
		b.fail(pgerr.CodeFeatureNotSupported, c.n.Pos, "mutual recursion between WITH items is not implemented")
	case cteRight:
		if !c.scope.boundBy(c) {
			b.fail(pgerr.CodeFeatureNotSupported, c.n.Pos, "mutual recursion between WITH items is not implemented")
		}
		b.selfReference(s, n, c)
		working = true
	}
	if c.noResult {
		b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "WITH query \"%s\" does not have a RETURNING clause", c.n.Name)
	}
	if c.n.Materialized == ast.CTEMaterializeNever && len(c.refs) > 0 && !c.modifying && !c.node.Recursive && !working {
		return b.copyCTE(s, e, n, c)
	}
	cols := make([]logical.Column, len(c.cols))
	for i, col := range c.cols {
		cols[i] = logical.Column{ID: b.newCol(), Name: col.Name, T: col.T, Rel: e.name, Table: col.Table, Attr: col.Attr}
		if st, ok := b.collations[col.ID]; ok {
			b.collations[cols[i].ID] = st
		}
	}
	e.cols = cols
	if c.extra != nil && s != c.scope {
		e.hidden = len(c.extra.cols)
	}
	ref := &logical.CTERef{CTE: c.node, Cols: cols, Alias: e.name, Working: working}
	var node logical.Node = ref
	if !working && !c.modifying {
		p := &logical.Project{Input: ref, Cols: cols, Exprs: make([]expr.Expr, len(cols)), Alias: e.name}
		for i, col := range cols {
			p.Exprs[i] = &expr.Var{ID: col.ID, T: col.T, Name: col.Name}
		}
		c.refs = append(c.refs, p)
		node = p
	}
	b.renameColumns(n.Alias, e.name, e.cols)
	return node, s.visibleEntry(e)
}

// selfReference checks where a recursive query refers to itself.
func (b *binder) selfReference(s *scope, n *ast.RangeVar, c *cte) {
	for at := s; at != nil && at != c.setScope; at = at.parent {
		if at.outerJoins > 0 {
			b.fail(pgerr.InvalidRecursion, n.Pos, "recursive reference to query \"%s\" must not appear within an outer join", c.n.Name)
		}
		if p := at.parent; p != nil && p != c.setScope && p.kind != kindFromSubselect && !at.transparent {
			b.fail(pgerr.InvalidRecursion, n.Pos, "recursive reference to query \"%s\" must not appear within a subquery", c.n.Name)
		}
	}
	if slices.Contains(c.seen, n) {
		s.selfRef = true
		return
	}
	c.seen = append(c.seen, n)
	if c.selfRefs++; c.selfRefs > 1 {
		b.fail(pgerr.InvalidRecursion, n.Pos, "recursive reference to query \"%s\" must not appear more than once", c.n.Name)
	}
	s.selfRef = true
}

// boundBy reports whether c itself, and not another CTE that it refers to, is the innermost one being bound.
func (s *scope) boundBy(c *cte) bool {
	last := c
	for _, o := range s.ctes {
		if o.state == ctePlain || o.state == cteLeft || o.state == cteRight {
			last = o
		}
	}
	return last == c
}

// copyCTE binds the query of a NOT MATERIALIZED CTE once more.
func (b *binder) copyCTE(s *scope, e *entry, n *ast.RangeVar, c *cte) (logical.Node, []nsItem) {
	sel, _ := c.n.Query.(*ast.SelectStmt)
	r := b.selectStmt(c.scope, sel, selectOpts{resolveUnknown: true, transparent: true})
	names := make([]string, len(c.cols))
	for i := range c.cols {
		names[i] = c.cols[i].Name
	}
	p := b.subqueryProject(r, e.name, names)
	e.cols = p.Cols
	b.renameColumns(n.Alias, e.name, e.cols)
	return p, s.visibleEntry(e)
}

// finishWith decides which CTEs become part of the query (referenced once, as PostgreSQL does) and which are kept apart.
func (b *binder) finishWith(ctes []*cte, body logical.Node) logical.Node {
	var kept []*logical.CTE
	for _, c := range ctes {
		if c.node.Recursive && len(c.refs) > 0 {
			kept = append(kept, c.hoisted...)
		}
		switch {
		case c.modifying || c.node.Recursive && len(c.refs) > 0:
			kept = append(kept, c.node)
		case len(c.refs) == 0:
		case c.n.Materialized == ast.CTEMaterializeAlways,
			c.n.Materialized == ast.CTEMaterializeDefault && (len(c.refs) > 1 || hasEffects(c.node.Query)):
			kept = append(kept, c.node)
		default:
			c.inline()
		}
	}
	if len(kept) == 0 {
		return body
	}
	return &logical.With{CTEs: kept, Body: body}
}

// inline puts the query in the place of its only reference.
func (c *cte) inline() {
	p := c.refs[0]
	p.Input = c.node.Query
	for i, col := range c.cols {
		p.Exprs[i] = &expr.Var{ID: col.ID, T: col.T, Name: col.Name}
	}
}

// hasEffects reports volatile functions and row locks, which must not be computed more or less often than written.
func hasEffects(n logical.Node) bool {
	found := false
	logical.VisitExprs(n, func(e expr.Expr) {
		logical.WalkDeep(e, func(x expr.Expr) bool {
			if c, ok := x.(*expr.Call); ok && c.Fn.Volatility == expr.Volatile {
				found = true
			}
			return !found
		})
	})
	return found || hasLocks(n)
}

func hasLocks(n logical.Node) bool {
	if n == nil {
		return false
	}
	if _, ok := n.(*logical.LockRows); ok {
		return true
	}
	for _, in := range n.Inputs() {
		if hasLocks(in) {
			return true
		}
	}
	return false
}
