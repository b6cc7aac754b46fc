package window

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Window computes window calls.
type Window struct {
	ctx   *exec.Ctx
	input exec.Operator
	in    int // input columns
	progs []*expr.Prog
	defs  []*definition
	calls []*call

	// rows are input columns followed by the results of progs. The first done rows are complete partitions.
	rows  *vec.Batch
	done  int
	at    int // next row to be output
	ended bool
	usage exec.Usage
	held  held
	cols  []*vec.Vector
	out   vec.Batch
	win   []vec.Vector
	part  partition
}

// definition is a window definition: where its keys are in rows.
type definition struct {
	node       *logical.WindowDef
	part       []int
	order      []int
	partCmps   []exec.Comparer
	orderCmps  []exec.Comparer
	start, end exec.Scalar
	frame      frameOffsets
}

// call is a window call: where its arguments are in rows, and its results for the chunk.
type call struct {
	node   *expr.WindowCall
	def    *definition
	args   []int
	types  []types.T
	filter int // column of FILTER, -1 for none
	res    vec.Vector
	tmp    vec.Vector
}

// New is the operator of n.
func New(ctx *exec.Ctx, n *plan.Window, input exec.Operator) (*Window, error) {
	w := &Window{ctx: ctx, input: input}
	ts := append([]types.T(nil), n.Input.Types()...)
	w.in = len(ts)
	w.held.init(ctx, ts)
	column := func(e expr.Expr) (int, error) {
		p, err := expr.Compile(e)
		if err != nil {
			return 0, err
		}
		w.progs = append(w.progs, p)
		ts = append(ts, e.Type())
		return len(ts) - 1, nil
	}
	for i := range n.Defs {
		d, err := newDefinition(&n.Defs[i], column)
		if err != nil {
			return nil, err
		}
		w.defs = append(w.defs, d)
	}
	for _, c := range n.Calls {
		x := &call{node: c, def: w.defs[0], filter: -1}
		if len(w.defs) > 1 {
			x.def = w.defs[c.Window]
		}
		for _, a := range c.Args {
			at, err := column(a)
			if err != nil {
				return nil, err
			}
			x.args, x.types = append(x.args, at), append(x.types, a.Type())
		}
		if c.Filter != nil {
			var err error
			if x.filter, err = column(c.Filter); err != nil {
				return nil, err
			}
		}
		x.res.Kind, x.tmp.Kind = c.T.Kind(), c.T.Kind()
		w.calls = append(w.calls, x)
	}
	w.rows = vec.NewBatch(vec.Kinds(ts), 0)
	w.win = make([]vec.Vector, w.in+len(w.calls))
	w.out.Cols = make([]*vec.Vector, len(w.win))
	for i := range w.win {
		w.out.Cols[i] = &w.win[i]
	}
	return w, nil
}

func newDefinition(n *logical.WindowDef, column func(expr.Expr) (int, error)) (*definition, error) {
	d := &definition{node: n}
	for _, e := range n.Partition {
		at, err := column(e)
		if err != nil {
			return nil, err
		}
		d.part, d.partCmps = append(d.part, at), append(d.partCmps, exec.NewComparer(e.Type()))
	}
	for _, k := range n.Order {
		at, err := column(k.Expr)
		if err != nil {
			return nil, err
		}
		d.order, d.orderCmps = append(d.order, at), append(d.orderCmps, exec.NewComparer(k.Expr.Type()))
	}
	var err error
	if d.start, err = exec.NewScalar(n.Frame.Start.Offset); err != nil {
		return nil, err
	}
	d.end, err = exec.NewScalar(n.Frame.End.Offset)
	return d, err
}

// Open implements exec.Operator.
func (w *Window) Open(ctx context.Context) error {
	w.rows.Reset()
	w.held.reset()
	w.done, w.at, w.ended = 0, 0, false
	w.usage.Init(w.ctx)
	for _, d := range w.defs {
		if err := d.evalOffsets(w.ctx.Expr); err != nil {
			return err
		}
	}
	return w.input.Open(ctx)
}

