package session

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/vec"
)

// countingStore counts the calls that could each be a round trip on a distributed store.
type countingStore struct {
	kv.Store
	mu    sync.Mutex
	calls map[string]int
}

func (s *countingStore) note(call string) {
	s.mu.Lock()
	s.calls[call]++
	s.mu.Unlock()
}

func (s *countingStore) Begin(o kv.TxnOptions) kv.Txn { return &countingTxn{s.Store.Begin(o), s} }

type countingTxn struct {
	kv.Txn
	s *countingStore
}

func (t *countingTxn) Get(ctx context.Context, keys [][]byte, dst *kv.Values) error {
	t.s.note("get")
	return t.Txn.Get(ctx, keys, dst)
}

func (t *countingTxn) Scan(ctx context.Context, r kv.Range, o kv.ScanOptions) (kv.Iterator, error) {
	t.s.note("scan")
	return t.Txn.Scan(ctx, r, o)
}

func (t *countingTxn) Lock(ctx context.Context, keys [][]byte, o kv.LockOptions, dst *kv.Locked) error {
	t.s.note("lock")
	return t.Txn.Lock(ctx, keys, o, dst)
}

func (t *countingTxn) Commit(ctx context.Context) (kv.TS, error) {
	t.s.note("commit")
	return t.Txn.Commit(ctx)
}

// discard is a Sink for tests: it keeps command tags only.
type discard struct{ tags []string }

func (d *discard) Columns([]Column) error         { return nil }
func (d *discard) Batch(*vec.Batch) error         { return nil }
func (d *discard) Complete(t Tag) error           { d.tags = append(d.tags, string(t.Append(nil))); return nil }
func (d *discard) Empty() error                   { return nil }
func (d *discard) Notice(*pgerr.Error)            {}
func (d *discard) ParameterStatus(string, string) {}
func (d *discard) CopyIn(int16, int) (CopySource, error) {
	return nil, pgerr.FeatureNotSupported("COPY in this test")
}
func (d *discard) CopyOut(int16, int) (CopyDest, error) {
	return nil, pgerr.FeatureNotSupported("COPY in this test")
}

// newTestSession opens a session over an in-memory store whose calls are counted.
func newTestSession(t testing.TB) (*Session, *countingStore) {
	t.Helper()
	db, err := mvcc.Open(":memory:", mvcc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	store := &countingStore{Store: db, calls: map[string]int{}}
	cat, err := catalog.Open(context.Background(), store, pgcatalog.Builtins())
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(ServerOptions{Store: store, Catalog: cat}).NewSession(StartOptions{
		Parameters: map[string]string{"user": "postgres"}, PID: 1, Terminate: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, store
}

func mustSimple(t testing.TB, s *Session, sql string) {
	t.Helper()
	if err := s.Simple(context.Background(), sql, &discard{}); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// TestStoreCalls fixes how many round trips the two statements of ARCHITECTURE.md's paths make. They must not grow.
func TestStoreCalls(t *testing.T) {
	s, store := newTestSession(t)
	ctx := context.Background()
	mustSimple(t, s, "CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE, b text); CREATE INDEX ON t (b); INSERT INTO t VALUES (1, 1, 'x')")
	var rows []string
	for i := range 500 {
		rows = append(rows, fmt.Sprintf("(%d, %d, 'v')", i+10, i+10))
	}
	for _, x := range []struct {
		sql  string
		want map[string]int
	}{
		// The commit of a transaction that wrote nothing costs no round trip.
		{"SELECT * FROM t WHERE id = 1", map[string]int{"get": 1, "commit": 1}},
		// One lock of the table's descriptor, one of all keys of the batch.
		{"INSERT INTO t VALUES " + strings.Join(rows, ", "), map[string]int{"lock": 2, "commit": 1}},
		{"UPDATE t SET b = 'z' WHERE id = 1", map[string]int{"lock": 2, "commit": 1}},
		// One more lock of the unique keys that the row gives up.
		{"DELETE FROM t WHERE id = 1", map[string]int{"lock": 3, "commit": 1}},
	} {
		if err := s.Parse(ctx, "", x.sql, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Bind(ctx, BindOptions{}); err != nil {
			t.Fatal(err)
		}
		clear(store.calls)
		if _, err := s.Execute(ctx, "", 0, &discard{}); err != nil {
			t.Fatal(err)
		}
		if err := s.Sync(ctx); err != nil {
			t.Fatal(err)
		}
		for call, n := range store.calls {
			if n > x.want[call] {
				t.Errorf("%.40s: %d calls of %s, want %d", x.sql, n, call, x.want[call])
			}
		}
	}
}

// BenchmarkPointSelect is a prepared point select from Bind to Sync, without the network.
func BenchmarkPointSelect(b *testing.B) {
	s, _ := newTestSession(b)
	ctx := context.Background()
	mustSimple(b, s, "CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t SELECT i, i, 'value' FROM generate_series(1, 10000) i")
	if err := s.Parse(ctx, "p", "SELECT a FROM t WHERE id = $1", nil); err != nil {
		b.Fatal(err)
	}
	sink := &discard{}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Bind(ctx, BindOptions{Statement: "p", Params: [][]byte{[]byte("77")}}); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Execute(ctx, "", 0, sink); err != nil {
			b.Fatal(err)
		}
		if err := s.Sync(ctx); err != nil {
			b.Fatal(err)
		}
		sink.tags = sink.tags[:0]
	}
}

// Measure implements kv.Meter.
func (t *countingTxn) Measure(u *kv.Usage) { t.Txn.(kv.Meter).Measure(u) }
