package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/vfs"
)

func countedKey(i int) []byte { return binary.BigEndian.AppendUint64([]byte("k"), uint64(i)) }

// countedValue is noise of the number: no two blocks are alike, and nothing of it can be packed.
func countedValue(i int) []byte {
	rnd := rand.New(rand.NewPCG(uint64(i), 1))
	b := make([]byte, 0, 200)
	for len(b) < 200 {
		b = binary.LittleEndian.AppendUint64(b, rnd.Uint64())
	}
	return b
}

// countedRun has n entries, and a cache of so many frames.
func countedRun(tb testing.TB, n, frames int) *run {
	tb.Helper()
	fs, c := vfs.NewMem(), newCache(frames*frameBytes, packing.New())
	w, err := newRunWriter(fs, "d", 1, c.packing, packing.Fast, new(runSpace))
	if err != nil {
		tb.Fatal(err)
	}
	for i := range n {
		if err := w.add(countedKey(i), countedValue(i), uint64(i%7+1), kindValue); err != nil {
			tb.Fatal(err)
		}
	}
	meta, err := w.finish()
	if err != nil {
		tb.Fatal(err)
	}
	r, err := openRun(fs, "d", meta, c)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func readCounted(r *run, i int, dst *kv.Values) error {
	dst.Reset()
	key := countedKey(i)
	x, err := r.get(Hash(key), key, 10, dst)
	if err == nil && (!x.ok || !bytes.Equal(dst.V[0], countedValue(i))) {
		err = fmt.Errorf("key %d: %+v %x", i, x, dst.V)
	}
	return err
}

// scanCounted walks the whole run in one direction.
func scanCounted(r *run, n int, reverse bool) error {
	c := &runCursor{r: r, ts: 10, reverse: reverse}
	defer c.close()
	i, err := 0, c.seek(nil)
	for ; err == nil && c.valid; i++ {
		want := i
		if reverse {
			want = n - 1 - i
		}
		if !bytes.Equal(c.key, countedKey(want)) || !bytes.Equal(c.value, countedValue(want)) {
			return fmt.Errorf("entry %d: %q", want, c.key)
		}
		err = c.step()
	}
	if err == nil && i != n {
		err = fmt.Errorf("%d entries", i)
	}
	return err
}

// TestScanKeepsHotBlocks: blocks that are read again and again stay while a scan passes ten times the cache.
func TestScanKeepsHotBlocks(t *testing.T) {
	const n, frames = 40_000, 128
	r := countedRun(t, n, frames)
	var vs kv.Values
	const hot = 2000 // entries, in some fifty blocks
	for range 5 {
		for i := range hot {
			if err := readCounted(r, i, &vs); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := r.index.find(countedKey(hot-1), maxTS)
	for _, reverse := range []bool{false, true} {
		if err := scanCounted(r, n, reverse); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for i := range last + 1 {
		if r.frames[i].Load() != 0 {
			kept++
		}
	}
	if kept < (last+1)*9/10 {
		t.Errorf("%d of %d hot blocks are left after two scans of %d blocks", kept, last+1, len(r.frames))
	}
	if p := r.cache.pinned(); p != 0 {
		t.Errorf("%d frames are pinned", p)
	}
}

// TestCachePressure reads and scans fifty times the cache from several goroutines. Everything read is right, the budget
// holds, and nothing stays pinned.
func TestCachePressure(t *testing.T) {
	const n, frames = 12_000, 7
	r := countedRun(t, n, frames)
	if err := r.load(); err != nil {
		t.Fatal(err)
	}
	if len(r.frames) < 45*frames {
		t.Fatalf("only %d blocks", len(r.frames))
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rnd := rand.New(rand.NewPCG(uint64(g), 7))
			var vs kv.Values
			for range 1500 {
				i := rnd.IntN(n)
				if rnd.IntN(2) == 0 {
					i = rnd.IntN(300)
				}
				if err := readCounted(r, i, &vs); err != nil {
					t.Error(err)
					return
				}
			}
			if err := scanCounted(r, n, g%2 == 1); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if used := r.cache.bytes(); used > frames*frameBytes {
		t.Errorf("%d bytes in use", used)
	}
	if p := r.cache.pinned(); p != 0 {
		t.Errorf("%d frames are pinned", p)
	}
}

// TestPinnedFrame: a cursor that waits keeps its block while all others come and go, and once it goes the frame is free.
func TestPinnedFrame(t *testing.T) {
	const n, frames = 4000, 3
	r := countedRun(t, n, frames)
	cursors := make([]*runCursor, 2*frames) // more than there are frames
	for i := range cursors {
		cursors[i] = &runCursor{r: r, ts: 10}
		for range 2 { // the second time the block is in the cache, if there is room
			if err := cursors[i].seek(countedKey(i * 500)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var vs kv.Values
	for i := range n {
		if err := readCounted(r, i, &vs); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range cursors {
		if !bytes.Equal(c.key, countedKey(i*500)) || !bytes.Equal(c.value, countedValue(i*500)) {
			t.Errorf("cursor %d: %q", i, c.key)
		}
		c.close()
	}
	if p := r.cache.pinned(); p != 0 {
		t.Errorf("%d frames are pinned", p)
	}
	r.cache.drop(map[*run]bool{r: true})
	if used := r.cache.bytes(); used != 0 {
		t.Errorf("%d bytes in use after the run is gone", used)
	}
	if err := readCounted(r, 7, &vs); err != nil { // by somebody who still holds the run
		t.Fatal(err)
	}
	if used := r.cache.bytes(); used != 0 {
		t.Errorf("%d bytes in use for a run that is gone", used)
	}
}

// TestGetAllocatesNothing: neither from the block cache nor from the row cache.
func TestGetAllocatesNothing(t *testing.T) {
	r := countedRun(t, 1000, 64)
	e := &Engine{rows: newRowCache(1 << 20)}
	e.state.Store(&state{levels: [levelsMax][]*run{{r}}, runsTS: r.maxTS})
	key := countedKey(77)
	hash := Hash(key)
	var vs kv.Values
	read := func(ts uint64) func() {
		return func() {
			vs.Reset()
			if _, err := e.Get(hash, key, ts, &vs); err != nil || vs.V[0] == nil {
				t.Fatal(err)
			}
		}
	}
	for _, ts := range []uint64{6, 10} { // below the newest version in the runs no row is kept
		for range 3 {
			read(ts)()
		}
		if n := testing.AllocsPerRun(100, read(ts)); n != 0 {
			t.Errorf("at %d: %v allocations", ts, n)
		}
	}
}

// TestFrameQueue pushes and pops around the ring's end.
func TestFrameQueue(t *testing.T) {
	var q frameQueue
	next, want := uint32(0), uint32(0)
	for round := range 200 {
		for range round % 7 * 13 {
			q.push(next)
			next++
		}
		for range min(q.len(), round%5*17) {
			if no := q.pop(); no != want {
				t.Fatalf("popped %d, want %d", no, want)
			}
			want++
		}
	}
}

// TestMergeKeepsCache merges runs whose blocks are in the cache: soon those of the new runs are there, before anybody reads them.
func TestMergeKeepsCache(t *testing.T) {
	e, err := Open("d", Options{FS: vfs.NewMem(), MemtableBytes: 256 << 10, RunBytes: 128 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	const n = 5000
	merges := uint64(0)
	for round := 0; merges < 3; round++ {
		for from := 0; from < n; from += 500 {
			c := Commit{Entries: 500}
			for i := from; i < from+500; i++ {
				c.Payload = AppendEntry(c.Payload, countedKey(i), fmt.Appendf(nil, "%0100d", round), false)
			}
			if _, err := e.Commit(&c); err != nil {
				t.Fatal(err)
			}
		}
		for st := e.Stats(); st.Frozen > 0 || st.Runs[0] >= mergeRuns; st = e.Stats() {
			time.Sleep(time.Millisecond)
		}
		if now := e.Stats().Merges; now > merges {
			if merges > 0 {
				waitCached(t, e)
			}
			merges = now
		}
		var it Iter
		it.Open(e, kv.Range{}, e.VisibleTS(), false, nil)
		var b kv.Entries
		if err := it.Fill(&b, 2*n, false); err != nil || b.Len() != n {
			t.Fatalf("%d entries: %v", b.Len(), err)
		}
		it.Close()
	}
}

// waitCached waits until most blocks of level 1 are in the cache.
func waitCached(t *testing.T, e *Engine) {
	t.Helper()
	blocks, cached := 0, 0
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		runs := map[*run]bool{}
		for _, r := range e.state.Load().levels[1] {
			if err := r.load(); err != nil {
				t.Fatal(err)
			}
			runs[r] = true
		}
		if blocks, cached = cachedBlocks(runs); 10*cached >= 9*blocks {
			return
		}
	}
	t.Fatalf("%d of %d blocks of level 1 are cached", cached, blocks)
}
