package pgcatalog

import (
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/updatable"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/types"
)

// put emits a row given as column names and values; the other columns are NULL.
func (q *query) put(pairs ...any) error {
	row := make([]types.Datum, len(q.rel.table.Columns))
	for i := 0; i+1 < len(pairs); i += 2 {
		_, at, ok := q.rel.table.Column(pairs[i].(string))
		if !ok {
			continue // the views of one family do not all have all the columns
		}
		switch v := pairs[i+1].(type) {
		case types.Datum:
			row[at] = v
		case string:
			row[at] = str(v)
		case int:
			row[at] = num(v)
		case int64:
			row[at] = big(v)
		case bool:
			row[at] = str(yesNo(v))
		}
	}
	return q.emit(row)
}

func yesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

// named calls f for the relations of the kinds, of which conditions on table_name may pick some.
func (q *query) named(kinds string, f func(rel catalog.Relation, schema string) error) error {
	name, byName := q.textEq("table_name")
	return q.eachRelation(kinds, func(rel catalog.Relation) error {
		if byName && rel.RelName() != name {
			return nil
		}
		return f(rel, q.r.SchemaName(rel.RelSchema()))
	})
}

func (q *query) eachRelation(kinds string, f func(catalog.Relation) error) error {
	for rel := range q.r.Relations(0) {
		k := byte(relKind(rel))
		for i := range len(kinds) {
			if kinds[i] != k {
				continue
			}
			if err := f(rel); err != nil {
				return err
			}
		}
	}
	return nil
}

// shown is how stored expressions look where the search path is the default one.
func (q *query) shown() shown { return shown{q.r, []string{"public"}} }

func isCatalogName(q *query) error { return q.put("catalog_name", q.s.Database) }

func isSchemata(q *query) error {
	for _, s := range q.r.Schemas() {
		if err := q.put("catalog_name", q.s.Database, "schema_name", s.Name, "schema_owner", roleName(q.r, s.Owner)); err != nil {
			return err
		}
	}
	return nil
}

func isTables(q *query) error {
	return q.named("rvp", func(rel catalog.Relation, schema string) error {
		kind := "VIEW"
		if k := relKind(rel); k == catalog.RelTable || k == 'p' {
			kind = "BASE TABLE"
		}
		return q.put("table_catalog", q.s.Database, "table_schema", schema, "table_name", rel.RelName(), "table_type", kind,
			"is_insertable_into", updatableEvents(q.r, rel, false)&updatable.Insert != 0, "is_typed", false)
	})
}

func isViews(q *query) error {
	return q.named("v", func(rel catalog.Relation, schema string) error {
		v, ok := rel.(*catalog.View)
		option, instead, can := "NONE", updatable.Events(0), updatableEvents(q.r, rel, false)
		if ok {
			option, instead = updatable.CheckOption(v), updatable.Instead(v)
		}
		both := updatable.Update | updatable.Delete
		return q.put("table_catalog", q.s.Database, "table_schema", schema, "table_name", rel.RelName(),
			"view_definition", strOrNull(q.shown().viewQuery(rel)), "check_option", option, "is_updatable", can&both == both,
			"is_insertable_into", can&updatable.Insert != 0, "is_trigger_updatable", instead&updatable.Update != 0,
			"is_trigger_deletable", instead&updatable.Delete != 0, "is_trigger_insertable_into", instead&updatable.Insert != 0)
	})
}

// updatableEvents is updatable.What for any relation, the built-in ones included.
func updatableEvents(r *catalog.Reader, rel catalog.Relation, triggers bool) updatable.Events {
	switch relKind(rel) {
	case catalog.RelTable, 'p':
		return updatable.All
	}
	return updatable.What(r, rel, triggers)
}

func columnUpdatable(r *catalog.Reader, rel catalog.Relation, id catalog.ColumnID, triggers bool) bool {
	switch relKind(rel) {
	case catalog.RelTable, 'p':
		return true
	}
	return updatable.Column(r, rel, id, triggers)
}

