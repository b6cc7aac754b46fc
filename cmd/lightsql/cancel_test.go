package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// endless are statements that run far longer than any test, each in another part of the server.
var endless = []struct{ name, sql string }{
	{"aggregate", "SELECT count(*) FROM generate_series(1, 100000000000)"},
	{"cross join", "SELECT count(*) FROM big a, big b, big c WHERE a.v + b.v + c.v = -1"},
	{"sort", "SELECT a.v FROM big a, big b, big c ORDER BY a.v * b.v - c.v LIMIT 10"},
	{"hash join", "SELECT count(*) FROM big a JOIN big b ON a.w = b.w JOIN big c ON b.w = c.w JOIN big d ON c.w = d.w"},
	{"merge join", "SET enable_hashjoin = off; SET enable_nestloop = off; SELECT count(*) FROM big a JOIN big b ON a.w = b.w JOIN big c ON b.w = c.w JOIN big d ON c.w = d.w"},
	{"correlated subquery", "SELECT count(*) FROM big a WHERE (SELECT count(*) FROM big b, big c WHERE b.v + c.v = a.v) = -1"},
	{"recursion", "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i % 10 FROM r) SELECT count(*) FROM r"},
	{"window", "SELECT max(s) FROM (SELECT sum(a.v) OVER (ORDER BY a.v ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) s FROM big a, big b, big c) x"},
	{"distinct", "SELECT count(*) FROM (SELECT DISTINCT (a.v + b.v + c.v) % 7 FROM big a, big b, big c) x"},
	{"set operation", "SELECT count(*) FROM (SELECT a.w FROM big a, big b, big c EXCEPT ALL SELECT 1) x"},
	{"insert", "INSERT INTO sink SELECT 1 FROM generate_series(1, 100000000000)"},
	{"sleep", "SELECT pg_sleep(1000)"},
	{"rows to the client", "SELECT a.v FROM big a, big b, big c"},
	{"lock", "UPDATE locked SET v = 2"},
	{"advisory lock", "SELECT pg_advisory_lock(7)"},
	{"series in a select list", "SELECT count(*) FROM (SELECT generate_series(1, 100000000000) OFFSET 0) x"},
	{"sort that spills", "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT i FROM generate_series(1, 100000000000) i ORDER BY i % 1000, i OFFSET 0) x"},
	{"groups that spill", "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT i % 1000000, count(*) FROM generate_series(1, 100000000000) i GROUP BY 1) x"},
	{"hash build that spills", "SET work_mem = '64kB'; SELECT count(*) FROM generate_series(1, 100000000000) a JOIN generate_series(1, 100000000000) b ON a = b"},
	{"aggregate of a list", "SELECT length(string_agg(md5(a.v::text), ',')) FROM big a, big b, big c WHERE a.v < 0 OR (a.v + b.v) % 1000 = c.v % 1000"},
	{"materialized CTE", "WITH x AS MATERIALIZED (SELECT i FROM generate_series(1, 100000000000) i) SELECT count(*) FROM x"},
	{"index build", "CREATE INDEX ON big (md5(repeat(v::text, 20000)))"},
	{"copy out", "COPY (SELECT a.v FROM big a, big b, big c) TO STDOUT"},
	{"regular expression of many rows", "SELECT count(*) FROM generate_series(1, 100000000000) i WHERE i || repeat('ab', 500) ~ '^(a|b|ab)*c$'"},
	{"replace by expression", "SELECT sum(length(regexp_replace(repeat('ab', 100000), '(a)(b)', '\\2\\1', 'g') || i)) FROM generate_series(1, 100000000000) i"},
	{"long strings", "SELECT sum(length(repeat(md5(i::text), 1000000))) FROM generate_series(1, 100000000000) i"},
	{"numeric power", "SELECT sum(1.0000001::numeric(1000, 500) ^ i) FROM generate_series(1000, 100000000000) i"},
	{"one big number", "SELECT factorial(32000) % 7 FROM generate_series(1, 1000000)"},
	{"padding", "SELECT length(lpad(i::text, 50000000, 'ab')) FROM generate_series(1, 1000000) i"},
	{"folded constant", "SELECT length(regexp_replace(repeat('ab', 5000000), '(a)b|b', '\\1', 'g'))"},
	{"rows of one value", "SELECT count(*) FROM regexp_matches(repeat('ab', 5000000), '(b)', 'g')"},
	{"json text", "SELECT count(*) FROM (SELECT i, ('[' || repeat('1,', 3000000) || i || ']')::jsonb j FROM generate_series(1, 1000000) i OFFSET 0) x WHERE j IS NULL"},
	{"array text", "SELECT count(*) FROM (SELECT i, ('{' || repeat('1,', 3000000) || i || '}')::int[] j FROM generate_series(1, 1000000) i OFFSET 0) x WHERE j IS NULL"},
	{"contained array", "SELECT (SELECT array_agg(i) FROM generate_series(1, 100000) i) && (SELECT array_agg(i + 100000) FROM generate_series(1, 100000) i)"},
	{"jsonpath", "SELECT jsonb_path_query_array((SELECT jsonb_agg(i) FROM generate_series(1, 100000) i), '$[*] ? (@ > $[*])')"},
	{"long numbers", "SELECT sum(log(1.0000001::numeric(1000, 900), i::numeric(1000, 900))) FROM generate_series(1000, 100000000000) i"},
	{"large array", "SELECT array_length(array_fill(i, ARRAY[10000000]), 1) FROM generate_series(1, 1000000) i"},
	{"long rows to the client", "SELECT repeat('x', 1000000) FROM big a, big b"},
	{"frames of their own", "SELECT sum(s) FROM (SELECT max(-i) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) s FROM generate_series(1, 300000) i) x"},
	{"loop of a function", "DO $$ DECLARE x int := 0; BEGIN LOOP x := (x + 1) % 10; END LOOP; END $$"},
	{"empty loop", "DO $$ BEGIN LOOP END LOOP; END $$"},
	{"loop that catches", "DO $$ BEGIN LOOP BEGIN PERFORM 1 / 0; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END $$"},
	{"recursion of a function", "SELECT calls(30)"},
	{"foreign keys", "INSERT INTO child SELECT i % 5000 + 1 FROM generate_series(1, 100000000000) i"},
	{"rows that others refer to", "DELETE FROM parent"},
	{"update", "UPDATE big SET w = (SELECT count(*) FROM big b, big c WHERE b.v + c.v = big.v)"},
	{"json", "SELECT length(jsonb_agg(i)::text) FROM generate_series(1, 100000000000) i"},
	{"slices", "WITH x AS MATERIALIZED (SELECT array_agg(g) v FROM generate_series(1, 300000) g) SELECT count(q) FROM (SELECT v[2:290000] || i q FROM x, generate_series(1, 100000000) i OFFSET 0) y"},
	{"any of an array", "WITH x AS MATERIALIZED (SELECT array_agg(g) v FROM generate_series(1, 300000) g) SELECT count(q) FROM (SELECT -i < ALL (v) q FROM x, generate_series(1, 100000000) i OFFSET 0) y"},
	{"text of rows", "WITH x AS MATERIALIZED (SELECT array_agg(g) v FROM generate_series(1, 300000) g) SELECT count(q) FROM (SELECT row(v, i)::text q FROM x, generate_series(1, 100000000) i OFFSET 0) y"},
	{"joined array", "WITH x AS MATERIALIZED (SELECT array_agg(g) v FROM generate_series(1, 300000) g) SELECT count(q) FROM (SELECT array_to_string(v, i::text) q FROM x, generate_series(1, 100000000) i OFFSET 0) y"},
	{"json of an array", "WITH x AS MATERIALIZED (SELECT array_agg(g) v FROM generate_series(1, 300000) g) SELECT count(q) FROM (SELECT to_jsonb(v || i) q FROM x, generate_series(1, 100000000) i OFFSET 0) y"},
	{"longest of values", "SELECT length(max(repeat('x', 10000000) || i)) FROM generate_series(1, 100000000) i"},
	{"arrays", "SELECT array_length(array_agg(i), 1) FROM generate_series(1, 100000000000) i"},
}

