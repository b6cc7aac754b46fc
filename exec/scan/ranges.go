package scan

import (
	"bytes"
	"slices"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// keyRange is a plan.KeyRange with its expressions prepared.
type keyRange struct {
	node      plan.KeyRange
	eq        []exec.Scalar
	low, high exec.Scalar
	c         rowenc.Constraint
}

func newKeyRanges(ns []plan.KeyRange) ([]keyRange, error) {
	out := make([]keyRange, len(ns))
	for i, n := range ns {
		r := &out[i]
		r.node = n
		var err error
		if r.eq, err = exec.NewScalars(n.Eq); err != nil {
			return nil, err
		}
		if r.low, err = exec.NewScalar(n.Low); err != nil {
			return nil, err
		}
		if r.high, err = exec.NewScalar(n.High); err != nil {
			return nil, err
		}
		r.c = rowenc.Constraint{Eq: make([]types.Datum, len(n.Eq), len(n.Eq)+1), NullEq: n.NullEq, HasLow: n.Low != nil,
			HasHigh: n.High != nil, LowIncl: n.LowIncl, HighIncl: n.HighIncl, NotNull: n.NotNull}
	}
	return out, nil
}

// constraint evaluates the range; some is false if no row can match.
func (r *keyRange) constraint(c *expr.Ctx) (some bool, err error) {
	r.c.Eq = r.c.Eq[:len(r.eq)]
	for i := range r.eq {
		if r.c.Eq[i], err = r.eq[i].Value(c); err != nil {
			return false, err
		}
		if r.c.Eq[i].IsNull() && (r.c.NullEq == nil || !r.c.NullEq[i]) {
			return false, nil
		}
	}
	if r.c.HasLow {
		if r.c.Low, err = r.low.Value(c); err != nil || r.c.Low.IsNull() {
			return false, err
		}
	}
	if r.c.HasHigh {
		if r.c.High, err = r.high.Value(c); err != nil || r.c.High.IsNull() {
			return false, err
		}
	}
	return true, nil
}

// keySet collects what the ranges of a scan come to: points or ranges of keys, in order and without overlap.
type keySet struct {
	points rowenc.Buffer
	ranges []kv.Range
}

func (k *keySet) reset() {
	k.points.Reset()
	k.ranges = k.ranges[:0]
}

// sort puts points and ranges in order and drops what is there twice.
func (k *keySet) sort(reverse bool) {
	if len(k.points.B) > 1 {
		slices.SortFunc(k.points.B, bytes.Compare)
		k.points.B = slices.CompactFunc(k.points.B, bytes.Equal)
		if reverse {
			slices.Reverse(k.points.B)
		}
	}
	if len(k.ranges) > 1 {
		slices.SortFunc(k.ranges, func(a, b kv.Range) int { return bytes.Compare(a.Start, b.Start) })
		k.ranges = mergeRanges(k.ranges)
		if reverse {
			slices.Reverse(k.ranges)
		}
	}
}

// mergeRanges joins sorted ranges that overlap.
func mergeRanges(rs []kv.Range) []kv.Range {
	out := rs[:1]
	for _, r := range rs[1:] {
		last := &out[len(out)-1]
		if last.End == nil {
			break
		}
		if bytes.Compare(r.Start, last.End) > 0 || r.End != nil && bytes.Equal(r.Start, last.End) {
			out = append(out, r)
			continue
		}
		if r.End == nil || bytes.Compare(r.End, last.End) > 0 {
			last.End = r.End
		}
	}
	return out
}
