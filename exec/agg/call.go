package agg

import (
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// call is an aggregate call of the plan with its programs.
type call struct {
	ctx    *exec.Ctx
	node   *expr.AggCall
	args   []*expr.Prog
	order  []*expr.Prog
	filter *expr.Prog
	types  []types.T // of the arguments

	// The rows of the present batch.
	in    input
	sel   []int32
	batch vec.Batch
}

// input is what a call wants aggregated of a batch.
type input struct {
	b     *vec.Batch
	args  []*vec.Vector
	order []*vec.Vector
	// sel are the rows; nil: all. same: they are the batch's own selection.
	sel  []int32
	same bool
	wide bool // a single row, of a batch too large to be evaluated at once
}

func newCall(ctx *exec.Ctx, n *expr.AggCall) (*call, error) {
	c := &call{ctx: ctx, node: n, sel: []int32{}}
	var err error
	if c.args, err = expr.CompileAll(n.Args); err != nil {
		return nil, err
	}
	for _, a := range n.Args {
		c.types = append(c.types, a.Type())
	}
	for _, k := range n.OrderBy {
		p, err := expr.Compile(k.Expr)
		if err != nil {
			return nil, err
		}
		c.order = append(c.order, p)
	}
	if n.Filter != nil {
		c.filter, err = expr.Compile(n.Filter)
	}
	if expr.VolatilityOf(n) != expr.Volatile {
		for _, p := range c.args {
			p.Whole()
		}
	}
	c.in.args = make([]*vec.Vector, len(c.args))
	c.in.order = make([]*vec.Vector, len(c.order))
	return c, err
}

func newCalls(ctx *exec.Ctx, ns []*expr.AggCall) ([]*call, error) {
	cs := make([]*call, len(ns))
	for i, n := range ns {
		c, err := newCall(ctx, n)
		if err != nil {
			return nil, err
		}
		cs[i] = c
	}
	return cs, nil
}

// each gives the arguments over b to add: all at once, or, if they would be too large together, row by row.
func (c *call) each(b *vec.Batch, add func(*input) error) error {
	in, err := c.eval(b)
	if err == nil && in != nil {
		return add(in)
	}
	if err != expr.ErrWide {
		return err
	}
	for k := range b.Rows() {
		if err := c.ctx.Expr.Interrupted(); err != nil {
			return err
		}
		one := vec.Batch{Cols: b.Cols, Len: b.Len, Sel: []int32{int32(b.Row(k))}}
		if in, err = c.eval(&one); err != nil {
			return err
		}
		if in == nil {
			continue
		}
		in.same, in.wide = false, true
		if err := add(in); err != nil {
			return err
		}
	}
	return nil
}

// eval computes the arguments over b; nil if no row is left.
func (c *call) eval(b *vec.Batch) (*input, error) {
	c.in.b, c.in.sel, c.in.same, c.in.wide = b, b.Sel, true, false
	if c.filter != nil {
		sel, err := c.filter.Filter(c.ctx.Expr, b, c.sel[:0])
		if err != nil {
			return nil, err
		}
		c.sel = sel
		if len(sel) == 0 {
			return nil, nil
		}
		if len(sel) < b.Rows() {
			c.in.sel, c.in.same = sel, false
			c.batch = vec.Batch{Cols: b.Cols, Len: b.Len, Sel: sel}
			b = &c.batch
		}
	}
	for i, p := range c.args {
		v, err := p.Eval(c.ctx.Expr, b)
		if err != nil {
			return nil, err
		}
		c.in.args[i] = v
	}
	for i, p := range c.order {
		v, err := p.EvalFull(c.ctx.Expr, b)
		if err != nil {
			return nil, err
		}
		c.in.order[i] = v
	}
	if c.node.Fn.Strict && !c.dropNulls(b) {
		return nil, nil
	}
	return &c.in, nil
}

// dropNulls narrows the selection to rows without a NULL argument; false if none is left. Direct arguments do not count.
func (c *call) dropNulls(b *vec.Batch) bool {
	args := c.in.args[c.node.Direct:]
	any := false
	for _, v := range args {
		if v.Const && v.Nulls.Has(0) {
			return false
		}
		any = any || !v.Const && v.Nulls.Any()
	}
	if !any {
		return true
	}
	rows := c.in.sel
	if rows == nil {
		c.sel = c.sel[:0]
		for i := range b.Len {
			if !exec.AnyNull(args, i) {
				c.sel = append(c.sel, int32(i))
			}
		}
	} else {
		out := c.sel[:0] // rows may be c.sel itself: the writes stay behind the reads
		for _, i := range rows {
			if !exec.AnyNull(args, int(i)) {
				out = append(out, i)
			}
		}
		c.sel = out
	}
	c.in.sel, c.in.same = c.sel, false
	return len(c.sel) > 0
}
