package address

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// lookup is a search for an object by its type and its lists of names and arguments.
type lookup struct {
	c           *Catalog
	kind        string
	names, args []string
	given       []string // the arguments as they were given
}

// sought says in which relation a type's objects are, how many names and arguments there are.
type sought struct {
	class    string
	exactly  int // names, 0: one at least
	args     int // -1: any number
	code     pgerr.Code
	parent   bool // the last name is that of a part, the others are those of a relation
	typeName bool // the name is that of a type
}

var soughts = map[string]sought{
	"table": {class: "pg_class"}, "index": {class: "pg_class"}, "sequence": {class: "pg_class"}, "view": {class: "pg_class"},
	"materialized view": {class: "pg_class"}, "foreign table": {class: "pg_class"}, "composite type": {class: "pg_class"},
	"table column": {class: "pg_class", parent: true}, "foreign table column": {class: "pg_class", parent: true},
	"type": {class: "pg_type", exactly: 1, typeName: true}, "aggregate": {class: "pg_proc", args: -1}, "function": {class: "pg_proc", args: -1},
	"procedure": {class: "pg_proc", args: -1}, "operator": {class: "pg_operator", args: 2}, "cast": {class: "pg_cast", exactly: 1, args: 1, typeName: true},
	"table constraint": {class: "pg_constraint", parent: true}, "domain constraint": {class: "pg_constraint", exactly: 1, args: 1, typeName: true},
	"default value": {class: "pg_attrdef", parent: true}, "rule": {class: "pg_rewrite", parent: true}, "trigger": {class: "pg_trigger", parent: true},
	"operator class": {class: "pg_opclass"}, "operator family": {class: "pg_opfamily"},
	"operator of access method": {class: "pg_amop", args: 2}, "function of access method": {class: "pg_amproc", args: 2},
	"collation": {class: "pg_collation"}, "conversion": {class: "pg_conversion"}, "statistics object": {class: "pg_statistic_ext"},
	"text search parser": {class: "pg_ts_parser"}, "text search dictionary": {class: "pg_ts_dict"},
	"text search template": {class: "pg_ts_template"}, "text search configuration": {class: "pg_ts_config"},
	"schema": {class: "pg_namespace", exactly: 1, code: pgerr.InvalidSchemaName}, "language": {class: "pg_language", exactly: 1},
	"access method": {class: "pg_am", exactly: 1}, "role": {class: "pg_authid", exactly: 1},
	"database": {class: "pg_database", exactly: 1, code: pgerr.InvalidCatalogName}, "tablespace": {class: "pg_tablespace", exactly: 1},
	"extension": {class: "pg_extension", exactly: 1}, "foreign-data wrapper": {class: "pg_foreign_data_wrapper", exactly: 1},
	"server": {class: "pg_foreign_server", exactly: 1}, "event trigger": {class: "pg_event_trigger", exactly: 1},
	"publication": {class: "pg_publication", exactly: 1}, "subscription": {class: "pg_subscription", exactly: 1},
}

// Find finds an object. resolve finds types by their names.
func (c *Catalog) Find(kind string, names, args []string, resolve func(string) (types.OID, error)) (Address, error) {
	s, ok := soughts[kind]
	l := &lookup{c: c, kind: kind, names: slices.Clone(names), args: slices.Clone(args), given: args}
	switch {
	case !ok && unsupportedKinds[kind]:
		return Address{}, pgerr.New(pgerr.InvalidParameterValue, "unsupported object type \"%s\"", kind)
	case !ok:
		return Address{}, pgerr.New(pgerr.InvalidParameterValue, "unrecognized object type \"%s\"", kind)
	case s.exactly > 0 && len(names) != s.exactly:
		return Address{}, pgerr.New(pgerr.InvalidParameterValue, "name list length must be exactly %d", s.exactly)
	case len(names) < 1:
		return Address{}, pgerr.New(pgerr.InvalidParameterValue, "name list length must be at least %d", 1)
	case s.parent && len(names) < 2:
		return Address{}, pgerr.New(pgerr.InvalidParameterValue, "name list length must be at least %d", 2)
	case s.args > 0 && len(args) != s.args:
		return Address{}, pgerr.New(pgerr.InvalidParameterValue, "argument list length must be exactly %d", s.args)
	}
	if err := l.resolveTypes(s, resolve); err != nil {
		return Address{}, err
	}
	for _, prefix := range l.schemas() {
		a, ok, err := l.scan(s, prefix)
		if ok || err != nil {
			return a, err
		}
	}
	return Address{}, l.errMissing(s)
}

// unsupportedKinds are words of Identify that no object is found by.
var unsupportedKinds = map[string]bool{"toast table": true, "index column": true, "sequence column": true, "toast table column": true, "view column": true,
	"materialized view column": true}

// resolveTypes makes names of types what Identify calls them.
func (l *lookup) resolveTypes(s sought, resolve func(string) (types.OID, error)) error {
	lists := [][]string{l.args}
	if s.typeName {
		lists = append(lists, l.names)
	}
	if l.kind == "domain constraint" {
		lists = lists[1:]
	}
	for _, list := range lists {
		for i, name := range list {
			id, err := resolve(name)
			if err != nil {
				return err
			}
			list[i] = l.c.typeName(id)
		}
	}
	return nil
}

