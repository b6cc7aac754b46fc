package gather

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Worker is one copy of the chain with a context of its own.
type Worker struct {
	Op   exec.Operator
	Ctx  *exec.Ctx
	Part Part
}

// Part gives a worker's scan the next part of the table, to be read from the next Open on, and tells its number.
type Part interface {
	Next() (number int, ok bool)
}

// Preparation is what a Gather asks of who built the chains.
type Preparation interface {
	// Prepare does, after Open of the chain for one, what the copies share, and reports whether they can run side by side.
	Prepare(ctx context.Context) (bool, error)
	// Restart gives out all parts again.
	Restart()
}

// Gather yields the rows of the workers. If they cannot run side by side it is the one chain with the statement's own context.
type Gather struct {
	ctx     *exec.Ctx
	kinds   []types.Kind
	alone   exec.Operator
	workers []*Worker
	prep    Preparation

	begun   bool
	single  bool // alone does it
	stopped bool // before the end
	run     *run
	last    *vec.Batch // given out
	usage   exec.Usage
}

// New is a Gather of rows of types ts.
func New(ctx *exec.Ctx, ts []types.T, alone exec.Operator, workers []*Worker, p Preparation) *Gather {
	g := &Gather{ctx: ctx, kinds: vec.Kinds(ts), alone: alone, workers: workers, prep: p}
	ctx.OnSettle(g.stop)
	return g
}

// TakeKeyFilter implements exec.KeyFilterTaker: all copies take it, or none uses it.
func (g *Gather) TakeKeyFilter(col int, f *exec.KeyFilter) bool {
	took := exec.OfferKeyFilter(g.alone, col, f)
	for _, w := range g.workers {
		took = exec.OfferKeyFilter(w.Op, col, f) || took
	}
	return took
}

// Open implements exec.Operator.
func (g *Gather) Open(ctx context.Context) error {
	g.stop()
	g.begun, g.single, g.stopped = false, false, false
	g.usage.Init(g.ctx)
	g.prep.Restart()
	return g.alone.Open(ctx)
}

// Next implements exec.Operator.
func (g *Gather) Next(ctx context.Context) (*vec.Batch, error) {
	if !g.begun {
		together, err := g.prep.Prepare(ctx)
		if err != nil {
			return nil, err
		}
		g.begun, g.single = true, !together
		if together {
			g.run = start(ctx, g)
		}
	}
	if g.single {
		return g.alone.Next(ctx)
	}
	if g.stopped {
		return nil, pgerr.New(pgerr.InternalError, "the workers of a query were ended before their rows were read")
	}
	if g.run == nil {
		return nil, nil
	}
	g.run.recycle(g.last)
	g.last = nil
	b, err := g.run.next(ctx, g)
	if err != nil || b == nil {
		g.end()
		return nil, err
	}
	g.last = b
	return b, nil
}

// stop ends workers that are still at work.
func (g *Gather) stop() {
	if g.run != nil {
		g.stopped = true
		g.end()
	}
}

// end waits for the workers.
func (g *Gather) end() {
	if g.run != nil {
		g.run.end()
		g.run, g.last = nil, nil
		g.usage.Release()
	}
}

// Close implements exec.Operator.
func (g *Gather) Close() error {
	g.stop()
	return g.alone.Close()
}
