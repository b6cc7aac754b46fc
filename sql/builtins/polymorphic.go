package builtins

import (
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// polymorphism is what the pseudo-types of one call stand for.
type polymorphism struct {
	elem, array           types.OID // anyelement's family
	compat, compatArray   types.OID // anycompatible's family
	nonArray, compatNonAr bool
}

// polymorphicConsistent reports whether the actual types can stand for the declared pseudo-types together
// (check_generic_type_consistency).
func polymorphicConsistent(actual, declared []types.OID) bool {
	some := false
	for _, d := range declared {
		some = some || types.IsPolymorphic(d)
	}
	if !some {
		return true
	}
	_, err := inferPolymorphic(actual, declared, true)
	return err == nil
}

// inferPolymorphic finds the types. lenient leaves unresolved what only unknown literals could tell.
func inferPolymorphic(actual, declared []types.OID, lenient bool) (polymorphism, error) {
	var p polymorphism
	var compat []types.OID
	for i, d := range declared {
		if i >= len(actual) {
			break
		}
		t := actual[i]
		switch d {
		case types.AnyNonArrayOID, types.AnyElementOID, types.AnyEnumOID:
			p.nonArray = p.nonArray || d == types.AnyNonArrayOID
			if t == types.UnknownOID {
				continue
			}
			if d == types.AnyEnumOID && !isEnum(t) {
				return p, pgerr.New(pgerr.DatatypeMismatch, "type matched to anyenum is not an enum type: %s", typeName(t))
			}
			if p.elem != 0 && p.elem != t {
				return p, mismatch("arguments declared \"%s\" are not all alike", "anyelement", p.elem, t)
			}
			p.elem = t
		case types.AnyArrayOID:
			if t == types.UnknownOID {
				continue
			}
			if p.array != 0 && p.array != t {
				return p, mismatch("arguments declared \"%s\" are not all alike", "anyarray", p.array, t)
			}
			if types.ElemOf(t) == 0 && t != types.AnyArrayOID {
				return p, pgerr.New(pgerr.DatatypeMismatch, "argument declared %s is not an array but type %s", "anyarray", typeName(t))
			}
			p.array = t
		case types.AnyCompatibleOID, types.AnyCompatibleNonArrayOID:
			p.compatNonAr = p.compatNonAr || d == types.AnyCompatibleNonArrayOID
			compat = append(compat, t)
		case types.AnyCompatibleArrayOID:
			if t == types.UnknownOID {
				compat = append(compat, t)
				continue
			}
			e := types.ElemOf(t)
			if e == 0 {
				return p, pgerr.New(pgerr.DatatypeMismatch, "argument declared %s is not an array but type %s", "anycompatiblearray", typeName(t))
			}
			compat = append(compat, e)
		case types.AnyRangeOID, types.AnyMultirangeOID, types.AnyCompatibleRangeOID, types.AnyCompatibleMultirangeOID:
			if t != types.UnknownOID {
				if ti, ok := types.Info(t); !ok || ti.Type != 'r' && ti.Type != 'm' {
					return p, pgerr.New(pgerr.DatatypeMismatch, "argument declared %s is not a range type but type %s", "anyrange", typeName(t))
				}
			}
		}
	}
	return p, p.reconcile(compat, lenient)
}

func mismatch(format, pseudo string, a, b types.OID) error {
	return pgerr.New(pgerr.DatatypeMismatch, format, pseudo).WithDetail("%s versus %s", typeName(a), typeName(b))
}

func isEnum(t types.OID) bool {
	ti, ok := types.Info(t)
	return ok && ti.Type == 'e'
}

// reconcile completes each family from what is known of it.
func (p *polymorphism) reconcile(compat []types.OID, lenient bool) error {
	switch {
	case p.array != 0:
		e := types.ElemOf(p.array)
		if p.elem == 0 {
			p.elem = e
		} else if p.elem != e && p.array != types.AnyArrayOID {
			return pgerr.New(pgerr.DatatypeMismatch, "argument declared %s is not consistent with argument declared %s", "anyarray", "anyelement").
				WithDetail("%s versus %s", typeName(p.array), typeName(p.elem))
		}
	case p.elem != 0:
		p.array = types.ArrayOf(p.elem)
	}
	if p.nonArray && p.elem != 0 && types.ElemOf(p.elem) != 0 {
		return pgerr.New(pgerr.DatatypeMismatch, "type matched to anynonarray is an array type: %s", typeName(p.elem))
	}
	if len(compat) == 0 {
		return nil
	}
	t, err := SelectCommonType(compat, "")
	if err != nil {
		return pgerr.New(pgerr.DatatypeMismatch, "arguments of anycompatible family cannot be cast to a common type")
	}
	if p.compatNonAr && types.ElemOf(t) != 0 {
		return pgerr.New(pgerr.DatatypeMismatch, "type matched to anycompatiblenonarray is an array type: %s", typeName(t))
	}
	for _, c := range compat {
		if !CanCoerce(c, t, Implicit) {
			return pgerr.New(pgerr.DatatypeMismatch, "arguments of anycompatible family cannot be cast to a common type")
		}
	}
	p.compat, p.compatArray = t, types.ArrayOf(t)
	return nil
}

// resolve is the type that a declared one stands for.
func (p *polymorphism) resolve(d types.OID) (types.OID, error) {
	var t types.OID
	switch d {
	case types.AnyElementOID, types.AnyNonArrayOID, types.AnyEnumOID:
		t = p.elem
	case types.AnyArrayOID:
		t = p.array
	case types.AnyCompatibleOID, types.AnyCompatibleNonArrayOID:
		t = p.compat
	case types.AnyCompatibleArrayOID:
		t = p.compatArray
	case types.AnyRangeOID, types.AnyMultirangeOID, types.AnyCompatibleRangeOID, types.AnyCompatibleMultirangeOID:
		return 0, pgerr.FeatureNotSupported("a function of range types")
	default:
		return d, nil
	}
	if t == 0 {
		return 0, pgerr.New(pgerr.DatatypeMismatch, "could not determine polymorphic type because input has type %s", "unknown")
	}
	return t, nil
}

// resolvePolymorphic replaces pseudo-types in the declared argument types and the result (enforce_generic_type_consistency).
func resolvePolymorphic(actual, declared []types.OID, ret types.OID) (args []types.OID, result types.OID, err error) {
	some := types.IsPolymorphic(ret)
	for _, d := range declared {
		some = some || types.IsPolymorphic(d)
	}
	if !some {
		return declared, ret, nil
	}
	p, err := inferPolymorphic(actual, declared, false)
	if err != nil {
		return nil, 0, err
	}
	args = make([]types.OID, len(declared))
	for i, d := range declared {
		if args[i], err = p.resolve(d); err != nil {
			return nil, 0, err
		}
	}
	if result, err = p.resolve(ret); err != nil {
		return nil, 0, err
	}
	return args, result, nil
}

func typeName(t types.OID) string { return types.FormatType(t, -1) }
