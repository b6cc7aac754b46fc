package project

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// Filter keeps the rows for which a condition is true.
type Filter struct {
	ctx   *exec.Ctx
	node  *plan.Filter
	input exec.Operator
	cond  *expr.Prog
	sel   []int32
	out   vec.Batch
	state oneTime

	failed error // of a row after those that were given
}

// oneTime is the state of a condition without columns.
type oneTime uint8

const (
	untested oneTime = iota
	passed
	failed
)

// NewFilter is the operator of n.
func NewFilter(ctx *exec.Ctx, n *plan.Filter, input exec.Operator) (*Filter, error) {
	p, err := expr.Compile(n.Cond)
	return &Filter{ctx: ctx, node: n, input: input, cond: p}, err
}

// HintRows implements exec.RowHinter.
func (f *Filter) HintRows(n int64) {
	if f.node.OneTime {
		exec.HintRows(f.input, n)
	}
}

// TakeKeyFilter implements exec.KeyFilterTaker.
func (f *Filter) TakeKeyFilter(col int, k *exec.KeyFilter) bool {
	return exec.OfferKeyFilter(f.input, col, k)
}

// Open implements exec.Operator. A condition without columns is tested before the input is opened.
func (f *Filter) Open(ctx context.Context) error {
	f.state, f.failed = untested, nil
	if !f.node.OneTime {
		return f.input.Open(ctx)
	}
	return nil
}

// Next implements exec.Operator.
func (f *Filter) Next(ctx context.Context) (*vec.Batch, error) {
	if f.node.OneTime {
		return f.oneTime(ctx)
	}
	for {
		if f.failed != nil {
			return nil, f.failed
		}
		b, err := f.input.Next(ctx)
		if err != nil || b == nil || b.Rows() == 0 {
			return nil, err
		}
		sel, err := exec.FilterBefore(f.ctx.Expr, f.cond, b, f.sel[:0])
		if f.failed = err; err != nil && len(sel) == 0 {
			return nil, err
		}
		f.sel = sel
		if st := f.ctx.Node(f.node.ID); st != nil {
			st.Removed += int64(b.Rows() - len(sel))
		}
		if len(sel) == 0 {
			continue
		}
		f.out = vec.Batch{Cols: b.Cols, Len: b.Len, Sel: sel}
		return &f.out, nil
	}
}

func (f *Filter) oneTime(ctx context.Context) (*vec.Batch, error) {
	if f.state == untested {
		d, err := f.cond.Value(f.ctx.Expr)
		if err != nil {
			return nil, err
		}
		f.state = failed
		if !d.IsNull() && d.Bool() {
			if err := f.input.Open(ctx); err != nil {
				return nil, err
			}
			f.state = passed
		}
	}
	if f.state == failed {
		return nil, nil
	}
	return f.input.Next(ctx)
}

// Close implements exec.Operator.
func (f *Filter) Close() error { return f.input.Close() }
