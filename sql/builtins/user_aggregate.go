package builtins

import (
	"slices"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// AggregateParts is an aggregate that CREATE AGGREGATE made of functions.
type AggregateParts struct {
	OID      types.OID
	Name     string
	Kind     byte // n normal, o ordered-set, h hypothetical-set
	Direct   int  // direct arguments of an ordered-set aggregate
	Args     []types.OID
	Ret      types.OID
	Variadic bool
	State    types.OID
	// Trans and Final are functions with code; Final may be nil: the state is the result.
	Trans, Final *Proc
	// FinalExtra: Final takes NULLs in the place of the aggregated arguments, too.
	FinalExtra bool
	// Init is the first state as text, nil for NULL.
	Init *string
}

// UserAggregate is the aggregate that consists of these parts.
func UserAggregate(p *AggregateParts) *expr.Agg {
	a := &expr.Agg{OID: p.OID, Name: p.Name, Args: p.Args, Ret: p.Ret, Variadic: p.Variadic, Kind: p.Kind, Strict: p.Trans.Strict}
	if p.State == types.InternalOID {
		b := p.builtin()
		if b == nil {
			return nil
		}
		a.Strict, a.New = b.Strict, b.New
		return a
	}
	a.New = func(args []types.T, ret types.T) expr.AggState { return newPartsState(p, args, ret) }
	return a
}

// builtin finds the aggregate that consists of the same functions: the code behind a state that SQL cannot see is only there as a whole.
func (p *AggregateParts) builtin() *expr.Agg {
	for oid, r := range loadAggregates() {
		if r.TransType != types.InternalOID || r.TransFn != p.Trans.Name || r.FinalFn != "-" && p.Final == nil || p.Final != nil && r.FinalFn != p.Final.Name {
			continue
		}
		if b, ok := ProcByOID(oid); ok && b.Agg != nil && r.Kind == p.Kind && slices.Equal(b.Args, p.Args) {
			return b.Agg
		}
	}
	return nil
}

// partsState is the states of a user's aggregate.
type partsState struct {
	p            *AggregateParts
	state        types.T
	trans, final *caller
	extra        int // NULLs after the state and the direct arguments of final
	init         types.Datum
	started      bool // init and the types are known
	err          error
	values       []types.Datum
	direct       [][]types.Datum
	// begun says that the group has a state: the initial one, or, without that, the first row's argument.
	begun []bool
	bytes int
}

func newPartsState(p *AggregateParts, args []types.T, ret types.T) *partsState {
	s := &partsState{p: p, state: types.Of(p.State)}
	actual := make([]types.OID, len(args))
	for i, t := range args {
		actual[i] = t.OID
	}
	if types.IsPolymorphic(p.State) {
		t, err := ResolvePolymorphic(actual, p.Args, p.State)
		s.state, s.err = types.Of(t), err
	}
	s.trans = newCaller(p.Trans.Func, append([]types.T{s.state}, args[p.Direct:]...), s.state)
	if p.Final != nil {
		in := append([]types.T{s.state}, args[:p.Direct]...)
		if p.FinalExtra {
			s.extra = len(args) - p.Direct
			in = append(in, args[p.Direct:]...)
		}
		s.final = newCaller(p.Final.Func, in, ret)
	}
	return s
}

// start reads the initial state.
func (s *partsState) start(c *expr.Ctx) error {
	if s.started || s.err != nil {
		return s.err
	}
	s.started = true
	if s.p.Init == nil {
		return nil
	}
	text := &expr.Const{T: types.Of(types.TextOID), D: types.NewStr(*s.p.Init)}
	s.init, s.err = expr.EvalRow(c, &expr.CoerceIO{Arg: text, T: s.state})
	return s.err
}

// Grow implements expr.AggState.
func (s *partsState) Grow(n int) {
	s.values, s.begun = grow(s.values, n), grow(s.begun, n)
	if s.p.Direct > 0 {
		s.direct = grow(s.direct, n)
	}
}

// Add implements expr.AggState.
func (s *partsState) Add(c *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	if err := s.start(c); err != nil {
		return err
	}
	row := make([]types.Datum, 1+len(args)-s.p.Direct)
rows:
	for k := range rowCount(sel, n) {
		i, g := rowAt(sel, k), groupOf(groups, k)
		if s.p.Direct > 0 && s.direct[g] == nil {
			for _, v := range args[:s.p.Direct] {
				s.direct[g] = append(s.direct[g], v.Datum(i&mask(v)))
			}
		}
		for j, v := range args[s.p.Direct:] {
			if row[1+j] = v.Datum(i & mask(v)); row[1+j].IsNull() && s.p.Trans.Strict {
				continue rows
			}
		}
		if err := s.step(c, g, row); err != nil {
			return err
		}
	}
	return nil
}

// step is one call of the transition function.
func (s *partsState) step(c *expr.Ctx, g int, row []types.Datum) error {
	if !s.begun[g] {
		s.begun[g], s.values[g] = true, s.init
		if s.p.Trans.Strict && s.p.Init == nil {
			s.values[g] = row[1]
			return nil
		}
	}
	row[0] = s.values[g]
	d, err := s.trans.call(c, row)
	if err != nil {
		return err
	}
	s.bytes += stateBytes(d) - stateBytes(s.values[g])
	s.values[g] = d
	return nil
}

// stateBytes is about the memory of a state beyond the value itself.
func stateBytes(d types.Datum) int {
	if a := d.Array(); a != nil {
		return 48 * len(a.Elems)
	}
	return len(d.Str())
}

// Result implements expr.AggState.
func (s *partsState) Result(c *expr.Ctx, from, to int, out *vec.Vector) error {
	if err := s.start(c); err != nil {
		return err
	}
	for g := from; g < to; g++ {
		d := s.init
		if s.begun[g] {
			d = s.values[g]
		}
		if s.final != nil {
			row := append(make([]types.Datum, 0, 1+s.p.Direct+s.extra), d)
			if s.p.Direct > 0 {
				row = append(row, s.direct[g]...)
			}
			row = append(row, make([]types.Datum, cap(row)-len(row))...)
			var err error
			if d, err = s.final.call(c, row); err != nil {
				return err
			}
		}
		if d.IsNull() {
			out.SetNull(g - from)
		} else {
			out.Set(g-from, d)
		}
	}
	return nil
}

// Merge implements expr.AggState. States of the user's making are never put together: nothing says that the order of rows does not show.
func (s *partsState) Merge(int, expr.AggState, int) error {
	return pgerr.New(pgerr.InternalError, "states of aggregate %s cannot be combined", s.p.Name)
}

// Bytes implements expr.AggState.
func (s *partsState) Bytes() int { return s.bytes + 60*cap(s.values) }

// caller calls a function for single rows.
type caller struct {
	fn   *expr.Func
	args []*vec.Vector
	out  vec.Vector
}

func newCaller(f *expr.Func, args []types.T, ret types.T) *caller {
	c := &caller{fn: f.Bound(args, ret)}
	c.out.Kind = ret.Kind()
	for _, t := range args {
		c.args = append(c.args, &vec.Vector{Kind: t.Kind()})
	}
	return c
}

func (c *caller) call(ctx *expr.Ctx, row []types.Datum) (types.Datum, error) {
	if c.fn.Strict && slices.ContainsFunc(row, types.Datum.IsNull) {
		return types.Null, nil
	}
	if c.fn.Scalar != nil {
		return c.fn.Scalar(ctx, row)
	}
	if c.fn.Kernel == nil {
		return types.Null, pgerr.FeatureNotSupported("function " + c.fn.Name + " in an aggregate")
	}
	for i, d := range row {
		c.args[i].SetConst(d, 1)
	}
	c.out.Clear(1)
	if err := c.fn.Kernel(ctx, c.args, nil, 1, &c.out); err != nil {
		return types.Null, err
	}
	return c.out.Datum(0), nil
}
