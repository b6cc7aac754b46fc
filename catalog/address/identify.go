package address

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Address is an object: the OID of its relation of pg_catalog, its own, and the number of a column.
type Address struct {
	Class, Object types.OID
	Column        int
}

// Identity is what tells an object from others.
type Identity struct {
	Type string
	// Schema and Name, "" for NULL: a name stands only where, with the schema, no other object can have it.
	Schema, Name string
	// Text is the identity for people, "" if the object does not exist.
	Text string
	// Names and Args find the object again.
	Names, Args []string
}

// class is a relation of pg_catalog whose rows are objects.
type class struct {
	oid      types.OID
	relation string
	kind     string // what the objects are called
	name     string // the column with the name
	schema   string // the column with the schema, "" if names have none
	identify func(c *Catalog, r row, column int, out *Identity)
}

var classes = []class{
	{1259, "pg_class", "relation", "relname", "relnamespace", identifyRelation},
	{1247, "pg_type", "type", "typname", "typnamespace", identifyType},
	{1255, "pg_proc", "routine", "", "pronamespace", identifyFunction},
	{2617, "pg_operator", "operator", "", "oprnamespace", identifyOperator},
	{2606, "pg_constraint", "constraint", "", "connamespace", identifyConstraint},
	{2604, "pg_attrdef", "default value", "", "", identifyDefault},
	{2605, "pg_cast", "cast", "", "", identifyCast},
	{2616, "pg_opclass", "operator class", "", "opcnamespace", identifyClass("opcname", "opcnamespace", "opcmethod")},
	{2753, "pg_opfamily", "operator family", "", "opfnamespace", identifyClass("opfname", "opfnamespace", "opfmethod")},
	{2602, "pg_amop", "operator of access method", "", "", identifyMember("operator", "amop", "amopstrategy")},
	{2603, "pg_amproc", "function of access method", "", "", identifyMember("function", "amproc", "amprocnum")},
	{2618, "pg_rewrite", "rule", "", "", identifyPart("rulename", "ev_class")},
	{2620, "pg_trigger", "trigger", "", "", identifyPart("tgname", "tgrelid")},
	{2615, "pg_namespace", "schema", "nspname", "", nil},
	{2612, "pg_language", "language", "lanname", "", nil},
	{2601, "pg_am", "access method", "amname", "", nil},
	{1260, "pg_authid", "role", "rolname", "", nil},
	{1262, "pg_database", "database", "datname", "", nil},
	{1213, "pg_tablespace", "tablespace", "spcname", "", nil},
	{3079, "pg_extension", "extension", "extname", "", nil},
	{3456, "pg_collation", "collation", "collname", "collnamespace", nil},
	{2607, "pg_conversion", "conversion", "conname", "connamespace", nil},
	{3381, "pg_statistic_ext", "statistics object", "stxname", "stxnamespace", nil},
	{3601, "pg_ts_parser", "text search parser", "prsname", "prsnamespace", nil},
	{3600, "pg_ts_dict", "text search dictionary", "dictname", "dictnamespace", nil},
	{3764, "pg_ts_template", "text search template", "tmplname", "tmplnamespace", nil},
	{3602, "pg_ts_config", "text search configuration", "cfgname", "cfgnamespace", nil},
	{2328, "pg_foreign_data_wrapper", "foreign-data wrapper", "fdwname", "", nil},
	{1417, "pg_foreign_server", "server", "srvname", "", nil},
	{3466, "pg_event_trigger", "event trigger", "evtname", "", nil},
	{6104, "pg_publication", "publication", "pubname", "", nil},
	{6100, "pg_subscription", "subscription", "subname", "", nil},
}

// Identify identifies an object. Of one that does not exist only the type is known.
func (c *Catalog) Identify(a Address) (Identity, error) {
	i := slices.IndexFunc(classes, func(k class) bool { return k.oid == a.Class })
	if i < 0 {
		return Identity{}, pgerr.New(pgerr.InvalidParameterValue, "unrecognized object class: %d", a.Class)
	}
	k := &classes[i]
	r, ok := c.byOID(k.relation, a.Object)
	if !ok {
		out := Identity{Type: k.kind}
		if k.relation == "pg_class" && a.Column != 0 {
			out.Type += " column"
		}
		return out, nil
	}
	return c.identify(k, r, a.Column), nil
}

func (c *Catalog) identify(k *class, r row, column int) Identity {
	out := Identity{Type: k.kind}
	if k.schema != "" {
		out.Schema = c.schema(r.oid(k.schema))
	}
	if k.name != "" {
		name := r.str(k.name)
		out.Name, out.Text, out.Names = expr.QuoteIdent(name), qualified(out.Schema, name), []string{name}
		if k.schema != "" {
			out.Names = []string{out.Schema, name}
		}
	}
	if k.identify != nil {
		k.identify(c, r, column, &out)
	}
	if out.Schema != "" {
		out.Schema = expr.QuoteIdent(out.Schema)
	}
	return out
}

