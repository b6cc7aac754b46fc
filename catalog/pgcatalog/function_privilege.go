package pgcatalog

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// objectClass is a class of objects that has privileges.
type objectClass struct {
	name       string // as in has_<name>_privilege
	privileges string // that exist, in upper case
	public     string // that everybody has
	find       func(x *call, arg int, byName bool) (owner types.OID, system bool, ok bool, err error)
}

var objectClasses = []objectClass{
	{"table", "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER RULE", "", findRelation},
	{"any_column", "SELECT INSERT UPDATE REFERENCES", "", findRelation},
	{"sequence", "USAGE SELECT UPDATE", "", findRelation},
	{"database", "CREATE TEMPORARY TEMP CONNECT", "CONNECT TEMPORARY TEMP", findDatabase},
	{"schema", "CREATE USAGE", "", findSchema},
	{"function", "EXECUTE", "EXECUTE", findFunction},
	{"language", "USAGE", "USAGE", findBuiltin},
	{"type", "USAGE", "USAGE", findType},
	{"tablespace", "CREATE", "", findBuiltin},
	{"foreign_data_wrapper", "USAGE", "", findBuiltin},
	{"server", "USAGE", "", findBuiltin},
	{"parameter", "SET ALTER_SYSTEM", "", findBuiltin},
}

// privilegeFunctions are has_table_privilege and its like: for each class six functions that differ in how the user and
// the object are given.
var privilegeFunctions = func() map[string]code {
	m := map[string]code{}
	for _, oc := range objectClasses {
		for _, user := range []string{"", "_name", "_id"} {
			for _, object := range []string{"_name", "_id"} {
				m["has_"+oc.name+"_privilege"+user+object] = hasPrivilege(oc, user, object == "_name")
			}
		}
	}
	for _, user := range []string{"", "_name", "_id"} {
		for _, object := range []string{"_name", "_id"} {
			for _, column := range []string{"_name", "_attnum"} {
				m["has_column_privilege"+user+object+column] = hasColumnPrivilege(user, object == "_name")
			}
			m["pg_has_role"+user+object] = hasRole(user, object == "_name")
		}
	}
	return m
}()

// user takes the role off the front of the arguments: given by name, by OID, or the current one.
func (x *call) user(how string) (*catalog.Role, error) {
	name := x.s.User
	switch how {
	case "_id":
		r, ok := x.r.RoleByOID(x.oid(0))
		x.args = x.args[1:]
		if !ok {
			return &catalog.Role{}, nil
		}
		return r, nil
	case "_name":
		name = x.str(0)
		x.args = x.args[1:]
	}
	r, ok := x.r.Role(name)
	if !ok {
		return nil, pgerr.New(pgerr.UndefinedObject, `role "%s" does not exist`, name)
	}
	return r, nil
}

// checkPrivileges reads a list such as "select, insert with grant option".
func checkPrivileges(list, known string) ([]string, error) {
	var out []string
	for _, p := range strings.Split(list, ",") {
		word := strings.ToUpper(strings.TrimSpace(p))
		word = strings.TrimSuffix(word, " WITH GRANT OPTION")
		if !containsWord(known, strings.ReplaceAll(word, " ", "_")) {
			return nil, pgerr.New(pgerr.InvalidParameterValue, `unrecognized privilege type: "%s"`, strings.TrimSpace(p))
		}
		out = append(out, word)
	}
	return out, nil
}

func containsWord(list, word string) bool {
	for _, w := range strings.Fields(list) {
		if w == word {
			return true
		}
	}
	return false
}

func hasPrivilege(oc objectClass, user string, byName bool) code {
	return func(x *call) (types.Datum, error) {
		role, err := x.user(user)
		if err != nil {
			return null, err
		}
		owner, system, ok, err := oc.find(x, 0, byName)
		if err != nil {
			return null, err
		}
		want, err := checkPrivileges(x.str(1), oc.privileges)
		if err != nil || !ok {
			return null, err
		}
		return yes(mayUse(role, owner, system, oc.public, want)), nil
	}
}

// mayUse is true if the role has one of the privileges: it is a superuser or the owner, or everybody has it.
func mayUse(role *catalog.Role, owner types.OID, system bool, public string, want []string) bool {
	if role.Super || role.OID == owner {
		return true
	}
	for _, w := range want {
		if containsWord(public, w) || system && (w == "SELECT" || w == "USAGE") {
			return true
		}
	}
	return false
}

func hasColumnPrivilege(user string, byName bool) code {
	return func(x *call) (types.Datum, error) {
		role, err := x.user(user)
		if err != nil {
			return null, err
		}
		owner, system, ok, err := findRelation(x, 0, byName)
		if err != nil {
			return null, err
		}
		want, err := checkPrivileges(x.str(2), "SELECT INSERT UPDATE REFERENCES")
		if err != nil || !ok {
			return null, err
		}
		return yes(mayUse(role, owner, system, "", want)), nil
	}
}