// Next implements exec.Operator.
func (w *Window) Next(ctx context.Context) (*vec.Batch, error) {
	for w.at == w.done {
		if w.ended {
			return nil, nil
		}
		if err := w.fill(ctx); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	to := min(w.done, w.at+w.ctx.Rows())
	src, from := w.rows, w.at
	if w.held.on {
		var err error
		if src, from, err = w.held.next(w.ctx.Rows()); err != nil {
			return nil, err
		}
		to = min(to, w.at+src.Len-from)
		w.held.at += to - w.at
	}
	for i := range w.win {
		if i < w.in {
			w.win[i].Slice(src.Cols[i], from, from+to-w.at)
		} else {
			w.win[i].Slice(&w.calls[i-w.in].res, w.at, to)
		}
	}
	w.out.Len = to - w.at
	w.at = to
	return &w.out, nil
}

// fill reads until there are complete partitions, and computes all calls for them.
func (w *Window) fill(ctx context.Context) error {
	if err := w.drop(); err != nil {
		return err
	}
	for w.done == 0 {
		from := w.rows.Len
		b, err := w.input.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil || b.Rows() == 0 {
			w.ended, w.done = true, w.rows.Len
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.add(b); err != nil {
			return err
		}
		// Several definitions need not have the same partitions: then everything is one chunk.
		if len(w.defs) == 1 {
			w.done = w.lastBoundary(max(from, 1))
		}
	}
	for _, c := range w.calls {
		c.res.Resize(0)
	}
	for _, d := range w.defs {
		if err := w.compute(ctx, d); err != nil {
			return err
		}
	}
	n := w.usage.Bytes() + partitionRowBytes*int64(w.done)
	for _, c := range w.calls {
		n += exec.DataBytes(&vec.Batch{Cols: []*vec.Vector{&c.res}, Len: w.done})
	}
	return w.usage.Set(n)
}

// partitionRowBytes is what a partition takes for a row: its group of peers, and its frame.
const partitionRowBytes = 12

// drop forgets the rows that were output.
func (w *Window) drop() error {
	if w.done == 0 {
		return nil
	}
	rest := vec.NewBatch(w.kinds(), 0)
	if w.done < w.rows.Len {
		for i, v := range rest.Cols {
			if i >= w.in || !w.held.on {
				v.AppendRange(w.rows.Cols[i], w.done, w.rows.Len)
			}
		}
		rest.Len = w.rows.Len - w.done
	}
	if w.held.on {
		if err := w.held.rest(rest.Cols[:w.in], rest.Len); err != nil {
			return err
		}
	}
	w.rows, w.done, w.at = rest, 0, 0
	return w.usage.Set(exec.DataBytes(w.rows))
}

func (w *Window) kinds() []types.Kind {
	ks := make([]types.Kind, len(w.rows.Cols))
	for i, v := range w.rows.Cols {
		ks[i] = v.Kind
	}
	return ks
}

// add appends the rows of b with what progs make of them.
func (w *Window) add(b *vec.Batch) error {
	w.cols = append(w.cols[:0], b.Cols[:w.in]...)
	for _, p := range w.progs {
		v, err := p.EvalFull(w.ctx.Expr, b)
		if err != nil {
			return err
		}
		w.cols = append(w.cols, v)
	}
	x := vec.Batch{Cols: w.cols, Len: b.Len, Sel: b.Sel}
	n := exec.DataBytes(&x)
	if !w.held.on && w.usage.Bytes()+n > w.ctx.SortMem() {
		if err := w.spill(); err != nil {
			return err
		}
	}
	if !w.held.on {
		w.rows.AppendBatch(&x)
		return w.usage.Set(w.usage.Bytes() + n)
	}
	if err := w.held.buf.Add(&vec.Batch{Cols: w.cols[:w.in], Len: b.Len, Sel: b.Sel}); err != nil {
		return err
	}
	values, more := vec.Batch{Cols: w.rows.Cols[w.in:], Len: w.rows.Len}, vec.Batch{Cols: w.cols[w.in:], Len: b.Len, Sel: b.Sel}
	values.AppendBatch(&more)
	w.rows.Len = values.Len
	return w.usage.Set(w.usage.Bytes() + exec.DataBytes(&more))
}

// spill moves the input columns of rows to held.
func (w *Window) spill() error {
	w.held.on = true
	if err := w.held.buf.Add(&vec.Batch{Cols: w.rows.Cols[:w.in], Len: w.rows.Len}); err != nil {
		return err
	}
	for i, v := range w.rows.Cols[:w.in] {
		w.rows.Cols[i] = vec.New(v.Kind, 0)
	}
	return w.usage.Set(exec.DataBytes(&vec.Batch{Cols: w.rows.Cols[w.in:], Len: w.rows.Len}))
}

// lastBoundary is the first row of the last partition, if it is from or behind it, else 0.
func (w *Window) lastBoundary(from int) int {
	d := w.defs[0]
	for i := w.rows.Len - 1; i >= from; i-- {
		if !exec.RowsEqual(d.partCmps, d.part, w.rows, i, w.rows, i-1) {
			return i
		}
	}
	return 0
}

// compute computes the calls of one definition for the chunk, partition by partition.
func (w *Window) compute(ctx context.Context, d *definition) error {
	for lo := 0; lo < w.done; {
		hi := lo + 1
		for hi < w.done && exec.RowsEqual(d.partCmps, d.part, w.rows, hi, w.rows, hi-1) {
			hi++
		}
		p := &w.part
		p.w, p.d, p.ctx, p.lo, p.hi = w, d, ctx, lo, hi
		p.peers()
		if err := p.frames(); err != nil {
			return err
		}
		for _, c := range w.calls {
			if c.def != d {
				continue
			}
			if err := p.call(c); err != nil {
				return err
			}
		}
		lo = hi
	}
	return nil
}

// Close implements exec.Operator.
func (w *Window) Close() error {
	w.rows = vec.NewBatch(w.kinds(), 0)
	for _, c := range w.calls {
		c.res = vec.Vector{Kind: c.res.Kind}
	}
	w.done, w.at = 0, 0
	w.held.reset()
	w.usage.Release()
	return w.input.Close()
}
