package builtins

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/vec"
)

var errDivisionByZero = pgerr.New(pgerr.DivisionByZero, "division by zero")

// intRange is the range of an integer type and the error for a value outside.
type intRange struct {
	lo, hi int64
	err    error
}

func outOfRange(name string) error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "%s out of range", name)
}

var (
	int2Range = intRange{math.MinInt16, math.MaxInt16, outOfRange("smallint")}
	int4Range = intRange{math.MinInt32, math.MaxInt32, outOfRange("integer")}
	int8Range = intRange{math.MinInt64, math.MaxInt64, outOfRange("bigint")}
)

func (r intRange) check(v int64) (int64, error) {
	if v < r.lo || v > r.hi {
		return 0, r.err
	}
	return v, nil
}

// intLoop computes one operation over the rows; ok false is an error.
type intLoop func(a, b []int64, ma, mb int, sel []int32, out []int64) bool

func intKernel(err error, loop intLoop) expr.Kernel {
	return func(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, res *vec.Vector) error {
		if !loop(args[0].Int, args[1].Int, mask(args[0]), mask(args[1]), sel, res.Int[:n]) {
			return err
		}
		return nil
	}
}

// Sums and products of two- and four-byte integers cannot overflow the 64 bits that they are computed in: the range is
// checked at the end of the loop's body without a branch that depends on the data.
func (r intRange) add(a, b []int64, ma, mb int, sel []int32, out []int64) bool {
	bad := false
	if sel == nil {
		for i := range out {
			s := a[i&ma] + b[i&mb]
			out[i] = s
			bad = bad || s < r.lo || s > r.hi
		}
		return !bad
	}
	for _, i := range sel {
		s := a[int(i)&ma] + b[int(i)&mb]
		out[i] = s
		bad = bad || s < r.lo || s > r.hi
	}
	return !bad
}

func (r intRange) sub(a, b []int64, ma, mb int, sel []int32, out []int64) bool {
	bad := false
	if sel == nil {
		for i := range out {
			s := a[i&ma] - b[i&mb]
			out[i] = s
			bad = bad || s < r.lo || s > r.hi
		}
		return !bad
	}
	for _, i := range sel {
		s := a[int(i)&ma] - b[int(i)&mb]
		out[i] = s
		bad = bad || s < r.lo || s > r.hi
	}
	return !bad
}

func (r intRange) mul(a, b []int64, ma, mb int, sel []int32, out []int64) bool {
	bad := false
	if sel == nil {
		for i := range out {
			s := a[i&ma] * b[i&mb]
			out[i] = s
			bad = bad || s < r.lo || s > r.hi
		}
		return !bad
	}
	for _, i := range sel {
		s := a[int(i)&ma] * b[int(i)&mb]
		out[i] = s
		bad = bad || s < r.lo || s > r.hi
	}
	return !bad
}

func add8(a, b []int64, ma, mb int, sel []int32, out []int64) bool {
	var bad int64
	if sel == nil {
		for i := range out {
			x, y := a[i&ma], b[i&mb]
			s := x + y
			out[i] = s
			bad |= (x ^ s) & (y ^ s)
		}
		return bad >= 0
	}
	for _, i := range sel {
		x, y := a[int(i)&ma], b[int(i)&mb]
		s := x + y
		out[i] = s
		bad |= (x ^ s) & (y ^ s)
	}
	return bad >= 0
}

func sub8(a, b []int64, ma, mb int, sel []int32, out []int64) bool {
	var bad int64
	if sel == nil {
		for i := range out {
			x, y := a[i&ma], b[i&mb]
			s := x - y
			out[i] = s
			bad |= (x ^ y) & (x ^ s)
		}
		return bad >= 0
	}
	for _, i := range sel {
		x, y := a[int(i)&ma], b[int(i)&mb]
		s := x - y
		out[i] = s
		bad |= (x ^ y) & (x ^ s)
	}
	return bad >= 0
}

func mul8(a, b []int64, ma, mb int, sel []int32, out []int64) bool {
	if sel == nil {
		for i := range out {
			s, ok := mulInt64(a[i&ma], b[i&mb])
			if !ok {
				return false
			}
			out[i] = s
		}
		return true
	}
	for _, i := range sel {
		s, ok := mulInt64(a[int(i)&ma], b[int(i)&mb])
		if !ok {
			return false
		}
		out[i] = s
	}
	return true
}

// mulInt64 multiplies; ok is false on overflow.
func mulInt64(x, y int64) (int64, bool) {
	p := x * y
	if int64(int32(x)) == x && int64(int32(y)) == y {
		return p, true
	}
	hi, lo := bits.Mul64(abs64(x), abs64(y))
	if hi != 0 {
		return 0, false
	}
	if (x < 0) != (y < 0) {
		return p, lo <= 1<<63
	}
	return p, lo < 1<<63
}

