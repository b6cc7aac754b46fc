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

// inserter holds the state of binding one INSERT.
type inserter struct {
	b     *binder
	s     *scope
	n     *ast.InsertStmt
	t     *catalog.Table
	to    *modTarget
	e     *entry // the new row
	cols  []int  // target columns, by ordinal
	deflt []expr.Expr
	// given says for each table column which value of a row it gets, -1 for its default.
	given []int
}

// insert binds INSERT.
func (b *binder) insert(parent *scope, n *ast.InsertStmt) logical.Node {
	s := newScope(parent)
	var ctes []*cte
	if n.With != nil {
		ctes = b.bindWith(s, n.With)
	}
	to := b.modifyTarget(s, n.Relation, "insert into")
	t := to.t
	in := &inserter{b: b, s: s, n: n, t: t, to: to, e: b.tableEntry(t, n.Relation.Alias), deflt: make([]expr.Expr, len(t.Columns))}
	if to.view != nil && n.Relation.Alias == nil {
		in.e.name = to.view.Name
	}
	b.refersTo(t)
	in.targetColumns()
	if n.Select != nil {
		to.noteWrites(acl.Insert, in.cols)
	}
	if to.view == nil {
		in.e.access = to.access
	}
	out := &logical.Insert{Target: logical.Target{Table: t, Alias: in.e.name, Cols: in.e.cols, IndexExprs: in.e.scan.IndexExprs, Effects: to.targetEffects(b)}}
	if to.instead != nil {
		out.Instead = catalog.OnInsert
	}
	if t.Key != nil {
		in.e.scan.Inherit, in.e.scan.TableOID = true, b.newCol()
		out.Target.TableOID = in.e.scan.TableOID
	}
	s.entries = append(s.entries, in.e) // for hints: VALUES cannot refer to it
	out.Source = in.source()
	if b.o.Rewritten != nil {
		out.Source = b.withoutRuled(n, out.Source, nil, &entry{relOID: t.OID, rowType: t.TypeOID, cols: out.Source.Columns()})
	}
	shown, _ := to.shown(b, in.e)
	s.entries[len(s.entries)-1] = shown
	s.ns = append(s.ns, nsItem{e: shown, rel: true, cols: true, lateralOK: true})
	if n.OnConflict != nil {
		out.OnConflict = in.onConflict(n.OnConflict)
	}
	out.Checks = append(b.tableChecks(in.e), to.checks(b, in.e)...)
	s.returns = catalog.OnInsert
	out.Returning, out.Cols = b.ruleReturning(n, s, n.Returning)
	out.Target.Replaced = shown.replaced
	if ctes == nil {
		return out
	}
	return b.finishWith(ctes, out)
}

// targetColumns resolves the column list; without one all columns are meant, from the left.
func (in *inserter) targetColumns() {
	in.given = make([]int, len(in.t.Columns))
	if in.n.Cols == nil && in.to.view != nil {
		in.viewColumns()
		return
	}
	if in.n.Cols == nil {
		in.cols = make([]int, len(in.t.Columns))
		for i := range in.cols {
			in.cols[i], in.given[i] = i, i
		}
		return
	}
	for i := range in.given {
		in.given[i] = -1
	}
	for k, c := range in.n.Cols {
		ord := in.to.column(in.b, c)
		if in.given[ord] >= 0 && (len(c.Indirection) == 0 || len(in.n.Cols[in.given[ord]].Indirection) == 0) {
			in.b.fail(pgerr.DuplicateColumn, c.Pos, "column \"%s\" specified more than once", c.Name)
		}
		in.cols, in.given[ord] = append(in.cols, ord), k
	}
}

// viewColumns are the targets of an INSERT into a view without a column list.
func (in *inserter) viewColumns() {
	for i := range in.given {
		in.given[i] = -1
	}
	for k, ord := range in.to.ords {
		in.cols = append(in.cols, ord)
		if ord >= 0 {
			in.given[ord] = k
		}
	}
}

// source builds the plan that yields one column for every column of the table.
func (in *inserter) source() logical.Node {
	sel := in.n.Select
	if sel == nil {
		for i := range in.given {
			in.given[i] = -1
		}
		return in.valuesNode([][]expr.Expr{in.row(nil)})
	}
	if sel.Values != nil && len(sel.Sort) == 0 && sel.LimitCount == nil && sel.LimitOffset == nil && len(sel.Locking) == 0 && sel.With == nil {
		return in.values(sel)
	}
	return in.query(sel)
}