func hasRole(user string, byName bool) code {
	return func(x *call) (types.Datum, error) {
		role, err := x.user(user)
		if err != nil {
			return null, err
		}
		var target *catalog.Role
		ok := false
		if byName {
			if target, ok = x.r.Role(x.str(0)); !ok {
				return null, pgerr.New(pgerr.UndefinedObject, `role "%s" does not exist`, x.str(0))
			}
		} else if target, ok = x.r.RoleByOID(x.oid(0)); !ok {
			target = &catalog.Role{}
		}
		if _, err := checkPrivileges(x.str(1), "USAGE MEMBER SET USAGE_WITH_ADMIN_OPTION MEMBER_WITH_ADMIN_OPTION"); err != nil {
			return null, err
		}
		return yes(role.Super || role.OID == target.OID), nil
	}
}

func findRelation(x *call, arg int, byName bool) (types.OID, bool, bool, error) {
	id := x.oid(arg)
	if byName {
		var err error
		if id, err = resolveClass(x.r, x.path, x.s.Database, x.str(arg)); err != nil {
			return 0, false, false, err
		}
	}
	rel, ok := x.r.RelationByOID(id)
	if !ok {
		return 0, false, false, nil
	}
	return ownerOf(x.r, rel), systemSchemas(rel.RelSchema()), true, nil
}

func findDatabase(x *call, arg int, byName bool) (types.OID, bool, bool, error) {
	for _, d := range x.r.Databases() {
		if byName && d.Name == x.str(arg) || !byName && d.OID == x.oid(arg) {
			return d.Owner, false, true, nil
		}
	}
	if byName {
		return 0, false, false, pgerr.New(pgerr.UndefinedDatabase, `database "%s" does not exist`, x.str(arg))
	}
	return 0, false, false, nil
}

func findSchema(x *call, arg int, byName bool) (types.OID, bool, bool, error) {
	var s *catalog.Schema
	ok := false
	if byName {
		if s, ok = x.r.Schema(x.str(arg)); !ok {
			return 0, false, false, pgerr.New(pgerr.UndefinedSchema, `schema "%s" does not exist`, x.str(arg))
		}
	} else if s, ok = x.r.SchemaByOID(x.oid(arg)); !ok {
		return 0, false, false, nil
	}
	return s.Owner, systemSchemas(s.OID) || s.OID == catalog.PublicOID, true, nil
}

func findFunction(x *call, arg int, byName bool) (types.OID, bool, bool, error) {
	if byName {
		_, err := resolveProcedure(x.s, x.path, x.str(arg))
		return catalog.SuperuserOID, true, err == nil, err
	}
	_, _, ok := procByOID(x.r, x.oid(arg))
	return catalog.SuperuserOID, true, ok, nil
}

func findType(x *call, arg int, byName bool) (types.OID, bool, bool, error) {
	if byName {
		_, err := resolveType(x.r, x.path, x.s.Database, x.str(arg))
		return catalog.SuperuserOID, true, err == nil, err
	}
	return catalog.SuperuserOID, true, true, nil
}

// findBuiltin serves classes whose objects are all built in.
func findBuiltin(*call, int, bool) (types.OID, bool, bool, error) {
	return catalog.SuperuserOID, false, true, nil
}

// defaultACLs are the privileges that a new object of each kind has: those of everybody and those of its owner.
var defaultACLs = map[string][2]string{
	"r": {"", "arwdDxt"}, "s": {"", "rwU"}, "d": {"Tc", "CTc"}, "f": {"X", "X"}, "l": {"U", "U"}, "L": {"", "rw"}, "n": {"", "UC"},
	"t": {"", "C"}, "F": {"", "U"}, "S": {"", "U"}, "T": {"U", "U"}, "p": {"", "sA"}, "c": {"", ""},
}

// acldefault lists the privileges that an object of a kind has for its owner.
func acldefault(x *call) (types.Datum, error) {
	acl, ok := defaultACLs[x.str(0)]
	if !ok {
		return null, pgerr.New(pgerr.InternalError, "unrecognized object type abbreviation: %s", x.str(0))
	}
	who := roleName(x.r, x.oid(1))
	var items []types.Datum
	if acl[0] != "" {
		items = append(items, str("="+acl[0]+"/"+who))
	}
	if acl[1] != "" {
		items = append(items, str(who+"="+acl[1]+"/"+who))
	}
	return types.NewRef(types.NewArray(types.ACLItemOID, items)), nil
}
