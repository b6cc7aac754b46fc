package bind

import (
	"strings"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/types"
)

// testCatalog is testdata/analyze/schema.sql as descriptors.
func testCatalog(t testing.TB) *catalog.Reader {
	oid := types.OID(16400)
	next := func() types.OID { oid++; return oid }
	table := func(schema types.OID, name, cols, pk string, unique ...string) *catalog.Table {
		tab := &catalog.Table{OID: next(), TypeOID: next(), Schema: schema, Name: name, Storage: uint64(oid)}
		for i, def := range strings.Split(cols, ";") {
			tab.Columns = append(tab.Columns, testColumn(t, i+1, strings.TrimSpace(def)))
		}
		index := func(cols string, primary bool) *catalog.Index {
			x := &catalog.Index{OID: next(), Table: tab.OID, Schema: schema, Unique: true, Primary: primary, Constraint: next()}
			x.Name = name + "_pkey"
			if !primary {
				x.Name = name + "_" + strings.ReplaceAll(cols, ",", "_") + "_key"
			}
			for _, c := range strings.Split(cols, ",") {
				col, _, ok := tab.Column(c)
				if !ok {
					t.Fatalf("no column %q", c)
				}
				col.NotNull = col.NotNull || primary
				x.Columns = append(x.Columns, catalog.IndexColumn{Column: col.ID})
			}
			return x
		}
		tab.Primary = &catalog.Index{Table: tab.OID, Schema: schema, Unique: true, Primary: true}
		if pk != "" {
			tab.Primary = index(pk, true)
		}
		for _, u := range unique {
			tab.Indexes = append(tab.Indexes, index(u, false))
		}
		return tab
	}
	const public = catalog.PublicOID
	w := table(public, "w", "x int4; y int4 not null default 5; z text default 'zz'", "", "x,y")
	w.Checks = []*catalog.Check{{OID: next(), Name: "w_x_check", Expr: "(x > 0)"}}
	k := table(public, "k", "id int4 default nextval('public.k_id_seq'::regclass); v int4; g int4; j jsonb; o json", "id")
	k.Columns[1].Identity, k.Columns[2].Generated, k.Columns[2].Default = 'a', 's', "(id + 1)"
	makeView := func(name, query, cols string) *catalog.View {
		v := &catalog.View{OID: next(), TypeOID: next(), Schema: public, Name: name, Query: query}
		for i, c := range strings.Split(cols, ";") {
			v.Columns = append(v.Columns, testColumn(t, i+1, strings.TrimSpace(c)))
		}
		return v
	}
	return catalog.NewReader(nil, w, k,
		table(public, "t", "a int4; b text; c numeric(10,2); d date; e bool not null; f float8; g timestamptz", "a"),
		table(public, "u", "id int8; t_a int4; name varchar(10); tags text[]; note char(5)", "id", "name"),
		table(catalog.InformationSchemaOID, "t", "a int4; q text", ""),
		table(public, "pair", "a int4; b int4", "a,b"),
		makeView("vt", "SELECT t.a, t.b FROM public.t WHERE t.e", "a int4; b text"),
		makeView("vv", "SELECT (vt.a + 1) AS a1, vt.b AS bb, vt.a FROM public.vt WHERE (vt.b IS NOT NULL)", "a1 int4; bb text; a int4"),
		makeView("vg", "SELECT t.b, count(*) AS n FROM public.t GROUP BY t.b", "b text; n int8"),
		makeView("vj", "SELECT t.a, u.name FROM (public.t JOIN public.u ON ((u.t_a = t.a)))", "a int4; name varchar(10)"),
		&catalog.Sequence{OID: next(), Schema: public, Name: "k_id_seq", Type: types.Int4OID},
		&catalog.Sequence{OID: next(), Schema: public, Name: "k_v_seq", Type: types.Int4OID,
			OwnedBy: catalog.OwnedBy{Table: k.OID, Column: 2, Identity: true}},
	)
}

// testColumn reads "name type [not null] [default expr]".
func testColumn(t testing.TB, id int, def string) *catalog.Column {
	name, rest, _ := strings.Cut(def, " ")
	c := &catalog.Column{ID: catalog.ColumnID(id), Name: name}
	rest, c.Default, _ = strings.Cut(rest, " default ")
	rest, c.NotNull = strings.CutSuffix(rest, " not null")
	n, err := parser.ParseType(rest)
	if err != nil {
		t.Fatal(err)
	}
	if c.Type, err = Type(n, Options{Reader: catalog.NewReader(nil)}); err != nil {
		t.Fatal(err)
	}
	return c
}
