package engine

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// TestChunks writes commits of keys in ascending order over each other, values and deletions, some of which have become runs, and
// compares what reads and scans of every kind find with a model, now and as of earlier commits.
func TestChunks(t *testing.T) {
	shapes := map[string]func(i int) string{
		"counted": func(i int) string { return fmt.Sprintf("tbl:%08d", i) },
		"binary":  func(i int) string { return string([]byte{'t', byte(i >> 8), byte(i)}) },
		"words": func(i int) string {
			return fmt.Sprintf("w%04d", i/7) + string(bytes.Repeat([]byte("common"), i%7))
		},
		"long": func(i int) string { return fmt.Sprintf("%0200d", i) },
		"far":  func(i int) string { return fmt.Sprintf("%06d:a long tail that heads do not reach:%d", i/50, i%50+10) },
	}
	for name, key := range shapes {
		for _, bytes := range []int{16 << 10, 4 << 20} {
			t.Run(fmt.Sprintf("%s/%d", name, bytes), func(t *testing.T) { chunks(t, key, bytes) })
		}
	}
}

const chunkKeys = 1500

func chunks(t *testing.T, key func(i int) string, memtable int) {
	rnd := rand.New(rand.NewPCG(uint64(memtable), 1))
	fs := vfs.NewMem()
	held := &heldTS{}
	open := func() *Engine {
		e, err := Open("d", Options{FS: fs, MemtableBytes: memtable, RunBytes: 64 << 10, ChunkEntries: 8, Snapshots: held.list})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := open()
	defer func() { _ = e.Close() }()
	model := map[string]string{}
	then, thenTS := maps.Clone(model), uint64(0)
	write := func(from, step, n int, dead func() bool) {
		c := Commit{}
		for i := from; i < chunkKeys && n > 0 || n > chunkKeys/2; i += step {
			k, v := key(i%chunkKeys), ""
			if !dead() {
				v = fmt.Sprintf("%d-%0*d", i, 1+rnd.IntN(200), rnd.IntN(1000))
			}
			c.Payload = AppendEntry(c.Payload, []byte(k), []byte(v), v == "")
			c.Entries++
			n--
			if model[k] = v; v == "" {
				delete(model, k)
			}
		}
		if _, err := e.Commit(&c); err != nil {
			t.Fatal(err)
		}
	}
	never, always := func() bool { return false }, func() bool { return true }
	for i := 0; i < chunkKeys; i += 200 {
		write(i, 1, 200, never)
	}
	for round := range 6 {
		step := 1 + rnd.IntN(4)
		for i := rnd.IntN(5); i < chunkKeys; {
			n := 5 + rnd.IntN(200)
			switch round {
			case 0, 1, 3, 5:
				write(i, step, n, always)
			default:
				write(i, step, n, func() bool { return rnd.IntN(3) == 0 })
			}
			i += n*step + rnd.IntN(300)
		}
		if round%2 == 0 { // so many, and in no order, that they become an array of nodes
			write(round, 7*11*13, chunkKeys/2+600, func() bool { return rnd.IntN(4) == 0 })
		}
		compareWithModel(t, e, rnd, model, e.VisibleTS(), key)
		if thenTS > 0 {
			compareWithModel(t, e, rnd, then, thenTS, key)
		}
		if round == 1 {
			then, thenTS = maps.Clone(model), e.VisibleTS()
			held.set(thenTS)
		}
		if round == 3 {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			e = open()
			compareWithModel(t, e, rnd, model, e.VisibleTS(), key)
		}
	}
}

// heldTS is the list of snapshots of an engine: one or none.
type heldTS struct {
	mu sync.Mutex
	ts uint64
}

func (h *heldTS) set(ts uint64) {
	h.mu.Lock()
	h.ts = ts
	h.mu.Unlock()
}

func (h *heldTS) list(dst []uint64) []uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ts > 0 {
		dst = append(dst, h.ts)
	}
	return dst
}

