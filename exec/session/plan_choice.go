package session

import (
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
)

// planFor is the plan by which an execution of p runs; p's own plan, which is generic, holds. Statements without a name are met once
// by the client but share their generic plan with all that have the same text, which is worth more than their values.
func (s *Session) planFor(p *prepared, params []types.Datum) (*plan.Plan, error) {
	if p.name == "" && s.hot.planCacheMode != planner.CacheCustom || p.rowKeys != nil {
		return p.plan, nil
	}
	if len(params) == 0 || !p.choice.WantsCustom(s.hot.planCacheMode, p.plan) {
		p.choice.Generic++
		return p.plan, nil
	}
	o := s.planOptions(s.cat.Reader, p.text, p.plan.Params)
	o.Params = params
	pl, err := planner.Plan(p.stmt, o)
	if err == nil {
		p.choice.CountCustom(pl, s.hot.planner)
	}
	return pl, err
}
