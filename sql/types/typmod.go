package types

import (
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// TrimBlanks cuts the blanks that pad a char(n).
func TrimBlanks(s string) string {
	n := len(s)
	for n > 0 && s[n-1] == ' ' {
		n--
	}
	return s[:n]
}

// ApplyTypmod makes d, a value of type t.OID, fit t.Mod. An explicit cast cuts strings that are too long; an assignment
// refuses them, unless only blanks are lost.
func ApplyTypmod(t T, d Datum, explicit bool) (Datum, error) {
	if t.Mod < 0 || d.IsNull() {
		return d, nil
	}
	switch t.OID {
	case VarcharOID:
		return applyVarchar(t, d, explicit)
	case BPCharOID:
		return applyBPChar(t, d, explicit)
	case NumericOID:
		n, err := ApplyNumericMod(d.Num(), t.Mod)
		if err != nil {
			return Null, err
		}
		return NewNum(n), nil
	case TimestampOID, TimestamptzOID:
		return NewInt(roundTimestamp(d.Int(), t.Mod)), nil
	case TimeOID:
		return NewInt(roundMicros(d.Int(), t.Mod)), nil
	case TimetzOID:
		v, _ := d.Ref().(TimeTZ)
		v.Micros = roundMicros(v.Micros, t.Mod)
		return NewRef(v), nil
	case IntervalOID:
		v, err := applyIntervalMod(d.Interval(), t.Mod)
		return NewInterval(v), err
	case BitOID, VarbitOID:
		return applyBits(t, d, explicit)
	}
	if elem := ElemOf(t.OID); elem != 0 && d.Array() != nil {
		return applyArrayMod(T{OID: elem, Mod: t.Mod}, d.Array(), explicit)
	}
	return d, nil
}

func applyArrayMod(elem T, a *Array, explicit bool) (Datum, error) {
	out := &Array{Elem: a.Elem, Dims: a.Dims, Elems: make([]Datum, len(a.Elems))}
	for i, e := range a.Elems {
		v, err := ApplyTypmod(elem, e, explicit)
		if err != nil {
			return Null, err
		}
		out.Elems[i] = v
	}
	return NewRef(out), nil
}

// charPrefix is the length in bytes of the first n characters of s; ok is false if s is shorter.
func charPrefix(s string, n int) (bytes int, ok bool) {
	if len(s) < n {
		return len(s), false
	}
	i := 0
	for ; n > 0 && i < len(s); n-- {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		_, w := utf8.DecodeRuneInString(s[i:])
		i += w
	}
	return i, n == 0
}

func errTooLong(t T) error {
	return pgerr.New(pgerr.StringDataRightTruncation, "value too long for type %s", t.String())
}

func applyVarchar(t T, d Datum, explicit bool) (Datum, error) {
	s := d.Str()
	limit := int(t.Mod - 4)
	if limit < 0 || len(s) <= limit {
		return d, nil
	}
	n, _ := charPrefix(s, limit)
	if n == len(s) {
		return d, nil
	}
	if !explicit && strings.Trim(s[n:], " ") != "" {
		return Null, errTooLong(t)
	}
	return NewStr(s[:n]), nil
}

func applyBPChar(t T, d Datum, explicit bool) (Datum, error) {
	s := d.Str()
	limit := int(t.Mod - 4)
	if limit < 0 {
		return d, nil
	}
	n, _ := charPrefix(s, limit)
	if n < len(s) {
		if !explicit && strings.Trim(s[n:], " ") != "" {
			return Null, errTooLong(t)
		}
		return NewStr(s[:n]), nil
	}
	if missing := limit - utf8.RuneCountInString(s); missing > 0 {
		return NewStr(s + blanks(missing)), nil
	}
	return d, nil
}

const manyBlanks = "                                                                                                                                "

func blanks(n int) string {
	if n <= len(manyBlanks) {
		return manyBlanks[:n]
	}
	return strings.Repeat(" ", n)
}

func applyBits(t T, d Datum, explicit bool) (Datum, error) {
	s, n := d.Str(), int(t.Mod)
	switch {
	case n <= 0 || len(s) == n || len(s) < n && t.OID == VarbitOID:
		return d, nil
	case explicit && len(s) < n:
		return NewStr(s + strings.Repeat("0", n-len(s))), nil
	case explicit:
		return NewStr(s[:n]), nil
	}
	return parseBits(t, s)
}
