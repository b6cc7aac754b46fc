package types

import (
	"encoding/binary"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// parseUserBinary reads the binary form of a value of a user-defined type.
func parseUserBinary(t T, b []byte, env *Env) (Datum, error) {
	switch {
	case IsUserArray(t.OID):
		return parseArrayBinary(ElemOf(t.OID), b, env)
	case IsUserBase(t.OID):
		return ParseBinary(T{OID: BaseOf(t.OID), Mod: t.Mod}, b, env)
	case env.Stored && isEnumHeld(t.OID):
		if len(b) != 8 {
			return Null, shortOrLong(b, 8)
		}
		return NewInt(int64(binary.BigEndian.Uint64(b))), nil
	case env.Stored && IsDomain(t.OID) && BaseOf(t.OID) != t.OID:
		return parseBinary(Of(BaseOf(t.OID)), b, env)
	case env.Stored && IsDomain(t.OID) && isArrayBinary(b):
		return parseArrayBinary(OID(binary.BigEndian.Uint32(b[8:])), b, env)
	case env.Stored:
		return parseRecordBinary(t.OID, nil, b, env)
	case env.User == nil:
		return Null, errUserType(t.OID)
	case IsDomain(t.OID):
		base, ok := env.User.DomainBase(t.OID)
		if !ok {
			return Null, errUserType(t.OID)
		}
		d, err := ParseBinary(base, b, env)
		if err == nil {
			err = env.User.CheckDomain(t.OID, d)
		}
		return d, err
	case IsEnum(t.OID):
		v, err := env.User.EnumValue(t.OID, string(b))
		return NewInt(v), err
	}
	fields, ok := env.User.Fields(t.OID)
	if !ok {
		return Null, errUserType(t.OID)
	}
	return parseRecordBinary(t.OID, fields, b, env)
}

// isArrayBinary tells the binary form of an array from that of a row: the array has flags, 0 or 1, where the row has the type of its first field.
func isArrayBinary(b []byte) bool {
	return len(b) >= 12 && binary.BigEndian.Uint32(b[4:]) <= 1
}

// parseRecordBinary reads a row. Without fields, those that it names itself are taken as they are.
func parseRecordBinary(oid OID, fields []Field, b []byte, env *Env) (Datum, error) {
	if len(b) < 4 {
		return Null, errShortMessage()
	}
	n := int(int32(binary.BigEndian.Uint32(b)))
	b = b[4:]
	if n < 0 || n > len(b)/8 {
		return Null, errShortMessage()
	}
	if fields != nil && n != len(fields) {
		return Null, pgerr.New(pgerr.DatatypeMismatch, "wrong number of columns: %d, expected %d", n, len(fields))
	}
	r := &Record{Type: oid}
	for i := range n {
		if len(b) < 8 {
			return Null, errShortMessage()
		}
		t, size := Of(OID(binary.BigEndian.Uint32(b))), int(int32(binary.BigEndian.Uint32(b[4:])))
		b = b[8:]
		if fields != nil {
			if t.OID != fields[i].Type.OID {
				return Null, pgerr.New(pgerr.DatatypeMismatch, "binary data has type %d (%s) instead of expected %d (%s) in record column %d",
					t.OID, FormatType(t.OID, -1), fields[i].Type.OID, FormatType(fields[i].Type.OID, -1), i+1)
			}
			t = fields[i].Type
			r.Names = append(r.Names, fields[i].Name)
		}
		d := Null
		var err error
		switch {
		case size == -1 && !env.Stored:
			err = parseFieldNull(t.OID, env)
		case size == -1:
		case size < 0 || size > len(b):
			err = errShortMessage()
		default:
			d, err = ParseBinary(t, b[:size], env)
			b = b[size:]
		}
		if err != nil {
			return Null, err
		}
		r.Types, r.Fields = append(r.Types, t), append(r.Fields, d)
	}
	if len(b) > 0 {
		return Null, errBadLength()
	}
	return NewRef(r), nil
}
