package pgcatalog

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// Short names for the values of rows.

var null = types.Null

func oid(v types.OID) types.Datum { return types.NewInt(int64(v)) }
func num(v int) types.Datum       { return types.NewInt(int64(v)) }
func big(v int64) types.Datum     { return types.NewInt(v) }
func str(s string) types.Datum    { return types.NewStr(s) }
func chr(c byte) types.Datum      { return types.NewStr(charText(c)) }
func yes(b bool) types.Datum      { return types.NewBool(b) }
func flt(f float64) types.Datum   { return types.NewFloat(f) }

func charText(c byte) string {
	if c == 0 {
		return ""
	}
	return string([]byte{c})
}

// strOrNull is NULL for "".
func strOrNull(s string) types.Datum {
	if s == "" {
		return null
	}
	return str(s)
}

// texts is an array of text, NULL if empty.
func texts(elem types.OID, list []string) types.Datum {
	if len(list) == 0 {
		return null
	}
	ds := make([]types.Datum, len(list))
	for i, s := range list {
		ds[i] = str(s)
	}
	return types.NewRef(types.NewArray(elem, ds))
}

// ints is an array of integers or OIDs.
func ints[E ~int16 | ~int64 | ~uint32](elem types.OID, list []E) types.Datum {
	ds := make([]types.Datum, len(list))
	for i, v := range list {
		ds[i] = types.NewInt(int64(v))
	}
	return types.NewRef(types.NewArray(elem, ds))
}

// vector is an int2vector or oidvector.
func vector[E ~int16 | ~uint32](elem types.OID, list []E) types.Datum {
	vs := make([]int64, len(list))
	for i, v := range list {
		vs[i] = int64(v)
	}
	return types.NewRef(types.NewVector(elem, vs))
}

// relations calls f for every relation, or for the one that a condition on an OID column picks.
func (q *query) relations(column string, f func(catalog.Relation) error) error {
	if want, ok := q.oidEq(column); ok {
		if rel, ok := q.r.RelationByOID(want); ok {
			return f(rel)
		}
		return nil
	}
	for rel := range q.r.Relations(0) {
		if err := f(rel); err != nil {
			return err
		}
	}
	return nil
}

// tables is relations for user tables.
func (q *query) tables(column string, f func(*catalog.Table) error) error {
	return q.relations(column, func(rel catalog.Relation) error {
		if t, ok := rel.(*catalog.Table); ok && t.Virtual == nil {
			return f(t)
		}
		return nil
	})
}

// columns are the columns of a relation; nil for indexes and sequences.
func columns(rel catalog.Relation) []*catalog.Column {
	switch x := rel.(type) {
	case *catalog.Table:
		return x.Columns
	case *catalog.View:
		return x.Columns
	case *catalog.Type:
		return x.Columns
	case *catalog.Sequence:
		return sequenceColumns
	}
	return nil
}

// sequenceColumns are those that a sequence has when it is read like a table.
var sequenceColumns = []*catalog.Column{
	{ID: 1, Name: "last_value", Type: types.Of(types.Int8OID), NotNull: true},
	{ID: 2, Name: "log_cnt", Type: types.Of(types.Int8OID), NotNull: true},
	{ID: 3, Name: "is_called", Type: types.Of(types.BoolOID), NotNull: true},
}

func owner(rel catalog.Relation) types.OID {
	switch x := rel.(type) {
	case *catalog.Table:
		return x.Owner
	case *catalog.View:
		return x.Owner
	case *catalog.Type:
		return x.Owner
	case *catalog.Sequence:
		return x.Owner
	}
	return catalog.SuperuserOID
}

// ownerOf is owner with an index's owner being its table's.
func ownerOf(r *catalog.Reader, rel catalog.Relation) types.OID {
	if x, ok := rel.(*catalog.Index); ok {
		if t, ok := r.Table(x.Table); ok {
			return t.Owner
		}
	}
	return owner(rel)
}

func roleName(r *catalog.Reader, id types.OID) string {
	if role, ok := r.RoleByOID(id); ok {
		return role.Name
	}
	return ""
}

// attrdefOID is the OID of the default of a column in pg_attrdef. Defaults have no descriptor of their own, so it is made
// from the table and the column, above the range that objects get theirs from.
func attrdefOID(table types.OID, column catalog.ColumnID) types.OID {
	h := uint32(table)*2654435761 ^ uint32(column)*40503
	return types.OID(1<<31 | h&(1<<31-1))
}

// indexWidth is the number of columns in an index's entries, with INCLUDE.
func indexWidth(x *catalog.Index) int { return len(x.Columns) + len(x.Include) }
