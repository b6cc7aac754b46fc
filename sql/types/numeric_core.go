package types

import (
	"math"
	"math/bits"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Limits of numeric, PostgreSQL's.
const (
	numericMaxPrecision    = 1000
	numericMaxDisplayScale = 1000
	numericMaxScale        = 16383
	numericMinSigDigits    = 16
	numericMaxWeightDigits = 131072 // decimal digits before the point
)

// Special values of numeric.
var (
	NumericNaN    = Numeric{form: numNaN}
	NumericInf    = Numeric{form: numInf}
	NumericNegInf = Numeric{form: numNegInf}
)

var pow10Int = func() (t [19]int64) {
	p := int64(1)
	for i := range t {
		t[i] = p
		p *= 10
	}
	return t
}()

var bigTen = apd.NewBigInt(10)

var pow10Cache = func() (t [128]*apd.BigInt) {
	p := apd.NewBigInt(1)
	for i := range t {
		t[i] = p
		p = new(apd.BigInt).Mul(p, bigTen)
	}
	return t
}()

// bigPow10 is 10^n; the caller does not change it.
func bigPow10(n int) *apd.BigInt {
	if n < len(pow10Cache) {
		return pow10Cache[n]
	}
	return new(apd.BigInt).Exp(bigTen, apd.NewBigInt(int64(n)), nil)
}

// NumericFromInt is i with scale 0.
func NumericFromInt(i int64) Numeric {
	if i == math.MinInt64 { // kept big, so that small coefficients can always be negated
		return Numeric{big: apd.NewBigInt(i)}
	}
	return Numeric{coef: i}
}

// MakeNumeric is coef × 10^-scale, shown with that scale.
func MakeNumeric(coef int64, scale int) Numeric {
	n := NumericFromInt(coef)
	n.scale = int16(scale)
	return n
}

// MakeBigNumeric is coef × 10^-scale. It keeps coef, which the caller does not change afterwards.
func MakeBigNumeric(coef *apd.BigInt, scale int) Numeric {
	if coef.IsInt64() {
		if c := coef.Int64(); c != math.MinInt64 {
			return Numeric{coef: c, scale: int16(scale)}
		}
	}
	return Numeric{big: coef, scale: int16(scale)}
}

// Small is the coefficient and scale of a finite number whose coefficient fits in an int64.
func (n Numeric) Small() (coef int64, scale int, ok bool) {
	return n.coef, int(n.scale), n.big == nil && n.form == numFinite
}

// Unscaled is the coefficient of a finite number; the caller does not change it.
func (n Numeric) Unscaled() *apd.BigInt {
	if n.big != nil {
		return n.big
	}
	return apd.NewBigInt(n.coef)
}

// Scale is the number of digits shown after the point.
func (n Numeric) Scale() int { return int(n.scale) }

// IsNaN reports NaN.
func (n Numeric) IsNaN() bool { return n.form == numNaN }

// IsInf reports an infinity: sign > 0 asks for +∞, < 0 for -∞, 0 for either.
func (n Numeric) IsInf(sign int) bool {
	return n.form == numInf && sign >= 0 || n.form == numNegInf && sign <= 0
}

// IsFinite reports a number that is neither NaN nor an infinity.
func (n Numeric) IsFinite() bool { return n.form == numFinite }

// Sign is -1, 0 or 1; 0 for NaN.
func (n Numeric) Sign() int {
	switch {
	case n.form == numInf:
		return 1
	case n.form == numNegInf:
		return -1
	case n.form == numNaN:
		return 0
	case n.big != nil:
		return n.big.Sign()
	case n.coef > 0:
		return 1
	case n.coef < 0:
		return -1
	}
	return 0
}

// Neg is -n.
func (n Numeric) Neg() Numeric {
	switch {
	case n.form == numInf:
		return NumericNegInf
	case n.form == numNegInf:
		return NumericInf
	case n.big != nil:
		return MakeBigNumeric(new(apd.BigInt).Neg(n.big), int(n.scale))
	}
	n.coef = -n.coef // never the smallest int64: MakeBigNumeric and the fast paths exclude it
	return n
}

// Abs is |n|.
func (n Numeric) Abs() Numeric {
	if n.Sign() < 0 {
		return n.Neg()
	}
	return n
}

func errNumericOverflow() error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "value overflows numeric format")
}

