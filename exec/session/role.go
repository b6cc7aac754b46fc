package session

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// actingRoles are who the session acts as. They follow the settings "session_authorization" and "role", which end with the transaction that
// set them if that is undone.
type actingRoles struct {
	// login is who connected, session is SET SESSION AUTHORIZATION's, current is SET ROLE's, whose privileges count.
	login, session, current types.OID
	// definer is the owner of the SECURITY DEFINER function that runs, 0 if none does: the current role meanwhile.
	definer types.OID
	// super says that the current role is a superuser, by the version of the catalog that it was looked up in.
	super   bool
	version uint64
	// set are the settings' values that session and current belong to.
	set [2]string
}

// followRoles brings the roles up to date with the settings.
func (s *Session) followRoles() {
	set := [2]string{s.settings.Text("session_authorization"), s.settings.Text("role")}
	if set != s.roles.set {
		s.roles.set = set
		r := s.reader()
		if x, ok := r.Role(set[0]); ok {
			s.roles.session = x.OID
		}
		s.roles.current = s.roles.session
		if x, ok := r.Role(set[1]); ok && set[1] != "none" {
			s.roles.current = x.OID
		}
	}
	s.lookUpRole(s.reader())
}

// lookUpRole finds out what the current role is called and may do.
func (s *Session) lookUpRole(r *catalog.Reader) {
	s.roles.version = r.Version()
	x, ok := r.RoleByOID(s.role())
	if s.roles.super = ok && x.Super; ok {
		s.cat.User = x.Name
	}
	s.settings.Superuser = s.roles.super
	s.settings.SetInternal("is_superuser", map[bool]string{true: "on", false: "off"}[r.Superuser(s.roles.current)])
}

// role is the role whose privileges count.
func (s *Session) role() types.OID {
	if s.roles.definer != 0 {
		return s.roles.definer
	}
	return s.roles.current
}

// superuser reports whether the current role is a superuser, by the catalog of the statement.
func (s *Session) superuser() bool {
	if r := s.cat.Reader; r != nil && r.Version() != s.roles.version {
		s.lookUpRole(r)
	}
	return s.roles.super
}

// setRole checks SET ROLE and SET SESSION AUTHORIZATION; done says that nothing is left to do.
func (s *Session) setRole(name, value string, local bool) error {
	if s.roles.definer != 0 && (name == "role" || name == "session_authorization") {
		return pgerr.New(pgerr.InsufficientPrivilege, "cannot set parameter %q within security-definer function", name)
	}
	r := s.reader()
	x, ok := r.Role(value)
	switch name {
	case "role":
		if value == "none" {
			return nil
		}
		if !ok {
			return pgerr.New(pgerr.InvalidParameterValue, "role %q does not exist", value)
		}
		if !r.IsMember(s.roles.session, x.OID) {
			return pgerr.New(pgerr.InsufficientPrivilege, "permission denied to set role %q", value)
		}
	case "session_authorization":
		if !ok {
			return pgerr.New(pgerr.InvalidParameterValue, "role %q does not exist", value)
		}
		if x.OID != s.roles.login && !r.Superuser(s.roles.login) {
			return pgerr.New(pgerr.InsufficientPrivilege, "permission denied to set session authorization %q", value)
		}
		return s.settings.Set("role", "none", local)
	}
	return nil
}

// checkPlan refuses a plan for which the current role has not the privileges.
func (s *Session) checkPlan(pl *plan.Plan) error {
	if t := pl.Unpopulated; t != nil {
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "materialized view %q has not been populated", t.Name).
			WithHint("Use the REFRESH MATERIALIZED VIEW command.")
	}
	if s.superuser() && len(pl.Access) == 0 {
		return nil
	}
	r := s.cat.Reader
	for i := range pl.Access {
		a := &pl.Access[i]
		role := a.As
		if role == 0 {
			if s.roles.super {
				continue
			}
			role = s.role()
		}
		if role == catalog.SuperuserOID {
			continue
		}
		if err := checkAccess(r, a, role); err != nil {
			return err
		}
	}
	if s.roles.super {
		return nil
	}
	for _, oid := range pl.Calls {
		if f, ok := r.Function(oid); ok && r.Allowed(s.role(), f, acl.Execute, false) == 0 {
			return ddl.ErrDenied(r, f)
		}
	}
	return nil
}

