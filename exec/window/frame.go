package window

import (
	"cmp"
	"context"
	"math"
	"sort"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// frameOffsets are the offsets of a frame's bounds in this execution.
type frameOffsets struct{ start, end types.Datum }

// evalOffsets evaluates the frame's offsets and checks them.
func (d *definition) evalOffsets(c *expr.Ctx) error {
	f := &d.node.Frame
	var err error
	if f.Start.Offset != nil {
		if d.frame.start, err = d.start.Value(c); err == nil {
			err = checkOffset(d.frame.start, "starting", f.Mode)
		}
		if err != nil {
			return err
		}
	}
	if f.End.Offset != nil {
		if d.frame.end, err = d.end.Value(c); err == nil {
			err = checkOffset(d.frame.end, "ending", f.Mode)
		}
	}
	return err
}

func checkOffset(v types.Datum, which string, mode byte) error {
	if v.IsNull() {
		return pgerr.New(pgerr.NullValueNotAllowed, "frame %s offset must not be null", which)
	}
	negative := false
	switch v.Kind() {
	case types.KindInt:
		negative = v.Int() < 0
	case types.KindFloat:
		negative = v.Float() < 0 || math.IsNaN(v.Float())
	case types.KindNum:
		negative = v.Num().Sign() < 0 || v.Num().IsNaN()
	case types.KindInterval:
		negative = v.Interval().Cmp(types.Interval{}) < 0
	}
	switch {
	case negative && mode == 'r':
		return pgerr.New(pgerr.InvalidPrecedingOrFollowingSize, "invalid preceding or following size in window function")
	case negative:
		return pgerr.New(pgerr.InvalidPrecedingOrFollowingSize, "frame %s offset must not be negative", which)
	}
	return nil
}

// partition is one partition: rows lo ≤ i < hi of the chunk. Row numbers below count from 0 at lo. Its memory serves the next one.
type partition struct {
	w   *Window
	d   *definition
	ctx context.Context
	lo  int
	hi  int

	group  []int32 // number of each row's peer group
	starts []int32 // first row of each group, and the number of rows at the end
	fs, fe []int32 // frames: rows fs[i] ≤ j < fe[i]
}

func (p *partition) rows() int { return p.hi - p.lo }

// peers numbers the groups of peers.
func (p *partition) peers() {
	n := p.rows()
	p.group, p.starts = resize(p.group, n), p.starts[:0]
	for i := range n {
		if i == 0 || !exec.RowsEqual(p.d.orderCmps, p.d.order, p.w.rows, p.lo+i, p.w.rows, p.lo+i-1) {
			p.starts = append(p.starts, int32(i))
		}
		p.group[i] = int32(len(p.starts) - 1)
	}
	p.starts = append(p.starts, int32(n))
}

func resize(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n, max(n, 2*cap(s)))
	}
	return s[:n]
}

func (p *partition) groupStart(i int) int { return int(p.starts[p.group[i]]) }
func (p *partition) groupEnd(i int) int   { return int(p.starts[p.group[i]+1]) }

// frames computes the frame of every row.
func (p *partition) frames() error {
	n := p.rows()
	f := &p.d.node.Frame
	p.fs, p.fe = resize(p.fs, n), resize(p.fe, n)
	var lookup *rangeSearch
	if f.Mode == 'r' && (f.Start.Offset != nil || f.End.Offset != nil) {
		lookup = newRangeSearch(p)
	}
	for i := range n {
		s, err := p.bound(i, f.Start.Kind, p.d.frame.start, true, lookup)
		if err != nil {
			return err
		}
		e, err := p.bound(i, f.End.Kind, p.d.frame.end, false, lookup)
		if err != nil {
			return err
		}
		p.fs[i], p.fe[i] = int32(s), int32(max(s, e))
	}
	return nil
}

// bound is the first row of the frame of row i, or, if not start, the row behind its last.
func (p *partition) bound(i int, kind byte, offset types.Datum, start bool, lookup *rangeSearch) (int, error) {
	n := p.rows()
	f := &p.d.node.Frame
	switch kind {
	case 'p':
		return 0, nil
	case 'f':
		return n, nil
	case 'c':
		switch {
		case f.Mode == 'o' && start:
			return i, nil
		case f.Mode == 'o':
			return i + 1, nil
		case start:
			return p.groupStart(i), nil
		}
		return p.groupEnd(i), nil
	}
	if lookup != nil {
		return lookup.bound(i, kind, offset, start)
	}
	delta := offset.Int()
	if kind == '<' {
		delta = -delta
	}
	if f.Mode == 'o' {
		at := clamp(addSaturating(int64(i), delta), n)
		if !start {
			at = clamp(addSaturating(int64(i)+1, delta), n)
		}
		return at, nil
	}
	g := addSaturating(int64(p.group[i]), delta)
	if !start {
		g = addSaturating(g, 1)
	}
	return int(p.starts[clamp(g, len(p.starts)-1)]), nil
}

func clamp(x int64, n int) int { return int(max(0, min(x, int64(n)))) }

func addSaturating(a, b int64) int64 {
	c := a + b
	switch {
	case b > 0 && c < a:
		return math.MaxInt64
	case b < 0 && c > a:
		return math.MinInt64
	}
	return c
}

