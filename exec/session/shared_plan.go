package session

import (
	"context"
	"errors"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/planner/plan"
)

// sharedPlans is the short way of the simple protocol: statements that differ only in integer literals share a plan, and in a
// session the operators made of it.
type sharedPlans struct {
	literals planner.Parameterized
	runs     map[*plan.Plan]*prepared
}

// sharedRunsMax bounds the plans whose operators a session keeps for the simple protocol.
const sharedRunsMax = 32

// of is the prepared statement of a plan.
func (p *sharedPlans) of(pl *plan.Plan, gen uint64) (*prepared, error) {
	if q := p.runs[pl]; q != nil {
		return q, nil
	}
	if p.runs == nil || len(p.runs) >= sharedRunsMax {
		p.runs = make(map[*plan.Plan]*prepared, sharedRunsMax)
	}
	q := &prepared{}
	if err := q.setPlan(pl, gen); err != nil {
		return nil, err
	}
	p.runs[pl] = q
	return q, nil
}

// simpleShared runs a query string that is one statement of that kind; ok is false if it must go the long way, and then nothing has
// happened.
func (s *Session) simpleShared(ctx context.Context, sql string, sink Sink) (ok bool, err error) {
	if s.tx.failed || !s.shared.literals.Scan(sql) {
		return false, nil
	}
	var p *prepared
	for {
		if err := s.beginStatement(ctx); err != nil {
			return true, err
		}
		pl := s.srv.plans.Parameterized(&s.shared.literals, s.planOptions(s.cat.Reader, sql, nil))
		if pl == nil {
			return false, nil
		}
		if p, err = s.shared.of(pl, s.hot.planGen); err != nil {
			return true, err
		}
		if err = s.lockTables(ctx, pl); err == nil {
			break
		}
		if !errors.Is(err, catalog.ErrTableChanged) {
			return true, err
		}
	}
	r, err := s.start(ctx, p, s.shared.literals.Args)
	if err != nil {
		return true, err
	}
	t, err := s.send(ctx, r, p, sink)
	if err != nil {
		return true, err
	}
	s.executed(p, sql, time.Since(s.stmtNow), t)
	if !s.tx.block {
		if err := s.commit(ctx); err != nil {
			return true, err
		}
	}
	return true, sink.Complete(t)
}
