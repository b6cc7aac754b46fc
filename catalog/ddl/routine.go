package ddl

import (
	"slices"

	"github.com/lightsql/lightsql/sql/types"
)

// families are the pseudo-types that tell together what a pseudo-type of a result stands for, as messages list them.
var families = []struct {
	of    []types.OID
	by    []types.OID
	names string
}{
	{[]types.OID{types.AnyRangeOID, types.AnyMultirangeOID}, []types.OID{types.AnyRangeOID, types.AnyMultirangeOID}, "anyrange or anymultirange"},
	{[]types.OID{types.AnyCompatibleRangeOID, types.AnyCompatibleMultirangeOID},
		[]types.OID{types.AnyCompatibleRangeOID, types.AnyCompatibleMultirangeOID}, "anycompatiblerange or anycompatiblemultirange"},
	{[]types.OID{types.AnyElementOID, types.AnyArrayOID, types.AnyNonArrayOID, types.AnyEnumOID},
		[]types.OID{types.AnyElementOID, types.AnyArrayOID, types.AnyNonArrayOID, types.AnyEnumOID, types.AnyRangeOID, types.AnyMultirangeOID},
		"anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange"},
	{[]types.OID{types.AnyCompatibleOID, types.AnyCompatibleArrayOID, types.AnyCompatibleNonArrayOID},
		[]types.OID{types.AnyCompatibleOID, types.AnyCompatibleArrayOID, types.AnyCompatibleNonArrayOID, types.AnyCompatibleRangeOID,
			types.AnyCompatibleMultirangeOID},
		"anycompatible, anycompatiblearray, anycompatiblenonarray, anycompatiblerange, or anycompatiblemultirange"},
}

// CheckPolymorphic refuses a pseudo-type t of a result if no argument tells what it stands for.
func CheckPolymorphic(t types.OID, args []types.OID, what string) error {
	for _, f := range families {
		if !slices.Contains(f.of, t) {
			continue
		}
		if slices.ContainsFunc(args, func(a types.OID) bool { return slices.Contains(f.by, a) }) {
			return nil
		}
		return errFunction("cannot determine %s", what).
			WithDetail("A result of type %s requires at least one input of type %s.", types.FormatType(t, -1), f.names)
	}
	return nil
}
