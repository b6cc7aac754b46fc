package agg

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// HashAggregate aggregates by hashing, and without groups.
type HashAggregate struct {
	ctx   *exec.Ctx
	node  *plan.Aggregate
	input exec.Operator
	calls []*call
	gs    []*grouping
	sets  [][]int // group columns (indexes into node.Groups) of each grouping

	filled bool
	g      int // grouping being output
	at     int // next group
	ready  bool
	out    vec.Batch
	groups []vec.Vector
	mask   vec.Vector
}

// NewHashAggregate is the operator of n.
func NewHashAggregate(ctx *exec.Ctx, n *plan.Aggregate, input exec.Operator) (*HashAggregate, error) {
	h := &HashAggregate{ctx: ctx, node: n, input: input, sets: n.Sets}
	var err error
	if h.calls, err = newCalls(ctx, n.Aggs); err != nil {
		return nil, err
	}
	if n.Sets == nil {
		all := make([]int, len(n.Groups))
		for i := range all {
			all[i] = i
		}
		h.sets = [][]int{all}
	}
	in := n.Input.Types()
	for _, set := range h.sets {
		cols := make([]int, len(set))
		for i, s := range set {
			cols[i] = n.Groups[s]
		}
		h.gs = append(h.gs, newGrouping(ctx, in, cols, h.calls))
	}
	h.groups = make([]vec.Vector, len(n.Groups))
	for i, c := range n.Groups {
		h.groups[i].Kind = in[c].Kind()
	}
	h.mask.Kind = types.KindInt
	h.out.Cols = make([]*vec.Vector, len(n.Types()))
	return h, nil
}

// Open implements exec.Operator.
func (h *HashAggregate) Open(ctx context.Context) error {
	h.filled, h.ready, h.g, h.at = false, false, 0, 0
	for _, g := range h.gs {
		g.open()
	}
	return h.input.Open(ctx)
}

// Next implements exec.Operator.
func (h *HashAggregate) Next(ctx context.Context) (*vec.Batch, error) {
	if !h.filled {
		if err := h.consume(ctx, h.input.Next, h.gs); err != nil {
			return nil, err
		}
		h.filled = true
	}
	for h.g < len(h.gs) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		g := h.gs[h.g]
		if !h.ready {
			if err := g.finish(ctx); err != nil {
				return nil, err
			}
			h.ready, h.at = true, 0
		}
		if n := g.groups(); h.at < n {
			to := min(n, h.at+h.ctx.Rows())
			return h.output(g, to)
		}
		if err := h.nextPartition(ctx, g); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// nextPartition aggregates the next partition of g, or goes on to the next grouping.
func (h *HashAggregate) nextPartition(ctx context.Context, g *grouping) error {
	h.ready = false
	h.stats(g)
	more, err := g.parts.Next()
	if err != nil {
		return err
	}
	if !more {
		g.close()
		h.g++
		return nil
	}
	g.reset()
	return h.consume(ctx, g.parts.Read, []*grouping{g})
}

func (h *HashAggregate) stats(g *grouping) {
	if st := h.ctx.Node(h.node.ID); st != nil {
		st.MemoryBytes = max(st.MemoryBytes, g.usage.Peak())
		st.DiskBytes = max(st.DiskBytes, g.parts.DiskBytes())
		st.Batches++
	}
}

// consume aggregates all rows that next yields.
func (h *HashAggregate) consume(ctx context.Context, next func(context.Context) (*vec.Batch, error), gs []*grouping) error {
	for {
		b, err := next(ctx)
		if err != nil {
			return err
		}
		if b == nil || b.Rows() == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, g := range gs {
			if err := g.assign(b); err != nil {
				return err
			}
		}
		for i, c := range h.calls {
			err := c.each(b, func(in *input) error {
				for _, g := range gs {
					if err := g.feeders[i].add(in, g.ids, g.rowGroups, g.missing); err != nil {
						return err
					}
					if !in.wide {
						continue
					}
					if err := g.account(); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		for _, g := range gs {
			if err := g.account(); err != nil {
				return err
			}
		}
	}
}

// output is the groups from at to to of g.
func (h *HashAggregate) output(g *grouping, to int) (*vec.Batch, error) {
	n := to - h.at
	groups := len(h.node.Groups)
	keys := g.table.Keys()
	for i := range h.groups {
		setNull(&h.groups[i], n)
		h.out.Cols[i] = &h.groups[i]
	}
	for k, i := range h.sets[h.g] {
		h.groups[i].Slice(keys.Cols[k], h.at, to)
	}
	for i, f := range g.feeders {
		v, err := f.result(h.at, to)
		if err != nil {
			return nil, err
		}
		h.out.Cols[groups+i] = v
	}
	if h.node.Sets != nil && len(h.out.Cols) > groups+len(g.feeders) {
		h.mask.SetConst(types.NewInt(h.maskOf(h.sets[h.g])), n)
		h.out.Cols[len(h.out.Cols)-1] = &h.mask
	}
	h.out.Len, h.out.Sel = n, nil
	h.at = to
	return &h.out, nil
}

// maskOf has bit i set if the set lacks group column i.
func (h *HashAggregate) maskOf(set []int) int64 {
	m := int64(1)<<len(h.node.Groups) - 1
	for _, i := range set {
		m &^= 1 << i
	}
	return m
}

func setNull(v *vec.Vector, n int) {
	*v = vec.Vector{Kind: v.Kind} // a window on keys is not ours to write
	v.Clear(n)
	v.Nulls.SetAll(n)
}

// Close implements exec.Operator.
func (h *HashAggregate) Close() error {
	for _, g := range h.gs {
		g.close()
	}
	return h.input.Close()
}