// checkAccess checks what a statement does with one relation.
func checkAccess(r *catalog.Reader, a *logical.Access, role types.OID) error {
	rel, ok := r.RelationByOID(a.Relation)
	if !ok {
		return nil
	}
	missing := a.Privs &^ r.Allowed(role, rel, a.Privs, false)
	if missing == 0 {
		return nil
	}
	denied := ddl.ErrDenied(r, rel)
	if missing&^(acl.Select|acl.Insert|acl.Update) != 0 {
		return denied
	}
	cols := catalog.RelationColumns(rel)
	for p, set := range map[acl.Privs]acl.Columns{acl.Select: a.Reads, acl.Insert: a.Inserts, acl.Update: a.Updates} {
		if missing&p != 0 && !columnsAllowed(r, role, cols, p, set) {
			return denied
		}
	}
	return nil
}

// columnsAllowed reports whether a role has a privilege on all columns of a set, on any column if there are none.
func columnsAllowed(r *catalog.Reader, role types.OID, cols []*catalog.Column, p acl.Privs, set acl.Columns) bool {
	if set.Empty() {
		for _, c := range cols {
			if r.ColumnAllowed(role, c, p) {
				return true
			}
		}
		return false
	}
	return set.Each(func(n int) bool {
		for _, c := range cols {
			if int(c.ID) == n {
				return r.ColumnAllowed(role, c, p)
			}
		}
		return false
	})
}

// need refuses what the current role has not one of the privileges for.
func (s *Session) need(d any, any acl.Privs) error {
	r := s.reader()
	if r.Allowed(s.role(), d, any, true) != 0 {
		return nil
	}
	return ddl.ErrDenied(r, d)
}

// roleSettings applies what ALTER ROLE SET says about new sessions of a role.
func (s *Session) roleSettings(r *catalog.Role) {
	for _, db := range []types.OID{0, catalog.DatabaseOID} {
		for _, set := range r.Settings {
			if set.Database != db {
				continue
			}
			for _, v := range set.Values {
				name, value, _ := strings.Cut(v, "=")
				if err := s.settings.SetDefault(name, value); err != nil {
					e, _ := pgerr.As(err)
					s.srv.o.Logger.Warn("a setting of the role cannot be applied", "role", r.Name, "setting", name, "error", e)
				}
			}
		}
	}
}

// mayConnect checks what a role must be to open a session.
func (srv *Server) mayConnect(r *catalog.Reader, role *catalog.Role, db *catalog.Database) error {
	if r.Allowed(role.OID, db, acl.Connect, false) == 0 {
		return pgerr.New(pgerr.InsufficientPrivilege, "permission denied for database %q", db.Name).
			WithDetail("User does not have CONNECT privilege.")
	}
	if role.ConnLimit < 0 || role.Super {
		return nil
	}
	n := 0
	for _, s := range srv.all() {
		if s.user == role.Name {
			n++
		}
	}
	if n >= role.ConnLimit {
		return pgerr.New(pgerr.TooManyConnections, "too many connections for role %q", role.Name)
	}
	return nil
}

// bindRole is the role whose right to use schemas the planner checks; 0: it is a superuser.
func (s *Session) bindRole() types.OID {
	if s.superuser() {
		return 0
	}
	return s.role()
}

// mayLock checks the privileges of LOCK TABLE: reading locks need SELECT, others a privilege to change rows.
func (s *Session) mayLock(rel catalog.Relation, mode lockmgr.Mode) error {
	if s.roles.super {
		return nil
	}
	p := acl.Update | acl.Delete | acl.Truncate
	switch mode {
	case lockmgr.AccessShare:
		p = acl.Select
	case lockmgr.RowExclusive:
		p |= acl.Insert
	}
	return s.need(rel, p)
}

// owns reports whether the current role may vacuum and analyze a table: it owns that, or the database.
func (s *Session) owns(t *catalog.Table) bool {
	r := s.reader()
	db, ok := r.DatabaseByOID(catalog.DatabaseOID)
	return r.Owns(s.role(), t) || ok && t.Virtual == nil && r.Owns(s.role(), db)
}

// mayMaintain warns of a table that the current role must not vacuum or analyze.
func (s *Session) mayMaintain(t *catalog.Table, verb string) bool {
	if s.roles.super || s.owns(t) {
		return true
	}
	who := "table or database owner"
	if t.Virtual != nil {
		who = "superuser or database owner"
	}
	s.notice(pgerr.Warning(pgerr.Code("01000"), "skipping %q --- only %s can %s it", t.Name, who, verb))
	return false
}
