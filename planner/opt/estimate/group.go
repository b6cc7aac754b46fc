package estimate

import (
	"math"
	"slices"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Distinct is the number of distinct values of a column; known is false for a guess.
func (e *Estimator) Distinct(id expr.ColID) (n float64, known bool) {
	c := e.columns.get(id)
	if c == nil {
		return DefaultDistinct, false
	}
	v := variable{rows: c.Rows, stats: c.Stats, unique: c.unique}
	return v.distinct()
}

// Groups is the number of distinct combinations of columns among rows (PostgreSQL's estimate_num_groups).
func (e *Estimator) Groups(cols []logical.Column, rows float64) float64 {
	if len(cols) == 0 {
		return 1
	}
	var g grouping
	n := 1.0
	for _, c := range cols {
		x := e.exprs.get(c.ID)
		if x == nil {
			x = &expr.Var{ID: c.ID, T: c.T}
		}
		if c.T.OID == types.BoolOID {
			n *= 2
			continue
		}
		if !e.gather(&g, x) {
			return clampRows(rows)
		}
	}
	for _, r := range g.rels {
		n *= e.groupsOf(r)
	}
	for range g.unknown {
		n *= DefaultDistinct
	}
	return clampRows(min(math.Ceil(n), rows))
}

// grouping are the variables of a GROUP BY, by the scan that they are from.
type grouping struct {
	rels    []*groupedRel
	unknown []expr.ColID // columns of which nothing is known
}

type groupedRel struct {
	column *Column // one of the scan
	vars   []expr.Expr
}

func (g *grouping) add(c *Column, x expr.Expr) {
	for _, r := range g.rels {
		if r.column.Scan == c.Scan {
			if !slices.ContainsFunc(r.vars, func(y expr.Expr) bool { return expr.Equal(x, y) }) {
				r.vars = append(r.vars, x)
			}
			return
		}
	}
	g.rels = append(g.rels, &groupedRel{c, []expr.Expr{x}})
}

// gather adds an expression, or the columns in it if nothing is known of it itself. It is false if the expression is volatile: every row may
// be a group.
func (e *Estimator) gather(g *grouping, x expr.Expr) bool {
	x = strip(x)
	if v, ok := x.(*expr.Var); ok {
		c := e.columns.get(v.ID)
		if y := e.exprs.get(v.ID); c == nil && y != nil {
			return e.gather(g, y)
		}
		if c == nil {
			if !slices.Contains(g.unknown, v.ID) {
				g.unknown = append(g.unknown, v.ID)
			}
		} else if c.Scan == nil {
			g.unknown = append(g.unknown, v.ID)
		} else {
			g.add(c, x)
		}
		return true
	}
	if v := e.variableOf(x); v.stats != nil {
		g.add(e.single([]expr.Expr{x}), x)
		return true
	}
	if expr.VolatilityOf(x) == expr.Volatile {
		return false
	}
	ok := true
	expr.Walk(x, func(y expr.Expr) bool {
		switch y := y.(type) {
		case *expr.Var:
			ok = ok && e.gather(g, y)
		case *expr.Subquery, *expr.SubPlan:
			return false
		}
		return ok
	})
	return ok
}

// groupsOf is the number of groups that variables of one table make.
func (e *Estimator) groupsOf(r *groupedRel) float64 {
	c := r.column
	n, most, count := 1.0, 1.0, 0
	vars := r.vars
	for len(vars) > 0 {
		rest, d, ok := e.byNDistinct(c, vars)
		if !ok {
			v := e.variableOf(vars[0])
			d, _ = v.distinct()
			rest = vars[1:]
		}
		n *= d
		most = max(most, d)
		count++
		vars = rest
	}
	sz, ok := e.sizes[c.Scan]
	if !ok {
		sz = size{tuples: c.Rows, rows: c.Rows}
	}
	if sz.tuples <= 0 {
		return clampRows(n)
	}
	limit := sz.tuples
	if count > 1 { // columns are hardly independent
		limit = min(max(limit*0.1, most), sz.tuples)
	}
	n = min(n, limit)
	if n > 0 && sz.rows < sz.tuples {
		n *= 1 - math.Pow((sz.tuples-sz.rows)/sz.tuples, sz.tuples/n)
	}
	return clampRows(n)
}

// byNDistinct finds the statistics object that has most of the variables: rest are the others, n the distinct combinations of those.
func (e *Estimator) byNDistinct(c *Column, vars []expr.Expr) (rest []expr.Expr, n float64, ok bool) {
	var best *object
	var bestKeys []int
	bestExprs := 0
	for _, o := range c.objects('d') {
		var keys []int
		exprs := 0
		for _, x := range vars {
			if k := e.keyOf(o, x); k != 0 && !slices.Contains(keys, k) {
				keys = append(keys, k)
				if k < 0 {
					exprs++
				}
			}
		}
		if len(keys) < 2 {
			continue
		}
		if best == nil || exprs > bestExprs || exprs == bestExprs && len(keys) > len(bestKeys) {
			best, bestKeys, bestExprs = o, keys, exprs
		}
	}
	if best == nil {
		return nil, 0, false
	}
	for _, x := range vars {
		if e.keyOf(best, x) == 0 {
			rest = append(rest, x)
		}
	}
	for _, d := range best.figures.NDistinct {
		if len(d.Keys) == len(bestKeys) && !slices.ContainsFunc(d.Keys, func(k int) bool { return !slices.Contains(bestKeys, k) }) {
			return rest, d.N, true
		}
	}
	return nil, 0, false
}
