package types

import (
	"strconv"
	"strings"
)

// TypeInfo describes one built-in type: what pg_type shows of it, and its kind in memory.
type TypeInfo struct {
	OID  OID
	Name string // pg_type.typname; every built-in type is in schema pg_catalog
	Kind Kind

	Len       int16 // typlen: bytes, -1 variable, -2 zero-terminated
	ByVal     bool
	Type      byte // typtype: b base, c composite, d domain, e enum, p pseudo, r range, m multirange
	Category  byte
	Preferred bool
	Delim     byte
	Rel       OID // the relation of a row type
	Elem      OID // the element type of an array (and of the fixed-length types that can be subscripted)
	Array     OID // the array type over this one
	Align     byte
	Storage   byte
	Collation OID

	// Names of the functions in pg_proc, "" for none.
	Subscript, In, Out, Recv, Send, ModIn, ModOut string
}

// IsArray reports whether the type is a true array: variable length and subscripted by the general array code.
func (ti *TypeInfo) IsArray() bool { return ti.In == "array_in" }

// IsPseudo reports whether no column can have the type.
func (ti *TypeInfo) IsPseudo() bool { return ti.Type == 'p' }

var infoByOID, infoByName = indexBuiltinTypes()

func indexBuiltinTypes() (map[OID]*TypeInfo, map[string]*TypeInfo) {
	byOID := make(map[OID]*TypeInfo, len(builtinTypes))
	byName := make(map[string]*TypeInfo, len(builtinTypes))
	for i := range builtinTypes {
		ti := &builtinTypes[i]
		if ti.Delim == 0 {
			ti.Delim = ','
		}
		switch {
		case ti.In == "" && ti.Name[0] == '_':
			ti.In, ti.Out, ti.Recv, ti.Send = "array_in", "array_out", "array_recv", "array_send"
			ti.Subscript = "array_subscript_handler"
		case ti.In == "":
			ti.In, ti.Out, ti.Recv, ti.Send = "record_in", "record_out", "record_recv", "record_send"
		}
		byOID[ti.OID] = ti
		byName[ti.Name] = ti
	}
	return byOID, byName
}

// Info describes a built-in type.
func Info(oid OID) (*TypeInfo, bool) {
	ti, ok := infoByOID[oid]
	return ti, ok
}

// ByName finds a built-in type by its name in pg_type ("int4", "_text", "bpchar").
func ByName(name string) (*TypeInfo, bool) {
	ti, ok := infoByName[name]
	return ti, ok
}

// Builtins lists the built-in types in the order of their OIDs. The caller does not change it.
func Builtins() []TypeInfo { return builtinTypes }

// kindTable makes KindOf a load for the OIDs of common types.
var kindTable = buildKindTable()

const kindTableSize = 4096

func buildKindTable() *[kindTableSize]Kind {
	var t [kindTableSize]Kind
	for i := range t {
		t[i] = KindRef
	}
	for i := range builtinTypes {
		if ti := &builtinTypes[i]; ti.OID < kindTableSize {
			t[ti.OID] = ti.Kind
		}
	}
	return &t
}

// KindOf is how values of the type are held.
func KindOf(oid OID) Kind {
	if oid < kindTableSize {
		return kindTable[oid]
	}
	if oid >= FirstUserOID {
		return userKind(oid)
	}
	if ti, ok := infoByOID[oid]; ok {
		return ti.Kind
	}
	return KindRef
}

// Kind is how values of t are held.
func (t T) Kind() Kind { return KindOf(t.OID) }

// String is the type as SQL writes it, with its modifier.
func (t T) String() string { return FormatType(t.OID, t.Mod) }

// WithMod is t with another modifier.
func (t T) WithMod(mod int32) T { return T{OID: t.OID, Mod: mod} }

// ElemOf is the element type of an array type, 0 for any other type.
func ElemOf(oid OID) OID {
	if oid >= FirstUserOID {
		if !IsUserArray(oid) {
			return 0
		}
		return oid &^ userArrayBit
	}
	if ti, ok := infoByOID[oid]; ok && (ti.Category == 'A' || ti.IsArray()) {
		return ti.Elem
	}
	return 0
}

