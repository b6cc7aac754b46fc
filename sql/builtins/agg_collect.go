package builtins

import (
	"math"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// stringAggState is string_agg: NULL values are skipped, a NULL delimiter is empty. The delimiter before the first value
// is not used, that of another state's first value is when states are merged.
type stringAggState struct {
	text  [][]byte
	first []int // length of the delimiter at the start of text
	seen  []bool
	bytes int
}

func (s *stringAggState) Grow(n int) {
	s.text, s.first, s.seen = grow(s.text, n), grow(s.first, n), grow(s.seen, n)
}

// spurt is what a state grows by during one batch, after which the aggregate accounts for all of the state: a batch of long values must not
// fill memory before that.
type spurt struct {
	c     *expr.Ctx
	start int
	taken int64
}

// more looks, now that the state has so many bytes, for a cancel and at the account.
func (s *spurt) more(bytes int) error {
	const step = 8 << 20
	grown := int64(bytes - s.start)
	if grown < s.taken+step {
		return nil
	}
	if s.c.Memory != nil {
		if err := s.c.Memory.Grow(grown - s.taken); err != nil {
			return err
		}
		s.taken = grown
	}
	return s.c.Interrupted()
}

func (s *spurt) end() {
	if s.taken > 0 {
		s.c.Memory.Free(s.taken)
	}
}

func (s *stringAggState) Add(c *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	v, d := args[0], args[1]
	grown := spurt{c: c, start: s.bytes}
	defer grown.end()
	for k := range rowCount(sel, n) {
		i, g := rowAt(sel, k), groupOf(groups, k)
		if v.Nulls.Has(i & mask(v)) {
			continue
		}
		x, delim := v.Str[i&mask(v)], d.Str[i&mask(d)]
		if !s.seen[g] {
			s.seen[g], s.first[g] = true, len(delim)
		}
		before := cap(s.text[g])
		s.text[g] = append(append(s.text[g], delim...), x...)
		s.bytes += cap(s.text[g]) - before
		if err := grown.more(s.bytes); err != nil {
			return err
		}
		if len(s.text[g]) > maxTextBytes {
			return pgerr.New(pgerr.ProgramLimitExceeded, "out of memory").WithDetail("Cannot enlarge string buffer containing %d bytes.", len(s.text[g]))
		}
	}
	return nil
}

func (s *stringAggState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) error {
	for g := from; g < to; g++ {
		if s.seen[g] {
			out.Str[g-from] = string(s.text[g][s.first[g]:])
		} else {
			out.SetNull(g - from)
		}
	}
	return nil
}

func (s *stringAggState) Merge(dst int, other expr.AggState, src int) error {
	o := other.(*stringAggState)
	if !o.seen[src] {
		return nil
	}
	if !s.seen[dst] {
		s.seen[dst], s.first[dst] = true, o.first[src]
	}
	s.text[dst] = append(s.text[dst], o.text[src]...)
	s.bytes += len(o.text[src])
	return nil
}

func (s *stringAggState) Bytes() int { return s.bytes + 33*cap(s.text) }

// collectState keeps all values of a group; final makes the result of them, ok=false for NULL.
type collectState struct {
	values [][]types.Datum
	direct [][]types.Datum // the direct arguments of an ordered-set aggregate: those of the group's first row
	nDir   int
	seen   []bool
	bytes  int
	final  func(c *expr.Ctx, values, direct []types.Datum) (types.Datum, error)
}

func (s *collectState) Grow(n int) {
	s.values, s.seen = grow(s.values, n), grow(s.seen, n)
	if s.nDir > 0 {
		s.direct = grow(s.direct, n)
	}
}

func (s *collectState) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	v := args[s.nDir]
	for k := range rowCount(sel, n) {
		i, g := rowAt(sel, k), groupOf(groups, k)
		if s.nDir > 0 && s.direct[g] == nil {
			for _, a := range args[:s.nDir] {
				s.direct[g] = append(s.direct[g], a.Datum(i&mask(a)))
			}
		}
		s.seen[g] = true
		if s.nDir > 0 && v.Nulls.Has(i&mask(v)) {
			continue
		}
		d := v.Datum(i & mask(v))
		s.values[g] = append(s.values[g], d)
		s.bytes += 56 + expr.ValueBytes(d)
	}
	return nil
}

func (s *collectState) Result(c *expr.Ctx, from, to int, out *vec.Vector) error {
	for g := from; g < to; g++ {
		if !s.seen[g] || s.nDir > 0 && len(s.values[g]) == 0 {
			out.SetNull(g - from)
			continue
		}
		var direct []types.Datum
		if s.nDir > 0 {
			direct = s.direct[g]
		}
		d, err := s.final(c, s.values[g], direct)
		if err != nil {
			return err
		}
		out.Set(g-from, d)
	}
	return nil
}

func (s *collectState) Merge(dst int, other expr.AggState, src int) error {
	o := other.(*collectState)
	s.values[dst] = append(s.values[dst], o.values[src]...)
	s.seen[dst] = s.seen[dst] || o.seen[src]
	if s.nDir > 0 && s.direct[dst] == nil {
		s.direct[dst] = o.direct[src]
	}
	for _, d := range o.values[src] {
		s.bytes += 56 + expr.ValueBytes(d)
	}
	return nil
}

func (s *collectState) Bytes() int { return s.bytes + 25*cap(s.values) }

// arrayOf makes the result of array_agg: of arrays it stacks them.
func arrayOf(args []types.T, ret types.T) expr.AggState {
	elem := types.ElemOf(ret.OID)
	if types.ElemOf(args[0].OID) == 0 {
		return &collectState{final: func(_ *expr.Ctx, vs, _ []types.Datum) (types.Datum, error) {
			return types.NewRef(types.NewArray(elem, vs)), nil
		}}
	}
	return &collectState{final: func(_ *expr.Ctx, vs, _ []types.Datum) (types.Datum, error) {
		a, err := stackArrays(elem, vs)
		return types.NewRef(a), err
	}}
}

