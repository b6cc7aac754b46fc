package builtins

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

func num2(f func(a, b types.Numeric) (types.Numeric, error)) expr.Kernel {
	return try2(nums, nums, nums, f)
}

func num1(f func(a types.Numeric) types.Numeric) expr.Kernel { return map1(nums, nums, f) }

func numericCodes() []code {
	cs := []code{
		{src: "numeric_add", kernel: num2(types.Numeric.Add)},
		{src: "numeric_sub", kernel: num2(types.Numeric.Sub)},
		{src: "numeric_mul", kernel: num2(types.Numeric.Mul)},
		{src: "numeric_div", kernel: num2(types.Numeric.Div)},
		{src: "numeric_div_trunc", kernel: num2(types.Numeric.DivTrunc)},
		{src: "numeric_mod", kernel: num2(types.Numeric.Mod)},
		{src: "numeric_uminus", kernel: num1(types.Numeric.Neg)},
		{src: "numeric_uplus", kernel: copyFrom(nums)},
		{src: "numeric_abs", kernel: num1(types.Numeric.Abs)},
		{src: "numeric_floor", kernel: num1(types.Numeric.Floor)},
		{src: "numeric_ceil", kernel: num1(types.Numeric.Ceil)},
		{src: "numeric_sign", kernel: num1(signNumeric)},
		{src: "numeric_trim_scale", kernel: num1(types.Numeric.TrimScale)},
		{src: "numeric_round", kernel: map2(nums, ints, nums, func(a types.Numeric, s int64) types.Numeric { return a.Round(clampScale(s)) })},
		{src: "numeric_trunc", kernel: map2(nums, ints, nums, func(a types.Numeric, s int64) types.Numeric { return a.Trunc(clampScale(s)) })},
		{src: "round(numeric)", kernel: num1(func(a types.Numeric) types.Numeric { return a.Round(0) })},
		{src: "trunc(numeric)", kernel: num1(func(a types.Numeric) types.Numeric { return a.Trunc(0) })},
		{src: "numeric_larger", kernel: map2(nums, nums, nums, func(a, b types.Numeric) types.Numeric {
			if a.Cmp(b) > 0 {
				return a
			}
			return b
		})},
		{src: "numeric_smaller", kernel: map2(nums, nums, nums, func(a, b types.Numeric) types.Numeric {
			if a.Cmp(b) < 0 {
				return a
			}
			return b
		})},
		{src: "numeric_inc", kernel: try1(nums, nums, func(a types.Numeric) (types.Numeric, error) { return a.Add(types.NumericFromInt(1)) })},
		{src: "numeric_gcd", kernel: num2(func(a, b types.Numeric) (types.Numeric, error) { return a.GCD(b), nil })},
		{src: "numeric_lcm", kernel: num2(types.Numeric.LCM)},
		{src: "numeric_fac", scalar: factorial},
		{src: "numeric_scale", scalar: numericScale(types.Numeric.Scale)},
		{src: "numeric_min_scale", scalar: numericScale(types.Numeric.MinScale)},
		{src: "numeric_sqrt", kernel: try1(nums, nums, types.Numeric.Sqrt)},
		{src: "numeric_exp", kernel: try1(nums, nums, types.Numeric.Exp)},
		{src: "numeric_ln", kernel: try1(nums, nums, types.Numeric.Ln)},
		{src: "numeric_log", kernel: num2(func(base, x types.Numeric) (types.Numeric, error) { return x.Log(base) })},
		{src: "log(numeric)", kernel: try1(nums, nums, log10Numeric)},
		{src: "log10(numeric)", kernel: try1(nums, nums, log10Numeric)},
		{src: "numeric_power", kernel: num2(types.Numeric.Pow)},
		{src: "width_bucket_numeric", scalar: widthBucketNumeric},
	}
	return append(cs, numericCastCodes()...)
}

