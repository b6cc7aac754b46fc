package roles

import (
	"cmp"
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// grantRole is GRANT and REVOKE of roles.
func (x *Executor) grantRole(ctx context.Context, s *ast.GrantRoleStmt) error {
	admin := false
	for _, o := range s.Options {
		if o.Name != "admin" {
			return pgerr.FeatureNotSupported("this option of GRANT")
		}
		admin = true
	}
	grantor, err := x.Role(s.Grantor)
	if err != nil {
		return err
	}
	members, err := x.roles(s.Grantees)
	if err != nil {
		return err
	}
	for _, g := range s.GrantedRoles {
		if g.Columns != nil {
			return pgerr.New(pgerr.InvalidGrantOperation, "column names cannot be included in GRANT/REVOKE ROLE")
		}
		role, err := x.Role(&ast.RoleSpec{Name: g.Priv})
		if err != nil {
			return err
		}
		if s.IsGrant {
			err = x.addMembers(ctx, role, members, grantor, admin)
		} else {
			err = x.dropMembers(ctx, role, members, admin)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mayChangeMembers checks that the current role may say who belongs to a role.
func (x *Executor) mayChangeMembers(role types.OID) error {
	r := x.reader()
	if r.Superuser(role) {
		if !x.superuser() {
			return denied("must be superuser to alter superusers")
		}
		return nil
	}
	if !x.mayCreateRoles() && !r.IsAdmin(x.Owner, role) {
		return denied("must have admin option on role %q", r.RoleName(role))
	}
	return nil
}

func (x *Executor) addMembers(ctx context.Context, role types.OID, members []types.OID, grantor types.OID, admin bool) error {
	if len(members) == 0 {
		return nil
	}
	if err := x.mayChangeMembers(role); err != nil {
		return err
	}
	if role == catalog.DatabaseOwnerOID {
		return pgerr.New(pgerr.InvalidGrantOperation, "role %q cannot have explicit members", x.reader().RoleName(role))
	}
	if grantor != x.Owner && !x.superuser() {
		return denied("must be superuser to set grantor")
	}
	for _, m := range members {
		member, err := x.lockRole(ctx, m)
		if err != nil {
			return err
		}
		switch old, ok := member.Member(role); {
		case m == catalog.DatabaseOwnerOID:
			return pgerr.New(pgerr.InvalidGrantOperation, "role %q cannot be a member of any role", member.Name)
		case x.reader().IsMemberStrict(role, m):
			return pgerr.New(pgerr.InvalidGrantOperation, "role %q is a member of role %q", x.reader().RoleName(role), member.Name)
		case ok && (!admin || old.Admin):
			x.notify(pgerr.Notice(pgerr.SuccessfulCompletion, "role %q is already a member of role %q", member.Name, x.reader().RoleName(role)))
			continue
		}
		err = x.change(ctx, m, func(n *catalog.Role) {
			n.MemberOf = append(without(n.MemberOf, role), catalog.Membership{Role: role, Grantor: grantor, Admin: admin})
			slices.SortFunc(n.MemberOf, func(a, b catalog.Membership) int { return cmp.Compare(a.Role, b.Role) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropMembers takes memberships away, or with adminOnly the right to give them to others.
func (x *Executor) dropMembers(ctx context.Context, role types.OID, members []types.OID, adminOnly bool) error {
	if err := x.mayChangeMembers(role); err != nil {
		return err
	}
	for _, m := range members {
		member, err := x.lockRole(ctx, m)
		if err != nil {
			return err
		}
		if _, ok := member.Member(role); !ok {
			x.notify(pgerr.Warning(pgerr.Code("01000"), "role %q is not a member of role %q", member.Name, x.reader().RoleName(role)))
			continue
		}
		err = x.change(ctx, m, func(n *catalog.Role) {
			if !adminOnly {
				n.MemberOf = without(n.MemberOf, role)
				return
			}
			n.MemberOf = slices.Clone(n.MemberOf)
			for i := range n.MemberOf {
				if n.MemberOf[i].Role == role {
					n.MemberOf[i].Admin = false
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
