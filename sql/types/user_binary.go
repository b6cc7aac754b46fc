package types

import (
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types/recv"
)

// parseUserBinary reads the binary form of a value of a user-defined type.
func parseUserBinary(t T, r *recv.Reader, env *Env) (Datum, error) {
	switch {
	case IsUserArray(t.OID):
		return parseArrayBinary(ElemOf(t.OID), r, env)
	case IsUserBase(t.OID):
		return parseBinary(Of(BaseOf(t.OID)), r, env)
	case env.Stored && isEnumHeld(t.OID):
		return NewInt(int64(r.Uint64())), nil
	case env.Stored && IsDomain(t.OID) && BaseOf(t.OID) != t.OID:
		return parseBinary(Of(BaseOf(t.OID)), r, env)
	case env.Stored && IsDomain(t.OID) && isArrayBinary(*r):
		return parseArrayBinary(0, r, env)
	case env.Stored:
		return parseRecordBinary(t.OID, nil, r, env)
	case env.User == nil:
		return Null, errUserType(t.OID)
	case IsDomain(t.OID):
		base, ok := env.User.DomainBase(t.OID)
		if !ok {
			return Null, errUserType(t.OID)
		}
		d, err := parseBinary(base, r, env)
		if err == nil {
			err = r.Err()
		}
		if err == nil && base.Mod >= 0 {
			d, err = ApplyTypmod(base, d, false)
		}
		if err == nil {
			err = env.User.CheckDomain(t.OID, d)
		}
		return d, err
	case IsEnum(t.OID):
		v, err := env.User.EnumValue(t.OID, string(r.Rest()))
		return NewInt(v), err
	}
	fields, ok := env.User.Fields(t.OID)
	if !ok {
		return Null, errUserType(t.OID)
	}
	return parseRecordBinary(t.OID, fields, r, env)
}

// isArrayBinary tells the binary form of an array from that of a row: the array has flags, 0 or 1, where the row has the type of its first field.
func isArrayBinary(r recv.Reader) bool {
	r.Take(4)
	return r.Uint32() <= 1 && r.Len() >= 4
}

// parseRecordBinary reads a row. Without fields, those that it names itself are taken as they are.
func parseRecordBinary(oid OID, fields []Field, in *recv.Reader, env *Env) (Datum, error) {
	n := int(int32(in.Uint32()))
	if in.Err() != nil {
		return Null, in.Err()
	}
	if fields == nil && (n < 0 || n > in.Len()/8) {
		return Null, recv.Errorf("insufficient data left in message")
	}
	if fields != nil && n != len(fields) {
		return Null, pgerr.New(pgerr.DatatypeMismatch, "wrong number of columns: %d, expected %d", n, len(fields))
	}
	r := &Record{Type: oid}
	for i := range n {
		t := Of(OID(in.Uint32()))
		if in.Err() != nil {
			return Null, in.Err()
		}
		if fields != nil {
			if mismatch(t.OID, fields[i].Type.OID) {
				return Null, pgerr.New(pgerr.DatatypeMismatch, "binary data has type %d (%s) instead of expected %d (%s) in record column %d",
					t.OID, FormatType(t.OID, -1), fields[i].Type.OID, FormatType(fields[i].Type.OID, -1), i+1)
			}
			t = fields[i].Type
			r.Names = append(r.Names, fields[i].Name)
		}
		size, d := int(int32(in.Uint32())), Null
		err := in.Err()
		switch {
		case err != nil:
		case size == -1 && !env.Stored:
			err = parseFieldNull(t.OID, env)
		case size == -1:
		case size < 0 || size > in.Len():
			err = recv.Errorf("insufficient data left in message")
		default:
			d, err = ParseBinary(t, in.Take(size), env, recv.Column(i+1))
		}
		if err != nil {
			return Null, err
		}
		r.Types, r.Fields = append(r.Types, t), append(r.Fields, d)
	}
	return NewRef(r), nil
}
