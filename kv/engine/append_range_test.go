package engine

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lightsql/lightsql/kv"
)

// TestAppendRange appends parts of blocks, with prefixes, keys and values of all lengths, to the same entries: none disturbs
// another.
func TestAppendRange(t *testing.T) {
	type pair struct{ key, value []byte }
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		some := func(n int) []byte {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(rnd.Uint32())
			}
			return b
		}
		prefix := some([]int{0, 1, 7, 8, 9, 15, 16, 17, 140}[rnd.IntN(9)])
		suffixMax, valueMax := []int{1, 3, 7, 8, 9, 300}[rnd.IntN(6)], []int{1, 7, 9, 100}[rnd.IntN(4)]
		var all []pair
		for range 1 + rnd.IntN(20) {
			all = append(all, pair{append(bytes.Clone(prefix), some(1+rnd.IntN(suffixMax))...), some(1 + rnd.IntN(valueMax))})
		}
		slices.SortFunc(all, func(a, b pair) int { return bytes.Compare(a.key, b.key) })
		all = slices.CompactFunc(all, func(a, b pair) bool { return bytes.Equal(a.key, b.key) })
		var build blockBuilder
		for _, p := range all {
			build.add(p.key, p.value, rnd.Uint64N(100_000), kindValue)
		}
		b, ok := parseBlock(build.finish(nil))
		if !ok {
			t.Fatal("the block does not parse")
		}
		var e kv.Entries
		for range 2 {
			e.Reset()
			var want []pair
			for range 1 + rnd.IntN(4) {
				from := rnd.IntN(len(all))
				to := from + 1 + rnd.IntN(len(all)-from)
				reverse, keysOnly := rnd.IntN(2) == 0, rnd.IntN(4) == 0
				b.appendRange(&e, from, to, reverse, keysOnly)
				part := slices.Clone(all[from:to])
				if reverse {
					slices.Reverse(part)
				}
				for _, p := range part {
					if keysOnly {
						p.value = nil
					}
					want = append(want, p)
				}
				e.Append([]byte("between"), []byte("x"))
				want = append(want, pair{[]byte("between"), []byte("x")})
			}
			for i, p := range want {
				if !bytes.Equal(e.K[i], p.key) || !bytes.Equal(e.V[i], p.value) || (e.V[i] == nil) != (p.value == nil) {
					t.Fatalf("seed %d, entry %d: %q=%q, want %q=%q", seed, i, e.K[i], e.V[i], p.key, p.value)
				}
			}
			if e.Len() != len(want) {
				t.Fatalf("seed %d: %d entries, want %d", seed, e.Len(), len(want))
			}
		}
	}
}
