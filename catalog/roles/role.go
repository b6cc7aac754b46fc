package roles

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// options are those of CREATE and ALTER ROLE, by name.
type options map[string]*ast.DefElem

func (x *Executor) options(list []*ast.DefElem) (options, error) {
	o := options{}
	for _, d := range list {
		if d.Name == "sysid" {
			x.notify(pgerr.Notice(pgerr.SuccessfulCompletion, "SYSID can no longer be specified"))
			continue
		}
		if o[d.Name] != nil {
			return nil, pgerr.New(pgerr.SyntaxError, "conflicting or redundant options").At(x.SQL, d.Pos)
		}
		o[d.Name] = d
	}
	return o, nil
}

// flag sets a boolean option.
func (o options) flag(name string, to *bool) {
	if c := o.text(name); c != "" {
		*to = c == "true" || c == "1" || c == "t"
	}
}

func (o options) text(name string) string {
	d := o[name]
	if d == nil {
		return ""
	}
	c, _ := d.Arg.(*ast.Const)
	if c == nil {
		return ""
	}
	return c.Val
}

func (o options) roles(name string) []*ast.RoleSpec {
	if d := o[name]; d != nil {
		if l, ok := d.Arg.(*ast.RoleSpecs); ok {
			return l.Roles
		}
	}
	return nil
}

// apply sets the attributes of a role.
func (x *Executor) apply(r *catalog.Role, o options) error {
	o.flag("superuser", &r.Super)
	o.flag("inherit", &r.Inherit)
	o.flag("createrole", &r.CreateRole)
	o.flag("createdb", &r.CreateDB)
	o.flag("canlogin", &r.Login)
	o.flag("isreplication", &r.Replication)
	o.flag("bypassrls", &r.BypassRLS)
	if t := o.text("connectionlimit"); t != "" {
		n, err := strconv.Atoi(t)
		if err != nil || n < -1 {
			return pgerr.New(pgerr.InvalidParameterValue, "invalid connection limit: %s", t)
		}
		r.ConnLimit = n
	}
	if t := o.text("validUntil"); t != "" {
		v, err := x.Timestamp(t)
		if err != nil {
			return err
		}
		r.ValidUntil = &v
	}
	d := o["password"]
	if d == nil {
		return nil
	}
	r.Password = ""
	if d.Arg == nil {
		return nil
	}
	if o.text("password") == "" {
		x.notify(pgerr.Notice(pgerr.SuccessfulCompletion, "empty string is not a valid password, clearing password"))
		return nil
	}
	var err error
	r.Password, err = x.Encrypt(r.Name, o.text("password"))
	return err
}

func (x *Executor) createRole(ctx context.Context, s *ast.CreateRoleStmt) error {
	o, err := x.options(s.Options)
	if err != nil {
		return err
	}
	r := &catalog.Role{Name: s.Role, Version: 1, Inherit: true, ConnLimit: -1, Login: s.Type == ast.RoleStmtUser}
	if err := x.apply(r, o); err != nil {
		return err
	}
	if !x.superuser() {
		switch {
		case r.Super:
			return denied("must be superuser to create superusers")
		case r.Replication:
			return denied("must be superuser to create replication users")
		case r.BypassRLS:
			return denied("must be superuser to create bypassrls users")
		case !x.mayCreateRoles():
			return denied("permission denied to create role")
		}
	}
	if strings.HasPrefix(s.Role, "pg_") {
		return errReserved(s.Role).WithDetail("Role names starting with \"pg_\" are reserved.")
	}
	if _, ok := x.reader().Role(s.Role); ok {
		return errRoleExists(s.Role)
	}
	if r.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return err
	}
	if err := x.Txn.Create(ctx, r); errors.Is(err, catalog.ErrNameTaken) {
		return errRoleExists(s.Role)
	} else if err != nil {
		return err
	}
	for _, spec := range o.roles("addroleto") {
		to, err := x.Role(spec)
		if err != nil {
			return err
		}
		if err := x.addMembers(ctx, to, []types.OID{r.OID}, x.Owner, false); err != nil {
			return err
		}
	}
	for _, name := range []string{"adminmembers", "rolemembers"} {
		members, err := x.roles(o.roles(name))
		if err != nil {
			return err
		}
		if err := x.addMembers(ctx, r.OID, members, x.Owner, name == "adminmembers"); err != nil {
			return err
		}
	}
	return nil
}

