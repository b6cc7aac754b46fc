package project

import (
	"context"
	"slices"

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

	// rest is a batch whose results would be too large together, from row at on: each row becomes a batch.
	rest *vec.Batch
	at   int
	one  vec.Batch
	sel  [1]int32

	again  bool  // the expressions may be evaluated again
	failed error // of a row after those that were given
}

// NewProject is the operator of n.
func NewProject(ctx *exec.Ctx, n *plan.Project, input exec.Operator) (*Project, error) {
	return newProject(ctx, n.Exprs, input)
}

func newProject(ctx *exec.Ctx, es []expr.Expr, input exec.Operator) (*Project, error) {
	progs, err := expr.CompileAll(es)
	if err != nil {
		return nil, err
	}
	again := !slices.ContainsFunc(es, func(e expr.Expr) bool { return expr.VolatilityOf(e) == expr.Volatile })
	if again {
		for _, p := range progs {
			p.Whole()
		}
	}
	return &Project{ctx: ctx, input: input, progs: progs, again: again, out: vec.Batch{Cols: make([]*vec.Vector, len(es))}}, err
}

// HintRows implements exec.RowHinter.
func (p *Project) HintRows(n int64) { exec.HintRows(p.input, n) }

// TakeKeyFilter implements exec.KeyFilterTaker.
func (p *Project) TakeKeyFilter(col int, f *exec.KeyFilter) bool {
	c, ok := p.progs[col].Expr().(*expr.Col)
	return ok && exec.OfferKeyFilter(p.input, c.Idx, f)
}

// Open implements exec.Operator.
func (p *Project) Open(ctx context.Context) error {
	p.rest, p.failed = nil, nil
	return p.input.Open(ctx)
}

// Next implements exec.Operator.
func (p *Project) Next(ctx context.Context) (*vec.Batch, error) {
	if p.failed != nil {
		return nil, p.failed
	}
	if p.rest != nil {
		return p.next(ctx)
	}
	b, err := p.input.Next(ctx)
	if err != nil || b == nil || b.Rows() == 0 {
		return nil, err
	}
	if err := p.project(b); err == expr.ErrWide {
		p.rest, p.at = b, 0
		return p.next(ctx)
	} else if err != nil {
		return p.before(ctx, b, err)
	}
	return &p.out, nil
}

// before gives the rows of b before the one that fails: whoever wants no more of them does not see the error.
func (p *Project) before(ctx context.Context, b *vec.Batch, err error) (*vec.Batch, error) {
	if !p.again || b.Rows() < 2 || ctx.Err() != nil {
		return nil, err
	}
	ok := make([]int32, 0, b.Rows())
	for k := range b.Rows() {
		p.sel[0] = int32(b.Row(k))
		p.one = vec.Batch{Cols: b.Cols, Len: b.Len, Sel: p.sel[:]}
		if p.failed = p.project(&p.one); p.failed != nil {
			break
		}
		ok = append(ok, p.sel[0])
	}
	if len(ok) == 0 || p.failed == nil {
		return nil, err
	}
	p.one = vec.Batch{Cols: b.Cols, Len: b.Len, Sel: ok}
	return &p.out, p.project(&p.one)
}

func (p *Project) project(b *vec.Batch) (err error) {
	for i, x := range p.progs {
		if p.out.Cols[i], err = x.EvalFull(p.ctx.Expr, b); err != nil {
			return err
		}
	}
	p.out.Len, p.out.Sel = b.Len, b.Sel
	return nil
}

// next projects the next row of p.rest.
func (p *Project) next(ctx context.Context) (*vec.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.sel[0] = int32(p.rest.Row(p.at))
	p.one = vec.Batch{Cols: p.rest.Cols, Len: p.rest.Len, Sel: p.sel[:]}
	if p.at++; p.at == p.rest.Rows() {
		p.rest = nil
	}
	return &p.out, p.project(&p.one)
}

// Close implements exec.Operator.
func (p *Project) Close() error { return p.input.Close() }