// checkRange refuses numbers of more digits than the format holds.
func (n Numeric) checkRange() (Numeric, error) {
	if n.big != nil && n.big.BitLen() > 400000 {
		if d := n.digits() - int(n.scale); d > numericMaxWeightDigits {
			return Numeric{}, errNumericOverflow()
		}
	}
	return n, nil
}

// mulPow10 is c × 10^k if it fits.
func mulPow10(c int64, k int) (int64, bool) {
	if k >= len(pow10Int) {
		return 0, c == 0
	}
	hi, lo := bits.Mul64(uint64(max(c, -c)), uint64(pow10Int[k]))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if c < 0 {
		return -int64(lo), true
	}
	return int64(lo), true
}

// alignSmall brings two small numbers to the larger of their scales.
func alignSmall(a, b Numeric) (x, y int64, scale int16, ok bool) {
	if a.big != nil || b.big != nil {
		return 0, 0, 0, false
	}
	switch {
	case a.scale == b.scale:
		return a.coef, b.coef, a.scale, true
	case a.scale < b.scale:
		x, ok = mulPow10(a.coef, int(b.scale-a.scale))
		return x, b.coef, b.scale, ok
	}
	y, ok = mulPow10(b.coef, int(a.scale-b.scale))
	return a.coef, y, a.scale, ok
}

// alignBig is alignSmall for any finite numbers.
func alignBig(a, b Numeric) (x, y *apd.BigInt, scale int) {
	x, y = a.Unscaled(), b.Unscaled()
	switch {
	case a.scale < b.scale:
		x = new(apd.BigInt).Mul(x, bigPow10(int(b.scale-a.scale)))
	case a.scale > b.scale:
		y = new(apd.BigInt).Mul(y, bigPow10(int(a.scale-b.scale)))
	}
	return x, y, max(int(a.scale), int(b.scale))
}

