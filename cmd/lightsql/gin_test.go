package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// ginTable is a table with every kind of inverted index.
const ginTable = `
CREATE TABLE g (id int PRIMARY KEY, a int[], t text[], j jsonb, n int);
CREATE INDEX g_a ON g USING gin (a);
CREATE INDEX g_at ON g USING gin (a, t) WITH (fastupdate = off);
CREATE INDEX g_j ON g USING gin (j);
CREATE INDEX g_jp ON g USING gin (j jsonb_path_ops);
CREATE INDEX g_x ON g USING gin ((j -> 'k1'));
CREATE INDEX g_part ON g USING gin (t) WHERE n > 5;
CREATE INDEX g_n ON g (n)`

// ginSource makes random values and conditions.
type ginSource struct{ *rand.Rand }

func (r ginSource) ints() string {
	var list []string
	for range r.IntN(5) {
		if r.IntN(12) == 0 {
			list = append(list, "NULL")
		} else {
			list = append(list, fmt.Sprint(min(r.IntN(40), r.IntN(40))))
		}
	}
	return "'{" + strings.Join(list, ",") + "}'::int[]"
}

func (r ginSource) word() string { return fmt.Sprintf("k%d", min(r.IntN(9), r.IntN(9))) }

func (r ginSource) texts() string {
	var list []string
	for range r.IntN(4) {
		list = append(list, r.word())
	}
	return "'{" + strings.Join(list, ",") + "}'::text[]"
}

// json is the text of a document.
func (r ginSource) json(depth int) string {
	switch k := r.IntN(9); {
	case k < 3 && depth > 0:
		var list []string
		for range r.IntN(4) {
			list = append(list, fmt.Sprintf("%q: %s", r.word(), r.json(depth-1)))
		}
		return "{" + strings.Join(list, ", ") + "}"
	case k < 5 && depth > 0:
		var list []string
		for range r.IntN(4) {
			list = append(list, r.json(depth-1))
		}
		return "[" + strings.Join(list, ", ") + "]"
	case k == 5:
		return []string{"null", "true", "false"}[r.IntN(3)]
	case k == 6:
		return fmt.Sprintf("%q", strings.Repeat(r.word(), 1+100*r.IntN(2)))
	case k == 7:
		return fmt.Sprintf("%q", r.word())
	}
	return []string{"1", "1.0", "2", "-3.50", "10", "1e1"}[r.IntN(6)]
}

func (r ginSource) doc() string { return "'" + r.json(3) + "'::jsonb" }

// path is a jsonpath predicate.
func (r ginSource) path() string {
	steps := func() string {
		var b strings.Builder
		for range 1 + r.IntN(3) {
			b.WriteString([]string{"." + r.word(), "." + r.word(), "[*]", "[0]", ".*", ".**", ".size()"}[r.IntN(7)])
		}
		return b.String()
	}
	var one func(from string, depth int) string
	one = func(from string, depth int) string {
		switch k := r.IntN(7); {
		case k == 0 && depth > 0:
			return "(" + one(from, depth-1) + " && " + one(from, depth-1) + ")"
		case k == 1 && depth > 0:
			return "(" + one(from, depth-1) + " || " + one(from, depth-1) + ")"
		case k == 2 && depth > 0:
			return "!(" + one(from, depth-1) + ")"
		case k == 3 && depth > 0:
			return "exists(" + from + steps() + " ? (" + one("@", depth-1) + "))"
		case k == 4:
			return "exists(" + from + steps() + ")"
		}
		value := []string{"1", "2.0", `"k1"`, `"k0"`, "null", "true", "10"}[r.IntN(7)]
		return from + steps() + " == " + value
	}
	return "'" + []string{"", "strict "}[r.IntN(2)] + one("$", 2) + "'::jsonpath"
}

func (r ginSource) condition(depth int) string {
	if depth > 0 && r.IntN(3) == 0 {
		return "(" + r.condition(depth-1) + []string{" AND ", " OR "}[r.IntN(2)] + r.condition(depth-1) + ")"
	}
	switch r.IntN(11) {
	case 0, 1, 2:
		return "a " + []string{"@>", "<@", "&&", "="}[r.IntN(4)] + " " + r.ints()
	case 3:
		return r.ints() + []string{" @> ", " <@ ", " && ", " = "}[r.IntN(4)] + "a"
	case 4, 5:
		return "t " + []string{"@>", "<@", "&&", "="}[r.IntN(4)] + " " + r.texts()
	case 6:
		return "j @> " + r.doc()
	case 7:
		return "j ? '" + r.word() + "'"
	case 8:
		return "j " + []string{"?|", "?&"}[r.IntN(2)] + " " + r.texts()
	case 9:
		return "j -> 'k1' @> " + r.doc()
	}
	if r.IntN(2) == 0 {
		return "j @@ " + r.path()
	}
	p := r.path()
	return "j @? '$ ? (" + strings.NewReplacer("'strict ", "", "'::jsonpath", "", "'", "", "$", "@").Replace(p) + ")'"
}

