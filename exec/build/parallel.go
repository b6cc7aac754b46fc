package build

import (
	"context"
	"runtime"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/agg"
	"github.com/lightsql/lightsql/exec/gather"
	"github.com/lightsql/lightsql/exec/join"
	"github.com/lightsql/lightsql/exec/project"
	"github.com/lightsql/lightsql/exec/scan"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
)

const (
	workersMax = 8
	// splitsMin is how many cuts a table must have for several workers to share its scan.
	splitsMin = 4
)

// pipeline is the chain of operators from an aggregate or a Gather down to the scan that it reads, in as many copies as there are workers. The
// copies share the parts of the scanned table, and the build sides of hash joins, which the first copy owns.
type pipeline struct {
	b       *builder
	morsels *scan.Morsels
	joins   map[*plan.HashJoin]*join.HashJoin // of the first copy
	order   []*join.HashJoin
}

// Prepare implements agg.Preparation and gather.Preparation.
func (p *pipeline) Prepare(ctx context.Context) (bool, error) {
	all := true
	for _, j := range p.order {
		shared, err := j.Build(ctx)
		if err != nil {
			return false, err
		}
		all = all && shared
	}
	return all, nil
}

// Restart implements both too.
func (p *pipeline) Restart() { p.morsels.Reset(p.b.ctx) }

// parallel is an aggregate over a large table by several workers; nil if n is no such thing.
func (b *builder) parallel(n *plan.Aggregate) (exec.Operator, error) {
	workers := min(runtime.GOMAXPROCS(0), workersMax)
	if workers < 2 || !agg.Mergeable(n) || !b.plain(n) {
		return nil, nil
	}
	p, err := b.pipeline(n.Input)
	if p == nil || err != nil {
		return nil, err
	}
	first, err := p.aggregate(b.ctx, n)
	if err != nil {
		return nil, err
	}
	var others []*agg.Worker
	for range workers - 1 {
		ctx := &exec.Ctx{}
		w, err := p.aggregate(ctx, n)
		if err != nil {
			return nil, err
		}
		others = append(others, &agg.Worker{Agg: w, Ctx: ctx})
	}
	return agg.NewParallelAggregate(first, others, p), nil
}

// pipeline is the chain that begins with n; nil if workers cannot share it or have too little to do.
func (b *builder) pipeline(n plan.Node) (*pipeline, error) {
	if !b.ctx.Concurrent || b.ctx.Stats != nil {
		return nil, nil
	}
	leaf := b.leaf(n)
	if leaf == nil || len(leaf.Splits) < splitsMin {
		return nil, nil
	}
	p := &pipeline{b: b, joins: map[*plan.HashJoin]*join.HashJoin{}}
	var err error
	p.morsels, err = scan.NewMorsels(leaf)
	return p, err
}

// all makes the operator of n for who reads all of its rows at once: by several workers, if there is more to do than to scan.
func (b *builder) all(n plan.Node) (exec.Operator, error) {
	workers := min(runtime.GOMAXPROCS(0), workersMax)
	if s, ok := n.(*plan.SeqScan); workers < 2 || ok && s.Filter == nil {
		return b.node(n)
	}
	p, err := b.pipeline(n)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return b.node(n)
	}
	alone, err := p.node(b.ctx, n, p.morsels)
	if err != nil {
		return nil, err
	}
	var copies []*gather.Worker
	for range workers {
		ctx := &exec.Ctx{}
		part := scan.NewPart(p.morsels)
		o, err := p.node(ctx, n, part)
		if err != nil {
			return nil, err
		}
		copies = append(copies, &gather.Worker{Op: o, Ctx: ctx, Part: part})
	}
	return gather.New(b.ctx, n.Types(), alone, copies, p), nil
}

// leaf is the scan at the lower end of a chain that workers can share, nil if there is none.
func (b *builder) leaf(n plan.Node) *plan.SeqScan {
	if !b.plain(n) {
		return nil
	}
	switch n := n.(type) {
	case *plan.SeqScan:
		return n
	case *plan.Filter:
		if n.OneTime {
			return nil
		}
		return b.leaf(n.Input)
	case *plan.Project:
		return b.leaf(n.Input)
	case *plan.LookupJoin:
		return b.leaf(n.Left)
	case *plan.HashJoin:
		if join.Shareable(n.Kind) {
			return b.leaf(n.Left)
		}
	}
	return nil
}

// plain reports that the expressions of a node may be evaluated on any goroutine: they depend on rows and constants alone.
func (b *builder) plain(n plan.Node) bool {
	ok := true
	exprs(n, func(e expr.Expr) {
		expr.Walk(e, func(e expr.Expr) bool {
			switch e := e.(type) {
			case *expr.ExecParam, *expr.SubPlan, *expr.Subquery, *expr.CoerceIO:
				ok = false
			case *expr.Call:
				ok = ok && e.Fn.Volatility == expr.Immutable
			}
			return ok
		})
	})
	return ok
}

// aggregate makes one copy: the first one with the statement's own context.
func (p *pipeline) aggregate(ctx *exec.Ctx, n *plan.Aggregate) (*agg.HashAggregate, error) {
	in, err := p.node(ctx, n.Input, p.morsels)
	if err != nil {
		return nil, err
	}
	return agg.NewHashAggregate(ctx, n, in)
}

func (p *pipeline) node(ctx *exec.Ctx, n plan.Node, src scan.Source) (exec.Operator, error) {
	if s, ok := n.(*plan.SeqScan); ok {
		return op(scan.NewSharedSeqScan(ctx, s, src))
	}
	in, err := p.node(ctx, inputs(n)[0], src)
	if err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *plan.Filter:
		return op(project.NewFilter(ctx, n, in))
	case *plan.Project:
		return op(project.NewProject(ctx, n, in))
	case *plan.LookupJoin:
		return op(join.NewLookupJoin(ctx, n, in))
	}
	return p.hashJoin(ctx, n.(*plan.HashJoin), in)
}

func (p *pipeline) hashJoin(ctx *exec.Ctx, n *plan.HashJoin, left exec.Operator) (exec.Operator, error) {
	if owner := p.joins[n]; owner != nil {
		return op(join.NewHashProbe(ctx, n, left, owner))
	}
	right, err := p.b.all(n.Right)
	if err != nil {
		return nil, err
	}
	j, err := join.NewHashJoin(ctx, n, left, right, p.b.params(n.Right))
	if err != nil {
		return nil, err
	}
	p.joins[n] = j
	p.order = append(p.order, j)
	return j, nil
}
