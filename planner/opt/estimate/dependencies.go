package estimate

import (
	"slices"

	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// byDependencies estimates equalities by functional dependencies between their columns and marks those that it has done
// (PostgreSQL's dependencies_clauselist_selectivity). The result is 1 if there are none.
func (e *Estimator) byDependencies(c *Column, conds []expr.Expr, done []bool) float64 {
	objects := c.objects('f')
	if len(objects) == 0 {
		return 1
	}
	// Keys of several objects are numbered together: columns as they are, expressions from -1 down.
	var exprs []expr.Expr
	number := func(x expr.Expr) int {
		if v, ok := BareVar(x); ok {
			return int(e.columns.get(v.ID).Attr)
		}
		for i, y := range exprs {
			if expr.Equal(y, strip(x)) {
				return -1 - i
			}
		}
		exprs = append(exprs, strip(x))
		return -len(exprs)
	}
	of := make([]int, len(conds))
	var keys []int
	for i, x := range conds {
		if t := equalityTerm(x); t != nil && !done[i] {
			of[i] = number(t)
			if !slices.Contains(keys, of[i]) {
				keys = append(keys, of[i])
			}
		}
	}
	if len(keys) < 2 {
		return 1
	}
	var used []stats.Dependency
	all := e.dependencies(objects, keys, number)
	for len(keys) > 1 {
		d := strongest(all, keys)
		if d == nil {
			break
		}
		used = append(used, *d)
		implied := d.Keys[len(d.Keys)-1]
		keys = slices.DeleteFunc(keys, func(k int) bool { return k == implied })
	}
	if len(used) == 0 {
		return 1
	}
	return e.apply(used, conds, of, done)
}

// dependencies are those of the objects that are about known keys only, with the keys' common numbers.
func (e *Estimator) dependencies(objects []*object, keys []int, number func(expr.Expr) int) []stats.Dependency {
	var out []stats.Dependency
	for _, o := range objects {
		for _, d := range o.figures.Dependencies {
			n := stats.Dependency{Degree: d.Degree}
			for _, k := range d.Keys {
				if k < 0 {
					k = number(o.exprs[-1-k])
				}
				if !slices.Contains(keys, k) {
					break
				}
				n.Keys = append(n.Keys, k)
			}
			if len(n.Keys) == len(d.Keys) {
				out = append(out, n)
			}
		}
	}
	return out
}

// strongest is the dependency of the most keys, and of the highest degree among those, that the keys satisfy.
func strongest(all []stats.Dependency, keys []int) *stats.Dependency {
	var best *stats.Dependency
	for i := range all {
		d := &all[i]
		if slices.ContainsFunc(d.Keys, func(k int) bool { return !slices.Contains(keys, k) }) {
			continue
		}
		if best == nil || len(d.Keys) > len(best.Keys) || len(d.Keys) == len(best.Keys) && d.Degree > best.Degree {
			best = d
		}
	}
	return best
}

// apply combines the selectivities of the keys of dependencies.
func (e *Estimator) apply(used []stats.Dependency, conds []expr.Expr, of []int, done []bool) float64 {
	var keys []int
	for _, d := range used {
		for _, k := range d.Keys {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	sel := make([]float64, len(keys))
	for i, k := range keys {
		var list []expr.Expr
		for c, x := range conds {
			if of[c] == k && !done[c] {
				list = append(list, x)
				done[c] = true
			}
		}
		sel[i] = e.all(list, false)
	}
	at := func(k int) *float64 { return &sel[slices.Index(keys, k)] }
	for i := len(used) - 1; i >= 0; i-- { // of a -> b -> c the second comes first
		d := used[i]
		last := len(d.Keys) - 1
		implying := 1.0
		for _, k := range d.Keys[:last] {
			implying *= *at(k)
		}
		implied := at(d.Keys[last])
		f := d.Degree
		if implying <= *implied {
			*implied = f + (1-f)**implied
		} else {
			*implied = f**implied/implying + (1-f)**implied
		}
	}
	s := 1.0
	for _, x := range sel {
		s *= x
	}
	return clampFraction(s)
}

// equalityTerm is the column or expression that a condition sets equal to a constant, or to one of several; nil if it does anything else.
func equalityTerm(x expr.Expr) expr.Expr {
	switch x := x.(type) {
	case *expr.Call:
		left, op, value, ok := comparison(x)
		if _, isConst := value.(*expr.Const); ok && op == "=" && isConst {
			return left
		}
		if ok {
			return nil
		}
	case *expr.ScalarArray:
		if _, isConst := x.Right.(*expr.Const); isConst && x.OpSym == "=" && !x.All {
			return x.Left
		}
		return nil
	case *expr.Or:
		var one expr.Expr
		for _, a := range x.Args {
			t := equalityTerm(a)
			if t == nil || one != nil && !expr.Equal(strip(one), strip(t)) {
				return nil
			}
			one = t
		}
		return one
	case *expr.Not:
		return equalityTerm(x.Arg)
	case *expr.And, *expr.IsNull, *expr.BoolTest:
		return nil
	}
	if x.Type().OID == types.BoolOID && expr.HasColumns(x) {
		return x
	}
	return nil
}
