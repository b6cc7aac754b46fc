package types

import (
	"math"
	"strings"
)

// Compare orders two values of type oid, neither of them NULL, as the type's default btree operator class does.
func Compare(oid OID, a, b Datum) int {
	if oid >= FirstUserOID {
		oid = BaseOf(oid)
	}
	switch a.kind {
	case KindInt:
		if oid == XID8OID || oid == PgLSNOID {
			return compareUint(uint64(a.i), uint64(b.i))
		}
		return compareInt(a.i, b.i)
	case KindBool:
		return compareInt(a.i, b.i)
	case KindStr:
		if oid == BPCharOID {
			return strings.Compare(TrimBlanks(a.s), TrimBlanks(b.s))
		}
		return strings.Compare(a.s, b.s)
	case KindFloat:
		return CompareFloat(a.Float(), b.Float())
	case KindNum:
		return a.Num().Cmp(b.Num())
	case KindInterval:
		return a.Interval().Cmp(b.Interval())
	case KindRef:
		return CompareRef(a.x, b.x)
	}
	return 0
}

// Equal is Compare = 0.
func Equal(oid OID, a, b Datum) bool {
	if a.kind == KindStr && BaseOf(oid) != BPCharOID {
		return a.s == b.s
	}
	return Compare(oid, a, b) == 0
}

func compareInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compareUint(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// CompareFloat orders floats: -0 equals 0, NaN equals itself and is above all others.
func CompareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return boolRank(math.IsNaN(a)) - boolRank(math.IsNaN(b))
}

// CompareRef orders values of kind KindRef of the same type.
func CompareRef(a, b any) int {
	switch x := a.(type) {
	case *Array:
		if y, ok := b.(*Array); ok {
			return x.Compare(y)
		}
	case *JSONB:
		if y, ok := b.(*JSONB); ok {
			return x.Compare(y)
		}
	case *Record:
		if y, ok := b.(*Record); ok {
			return x.Compare(y)
		}
	case TimeTZ:
		if y, ok := b.(TimeTZ); ok {
			return x.Compare(y)
		}
	case Inet:
		if y, ok := b.(Inet); ok {
			return x.Compare(y)
		}
	}
	return 0
}

// CompareElems orders two values of which either may be NULL: NULL equals itself and is above all others.
func CompareElems(oid OID, a, b Datum) int {
	if a.IsNull() || b.IsNull() {
		return boolRank(a.IsNull()) - boolRank(b.IsNull())
	}
	return Compare(oid, a, b)
}

// Compare orders arrays by their elements, then by their number, their dimensions and their subscripts.
func (a *Array) Compare(b *Array) int {
	for i := 0; i < len(a.Elems) && i < len(b.Elems); i++ {
		if c := CompareElems(a.Elem, a.Elems[i], b.Elems[i]); c != 0 {
			return c
		}
	}
	if c := len(a.Elems) - len(b.Elems); c != 0 {
		return c
	}
	if c := len(a.Dims) - len(b.Dims); c != 0 {
		return c
	}
	for i := range a.Dims {
		if c := a.Dims[i].Len - b.Dims[i].Len; c != 0 {
			return c
		}
	}
	for i := range a.Dims {
		if c := a.Dims[i].Lower - b.Dims[i].Lower; c != 0 {
			return c
		}
	}
	return 0
}

// Compare orders rows field by field.
func (r *Record) Compare(o *Record) int {
	for i := 0; i < len(r.Fields) && i < len(o.Fields); i++ {
		if c := CompareElems(r.Types[i].OID, r.Fields[i], o.Fields[i]); c != 0 {
			return c
		}
	}
	return len(r.Fields) - len(o.Fields)
}

// Compare orders by the moment, then by the zone.
func (v TimeTZ) Compare(o TimeTZ) int {
	a, b := v.Micros+int64(v.Zone)*MicrosPerSecond, o.Micros+int64(o.Zone)*MicrosPerSecond
	if a != b {
		return compareInt(a, b)
	}
	return compareInt(int64(v.Zone), int64(o.Zone))
}

// span is an interval's length with months of 30 days, as days and the rest in microseconds (0 ≤ rest < a day).
func (v Interval) span() (days, micros int64) {
	d := floorDiv(v.Micros, MicrosPerDay)
	return int64(v.Months)*30 + int64(v.Days) + d, v.Micros - d*MicrosPerDay
}

// Cmp orders intervals with months of 30 days and days of 24 hours.
func (v Interval) Cmp(o Interval) int {
	d1, m1 := v.span()
	d2, m2 := o.span()
	if d1 != d2 {
		return compareInt(d1, d2)
	}
	return compareInt(m1, m2)
}

// Hash is equal for intervals that compare equal.
func (v Interval) Hash() uint64 {
	d, m := v.span()
	return HashCombine(mix64(uint64(d)), uint64(m))
}

// Span is the interval in microseconds, of which the lower 64 bits are kept, with months of 30 days.
func (v Interval) Span() int64 {
	return v.Micros + MicrosPerDay*(int64(v.Months)*30+int64(v.Days))
}

// HashFloat is equal for floats that compare equal.
func HashFloat(f float64) uint64 {
	switch {
	case f == 0:
		return mix64(0)
	case math.IsNaN(f):
		return mix64(0x7ff8000000000000)
	}
	return mix64(math.Float64bits(f))
}

// Hash is equal for values of type oid that compare equal. NULL has a hash of its own.
func Hash(oid OID, d Datum) uint64 {
	switch d.kind {
	case KindInt, KindBool:
		return mix64(uint64(d.i))
	case KindStr:
		if BaseOf(oid) == BPCharOID {
			return HashString(TrimBlanks(d.s))
		}
		return HashString(d.s)
	case KindFloat:
		return HashFloat(d.Float())
	case KindNum:
		return d.Num().Hash()
	case KindInterval:
		return d.Interval().Hash()
	case KindRef:
		return HashRef(d.x)
	}
	return mix64(0x5bd1e995)
}

// HashRef hashes a value of kind KindRef.
func HashRef(x any) uint64 {
	h := mix64(7)
	switch v := x.(type) {
	case *Array:
		for _, e := range v.Elems {
			h = HashCombine(h, Hash(v.Elem, e))
		}
	case *Record:
		for i, f := range v.Fields {
			h = HashCombine(h, Hash(v.Types[i].OID, f))
		}
	case *JSONB:
		return v.Hash()
	case TimeTZ:
		return HashCombine(mix64(uint64(v.Micros)), uint64(v.Zone))
	case Inet:
		return HashCombine(HashString(string(v.Addr.AsSlice())), uint64(v.Bits))
	}
	return h
}
