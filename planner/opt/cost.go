package opt

import (
	"math"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Costs are the units of the cost model, PostgreSQL's.
type Costs struct {
	SeqPage, RandomPage               float64
	CPUTuple, CPUIndexTuple, CPUOper  float64
	EffectiveCachePages, WorkMemBytes float64
}

// DefaultCosts are PostgreSQL's defaults.
func DefaultCosts() Costs {
	return Costs{SeqPage: 1, RandomPage: 4, CPUTuple: 0.01, CPUIndexTuple: 0.005, CPUOper: 0.0025,
		EffectiveCachePages: 524288, WorkMemBytes: 4 << 20}
}

// disabledCost makes a path that a setting forbids the last choice, as PostgreSQL does.
const disabledCost = 1e10

const (
	pageBytes      = 8192
	pageHeader     = 24
	tupleHeader    = 24
	itemPointer    = 4
	hashEntryBytes = 16
	sortOverhead   = 16
)

func clampRows(r float64) float64 {
	if r <= 1 || math.IsNaN(r) {
		return 1
	}
	return math.Round(min(r, 1e100))
}

// pages is how many pages of PostgreSQL's heap rows of that width fill.
func pages(rows float64, width int) float64 {
	return math.Ceil(rows * float64(width+tupleHeader) / pageBytes)
}

// qualCost is the cost of evaluating expressions for one row.
func (c *Costs) qualCost(es []expr.Expr) float64 {
	ops := 0.0
	for _, e := range es {
		ops += operators(e)
	}
	return ops * c.CPUOper
}

// operators counts the function calls in e.
func operators(e expr.Expr) float64 {
	n := 0.0
	expr.Walk(e, func(e expr.Expr) bool {
		switch x := e.(type) {
		case *expr.Call, *expr.CoerceIO, *expr.Distinct, *expr.NullIf, *expr.RowCompare, *expr.MinMax:
			n++
		case *expr.ScalarArray:
			n += 0.5 * estimate.ArrayLength(x.Right)
		case *expr.Subquery:
			n += subqueryOperators(x)
		}
		return true
	})
	return n
}

// subqueryOperators is what a subquery costs for one row, in function calls: an uncorrelated one runs once, before, and x IN
// (SELECT …) asks its hash table.
func subqueryOperators(s *expr.Subquery) float64 {
	switch {
	case s.Kind == expr.SubqueryAll || !freeCols(s.Query.(logical.Node)).empty():
		return 100
	case s.Kind == expr.SubqueryAny:
		return 1
	}
	return 0
}

// sortCost is the cost of sorting rows; limit > 0 bounds how many are kept.
func (c *Costs) sortCost(rows float64, width int, limit float64) float64 {
	rows = max(rows, 2)
	bytes := rows * float64(width+tupleHeader+8)
	out := rows
	if limit > 0 && limit < rows {
		out = limit
	}
	compare := 2 * c.CPUOper
	switch {
	case out < rows && out*float64(width+tupleHeader+8) < c.WorkMemBytes && rows > 2*out:
		return compare * rows * math.Log2(2*out)
	case bytes > c.WorkMemBytes:
		npages := math.Ceil(bytes / pageBytes)
		runs := bytes / c.WorkMemBytes
		passes := max(1, math.Ceil(math.Log(runs)/math.Log(6)))
		return compare*rows*math.Log2(rows) + 2*npages*passes*(c.SeqPage*0.75+c.RandomPage*0.25)
	}
	return compare * rows * math.Log2(rows)
}

func widthOf(cols []logical.Column) int {
	w := 0
	for i := range cols {
		w += estimate.TypeWidth(cols[i].T)
	}
	return w
}

func outTypes(cols []logical.Column) []types.T {
	out := make([]types.T, len(cols))
	for i := range cols {
		out[i] = cols[i].T
	}
	return out
}
