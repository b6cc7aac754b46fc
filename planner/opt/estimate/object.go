package estimate

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// object is a statistics object of a scan's table that was analyzed.
type object struct {
	desc    *catalog.Statistics
	exprs   []expr.Expr // over the columns of the scan
	figures *stats.Extended
	keys    []int
}

// objects are the objects of a kind of the table that a column belongs to.
func (c *Column) objects(kind byte) []*object {
	var out []*object
	for i, s := range c.Scan.Table.Statistics {
		if f := c.extended(s); f != nil && s.Has(kind) && i < len(c.Scan.Statistics) {
			out = append(out, &object{s, c.Scan.Statistics[i], f, s.Keys()})
		}
	}
	return out
}

// withObjects is a column of the one scan that conditions are about, if its table has statistics objects with figures; else nil.
func (e *Estimator) withObjects(conds []expr.Expr) *Column {
	c := e.single(conds)
	if c == nil || len(c.Scan.Table.Statistics) == 0 || c.figure == nil || len(c.figure.Extended) == 0 {
		return nil
	}
	return c
}

// keyOf is the key of an object that an expression is, 0 if it is none.
func (e *Estimator) keyOf(o *object, x expr.Expr) int {
	x = strip(x)
	if v, ok := x.(*expr.Var); ok {
		if c := e.columns.get(v.ID); c != nil && slices.Contains(o.desc.Columns, c.Attr) {
			return int(c.Attr)
		}
		return 0
	}
	for i, y := range o.exprs {
		if expr.Equal(x, strip(y)) {
			return -1 - i
		}
	}
	return 0
}

// terms are the columns and expressions that a condition compares with constants, if it does nothing else (PostgreSQL's
// statext_is_compatible_clause).
func terms(x expr.Expr) (list []expr.Expr, ok bool) {
	several := func(args []expr.Expr) ([]expr.Expr, bool) {
		for _, a := range args {
			ts, ok := terms(a)
			if !ok {
				return nil, false
			}
			list = append(list, ts...)
		}
		return list, true
	}
	switch x := x.(type) {
	case *expr.And:
		return several(x.Args)
	case *expr.Or:
		return several(x.Args)
	case *expr.Not:
		return several([]expr.Expr{x.Arg})
	case *expr.IsNull:
		return []expr.Expr{x.Arg}, true
	case *expr.ScalarArray:
		k, isConst := x.Right.(*expr.Const)
		return []expr.Expr{x.Left}, isConst && !k.D.IsNull() && (IsComparison(x.OpSym) || x.OpSym == "<>")
	case *expr.Call:
		if left, _, value, ok := comparison(x); ok {
			_, isConst := value.(*expr.Const)
			return []expr.Expr{left}, isConst
		}
	}
	return []expr.Expr{x}, x.Type().OID == types.BoolOID
}

// keysOf are the keys of an object that a condition is about; ok is false if it is about anything else too.
func (e *Estimator) keysOf(o *object, x expr.Expr) (keys []int, ok bool) {
	list, ok := terms(x)
	if !ok {
		return nil, false
	}
	for _, t := range list {
		k := e.keyOf(o, t)
		if k == 0 {
			return nil, false
		}
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys, len(keys) > 0
}
