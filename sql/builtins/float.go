package builtins

import (
	"math"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/vec"
)

var (
	errFloatOverflow  = pgerr.New(pgerr.NumericValueOutOfRange, "value out of range: overflow")
	errFloatUnderflow = pgerr.New(pgerr.NumericValueOutOfRange, "value out of range: underflow")
	errInputRange     = pgerr.New(pgerr.NumericValueOutOfRange, "input is out of range")
	errNegativeRoot   = pgerr.New(pgerr.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
	errZeroPower      = pgerr.New(pgerr.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
	errComplexPower   = pgerr.New(pgerr.InvalidArgumentForPowerFunction, "a negative number raised to a non-integer power yields a complex result")
	errLogZero        = pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of zero")
	errLogNegative    = pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of a negative number")
)

func isInf(f float64) bool { return f > math.MaxFloat64 || f < -math.MaxFloat64 }

func addFloat(x, y float64) (float64, error) {
	r := x + y
	if isInf(r) && !isInf(x) && !isInf(y) {
		return 0, errFloatOverflow
	}
	return r, nil
}

func subFloat(x, y float64) (float64, error) {
	r := x - y
	if isInf(r) && !isInf(x) && !isInf(y) {
		return 0, errFloatOverflow
	}
	return r, nil
}

func mulFloat(x, y float64) (float64, error) {
	r := x * y
	if isInf(r) && !isInf(x) && !isInf(y) {
		return 0, errFloatOverflow
	}
	if r == 0 && x != 0 && y != 0 {
		return 0, errFloatUnderflow
	}
	return r, nil
}

func divFloat(x, y float64) (float64, error) {
	if y == 0 && !math.IsNaN(x) {
		return 0, errDivisionByZero
	}
	r := x / y
	if isInf(r) && !isInf(x) {
		return 0, errFloatOverflow
	}
	if r == 0 && x != 0 && !isInf(y) {
		return 0, errFloatUnderflow
	}
	return r, nil
}

// floatLoop computes an operation without checks; ok tells that every result is finite and not 0, so that none can be an error.
type floatLoop func(a, b []float64, ma, mb int, sel []int32, out []float64) (ok bool)

// floatKernel runs the loop, and only if it met a result that may be an error the checked operation, row by row.
func floatKernel(loop floatLoop, checked func(x, y float64) (float64, error)) expr.Kernel {
	slow := try2(floats, floats, floats, checked)
	return func(c *expr.Ctx, args []*vec.Vector, sel []int32, n int, res *vec.Vector) error {
		if loop(args[0].Float, args[1].Float, mask(args[0]), mask(args[1]), sel, res.Float[:n]) {
			return nil
		}
		return slow(c, args, sel, n, res)
	}
}

// plainFloat reports a finite number other than 0.
func plainFloat(r float64) bool { return r-r == 0 && r != 0 }

func addLoop(a, b []float64, ma, mb int, sel []int32, out []float64) bool {
	ok := true
	if sel == nil {
		for i := range out {
			out[i] = a[i&ma] + b[i&mb]
			ok = ok && out[i]-out[i] == 0
		}
		return ok
	}
	for _, i := range sel {
		out[i] = a[int(i)&ma] + b[int(i)&mb]
		ok = ok && out[i]-out[i] == 0
	}
	return ok
}

func subLoop(a, b []float64, ma, mb int, sel []int32, out []float64) bool {
	ok := true
	if sel == nil {
		for i := range out {
			out[i] = a[i&ma] - b[i&mb]
			ok = ok && out[i]-out[i] == 0
		}
		return ok
	}
	for _, i := range sel {
		out[i] = a[int(i)&ma] - b[int(i)&mb]
		ok = ok && out[i]-out[i] == 0
	}
	return ok
}

func mulLoop(a, b []float64, ma, mb int, sel []int32, out []float64) bool {
	ok := true
	if sel == nil {
		for i := range out {
			out[i] = a[i&ma] * b[i&mb]
			ok = ok && plainFloat(out[i])
		}
		return ok
	}
	for _, i := range sel {
		out[i] = a[int(i)&ma] * b[int(i)&mb]
		ok = ok && plainFloat(out[i])
	}
	return ok
}

func divLoop(a, b []float64, ma, mb int, sel []int32, out []float64) bool {
	ok := true
	if sel == nil {
		for i := range out {
			out[i] = a[i&ma] / b[i&mb]
			ok = ok && plainFloat(out[i])
		}
		return ok
	}
	for _, i := range sel {
		out[i] = a[int(i)&ma] / b[int(i)&mb]
		ok = ok && plainFloat(out[i])
	}
	return ok
}

// narrow makes an operation of float4 from that of float8: its operands are exact in float32, and so is the double result
// precise enough to be rounded once more.
func narrow(f func(x, y float64) (float64, error)) func(x, y float64) (float64, error) {
	return func(x, y float64) (float64, error) {
		r, err := f(x, y)
		if err != nil {
			return 0, err
		}
		s := float64(float32(r))
		if isInf(s) && !isInf(r) {
			return 0, errFloatOverflow
		}
		if s == 0 && r != 0 {
			return 0, errFloatUnderflow
		}
		return s, nil
	}
}

func toFloat4(x float64) (float64, error) {
	s := float64(float32(x))
	if isInf(s) && !isInf(x) {
		return 0, errFloatOverflow
	}
	if s == 0 && x != 0 {
		return 0, errFloatUnderflow
	}
	return s, nil
}

// floatToInt rounds half to even and checks the range.
func (r intRange) floatToInt(f float64) (int64, error) {
	f = math.RoundToEven(f)
	if !(f >= float64(r.lo) && f < -float64(r.lo)) {
		return 0, r.err
	}
	return int64(f), nil
}

func floatCodes() []code {
	var cs []code
	add := func(src string, k expr.Kernel) { cs = append(cs, code{src: src, kernel: k}) }
	ops := map[string]func(x, y float64) (float64, error){"pl": addFloat, "mi": subFloat, "mul": mulFloat, "div": divFloat}
	loops := map[string]floatLoop{"pl": addLoop, "mi": subLoop, "mul": mulLoop, "div": divLoop}
	for name, f := range ops {
		for _, p := range []string{"float8", "float48", "float84"} {
			add(p+name, floatKernel(loops[name], f))
		}
		add("float4"+name, try2(floats, floats, floats, narrow(f)))
	}
	for _, p := range []string{"float4", "float8"} {
		add(p+"um", map1(floats, floats, func(x float64) float64 { return -x }))
		add(p+"up", copyFrom(floats))
		add(p+"abs", map1(floats, floats, math.Abs))
		add(p+"larger", map2(floats, floats, floats, func(x, y float64) float64 {
			if floatCmp(x, y) > 0 {
				return x
			}
			return y
		}))
		add(p+"smaller", map2(floats, floats, floats, func(x, y float64) float64 {
			if floatCmp(x, y) < 0 {
				return x
			}
			return y
		}))
	}
	add("ftod", copyFrom(floats))
	add("dtof", try1(floats, floats, toFloat4))
	for _, s := range []string{"i2tod", "i4tod", "i8tod", "i2tof"} {
		add(s, map1(ints, floats, func(v int64) float64 { return float64(v) }))
	}
	for _, s := range []string{"i4tof", "i8tof"} {
		add(s, map1(ints, floats, func(v int64) float64 { return float64(float32(v)) }))
	}
	for _, p := range []string{"d", "f"} {
		add(p+"toi2", try1(floats, ints, int2Range.floatToInt))
		add(p+"toi4", try1(floats, ints, int4Range.floatToInt))
		add(p+"toi8", try1(floats, ints, int8Range.floatToInt))
	}
	return append(cs, mathCodes()...)
}

func floatCmp(x, y float64) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == y:
		return 0
	case x != x && y != y:
		return 0
	case x != x:
		return 1
	}
	return -1
}

