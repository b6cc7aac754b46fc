package catalog

import (
	"slices"

	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/sql/types"
)

// rolePrefix keeps the names of roles apart from those of schemas, which have no such byte.
const rolePrefix = "\x00r"

// Role is a role (a user, if it may log in).
type Role struct {
	OID         types.OID
	Name        string
	Version     uint64
	Super       bool
	Inherit     bool
	CreateRole  bool
	CreateDB    bool
	Login       bool
	Replication bool
	BypassRLS   bool
	ConnLimit   int             // -1: none
	Password    string          `json:",omitempty"` // its verifier
	ValidUntil  *int64          `json:",omitempty"` // of the password, as timestamptz
	MemberOf    []Membership    `json:",omitempty"` // by role
	Settings    []RoleSettings  `json:",omitempty"`
	Defaults    []DefaultRights `json:",omitempty"`
	Comment     string          `json:",omitempty"`
}

// Membership says that a role is a member of another one.
type Membership struct {
	Role    types.OID
	Grantor types.OID
	Admin   bool
}

// RoleSettings are the run-time parameters with which sessions of a role begin, as "name=value".
type RoleSettings struct {
	Database types.OID // 0: in every one
	Values   []string
}

// DefaultRights are the privileges of objects that a role makes, by ALTER DEFAULT PRIVILEGES. Those of one schema are added to the others.
type DefaultRights struct {
	OID    types.OID
	Schema types.OID // 0: in every one
	Kind   acl.Kind
	ACL    acl.ACL
}

// Member returns r's membership in a role.
func (r *Role) Member(of types.OID) (Membership, bool) {
	for _, m := range r.MemberOf {
		if m.Role == of {
			return m, true
		}
	}
	return Membership{}, false
}

// Superuser implements acl.Members.
func (r *Reader) Superuser(role types.OID) bool {
	x, ok := r.roles[role]
	return ok && x.Super
}

// HasPrivileges implements acl.Members.
func (r *Reader) HasPrivileges(member, role types.OID) bool {
	return member == role || r.Superuser(member) || slices.Contains(r.memberships(member, true), role)
}

// IsMember reports whether member is role or belongs to it, directly or not; a superuser belongs to all.
func (r *Reader) IsMember(member, role types.OID) bool {
	return r.Superuser(member) || r.IsMemberStrict(member, role)
}

// IsMemberStrict is IsMember for superusers like for others.
func (r *Reader) IsMemberStrict(member, role types.OID) bool {
	return member == role || slices.Contains(r.memberships(member, false), role)
}

// IsAdmin reports whether member may make others members of role.
func (r *Reader) IsAdmin(member, role types.OID) bool {
	if r.Superuser(member) {
		return true
	}
	for _, m := range r.memberships(member, false) {
		if x, ok := r.roles[m]; ok {
			if d, ok := x.Member(role); ok && d.Admin {
				return true
			}
		}
	}
	return false
}

// Inherited implements acl.Members.
func (r *Reader) Inherited(role types.OID) []types.OID { return r.memberships(role, true) }

// memberships lists role and what it belongs to, the nearest first; with inherit only what it has the privileges of.
func (r *Reader) memberships(role types.OID, inherit bool) []types.OID {
	out := []types.OID{role}
	add := func(oid types.OID) {
		if !slices.Contains(out, oid) {
			out = append(out, oid)
		}
	}
	for i := 0; i < len(out); i++ {
		x, ok := r.roles[out[i]]
		if !ok || inherit && !x.Inherit {
			continue
		}
		for _, m := range x.MemberOf {
			add(m.Role)
		}
		if db, ok := r.databases[DatabaseOID]; ok && db.Owner == x.OID {
			add(DatabaseOwnerOID)
		}
	}
	return out
}

// RoleName is the name of a role, its OID if there is no such role.
func (r *Reader) RoleName(oid types.OID) string {
	if x, ok := r.roles[oid]; ok {
		return x.Name
	}
	return uitoa(oid)
}

// Members lists the roles that are direct members of a role, by OID.
func (r *Reader) Members(of types.OID) []*Role {
	var out []*Role
	for _, x := range r.Roles() {
		if _, ok := x.Member(of); ok {
			out = append(out, x)
		}
	}
	return out
}
