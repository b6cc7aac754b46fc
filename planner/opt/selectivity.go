package opt

import (
	"math"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// PostgreSQL's guesses where nothing is known (selfuncs.h).
const (
	defaultEq    = 0.005
	defaultIneq  = 0.3333333333333333
	defaultRange = 0.005
	defaultMatch = 0.005
	defaultUnk   = 0.005
	defaultFunc  = 0.3333333
)

// colInfo is what is known of a table column's values.
type colInfo struct {
	rows   float64 // of the table
	stats  *stats.Column
	unique bool
	isBool bool
	// Which column of which scan it is, for keys of several columns.
	scan *logical.Scan
	attr catalog.ColumnID
}

// distinct is the number of distinct values of a column; known is false for a guess.
func (o *optimizer) distinct(id expr.ColID) (n float64, known bool) {
	c, ok := o.columns[id]
	if !ok {
		return defaultDistinct, false
	}
	switch {
	case c.stats != nil && c.stats.Distinct > 0:
		return c.stats.Distinct, true
	case c.stats != nil && c.stats.Distinct < 0:
		return max(1, -c.stats.Distinct*c.rows), true
	case c.unique:
		return max(1, c.rows), true
	case c.isBool:
		return 2, false
	}
	return max(1, min(c.rows, defaultDistinct)), c.rows < defaultDistinct
}

// selectivity is the fraction of rows for which all conditions are true. Two one-sided ranges on one column make one
// two-sided range.
func (o *optimizer) selectivity(conds []expr.Expr) float64 {
	type pair struct{ low, high float64 }
	ranges := map[expr.ColID]*pair{}
	s := 1.0
	for _, c := range conds {
		own := o.condSelectivity(c)
		v, op, _, ok := columnComparison(c)
		if !ok || op == "=" {
			s *= own
			continue
		}
		p := ranges[v.ID]
		if p == nil {
			p = &pair{1, 1}
			ranges[v.ID] = p
		}
		if op[0] == '>' {
			p.low = min(p.low, own)
		} else {
			p.high = min(p.high, own)
		}
	}
	for id, p := range ranges {
		switch {
		case p.low == 1 || p.high == 1:
			s *= p.low * p.high
		case p.low == defaultIneq || p.high == defaultIneq:
			s *= defaultRange
		default:
			nulls := 0.0
			if c := o.columns[id]; c != nil && c.stats != nil {
				nulls = c.stats.NullFrac
			}
			s *= max(p.low+p.high-1+nulls, 1e-10)
		}
	}
	return clampFraction(s)
}

func clampFraction(s float64) float64 { return max(0, min(1, s)) }

// columnComparison takes apart col op value, with the column on the left; value has no columns at hand.
func columnComparison(e expr.Expr) (v *expr.Var, op string, value expr.Expr, ok bool) {
	call, ok := e.(*expr.Call)
	if !ok || len(call.Args) != 2 || !isComparison(call.Op) {
		return nil, "", nil, false
	}
	l, lok := bareVar(call.Args[0])
	r, rok := bareVar(call.Args[1])
	switch {
	case lok && !rok && !expr.HasColumns(call.Args[1]):
		return l, call.Op, call.Args[1], true
	case rok && !lok && !expr.HasColumns(call.Args[0]):
		return r, flip(call.Op), call.Args[0], true
	}
	return nil, "", nil, false
}

// flip is the operator with its sides exchanged.
func flip(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return op
}

func (o *optimizer) condSelectivity(e expr.Expr) float64 {
	if s, ok := o.sampledSelectivity(e); ok {
		return s
	}
	switch x := e.(type) {
	case *expr.Const:
		if x.D.IsNull() || !x.D.Bool() {
			return 0
		}
		return 1
	case *expr.And:
		return o.selectivity(x.Args)
	case *expr.Or:
		s := 0.0
		for _, a := range x.Args {
			t := o.condSelectivity(a)
			s = s + t - s*t
		}
		return clampFraction(s)
	case *expr.Not:
		return 1 - o.condSelectivity(x.Arg)
	case *expr.IsNull:
		s := o.nullFraction(x.Arg)
		if x.Not {
			return 1 - s
		}
		return s
	case *expr.BoolTest:
		return o.boolTestSelectivity(x)
	case *expr.ScalarArray:
		return o.arraySelectivity(x)
	case *expr.Call:
		return o.callSelectivity(x)
	case *expr.Distinct:
		if x.Not {
			return defaultEq
		}
		return 1 - defaultEq
	case *expr.RowCompare:
		return defaultIneq
	}
	return 0.5
}

func (o *optimizer) nullFraction(e expr.Expr) float64 {
	if v, ok := bareVar(e); ok {
		if c := o.columns[v.ID]; c != nil && c.stats != nil {
			return c.stats.NullFrac
		}
	}
	return defaultUnk
}

func (o *optimizer) boolTestSelectivity(x *expr.BoolTest) float64 {
	s := o.condSelectivity(x.Arg)
	switch x.Kind {
	case expr.IsTrue, expr.IsNotFalse:
		return s
	case expr.IsFalse, expr.IsNotTrue:
		return 1 - s
	case expr.IsUnknown:
		return defaultUnk
	}
	return 1 - defaultUnk
}

func (o *optimizer) arraySelectivity(x *expr.ScalarArray) float64 {
	one := defaultIneq
	v, isVar := bareVar(x.Left)
	switch {
	case x.OpSym == "=" && isVar:
		one = o.eqSelectivity(v, nil)
	case x.OpSym == "<>" && isVar:
		one = 1 - o.eqSelectivity(v, nil)
	case x.OpSym == "~~":
		one = defaultMatch
	}
	n := arrayLength(x.Right)
	switch {
	case x.All:
		return math.Pow(one, n)
	case x.OpSym == "=":
		return clampFraction(one * n)
	}
	return 1 - math.Pow(1-one, n)
}

func (o *optimizer) callSelectivity(x *expr.Call) float64 {
	if v, op, value, ok := columnComparison(x); ok {
		c, _ := value.(*expr.Const)
		if op == "=" {
			return o.eqSelectivity(v, c)
		}
		return o.rangeSelectivity(v, op, c)
	}
	switch x.Op {
	case "=":
		if len(x.Args) == 2 {
			return o.joinEqSelectivity(x.Args[0], x.Args[1])
		}
	case "<>":
		if len(x.Args) == 2 {
			if v, ok := bareVar(x.Args[0]); ok {
				c, _ := x.Args[1].(*expr.Const)
				return 1 - o.eqSelectivity(v, c)
			}
		}
		return 1 - defaultEq
	case "<", "<=", ">", ">=":
		return defaultIneq
	case "~~", "~~*", "~", "~*":
		return defaultMatch
	case "!~~", "!~~*", "!~", "!~*":
		return 1 - defaultMatch
	}
	return defaultFunc
}

// eqSelectivity is for col = value; value may be unknown.
func (o *optimizer) eqSelectivity(v *expr.Var, value *expr.Const) float64 {
	if value != nil && value.D.IsNull() {
		return 0
	}
	n, _ := o.distinct(v.ID)
	c := o.columns[v.ID]
	if c == nil || c.stats == nil {
		return 1 / n
	}
	s := c.stats
	sum := 0.0
	for i, d := range s.Common {
		if value != nil && value.D.Kind() == d.Kind() && types.Equal(v.T.OID, value.D, d) {
			return s.Freqs[i]
		}
		sum += s.Freqs[i]
	}
	if value == nil {
		return clampFraction((1 - s.NullFrac) / n)
	}
	rest := max(1, n-float64(len(s.Common)))
	sel := clampFraction((1 - sum - s.NullFrac) / rest)
	if len(s.Freqs) > 0 {
		sel = min(sel, s.Freqs[len(s.Freqs)-1])
	}
	return sel
}

// rangeSelectivity is for col op value with an ordering operator.
func (o *optimizer) rangeSelectivity(v *expr.Var, op string, value *expr.Const) float64 {
	c := o.columns[v.ID]
	if c == nil || c.stats == nil || value == nil || value.D.IsNull() || len(c.stats.Bounds) < 2 {
		return defaultIneq
	}
	x, ok := scalar(value.D)
	if !ok {
		return defaultIneq
	}
	s := c.stats
	below, common := 0.0, 0.0
	for i, d := range s.Common {
		common += s.Freqs[i]
		if y, ok := scalar(d); ok && (y < x || y == x && op == "<=" || y == x && op == ">") {
			below += s.Freqs[i]
		}
	}
	hist := fractionBelow(s.Bounds, x)
	sel := below + hist*(1-common-s.NullFrac)
	if op[0] == '>' {
		sel = 1 - s.NullFrac - sel
	}
	return max(0.0001, clampFraction(sel))
}

// fractionBelow is the part of a histogram below x.
func fractionBelow(bounds []types.Datum, x float64) float64 {
	n := len(bounds) - 1
	for i := range n {
		lo, _ := scalar(bounds[i])
		hi, _ := scalar(bounds[i+1])
		if x < lo {
			return float64(i) / float64(n)
		}
		if x < hi {
			return (float64(i) + (x-lo)/(hi-lo)) / float64(n)
		}
	}
	return 1
}

// scalar maps a value to a number that keeps the order of its type.
func scalar(d types.Datum) (float64, bool) {
	switch d.Kind() {
	case types.KindInt:
		return float64(d.Int()), true
	case types.KindFloat:
		return d.Float(), !math.IsNaN(d.Float())
	case types.KindNum:
		f, err := d.Num().Float()
		return f, err == nil && !math.IsNaN(f)
	case types.KindStr:
		x, scale, s := 0.0, 1.0, d.Str()
		for i := 0; i < len(s) && i < 12; i++ {
			scale /= 256
			x += float64(s[i]) * scale
		}
		return x, true
	}
	return 0, false
}

// joinEqSelectivity is for an equality between two relations.
func (o *optimizer) joinEqSelectivity(a, b expr.Expr) float64 {
	n := 0.0
	nulls := 1.0
	for _, e := range []expr.Expr{a, b} {
		d := float64(defaultDistinct)
		if v, ok := bareVar(e); ok {
			d, _ = o.distinct(v.ID)
			if c := o.columns[v.ID]; c != nil && c.stats != nil {
				nulls *= 1 - c.stats.NullFrac
			}
		}
		n = max(n, d)
	}
	return clampFraction(nulls / n)
}

// semiSelectivity is the fraction of left rows that have a match by the equality.
func (o *optimizer) semiSelectivity(left, right expr.Expr, rightRows float64) float64 {
	l, lok := bareVar(left)
	r, rok := bareVar(right)
	if !lok || !rok {
		return 0.5
	}
	nl, lknown := o.distinct(l.ID)
	nr, rknown := o.distinct(r.ID)
	if !lknown || !rknown {
		return 0.5
	}
	nr = min(nr, max(1, rightRows))
	return clampFraction(nr / nl)
}

// noteColumns remembers what is known of a scan's columns, for the estimates.
func (o *optimizer) noteColumn(id expr.ColID, n *logical.Scan, col *catalog.Column, rows float64, s *stats.Table) {
	c := &colInfo{rows: rows, unique: uniqueColumn(n.Table, col.ID), isBool: col.Type.OID == types.BoolOID, scan: n, attr: col.ID}
	if s != nil {
		c.stats = s.Columns[col.ID]
	}
	o.columns[id] = c
}

func uniqueColumn(t *catalog.Table, id catalog.ColumnID) bool {
	is := func(x *catalog.Index) bool {
		return len(x.Columns) == 1 && x.Columns[0].Column == id && x.Predicate == "" && !x.Building
	}
	if t.Primary != nil && is(t.Primary) {
		return true
	}
	for _, x := range t.Indexes {
		if x.Unique && is(x) {
			return true
		}
	}
	return false
}