var relationKinds = map[string]string{"r": "table", "p": "table", "i": "index", "I": "index", "S": "sequence", "v": "view", "m": "materialized view",
	"c": "composite type", "f": "foreign table", "t": "toast table"}

func identifyRelation(c *Catalog, r row, column int, out *Identity) {
	out.Type = relationKinds[r.str("relkind")]
	if column == 0 {
		return
	}
	name := c.column(r.oid("oid"), column)
	if out.Type += " column"; name == "" {
		*out = Identity{Type: out.Type}
		return
	}
	out.Text, out.Names = qualified(append(out.Names, name)...), append(out.Names, name)
}

// column is the name of a column, "" if there is none.
func (c *Catalog) column(relation types.OID, column int) string {
	r, ok := c.attribute(relation, func(r row) bool { return int(r.get("attnum").Int()) == column })
	if !ok {
		return ""
	}
	return r.str("attname")
}

func identifyType(c *Catalog, r row, _ int, out *Identity) {
	out.Text = c.typeName(r.oid("oid"))
	out.Names = []string{out.Text}
}

func (c *Catalog) typeNames(ids ...types.OID) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = c.typeName(id)
	}
	return names
}

func identifyFunction(c *Catalog, r row, _ int, out *Identity) {
	out.Type = map[string]string{"a": "aggregate", "p": "procedure"}[r.str("prokind")]
	if out.Type == "" {
		out.Type = "function"
	}
	var args []types.OID
	for _, e := range r.get("proargtypes").Array().Elems {
		args = append(args, types.OID(e.Int()))
	}
	out.Names, out.Args = []string{out.Schema, r.str("proname")}, c.typeNames(args...)
	out.Text = qualified(out.Names...) + "(" + strings.Join(out.Args, ",") + ")"
}

func identifyOperator(c *Catalog, r row, _ int, out *Identity) {
	args := []types.OID{r.oid("oprleft"), r.oid("oprright")}
	text := c.typeNames(args...)
	for i, t := range args {
		if t != 0 {
			out.Args = append(out.Args, text[i])
		} else {
			text[i] = "NONE"
		}
	}
	out.Names = []string{out.Schema, r.str("oprname")}
	out.Text = expr.QuoteIdent(out.Schema) + "." + r.str("oprname") + "(" + strings.Join(text, ",") + ")"
}

func identifyConstraint(c *Catalog, r row, _ int, out *Identity) {
	name := r.str("conname")
	if relation := r.oid("conrelid"); relation != 0 {
		out.Type, out.Names = "table constraint", append(c.relation(relation), name)
		out.Text = expr.QuoteIdent(name) + " on " + qualified(c.relation(relation)...)
		return
	}
	domain := c.typeName(r.oid("contypid"))
	out.Type, out.Names, out.Args = "domain constraint", []string{domain}, []string{name}
	out.Text = expr.QuoteIdent(name) + " on " + domain
}

func identifyDefault(c *Catalog, r row, _ int, out *Identity) {
	out.Names = append(c.relation(r.oid("adrelid")), c.column(r.oid("adrelid"), int(r.get("adnum").Int())))
	out.Text = "for " + qualified(out.Names...)
}

func identifyCast(c *Catalog, r row, _ int, out *Identity) {
	out.Names, out.Args = c.typeNames(r.oid("castsource")), c.typeNames(r.oid("casttarget"))
	out.Text = "(" + out.Names[0] + " AS " + out.Args[0] + ")"
}

// identifyClass is of operator classes and families.
func identifyClass(name, schema, method string) func(*Catalog, row, int, *Identity) {
	return func(c *Catalog, r row, _ int, out *Identity) {
		am, _ := c.byOID("pg_am", r.oid(method))
		out.Names = []string{am.str("amname"), c.schema(r.oid(schema)), r.str(name)}
		out.Name = expr.QuoteIdent(r.str(name))
		out.Text = qualified(out.Names[1:]...) + " USING " + expr.QuoteIdent(out.Names[0])
	}
}

// identifyMember is of operators and functions of a family; column prefixes are amop and amproc.
func identifyMember(what, prefix, number string) func(*Catalog, row, int, *Identity) {
	return func(c *Catalog, r row, _ int, out *Identity) {
		family, ok := c.byOID("pg_opfamily", r.oid(prefix+"family"))
		if !ok {
			return
		}
		var of Identity
		identifyClass("opfname", "opfnamespace", "opfmethod")(c, family, 0, &of)
		n := string(types.AppendInt(nil, r.get(number).Int()))
		out.Names, out.Args = append(of.Names, n), c.typeNames(r.oid(prefix+"lefttype"), r.oid(prefix+"righttype"))
		out.Text = what + " " + n + " (" + strings.Join(out.Args, ", ") + ") of " + of.Text
	}
}

// identifyPart is of rules and triggers, whose names are those of a relation.
func identifyPart(name, relation string) func(*Catalog, row, int, *Identity) {
	return func(c *Catalog, r row, _ int, out *Identity) {
		of := c.relation(r.oid(relation))
		out.Names, out.Text = append(of, r.str(name)), expr.QuoteIdent(r.str(name))+" on "+qualified(of...)
	}
}
