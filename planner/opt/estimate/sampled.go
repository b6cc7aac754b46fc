package estimate

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// sampleMin is how many histogram bounds there must be for the fraction of them that satisfies a condition to count.
const sampleMin = 10

// sampled estimates a condition on one column alone by testing it on the column's common values and histogram bounds; ok
// is false if there are no figures, or if it calls functions of users, which planning does not run.
func (e *Estimator) sampled(x expr.Expr) (s float64, ok bool) {
	v := e.onlyColumn(x)
	if v == nil {
		return 0, false
	}
	c := e.columns.get(v.ID)
	if c == nil || c.Stats == nil || len(c.Stats.Common)+len(c.Stats.Bounds) == 0 {
		return 0, false
	}
	values := append(append([]types.Datum{}, c.Stats.Common...), c.Stats.Bounds...)
	hits, ok := e.test(x, v, values)
	if !ok {
		return 0, false
	}
	common, share := 0.0, 0.0
	for i, f := range c.Stats.Freqs {
		share += f
		if hits[i] {
			common += f
		}
	}
	rest := max(0, 1-share-c.Stats.NullFrac)
	bounds := hits[len(c.Stats.Common):]
	if len(bounds) < sampleMin {
		if len(bounds) == 0 && rest < 0.01 {
			return clampFraction(common), true
		}
		return 0, false
	}
	n := 0.0
	for _, hit := range bounds {
		if hit {
			n++
		}
	}
	// A fraction that the sample is too small to see is neither 0 nor 1.
	least := 0.25 / float64(len(bounds))
	fraction := min(max(n/float64(len(bounds)), least), 1-least)
	return clampFraction(common + fraction*rest), true
}

// onlyColumn is the one column that an immutable expression depends on; nil if it depends on anything else.
func (e *Estimator) onlyColumn(x expr.Expr) *expr.Var {
	var v *expr.Var
	ok := true
	expr.Walk(x, func(y expr.Expr) bool {
		switch x := y.(type) {
		case *expr.Var:
			if v != nil && v.ID != x.ID {
				ok = false
			}
			v = x
		case *expr.Call:
			ok = ok && x.Fn.Volatility == expr.Immutable && !x.Fn.RetSet && x.Fn.OID < catalog.FirstUserOID
		case *expr.Param, *expr.ExecParam, *expr.Subquery, *expr.SubPlan:
			ok = false
		}
		return ok
	})
	if !ok {
		return nil
	}
	return v
}

// test evaluates a condition for values of a column; ok is false if that fails for one of them.
func (e *Estimator) test(x expr.Expr, v *expr.Var, values []types.Datum) (hits []bool, ok bool) {
	x = expr.Rewrite(x, func(x expr.Expr) expr.Expr {
		if y, ok := x.(*expr.Var); ok {
			return &expr.Col{Idx: 0, T: y.T}
		}
		return x
	})
	p, err := expr.Compile(x)
	if err != nil {
		return nil, false
	}
	b := vec.NewBatch([]types.Kind{v.T.Kind()}, len(values))
	for _, d := range values {
		if d.Kind() != v.T.Kind() {
			return nil, false
		}
		b.Cols[0].Append(d)
	}
	b.Len = len(values)
	sel, err := p.Filter(&expr.Ctx{Context: context.Background(), Types: e.Types}, b, nil)
	if err != nil {
		return nil, false
	}
	hits = make([]bool, len(values))
	for _, i := range sel {
		hits[i] = true
	}
	return hits, true
}
