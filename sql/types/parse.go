package types

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Parse reads the text form of a value of type t, as the type's input function does, and applies its modifier as an
// assignment does.
func Parse(t T, s string, env *Env) (Datum, error) {
	env = env.orDefault()
	switch t.OID {
	case TextOID, VarcharOID, BPCharOID, UnknownOID, CStringOID, RefCursorOID, XMLOID, PgNodeTreeOID:
		if t.Mod < 0 {
			return NewStr(s), nil
		}
		return ApplyTypmod(t, NewStr(s), false)
	case Int4OID, Int2OID, Int8OID:
		v, err := ParseInt(t.OID, s)
		return NewInt(v), err
	case BoolOID:
		return parseBool(s)
	case Float8OID, Float4OID:
		v, err := ParseFloat(t.OID, s)
		return NewFloat(v), err
	case NumericOID:
		return parseNumericMod(t, s)
	case NameOID:
		return NewStr(TruncateName(s)), nil
	case DateOID, TimeOID, TimetzOID, TimestampOID, TimestamptzOID, IntervalOID:
		return parseDateTime(t, s, env)
	case ByteaOID:
		v, err := parseBytea(s)
		return NewStr(v), err
	case UUIDOID:
		v, err := parseUUID(s)
		return NewStr(v), err
	}
	return parseOther(t, s, env)
}

// parseOther reads the rarer types.
func parseOther(t T, s string, env *Env) (Datum, error) {
	switch t.OID {
	case CharOID:
		return NewStr(parseChar(s)), nil
	case OIDOID:
		v, err := parseOID(t.OID, s)
		return NewInt(int64(v)), err
	case XIDOID, CIDOID:
		return NewInt(int64(parseXID(s, 32))), nil
	case XID8OID:
		return NewInt(int64(parseXID(s, 64))), nil
	case PgSnapshotOID, TxidSnapshotOID:
		return parseSnapshot(s)
	case TIDOID:
		return parseTID(s)
	case JSONOID:
		if err := CheckJSON(s); err != nil {
			return Null, err
		}
		return NewStr(s), nil
	case JSONBOID:
		v, err := ParseJSONB(s)
		if err != nil {
			return Null, err
		}
		return NewRef(v), nil
	case JSONPathOID:
		return parsePath(s)
	case BitOID, VarbitOID:
		return parseBits(t, s)
	case VoidOID:
		return NewStr(""), nil
	case Int2VectorOID, OIDVectorOID:
		return parseVector(t.OID, s)
	case MoneyOID:
		v, err := parseMoney(s)
		return NewInt(v), err
	case PgLSNOID:
		v, err := parseLSN(s)
		return NewInt(v), err
	case InetOID, CIDROID:
		v, err := parseInet(t.OID, s)
		if err != nil {
			return Null, err
		}
		return NewRef(v), nil
	case MACAddrOID, MACAddr8OID:
		v, err := parseMAC(t.OID, s)
		return NewStr(v), err
	case ACLItemOID:
		return NewStr(s), nil
	}
	return parseByForm(t, s, env)
}

// parseByForm reads the types that are known by what they are made of: user-defined types, reg*, arrays.
func parseByForm(t T, s string, env *Env) (Datum, error) {
	ti, ok := Info(t.OID)
	switch {
	case t.OID >= FirstUserOID:
		return parseUser(t, s, env)
	case IsReg(t.OID):
		return parseReg(t.OID, s, env)
	case ok && ti.IsArray():
		a, err := parseArray(t, s, env)
		if err != nil {
			return Null, err
		}
		return NewRef(a), nil
	case t.OID == RecordOID:
		return Null, pgerr.New(pgerr.CodeFeatureNotSupported, "input of anonymous composite types is not implemented")
	case ok && ti.IsPseudo():
		return Null, pgerr.New(pgerr.CodeFeatureNotSupported, "cannot accept a value of type %s", ti.Name)
	}
	return Null, pgerr.FeatureNotSupported("input of type " + FormatType(t.OID, t.Mod))
}

// ParseInt reads an int2, int4 or int8.
func ParseInt(oid OID, s string) (int64, error) {
	t := s
	if t == "" || t[0] <= ' ' || t[len(t)-1] <= ' ' {
		t = strings.Trim(t, asciiSpace)
	}
	neg := false
	if t != "" && (t[0] == '-' || t[0] == '+') {
		neg = t[0] == '-'
		t = t[1:]
	}
	if t == "" {
		return 0, errInvalidText(intName(oid), s)
	}
	var u uint64
	limit := uint64(1) << (8*intBytes(oid) - 1)
	for i := 0; i < len(t); i++ {
		c := t[i] - '0'
		if c > 9 {
			return 0, errInvalidText(intName(oid), s)
		}
		if u > limit/10 || u*10+uint64(c) > limit { // whatever follows
			return 0, errValueRange(intName(oid), s)
		}
		u = u*10 + uint64(c)
	}
	if u == limit && !neg {
		return 0, errValueRange(intName(oid), s)
	}
	if neg {
		return -int64(u), nil
	}
	return int64(u), nil
}

