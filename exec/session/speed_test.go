package session

import (
	"context"
	"testing"

	"github.com/lightsql/lightsql/planner"
)

// hotTables are pgbench's tables at a small scale.
const hotTables = `CREATE TABLE branches (bid int PRIMARY KEY, bbalance int, filler char(88));
CREATE TABLE tellers (tid int PRIMARY KEY, bid int, tbalance int, filler char(84));
CREATE TABLE accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84));
CREATE TABLE history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
INSERT INTO branches VALUES (1, 0, '');
INSERT INTO tellers SELECT i, 1, 0, '' FROM generate_series(1, 10) i;
INSERT INTO accounts SELECT i, 1, 0, '' FROM generate_series(1, 10000) i`

// hotStatement is a statement as a client sends it: with parameters, and with its values in the text.
type hotStatement struct {
	name, prepared, simple string
	params                 [][]byte
	allocs                 float64 // at most, transaction included; the same for both ways
}

func hotStatements() []hotStatement {
	one, id := []byte("1"), []byte("777")
	return []hotStatement{
		{"select", "SELECT abalance FROM accounts WHERE aid = $1", "SELECT abalance FROM accounts WHERE aid = 777", [][]byte{id}, 6},
		{"update", "UPDATE accounts SET abalance = abalance + $1 WHERE aid = $2",
			"UPDATE accounts SET abalance = abalance + 1 WHERE aid = 777", [][]byte{one, id}, 9},
		{"insert", "INSERT INTO history (tid, bid, aid, delta, mtime) VALUES ($1, $1, $2, $1, CURRENT_TIMESTAMP)",
			"INSERT INTO history (tid, bid, aid, delta, mtime) VALUES (1, 1, 777, 1, CURRENT_TIMESTAMP)", [][]byte{one, id}, 8},
		{"upsert", "INSERT INTO branches VALUES ($1, 0, '') ON CONFLICT (bid) DO UPDATE SET bbalance = branches.bbalance + 1",
			"INSERT INTO branches VALUES (1, 0) ON CONFLICT (bid) DO UPDATE SET bbalance = branches.bbalance + 1", [][]byte{one}, 11},
		{"delete", "DELETE FROM tellers WHERE tid = $1", "DELETE FROM tellers WHERE tid = 777", [][]byte{id}, 8},
	}
}

// quiet is a Sink that drops everything.
type quiet struct{ discard }

func (*quiet) Complete(Tag) error { return nil }

// runPrepared is Bind, Execute, Sync.
func runPrepared(t testing.TB, s *Session, sink Sink, name string, params [][]byte) {
	ctx := context.Background()
	if err := s.Bind(ctx, BindOptions{Statement: name, Params: params}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Execute(ctx, "", 0, sink); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(ctx); err != nil {
		t.Fatal(err)
	}
}

func runSimple(t testing.TB, s *Session, sink Sink, sql string) {
	if err := s.Simple(context.Background(), sql, sink); err != nil {
		t.Fatal(err)
	}
}

// tpcb is pgbench's transaction in the simple protocol.
var tpcb = []string{"BEGIN;", "UPDATE accounts SET abalance = abalance + 5 WHERE aid = 777;", "SELECT abalance FROM accounts WHERE aid = 777;",
	"UPDATE tellers SET tbalance = tbalance + 5 WHERE tid = 7;", "UPDATE branches SET bbalance = bbalance + 5 WHERE bid = 1;",
	"INSERT INTO history (tid, bid, aid, delta, mtime) VALUES (7, 1, 777, 5, CURRENT_TIMESTAMP);", "END;"}

// TestAllocations fixes what one statement allocates on its way through the server. It must not grow.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates, too")
	}
	s, _ := newTestSession(t)
	mustSimple(t, s, hotTables)
	sink := &quiet{}
	for _, x := range hotStatements() {
		if err := s.Parse(context.Background(), x.name, x.prepared, nil); err != nil {
			t.Fatal(err)
		}
		for range planner.CustomFirst { // each of them is planned
			runPrepared(t, s, sink, x.name, x.params)
		}
		if n := testing.AllocsPerRun(100, func() { runPrepared(t, s, sink, x.name, x.params) }); n > x.allocs {
			t.Errorf("%s, prepared: %v allocations, want at most %v", x.name, n, x.allocs)
		}
		runSimple(t, s, sink, x.simple) // the first of its form does not leave its plan
		if n := testing.AllocsPerRun(100, func() { runSimple(t, s, sink, x.simple) }); n > x.allocs {
			t.Errorf("%s, simple: %v allocations, want at most %v", x.name, n, x.allocs)
		}
	}
}

// BenchmarkStatement is the server's work for one statement and its transaction, without network and disk.
func BenchmarkStatement(b *testing.B) {
	s, _ := newTestSession(b)
	mustSimple(b, s, hotTables)
	sink := &quiet{}
	for _, x := range hotStatements() {
		if err := s.Parse(context.Background(), x.name, x.prepared, nil); err != nil {
			b.Fatal(err)
		}
		b.Run(x.name+"/prepared", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				runPrepared(b, s, sink, x.name, x.params)
			}
		})
		b.Run(x.name+"/simple", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				runSimple(b, s, sink, x.simple)
			}
		})
	}
	b.Run("tpcb/simple", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, sql := range tpcb {
				runSimple(b, s, sink, sql)
			}
		}
	})
}
