package session

import (
	"context"

	"github.com/lightsql/lightsql/sql/vec"
)

// steps is the execution of a plan that rules made of a statement (plan.Plan.Steps): its queries one after the other, each of which sees
// what those before have done.
type steps struct {
	next    int
	current *runner
	// others gets the rows of queries that are not the result; nil: nobody does.
	others Sink
}

// pullSteps gives the rows of the query that is the result, and runs the others to their end before and after.
func (r *runner) pullSteps(ctx context.Context) (*vec.Batch, error) {
	st := &r.steps
	for {
		if st.current == nil {
			if st.next == len(r.plan.Steps) {
				return nil, nil
			}
			if err := r.startStep(ctx); err != nil {
				return nil, err
			}
			continue
		}
		step := &r.plan.Steps[st.next-1]
		b, err := st.current.pull(ctx)
		switch {
		case err != nil:
			return nil, err
		case b == nil:
			if step.Tag {
				r.ctx.Affected = st.current.ctx.Affected
			}
			if err := st.finish(); err != nil {
				return nil, err
			}
		case step.Tag:
			return b, nil
		case st.others != nil && step.Plan.Kind == "SELECT":
			if err := st.others.Batch(b); err != nil {
				return nil, err
			}
		}
	}
}

// startStep begins the next query.
func (r *runner) startStep(ctx context.Context) error {
	st := &r.steps
	step := &r.plan.Steps[st.next]
	st.next++
	if step.Notify != nil {
		_, err := r.s.notifyStmt(step.Notify)
		return err
	}
	if st.next > 1 {
		if err := r.s.refreshSnapshot(ctx); err != nil {
			return err
		}
	}
	next := &runner{plan: step.Plan}
	r.s.bindRunner(next, ctx, r.expr.Params)
	next.more = r.more
	if err := r.s.buildRunner(ctx, next); err != nil {
		return err
	}
	st.current = next
	if st.others != nil && step.Plan.Kind == "SELECT" && !step.Tag {
		return st.others.Columns(resultColumns(step.Plan))
	}
	return nil
}

// finish ends the query that is running.
func (s *steps) finish() error {
	r := s.current
	s.current = nil
	if r == nil {
		return nil
	}
	return r.finish()
}
