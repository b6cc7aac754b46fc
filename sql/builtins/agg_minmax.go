package builtins

import (
	"cmp"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// bestState keeps one value per group: min, max, bool_and, bit_or … pick combines the value so far with another.
type bestState[T any] struct {
	at   accessor[T]
	pick func(have, x T) T
	have []T
	seen []bool
	size int
}

func (s *bestState[T]) Grow(n int) { s.have, s.seen = grow(s.have, n), grow(s.seen, n) }

func (s *bestState[T]) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	v, m := s.at(args[0]), mask(args[0])
	for k := range rowCount(sel, n) {
		s.one(groupOf(groups, k), v[rowAt(sel, k)&m])
	}
	return nil
}

func (s *bestState[T]) one(g int, x T) {
	if s.seen[g] {
		x = s.pick(s.have[g], x)
	}
	s.have[g], s.seen[g] = x, true
}

func (s *bestState[T]) Result(_ *expr.Ctx, from, to int, out *vec.Vector) error {
	o := s.at(out)
	for g := from; g < to; g++ {
		if s.seen[g] {
			o[g-from] = s.have[g]
		} else {
			out.SetNull(g - from)
		}
	}
	return nil
}

func (s *bestState[T]) Merge(dst int, other expr.AggState, src int) error {
	if o := other.(*bestState[T]); o.seen[src] {
		s.one(dst, o.have[src])
	}
	return nil
}

func (s *bestState[T]) Bytes() int { return s.size*cap(s.have) + cap(s.seen) }

// orderedState is min and max of Go-ordered values, without a call per row.
type orderedState[T cmp.Ordered] struct {
	bestState[T]
	greatest bool
}

func (s *orderedState[T]) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	v, m := s.at(args[0]), mask(args[0])
	for k := range rowCount(sel, n) {
		g, x := groupOf(groups, k), v[rowAt(sel, k)&m]
		if !s.seen[g] || (x > s.have[g]) == s.greatest && x != s.have[g] {
			s.have[g], s.seen[g] = x, true
		}
	}
	return nil
}

func (s *orderedState[T]) Merge(dst int, other expr.AggState, src int) error {
	return s.bestState.Merge(dst, &other.(*orderedState[T]).bestState, src)
}

func newOrdered[T cmp.Ordered](at accessor[T], greatest bool, size int) expr.AggState {
	pick := func(a, b T) T { return min(a, b) }
	if greatest {
		pick = func(a, b T) T { return max(a, b) }
	}
	return &orderedState[T]{bestState: bestState[T]{at: at, size: size, pick: pick}, greatest: greatest}
}

// newBest is min or max by a three-way comparison; of equal values, which may look different, the last.
func newBest[T any](at accessor[T], greatest bool, size int, three func(a, b T) int) expr.AggState {
	return &bestState[T]{at: at, size: size, pick: func(have, x T) T {
		if d := three(x, have); d == 0 || d > 0 == greatest {
			return x
		}
		return have
	}}
}

// newMinMax is the state of min or max for a type.
func newMinMax(t types.OID, greatest bool) expr.AggState {
	switch types.KindOf(t) {
	case types.KindInt:
		if t == types.XID8OID || t == types.PgLSNOID {
			return newBest(ints, greatest, 8, compareUnsigned)
		}
		return newOrdered(ints, greatest, 8)
	case types.KindFloat:
		return newBest(floats, greatest, 8, floatCmp)
	case types.KindStr:
		if t == types.BPCharOID {
			return newBest(strs, greatest, 48, func(x, have string) int {
				d := compareTrimmed(x, have)
				if d == 0 && greatest { // the first of equal values
					return -1
				}
				return cmp.Or(d, 1)
			})
		}
		return newOrdered(strs, greatest, 48)
	case types.KindNum:
		return newBest(nums, greatest, 24, compareNums)
	case types.KindInterval:
		return newBest(intervals, greatest, 16, func(a, b types.Interval) int { return a.Cmp(b) })
	case types.KindBool:
		return newBest(bools, greatest, 1, compareBools)
	}
	return newBest(refs, greatest, 64, func(a, b any) int { return types.Compare(t, types.NewRef(a), types.NewRef(b)) })
}

func minMaxAggs() []aggCode {
	var cs []aggCode
	for _, t := range []string{"anyarray", "bigint", "integer", "smallint", "oid", "real", "double precision", "date",
		"time without time zone", "time with time zone", "money", "timestamp without time zone", "timestamp with time zone",
		"interval", "text", "numeric", "character", "tid", "anyenum", "pg_lsn", "xid8", "inet"} {
		cs = append(cs,
			aggCode{src: "max(" + t + ")", sortOp: ">", make: func(args []types.T, _ types.T) expr.AggState { return newMinMax(args[0].OID, true) }},
			aggCode{src: "min(" + t + ")", sortOp: "<", make: func(args []types.T, _ types.T) expr.AggState { return newMinMax(args[0].OID, false) }})
	}
	and := func([]types.T, types.T) expr.AggState {
		return &bestState[bool]{at: bools, size: 1, pick: func(a, b bool) bool { return a && b }}
	}
	or := func([]types.T, types.T) expr.AggState {
		return &bestState[bool]{at: bools, size: 1, pick: func(a, b bool) bool { return a || b }}
	}
	cs = append(cs, aggCode{src: "bool_and(boolean)", sortOp: "<", make: and}, aggCode{src: "every(boolean)", sortOp: "<", make: and},
		aggCode{src: "bool_or(boolean)", sortOp: ">", make: or})
	for name, f := range map[string]func(a, b int64) int64{
		"bit_and": func(a, b int64) int64 { return a & b }, "bit_or": func(a, b int64) int64 { return a | b },
		"bit_xor": func(a, b int64) int64 { return a ^ b }} {
		for _, t := range []string{"smallint", "integer", "bigint"} {
			cs = append(cs, aggCode{src: name + "(" + t + ")", make: func([]types.T, types.T) expr.AggState {
				return &bestState[int64]{at: ints, size: 8, pick: f}
			}})
		}
	}
	return cs
}