func stackArrays(elem types.OID, vs []types.Datum) (*types.Array, error) {
	out := &types.Array{Elem: elem}
	var first *types.Array
	for _, d := range vs {
		a := d.Array()
		if a == nil {
			return nil, pgerr.New(pgerr.NullValueNotAllowed, "cannot accumulate null arrays")
		}
		if len(a.Dims) == 0 {
			return nil, pgerr.New(pgerr.ArraySubscriptError, "cannot accumulate empty arrays")
		}
		if first == nil {
			first = a
		}
		if len(a.Dims) != len(first.Dims) {
			return nil, errDifferentDims()
		}
		for i := range a.Dims {
			if a.Dims[i] != first.Dims[i] {
				return nil, errDifferentDims()
			}
		}
		out.Elems = append(out.Elems, a.Elems...)
	}
	out.Dims = append([]types.Dim{{Len: len(vs), Lower: 1}}, first.Dims...)
	return out, nil
}

func errDifferentDims() error {
	return pgerr.New(pgerr.ArraySubscriptError, "cannot accumulate arrays of different dimensionality")
}

// checkFraction checks the direct argument of a percentile function.
func checkFraction(p float64) error {
	if p < 0 || p > 1 || math.IsNaN(p) {
		return pgerr.New(pgerr.NumericValueOutOfRange, "percentile value %s is not between 0 and 1",
			types.AppendFloat(nil, types.Float8OID, p, 1))
	}
	return nil
}

// percentile makes the final function of percentile_disc and percentile_cont, for one fraction or an array of them.
func percentile(one func(vs []types.Datum, p float64) (types.Datum, error), elem types.OID) func(*expr.Ctx, []types.Datum, []types.Datum) (types.Datum, error) {
	at := func(vs []types.Datum, p types.Datum) (types.Datum, error) {
		if p.IsNull() {
			return types.Null, nil
		}
		if err := checkFraction(p.Float()); err != nil {
			return types.Null, err
		}
		return one(vs, p.Float())
	}
	return func(_ *expr.Ctx, vs, direct []types.Datum) (types.Datum, error) {
		a := direct[0].Array()
		if a == nil {
			return at(vs, direct[0])
		}
		out := &types.Array{Elem: elem, Dims: a.Dims, Elems: make([]types.Datum, len(a.Elems))}
		for i, p := range a.Elems {
			d, err := at(vs, p)
			if err != nil {
				return types.Null, err
			}
			out.Elems[i] = d
		}
		return types.NewRef(out), nil
	}
}

func percentileDisc(vs []types.Datum, p float64) (types.Datum, error) {
	return vs[max(0, int(math.Ceil(p*float64(len(vs))))-1)], nil
}

func percentileCont(vs []types.Datum, p float64) (types.Datum, error) {
	at := p * float64(len(vs)-1)
	lo := int(math.Floor(at))
	a, b := vs[lo], vs[int(math.Ceil(at))]
	part := at - float64(lo)
	if a.Kind() == types.KindInterval {
		diff, err := b.Interval().Sub(a.Interval())
		if err != nil {
			return types.Null, err
		}
		if diff, err = diff.Mul(part); err != nil {
			return types.Null, err
		}
		r, err := a.Interval().Add(diff)
		return types.NewInterval(r), err
	}
	x, y := a.Float(), b.Float()
	return types.NewFloat(x + part*(y-x)), nil
}

// mode is the most frequent value of a sorted list, the first of several.
func mode(t types.OID) func(*expr.Ctx, []types.Datum, []types.Datum) (types.Datum, error) {
	return func(_ *expr.Ctx, vs, _ []types.Datum) (types.Datum, error) {
		best, bestRun, run := types.Null, 0, 0
		for i, v := range vs {
			if v.IsNull() {
				continue
			}
			if i > 0 && !vs[i-1].IsNull() && types.Compare(t, vs[i-1], v) == 0 {
				run++
			} else {
				run = 1
			}
			if run > bestRun {
				best, bestRun = v, run
			}
		}
		return best, nil
	}
}

func collectAggs() []aggCode {
	stringAgg := func([]types.T, types.T) expr.AggState { return &stringAggState{} }
	cs := []aggCode{
		{src: "string_agg(text,text)", nonStrict: true, make: stringAgg},
		{src: "string_agg(bytea,bytea)", nonStrict: true, make: stringAgg},
		{src: "array_agg(anynonarray)", nonStrict: true, make: arrayOf},
		{src: "array_agg(anyarray)", nonStrict: true, make: arrayOf},
		{src: "mode(anyelement)", nonStrict: true, make: func(args []types.T, _ types.T) expr.AggState {
			return &collectState{final: mode(args[0].OID)}
		}},
	}
	for _, f := range []string{"double precision", "double precision[]"} {
		cs = append(cs, aggCode{src: "percentile_disc(" + f + ",anyelement)", nonStrict: true, make: func(args []types.T, _ types.T) expr.AggState {
			return &collectState{nDir: 1, final: percentile(percentileDisc, args[1].OID)}
		}})
		for _, t := range []string{"double precision", "interval"} {
			cs = append(cs, aggCode{src: "percentile_cont(" + f + "," + t + ")", nonStrict: true, make: func(args []types.T, _ types.T) expr.AggState {
				return &collectState{nDir: 1, final: percentile(percentileCont, args[1].OID)}
			}})
		}
	}
	return cs
}
