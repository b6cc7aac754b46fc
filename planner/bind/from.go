package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/planner/bind/choose"
	"github.com/lightsql/lightsql/planner/bind/collate"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// maxViewDepth bounds views over views.
const maxViewDepth = 200

// selectFrom binds FROM of a SELECT, which is over the rows that set off the rule that it is an action of, if it is one.
func (b *binder) selectFrom(s *scope, n *ast.SelectStmt) logical.Node {
	if r := b.o.Rewritten[n]; r != nil && r.Source != nil {
		return b.fromItems(s, n.From, b.ruleSource(s, r.Source))
	}
	return b.fromClause(s, n.From)
}

// fromClause binds FROM; without one the input is a single row without columns.
func (b *binder) fromClause(s *scope, items []ast.FromItem) logical.Node {
	if len(items) == 0 {
		return &logical.Values{Rows: [][]expr.Expr{{}}}
	}
	return b.fromItems(s, items, nil)
}

// fromItems binds the items of FROM one after the other and joins them to node; what is in s.ns already stays visible to LATERAL items.
func (b *binder) fromItems(s *scope, items []ast.FromItem, node logical.Node) logical.Node {
	first := len(s.entries)
	if node != nil {
		first = 0
	}
	for _, it := range items {
		before := len(s.lateralRefs)
		mark := len(s.entries)
		n, ns := b.fromItem(s, it)
		b.checkNames(s.ns, ns)
		for i := range ns {
			ns[i].lateralOnly, ns[i].lateralOK = true, true
		}
		s.ns = append(s.ns, ns...)
		if node == nil {
			node = n
			continue
		}
		node = &logical.Join{Kind: logical.InnerJoin, Left: node, Right: n, Lateral: s.refersTo(before, first, mark)}
	}
	for i := range s.ns {
		s.ns[i].lateralOnly, s.ns[i].lateralOK = false, true
	}
	return node
}

// refersTo reports whether lateral references made since before are to entries from..to.
func (s *scope) refersTo(before, from, to int) bool {
	for _, r := range s.lateralRefs[before:] {
		for _, e := range s.entries[from:to] {
			if r == e {
				return true
			}
		}
	}
	return false
}

// fromItem binds one item and gives what it makes visible.
func (b *binder) fromItem(s *scope, n ast.FromItem) (logical.Node, []nsItem) {
	switch n := n.(type) {
	case *ast.RangeVar:
		return b.rangeVar(s, n)
	case *ast.RangeSubselect:
		return b.subselect(s, n)
	case *ast.RangeFunction:
		return b.rangeFunction(s, n)
	case *ast.JoinExpr:
		return b.join(s, n)
	case *ast.RangeTableSample:
		return b.tableSample(s, n)
	case *ast.RangeTableFunc:
		b.unsupported("XMLTABLE", n.Pos)
	}
	b.unsupported("JSON_TABLE", -1)
	return nil, nil
}

// visibleEntry adds an entry and gives its item.
func (s *scope) visibleEntry(e *entry) []nsItem {
	s.entries = append(s.entries, e)
	return []nsItem{{e: e, rel: e.name != "", cols: true, lateralOK: true}}
}

// renameColumns applies the column names of an alias.
func (b *binder) renameColumns(a *ast.Alias, name string, cols []logical.Column) {
	if a == nil {
		return
	}
	if len(a.Columns) > len(cols) {
		b.fail(pgerr.InvalidColumnReference, -1, "table \"%s\" has %d columns available but %d columns specified", name, len(cols), len(a.Columns))
	}
	for i, c := range a.Columns {
		cols[i].Name = c
	}
}

