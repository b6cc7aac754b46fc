package dml

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/vec"
)

// Update is the operator of plan.Update.
type Update struct {
	t    *target
	src  source
	up   updater
	view vec.Batch
}

// NewUpdate makes the operator; counts: its rows are in the command tag; input is nil for an update by primary key.
func NewUpdate(ctx *exec.Ctx, n *plan.Update, input exec.Operator, counts bool) (*Update, error) {
	t, err := newTarget(ctx, n.Table, n.Checks, n.IndexExprs, n.Returning, n.Effects, n.SetCols)
	if err != nil {
		return nil, err
	}
	t.counts = counts
	u := &Update{t: t}
	u.src.verb = "updated"
	u.src.needRow = true
	u.src.split = t.events != nil && t.events.update.rowByRow()
	if err := u.src.init(t, input, n.Key, n.Recheck); err != nil {
		return nil, err
	}
	if err := u.up.init(t, n.SetCols, n.Sets); err != nil {
		return nil, err
	}
	if u.up.bounds, err = newBounds(n.Bounds); err != nil {
		return nil, err
	}
	u.src.mode = kv.NoKeyExclusive
	u.up.src = &u.src
	return u, nil
}

// Open implements exec.Operator.
func (u *Update) Open(ctx context.Context) error {
	u.t.opened()
	return u.src.open(ctx)
}

// Close implements exec.Operator.
func (u *Update) Close() error { return u.src.close() }

// Next implements exec.Operator: without RETURNING it updates everything and returns nothing.
func (u *Update) Next(ctx context.Context) (*vec.Batch, error) {
	e := u.t.events
	if e != nil {
		if err := e.begin(ctx, e.update); err != nil {
			return nil, err
		}
	}
	for {
		more, err := u.src.next(ctx)
		if err != nil {
			return nil, err
		}
		if !more {
			if e != nil {
				return nil, e.end(e.update)
			}
			return nil, nil
		}
		if len(u.src.sel) == 0 {
			continue
		}
		now, err := u.up.run(ctx, u.src.batch.Cols, u.src.rows(), u.src.kept)
		if err != nil {
			return nil, err
		}
		u.t.count(pgstat.Update, now.Rows())
		if u.t.out != nil && now.Rows() > 0 {
			extra := u.src.batch.Cols[1+len(u.t.desc.Columns):]
			u.view.Cols = append(append(u.view.Cols[:0], now.Cols...), extra...)
			if u.up.mover != nil { // the first extra column is the table of the row
				at := len(now.Cols)
				u.view.Cols[at] = u.up.mover.tableOIDs(u.view.Cols[at], now.Len)
			}
			u.view.Len, u.view.Sel = now.Len, now.Sel
			return u.t.project(&u.view)
		}
	}
}