func mathCodes() []code {
	var cs []code
	plain := map[string]func(float64) float64{
		"dround": math.RoundToEven, "dceil": math.Ceil, "dfloor": math.Floor, "dtrunc": math.Trunc, "dcbrt": math.Cbrt,
		"dsign": signFloat, "datan": math.Atan, "dsinh": math.Sinh, "dcosh": math.Cosh, "dtanh": math.Tanh, "dasinh": math.Asinh,
	}
	for s, f := range plain {
		cs = append(cs, code{src: s, kernel: map1(floats, floats, f)})
	}
	partial := map[string]func(float64) (float64, error){
		"dsqrt": sqrtFloat, "dexp": expFloat, "dlog1": lnFloat, "dlog10": log10Float,
		"dsin": finite(math.Sin), "dcos": finite(math.Cos), "dtan": finite(math.Tan),
		"dcot":  finite(func(x float64) float64 { return 1 / math.Tan(x) }),
		"dacos": within(-1, 1, math.Acos), "dasin": within(-1, 1, math.Asin), "dacosh": within(1, math.Inf(1), math.Acosh),
		"datanh": within(-1, 1, math.Atanh),
		"dsind":  finite(func(x float64) float64 { return sinDegrees(x) }),
		"dcosd":  finite(func(x float64) float64 { return cosDegrees(x) }),
		"dtand":  finite(func(x float64) float64 { return tanDegrees(x) }),
		"dcotd":  finite(func(x float64) float64 { return cotDegrees(x) }),
		"dasind": within(-1, 1, asinDegrees), "dacosd": within(-1, 1, acosDegrees), "radians": toRadians, "degrees": toDegrees,
	}
	for s, f := range partial {
		cs = append(cs, code{src: s, kernel: try1(floats, floats, f)})
	}
	return append(cs,
		code{src: "datand", kernel: map1(floats, floats, func(x float64) float64 { return atanDegrees(math.Atan(x)) })},
		code{src: "datan2d", kernel: map2(floats, floats, floats, func(y, x float64) float64 { return atanDegrees(math.Atan2(y, x)) })},
		code{src: "datan2", kernel: map2(floats, floats, floats, math.Atan2)},
		code{src: "dpow", kernel: try2(floats, floats, floats, powFloat)},
		code{src: "dpi", kernel: constantFloat(func() float64 { return math.Pi })},
		code{src: "width_bucket_float8", kernel: widthBucketFloat})
}