// rangeVar binds the name of a CTE, table or view.
func (b *binder) rangeVar(s *scope, n *ast.RangeVar) (logical.Node, []nsItem) {
	if n.Schema == "" {
		if c := findCTE(s, n.Name); c != nil {
			return b.cteRef(s, n, c)
		}
	}
	if t := b.transition(n); t != nil {
		return b.transitionScan(s, t, n)
	}
	found := b.relation(s, n)
	b.named().Privs = acl.Select
	switch rel := found.(type) {
	case *catalog.Table:
		return b.tableScan(s, rel, n)
	case *catalog.View:
		return b.viewRef(s, rel, n)
	case *catalog.Index:
		b.fail(pgerr.WrongObjectType, n.Pos, "\"%s\" is an index", rel.Name)
	case *catalog.Sequence:
		return b.sequenceRow(s, rel, n)
	}
	b.fail(pgerr.WrongObjectType, n.Pos, "cannot open relation \"%s\"", n.Name)
	return nil, nil
}

// sequenceRow is a sequence read as a table: one row that tells where it stands.
func (b *binder) sequenceRow(s *scope, seq *catalog.Sequence, n *ast.RangeVar) (logical.Node, []nsItem) {
	m, err := choose.Function(builtins.FuncCall{Name: "pg_sequence_last_value", Args: []types.OID{types.RegClassOID}})
	b.check(err, n.Pos)
	oid := &expr.Const{T: types.Of(types.RegClassOID), D: types.NewInt(int64(seq.OID))}
	last := &expr.Call{Fn: m.Fn, Args: []expr.Expr{oid}, T: types.Of(m.Ret)}
	int8 := func(v int64) expr.Expr { return &expr.Const{T: types.Of(types.Int8OID), D: types.NewInt(v)} }
	e := &entry{name: seq.Name, kind: entryValues, relOID: seq.OID, access: b.named()}
	if n.Alias != nil {
		e.name, e.hasAlias = n.Alias.Name, true
	}
	row := []expr.Expr{
		&expr.Coalesce{Args: []expr.Expr{last, int8(seq.Start)}, T: types.Of(types.Int8OID)},
		int8(0),
		&expr.IsNull{Arg: last, Not: true},
	}
	for i, name := range []string{"last_value", "log_cnt", "is_called"} {
		e.cols = append(e.cols, logical.Column{ID: b.newCol(), Name: name, T: row[i].Type(), Rel: e.name, Table: seq.OID,
			Attr: catalog.ColumnID(i + 1), NotNull: true})
	}
	b.renameColumns(n.Alias, e.name, e.cols)
	return &logical.Values{Rows: [][]expr.Expr{row}, Cols: e.cols, Alias: e.name}, s.visibleEntry(e)
}

// relation finds a relation by name.
func (b *binder) relation(s *scope, n *ast.RangeVar) catalog.Relation {
	if n.Catalog != "" && b.o.Database != "" && n.Catalog != b.o.Database {
		b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "cross-database references are not implemented: \"%s.%s.%s\"", n.Catalog, n.Schema, n.Name)
	}
	b.checkSchema(n.Schema, n.Pos)
	rel, ok := b.o.Reader.Lookup(b.o.SearchPath, n.Schema, n.Name)
	if !ok {
		err := b.err(pgerr.UndefinedTable, n.Pos, "relation \"%s\" does not exist", qualified(n.Schema, n.Name))
		if n.Schema == "" && futureCTE(s, n.Name) {
			err.WithDetail("There is a WITH item named \"%s\", but it cannot be referenced from this part of the query.", n.Name).
				WithHint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references.")
		}
		b.raise(err)
	}
	if n.Schema != "" && rel.RelOID() >= catalog.FirstUserOID && b.o.Reader.Temporary(rel.RelSchema()) &&
		catalog.OwnTemp(b.o.SearchPath) != b.o.Reader.SchemaName(rel.RelSchema()) && b.viewDepth == 0 {
		b.raise(pgerr.New(pgerr.CodeFeatureNotSupported, "cannot access temporary tables of other sessions"))
	}
	b.relRefs = append(b.relRefs, rel.RelOID())
	b.noteAccess(rel)
	if b.o.OnRelation != nil && b.viewDepth == 0 {
		b.o.OnRelation(n, rel)
	}
	return rel
}