// values binds VALUES; each expression takes its type from the target column.
func (in *inserter) values(sel *ast.SelectStmt) logical.Node {
	b := in.b
	kind := kindValuesSingle
	if len(sel.Values) > 1 {
		kind = kindValues
	}
	old := in.s.enter(kind)
	rows := make([][]expr.Expr, len(sel.Values))
	width := len(sel.Values[0])
	srf := false
	for r, list := range sel.Values {
		if len(list) != width {
			b.fail(pgerr.SyntaxError, ast.Location(list[0]), "VALUES lists must all be the same length")
		}
		in.checkView(len(list))
		in.checkCount(len(list), func(i int) int { return ast.Location(list[i]) }, list)
		vals := make([]expr.Expr, len(list))
		in.s.srf = false
		// All expressions of a row are bound before any is given its type: that decides about parameters used twice.
		for i, n := range list {
			if _, ok := n.(*ast.SetToDefault); !ok {
				vals[i] = b.expr(in.s, n)
			}
		}
		for i, n := range list {
			vals[i] = in.value(vals[i], i, ast.Location(n))
		}
		srf = srf || in.s.srf
		rows[r] = in.row(vals)
	}
	in.s.kind = old
	if srf {
		return in.setValues(rows[0])
	}
	return in.valuesNode(rows)
}

// part reports whether target i is only a part of its column.
func (in *inserter) part(i int) bool { return in.n.Cols != nil && len(in.n.Cols[i].Indirection) > 0 }

// parts is the value of a column of which some parts are given.
func (in *inserter) parts(ord int, vals []expr.Expr) expr.Expr {
	t := in.t.Columns[ord].Type
	var e expr.Expr = &expr.Const{T: t, D: types.Null}
	for i, n := range in.n.Cols {
		if in.cols[i] == ord && i < len(vals) {
			e = in.b.assignPart(in.s, t, e, n, vals[i], -1)
		}
	}
	return e
}

// value converts a value, nil for DEFAULT, to the type of target column i.
func (in *inserter) value(e expr.Expr, i, pos int) expr.Expr {
	ord := in.cols[i]
	c := in.t.Columns[ord]
	if in.part(i) {
		if e == nil {
			in.b.fail(pgerr.CodeFeatureNotSupported, in.n.Cols[i].Pos, "cannot set a subfield or an array element to DEFAULT")
		}
		return e
	}
	if e == nil {
		return in.defaultFor(ord)
	}
	in.refuseValue(c)
	e = in.b.assign(e, c, pos)
	if in.n.Overriding == ast.OverridingUserValue && c.Identity != 0 {
		return in.defaultFor(ord)
	}
	return e
}

// setValues is VALUES with one row in which a call returns a set.
func (in *inserter) setValues(row []expr.Expr) logical.Node {
	p := &logical.ProjectSet{Input: &logical.Values{Rows: [][]expr.Expr{{}}}, Exprs: row, Cols: in.sourceColumns()}
	return in.generated(p, p.Cols)
}

// checkView refuses values for computed columns of a view.
func (in *inserter) checkView(n int) {
	if in.to.view == nil {
		return
	}
	for i := range min(n, len(in.cols)) {
		if in.cols[i] < 0 {
			in.to.checked(in.b, i)
		}
	}
}

// checkCount compares the number of expressions with that of the target columns.
func (in *inserter) checkCount(n int, at func(int) int, list []ast.Expr) {
	b := in.b
	if n > len(in.cols) {
		b.fail(pgerr.SyntaxError, at(len(in.cols)), "INSERT has more expressions than target columns")
	}
	if in.n.Cols != nil && n < len(in.cols) {
		err := b.err(pgerr.SyntaxError, in.n.Cols[n].Pos, "INSERT has more target columns than expressions")
		if len(list) == 1 {
			if row, ok := list[0].(*ast.RowExpr); ok && len(row.Args) == len(in.cols) {
				err.WithHint("The insertion source is a row expression containing the same number of columns expected by the INSERT. Did you accidentally use extra parentheses?")
			}
		}
		b.raise(err)
	}
}

