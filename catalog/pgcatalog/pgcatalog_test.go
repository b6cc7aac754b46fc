package pgcatalog

import (
	"errors"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// demoCatalog has a table with all sorts of columns and constraints, a view and a sequence.
func demoCatalog() *catalog.Session {
	demo := &catalog.Table{OID: 16400, TypeOID: 16402, Schema: catalog.PublicOID, Name: "demo", Owner: catalog.SuperuserOID, Comment: "a table",
		Columns: []*catalog.Column{
			{ID: 1, Name: "id", Type: types.Of(types.Int4OID), NotNull: true, Default: "nextval('demo_id_seq'::regclass)"},
			{ID: 2, Name: "name", Type: types.T{OID: types.VarcharOID, Mod: 24}, NotNull: true, Default: "'x'::character varying"},
			{ID: 3, Name: "price", Type: types.T{OID: types.NumericOID, Mod: types.MakeNumericMod(10, 2)}, Comment: "in euro"},
			{ID: 5, Name: "C x", Type: types.Of(types.Int4ArrayOID)},
		},
		Dropped:    []*catalog.Column{{ID: 4, Name: "gone", Type: types.Of(types.TextOID)}},
		NextColumn: 6,
		Checks:     []*catalog.Check{{OID: 16410, Name: "demo_price_check", Expr: "(price > (0)::numeric)", Columns: []catalog.ColumnID{3}}},
	}
	demo.Primary = &catalog.Index{ID: 1, OID: 16404, Table: 16400, Schema: catalog.PublicOID, Name: "demo_pkey", Unique: true, Primary: true,
		Constraint: 16405, Columns: []catalog.IndexColumn{{Column: 1}}}
	demo.Indexes = []*catalog.Index{
		{ID: 2, OID: 16406, Table: 16400, Schema: catalog.PublicOID, Name: "demo_name_key", Unique: true, Constraint: 16407,
			Columns: []catalog.IndexColumn{{Column: 2}, {Column: 3}}},
		{ID: 3, OID: 16408, Table: 16400, Schema: catalog.PublicOID, Name: "demo_e", Predicate: "(price > (1)::numeric)", Include: []catalog.ColumnID{5},
			Columns: []catalog.IndexColumn{{Expr: "lower((name)::text)", Desc: true, NullsFirst: true}, {Column: 3, NullsFirst: true}, {Expr: "(id + 1)"}}},
	}
	seq := &catalog.Sequence{OID: 16401, Schema: catalog.PublicOID, Name: "demo_id_seq", Owner: catalog.SuperuserOID, Type: types.Int4OID, Start: 1,
		Increment: 1, Min: 1, Max: 1<<31 - 1, Cache: 1, OwnedBy: catalog.OwnedBy{Table: 16400, Column: 1}}
	view := &catalog.View{OID: 16420, TypeOID: 16421, Schema: catalog.PublicOID, Name: "v", Owner: catalog.SuperuserOID, Query: "SELECT demo.id FROM demo",
		Columns: []*catalog.Column{{ID: 1, Name: "id", Type: types.Of(types.Int4OID)}}, DependsOn: []types.OID{16400}}
	r := catalog.NewReader(Builtins(), demo, seq, view)
	return &catalog.Session{Reader: r, User: "postgres", Database: "postgres"}
}

func rowsOf(t *testing.T, s *catalog.Session, name string, eq map[int]types.Datum) [][]types.Datum {
	t.Helper()
	rel, ok := s.Reader.Lookup(nil, "pg_catalog", name)
	if !ok {
		if rel, ok = s.Reader.Lookup(nil, "information_schema", name); !ok {
			t.Fatalf("no relation %s", name)
		}
	}
	var rows [][]types.Datum
	if err := rel.(*catalog.Table).Virtual.Rows(s, eq, func(row []types.Datum) error {
		rows = append(rows, append([]types.Datum(nil), row...))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestRowsFitColumns reads every built-in relation and checks each value against the kind of its column, and NOT NULL.
func TestRowsFitColumns(t *testing.T) {
	s := demoCatalog()
	n := 0
	for rel := range s.Reader.Relations(0) {
		tab, ok := rel.(*catalog.Table)
		if !ok || tab.Virtual == nil {
			continue
		}
		n++
		for i, c := range tab.Columns {
			if c.Type.OID == 0 || int(c.ID) != i+1 {
				t.Errorf("%s.%s: type %d, number %d", tab.Name, c.Name, c.Type.OID, c.ID)
			}
		}
		wrong := errors.New("wrong")
		_ = tab.Virtual.Rows(s, nil, func(row []types.Datum) error {
			if len(row) != len(tab.Columns) {
				t.Errorf("%s: %d values for %d columns", tab.Name, len(row), len(tab.Columns))
				return wrong
			}
			for i, c := range tab.Columns {
				switch {
				case row[i].IsNull():
					if c.NotNull {
						t.Errorf("%s.%s is NULL in %v", tab.Name, c.Name, row[0])
						return wrong
					}
				case row[i].Kind() != c.Type.Kind():
					t.Errorf("%s.%s has kind %d, not %d", tab.Name, c.Name, row[i].Kind(), c.Type.Kind())
					return wrong
				}
			}
			return nil
		})
	}
	if n < 200 {
		t.Errorf("only %d relations", n)
	}
}

func TestEqualityConditions(t *testing.T) {
	s := demoCatalog()
	for _, c := range []struct {
		name string
		col  int
		v    types.Datum
		want int
	}{
		{"pg_class", 0, oid(16400), 1}, {"pg_class", 0, oid(99999), 0}, {"pg_attribute", 0, oid(16400), 5 + 6}, {"pg_attribute", 0, oid(16408), 4},
		{"pg_attrdef", 1, oid(16400), 2}, {"pg_index", 1, oid(16400), 3}, {"pg_index", 0, oid(16404), 1}, {"pg_constraint", 7, oid(16400), 3},
		{"pg_type", 0, oid(23), 1}, {"pg_type", 0, oid(16402), 1}, {"pg_proc", 0, oid(1299), 1}, {"pg_sequence", 0, oid(16401), 1},
		{"pg_am", 1, str("btree"), 1}, {"columns", 2, str("demo"), 4}, {"key_column_usage", 5, str("demo"), 3}, {"tables", 2, str("v"), 1},
	} {
		if got := len(rowsOf(t, s, c.name, map[int]types.Datum{c.col: c.v})); got != c.want {
			t.Errorf("%s where column %d = %v: %d rows, want %d", c.name, c.col, c.v, got, c.want)
		}
	}
}

func TestDefinitions(t *testing.T) {
	s := demoCatalog()
	tab, _ := s.Reader.Table(16400)
	for i, want := range []string{
		"CREATE UNIQUE INDEX demo_pkey ON public.demo USING btree (id)",
		"CREATE UNIQUE INDEX demo_name_key ON public.demo USING btree (name, price)",
		`CREATE INDEX demo_e ON public.demo USING btree (lower((name)::text) DESC, price NULLS FIRST, ((id + 1))) INCLUDE ("C x") WHERE (price > (1)::numeric)`,
	} {
		if got := indexDefinition(s.Reader, tab, tab.AllIndexes()[i], false); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	want := []string{"CHECK ((price > (0)::numeric))", "PRIMARY KEY (id)", "UNIQUE (name, price)"}
	for i, c := range constraintsOf(tab) {
		if got := constraintDefinition(s.Reader, nil, c); got != want[i] {
			t.Errorf("got %s want %s", got, want[i])
		}
	}
}

func TestBuiltinTypesHaveFunctions(t *testing.T) {
	s := demoCatalog()
	for _, row := range rowsOf(t, s, "pg_type", nil) {
		if row[15].Int() == 0 {
			t.Errorf("%s has no input function", row[1].Str())
		}
	}
}
