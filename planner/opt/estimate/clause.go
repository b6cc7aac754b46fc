package estimate

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Selectivity is the fraction of rows for which all conditions are true.
func (e *Estimator) Selectivity(conds []expr.Expr) float64 { return e.all(conds, true) }

// all is Selectivity, with statistics objects or without.
func (e *Estimator) all(conds []expr.Expr, extended bool) float64 {
	if len(conds) == 1 {
		return clampFraction(e.one(conds[0], extended))
	}
	s := 1.0
	var done []bool
	if extended {
		if c := e.withObjects(conds); c != nil {
			done = make([]bool, len(conds))
			s = e.byMCV(c, conds, done, false)
			s *= e.byDependencies(c, conds, done)
		}
	}
	var buf [4]rangePair
	ranges := buf[:0]
	for i, c := range conds {
		if done != nil && done[i] {
			continue
		}
		own := e.one(c, extended)
		left, op, _, ok := comparison(c)
		if !ok || op == "=" || op == "<>" {
			s *= own
			continue
		}
		k := pairOf(ranges, left)
		if k == len(ranges) {
			ranges = append(ranges, rangePair{of: left, low: 1, high: 1})
		}
		p := &ranges[k]
		if op[0] == '>' {
			p.low, p.hasLow = min(p.low, own), true
		} else {
			p.high, p.hasHigh = min(p.high, own), true
		}
	}
	for i := range ranges {
		s *= e.inRange(&ranges[i])
	}
	return clampFraction(s)
}

// rangePair are two one-sided ranges of one variable, which make one two-sided range.
type rangePair struct {
	of              expr.Expr
	low, high       float64
	hasLow, hasHigh bool
}

// pairOf is the position of the pair of a variable, len(list) if it has none yet.
func pairOf(list []rangePair, of expr.Expr) int {
	for i := range list {
		if expr.Equal(list[i].of, of) {
			return i
		}
	}
	return len(list)
}

func (e *Estimator) inRange(p *rangePair) float64 {
	switch {
	case !p.hasLow || !p.hasHigh:
		return p.low * p.high
	case p.low == defaultIneq || p.high == defaultIneq:
		return defaultRange
	}
	s := p.low + p.high - 1 + e.nullFraction(p.of)
	switch {
	case s < -0.01: // contradictory figures
		return defaultRange
	case s <= 0:
		return 1e-10
	}
	return s
}

// any is the fraction of rows for which one of the conditions is true.
func (e *Estimator) any(conds []expr.Expr, extended bool) float64 {
	s := 0.0
	var done []bool
	if extended {
		if c := e.withObjects(conds); c != nil {
			done = make([]bool, len(conds))
			s = e.byMCV(c, conds, done, true)
		}
	}
	for i, c := range conds {
		if done == nil || !done[i] {
			t := e.one(c, extended)
			s += t - s*t
		}
	}
	return clampFraction(s)
}

// One is the fraction of rows for which one condition is true.
func (e *Estimator) One(x expr.Expr) float64 { return e.one(x, true) }

func (e *Estimator) one(x expr.Expr, extended bool) float64 {
	switch x := x.(type) {
	case *expr.Const:
		if x.D.IsNull() || !x.D.Bool() {
			return 0
		}
		return 1
	case *expr.And:
		return e.all(x.Args, extended)
	case *expr.Or:
		return e.any(x.Args, extended)
	case *expr.Not:
		return 1 - e.one(x.Arg, extended)
	case *expr.Relabel:
		return e.one(x.Arg, extended)
	case *expr.IsNull:
		s := e.nullFraction(x.Arg)
		if x.Not {
			return 1 - s
		}
		return s
	case *expr.BoolTest:
		return e.boolTest(x, extended)
	case *expr.ScalarArray:
		return e.array(x)
	case *expr.Call:
		return e.call(x)
	case *expr.Distinct:
		return e.distinctFrom(x)
	case *expr.RowCompare:
		return e.rowCompare(x)
	}
	return e.boolean(x)
}

// boolean is for a boolean column or expression.
func (e *Estimator) boolean(x expr.Expr) float64 {
	v := e.variableOf(x)
	if v.stats != nil {
		return v.equal(types.NewBool(true), types.BoolOID)
	}
	if s, ok := e.sampled(x); ok {
		return s
	}
	return 0.5
}

func (e *Estimator) nullFraction(x expr.Expr) float64 {
	if v := e.variableOf(x); v.stats != nil {
		return v.stats.NullFrac
	}
	return defaultUnknown
}

func (e *Estimator) boolTest(x *expr.BoolTest, extended bool) float64 {
	v := e.variableOf(x.Arg)
	if v.stats == nil {
		switch x.Kind {
		case expr.IsUnknown:
			return defaultUnknown
		case expr.IsNotUnknown:
			return 1 - defaultUnknown
		case expr.IsTrue, expr.IsNotFalse:
			return e.one(x.Arg, extended)
		}
		return 1 - e.one(x.Arg, extended)
	}
	nulls := v.stats.NullFrac
	yes := (1 - nulls) / 2
	if len(v.stats.Common) > 0 {
		if yes = v.stats.Freqs[0]; !v.stats.Common[0].Bool() {
			yes = 1 - yes - nulls
		}
	}
	no := 1 - yes - nulls
	s := map[expr.BoolTestKind]float64{expr.IsUnknown: nulls, expr.IsNotUnknown: 1 - nulls, expr.IsTrue: yes, expr.IsNotTrue: 1 - yes,
		expr.IsFalse: no, expr.IsNotFalse: 1 - no}[x.Kind]
	return clampFraction(s)
}

