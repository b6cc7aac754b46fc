package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Rewritten says what the rules of a relation make of a statement (package planner/rewrite). It belongs to the statement, or, in an
// INSERT, to its SELECT as well.
type Rewritten struct {
	// As is the owner of the relation of the rule that the statement is an action of; 0: it is the user's own.
	As types.OID
	// Source are the rows that old and new stand for in an action; nil: none.
	Source *RuleSource
	// Not are conditions of rules, as text: rows for which one of them is true are none of the statement's.
	Not []string
	// Returning is what the user wants returned, in terms of the relation of the rule: the action's own list gives its columns.
	Returning []*ast.ResTarget
}

// RuleSource are the rows that a statement on a relation with rules is about.
type RuleSource struct {
	Rel catalog.Relation
	// Query is the statement; nil while a rule is being defined.
	Query ast.Stmt
	// As is the owner of the rule of which Query is an action; 0: it is the user's.
	As types.OID
	// Named: the rows as they were are read, because old or, in an UPDATE, new is named.
	Named bool
}

// Ruled binds a statement on a relation with rules as the user wrote it, for its errors and the types of its parameters.
func Ruled(stmt ast.Stmt, o Options) (params []types.T, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	if rv, returning := ruledParts(stmt); rv != nil {
		b.ruled(stmt, rv, returning)
	} else {
		b.statement(stmt)
	}
	b.checkParams()
	return b.params, nil
}

// RuledColumns is Ruled for an action of a rule that is being defined: the columns that it returns.
func RuledColumns(stmt ast.Stmt, o Options) (cols []logical.Column, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	rv, returning := ruledParts(stmt)
	cols = b.ruled(stmt, rv, returning)
	b.checkParams()
	return cols, nil
}

func (b *binder) ruled(stmt ast.Stmt, rv *ast.RangeVar, returning []*ast.ResTarget) []logical.Column {
	rel := b.relation(newScope(nil), rv)
	s := newScope(nil)
	b.ruleSource(s, &RuleSource{Rel: rel, Query: stmt, Named: true})
	e := b.rowEntry(rel)
	if e.name = rv.Name; rv.Alias != nil {
		e.name = rv.Alias.Name
	}
	user := newScope(nil)
	user.addEntry(e)
	for _, it := range b.rule.rows {
		if !it.target {
			user.entries, user.ns = append(user.entries, it.e), append(user.ns, it)
		}
	}
	_, cols := b.returning(user, returning)
	return cols
}

// ruledParts are the relation and RETURNING of a statement; nil for a SELECT.
func ruledParts(stmt ast.Stmt) (*ast.RangeVar, []*ast.ResTarget) {
	switch n := stmt.(type) {
	case *ast.InsertStmt:
		return n.Relation, n.Returning
	case *ast.UpdateStmt:
		return n.Relation, n.Returning
	case *ast.DeleteStmt:
		return n.Relation, n.Returning
	}
	return nil, nil
}

// rule is what a binder knows of the action that it binds.
type rule struct {
	parent *scope // of the action
	// alias is how the user names the relation, and rows are the other relations of the user's FROM.
	alias string
	rows  []nsItem
}

// asRewritten binds a statement with f: in an action of a rule, names are the owner's, and its text is none of the user's.
func (b *binder) asRewritten(parent *scope, stmt ast.Stmt, f func()) {
	r := b.o.Rewritten[stmt]
	if r == nil {
		f()
		return
	}
	was, owner, sql, depth := b.rule, b.viewOwner, b.sql, b.viewDepth
	b.rule = rule{parent: parent}
	if r.As != 0 {
		b.viewOwner, b.sql, b.viewDepth = r.As, "", b.viewDepth+1
	}
	f()
	b.rule, b.viewOwner, b.sql, b.viewDepth = was, owner, sql, depth
}

// asRuled binds the statement that set a rule off, as whoever it belongs to.
func (b *binder) asRuled(src *RuleSource, f func()) {
	owner, sql, depth := b.viewOwner, b.sql, b.viewDepth
	if b.viewOwner = src.As; src.As == 0 {
		b.sql, b.viewDepth = b.o.SQL, 0
	}
	f()
	b.viewOwner, b.sql, b.viewDepth = owner, sql, depth
}