// rangeSearch finds bounds of RANGE frames with offsets: rows whose key is within a distance of the current row's. Keys are ascending or
// descending; NULLs are a block at one end, and frames of their own.
type rangeSearch struct {
	p      *partition
	key    *vec.Vector
	t      types.T
	cmp    exec.Comparer
	desc   bool
	lo, hi int // rows whose key is not NULL
	target *vec.Vector
}

func newRangeSearch(p *partition) *rangeSearch {
	k := p.d.node.Order[0]
	t := k.Expr.Type()
	r := &rangeSearch{p: p, key: p.w.rows.Cols[p.d.order[0]], t: t, cmp: exec.NewComparer(t), desc: k.Desc, hi: p.rows(),
		target: vec.New(t.Kind(), 1)}
	if t.OID == types.DateOID {
		r.cmp.Compare = compareDays
	}
	for r.lo < r.hi && r.key.Nulls.Has(p.lo+r.lo) {
		r.lo++
	}
	for r.hi > r.lo && r.key.Nulls.Has(p.lo+r.hi-1) {
		r.hi--
	}
	return r
}

func (r *rangeSearch) bound(i int, kind byte, offset types.Datum, start bool) (int, error) {
	if i < r.lo || i >= r.hi {
		if start {
			return r.p.groupStart(i), nil
		}
		return r.p.groupEnd(i), nil
	}
	target, err := shift(r.t, r.key.Datum(r.p.lo+i), offset, (kind == '<') != r.desc)
	if err != nil {
		return 0, err
	}
	r.target.Resize(0)
	r.target.Append(r.known(r.key.Datum(r.p.lo+i), target, start))
	n := r.hi - r.lo
	return r.lo + sort.Search(n, func(j int) bool {
		c := r.cmp.Compare(r.key, r.p.lo+r.lo+j, r.target, 0)
		if r.desc {
			c = -c
		}
		if start {
			return c >= 0
		}
		return c > 0
	}), nil
}

// known replaces the difference of two infinities, which is no number: every row but NaN is within infinity of infinity, so
// the bound is the infinity at that end.
func (r *rangeSearch) known(key, target types.Datum, start bool) types.Datum {
	switch {
	case target.Kind() == types.KindFloat && math.IsNaN(target.Float()) && !math.IsNaN(key.Float()):
		sign := 1
		if start != r.desc {
			sign = -1
		}
		return types.NewFloat(math.Inf(sign))
	case target.Kind() == types.KindNum && target.Num().IsNaN() && !key.Num().IsNaN():
		if start != r.desc {
			return types.NewNum(types.NumericNegInf)
		}
		return types.NewNum(types.NumericInf)
	}
	return target
}

// shift is key + offset, or key - offset if back. Integers saturate: beyond the type's range there is no key.
func shift(t types.T, key, offset types.Datum, back bool) (types.Datum, error) {
	switch {
	case key.Kind() == types.KindInt && offset.Kind() == types.KindInt:
		d := offset.Int()
		if back {
			d = -d
		}
		return types.NewInt(addSaturating(key.Int(), d)), nil
	case key.Kind() == types.KindFloat:
		d := offset.Float()
		if back {
			d = -d
		}
		return types.NewFloat(key.Float() + d), nil
	case key.Kind() == types.KindNum:
		v, err := key.Num().Add(offset.Num())
		if back {
			v, err = key.Num().Sub(offset.Num())
		}
		return types.NewNum(v), err
	}
	return shiftTime(t, key, offset.Interval(), back)
}

const microsPerDay = 86400_000000

// shiftTime shifts a date, time, timestamp or interval.
func shiftTime(t types.T, key types.Datum, v types.Interval, back bool) (types.Datum, error) {
	var err error
	if back {
		if v, err = v.Neg(); err != nil {
			return key, err
		}
	}
	switch t.OID {
	case types.IntervalOID:
		sum, err := key.Interval().Add(v)
		return types.NewInterval(sum), err
	case types.TimeOID:
		return types.NewInt(addSaturating(key.Int(), v.Micros)), nil
	case types.TimetzOID:
		x, _ := key.Ref().(types.TimeTZ)
		x.Micros += v.Micros
		return types.NewRef(x), nil
	case types.TimestampOID, types.TimestamptzOID:
		ts, err := types.TimestampAdd(key.Int(), v)
		return types.NewInt(ts), err
	}
	// A date is compared as the timestamp of its midnight.
	days := key.Int()
	if infinite(days) {
		return key, nil
	}
	ts, err := types.TimestampAdd(days*microsPerDay, v)
	return types.NewInt(ts), err
}

// infinite reports dates beyond the range of timestamps: the infinities.
func infinite(days int64) bool {
	return days > math.MaxInt64/microsPerDay || days < math.MinInt64/microsPerDay
}

// compareDays orders a date in a against the result of shiftTime in b.
func compareDays(a *vec.Vector, i int, b *vec.Vector, j int) int {
	days := a.Int[i]
	if !infinite(days) {
		days *= microsPerDay
	}
	return cmp.Compare(days, b.Int[j])
}
