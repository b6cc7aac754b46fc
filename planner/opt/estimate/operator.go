package estimate

import (
	"math"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// compare is for variable op value; value is nil if it is not known yet. oid is the type of the variable.
func (v *variable) compare(op string, value *expr.Const, oid types.OID) float64 {
	if value != nil && value.D.IsNull() {
		return 0
	}
	switch op {
	case "=", "<>":
		s := 0.0
		if value == nil {
			s = v.equalAny()
		} else {
			s = v.equal(value.D, oid)
		}
		if op == "<>" {
			return clampFraction(1 - s - v.nulls())
		}
		return s
	}
	if value == nil {
		return defaultIneq
	}
	return v.beyond(op, value.D, oid)
}

// equal is for variable = d.
func (v *variable) equal(d types.Datum, oid types.OID) float64 {
	if v.unique && v.rows >= 1 {
		return 1 / v.rows
	}
	n, _ := v.distinct()
	if v.stats == nil {
		return clampFraction(1 / n)
	}
	s := v.stats
	sum := 0.0
	for i, c := range s.Common {
		if cmp, ok := compareValues(oid, c, d); ok && cmp == 0 {
			return s.Freqs[i]
		}
		sum += s.Freqs[i]
	}
	sel := clampFraction(1 - sum - s.NullFrac)
	if others := n - float64(len(s.Common)); others > 1 {
		sel /= others
	}
	if k := len(s.Freqs); k > 0 {
		sel = min(sel, s.Freqs[k-1])
	}
	return clampFraction(sel)
}

// equalAny is for variable = something.
func (v *variable) equalAny() float64 {
	if v.unique && v.rows >= 1 {
		return 1 / v.rows
	}
	n, _ := v.distinct()
	if v.stats == nil {
		return clampFraction(1 / n)
	}
	sel := 1 - v.stats.NullFrac
	if n > 1 {
		sel /= n
	}
	if len(v.stats.Freqs) > 0 {
		sel = min(sel, v.stats.Freqs[0])
	}
	return clampFraction(sel)
}

// beyond is for variable op d with an ordering operator.
func (v *variable) beyond(op string, d types.Datum, oid types.OID) float64 {
	s := v.stats
	if s == nil {
		return defaultIneq
	}
	common, hits := 0.0, 0.0
	for i, c := range s.Common {
		common += s.Freqs[i]
		if cmp, ok := compareValues(oid, c, d); ok && holds(op, cmp) {
			hits += s.Freqs[i]
		}
	}
	sel := 1 - s.NullFrac - common
	if h, ok := v.histogram(op, d, oid); ok {
		sel *= h
	} else {
		sel *= 0.5 // values that nothing is known of
	}
	return clampFraction(sel + hits)
}

func holds(op string, cmp int) bool {
	switch op {
	case "<":
		return cmp < 0
	case "<=":
		return cmp <= 0
	case ">":
		return cmp > 0
	}
	return cmp >= 0
}

// histogram is the fraction of the histogram's values for which value op d.
func (v *variable) histogram(op string, d types.Datum, oid types.OID) (float64, bool) {
	bounds := v.stats.Bounds
	if len(bounds) < 2 {
		return 0, false
	}
	greater, orEqual := op[0] == '>', len(op) == 2
	i := 0 // bounds below d; with <= and > those that equal it, too
	for i < len(bounds) {
		cmp, ok := compareValues(oid, bounds[i], d)
		if !ok {
			return 0, false
		}
		if cmp > 0 || cmp == 0 && greater == orEqual {
			break
		}
		i++
	}
	below := 0.0
	switch {
	case i == 0:
	case i == len(bounds):
		below = 1
	default:
		one := 0.0 // the share of one value
		if n, _ := v.distinct(); i == 1 || greater == orEqual {
			if n -= float64(len(v.stats.Common)); n > 1 {
				one = 1 / n
			}
		}
		in := within(bounds[i-1], bounds[i], d)
		below = (float64(i-1) + in) / float64(len(bounds)-1)
		if i == 1 { // the first bound is a value of its own
			below += one * (1 - in)
		}
		if greater == orEqual {
			below -= one
		}
	}
	if greater {
		below = 1 - below
	}
	cutoff := 0.01 / float64(len(bounds)-1)
	return min(max(below, cutoff), 1-cutoff), true
}

// within is where in a bin d lies, 0 to 1.
func within(low, high, d types.Datum) float64 {
	l, ok1 := scalar(low)
	h, ok2 := scalar(high)
	x, ok3 := scalar(d)
	switch {
	case !ok1 || !ok2 || !ok3 || h <= l:
		return 0.5
	case x <= l:
		return 0
	case x >= h:
		return 1
	}
	return (x - l) / (h - l)
}

// compareValues orders a value of a column against a constant that may have another type of the same family.
func compareValues(oid types.OID, a, b types.Datum) (int, bool) {
	if a.Kind() == b.Kind() {
		return types.Compare(oid, a, b), true
	}
	x, ok1 := scalar(a)
	y, ok2 := scalar(b)
	if !ok1 || !ok2 || a.Kind() == types.KindStr || b.Kind() == types.KindStr {
		return 0, false
	}
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	}
	return 0, true
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