// tableEntry makes the entry and the Scan of a table.
func (b *binder) tableEntry(t *catalog.Table, a *ast.Alias) *entry {
	e := &entry{name: t.Name, kind: entryTable, table: t, relOID: t.OID, rowType: t.TypeOID}
	if a != nil {
		e.name, e.hasAlias = a.Name, true
	}
	e.cols = b.tableColumns(t, e.name)
	b.renameColumns(a, e.name, e.cols)
	e.scan = &logical.Scan{Table: t, Alias: e.name, Cols: e.cols}
	e.scan.IndexExprs = b.indexExprs(e)
	e.scan.Statistics = b.statisticsExprs(e)
	return e
}

// statisticsExprs binds the expressions of a table's statistics objects over the columns of e.
func (b *binder) statisticsExprs(e *entry) [][]expr.Expr {
	var out [][]expr.Expr
	for _, s := range e.table.Statistics {
		var es []expr.Expr
		for _, x := range s.Exprs {
			es = append(es, b.tableExpr(e, x.Text, kindStatistics))
		}
		out = append(out, es)
	}
	return out
}

// indexExprs binds the expressions of a table's indexes over the columns of e.
func (b *binder) indexExprs(e *entry) []expr.Expr {
	var out []expr.Expr
	for _, x := range e.table.IndexExprs() {
		kind := kindIndexExpr
		if x.Key < 0 {
			kind = kindIndexPredicate
		}
		out = append(out, b.tableExpr(e, x.Text(), kind))
	}
	return out
}

// tableColumns gives every column of a table an ID; they are consecutive.
func (b *binder) tableColumns(t *catalog.Table, alias string) []logical.Column {
	cols := make([]logical.Column, len(t.Columns))
	for i, c := range t.Columns {
		b.lastCol++
		cols[i] = logical.Column{ID: b.lastCol, Name: c.Name, T: c.Type, Rel: alias, Table: t.OID, Attr: c.ID, NotNull: c.NotNull}
		if c.Collation != "" && c.Collation != collate.Default.Name {
			b.noteCollation(b.lastCol, collate.State{Name: c.Collation, Strength: collate.Implicit})
		}
	}
	return cols
}

func (b *binder) tableScan(s *scope, t *catalog.Table, n *ast.RangeVar) (logical.Node, []nsItem) {
	access := b.named()
	if m := t.MatView; m != nil {
		if b.o.Refresh == t.OID && b.viewDepth == 0 {
			return b.viewRef(s, &catalog.View{OID: t.OID, TypeOID: t.TypeOID, Name: t.Name, Owner: t.Owner, Query: m.Query}, n)
		}
		if m.Unpopulated {
			b.unpopulated = t
		}
	}
	e := b.tableEntry(t, n.Alias)
	b.expandHeirs(e, n)
	e.access = access
	b.lockTable(s, e)
	return e.scan, s.visibleEntry(e)
}

// expandHeirs makes the scan of a table read those that inherit from it, too, unless ONLY says otherwise.
func (b *binder) expandHeirs(e *entry, n *ast.RangeVar) {
	t := e.table
	if t.Virtual != nil || n.Only || t.Key == nil && !b.o.Reader.HasChildren(t.OID) {
		return
	}
	e.scan.Inherit, b.trees = true, true
}

// viewRef binds a view's query in its place.
func (b *binder) viewRef(s *scope, v *catalog.View, n *ast.RangeVar) (logical.Node, []nsItem) {
	e := &entry{name: v.Name, kind: entryView, relOID: v.OID, rowType: v.TypeOID, access: b.named()}
	if n.Alias != nil {
		e.name, e.hasAlias = n.Alias.Name, true
	}
	locks := b.lockSubquery(s, e)
	if locks != nil {
		e.access.Privs |= acl.Update
	}
	r := b.viewQuery(v, locks)
	names := make([]string, len(r.cols))
	for i := range r.cols {
		names[i] = r.cols[i].Name
		if i < len(v.Columns) {
			names[i] = v.Columns[i].Name
		}
	}
	p := b.subqueryProject(r, e.name, names)
	for i := range p.Cols {
		if i < len(v.Columns) {
			p.Cols[i].Table, p.Cols[i].Attr = v.OID, v.Columns[i].ID
		}
	}
	e.cols = p.Cols
	b.renameColumns(n.Alias, e.name, e.cols)
	return p, s.visibleEntry(e)
}

