package address

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Catalog is the catalog as a session sees it.
type Catalog struct {
	Session *catalog.Session
	Path    []string
}

// row is a row of a relation of pg_catalog.
type row struct {
	columns []*catalog.Column
	values  []types.Datum
}

func (r row) get(column string) types.Datum {
	return r.values[slices.IndexFunc(r.columns, func(c *catalog.Column) bool { return c.Name == column })]
}

func (r row) str(column string) string    { return r.get(column).Str() }
func (r row) oid(column string) types.OID { return types.OID(r.get(column).Int()) }

// scan calls f for the rows of a relation in which a column has a value, until f returns false; column "": all rows.
func (c *Catalog) scan(relation, column string, value types.OID, f func(row) bool) error {
	rel, _ := c.Session.Reader.Relation(catalog.PGCatalogOID, relation)
	t, ok := rel.(*catalog.Table)
	if !ok || t.Virtual == nil {
		return nil
	}
	eq := map[int]types.Datum{}
	_, at, ok := t.Column(column)
	if ok {
		eq[at] = types.NewInt(int64(value))
	}
	stopped := false
	return t.Virtual.Rows(c.Session, eq, func(values []types.Datum) error {
		if !stopped && (!ok || types.OID(values[at].Int()) == value) {
			stopped = !f(row{t.Columns, slices.Clone(values)})
		}
		return nil
	})
}

// byOID is the row of an object.
func (c *Catalog) byOID(relation string, id types.OID) (out row, ok bool) {
	err := c.scan(relation, "oid", id, func(r row) bool {
		out, ok = r, true
		return false
	})
	return out, ok && err == nil
}

// attribute finds a column of a relation.
func (c *Catalog) attribute(relation types.OID, is func(row) bool) (out row, ok bool) {
	_ = c.scan("pg_attribute", "attrelid", relation, func(r row) bool {
		if ok = is(r) && !r.get("attisdropped").Bool(); ok {
			out = r
		}
		return !ok
	})
	return out, ok
}

func (c *Catalog) schema(id types.OID) string { return c.Session.Reader.SchemaName(id) }

// relation is the schema and the name of a relation.
func (c *Catalog) relation(id types.OID) []string {
	r, ok := c.byOID("pg_class", id)
	if !ok {
		return nil
	}
	return []string{c.schema(r.oid("relnamespace")), r.str("relname")}
}

// typeName is a type with its schema; those that SQL has key words for have none.
func (c *Catalog) typeName(id types.OID) string {
	if id == 0 {
		return "-"
	}
	if elem := types.ElemOf(id); elem != 0 && id != types.OIDVectorOID && id != types.Int2VectorOID {
		return c.typeName(elem) + "[]"
	}
	if s := types.FormatType(id, -1); id < catalog.FirstUserOID {
		if ti, ok := types.Info(id); ok && s == expr.QuoteIdent(ti.Name) {
			return "pg_catalog." + s
		}
		return s
	}
	schema, name, ok := c.Session.Reader.TypeName(id)
	if !ok {
		return ""
	}
	return qualified(c.schema(schema), name)
}

func qualified(names ...string) string {
	var quoted []string
	for _, n := range names {
		if n != "" {
			quoted = append(quoted, expr.QuoteIdent(n))
		}
	}
	return strings.Join(quoted, ".")
}
