package join

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// NestLoop joins every left row with the right side's rows: with parameters the right side runs again for every left row, without it
// is kept (NewNestLoop's right is then rescanned for free).
type NestLoop struct {
	ctx         *exec.Ctx
	node        *plan.NestLoop
	left, right exec.Operator
	args        []*expr.Prog
	m           *matcher

	cur   *vec.Batch // left rows
	k     int        // next left row of cur, among those that count
	argv  []*vec.Vector
	one   vec.Batch // the left row being joined
	oneAt [1]int32
	met   bool // it met a right row
	loop  bool // its right rows are being read
	skip  bool // Semi, Anti: it is decided

	// Without parameters: the right rows of one batch, if that is all there is.
	flat  *vec.Batch
	next  []int32
	first []int32
	whole bool
	built bool
}

// NewNestLoop is the operator of n. Without parameters right must be cheap to rescan.
func NewNestLoop(ctx *exec.Ctx, n *plan.NestLoop, left, right exec.Operator) (*NestLoop, error) {
	j := &NestLoop{ctx: ctx, node: n, left: left, right: right}
	var err error
	if j.args, err = expr.CompileAll(n.Args); err != nil {
		return nil, err
	}
	if j.m, err = newMatcher(ctx, n.Kind, n.Left.Types(), n.Right.Types(), n.On); err != nil {
		return nil, err
	}
	j.flat = vec.NewBatch(vec.Kinds(n.Right.Types()), 0)
	return j, nil
}

// Open implements exec.Operator. The right side is opened when the first left row needs it.
func (j *NestLoop) Open(ctx context.Context) error {
	j.cur, j.loop, j.built, j.whole = nil, false, false, false
	j.m.done = true
	return j.left.Open(ctx)
}

// Next implements exec.Operator.
func (j *NestLoop) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		b, err := j.m.batch()
		if err != nil || b != nil {
			return b, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if j.loop {
			if b, err = j.nextRight(ctx); err != nil || b != nil {
				return b, err
			}
			continue
		}
		if j.cur == nil || j.k >= j.cur.Rows() {
			if j.cur, err = j.left.Next(ctx); err != nil || j.cur == nil || j.cur.Rows() == 0 {
				j.cur = nil
				return nil, err
			}
			j.k = 0
			if err := j.startBatch(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if err := j.startRow(ctx); err != nil {
			return nil, err
		}
	}
}

// startBatch evaluates the parameters of a batch of left rows, or joins the whole batch at once.
func (j *NestLoop) startBatch(ctx context.Context) error {
	if len(j.args) > 0 || len(j.node.Slots) > 0 {
		var err error
		j.argv, err = evalKeys(j.ctx, j.args, j.cur, j.argv)
		return err
	}
	if !j.built {
		if err := j.build(ctx); err != nil {
			return err
		}
		j.built = true
	}
	if !j.whole {
		return nil
	}
	n := j.cur.Rows()
	j.k = n
	head := int32(0)
	if j.flat.Len == 0 {
		head = -1
	}
	j.first = j.first[:0]
	for range n {
		j.first = append(j.first, head)
	}
	j.m.window(j.cur, j.first, j.flat, j.next)
	return nil
}

// wholeRowsMax is how many right rows are joined with a whole batch of left rows at once.
const wholeRowsMax = 4096

// build copies the right side if it is small.
func (j *NestLoop) build(ctx context.Context) error {
	j.flat.Reset()
	j.next = j.next[:0]
	if err := j.right.Open(ctx); err != nil {
		return err
	}
	for j.flat.Len <= wholeRowsMax {
		b, err := j.right.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil || b.Rows() == 0 {
			j.whole = true
			for i := range j.flat.Len {
				j.next = append(j.next, int32(i)+1)
			}
			if j.flat.Len > 0 {
				j.next[j.flat.Len-1] = -1
			}
			return nil
		}
		j.flat.AppendBatch(b)
	}
	j.flat.Reset()
	return nil
}

// startRow begins the loop over the right side for the next left row.
func (j *NestLoop) startRow(ctx context.Context) error {
	i := j.cur.Row(j.k)
	for a, v := range j.argv {
		j.ctx.SetExec(j.node.Slots[a], v.Datum(i))
	}
	j.k++
	j.oneAt[0] = int32(i)
	j.one = vec.Batch{Cols: j.cur.Cols, Len: j.cur.Len, Sel: j.oneAt[:]}
	j.met, j.skip, j.loop = false, false, true
	return j.right.Open(ctx)
}

// nextRight joins the left row with the next batch of the right side; at the end of that it may output the row itself.
func (j *NestLoop) nextRight(ctx context.Context) (*vec.Batch, error) {
	var b *vec.Batch
	var err error
	if !j.skip {
		if b, err = j.right.Next(ctx); err != nil {
			return nil, err
		}
	}
	if b == nil || b.Rows() == 0 {
		j.loop = false
		return j.endRow(), nil
	}
	return j.pairs(b)
}

// pairs joins the left row with the rows of b.
func (j *NestLoop) pairs(b *vec.Batch) (*vec.Batch, error) {
	m := j.m
	out := m.out
	out.Reset()
	n := b.Rows()
	for c, v := range out.Cols {
		if c < m.lefts {
			m.lsel = m.lsel[:0]
			for range n {
				m.lsel = append(m.lsel, j.oneAt[0])
			}
			v.AppendSel(j.one.Cols[c], m.lsel)
			continue
		}
		src := b.Cols[c-m.lefts]
		if b.Sel != nil {
			v.AppendSel(src, b.Sel)
		} else {
			v.AppendRange(src, 0, b.Len)
		}
	}
	out.Len = n
	res := out
	if m.on != nil {
		sel, err := m.on.Filter(j.ctx.Expr, out, m.sel[:0])
		m.sel = sel
		if err != nil || len(sel) == 0 {
			return nil, err
		}
		m.thin = vec.Batch{Cols: out.Cols, Len: n, Sel: sel}
		res = &m.thin
	}
	j.met = true
	if leftOnly(m.kind) {
		j.skip = true
		return nil, nil
	}
	return res, nil
}

// endRow is the left row itself where the kind of join wants it.
func (j *NestLoop) endRow() *vec.Batch {
	switch j.node.Kind {
	case logical.SemiJoin:
		if j.met {
			return &j.one
		}
	case logical.AntiJoin, logical.NullAntiJoin:
		if !j.met {
			return &j.one
		}
	case logical.LeftJoin:
		if !j.met {
			out := j.m.out
			out.Reset()
			for c, v := range out.Cols {
				if c < j.m.lefts {
					v.AppendRow(j.one.Cols[c], int(j.oneAt[0]))
				} else {
					setNull(v, 1)
				}
			}
			out.Len = 1
			return out
		}
	}
	return nil
}

// Close implements exec.Operator.
func (j *NestLoop) Close() error {
	j.cur, j.loop = nil, false
	j.flat.Reset()
	err := j.left.Close()
	if err2 := j.right.Close(); err == nil {
		err = err2
	}
	return err
}
