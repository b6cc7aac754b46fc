package bind

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/updatable"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// modTarget is what a statement modifies: a table, possibly through a view that PostgreSQL calls automatically updatable.
type modTarget struct {
	t    *catalog.Table
	view *catalog.View
	// instead is the view that t stands for, because its INSTEAD OF triggers do the work.
	instead *catalog.View
	verb    string
	// ords gives the table column of each view column, -1 for a computed one.
	ords []int
	// defaults are those of view columns, by ordinal of the table column: they go before the table's.
	defaults map[int]string
	// only: the view reads none of the tables that inherit from the table.
	only bool
	// ruled: a relation behind the view has rules for the statement.
	ruled bool
	// access is what the statement does with what it names, base with the table behind a view.
	access, base *logical.Access
}

// viewShape checks the clauses that keep a view from being updatable and gives its query; reason is the detail of the error.
func (b *binder) viewShape(v *catalog.View) (q *ast.SelectStmt, from *ast.RangeVar, reason string) {
	q = b.parseQuery(v.Query)
	if reason = updatable.Shape(q); reason != "" {
		return nil, nil, reason
	}
	return q, q.From[0].(*ast.RangeVar), ""
}

// viewTarget finds the table behind a view that is modified.
func (b *binder) viewTarget(s *scope, v *catalog.View, verb string) *modTarget {
	mt := &modTarget{verb: verb}
	if insteadOf(v, verb) {
		b.insteadTarget(mt, v)
		return mt
	}
	mt.view = v
	b.stored(func() { b.baseTable(s, mt, v) })
	mt.base = b.named()
	probe := b.tableEntry(mt.t, nil)
	mt.defaults = map[int]string{}
	ve, _ := b.viewEntry(v, v.Name, probe, verb, func(of *catalog.View, e *entry, _ expr.Expr) {
		for i, c := range of.Columns {
			if x, ok := e.exprs[i].(*expr.Var); ok && c.Default != "" {
				mt.defaults[int(x.ID-probe.cols[0].ID)] = c.Default
			}
		}
	})
	updatable := false
	for i := range ve.cols {
		ord := -1
		if x, ok := ve.exprs[i].(*expr.Var); ok {
			ord = int(x.ID - probe.cols[0].ID)
			updatable = true
		}
		mt.ords = append(mt.ords, ord)
	}
	if mt.ruled {
		b.unsupported("a rule of a relation behind a view", -1)
	}
	if !updatable {
		b.raise(viewNotUpdatable(v.Name, verb, "Views that have no updatable columns are not automatically updatable."))
	}
	return mt
}

// baseTable follows views to the table at their end, or to one with INSTEAD OF triggers.
func (b *binder) baseTable(s *scope, mt *modTarget, v *catalog.View) {
	top, verb := mt.view, mt.verb
	if b.viewDepth++; b.viewDepth > maxViewDepth {
		b.fail(pgerr.InvalidObjectDefinition, -1, "infinite recursion detected in rules for relation \"%s\"", v.Name)
	}
	defer func() { b.viewDepth-- }()
	_, from, reason := b.viewShape(v)
	if reason != "" {
		b.raise(viewNotUpdatable(top.Name, verb, reason))
	}
	var found catalog.Relation
	b.asOwner(v, func() { found = b.relation(s, from) })
	b.named().Privs = modifies(verb)
	for _, r := range catalog.RulesOf(found) {
		if r.Fires() && r.Event == map[string]byte{"insert into": catalog.RuleOnInsert, "update": catalog.RuleOnUpdate, "delete from": catalog.RuleOnDelete}[verb] {
			mt.ruled = true
		}
	}
	switch rel := found.(type) {
	case *catalog.Table:
		mt.t, mt.only = b.modifiableTable(rel), from.Only
		return
	case *catalog.View:
		if insteadOf(rel, verb) {
			b.insteadTarget(mt, rel)
		} else {
			b.baseTable(s, mt, rel)
		}
		return
	}
	b.raise(viewNotUpdatable(top.Name, verb, "Views that do not select from a single table or view are not automatically updatable."))
}

