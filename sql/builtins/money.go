package builtins

import (
	"math"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Values of money are cents.

var errMoneyRange = outOfRange("money")

var moneyRange = intRange{math.MinInt64, math.MaxInt64, errMoneyRange}

func moneyCodes() []code {
	mul := try2(ints, ints, ints, func(a, b int64) (int64, error) {
		p, ok := mulInt64(a, b)
		if !ok {
			return 0, errMoneyRange
		}
		return p, nil
	})
	div := try2(ints, ints, ints, func(a, b int64) (int64, error) {
		if b == 0 {
			return 0, errDivisionByZero
		}
		if b == -1 {
			if a == math.MinInt64 {
				return 0, pgerr.New(pgerr.FloatingPointException, "floating-point exception").
					WithDetail("An invalid floating-point operation was signaled. This probably means an out-of-range result or an invalid operation, such as division by zero.")
			}
			return -a, nil
		}
		return a / b, nil
	})
	mulFloat := try2(ints, floats, ints, func(a int64, f float64) (int64, error) { return moneyRange.floatToInt(float64(a) * f) })
	divFloat := try2(ints, floats, ints, func(a int64, f float64) (int64, error) {
		if f == 0 {
			return 0, errDivisionByZero
		}
		return moneyRange.floatToInt(float64(a) / f)
	})
	cents := try1(ints, ints, func(v int64) (int64, error) {
		c, ok := mulInt64(v, 100)
		if !ok {
			return 0, int8Range.err
		}
		return c, nil
	})
	cs := []code{
		{src: "cash_pl", kernel: intKernel(errMoneyRange, add8)}, {src: "cash_mi", kernel: intKernel(errMoneyRange, sub8)},
		{src: "cash_div_cash", kernel: try2(ints, ints, floats, func(a, b int64) (float64, error) {
			if b == 0 {
				return 0, errDivisionByZero
			}
			return float64(a) / float64(b), nil
		})},
		{src: "cash_words", kernel: map1(ints, strs, cashWords)},
		{src: "int4_cash", kernel: cents}, {src: "int8_cash", kernel: cents},
		{src: "cashlarger", kernel: map2(ints, ints, ints, func(a, b int64) int64 { return max(a, b) })},
		{src: "cashsmaller", kernel: map2(ints, ints, ints, func(a, b int64) int64 { return min(a, b) })},
		{src: "width_bucket_array", bind: bound(widthBucketArray)},
		{src: "xid8cmp", kernel: map2(ints, ints, ints, func(a, b int64) int64 { return int64(compareUnsigned(a, b)) })},
	}
	for _, t := range []string{"int2", "int4", "int8"} {
		cs = append(cs, code{src: "cash_mul_" + t, kernel: mul}, code{src: t + "_mul_cash", kernel: mul}, code{src: "cash_div_" + t, kernel: div})
	}
	for _, t := range []string{"flt4", "flt8"} {
		cs = append(cs, code{src: "cash_mul_" + t, kernel: mulFloat}, code{src: t + "_mul_cash", kernel: swap2(mulFloat)},
			code{src: "cash_div_" + t, kernel: divFloat})
	}
	return cs
}

// widthBucketArray is width_bucket(operand, thresholds): how many of the sorted thresholds are not above the operand.
func widthBucketArray(args []types.T, _ types.T) scalarFn {
	t := args[0].OID
	return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		arr := a[1].Array()
		if len(arr.Dims) > 1 {
			return types.Null, pgerr.New(pgerr.ArraySubscriptError, "thresholds must be one-dimensional array")
		}
		lo, hi := 0, len(arr.Elems)
		for _, e := range arr.Elems {
			if e.IsNull() {
				return types.Null, pgerr.New(pgerr.NullValueNotAllowed, "thresholds array must not contain NULLs")
			}
		}
		for lo < hi {
			mid := (lo + hi) / 2
			if types.Compare(t, a[0], arr.Elems[mid]) < 0 {
				hi = mid
			} else {
				lo = mid + 1
			}
		}
		return types.NewInt(int64(lo)), nil
	}
}

var smallNumbers = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " +
	"seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety")

// numberWords is a number below 1,000 in English.
func numberWords(n uint64) string {
	tens, small := smallNumbers[18:], smallNumbers
	rest, text := n%100, ""
	if n > 99 {
		text = small[n/100] + " hundred"
		if rest == 0 {
			return text
		}
		text += " "
		if rest < 20 {
			text += "and "
		}
	}
	switch {
	case rest < 20:
		return text + small[rest]
	case rest%10 == 0:
		return text + tens[rest/10]
	}
	return text + tens[rest/10] + " " + small[rest%10]
}

// cashWords is an amount of money in English.
func cashWords(cents int64) string {
	text, n := "", uint64(cents)
	if cents < 0 {
		text, n = "minus ", -n
	}
	dollars, digits := n/100, ""
	for i, word := range []string{"quadrillion", "trillion", "billion", "million", "thousand", ""} {
		unit := uint64(1)
		for range 5 - i {
			unit *= 1000
		}
		if part := dollars / unit % 1000; part > 0 {
			digits += numberWords(part)
			if word != "" {
				digits += " " + word + " "
			}
		}
	}
	if digits == "" {
		digits = "zero"
	}
	unit, cent := " dollars and ", " cents"
	if dollars == 1 {
		unit = " dollar and "
	}
	if n%100 == 1 {
		cent = " cent"
	}
	text += digits + unit + numberWords(n%100) + cent
	return strings.ToUpper(text[:1]) + text[1:]
}
