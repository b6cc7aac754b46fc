package dml

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Instead is the operator of a plan.Insert whose work INSTEAD OF triggers of a view do. Its input are new rows of the view, for UPDATE
// followed by the old ones; for DELETE old rows. What RETURNING needs of other relations comes last.
type Instead struct {
	t     *target
	input exec.Operator
	op    *operation
	event catalog.TriggerEvents
	done  *vec.Batch // rows as the triggers returned them, then the other columns
}

// NewInstead makes the operator. counts: its rows are in the command tag.
func NewInstead(ctx *exec.Ctx, n *plan.Insert, input exec.Operator, counts bool) (*Instead, error) {
	t := &target{ctx: ctx, desc: n.Table, counts: counts}
	var err error
	if t.events, err = newEvents(t, n.Effects, nil); err != nil {
		return nil, err
	}
	if t.returning, err = expr.CompileAll(n.Returning); err != nil {
		return nil, err
	}
	if len(n.Returning) > 0 {
		kinds := make([]types.Kind, len(n.Returning))
		for i, e := range n.Returning {
			kinds[i] = e.Type().Kind()
		}
		t.out = vec.NewBatch(kinds, 0)
	}
	in := &Instead{t: t, input: input, event: n.Instead, done: vec.NewBatch(vec.Kinds(n.Input.Types()), 0)}
	in.op = map[catalog.TriggerEvents]*operation{catalog.OnInsert: t.events.insert, catalog.OnUpdate: t.events.update,
		catalog.OnDelete: t.events.delete}[n.Instead]
	return in, nil
}

// Open implements exec.Operator.
func (in *Instead) Open(ctx context.Context) error {
	in.t.opened()
	return in.input.Open(ctx)
}

// Close implements exec.Operator.
func (in *Instead) Close() error { return in.input.Close() }

// Next implements exec.Operator: without RETURNING it does everything and returns nothing.
func (in *Instead) Next(ctx context.Context) (*vec.Batch, error) {
	if err := in.t.events.begin(ctx, in.op); err != nil {
		return nil, err
	}
	for {
		b, err := in.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Len == 0 {
			return nil, in.t.events.end(in.op)
		}
		if err := in.batch(ctx, b); err != nil {
			return nil, err
		}
		if in.t.counts {
			in.t.ctx.Affected += int64(in.done.Rows())
		}
		if in.t.out != nil && in.done.Len > 0 {
			return in.t.project(in.done)
		}
	}
}

// batch calls the triggers for the rows of b and keeps those that they did not refuse.
func (in *Instead) batch(ctx context.Context, b *vec.Batch) error {
	width := len(in.t.desc.Columns)
	in.done.Reset()
	for i := range b.Rows() {
		row := b.Datums(nil, b.Row(i))
		var old, now []types.Datum
		switch in.event {
		case catalog.OnInsert:
			now = row[:width]
		case catalog.OnUpdate:
			now, old = row[:width], row[width:2*width]
		default:
			old = row[:width]
		}
		got, err := in.t.events.beforeRow(ctx, in.op, old, now)
		if err != nil {
			return err
		}
		if got == nil {
			continue
		}
		if in.event == catalog.OnDelete {
			got = old
		}
		in.done.AppendRow(append(append(make([]types.Datum, 0, len(row)), got...), row[width:]...))
	}
	return nil
}
