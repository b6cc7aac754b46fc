package builtins

import (
	"math/bits"

	"github.com/cockroachdb/apd/v3"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// grow makes s n long, keeping what is there; new elements are zero.
func grow[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	t := make([]T, n, max(n, 2*cap(s)))
	copy(t, s)
	return t
}

// groupOf is the group of the k-th row.
func groupOf(groups []int32, k int) int {
	if groups == nil {
		return 0
	}
	return int(groups[k])
}

// countState is count(*) and count(x): which rows count is the caller's business.
type countState struct{ n []int64 }

func (s *countState) Grow(n int) { s.n = grow(s.n, n) }

func (s *countState) Add(_ *expr.Ctx, groups []int32, _ []*vec.Vector, sel []int32, n int) error {
	rows := rowCount(sel, n)
	if groups == nil {
		s.n[0] += int64(rows)
		return nil
	}
	for _, g := range groups[:rows] {
		s.n[g]++
	}
	return nil
}

func (s *countState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) error {
	copy(out.Int, s.n[from:to])
	return nil
}

func (s *countState) Merge(dst int, other expr.AggState, src int) error {
	s.n[dst] += other.(*countState).n[src]
	return nil
}

func (s *countState) Bytes() int { return 8 * cap(s.n) }

// sumIntState is sum of int2 and int4 (a bigint), and their avg (a numeric).
type sumIntState struct {
	avg bool
	sum []int64
	n   []int64
}

// sumMoneyState is sum(money), which does not get wider than its values.
type sumMoneyState struct{ sumIntState }

func (s *sumMoneyState) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	v, m := args[0].Int, mask(args[0])
	for k := range rowCount(sel, n) {
		g, x := groupOf(groups, k), v[rowAt(sel, k)&m]
		t := s.sum[g] + x
		if (t > s.sum[g]) != (x > 0) && x != 0 {
			return errMoneyRange
		}
		s.sum[g] = t
		s.n[g]++
	}
	return nil
}

func (s *sumMoneyState) Merge(dst int, other expr.AggState, src int) error {
	return s.sumIntState.Merge(dst, &other.(*sumMoneyState).sumIntState, src)
}

func (s *sumIntState) Grow(n int) { s.sum, s.n = grow(s.sum, n), grow(s.n, n) }

func (s *sumIntState) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	v, m := args[0].Int, mask(args[0])
	rows := rowCount(sel, n)
	switch {
	case groups == nil:
		var t int64
		if sel == nil {
			for i := range n {
				t += v[i&m]
			}
		} else {
			for _, i := range sel {
				t += v[int(i)&m]
			}
		}
		s.sum[0] += t
		s.n[0] += int64(rows)
	case sel == nil:
		for i, g := range groups[:n] {
			s.sum[g] += v[i&m]
			s.n[g]++
		}
	default:
		for k, i := range sel {
			g := groups[k]
			s.sum[g] += v[int(i)&m]
			s.n[g]++
		}
	}
	return nil
}

func (s *sumIntState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) error {
	for g := from; g < to; g++ {
		switch {
		case s.n[g] == 0:
			out.SetNull(g - from)
		case !s.avg:
			out.Int[g-from] = s.sum[g]
		default:
			q, err := types.NumericFromInt(s.sum[g]).Div(types.NumericFromInt(s.n[g]))
			if err != nil {
				return err
			}
			out.Num[g-from] = q
		}
	}
	return nil
}

func (s *sumIntState) Merge(dst int, other expr.AggState, src int) error {
	o := other.(*sumIntState)
	s.sum[dst] += o.sum[src]
	s.n[dst] += o.n[src]
	return nil
}

func (s *sumIntState) Bytes() int { return 8 * (cap(s.sum) + cap(s.n)) }

// int128 is a sum of int64s.
type int128 struct {
	hi int64
	lo uint64
}

func (a *int128) add(v int64) {
	lo, carry := bits.Add64(a.lo, uint64(v), 0)
	a.lo = lo
	a.hi += v>>63 + int64(carry)
}

func (a *int128) plus(b int128) {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	a.lo = lo
	a.hi += b.hi + int64(carry)
}

// squareSum is a sum of squares: two of the largest bigint do not fit in 127 bits.
type squareSum struct{ hi, mid, lo uint64 }

