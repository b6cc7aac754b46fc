package builtins

import (
	"math"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/builtins/numfmt"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

func toCharNumberCodes() []code {
	to := func(format func(d types.Datum, f *numfmt.Format) (string, error)) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			f, err := numfmt.Parse(a[1].Str())
			if err != nil || a[1].Str() == "" {
				return types.NewStr(""), err
			}
			s, err := format(a[0], f)
			return types.NewStr(s), err
		}
	}
	return []code{
		{src: "int4_to_char", scalar: to(func(d types.Datum, f *numfmt.Format) (string, error) { return formatInt4(int32(d.Int()), f) })},
		{src: "int8_to_char", scalar: to(func(d types.Datum, f *numfmt.Format) (string, error) { return formatInt8(d.Int(), f) })},
		{src: "numeric_to_char", scalar: to(func(d types.Datum, f *numfmt.Format) (string, error) { return formatNumeric(d.Num(), f) })},
		{src: "float8_to_char", scalar: to(func(d types.Datum, f *numfmt.Format) (string, error) {
			return formatFloat(d.Float(), d.Float()*math.Pow10(f.Shift), 15, f)
		})},
		{src: "float4_to_char", scalar: to(func(d types.Datum, f *numfmt.Format) (string, error) {
			return formatFloat(d.Float(), float64(float32(d.Float())*float32(math.Pow10(f.Shift))), 6, f)
		})},
		{src: "numeric_to_number", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) { return toNumber(a[0].Str(), a[1].Str()) }},
	}
}

// formatInt4 multiplies for V as C does: without a look at overflow.
func formatInt4(v int32, f *numfmt.Format) (string, error) {
	switch {
	case f.Roman:
		return f.PrintRoman(int(v))
	case f.Scientific:
		return scientific(float64(v), f), nil
	}
	if f.Shift > 9 {
		v *= math.MinInt32
	} else {
		v *= int32(math.Pow10(f.Shift))
	}
	return f.Print(padded(strconv.Itoa(int(v)), f.Post), f.Post)
}

func formatInt8(v int64, f *numfmt.Format) (string, error) {
	if f.Roman || f.Scientific {
		return formatNumeric(types.NumericFromInt(v), f)
	}
	n, err := types.NumericFromInt(v).Mul(powerOfTen(f.Shift))
	if err == nil {
		v, err = n.Int8()
	}
	if err != nil {
		return "", err
	}
	return f.Print(padded(strconv.FormatInt(v, 10), f.Post), f.Post)
}

// padded gives a whole number places behind the point.
func padded(s string, post int) string {
	if post == 0 {
		return s
	}
	return s + "." + strings.Repeat("0", post)
}

// formatNumeric is to_char of a numeric.
func formatNumeric(n types.Numeric, f *numfmt.Format) (string, error) {
	switch {
	case f.Roman:
		v, err := n.Round(0).Int4()
		if err != nil {
			return "", err
		}
		return f.PrintRoman(int(v))
	case f.Scientific && !n.IsFinite():
		return f.Hashes(), nil
	case f.Scientific:
		return numericScientific(n, f.Post)
	}
	if f.Shift > 0 {
		var err error
		if n, err = n.Mul(powerOfTen(f.Shift)); err != nil {
			return "", err
		}
	}
	return f.Print(n.Round(f.Post).String(), f.Post)
}

func powerOfTen(n int) types.Numeric {
	p, _ := types.ParseNumeric("1" + strings.Repeat("0", n))
	return p
}

// formatFloat is to_char of a float of so many digits; shifted is v as V moves it.
func formatFloat(v, shifted float64, digits int, f *numfmt.Format) (string, error) {
	switch {
	case f.Roman:
		if n := math.RoundToEven(v); math.Abs(n) <= math.MaxInt32 {
			return f.PrintRoman(int(n))
		}
		return f.PrintRoman(0)
	case f.Scientific && (math.IsNaN(v) || isInf(v)):
		return f.Hashes(), nil
	case f.Scientific:
		return scientific(v, f), nil
	}
	post := f.Post
	if whole := len(floatText(math.Abs(shifted), 0)); whole >= digits {
		post = 0
	} else if whole+post > digits {
		post = digits - whole
	}
	return f.Print(floatText(shifted, post), post)
}

// floatText is C's %.*f.
func floatText(v float64, post int) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(v, 'f', post, 64)
}

// scientific is EEEE of a float.
func scientific(v float64, f *numfmt.Format) string {
	s := strconv.FormatFloat(v, 'e', f.Post, 64)
	if s[0] != '-' {
		s = " " + s
	}
	return s
}

// numericScientific is EEEE of a numeric: its leading digit, and post places. What rounding makes of 9.99 is 10.0.
func numericScientific(n types.Numeric, post int) (string, error) {
	text := n.Abs().String()
	whole, frac, _ := strings.Cut(text, ".")
	exp := 0
	if i := strings.IndexFunc(whole+frac, func(r rune) bool { return r != '0' }); i >= 0 {
		exp = len(whole) - 1 - i
	}
	digits := strings.TrimLeft(whole+frac, "0")
	if digits == "" {
		digits = "0"
	}
	digits = digits[:min(len(digits), post+2)] // one more decides how it is rounded
	m, err := types.ParseNumeric(digits[:1] + "." + digits[1:] + "0")
	if err != nil {
		return "", err
	}
	sign := " "
	if n.Sign() < 0 {
		sign = "-"
	}
	expSign := "+"
	if exp < 0 {
		exp, expSign = -exp, "-"
	}
	e := strconv.Itoa(exp)
	if len(e) < 2 {
		e = "0" + e
	}
	return sign + m.Round(post).String() + "e" + expSign + e, nil
}

// toNumber is to_number: NULL for an empty format.
func toNumber(s, format string) (types.Datum, error) {
	f, err := numfmt.Parse(format)
	if err != nil || format == "" {
		return types.Null, err
	}
	text, post, err := f.Read(s)
	if err != nil {
		return types.Null, err
	}
	n, err := types.ParseNumeric(text)
	if err != nil {
		return types.Null, err
	}
	digits := f.Pre + f.Shift + post
	d, err := types.ApplyTypmod(types.T{OID: types.NumericOID, Mod: int32(digits<<16|post) + 4}, types.NewNum(n), false)
	if err != nil || f.Shift == 0 {
		return d, err
	}
	power, err := powerOfTen(1).Pow(types.NumericFromInt(-int64(f.Shift)))
	if err != nil {
		return types.Null, err
	}
	n, err = d.Num().Mul(power)
	return types.NewNum(n), err
}
