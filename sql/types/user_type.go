package types

import "github.com/lightsql/lightsql/sql/pgerr"

// The OID of a user-defined type tells how its values are held, so that nothing that handles values asks a catalog:
//
//	bit 31   a base type; bits 16 to 28 are the built-in type whose values it holds
//	bit 30   an array; the rest is its element type
//	bit 29   a domain; bits 16 to 28 are its built-in base type (domainOverEnum, 0: of another user-defined type)
//	bit 28   an enum
//	none     a row type
//
// Domains are held as their base type is, enums as integers in the order of the labels. Names, labels, fields and
// constraints come from Env.User.
const (
	userBaseBit   OID = 1 << 31
	userArrayBit  OID = 1 << 30
	userDomainBit OID = 1 << 29
	userEnumBit   OID = 1 << 28

	domainBaseShift     = 16
	domainBaseMask  OID = 0x1fff
	domainOverEnum  OID = 1
)

// FirstUserOID is the least OID of a user-defined type.
const FirstUserOID OID = 16384

// MaxDomains is how many different OIDs there are for domains over one base type, and for base types held as one.
const MaxDomains = 1 << domainBaseShift

// UserTypes answers what the OIDs of user-defined types do not tell.
type UserTypes interface {
	// EnumLabel is the label of an enum's value, "" if there is none; EnumValue reads one; EnumValues are all in order.
	EnumLabel(enum OID, v int64) string
	EnumValue(enum OID, label string) (int64, error)
	EnumValues(enum OID) []int64
	// DomainBase is the type below a domain, which is none itself.
	DomainBase(domain OID) (T, bool)
	// CheckDomain is the error of a value, NULL included, that a domain does not allow.
	CheckDomain(domain OID, d Datum) error
	// Fields are those of a row type.
	Fields(row OID) ([]Field, bool)
	TypeName(oid OID) string
}

// Field is a field of a row type. Dropped columns of tables are left out.
type Field struct {
	Name string
	Type T
}

// EnumTypeOID is the OID of the enum number n.
func EnumTypeOID(n OID) OID { return userEnumBit | n&(userEnumBit-1) }

// DomainTypeOID is the OID of the domain number n over a base type that is no domain.
func DomainTypeOID(base, n OID) OID {
	switch {
	case IsEnum(base):
		base = domainOverEnum
	case IsUserBase(base):
		base = BaseOf(base)
	case base >= FirstUserOID:
		base = 0
	}
	return userDomainBit | base&domainBaseMask<<domainBaseShift | n&(MaxDomains-1)
}

// UserBaseOID is the OID of the base type number n, whose values are those of a built-in type.
func UserBaseOID(held, n OID) OID {
	return userBaseBit | held&domainBaseMask<<domainBaseShift | n&(MaxDomains-1)
}

// IsUserBase reports a base type of CREATE TYPE.
func IsUserBase(oid OID) bool { return oid&(userBaseBit|userArrayBit) == userBaseBit }

// IsUserArray reports an array over a user-defined type.
func IsUserArray(oid OID) bool { return oid&userArrayBit != 0 }

// IsDomain reports a domain.
func IsDomain(oid OID) bool {
	return oid&(userBaseBit|userArrayBit|userDomainBit) == userDomainBit
}

// IsEnum reports an enum.
func IsEnum(oid OID) bool {
	return oid&(userBaseBit|userArrayBit|userDomainBit|userEnumBit) == userEnumBit
}

// IsComposite reports row types, record included.
func IsComposite(oid OID) bool {
	if oid >= FirstUserOID {
		return oid < userEnumBit
	}
	ti, ok := infoByOID[oid]
	return ok && (ti.Type == 'c' || oid == RecordOID)
}

// BaseOf is the built-in type that values are held as: below a domain, or behind a base type of CREATE TYPE. Any other type is itself. Of domains
// over other user-defined types UserTypes knows.
func BaseOf(oid OID) OID {
	if oid >= FirstUserOID && (IsDomain(oid) || IsUserBase(oid)) {
		if base := oid >> domainBaseShift & domainBaseMask; base > domainOverEnum {
			return base
		}
	}
	return oid
}

// Undomained is the built-in type below a domain; any other type, base types of CREATE TYPE too, is itself. Choosing operators and functions
// goes by it, handling values by BaseOf.
func Undomained(oid OID) OID {
	if IsDomain(oid) {
		return BaseOf(oid)
	}
	return oid
}

// isEnumHeld reports the types that are held as an enum's values are.
func isEnumHeld(oid OID) bool {
	return IsEnum(oid) || IsDomain(oid) && oid>>domainBaseShift&domainBaseMask == domainOverEnum
}

func userKind(oid OID) Kind {
	switch {
	case isEnumHeld(oid):
		return KindInt
	case IsDomain(oid), IsUserBase(oid):
		if base := BaseOf(oid); base != oid {
			return KindOf(base)
		}
	}
	return KindRef
}

