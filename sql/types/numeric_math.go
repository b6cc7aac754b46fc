package types

import (
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Scales of results follow PostgreSQL: enough digits for 16 significant ones and never fewer than the operands show. The
// values themselves are computed with some digits more and rounded.

const (
	log10E         = 0.434294481903252
	ln10           = 2.302585092994046
	maxResultScale = 2 * numericMaxDisplayScale
)

// exact is n as an apd.Decimal.
func (n Numeric) exact() *apd.Decimal {
	d := &apd.Decimal{Exponent: -int32(n.scale)}
	d.Coeff.Abs(n.Unscaled())
	d.Negative = n.Sign() < 0
	return d
}

// fromDecimal is d rounded half away from zero to a scale.
func fromDecimal(d *apd.Decimal, scale int) Numeric {
	c := new(apd.BigInt).Set(&d.Coeff)
	switch drop := -int(d.Exponent) - scale; {
	case drop > 0 && drop > int(d.NumDigits())+1:
		c.SetInt64(0)
	case drop > 0:
		c = roundBig(c, drop)
	default:
		c.Mul(c, bigPow10(-drop))
	}
	if d.Negative {
		c.Neg(c)
	}
	return MakeBigNumeric(c, scale)
}

func decimalContext(digits int) *apd.Context {
	c := apd.BaseContext.WithPrecision(uint32(max(digits, 20)))
	c.Rounding = apd.RoundHalfUp
	c.MaxExponent, c.MinExponent = apd.MaxExponent, apd.MinExponent
	return c
}

// Sqrt is the square root.
func (n Numeric) Sqrt() (Numeric, error) {
	if n.form != numFinite {
		if n.form == numNegInf {
			return n, errNegativeRoot()
		}
		return n, nil
	}
	if n.Sign() < 0 {
		return n, errNegativeRoot()
	}
	w, _ := n.lead()
	sw := (w+1)*4/2 - 1
	if n.Sign() != 0 && w+1 < 0 && (w+1)*4%2 != 0 {
		sw--
	}
	scale := clampScale(numericMinSigDigits-sw, n)
	// The root of c 10^-s with scale r is the root of the integer c 10^(2r+2-s), with one digit more for rounding.
	shift := 2*(scale+1) - int(n.scale)
	c := n.Unscaled()
	if shift >= 0 {
		c = new(apd.BigInt).Mul(c, bigPow10(shift))
	} else {
		c = new(apd.BigInt).Quo(c, bigPow10(-shift))
	}
	return MakeBigNumeric(roundBig(new(apd.BigInt).Sqrt(c), 1), scale), nil
}

func errNegativeRoot() error {
	return pgerr.New(pgerr.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
}

// Exp is e^n.
func (n Numeric) Exp() (Numeric, error) {
	switch n.form {
	case numNegInf:
		return Numeric{}, nil
	case numFinite:
	default:
		return n, nil
	}
	weight := min(max(n.approx()*log10E, -maxResultScale), maxResultScale)
	return n.exp(clampScale(numericMinSigDigits-int(weight), n))
}

// exp is e^n with a scale.
func (n Numeric) exp(scale int) (Numeric, error) {
	val := n.approx()
	if math.Abs(val) >= maxResultScale*3 {
		if val > 0 {
			return n, errNumericOverflow()
		}
		return Numeric{scale: int16(scale)}, nil
	}
	d := new(apd.Decimal)
	digits := int(val*log10E) + scale + 12
	if digits < 1 {
		return Numeric{scale: int16(scale)}, nil
	}
	if _, err := decimalContext(digits).Exp(d, n.exact()); err != nil {
		return n, errNumericOverflow()
	}
	return fromDecimal(d, scale), nil
}

// lnWeight estimates the decimal exponent of ln(n).
func (n Numeric) lnWeight() int {
	if n.Sign() <= 0 {
		return 0
	}
	if n.Cmp(MakeNumeric(9, 1)) >= 0 && n.Cmp(MakeNumeric(11, 1)) <= 0 {
		x, _ := n.Sub(NumericFromInt(1))
		if x.Sign() == 0 {
			return 0
		}
		w, first := x.lead()
		return w*4 + int(math.Log10(float64(first)))
	}
	d := n.digits()
	w, _ := n.lead()
	e := d - 1 - int(n.scale)
	two := n.leading(d, e-4*w+1+4) // the first two base-10000 digits
	ln := math.Log(float64(two)) + float64(w-1)*4*ln10
	return int(math.Log10(math.Abs(ln)))
}

func (n Numeric) checkLogArgument() error {
	switch {
	case n.form == numNaN || n.form == numInf:
		return nil
	case n.Sign() == 0:
		return pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of zero")
	case n.Sign() < 0:
		return pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of a negative number")
	}
	return nil
}

// Ln is the natural logarithm.
func (n Numeric) Ln() (Numeric, error) {
	if err := n.checkLogArgument(); err != nil || n.form != numFinite {
		return n, err
	}
	return n.ln(clampScale(numericMinSigDigits-n.lnWeight(), n)), nil
}

func (n Numeric) ln(scale int) Numeric {
	d := new(apd.Decimal)
	if _, err := decimalContext(scale+12).Ln(d, n.exact()); err != nil {
		return NumericNaN
	}
	return fromDecimal(d, scale)
}

// Log is the logarithm of n to a base.
func (n Numeric) Log(base Numeric) (Numeric, error) {
	if n.form == numNaN || base.form == numNaN {
		return NumericNaN, nil
	}
	if err := base.checkLogArgument(); err != nil {
		return n, err
	}
	if err := n.checkLogArgument(); err != nil {
		return n, err
	}
	if n.form != numFinite || base.form != numFinite {
		switch {
		case base.form == numFinite:
			return NumericInf, nil
		case n.form == numFinite:
			return Numeric{}, nil
		}
		return NumericNaN, nil
	}
	weight := n.lnWeight() - base.lnWeight()
	scale := clampScale(numericMinSigDigits-weight, n, base)
	digits := scale + 20 + max(0, -base.lnWeight()) + max(weight, 0)
	a, b := n.ln(digits), base.ln(digits)
	if b.Sign() == 0 {
		return n, errDivisionByZero()
	}
	return a.quo(b, scale, true), nil
}

// Pow is n^e.
func (n Numeric) Pow(e Numeric) (Numeric, error) {
	if n.form|e.form != numFinite {
		return powSpecial(n, e)
	}
	if n.Sign() == 0 && e.Sign() < 0 {
		return n, pgerr.New(pgerr.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
	}
	t := e.Trunc(0)
	isInt := t.Cmp(e) == 0
	if n.Sign() < 0 && !isInt {
		return n, pgerr.New(pgerr.InvalidArgumentForPowerFunction, "a negative number raised to a non-integer power yields a complex result")
	}
	if isInt && t.big == nil && t.coef >= math.MinInt32 && t.coef <= math.MaxInt32 {
		return n.powInt(int(t.coef), int(e.scale))
	}
	if n.Sign() == 0 {
		return Numeric{scale: numericMinSigDigits}, nil
	}
	negative := false
	if n.Sign() < 0 {
		n = n.Neg()
		half, _ := t.Mod(NumericFromInt(2))
		negative = half.Sign() != 0
	}
	r, err := n.powReal(e)
	if negative {
		r = r.Neg()
	}
	return r, err
}

func (n Numeric) powReal(e Numeric) (Numeric, error) {
	lnWeight := n.lnWeight()
	roughScale := max(8-lnWeight, 0)
	rough, err := n.ln(roughScale).Mul(e)
	if err != nil {
		return n, err
	}
	val := rough.Round(roughScale).approx()
	if math.Abs(val) > maxResultScale*3.01 {
		if val > 0 {
			return n, errNumericOverflow()
		}
		return Numeric{scale: numericMaxDisplayScale}, nil
	}
	weight := val * log10E
	scale := clampScale(numericMinSigDigits-int(weight), n, e)
	digits := max(scale+int(weight), 0) + 20
	x, err := n.ln(digits + max(-lnWeight, 0) + e.digits()).Mul(e)
	if err != nil {
		return n, err
	}
	return x.exp(scale)
}

func (n Numeric) powInt(e, eScale int) (Numeric, error) {
	weight := 0.0 // estimate of the result's decimal exponent
	if n.Sign() != 0 {
		d := n.digits()
		lead := float64(n.leading(d, 17))
		weight = float64(e) * (math.Log10(lead) + float64(d-17-int(n.scale)))
	}
	if weight > numericMaxWeightDigits+4 {
		return n, errNumericOverflow()
	}
	scale := min(max(numericMinSigDigits, int(n.scale), eScale), numericMaxDisplayScale)
	if weight+1 < float64(-scale) {
		return Numeric{scale: int16(scale)}, nil
	}
	switch {
	case e == 0:
		return NumericFromInt(1).Round(scale), nil
	case e == 1:
		return n.Round(scale), nil
	case e == -1:
		return NumericFromInt(1).quo(n, scale, true), nil
	case n.Sign() == 0:
		return Numeric{scale: int16(scale)}, nil
	}
	digits := max(scale+int(weight), 0) + 12 + len("2147483648")
	d, ctx := new(apd.Decimal), decimalContext(digits)
	base := n.exact()
	m := e
	if m < 0 {
		m = -m
	}
	d.SetInt64(1)
	for ; m > 0; m >>= 1 {
		if m&1 != 0 {
			if _, err := ctx.Mul(d, d, base); err != nil {
				return n, errNumericOverflow()
			}
		}
		if m > 1 {
			if _, err := ctx.Mul(base, base, base); err != nil {
				return n, errNumericOverflow()
			}
		}
	}
	if e < 0 {
		if _, err := ctx.Quo(d, apd.New(1, 0), d); err != nil {
			return n, errNumericOverflow()
		}
	}
	return fromDecimal(d, scale).checkRange()
}

// powSpecial is n^e where one of them is infinite or NaN, by the rules of POSIX.
func powSpecial(n, e Numeric) (Numeric, error) {
	one := NumericFromInt(1)
	switch {
	case n.form == numNaN:
		if e.form == numFinite && e.Sign() == 0 {
			return one, nil
		}
		return NumericNaN, nil
	case e.form == numNaN:
		if n.form == numFinite && n.Cmp(one) == 0 {
			return one, nil
		}
		return NumericNaN, nil
	case n.form == numFinite && n.Cmp(one) == 0, e.form == numFinite && e.Sign() == 0:
		return one, nil
	case e.form == numFinite:
		return powInfBase(n, e)
	case n.form == numFinite && n.Sign() == 0:
		if e.form == numNegInf {
			return n, pgerr.New(pgerr.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
		}
		return Numeric{}, nil
	}
	c := n.Abs().Cmp(one)
	switch {
	case c == 0:
		return one, nil
	case (c > 0) == (e.form == numInf):
		return NumericInf, nil
	}
	return Numeric{}, nil
}

// powInfBase is (±∞)^e for a finite e that is not zero.
func powInfBase(n, e Numeric) (Numeric, error) {
	t := e.Trunc(0)
	isInt := t.Cmp(e) == 0
	odd := false
	if isInt {
		half, _ := t.Mod(NumericFromInt(2))
		odd = half.Sign() != 0
	}
	switch {
	case n.form == numNegInf && !isInt:
		return n, pgerr.New(pgerr.InvalidArgumentForPowerFunction, "a negative number raised to a non-integer power yields a complex result")
	case e.Sign() < 0:
		return Numeric{}, nil
	case n.form == numNegInf && odd:
		return NumericNegInf, nil
	}
	return NumericInf, nil
}

// GCD is the greatest common divisor, with the larger scale.
func (n Numeric) GCD(o Numeric) Numeric {
	if n.form|o.form != numFinite {
		return NumericNaN
	}
	x, y, scale := alignBig(n, o)
	g := new(apd.BigInt).GCD(nil, nil, new(apd.BigInt).Abs(x), new(apd.BigInt).Abs(y))
	return MakeBigNumeric(g, scale)
}

// LCM is the least common multiple, with the larger scale.
func (n Numeric) LCM(o Numeric) (Numeric, error) {
	if n.form|o.form != numFinite {
		return NumericNaN, nil
	}
	scale := max(int(n.scale), int(o.scale))
	g := n.GCD(o)
	if n.Sign() == 0 || o.Sign() == 0 {
		return Numeric{scale: int16(scale)}, nil
	}
	p := n.quo(g, 0, false)
	r, err := p.Mul(o)
	return r.Abs().Round(scale), err
}

// Root is the square root of a number that is not negative, rounded to n's own scale.
func (n Numeric) Root() Numeric {
	q := new(apd.BigInt).Mul(n.Unscaled(), bigPow10(n.Scale()))
	r := new(apd.BigInt).Sqrt(q)
	if q.Sub(q, new(apd.BigInt).Mul(r, r)).Cmp(r) > 0 {
		r.Add(r, apd.NewBigInt(1))
	}
	return MakeBigNumeric(r, n.Scale())
}
