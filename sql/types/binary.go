package types

import (
	"encoding/binary"
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/lightsql/lightsql/sql/pgerr"
)

func errBinary(format string, args ...any) error {
	return pgerr.New(pgerr.InvalidBinaryRepresentation, format, args...)
}

func errShortMessage() error {
	return pgerr.New(pgerr.ProtocolViolation, "insufficient data left in message")
}

// binaryBytes is the length of the binary form of types of kind KindInt.
func binaryBytes(oid OID) int {
	switch oid {
	case Int2OID:
		return 2
	case Int8OID, TimeOID, TimestampOID, TimestamptzOID, XID8OID, MoneyOID, PgLSNOID:
		return 8
	case TIDOID:
		return 6
	}
	return 4
}

// AppendBinary appends the binary form of d, which is not NULL, as the type's send function writes it.
func AppendBinary(dst []byte, t T, d Datum, env *Env) []byte {
	if t.OID >= FirstUserOID {
		t.OID = BaseOf(t.OID)
		if isEnumHeld(t.OID) {
			if label, ok := env.orDefault().enumText(t.OID, d.i); ok {
				return append(dst, label...)
			}
			return binary.BigEndian.AppendUint64(dst, uint64(d.i))
		}
	}
	switch d.kind {
	case KindInt:
		return AppendIntBinary(dst, t.OID, d.i)
	case KindStr:
		return appendStrBinary(dst, t.OID, d.s)
	case KindBool:
		return append(dst, byte(d.i))
	case KindFloat:
		if t.OID == Float4OID {
			return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(d.Float())))
		}
		return binary.BigEndian.AppendUint64(dst, uint64(d.i))
	case KindNum:
		return d.Num().AppendBinary(dst)
	case KindInterval:
		v := d.Interval()
		dst = binary.BigEndian.AppendUint64(dst, uint64(v.Micros))
		dst = binary.BigEndian.AppendUint32(dst, uint32(v.Days))
		return binary.BigEndian.AppendUint32(dst, uint32(v.Months))
	case KindRef:
		if v, ok := d.x.(Inet); ok {
			return appendInetBinary(dst, t.OID, v)
		}
		return appendRefBinary(dst, d.x, env)
	}
	return dst
}

// AppendIntBinary appends a value of kind KindInt.
func AppendIntBinary(dst []byte, oid OID, v int64) []byte {
	switch binaryBytes(oid) {
	case 2:
		return binary.BigEndian.AppendUint16(dst, uint16(v))
	case 4:
		return binary.BigEndian.AppendUint32(dst, uint32(v))
	case 6:
		dst = binary.BigEndian.AppendUint32(dst, uint32(v>>16))
		return binary.BigEndian.AppendUint16(dst, uint16(v))
	}
	return binary.BigEndian.AppendUint64(dst, uint64(v))
}

func appendStrBinary(dst []byte, oid OID, s string) []byte {
	switch oid {
	case BitOID, VarbitOID:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(s)))
		for i := 0; i < len(s); i += 8 {
			var b byte
			for k := i; k < i+8 && k < len(s); k++ {
				b |= (s[k] - '0') << (7 - (k - i))
			}
			dst = append(dst, b)
		}
		return dst
	case MACAddrOID, MACAddr8OID:
		return appendMACBinary(dst, s)
	case CharOID:
		if s == "" {
			return append(dst, 0)
		}
	}
	return append(dst, s...)
}

func appendRefBinary(dst []byte, x any, env *Env) []byte {
	switch v := x.(type) {
	case TimeTZ:
		dst = binary.BigEndian.AppendUint64(dst, uint64(v.Micros))
		return binary.BigEndian.AppendUint32(dst, uint32(v.Zone))
	case *JSONB:
		return v.Append(append(dst, 1)) // version 1: text
	case *Array:
		return appendArrayBinary(dst, v, env)
	case *Record:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.Fields)))
		for i, f := range v.Fields {
			dst = binary.BigEndian.AppendUint32(dst, uint32(v.Types[i].OID))
			dst = appendField(dst, v.Types[i], f, env)
		}
		return dst
	}
	return dst
}

