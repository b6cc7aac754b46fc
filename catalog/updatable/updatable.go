// Package updatable says which views PostgreSQL modifies by itself, through the table that they read, and what can be done to a relation.
// It goes by the text of the views: the binder, which does modify them, knows their columns' types besides (planner/bind).
package updatable

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/parser"
)

// Events are bits of statements, as in pg_relation_is_updatable: 1 << CmdType.
type Events int

// Events that can be done.
const (
	Update Events = 1 << 2
	Insert Events = 1 << 3
	Delete Events = 1 << 4
	All           = Update | Insert | Delete
)

// View is what a view looks like to statements that modify it.
type View struct {
	// Reason says why it is not automatically updatable; "" if it is.
	Reason string
	// Base is the relation that it reads.
	Base catalog.Relation
	// Columns gives for each column of the view that of Base, 0 for one that cannot be assigned to.
	Columns []catalog.ColumnID
}

// Of looks at a view. columns: one without any column that can be assigned to is not updatable.
func Of(r *catalog.Reader, v *catalog.View, columns bool) View {
	stmts, err := parser.Parse(v.Query)
	if err != nil || len(stmts) != 1 {
		return View{Reason: notSingle}
	}
	q, ok := stmts[0].Stmt.(*ast.SelectStmt)
	if !ok {
		return View{Reason: notSingle}
	}
	if reason := Shape(q); reason != "" {
		return View{Reason: reason}
	}
	from := q.From[0].(*ast.RangeVar)
	base, ok := r.Lookup(nil, from.Schema, from.Name)
	if !ok {
		return View{Reason: notSingle}
	}
	switch base.RelKind() {
	case catalog.RelTable, catalog.RelView:
	default:
		return View{Reason: notSingle}
	}
	out := View{Base: base}
	some := false
	for _, t := range q.TargetList {
		id := columnOf(base, from, t.Val)
		out.Columns = append(out.Columns, id)
		some = some || id != 0
	}
	if columns && !some {
		out.Reason = "Views that have no updatable columns are not automatically updatable."
	}
	return out
}

const notSingle = "Views that do not select from a single table or view are not automatically updatable."

// Shape checks the clauses of a view's query: why they keep it from being automatically updatable, "" if they do not.
func Shape(q *ast.SelectStmt) string {
	not := func(what string) string { return "Views containing " + what + " are not automatically updatable." }
	switch {
	case q.Distinct:
		return not("DISTINCT")
	case len(q.GroupBy) > 0:
		return not("GROUP BY")
	case q.Having != nil:
		return not("HAVING")
	case q.Op != ast.SetOpNone:
		return not("UNION, INTERSECT, or EXCEPT")
	case q.With != nil:
		return not("WITH")
	case q.LimitCount != nil || q.LimitOffset != nil:
		return not("LIMIT or OFFSET")
	}
	if reason := calls(q); reason != "" {
		return reason
	}
	if len(q.From) == 1 {
		switch q.From[0].(type) {
		case *ast.RangeVar:
			return ""
		case *ast.RangeTableSample:
			return not("TABLESAMPLE")
		}
	}
	return notSingle
}

// calls checks the functions of the select list.
func calls(q *ast.SelectStmt) string {
	reason := ""
	for _, t := range q.TargetList {
		ast.Walk(t.Val, func(n ast.Node) bool {
			if _, sub := n.(*ast.SelectStmt); sub {
				return false
			}
			c, ok := n.(*ast.FuncCall)
			if !ok || reason != "" {
				return reason == ""
			}
			switch {
			case c.Over != nil:
				reason = "Views that return window functions are not automatically updatable."
			case isKind(c, 'a'):
				reason = "Views that return aggregate functions are not automatically updatable."
			case isKind(c, 's'):
				reason = "Views that return set-returning functions are not automatically updatable."
			}
			return reason == ""
		})
	}
	return reason
}

// isKind reports whether a call is of a built-in aggregate ('a') or set-returning function ('s').
func isKind(c *ast.FuncCall, kind byte) bool {
	for _, p := range builtins.ProcsByName(c.Name[len(c.Name)-1]) {
		if kind == 'a' && p.Kind == 'a' || kind == 's' && p.RetSet {
			return true
		}
	}
	return false
}

// columnOf is the column of base that an expression is, 0 if it is none.
func columnOf(base catalog.Relation, from *ast.RangeVar, e ast.Expr) catalog.ColumnID {
	c, ok := e.(*ast.ColumnRef)
	if !ok || c.Star || len(c.Names) == 0 {
		return 0
	}
	name := c.Names[len(c.Names)-1]
	for i, col := range catalog.ColumnsOf(base) {
		shown := col.Name
		if from.Alias != nil && i < len(from.Alias.Columns) {
			shown = from.Alias.Columns[i]
		}
		if shown == name {
			return col.ID
		}
	}
	return 0
}

// What says what can be done to a relation; triggers counts INSTEAD OF triggers in.
func What(r *catalog.Reader, rel catalog.Relation, triggers bool) Events {
	return what(r, rel, triggers, nil, 0)
}

// maxDepth bounds views over views.
const maxDepth = 200

// what is What for some columns of rel only; nil: for any.
func what(r *catalog.Reader, rel catalog.Relation, triggers bool, cols []catalog.ColumnID, depth int) Events {
	if rel.RelKind() == catalog.RelTable {
		return All
	}
	events := ruled(rel)
	v, ok := rel.(*catalog.View)
	if !ok || depth > maxDepth {
		return events
	}
	if triggers {
		events |= Instead(v)
	}
	if events == All {
		return events
	}
	view := Of(r, v, false)
	if view.Reason != "" {
		return events
	}
	var below []catalog.ColumnID
	for i, id := range view.Columns {
		if id != 0 && (cols == nil || i < len(v.Columns) && slices.Contains(cols, v.Columns[i].ID)) {
			below = append(below, id)
		}
	}
	auto := All
	if len(below) == 0 {
		auto = Delete
	}
	if view.Base.RelKind() == catalog.RelView {
		if below == nil {
			below = []catalog.ColumnID{}
		}
		auto &= what(r, view.Base, triggers, below, depth+1)
	}
	return events | auto
}

// ruled are the events for which a relation has an unconditional INSTEAD rule.
func ruled(rel catalog.Relation) Events {
	var out Events
	for _, rule := range catalog.RulesOf(rel) {
		if rule.Instead && rule.Where == "" {
			out |= map[byte]Events{catalog.RuleOnInsert: Insert, catalog.RuleOnUpdate: Update, catalog.RuleOnDelete: Delete}[rule.Event]
		}
	}
	return out
}

// Instead are the events for which a view has INSTEAD OF triggers.
func Instead(v *catalog.View) Events {
	var out Events
	for _, t := range v.Triggers {
		if t.Timing != catalog.TriggerInstead {
			continue
		}
		for _, e := range []struct {
			on catalog.TriggerEvents
			is Events
		}{{catalog.OnInsert, Insert}, {catalog.OnUpdate, Update}, {catalog.OnDelete, Delete}} {
			if t.Events&e.on != 0 {
				out |= e.is
			}
		}
	}
	return out
}

// Column reports whether a column can be assigned to.
func Column(r *catalog.Reader, rel catalog.Relation, id catalog.ColumnID, triggers bool) bool {
	return what(r, rel, triggers, []catalog.ColumnID{id}, 0)&(Update|Delete) == Update|Delete
}

// CheckOption is what WITH CHECK OPTION of a view says, in the words of information_schema.
func CheckOption(v *catalog.View) string {
	if o := v.CheckOption(); o != "" {
		return strings.ToUpper(o)
	}
	return "NONE"
}