func intBytes(oid OID) uint {
	switch oid {
	case Int2OID:
		return 2
	case Int4OID:
		return 4
	}
	return 8
}

func intName(oid OID) string { return sqlNames[oid] }

// ParseFloat reads a float4 (rounded to its precision) or float8.
func ParseFloat(oid OID, s string) (float64, error) {
	t := strings.Trim(s, asciiSpace)
	bits := 64
	if oid == Float4OID {
		bits = 32
	}
	if t == "" || strings.IndexByte(t, '_') >= 0 {
		return 0, errInvalidText(sqlNames[oid], s)
	}
	u := t
	if len(t) > 2 && (strings.HasPrefix(t, "0x") || strings.HasPrefix(t, "0X") || t[1] == '0' && (t[2] == 'x' || t[2] == 'X')) &&
		!strings.ContainsAny(t, "pP") {
		u = t + "p0" // C's strtod takes a hexadecimal number without an exponent
	}
	f, err := strconv.ParseFloat(u, bits)
	if err != nil {
		if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
			return 0, pgerr.New(pgerr.NumericValueOutOfRange, `"%s" is out of range for type %s`, t, sqlNames[oid])
		}
		return 0, floatError(oid, t, s)
	}
	if f == 0 && strings.ContainsAny(mantissa(t), "123456789") {
		return 0, pgerr.New(pgerr.NumericValueOutOfRange, `"%s" is out of range for type %s`, t, sqlNames[oid])
	}
	return f, nil
}

