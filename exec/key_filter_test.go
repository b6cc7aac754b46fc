package exec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// TestKeyFilter: no key is kept away, NULLs are, and of other values few pass.
func TestKeyFilter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, span := range []int64{1, 1000, 1 << 20, 1 << 40, math.MaxInt64} {
		keys := vec.New(types.KindInt, 0)
		known := map[int64]bool{}
		for range 1000 {
			k := r.Int64N(span) - span/2
			keys.Append(types.NewInt(k))
			known[k] = true
		}
		keys.Append(types.NewInt(math.MinInt64 + span/3))
		known[math.MinInt64+span/3] = true
		f := &KeyFilter{}
		f.Fill(keys, keys.Len())
		if !f.Ready() {
			t.Fatal("not ready")
		}
		if got := f.Pass(keys, nil, keys.Len(), nil); len(got) != keys.Len() {
			t.Errorf("span %d: %d keys of %d pass", span, len(got), keys.Len())
		}
		probe := vec.New(types.KindInt, 0)
		wrong := 0
		for range 1000 {
			probe.Append(types.NewInt(r.Int64()))
		}
		probe.SetNull(5)
		sel := f.Pass(probe, []int32{5, 7, 9, 11, 500, 999}, probe.Len(), nil)
		for _, i := range f.Pass(probe, nil, probe.Len(), nil) {
			if !known[probe.Int[i]] {
				wrong++
			}
			if i == 5 {
				t.Error("NULL passes")
			}
		}
		if wrong > 200 || len(sel) > 5 {
			t.Errorf("span %d: %d of 1000 others pass", span, wrong)
		}
		f.Reset()
		if f.Ready() {
			t.Error("ready after Reset")
		}
	}
	keys := vec.New(types.KindInt, 0)
	for i := range 1000 {
		keys.Append(types.NewInt(int64(i) * 7919))
	}
	pieces := &KeyFilter{}
	pieces.Begin()
	pieces.Add(keys, nil, 500)
	pieces.Add(keys, []int32{998, 999}, 1000)
	if pieces.End(); !pieces.Ready() || len(pieces.Pass(keys, nil, 500, nil)) != 500 || len(pieces.Pass(keys, nil, 1000, nil)) > 510 {
		t.Error("filter in pieces")
	}
	f := &KeyFilter{}
	f.Fill(vec.New(types.KindInt, 0), 0)
	probe := vec.New(types.KindInt, 0)
	probe.Append(types.NewInt(0))
	if got := f.Pass(probe, nil, 1, nil); !f.Ready() || len(got) != 0 {
		t.Error("a filter without keys lets something pass")
	}
}
