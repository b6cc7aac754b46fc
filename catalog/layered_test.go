package catalog

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// TestLayered compares a chain of copies with plain maps, of which all stay as they were.
func TestLayered(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var m layered[int, int]
	want := map[int]int{}
	type old struct {
		m    layered[int, int]
		want map[int]int
	}
	var olds []old
	for range 400 {
		for range r.IntN(30) {
			if k := r.IntN(500); r.IntN(3) == 0 {
				m.remove(k)
				delete(want, k)
			} else {
				v := r.Int()
				m.set(k, v)
				want[k] = v
			}
		}
		olds = append(olds, old{m, maps.Clone(want)})
		m = m.clone()
	}
	for i, o := range olds {
		if got := maps.Collect(o.m.all()); !maps.Equal(got, o.want) {
			t.Fatalf("copy %d: %d entries, want %d", i, len(got), len(o.want))
		}
		for k := range 500 {
			v, ok := o.m.get(k)
			if w, has := o.want[k]; ok != has || v != w {
				t.Fatalf("copy %d: get(%d) = %d, %v", i, k, v, ok)
			}
		}
	}
}
