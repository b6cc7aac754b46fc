package pgcatalog

import (
	"fmt"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// The bits of pg_trigger.tgtype.
const (
	triggerRow = 1 << iota
	triggerBefore
	triggerInsert
	triggerDelete
	triggerUpdate
	triggerTruncate
	triggerInstead
)

func triggerType(t *catalog.Trigger) int {
	bits := 0
	for _, b := range []struct {
		on  bool
		bit int
	}{{t.Row, triggerRow}, {t.Timing == catalog.TriggerBefore, triggerBefore}, {t.Timing == catalog.TriggerInstead, triggerInstead},
		{t.Events&catalog.OnInsert != 0, triggerInsert}, {t.Events&catalog.OnDelete != 0, triggerDelete},
		{t.Events&catalog.OnUpdate != 0, triggerUpdate}, {t.Events&catalog.OnTruncate != 0, triggerTruncate}} {
		if b.on {
			bits |= b.bit
		}
	}
	return bits
}

// hasTriggers is pg_class.relhastriggers: foreign keys have some, too.
func hasTriggers(rel catalog.Relation) bool {
	t, ok := rel.(*catalog.Table)
	return ok && t.HasEvents() || len(catalog.TriggersOf(rel)) > 0
}

func pgTrigger(q *query) error {
	return q.relations("tgrelid", func(rel catalog.Relation) error {
		for _, t := range catalog.TriggersOf(rel) {
			if err := q.emit(userTriggerRow(rel, t)); err != nil {
				return err
			}
		}
		t, ok := rel.(*catalog.Table)
		if !ok || !t.HasEvents() {
			return nil
		}
		for _, k := range t.ForeignKeys {
			for i := 2; i < 4; i++ {
				if err := q.emit(foreignTriggerRow(t.OID, k.Parent, k, i)); err != nil {
					return err
				}
			}
		}
		for _, ref := range q.r.References(t) {
			for i := range 2 {
				if err := q.emit(foreignTriggerRow(t.OID, ref.Table.OID, ref.Key, i)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func userTriggerRow(rel catalog.Relation, t *catalog.Trigger) []types.Datum {
	args := ""
	for _, a := range t.Args {
		args += a + "\x00"
	}
	return []types.Datum{oid(t.OID), oid(rel.RelOID()), oid(t.Parent), str(t.Name), oid(t.Function), num(triggerType(t)), chr(t.Enabled), yes(false),
		oid(t.From), oid(0), oid(t.Constraint), yes(t.Deferrable), yes(t.InitDeferred), num(len(t.Args)), vector(types.Int2OID, t.Columns),
		str(args), strOrNull(t.When), strOrNull(t.OldTable), strOrNull(t.NewTable)}
}

// foreignTriggerRow is one of the four triggers by which PostgreSQL enforces a foreign key: after DELETE and UPDATE of the table referred
// to, after INSERT and UPDATE of the other.
func foreignTriggerRow(table, other types.OID, k *catalog.ForeignKey, i int) []types.Datum {
	functions := map[byte]types.OID{'c': 1646, 'r': 1648, 'n': 1650, 'd': 1652, 'a': 1654} // of DELETE; the next is of UPDATE
	side, kind, function, enabled := "a", triggerRow|triggerDelete, functions[k.OnDelete], byte('O')
	deferrable := k.Deferrable
	switch i {
	case 0:
		deferrable = deferrable && k.OnDelete == 'a'
	case 1:
		kind, function = triggerRow|triggerUpdate, functions[k.OnUpdate]+1
		deferrable = deferrable && k.OnUpdate == 'a'
	case 2:
		side, kind, function = "c", triggerRow|triggerInsert, 1644
	case 3:
		side, kind, function = "c", triggerRow|triggerUpdate, 1645
	}
	if i < 2 && k.ParentDisabled || i >= 2 && k.Disabled {
		enabled = 'D'
	}
	id := k.Triggers[i]
	return []types.Datum{oid(id), oid(table), oid(0), str(fmt.Sprintf("RI_ConstraintTrigger_%s_%d", side, id)), oid(function), num(kind),
		chr(enabled), yes(true), oid(other), oid(k.Index), oid(k.OID), yes(deferrable), yes(deferrable && k.InitDeferred), num(0),
		vector(types.Int2OID, []int16(nil)), str(""), null, null, null}
}

// triggerdef is pg_get_triggerdef.
func (x *call) triggerdef(pretty bool) types.Datum {
	id := x.oid(0)
	for rel := range x.r.Relations(0) {
		for _, t := range catalog.TriggersOf(rel) {
			if t.OID == id {
				return str(x.triggerText(rel, t, pretty))
			}
		}
	}
	return null
}

func (x *call) triggerText(rel catalog.Relation, t *catalog.Trigger, pretty bool) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if t.Constraint != 0 {
		b.WriteString("CONSTRAINT ")
	}
	b.WriteString("TRIGGER " + expr.QuoteIdent(t.Name) + " " + timingWord(t.Timing))
	sep := " "
	for _, e := range []catalog.TriggerEvents{catalog.OnInsert, catalog.OnDelete, catalog.OnUpdate, catalog.OnTruncate} {
		if t.Events&e == 0 {
			continue
		}
		b.WriteString(sep + e.String())
		if e == catalog.OnUpdate && len(t.Columns) > 0 {
			list := columnNames(&catalog.Table{Columns: columns(rel)}, t.Columns)
			b.WriteString(" OF " + strings.Trim(list, "()"))
		}
		sep = " OR "
	}
	name := func(rel catalog.Relation) string {
		if pretty && x.visible(rel) {
			return expr.QuoteIdent(rel.RelName())
		}
		return qualified(x.r, rel)
	}
	b.WriteString(" ON " + name(rel) + " ")
	if t.Constraint != 0 {
		if from, ok := x.r.RelationByOID(t.From); ok && t.From != 0 {
			b.WriteString("FROM " + name(from) + " ")
		}
		if !t.Deferrable {
			b.WriteString("NOT ")
		}
		b.WriteString("DEFERRABLE INITIALLY " + map[bool]string{false: "IMMEDIATE ", true: "DEFERRED "}[t.InitDeferred])
	}
	if t.OldTable != "" || t.NewTable != "" {
		b.WriteString("REFERENCING ")
		if t.OldTable != "" {
			b.WriteString("OLD TABLE AS " + expr.QuoteIdent(t.OldTable) + " ")
		}
		if t.NewTable != "" {
			b.WriteString("NEW TABLE AS " + expr.QuoteIdent(t.NewTable) + " ")
		}
	}
	b.WriteString("FOR EACH " + orientation(t) + " ")
	if t.When != "" {
		when := x.shown().text(t.When)
		if pretty {
			when = prettyExpr(when)
		}
		b.WriteString("WHEN (" + when + ") ")
	}
	return b.String() + "EXECUTE FUNCTION " + x.triggerCall(t)
}

func timingWord(timing byte) string {
	return map[byte]string{catalog.TriggerBefore: "BEFORE", catalog.TriggerAfter: "AFTER", catalog.TriggerInstead: "INSTEAD OF"}[timing]
}

func orientation(t *catalog.Trigger) string {
	if t.Row {
		return "ROW"
	}
	return "STATEMENT"
}

// triggerCall is the call of a trigger's function with its arguments.
func (x *call) triggerCall(t *catalog.Trigger) string {
	name := ""
	if f, ok := x.r.Function(t.Function); ok {
		name = expr.QuoteIdent(f.Name)
		if !functionVisible(x.r, x.path, f) {
			name = expr.QuoteIdent(x.r.SchemaName(f.Schema)) + "." + name
		}
	} else if p, ok := builtins.ProcByOID(t.Function); ok {
		name = p.Name
	}
	return name + "(" + triggerArgs(t) + ")"
}

func triggerArgs(t *catalog.Trigger) string {
	args := make([]string, len(t.Args))
	for i, a := range t.Args {
		args[i] = "'" + strings.ReplaceAll(a, "'", "''") + "'"
	}
	return strings.Join(args, ", ")
}

// isTriggers is information_schema.triggers.
func isTriggers(q *query) error {
	return q.relations("", func(rel catalog.Relation) error {
		schema := q.r.SchemaName(rel.RelSchema())
		order := map[string]int{}
		x := &call{s: q.s, r: q.r}
		for _, t := range catalog.TriggersOf(rel) {
			for _, e := range []catalog.TriggerEvents{catalog.OnInsert, catalog.OnDelete, catalog.OnUpdate} {
				if t.Events&e == 0 {
					continue
				}
				key := fmt.Sprint(e, t.Timing, t.Row)
				order[key]++
				when := null
				if t.When != "" {
					when = str(x.shown().text(t.When))
				}
				if err := q.put("trigger_catalog", q.s.Database, "trigger_schema", schema, "trigger_name", t.Name, "event_manipulation", e.String(),
					"event_object_catalog", q.s.Database, "event_object_schema", schema, "event_object_table", rel.RelName(),
					"action_order", order[key], "action_condition", when, "action_statement", "EXECUTE FUNCTION "+x.triggerCall(t),
					"action_orientation", orientation(t), "action_timing", timingWord(t.Timing), "action_reference_old_table", strOrNull(t.OldTable),
					"action_reference_new_table", strOrNull(t.NewTable)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// isTriggeredColumns is information_schema.triggered_update_columns.
func isTriggeredColumns(q *query) error {
	return q.relations("", func(rel catalog.Relation) error {
		schema := q.r.SchemaName(rel.RelSchema())
		for _, t := range catalog.TriggersOf(rel) {
			for _, id := range t.Columns {
				for _, c := range columns(rel) {
					if c.ID != id {
						continue
					}
					if err := q.put("trigger_catalog", q.s.Database, "trigger_schema", schema, "trigger_name", t.Name, "event_object_catalog",
						q.s.Database, "event_object_schema", schema, "event_object_table", rel.RelName(), "event_object_column", c.Name); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}