// add adds v².
func (a *squareSum) add(v int64) {
	mid, lo := bits.Mul64(abs64(v), abs64(v))
	a.plus(squareSum{0, mid, lo})
}

func (a *squareSum) plus(b squareSum) {
	var carry uint64
	a.lo, carry = bits.Add64(a.lo, b.lo, 0)
	a.mid, carry = bits.Add64(a.mid, b.mid, carry)
	a.hi += b.hi + carry
}

func (a squareSum) numeric() types.Numeric {
	if a.hi == 0 && a.mid>>63 == 0 {
		return int128{int64(a.mid), a.lo}.numeric()
	}
	var b, t apd.BigInt
	for _, word := range []uint64{a.hi, a.mid, a.lo} {
		b.Lsh(&b, 64)
		b.Add(&b, t.SetUint64(word))
	}
	return types.MakeBigNumeric(&b, 0)
}

func (a int128) numeric() types.Numeric {
	if a.hi == int64(a.lo)>>63 {
		return types.NumericFromInt(int64(a.lo))
	}
	var b, t apd.BigInt
	b.SetInt64(a.hi)
	b.Lsh(&b, 64)
	t.SetUint64(a.lo)
	b.Add(&b, &t)
	return types.MakeBigNumeric(&b, 0)
}

// sumBigState is sum and avg of int8 (a numeric).
type sumBigState struct {
	avg bool
	sum []int128
	n   []int64
}

func (s *sumBigState) Grow(n int) { s.sum, s.n = grow(s.sum, n), grow(s.n, n) }

func (s *sumBigState) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	v, m := args[0].Int, mask(args[0])
	for k := range rowCount(sel, n) {
		g := groupOf(groups, k)
		s.sum[g].add(v[rowAt(sel, k)&m])
		s.n[g]++
	}
	return nil
}

func (s *sumBigState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) (err error) {
	for g := from; g < to; g++ {
		if s.n[g] == 0 {
			out.SetNull(g - from)
			continue
		}
		r := s.sum[g].numeric()
		if s.avg {
			if r, err = r.Div(types.NumericFromInt(s.n[g])); err != nil {
				return err
			}
		}
		out.Num[g-from] = r
	}
	return nil
}

func (s *sumBigState) Merge(dst int, other expr.AggState, src int) error {
	o := other.(*sumBigState)
	s.sum[dst].plus(o.sum[src])
	s.n[dst] += o.n[src]
	return nil
}

func (s *sumBigState) Bytes() int { return 16*cap(s.sum) + 8*cap(s.n) }

// sumNumState is sum and avg of numeric. Values of few digits are added as int64 by Numeric itself.
type sumNumState struct {
	avg bool
	sum []types.Numeric
	n   []int64
}

func (s *sumNumState) Grow(n int) { s.sum, s.n = grow(s.sum, n), grow(s.n, n) }

func (s *sumNumState) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) (err error) {
	v, m := args[0].Num, mask(args[0])
	for k := range rowCount(sel, n) {
		g := groupOf(groups, k)
		if err = s.sum[g].Accumulate(&v[rowAt(sel, k)&m]); err != nil {
			return err
		}
		s.n[g]++
	}
	return nil
}

func (s *sumNumState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) (err error) {
	for g := from; g < to; g++ {
		if s.n[g] == 0 {
			out.SetNull(g - from)
			continue
		}
		r := s.sum[g]
		if s.avg {
			if r, err = r.Div(types.NumericFromInt(s.n[g])); err != nil {
				return err
			}
		}
		out.Num[g-from] = r
	}
	return nil
}

func (s *sumNumState) Merge(dst int, other expr.AggState, src int) (err error) {
	o := other.(*sumNumState)
	s.sum[dst], err = s.sum[dst].Add(o.sum[src])
	s.n[dst] += o.n[src]
	return err
}

func (s *sumNumState) Bytes() int { return 24*cap(s.sum) + 8*cap(s.n) }

// sumFloatState is sum of floats. single: float4, added in single precision as PostgreSQL does.
type sumFloatState struct {
	single bool
	sum    []float64
	n      []int64
}

func (s *sumFloatState) Grow(n int) { s.sum, s.n = grow(s.sum, n), grow(s.n, n) }

