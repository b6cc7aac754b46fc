package engine

import (
	"fmt"
	"testing"
)

// TestRowCache offers rows and asks for them: only a row of the same generation, key and an old enough timestamp answers.
func TestRowCache(t *testing.T) {
	c := newRowCache(1 << 20)
	key := []byte("key")
	hash := Hash(key)
	v := version{value: []byte("value"), ts: 7}
	for i := range 2 { // it comes in when it is offered for the second time
		if got, _ := c.get(hash, key, 1, 9); got != nil {
			t.Fatalf("offer %d: found", i)
		}
		c.offer(hash, key, v, 1)
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
		if got, _ := c.get(hash, []byte(x.key), x.generation, x.at); string(got) != x.want {
			t.Errorf("%+v: %q", x, got)
		}
	}
	for i := range 1000 { // as many sets as keys: whatever answers is right
		k := fmt.Appendf(nil, "k%d", i%100)
		h := Hash(k)
		if got, ts := c.get(h, k, 3, 1000); got != nil && (string(got) != string(k) || ts != 5) {
			t.Fatalf("%s: %s at %d", k, got, ts)
		}
		c.offer(h, k, version{value: k, ts: 5}, 3)
	}
	c.offer(hash, key, version{kind: kindTombstone, ts: 8}, 4)
	c.offer(hash, key, version{kind: kindTombstone, ts: 8}, 4)
	if got, _ := c.get(hash, key, 4, 9); got != nil {
		t.Error("a tombstone is a row")
	}
}
