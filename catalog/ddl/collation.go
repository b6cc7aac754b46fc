package ddl

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// keyCollation is the collation that a key column names, "" if it names none.
func (x *Executor) keyCollation(names []string, t types.T) (string, error) {
	if len(names) == 0 {
		return "", nil
	}
	if ti, ok := types.Info(types.BaseOf(t.OID)); !ok || ti.Collation == 0 {
		return "", pgerr.New(pgerr.DatatypeMismatch, "collations are not supported by type %s", types.FormatType(t.OID, -1))
	}
	return x.collationName(names, -1)
}

// usesOfCollation lists what depends on a collation besides views and functions, which say so themselves.
func (x *Executor) usesOfCollation(c *catalog.Collation, on string) []dependent {
	var deps []dependent
	for _, u := range x.Txn.Newest().CollationUses(c, x.qualified(c.Schema, c.Name)) {
		d := dependent{on: on, check: u.Check, column: u.Default}
		switch {
		case u.Index != nil:
			d.rel = u.Index
		case u.Table != nil:
			d.rel = u.Table
		default:
			d.rel = typeObject{u.Type}
		}
		if u.Column != "" {
			of := "composite type "
			if u.Table != nil {
				of = "table "
			}
			d.use = &typeUse{text: "column " + quoteIdent(u.Column) + " of " + of + x.relName(d.rel), on: on, table: u.Table, typ: u.Type, column: u.Column}
		}
		deps = append(deps, d)
	}
	return deps
}

// CheckCollationMoves refuses to give another name to a collation that stored text names.
func (x *Executor) CheckCollationMoves(c *catalog.Collation) error {
	for _, d := range x.dependents(object{c}) {
		if _, domain := d.rel.(typeObject); d.use == nil && !domain {
			return pgerr.FeatureNotSupported("renaming or moving a collation that " + x.describe(d) + " depends on")
		}
	}
	return nil
}