func userCategory(oid OID) byte {
	switch {
	case IsUserArray(oid):
		return 'A'
	case isEnumHeld(oid):
		return 'E'
	case IsUserBase(oid):
		return 'U'
	case IsDomain(oid):
		if base := BaseOf(oid); base != oid {
			return Category(base)
		}
		return 'U'
	}
	return 'C'
}

// enumText is the label of an enum's value.
func (e *Env) enumText(oid OID, v int64) (string, bool) {
	if e.User == nil || e.Stored {
		return "", false
	}
	if !IsEnum(oid) {
		if base, ok := e.User.DomainBase(oid); ok {
			oid = base.OID
		}
	}
	return e.User.EnumLabel(oid, v), true
}

func errUserType(oid OID) error {
	return pgerr.New(pgerr.UndefinedObject, "type with OID %d does not exist", oid)
}

// parseUser reads the text of a value of a user-defined type.
func parseUser(t T, s string, env *Env) (Datum, error) {
	if env.User == nil {
		return Null, errUserType(t.OID)
	}
	switch {
	case IsUserArray(t.OID):
		a, err := parseArray(t, s, env)
		if err != nil {
			return Null, err
		}
		return NewRef(a), nil
	case IsDomain(t.OID):
		base, ok := env.User.DomainBase(t.OID)
		if !ok {
			return Null, errUserType(t.OID)
		}
		d, err := Parse(base, s, env)
		if err == nil {
			err = env.User.CheckDomain(t.OID, d)
		}
		return d, err
	case IsEnum(t.OID):
		v, err := env.User.EnumValue(t.OID, s)
		return NewInt(v), err
	case IsUserBase(t.OID):
		return Parse(T{OID: BaseOf(t.OID), Mod: t.Mod}, s, env)
	}
	return parseRecord(t.OID, s, env)
}

// parseFieldNull is what an absent field is: a domain may refuse NULL.
func parseFieldNull(t OID, env *Env) error {
	if IsDomain(t) && env.User != nil {
		return env.User.CheckDomain(t, Null)
	}
	return nil
}

func errRecord(s, detail string) error {
	return pgerr.New(pgerr.InvalidTextRepresentation, "malformed record literal: \"%s\"", s).WithDetail("%s", detail)
}

// parseRecord reads the text of a row: (1,"a b",).
func parseRecord(oid OID, s string, env *Env) (Datum, error) {
	fields, ok := env.User.Fields(oid)
	if !ok {
		return Null, errUserType(oid)
	}
	p := recordParser{s: s}
	p.space()
	if p.pos >= len(s) || s[p.pos] != '(' {
		return Null, errRecord(s, "Missing left parenthesis.")
	}
	p.pos++
	r := &Record{Type: oid}
	for i, f := range fields {
		if i > 0 {
			if p.pos >= len(s) || s[p.pos] != ',' {
				return Null, errRecord(s, "Too few columns.")
			}
			p.pos++
		}
		d := Null
		text, null, err := p.field()
		switch {
		case err != nil:
			return Null, err
		case null:
			err = parseFieldNull(f.Type.OID, env)
		default:
			d, err = Parse(f.Type, text, env)
		}
		if err != nil {
			return Null, err
		}
		r.Types, r.Fields, r.Names = append(r.Types, f.Type), append(r.Fields, d), append(r.Names, f.Name)
	}
	if p.pos >= len(s) || s[p.pos] != ')' {
		if p.pos < len(s) {
			return Null, errRecord(s, "Too many columns.")
		}
		return Null, errRecord(s, "Unexpected end of input.")
	}
	p.pos++
	if p.space(); p.pos < len(s) {
		return Null, errRecord(s, "Junk after right parenthesis.")
	}
	return NewRef(r), nil
}

type recordParser struct {
	s   string
	pos int
}

func (p *recordParser) space() {
	for p.pos < len(p.s) && isSpace(p.s[p.pos]) {
		p.pos++
	}
}

// field reads up to the next comma or parenthesis; nothing at all is NULL.
func (p *recordParser) field() (text string, null bool, err error) {
	if p.pos < len(p.s) && (p.s[p.pos] == ',' || p.s[p.pos] == ')') {
		return "", true, nil
	}
	var b []byte
	quoted := false
	for {
		if p.pos >= len(p.s) {
			return "", false, errRecord(p.s, "Unexpected end of input.")
		}
		c := p.s[p.pos]
		switch {
		case c == '\\':
			p.pos++
			if p.pos >= len(p.s) {
				return "", false, errRecord(p.s, "Unexpected end of input.")
			}
			b = append(b, p.s[p.pos])
		case c == '"' && quoted && p.pos+1 < len(p.s) && p.s[p.pos+1] == '"':
			p.pos++
			b = append(b, '"')
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ')'):
			return string(b), false, nil
		default:
			b = append(b, c)
		}
		p.pos++
	}
}
