package stats

import (
	"math"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// extended adds the figures of the statistics objects to t.
func (c *collector) extended(t *Table) {
	next := 0 // expression
	for _, s := range c.desc.Statistics {
		first := next
		next += len(s.Exprs)
		if s.Target == 1 { // SET STATISTICS 0: what is there stays
			if old := c.old(s); old != nil {
				t.setExtended(s.OID, old)
			}
			continue
		}
		keys, ok := c.keysOf(s, first)
		if !ok {
			if c.o.Failed != nil {
				c.o.Failed(s)
			}
			if old := c.old(s); old != nil {
				t.setExtended(s.OID, old)
			}
			continue
		}
		t.setExtended(s.OID, c.figures(s, keys))
	}
}

func (c *collector) old(s *catalog.Statistics) *Extended {
	if c.o.Old == nil {
		return nil
	}
	return c.o.Old.Extended[s.OID]
}

func (t *Table) setExtended(oid types.OID, x *Extended) {
	if t.Extended == nil {
		t.Extended = map[types.OID]*Extended{}
	}
	t.Extended[oid] = x
}

// keysOf are the places in c.cols of an object's columns and expressions; ok is false if one has no figures.
func (c *collector) keysOf(s *catalog.Statistics, first int) (keys []int, ok bool) {
	for _, id := range s.Columns {
		i := slices.IndexFunc(c.cols, func(cc columnCounts) bool { return cc.id == id })
		if i < 0 {
			return nil, false
		}
		keys = append(keys, i)
	}
	for e := range s.Exprs {
		i := slices.IndexFunc(c.cols, func(cc columnCounts) bool { return cc.id == 0 && cc.at == first+e })
		if i < 0 {
			return nil, false
		}
		keys = append(keys, i)
	}
	return keys, true
}

// combinations are the rows of the sample as numbers of their values: equal values of a key have equal numbers, NULL too.
type combinations struct {
	ids   [][]int32 // by key, by row
	count []int32   // by key, how many numbers there are
	rows  int
}

func (c *collector) number(keys []int) *combinations {
	x := &combinations{rows: len(c.sample)}
	for _, k := range keys {
		oid := c.cols[k].t.OID
		ids := make([]int32, x.rows)
		var present []placed
		for i := range c.sample {
			if d := c.sample[i].values[k]; !d.IsNull() {
				present = append(present, placed{d, int64(i)})
			}
		}
		slices.SortFunc(present, func(a, b placed) int { return types.Compare(oid, a.d, b.d) })
		for n, r := range runsOf(oid, present) {
			for _, p := range present[r.from:r.to] {
				ids[p.at] = int32(n + 1)
			}
		}
		x.ids, x.count = append(x.ids, ids), append(x.count, int32(len(present)+1))
	}
	return x
}

// together numbers the combinations of some keys.
func (x *combinations) together(keys []int) (ids []int32, count int32) {
	ids = slices.Clone(x.ids[keys[0]])
	for _, k := range keys[1:] {
		seen := map[uint64]int32{}
		for i, id := range ids {
			both := uint64(id)<<32 | uint64(x.ids[k][i])
			n, ok := seen[both]
			if !ok {
				n = int32(len(seen))
				seen[both] = n
			}
			ids[i] = n
		}
	}
	for _, id := range ids {
		count = max(count, id+1)
	}
	return ids, count
}

// figures computes what a statistics object is to know.
func (c *collector) figures(s *catalog.Statistics, keys []int) *Extended {
	x := &Extended{}
	for _, k := range keys[len(s.Columns):] {
		x.Exprs = append(x.Exprs, c.column(k))
	}
	if len(keys) < 2 {
		return x
	}
	n := c.number(keys)
	names := s.Keys()
	if s.Has('d') {
		eachSubset(len(keys), func(set []int) {
			if len(set) > 1 {
				x.NDistinct = append(x.NDistinct, NDistinct{pick(names, set), c.distinctOf(n, set)})
			}
		})
	}
	if s.Has('f') {
		x.Dependencies = c.dependencies(n, names)
	}
	if s.Has('m') {
		target := s.Target - 1
		if s.Target == 0 {
			for _, k := range keys {
				target = max(target, c.cols[k].target)
			}
		}
		x.MCV = c.mcv(n, keys, target)
	}
	return x
}

func pick(names, set []int) []int {
	out := make([]int, len(set))
	for i, k := range set {
		out[i] = names[k]
	}
	return out
}

// eachSubset calls f for every set of numbers below n that is not empty: small ones first, then by their numbers.
func eachSubset(n int, f func(set []int)) {
	var grow func(set []int, from, size int)
	grow = func(set []int, from, size int) {
		if len(set) == size {
			f(set)
			return
		}
		for i := from; i < n; i++ {
			grow(append(set[:len(set):len(set)], i), i+1, size)
		}
	}
	for size := 1; size <= n; size++ {
		grow(nil, 0, size)
	}
}

// distinctOf estimates the number of distinct combinations in the table from those in the sample (Haas and Stokes' Duj1).
func (c *collector) distinctOf(x *combinations, set []int) float64 {
	ids, count := x.together(set)
	rows := make([]int32, count)
	for _, id := range ids {
		rows[id]++
	}
	d, once := 0.0, 0.0
	for _, r := range rows {
		if r > 0 {
			d++
		}
		if r == 1 {
			once++
		}
	}
	n, total := float64(x.rows), float64(c.rows)
	estimate := n * d / (n - once + once*n/total)
	return math.Floor(min(max(estimate, d), total) + 0.5)
}

// dependencies finds how far each key follows from others.
func (c *collector) dependencies(x *combinations, names []int) []Dependency {
	var out []Dependency
	eachSubset(len(names), func(set []int) {
		if len(set) == len(names) {
			return
		}
		ids, count := x.together(set)
		for k := range names {
			if slices.Contains(set, k) {
				continue
			}
			if degree := x.degree(ids, count, k); degree > 0 {
				out = append(out, Dependency{append(pick(names, set), names[k]), degree})
			}
		}
	})
	return out
}

// degree is the fraction of rows in groups that have one value of key k.
func (x *combinations) degree(ids []int32, count int32, k int) float64 {
	const none, many = -1, -2
	value := make([]int32, count)
	rows := make([]int32, count)
	for i := range value {
		value[i] = none
	}
	for i, id := range ids {
		v := x.ids[k][i]
		switch value[id] {
		case none:
			value[id] = v
		case v:
		default:
			value[id] = many
		}
		rows[id]++
	}
	supporting := 0.0
	for i, v := range value {
		if v != many {
			supporting += float64(rows[i])
		}
	}
	return supporting / float64(x.rows)
}

// mcv lists the most common combinations.
func (c *collector) mcv(x *combinations, keys []int, target int) []MCVItem {
	all := make([]int, len(keys))
	for i := range all {
		all[i] = i
	}
	ids, count := x.together(all)
	type group struct{ rows, first int }
	groups := make([]group, count)
	for i, id := range ids {
		if groups[id].rows == 0 {
			groups[id].first = i
		}
		groups[id].rows++
	}
	groups = slices.DeleteFunc(groups, func(g group) bool { return g.rows == 0 })
	slices.SortStableFunc(groups, func(a, b group) int { return b.rows - a.rows })
	n, total := float64(x.rows), float64(c.rows)
	least := 0.0 // fewer rows in the sample say little about the table
	if d := total - n + 0.04*n*(total-1); d > 0 {
		least = n * (total - n) / d
	}
	share := make([][]float64, len(keys))
	for k := range keys {
		share[k] = make([]float64, x.count[k])
		for _, id := range x.ids[k] {
			share[k][id] += 1 / n
		}
	}
	var out []MCVItem
	for _, g := range groups[:min(len(groups), target)] {
		if float64(g.rows) < least {
			break
		}
		item := MCVItem{Freq: float64(g.rows) / n, Base: 1}
		for k, col := range keys {
			item.Values = append(item.Values, c.sample[g.first].values[col])
			item.Base *= share[k][x.ids[k][g.first]]
		}
		out = append(out, item)
	}
	return out
}
