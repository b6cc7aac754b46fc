package dml

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/vec"
)

// statement fires the triggers FOR EACH STATEMENT of a statement whose rows go through several operators: of the tables of a tree, or of the
// actions of MERGE. Those operators have row triggers only. A nil *statement has no triggers.
type statement struct {
	e   *events
	ops []*operation // in the order in which their BEFORE triggers fire; AFTER triggers fire in the opposite one
}

// newStatement prepares the triggers of the table that the statement names for some kinds of change, nil if there are none. set are the columns
// that UPDATE assigns to.
func newStatement(ctx *exec.Ctx, table *catalog.Table, effects *logical.Effects, set []int, kinds ...catalog.TriggerEvents) (*statement, error) {
	if effects == nil {
		return nil, nil
	}
	only := &logical.Effects{}
	for _, tr := range effects.Triggers {
		if !tr.Row {
			only.Triggers = append(only.Triggers, tr)
		}
	}
	s := &statement{e: &events{t: &target{ctx: ctx, desc: table}}}
	for _, kind := range kinds {
		o, err := newOperation(table, only, kind, set)
		if err != nil {
			return nil, err
		}
		if o != nil {
			s.ops = append(s.ops, o)
		}
	}
	if s.ops == nil {
		return nil, nil
	}
	return s, nil
}

// rowTriggers are the effects without what a statement takes care of.
func rowTriggers(effects *logical.Effects) *logical.Effects {
	if effects == nil {
		return nil
	}
	out := &logical.Effects{Generated: effects.Generated}
	for _, tr := range effects.Triggers {
		if tr.Row {
			out.Triggers = append(out.Triggers, tr)
		}
	}
	if out.Triggers == nil {
		return nil
	}
	return out
}

// opened begins an execution.
func (s *statement) opened() {
	if s != nil {
		s.e.started = false
	}
}

// begin fires the BEFORE triggers, once in an execution.
func (s *statement) begin(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.e.begin(ctx, s.ops...)
}

// end leaves the AFTER triggers to the session.
func (s *statement) end() error {
	if s == nil {
		return nil
	}
	for i := len(s.ops) - 1; i >= 0; i-- {
		if err := s.e.end(s.ops[i]); err != nil {
			return err
		}
	}
	return nil
}

// collect lets the rows that the operator of t changes into the transition tables.
func (s *statement) collect(t *target) {
	if s == nil {
		return
	}
	for _, o := range s.ops {
		if !o.wantsOld && !o.wantsNew {
			continue
		}
		if t.events == nil {
			t.events = &events{t: t}
		}
		own := t.events.operation(o.event)
		if *own == nil {
			*own = &operation{event: o.event}
		}
		whole := &whole{operation: o}
		for _, c := range s.e.t.desc.Columns {
			_, i, _ := t.desc.Column(c.Name)
			whole.columns = append(whole.columns, i)
		}
		(*own).whole = whole
	}
}

func (e *events) operation(event catalog.TriggerEvents) **operation {
	switch event {
	case catalog.OnInsert:
		return &e.insert
	case catalog.OnUpdate:
		return &e.update
	}
	return &e.delete
}

// whole is the operation of the statement that an operation on one table is a part of.
type whole struct {
	*operation
	columns []int // of the table, by column of the one that the statement names
}

// add puts rows into the transition tables; old or now is nil where there is no such row.
func (w *whole) add(old, now *vec.Batch) error {
	if w == nil {
		return nil
	}
	for _, x := range []struct {
		to   *exec.RowBuffer
		rows *vec.Batch
	}{{w.old, old}, {w.new, now}} {
		if x.to == nil || x.rows == nil {
			continue
		}
		b := &vec.Batch{Len: x.rows.Len, Sel: x.rows.Sel}
		for _, i := range w.columns {
			b.Cols = append(b.Cols, x.rows.Cols[i])
		}
		if err := x.to.Add(b); err != nil {
			return err
		}
	}
	return nil
}