// constantFloat is the kernel of a function without arguments, called for each row.
func constantFloat(f func() float64) expr.Kernel {
	return func(_ *expr.Ctx, _ []*vec.Vector, sel []int32, n int, out *vec.Vector) error {
		if sel == nil {
			for i := range n {
				out.Float[i] = f()
			}
			return nil
		}
		for _, i := range sel {
			out.Float[i] = f()
		}
		return nil
	}
}

func signFloat(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0 // of NaN, too
}

func sqrtFloat(x float64) (float64, error) {
	if x < 0 {
		return 0, errNegativeRoot
	}
	return math.Sqrt(x), nil
}

func expFloat(x float64) (float64, error) {
	if math.IsNaN(x) || isInf(x) {
		return math.Exp(x), nil
	}
	r := math.Exp(x)
	if isInf(r) {
		return 0, errFloatOverflow
	}
	if r == 0 {
		return 0, errFloatUnderflow
	}
	return r, nil
}

func lnFloat(x float64) (float64, error) {
	switch {
	case x == 0:
		return 0, errLogZero
	case x < 0:
		return 0, errLogNegative
	}
	return logFloat(x), nil
}

func log10Float(x float64) (float64, error) {
	switch {
	case x == 0:
		return 0, errLogZero
	case x < 0:
		return 0, errLogNegative
	}
	if x < smallestNormal {
		return logFloat(x) / math.Ln10, nil
	}
	return math.Log10(x), nil
}

func powFloat(x, y float64) (float64, error) {
	switch {
	case math.IsNaN(x):
		if y == 0 {
			return 1, nil
		}
		return math.NaN(), nil
	case math.IsNaN(y):
		if x == 1 {
			return 1, nil
		}
		return math.NaN(), nil
	case x == 0 && y < 0:
		return 0, errZeroPower
	case x < 0 && math.Floor(y) != y:
		return 0, errComplexPower
	}
	r := math.Pow(x, y)
	if isInf(x) || isInf(y) {
		return r, nil
	}
	if isInf(r) {
		return 0, errFloatOverflow
	}
	if r == 0 && x != 0 {
		return 0, errFloatUnderflow
	}
	return r, nil
}

// finite refuses infinite arguments.
func finite(f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if isInf(x) {
			return 0, errInputRange
		}
		return f(x), nil
	}
}

// within refuses arguments outside of lo..hi; NaN passes.
func within(lo, hi float64, f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if x < lo || x > hi {
			return 0, errInputRange
		}
		return f(x), nil
	}
}

func widthBucketFloat(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, out *vec.Vector) error {
	for k := range rowCount(sel, n) {
		i := rowAt(sel, k)
		v, err := widthBucket(args[0].Float[i&mask(args[0])], args[1].Float[i&mask(args[1])], args[2].Float[i&mask(args[2])],
			args[3].Int[i&mask(args[3])])
		if err != nil {
			return err
		}
		out.Int[i] = v
	}
	return nil
}

// rowCount and rowAt walk a selection that may be nil.
func rowCount(sel []int32, n int) int {
	if sel != nil {
		return len(sel)
	}
	return n
}

func rowAt(sel []int32, k int) int {
	if sel != nil {
		return int(sel[k])
	}
	return k
}

func bucketError(format string) error {
	return pgerr.New(pgerr.InvalidArgumentForWidthBucketFunction, format)
}

func widthBucket(x, lo, hi float64, count int64) (int64, error) {
	switch {
	case count <= 0:
		return 0, bucketError("count must be greater than zero")
	case math.IsNaN(x) || math.IsNaN(lo) || math.IsNaN(hi):
		return 0, bucketError("operand, lower bound, and upper bound cannot be NaN")
	case isInf(lo) || isInf(hi):
		return 0, bucketError("lower and upper bounds must be finite")
	case lo == hi:
		return 0, bucketError("lower bound cannot equal upper bound")
	}
	flip := lo > hi
	if flip && x > lo || !flip && x < lo {
		return 0, nil
	}
	if flip && x <= hi || !flip && x >= hi {
		if count == math.MaxInt32 {
			return 0, int4Range.err
		}
		return count + 1, nil
	}
	b := int64(float64(count)*((x-lo)/(hi-lo))) + 1
	return min(b, count), nil
}
