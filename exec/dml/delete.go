package dml

import (
	"context"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/vec"
)

// Delete is the operator of plan.Delete.
type Delete struct {
	t       *target
	src     source
	entries rowenc.Buffer
	view    vec.Batch
}

// NewDelete makes the operator; counts: its rows are in the command tag; input is nil for a deletion by primary key.
func NewDelete(ctx *exec.Ctx, n *plan.Delete, input exec.Operator, counts bool) (*Delete, error) {
	t, err := newTarget(ctx, n.Table, nil, n.IndexExprs, n.Returning, n.Effects, nil)
	if err != nil {
		return nil, err
	}
	t.counts = counts
	d := &Delete{t: t}
	d.src.verb = "deleted"
	d.src.needRow = len(n.Table.Indexes) > 0 || len(n.Returning) > 0 || t.events != nil
	d.src.split = t.events != nil && t.events.delete.rowByRow()
	return d, d.src.init(t, input, n.Key, n.Recheck)
}

// Open implements exec.Operator.
func (d *Delete) Open(ctx context.Context) error {
	d.t.opened()
	return d.src.open(ctx)
}

// Close implements exec.Operator.
func (d *Delete) Close() error { return d.src.close() }

// Next implements exec.Operator: without RETURNING it deletes everything and returns nothing.
func (d *Delete) Next(ctx context.Context) (*vec.Batch, error) {
	e := d.t.events
	if e != nil {
		if err := e.begin(ctx, e.delete); err != nil {
			return nil, err
		}
	}
	for {
		more, err := d.src.next(ctx)
		if err != nil {
			return nil, err
		}
		if !more {
			if e != nil {
				return nil, e.end(e.delete)
			}
			return nil, nil
		}
		if e != nil && e.delete.rowByRow() {
			if err := d.before(ctx); err != nil {
				return nil, err
			}
		}
		if len(d.src.sel) == 0 {
			continue
		}
		if err := d.t.remove(ctx, d.src.rows(), d.src.kept, &d.entries); err != nil {
			return nil, err
		}
		if e != nil {
			n := len(d.t.desc.Columns)
			if err := e.deleted(&vec.Batch{Cols: d.src.batch.Cols[1 : n+1], Len: d.src.batch.Len, Sel: d.src.sel}); err != nil {
				return nil, err
			}
		}
		d.t.count(pgstat.Delete, len(d.src.sel))
		if d.t.out != nil {
			d.view = vec.Batch{Cols: d.src.batch.Cols[1:], Len: d.src.batch.Len, Sel: d.src.sel}
			return d.t.project(&d.view)
		}
	}
}

// before calls the BEFORE triggers and keeps the rows that they want to go.
func (d *Delete) before(ctx context.Context) error {
	n := 0
	for i, row := range d.src.sel {
		got, err := d.t.events.beforeRow(ctx, d.t.events.delete, datums(d.src.batch.Cols[1:1+len(d.t.desc.Columns)], int(row)), nil)
		if err != nil {
			return err
		}
		if got != nil {
			if err := d.src.modified(ctx, d.src.kept[i]); err != nil {
				return err
			}
			d.src.sel[n], d.src.kept[n] = row, d.src.kept[i]
			n++
		}
	}
	d.src.sel, d.src.kept = d.src.sel[:n], d.src.kept[:n]
	return nil
}

// remove deletes rows with those keys, and their index entries. The unique keys are locked: whoever wants one waits for the outcome. entries is
// memory.
func (t *target) remove(ctx context.Context, rows *rowenc.Rows, keys [][]byte, entries *rowenc.Buffer) error {
	tx := t.ctx.Txn
	if len(t.layout.Indexes) > 0 {
		rows, err := t.indexExprs.Extend(t.ctx.Expr, rows)
		if err != nil {
			return err
		}
		entries.Reset()
		unique := 0 // the unique indexes come first
		for _, wanted := range []bool{true, false} {
			for _, x := range t.layout.Indexes {
				if x.Desc.Unique == wanted {
					x.AppendEntryKeys(entries, rows, keys)
				}
			}
			if wanted {
				unique = len(entries.B)
			}
		}
		if unique > 0 {
			if err := tx.Lock(ctx, entries.B[:unique], t.keyLock(), nil); err != nil {
				return err
			}
		}
		for _, k := range entries.B {
			if err := tx.Delete(k); err != nil {
				return err
			}
		}
	}
	for _, k := range keys {
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
