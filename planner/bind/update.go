package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// setClause is a bound SET list.
type setClause struct {
	cols  []int
	exprs []expr.Expr
	// rows are the sub-SELECTs of SET (a, b) = (SELECT …): each is computed once, as a record, by a projection below.
	rows []rowSource
}

type rowSource struct {
	n   ast.Expr
	r   *result
	col logical.Column
	e   expr.Expr
}

// update binds UPDATE.
func (b *binder) update(parent *scope, n *ast.UpdateStmt) logical.Node {
	s := newScope(parent)
	var ctes []*cte
	if n.With != nil {
		ctes = b.bindWith(s, n.With)
	}
	to := b.modifyTarget(s, n.Relation, "update")
	if to.instead != nil {
		return b.finishWith(ctes, b.insteadUpdate(s, to, n))
	}
	t := to.t
	b.refersTo(t)
	e, node := b.modifyFrom(s, to, n, n.Relation, n.From)
	if n.Where != nil {
		node = &logical.Filter{Input: node, Cond: b.clause(s, kindWhere, n.Where, "WHERE")}
	}
	// RETURNING and the CHECKs see the new row, under IDs of its own.
	row := *e
	row.cols = b.tableColumns(t, e.name)
	for i := range row.cols {
		row.cols[i].Name = e.cols[i].Name
	}
	out := &logical.Update{Target: logical.Target{Table: t, Alias: e.name, Cols: row.cols, IndexExprs: b.indexExprs(&row), Effects: b.triggers(t), TableOID: e.scan.TableOID}, RowID: e.scan.RowID, Old: ids(e.cols)}
	old := s.ns[0].e
	shown, _ := to.shown(b, &row)
	s.ns[0].e, s.entries[0], s.returns = shown, shown, catalog.OnUpdate
	out.Returning, out.Cols = b.ruleReturning(n, s, n.Returning)
	others := s.otherColumns(b, out.Returning, shown)
	s.ns[0].e, s.entries[0], s.returns = old, old, 0

	set := b.setList(s, to, n.Targets, &node)
	if b.o.Rewritten != nil {
		node = b.withoutRuled(n, node, e, newRow(e, set))
	}
	b.addGenerated(t, e.cols, set)
	out.SetCols = set.cols
	p := b.rowProject(node, e, others, set)
	out.Source = p
	out.New = ids(p.Cols[1+len(e.cols) : 1+len(e.cols)+len(set.cols)])
	out.Checks = append(b.tableChecks(&row), to.checks(b, &row)...)
	if ctes == nil {
		return out
	}
	return b.finishWith(ctes, out)
}

// modifyFrom joins the target with the relations of FROM or USING; these cannot refer to the target, even if they are LATERAL.
func (b *binder) modifyFrom(s *scope, to *modTarget, stmt ast.Stmt, n *ast.RangeVar, from []ast.FromItem) (*entry, logical.Node) {
	a := n.Alias
	e := b.tableEntry(to.t, a)
	if to.view == nil {
		e.access = to.access
	}
	e.scan.RowID = b.newCol()
	heirs := *n
	if to.view != nil {
		heirs.Only = to.only
	}
	if b.expandHeirs(e, &heirs); e.scan.Inherit {
		e.scan.TableOID = b.newCol()
	}
	if to.view != nil && a == nil {
		e.name = to.view.Name
	}
	return e, b.targetFrom(s, to, stmt, e, e.scan, from)
}

// targetFrom makes e, whose rows node has, the target in s, as it is shown, and joins it with the relations of a rule and of FROM or USING.
func (b *binder) targetFrom(s *scope, to *modTarget, stmt ast.Stmt, e *entry, node logical.Node, from []ast.FromItem) logical.Node {
	shown, where := to.shown(b, e)
	s.entries = append(s.entries, shown)
	s.ns = append(s.ns, nsItem{e: shown, rel: true, cols: true, lateralOK: true})
	if where != nil {
		node = &logical.Filter{Input: node, Cond: where}
	}
	if r := b.o.Rewritten[stmt]; r != nil && r.Source != nil {
		node = &logical.Join{Kind: logical.InnerJoin, Left: node, Right: b.ruleSource(s, r.Source)}
	}
	if len(from) == 0 {
		return node
	}
	s.ns[0].lateralOnly, s.ns[0].lateralOK, s.ns[0].target = true, false, true
	return b.fromItems(s, from, node)
}

