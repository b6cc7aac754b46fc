package ast

// RoleStmtType is the word a role statement used: ROLE, USER or GROUP.
type RoleStmtType uint8

// The words of role statements.
const (
	RoleStmtRole RoleStmtType = iota
	RoleStmtUser
	RoleStmtGroup
)

// CreateRoleStmt is CREATE ROLE, USER, GROUP.
type CreateRoleStmt struct {
	Type    RoleStmtType
	Role    string
	Options []*DefElem
}

// AlterRoleStmt is ALTER ROLE with options, and ALTER GROUP ADD (Action 1) or DROP
// USER (Action -1), then with one option "rolemembers" in Members.
type AlterRoleStmt struct {
	Type    RoleStmtType
	Role    *RoleSpec
	Options []*DefElem
	Action  int
	Members []*RoleSpec
}

// AlterRoleSetStmt is ALTER ROLE SET and RESET; Role nil is ALL.
type AlterRoleSetStmt struct {
	Role     *RoleSpec
	Database string
	Set      *VariableSetStmt
}

// DropRoleStmt is DROP ROLE, USER, GROUP.
type DropRoleStmt struct {
	Roles     []*RoleSpec
	MissingOk bool
}

// RoleSpecs is a list of roles as a node.
type RoleSpecs struct {
	Roles []*RoleSpec
}

// GrantTargetType says what the objects of a GrantStmt are.
type GrantTargetType uint8

// The targets of GRANT.
const (
	GrantObject       GrantTargetType = iota // the objects named
	GrantAllInSchema                         // all objects in the schemas named
	GrantDefaultPrivs                        // ALTER DEFAULT PRIVILEGES
)

// AccessPriv is a privilege, or a role that is granted. Priv "" is ALL.
type AccessPriv struct {
	Priv    string
	Columns []string
	Pos     int
}

// GrantStmt is GRANT and REVOKE of privileges.
type GrantStmt struct {
	IsGrant    bool
	TargetType GrantTargetType
	ObjType    ObjectType
	Objects    []*ObjectRef
	// Privileges empty is ALL.
	Privileges  []*AccessPriv
	Grantees    []*RoleSpec
	GrantOption bool
	Grantor     *RoleSpec
	Behavior    DropBehavior
}

// GrantRoleStmt is GRANT and REVOKE of roles.
type GrantRoleStmt struct {
	GrantedRoles []*AccessPriv
	Grantees     []*RoleSpec
	IsGrant      bool
	Options      []*DefElem
	Grantor      *RoleSpec
	Behavior     DropBehavior
}

// AlterDefaultPrivilegesStmt is ALTER DEFAULT PRIVILEGES. The options are
// "schemas" (*Names) and "roles" (*RoleSpecs).
type AlterDefaultPrivilegesStmt struct {
	Options []*DefElem
	Action  *GrantStmt
}

// DropOwnedStmt is DROP OWNED.
type DropOwnedStmt struct {
	Roles    []*RoleSpec
	Behavior DropBehavior
}

// ReassignOwnedStmt is REASSIGN OWNED.
type ReassignOwnedStmt struct {
	Roles   []*RoleSpec
	NewRole *RoleSpec
}