// ruleSource puts the rows of a statement that set a rule off in front of what FROM of the action says: as old and new.
func (b *binder) ruleSource(s *scope, src *RuleSource) logical.Node {
	var node logical.Node
	var old, new *entry
	was := b.rule
	in := newScope(was.parent)
	b.asRuled(src, func() {
		switch q := src.Query.(type) {
		case nil:
			node = &logical.Values{Rows: [][]expr.Expr{{}}}
			old, new = b.rowEntry(src.Rel), b.rowEntry(src.Rel)
		case *ast.InsertStmt:
			node, new = b.insertedRows(in, src.Rel, q)
		case *ast.UpdateStmt:
			node, old, new = b.updatedRows(in, src, q)
		case *ast.DeleteStmt:
			node, old = b.deletedRows(in, src, q)
		}
	})
	for _, it := range []struct {
		e    *entry
		name string
	}{{old, "old"}, {new, "new"}} {
		if it.e == nil {
			continue
		}
		e := *it.e
		e.name, e.hasAlias, e.kind, e.scan, e.access = it.name, true, entryView, nil, nil
		s.entries = append(s.entries, &e)
		s.ns = append(s.ns, nsItem{e: &e, rel: true, lateralOK: true})
	}
	s.entries = append(s.entries, in.entries...)
	b.rule = rule{parent: was.parent, rows: in.ns}
	if rv, _ := ruledParts(src.Query); rv != nil {
		if b.rule.alias = rv.Name; rv.Alias != nil {
			b.rule.alias = rv.Alias.Name
		}
	}
	return node
}

// rowEntry is a row of a relation from nowhere.
func (b *binder) rowEntry(rel catalog.Relation) *entry {
	t := catalog.AsTable(rel)
	return &entry{name: rel.RelName(), kind: entryView, relOID: rel.RelOID(), rowType: catalog.RowTypeOf(rel), cols: b.tableColumns(t, t.Name)}
}

// ruledTarget finds the relation that a statement with rules is on.
func (b *binder) ruledTarget(s *scope, n *ast.RangeVar, verb string) *modTarget {
	rel := b.relation(s, n)
	access := b.named()
	access.Privs = modifies(verb)
	b.effects = true
	return &modTarget{t: catalog.AsTable(rel), verb: verb, access: access}
}

// insertedRows are the rows of an INSERT.
func (b *binder) insertedRows(s *scope, rel catalog.Relation, n *ast.InsertStmt) (logical.Node, *entry) {
	ctes := b.withOf(s, n.With)
	to := b.ruledTarget(s, n.Relation, "insert into")
	e := b.rowEntry(rel)
	in := &inserter{b: b, s: s, n: n, t: to.t, to: to, e: e, deflt: make([]expr.Expr, len(to.t.Columns))}
	in.targetColumns()
	if n.Select != nil {
		to.noteWrites(acl.Insert, in.cols)
	}
	node := in.source()
	if v, ok := node.(*logical.Values); ok && len(v.Rows) == 1 {
		// A single row is no relation: each use of a column computes its value.
		e.exprs, node = v.Rows[0], &logical.Values{Rows: [][]expr.Expr{{}}}
	} else {
		e.cols = node.Columns()
	}
	return b.finishWith(ctes, node), e
}

func (b *binder) withOf(s *scope, w *ast.WithClause) []*cte {
	if w == nil {
		return nil
	}
	return b.bindWith(s, w)
}

// updatedRows are the rows that an UPDATE changes, as they were and as they will be.
func (b *binder) updatedRows(s *scope, src *RuleSource, n *ast.UpdateStmt) (logical.Node, *entry, *entry) {
	ctes := b.withOf(s, n.With)
	to := b.ruledTarget(s, n.Relation, "update")
	node, old, where := b.ruledFrom(s, src, n, n.Relation, n.From, n.Where)
	if where != nil {
		node = &logical.Filter{Input: node, Cond: where}
	}
	set := b.setList(s, to, n.Targets, &node)
	return b.finishWith(ctes, node), old, newRow(old, set)
}

// newRow is a row after the assignments of SET.
func newRow(old *entry, set *setClause) *entry {
	e := *old
	e.exprs = make([]expr.Expr, len(old.cols))
	copy(e.exprs, old.exprs)
	for i, ord := range set.cols {
		e.exprs[ord] = set.exprs[i]
	}
	return &e
}

// deletedRows are the rows that a DELETE is about.
func (b *binder) deletedRows(s *scope, src *RuleSource, n *ast.DeleteStmt) (logical.Node, *entry) {
	ctes := b.withOf(s, n.With)
	b.ruledTarget(s, n.Relation, "delete from")
	node, old, where := b.ruledFrom(s, src, n, n.Relation, n.Using, n.Where)
	if where != nil {
		node = &logical.Filter{Input: node, Cond: where}
	}
	return b.finishWith(ctes, node), old
}