func (b *binder) viewQuery(v *catalog.View, locks []lockRequest) *result {
	if b.viewDepth++; b.viewDepth > maxViewDepth {
		b.fail(pgerr.InvalidObjectDefinition, -1, "infinite recursion detected in rules for relation \"%s\"", v.Name)
	}
	levels := b.levels
	b.levels = nil
	var r *result
	b.asOwner(v, func() {
		b.stored(func() {
			r = b.selectStmt(nil, b.parseQuery(v.Query), selectOpts{resolveUnknown: true, locks: locks})
		})
	})
	b.levels = levels
	b.viewDepth--
	return r
}

// subqueryProject wraps a bound query as an item of FROM: same IDs, other names.
func (b *binder) subqueryProject(r *result, alias string, names []string) *logical.Project {
	p := &logical.Project{Input: r.node, Alias: alias, Exprs: make([]expr.Expr, len(r.cols)), Cols: make([]logical.Column, len(r.cols))}
	for i, c := range r.cols {
		p.Exprs[i] = &expr.Var{ID: c.ID, T: c.T, Name: c.Name}
		p.Cols[i] = c
		p.Cols[i].Rel = alias
		if names != nil {
			p.Cols[i].Name = names[i]
		}
	}
	return p
}

// subselect binds a subquery in FROM.
func (b *binder) subselect(s *scope, n *ast.RangeSubselect) (logical.Node, []nsItem) {
	sel, ok := n.Subquery.(*ast.SelectStmt)
	if !ok {
		b.unsupported("a statement that is not a SELECT in FROM", -1)
	}
	if sel.Into != nil {
		b.fail(pgerr.SyntaxError, sel.Into.Relation.Pos, "SELECT ... INTO is not allowed here")
	}
	e := &entry{kind: entrySubquery, hasAlias: n.Alias != nil}
	if n.Alias != nil {
		e.name = n.Alias.Name
	}
	locks := b.lockSubquery(s, e)
	old, lateral := s.enter(kindFromSubselect), s.lateral
	s.lateral = n.Lateral
	r := b.selectStmt(s, sel, selectOpts{resolveUnknown: true, locks: locks})
	s.kind, s.lateral = old, lateral
	alias := e.name
	if alias == "" {
		alias = "unnamed_subquery"
	}
	p := b.subqueryProject(r, alias, nil)
	e.cols = p.Cols
	b.renameColumns(n.Alias, e.name, e.cols)
	return p, s.visibleEntry(e)
}

// rangeFunction binds functions in FROM.
func (b *binder) rangeFunction(s *scope, n *ast.RangeFunction) (logical.Node, []nsItem) {
	e := &entry{kind: entryFunction, hasAlias: n.Alias != nil}
	if n.Alias != nil {
		e.name = n.Alias.Name
	}
	items := expandUnnest(n)
	f := &logical.FuncScan{Ordinality: n.Ordinality}
	old, lateral := s.enter(kindFromFunction), s.lateral
	s.lateral = true
	srf := s.srf
	for _, it := range items {
		defs := it.Columns
		if defs == nil && len(items) == 1 {
			defs = n.Columns
		}
		name := columnName(it.Func)
		if e.name == "" {
			e.name = name
		}
		s.srf, s.nestedSRF = false, false
		call := b.expr(s, it.Func)
		if s.nestedSRF {
			b.fail(pgerr.CodeFeatureNotSupported, s.srfPos, "set-returning functions must appear at top level of FROM")
		}
		if node := b.inlinedItem(n, items, call, e, name, defs, srf, s); node != nil {
			s.kind, s.lateral = old, lateral
			return node, s.visibleEntry(e)
		}
		cols := b.functionColumns(call, name, len(items) == 1 && n.Alias != nil, e.name, defs, ast.Location(it.Func))
		if len(items) == 1 && !n.Ordinality && len(cols) == 1 && b.category(call.Type().OID) != 'C' && call.Type().OID != types.RecordOID {
			e.scalar = true
		}
		f.Calls, f.PerCall, f.Cols = append(f.Calls, call), append(f.PerCall, len(cols)), append(f.Cols, cols...)
	}
	s.srf = srf
	s.kind, s.lateral = old, lateral
	if n.Ordinality {
		f.Cols = append(f.Cols, logical.Column{ID: b.newCol(), Name: "ordinality", T: types.Of(types.Int8OID), NotNull: true})
	}
	f.Alias, e.cols = e.name, f.Cols
	for i := range f.Cols {
		f.Cols[i].Rel = e.name
	}
	b.renameColumns(n.Alias, e.name, e.cols)
	return f, s.visibleEntry(e)
}

