package project

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// Project computes expressions.
type Project struct {
	ctx   *exec.Ctx
	input exec.Operator
	progs []*expr.Prog
	out   vec.Batch
}

// NewProject is the operator of n.
func NewProject(ctx *exec.Ctx, n *plan.Project, input exec.Operator) (*Project, error) {
	return newProject(ctx, n.Exprs, input)
}

func newProject(ctx *exec.Ctx, es []expr.Expr, input exec.Operator) (*Project, error) {
	progs, err := expr.CompileAll(es)
	return &Project{ctx: ctx, input: input, progs: progs, out: vec.Batch{Cols: make([]*vec.Vector, len(es))}}, err
}

// HintRows implements exec.RowHinter.
func (p *Project) HintRows(n int64) { exec.HintRows(p.input, n) }

// TakeKeyFilter implements exec.KeyFilterTaker.
func (p *Project) TakeKeyFilter(col int, f *exec.KeyFilter) bool {
	c, ok := p.progs[col].Expr().(*expr.Col)
	return ok && exec.OfferKeyFilter(p.input, c.Idx, f)
}

// Open implements exec.Operator.
func (p *Project) Open(ctx context.Context) error { return p.input.Open(ctx) }

// Next implements exec.Operator.
func (p *Project) Next(ctx context.Context) (*vec.Batch, error) {
	b, err := p.input.Next(ctx)
	if err != nil || b == nil || b.Rows() == 0 {
		return nil, err
	}
	for i, x := range p.progs {
		if p.out.Cols[i], err = x.EvalFull(p.ctx.Expr, b); err != nil {
			return nil, err
		}
	}
	p.out.Len, p.out.Sel = b.Len, b.Sel
	return &p.out, nil
}

// Close implements exec.Operator.
func (p *Project) Close() error { return p.input.Close() }
