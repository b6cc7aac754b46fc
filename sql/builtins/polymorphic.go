package builtins

import (
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// polymorphism is what the pseudo-types of one call stand for.
type polymorphism struct {
	elem, array           types.OID // anyelement's family
	rng, multirange       types.OID // anyelement's family too: anyrange and anymultirange
	compat, compatArray   types.OID // anycompatible's family
	nonArray, compatNonAr bool
}

// polymorphicConsistent reports whether the actual types can stand for the declared pseudo-types together
// (check_generic_type_consistency).
func (r Resolver) polymorphicConsistent(actual, declared []types.OID) bool {
	some := false
	for _, d := range declared {
		some = some || types.IsPolymorphic(d)
	}
	if !some {
		return true
	}
	_, err := r.inferPolymorphic(actual, declared)
	return err == nil
}

// inferPolymorphic finds the types; what only unknown literals could tell stays 0.
func (r Resolver) inferPolymorphic(actual, declared []types.OID) (polymorphism, error) {
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
		case types.AnyRangeOID, types.AnyMultirangeOID:
			if err := p.addRange(d, t); err != nil {
				return p, err
			}
		case types.AnyCompatibleRangeOID, types.AnyCompatibleMultirangeOID:
			if t != types.UnknownOID && rangeElem[t] == 0 && rangeElem[rangeOfMulti[t]] == 0 {
				return p, pgerr.New(pgerr.DatatypeMismatch, "argument declared %s is not a range type but type %s", "anycompatiblerange", typeName(t))
			}
		}
	}
	return p, p.reconcile(r, compat)
}

// rangeElem is the element type of each range type, rangeOfMulti the range type of each multirange type.
var (
	rangeElem = map[types.OID]types.OID{types.Int4rangeOID: types.Int4OID, types.NumrangeOID: types.NumericOID,
		types.TsrangeOID: types.TimestampOID, types.TstzrangeOID: types.TimestamptzOID, types.DaterangeOID: types.DateOID,
		types.Int8rangeOID: types.Int8OID}
	rangeOfMulti = map[types.OID]types.OID{types.Int4multirangeOID: types.Int4rangeOID, types.NummultirangeOID: types.NumrangeOID,
		types.TsmultirangeOID: types.TsrangeOID, types.TstzmultirangeOID: types.TstzrangeOID, types.DatemultirangeOID: types.DaterangeOID,
		types.Int8multirangeOID: types.Int8rangeOID}
)

// addRange takes the actual type of an anyrange or anymultirange.
func (p *polymorphism) addRange(d, t types.OID) error {
	if t == types.UnknownOID {
		return nil
	}
	r, slot, name := t, &p.rng, "anyrange"
	if d == types.AnyMultirangeOID {
		r, slot, name = rangeOfMulti[t], &p.multirange, "anymultirange"
	}
	if rangeElem[r] == 0 {
		what := map[string]string{"anyrange": "range", "anymultirange": "multirange"}[name]
		return pgerr.New(pgerr.DatatypeMismatch, "argument declared %s is not a %s type but type %s", name, what, typeName(t))
	}
	if *slot != 0 && *slot != t {
		return mismatch("arguments declared \"%s\" are not all alike", name, *slot, t)
	}
	*slot = t
	return nil
}

// reconcileRanges makes ranges, multiranges and elements agree.
func (p *polymorphism) reconcileRanges() error {
	r := p.rng
	if m := rangeOfMulti[p.multirange]; m != 0 {
		if r != 0 && r != m {
			return pgerr.New(pgerr.DatatypeMismatch, "argument declared %s is not consistent with argument declared %s", "anymultirange", "anyrange").
				WithDetail("%s versus %s", typeName(p.multirange), typeName(r))
		}
		r = m
	}
	if r == 0 {
		return nil
	}
	if p.elem != 0 && p.elem != rangeElem[r] {
		return pgerr.New(pgerr.DatatypeMismatch, "argument declared %s is not consistent with argument declared %s", "anyrange", "anyelement").
			WithDetail("%s versus %s", typeName(r), typeName(p.elem))
	}
	p.rng, p.elem = r, rangeElem[r]
	for multi, of := range rangeOfMulti {
		if of == r {
			p.multirange = multi
		}
	}
	return nil
}

func mismatch(format, pseudo string, a, b types.OID) error {
	return pgerr.New(pgerr.DatatypeMismatch, format, pseudo).WithDetail("%s versus %s", typeName(a), typeName(b))
}

func isEnum(t types.OID) bool { return types.IsEnum(t) }

// reconcile completes each family from what is known of it.
func (p *polymorphism) reconcile(r Resolver, compat []types.OID) error {
	if err := p.reconcileRanges(); err != nil {
		return err
	}
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
	t, err := r.SelectCommonType(compat, "")
	if err != nil {
		return pgerr.New(pgerr.DatatypeMismatch, "arguments of anycompatible family cannot be cast to a common type")
	}
	if p.compatNonAr && types.ElemOf(t) != 0 {
		return pgerr.New(pgerr.DatatypeMismatch, "type matched to anycompatiblenonarray is an array type: %s", typeName(t))
	}
	for _, c := range compat {
		if !r.CanCoerce(c, t, Implicit) {
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
	case types.AnyRangeOID:
		t = p.rng
	case types.AnyMultirangeOID:
		t = p.multirange
	case types.AnyCompatibleRangeOID, types.AnyCompatibleMultirangeOID:
		return 0, pgerr.FeatureNotSupported("a function of compatible range types")
	default:
		return d, nil
	}
	if t == 0 {
		return 0, pgerr.New(pgerr.DatatypeMismatch, "could not determine polymorphic type because input has type %s", "unknown")
	}
	return t, nil
}

// resolvePolymorphic replaces pseudo-types in the declared argument types and the result (enforce_generic_type_consistency).
func (r Resolver) resolvePolymorphic(actual, declared []types.OID, ret types.OID) (args []types.OID, result types.OID, err error) {
	some := types.IsPolymorphic(ret)
	for _, d := range declared {
		some = some || types.IsPolymorphic(d)
	}
	if !some {
		return declared, ret, nil
	}
	p, err := r.inferPolymorphic(actual, declared)
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