// schemas are the schemas that may have to be added to the names: none first, for those that have one or need none.
func (l *lookup) schemas() []string {
	list := []string{""}
	if !slices.Contains(l.c.Path, "pg_catalog") {
		list = append(list, "pg_catalog")
	}
	return append(list, l.c.Path...)
}

// partNames are the columns of the names that alone do not tell an object from others.
var partNames = map[string]string{"pg_proc": "proname", "pg_operator": "oprname", "pg_opclass": "opcname", "pg_opfamily": "opfname",
	"pg_constraint": "conname", "pg_rewrite": "rulename", "pg_trigger": "tgname"}

func (l *lookup) scan(s sought, schema string) (a Address, ok bool, err error) {
	at := slices.IndexFunc(classes, func(k class) bool { return k.relation == s.class })
	k, names := &classes[at], l.names
	column := ""
	if k.relation == "pg_class" && s.parent {
		names, column = names[:len(names)-1], names[len(names)-1]
	}
	if schema != "" {
		first := 0
		if strings.HasPrefix(k.relation, "pg_op") && k.relation != "pg_operator" || strings.HasPrefix(k.relation, "pg_am") && s.args == 2 {
			first = 1 // behind the access method
		}
		names = slices.Insert(slices.Clone(names), min(first, len(names)), schema)
	}
	named := k.name
	if named == "" {
		named = partNames[k.relation]
	}
	err = l.c.scan(k.relation, "", 0, func(r row) bool {
		if named != "" && !s.typeName && r.str(named) != names[len(names)-1] {
			return true
		}
		id := l.c.identify(k, r, 0)
		if id.Type != strings.TrimSuffix(l.kind, " column") || !slices.Equal(id.Names, names) || !slices.Equal(id.Args, l.args) {
			return true
		}
		a, ok = Address{Class: k.oid, Object: r.oid("oid")}, true
		return false
	})
	if ok && column != "" {
		r, found := l.c.attribute(a.Object, func(r row) bool { return r.str("attname") == column })
		if !found {
			return a, false, pgerr.New(pgerr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", column, qualified(names...))
		}
		a.Column = int(r.get("attnum").Int())
	}
	return a, ok, err
}

func (l *lookup) errMissing(s sought) error {
	last, text := l.names[len(l.names)-1], strings.Join(l.names, ".")
	types := strings.ReplaceAll(strings.Join(l.args, ", "), "pg_catalog.", "")
	if s.exactly == 0 && len(l.names) == 2 && !s.parent && !strings.HasPrefix(s.class, "pg_opc") && !strings.HasPrefix(s.class, "pg_opf") {
		if _, ok := l.c.Session.Reader.Schema(l.names[0]); !ok {
			return pgerr.New(pgerr.InvalidSchemaName, "schema \"%s\" does not exist", l.names[0])
		}
	}
	switch {
	case s.class == "pg_class" && s.parent:
		return pgerr.New(pgerr.UndefinedTable, "relation \"%s\" does not exist", strings.Join(l.names[:len(l.names)-1], "."))
	case s.class == "pg_class":
		return pgerr.New(pgerr.UndefinedTable, "relation \"%s\" does not exist", text)
	case s.class == "pg_proc":
		return pgerr.New(pgerr.UndefinedFunction, "%s %s(%s) does not exist", l.kind, text, types)
	case l.kind == "operator":
		return pgerr.New(pgerr.UndefinedFunction, "operator does not exist: %s %s %s", strings.ReplaceAll(l.args[0], "pg_catalog.", ""), last,
			strings.ReplaceAll(l.args[1], "pg_catalog.", ""))
	case l.kind == "cast":
		return pgerr.New(pgerr.UndefinedObject, "cast from type %s to type %s does not exist", strings.ReplaceAll(l.names[0], "pg_catalog.", ""), types)
	case s.class == "pg_amop" || s.class == "pg_amproc":
		what := map[string]string{"pg_amop": "operator", "pg_amproc": "function"}[s.class]
		return pgerr.New(pgerr.UndefinedObject, "%s %s (%s) of operator family %s for access method %s does not exist", what, last,
			strings.Join(l.given, ", "), strings.Join(l.names[1:len(l.names)-1], "."), l.names[0])
	case s.parent:
		return pgerr.New(pgerr.UndefinedObject, "%s \"%s\" for table \"%s\" does not exist", strings.TrimPrefix(l.kind, "table "), last, l.names[len(l.names)-2])
	case s.code != "":
		return pgerr.New(s.code, "%s \"%s\" does not exist", l.kind, text)
	case l.kind == "collation":
		return pgerr.New(pgerr.UndefinedObject, "collation \"%s\" for encoding \"UTF8\" does not exist", text)
	}
	return pgerr.New(pgerr.UndefinedObject, "%s \"%s\" does not exist", l.kind, text)
}
