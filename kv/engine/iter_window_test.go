package engine

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// TestWindows scans stores whose keys alternate between several runs, chunks and nodes, and compares with a map. Keys are of one length or
// of several, with zero bytes at their ends, so that heads are alike where keys are not.
func TestWindows(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var pastTS atomic.Uint64
		e, err := Open("d", Options{FS: vfs.NewMem(), MemtableBytes: 4 << 20, ChunkEntries: 20, Snapshots: func(dst []uint64) []uint64 {
			if ts := pastTS.Load(); ts > 0 {
				dst = append(dst, ts)
			}
			return dst
		}})
		if err != nil {
			t.Fatal(err)
		}
		universe := 200 + rnd.IntN(2000)
		key := func(i int) []byte { return countedKey(i) }
		if seed%3 > 0 {
			key = func(i int) []byte {
				k := append([]byte("table"), byte(i>>6), byte(i>>4&3))
				return append(append(k, make([]byte, i&3)...), bytes.Repeat([]byte{byte(i >> 2 & 3)}, int(seed%3)*3)...)
			}
		}
		want := map[string]string{}
		var past map[string]string
		for round := range 2 + rnd.IntN(12) {
			n := 1 + rnd.IntN(universe)
			list := rnd.Perm(universe)[:n]
			if rnd.IntN(2) == 0 {
				slices.Sort(list)
			}
			dead := rnd.IntN(3) == 0
			c := Commit{}
			seen := map[string]bool{}
			for _, i := range list {
				k := key(i)
				if seen[string(k)] {
					continue
				}
				seen[string(k)] = true
				v := fmt.Sprint(round, " ", i)
				if dead || rnd.IntN(9) == 0 {
					delete(want, string(k))
					c.Payload = AppendEntry(c.Payload, k, nil, true)
				} else {
					want[string(k)] = v
					c.Payload = AppendEntry(c.Payload, k, []byte(v), false)
				}
				c.Entries++
			}
			if _, err := e.Commit(&c); err != nil {
				t.Fatal(err)
			}
			if rnd.IntN(3) == 0 {
				e.mu.Lock()
				_ = e.rotate(0)
				e.mu.Unlock()
				for e.Stats().Frozen > 0 {
					time.Sleep(100 * time.Microsecond)
				}
			}
			if round == 1 {
				past = maps.Clone(want)
				pastTS.Store(e.VisibleTS())
			}
		}
		compareScan(t, e, rnd, past, pastTS.Load())
		compareScan(t, e, rnd, want, e.VisibleTS())
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// compareScan scans in steps of random sizes, from one end or from a key on.
func compareScan(t *testing.T, e *Engine, rnd *rand.Rand, want map[string]string, ts uint64) {
	t.Helper()
	keys := slices.Sorted(maps.Keys(want))
	for _, keysOnly := range []bool{false, true} {
		from := 0
		r := kv.Range{}
		if len(keys) > 0 && rnd.IntN(2) == 0 {
			from = rnd.IntN(len(keys))
			r.Start = []byte(keys[from])
		}
		var it Iter
		it.Open(e, r, ts, false, nil)
		var b kv.Entries
		for at := from; ; {
			b.Reset()
			limit := 1 + rnd.IntN(300)
			if err := it.Fill(&b, limit, keysOnly); err != nil {
				t.Fatal(err)
			}
			if b.Len() != min(limit, len(keys)-at) {
				t.Fatalf("%d entries from %d on, of %d, limit %d", b.Len(), at, len(keys), limit)
			}
			for i, k := range b.K {
				if string(k) != keys[at] || !keysOnly && string(b.V[i]) != want[keys[at]] || keysOnly && b.V[i] != nil {
					t.Fatalf("entry %d is %q %q, want %q %q", at, k, b.V[i], keys[at], want[keys[at]])
				}
				at++
			}
			if b.Len() == 0 {
				break
			}
		}
		it.Close()
	}
}