func compareWithModel(t *testing.T, e *Engine, rnd *rand.Rand, model map[string]string, ts uint64, key func(i int) string) {
	t.Helper()
	var dst kv.Values
	for i := range chunkKeys {
		k := []byte(key(i))
		dst.Reset()
		if _, err := e.Get(Hash(k), k, ts, &dst); err != nil || string(dst.V[0]) != model[string(k)] {
			t.Fatalf("at %d %q is %q, want %q: %v", ts, k, dst.V[0], model[string(k)], err)
		}
	}
	for range 8 {
		r := kv.Range{}
		lo, hi := rnd.IntN(chunkKeys), rnd.IntN(chunkKeys)
		if rnd.IntN(3) > 0 {
			r.Start = []byte(key(min(lo, hi)))
		}
		if rnd.IntN(3) > 0 {
			r.End = []byte(key(max(lo, hi)))
		}
		scanAsModel(t, e, r, model, ts, rnd.IntN(2) == 0, rnd.IntN(4) == 0, 1+rnd.IntN(900))
	}
}

func scanAsModel(t *testing.T, e *Engine, r kv.Range, model map[string]string, ts uint64, reverse, keysOnly bool, limit int) {
	t.Helper()
	var want []string
	for k := range model {
		if k >= string(r.Start) && (r.End == nil || k < string(r.End)) {
			want = append(want, k)
		}
	}
	slices.SortFunc(want, func(a, b string) int {
		if reverse {
			return cmp.Compare(b, a)
		}
		return cmp.Compare(a, b)
	})
	var it Iter
	it.Open(e, r, ts, reverse, nil)
	defer it.Close()
	var b kv.Entries
	for n := 0; ; {
		b.Reset()
		if err := it.Fill(&b, limit, keysOnly); err != nil {
			t.Fatal(err)
		}
		for i, k := range b.K {
			if n >= len(want) || want[n] != string(k) {
				t.Fatalf("scan of %q at %d, reverse %t, by %d: entry %d is %q, want %q", r, ts, reverse, limit, n, k, want[min(n, len(want)-1):][:1])
			}
			if !keysOnly && string(b.V[i]) != model[want[n]] {
				t.Fatalf("scan at %d: %q is %q, want %q", ts, k, b.V[i], model[want[n]])
			}
			n++
		}
		if b.Len() < limit {
			if n != len(want) {
				t.Fatalf("scan of %q at %d, reverse %t: %d entries, want %d", r, ts, reverse, n, len(want))
			}
			return
		}
	}
}

// TestChunkSeries looks where chunks find their place.
func TestChunkSeries(t *testing.T) {
	var x memChunks
	ts := uint64(0)
	add := func(from, to int) int {
		var p []byte
		for i := from; i <= to; i++ {
			p = AppendEntry(p, fmt.Appendf(nil, "%04d", i), []byte("v"), false)
		}
		c := newMemChunk(p, to-from+1)
		s, at := x.place(c)
		if s >= 0 {
			ts++
			c.ts = ts
			x.add(c, s, at)
		}
		return s
	}
	for n, want := range [][3]int{
		{100, 199, 0}, {300, 399, 0}, {200, 299, 0}, {0, 50, 0}, {60, 110, 1}, {150, 250, 1}, {100, 400, 2}, {0, 999, 3}, {0, 10, 1},
		{500, 600, 0}, {100, 120, -1},
	} {
		if s := add(want[0], want[1]); s != want[2] {
			t.Errorf("chunk %d is in series %d, want %d", n, s, want[2])
		}
	}
	for _, w := range []struct {
		key    string
		ts, at uint64
	}{{"0105", 100, 8}, {"0105", 7, 7}, {"0105", 4, 1}, {"0400", 100, 8}, {"0005", 100, 9}, {"0999", 100, 8}, {"0999", 7, 0}} {
		if v, _ := x.get([]byte(w.key), w.ts, version{}, false); v.ts != w.at {
			t.Errorf("%s at %d is of %d, want %d", w.key, w.ts, v.ts, w.at)
		}
	}
}
