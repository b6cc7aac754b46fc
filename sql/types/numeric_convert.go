package types

import (
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// ParseNumeric reads PostgreSQL's text form of a numeric.
func ParseNumeric(s string) (Numeric, error) {
	t := strings.Trim(s, asciiSpace)
	if n, ok := parseSmallNumeric(t); ok {
		return n, nil
	}
	if n, ok := parseNumericWord(t); ok {
		return n, nil
	}
	return parseLongNumeric(s, t)
}

// parseSmallNumeric reads plain digits that fit: the common case.
func parseSmallNumeric(t string) (Numeric, bool) {
	neg := false
	if t != "" && (t[0] == '-' || t[0] == '+') {
		neg = t[0] == '-'
		t = t[1:]
	}
	if t == "" || len(t) > 18 || t == "." {
		return Numeric{}, false
	}
	var c int64
	point := -1
	for i := 0; i < len(t); i++ {
		switch ch := t[i]; {
		case ch >= '0' && ch <= '9':
			c = c*10 + int64(ch-'0')
		case ch == '.' && point < 0:
			point = i
		default:
			return Numeric{}, false
		}
	}
	if neg {
		c = -c
	}
	scale := 0
	if point >= 0 {
		scale = len(t) - 1 - point
	}
	return Numeric{coef: c, scale: int16(scale)}, true
}

func parseNumericWord(t string) (Numeric, bool) {
	switch strings.ToLower(t) {
	case "nan":
		return NumericNaN, true
	case "inf", "+inf", "infinity", "+infinity":
		return NumericInf, true
	case "-inf", "-infinity":
		return NumericNegInf, true
	}
	return Numeric{}, false
}

func parseLongNumeric(s, t string) (Numeric, error) {
	bad := func() (Numeric, error) { return Numeric{}, errInvalidText("numeric", s) }
	neg := false
	if t != "" && (t[0] == '-' || t[0] == '+') {
		neg = t[0] == '-'
		t = t[1:]
	}
	i, digits, scale := 0, make([]byte, 0, len(t)), 0
	seenPoint := false
	for ; i < len(t); i++ {
		if t[i] >= '0' && t[i] <= '9' {
			digits = append(digits, t[i])
			if seenPoint {
				scale++
			}
		} else if t[i] == '.' && !seenPoint {
			seenPoint = true
		} else {
			break
		}
	}
	if len(digits) == 0 {
		return bad()
	}
	exp := 0
	if i < len(t) && (t[i] == 'e' || t[i] == 'E') {
		e, err := strconv.Atoi(t[i+1:])
		if err != nil || strings.HasPrefix(t[i+1:], "_") {
			if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
				return Numeric{}, errNumericOverflow()
			}
			return bad()
		}
		if e >= math.MaxInt32/2 || e <= -math.MaxInt32/2 {
			return Numeric{}, errNumericOverflow()
		}
		exp, i = e, len(t)
	}
	if i < len(t) {
		return bad()
	}
	return buildNumeric(strings.TrimLeft(string(digits), "0"), scale, exp, neg)
}

// buildNumeric is ±digits × 10^(exp-scale), with the scale that PostgreSQL gives it.
func buildNumeric(digits string, scale, exp int, neg bool) (Numeric, error) {
	shown := scale - exp
	if digits == "" {
		if shown > numericMaxScale {
			return Numeric{}, errNumericOverflow()
		}
		return Numeric{scale: int16(max(shown, 0))}, nil
	}
	if len(digits)-shown > numericMaxWeightDigits || shown > numericMaxScale {
		return Numeric{}, errNumericOverflow()
	}
	c, ok := new(apd.BigInt).SetString(digits, 10)
	if !ok {
		return Numeric{}, errInvalidText("numeric", digits)
	}
	if shown < 0 {
		c.Mul(c, bigPow10(-shown))
		shown = 0
	}
	if neg {
		c.Neg(c)
	}
	return MakeBigNumeric(c, shown), nil
}

// String is the text form.
func (n Numeric) String() string { return string(n.Append(nil)) }

