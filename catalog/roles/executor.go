package roles

import (
	"context"
	"errors"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Executor runs one statement.
type Executor struct {
	*ddl.Executor
	// Encrypt makes the verifier of a password, by the session's settings.
	Encrypt func(role, password string) (string, error)
	// Timestamp reads VALID UNTIL.
	Timestamp func(text string) (int64, error)
	// CheckSetting refuses a run-time parameter that ALTER ROLE SET cannot set, and gives its value as text; "" with ok false is FROM CURRENT.
	CheckSetting func(s *ast.VariableSetStmt) (value string, err error)
}

// Run executes a statement and returns its command tag. handled is false for statements of other sorts.
func (x *Executor) Run(ctx context.Context, stmt ast.Stmt) (tag string, handled bool, err error) {
	switch s := stmt.(type) {
	case *ast.CreateRoleStmt:
		return "CREATE ROLE", true, x.createRole(ctx, s)
	case *ast.AlterRoleStmt:
		return "ALTER ROLE", true, x.alterRole(ctx, s)
	case *ast.AlterRoleSetStmt:
		return "ALTER ROLE", true, x.alterRoleSet(ctx, s)
	case *ast.DropRoleStmt:
		return "DROP ROLE", true, x.dropRole(ctx, s)
	case *ast.GrantRoleStmt:
		return map[bool]string{true: "GRANT ROLE", false: "REVOKE ROLE"}[s.IsGrant], true, x.grantRole(ctx, s)
	case *ast.GrantStmt:
		return map[bool]string{true: "GRANT", false: "REVOKE"}[s.IsGrant], true, x.grant(ctx, s)
	case *ast.AlterDefaultPrivilegesStmt:
		return "ALTER DEFAULT PRIVILEGES", true, x.defaultPrivileges(ctx, s)
	case *ast.ReassignOwnedStmt:
		return "REASSIGN OWNED", true, x.reassignOwned(ctx, s)
	case *ast.DropOwnedStmt:
		return "DROP OWNED", true, x.dropOwned(ctx, s)
	case *ast.RenameStmt:
		if s.RenameType == ast.ObjectRole {
			return "ALTER ROLE", true, x.renameRole(ctx, s)
		}
	case *ast.CommentStmt:
		if s.ObjectType == ast.ObjectRole {
			return "COMMENT", true, x.comment(ctx, s)
		}
	}
	return "", false, nil
}

func (x *Executor) reader() *catalog.Reader { return x.Txn.Newest() }

func (x *Executor) notify(e *pgerr.Error) {
	if x.Notice != nil {
		x.Notice(e)
	}
}

func denied(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InsufficientPrivilege, format, args...)
}

// superuser reports whether the current role is one.
func (x *Executor) superuser() bool { return x.reader().Superuser(x.Owner) }

// mayCreateRoles reports whether the current role may make roles.
func (x *Executor) mayCreateRoles() bool {
	r, ok := x.reader().RoleByOID(x.Owner)
	return ok && (r.CreateRole || r.Super)
}

// lockRole locks a role and gives its newest version.
func (x *Executor) lockRole(ctx context.Context, oid types.OID) (*catalog.Role, error) {
	r, ok := x.reader().RoleByOID(oid)
	if ok {
		d, err := x.LockOwned(ctx, r)
		if err != nil {
			return nil, err
		}
		if cur, ok := d.(*catalog.Role); ok {
			return cur, nil
		}
	}
	return nil, pgerr.New(pgerr.UndefinedObject, "role with OID %d does not exist", oid)
}

// change writes the next version of a role, which the caller has locked.
func (x *Executor) change(ctx context.Context, oid types.OID, f func(n *catalog.Role)) error {
	r, ok := x.reader().RoleByOID(oid)
	if !ok {
		return pgerr.New(pgerr.UndefinedObject, "role with OID %d does not exist", oid)
	}
	n := *r
	n.Version++
	f(&n)
	err := x.Txn.Update(ctx, r, &n)
	if errors.Is(err, catalog.ErrNameTaken) {
		return errRoleExists(n.Name)
	}
	return err
}

func errRoleExists(name string) error {
	return pgerr.New(pgerr.DuplicateObject, "role %q already exists", name)
}

func errReserved(name string) *pgerr.Error {
	return pgerr.New(pgerr.ReservedName, "role name %q is reserved", name)
}

func (x *Executor) comment(ctx context.Context, s *ast.CommentStmt) error {
	oid, err := x.Role(&ast.RoleSpec{Name: s.Object.Names[0]})
	if err != nil {
		return err
	}
	r, err := x.lockRole(ctx, oid)
	if err != nil {
		return err
	}
	switch {
	case r.Super && !x.superuser():
		return denied("must be superuser")
	case !x.mayCreateRoles():
		return denied("must have CREATEROLE privilege")
	}
	return x.change(ctx, oid, func(n *catalog.Role) { n.Comment = s.Comment })
}
