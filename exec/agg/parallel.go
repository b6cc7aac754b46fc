package agg

import (
	"context"
	"errors"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Mergeable reports whether partial results of n's aggregates, computed over parts of the input, can be put together to the
// same result: the order of the rows must not show, as it does in sums of floating-point numbers.
func Mergeable(n *plan.Aggregate) bool {
	if n.Sorted || n.Sets != nil {
		return false
	}
	for _, a := range n.Aggs {
		if a.Distinct || len(a.OrderBy) > 0 || !isUnordered(a.Fn) {
			return false
		}
		for _, x := range a.Args {
			if x.Type().Kind() == types.KindFloat && a.Fn.Name != "count" && a.Fn.Name != "min" && a.Fn.Name != "max" {
				return false
			}
		}
	}
	return true
}

// errOverflow: a worker's groups need more memory than it may take.
var errOverflow = errors.New("agg: the groups of a worker do not fit in memory")

// ParallelAggregate runs several HashAggregates of one plan node, each on its own goroutine and over its part of the input, and puts
// their groups together. The first worker is the operator proper: it runs alone if the others cannot help (a hash join below went to
// disk, there are too many groups).
type ParallelAggregate struct {
	*HashAggregate
	others []*Worker
	prep   Preparation
}

// Worker is an aggregate with a context of its own.
type Worker struct {
	Agg *HashAggregate
	Ctx *exec.Ctx
}

// Preparation is what the aggregate asks of who built the workers' inputs.
type Preparation interface {
	// Prepare does, after Open of the first worker, what the workers share, and reports whether they can run side by side.
	Prepare(ctx context.Context) (bool, error)
	// Restart lets the first worker have all of the input.
	Restart()
}

// NewParallelAggregate joins workers to one operator.
func NewParallelAggregate(first *HashAggregate, others []*Worker, p Preparation) *ParallelAggregate {
	return &ParallelAggregate{HashAggregate: first, others: others, prep: p}
}

// Open implements exec.Operator.
func (p *ParallelAggregate) Open(ctx context.Context) error {
	p.prep.Restart()
	return p.HashAggregate.Open(ctx)
}

// Next implements exec.Operator.
func (p *ParallelAggregate) Next(ctx context.Context) (*vec.Batch, error) {
	if !p.filled {
		ok, err := p.prep.Prepare(ctx)
		if err != nil {
			return nil, err
		}
		if ok {
			if err := p.fill(ctx); err != nil {
				return nil, err
			}
		}
	}
	return p.HashAggregate.Next(ctx)
}

// fill runs all workers to the end of the input.
func (p *ParallelAggregate) fill(ctx context.Context) error {
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan error, len(p.others))
	for _, w := range p.others {
		w.Ctx.Share(p.ctx)
		go func() {
			err := exec.Guarded(func() error { return w.Agg.work(run) })
			if err != nil {
				cancel()
			}
			results <- err
		}()
	}
	p.bounded(true)
	first := exec.Guarded(func() error { return p.consume(run, p.input.Next, p.gs) }) // the others are waited for in any case
	if first != nil {
		cancel()
	}
	for range p.others {
		if err := <-results; first == nil || err != nil && errors.Is(first, context.Canceled) {
			first = err
		}
	}
	p.bounded(false)
	if err := ctx.Err(); err != nil {
		first = err
	}
	for _, w := range p.others {
		if first == nil {
			first = p.merge(w.Agg)
		}
		w.Agg.Close()
	}
	if errors.Is(first, errOverflow) { // nothing was output yet: again, alone
		p.prep.Restart()
		return p.HashAggregate.Open(ctx)
	}
	p.filled = first == nil
	return first
}

// work is what a worker does.
func (h *HashAggregate) work(ctx context.Context) error {
	h.bounded(true)
	if err := h.Open(ctx); err != nil {
		return err
	}
	return h.consume(ctx, h.input.Next, h.gs)
}

// bounded makes groups that do not fit in memory an error.
func (h *HashAggregate) bounded(on bool) {
	for _, g := range h.gs {
		g.bounded = on
	}
}

// merge adds the groups of o.
func (p *ParallelAggregate) merge(o *HashAggregate) error {
	for k, g := range p.gs {
		from := o.gs[k]
		n := from.groups()
		ids := make([]int32, n)
		if len(g.cols) > 0 {
			ids = g.table.Assign(from.table.Keys().Cols, nil, n, ids[:0])
		}
		for i, f := range g.feeders {
			f.state.Grow(g.groups())
			for src, dst := range ids {
				if err := f.state.Merge(int(dst), from.feeders[i].state, src); err != nil {
					return err
				}
			}
		}
		if err := g.account(); err != nil {
			return err
		}
	}
	return nil
}