func isViewTableUsage(q *query) error {
	return q.eachRelation("v", func(rel catalog.Relation) error {
		v, ok := rel.(*catalog.View)
		if !ok {
			return nil
		}
		for _, id := range v.DependsOn {
			on, ok := q.r.RelationByOID(id)
			if !ok {
				continue
			}
			if err := q.put("view_catalog", q.s.Database, "view_schema", q.r.SchemaName(v.Schema), "view_name", v.Name,
				"table_catalog", q.s.Database, "table_schema", q.r.SchemaName(on.RelSchema()), "table_name", on.RelName()); err != nil {
				return err
			}
		}
		return nil
	})
}

func isColumns(q *query) error {
	return q.named("rvp", func(rel catalog.Relation, schema string) error {
		for _, c := range columns(rel) {
			pairs := []any{"table_catalog", q.s.Database, "table_schema", schema, "table_name", rel.RelName(), "column_name", c.Name,
				"ordinal_position", int(c.ID), "is_nullable", !c.NotNull, "dtd_identifier", strconv.Itoa(int(c.ID)),
				"is_self_referencing", false, "is_identity", c.Identity != 0, "identity_cycle", false, "is_updatable", columnUpdatable(q.r, rel, c.ID, false)}
			if c.Generated != 0 {
				pairs = append(pairs, "is_generated", "ALWAYS", "generation_expression", q.shown().text(c.Default))
			} else {
				pairs = append(pairs, "is_generated", "NEVER")
				if c.Identity == 0 {
					pairs = append(pairs, "column_default", strOrNull(q.shown().text(c.Default)))
				}
			}
			pairs = append(pairs, q.identityFacts(rel, c)...)
			pairs = append(pairs, q.typeFacts(c.Type)...)
			if id := collationOID(c.Collation); c.Collation != "" && id != 0 && id != defaultCollation {
				schema, name := collationName(q.r, c.Collation)
				pairs = append(pairs, "collation_catalog", q.s.Database, "collation_schema", schema, "collation_name", name)
			}
			if err := q.put(pairs...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (q *query) identityFacts(rel catalog.Relation, c *catalog.Column) []any {
	if c.Identity == 0 {
		return nil
	}
	generation := "BY DEFAULT"
	if c.Identity == 'a' {
		generation = "ALWAYS"
	}
	pairs := []any{"identity_generation", generation}
	for _, s := range q.r.OwnedSequences(rel.RelOID(), c.ID) {
		text := func(v int64) string { return strconv.FormatInt(v, 10) }
		pairs = append(pairs, "identity_start", text(s.Start), "identity_increment", text(s.Increment), "identity_maximum", text(s.Max),
			"identity_minimum", text(s.Min), "identity_cycle", s.Cycle)
	}
	return pairs
}

// typeFacts are what information_schema says of a type: its name and the facts of its modifier.
func (q *query) typeFacts(t types.T) []any {
	ti, ok := types.Info(t.OID)
	if !ok {
		rel, _ := q.r.RowType(t.OID)
		if rel == nil {
			return nil
		}
		return []any{"data_type", "USER-DEFINED", "udt_catalog", q.s.Database, "udt_schema", q.r.SchemaName(rel.RelSchema()), "udt_name", rel.RelName()}
	}
	name := types.FormatType(t.OID, -1)
	if ti.IsArray() || t.OID == types.Int2VectorOID || t.OID == types.OIDVectorOID {
		name = "ARRAY"
	}
	pairs := []any{"data_type", name, "udt_catalog", q.s.Database, "udt_schema", "pg_catalog", "udt_name", ti.Name}
	return append(pairs, modifierFacts(t)...)
}

func modifierFacts(t types.T) []any {
	seconds := 6
	if t.Mod >= 0 {
		seconds = int(t.Mod)
	}
	switch t.OID {
	case types.VarcharOID, types.BPCharOID:
		if t.Mod < 4 {
			return []any{"character_octet_length", 1 << 30}
		}
		return []any{"character_maximum_length", int(t.Mod - 4), "character_octet_length", int(t.Mod-4) * 4}
	case types.TextOID:
		return []any{"character_octet_length", 1 << 30}
	case types.BitOID, types.VarbitOID:
		if t.Mod > 0 {
			return []any{"character_maximum_length", int(t.Mod)}
		}
	case types.Int2OID, types.Int4OID, types.Int8OID:
		return []any{"numeric_precision", integerBits(t.OID), "numeric_precision_radix", 2, "numeric_scale", 0}
	case types.Float4OID:
		return []any{"numeric_precision", 24, "numeric_precision_radix", 2}
	case types.Float8OID:
		return []any{"numeric_precision", 53, "numeric_precision_radix", 2}
	case types.NumericOID:
		if p, s, ok := types.NumericMod(t.Mod); ok {
			return []any{"numeric_precision", p, "numeric_precision_radix", 10, "numeric_scale", s}
		}
		return []any{"numeric_precision_radix", 10}
	case types.DateOID:
		return []any{"datetime_precision", 0}
	case types.TimeOID, types.TimetzOID, types.TimestampOID, types.TimestamptzOID:
		return []any{"datetime_precision", seconds}
	case types.IntervalOID:
		return intervalFacts(t)
	}
	return nil
}

func intervalFacts(t types.T) []any {
	precision := 6
	if p := t.Mod & 0xffff; t.Mod >= 0 && p != 0xffff {
		precision = int(p)
	}
	pairs := []any{"datetime_precision", precision}
	fields := types.FormatTypmod(t.OID, t.Mod|0xffff)
	if t.Mod >= 0 && fields != "" {
		pairs = append(pairs, "interval_type", upper(fields[1:]))
	}
	return pairs
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 32
		}
	}
	return string(b)
}

func integerBits(t types.OID) int {
	switch t {
	case types.Int2OID:
		return 16
	case types.Int4OID:
		return 32
	}
	return 64
}

func isElementTypes(q *query) error {
	return q.eachRelation("rv", func(rel catalog.Relation) error {
		for _, c := range columns(rel) {
			elem := types.ElemOf(c.Type.OID)
			if elem == 0 {
				continue
			}
			id := strconv.Itoa(int(c.ID))
			pairs := []any{"object_catalog", q.s.Database, "object_schema", q.r.SchemaName(rel.RelSchema()), "object_name", rel.RelName(),
				"object_type", "TABLE", "collection_type_identifier", id, "dtd_identifier", "a" + id}
			if err := q.put(append(pairs, q.typeFacts(types.Of(elem))[:8]...)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachConstraint calls f for the constraints of user tables.
func (q *query) eachConstraint(f func(t *catalog.Table, c constraint, schema string) error) error {
	return q.named("r", func(rel catalog.Relation, schema string) error {
		t := rel.(*catalog.Table)
		if t.Virtual != nil {
			return nil
		}
		for _, c := range constraintsOf(t) {
			if err := f(t, c, schema); err != nil {
				return err
			}
		}
		return nil
	})
}

// notNullName is the name that information_schema gives to NOT NULL, which PostgreSQL 15 has no constraint for.
func notNullName(t *catalog.Table, c *catalog.Column) string {
	return strconv.Itoa(int(t.Schema)) + "_" + strconv.Itoa(int(t.OID)) + "_" + strconv.Itoa(int(c.ID)) + "_not_null"
}

func isTableConstraints(q *query) error {
	kinds := map[byte]string{'c': "CHECK", 'p': "PRIMARY KEY", 'u': "UNIQUE", 'f': "FOREIGN KEY"}
	put := func(t *catalog.Table, schema, name, kind string, distinct types.Datum, k *catalog.ForeignKey) error {
		if k == nil {
			k = &catalog.ForeignKey{}
		}
		return q.put("constraint_catalog", q.s.Database, "constraint_schema", schema, "constraint_name", name, "table_catalog", q.s.Database,
			"table_schema", schema, "table_name", t.Name, "constraint_type", kind, "is_deferrable", k.Deferrable, "initially_deferred", k.InitDeferred,
			"enforced", true, "nulls_distinct", distinct)
	}
	if err := q.eachConstraint(func(t *catalog.Table, c constraint, schema string) error {
		distinct := null
		if c.kind == 'u' {
			distinct = str(yesNo(!c.index.NullsNotDistinct))
		}
		return put(t, schema, c.name, kinds[c.kind], distinct, c.foreign)
	}); err != nil {
		return err
	}
	return q.eachNotNull(func(t *catalog.Table, c *catalog.Column, schema string) error {
		return put(t, schema, notNullName(t, c), "CHECK", null, nil)
	})
}

func (q *query) eachNotNull(f func(t *catalog.Table, c *catalog.Column, schema string) error) error {
	return q.named("r", func(rel catalog.Relation, schema string) error {
		t := rel.(*catalog.Table)
		for _, c := range t.Columns {
			if t.Virtual != nil || !c.NotNull {
				continue
			}
			if err := f(t, c, schema); err != nil {
				return err
			}
		}
		return nil
	})
}

func isCheckConstraints(q *query) error {
	put := func(schema, name, clause string) error {
		return q.put("constraint_catalog", q.s.Database, "constraint_schema", schema, "constraint_name", name, "check_clause", clause)
	}
	if err := q.eachConstraint(func(_ *catalog.Table, c constraint, schema string) error {
		if c.kind != 'c' {
			return nil
		}
		return put(schema, c.name, "("+q.shown().text(c.check.Expr)+")")
	}); err != nil {
		return err
	}
	return q.eachNotNull(func(t *catalog.Table, c *catalog.Column, schema string) error {
		return put(schema, notNullName(t, c), c.Name+" IS NOT NULL")
	})
}

func isKeyColumnUsage(q *query) error {
	return q.eachConstraint(func(t *catalog.Table, c constraint, schema string) error {
		if c.kind == 'c' {
			return nil
		}
		return q.constraintColumns(t, c, schema)
	})
}

func isConstraintColumnUsage(q *query) error {
	return q.eachConstraint(func(t *catalog.Table, c constraint, schema string) error {
		if c.kind == 'f' { // the columns referred to
			if p, ok := q.r.Table(c.foreign.Parent); ok {
				c.columns = c.foreign.ParentColumns
				return q.constraintColumns(p, c, schema)
			}
		}
		return q.constraintColumns(t, c, schema)
	})
}

func (q *query) constraintColumns(t *catalog.Table, c constraint, schema string) error {
	for i, id := range c.columns {
		col := t.ColumnByID(id)
		if col == nil {
			continue
		}
		if err := q.put("constraint_catalog", q.s.Database, "constraint_schema", schema, "constraint_name", c.name, "table_catalog", q.s.Database,
			"table_schema", q.r.SchemaName(t.Schema), "table_name", t.Name, "column_name", col.Name, "ordinal_position", i+1,
			"position_in_unique_constraint", q.uniquePosition(c, i)); err != nil {
			return err
		}
	}
	return nil
}

func isConstraintTableUsage(q *query) error {
	return q.eachConstraint(func(t *catalog.Table, c constraint, schema string) error {
		if c.kind == 'c' {
			return nil
		}
		if c.kind == 'f' {
			if p, ok := q.r.Table(c.foreign.Parent); ok {
				t = p
			}
		}
		return q.put("constraint_catalog", q.s.Database, "constraint_schema", schema, "constraint_name", c.name, "table_catalog", q.s.Database,
			"table_schema", schema, "table_name", t.Name)
	})
}

func isSequences(q *query) error {
	return q.eachRelation("S", func(rel catalog.Relation) error {
		s := rel.(*catalog.Sequence)
		if s.OwnedBy.Identity {
			return nil // identity sequences are part of their column
		}
		text := func(v int64) string { return strconv.FormatInt(v, 10) }
		return q.put("sequence_catalog", q.s.Database, "sequence_schema", q.r.SchemaName(s.Schema), "sequence_name", s.Name,
			"data_type", types.FormatType(s.Type, -1), "numeric_precision", integerBits(s.Type), "numeric_precision_radix", 2, "numeric_scale", 0,
			"start_value", text(s.Start), "minimum_value", text(s.Min), "maximum_value", text(s.Max), "increment", text(s.Increment),
			"cycle_option", s.Cycle)
	})
}

func isRoutines(q *query) error {
	name, byName := q.textEq("routine_name")
	procs := builtins.Procs()
	for i := range procs {
		p := procs[i]
		if byName && p.Name != name || p.Kind != 'f' && p.Kind != 'p' {
			continue
		}
		kind := "FUNCTION"
		if p.Kind == 'p' {
			kind = "PROCEDURE"
		}
		body, language := "EXTERNAL", "INTERNAL"
		if p.SQL {
			body, language = "SQL", "SQL"
		}
		ret := "void"
		if ti, ok := types.Info(p.Ret); ok {
			ret = ti.Name
		}
		data := types.FormatType(p.Ret, -1)
		if types.IsArray(p.Ret) {
			data = "ARRAY"
		}
		if err := q.put("specific_catalog", q.s.Database, "specific_schema", "pg_catalog", "specific_name", p.Name+"_"+itoa(int(p.OID)),
			"routine_catalog", q.s.Database, "routine_schema", "pg_catalog", "routine_name", p.Name, "routine_type", kind, "data_type", data,
			"type_udt_catalog", q.s.Database, "type_udt_schema", "pg_catalog", "type_udt_name", ret, "dtd_identifier", "0", "routine_body", body,
			"routine_definition", p.Src, "external_language", language, "parameter_style", "GENERAL", "is_deterministic", p.Volatile == 'i',
			"sql_data_access", "MODIFIES", "is_null_call", p.Strict, "schema_level_routine", true, "max_dynamic_result_sets", 0,
			"security_type", "INVOKER", "as_locator", false, "is_udt_dependent", false); err != nil {
			return err
		}
	}
	for _, f := range q.r.Functions(0) {
		if byName && f.Name != name {
			continue
		}
		if err := catalogRoutine(q, f); err != nil {
			return err
		}
	}
	return nil
}

func isCharacterSets(q *query) error {
	return q.put("character_set_name", "UTF8", "character_repertoire", "UCS", "form_of_use", "UTF8", "default_collate_catalog", q.s.Database,
		"default_collate_schema", "pg_catalog", "default_collate_name", "ucs_basic")
}

func isCollations(q *query) error {
	for _, c := range allCollations(q.r) {
		if err := q.put("collation_catalog", q.s.Database, "collation_schema", q.r.SchemaName(c.Schema), "collation_name", c.Name, "pad_attribute", "NO PAD"); err != nil {
			return err
		}
	}
	return nil
}

func isEnabledRoles(q *query) error {
	return q.roles(func(r *catalog.Role) []types.Datum { return []types.Datum{str(r.Name)} })
}

func isApplicableRoles(q *query) error {
	return q.put("grantee", "postgres", "role_name", "pg_database_owner", "is_grantable", false)
}

var tablePrivileges = []string{"INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}

// isTablePrivileges shows what owners have, which is all that there is.
func isTablePrivileges(q *query) error {
	return q.named("rv", func(rel catalog.Relation, schema string) error {
		who := roleName(q.r, owner(rel))
		for _, p := range tablePrivileges {
			if err := q.put("grantor", who, "grantee", who, "table_catalog", q.s.Database, "table_schema", schema, "table_name", rel.RelName(),
				"privilege_type", p, "is_grantable", true, "with_hierarchy", p == "SELECT"); err != nil {
				return err
			}
		}
		return nil
	})
}

func isColumnPrivileges(q *query) error {
	return q.named("rv", func(rel catalog.Relation, schema string) error {
		who := roleName(q.r, owner(rel))
		for _, c := range columns(rel) {
			for _, p := range []string{"INSERT", "SELECT", "UPDATE", "REFERENCES"} {
				if err := q.put("grantor", who, "grantee", who, "table_catalog", q.s.Database, "table_schema", schema, "table_name", rel.RelName(),
					"column_name", c.Name, "privilege_type", p, "is_grantable", true); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
