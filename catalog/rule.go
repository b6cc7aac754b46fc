package catalog

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/sql/types"
)

// Events of rules, as pg_rewrite.ev_type has them.
const (
	RuleOnSelect byte = '1'
	RuleOnUpdate byte = '2'
	RuleOnInsert byte = '3'
	RuleOnDelete byte = '4'
)

// Rule is a rule of a table or view: what takes place instead of a statement on it, or besides.
type Rule struct {
	OID     types.OID // pg_rewrite.oid
	Name    string
	Event   byte
	Instead bool
	// Where and Actions are SQL text, with old and new for the rows of the statement. No actions: NOTHING.
	Where     string      `json:",omitempty"`
	Actions   []string    `json:",omitempty"`
	DependsOn []types.OID `json:",omitempty"`
	Enabled   byte        // pg_rewrite.ev_enabled: O, D, R or A
	Comment   string      `json:",omitempty"`
}

// Fires reports whether a rule that is enabled so applies in a session that is no replica.
func (r *Rule) Fires() bool { return r.Enabled == 'O' || r.Enabled == 'A' }

// RulesOf are the rules of a table or view, by name.
func RulesOf(rel Relation) []*Rule {
	switch r := rel.(type) {
	case *Table:
		return r.Rules
	case *View:
		return r.Rules
	}
	return nil
}

// SortRules puts rules into the order in which they apply.
func SortRules(rs []*Rule) {
	slices.SortFunc(rs, func(a, b *Rule) int { return strings.Compare(a.Name, b.Name) })
}

// WithRules is the next version of a table or view, with other rules.
func WithRules(rel Relation, rules []*Rule) Relation {
	switch r := rel.(type) {
	case *View:
		v := *r
		v.Version++
		v.Rules = rules
		return &v
	case *Table:
		t := *r
		t.Version++
		t.Rules = rules
		return &t
	}
	return rel
}

// readsOf lists what the query and the rules of a relation depend on.
func readsOf(rel Relation) []types.OID {
	_, out := StoredQuery(rel)
	for _, r := range RulesOf(rel) {
		out = append(out[:len(out):len(out)], r.DependsOn...)
	}
	return out
}

// AsTable is a relation as a table of its columns: for statements on it whose work rules or INSTEAD OF triggers do.
func AsTable(rel Relation) *Table {
	t, ok := rel.(*Table)
	if ok && !t.HasGenerated() {
		return t
	}
	out := &Table{OID: rel.RelOID(), TypeOID: RowTypeOf(rel), Schema: rel.RelSchema(), Name: rel.RelName()}
	for _, c := range ColumnsOf(rel) {
		n := *c
		if n.Generated != 0 {
			n.Generated, n.Default = 0, ""
		}
		out.Columns = append(out.Columns, &n)
	}
	return out
}

// HasGenerated reports whether a table has generated columns.
func (t *Table) HasGenerated() bool {
	return slices.ContainsFunc(t.Columns, func(c *Column) bool { return c.Generated != 0 })
}