var floatPrefix = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?`)

// floatError is the error of a text that is no float. As in C the number that it begins with is read first, and its range comes before what follows.
func floatError(oid OID, t, s string) error {
	prefix := floatPrefix.FindString(t)
	if prefix != "" && prefix != t {
		if _, err := ParseFloat(oid, prefix); err != nil {
			if oid == Float8OID {
				t = prefix
			}
			return pgerr.New(pgerr.NumericValueOutOfRange, `"%s" is out of range for type %s`, t, sqlNames[oid])
		}
	}
	return errInvalidText(sqlNames[oid], s)
}

func mantissa(t string) string {
	if i := strings.IndexAny(t, "eE"); i >= 0 {
		return t[:i]
	}
	return t
}

func parseNumericMod(t T, s string) (Datum, error) {
	n, err := ParseNumeric(s)
	if err == nil && t.Mod >= 4 {
		n, err = ApplyNumericMod(n, t.Mod)
	}
	if err != nil {
		return Null, err
	}
	return NewNum(n), nil
}

func parseBool(s string) (Datum, error) {
	if v, ok := ParseBoolWord(strings.Trim(s, asciiSpace)); ok {
		return NewBool(v), nil
	}
	return Null, errInvalidText("boolean", s)
}

// ParseBoolWord reads a unique prefix of true, false, yes, no, on, off, 1 or 0, in any case.
func ParseBoolWord(s string) (v, ok bool) {
	prefix := func(word string, atLeast int) bool {
		return len(s) >= atLeast && len(s) <= len(word) && strings.EqualFold(s, word[:len(s)])
	}
	switch {
	case prefix("true", 1), prefix("yes", 1), prefix("on", 2), s == "1":
		return true, true
	case prefix("false", 1), prefix("no", 1), prefix("off", 2), s == "0":
		return false, true
	}
	return false, false
}

// MaxNameBytes is the longest identifier.
const MaxNameBytes = 63

// TruncateName cuts an identifier to MaxNameBytes, at a character's border.
func TruncateName(s string) string {
	if len(s) <= MaxNameBytes {
		return s
	}
	n := MaxNameBytes
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// parseOID reads an unsigned number as C's strtoul does: a minus sign wraps around.
func parseOID(oid OID, s string) (uint32, error) {
	name := FormatType(oid, -1)
	t := strings.Trim(s, asciiSpace)
	digits := strings.TrimLeft(t, "+-")
	if digits == "" || len(t)-len(digits) > 1 {
		return 0, errInvalidText(name, s)
	}
	u, err := strconv.ParseUint(digits, 10, 64)
	if err == nil && oid == OIDOID && t[0] != '-' && u == uint64(int64(int32(u))) {
		return uint32(u), nil // a negative number of 32 bits, written as one of 64
	}
	if ne, ok := err.(*strconv.NumError); ok {
		if ne.Err == strconv.ErrRange {
			return 0, errValueRange(name, s)
		}
		if oid != OIDOID { // xid and cid stop at the first character that is no digit
			n := 0
			for n < len(digits) && digits[n] >= '0' && digits[n] <= '9' {
				n++
			}
			u, _ = strconv.ParseUint(digits[:n], 10, 64)
			return uint32(u), nil
		}
		return 0, errInvalidText(name, s)
	}
	if t[0] == '-' {
		if u > 1<<31 && oid == OIDOID {
			return 0, errValueRange(name, s)
		}
		return uint32(-int64(u)), nil
	}
	if u > 1<<32-1 && oid == OIDOID {
		return 0, errValueRange(name, s)
	}
	return uint32(u), nil
}

// parseTID reads (block,offset). What stands before the parenthesis and behind the closing one does not matter.
func parseTID(s string) (Datum, error) {
	i := strings.IndexAny(s, "(,)") // a comma may stand for the parenthesis
	ok1, t := i >= 0 && s[i] != ')', s[i+1:]
	block, t, ok2 := strings.Cut(t, ",")
	offset, _, ok3 := strings.Cut(t, ")")
	if !ok1 || !ok2 || !ok3 {
		return Null, errInvalidText("tid", s)
	}
	b, ok1 := unsigned(block)
	o, ok2 := unsigned(offset) // an empty one is 0
	if !ok1 || !ok2 || b != uint64(uint32(b)) && b != uint64(int64(int32(b))) || o > math.MaxUint16 {
		return Null, errInvalidText("tid", s)
	}
	return NewInt(int64(uint64(uint32(b))<<16 | o)), nil
}

// unsigned reads a decimal number as C's strtoul does: blanks and a sign may come first, and a negative number counts from the end.
func unsigned(s string) (uint64, bool) {
	t := strings.TrimLeft(s, asciiSpace)
	neg := strings.HasPrefix(t, "-")
	if neg || strings.HasPrefix(t, "+") {
		t = t[1:]
	}
	if t == "" {
		return 0, s == ""
	}
	if t[0] < '0' || t[0] > '9' {
		return 0, false
	}
	u, err := strconv.ParseUint(t, 10, 64)
	if neg {
		u = -u
	}
	return u, err == nil
}

func parseReg(oid OID, s string, env *Env) (Datum, error) {
	if s == "-" && oid != RegRoleOID && oid != RegNamespaceOID {
		return NewInt(0), nil
	}
	if s != "" && strings.Trim(s, "0123456789") == "" {
		v, err := parseOID(OIDOID, s)
		return NewInt(int64(v)), err
	}
	if env.RegIn == nil {
		return Null, errInvalidText(FormatType(oid, -1), s)
	}
	v, err := env.RegIn(oid, s)
	return NewInt(int64(v)), err
}

func parseMoney(s string) (int64, error) {
	t := moneySymbol(s)
	neg := false
	switch {
	case strings.HasPrefix(t, "-"), strings.HasPrefix(t, "("):
		neg, t = true, t[1:]
	case strings.HasPrefix(t, "+"):
		t = t[1:]
	}
	t = moneySymbol(t)
	cents, t, ok := moneyDigits(t)
	if !ok {
		return 0, errValueRange("money", s)
	}
	for t != "" {
		switch c := t[0]; {
		case c == '-':
			neg = true
		case c == '+', c == ')', c == '$', strings.IndexByte(asciiSpace, c) >= 0:
		default:
			return 0, errInvalidText("money", s)
		}
		t = t[1:]
	}
	if neg {
		return cents, nil
	}
	if cents == math.MinInt64 {
		return 0, errValueRange("money", s)
	}
	return -cents, nil
}

// moneySymbol skips space and one currency symbol.
func moneySymbol(s string) string {
	s = strings.TrimLeft(s, asciiSpace)
	return strings.TrimLeft(strings.TrimPrefix(s, "$"), asciiSpace)
}

// moneyDigits reads an amount as negative cents, rounded, of which there are more than positive ones; no digits at all are 0. ok is false if it
// is too large. rest is what follows.
func moneyDigits(s string) (cents int64, rest string, ok bool) {
	add := func(times, digit int64) {
		if cents < (math.MinInt64+digit)/times {
			ok = false
			return
		}
		cents = cents*times - digit
	}
	ok = true
	decimals := -1 // none before the point
	i := 0
digits:
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9' && decimals < 2:
			add(10, int64(c-'0'))
			if decimals >= 0 {
				decimals++
			}
		case c == '.' && decimals < 0:
			decimals = 0
		case c == ',':
		default:
			break digits
		}
	}
	if i < len(s) && s[i] >= '5' && s[i] <= '9' {
		add(1, 1)
	}
	for d := max(decimals, 0); d < 2; d++ {
		add(10, 0)
	}
	return cents, strings.TrimLeft(s[i:], "0123456789"), ok
}

func parseLSN(s string) (int64, error) {
	if hi, lo, ok := strings.Cut(s, "/"); ok && len(hi) <= 8 && len(lo) <= 8 {
		a, err1 := strconv.ParseUint(hi, 16, 32)
		b, err2 := strconv.ParseUint(lo, 16, 32)
		if err1 == nil && err2 == nil {
			return int64(a<<32 | b), nil
		}
	}
	return 0, errInvalidText("pg_lsn", s)
}
