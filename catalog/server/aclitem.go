package server

import (
	"strings"

	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// aclFunctions are about items of access control lists, which are held as their text: grantee=privileges/grantor.
var aclFunctions = map[string]scalar{
	"makeaclitem": makeItem, "aclcontains": containsItem,
	"aclitem_eq": func(x *call) (types.Datum, error) { return types.NewBool(x.args[0].Str() == x.args[1].Str()), nil },
	"aclinsert":  noLonger, "aclremove": noLonger,
}

func noLonger(x *call) (types.Datum, error) {
	return types.Null, pgerr.New(pgerr.CodeFeatureNotSupported, "%s is no longer supported", x.proc.Name)
}

// makeItem is makeaclitem(grantee, grantor, privilege, is_grantable).
func makeItem(x *call) (types.Datum, error) {
	word := strings.TrimSpace(x.args[2].Str())
	p, ok := acl.ByName(word)
	if !ok {
		return types.Null, pgerr.New(pgerr.InvalidParameterValue, "unrecognized privilege type: \"%s\"", word)
	}
	it := acl.Item{Grantee: types.OID(x.args[0].Int()), Grantor: types.OID(x.args[1].Int()), Privs: p}
	if x.args[3].Bool() {
		it.Options = p
	}
	return types.NewStr(it.Text(x.roleName)), nil
}

// roleName is a role as items name it: the number of one that is gone.
func (x *call) roleName(id types.OID) string {
	if r, ok := x.s.Reader.RoleByOID(id); ok {
		return r.Name
	}
	return string(types.AppendInt(nil, int64(id)))
}

// containsItem reports whether a list gives all that an item gives, between the same roles.
func containsItem(x *call) (types.Datum, error) {
	grantee, rest, _ := strings.Cut(x.args[1].Str(), "=")
	want, grantor, _ := strings.Cut(rest, "/")
	for _, e := range x.args[0].Array().Elems {
		to, rest, _ := strings.Cut(e.Str(), "=")
		have, from, _ := strings.Cut(rest, "/")
		if to == grantee && from == grantor && hasLetters(have, want) {
			return types.NewBool(true), nil
		}
	}
	return types.NewBool(false), nil
}

// hasLetters reports whether have has the letters of want, with the option to grant them where want has it.
func hasLetters(have, want string) bool {
	for i := 0; i < len(want); i++ {
		if want[i] == '*' {
			continue
		}
		option := i+1 < len(want) && want[i+1] == '*'
		k := strings.IndexByte(have, want[i])
		if k < 0 || option && !strings.HasPrefix(have[k+1:], "*") {
			return false
		}
	}
	return true
}
