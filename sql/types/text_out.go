package types

import (
	"math"
	"strconv"
	"strings"
)

// AppendText appends the text form of d, which is not NULL, as the output function of its type writes it.
func AppendText(dst []byte, t T, d Datum, env *Env) []byte {
	env = env.orDefault()
	t.OID = BaseOf(t.OID)
	switch d.kind {
	case KindStr:
		return AppendStr(dst, t.OID, d.s, env)
	case KindInt:
		return appendIntKind(dst, t.OID, d.i, env)
	case KindBool:
		return AppendBool(dst, d.i != 0)
	case KindFloat:
		return AppendFloat(dst, t.OID, d.Float(), env.ExtraFloatDigits)
	case KindNum:
		return d.Num().Append(dst)
	case KindInterval:
		return AppendInterval(dst, d.Interval(), env.IntervalStyle)
	case KindRef:
		return AppendRef(dst, t, d.x, env)
	}
	return dst
}

// Text is AppendText as a string.
func Text(t T, d Datum, env *Env) string {
	if d.kind == KindStr && KindOf(t.OID) == KindStr && !needsStrOutput(t.OID) {
		return d.s
	}
	var buf [64]byte
	return string(AppendText(buf[:0], t, d, env))
}

// AppendBool appends t or f.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 't')
	}
	return append(dst, 'f')
}

// AppendInt appends an integer.
func AppendInt(dst []byte, v int64) []byte { return strconv.AppendInt(dst, v, 10) }

// needsStrOutput reports the types of kind KindStr whose text form is not the string itself.
func needsStrOutput(oid OID) bool {
	switch BaseOf(oid) {
	case ByteaOID, UUIDOID, CharOID:
		return true
	}
	return false
}

// AppendStr appends a value of kind KindStr.
func AppendStr(dst []byte, oid OID, s string, env *Env) []byte {
	switch BaseOf(oid) {
	case ByteaOID:
		return AppendBytea(dst, s, env.orDefault().ByteaEscape)
	case UUIDOID:
		return AppendUUID(dst, s)
	case CharOID:
		return appendChar(dst, s)
	}
	return append(dst, s...)
}

// appendIntKind appends a value of kind KindInt.
func appendIntKind(dst []byte, oid OID, v int64, env *Env) []byte {
	switch oid {
	case Int4OID, Int8OID, Int2OID:
		return strconv.AppendInt(dst, v, 10)
	case OIDOID, XIDOID, CIDOID:
		return strconv.AppendUint(dst, uint64(uint32(v)), 10)
	case DateOID:
		return AppendDate(dst, v, env)
	case TimestampOID:
		return AppendTimestamp(dst, v, env)
	case TimestamptzOID:
		return AppendTimestamptz(dst, v, env)
	case TimeOID:
		return AppendTime(dst, v)
	case XID8OID:
		return strconv.AppendUint(dst, uint64(v), 10)
	case TIDOID:
		dst = append(dst, '(')
		dst = strconv.AppendUint(dst, uint64(uint32(v>>16)), 10)
		dst = append(dst, ',')
		dst = strconv.AppendUint(dst, uint64(v&0xffff), 10)
		return append(dst, ')')
	case MoneyOID:
		return appendMoney(dst, v)
	case PgLSNOID:
		dst = append(dst, strings.ToUpper(strconv.FormatUint(uint64(v)>>32, 16))...)
		dst = append(dst, '/')
		return append(dst, strings.ToUpper(strconv.FormatUint(uint64(v)&math.MaxUint32, 16))...)
	}
	if IsReg(oid) {
		return appendReg(dst, oid, v, env)
	}
	if isEnumHeld(oid) {
		if label, ok := env.enumText(oid, v); ok {
			return append(dst, label...)
		}
	}
	return strconv.AppendInt(dst, v, 10)
}

func appendReg(dst []byte, oid OID, v int64, env *Env) []byte {
	if v == 0 {
		if oid == RegOperOID || oid == RegOperatorOID {
			return append(dst, '0')
		}
		return append(dst, '-')
	}
	if env.RegOut != nil {
		if name := env.RegOut(oid, OID(v)); name != "" {
			return append(dst, name...)
		}
	}
	return strconv.AppendUint(dst, uint64(uint32(v)), 10)
}

func appendMoney(dst []byte, v int64) []byte {
	u := uint64(v)
	if v < 0 {
		dst = append(dst, '-')
		u = -u
	}
	dst = append(dst, '$')
	whole := strconv.FormatUint(u/100, 10)
	for i := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, whole[i])
	}
	return append(dst, '.', byte('0'+u/10%10), byte('0'+u%10))
}

// AppendFloat appends a float4 or float8. With extraDigits > 0 it is the shortest text that reads back as the same
// value, otherwise 15 (6) + extraDigits significant digits.
func AppendFloat(dst []byte, oid OID, f float64, extraDigits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	bits, digits := 64, 15
	if oid == Float4OID {
		bits, digits = 32, 6
	}
	if extraDigits <= 0 {
		return strconv.AppendFloat(dst, f, 'g', max(digits+extraDigits, 1), bits)
	}
	if a := math.Abs(f); a < 1e15 && f == math.Trunc(f) && bits == 64 && !(f == 0 && math.Signbit(f)) {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return appendShortest(dst, f, bits, digits)
}

// appendShortest chooses between plain and exponent notation by the decimal exponent, as PostgreSQL does.
func appendShortest(dst []byte, f float64, bits, plainDigits int) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, bits)
	e := len(dst) - 1
	for dst[e] != 'e' {
		e--
	}
	exp, _ := strconv.Atoi(string(dst[e+1:]))
	if exp < -4 || exp >= plainDigits {
		return dst
	}
	return strconv.AppendFloat(dst[:start], f, 'f', -1, bits)
}

// AppendRef appends a value of kind KindRef.
func AppendRef(dst []byte, t T, x any, env *Env) []byte {
	switch v := x.(type) {
	case *Array:
		if t.OID == Int2VectorOID || t.OID == OIDVectorOID {
			return appendVector(dst, v)
		}
		return appendArray(dst, v, env)
	case *JSONB:
		return v.Append(dst)
	case TimeTZ:
		return AppendTimetz(dst, v)
	case Inet:
		return appendInet(dst, t.OID, v)
	case *Record:
		return appendRecord(dst, v, env)
	case *Snapshot:
		return v.append(dst)
	}
	return dst
}
