package server

import (
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
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

// privilegeLetters are the letters of privileges, in the order in which items have them.
var privilegeLetters = []struct {
	word   string
	letter byte
}{
	{"INSERT", 'a'}, {"SELECT", 'r'}, {"UPDATE", 'w'}, {"DELETE", 'd'}, {"TRUNCATE", 'D'}, {"REFERENCES", 'x'}, {"TRIGGER", 't'}, {"EXECUTE", 'X'},
	{"USAGE", 'U'}, {"CREATE", 'C'}, {"TEMPORARY", 'T'}, {"TEMP", 'T'}, {"CONNECT", 'c'}, {"SET", 's'}, {"ALTER SYSTEM", 'A'},
}

// makeItem is makeaclitem(grantee, grantor, privilege, is_grantable).
func makeItem(x *call) (types.Datum, error) {
	letter := byte(0)
	for _, p := range privilegeLetters {
		if strings.EqualFold(p.word, strings.TrimSpace(x.args[2].Str())) {
			letter = p.letter
		}
	}
	if letter == 0 {
		return types.Null, pgerr.New(pgerr.InvalidParameterValue, "unrecognized privilege type: \"%s\"", strings.TrimSpace(x.args[2].Str()))
	}
	item := x.itemRole(0) + "=" + string(letter)
	if x.args[3].Bool() {
		item += "*"
	}
	return types.NewStr(item + "/" + x.itemRole(1)), nil
}

// itemRole is a role as items name it: nothing for everybody, the number of one that is gone.
func (x *call) itemRole(i int) string {
	id := types.OID(x.args[i].Int())
	if id == 0 && i == 0 {
		return ""
	}
	if r, ok := x.s.Reader.RoleByOID(id); ok && id != 0 {
		return expr.QuoteIdent(r.Name)
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
