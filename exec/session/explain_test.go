package session

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/sql/vec"
)

// lines collects the first column of the results.
type lines struct {
	discard
	got []string
}

func (l *lines) Batch(b *vec.Batch) error {
	for i := range b.Rows() {
		l.got = append(l.got, b.Cols[0].Str[b.Row(i)])
	}
	return nil
}

// TestExplainOptions runs EXPLAIN with options and looks for what each of them adds.
func TestExplainOptions(t *testing.T) {
	s, _ := newTestSession(t)
	mustSimple(t, s, "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i;"+
		"ANALYZE t; SET enable_nestloop = off; SET work_mem = '64kB'; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan")
	const query = "SELECT x.a FROM t x JOIN t y ON x.id = y.id ORDER BY y.a"
	for _, x := range []struct{ options, want string }{
		{"ANALYZE, TIMING OFF", `Hash.*\n.*Buckets: \d+ \(originally \d+\)  Batches: 8 \(originally 1\)  Memory Usage: \d+kB`},
		{"ANALYZE, TIMING OFF", `Sort Method: external merge  Disk: \d+kB`},
		{"ANALYZE, BUFFERS", `Sort Method: .*\n.*Buffers: shared hit=\d+, temp read=\d+ written=\d+`},
		{"ANALYZE, BUFFERS, FORMAT JSON", `"Hash Batches": 8,\s+"Original Hash Batches": 1,\s+"Peak Memory Usage": \d+,\s+"Shared Hit Blocks": [1-9]\d*,(?s:.*?)"Temp Read Blocks": [1-9]\d*,\s+"Temp Written Blocks": [1-9]\d*,?\s`},
		{"ANALYZE, BUFFERS, FORMAT JSON", `"Planning": {\s+"Shared Hit Blocks": \d+`},
		{"ANALYZE, WAL, FORMAT YAML", `WAL Records: 0\n +WAL FPI: 0\n +WAL Bytes: 0`},
		{"SETTINGS", `(?m)^Settings: enable_mergejoin = 'off', enable_nestloop = 'off', plan_cache_mode = 'force_generic_plan', work_mem = '64kB'$`},
		{"SETTINGS, FORMAT YAML", `Settings: \n    enable_mergejoin: "off"`},
		{"SETTINGS, FORMAT XML", `<Settings>\s+<enable_mergejoin>off</enable_mergejoin>`},
		{"MEMORY", `Planning:\n  Memory: used=\d+kB  allocated=\d+kB`},
		{"MEMORY, FORMAT JSON", `"Planning": {\s+"Memory Used": \d+,\s+"Memory Allocated": \d+\s+}`},
		{"ANALYZE, SERIALIZE", `Serialization: time=\d+\.\d+ ms  output=5[0-9]{2}kB  format=text`},
		{"ANALYZE, SERIALIZE BINARY, TIMING OFF", `(?m)^Serialization: output=\d+kB  format=binary$`},
		{"ANALYZE, SERIALIZE, FORMAT JSON", `"Serialization": {\s+"Time": \d+\.\d+,\s+"Output Volume": \d+,\s+"Format": "text"`},
		{"ANALYZE, SUMMARY OFF, TIMING OFF, COSTS OFF", `^Sort \(actual rows=5000 loops=1\)`},
	} {
		var out lines
		if err := s.Simple(context.Background(), "EXPLAIN ("+x.options+") "+query, &out); err != nil {
			t.Fatalf("%s: %v", x.options, err)
		}
		if text := strings.Join(out.got, "\n"); !regexp.MustCompile(x.want).MatchString(text) {
			t.Errorf("%s: nothing like %s in\n%s", x.options, x.want, text)
		}
	}
	for options, want := range map[string]string{"WAL": "EXPLAIN option WAL requires ANALYZE", "TIMING": "EXPLAIN option TIMING requires ANALYZE",
		"SERIALIZE": "EXPLAIN option SERIALIZE requires ANALYZE", "SERIALIZE x": `unrecognized value for EXPLAIN option "serialize": "x"`,
		"ANALYZE, GENERIC_PLAN": "EXPLAIN options ANALYZE and GENERIC_PLAN cannot be used together", "SPEED": `unrecognized EXPLAIN option "speed"`} {
		if err := s.Simple(context.Background(), "EXPLAIN ("+options+") "+query, &discard{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", options, err)
		}
	}
}

// TestExplainUsage compares what EXPLAIN says of the store with what a statement did: rows and index entries that were written, and
// memtables and blocks that were read.
func TestExplainUsage(t *testing.T) {
	s, _ := newTestSession(t)
	mustSimple(t, s, "CREATE TABLE t (id int PRIMARY KEY, a int); CREATE INDEX ON t (a)")
	for _, x := range []struct{ query, want string }{
		{"INSERT INTO t SELECT i, i FROM generate_series(1, 10) i", `^Insert on t .*\n(  Buffers: .*\n)?  WAL: records=20 bytes=\d+\n  ->  [^\n]*\nPlanning`},
		{"WITH w AS (INSERT INTO t VALUES (11, 11) RETURNING id) SELECT id FROM w", `^CTE Scan on w .*\n(  Buffers: .*\n)?  WAL: records=2 bytes=\d+\n  CTE w\n    ->  Insert on t .*\n(          Buffers: .*\n)?          WAL: records=2`},
		{"SELECT count(*) FROM t", `^Aggregate .*\n  Buffers: shared hit=\d+\n  ->  .*\n(.*\n)?        Buffers: shared hit=\d+\n`},
		{"SELECT * FROM t WHERE id = 5", `Index Cond: \(id = 5\)\n  Buffers: shared hit=1\n`},
	} {
		var out lines
		if err := s.Simple(context.Background(), "EXPLAIN (ANALYZE, BUFFERS, WAL, COSTS OFF) "+x.query, &out); err != nil {
			t.Fatalf("%s: %v", x.query, err)
		}
		if text := strings.Join(out.got, "\n"); !regexp.MustCompile(x.want).MatchString(text) {
			t.Errorf("%s: nothing like %s in\n%s", x.query, x.want, text)
		}
	}
}