// expandUnnest makes ROWS FROM (unnest(a), unnest(b)) of unnest(a, b).
func expandUnnest(n *ast.RangeFunction) []*ast.RangeFunctionItem {
	var out []*ast.RangeFunctionItem
	for _, it := range n.Functions {
		c, ok := it.Func.(*ast.FuncCall)
		if !ok || len(c.Args) < 2 || c.Name[len(c.Name)-1] != "unnest" || c.FuncVariadic || len(it.Columns) > 0 {
			out = append(out, it)
			continue
		}
		for _, a := range c.Args {
			one := *c
			one.Args = []ast.Expr{a}
			out = append(out, &ast.RangeFunctionItem{Func: &one})
		}
	}
	return out
}

// functionColumns are the columns that a function in FROM gives.
func (b *binder) functionColumns(call expr.Expr, name string, alone bool, alias string, defs []*ast.ColumnDef, pos int) []logical.Column {
	t := call.Type()
	var outNames []string
	var outTypes []types.OID
	if c, ok := call.(*expr.Call); ok {
		outNames, outTypes = c.Fn.OutNames, c.Fn.OutTypes
	}
	var cols []logical.Column
	switch {
	case defs != nil:
		if t.OID != types.RecordOID {
			b.fail(pgerr.SyntaxError, defs[0].Pos, "a column definition list is only allowed for functions returning \"record\"")
		}
		if len(outNames) > 0 {
			b.fail(pgerr.SyntaxError, defs[0].Pos, "a column definition list is redundant for a function with OUT parameters")
		}
		for _, d := range defs {
			cols = append(cols, logical.Column{ID: b.newCol(), Name: d.Name, T: b.typeOf(d.Type)})
		}
		if c, ok := call.(*expr.Call); ok {
			fields := make([]types.Field, len(cols))
			for i := range cols {
				fields[i] = types.Field{Name: cols[i].Name, Type: cols[i].T}
			}
			c.Fn = builtins.WithColumns(c.Fn, fields)
		}
	case len(outTypes) > 0 && (t.OID == types.RecordOID || t.OID >= firstUserOID):
		for i, name := range outNames {
			cols = append(cols, logical.Column{ID: b.newCol(), Name: name, T: types.Of(outTypes[i])})
		}
	case t.OID == types.RecordOID:
		b.fail(pgerr.SyntaxError, pos, "a column definition list is required for functions returning \"record\"")
	case b.category(t.OID) == 'C':
		fields, _ := b.rowFields(&expr.Relabel{Arg: call, T: types.Of(b.base(t.OID))})
		for _, f := range fields {
			cols = append(cols, logical.Column{ID: b.newCol(), Name: f.name, T: f.t})
		}
	default:
		switch {
		case len(outNames) == 1:
			name = outNames[0]
		case alone:
			name = alias
		}
		cols = []logical.Column{{ID: b.newCol(), Name: name, T: t}}
	}
	return cols
}
