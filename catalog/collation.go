package catalog

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/sql/collation"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Known is the name by which package sql/collation and descriptors know the collation.
func (o *Collation) Known() string { return collation.Object(o.OID, o.Rules) }

// FindCollation finds the collation that a name means: one of the catalog, or, if that is nil, the built-in one called name. The errors are
// 42704 and 3F000, without position.
func (r *Reader) FindCollation(searchPath, names []string) (o *Collation, name string, err error) {
	name = names[len(names)-1]
	path := searchPath
	if len(names) > 1 {
		path = names[len(names)-2 : len(names)-1]
		if path[0] == TempAlias {
			path = []string{OwnTemp(searchPath)}
		} else if _, ok := r.schemaNames[path[0]]; !ok {
			return nil, "", pgerr.New(pgerr.InvalidSchemaName, "schema \"%s\" does not exist", path[0])
		}
	} else if !slices.Contains(path, "pg_catalog") {
		path = append([]string{"pg_catalog"}, path...)
	}
	all := r.CollationsNamed(name)
	for _, p := range path {
		if p == "pg_catalog" && collation.Exists(name) {
			return nil, name, nil
		}
		for _, o := range all {
			if r.SchemaName(o.Schema) == p {
				return o, name, nil
			}
		}
	}
	return nil, "", pgerr.New(pgerr.UndefinedObject, "collation \"%s\" for encoding \"UTF8\" does not exist", strings.Join(names, "."))
}

// CollationUse is a part of a relation or type that depends on a collation: the check, default or column named, an index, all of a table whose
// partition key needs it, or a domain.
type CollationUse struct {
	Table   *Table
	Check   *Check
	Default *Column
	Index   *Index
	Type    *Type
	Column  string // of Table, or of the composite Type
}

// CollationUses lists what depends on a collation besides views and functions. Expressions name it by qualified.
func (r *Reader) CollationUses(c *Collation, qualified string) []CollationUse {
	known, clause := c.Known(), " COLLATE "+qualified+")"
	var uses []CollationUse
	for t := range r.Tables() {
		if t.OID >= FirstUserOID {
			uses = append(uses, t.collationUses(known, clause)...)
		}
	}
	for _, t := range r.Types() {
		if t.Collation == known {
			uses = append(uses, CollationUse{Type: t})
		}
		for _, a := range t.Columns {
			if a.Collation == known {
				uses = append(uses, CollationUse{Type: t, Column: a.Name})
			}
		}
	}
	return uses
}

func (t *Table) collationUses(known, clause string) []CollationUse {
	var uses []CollationUse
	if t.MatView != nil {
		if slices.ContainsFunc(t.Columns, func(c *Column) bool { return c.Collation == known }) {
			uses = append(uses, CollationUse{Table: t})
		}
		return uses
	}
	for _, k := range t.Checks {
		if strings.Contains(k.Expr, clause) {
			uses = append(uses, CollationUse{Table: t, Check: k})
		}
	}
	for _, c := range t.Columns {
		if c.Collation == known {
			uses = append(uses, CollationUse{Table: t, Column: c.Name})
		} else if strings.Contains(c.Default, clause) {
			uses = append(uses, CollationUse{Table: t, Default: c})
		}
	}
	for _, ix := range t.AllIndexes() {
		if strings.Contains(ix.Predicate, clause) ||
			slices.ContainsFunc(ix.Columns, func(k IndexColumn) bool { return k.Collation == known || strings.Contains(k.Expr, clause) }) {
			uses = append(uses, CollationUse{Index: ix})
		}
	}
	if t.Key != nil && slices.ContainsFunc(t.Key.Columns, func(k PartitionColumn) bool { return k.Collation == known || strings.Contains(k.Expr, clause) }) {
		uses = append(uses, CollationUse{Table: t})
	}
	return uses
}

// KeyCollation is the collation of a column of the table's partition key, "" for the default.
func (t *Table) KeyCollation(k PartitionColumn) string {
	if c := t.ColumnByID(k.Column); c != nil && k.Collation == "" {
		return c.Collation
	}
	return k.Collation
}

// DomainCollation is the collation that a type has by its domains, "" for the default.
func (r *Reader) DomainCollation(t types.OID) string {
	for types.IsDomain(t) {
		d, ok := r.TypeByOID(t)
		if !ok {
			return ""
		}
		if d.Collation != "" {
			return d.Collation
		}
		t = d.Base.OID
	}
	return ""
}

// CollationText is a collation that a descriptor names, as SQL text.
func (r *Reader) CollationText(known string) string {
	id, name := collation.ObjectOf(known)
	if c, ok := r.Collation(id); ok {
		return expr.QuoteIdent(r.SchemaName(c.Schema)) + "." + expr.QuoteIdent(c.Name)
	}
	return expr.QuoteIdent(name)
}