// roles are the OIDs of roles.
func (x *Executor) roles(specs []*ast.RoleSpec) ([]types.OID, error) {
	var out []types.OID
	for _, s := range specs {
		oid, err := x.Role(s)
		if err != nil {
			return nil, err
		}
		out = append(out, oid)
	}
	return out, nil
}

// alterable finds and locks a role whose attributes change.
func (x *Executor) alterable(ctx context.Context, spec *ast.RoleSpec) (*catalog.Role, error) {
	if spec.Kind == ast.RoleNamed && strings.HasPrefix(spec.Name, "pg_") {
		return nil, errReserved(spec.Name).WithDetail("Cannot alter reserved roles.")
	}
	oid, err := x.Role(spec)
	if err != nil {
		return nil, err
	}
	return x.lockRole(ctx, oid)
}

func (x *Executor) alterRole(ctx context.Context, s *ast.AlterRoleStmt) error {
	o, err := x.options(s.Options)
	if err != nil {
		return err
	}
	r, err := x.alterable(ctx, s.Role)
	if err != nil {
		return err
	}
	if err := x.mayAlter(r, o, len(s.Members) > 0); err != nil {
		return err
	}
	n := *r
	if err := x.apply(&n, o); err != nil {
		return err
	}
	if len(s.Options) > 0 {
		if err := x.change(ctx, r.OID, func(to *catalog.Role) {
			n.Version = to.Version
			*to = n
		}); err != nil {
			return err
		}
	}
	members, err := x.roles(append(slices.Clone(s.Members), o.roles("rolemembers")...))
	if err != nil || len(members) == 0 {
		return err
	}
	if s.Action < 0 {
		return x.dropMembers(ctx, r.OID, members, false)
	}
	return x.addMembers(ctx, r.OID, members, x.Owner, false)
}

// mayAlter checks that the current role may change attributes of another one.
func (x *Executor) mayAlter(r *catalog.Role, o options, members bool) error {
	if x.superuser() {
		return nil
	}
	switch {
	case o["superuser"] != nil || r.Super:
		return denied("must be superuser to alter superuser roles or change superuser attribute")
	case o["isreplication"] != nil || r.Replication:
		return denied("must be superuser to alter replication roles or change replication attribute")
	case o["bypassrls"] != nil:
		return denied("must be superuser to change bypassrls attribute")
	case x.mayCreateRoles():
		return nil
	case r.OID == x.Owner && len(o) == 1 && o["password"] != nil && !members:
		return nil
	}
	return denied("permission denied")
}

func (x *Executor) alterRoleSet(ctx context.Context, s *ast.AlterRoleSetStmt) error {
	if s.Role == nil {
		return pgerr.FeatureNotSupported("ALTER ROLE ALL SET")
	}
	r, err := x.alterable(ctx, s.Role)
	if err != nil {
		return err
	}
	if !x.superuser() {
		if r.Super {
			return denied("must be superuser to alter superusers")
		}
		if !x.mayCreateRoles() && r.OID != x.Owner {
			return denied("permission denied")
		}
	}
	db := types.OID(0)
	if s.Database != "" {
		d, ok := x.reader().Database(s.Database)
		if !ok {
			return pgerr.New(pgerr.InvalidCatalogName, "database %q does not exist", s.Database)
		}
		db = d.OID
	}
	reset := s.Set.Kind == ast.VarReset || s.Set.Kind == ast.VarSetDefault
	value := ""
	if s.Set.Kind != ast.VarResetAll {
		if value, err = x.CheckSetting(s.Set); err != nil {
			return err
		}
	}
	return x.change(ctx, r.OID, func(n *catalog.Role) {
		n.Settings = slices.Clone(n.Settings)
		i := slices.IndexFunc(n.Settings, func(s catalog.RoleSettings) bool { return s.Database == db })
		if i < 0 {
			i = len(n.Settings)
			n.Settings = append(n.Settings, catalog.RoleSettings{Database: db})
		}
		to := &n.Settings[i]
		name := strings.ToLower(s.Set.Name)
		if s.Set.Kind == ast.VarResetAll {
			to.Values = nil
		} else {
			to.Values = slices.DeleteFunc(slices.Clone(to.Values), func(v string) bool { return strings.EqualFold(v[:max(strings.IndexByte(v, '='), 0)], name) })
			if !reset {
				to.Values = append(to.Values, s.Set.Name+"="+value)
			}
		}
		if len(to.Values) == 0 {
			n.Settings = slices.Delete(n.Settings, i, i+1)
		}
	})
}