// rowProject yields the row ID, the old columns, the new values, and other columns.
func (b *binder) rowProject(node logical.Node, e *entry, others []logical.Column, set *setClause) *logical.Project {
	n := 1 + len(e.cols) + len(others)
	if set != nil {
		n += len(set.cols)
	}
	p := &logical.Project{Input: node, Exprs: make([]expr.Expr, 0, n), Cols: make([]logical.Column, 0, n)}
	rowID := logical.Column{ID: e.scan.RowID, Name: "ctid", T: types.Of(types.ByteaOID), Rel: e.name}
	p.Cols, p.Exprs = append(p.Cols, rowID), append(p.Exprs, &expr.Var{ID: rowID.ID, T: rowID.T, Name: rowID.Name})
	p.Cols, p.Exprs = append(p.Cols, e.cols...), append(p.Exprs, vars(e.cols)...)
	if set != nil {
		for i, x := range set.exprs {
			p.Cols = append(p.Cols, logical.Column{ID: b.newCol(), Name: e.table.Columns[set.cols[i]].Name, T: x.Type()})
			p.Exprs = append(p.Exprs, x)
		}
	}
	if e.scan.TableOID != 0 {
		c := e.scan.TableOIDColumn()
		p.Cols, p.Exprs = append(p.Cols, c), append(p.Exprs, &expr.Var{ID: c.ID, T: c.T, Name: c.Name})
	}
	p.Cols, p.Exprs = append(p.Cols, others...), append(p.Exprs, vars(others)...)
	return p
}

// setList binds the SET list of UPDATE and of ON CONFLICT DO UPDATE. With node, sub-SELECTs for several columns are computed by a
// projection put on it.
func (b *binder) setList(s *scope, to *modTarget, list []*ast.ResTarget, node *logical.Node) *setClause {
	set := &setClause{cols: make([]int, 0, len(list)), exprs: make([]expr.Expr, 0, len(list))}
	t := to.t
	old := s.enter(kindUpdate)
	// All expressions are bound before any is given its type: that decides about parameters used twice.
	bound := make([]setItem, len(list))
	whole := map[int]bool{}
	for i, n := range list {
		ord := to.column(b, n)
		part := len(n.Indirection) > 0
		if was, twice := whole[ord]; twice && (was || !part) {
			b.fail(pgerr.SyntaxError, -1, "multiple assignments to same column \"%s\"", n.Name)
		}
		whole[ord] = !part
		bound[i] = b.setValue(s, to, ord, n.Val, set, node != nil)
		bound[i].ord = ord
	}
	for i, it := range bound {
		c := t.Columns[it.ord]
		at := indexOfInt(set.cols, it.ord)
		if at < 0 {
			at = len(set.cols)
			set.cols, set.exprs = append(set.cols, it.ord), append(set.exprs, nil)
			to.noteWrites(acl.Update, set.cols[at:])
		}
		switch {
		case len(list[i].Indirection) > 0:
			set.exprs[at] = b.setPart(s, to, list[i], it, set.exprs[at])
		case it.assigned:
			set.exprs[at] = it.e
		default:
			set.exprs[at] = b.assign(it.e, c, it.pos)
		}
	}
	s.kind = old
	if node != nil && len(set.rows) > 0 {
		in := (*node).Columns()
		p := &logical.Project{Input: *node, Exprs: vars(in), Cols: append([]logical.Column(nil), in...)}
		for _, r := range set.rows {
			p.Cols, p.Exprs = append(p.Cols, r.col), append(p.Exprs, r.e)
		}
		*node = p
	}
	return set
}

// setPart is SET a[1] = …; old is what earlier items made of the column, nil if this is the first.
func (b *binder) setPart(s *scope, to *modTarget, n *ast.ResTarget, it setItem, old expr.Expr) expr.Expr {
	if it.assigned {
		b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "cannot set a subfield or an array element to DEFAULT")
	}
	if old == nil {
		old = b.columnRef(s, &ast.ColumnRef{Names: []string{s.entries[0].name, n.Name}, Pos: n.Pos})
	}
	return b.assignPart(s, to.t.Columns[it.ord].Type, old, n, it.e, it.pos)
}

// setItem is a bound value of SET; assigned means that it has the column's type already.
type setItem struct {
	e        expr.Expr
	ord      int // of the column
	pos      int
	assigned bool
}

