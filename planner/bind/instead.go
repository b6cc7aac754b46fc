package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
)

// eventOf is the event of triggers that a statement is, by the verb of its errors.
func eventOf(verb string) catalog.TriggerEvents {
	return map[string]catalog.TriggerEvents{"insert into": catalog.OnInsert, "update": catalog.OnUpdate, "delete from": catalog.OnDelete}[verb]
}

// insteadOf reports whether INSTEAD OF triggers of a view take the place of a statement.
func insteadOf(v *catalog.View, verb string) bool {
	for _, t := range v.Triggers {
		if t.Timing == catalog.TriggerInstead && t.Events&eventOf(verb) != 0 && t.Fires() {
			return true
		}
	}
	return false
}

// insteadTarget makes a view whose triggers do a statement's work its target: its rows are what the view shows.
func (b *binder) insteadTarget(mt *modTarget, v *catalog.View) {
	b.effects = true
	mt.t, mt.instead = catalog.AsTable(v), v
}

// targetEffects are the triggers of a target.
func (m *modTarget) targetEffects(b *binder) *logical.Effects {
	if m.instead != nil {
		return b.triggers(m.instead)
	}
	return b.triggers(m.t)
}

// insteadRows reads the rows of a view that an UPDATE or DELETE hands to INSTEAD OF triggers, joined with FROM or USING.
func (b *binder) insteadRows(s *scope, to *modTarget, stmt ast.Stmt, n *ast.RangeVar, from []ast.FromItem) (*entry, logical.Node) {
	at := newScope(nil)
	rv := *n
	if to.view != nil && n.Alias == nil {
		rv.Alias = &ast.Alias{Name: to.view.Name}
	}
	var node logical.Node
	access := b.noteAccess(to.instead)
	if node, _ = b.viewRef(at, to.instead, &rv); to.view == nil {
		*access = logical.Access{}
		at.entries[0].access = to.access
	}
	e := at.entries[0]
	e.hasAlias = n.Alias != nil
	return e, b.targetFrom(s, to, stmt, e, node, from)
}

// insteadUpdate binds UPDATE of a view with INSTEAD OF triggers: a source of new rows, each with the old one.
func (b *binder) insteadUpdate(s *scope, to *modTarget, n *ast.UpdateStmt) logical.Node {
	e, node := b.insteadRows(s, to, n, n.Relation, n.From)
	if n.Where != nil {
		node = &logical.Filter{Input: node, Cond: b.clause(s, kindWhere, n.Where, "WHERE")}
	}
	row := *e
	row.cols, row.exprs = b.tableColumns(to.t, e.name), nil
	for i := range row.cols {
		row.cols[i].Name = e.cols[i].Name
	}
	out := &logical.Insert{Target: logical.Target{Table: to.t, Alias: e.name, Cols: row.cols, Effects: to.targetEffects(b)}, Instead: catalog.OnUpdate}
	was := s.ns[0].e
	shown, _ := to.shown(b, &row)
	s.ns[0].e, s.entries[0] = shown, shown
	out.Returning, out.Cols = b.ruleReturning(n, s, n.Returning)
	others := s.otherColumns(b, out.Returning, shown)
	s.ns[0].e, s.entries[0] = was, was
	set := b.setList(s, to, n.Targets, &node)
	p := &logical.Project{Input: node, Exprs: newRow(e, set).exprs, Cols: make([]logical.Column, len(e.cols))}
	for i, c := range e.cols {
		if p.Exprs[i] == nil {
			p.Exprs[i] = &expr.Var{ID: c.ID, T: c.T, Name: c.Name}
		}
		p.Cols[i] = logical.Column{ID: b.newCol(), Name: c.Name, T: c.T}
	}
	p.Cols, p.Exprs = append(p.Cols, e.cols...), append(p.Exprs, vars(e.cols)...)
	p.Cols, p.Exprs = append(p.Cols, others...), append(p.Exprs, vars(others)...)
	out.Source = p
	return out
}

// insteadDelete binds DELETE of a view with INSTEAD OF triggers: a source of the rows.
func (b *binder) insteadDelete(s *scope, to *modTarget, n *ast.DeleteStmt) logical.Node {
	e, node := b.insteadRows(s, to, n, n.Relation, n.Using)
	if n.Where != nil {
		node = &logical.Filter{Input: node, Cond: b.clause(s, kindWhere, n.Where, "WHERE")}
	}
	out := &logical.Insert{Target: logical.Target{Table: to.t, Alias: e.name, Cols: e.cols, Effects: to.targetEffects(b)}, Instead: catalog.OnDelete}
	out.Returning, out.Cols = b.ruleReturning(n, s, n.Returning)
	others := s.otherColumns(b, out.Returning, s.entries[0])
	out.Source = &logical.Project{Input: node, Exprs: append(vars(e.cols), vars(others)...), Cols: append(e.cols[:len(e.cols):len(e.cols)], others...)}
	return out
}