// Append appends the text form.
func (n Numeric) Append(dst []byte) []byte {
	switch n.form {
	case numNaN:
		return append(dst, "NaN"...)
	case numInf:
		return append(dst, "Infinity"...)
	case numNegInf:
		return append(dst, "-Infinity"...)
	}
	var buf [24]byte
	var digits []byte
	if n.big == nil {
		digits = strconv.AppendInt(buf[:0], n.coef, 10)
	} else {
		digits = n.big.Append(buf[:0], 10)
	}
	if digits[0] == '-' {
		dst = append(dst, '-')
		digits = digits[1:]
	}
	scale := int(n.scale)
	if scale == 0 {
		return append(dst, digits...)
	}
	if len(digits) <= scale {
		dst = append(dst, "0."...)
		for i := len(digits); i < scale; i++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	dst = append(dst, '.')
	return append(dst, digits[len(digits)-scale:]...)
}

// NumericFromFloat is f to 15 significant digits, as PostgreSQL converts float8.
func NumericFromFloat(f float64) (Numeric, error) { return numericFromFloat(f, 15) }

// NumericFromFloat4 is f to 6 significant digits, as PostgreSQL converts float4.
func NumericFromFloat4(f float64) (Numeric, error) { return numericFromFloat(f, 6) }

func numericFromFloat(f float64, digits int) (Numeric, error) {
	switch {
	case math.IsNaN(f):
		return NumericNaN, nil
	case math.IsInf(f, 1):
		return NumericInf, nil
	case math.IsInf(f, -1):
		return NumericNegInf, nil
	}
	n, err := ParseNumeric(strconv.FormatFloat(f, 'e', digits-1, 64))
	if err != nil {
		return n, err
	}
	return n.TrimScale(), nil
}

// Float is the nearest float8; beyond its range it is an error.
func (n Numeric) Float() (float64, error) {
	switch n.form {
	case numNaN:
		return math.NaN(), nil
	case numInf:
		return math.Inf(1), nil
	case numNegInf:
		return math.Inf(-1), nil
	}
	if n.big == nil && n.scale <= 22 && n.coef > -1<<53 && n.coef < 1<<53 {
		return float64(n.coef) / floatPow10[n.scale], nil // both exact, so one rounding
	}
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil {
		return 0, pgerr.New(pgerr.NumericValueOutOfRange, `"%s" is out of range for type double precision`, n.String())
	}
	return f, nil
}

var floatPow10 = func() (t [23]float64) {
	p := 1.0
	for i := range t {
		t[i] = p
		p *= 10
	}
	return t
}()

// approx is n as a float, ±∞ when beyond its range.
func (n Numeric) approx() float64 {
	f, _ := strconv.ParseFloat(n.String(), 64)
	return f
}

// Int is n rounded to an integer of lo..hi; typeName is for the error.
func (n Numeric) intInRange(lo, hi int64, typeName string) (int64, error) {
	switch {
	case n.form == numNaN:
		return 0, pgerr.New(pgerr.CodeFeatureNotSupported, "cannot convert NaN to %s", typeName)
	case n.form != numFinite:
		return 0, pgerr.New(pgerr.CodeFeatureNotSupported, "cannot convert infinity to %s", typeName)
	}
	r := n.Round(0)
	v := r.coef
	if r.big != nil {
		if !r.big.IsInt64() {
			return 0, errIntRange(typeName)
		}
		v = r.big.Int64()
	}
	if v < lo || v > hi {
		return 0, errIntRange(typeName)
	}
	return v, nil
}

func errIntRange(typeName string) error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "%s out of range", typeName)
}

// Int8 is n rounded to a bigint.
func (n Numeric) Int8() (int64, error) { return n.intInRange(math.MinInt64, math.MaxInt64, "bigint") }

// Int4 is n rounded to an integer.
func (n Numeric) Int4() (int64, error) { return n.intInRange(math.MinInt32, math.MaxInt32, "integer") }

// Int2 is n rounded to a smallint.
func (n Numeric) Int2() (int64, error) { return n.intInRange(math.MinInt16, math.MaxInt16, "smallint") }

// ApplyNumericMod rounds n to the scale of numeric(precision, scale) and checks the precision.
func ApplyNumericMod(n Numeric, mod int32) (Numeric, error) {
	precision, scale, ok := NumericMod(mod)
	if !ok || n.form == numNaN {
		return n, nil
	}
	if n.form != numFinite {
		return n, pgerr.New(pgerr.NumericValueOutOfRange, "numeric field overflow").
			WithDetail("A field with precision %d, scale %d cannot hold an infinite value.", precision, scale)
	}
	if int(n.scale) != scale {
		n = n.Round(scale)
	}
	if n.digits()-int(n.scale) > precision-scale && n.Sign() != 0 {
		e := pgerr.New(pgerr.NumericValueOutOfRange, "numeric field overflow")
		if precision == scale {
			return n, e.WithDetail("A field with precision %d, scale %d must round to an absolute value less than 1.", precision, scale)
		}
		return n, e.WithDetail("A field with precision %d, scale %d must round to an absolute value less than 10^%d.",
			precision, scale, precision-scale)
	}
	return n, nil
}
