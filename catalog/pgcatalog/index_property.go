package pgcatalog

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/accessmethod"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// indexHasProperty is pg_index_has_property.
func indexHasProperty(x *call) (types.Datum, error) {
	_, ix, ok := x.r.Index(x.oid(0))
	if !ok {
		return null, nil
	}
	m, _ := accessmethod.Named(ix.Method)
	return boolProperty(map[string]bool{"clusterable": m.Cluster, "index_scan": m.Plain, "bitmap_scan": true, "backward_scan": m.Plain}, x.str(1)), nil
}

// methodHasProperty is pg_indexam_has_property.
func methodHasProperty(x *call) (types.Datum, error) {
	for name, id := range operatorClasses().methods {
		if m, ok := accessmethod.Named(name); ok && id == x.oid(0) {
			return boolProperty(map[string]bool{"can_order": m.Order, "can_unique": m.Unique, "can_multi_col": m.MultiColumn, "can_exclude": m.Exclude,
				"can_include": m.Include}, x.str(1)), nil
		}
	}
	return null, nil
}

// cleanPendingList is gin_clean_pending_list: the number of pages that it moved into the index proper. There is no list here, so always 0.
func cleanPendingList(x *call) (types.Datum, error) {
	_, ix, ok := x.r.Index(x.oid(0))
	switch {
	case !ok:
		if rel, ok := x.r.RelationByOID(x.oid(0)); ok {
			return null, pgerr.New(pgerr.WrongObjectType, "%q is not an index", rel.RelName())
		}
		return null, pgerr.New(pgerr.UndefinedObject, "could not open relation with OID %d", x.oid(0))
	case !ix.Inverted():
		return null, pgerr.New(pgerr.WrongObjectType, "%q is not a GIN index", ix.Name)
	}
	return big(0), nil
}

// indexColumnHasProperty is pg_index_column_has_property.
func indexColumnHasProperty(x *call) (types.Datum, error) {
	_, ix, ok := x.r.Index(x.oid(0))
	n := int(x.args[1].Int())
	if !ok || n < 1 || n > indexWidth(ix) {
		return null, nil
	}
	m, _ := accessmethod.Named(ix.Method)
	key := n <= len(ix.Columns)
	order := key && m.Order
	k := catalog.IndexColumn{}
	if key {
		k = ix.Columns[n-1]
	}
	return boolProperty(map[string]bool{"asc": order && !k.Desc, "desc": order && k.Desc, "nulls_first": order && k.NullsFirst,
		"nulls_last": order && !k.NullsFirst, "orderable": order, "distance_orderable": false, "returnable": m.Returns, "search_array": key && m.Arrays,
		"search_nulls": key && m.Nulls}, x.str(2)), nil
}