// refuseValue refuses values for columns that are always computed.
func (in *inserter) refuseValue(c *catalog.Column) {
	switch {
	case c.Generated != 0:
		in.b.raise(pgerr.New(pgerr.GeneratedAlways, "cannot insert a non-DEFAULT value into column \"%s\"", c.Name).
			WithDetail("Column \"%s\" is a generated column.", c.Name))
	case c.Identity == 'a' && in.n.Overriding == ast.OverridingNotSet:
		in.b.raise(pgerr.New(pgerr.GeneratedAlways, "cannot insert a non-DEFAULT value into column \"%s\"", c.Name).
			WithDetail("Column \"%s\" is an identity column defined as GENERATED ALWAYS.", c.Name).
			WithHint("Use OVERRIDING SYSTEM VALUE to override."))
	}
}

func (in *inserter) defaultFor(ord int) expr.Expr {
	if in.deflt[ord] == nil {
		in.deflt[ord] = in.to.defaultOf(in.b, ord)
	}
	return in.deflt[ord]
}

// row puts values into the order of the table's columns and fills in defaults.
func (in *inserter) row(vals []expr.Expr) []expr.Expr {
	if len(vals) == len(in.t.Columns) && in.n.Cols == nil && in.to.view == nil {
		return vals
	}
	row := make([]expr.Expr, len(in.t.Columns))
	for i := range row {
		if k := in.given[i]; k >= 0 && k < len(vals) && in.part(k) {
			row[i] = in.parts(i, vals)
		} else if k >= 0 && k < len(vals) {
			row[i] = vals[k]
		} else {
			row[i] = in.defaultFor(i)
		}
	}
	return row
}

// sourceColumns are new columns in the order of the table's.
func (in *inserter) sourceColumns() []logical.Column {
	cols := make([]logical.Column, len(in.t.Columns))
	for i, c := range in.t.Columns {
		cols[i] = logical.Column{ID: in.b.newCol(), Name: c.Name, T: c.Type}
	}
	return cols
}

func (in *inserter) valuesNode(rows [][]expr.Expr) logical.Node {
	v := &logical.Values{Rows: rows, Cols: in.sourceColumns()}
	if len(rows) > 1 {
		v.Alias = "*VALUES*"
	}
	return in.generated(v, v.Cols)
}

// generated computes the generated columns over the source.
func (in *inserter) generated(node logical.Node, cols []logical.Column) logical.Node {
	if !in.t.HasGenerated() {
		return node
	}
	p := &logical.Project{Input: node, Exprs: vars(cols), Cols: append([]logical.Column(nil), cols...)}
	row := vars(cols)
	for i, c := range in.t.Columns {
		if c.Generated != 0 {
			p.Exprs[i] = in.b.generatedExpr(in.t, i, row)
			p.Cols[i].ID = in.b.newCol()
		}
	}
	return p
}

// query binds INSERT … SELECT.
func (in *inserter) query(sel *ast.SelectStmt) logical.Node {
	b := in.b
	if sel.Into != nil {
		b.fail(pgerr.SyntaxError, sel.Into.Relation.Pos, "SELECT ... INTO is not allowed here")
	}
	old := in.s.enter(kindInsertTarget)
	r := b.selectStmt(in.s, sel, selectOpts{})
	in.s.kind = old
	in.checkView(len(r.cols))
	in.checkCount(len(r.cols), func(i int) int { return r.poss[i] }, nil)
	vals := make([]expr.Expr, len(r.cols))
	for i, col := range r.cols {
		c := in.t.Columns[in.cols[i]]
		in.refuseValue(c)
		if in.part(i) {
			vals[i] = &expr.Var{ID: col.ID, T: col.T, Name: col.Name}
			continue
		}
		if col.T.OID == types.UnknownOID && r.exprs != nil {
			r.setType(i, b.assign(r.exprs[i], c, r.poss[i]))
			col.T = r.exprs[i].Type()
		}
		vals[i] = b.assign(&expr.Var{ID: col.ID, T: col.T, Name: col.Name}, c, r.poss[i])
		if in.n.Overriding == ast.OverridingUserValue && c.Identity != 0 {
			vals[i] = in.defaultFor(in.cols[i])
		}
	}
	p := &logical.Project{Input: r.node, Exprs: in.row(vals), Cols: in.sourceColumns()}
	return in.generated(p, p.Cols)
}