func numericCastCodes() []code {
	fromInt := map1(ints, nums, types.NumericFromInt)
	return []code{
		{src: "int2_numeric", kernel: fromInt}, {src: "int4_numeric", kernel: fromInt}, {src: "int8_numeric", kernel: fromInt},
		{src: "numeric_int2", kernel: try1(nums, ints, types.Numeric.Int2)},
		{src: "numeric_int4", kernel: try1(nums, ints, types.Numeric.Int4)},
		{src: "numeric_int8", kernel: try1(nums, ints, types.Numeric.Int8)},
		{src: "float8_numeric", kernel: try1(floats, nums, types.NumericFromFloat)},
		{src: "float4_numeric", kernel: try1(floats, nums, types.NumericFromFloat4)},
		{src: "numeric_float8", kernel: try1(nums, floats, types.Numeric.Float)},
		{src: "numeric_float4", kernel: try1(nums, floats, func(a types.Numeric) (float64, error) {
			f, err := a.Float()
			if err != nil {
				return 0, err
			}
			return toFloat4(f)
		})},
		{src: "numeric", kernel: numericLength},
		{src: "numeric_cash", kernel: try1(nums, ints, func(a types.Numeric) (int64, error) {
			b, err := a.Mul(types.NumericFromInt(100))
			if err != nil {
				return 0, err
			}
			return b.Int8()
		})},
		{src: "cash_numeric", kernel: map1(ints, nums, func(v int64) types.Numeric { return types.MakeNumeric(v, 2) })},
	}
}

// numericLength is numeric(value, typmod).
func numericLength(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, out *vec.Vector) error {
	return try2(nums, ints, nums, func(v types.Numeric, mod int64) (types.Numeric, error) {
		return types.ApplyNumericMod(v, int32(mod))
	})(nil, args, sel, n, out)
}

// clampScale keeps the scale of round and trunc within what a numeric can have.
func clampScale(s int64) int { return int(max(-131073, min(16383, s))) }

func signNumeric(a types.Numeric) types.Numeric {
	if a.IsNaN() {
		return a
	}
	return types.NumericFromInt(int64(a.Sign()))
}

func log10Numeric(x types.Numeric) (types.Numeric, error) { return x.Log(types.NumericFromInt(10)) }

func numericScale(f func(types.Numeric) int) scalarFn {
	return func(_ *expr.Ctx, args []types.Datum) (types.Datum, error) {
		n := args[0].Num()
		if !n.IsFinite() {
			return types.Null, nil
		}
		return types.NewInt(int64(f(n))), nil
	}
}

// factorial looks for a cancel request now and then: the largest one takes a while.
func factorial(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
	n := args[0].Int()
	if n < 0 {
		return types.Null, pgerr.New(pgerr.NumericValueOutOfRange, "factorial of a negative number is undefined")
	}
	if n > 32177 {
		return types.Null, pgerr.New(pgerr.NumericValueOutOfRange, "value overflows numeric format")
	}
	r, err := types.NumericFromInt(1), error(nil)
	for i := int64(2); i <= n && err == nil; i++ {
		if i%64 == 0 && c.Interrupted() != nil {
			return types.Null, c.Interrupted()
		}
		r, err = r.Mul(types.NumericFromInt(i))
	}
	return types.NewNum(r), err
}

func widthBucketNumeric(_ *expr.Ctx, args []types.Datum) (types.Datum, error) {
	x, lo, hi, count := args[0].Num(), args[1].Num(), args[2].Num(), args[3].Int()
	switch {
	case count <= 0:
		return types.Null, bucketError("count must be greater than zero")
	case x.IsNaN() || lo.IsNaN() || hi.IsNaN():
		return types.Null, bucketError("operand, lower bound, and upper bound cannot be NaN")
	case !lo.IsFinite() || !hi.IsFinite():
		return types.Null, bucketError("lower and upper bounds must be finite")
	case lo.Cmp(hi) == 0:
		return types.Null, bucketError("lower bound cannot equal upper bound")
	}
	if lo.Cmp(hi) > 0 {
		x, lo, hi = x.Neg(), lo.Neg(), hi.Neg()
	}
	if x.Cmp(lo) < 0 {
		return types.NewInt(0), nil
	}
	if x.Cmp(hi) >= 0 {
		v, err := int4Range.check(count + 1)
		return types.NewInt(v), err
	}
	part, err := x.Sub(lo)
	if err == nil {
		part, err = part.Mul(types.NumericFromInt(count))
	}
	if err != nil {
		return types.Null, err
	}
	width, err := hi.Sub(lo)
	if err != nil {
		return types.Null, err
	}
	q, err := part.DivTrunc(width)
	if err != nil {
		return types.Null, err
	}
	v, err := q.Int8()
	return types.NewInt(v + 1), err
}