// appendField appends the length and the binary form of a value, or -1 for NULL.
func appendField(dst []byte, t T, d Datum, env *Env) []byte {
	if d.IsNull() {
		return binary.BigEndian.AppendUint32(dst, math.MaxUint32)
	}
	at := len(dst)
	dst = AppendBinary(append(dst, 0, 0, 0, 0), t, d, env)
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

func appendArrayBinary(dst []byte, a *Array, env *Env) []byte {
	hasNull := uint32(0)
	for _, e := range a.Elems {
		if e.IsNull() {
			hasNull = 1
		}
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(a.Dims)))
	dst = binary.BigEndian.AppendUint32(dst, hasNull)
	dst = binary.BigEndian.AppendUint32(dst, uint32(a.Elem))
	for _, d := range a.Dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(d.Len))
		dst = binary.BigEndian.AppendUint32(dst, uint32(d.Lower))
	}
	for _, e := range a.Elems {
		dst = appendField(dst, Of(a.Elem), e, env)
	}
	return dst
}

// ParseBinary reads the binary form of a value of type t, as the type's receive function does, and applies the modifier.
func ParseBinary(t T, b []byte, env *Env) (Datum, error) {
	d, err := parseBinary(t, b, env)
	if err != nil || t.Mod < 0 {
		return d, err
	}
	return ApplyTypmod(t, d, false)
}

func errBadLength() error {
	return errBinary("incorrect binary data format in bind parameter")
}

func parseBinary(t T, b []byte, env *Env) (Datum, error) {
	if t.OID >= FirstUserOID {
		return parseUserBinary(t, b, env.orDefault())
	}
	switch KindOf(t.OID) {
	case KindInt:
		return parseIntBinary(t.OID, b)
	case KindStr:
		return parseStrBinary(t, b)
	case KindBool:
		if len(b) != 1 {
			return Null, shortOrLong(b, 1)
		}
		return NewBool(b[0] != 0), nil
	case KindFloat:
		if t.OID == Float4OID {
			if len(b) != 4 {
				return Null, shortOrLong(b, 4)
			}
			return NewFloat(float64(math.Float32frombits(binary.BigEndian.Uint32(b)))), nil
		}
		if len(b) != 8 {
			return Null, shortOrLong(b, 8)
		}
		return NewFloat(math.Float64frombits(binary.BigEndian.Uint64(b))), nil
	case KindNum:
		n, err := parseNumericBinary(b)
		if err != nil {
			return Null, err
		}
		return NewNum(n), nil
	case KindInterval:
		if len(b) != 16 {
			return Null, shortOrLong(b, 16)
		}
		return NewInterval(Interval{
			Micros: int64(binary.BigEndian.Uint64(b)), Days: int32(binary.BigEndian.Uint32(b[8:])),
			Months: int32(binary.BigEndian.Uint32(b[12:])),
		}), nil
	}
	return parseRefBinary(t, b, env)
}

// shortOrLong tells a message that ends too early from one with bytes left over.
func shortOrLong(b []byte, want int) error {
	if len(b) < want {
		return errShortMessage()
	}
	return errBadLength()
}

func parseIntBinary(oid OID, b []byte) (Datum, error) {
	n := binaryBytes(oid)
	if len(b) != n {
		return Null, shortOrLong(b, n)
	}
	var v int64
	switch n {
	case 2:
		v = int64(int16(binary.BigEndian.Uint16(b)))
	case 4:
		v = int64(int32(binary.BigEndian.Uint32(b)))
		if oid != Int4OID && oid != DateOID { // OIDs are unsigned
			v = int64(uint32(v))
		}
	case 6:
		v = int64(binary.BigEndian.Uint32(b))<<16 | int64(binary.BigEndian.Uint16(b[4:]))
	default:
		v = int64(binary.BigEndian.Uint64(b))
	}
	switch oid {
	case DateOID:
		if IsFiniteDate(v) && !validDate(v) {
			return Null, errDateRange()
		}
	case TimestampOID, TimestamptzOID:
		if IsFiniteTimestamp(v) && !validTimestamp(v) {
			return Null, errTimestampRange()
		}
	case TimeOID:
		if v < 0 || v > MicrosPerDay {
			return Null, pgerr.New(pgerr.DatetimeValueOutOfRange, "time out of range")
		}
	}
	return NewInt(v), nil
}

