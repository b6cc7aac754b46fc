package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
)

// TriggerWhen binds the condition of a trigger of a relation with columns cols. The result is over positions: the old row's columns, then
// the new row's.
func TriggerWhen(rel catalog.Relation, cols []*catalog.Column, n ast.Expr, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	e = b.triggerWhen(rel, cols, n)
	b.checkParams()
	return e, nil
}

func (b *binder) triggerWhen(rel catalog.Relation, cols []*catalog.Column, n ast.Expr) expr.Expr {
	row := &catalog.Table{OID: rel.RelOID(), TypeOID: catalog.RowTypeOf(rel), Name: rel.RelName(), Schema: rel.RelSchema(), Columns: cols}
	s := newScope(nil)
	var at []expr.ColID
	for _, name := range []string{"old", "new"} {
		e := b.tableEntry(row, &ast.Alias{Name: name})
		s.addEntry(e)
		s.ns[len(s.ns)-1].cols = false
		at = append(at, e.cols[0].ID)
	}
	s.kind = kindTriggerWhen
	levels := b.levels
	b.levels = nil
	e := b.coerceBool(b.expr(s, n), kindNames[kindTriggerWhen], ast.Location(n))
	b.levels = levels
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		v, ok := x.(*expr.Var)
		if !ok {
			return x
		}
		if v.ID >= at[1] {
			return &expr.Col{Idx: len(cols) + int(v.ID-at[1]), T: v.T, Name: v.Name, Rel: "new"}
		}
		return &expr.Col{Idx: int(v.ID - at[0]), T: v.T, Name: v.Name, Rel: "old"}
	})
}

// triggers are the triggers of a relation that fire; nil if it has none.
func (b *binder) triggers(rel catalog.Relation) *logical.Effects {
	ts := catalog.TriggersOf(rel)
	if len(ts) == 0 {
		return nil
	}
	t, _ := rel.(*catalog.Table)
	var cols []*catalog.Column
	if t != nil {
		cols = t.Columns
	} else {
		cols = rel.(*catalog.View).Columns
	}
	out := &logical.Effects{}
	b.stored(func() {
		for _, tr := range ts {
			if !tr.Fires() {
				continue
			}
			x := logical.Trigger{Trigger: tr}
			if tr.When != "" {
				x.When = b.triggerWhen(rel, cols, b.parseExpr(tr.When))
			}
			out.Triggers = append(out.Triggers, x)
		}
		if t != nil && t.HasGenerated() {
			out.Generated = b.generatedByPosition(t)
		}
	})
	return out
}

// generatedByPosition are the generated columns of a table over a batch of its rows.
func (b *binder) generatedByPosition(t *catalog.Table) []logical.Generated {
	row := make([]expr.Expr, len(t.Columns))
	for i, c := range t.Columns {
		row[i] = &expr.Col{Idx: i, T: c.Type, Name: c.Name}
	}
	var out []logical.Generated
	for i, c := range t.Columns {
		if c.Generated != 0 {
			out = append(out, logical.Generated{Column: i, Value: b.generatedExpr(t, i, row)})
		}
	}
	return out
}

// RowEffects are the row triggers of a table, for rows that a statement on another table changes in it; nil if it has none.
func RowEffects(t *catalog.Table, o Options) (e *logical.Effects, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	all := b.triggers(t)
	if all == nil {
		return nil, nil
	}
	out := &logical.Effects{Generated: all.Generated}
	for _, tr := range all.Triggers {
		if tr.Row {
			out.Triggers = append(out.Triggers, tr)
		}
	}
	if len(out.Triggers) == 0 {
		return nil, nil
	}
	return out, nil
}
