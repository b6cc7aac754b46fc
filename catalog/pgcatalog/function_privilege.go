package pgcatalog

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// objectClass is a class of objects that has privileges.
type objectClass struct {
	name       string // as in has_<name>_privilege
	privileges string // that exist, in upper case
	// find gives the descriptor of an object, or a builtin.
	find func(x *call, arg int, byName bool) (d any, ok bool, err error)
}

// builtin is an object without a descriptor: what everybody may do with it.
type builtin acl.Privs

var objectClasses = []objectClass{
	{"table", "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER RULE", findRelation},
	{"any_column", "SELECT INSERT UPDATE REFERENCES", findRelation},
	{"sequence", "USAGE SELECT UPDATE", findSequence},
	{"database", "CREATE TEMPORARY TEMP CONNECT", findDatabase},
	{"schema", "CREATE USAGE", findSchema},
	{"function", "EXECUTE", findFunction},
	{"language", "USAGE", findBuiltin(acl.Usage)},
	{"type", "USAGE", findType},
	{"tablespace", "CREATE", findBuiltin(0)},
	{"foreign_data_wrapper", "USAGE", findBuiltin(0)},
	{"server", "USAGE", findBuiltin(0)},
	{"parameter", "SET ALTER_SYSTEM", findBuiltin(0)},
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
				m["has_column_privilege"+user+object+column] = hasColumnPrivilege(user, object == "_name", column == "_name")
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

// wanted is a privilege of a list, perhaps with the right to pass it on.
type wanted struct {
	privs  acl.Privs // 0: one that nothing grants
	option bool
	word   string
}

// checkPrivileges reads a list such as "select, insert with grant option".
func checkPrivileges(list, known string) ([]wanted, error) {
	var out []wanted
	for _, p := range strings.Split(list, ",") {
		word, option := strings.CutSuffix(strings.ToUpper(strings.TrimSpace(p)), " WITH GRANT OPTION")
		if !containsWord(known, strings.ReplaceAll(word, " ", "_")) {
			return nil, pgerr.New(pgerr.InvalidParameterValue, `unrecognized privilege type: "%s"`, strings.TrimSpace(p))
		}
		privs, _ := acl.ByName(word)
		out = append(out, wanted{privs, option, word})
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
		d, ok, err := oc.find(x, 0, byName)
		if err != nil {
			return null, err
		}
		want, err := checkPrivileges(x.str(1), oc.privileges)
		if err != nil || !ok {
			return null, err
		}
		for _, w := range want {
			if x.mayUse(role, d, w) || oc.name == "any_column" && x.mayUseColumn(role, d, w, nil) {
				return yes(true), nil
			}
		}
		return yes(false), nil
	}
}

// mayUse reports whether a role has a privilege on an object.
func (x *call) mayUse(role *catalog.Role, d any, w wanted) bool {
	if p, ok := d.(builtin); ok {
		return role.Super || !w.option && w.privs&acl.Privs(p) != 0
	}
	if w.privs == 0 {
		return false
	}
	if w.option {
		rights := x.r.RightsOf(d)
		return rights.Effective().Options(x.r, role.OID, rights.Owner, w.privs) == w.privs
	}
	return x.r.Allowed(role.OID, d, w.privs, false) == w.privs
}

// mayUseColumn reports whether a role has a privilege on a column by the column's own list; only nil: on any.
func (x *call) mayUseColumn(role *catalog.Role, d any, w wanted, only *catalog.Column) bool {
	rel, ok := d.(catalog.Relation)
	if !ok || w.privs == 0 {
		return false
	}
	for _, c := range columns(rel) {
		switch {
		case only != nil && c != only:
		case w.option && len(c.ACL) > 0 && c.ACL.Options(x.r, role.OID, x.r.RightsOf(rel).Owner, w.privs) == w.privs:
			return true
		case !w.option && x.r.ColumnAllowed(role.OID, c, w.privs):
			return true
		}
	}
	return false
}

func hasColumnPrivilege(user string, byName, byColumnName bool) code {
	return func(x *call) (types.Datum, error) {
		role, err := x.user(user)
		if err != nil {
			return null, err
		}
		d, ok, err := findRelation(x, 0, byName)
		if err != nil {
			return null, err
		}
		var col *catalog.Column
		if rel, isRel := d.(catalog.Relation); ok && isRel {
			for _, c := range columns(rel) {
				if byColumnName && c.Name == x.str(1) || !byColumnName && int64(c.ID) == x.args[1].Int() {
					col = c
				}
			}
			if col == nil && byColumnName {
				return null, pgerr.New(pgerr.UndefinedColumn, `column "%s" of relation "%s" does not exist`, x.str(1), rel.RelName())
			}
		}
		want, err := checkPrivileges(x.str(2), "SELECT INSERT UPDATE REFERENCES")
		if err != nil || !ok || col == nil {
			return null, err
		}
		for _, w := range want {
			if x.mayUse(role, d, w) || x.mayUseColumn(role, d, w, col) {
				return yes(true), nil
			}
		}
		return yes(false), nil
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
		for _, p := range strings.Split(x.str(1), ",") {
			word := strings.ToUpper(strings.TrimSpace(p))
			has := false
			switch word {
			case "USAGE":
				has = x.r.HasPrivileges(role.OID, target.OID)
			case "MEMBER":
				has = x.r.IsMember(role.OID, target.OID)
			case "USAGE WITH GRANT OPTION", "USAGE WITH ADMIN OPTION", "MEMBER WITH GRANT OPTION", "MEMBER WITH ADMIN OPTION":
				has = x.r.IsAdmin(role.OID, target.OID)
			default:
				return null, pgerr.New(pgerr.InvalidParameterValue, `unrecognized privilege type: "%s"`, strings.TrimSpace(p))
			}
			if has {
				return yes(true), nil
			}
		}
		return yes(false), nil
	}
}

func findRelation(x *call, arg int, byName bool) (any, bool, error) {
	id := x.oid(arg)
	if byName {
		var err error
		if id, err = resolveClass(x.r, x.path, x.s.Database, x.str(arg)); err != nil {
			return nil, false, err
		}
	}
	rel, ok := x.r.RelationByOID(id)
	return rel, ok, nil
}

func findSequence(x *call, arg int, byName bool) (any, bool, error) {
	d, ok, err := findRelation(x, arg, byName)
	if _, seq := d.(*catalog.Sequence); ok && !seq {
		return nil, false, pgerr.New(pgerr.WrongObjectType, `"%s" is not a sequence`, d.(catalog.Relation).RelName())
	}
	return d, ok, err
}

func findDatabase(x *call, arg int, byName bool) (any, bool, error) {
	if !byName {
		d, ok := x.r.DatabaseByOID(x.oid(arg))
		return d, ok, nil
	}
	d, ok := x.r.Database(x.str(arg))
	if !ok {
		return nil, false, pgerr.New(pgerr.UndefinedDatabase, `database "%s" does not exist`, x.str(arg))
	}
	return d, true, nil
}

func findSchema(x *call, arg int, byName bool) (any, bool, error) {
	if !byName {
		s, ok := x.r.SchemaByOID(x.oid(arg))
		return s, ok, nil
	}
	s, ok := x.r.Schema(x.str(arg))
	if !ok {
		return nil, false, pgerr.New(pgerr.UndefinedSchema, `schema "%s" does not exist`, x.str(arg))
	}
	return s, true, nil
}

func findFunction(x *call, arg int, byName bool) (any, bool, error) {
	id := x.oid(arg)
	if byName {
		var err error
		if id, err = resolveProcedure(x.s, x.path, x.str(arg)); err != nil {
			return nil, false, err
		}
	}
	if f, ok := x.r.Function(id); ok {
		return f, true, nil
	}
	_, _, ok := procByOID(x.r, id)
	return builtin(acl.Execute), ok, nil
}

func findType(x *call, arg int, byName bool) (any, bool, error) {
	id := x.oid(arg)
	if byName {
		var err error
		if id, err = resolveType(x.r, x.path, x.s.Database, x.str(arg)); err != nil {
			return nil, false, err
		}
	}
	if t, ok := x.r.TypeByOID(id); ok {
		return t, true, nil
	}
	return builtin(acl.Usage), true, nil
}

// findBuiltin serves classes whose objects are all built in.
func findBuiltin(p acl.Privs) func(*call, int, bool) (any, bool, error) {
	return func(*call, int, bool) (any, bool, error) { return builtin(p), true, nil }
}

// acldefault lists the privileges that an object of a kind has for its owner.
func acldefault(x *call) (types.Datum, error) {
	k := acl.Kind(0)
	if s := x.str(0); s != "" {
		k = acl.Kind(s[0])
	}
	if k.All() == 0 {
		return null, pgerr.New(pgerr.InternalError, "unrecognized object type abbreviation: %s", x.str(0))
	}
	return aclArray(x.r, append(acl.ACL{}, acl.Default(k, x.oid(1))...)), nil
}

// aclArray is an ACL as aclitem[], NULL for nil.
func aclArray(r *catalog.Reader, a acl.ACL) types.Datum {
	if a == nil {
		return null
	}
	items := make([]types.Datum, len(a))
	for i, it := range a {
		items[i] = str(it.Text(r.RoleName))
	}
	return types.NewRef(types.NewArray(types.ACLItemOID, items))
}