func parseStrBinary(t T, b []byte) (Datum, error) {
	s := string(b)
	switch t.OID {
	case ByteaOID:
		return NewStr(s), nil
	case UUIDOID:
		if len(b) != 16 {
			return Null, shortOrLong(b, 16)
		}
		return NewStr(s), nil
	case BitOID, VarbitOID:
		return parseBitsBinary(b)
	case MACAddrOID, MACAddr8OID:
		if n := map[OID]int{MACAddrOID: 6, MACAddr8OID: 8}[t.OID]; len(b) != n {
			return Null, shortOrLong(b, n)
		}
		return NewStr(macText(b)), nil
	case CharOID:
		if len(b) != 1 {
			return Null, shortOrLong(b, 1)
		}
		if b[0] == 0 {
			s = ""
		}
		return NewStr(s), nil
	}
	if err := CheckUTF8(s); err != nil {
		return Null, err
	}
	switch t.OID {
	case NameOID:
		if len(s) > MaxNameBytes {
			return Null, pgerr.New(pgerr.NameTooLong, "identifier too long").WithDetail("Identifier must be less than %d characters.", MaxNameBytes+1)
		}
	case JSONOID:
		if err := CheckJSON(s); err != nil {
			return Null, err
		}
	}
	return NewStr(s), nil
}

func parseBitsBinary(b []byte) (Datum, error) {
	if len(b) < 4 {
		return Null, errShortMessage()
	}
	n := int(int32(binary.BigEndian.Uint32(b)))
	if n < 0 || (n+7)/8 != len(b)-4 {
		return Null, errBinary("invalid length in external bit string")
	}
	out := make([]byte, n)
	for i := range out {
		out[i] = '0' + b[4+i/8]>>(7-i%8)&1
	}
	return NewStr(string(out)), nil
}

func parseRefBinary(t T, b []byte, env *Env) (Datum, error) {
	switch t.OID {
	case TimetzOID:
		if len(b) != 12 {
			return Null, shortOrLong(b, 12)
		}
		v := TimeTZ{Micros: int64(binary.BigEndian.Uint64(b)), Zone: int32(binary.BigEndian.Uint32(b[8:]))}
		if v.Micros < 0 || v.Micros > MicrosPerDay {
			return Null, pgerr.New(pgerr.DatetimeValueOutOfRange, "time out of range")
		}
		return NewRef(v), nil
	case InetOID, CIDROID:
		v, err := parseInetBinary(t.OID, b)
		if err != nil {
			return Null, err
		}
		return NewRef(v), nil
	case JSONBOID:
		if len(b) == 0 {
			return Null, errShortMessage()
		}
		if b[0] != 1 {
			return Null, pgerr.New(pgerr.InternalError, "unsupported jsonb version number %d", b[0])
		}
		v, err := ParseJSONB(string(b[1:]))
		if err != nil {
			return Null, err
		}
		return NewRef(v), nil
	}
	if elem := ElemOf(t.OID); elem != 0 {
		return parseArrayBinary(elem, b, env)
	}
	return Null, pgerr.New(pgerr.CodeFeatureNotSupported, "binary input of type %s is not supported", FormatType(t.OID, -1))
}

func parseArrayBinary(elem OID, b []byte, env *Env) (Datum, error) {
	if len(b) < 12 {
		return Null, errShortMessage()
	}
	ndims, given := int(int32(binary.BigEndian.Uint32(b))), OID(binary.BigEndian.Uint32(b[8:]))
	if ndims < 0 || ndims > MaxArrayDims {
		if ndims < 0 {
			return Null, errBinary("invalid number of dimensions: %d", ndims)
		}
		return Null, errArrayDims(ndims)
	}
	if given != elem {
		return Null, pgerr.New(pgerr.DatatypeMismatch, "binary data has array element type %d (%s) instead of expected %d (%s)",
			given, FormatType(given, -1), elem, FormatType(elem, -1))
	}
	b = b[12:]
	a, total := &Array{Elem: elem}, 1
	for range ndims {
		if len(b) < 8 {
			return Null, errShortMessage()
		}
		d := Dim{Len: int(int32(binary.BigEndian.Uint32(b))), Lower: int(int32(binary.BigEndian.Uint32(b[4:])))}
		b = b[8:]
		if d.Len < 0 || total*d.Len > len(b)/4 { // each element takes four bytes at least
			return Null, errShortMessage()
		}
		total *= d.Len
		a.Dims = append(a.Dims, d)
	}
	if ndims == 0 || total == 0 {
		return NewRef(&Array{Elem: elem}), nil
	}
	a.Elems = make([]Datum, total)
	for i := range a.Elems {
		if len(b) < 4 {
			return Null, errShortMessage()
		}
		n := int(int32(binary.BigEndian.Uint32(b)))
		b = b[4:]
		if n == -1 {
			continue
		}
		if n < 0 || n > len(b) {
			return Null, errShortMessage()
		}
		v, err := parseBinary(Of(elem), b[:n], env)
		if err != nil {
			return Null, err
		}
		a.Elems[i], b = v, b[n:]
	}
	return NewRef(a), nil
}

