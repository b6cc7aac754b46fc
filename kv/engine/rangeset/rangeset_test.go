package rangeset

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lightsql/lightsql/kv"
)

// TestSet compares sets of range tombstones with a list of them.
func TestSet(t *testing.T) {
	type tombstone struct {
		start, end int // end 0: no bound
		ts         uint64
	}
	bound := func(n int) []byte {
		if n == 0 {
			return nil
		}
		return fmt.Appendf(nil, "%02d", n)
	}
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var set *Set
		var list []tombstone
		for range 12 {
			x := tombstone{rnd.IntN(20), rnd.IntN(20), uint64(rnd.IntN(10) + 1)}
			set = set.With(kv.Range{Start: bound(x.start), End: bound(x.end)}, x.ts)
			list = append(list, x)
			lo, hi := rnd.IntN(20), rnd.IntN(20)
			part := set.Meeting(kv.Range{Start: bound(lo), End: bound(hi)}, 7)
			for key := 1; key < 22; key++ {
				for at := range uint64(11) {
					newest, next := uint64(0), uint64(math.MaxUint64)
					for _, y := range list {
						if key >= y.start && (y.end == 0 || key < y.end) && y.ts > at {
							next = min(next, y.ts)
							if y.ts <= 7 {
								newest = max(newest, y.ts)
							}
						}
					}
					k := bound(key)
					if got := set.Hides(k, at, 7); got != newest {
						t.Fatalf("seed %d: %v: Hides(%s, %d) = %d, want %d", seed, list, k, at, got, newest)
					}
					if got := set.Next(k, at); got != next {
						t.Fatalf("seed %d: %v: Next(%s, %d) = %d, want %d", seed, list, k, at, got, next)
					}
					if got := part.Hides(k, at, math.MaxUint64); key >= lo && key < hi && got != newest {
						t.Fatalf("seed %d: %v: part Hides(%s, %d) = %d, want %d", seed, list, k, at, got, newest)
					}
				}
			}
		}
		var again *Set
		set.Each(func(r kv.Range, ts uint64) { again = again.With(r, ts) })
		if fmt.Sprint(again) != fmt.Sprint(set) {
			t.Fatalf("seed %d: %v, made again %v", seed, set, again)
		}
	}
}
