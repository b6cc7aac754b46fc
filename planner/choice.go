package planner

import "github.com/lightsql/lightsql/planner/plan"

// Choice decides for a prepared statement between its generic plan, made without the parameters' values, and custom plans, made
// for the values of one execution, as PostgreSQL's plancache.c does: the first executions get custom plans, then the generic one
// is used unless the custom ones, planning included, were cheaper on average.
type Choice struct {
	Generic, Custom int64 // executions with each
	customCost      float64
}

// CustomFirst is how many executions get custom plans before the costs are compared.
const CustomFirst = 5

// CacheMode is plan_cache_mode.
type CacheMode uint8

// Cache modes.
const (
	CacheAuto CacheMode = iota
	CacheGeneric
	CacheCustom
)

// CacheModeOf reads plan_cache_mode.
func CacheModeOf(text string) CacheMode {
	switch text {
	case "force_generic_plan":
		return CacheGeneric
	case "force_custom_plan":
		return CacheCustom
	}
	return CacheAuto
}

// WantsCustom decides for one execution.
func (c *Choice) WantsCustom(mode CacheMode, generic *plan.Plan) bool {
	switch {
	case mode != CacheAuto:
		return mode == CacheCustom
	case c.Custom < CustomFirst:
		return true
	}
	return generic.TotalCost() >= c.customCost/float64(c.Custom)
}

// CountCustom counts an execution with a custom plan. What planning cost is PostgreSQL's guess: it grows with the number of relations.
func (c *Choice) CountCustom(p *plan.Plan, s Settings) {
	perOperator := s.costs.CPUOper
	c.customCost += p.TotalCost() + 1000*perOperator*float64(len(p.Refs)+1)
	c.Custom++
}
