package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/bloom"
	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/vfs"
)

type entry struct {
	key   string
	ts    uint64
	value string
	kind  uint8
}

// randomEntries returns sorted versions, some keys with many of them, some keys prefixes of others.
func randomEntries(rnd *rand.Rand, n int) []entry {
	var out []entry
	for range n {
		key := fmt.Sprintf("%s%0*d", []string{"", "a", "table/1/", "table/1/x"}[rnd.IntN(4)], rnd.IntN(6)+1, rnd.IntN(n))
		if rnd.IntN(4) == 0 {
			key += string(make([]byte, rnd.IntN(3)))
		}
		e := entry{key: key, ts: uint64(rnd.IntN(50) + 1), value: fmt.Sprint("v", rnd.IntN(1000))}
		if rnd.IntN(5) == 0 {
			e.kind, e.value = kindTombstone, ""
		}
		if rnd.IntN(100) == 0 {
			e.value = string(bytes.Repeat([]byte("L"), 3*blockBytes))
			e.kind = kindValue
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b entry) int {
		if c := bytes.Compare([]byte(a.key), []byte(b.key)); c != 0 {
			return c
		}
		return int(b.ts) - int(a.ts)
	})
	return slices.CompactFunc(out, func(a, b entry) bool { return a.key == b.key && a.ts == b.ts })
}

func writeRun(t *testing.T, fs vfs.FS, no uint32, entries []entry) *run {
	t.Helper()
	c := newCache(1<<16, packing.New())
	w, err := newRunWriter(fs, "d", no, c.packing, uint8(no%3), new(runSpace))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := w.add([]byte(e.key), []byte(e.value), e.ts, e.kind); err != nil {
			t.Fatal(err)
		}
	}
	meta, err := w.finish()
	if err != nil {
		t.Fatal(err)
	}
	r, err := openRun(fs, "d", meta, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// visibleAt is what a reader at ts sees of entries.
func visibleAt(entries []entry, ts uint64) []entry {
	var out []entry
	for _, e := range entries {
		if e.ts <= ts && (len(out) == 0 || out[len(out)-1].key != e.key) {
			out = append(out, e)
		}
	}
	return out
}

func TestRunAgainstList(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		entries := randomEntries(rnd, []int{1, 5, 300, 3000}[seed%4])
		r := writeRun(t, vfs.NewMem(), 1+uint32(seed%3), entries)
		for _, ts := range []uint64{1, 25, 60} {
			want := visibleAt(entries, ts)
			for _, e := range want[:min(len(want), 300)] {
				var vs kv.Values
				x, err := r.get(Hash([]byte(e.key)), []byte(e.key), ts, &vs)
				if err != nil || !x.ok || string(vs.V[0]) != e.value || x.ts != e.ts || x.kind != e.kind {
					t.Fatalf("seed %d: get %q at %d: %+v %v %v, want %+v", seed, e.key, ts, x, vs, err, e)
				}
			}
			if x, _ := r.get(Hash([]byte("zzz")), []byte("zzz"), ts, new(kv.Values)); x.ok {
				t.Fatal("found a key that is not there")
			}
			for range 20 {
				start := entries[rnd.IntN(len(entries))].key
				checkCursor(t, r, want, start, ts)
			}
		}
	}
}

// checkCursor walks from start to the end, and from start down to the beginning.
func checkCursor(t *testing.T, r *run, want []entry, start string, ts uint64) {
	t.Helper()
	at := 0
	for at < len(want) && want[at].key < start {
		at++
	}
	for _, reverse := range []bool{false, true} {
		c := &runCursor{r: r, ts: ts, reverse: reverse}
		err := c.seek([]byte(start))
		rest := slices.Clone(want[at:])
		if reverse {
			rest = slices.Clone(want[:at])
			slices.Reverse(rest)
		}
		for _, e := range rest {
			if err != nil || !c.valid || string(c.key) != e.key || string(c.value) != e.value || c.kind != e.kind {
				t.Fatalf("reverse %v from %q: %q=%q %v, want %+v", reverse, start, c.key, c.value, err, e)
			}
			err = c.step()
		}
		c.close()
		if err != nil || c.valid {
			t.Fatalf("reverse %v from %q: %q too much, %v", reverse, start, c.key, err)
		}
	}
}

