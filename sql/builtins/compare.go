package builtins

import (
	"cmp"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// relation is one of the six comparisons. All come from "equal" and "less", exchanged or negated.
type relation struct {
	eq, swap, neg bool
}

var relations = []struct {
	suffix string
	rel    relation
}{
	{"eq", relation{eq: true}},
	{"ne", relation{eq: true, neg: true}},
	{"lt", relation{}},
	{"gt", relation{swap: true}},
	{"ge", relation{neg: true}},
	{"le", relation{swap: true, neg: true}},
}

// compareOrdered is the kernel of a comparison of Go-ordered values.
func compareOrdered[T cmp.Ordered](in accessor[T], r relation) expr.Kernel {
	loop := lessLoop[T]
	if r.eq {
		loop = equalLoop[T]
	}
	return compareKernel(in, r, loop)
}

type compareLoop[T any] func(a, b []T, ma, mb int, neg bool, sel []int32, out []bool)

func compareKernel[T any](in accessor[T], r relation, loop compareLoop[T]) expr.Kernel {
	return func(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, res *vec.Vector) error {
		x, y := args[0], args[1]
		if r.swap {
			x, y = y, x
		}
		loop(in(x), in(y), mask(x), mask(y), r.neg, sel, res.Bool[:n])
		return nil
	}
}

func equalLoop[T comparable](a, b []T, ma, mb int, neg bool, sel []int32, out []bool) {
	switch {
	case sel != nil:
		for _, i := range sel {
			out[i] = (a[int(i)&ma] == b[int(i)&mb]) != neg
		}
	case ma != 0 && mb == 0:
		y := b[0]
		a = a[:len(out)]
		for i := range out {
			out[i] = (a[i] == y) != neg
		}
	default:
		for i := range out {
			out[i] = (a[i&ma] == b[i&mb]) != neg
		}
	}
}

func lessLoop[T cmp.Ordered](a, b []T, ma, mb int, neg bool, sel []int32, out []bool) {
	switch {
	case sel != nil:
		for _, i := range sel {
			out[i] = (a[int(i)&ma] < b[int(i)&mb]) != neg
		}
	case ma != 0 && mb == 0:
		y := b[0]
		a = a[:len(out)]
		for i := range out {
			out[i] = (a[i] < y) != neg
		}
	case ma == 0 && mb != 0:
		x := a[0]
		b = b[:len(out)]
		for i := range out {
			out[i] = (x < b[i]) != neg
		}
	default:
		for i := range out {
			out[i] = (a[i&ma] < b[i&mb]) != neg
		}
	}
}

// compareFloat follows PostgreSQL: NaN equals NaN and is greater than every other value.
func compareFloat(r relation) expr.Kernel {
	if r.eq {
		return compareKernel(floats, r, func(a, b []float64, ma, mb int, neg bool, sel []int32, out []bool) {
			if sel == nil {
				for i := range out {
					x, y := a[i&ma], b[i&mb]
					out[i] = (x == y || x != x && y != y) != neg
				}
				return
			}
			for _, i := range sel {
				x, y := a[int(i)&ma], b[int(i)&mb]
				out[i] = (x == y || x != x && y != y) != neg
			}
		})
	}
	return compareKernel(floats, r, func(a, b []float64, ma, mb int, neg bool, sel []int32, out []bool) {
		if sel == nil {
			for i := range out {
				x, y := a[i&ma], b[i&mb]
				out[i] = (x < y || y != y && x == x) != neg
			}
			return
		}
		for _, i := range sel {
			x, y := a[int(i)&ma], b[int(i)&mb]
			out[i] = (x < y || y != y && x == x) != neg
		}
	})
}

// compareBy is the kernel of a comparison by a three-way function.
func compareBy[T any](in accessor[T], r relation, three func(a, b T) int) expr.Kernel {
	if r.eq {
		return compareKernel(in, r, func(a, b []T, ma, mb int, neg bool, sel []int32, out []bool) {
			if sel == nil {
				for i := range out {
					out[i] = (three(a[i&ma], b[i&mb]) == 0) != neg
				}
				return
			}
			for _, i := range sel {
				out[i] = (three(a[int(i)&ma], b[int(i)&mb]) == 0) != neg
			}
		})
	}
	return compareKernel(in, r, func(a, b []T, ma, mb int, neg bool, sel []int32, out []bool) {
		if sel == nil {
			for i := range out {
				out[i] = (three(a[i&ma], b[i&mb]) < 0) != neg
			}
			return
		}
		for _, i := range sel {
			out[i] = (three(a[int(i)&ma], b[int(i)&mb]) < 0) != neg
		}
	})
}

func compareTrimmed(a, b string) int {
	return strings.Compare(types.TrimBlanks(a), types.TrimBlanks(b))
}

func compareUnsigned(a, b int64) int { return cmp.Compare(uint64(a), uint64(b)) }

// boolToInt orders booleans.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// compareNums is Cmp with the common case, two small values of one scale, made short.
func compareNums(a, b types.Numeric) int {
	x, xs, ok := a.Small()
	if y, ys, ok2 := b.Small(); ok && ok2 && xs == ys {
		return cmp.Compare(x, y)
	}
	return a.Cmp(b)
}

// compareFamily adds the six comparisons of a family: prefix+"eq" …, made by mk.
func compareFamily(dst []code, prefix, infix string, mk func(relation) expr.Kernel) []code {
	for _, r := range relations {
		dst = append(dst, code{src: prefix + r.suffix + infix, kernel: mk(r.rel)})
	}
	return dst
}

func intRelation(r relation) expr.Kernel  { return compareOrdered(ints, r) }
func strRelation(r relation) expr.Kernel  { return compareOrdered(strs, r) }
func trimRelation(r relation) expr.Kernel { return compareBy(strs, r, compareTrimmed) }

func compareCodes() []code {
	var cs []code
	for _, p := range []string{"int2", "int4", "int8", "int24", "int28", "int42", "int48", "int82", "int84", "oid", "date_",
		"time_", "timestamp_", "cash_", "tid"} {
		cs = compareFamily(cs, p, "", intRelation)
	}
	for _, p := range []string{"float4", "float8", "float48", "float84"} {
		cs = compareFamily(cs, p, "", compareFloat)
	}
	for _, p := range []string{"text", "text_", "name", "bytea", "uuid_", "char", "bit", "text_pattern_", "macaddr_", "macaddr8_"} {
		cs = compareFamily(cs, p, "", strRelation)
	}
	cs = compareFamily(cs, "name", "text", strRelation)
	cs = compareFamily(cs, "text", "name", strRelation)
	cs = compareFamily(cs, "bpchar", "", trimRelation)
	cs = compareFamily(cs, "bpchar_pattern_", "", trimRelation)
	cs = compareFamily(cs, "bool", "", func(r relation) expr.Kernel { return compareBy(bools, r, compareBools) })
	cs = compareFamily(cs, "numeric_", "", func(r relation) expr.Kernel { return compareBy(nums, r, compareNums) })
	cs = compareFamily(cs, "xid8", "", func(r relation) expr.Kernel { return compareBy(ints, r, compareUnsigned) })
	cs = compareFamily(cs, "pg_lsn_", "", func(r relation) expr.Kernel { return compareBy(ints, r, compareUnsigned) })
	cs = compareFamily(cs, "interval_", "", func(r relation) expr.Kernel {
		return compareBy(intervals, r, func(a, b types.Interval) int { return a.Cmp(b) })
	})
	for _, p := range []string{"array_", "jsonb_", "timetz_", "network_", "enum_", "oidvector"} {
		cs = typedFamily(cs, p)
	}
	cs = append(cs, code{src: "xideq", kernel: intRelation(relation{eq: true})},
		code{src: "xidneq", kernel: intRelation(relation{eq: true, neg: true})},
		code{src: "xideqint4", kernel: compareBy(ints, relation{eq: true}, compareXID)},
		code{src: "xidneqint4", kernel: compareBy(ints, relation{eq: true, neg: true}, compareXID)},
		code{src: "cideq", kernel: intRelation(relation{eq: true})})
	return append(cs, btreeCodes()...)
}

// compareXID compares a transaction's number with an int4, as which the upper half of them is negative.
func compareXID(a, b int64) int { return cmp.Compare(a, int64(uint32(b))) }

// typedFamily adds comparisons that need the type, by types.Compare.
func typedFamily(cs []code, prefix string) []code {
	for _, r := range relations {
		cs = append(cs, code{src: prefix + r.suffix, bind: func(f *expr.Func, args []types.T, _ types.T) *expr.Func {
			g, t := *f, args[0].OID
			g.Bind, g.Scalar = nil, nil
			g.Kernel = compareBy(refs, r.rel, func(a, b any) int { return types.Compare(t, types.NewRef(a), types.NewRef(b)) })
			return &g
		}})
	}
	return cs
}

// btreeCodes are the three-way functions that btree operator classes name.
func btreeCodes() []code {
	int64s := func(a, b int64) int64 { return int64(cmp.Compare(a, b)) }
	strings64 := func(a, b string) int64 { return int64(strings.Compare(a, b)) }
	var cs []code
	for _, s := range []string{"btint2cmp", "btint4cmp", "btint8cmp", "btint24cmp", "btint28cmp", "btint42cmp", "btint48cmp",
		"btint82cmp", "btint84cmp", "btoidcmp", "date_cmp", "timestamp_cmp", "time_cmp", "cash_cmp"} {
		cs = append(cs, code{src: s, kernel: map2(ints, ints, ints, int64s)})
	}
	for _, s := range []string{"byteacmp", "uuid_cmp"} {
		cs = append(cs, code{src: s, kernel: map2(strs, strs, ints, memcmp)})
	}
	for _, s := range []string{"btfloat4cmp", "btfloat8cmp", "btfloat48cmp", "btfloat84cmp"} {
		cs = append(cs, code{src: s, kernel: map2(floats, floats, ints, func(a, b float64) int64 {
			return int64(types.Compare(types.Float8OID, types.NewFloat(a), types.NewFloat(b)))
		})})
	}
	cs = append(cs, code{src: "pg_lsn_cmp", kernel: map2(ints, ints, ints, func(a, b int64) int64 { return int64(cmp.Compare(uint64(a), uint64(b))) })},
		code{src: "bttidcmp", kernel: map2(ints, ints, ints, int64s)}, code{src: "bttext_pattern_cmp", kernel: map2(strs, strs, ints, memcmp)},
		code{src: "btbpchar_pattern_cmp", kernel: map2(strs, strs, ints, func(a, b string) int64 { return memcmp(types.TrimBlanks(a), types.TrimBlanks(b)) })})
	for src, t := range map[string]types.OID{"btarraycmp": types.AnyArrayOID, "btoidvectorcmp": types.OIDVectorOID} {
		cs = append(cs, code{src: src, scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewInt(int64(types.Compare(t, a[0], a[1]))), nil
		}})
	}
	for _, s := range []string{"bttextcmp", "btnamecmp", "btcharcmp", "btnametextcmp", "bttextnamecmp"} {
		cs = append(cs, code{src: s, kernel: map2(strs, strs, ints, strings64)})
	}
	return append(cs,
		code{src: "bitcmp", kernel: map2(strs, strs, ints, compareBits)},
		code{src: "bpcharcmp", kernel: map2(strs, strs, ints, func(a, b string) int64 { return memcmp(types.TrimBlanks(a), types.TrimBlanks(b)) })},
		code{src: "numeric_cmp", kernel: map2(nums, nums, ints, func(a, b types.Numeric) int64 { return int64(sign(a.Cmp(b))) })},
		code{src: "btboolcmp", kernel: map2(bools, bools, ints, func(a, b bool) int64 { return int64(compareBools(a, b)) })},
		code{src: "interval_cmp", kernel: map2(intervals, intervals, ints, func(a, b types.Interval) int64 { return int64(a.Cmp(b)) })})
}

// memcmp is the difference of the first bytes that differ, as the C library's function answers.
func memcmp(a, b string) int64 {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return int64(a[i]) - int64(b[i])
		}
	}
	return int64(cmp.Compare(len(a), len(b)))
}

// compareBits is memcmp of bit strings, which are held as digits.
func compareBits(a, b string) int64 {
	x, y := packBits(a), packBits(b)
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return int64(x[i]) - int64(y[i])
		}
	}
	return int64(cmp.Compare(len(a), len(b)))
}

func packBits(s string) string {
	out := make([]byte, (len(s)+7)/8)
	for i := range len(s) {
		if s[i] == '1' {
			out[i/8] |= 0x80 >> (i % 8)
		}
	}
	return string(out)
}
