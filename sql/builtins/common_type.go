package builtins

import (
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// SelectCommonType is the type of a construct whose parts have the given types (PostgreSQL's select_common_type). context
// is the construct's name for the error: "CASE", "UNION", "COALESCE", "ARRAY", "VALUES", "IN", "GREATEST" …
// Unknown literals do not count; if all are unknown the type is text.
func SelectCommonType(in []types.OID, context string) (types.OID, error) {
	return Resolver{}.SelectCommonType(in, context)
}

// SelectCommonType is SelectCommonType with user-defined types and casts.
func (r Resolver) SelectCommonType(in []types.OID, context string) (types.OID, error) {
	if len(in) == 0 {
		return types.TextOID, nil
	}
	t := in[0]
	same := true
	for _, next := range in[1:] {
		same = same && next == t
	}
	if !same {
		in = baseTypes(in)
		t = in[0]
	}
	for _, next := range in[1:] {
		if next == types.UnknownOID || next == t {
			continue
		}
		category, preferred := r.Category(t)
		other, _ := r.Category(next)
		switch {
		case t == types.UnknownOID:
			t = next
		case category != other:
			return 0, pgerr.New(pgerr.DatatypeMismatch, "%s types %s and %s cannot be matched", context, typeName(t), typeName(next))
		case !preferred && r.CanCoerce(t, next, Implicit) && !r.CanCoerce(next, t, Implicit):
			t = next
		}
	}
	if t == types.UnknownOID {
		t = types.TextOID
	}
	return t, nil
}

// CommonTypmod is the modifier of a construct whose parts have the given types, all of the chosen type: theirs if they agree.
func CommonTypmod(in []types.T, common types.OID) int32 {
	mod := int32(-1)
	for i, t := range in {
		if t.OID != common || i > 0 && t.Mod != mod {
			return -1
		}
		mod = t.Mod
	}
	return mod
}

// CannotConvert is the error for a part that does not become the common type.
func CannotConvert(context string, from, to types.OID) error {
	return pgerr.New(pgerr.CannotCoerce, "%s could not convert type %s to %s", context, typeName(from), typeName(to))
}

// CannotCast is the error of an explicit cast without a path.
func CannotCast(from, to types.OID) error {
	return pgerr.New(pgerr.CannotCoerce, "cannot cast type %s to %s", typeName(from), typeName(to))
}
