package mvcc

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPendingWrites compares a buffer, which is asked now and then only, with a map.
func TestPendingWrites(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var w writeBuffer
		state := map[string]string{}
		type mark struct {
			n     int
			state map[string]string
		}
		var marks []mark
		for range 4 + rnd.IntN(8) {
			for range 1 + rnd.IntN(3*blindMin) {
				key := fmt.Sprintf("k%0*d", rnd.IntN(3)*4, rnd.IntN(5000))
				if rnd.IntN(8) == 0 {
					w.put([]byte(key), nil, true)
					delete(state, key)
				} else {
					value := fmt.Sprint(w.len())
					w.put([]byte(key), []byte(value), false)
					state[key] = value
				}
			}
			switch rnd.IntN(3) {
			case 0:
				w.order() // as every statement does
				marks = append(marks, mark{w.len(), maps.Clone(state)})
			case 1:
				if n := len(marks); n > 0 {
					m := marks[n-1]
					w.rollback(m.n)
					state = maps.Clone(m.state)
				}
			}
			if rnd.IntN(2) == 0 && len(marks) > 0 {
				m := marks[len(marks)-1]
				comparePending(t, &w, m.n, m.state)
			}
		}
		comparePending(t, &w, w.len(), state)
		if seen := w.older; seen != w.len()-len(slices.Concat(w.leaves...)) {
			t.Fatalf("seed %d: %d hidden writes of %d, %d keys", seed, seen, w.len(), len(slices.Concat(w.leaves...)))
		}
	}
}

// comparePending reads what the writes below mark have left, by key and in order.
func comparePending(t *testing.T, w *writeBuffer, below int, want map[string]string) {
	t.Helper()
	for key, value := range want {
		if i := w.newest([]byte(key), below); i < 0 || string(w.valueOf(i)) != value {
			t.Fatalf("%s below %d: write %d, want %s", key, below, i, value)
		}
	}
	c := bufferCursor{w: w, mark: below}
	n := 0
	var last []byte
	for c.first(); c.i >= 0; c.next() {
		if bytes.Compare(last, c.key) >= 0 {
			t.Fatalf("%s after %s", c.key, last)
		}
		last = append(last[:0], c.key...)
		if v := w.valueOf(c.i); v != nil {
			if want[string(c.key)] != string(v) {
				t.Fatalf("%s is %s, want %s", c.key, v, want[string(c.key)])
			}
			n++
		}
	}
	if n != len(want) {
		t.Fatalf("%d keys, want %d", n, len(want))
	}
}
