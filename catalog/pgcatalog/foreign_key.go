package pgcatalog

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// foreignKeyDefinition is pg_get_constraintdef of a FOREIGN KEY.
func foreignKeyDefinition(r *catalog.Reader, visible func(catalog.Relation) bool, t *catalog.Table, k *catalog.ForeignKey) string {
	text := "FOREIGN KEY " + columnNames(t, k.Columns)
	if p, ok := r.Table(k.Parent); ok {
		name := qualified(r, p)
		if visible(p) {
			name = expr.QuoteIdent(p.Name)
		}
		text += " REFERENCES " + name + columnNames(p, k.ParentColumns)
	}
	if k.Match == 'f' {
		text += " MATCH FULL"
	}
	if k.OnUpdate != 'a' {
		text += " ON UPDATE " + actionWord(k.OnUpdate)
	}
	if k.OnDelete != 'a' {
		text += " ON DELETE " + actionWord(k.OnDelete)
	}
	if len(k.SetColumns) > 0 {
		text += " " + columnNames(t, k.SetColumns)
	}
	if k.Deferrable {
		text += " DEFERRABLE"
	}
	if k.InitDeferred {
		text += " INITIALLY DEFERRED"
	}
	if k.NotValid {
		text += " NOT VALID"
	}
	return text
}

func columnNames(t *catalog.Table, ids []catalog.ColumnID) string {
	var names []string
	for _, id := range ids {
		if c := t.ColumnByID(id); c != nil {
			names = append(names, expr.QuoteIdent(c.Name))
		}
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// actionWord is what confupdtype and confdeltype stand for.
func actionWord(letter byte) string {
	return map[byte]string{'a': "NO ACTION", 'r': "RESTRICT", 'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT"}[letter]
}

// equalities are the OIDs of the operators that compare columns of two tables, pairwise.
func equalities(t *catalog.Table, ids []catalog.ColumnID, o *catalog.Table, others []catalog.ColumnID) types.Datum {
	var ops []types.OID
	for i, id := range ids {
		m, err := builtins.ResolveOperator("=", types.BaseOf(t.ColumnByID(id).Type.OID), types.BaseOf(o.ColumnByID(others[i]).Type.OID))
		if err != nil || m.Op == nil {
			return null
		}
		ops = append(ops, m.Op.OID)
	}
	return ints(types.OIDOID, ops)
}

// foreignKeyRow is the row of pg_constraint of a FOREIGN KEY.
func foreignKeyRow(r *catalog.Reader, c constraint) []types.Datum {
	k, t := c.foreign, c.table
	var pf, pp, ff types.Datum
	if p, ok := r.Table(k.Parent); ok {
		pf, pp, ff = equalities(p, k.ParentColumns, t, k.Columns), equalities(p, k.ParentColumns, p, k.ParentColumns), equalities(t, k.Columns, t, k.Columns)
	}
	set := null
	if len(k.SetColumns) > 0 {
		set = ints(types.Int2OID, k.SetColumns)
	}
	return []types.Datum{
		oid(c.oid), str(c.name), oid(t.Schema), chr('f'), yes(k.Deferrable), yes(k.InitDeferred), yes(!k.NotValid), oid(t.OID), oid(0), oid(k.Index),
		oid(0), oid(k.Parent), chr(k.OnUpdate), chr(k.OnDelete), chr(k.Match), yes(true), num(0), yes(true), ints(types.Int2OID, k.Columns),
		ints(types.Int2OID, k.ParentColumns), pf, pp, ff, set, null, null,
	}
}

// isReferentialConstraints is information_schema.referential_constraints.
func isReferentialConstraints(q *query) error {
	return q.eachConstraint(func(t *catalog.Table, c constraint, schema string) error {
		if c.kind != 'f' {
			return nil
		}
		k := c.foreign
		match := "NONE"
		if k.Match == 'f' {
			match = "FULL"
		}
		pairs := []any{"constraint_catalog", q.s.Database, "constraint_schema", schema, "constraint_name", c.name, "match_option", match,
			"update_rule", actionWord(k.OnUpdate), "delete_rule", actionWord(k.OnDelete)}
		if p, ok := q.r.Table(k.Parent); ok {
			if x := p.IndexByOID(k.Index); x != nil && x.Constraint != 0 {
				pairs = append(pairs, "unique_constraint_catalog", q.s.Database, "unique_constraint_schema", q.r.SchemaName(p.Schema),
					"unique_constraint_name", x.Name)
			}
		}
		return q.put(pairs...)
	})
}

// uniquePosition is where in the unique constraint referred to the i-th column of a foreign key finds its counterpart.
func (q *query) uniquePosition(c constraint, i int) types.Datum {
	if c.kind != 'f' {
		return null
	}
	if p, ok := q.r.Table(c.foreign.Parent); ok {
		if x := p.IndexByOID(c.foreign.Index); x != nil {
			for n, k := range x.Columns {
				if k.Column == c.foreign.ParentColumns[i] {
					return num(n + 1)
				}
			}
		}
	}
	return null
}
