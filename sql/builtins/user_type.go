package builtins

import (
	"cmp"
	"sync"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// domainChecks are the functions of DomainCheck, one per domain, so that equal casts are equal expressions.
var domainChecks sync.Map

// DomainCheck is the function that lets a value of the base type pass if the domain allows it.
func DomainCheck(domain types.OID) *expr.Func {
	if f, ok := domainChecks.Load(domain); ok {
		return f.(*expr.Func)
	}
	f, _ := domainChecks.LoadOrStore(domain, &expr.Func{OID: domain, Name: "domain_in", Args: []types.OID{types.AnyOID}, Ret: domain,
		Volatility: expr.Stable, Kind: 'f',
		Scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			if c.Types == nil || c.Types.User == nil {
				return types.Null, pgerr.New(pgerr.UndefinedObject, "type with OID %d does not exist", domain)
			}
			return a[0], c.Types.User.CheckDomain(domain, a[0])
		}})
	return f.(*expr.Func)
}

func baseTypes(in []types.OID) []types.OID {
	for i, t := range in {
		if types.Undomained(t) == t {
			continue
		}
		out := append([]types.OID(nil), in...)
		for k := i; k < len(out); k++ {
			out[k] = types.Undomained(out[k])
		}
		return out
	}
	return in
}

// enumCodes are the functions of enums, which are held as integers in the order of their labels.
func enumCodes() []code {
	cs := []code{
		{src: "enum_larger", kernel: map2(ints, ints, ints, func(a, b int64) int64 { return max(a, b) })},
		{src: "enum_smaller", kernel: map2(ints, ints, ints, func(a, b int64) int64 { return min(a, b) })},
		{src: "enum_cmp", kernel: map2(ints, ints, ints, func(a, b int64) int64 { return int64(cmp.Compare(a, b)) })},
		{src: "enum_first", bind: enumRange(func(all []int64, _ []types.Datum) types.Datum {
			return types.NewInt(all[0])
		})},
		{src: "enum_last", bind: enumRange(func(all []int64, _ []types.Datum) types.Datum {
			return types.NewInt(all[len(all)-1])
		})},
	}
	for _, r := range relations {
		cs = append(cs, code{src: "enum_" + r.suffix, kernel: compareOrdered(ints, r.rel)})
	}
	for _, src := range []string{"enum_range_all", "enum_range_bounds"} {
		cs = append(cs, code{src: src, bind: enumArray})
	}
	return cs
}

func enumValues(c *expr.Ctx, t types.OID) ([]int64, error) {
	if c.Types != nil && c.Types.User != nil {
		if all := c.Types.User.EnumValues(t); len(all) > 0 {
			return all, nil
		}
		return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "enum %s contains no values", c.Types.User.TypeName(t))
	}
	return nil, pgerr.New(pgerr.UndefinedObject, "type with OID %d does not exist", t)
}

func enumRange(f func(all []int64, a []types.Datum) types.Datum) func(*expr.Func, []types.T, types.T) *expr.Func {
	return bound(func(args []types.T, _ types.T) scalarFn {
		return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			all, err := enumValues(c, args[0].OID)
			if err != nil {
				return types.Null, err
			}
			return f(all, a), nil
		}
	})
}

// enumArray is enum_range: all values, or those between two.
func enumArray(f *expr.Func, args []types.T, ret types.T) *expr.Func {
	return enumRange(func(all []int64, a []types.Datum) types.Datum {
		var out []types.Datum
		for _, v := range all {
			if len(a) == 2 && (!a[0].IsNull() && v < a[0].Int() || !a[1].IsNull() && v > a[1].Int()) {
				continue
			}
			out = append(out, types.NewInt(v))
		}
		return types.NewRef(types.NewArray(args[0].OID, out))
	})(f, args, ret)
}