// setValue binds what one column is set to.
func (b *binder) setValue(s *scope, to *modTarget, ord int, n ast.Expr, set *setClause, below bool) setItem {
	c := to.t.Columns[ord]
	if m, ok := n.(*ast.MultiAssignRef); ok {
		switch src := m.Source.(type) {
		case *ast.RowExpr:
			if len(src.Args) != m.NColumns {
				b.fail(pgerr.SyntaxError, src.Pos, "number of columns does not match number of values")
			}
			n = src.Args[m.ColNo-1]
		case *ast.SubLink:
			if src.Kind == ast.SubLinkExpr {
				return setItem{e: b.setFromQuery(s, m, src, set, below), pos: src.Pos}
			}
			b.fail(pgerr.CodeFeatureNotSupported, src.Pos, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
		default:
			b.fail(pgerr.CodeFeatureNotSupported, ast.Location(m.Source), "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
		}
	}
	if _, ok := n.(*ast.SetToDefault); ok {
		return setItem{e: to.defaultOf(b, ord), assigned: true}
	}
	switch {
	case c.Generated != 0:
		b.raise(pgerr.New(pgerr.GeneratedAlways, "column \"%s\" can only be updated to DEFAULT", c.Name).
			WithDetail("Column \"%s\" is a generated column.", c.Name))
	case c.Identity == 'a':
		b.raise(pgerr.New(pgerr.GeneratedAlways, "column \"%s\" can only be updated to DEFAULT", c.Name).
			WithDetail("Column \"%s\" is an identity column defined as GENERATED ALWAYS.", c.Name))
	}
	return setItem{e: b.expr(s, n), pos: ast.Location(n)}
}

// setFromQuery takes column m.ColNo of a sub-SELECT that is shared by several columns.
func (b *binder) setFromQuery(s *scope, m *ast.MultiAssignRef, src *ast.SubLink, set *setClause, below bool) expr.Expr {
	at := -1
	for i := range set.rows {
		if set.rows[i].n == m.Source {
			at = i
		}
	}
	if at < 0 {
		r := b.subSelect(s, src)
		if len(r.cols) != m.NColumns {
			b.fail(pgerr.SyntaxError, src.Pos, "number of columns does not match number of values")
		}
		rec := types.Of(types.RecordOID)
		e := &expr.Subquery{Kind: expr.SubqueryRow, Query: r.node, T: rec}
		set.rows = append(set.rows, rowSource{n: m.Source, r: r, e: e, col: logical.Column{ID: b.newCol(), Name: "row", T: rec}})
		at = len(set.rows) - 1
	}
	row := &set.rows[at]
	arg := row.e
	if below {
		arg = &expr.Var{ID: row.col.ID, T: row.col.T, Name: row.col.Name}
	}
	col := row.r.cols[m.ColNo-1]
	return &expr.Field{Arg: arg, Idx: m.ColNo - 1, Name: col.Name, T: col.T}
}

// addGenerated recomputes generated columns from the new values.
func (b *binder) addGenerated(t *catalog.Table, old []logical.Column, set *setClause) {
	if !t.HasGenerated() {
		return
	}
	row := vars(old)
	for i, ord := range set.cols {
		row[ord] = set.exprs[i]
	}
	for ord, c := range t.Columns {
		if c.Generated == 0 {
			continue
		}
		e := b.generatedExpr(t, ord, row)
		if k := indexOfInt(set.cols, ord); k >= 0 {
			set.exprs[k] = e
			continue
		}
		set.cols, set.exprs = append(set.cols, ord), append(set.exprs, e)
	}
}

func indexOfInt(list []int, v int) int {
	for i, x := range list {
		if x == v {
			return i
		}
	}
	return -1
}

// delete binds DELETE.
func (b *binder) delete(parent *scope, n *ast.DeleteStmt) logical.Node {
	s := newScope(parent)
	var ctes []*cte
	if n.With != nil {
		ctes = b.bindWith(s, n.With)
	}
	to := b.modifyTarget(s, n.Relation, "delete from")
	if to.instead != nil {
		return b.finishWith(ctes, b.insteadDelete(s, to, n))
	}
	t := to.t
	e, node := b.modifyFrom(s, to, n, n.Relation, n.Using)
	if n.Where != nil {
		node = &logical.Filter{Input: node, Cond: b.clause(s, kindWhere, n.Where, "WHERE")}
	}
	out := &logical.Delete{Target: logical.Target{Table: t, Alias: e.name, Cols: e.cols, IndexExprs: e.scan.IndexExprs, Effects: b.triggers(t), TableOID: e.scan.TableOID}, RowID: e.scan.RowID, Old: ids(e.cols)}
	s.returns = catalog.OnDelete
	out.Returning, out.Cols = b.ruleReturning(n, s, n.Returning)
	if b.o.Rewritten != nil {
		node = b.withoutRuled(n, node, e, nil)
	}
	out.Source = b.rowProject(node, e, s.otherColumns(b, out.Returning, s.entries[0]), nil)
	if ctes == nil {
		return out
	}
	return b.finishWith(ctes, out)
}