func (x *Executor) renameRole(ctx context.Context, s *ast.RenameStmt) error {
	old := s.Object.Names[0]
	r, ok := x.reader().Role(old)
	if !ok {
		return pgerr.New(pgerr.UndefinedObject, "role %q does not exist", old)
	}
	switch r.OID {
	case x.SessionRole:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "session user cannot be renamed")
	case x.Owner:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "current user cannot be renamed")
	}
	if strings.HasPrefix(old, "pg_") {
		return errReserved(old).WithDetail("Role names starting with \"pg_\" are reserved.")
	}
	if strings.HasPrefix(s.NewName, "pg_") {
		return errReserved(s.NewName).WithDetail("Role names starting with \"pg_\" are reserved.")
	}
	if _, ok := x.reader().Role(s.NewName); ok {
		return errRoleExists(s.NewName)
	}
	if r.Super && !x.superuser() {
		return denied("must be superuser to rename superusers")
	}
	if !x.mayCreateRoles() {
		return denied("permission denied to rename role")
	}
	r, err := x.lockRole(ctx, r.OID)
	if err != nil {
		return err
	}
	if strings.HasPrefix(r.Password, "md5") {
		x.notify(pgerr.Notice(pgerr.SuccessfulCompletion, "MD5 password cleared because of role rename"))
	}
	return x.change(ctx, r.OID, func(n *catalog.Role) {
		n.Name = s.NewName
		if strings.HasPrefix(n.Password, "md5") {
			n.Password = "" // the name is part of it
		}
	})
}

func (x *Executor) dropRole(ctx context.Context, s *ast.DropRoleStmt) error {
	if !x.mayCreateRoles() {
		return denied("permission denied to drop role")
	}
	for _, spec := range s.Roles {
		if spec.Kind != ast.RoleNamed {
			return pgerr.New(pgerr.InvalidParameterValue, "cannot use special role specifier in DROP ROLE")
		}
		r, ok := x.reader().Role(spec.Name)
		if !ok && s.MissingOk {
			x.notify(pgerr.Notice(pgerr.SuccessfulCompletion, "role %q does not exist, skipping", spec.Name))
			continue
		}
		if !ok {
			return pgerr.New(pgerr.UndefinedObject, "role %q does not exist", spec.Name)
		}
		r, err := x.lockRole(ctx, r.OID)
		if err != nil {
			return err
		}
		if err := x.droppable(r); err != nil {
			return err
		}
		for _, m := range x.reader().Members(r.OID) {
			if _, err := x.lockRole(ctx, m.OID); err != nil {
				return err
			}
			if err := x.change(ctx, m.OID, func(n *catalog.Role) { n.MemberOf = without(n.MemberOf, r.OID) }); err != nil {
				return err
			}
		}
		if err := x.Txn.Drop(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func without(list []catalog.Membership, of types.OID) []catalog.Membership {
	return slices.DeleteFunc(slices.Clone(list), func(m catalog.Membership) bool { return m.Role == of })
}

// droppable checks that nothing depends on a role.
func (x *Executor) droppable(r *catalog.Role) error {
	switch {
	case r.OID == x.Owner:
		return pgerr.New(pgerr.ObjectInUse, "current user cannot be dropped")
	case r.OID == x.SessionRole:
		return pgerr.New(pgerr.ObjectInUse, "session user cannot be dropped")
	case r.Super && !x.superuser():
		return denied("must be superuser to drop superusers")
	case r.OID < catalog.FirstUserOID:
		return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop role %s because it is required by the database system", r.Name)
	}
	deps := x.dependencies(r)
	if len(deps) == 0 {
		return nil
	}
	return pgerr.New(pgerr.DependentObjectsStillExist, "role %q cannot be dropped because some objects depend on it", r.Name).
		WithDetail("%s", strings.Join(deps, "\n"))
}
