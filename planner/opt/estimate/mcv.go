package estimate

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// byMCV estimates conditions by lists of common combinations of values and marks those that it has done. The result is that of
// all of them together (any: of one of them), 1 (0) if there are none.
func (e *Estimator) byMCV(c *Column, conds []expr.Expr, done []bool, any bool) float64 {
	s := 1.0
	if any {
		s = 0
	}
	for {
		o, covered := e.bestObject(c, conds, done)
		if o == nil {
			return s
		}
		var list []expr.Expr
		for _, i := range covered {
			done[i] = true
			list = append(list, conds[i])
		}
		if any {
			t := e.anyOf(o, list)
			s += t - s*t
			continue
		}
		items, ok := e.matchItems(o, expr.Conjunction(list))
		t := e.all(list, false)
		if ok {
			t = items.combine(t)
		}
		s *= t
	}
}

// bestObject is the object with a list that covers the most keys of the conditions left, with the conditions that it covers.
func (e *Estimator) bestObject(c *Column, conds []expr.Expr, done []bool) (best *object, covered []int) {
	matched, size := 2, 1<<30
	for _, o := range c.objects('m') {
		if len(o.figures.MCV) == 0 {
			continue
		}
		var keys, list []int
		for i, x := range conds {
			if done[i] {
				continue
			}
			if ks, ok := e.keysOf(o, x); ok {
				list = append(list, i)
				for _, k := range ks {
					if !slices.Contains(keys, k) {
						keys = append(keys, k)
					}
				}
			}
		}
		if len(keys) > matched || len(keys) == matched && len(o.keys) < size {
			best, covered, matched, size = o, list, len(keys), len(o.keys)
		}
	}
	return best, covered
}

// matched is what a list says of a condition: the share of the items that satisfy it, what that would be if the keys were
// independent, and the share of the whole list.
type matched struct {
	hits             []bool
	sel, base, total float64
}

// matchItems tests a condition on the items of an object's list.
func (e *Estimator) matchItems(o *object, x expr.Expr) (m matched, ok bool) {
	items := o.figures.MCV
	ts := make([]types.T, len(o.keys))
	bound := expr.RewriteDown(x, func(y expr.Expr) (expr.Expr, bool) {
		if k := e.keyOf(o, y); k != 0 {
			i := slices.Index(o.keys, k)
			ts[i] = y.Type()
			return &expr.Col{Idx: i, T: y.Type()}, true
		}
		return nil, false
	})
	p, err := expr.Compile(bound)
	if err != nil {
		return m, false
	}
	kinds := make([]types.Kind, len(ts))
	for i, d := range items[0].Values {
		kinds[i] = d.Kind()
		if ts[i].OID != 0 {
			kinds[i] = ts[i].Kind()
		} else if d.IsNull() {
			kinds[i] = types.KindInt // not read
		}
	}
	b := vec.NewBatch(kinds, len(items))
	for _, it := range items {
		for i, d := range it.Values {
			if ts[i].OID == 0 || d.IsNull() {
				d = types.Null
			} else if d.Kind() != kinds[i] {
				return m, false
			}
			b.Cols[i].Append(d)
		}
	}
	b.Len = len(items)
	sel, err := p.Filter(&expr.Ctx{Context: context.Background(), Types: e.Types}, b, nil)
	if err != nil {
		return m, false
	}
	m.hits = make([]bool, len(items))
	for _, i := range sel {
		m.hits[i] = true
	}
	for i, it := range items {
		m.total += it.Freq
		if m.hits[i] {
			m.sel += it.Freq
			m.base += it.Base
		}
	}
	return m, true
}

// combine corrects simple, the estimate by independent keys, by what the list knows.
func (m *matched) combine(simple float64) float64 {
	other := min(clampFraction(simple-m.base), 1-m.total)
	return clampFraction(m.sel + other)
}

// anyOf is the selectivity of an OR of conditions that an object covers: each adds what it does not have in common with those before.
func (e *Estimator) anyOf(o *object, conds []expr.Expr) float64 {
	s, simpleAny := 0.0, 0.0
	var before []bool
	for _, x := range conds {
		simple := e.one(x, false)
		m, ok := e.matchItems(o, x)
		if !ok {
			s += simple - s*simple
			continue
		}
		overlap := matched{total: m.total}
		if before == nil {
			before = make([]bool, len(m.hits))
		}
		for i, it := range o.figures.MCV {
			if m.hits[i] && before[i] {
				overlap.sel += it.Freq
				overlap.base += it.Base
			}
			before[i] = before[i] || m.hits[i]
		}
		own := simple
		if keys, _ := e.keysOf(o, x); len(keys) > 1 {
			own = m.combine(simple)
		}
		s = clampFraction(s + own - overlap.combine(simpleAny*simple))
		simpleAny = clampFraction(simpleAny + simple - simpleAny*simple)
	}
	return s
}