// ArrayOf is the array type over a type, 0 if there is none.
func ArrayOf(elem OID) OID {
	if elem >= FirstUserOID {
		if IsUserArray(elem) {
			return 0
		}
		return elem | userArrayBit
	}
	if ti, ok := infoByOID[elem]; ok {
		return ti.Array
	}
	return 0
}

// IsArray reports whether the type is an array type (int2vector and oidvector count).
func IsArray(oid OID) bool { return ElemOf(oid) != 0 }

// IsInteger reports int2, int4 and int8.
func IsInteger(oid OID) bool { return oid == Int2OID || oid == Int4OID || oid == Int8OID }

// IsNumeric reports the types of arithmetic: integers, floats and numeric.
func IsNumeric(oid OID) bool {
	return IsInteger(oid) || oid == Float4OID || oid == Float8OID || oid == NumericOID
}

// IsString reports text, varchar, bpchar, name and unknown literals.
func IsString(oid OID) bool {
	switch oid {
	case TextOID, VarcharOID, BPCharOID, NameOID, UnknownOID:
		return true
	}
	return false
}

// IsDateTime reports the types of category D.
func IsDateTime(oid OID) bool {
	switch oid {
	case DateOID, TimeOID, TimetzOID, TimestampOID, TimestamptzOID:
		return true
	}
	return false
}

// IsReg reports the OID alias types, whose values are names of catalog objects in text form.
func IsReg(oid OID) bool {
	switch oid {
	case RegProcOID, RegProcedureOID, RegOperOID, RegOperatorOID, RegClassOID, RegTypeOID, RegRoleOID, RegNamespaceOID,
		RegConfigOID, RegDictionaryOID, RegCollationOID:
		return true
	}
	return false
}

// IsPolymorphic reports the pseudo-types that stand for an argument's actual type.
func IsPolymorphic(oid OID) bool {
	switch oid {
	case AnyElementOID, AnyArrayOID, AnyNonArrayOID, AnyEnumOID, AnyRangeOID, AnyMultirangeOID, AnyCompatibleOID,
		AnyCompatibleArrayOID, AnyCompatibleNonArrayOID, AnyCompatibleRangeOID, AnyCompatibleMultirangeOID:
		return true
	}
	return false
}

// IsByBlankPadded reports char(n), whose values are kept padded and compare without their trailing blanks.
func IsBlankPadded(oid OID) bool { return BaseOf(oid) == BPCharOID }

// Category is pg_type.typcategory.
func Category(oid OID) byte {
	if oid >= FirstUserOID {
		return userCategory(oid)
	}
	if ti, ok := infoByOID[oid]; ok {
		return ti.Category
	}
	return 'U'
}

// IsPreferred is pg_type.typispreferred.
func IsPreferred(oid OID) bool {
	ti, ok := infoByOID[oid]
	return ok && ti.Preferred
}

// sqlNames are the types whose SQL spelling differs from their name in pg_type.
var sqlNames = map[OID]string{
	BitOID: "bit", BoolOID: "boolean", BPCharOID: "character", Float4OID: "real", Float8OID: "double precision",
	Int2OID: "smallint", Int4OID: "integer", Int8OID: "bigint", NumericOID: "numeric", IntervalOID: "interval",
	TimeOID: "time without time zone", TimetzOID: "time with time zone",
	TimestampOID: "timestamp without time zone", TimestamptzOID: "timestamp with time zone",
	VarbitOID: "bit varying", VarcharOID: "character varying",
	CharOID: `"char"`, AnyOID: `"any"`,
}

// FormatType is PostgreSQL's format_type: the SQL name of a built-in type with its modifier. A negative mod is none.
// A type that is not built in gives "???" (the catalog knows the others).
func FormatType(oid OID, mod int32) string { return formatType(oid, mod, mod >= 0) }

// FormatTypeMod is format_type called with a modifier argument that is not NULL: char without a length is "bpchar", and
// bit without one is "\"bit\"", because "character" alone would mean character(1).
func FormatTypeMod(oid OID, mod int32) string { return formatType(oid, mod, true) }

