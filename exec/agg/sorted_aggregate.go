package agg

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// SortedAggregate aggregates input whose groups are adjacent, and keeps their order. It outputs groups as soon as it has a batch
// of them and the next one has begun; the last group's states then move to new states. Aggregates with DISTINCT or
// ORDER BY hold rows back, so with them everything is output at the end.
type SortedAggregate struct {
	ctx     *exec.Ctx
	node    *plan.Aggregate
	input   exec.Operator
	calls   []*call
	feeders []*feeder
	cols    []int
	cmps    []exec.Comparer
	held    bool

	keys  *vec.Batch // of the groups begun
	ids   []int32
	byRow []int32
	cur   *vec.Batch
	ended bool
	ready int // groups that may be output
	at    int
	usage exec.Usage
	out   vec.Batch
	win   []vec.Vector
}

// NewSortedAggregate is the operator of n, which is Sorted and has groups.
func NewSortedAggregate(ctx *exec.Ctx, n *plan.Aggregate, input exec.Operator) (*SortedAggregate, error) {
	s := &SortedAggregate{ctx: ctx, node: n, input: input, cols: n.Groups}
	var err error
	if s.calls, err = newCalls(ctx, n.Aggs); err != nil {
		return nil, err
	}
	in := n.Input.Types()
	ts := make([]types.T, len(n.Groups))
	for i, c := range n.Groups {
		ts[i] = in[c]
	}
	s.cmps, s.keys = exec.Comparers(ts), vec.NewBatch(vec.Kinds(ts), 0)
	for _, c := range s.calls {
		f := newFeeder(ctx, c)
		s.held = s.held || f.seen != nil || f.sorter != nil
		s.feeders = append(s.feeders, f)
	}
	s.win = make([]vec.Vector, len(ts))
	s.out.Cols = make([]*vec.Vector, len(n.Types()))
	return s, nil
}

// Open implements exec.Operator.
func (s *SortedAggregate) Open(ctx context.Context) error {
	s.keys.Reset()
	s.ended, s.ready, s.at = false, 0, 0
	s.usage.Init(s.ctx)
	for _, f := range s.feeders {
		f.reset()
	}
	return s.input.Open(ctx)
}

// Next implements exec.Operator.
func (s *SortedAggregate) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if s.at < s.ready {
			return s.output(min(s.ready, s.at+s.ctx.Rows()))
		}
		if s.ended {
			return nil, nil
		}
		if err := s.carry(); err != nil {
			return nil, err
		}
		if err := s.fill(ctx); err != nil {
			return nil, err
		}
	}
}

// carry makes the last group, which goes on, the first of new states.
func (s *SortedAggregate) carry() error {
	if s.ready == 0 {
		return nil
	}
	last := s.keys.Len - 1
	keys := vec.NewBatch(s.kinds(), 1)
	keys.AppendFrom(s.keys, last)
	s.keys = keys
	for _, f := range s.feeders {
		old := f.state
		f.reset()
		f.state.Grow(1)
		if err := f.state.Merge(0, old, last); err != nil {
			return err
		}
	}
	s.ready, s.at = 0, 0
	return nil
}

func (s *SortedAggregate) kinds() []types.Kind {
	ks := make([]types.Kind, len(s.keys.Cols))
	for i, v := range s.keys.Cols {
		ks[i] = v.Kind
	}
	return ks
}

// fill reads input until there is a batch of complete groups, or the end.
func (s *SortedAggregate) fill(ctx context.Context) error {
	for {
		b, err := s.input.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil || b.Rows() == 0 {
			s.ended, s.ready = true, s.keys.Len
			for _, f := range s.feeders {
				if err := f.finish(ctx); err != nil {
					return err
				}
			}
			return nil
		}
		if err := s.add(b); err != nil {
			return err
		}
		if !s.held && s.keys.Len > s.ctx.Rows() {
			s.ready = s.keys.Len - 1
			return nil
		}
	}
}

// add aggregates a batch.
func (s *SortedAggregate) add(b *vec.Batch) error {
	s.cur, s.ids = b, s.ids[:0]
	prev := -1
	for k, n := 0, b.Rows(); k < n; k++ {
		i := b.Row(k)
		if !s.same(b, i, prev) {
			for c, col := range s.cols {
				s.keys.Cols[c].AppendRow(b.Cols[col], i)
			}
			s.keys.Len++
		}
		prev = i
		s.ids = append(s.ids, int32(s.keys.Len-1))
	}
	n := int64(s.keys.Len) * 64
	for i, c := range s.calls {
		f := s.feeders[i]
		f.state.Grow(s.keys.Len)
		err := c.each(b, func(in *input) error {
			if err := f.add(in, s.ids, s.rowGroups, false); err != nil || !in.wide {
				return err
			}
			return s.usage.Set(n + f.bytes())
		})
		if err != nil {
			return err
		}
		n += f.bytes()
	}
	return s.usage.Set(n)
}

// same reports whether row i belongs to the group of row prev of the batch, or, if prev is -1, to the last group of all.
func (s *SortedAggregate) same(b *vec.Batch, i, prev int) bool {
	if prev >= 0 {
		return exec.RowsEqual(s.cmps, s.cols, b, i, b, prev)
	}
	if s.keys.Len == 0 {
		return false
	}
	for c, col := range s.cols {
		if !s.cmps[c].Equal(b.Cols[col], i, s.keys.Cols[c], s.keys.Len-1) {
			return false
		}
	}
	return true
}

// rowGroups are the groups by position in the columns.
func (s *SortedAggregate) rowGroups() []int32 {
	if s.cur.Sel == nil {
		return s.ids
	}
	if cap(s.byRow) < s.cur.Len {
		s.byRow = make([]int32, s.cur.Len)
	}
	s.byRow = s.byRow[:s.cur.Len]
	for k, i := range s.cur.Sel {
		s.byRow[i] = s.ids[k]
	}
	return s.byRow
}

func (s *SortedAggregate) output(to int) (*vec.Batch, error) {
	for i := range s.win {
		s.win[i].Slice(s.keys.Cols[i], s.at, to)
		s.out.Cols[i] = &s.win[i]
	}
	for i, f := range s.feeders {
		v, err := f.result(s.at, to)
		if err != nil {
			return nil, err
		}
		s.out.Cols[len(s.win)+i] = v
	}
	s.out.Len, s.out.Sel = to-s.at, nil
	s.at = to
	return &s.out, nil
}

// Close implements exec.Operator.
func (s *SortedAggregate) Close() error {
	s.keys.Reset()
	for _, f := range s.feeders {
		f.close()
	}
	s.usage.Release()
	return s.input.Close()
}
