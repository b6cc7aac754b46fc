package types

import (
	"encoding/binary"
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types/recv"
)

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
	case JSONPathOID:
		dst = append(dst, 1) // version 1: text
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
	case *Snapshot:
		return v.appendBinary(dst)
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

// ParseBinary reads the binary form of a value of type t, as the type's receive function does, and applies the modifier. at is where the value stands.
func ParseBinary(t T, b []byte, env *Env, at recv.Place) (Datum, error) {
	r := recv.New(b)
	d, err := parseBinary(t, &r, env)
	if err == nil {
		err = r.Err()
	}
	if err == nil && t.Mod >= 0 {
		d, err = ApplyTypmod(t, d, false)
	}
	if err == nil {
		err = r.End(at)
	}
	if err != nil {
		return Null, err
	}
	return d, nil
}

func parseBinary(t T, r *recv.Reader, env *Env) (Datum, error) {
	if t.OID >= FirstUserOID {
		return parseUserBinary(t, r, env.orDefault())
	}
	switch KindOf(t.OID) {
	case KindInt:
		return parseIntBinary(t.OID, r)
	case KindStr:
		return parseStrBinary(t, r)
	case KindBool:
		return NewBool(r.Byte() != 0), nil
	case KindFloat:
		if t.OID == Float4OID {
			return NewFloat(float64(math.Float32frombits(r.Uint32()))), nil
		}
		return NewFloat(math.Float64frombits(r.Uint64())), nil
	case KindNum:
		n, err := parseNumericBinary(r)
		if err != nil {
			return Null, err
		}
		return NewNum(n), nil
	case KindInterval:
		v := Interval{Micros: int64(r.Uint64())}
		v.Days = int32(r.Uint32())
		v.Months = int32(r.Uint32())
		return NewInterval(v), nil
	}
	return parseRefBinary(t, r, env)
}

func parseIntBinary(oid OID, r *recv.Reader) (Datum, error) {
	var v int64
	switch binaryBytes(oid) {
	case 2:
		v = int64(int16(r.Uint16()))
	case 4:
		u := r.Uint32()
		v = int64(int32(u))
		if oid != Int4OID && oid != DateOID { // OIDs are unsigned
			v = int64(u)
		}
	case 6:
		v = int64(r.Uint32()) << 16
		v |= int64(r.Uint16())
	default:
		v = int64(r.Uint64())
	}
	if r.Err() != nil {
		return Null, r.Err()
	}
	switch oid {
	case DateOID:
		if IsFiniteDate(v) && !ValidDate(v) {
			return Null, errDateRange()
		}
	case TimestampOID, TimestamptzOID:
		if IsFiniteTimestamp(v) && !validTimestamp(v) {
			return Null, errTimestampRange()
		}
	case TimeOID:
		return NewInt(v), checkTime(v)
	}
	return NewInt(v), nil
}

// checkTime checks a time of the day in microseconds.
func checkTime(v int64) error {
	if v < 0 || v > MicrosPerDay {
		return pgerr.New(pgerr.DatetimeValueOutOfRange, "time out of range")
	}
	return nil
}

