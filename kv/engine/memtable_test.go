package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// TestMemtableConcurrent lets writers insert overlapping keys at different timestamps while readers look: order, chains
// and the hash table agree at the end.
func TestMemtableConcurrent(t *testing.T) {
	const writers, each, keys = 4, 3000, 2000
	m := newMemtable(4 << 20)
	m.makeArena()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rnd := rand.New(rand.NewPCG(uint64(w), 0))
			in := inserter{m: m, lazy: w%2 == 1}
			for i := range each {
				ts := uint64(i*writers + w + 1)
				key := fmt.Appendf(nil, "k%05d", rnd.IntN(keys))
				if i%3 == 0 {
					key = fmt.Appendf(nil, "s%05d", i) // ascending, and the same for all writers
				}
				in.add(Hash(key), key, fmt.Append(nil, ts), ts, kindValue)
				if v, ok := m.get(Hash(key), key, ts); !ok || v.ts != ts || string(v.value) != fmt.Sprint(ts) {
					t.Errorf("own write of %s at %d: %+v", key, ts, v)
					return
				}
				if i%100 == 0 && !standsIn(m, key, ts) {
					t.Errorf("%s is not where it belongs", key)
					return
				}
			}
		}()
	}
	wg.Wait()
	versions, last := 0, ""
	err := m.inOrder(func(node uint32) error {
		key := string(m.key(node))
		if *m.word(node, nodeVersions) == 0 {
			return nil // another writer was first
		}
		if key <= last {
			t.Fatalf("%s after %s", key, last)
		}
		last = key
		if m.find(Hash([]byte(key)), []byte(key)) != node {
			t.Fatalf("%s has two nodes", key)
		}
		var ts []uint64
		for v := range m.versions(node) {
			ts = append(ts, v.ts)
			versions++
		}
		slices.Reverse(ts)
		if !slices.IsSorted(ts) {
			t.Fatalf("%s: versions out of order", key)
		}
		if b := m.before([]byte(key)); b != headNode && string(m.key(b)) >= key {
			t.Fatalf("before(%s) is %s", key, m.key(b))
		}
		return nil
	})
	if err != nil || versions != writers*each {
		t.Fatalf("%d versions, want %d: %v", versions, writers*each, err)
	}
}

// standsIn looks for key the way a scan does.
func standsIn(m *memtable, key []byte, ts uint64) bool {
	for _, a := range m.ordered() {
		c := arrayCursor{m: m, a: a, ts: ts}
		if _ = c.seek(key); c.valid && string(c.key) == string(key) {
			return true
		}
	}
	c := memCursor{m: m, ts: ts}
	_ = c.seek(key)
	return c.valid && string(c.key) == string(key)
}
