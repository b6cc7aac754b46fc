package session

import (
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
)

// planChoice decides for a prepared statement between its generic plan, made without the parameters' values, and custom plans, made
// for the values of one execution, as PostgreSQL's plancache.c does: the first executions get custom plans, then the generic one
// is used unless the custom ones, planning included, were cheaper on average.
type planChoice struct {
	generic, custom int64 // executions with each
	customCost      float64
}

// customFirst is how many executions get custom plans before the costs are compared.
const customFirst = 5

// planCacheMode is plan_cache_mode.
type planCacheMode uint8

const (
	planAuto planCacheMode = iota
	planGeneric
	planCustom
)

func planCacheModeOf(text string) planCacheMode {
	switch text {
	case "force_generic_plan":
		return planGeneric
	case "force_custom_plan":
		return planCustom
	}
	return planAuto
}

// wantsCustom decides for one execution; generic is the cost of the generic plan.
func (c *planChoice) wantsCustom(mode planCacheMode, generic float64) bool {
	switch {
	case mode != planAuto:
		return mode == planCustom
	case c.custom < customFirst:
		return true
	}
	return generic >= c.customCost/float64(c.custom)
}

// planFor is the plan by which an execution of p runs; p's own plan, which is generic, holds. Statements without a name are met once
// by the client but share their generic plan with all that have the same text, which is worth more than their values.
func (s *Session) planFor(p *prepared, params []types.Datum) (*plan.Plan, error) {
	if p.name == "" && s.hot.planCacheMode != planCustom || p.rowKeys != nil {
		return p.plan, nil
	}
	c := &p.choice
	if len(params) == 0 || !c.wantsCustom(s.hot.planCacheMode, p.plan.Root.Base().TotalCost) {
		c.generic++
		return p.plan, nil
	}
	o := s.planOptions(s.cat.Reader, p.text, p.plan.Params)
	o.Params = params
	pl, err := planner.Plan(p.stmt, o)
	if err != nil {
		return nil, err
	}
	// What planning cost, by PostgreSQL's guess: it grows with the number of relations.
	perOperator := s.hot.planner.OperatorCost()
	c.customCost += pl.Root.Base().TotalCost + 1000*perOperator*float64(len(pl.Refs)+1)
	c.custom++
	return pl, nil
}
