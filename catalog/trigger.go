package catalog

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/sql/types"
)

// TriggerEvents are the events of a trigger.
type TriggerEvents uint8

// Events of triggers.
const (
	OnInsert TriggerEvents = 1 << iota
	OnDelete
	OnUpdate
	OnTruncate
)

// String is the word of one event, as tg_op has it.
func (e TriggerEvents) String() string {
	switch e {
	case OnInsert:
		return "INSERT"
	case OnDelete:
		return "DELETE"
	case OnUpdate:
		return "UPDATE"
	case OnTruncate:
		return "TRUNCATE"
	}
	return ""
}

// Timings of triggers.
const (
	TriggerBefore  byte = 'b'
	TriggerAfter   byte = 'a'
	TriggerInstead byte = 'i'
)

// Trigger is a trigger of a table or view.
type Trigger struct {
	OID      types.OID // pg_trigger.oid
	Name     string
	Function types.OID
	Timing   byte
	Events   TriggerEvents
	Columns  []ColumnID `json:",omitempty"` // UPDATE OF
	Row      bool
	When     string   `json:",omitempty"` // SQL text over old and new; "" none
	Args     []string `json:",omitempty"`
	// Constraint is the OID of the constraint that CREATE CONSTRAINT TRIGGER makes, 0 for other triggers.
	Constraint               types.OID `json:",omitempty"`
	Deferrable, InitDeferred bool      `json:",omitempty"`
	From                     types.OID `json:",omitempty"` // the other table of a constraint trigger
	// OldTable and NewTable are the names of the transition tables.
	OldTable string `json:",omitempty"`
	NewTable string `json:",omitempty"`
	Enabled  byte   // pg_trigger.tgenabled: O, D, R or A
	// Parent is the trigger of the partitioned table that this one of a partition is a clone of; 0: none.
	Parent  types.OID `json:",omitempty"`
	Comment string    `json:",omitempty"`
}

// Fires reports whether a trigger that is enabled so fires in a session that is no replica.
func (t *Trigger) Fires() bool { return t.Enabled == 'O' || t.Enabled == 'A' }

// ForeignKey is a FOREIGN KEY constraint; it is kept by the table that refers.
type ForeignKey struct {
	OID     types.OID
	Name    string
	Columns []ColumnID
	Parent  types.OID // the table referred to
	// ParentColumns are the columns referred to, in the order of Columns; Index is the OID of the unique index on them.
	ParentColumns []ColumnID
	Index         types.OID
	// Match, OnUpdate and OnDelete are pg_constraint's letters: confmatchtype s, f; confupdtype and confdeltype a (NO ACTION), r
	// (RESTRICT), c (CASCADE), n (SET NULL), d (SET DEFAULT).
	Match, OnUpdate, OnDelete byte
	SetColumns                []ColumnID `json:",omitempty"` // ON DELETE SET NULL or DEFAULT (…); nil: all
	Deferrable, InitDeferred  bool       `json:",omitempty"`
	NotValid                  bool       `json:",omitempty"`
	Comment                   string     `json:",omitempty"`
	// Triggers are the OIDs of the four triggers that pg_trigger shows: on the table referred to after DELETE and UPDATE, on the other
	// after INSERT and UPDATE. Disabled: those of the table that refers do not fire; ParentDisabled: nor those of the other.
	Triggers                 [4]types.OID
	Disabled, ParentDisabled bool `json:",omitempty"`
}

// TriggersOf are the triggers of a table or view, by name.
func TriggersOf(rel Relation) []*Trigger {
	switch r := rel.(type) {
	case *Table:
		return r.Triggers
	case *View:
		return r.Triggers
	}
	return nil
}

// SortTriggers puts triggers into the order in which they fire.
func SortTriggers(ts []*Trigger) {
	slices.SortFunc(ts, func(a, b *Trigger) int { return strings.Compare(a.Name, b.Name) })
}

// ForeignKey returns the foreign key of that name.
func (t *Table) ForeignKey(name string) *ForeignKey {
	for _, k := range t.ForeignKeys {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// HasEvents reports whether a change of t's rows sets anything else off: triggers or foreign keys.
func (t *Table) HasEvents() bool {
	return len(t.Triggers) > 0 || len(t.ForeignKeys) > 0 || len(t.ReferencedBy) > 0
}

// Reference is a foreign key with the table that has it.
type Reference struct {
	Table *Table
	Key   *ForeignKey
}

// References lists the foreign keys that refer to a table, by OID of the constraint.
func (r *Reader) References(t *Table) []Reference {
	var out []Reference
	for _, oid := range t.ReferencedBy {
		child := t
		if oid != t.OID {
			c, ok := r.Table(oid)
			if !ok {
				continue
			}
			child = c
		}
		for _, k := range child.ForeignKeys {
			if k.Parent == t.OID {
				out = append(out, Reference{child, k})
			}
		}
	}
	slices.SortFunc(out, func(a, b Reference) int { return int(a.Key.OID) - int(b.Key.OID) })
	return out
}
