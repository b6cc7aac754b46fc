package build

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/setop"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Tree is a plan's operators, ready to run any number of times, one after the other. It belongs to one session.
type Tree struct {
	plan  *plan.Plan
	ctx   *exec.Ctx
	root  exec.Operator
	subs  []*subPlan
	withs []*setop.With
	open  bool
	ended bool
	now   context.Context // of the present call of Open or Next, for subqueries
}

// New builds the operators of p, which run on ctx. What ctx points to may be exchanged between executions, but Stats must be nil always
// or never.
func New(p *plan.Plan, ctx *exec.Ctx) (*Tree, error) {
	ctx.Concurrent = p.ReadOnly && ctx.Usage == nil
	t := &Tree{plan: p, ctx: ctx}
	b := newBuilder(t)
	for i := range p.SubPlans {
		t.subs = append(t.subs, &subPlan{tree: t, plan: &p.SubPlans[i]})
	}
	var err error
	if t.root, err = b.node(p.Root); err != nil {
		return nil, err
	}
	for i := range t.subs {
		if err := b.subPlan(i); err != nil {
			return nil, err
		}
	}
	if b.rowByRow() {
		ctx.BatchRows = 1
	}
	return t, nil
}

// rowByRow reports whether the statement must finish each row before it looks at the next: it changes or locks rows, and calls VOLATILE functions
// of users, which see what it did so far.
func (b *builder) rowByRow() bool {
	p := b.tree.plan
	if p.ReadOnly || len(p.Calls) == 0 || !b.changes(p.Root) && !slices.ContainsFunc(p.SubPlans, func(s plan.SubPlan) bool { return b.changes(s.Root) }) {
		return false
	}
	return b.volatile(p.Root) || slices.ContainsFunc(p.SubPlans, func(s plan.SubPlan) bool { return b.volatile(s.Root) })
}

// changes reports whether a plan changes or locks rows that it finds.
func (b *builder) changes(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.LockRows, *plan.Update, *plan.Delete, *plan.Merge:
		return true
	case *plan.Insert:
		if _, plain := n.Input.(*plan.Values); !plain {
			return true
		}
	}
	return slices.ContainsFunc(inputs(n), b.changes)
}

// Open begins an execution.
func (t *Tree) Open(ctx context.Context) error {
	e := t.ctx.Expr
	if cap(e.Exec) < t.plan.Slots {
		e.Exec = make([]types.Datum, t.plan.Slots)
	}
	e.Exec = e.Exec[:t.plan.Slots]
	clear(e.Exec)
	if e.Context == nil {
		e.Context = ctx
	}
	e.RunSubPlan, e.SubPlanTest = nil, nil
	if len(t.subs) > 0 {
		e.RunSubPlan = t.runSubPlan
		for _, s := range t.subs {
			s.params.Forget()
		}
	}
	t.open, t.ended, t.now = true, false, ctx
	err := t.root.Open(ctx)
	t.ctx.Settle()
	return err
}

// Next returns the next rows of the result, empty at the end.
func (t *Tree) Next(ctx context.Context) (*vec.Batch, error) {
	if t.ended {
		return nil, nil
	}
	t.now = ctx
	b, err := t.root.Next(ctx)
	t.ctx.Settle()
	if err != nil || b != nil && b.Rows() > 0 {
		return b, err
	}
	t.ended = true
	for _, w := range t.withs {
		if err := w.Finish(ctx); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// Close ends an execution. The operators keep what memory they want for the next.
func (t *Tree) Close() error {
	if !t.open {
		return nil
	}
	t.open = false
	err := t.root.Close()
	for _, s := range t.subs {
		if err2 := s.close(); err == nil {
			err = err2
		}
	}
	return err
}

// Types are the types of the result's columns.
func (t *Tree) Types() []types.T { return t.plan.Root.Types() }
