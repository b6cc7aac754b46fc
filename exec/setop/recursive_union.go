package setop

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/scan"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/vec"
)

// RecursiveUnion is a recursive CTE's query.
type RecursiveUnion struct {
	ctx              *exec.Ctx
	node             *plan.RecursiveUnion
	start, recursive exec.Operator
	table            *scan.WorkTable
	found            *exec.RowBuffer // rows of this round: the work table of the next
	seen             *exec.KeyTable  // Distinct: all rows so far
	usage            exec.Usage
	begun            bool // the start is exhausted
	ended            bool
	ids              []int32
	sel              []int32
	out              vec.Batch
}

// NewRecursiveUnion is the operator of n; table is what recursive reads.
func NewRecursiveUnion(ctx *exec.Ctx, n *plan.RecursiveUnion, start, recursive exec.Operator, table *scan.WorkTable) *RecursiveUnion {
	r := &RecursiveUnion{ctx: ctx, node: n, start: start, recursive: recursive, table: table}
	r.found = exec.NewRowBuffer(ctx, n.Types())
	if n.Distinct {
		r.seen = exec.NewKeyTable(n.Types())
	}
	return r
}

// Open implements exec.Operator.
func (r *RecursiveUnion) Open(ctx context.Context) error {
	r.begun, r.ended = false, false
	r.usage.Init(r.ctx)
	r.found.Reset()
	r.table.Rows.Reset()
	if r.seen != nil {
		r.seen.Reset()
	}
	return r.start.Open(ctx)
}

// Next implements exec.Operator.
func (r *RecursiveUnion) Next(ctx context.Context) (*vec.Batch, error) {
	for !r.ended {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		in := r.recursive
		if !r.begun {
			in = r.start
		}
		b, err := in.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Rows() == 0 {
			if err := r.nextRound(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if b, err = r.fresh(b); err != nil {
			return nil, err
		}
		if b == nil {
			continue
		}
		return b, r.found.Add(b)
	}
	return nil, nil
}

// nextRound makes the rows found the work table and starts the recursive part again, if there are any.
func (r *RecursiveUnion) nextRound(ctx context.Context) error {
	r.begun = true
	if r.found.Rows() == 0 {
		r.ended = true
		return nil
	}
	r.table.Rows, r.found = r.found, r.table.Rows
	r.found.Reset()
	return r.recursive.Open(ctx)
}

// fresh drops rows met before; nil if none is left.
func (r *RecursiveUnion) fresh(b *vec.Batch) (*vec.Batch, error) {
	if r.seen == nil {
		return b, nil
	}
	known := int32(r.seen.Len())
	r.ids = r.seen.Assign(b.Cols, b.Sel, b.Len, r.ids[:0])
	r.sel = r.sel[:0]
	for k, id := range r.ids {
		if id == known {
			known++
			r.sel = append(r.sel, int32(b.Row(k)))
		}
	}
	if err := r.usage.Set(r.seen.Bytes()); err != nil || len(r.sel) == 0 {
		return nil, err
	}
	r.out = vec.Batch{Cols: b.Cols, Len: b.Len, Sel: r.sel}
	return &r.out, nil
}

// Close implements exec.Operator.
func (r *RecursiveUnion) Close() error {
	r.found.Close()
	r.table.Rows.Close()
	if r.seen != nil {
		r.seen.Reset()
	}
	r.usage.Release()
	return closeAll([]exec.Operator{r.start, r.recursive})
}