// Signs in the binary form of numeric.
const (
	numericPos    = 0x0000
	numericNeg    = 0x4000
	numericIsNaN  = 0xc000
	numericIsInf  = 0xd000
	numericIsNInf = 0xf000
)

// AppendBinary appends the binary form: counts, weight, sign, scale and digits of base 10000.
func (n Numeric) AppendBinary(dst []byte) []byte {
	head := func(ndigits, weight int, sign uint16) []byte {
		dst = binary.BigEndian.AppendUint16(dst, uint16(ndigits))
		dst = binary.BigEndian.AppendUint16(dst, uint16(int16(weight)))
		dst = binary.BigEndian.AppendUint16(dst, sign)
		return binary.BigEndian.AppendUint16(dst, uint16(n.scale))
	}
	switch n.form {
	case numNaN:
		return head(0, 0, numericIsNaN)
	case numInf:
		n.scale = 0x20 // what PostgreSQL sends
		return head(0, 0, numericIsInf)
	case numNegInf:
		n.scale = 0x20
		return head(0, 0, numericIsNInf)
	}
	sign := uint16(numericPos)
	if n.Sign() < 0 {
		sign = numericNeg
	}
	groups, weight := n.base10000()
	dst = head(len(groups), weight, sign)
	for _, g := range groups {
		dst = binary.BigEndian.AppendUint16(dst, g)
	}
	return dst
}

// base10000 is the digits of base 10000 without zeros at either end, and the weight of the first.
func (n Numeric) base10000() (groups []uint16, weight int) {
	text := n.Abs().Append(nil)
	scale := int(n.scale)
	digits := make([]byte, 0, len(text)+8)
	whole := len(text)
	if scale > 0 {
		whole -= scale + 1
	}
	for range (4 - whole%4) % 4 {
		digits = append(digits, '0')
	}
	digits = append(digits, text[:whole]...)
	weight = len(digits)/4 - 1
	if scale > 0 {
		digits = append(digits, text[whole+1:]...)
	}
	for len(digits)%4 != 0 {
		digits = append(digits, '0')
	}
	for i := 0; i < len(digits); i += 4 {
		groups = append(groups, uint16(num(string(digits[i:i+4]))))
	}
	for len(groups) > 0 && groups[0] == 0 {
		groups = groups[1:]
		weight--
	}
	for len(groups) > 0 && groups[len(groups)-1] == 0 {
		groups = groups[:len(groups)-1]
	}
	if len(groups) == 0 {
		weight = 0
	}
	return groups, weight
}

func parseNumericBinary(b []byte) (Numeric, error) {
	if len(b) < 8 {
		return Numeric{}, errShortMessage()
	}
	ndigits, weight := int(binary.BigEndian.Uint16(b)), int(int16(binary.BigEndian.Uint16(b[2:])))
	sign, scale := binary.BigEndian.Uint16(b[4:]), int(binary.BigEndian.Uint16(b[6:]))
	switch sign {
	case numericIsNaN:
		return NumericNaN, nil
	case numericIsInf:
		return NumericInf, nil
	case numericIsNInf:
		return NumericNegInf, nil
	case numericPos, numericNeg:
	default:
		return Numeric{}, errBinary(`invalid sign in external "numeric" value`)
	}
	if scale > numericMaxScale {
		return Numeric{}, errBinary(`invalid scale in external "numeric" value`)
	}
	if b = b[8:]; len(b) != 2*ndigits {
		return Numeric{}, shortOrLong(b, 2*ndigits)
	}
	c, base := new(apd.BigInt), apd.NewBigInt(10000)
	for i := range ndigits {
		g := binary.BigEndian.Uint16(b[2*i:])
		if g >= 10000 {
			return Numeric{}, errBinary(`invalid digit in external "numeric" value`)
		}
		c.Mul(c, base).Add(c, apd.NewBigInt(int64(g)))
	}
	// The value is c × 10000^(weight+1-ndigits); digits beyond the scale are cut off.
	if exp := 4*(weight+1-ndigits) + scale; exp >= 0 {
		c.Mul(c, bigPow10(exp))
	} else {
		c.Quo(c, bigPow10(-exp))
	}
	if sign == numericNeg {
		c.Neg(c)
	}
	return MakeBigNumeric(c, scale).checkRange()
}
