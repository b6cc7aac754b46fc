package exec

import (
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// nullHash is the hash of NULL.
const nullHash = 0x9e3779b97f4a7c15

// Hasher hashes the values of one column so that equal values (by the type's "=") hash equal.
type Hasher struct {
	t     types.OID
	kind  types.Kind
	blank bool
}

// NewHasher is the hasher for a type.
func NewHasher(t types.T) Hasher {
	return Hasher{t: t.OID, kind: t.Kind(), blank: types.IsBlankPadded(t.OID)}
}

// Hash writes the hash of row sel[k] (or k, if sel is nil) of v to out[k], for len(out) rows; mix combines it with what out
// holds: the hash of the columns before. A Const vector stands for all rows.
func (h Hasher) Hash(v *vec.Vector, sel []int32, out []uint64, mix bool) {
	if v.Const {
		x := h.one(v, 0)
		for k := range out {
			out[k] = combine(out[k], x, mix)
		}
		return
	}
	switch {
	case v.Nulls.Any():
		h.each(v, sel, out, mix)
	case h.kind == types.KindInt:
		hashInts(v.Int, sel, out, mix)
	case h.kind == types.KindStr && !h.blank:
		hashStrings(v.Str, sel, out, mix)
	default:
		h.each(v, sel, out, mix)
	}
}

func (h Hasher) each(v *vec.Vector, sel []int32, out []uint64, mix bool) {
	for k := range out {
		i := k
		if sel != nil {
			i = int(sel[k])
		}
		out[k] = combine(out[k], h.one(v, i), mix)
	}
}

func combine(h, x uint64, mix bool) uint64 {
	if mix {
		return types.HashCombine(h, x)
	}
	return x
}

func hashInts(v []int64, sel []int32, out []uint64, mix bool) {
	switch {
	case sel == nil && !mix:
		for k := range out {
			out[k] = types.HashInt(v[k])
		}
	case sel == nil:
		for k := range out {
			out[k] = types.HashCombine(out[k], types.HashInt(v[k]))
		}
	default:
		for k, i := range sel {
			out[k] = combine(out[k], types.HashInt(v[i]), mix)
		}
	}
}

func hashStrings(v []string, sel []int32, out []uint64, mix bool) {
	if sel == nil {
		for k := range out {
			out[k] = combine(out[k], types.HashString(v[k]), mix)
		}
		return
	}
	for k, i := range sel {
		out[k] = combine(out[k], types.HashString(v[i]), mix)
	}
}

// one is the hash of row i.
func (h Hasher) one(v *vec.Vector, i int) uint64 {
	if v.Nulls.Has(i) {
		return nullHash
	}
	switch h.kind {
	case types.KindBool:
		if v.Bool[i] {
			return types.HashInt(1)
		}
		return types.HashInt(0)
	case types.KindInt:
		return types.HashInt(v.Int[i])
	case types.KindFloat:
		return types.HashFloat(v.Float[i])
	case types.KindStr:
		if h.blank {
			return types.HashString(types.TrimBlanks(v.Str[i]))
		}
		return types.HashString(v.Str[i])
	case types.KindNum:
		return v.Num[i].Hash()
	}
	return types.Hash(h.t, v.Datum(i))
}
