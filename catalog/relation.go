package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/types"
)

// Methods of Relation.
func (t *Table) RelOID() types.OID    { return t.OID }
func (t *Table) RelName() string      { return t.Name }
func (t *Table) RelSchema() types.OID { return t.Schema }
func (t *Table) RelKind() RelKind {
	if t.Virtual != nil {
		return RelVirtual
	}
	if t.MatView != nil {
		return RelMatView
	}
	return RelTable
}
func (v *View) RelOID() types.OID        { return v.OID }
func (v *View) RelName() string          { return v.Name }
func (v *View) RelSchema() types.OID     { return v.Schema }
func (v *View) RelKind() RelKind         { return RelView }
func (s *Sequence) RelOID() types.OID    { return s.OID }
func (s *Sequence) RelName() string      { return s.Name }
func (s *Sequence) RelSchema() types.OID { return s.Schema }
func (s *Sequence) RelKind() RelKind     { return RelSequence }
func (x *Index) RelOID() types.OID       { return x.OID }
func (x *Index) RelName() string         { return x.Name }
func (x *Index) RelSchema() types.OID    { return x.Schema }
func (x *Index) RelKind() RelKind        { return RelIndex }

// Ordinal is the position of a column in t.Columns, -1 if t has no such column.
func (t *Table) Ordinal(id ColumnID) int {
	// Without dropped columns, column i has ID i+1; with some, it sits further left.
	i := min(int(id)-1, len(t.Columns)-1)
	for ; i >= 0; i-- {
		if t.Columns[i].ID == id {
			return i
		}
		if t.Columns[i].ID < id {
			break
		}
	}
	return -1
}

// Column returns the column with that name and its ordinal.
func (t *Table) Column(name string) (*Column, int, bool) {
	for i, c := range t.Columns {
		if c.Name == name {
			return c, i, true
		}
	}
	return nil, -1, false
}

// ColumnByID returns the column with that number, nil if it was dropped or never existed.
func (t *Table) ColumnByID(id ColumnID) *Column {
	if i := t.Ordinal(id); i >= 0 {
		return t.Columns[i]
	}
	return nil
}

// IndexByID returns the index with that number, the primary one included.
func (t *Table) IndexByID(id IndexID) *Index {
	if t.Primary != nil && t.Primary.ID == id {
		return t.Primary
	}
	for _, x := range t.Indexes {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// IndexByOID returns the index with that pg_class OID, the primary one included.
func (t *Table) IndexByOID(oid types.OID) *Index {
	if oid == 0 {
		return nil
	}
	if t.Primary != nil && t.Primary.OID == oid {
		return t.Primary
	}
	for _, x := range t.Indexes {
		if x.OID == oid {
			return x
		}
	}
	return nil
}

// HasPrimaryKey reports whether t was declared with a PRIMARY KEY; if not, a hidden row id orders its rows.
func (t *Table) HasPrimaryKey() bool { return t.Primary != nil && len(t.Primary.Columns) > 0 }

// AllIndexes lists the indexes that users see: that of the PRIMARY KEY first, then the others by creation.
func (t *Table) AllIndexes() []*Index {
	if !t.HasPrimaryKey() {
		return t.Indexes
	}
	return append([]*Index{t.Primary}, t.Indexes...)
}

// StoredQuery is the query of a view or materialized view, and what that depends on; "" for other relations.
func StoredQuery(rel Relation) (query string, dependsOn []types.OID) {
	switch r := rel.(type) {
	case *View:
		return r.Query, r.DependsOn
	case *Table:
		if r.MatView != nil {
			return r.MatView.Query, r.MatView.DependsOn
		}
	}
	return "", nil
}

// CheckOption is what WITH CHECK OPTION says: "local", "cascaded", or "".
func (v *View) CheckOption() string {
	for _, o := range v.Options {
		if value, ok := strings.CutPrefix(o, "check_option="); ok {
			return strings.ToLower(value)
		}
	}
	return ""
}

// WithQuery is the next version of a view or materialized view, with another text of its query.
func WithQuery(rel Relation, query string) Relation {
	switch r := rel.(type) {
	case *View:
		v := *r
		v.Version++
		v.Query = query
		return &v
	case *Table:
		t, m := *r, *r.MatView
		t.Version++
		m.Query = query
		t.MatView = &m
		return &t
	}
	return rel
}

// Column returns the column of a view with that name and its ordinal.
func (v *View) Column(name string) (*Column, int, bool) {
	for i, c := range v.Columns {
		if c.Name == name {
			return c, i, true
		}
	}
	return nil, -1, false
}

// IndexExpr is an expression that index entries of a table depend on: key column Key of Index, or its predicate if Key is -1.
type IndexExpr struct {
	Index *Index
	Key   int
}

// IndexExprs lists the expressions of t's indexes: by index the key columns in order, then the predicate. Whoever encodes
// entries appends their values to the row's columns in this order.
func (t *Table) IndexExprs() []IndexExpr {
	var out []IndexExpr
	for _, x := range t.Indexes {
		for i, c := range x.Columns {
			if c.Column == 0 {
				out = append(out, IndexExpr{x, i})
			}
		}
		if x.Predicate != "" {
			out = append(out, IndexExpr{x, -1})
		}
	}
	return out
}

// Text is the SQL text of the expression.
func (e IndexExpr) Text() string {
	if e.Key < 0 {
		return e.Index.Predicate
	}
	return e.Index.Columns[e.Key].Expr
}

// MethodName is the access method.
func (x *Index) MethodName() string { return cmp.Or(x.Method, "btree") }

// Inverted reports an index that has an entry for each term of a value (package gin), and so no order and no values to give back.
func (x *Index) Inverted() bool { return x.Method == GIN }

// ColumnNames are the names of the columns of an index, INCLUDE after the keys, as pg_attribute has them: that of the table's column, or of
// the expression, with a number where it would repeat.
func (x *Index) ColumnNames(t *Table) []string {
	var names []string
	add := func(name string) {
		base := name
		for n := 1; slices.Contains(names, name); n++ {
			number := strconv.Itoa(n)
			name = ClipName(base, NameMax-len(number)) + number
		}
		names = append(names, name)
	}
	for _, k := range x.Columns {
		if c := t.ColumnByID(k.Column); c != nil {
			add(c.Name)
		} else {
			add(k.Name)
		}
	}
	for _, id := range x.Include {
		if c := t.ColumnByID(id); c != nil {
			add(c.Name)
		}
	}
	return names
}

// GIN is the access method of inverted indexes.
const GIN = "gin"

// Uses reports whether entries of the index depend on a column.
func (x *Index) Uses(id ColumnID) bool {
	return slices.ContainsFunc(x.Columns, func(k IndexColumn) bool { return k.Column == id }) ||
		slices.Contains(x.Include, id) || slices.Contains(x.Reads, id)
}
