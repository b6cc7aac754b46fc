package engine

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// commitKeys writes or deletes the keys i from ≤ i < to with i%step == 0, five hundred in a commit.
func commitKeys(t *testing.T, e *Engine, from, to, step int, value []byte) {
	t.Helper()
	for at := from; at < to; {
		var c Commit
		for ; at < to && c.Entries < 500; at += step {
			c.Payload = AppendEntry(c.Payload, countedKey(at), value, value == nil)
			c.Entries++
		}
		if _, err := e.Commit(&c); err != nil {
			t.Fatal(err)
		}
	}
}

func countKeys(t *testing.T, e *Engine, ts uint64) int {
	t.Helper()
	var it Iter
	it.Open(e, kv.Range{}, ts, false, nil)
	defer it.Close()
	var b kv.Entries
	if err := it.Fill(&b, 1<<30, false); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

// held returns the entries and tombstones of all runs, and of the memtables.
func (e *Engine) held() (entries, tombstones uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.state.Load()
	for _, level := range s.levels {
		for _, r := range level {
			entries, tombstones = entries+r.entries, tombstones+r.tombstones
		}
	}
	for _, m := range s.mems {
		entries, tombstones = entries+uint64(m.entries), tombstones+m.tombstones
	}
	return entries, tombstones
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal(what)
		}
	}
}

// TestRestDropsTombstones deletes half of the keys and commits no more: tombstones and what they hide go, but not before the
// snapshot has ended that sees it.
func TestRestDropsTombstones(t *testing.T) {
	var old atomic.Uint64
	e, err := Open("d", Options{FS: vfs.NewMem(), Snapshots: func(dst []uint64) []uint64 {
		if ts := old.Load(); ts != 0 {
			dst = append(dst, ts)
		}
		return dst
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	const n = 20_000
	commitKeys(t, e, 0, n, 1, []byte("value"))
	before := e.VisibleTS()
	old.Store(before)
	commitKeys(t, e, 0, n, 2, nil)
	time.Sleep(3 * restAfter)
	if got := countKeys(t, e, before); got != n {
		t.Fatalf("the old snapshot sees %d keys", got)
	}
	if entries, dead := e.held(); entries != n*3/2 || dead != n/2 {
		t.Fatalf("%d entries, %d of them tombstones", entries, dead)
	}
	old.Store(0)
	eventually(t, "tombstones stay", func() bool {
		entries, dead := e.held()
		return entries == n/2 && dead == 0
	})
	if got := countKeys(t, e, e.VisibleTS()); got != n/2 {
		t.Fatalf("%d keys", got)
	}
}

// TestScansPayForTombstones takes from the front of a queue, beside which other commits go on all the time: when scans have passed
// enough tombstones these are gone.
func TestScansPayForTombstones(t *testing.T) {
	e, err := Open("d", Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	const n = 20_000
	commitKeys(t, e, 0, n, 1, []byte("value"))
	commitKeys(t, e, 0, n/20, 1, nil)
	commitKeys(t, e, n/20, n/10, 1, nil)
	eventually(t, "tombstones stay", func() bool {
		commitKeys(t, e, n, n+1, 1, []byte("value"))
		for range 50 {
			var it Iter
			it.Open(e, kv.Range{}, e.VisibleTS(), false, nil)
			if err := it.Next(); err != nil || string(it.Key()) != string(countedKey(n/10)) {
				t.Fatalf("first key %q: %v", it.Key(), err)
			}
			it.Close()
		}
		_, dead := e.held()
		return dead == 0
	})
}

// TestSmallRuns flushes a few rows many times over a large level 1, which is not written again each time.
func TestSmallRuns(t *testing.T) {
	e, err := Open("d", Options{FS: vfs.NewMem(), MemtableBytes: 256 << 10, RunBytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	const n = 10_000
	value := make([]byte, 100)
	rnd := rand.NewChaCha8([32]byte{})
	_, _ = rnd.Read(value)
	settled := func() bool {
		st := e.Stats()
		return st.Frozen == 0 && st.Runs[0] < mergeRuns
	}
	commitKeys(t, e, 0, n, 1, value)
	eventually(t, "no rest", func() bool { return settled() && e.Stats().Runs[1] > 0 })
	before, rounds := e.Stats(), 200
	for i := range rounds {
		commitKeys(t, e, i%7, n, n/2, fmt.Appendf(nil, "%0100d", i))
		e.mu.Lock()
		if e.frozen < frozenMax {
			_ = e.rotate(0)
		}
		e.mu.Unlock()
		eventually(t, "no rest", settled)
	}
	st := e.Stats()
	base := before.RunBytes[1]
	if written, flushes := st.MergeBytes-before.MergeBytes, st.Flushes-before.Flushes; flushes < uint64(rounds/2) || written > base*flushes/10 {
		t.Fatalf("%d flushes of some rows let merges write %d bytes, beside %d in level 1", flushes, written, base)
	}
	t.Logf("merges wrote %d bytes in %d flushes, beside %d in level 1", st.MergeBytes-before.MergeBytes, st.Flushes-before.Flushes, base)
	if got := countKeys(t, e, e.VisibleTS()); got != n {
		t.Fatalf("%d keys", got)
	}
}