func cancelTables(t *testing.T, s *testServer) *pgconn.PgConn {
	t.Helper()
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, s.dsn())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(ctx) })
	_, err = c.Exec(ctx, `CREATE TABLE big (v int, w int); INSERT INTO big SELECT i, 1 FROM generate_series(1, 5000) i;
CREATE TABLE sink (v int); CREATE TABLE locked (v int); INSERT INTO locked VALUES (1);
CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT i FROM generate_series(1, 5000) i; CREATE TABLE child (id int REFERENCES parent);
CREATE TABLE grandchild (id int REFERENCES parent ON DELETE CASCADE, CHECK (length(repeat('x', 1000)) > id - id));
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM count(*) FROM big a, big b; RETURN OLD; END $$;
CREATE TRIGGER slow BEFORE DELETE ON grandchild FOR EACH ROW EXECUTE FUNCTION slow();
INSERT INTO grandchild SELECT i FROM generate_series(1, 5000) i;
CREATE FUNCTION calls(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF n < 2 THEN RETURN n; END IF; RETURN calls(n - 1) + calls(n - 2); END $$;`).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Exec(ctx, "BEGIN; UPDATE locked SET v = 1; SELECT pg_advisory_lock(7)").ReadAll(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCancelEverywhere cancels statements, and expects an answer at once wherever they are.
func TestCancelEverywhere(t *testing.T) {
	s := startServer(t, ":memory:")
	cancelTables(t, s)
	ctx := context.Background()
	for _, x := range endless {
		c, err := pgconn.Connect(ctx, s.dsn())
		if err != nil {
			t.Fatal(err)
		}
		asked := make(chan time.Time, 1)
		go func() {
			time.Sleep(100 * time.Millisecond)
			asked <- time.Now()
			c.CancelRequest(ctx)
		}()
		_, err = c.Exec(ctx, x.sql).ReadAll()
		took := time.Since(<-asked)
		var e *pgconn.PgError
		if !errors.As(err, &e) || e.Code != "57014" {
			t.Errorf("%s: %v", x.name, err)
		}
		t.Logf("%s: %v", x.name, took)
		if took > 30*time.Second { // it goes on for ever, as far as a test can tell
			t.Errorf("%s: the cancel took %v", x.name, took)
		}
		c.Close(ctx)
	}
}

// TestClientLeaves closes connections in the middle of statements, and expects the sessions to end.
func TestClientLeaves(t *testing.T) {
	s := startServer(t, ":memory:")
	watcher := cancelTables(t, s)
	ctx := context.Background()
	for _, x := range endless {
		c, err := pgconn.Connect(ctx, s.dsn())
		if err != nil {
			t.Fatal(err)
		}
		c.Exec(ctx, x.sql)
		c.Conn().Close()
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		r := watcher.ExecParams(ctx, "SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()", nil, nil, nil, nil).Read()
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		if len(r.Rows) == 0 {
			return
		}
		if time.Now().After(deadline) {
			for _, row := range r.Rows {
				t.Errorf("still there: %s", row[0])
			}
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
