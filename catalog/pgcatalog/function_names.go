package pgcatalog

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// visibilityFunctions tell whether a bare name finds the object.
var visibilityFunctions = map[string]code{
	"pg_table_is_visible": func(x *call) (types.Datum, error) {
		rel, ok := x.relation(0)
		if !ok {
			return null, nil
		}
		return yes(x.visible(rel)), nil
	},
	"pg_type_is_visible": func(x *call) (types.Datum, error) {
		if _, ok := types.Info(x.oid(0)); ok {
			return yes(true), nil
		}
		id := x.oid(0)
		if elem := types.ElemOf(id); elem != 0 {
			id = elem
		}
		if t, ok := x.r.TypeByOID(id); ok {
			return yes(x.visible(t)), nil
		}
		rel, ok := x.r.RowType(id)
		if !ok {
			return null, nil
		}
		return yes(x.visible(rel)), nil
	},
	"pg_function_is_visible": func(x *call) (types.Datum, error) {
		_, f, ok := procByOID(x.r, x.oid(0))
		if !ok {
			return null, nil
		}
		return yes(f == nil || functionVisible(x.r, x.path, f)), nil
	},
	// All objects of these sorts are in pg_catalog.
	"pg_operator_is_visible": always, "pg_opclass_is_visible": always, "pg_opfamily_is_visible": always,
	"pg_collation_is_visible": collationVisible, "pg_collation_actual_version": collationVersion,
	"pg_conversion_is_visible": always, "pg_statistics_obj_is_visible": statisticsVisible, "pg_ts_config_is_visible": always,
	"pg_ts_dict_is_visible": always, "pg_ts_parser_is_visible": always, "pg_ts_template_is_visible": always,
}

func always(*call) (types.Datum, error) { return yes(true), nil }

// nameFunctions turn names into OIDs and tell the search path.
var nameFunctions = map[string]code{
	"to_regclass": toReg(types.RegClassOID), "to_regtype": toReg(types.RegTypeOID), "to_regproc": toReg(types.RegProcOID),
	"to_regprocedure": toReg(types.RegProcedureOID), "to_regoper": toReg(types.RegOperOID), "to_regoperator": toReg(types.RegOperatorOID),
	"to_regnamespace": toReg(types.RegNamespaceOID), "to_regrole": toReg(types.RegRoleOID), "to_regcollation": toReg(types.RegCollationOID),

	"current_schema": func(x *call) (types.Datum, error) {
		if list := x.schemas(false); len(list) > 0 {
			return str(list[0]), nil
		}
		return null, nil
	},
	"current_schemas": func(x *call) (types.Datum, error) {
		list := x.schemas(x.args[0].Bool())
		ds := make([]types.Datum, len(list))
		for i, n := range list {
			ds[i] = str(n)
		}
		return types.NewRef(types.NewArray(types.NameOID, ds)), nil
	},
	"pg_get_userbyid": func(x *call) (types.Datum, error) {
		if n := roleName(x.r, x.oid(0)); n != "" {
			return str(n), nil
		}
		return str("unknown (OID=" + itoa(int(x.oid(0))) + ")"), nil
	},
	"pg_describe_object": describeObject,
}

// schemas are the schemas of the search path that exist; implicit adds pg_catalog and the session's temporary schema.
func (x *call) schemas(implicit bool) []string {
	var out []string
	path := x.path
	if temp := catalog.OwnTemp(path[:min(1, len(path))]); temp != "" {
		path = path[1:]
		if _, ok := x.r.Schema(temp); ok && implicit {
			out = append(out, temp)
		}
	}
	if implicit && !slices.Contains(path, "pg_catalog") {
		out = append(out, "pg_catalog")
	}
	for _, n := range path {
		if _, ok := x.r.Schema(n); ok && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// toReg is to_regclass and its like: NULL where there is no such object.
func toReg(t types.OID) code {
	return func(x *call) (types.Datum, error) {
		id, err := ResolveReg(x.s, x.path, t, x.str(0))
		switch pgerr.CodeOf(err) {
		case "":
			return oid(id), nil
		case pgerr.UndefinedTable, pgerr.UndefinedSchema, pgerr.UndefinedObject, pgerr.UndefinedFunction, pgerr.AmbiguousFunction:
			return null, nil
		}
		return null, err
	}
}

// describeObject is the words that messages about dependencies use for an object.
func describeObject(x *call) (types.Datum, error) {
	class, id, sub := x.oid(0), x.oid(1), catalog.ColumnID(x.args[2].Int())
	switch class {
	case classClass:
		rel, ok := x.relation(1)
		if !ok {
			return null, nil
		}
		name := expr.QuoteIdent(rel.RelName())
		if !x.visible(rel) {
			name = qualified(x.r, rel)
		}
		text := map[catalog.RelKind]string{catalog.RelTable: "table ", catalog.RelView: "view ", catalog.RelMatView: "materialized view ", catalog.RelSequence: "sequence ",
			catalog.RelIndex: "index "}[relKind(rel)] + name
		for _, c := range columns(rel) {
			if sub != 0 && c.ID == sub {
				return str("column " + expr.QuoteIdent(c.Name) + " of " + text), nil
			}
		}
		return str(text), nil
	case classType:
		return str("type " + typeName(x.r, x.visible, id, -1, false)), nil
	case classProc:
		if name, ok := procedureName(types.RegProcedureOID, id); ok {
			return str("function " + name), nil
		}
	case classNamespace:
		if n := x.r.SchemaName(id); n != "" {
			return str("schema " + expr.QuoteIdent(n)), nil
		}
	case classConstraint:
		if c, ok := findConstraint(x.r, id); ok {
			return str("constraint " + expr.QuoteIdent(c.name) + " on table " + expr.QuoteIdent(c.table.Name)), nil
		}
	case classStatisticExt:
		if _, s := x.r.StatisticsByOID(id); s != nil {
			return str("statistics object " + x.statisticsName(s)), nil
		}
	case classAuthID:
		if n := roleName(x.r, id); n != "" {
			return str("role " + expr.QuoteIdent(n)), nil
		}
	}
	return null, nil
}
