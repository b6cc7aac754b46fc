package keyenc

import (
	"bytes"
	"slices"
)

// Numbers are written as SQLite4 does: |v| = 0.d1d2d3… × 100^e with digits to base 100, d1 > 0. The class byte holds the
// sign and, for middle-sized numbers, the exponent:
//
//	05 -Infinity     06 negative, e > 10      07..11 negative, e = 10..0      12 negative, e < 0
//	13 zero
//	14 positive, e < 0     15..1f positive, e = 0..10     20 positive, e > 10     21 +Infinity     22 NaN
//
// e < 0 is followed by the complement of -e and e > 10 by e - 10, as two bytes. Then comes 2d+1 for every digit but the last,
// 2d for that, so that a longer number with the same first digits is greater. For negatives the exponent and digits are
// complemented and end with ff instead of 00.
const (
	numNegInf   = 0x05
	numNegLarge = 0x06
	numNegMid   = 0x11 // - e
	numNegSmall = 0x12
	numZero     = 0x13
	numSmall    = 0x14
	numMid      = 0x15 // + e
	numLarge    = 0x20
	numInf      = 0x21
	numNaN      = 0x22
	numMidMax   = 10
)

// Decimal is the value of a numeric as text digits: 0.Digits × 10^Exp. Digits has no leading or trailing zeros and is
// empty for zero and the special values.
type Decimal struct {
	Neg      bool
	Inf, NaN bool
	Exp      int
	Digits   []byte // '0'..'9'
}

// AppendDecimal appends a numeric. Values that are equal with different display scales give equal keys.
func AppendDecimal(b []byte, d Decimal) []byte {
	switch {
	case d.NaN:
		return append(b, numNaN)
	case d.Inf && d.Neg:
		return append(b, numNegInf)
	case d.Inf:
		return append(b, numInf)
	case len(d.Digits) == 0:
		return append(b, numZero)
	}
	// The exponent to base 100, rounded up; an odd one puts a zero before the first digit.
	e := (d.Exp + 1) >> 1
	odd := d.Exp&1 != 0
	start := len(b)
	switch {
	case e < 0:
		b = append(b, numSmall, ^byte(-e>>8), ^byte(-e))
	case e <= numMidMax:
		b = append(b, byte(numMid+e))
	default:
		b = append(b, numLarge, byte((e-numMidMax)>>8), byte(e-numMidMax)) // at most 131072 digits: two bytes
	}
	b = appendDigits(b, d.Digits, odd)
	b = append(b, 0)
	if d.Neg {
		// The class bytes of the negatives mirror those of the positives around zero.
		b[start] = 2*numZero - b[start]
		Invert(b[start+1:])
	}
	return b
}

func appendDigits(b, digits []byte, odd bool) []byte {
	if odd {
		b = append(b, (digits[0]-'0')<<1|1)
		digits = digits[1:]
	}
	for ; len(digits) >= 2; digits = digits[2:] {
		b = append(b, ((digits[0]-'0')*10+digits[1]-'0')<<1|1)
	}
	if len(digits) == 1 {
		b = append(b, (digits[0]-'0')*10<<1|1)
	}
	b[len(b)-1] &^= 1
	return b
}

// DecodeDecimal decodes a numeric. Its digits are appended to dst.
func DecodeDecimal(dst, key []byte, desc bool) (d Decimal, rest []byte, err error) {
	n, err := decimalLen(key, desc)
	if err != nil {
		return Decimal{}, nil, err
	}
	rest = key[n:]
	f := key[:n]
	if desc {
		f = slices.Clone(f)
		Invert(f)
	}
	class := f[0]
	switch class {
	case numNaN:
		return Decimal{NaN: true}, rest, nil
	case numInf:
		return Decimal{Inf: true}, rest, nil
	case numNegInf:
		return Decimal{Inf: true, Neg: true}, rest, nil
	case numZero:
		return Decimal{}, rest, nil
	}
	if d.Neg = class < numZero; d.Neg {
		class = 2*numZero - class
		f = slices.Clone(f)
		Invert(f[1:])
	}
	f = f[1 : n-1]
	var e int
	switch {
	case class == numSmall:
		e, f = -(int(^f[0])<<8 | int(^f[1])), f[2:]
	case class == numLarge:
		e, f = (int(f[0])<<8|int(f[1]))+numMidMax, f[2:]
	default:
		e = int(class - numMid)
	}
	d.Exp = 2 * e
	for i, c := range f {
		if v := c >> 1; v > 99 || (c&1 == 0) != (i == len(f)-1) || (i == 0 && v == 0) || (i == len(f)-1 && v == 0) {
			return Decimal{}, nil, ErrCorrupt
		}
		dst = append(dst, '0'+c>>1/10, '0'+c>>1%10)
	}
	d.Digits = dst[len(dst)-2*len(f):]
	if d.Digits[0] == '0' {
		d.Digits, d.Exp = d.Digits[1:], d.Exp-1
	}
	d.Digits = bytes.TrimRight(d.Digits, "0")
	return d, rest, nil
}

// decimalLen is the length of the numeric at the start of key.
func decimalLen(key []byte, desc bool) (int, error) {
	if len(key) == 0 {
		return 0, ErrCorrupt
	}
	m := mask(desc)
	class := key[0] ^ m
	switch {
	case class < numNegInf || class > numNaN:
		return 0, ErrCorrupt
	case class == numNegInf || class == numZero || class == numInf || class == numNaN:
		return 1, nil
	}
	n := 1
	if class == numSmall || class == numLarge || class == numNegSmall || class == numNegLarge {
		n = 3
	}
	if class < numZero {
		m = ^m
	}
	if len(key) < n {
		return 0, ErrCorrupt
	}
	i := bytes.IndexByte(key[n:], m)
	if i < 1 {
		return 0, ErrCorrupt
	}
	return n + i + 1, nil
}

// SkipDecimal returns what follows the numeric at the start of key.
func SkipDecimal(key []byte, desc bool) ([]byte, error) {
	n, err := decimalLen(key, desc)
	if err != nil {
		return nil, err
	}
	return key[n:], nil
}

// SkipInt returns what follows the integer at the start of key.
func SkipInt(key []byte, desc bool) ([]byte, error) {
	_, rest, err := DecodeInt(key, desc)
	return rest, err
}

// SkipBytes returns what follows the byte string at the start of key.
func SkipBytes(key []byte, desc bool) ([]byte, error) {
	m := mask(desc)
	if len(key) == 0 || key[0]^m != notNull {
		return nil, ErrCorrupt
	}
	key = key[1:]
	for {
		i := bytes.IndexByte(key, m)
		if i < 0 || i+1 >= len(key) {
			return nil, ErrCorrupt
		}
		c := key[i+1] ^ m
		key = key[i+2:]
		switch c {
		case 1:
			return key, nil
		case 0xff:
		default:
			return nil, ErrCorrupt
		}
	}
}

// SkipFixed returns what follows n fixed bytes (8 for a float, 16 for a wide integer) at the start of key.
func SkipFixed(key []byte, n int, desc bool) ([]byte, error) {
	if len(key) < n+1 || key[0]^mask(desc) != notNull {
		return nil, ErrCorrupt
	}
	return key[n+1:], nil
}