// ruledFrom reads the relation of an UPDATE or DELETE, joined with FROM or USING. The relation is left out if neither the rule nor the
// condition needs it: then its rows do not matter, nor how many there are.
func (b *binder) ruledFrom(s *scope, src *RuleSource, stmt ast.Stmt, n *ast.RangeVar, from []ast.FromItem, cond ast.Expr) (logical.Node, *entry, expr.Expr) {
	var prior logical.Node
	if r := b.o.Rewritten[stmt]; r != nil && r.Source != nil {
		prior = b.ruleSource(s, r.Source)
	}
	var scan logical.Node
	var items []nsItem
	switch rel := src.Rel.(type) {
	case *catalog.Table:
		scan, items = b.tableScan(s, rel, n)
	case *catalog.View:
		scan, items = b.viewRef(s, rel, n)
	}
	e := items[0].e
	first := len(s.ns)
	s.ns = append(s.ns, items...)
	s.ns[first].lateralOnly, s.ns[first].lateralOK, s.ns[first].target = true, false, true
	node := prior
	if len(from) > 0 {
		node = b.fromItems(s, from, prior)
	}
	s.ns[first].lateralOnly, s.ns[first].lateralOK = false, true
	var where expr.Expr
	if cond != nil {
		where = b.clause(s, kindWhere, cond, "WHERE")
	}
	switch {
	case node == nil && (src.Named || readsEntry(where, e)):
		node = scan
	case node == nil:
		node = &logical.Values{Rows: [][]expr.Expr{{}}}
	case src.Named || readsEntry(where, e):
		node = &logical.Join{Kind: logical.InnerJoin, Left: scan, Right: node}
	}
	return node, e, where
}

// readsEntry reports whether an expression reads a column of an item of FROM.
func readsEntry(e expr.Expr, of *entry) bool {
	found := false
	if e == nil {
		return false
	}
	logical.WalkDeep(e, func(x expr.Expr) bool {
		if v, ok := x.(*expr.Var); ok && hasColumn(of.cols, v.ID) {
			found = true
		}
		return !found
	})
	return found
}

// withoutRuled leaves out the rows for which the condition of a rule is true: the rule has dealt with them.
func (b *binder) withoutRuled(stmt ast.Stmt, node logical.Node, old, new *entry) logical.Node {
	r := b.o.Rewritten[stmt]
	if r == nil {
		return node
	}
	for _, text := range r.Not {
		s := newScope(nil)
		for name, e := range map[string]*entry{"old": old, "new": new} {
			if e != nil {
				named := *e
				named.name, named.kind, named.access, named.scan = name, entryView, nil, nil
				s.addEntry(&named)
			}
		}
		var cond expr.Expr
		b.stored(func() { cond = b.clause(s, kindWhere, b.parseExpr(text), "WHERE") })
		node = &logical.Filter{Input: node, Cond: &expr.BoolTest{Arg: cond, Kind: expr.IsNotTrue}}
	}
	return node
}

// ruleReturning is returning for an action of a rule: the user's list, over the columns that the action's own list gives.
func (b *binder) ruleReturning(stmt ast.Stmt, s *scope, list []*ast.ResTarget) ([]expr.Expr, []logical.Column) {
	r := b.o.Rewritten[stmt]
	if r == nil || r.Returning == nil || r.Source == nil {
		return b.returning(s, list)
	}
	e := b.rowEntry(r.Source.Rel)
	e.name, e.hasAlias = b.rule.alias, true
	for _, t := range b.targetList(s, list, kindReturning) {
		e.exprs = append(e.exprs, b.toText(t.e, t.pos))
	}
	user := newScope(b.rule.parent)
	user.addEntry(e)
	for _, it := range b.rule.rows {
		if !it.target {
			user.entries, user.ns = append(user.entries, it.e), append(user.ns, it)
		}
	}
	var exprs []expr.Expr
	var cols []logical.Column
	b.asRuled(r.Source, func() { exprs, cols = b.returning(user, r.Returning) })
	return exprs, cols
}

// RuleCondition binds the condition of a rule on a relation. The result is over old and new, by position: the columns of each.
func RuleCondition(rel catalog.Relation, event byte, n ast.Expr, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	s := newScope(nil)
	names := map[expr.ColID]string{}
	for _, name := range []string{"old", "new"} {
		row := b.rowEntry(rel)
		row.name, row.hasAlias = name, true
		for _, c := range row.cols {
			names[c.ID] = name
		}
		s.entries = append(s.entries, row)
		if event == catalog.RuleOnInsert && name == "old" || event == catalog.RuleOnDelete && name == "new" {
			continue
		}
		s.ns = append(s.ns, nsItem{e: row, rel: true, cols: true, lateralOK: true})
	}
	e = b.clause(s, kindWhere, n, "WHERE")
	b.checkParams()
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		if v, ok := x.(*expr.Var); ok && names[v.ID] != "" {
			return &expr.Col{Idx: int(v.ID), T: v.T, Name: v.Name, Rel: names[v.ID]}
		}
		return x
	}), nil
}
