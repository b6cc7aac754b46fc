package scan

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// output is the batch that a scan fills, and its filter.
type output struct {
	ctx    *exec.Ctx
	id     int
	batch  *vec.Batch
	res    vec.Batch
	filter *expr.Prog
	failed error // of a row after those that were given
	sel    []int32
	size   int   // rows to read next
	hint   int64 // rows wanted in all, 0 unknown

	scans     *pgstat.Scans // nil: not counted
	execution uint64        // for which scans is good
	// filtered: some rows that are read may be left out.
	filtered bool
}

const (
	firstRows = 128 // rows of the first batch
	growRows  = 4   // each batch is that many times larger
)

func newOutput(ctx *exec.Ctx, id int, ts []types.T, filter expr.Expr) (output, error) {
	o := output{ctx: ctx, id: id, filtered: filter != nil, batch: vec.NewBatch(vec.Kinds(ts), 0)}
	if filter != nil {
		p, err := expr.Compile(filter)
		if err != nil {
			return o, err
		}
		o.filter = p
	}
	return o, nil
}

// HintRows implements exec.RowHinter.
func (o *output) HintRows(n int64) { o.hint = n }

// start begins a scan.
func (o *output) start() {
	o.failed = nil
	o.size = min(firstRows, o.ctx.Rows())
	if o.hint > 0 && !o.filtered {
		o.size = int(min(int64(o.ctx.Rows()), o.hint))
	}
}

// ready is the error of a row after those that were given, or that of the statement's end: what each batch begins with.
func (o *output) ready(ctx context.Context) error {
	if o.failed != nil {
		return o.failed
	}
	return ctx.Err()
}

// countScan counts a scan of a relation.
func (o *output) countScan(relation types.OID) {
	if o.ctx.Scans == nil {
		o.scans = nil
		return
	}
	if o.scans == nil || o.execution != o.ctx.Execution {
		o.scans, o.execution = o.ctx.Scans(relation), o.ctx.Execution
	}
	o.scans.Scans++
}

// rows is how many rows to read now.
func (o *output) rows() int {
	n := o.size
	o.size = min(o.size*growRows, o.ctx.Rows())
	return n
}

// finish applies the filter to n rows in b; nil if none pass.
func (o *output) finish(b *vec.Batch) (*vec.Batch, error) {
	if o.filter == nil {
		if b.Rows() == 0 {
			return nil, nil
		}
		return b, nil
	}
	before := b.Rows()
	sel, err := exec.FilterBefore(o.ctx.Expr, o.filter, b, o.sel[:0])
	if o.failed = err; err != nil && len(sel) == 0 {
		return nil, err
	}
	o.sel = sel
	if st := o.ctx.Node(o.id); st != nil {
		st.Removed += int64(before - len(sel))
	}
	if len(sel) == 0 {
		return nil, nil
	}
	if len(sel) == b.Len {
		return b, nil
	}
	o.res = vec.Batch{Cols: b.Cols, Len: b.Len, Sel: sel}
	return &o.res, nil
}