// Cmp orders numbers as PostgreSQL does: -∞ < finite < ∞ < NaN, NaN equal to itself.
func (n Numeric) Cmp(o Numeric) int {
	if n.form|o.form != numFinite {
		return formRank(n.form) - formRank(o.form)
	}
	if x, y, _, ok := alignSmall(n, o); ok {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	if s, t := n.Sign(), o.Sign(); s != t {
		if s < t {
			return -1
		}
		return 1
	}
	x, y, _ := alignBig(n, o)
	return x.Cmp(y)
}

func formRank(f numForm) int {
	switch f {
	case numNegInf:
		return -1
	case numInf:
		return 1
	case numNaN:
		return 2
	}
	return 0
}

// addSpecial is a + b where not both are finite.
func addSpecial(a, b Numeric) Numeric {
	switch {
	case a.form == numNaN || b.form == numNaN:
		return NumericNaN
	case a.form == numFinite:
		return b
	case b.form == numFinite || a.form == b.form:
		return a
	}
	return NumericNaN
}

// Add is n + o, with the larger scale.
func (n Numeric) Add(o Numeric) (Numeric, error) {
	if n.form|o.form != numFinite {
		return addSpecial(n, o), nil
	}
	if x, y, scale, ok := alignSmall(n, o); ok {
		if s := x + y; (s > x) == (y > 0) && s != math.MinInt64 {
			return Numeric{coef: s, scale: scale}, nil
		}
	}
	x, y, scale := alignBig(n, o)
	return MakeBigNumeric(new(apd.BigInt).Add(x, y), scale).checkRange()
}

// Sub is n - o, with the larger scale.
func (n Numeric) Sub(o Numeric) (Numeric, error) { return n.Add(o.Neg()) }

// Mul is n × o, with the sum of the scales.
func (n Numeric) Mul(o Numeric) (Numeric, error) {
	if n.form|o.form != numFinite {
		return mulSpecial(n, o), nil
	}
	scale := int(n.scale) + int(o.scale)
	if n.big == nil && o.big == nil && scale <= numericMaxScale {
		hi, lo := bits.Mul64(uint64(max(n.coef, -n.coef)), uint64(max(o.coef, -o.coef)))
		if hi == 0 && lo <= math.MaxInt64 {
			c := int64(lo)
			if (n.coef < 0) != (o.coef < 0) {
				c = -c
			}
			return Numeric{coef: c, scale: int16(scale)}, nil
		}
	}
	p := new(apd.BigInt).Mul(n.Unscaled(), o.Unscaled())
	if scale > numericMaxScale {
		p = roundBig(p, scale-numericMaxScale)
		scale = numericMaxScale
	}
	return MakeBigNumeric(p, scale).checkRange()
}

func mulSpecial(a, b Numeric) Numeric {
	s := a.Sign() * b.Sign()
	switch {
	case a.form == numNaN || b.form == numNaN || s == 0:
		return NumericNaN
	case s > 0:
		return NumericInf
	}
	return NumericNegInf
}

// roundBig is c / 10^k, half away from zero.
func roundBig(c *apd.BigInt, k int) *apd.BigInt {
	p := bigPow10(k)
	q, r := new(apd.BigInt).QuoRem(c, p, new(apd.BigInt))
	if r.Abs(r).Lsh(r, 1).Cmp(p) >= 0 {
		q.Add(q, apd.NewBigInt(int64(c.Sign())))
	}
	return q
}

func errDivisionByZero() error { return pgerr.New(pgerr.DivisionByZero, "division by zero") }

// divSpecial is a / b where not both are finite.
func divSpecial(a, b Numeric) (Numeric, error) {
	switch {
	case a.form == numNaN || b.form == numNaN:
		return NumericNaN, nil
	case a.form != numFinite && b.form != numFinite:
		return NumericNaN, nil
	case a.form != numFinite:
		switch b.Sign() {
		case 0:
			return Numeric{}, errDivisionByZero()
		case 1:
			return a, nil
		}
		return a.Neg(), nil
	}
	return Numeric{}, nil
}

// Div is n / o, with enough digits for 16 significant ones (PostgreSQL's select_div_scale), rounded.
func (n Numeric) Div(o Numeric) (Numeric, error) {
	if n.form|o.form != numFinite {
		return divSpecial(n, o)
	}
	if o.Sign() == 0 {
		return Numeric{}, errDivisionByZero()
	}
	return n.quo(o, divScale(n, o), true).checkRange()
}

// quo is n / o to a number of decimals, rounded half away from zero or truncated.
func (n Numeric) quo(o Numeric, scale int, round bool) Numeric {
	// n.coef 10^-n.scale / (o.coef 10^-o.scale) = q 10^-scale; q = n.coef 10^(scale + o.scale - n.scale) / o.coef
	shift := scale + int(o.scale) - int(n.scale)
	if n.big == nil && o.big == nil && shift >= 0 {
		if q, ok := quoSmall(n.coef, o.coef, shift, round); ok {
			return Numeric{coef: q, scale: int16(scale)}
		}
	}
	x, y := n.Unscaled(), o.Unscaled()
	if shift >= 0 {
		x = new(apd.BigInt).Mul(x, bigPow10(shift))
	} else {
		y = new(apd.BigInt).Mul(y, bigPow10(-shift))
	}
	q, r := new(apd.BigInt).QuoRem(x, y, new(apd.BigInt))
	if round && r.Sign() != 0 {
		r.Abs(r).Lsh(r, 1)
		if r.CmpAbs(y) >= 0 {
			q.Add(q, apd.NewBigInt(int64(x.Sign()*y.Sign())))
		}
	}
	return MakeBigNumeric(q, scale)
}

// quoSmall is x × 10^shift / y in 128 bits.
func quoSmall(x, y int64, shift int, round bool) (int64, bool) {
	if shift >= len(pow10Int) {
		return 0, false
	}
	d := uint64(max(y, -y))
	hi, lo := bits.Mul64(uint64(max(x, -x)), uint64(pow10Int[shift]))
	if hi >= d {
		return 0, false
	}
	q, r := bits.Div64(hi, lo, d)
	if round && r >= d-r {
		q++
	}
	if q > math.MaxInt64 {
		return 0, false
	}
	if (x < 0) != (y < 0) {
		return -int64(q), true
	}
	return int64(q), true
}

// DivTrunc is the integer part of n / o (function div).
func (n Numeric) DivTrunc(o Numeric) (Numeric, error) {
	if n.form|o.form != numFinite {
		return divSpecial(n, o)
	}
	if o.Sign() == 0 {
		return Numeric{}, errDivisionByZero()
	}
	return n.quo(o, 0, false), nil
}

// Mod is the remainder of n / o with the sign of n.
func (n Numeric) Mod(o Numeric) (Numeric, error) {
	if n.form|o.form != numFinite {
		switch {
		case n.form == numNaN || o.form == numNaN:
			return NumericNaN, nil
		case n.form != numFinite:
			if o.form == numFinite && o.Sign() == 0 {
				return Numeric{}, errDivisionByZero()
			}
			return NumericNaN, nil
		}
		return n, nil
	}
	if o.Sign() == 0 {
		return Numeric{}, errDivisionByZero()
	}
	if x, y, scale, ok := alignSmall(n, o); ok {
		return Numeric{coef: x % y, scale: scale}, nil
	}
	x, y, scale := alignBig(n, o)
	return MakeBigNumeric(new(apd.BigInt).Rem(x, y), scale), nil
}

// digits is the number of decimal digits of the coefficient; 0 for zero.
func (n Numeric) digits() int {
	if n.big == nil {
		return smallDigits(n.coef)
	}
	d := int(float64(n.big.BitLen()-1) * (math.Ln2 / math.Ln10))
	if n.big.CmpAbs(bigPow10(d)) >= 0 {
		d++
	}
	if n.big.CmpAbs(bigPow10(d)) >= 0 {
		d++
	}
	return d
}

func smallDigits(c int64) int {
	u := uint64(max(c, -c))
	d := 0
	for d < len(pow10Int) && u >= uint64(pow10Int[d]) {
		d++
	}
	return d
}

// lead is PostgreSQL's view of the leading digits: the weight of the first base-10000 digit and that digit. 0, 0 for zero.
func (n Numeric) lead() (weight, first int) {
	d := n.digits()
	if d == 0 {
		return 0, 0
	}
	e := d - 1 - int(n.scale) // decimal exponent of the first digit
	weight = e >> 2
	take := e - 4*weight + 1 // decimal digits in the first base-10000 digit
	return weight, int(n.leading(d, take))
}

// leading is the first k decimal digits of the coefficient (of d digits), filled with zeros; k ≤ 18.
func (n Numeric) leading(d, k int) int64 {
	if n.big == nil {
		c := max(n.coef, -n.coef)
		if d >= k {
			return c / pow10Int[d-k]
		}
		return c * pow10Int[k-d]
	}
	if d <= k {
		c := new(apd.BigInt).Abs(n.big)
		return c.Mul(c, bigPow10(k-d)).Int64()
	}
	q := new(apd.BigInt).Quo(n.big, bigPow10(d-k))
	return q.Abs(q).Int64()
}

// divScale is PostgreSQL's select_div_scale.
func divScale(a, b Numeric) int {
	w1, f1 := a.lead()
	w2, f2 := b.lead()
	q := w1 - w2
	if f1 <= f2 {
		q--
	}
	return clampScale(numericMinSigDigits-4*q, a, b)
}

// clampScale raises a result scale to those of the operands and keeps it in 0..1000.
func clampScale(scale int, operands ...Numeric) int {
	for _, n := range operands {
		scale = max(scale, int(n.scale))
	}
	return min(max(scale, 0), numericMaxDisplayScale)
}

// Round is n rounded half away from zero to scale decimals (negative: to tens, hundreds, …), shown with that scale.
func (n Numeric) Round(scale int) Numeric { return n.rescale(scale, true) }

// Trunc is n cut off after scale decimals (negative: tens, hundreds, …).
func (n Numeric) Trunc(scale int) Numeric { return n.rescale(scale, false) }

func (n Numeric) rescale(scale int, round bool) Numeric {
	if n.form != numFinite {
		return n
	}
	shown := max(scale, 0)
	if scale >= int(n.scale) {
		return n.widen(scale)
	}
	drop := int(n.scale) - scale
	if n.big == nil && drop < len(pow10Int) {
		p := pow10Int[drop]
		q, r := n.coef/p, n.coef%p
		if round {
			if r = max(r, -r); r >= p-r {
				q += int64(n.Sign())
			}
		}
		if scale < 0 {
			if c, ok := mulPow10(q, -scale); ok {
				return Numeric{coef: c}
			}
			return MakeBigNumeric(new(apd.BigInt).Mul(apd.NewBigInt(q), bigPow10(-scale)), 0)
		}
		return Numeric{coef: q, scale: int16(shown)}
	}
	if drop > n.digits()+1 {
		return Numeric{scale: int16(shown)}
	}
	var q *apd.BigInt
	if round {
		q = roundBig(n.Unscaled(), drop)
	} else {
		q = new(apd.BigInt).Quo(n.Unscaled(), bigPow10(drop))
	}
	if scale < 0 {
		q.Mul(q, bigPow10(-scale))
	}
	return MakeBigNumeric(q, shown)
}

// widen is n shown with a larger scale.
func (n Numeric) widen(scale int) Numeric {
	k := scale - int(n.scale)
	if k == 0 {
		return n
	}
	if n.big == nil {
		if c, ok := mulPow10(n.coef, k); ok {
			return Numeric{coef: c, scale: int16(scale)}
		}
	}
	return MakeBigNumeric(new(apd.BigInt).Mul(n.Unscaled(), bigPow10(k)), scale)
}

// Floor is the largest integer not above n.
func (n Numeric) Floor() Numeric {
	t := n.Trunc(0)
	if n.form == numFinite && n.Sign() < 0 && t.Cmp(n) != 0 {
		t, _ = t.Sub(NumericFromInt(1))
	}
	return t
}

// Ceil is the smallest integer not below n.
func (n Numeric) Ceil() Numeric { return n.Neg().Floor().Neg() }

// MinScale is the smallest scale that shows n exactly; 0 for special values.
func (n Numeric) MinScale() int {
	if n.form != numFinite || n.Sign() == 0 {
		return 0
	}
	t := n.normalized()
	return max(int(t.scale), 0)
}

// TrimScale is n shown with MinScale digits.
func (n Numeric) TrimScale() Numeric {
	if n.form != numFinite {
		return n
	}
	return n.normalized()
}

// normalized drops zeros at the end of the fraction.
func (n Numeric) normalized() Numeric {
	if n.big == nil {
		if n.coef == 0 {
			return Numeric{}
		}
		for n.scale > 0 && n.coef%10 == 0 {
			n.coef /= 10
			n.scale--
		}
		return n
	}
	s := n.big.String()
	zeros := len(s) - len(strings.TrimRight(s, "0"))
	if zeros = min(zeros, int(n.scale)); zeros == 0 {
		return n
	}
	return MakeBigNumeric(new(apd.BigInt).Quo(n.big, bigPow10(zeros)), int(n.scale)-zeros)
}

// Hash is equal for equal numbers, whatever their scales.
func (n Numeric) Hash() uint64 {
	if n.form != numFinite {
		return mix64(uint64(n.form) + 0x9e3779b97f4a7c15)
	}
	n = n.normalized()
	if n.big == nil {
		return mix64(uint64(n.coef) ^ uint64(n.scale)<<56)
	}
	return HashString(n.big.String()) ^ mix64(uint64(n.scale))
}
