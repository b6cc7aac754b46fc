// Package predicate proves things about conditions: that some imply another, so that a partial index has all rows that are wanted; and that
// values of two types compare alike.
package predicate

import (
	"slices"

	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Implies reports whether rows that satisfy all of conds satisfy pred, the predicate of a partial index, too: what
// PostgreSQL's predicate_implied_by proves (src/backend/optimizer/util/predtest.c) of equal conditions, comparisons of one
// expression with constants, IS NOT NULL, AND and OR. nil is not implied.
func Implies(conds []expr.Expr, pred expr.Expr) bool {
	if pred == nil {
		return false
	}
	for _, p := range expr.Conjuncts(pred, nil) {
		if !impliesOne(conds, p) {
			return false
		}
	}
	return true
}

func impliesOne(conds []expr.Expr, p expr.Expr) bool {
	if c, ok := p.(*expr.Const); ok && c.T.OID == types.BoolOID && !c.D.IsNull() && c.D.Bool() {
		return true
	}
	for _, c := range conds {
		if impliedBy(c, p) {
			return true
		}
	}
	or, ok := p.(*expr.Or)
	return ok && slices.ContainsFunc(or.Args, func(arm expr.Expr) bool { return Implies(conds, arm) })
}

// impliedBy reports whether c alone implies p.
func impliedBy(c, p expr.Expr) bool {
	if expr.Equal(c, p) {
		return true
	}
	if or, ok := c.(*expr.Or); ok {
		return !slices.ContainsFunc(or.Args, func(arm expr.Expr) bool { return !Implies(expr.Conjuncts(arm, nil), p) })
	}
	if n, ok := p.(*expr.IsNull); ok && n.Not && !n.Row {
		return strictIn(c, n.Arg)
	}
	x, op, want, ok := constComparison(p)
	if !ok {
		return false
	}
	if in, ok := c.(*expr.ScalarArray); ok && !in.All && in.OpSym == "=" && expr.Equal(in.Left, x) {
		return allSatisfy(in, op, want)
	}
	y, have, value, ok := constComparison(c)
	return ok && expr.Equal(x, y) && SameFamily(want.T.OID, value.T.OID) && comparisonImplies(have, value, op, want)
}

// strictIn reports whether c cannot be true where e is NULL.
func strictIn(c, e expr.Expr) bool {
	if expr.Equal(c, e) {
		return true
	}
	switch c := c.(type) {
	case *expr.Call:
		return c.Fn.Strict && slices.ContainsFunc(c.Args, func(a expr.Expr) bool { return strictIn(a, e) })
	case *expr.ScalarArray:
		return !c.All && strictIn(c.Left, e)
	case *expr.Relabel:
		return strictIn(c.Arg, e)
	case *expr.Not:
		return strictIn(c.Arg, e)
	}
	return false
}

// constComparison takes x op constant apart, with the constant on the right.
func constComparison(c expr.Expr) (x expr.Expr, op string, value *expr.Const, ok bool) {
	call, ok := c.(*expr.Call)
	if !ok || len(call.Args) != 2 || !estimate.IsComparison(call.Op) {
		return nil, "", nil, false
	}
	if k, ok := call.Args[1].(*expr.Const); ok && !k.D.IsNull() {
		return call.Args[0], call.Op, k, true
	}
	if k, ok := call.Args[0].(*expr.Const); ok && !k.D.IsNull() {
		return call.Args[1], estimate.Flip(call.Op), k, true
	}
	return nil, "", nil, false
}

// allSatisfy reports whether every element of a constant IN list stands in relation op to want.
func allSatisfy(in *expr.ScalarArray, op string, want *expr.Const) bool {
	k, ok := in.Right.(*expr.Const)
	if !ok || k.D.IsNull() {
		return false
	}
	a := k.D.Array()
	if a == nil || !SameFamily(a.Elem, want.T.OID) {
		return false
	}
	for _, e := range a.Elems {
		if !e.IsNull() && !holds(types.Compare(want.T.OID, e, want.D), op) {
			return false
		}
	}
	return true
}

// comparisonImplies reports whether x have value implies x op want.
func comparisonImplies(have string, value *expr.Const, op string, want *expr.Const) bool {
	c := types.Compare(want.T.OID, value.D, want.D)
	switch have {
	case "=":
		return holds(c, op)
	case "<":
		return op == "<" && c <= 0 || op == "<=" && c <= 0
	case "<=":
		return op == "<" && c < 0 || op == "<=" && c <= 0
	case ">":
		return op == ">" && c >= 0 || op == ">=" && c >= 0
	case ">=":
		return op == ">" && c > 0 || op == ">=" && c >= 0
	}
	return false
}

// holds reports whether the outcome of a comparison satisfies op.
func holds(c int, op string) bool {
	switch op {
	case "=":
		return c == 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// Families of types whose values have the same key encoding and compare alike: the members of PostgreSQL's cross-type operator families
// that are held alike.
const (
	Integers = iota + 1
	Floats
	Strings
	OIDs
)

// SameFamily reports types of one family, or the same type.
func SameFamily(a, b types.OID) bool { return a == b || Family(a) != 0 && Family(a) == Family(b) }

// Family is the family of a type, 0 for none.
func Family(t types.OID) int {
	switch t {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		return Integers
	case types.Float4OID, types.Float8OID:
		return Floats
	case types.TextOID, types.VarcharOID, types.NameOID:
		return Strings
	case types.OIDOID, types.RegClassOID, types.RegTypeOID, types.RegProcOID, types.RegNamespaceOID, types.RegRoleOID:
		return OIDs
	}
	return 0
}
