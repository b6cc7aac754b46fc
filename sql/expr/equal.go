package expr

import (
	"slices"

	"github.com/lightsql/lightsql/sql/types"
)

// Equal reports whether two expressions are the same: same form, functions, columns and constants. Names that only the
// printer uses do not count. A nil Expr equals only nil.
func Equal(a, b Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if a == b {
		return true
	}
	if !sameNode(a, b) {
		return false
	}
	x, y := children(a), children(b)
	return slices.EqualFunc(x, y, Equal)
}

// children lists the direct children of e; missing ones (a CASE without ELSE) are left out.
func children(e Expr) []Expr {
	var cs []Expr
	mapChildren(e, func(c Expr) Expr {
		cs = append(cs, c)
		return c
	})
	return cs
}

// EqualConst reports whether two constants of type t are the same value.
func EqualConst(t types.OID, a, b types.Datum) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() == b.IsNull()
	}
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case types.KindBool, types.KindInt:
		return a.Int() == b.Int()
	case types.KindStr:
		return a.Str() == b.Str()
	case types.KindNum: // 1.0 and 1.00 print differently
		return a.Num().Scale() == b.Num().Scale() && a.Num().Cmp(b.Num()) == 0
	case types.KindRef:
		if x, y := a.Array(), b.Array(); x != nil && y != nil {
			return x.Elem == y.Elem && slices.Equal(x.Dims, y.Dims) &&
				slices.EqualFunc(x.Elems, y.Elems, func(p, q types.Datum) bool { return EqualConst(x.Elem, p, q) })
		}
	}
	return types.Compare(t, a, b) == 0
}

// sameNode compares everything but the children.
func sameNode(a, b Expr) bool {
	switch a := a.(type) {
	case *Const:
		b, ok := b.(*Const)
		return ok && a.T == b.T && EqualConst(a.T.OID, a.D, b.D)
	case *Param:
		b, ok := b.(*Param)
		return ok && a.N == b.N && a.T == b.T
	case *Var:
		b, ok := b.(*Var)
		return ok && a.ID == b.ID
	case *Col:
		b, ok := b.(*Col)
		return ok && a.Idx == b.Idx
	case *ExecParam:
		b, ok := b.(*ExecParam)
		return ok && a.Slot == b.Slot
	case *CaseArg:
		b, ok := b.(*CaseArg)
		return ok && a.T == b.T
	case *Call:
		b, ok := b.(*Call)
		return ok && sameFunc(a.Fn, b.Fn) && len(a.Args) == len(b.Args) && a.T == b.T && a.VariadicArray == b.VariadicArray
	case *Relabel:
		b, ok := b.(*Relabel)
		return ok && a.T == b.T
	case *CoerceIO:
		b, ok := b.(*CoerceIO)
		return ok && a.T == b.T && a.Implicit == b.Implicit
	case *CoerceArray:
		b, ok := b.(*CoerceArray)
		return ok && a.T == b.T
	case *Collate:
		b, ok := b.(*Collate)
		return ok && a.Name == b.Name
	case *And:
		b, ok := b.(*And)
		return ok && len(a.Args) == len(b.Args)
	case *Or:
		b, ok := b.(*Or)
		return ok && len(a.Args) == len(b.Args)
	case *Not:
		_, ok := b.(*Not)
		return ok
	}
	return sameTest(a, b)
}

func sameFunc(a, b *Func) bool {
	return a == b || a != nil && b != nil && a.OID != 0 && a.OID == b.OID
}

func sameTest(a, b Expr) bool {
	switch a := a.(type) {
	case *IsNull:
		b, ok := b.(*IsNull)
		return ok && a.Not == b.Not && a.Row == b.Row
	case *BoolTest:
		b, ok := b.(*BoolTest)
		return ok && a.Kind == b.Kind
	case *Distinct:
		b, ok := b.(*Distinct)
		return ok && sameFunc(a.Eq, b.Eq) && a.Not == b.Not
	case *ScalarArray:
		b, ok := b.(*ScalarArray)
		return ok && sameFunc(a.Op, b.Op) && a.All == b.All
	case *RowCompare:
		b, ok := b.(*RowCompare)
		return ok && a.Op == b.Op && len(a.Ls) == len(b.Ls)
	case *Case:
		b, ok := b.(*Case)
		return ok && len(a.Whens) == len(b.Whens) && (a.Arg == nil) == (b.Arg == nil) && (a.Else == nil) == (b.Else == nil) && a.T == b.T
	case *Coalesce:
		b, ok := b.(*Coalesce)
		return ok && len(a.Args) == len(b.Args) && a.T == b.T
	case *NullIf:
		b, ok := b.(*NullIf)
		return ok && sameFunc(a.Eq, b.Eq) && a.T == b.T
	case *MinMax:
		b, ok := b.(*MinMax)
		return ok && a.Greatest == b.Greatest && len(a.Args) == len(b.Args) && a.T == b.T
	case *Array:
		b, ok := b.(*Array)
		return ok && len(a.Elems) == len(b.Elems) && a.T == b.T && a.Multi == b.Multi
	case *Row:
		b, ok := b.(*Row)
		return ok && len(a.Elems) == len(b.Elems)
	case *Field:
		b, ok := b.(*Field)
		return ok && a.Idx == b.Idx
	}
	return sameQuery(a, b)
}

func sameQuery(a, b Expr) bool {
	switch a := a.(type) {
	case *Subscript:
		b, ok := b.(*Subscript)
		return ok && a.Slice == b.Slice && samePlaces(a.Upper, b.Upper) && samePlaces(a.Lower, b.Lower)
	case *SessionValue:
		b, ok := b.(*SessionValue)
		return ok && a.Name == b.Name && a.T == b.T
	case *Subquery:
		b, ok := b.(*Subquery)
		return ok && a.Query == b.Query && a.Kind == b.Kind
	case *SubPlan:
		b, ok := b.(*SubPlan)
		return ok && a.ID == b.ID && a.Kind == b.Kind
	case *AggCall:
		b, ok := b.(*AggCall)
		return ok && (a.Fn == b.Fn || a.Fn.OID != 0 && a.Fn.OID == b.Fn.OID) && a.Star == b.Star && a.Distinct == b.Distinct && len(a.Args) == len(b.Args) &&
			a.Direct == b.Direct && (a.Filter == nil) == (b.Filter == nil) &&
			slices.EqualFunc(a.OrderBy, b.OrderBy, func(x, y SortKey) bool { return x.Desc == y.Desc && x.NullsFirst == y.NullsFirst })
	case *WindowCall:
		b, ok := b.(*WindowCall)
		return ok && sameFunc(a.Fn, b.Fn) && (a.Agg == nil) == (b.Agg == nil) && a.Window == b.Window && len(a.Args) == len(b.Args)
	}
	return false
}

// samePlaces reports whether the same elements are missing.
func samePlaces(a, b []Expr) bool {
	return slices.EqualFunc(a, b, func(x, y Expr) bool { return (x == nil) == (y == nil) })
}
