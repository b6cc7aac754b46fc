package engine

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/lightsql/lightsql/kv"
)

// TestRowCache offers rows and asks for them: only a row of the same generation, key and an old enough timestamp answers.
func TestRowCache(t *testing.T) {
	c := newRowCache(64 << 10)
	find := func(hash uint64, key []byte, generation uint32, at uint64) (value []byte, ts uint64) {
		var vs kv.Values
		if ts, ok := c.get(hash, key, generation, at, &vs); ok {
			return vs.V[0], ts
		}
		return nil, 0
	}
	key := []byte("key")
	hash := Hash(key)
	for i := range 2 { // it comes in when it is offered for the second time
		if got, _ := find(hash, key, 1, 9); got != nil {
			t.Fatalf("offer %d: found", i)
		}
		c.offer(hash, key, []byte("value"), 7, 1)
	}
	for _, x := range []struct {
		key        string
		generation uint32
		at         uint64
		want       string
	}{
		{"key", 1, 9, "value"},
		{"key", 1, 7, "value"},
		{"key", 1, 6, ""},
		{"key", 2, 9, ""},
		{"other", 1, 9, ""},
	} {
		if got, _ := find(hash, []byte(x.key), x.generation, x.at); string(got) != x.want {
			t.Errorf("%+v: %q", x, got)
		}
	}
	for i := range 1000 { // as many sets as keys: whatever answers is right
		k := fmt.Appendf(nil, "k%d", i%100)
		h := Hash(k)
		if got, ts := find(h, k, 3, 1000); got != nil && (string(got) != string(k) || ts != 5) {
			t.Fatalf("%s: %s at %d", k, got, ts)
		}
		c.offer(h, k, k, 5, 3)
	}
}

// TestRowCacheTorn reads and writes few places at once: what is found belongs to the key.
func TestRowCacheTorn(t *testing.T) {
	c := newRowCache(2 * rowSetMem)
	var keys, values [][]byte
	for i := range 40 {
		keys = append(keys, fmt.Appendf(nil, "key %d", i))
		values = append(values, bytes.Repeat([]byte{byte(i)}, 150))
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var vs kv.Values
			found := 0
			for n := range 100_000 {
				i := (n/2*7 + g) % len(keys) // each twice
				h := Hash(keys[i])
				vs.Reset()
				if _, ok := c.get(h, keys[i], 1, 9, &vs); ok {
					found++
					if len(vs.V) != 1 || !bytes.Equal(vs.V[0], values[i]) {
						t.Errorf("key %d: %d", i, vs.V)
						return
					}
					continue
				} else if len(vs.V) != 0 {
					t.Errorf("key %d: a value although nothing was found", i)
				}
				for range 4 { // until the others of the set had their chance
					c.offer(h, keys[i], values[i], 5, 1)
				}
			}
			if found == 0 {
				t.Error("nothing found")
			}
		}()
	}
	wg.Wait()
}