func (r ginSource) row(id int) string {
	null := func(s string) string {
		if r.IntN(15) == 0 {
			return "NULL"
		}
		return s
	}
	return fmt.Sprintf("(%d, %s, %s, %s, %d)", id, null(r.ints()), null(r.texts()), null(r.doc()), r.IntN(10))
}

// change is a statement that changes rows.
func (r ginSource) change(next *int) string {
	switch r.IntN(9) {
	case 0:
		return "DELETE FROM g WHERE " + r.condition(1) + " AND id % 4 = 0"
	case 1:
		return "UPDATE g SET a = a || " + r.ints() + " WHERE id % 7 = " + fmt.Sprint(r.IntN(7))
	case 2:
		return "UPDATE g SET j = " + r.doc() + ", n = n + 1 WHERE " + r.condition(1)
	case 3:
		return fmt.Sprintf("UPDATE g SET id = id + 100000 WHERE id %% 50 = %d AND id < 100000", r.IntN(50))
	case 4:
		return "INSERT INTO g VALUES " + r.row(r.IntN(*next)) + " ON CONFLICT (id) DO UPDATE SET a = excluded.a, t = excluded.t"
	case 5:
		return "REINDEX TABLE g"
	}
	var rows []string
	for range 1 + r.IntN(40) {
		rows = append(rows, r.row(*next))
		*next++
	}
	return "INSERT INTO g VALUES " + strings.Join(rows, ", ")
}

// TestGin changes a table at random and compares what conditions find through its inverted indexes with what reading the table finds.
// The store is verified at the end.
func TestGin(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	server := startServer(t, dir)
	conn, err := pgconn.Connect(context.Background(), server.dsn())
	if err != nil {
		t.Fatal(err)
	}
	r := ginSource{rand.New(rand.NewPCG(uint64(seed()), 1))}
	ginExec(t, conn, ginTable)
	next, bitmaps, found := 1, 0, 0
	for range 150 {
		ginExec(t, conn, r.change(&next))
		for range 4 {
			cond := r.condition(2)
			query := "SELECT id FROM g WHERE " + cond + " ORDER BY id"
			ginExec(t, conn, "SET enable_seqscan = off; SET enable_indexscan = off; SET enable_bitmapscan = on")
			if plan := strings.Join(ginExec(t, conn, "EXPLAIN "+query), "\n"); strings.Contains(plan, "Bitmap Index Scan on g_") {
				bitmaps++
			}
			got := ginExec(t, conn, query)
			ginExec(t, conn, "SET enable_seqscan = on; SET enable_bitmapscan = off")
			want := ginExec(t, conn, query)
			if !slices.Equal(got, want) {
				t.Fatalf("%s\n  through the indexes %v\n  by reading the table %v", query, got, want)
			}
			found += len(want)
		}
	}
	if bitmaps < 300 || found == 0 {
		t.Errorf("only %d of 600 queries used an index, and they found %d rows", bitmaps, found)
	}
	t.Logf("%d of 600 queries used an index; %d rows were found", bitmaps, found)
	conn.Close(context.Background())
	server.stop()
	var report bytes.Buffer
	if err := check(context.Background(), dir, &report); err != nil {
		t.Errorf("%v\n%s", err, report.String())
	}
}

// ginExec runs a statement and returns the first column of its rows.
func ginExec(t testing.TB, conn *pgconn.PgConn, sql string) []string {
	t.Helper()
	results, err := conn.Exec(context.Background(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var out []string
	for _, row := range results[len(results)-1].Rows {
		out = append(out, string(row[0]))
	}
	return out
}

// BenchmarkGin compares conditions on 100,000 rows through an inverted index with reading the table. The tags are of 1,000 kinds; "all" is one of
// each row's.
func BenchmarkGin(b *testing.B) {
	server := startServer(b, ":memory:")
	conn, err := pgconn.Connect(context.Background(), server.dsn())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	ginExec(b, conn, `CREATE TABLE g (id int PRIMARY KEY, tags text[], j jsonb);
		INSERT INTO g SELECT i, ARRAY['t' || i % 1000, 't' || i % 997, 'all'], jsonb_build_object('user', 'u' || i % 1000, 'tags', ARRAY[i % 10, i % 997])
			FROM generate_series(1, 100000) i;
		CREATE INDEX g_tags ON g USING gin (tags);
		CREATE INDEX g_j ON g USING gin (j);
		ANALYZE g`)
	for _, c := range []struct{ name, cond string }{
		{"array", "tags @> '{t7}'"},
		{"rare and common", "tags @> '{t7,all}'"},
		{"any", "tags && '{t7,t8,t9}'"},
		{"jsonb", `j @> '{"user": "u7"}'`},
		{"jsonb key", `j @@ '$.user == "u7" && $.tags[*] == 7'`},
	} {
		for _, index := range []string{"on", "off"} {
			b.Run(c.name+"/index="+index, func(b *testing.B) {
				ginExec(b, conn, "SET enable_bitmapscan = "+index)
				for range b.N {
					if n := ginExec(b, conn, "SELECT count(*) FROM g WHERE "+c.cond); n[0] == "0" {
						b.Fatal("no rows")
					}
				}
			})
		}
	}
}