func abs64(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// div divides as C does, toward zero.
func (r intRange) div(x, y int64) (int64, error) {
	if y == 0 {
		return 0, errDivisionByZero
	}
	if y == -1 {
		if x == r.lo {
			return 0, r.err
		}
		return -x, nil
	}
	return x / y, nil
}

func modInt(x, y int64) (int64, error) {
	if y == 0 {
		return 0, errDivisionByZero
	}
	if y == -1 { // the one quotient that overflows
		return 0, nil
	}
	return x % y, nil
}

func (r intRange) neg(x int64) (int64, error) {
	if x == r.lo {
		return 0, r.err
	}
	return -x, nil
}

func (r intRange) abs(x int64) (int64, error) {
	if x < 0 {
		return r.neg(x)
	}
	return x, nil
}

func intCodes() []code {
	var cs []code
	add := func(src string, k expr.Kernel) { cs = append(cs, code{src: src, kernel: k}) }
	for _, f := range []struct {
		r        intRange
		prefixes []string
	}{{int2Range, []string{"int2"}}, {int4Range, []string{"int4", "int24", "int42"}}} {
		for _, p := range f.prefixes {
			add(p+"pl", intKernel(f.r.err, f.r.add))
			add(p+"mi", intKernel(f.r.err, f.r.sub))
			add(p+"mul", intKernel(f.r.err, f.r.mul))
			add(p+"div", try2(ints, ints, ints, f.r.div))
		}
	}
	for _, p := range []string{"int8", "int28", "int48", "int82", "int84"} {
		add(p+"pl", intKernel(int8Range.err, add8))
		add(p+"mi", intKernel(int8Range.err, sub8))
		add(p+"mul", intKernel(int8Range.err, mul8))
		add(p+"div", try2(ints, ints, ints, int8Range.div))
	}
	// The dividend's type is the result's where it is the wider one; -32768 / -1 of int2 / int4 is an int4.
	for p, r := range map[string]intRange{"int2": int2Range, "int4": int4Range, "int8": int8Range} {
		add(p+"mod", try2(ints, ints, ints, modInt))
		add(p+"um", try1(ints, ints, r.neg))
		add(p+"abs", try1(ints, ints, r.abs))
		add(p+"up", copyFrom(ints))
		add(p+"and", map2(ints, ints, ints, func(a, b int64) int64 { return a & b }))
		add(p+"or", map2(ints, ints, ints, func(a, b int64) int64 { return a | b }))
		add(p+"xor", map2(ints, ints, ints, func(a, b int64) int64 { return a ^ b }))
		add(p+"not", map1(ints, ints, func(a int64) int64 { return ^a }))
		add(p+"larger", map2(ints, ints, ints, func(a, b int64) int64 { return max(a, b) }))
		add(p+"smaller", map2(ints, ints, ints, func(a, b int64) int64 { return min(a, b) }))
		add(p+"inc", try1(ints, ints, func(a int64) (int64, error) {
			if a == r.hi {
				return 0, r.err
			}
			return a + 1, nil
		}))
	}
	add("int2shl", map2(ints, ints, ints, func(a, b int64) int64 { return int64(int16(int32(a) << uint(b&31))) }))
	add("int2shr", map2(ints, ints, ints, func(a, b int64) int64 { return int64(int16(int32(a) >> uint(b&31))) }))
	add("int4shl", map2(ints, ints, ints, func(a, b int64) int64 { return int64(int32(a) << uint(b&31)) }))
	add("int4shr", map2(ints, ints, ints, func(a, b int64) int64 { return int64(int32(a) >> uint(b&31)) }))
	add("int8shl", map2(ints, ints, ints, func(a, b int64) int64 { return a << uint(b&63) }))
	add("int8shr", map2(ints, ints, ints, func(a, b int64) int64 { return a >> uint(b&63) }))
	add("int4gcd", try2(ints, ints, ints, int4Range.gcd))
	add("int8gcd", try2(ints, ints, ints, int8Range.gcd))
	add("int4lcm", try2(ints, ints, ints, int4Range.lcm))
	add("int8lcm", try2(ints, ints, ints, int8Range.lcm))
	add("to_hex32", map1(ints, strs, func(a int64) string { return strconv.FormatUint(uint64(uint32(a)), 16) }))
	add("to_hex64", map1(ints, strs, func(a int64) string { return strconv.FormatUint(uint64(a), 16) }))
	return cs
}

func (r intRange) gcd(a, b int64) (int64, error) {
	x, y := abs64(a), abs64(b)
	for y != 0 {
		x, y = y, x%y
	}
	if x > uint64(r.hi) {
		return 0, r.err
	}
	return int64(x), nil
}

func (r intRange) lcm(a, b int64) (int64, error) {
	if a == 0 || b == 0 {
		return 0, nil
	}
	g, err := r.gcd(a, b)
	if err != nil {
		return 0, err
	}
	p, ok := mulInt64(a/g, b)
	if !ok || p == math.MinInt64 {
		return 0, r.err
	}
	if p < 0 {
		p = -p
	}
	return r.check(p)
}

// toRange is the kernel of a conversion between integer types.
func toRange(r intRange) expr.Kernel { return try1(ints, ints, r.check) }

var oidRange = intRange{0, math.MaxUint32, pgerr.New(pgerr.NumericValueOutOfRange, "OID out of range")}

func intCastCodes() []code {
	same := copyFrom(ints)
	return []code{
		{src: "i2toi4", kernel: same}, {src: "int28", kernel: same}, {src: "int48", kernel: same},
		{src: "i4toi2", kernel: toRange(int2Range)}, {src: "int82", kernel: toRange(int2Range)}, {src: "int84", kernel: toRange(int4Range)},
		{src: "i8tooid", kernel: toRange(oidRange)}, {src: "oidtoi8", kernel: same},
		{src: "int4_bool", kernel: map1(ints, bools, func(v int64) bool { return v != 0 })},
		{src: "bool_int4", kernel: map1(bools, ints, func(b bool) int64 {
			if b {
				return 1
			}
			return 0
		})},
		{src: "xid8toxid", kernel: map1(ints, ints, func(v int64) int64 { return int64(uint32(v)) })},
	}
}
