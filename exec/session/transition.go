package session

import (
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// transitions are the transition tables that the running trigger function sees, each with its rows.
type transitions struct {
	tables []bind.Transition
	rows   []*exec.RowBuffer
}

// transitionsOf are the transition tables of a call.
func transitionsOf(c *exec.TriggerCall) transitions {
	var t transitions
	add := func(name string, rows *exec.RowBuffer) {
		if rows != nil {
			t.tables = append(t.tables, bind.Transition{Name: name, Columns: c.Columns})
			t.rows = append(t.rows, rows)
		}
	}
	add(c.Trigger.OldTable, c.OldTable)
	add(c.Trigger.NewTable, c.NewTable)
	return t
}

// showTransitions lets statements see t until the result is called. A function sees only those of its own call.
func (s *Session) showTransitions(t transitions) (restore func()) {
	outer := s.body.transitions
	s.body.transitions = t
	return func() { s.body.transitions = outer }
}

// TransitionRows implements bind.TransitionSource.
func (e *env) TransitionRows(name string) (expr.RowSource, error) {
	t := &e.body.transitions
	for i := range t.tables {
		if t.tables[i].Name == name {
			return &transitionRows{r: t.rows[i].Reader()}, nil
		}
	}
	return nil, pgerr.New(pgerr.UndefinedTable, "relation \"%s\" does not exist", name)
}

// transitionRows are the rows of a transition table.
type transitionRows struct {
	r   *exec.RowReader
	b   *vec.Batch
	at  int
	row []types.Datum
}

// Next implements expr.RowSource.
func (t *transitionRows) Next() ([]types.Datum, bool, error) {
	if t.b == nil || t.at >= t.b.Rows() {
		var err error
		if t.b, err = t.r.Next(256); err != nil || t.b == nil || t.b.Rows() == 0 {
			t.b = nil
			return nil, false, err
		}
		t.at = 0
	}
	t.row = t.b.Datums(t.row[:0], t.b.Row(t.at))
	t.at++
	return t.row, true, nil
}