func parseStrBinary(t T, r *recv.Reader) (Datum, error) {
	switch t.OID {
	case ByteaOID:
		return NewStr(string(r.Rest())), nil
	case UUIDOID:
		return NewStr(string(r.Take(16))), nil
	case BitOID, VarbitOID:
		return parseBitsBinary(r)
	case MACAddrOID, MACAddr8OID:
		return parseMACBinary(t.OID, r), nil
	case CharOID:
		if b := r.Byte(); b != 0 {
			return NewStr(string([]byte{b})), nil
		}
		return NewStr(""), nil
	case JSONPathOID:
		if v := r.Take(1); v != nil && v[0] != 1 {
			return Null, pgerr.New(pgerr.InternalError, "unsupported jsonpath version number: %d", v[0])
		}
	}
	s := string(r.Rest())
	if err := CheckUTF8(s); err != nil {
		return Null, err
	}
	switch t.OID {
	case JSONPathOID:
		if r.Err() != nil {
			return Null, r.Err()
		}
		return parsePath(s)
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

func parseBitsBinary(r *recv.Reader) (Datum, error) {
	n := int(int32(r.Uint32()))
	if n < 0 || n > math.MaxInt32-7 {
		return Null, recv.Errorf("invalid length in external bit string")
	}
	b := r.Take((n + 7) / 8)
	if r.Err() != nil {
		return Null, r.Err()
	}
	out := make([]byte, n)
	for i := range out {
		out[i] = '0' + b[i/8]>>(7-i%8)&1
	}
	return NewStr(string(out)), nil
}

func parseRefBinary(t T, r *recv.Reader, env *Env) (Datum, error) {
	switch t.OID {
	case TimetzOID:
		v := TimeTZ{Micros: int64(r.Uint64())}
		if err := checkTime(v.Micros); err != nil {
			return Null, err
		}
		if v.Zone = int32(r.Uint32()); v.Zone <= -maxZoneSeconds || v.Zone >= maxZoneSeconds {
			return Null, pgerr.New(pgerr.InvalidTimeZoneDisplacementValue, "time zone displacement out of range")
		}
		return NewRef(v), nil
	case InetOID, CIDROID:
		v, err := parseInetBinary(t.OID, r)
		if err != nil {
			return Null, err
		}
		return NewRef(v), nil
	case JSONBOID:
		version := r.Take(1)
		if r.Err() != nil {
			return Null, r.Err()
		}
		if version[0] != 1 {
			return Null, pgerr.New(pgerr.InternalError, "unsupported jsonb version number %d", version[0])
		}
		s := string(r.Rest())
		if err := CheckUTF8(s); err != nil {
			return Null, err
		}
		v, err := ParseJSONB(s)
		if err != nil {
			return Null, err
		}
		return NewRef(v), nil
	case PgSnapshotOID, TxidSnapshotOID:
		return parseSnapshotBinary(r)
	}
	if elem := ElemOf(t.OID); elem != 0 {
		return parseArrayBinary(elem, r, env)
	}
	return Null, pgerr.New(pgerr.CodeFeatureNotSupported, "binary input of type %s is not supported", FormatType(t.OID, -1))
}

// maxZoneSeconds bounds the displacement of a time zone.
const maxZoneSeconds = 16 * 3600

// arrayElemsMax is how many elements an array may have.
const arrayElemsMax = 134217727

// parseArrayBinary reads an array of elem. With 0 the array says itself what its elements are.
func parseArrayBinary(elem OID, r *recv.Reader, env *Env) (Datum, error) {
	dims, elem, err := parseArrayHead(elem, r)
	if err != nil {
		return Null, err
	}
	total, err := arrayTotal(dims)
	if err != nil || total == 0 {
		return NewRef(&Array{Elem: elem}), err
	}
	a := &Array{Elem: elem, Dims: dims, Elems: make([]Datum, 0, min(total, r.Len()/4))} // each element has a length at least
	for i := range total {
		n := int(int32(r.Uint32()))
		if r.Err() != nil {
			return Null, r.Err()
		}
		if n < -1 || n > r.Len() {
			return Null, recv.Errorf("insufficient data left in message")
		}
		d := Null
		if n >= 0 {
			if d, err = ParseBinary(Of(elem), r.Take(n), env, recv.Element(i+1)); err != nil {
				return Null, err
			}
		}
		a.Elems = append(a.Elems, d)
	}
	return NewRef(a), nil
}

// parseArrayHead reads what comes before the elements.
func parseArrayHead(elem OID, r *recv.Reader) ([]Dim, OID, error) {
	n := int32(r.Uint32())
	switch {
	case n < 0:
		return nil, 0, recv.Errorf("invalid number of dimensions: %d", n)
	case n > MaxArrayDims:
		return nil, 0, errArrayDims(int(n))
	}
	if flags := r.Uint32(); flags > 1 {
		return nil, 0, recv.Errorf("invalid array flags")
	}
	given := OID(r.Uint32())
	if r.Err() != nil {
		return nil, 0, r.Err()
	}
	if elem == 0 {
		elem = given
	}
	if mismatch(given, elem) {
		return nil, 0, pgerr.New(pgerr.DatatypeMismatch, "binary data has array element type %d (%s) instead of expected %d (%s)",
			given, FormatType(given, -1), elem, FormatType(elem, -1))
	}
	dims := make([]Dim, n)
	for i := range dims {
		dims[i].Len = int(int32(r.Uint32()))
		dims[i].Lower = int(int32(r.Uint32()))
	}
	return dims, elem, r.Err()
}

// mismatch reports that a message names another type than the expected one. OIDs of types that are not built in mean nothing: they differ between servers.
func mismatch(given, want OID) bool {
	const builtIn = 10000
	return given != want && given < builtIn && want < builtIn
}

// arrayTotal is how many elements there are.
func arrayTotal(dims []Dim) (int, error) {
	total := min(len(dims), 1)
	for _, d := range dims {
		if d.Len < 0 || d.Len > math.MaxInt32/max(total, 1) {
			return 0, errArraySize()
		}
		total *= d.Len
	}
	if total > arrayElemsMax {
		return 0, errArraySize()
	}
	for _, d := range dims {
		if d.Lower > math.MaxInt32-d.Len {
			return 0, pgerr.New(pgerr.ProgramLimitExceeded, "array lower bound is too large: %d", d.Lower)
		}
	}
	return total, nil
}

func errArraySize() error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", arrayElemsMax)
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

func parseNumericBinary(r *recv.Reader) (Numeric, error) {
	ndigits, weight := int(r.Uint16()), 0
	weight = int(int16(r.Uint16()))
	sign := r.Uint16()
	if r.Err() != nil {
		return Numeric{}, r.Err()
	}
	switch sign {
	case numericIsNaN, numericIsInf, numericIsNInf, numericPos, numericNeg:
	default:
		return Numeric{}, recv.Errorf(`invalid sign in external "numeric" value`)
	}
	scale := int(r.Uint16())
	if scale > numericMaxScale {
		return Numeric{}, recv.Errorf(`invalid scale in external "numeric" value`)
	}
	c, base := new(apd.BigInt), apd.NewBigInt(10000)
	for range ndigits {
		g := r.Uint16()
		if r.Err() != nil {
			return Numeric{}, r.Err()
		}
		if g >= 10000 {
			return Numeric{}, recv.Errorf(`invalid digit in external "numeric" value`)
		}
		c.Mul(c, base).Add(c, apd.NewBigInt(int64(g)))
	}
	switch sign {
	case numericIsNaN:
		return NumericNaN, r.Err()
	case numericIsInf:
		return NumericInf, r.Err()
	case numericIsNInf:
		return NumericNegInf, r.Err()
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