func (s *sumFloatState) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	v, m := args[0].Float, mask(args[0])
	for k := range rowCount(sel, n) {
		g, x := groupOf(groups, k), v[rowAt(sel, k)&m]
		if r := s.sum[g] + x; !s.single && plainFloat(r) {
			s.sum[g] = r
			s.n[g]++
			continue
		}
		if err := s.add(g, x); err != nil {
			return err
		}
	}
	return nil
}

func (s *sumFloatState) add(g int, x float64) error {
	r := s.sum[g] + x
	if s.single {
		r = float64(float32(r))
	}
	if isInf(r) && !isInf(x) && !isInf(s.sum[g]) {
		return errFloatOverflow
	}
	if s.n[g] == 0 { // keeps the sign of -0
		r = x
	}
	s.sum[g] = r
	s.n[g]++
	return nil
}

func (s *sumFloatState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) error {
	for g := from; g < to; g++ {
		if s.n[g] == 0 {
			out.SetNull(g - from)
			continue
		}
		out.Float[g-from] = s.sum[g]
	}
	return nil
}

func (s *sumFloatState) Merge(dst int, other expr.AggState, src int) error {
	o := other.(*sumFloatState)
	if o.n[src] == 0 {
		return nil
	}
	n := s.n[dst] + o.n[src]
	err := s.add(dst, o.sum[src])
	s.n[dst] = n
	return err
}

func (s *sumFloatState) Bytes() int { return 8 * (cap(s.sum) + cap(s.n)) }

// sumIntervalState is sum and avg of intervals.
type sumIntervalState struct {
	avg bool
	sum []types.Interval
	n   []int64
}

func (s *sumIntervalState) Grow(n int) { s.sum, s.n = grow(s.sum, n), grow(s.n, n) }

func (s *sumIntervalState) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) (err error) {
	v, m := args[0].Itv, mask(args[0])
	for k := range rowCount(sel, n) {
		g := groupOf(groups, k)
		if s.sum[g], err = s.sum[g].Add(v[rowAt(sel, k)&m]); err != nil {
			return err
		}
		s.n[g]++
	}
	return nil
}

func (s *sumIntervalState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) (err error) {
	for g := from; g < to; g++ {
		if s.n[g] == 0 {
			out.SetNull(g - from)
			continue
		}
		r := s.sum[g]
		if s.avg {
			if r, err = r.Div(float64(s.n[g])); err != nil {
				return err
			}
		}
		out.Itv[g-from] = r
	}
	return nil
}

func (s *sumIntervalState) Merge(dst int, other expr.AggState, src int) (err error) {
	o := other.(*sumIntervalState)
	s.sum[dst], err = s.sum[dst].Add(o.sum[src])
	s.n[dst] += o.n[src]
	return err
}

func (s *sumIntervalState) Bytes() int { return 16*cap(s.sum) + 8*cap(s.n) }

func sumAggs() []aggCode {
	of := func(f func() expr.AggState) func([]types.T, types.T) expr.AggState {
		return func([]types.T, types.T) expr.AggState { return f() }
	}
	count := of(func() expr.AggState { return &countState{} })
	cs := []aggCode{
		{src: "count()", nonStrict: true, make: count}, {src: "count(any)", make: count},
		{src: "regr_count(double precision,double precision)", make: count},
	}
	for _, avg := range []bool{false, true} {
		name := map[bool]string{false: "sum", true: "avg"}[avg]
		small := of(func() expr.AggState { return &sumIntState{avg: avg} })
		cs = append(cs,
			aggCode{src: name + "(smallint)", make: small}, aggCode{src: name + "(integer)", make: small},
			aggCode{src: name + "(bigint)", make: of(func() expr.AggState { return &sumBigState{avg: avg} })},
			aggCode{src: name + "(numeric)", make: of(func() expr.AggState { return &sumNumState{avg: avg} })},
			aggCode{src: name + "(interval)", make: of(func() expr.AggState { return &sumIntervalState{avg: avg} })})
	}
	return append(cs,
		aggCode{src: "sum(real)", make: of(func() expr.AggState { return &sumFloatState{single: true} })},
		aggCode{src: "sum(double precision)", make: of(func() expr.AggState { return &sumFloatState{} })},
		aggCode{src: "sum(money)", make: of(func() expr.AggState { return &sumMoneyState{} })})
}