func (e *Estimator) call(x *expr.Call) float64 {
	left, op, value, ok := comparison(x)
	if !ok && len(x.Args) == 2 && (x.Op == "=" || x.Op == "<>") {
		s := defaultEq
		if e.single(x.Args) == nil {
			s = e.JoinEqual(x.Args[0], x.Args[1])
		}
		if x.Op == "<>" {
			return 1 - s
		}
		return s
	}
	if ok && e.known(left) {
		v := e.variableOf(left)
		k, _ := value.(*expr.Const)
		return v.compare(op, k, left.Type().OID)
	}
	if s, ok := e.sampled(x); ok {
		return s
	}
	if ok {
		v := e.variableOf(left)
		k, _ := value.(*expr.Const)
		return v.compare(op, k, left.Type().OID)
	}
	switch x.Op {
	case "=":
		return defaultEq
	case "<>":
		return 1 - defaultEq
	case "<", "<=", ">", ">=":
		return defaultIneq
	case "~~", "~~*", "~", "~*":
		return defaultMatch
	case "!~~", "!~~*", "!~", "!~*":
		return 1 - defaultMatch
	}
	if v := e.variableOf(x); v.stats != nil {
		return v.equal(types.NewBool(true), types.BoolOID)
	}
	return containment(x)
}

// containment is for operators of arrays and documents of which nothing more is known, and what is for other functions.
func containment(x *expr.Call) float64 {
	if len(x.Args) != 2 || x.Fn.OID >= catalog.FirstUserOID {
		return defaultFunc
	}
	array := types.IsArray(types.BaseOf(x.Args[0].Type().OID))
	switch x.Op {
	case "@>", "<@":
		if array {
			return defaultContain
		}
		return defaultMatching
	case "&&":
		return defaultOverlap
	case "?", "?|", "?&", "@?", "@@":
		return defaultMatching
	}
	return defaultFunc
}

// known reports an expression with figures of its own, or a plain column: no reason to try it on another column's values.
func (e *Estimator) known(x expr.Expr) bool {
	if _, ok := BareVar(x); ok {
		return true
	}
	v := e.variableOf(x)
	return v.stats != nil
}

func (e *Estimator) distinctFrom(x *expr.Distinct) float64 {
	equal := defaultEq
	if expr.HasColumns(x.L) && !expr.HasColumns(x.R) {
		v := e.variableOf(x.L)
		k, _ := x.R.(*expr.Const)
		equal = v.compare("=", k, x.L.Type().OID)
	}
	if x.Not {
		return equal
	}
	return 1 - equal
}

// rowCompare looks at the first column alone.
func (e *Estimator) rowCompare(x *expr.RowCompare) float64 {
	if len(x.Ls) == 0 || !expr.HasColumns(x.Ls[0]) || expr.HasColumns(x.Rs[0]) {
		return defaultIneq
	}
	v := e.variableOf(x.Ls[0])
	k, _ := x.Rs[0].(*expr.Const)
	return v.compare(x.Op, k, x.Ls[0].Type().OID)
}

// array is for expression op ANY and ALL (array).
func (e *Estimator) array(x *expr.ScalarArray) float64 {
	if !e.known(x.Left) || x.OpSym != "<>" && !IsComparison(x.OpSym) || !expr.HasColumns(x.Left) || expr.HasColumns(x.Right) {
		if s, ok := e.sampled(x); ok {
			return s
		}
	}
	element := func(k *expr.Const) float64 {
		if x.OpSym == "~~" {
			return defaultMatch
		}
		if x.OpSym != "<>" && !IsComparison(x.OpSym) || !expr.HasColumns(x.Left) {
			return defaultIneq
		}
		v := e.variableOf(x.Left)
		return v.compare(x.OpSym, k, x.Left.Type().OID)
	}
	var each []float64
	_, listed := x.Right.(*expr.Array)
	if k, ok := x.Right.(*expr.Const); ok {
		if k.D.IsNull() {
			return 0
		}
		listed = true
		if a, ok := k.D.Ref().(*types.Array); ok {
			for _, d := range a.Elems {
				each = append(each, element(&expr.Const{T: types.Of(types.ElemOf(k.T.OID)), D: d}))
			}
		}
	} else {
		for range int(min(ArrayLength(x.Right), 1000)) {
			each = append(each, element(nil))
		}
	}
	return combine(each, x.All, x.OpSym, listed)
}

// combine is the selectivity of all or of any of some conditions on one variable. Equalities exclude each other, if they are known.
func combine(each []float64, all bool, op string, listed bool) float64 {
	s, disjoint := 0.0, 0.0
	if all {
		s, disjoint = 1, 1
	}
	for _, t := range each {
		if all {
			s *= t
			disjoint += t - 1
		} else {
			s += t - s*t
			disjoint += t
		}
	}
	if listed && (!all && op == "=" || all && op == "<>") && disjoint >= 0 && disjoint <= 1 {
		return disjoint
	}
	return clampFraction(s)
}
