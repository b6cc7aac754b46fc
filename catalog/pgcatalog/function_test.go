package pgcatalog

import (
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// testEnv is a session on the demo catalog.
type testEnv struct {
	expr.Env
	s    *catalog.Session
	path []string
}

func (e *testEnv) CatalogSession() *catalog.Session { return e.s }
func (e *testEnv) SearchPath() []string             { return e.path }

// run calls a function by its signature; arguments are text, "" is NULL.
func run(t *testing.T, e *testEnv, signature string, args ...string) string {
	t.Helper()
	id, err := resolveProcedure(e.s, e.path, signature)
	if err != nil {
		t.Fatal(err)
	}
	fn, ok := Function(id)
	if !ok {
		t.Fatalf("no code for %s", signature)
	}
	p, _ := builtins.ProcByOID(id)
	ds := make([]types.Datum, len(args))
	for i, a := range args {
		if a == "" {
			continue
		}
		if ds[i], err = types.Parse(types.Of(p.Args[i]), a, nil); err != nil {
			t.Fatal(err)
		}
	}
	d, err := fn.Scalar(&expr.Ctx{Env: e}, ds)
	switch {
	case err != nil:
		return string(pgerr.CodeOf(err)) + " " + err.Error()
	case d.IsNull():
		return "NULL"
	}
	return types.Text(types.Of(p.Ret), d, nil)
}

func TestFunctions(t *testing.T) {
	e := &testEnv{s: demoCatalog(), path: []string{"public"}}
	for _, c := range []struct {
		signature string
		args      []string
		want      string
	}{
		{"format_type(oid,int4)", []string{"1043", "24"}, "character varying(20)"}, {"format_type(oid,int4)", []string{"1042", "-1"}, "bpchar"},
		{"format_type(oid,int4)", []string{"1042", ""}, "character"}, {"format_type(oid,int4)", []string{"16402", ""}, "demo"},
		{"format_type(oid,int4)", []string{"99999", ""}, "???"}, {"format_type(oid,int4)", []string{"", "1"}, "NULL"},
		{"pg_get_indexdef(oid,int4,bool)", []string{"16408", "0", "t"},
			`CREATE INDEX demo_e ON demo USING btree (lower(name::text) DESC, price NULLS FIRST, (id + 1)) INCLUDE ("C x") WHERE price > 1::numeric`},
		{"pg_get_indexdef(oid,int4,bool)", []string{"16408", "1", "t"}, "lower(name::text)"},
		{"pg_get_indexdef(oid,int4,bool)", []string{"16408", "1", "f"}, "lower((name)::text)"},
		{"pg_get_indexdef(oid)", []string{"1"}, "NULL"},
		{"pg_get_constraintdef(oid,bool)", []string{"16410", "t"}, "CHECK (price > 0::numeric)"},
		{"pg_get_constraintdef(oid)", []string{"16410"}, "CHECK ((price > (0)::numeric))"},
		{"pg_get_constraintdef(oid,bool)", []string{"16405", "t"}, "PRIMARY KEY (id)"}, {"pg_get_constraintdef(oid)", []string{"1"}, "NULL"},
		{"pg_get_viewdef(oid,bool)", []string{"16420", "t"}, " SELECT demo.id\n   FROM demo;"}, {"pg_get_viewdef(oid)", []string{"16400"}, "NULL"},
		{"pg_get_serial_sequence(text,text)", []string{"demo", "id"}, "public.demo_id_seq"},
		{"pg_get_serial_sequence(text,text)", []string{"demo", "name"}, "NULL"},
		{"pg_get_serial_sequence(text,text)", []string{"demo", "x"}, `42703 column "x" of relation "demo" does not exist`},
		{"pg_get_userbyid(oid)", []string{"10"}, "postgres"}, {"pg_get_userbyid(oid)", []string{"99999"}, "unknown (OID=99999)"},
		{"pg_table_is_visible(oid)", []string{"16400"}, "t"}, {"pg_table_is_visible(oid)", []string{"1259"}, "t"}, {"pg_table_is_visible(oid)", []string{"9"}, "NULL"},
		{"pg_type_is_visible(oid)", []string{"23"}, "t"}, {"obj_description(oid,name)", []string{"16400", "pg_class"}, "a table"},
		{"obj_description(oid,name)", []string{"2200", "pg_namespace"}, "standard public schema"}, {"obj_description(oid,name)", []string{"23", "pg_type"}, "-2 billion to 2 billion integer, 4-byte storage"},
		{"col_description(oid,int4)", []string{"16400", "3"}, "in euro"}, {"col_description(oid,int4)", []string{"16400", "1"}, "NULL"},
		{"shobj_description(oid,name)", []string{"5", "pg_database"}, "default administrative connection database"},
		{"has_table_privilege(text,text)", []string{"demo", "select, insert with grant option"}, "t"},
		{"has_table_privilege(text,text)", []string{"demo", "foo"}, `22023 unrecognized privilege type: "foo"`},
		{"has_table_privilege(text,text)", []string{"nope", "select"}, `42P01 relation "nope" does not exist`},
		{"has_table_privilege(name,text,text)", []string{"nobody", "demo", "select"}, `42704 role "nobody" does not exist`},
		{"has_table_privilege(name,text,text)", []string{"pg_monitor", "demo", "select"}, "f"}, {"has_table_privilege(oid,text)", []string{"9", "select"}, "NULL"},
		{"has_schema_privilege(name,text,text)", []string{"pg_monitor", "public", "usage"}, "t"}, {"has_schema_privilege(name,text,text)", []string{"pg_monitor", "public", "create"}, "f"},
		{"has_column_privilege(text,text,text)", []string{"demo", "id", "select"}, "t"}, {"pg_has_role(name,text)", []string{"postgres", "usage"}, "t"},
		{"current_schemas(bool)", []string{"t"}, "{pg_catalog,public}"}, {"current_schema()", nil, "public"},
		{"to_regclass(text)", []string{"demo"}, "16400"}, {"to_regclass(text)", []string{"nos.t"}, "NULL"}, {"to_regclass(text)", []string{`"a`}, "42602 invalid name syntax"},
		{"to_regtype(text)", []string{"character varying(20)[]"}, "1015"}, {"to_regtype(text)", []string{"nope"}, "NULL"},
		{`acldefault("char",oid)`, []string{"r", "10"}, "{postgres=arwdDxt/postgres}"}, {`acldefault("char",oid)`, []string{"d", "10"}, "{=Tc/postgres,postgres=CTc/postgres}"},
		{"pg_get_function_arguments(oid)", []string{"870"}, "text"}, {"pg_get_function_result(oid)", []string{"870"}, "text"},
		{"pg_describe_object(oid,oid,int4)", []string{"1259", "16400", "1"}, "column id of table demo"},
		{"pg_describe_object(oid,oid,int4)", []string{"1247", "23", "0"}, "type integer"},
		{"pg_relation_size(regclass)", []string{"16400"}, "0"}, {"pg_relation_filenode(regclass)", []string{"16400"}, "16400"},
		{"pg_get_expr(pg_node_tree,oid,bool)", []string{"((a > 0) AND ((b IS NULL) OR (b < (5)::numeric)))", "16400", "t"}, "a > 0 AND (b IS NULL OR b < 5::numeric)"},
		{"pg_size_pretty(int8)", []string{"10239"}, "10239 bytes"}, {"pg_size_pretty(int8)", []string{"10240"}, "10 kB"},
		{"pg_size_pretty(int8)", []string{"7512345678"}, "7164 MB"}, {"pg_size_pretty(int8)", []string{"-1000000"}, "-977 kB"},
		{"pg_size_pretty(numeric)", []string{"123456789012345678901.5"}, "109652 PB"}, {"pg_size_pretty(numeric)", []string{"1.5"}, "1.5 bytes"},
		{"pg_get_expr(pg_node_tree,oid)", []string{"(a > 0)", "16400"}, "(a > 0)"},
	} {
		if got := run(t, e, c.signature, c.args...); got != c.want {
			t.Errorf("%s %q\n got  %s\n want %s", c.signature, c.args, got, c.want)
		}
	}
}

func TestRegNames(t *testing.T) {
	s := demoCatalog()
	for _, c := range []struct {
		t    types.OID
		path []string
		in   string
		out  string // the name, or the error
	}{
		{types.RegClassOID, []string{"public"}, "demo", "demo"}, {types.RegClassOID, nil, "public.demo", "public.demo"},
		{types.RegClassOID, nil, "pg_class", "pg_class"}, {types.RegClassOID, nil, "postgres.public.demo", "public.demo"},
		{types.RegClassOID, nil, "a.b.c", `0A000 cross-database references are not implemented: "a.b.c"`},
		{types.RegClassOID, nil, "nos.t", `3F000 schema "nos" does not exist`}, {types.RegClassOID, nil, "nope", `42P01 relation "nope" does not exist`},
		{types.RegClassOID, nil, "", "42602 invalid name syntax"}, {types.RegClassOID, nil, "a b", "42602 invalid name syntax"},
		{types.RegTypeOID, nil, "integer[]", "integer[]"}, {types.RegTypeOID, nil, "varchar(20)", "character varying"}, {types.RegTypeOID, nil, "int4", "integer"},
		{types.RegTypeOID, nil, "timestamp(3) with time zone", "timestamp with time zone"}, {types.RegTypeOID, nil, `"char"`, `"char"`},
		{types.RegTypeOID, nil, "char", "character"}, {types.RegTypeOID, []string{"public"}, "demo", "demo"}, {types.RegTypeOID, nil, "nope", `42704 type "nope" does not exist`},
		{types.RegProcOID, nil, "now", "now"}, {types.RegProcOID, nil, "lower", `42725 more than one function named "lower"`},
		{types.RegProcOID, nil, "nope", `42883 function "nope" does not exist`}, {types.RegProcedureOID, nil, "lower(text)", "lower(text)"},
		{types.RegProcedureOID, nil, "lower(int)", `42883 function "lower(int)" does not exist`}, {types.RegProcedureOID, nil, "lower", "22P02 expected a left parenthesis"},
		{types.RegOperatorOID, nil, "+(int4,int4)", "+(integer,integer)"}, {types.RegOperatorOID, nil, "-(none,int4)", "-(NONE,integer)"},
		{types.RegOperOID, nil, "+", "42725 more than one operator named +"}, {types.RegRoleOID, nil, "postgres", "postgres"},
		{types.RegRoleOID, nil, "nope", `42704 role "nope" does not exist`}, {types.RegNamespaceOID, nil, "public", "public"},
		{types.RegNamespaceOID, nil, "nope", `3F000 schema "nope" does not exist`}, {types.RegConfigOID, nil, "english", "english"},
		{types.RegCollationOID, nil, `"C"`, `"C"`},
	} {
		got := ""
		id, err := ResolveReg(s, c.path, c.t, c.in)
		if err != nil {
			got = string(pgerr.CodeOf(err)) + " " + err.Error()
		} else {
			got, _ = RegName(s, c.path, c.t, id)
		}
		if got != c.out {
			t.Errorf("%s %q: got %s want %s", types.FormatType(c.t, -1), c.in, got, c.out)
		}
	}
}