// viewEntry shows the columns of a view as expressions over its base table's entry, and gives the conjunction of the views' conditions.
// each, if not nil, is told of every view, from the innermost on, with its own condition.
func (b *binder) viewEntry(v *catalog.View, name string, base *entry, verb string, each func(*catalog.View, *entry, expr.Expr)) (e *entry, where expr.Expr) {
	b.stored(func() {
		q, from, _ := b.viewShape(v)
		var in *entry
		var cond expr.Expr
		rel, _ := b.o.Reader.Lookup(b.o.SearchPath, from.Schema, from.Name)
		if inner, ok := rel.(*catalog.View); ok && inner.OID != base.relOID {
			in, cond = b.viewEntry(inner, inner.Name, base, verb, each)
		} else {
			plain := *base
			plain.name, plain.access = from.Name, nil
			in = &plain
		}
		if from.Alias != nil {
			aliased := *in
			aliased.name = from.Alias.Name
			aliased.cols = append([]logical.Column(nil), in.cols...)
			b.renameColumns(from.Alias, aliased.name, aliased.cols)
			in = &aliased
		}
		s := newScope(nil)
		s.addEntry(in)
		e = &entry{name: name, kind: entryView, relOID: v.OID, rowType: v.TypeOID, exprs: []expr.Expr{}}
		for i, t := range b.targetList(s, q.TargetList, kindSelect) {
			b.refuseViewTarget(s, v, t, verb)
			c := b.columnOfExpr(s, t)
			if i < len(v.Columns) {
				c.Name, c.Table, c.Attr = v.Columns[i].Name, v.OID, v.Columns[i].ID
			}
			e.cols, e.exprs = append(e.cols, c), append(e.exprs, t.e)
		}
		var own expr.Expr
		if where = cond; q.Where != nil {
			own = b.clause(s, kindWhere, q.Where, "WHERE")
			where = expr.Conjunction(append(expr.Conjuncts(cond, nil), own))
		}
		if each != nil {
			each(v, e, own)
		}
	})
	return e, where
}

// columnOfExpr describes a view column: a base column keeps its ID.
func (b *binder) columnOfExpr(s *scope, t target) logical.Column {
	if v, ok := t.e.(*expr.Var); ok {
		return logical.Column{ID: v.ID, Name: t.name, T: v.T}
	}
	return logical.Column{Name: t.name, T: t.e.Type()}
}

func (b *binder) refuseViewTarget(s *scope, v *catalog.View, t target, verb string) {
	switch {
	case s.hasAggs:
		b.raise(viewNotUpdatable(v.Name, verb, "Views that return aggregate functions are not automatically updatable."))
	case len(s.winItems) > 0:
		b.raise(viewNotUpdatable(v.Name, verb, "Views that return window functions are not automatically updatable."))
	case t.srf:
		b.raise(viewNotUpdatable(v.Name, verb, "Views that return set-returning functions are not automatically updatable."))
	}
}

// column finds the table column that a statement assigns to by the name n.
func (m *modTarget) column(b *binder, n *ast.ResTarget) int {
	ord, rel := -1, m.t.Name
	if m.view == nil {
		_, i, ok := m.t.Column(n.Name)
		if ok {
			ord = i
		}
	} else {
		rel = m.view.Name
		if _, i, ok := m.view.Column(n.Name); ok && i < len(m.ords) {
			ord = m.checked(b, i)
		}
	}
	if ord < 0 {
		b.fail(pgerr.UndefinedColumn, n.Pos, "column \"%s\" of relation \"%s\" does not exist", n.Name, rel)
	}
	return ord
}

// checked is the table column of view column i, which must not be computed.
func (m *modTarget) checked(b *binder, i int) int {
	if m.ords[i] < 0 {
		verb := m.verb
		if verb != "insert into" {
			verb = "update"
		}
		b.raise(pgerr.New(pgerr.CodeFeatureNotSupported, "cannot %s column \"%s\" of view \"%s\"", verb, m.view.Columns[i].Name, m.view.Name).
			WithDetail("View columns that are not columns of their base relation are not updatable."))
	}
	return m.ords[i]
}

// shown is what names in the statement refer to: the table itself, or the view over it. The condition is the view's.
func (m *modTarget) shown(b *binder, e *entry) (*entry, expr.Expr) {
	if m.view == nil {
		return e, nil
	}
	ve, where := b.viewEntry(m.view, e.name, e, m.verb, nil)
	ve.hasAlias, ve.access = e.hasAlias, m.access
	return ve, where
}

// checks are the conditions that WITH CHECK OPTION of the view, or of a view below it, puts on a new row of the table.
func (m *modTarget) checks(b *binder, row *entry) []logical.Check {
	if m.view == nil {
		return nil
	}
	type condition struct {
		view *catalog.View
		cond expr.Expr
	}
	var conds []condition
	b.viewEntry(m.view, row.name, row, m.verb, func(v *catalog.View, _ *entry, own expr.Expr) { conds = append(conds, condition{v, own}) })
	var out []logical.Check
	cascaded := false
	for _, c := range slices.Backward(conds) {
		option := c.view.CheckOption()
		cascaded = cascaded || option == "cascaded"
		if c.cond != nil && (cascaded || option != "") {
			out = append(out, logical.Check{Name: c.view.Name, Cond: c.cond, View: true})
		}
	}
	slices.Reverse(out)
	return out
}

// defaultOf is what a table column gets by default through the view.
func (m *modTarget) defaultOf(b *binder, ord int) expr.Expr {
	if text, ok := m.defaults[ord]; ok && m.t.Columns[ord].Generated == 0 {
		return b.storedDefault(text, m.t.Columns[ord])
	}
	return b.defaultOf(m.t, ord)
}
