package exec

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// TriggerCall is one call of a trigger function.
type TriggerCall struct {
	Trigger  *catalog.Trigger
	Relation catalog.Relation // a table or a view
	// Columns are those of the rows, as the plan knows the relation.
	Columns []*catalog.Column
	Event   catalog.TriggerEvents // the one that happened
	// Old and New are the row before and after, nil where there is none: INSERT has no Old, DELETE no New, and a trigger FOR EACH
	// STATEMENT neither. The function may keep them, and not change them.
	Old, New []types.Datum
	// OldTable and NewTable are the transition tables under the names that the trigger gives them; nil if it gives none.
	OldTable, NewTable *RowBuffer
}

// EventHost is what operators ask of the session about triggers and constraints.
type EventHost interface {
	// CallTrigger runs a trigger function, whatever its language. What it returns counts for BEFORE and INSTEAD OF triggers FOR EACH ROW: the row to go on with (of
	// DELETE any row), or nil to leave the row out.
	CallTrigger(ctx context.Context, c *TriggerCall) ([]types.Datum, error)
	// Deferred reports whether the events of a constraint wait for the end of the transaction at present.
	Deferred(constraint types.OID, initially bool) bool
}

// EventKind is what has to be done about the rows of an EventGroup.
type EventKind uint8

// Kinds of event groups, with the columns of their rows.
const (
	// TriggerRows: AFTER triggers FOR EACH ROW. A bit mask of the triggers of the group that fire for the row (int8), then the old row
	// and the new row, of NULLs if there is none.
	TriggerRows EventKind = iota
	// TriggerStatement: AFTER triggers FOR EACH STATEMENT; no rows.
	TriggerStatement
	// ChildRows must find the rows that they refer to: the key of the row in the store, then the columns of the foreign key.
	ChildRows
	// ParentRows are gone or have another key, though rows may refer to them: the old key, then the new one (after DELETE
	// the old one again).
	ParentRows
)

// EventGroup is what one statement leaves to be done after it, of one kind for one table.
type EventGroup struct {
	Kind     EventKind
	Event    catalog.TriggerEvents
	Table    *catalog.Table
	Triggers []*catalog.Trigger // at most 63 for rows
	// Reference is the foreign key of ChildRows and ParentRows.
	Reference catalog.Reference
	// Constraint is what SET CONSTRAINTS may defer, 0 for the rest; InitDeferred is how it begins.
	Constraint               types.OID
	Deferrable, InitDeferred bool
	// Rows is nil for TriggerStatement.
	Rows               *RowBuffer
	OldTable, NewTable *RowBuffer // transition tables
}

// Events collects what the changes of one statement set off after it. Operators add groups while they run; the session fires
// them when the statement ends, or keeps the deferred ones for the end of the transaction. Rows beyond work_mem are in files.
type Events struct {
	Host EventHost
	// Ctx is what rows are kept in: they may outlive the statement.
	Ctx    *Ctx
	Groups []*EventGroup
}

// Waits reports whether the events of g are deferred.
func (e *Events) Waits(g *EventGroup) bool {
	return g.Deferrable && e.Host.Deferred(g.Constraint, g.InitDeferred)
}

// Add adds a group whose rows have columns of the types ts.
func (e *Events) Add(g EventGroup, ts []types.T) *EventGroup {
	if g.Kind != TriggerStatement {
		g.Rows = NewRowBuffer(e.Ctx, ts)
	}
	e.Groups = append(e.Groups, &g)
	return &g
}

// Close drops what groups hold.
func (g *EventGroup) Close() {
	for _, b := range []*RowBuffer{g.Rows, g.OldTable, g.NewTable} {
		if b != nil {
			b.Close()
		}
	}
}

// Take gives the groups to the caller.
func (e *Events) Take() []*EventGroup {
	g := e.Groups
	e.Groups = nil
	return g
}
