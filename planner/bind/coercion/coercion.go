package coercion

import (
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Widen converts integer literals to wider types, as bulk inserts need it by the thousand.
func Widen(d types.Datum, from, to types.OID) (types.Datum, bool) {
	if from != types.Int4OID && from != types.Int8OID && from != types.Int2OID {
		return d, false
	}
	switch to {
	case types.Int8OID:
		return d, true
	case types.Int4OID:
		return d, from == types.Int2OID
	case types.Int2OID:
		return d, d.Int() == int64(int16(d.Int()))
	case types.NumericOID:
		return types.NewNum(types.NumericFromInt(d.Int())), true
	case types.Float8OID:
		return types.NewFloat(float64(d.Int())), true
	}
	return d, false
}

// Relabel is e as a value of a type that has the same values.
func Relabel(e expr.Expr, t types.T, ctx builtins.Context) expr.Expr {
	if c, ok := e.(*expr.Const); ok && c.D.Kind() != types.KindRef {
		switch { // unsigned types of the same width hold other values than int4 for the same bits
		case c.D.Kind() != types.KindInt || (c.T.OID == types.Int4OID) == (t.OID == types.Int4OID):
			return &expr.Const{T: t, D: c.D}
		case t.OID == types.Int4OID:
			return &expr.Const{T: t, D: types.NewInt(int64(int32(c.D.Int())))}
		}
		return &expr.Const{T: t, D: types.NewInt(int64(uint32(c.D.Int())))}
	}
	if r, ok := e.(*expr.Relabel); ok {
		e = r.Arg
	}
	return &expr.Relabel{Arg: e, T: t, Implicit: ctx != builtins.Explicit}
}

// Form is how a call of a cast function shows.
func Form(ctx builtins.Context) expr.CallForm {
	if ctx == builtins.Explicit {
		return expr.FormCastExplicit
	}
	return expr.FormCastImplicit
}

// SameType reports whether all expressions are of one type.
func SameType(es []expr.Expr) bool {
	for _, e := range es[1:] {
		if e.Type().OID != es[0].Type().OID {
			return false
		}
	}
	return true
}

// CommonMod is the modifier that all expressions share, -1 if they differ or are not of type t.
func CommonMod(es []expr.Expr, t types.OID) int32 {
	mod := int32(-1)
	for i, e := range es {
		et := e.Type()
		if et.OID != t || i > 0 && et.Mod != mod {
			return -1
		}
		mod = et.Mod
	}
	return mod
}

// OfDomains reports two array types of which at least one has a domain's values: they are converted element by element.
func OfDomains(from, to types.OID) bool {
	fe, te := types.ElemOf(from), types.ElemOf(to)
	return fe != 0 && te != 0 && (types.IsDomain(fe) || types.IsDomain(te))
}