func TestFilter(t *testing.T) {
	var hashes []uint64
	for i := range 10000 {
		hashes = append(hashes, Hash(fmt.Appendf(nil, "key%d", i)))
	}
	f := bloom.New(hashes)
	for i, h := range hashes {
		if !f.MayHold(h) {
			t.Fatalf("key %d is not known", i)
		}
	}
	passed := 0
	for i := range 10000 {
		if f.MayHold(Hash(fmt.Appendf(nil, "other%d", i))) {
			passed++
		}
	}
	if passed > 200 {
		t.Fatalf("%d of 10000 missing keys pass", passed)
	}
}

func TestRetention(t *testing.T) {
	r := retention{held: []uint64{5}, bound: 8}
	newer := uint64(maxTS)
	var kept []uint64
	for _, ts := range []uint64{12, 9, 7, 6, 4, 2} {
		if r.needs(ts, newer) {
			kept = append(kept, ts)
			newer = ts
		}
	}
	if fmt.Sprint(kept) != "[12 9 7 4]" {
		t.Fatalf("kept %v", kept)
	}
	if !r.old(5) || r.old(6) {
		t.Fatal("old is wrong")
	}
}

func TestVersionSinkDropsTombstones(t *testing.T) {
	e := &Engine{o: Options{FS: vfs.NewMem()}.withDefaults(), dir: "d", packing: packing.New()}
	s := &versionSink{e: e, keep: retention{bound: 10}, bottom: func([]byte) bool { return true }}
	for _, x := range []struct {
		key string
		v   version
	}{
		{"a", version{ts: 9, kind: kindTombstone}},
		{"a", version{ts: 8, value: []byte("x")}},
		{"b", version{ts: 12, kind: kindTombstone}},
		{"b", version{ts: 3, value: []byte("y")}},
	} {
		if err := s.add([]byte(x.key), x.v); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.finish(); err != nil {
		t.Fatal(err)
	}
	if len(s.out) != 1 || s.out[0].entries != 2 || string(s.out[0].minKey) != "b" {
		t.Fatalf("%+v", s.out)
	}
}

func FuzzBlock(f *testing.F) {
	var b blockBuilder
	b.add([]byte("key1"), []byte("v"), 5, kindValue)
	b.add([]byte("key2"), nil, 7, kindTombstone)
	f.Add(b.finish(nil), []byte("key1"))
	f.Fuzz(func(t *testing.T, data, key []byte) {
		blk, ok := parseBlock(data)
		if !ok {
			return
		}
		for i := range int(blk.n) {
			blk.entry(i)
		}
		blk.lowerBound(key, 6)
	})
}

func FuzzManifest(f *testing.F) {
	m := manifest{store: 7, nextFile: 3}
	m.levels[1] = []runMeta{{no: 1, size: 10, minKey: []byte("a"), maxKey: []byte("b")}}
	f.Add(m.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := decodeManifest(data); err == nil && !bytes.Equal(m.encode(), data) {
			t.Skip("another spelling of the same numbers")
		}
	})
}

func FuzzIndexAndPayload(f *testing.F) {
	f.Add(AppendEntry(nil, []byte("k"), []byte("v"), false), 1, int64(100))
	f.Fuzz(func(t *testing.T, data []byte, blocks int, end int64) {
		for rest := data; len(rest) > 0; {
			_, _, _, next, err := nextEntry(rest)
			if err != nil {
				break
			}
			rest = next
		}
		if x, ok := parseIndex(data, blocks, end); ok {
			x.find(data, 1)
		}
		bloom.Decode(data)
	})
}

func FuzzLogSegment(f *testing.F) {
	b := make([]byte, 200)
	putSegmentHeader(b, 1, 0, 200, 7)
	p := AppendEntry(nil, []byte("k"), []byte("v"), false)
	putRecordHeader(b[32:], record{size: len(p), ts: 1, payload: crc(p), kind: recordCommit}, lsn(1, 32))
	copy(b[64:], p)
	f.Add(b)
	f.Fuzz(func(t *testing.T, data []byte) {
		e := &Engine{o: Options{}.withDefaults(), memBytes: 1 << 10}
		e.state.Store(&state{})
		e.setMemtable(1 << 10)
		_, _, _ = readSegmentHeader("x", data, 1, 7)
		r := logReplay{e: e}
		_ = r.segment(1, data, -1)
	})
}