func formatType(oid OID, mod int32, given bool) string {
	if oid >= FirstUserOID && IsUserArray(oid) {
		return formatType(ElemOf(oid), mod, given) + "[]"
	}
	ti, ok := infoByOID[oid]
	if !ok {
		if oid == 0 {
			return "-"
		}
		return "???"
	}
	if ti.IsArray() {
		return formatType(ti.Elem, mod, given) + "[]"
	}
	name, special := sqlNames[oid]
	switch {
	case !special:
		return quoteTypeName(ti.Name)
	case given && mod < 0 && oid == BPCharOID:
		return "bpchar"
	case given && mod < 0 && oid == BitOID:
		return `"bit"`
	case mod < 0:
		return name
	}
	return name[:modPlace(oid, name)] + FormatTypmod(oid, mod) + name[modPlace(oid, name):]
}

// modPlace is where in the name the modifier goes: timestamp(3) without time zone.
func modPlace(oid OID, name string) int {
	switch oid {
	case TimeOID, TimetzOID, TimestampOID, TimestamptzOID:
		return strings.IndexByte(name, ' ')
	}
	return len(name)
}

// FormatTypmod is the modifier as the type's typmodout function writes it: "(10,2)", "(3)", " day to second(2)".
func FormatTypmod(oid OID, mod int32) string {
	if mod < 0 {
		return ""
	}
	switch oid {
	case BPCharOID, VarcharOID:
		if mod > 4 {
			return "(" + strconv.Itoa(int(mod-4)) + ")"
		}
		return ""
	case NumericOID:
		p, s, ok := NumericMod(mod)
		if !ok {
			return ""
		}
		return "(" + strconv.Itoa(p) + "," + strconv.Itoa(s) + ")"
	case IntervalOID:
		return formatIntervalMod(mod)
	case TimeOID, TimetzOID, TimestampOID, TimestamptzOID, BitOID, VarbitOID:
		return "(" + strconv.Itoa(int(mod)) + ")"
	}
	return "(" + strconv.Itoa(int(mod)) + ")"
}

// NumericMod splits the modifier of numeric(precision, scale).
func NumericMod(mod int32) (precision, scale int, ok bool) {
	if mod < 4 {
		return 0, 0, false
	}
	mod -= 4
	return int(mod>>16) & 0xffff, int((mod&0x7ff)^1024) - 1024, true
}

// MakeNumericMod is the modifier of numeric(precision, scale).
func MakeNumericMod(precision, scale int) int32 {
	return int32(precision)<<16 | int32(scale)&0x7ff + 4
}

// quoteTypeName quotes the few built-in names that are not plain identifiers.
func quoteTypeName(name string) string {
	if name == "any" || name == "char" {
		return `"` + name + `"`
	}
	return name
}

// Fields of interval modifiers: the high half is a mask of fields, the low half a precision.
const (
	itvMonth         = 1 << 1
	itvYear          = 1 << 2
	itvDay           = 1 << 3
	itvHour          = 1 << 10
	itvMinute        = 1 << 11
	itvSecond        = 1 << 12
	itvFullRange     = 0x7fff
	itvFullPrecision = 0xffff
)

var intervalRangeNames = map[int32]string{
	itvYear: " year", itvMonth: " month", itvDay: " day", itvHour: " hour", itvMinute: " minute", itvSecond: " second",
	itvYear | itvMonth:                       " year to month",
	itvDay | itvHour:                         " day to hour",
	itvDay | itvHour | itvMinute:             " day to minute",
	itvDay | itvHour | itvMinute | itvSecond: " day to second",
	itvHour | itvMinute:                      " hour to minute",
	itvHour | itvMinute | itvSecond:          " hour to second",
	itvMinute | itvSecond:                    " minute to second",
}

func formatIntervalMod(mod int32) string {
	s := intervalRangeNames[mod>>16&itvFullRange]
	if p := mod & itvFullPrecision; p != itvFullPrecision {
		s += "(" + strconv.Itoa(int(p)) + ")"
	}
	return s
}
