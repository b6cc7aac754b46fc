package roles

import (
	"context"
	"fmt"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// objects calls f for all objects that have an owner.
func objects(r *catalog.Reader, f func(d any)) {
	for _, d := range r.Databases() {
		f(d)
	}
	for _, s := range r.Schemas() {
		f(s)
	}
	for rel := range r.Relations(0) {
		switch rel.(type) {
		case *catalog.Table, *catalog.View, *catalog.Sequence:
			if rel.RelOID() >= catalog.FirstUserOID {
				f(rel)
			}
		}
	}
	for _, t := range r.Types() {
		f(t)
	}
	for _, fn := range r.Functions(0) {
		f(fn)
	}
}

var defaultWords = map[acl.Kind]string{acl.Relation: "relations", acl.Sequence: "sequences", acl.Function: "functions", acl.Type: "types",
	acl.Schema: "schemas"}

// dependencies says what keeps a role from being dropped.
func (x *Executor) dependencies(role *catalog.Role) []string {
	r := x.reader()
	var out []string
	for _, o := range r.Roles() {
		for _, d := range o.Defaults {
			what := fmt.Sprintf("default privileges on new %s belonging to role %s", defaultWords[d.Kind], o.Name)
			if d.Schema != 0 {
				what += " in schema " + r.SchemaName(d.Schema)
			}
			switch {
			case o.OID == role.OID:
				out = append(out, "owner of "+what)
			case d.ACL.Names(role.OID):
				out = append(out, "privileges for "+what)
			}
		}
	}
	objects(r, func(d any) {
		rights := r.RightsOf(d)
		if rights.Owner == role.OID {
			out = append(out, "owner of "+x.Describe(d))
			return
		}
		if rights.ACL.Names(role.OID) {
			out = append(out, "privileges for "+x.Describe(d))
		}
		rel, ok := d.(catalog.Relation)
		if !ok {
			return
		}
		for _, c := range catalog.RelationColumns(rel) {
			if c.ACL.Names(role.OID) {
				out = append(out, fmt.Sprintf("privileges for column %s of %s", c.Name, x.Describe(d)))
			}
		}
	})
	return out
}

// ownedRoles are the roles of REASSIGN OWNED and DROP OWNED.
func (x *Executor) ownedRoles(specs []*ast.RoleSpec, refusal, verb string) (map[types.OID]bool, error) {
	oids, err := x.roles(specs)
	if err != nil {
		return nil, err
	}
	out := map[types.OID]bool{}
	for _, oid := range oids {
		if !x.reader().HasPrivileges(x.Owner, oid) {
			return nil, denied("%s", refusal)
		}
		if oid < catalog.FirstUserOID {
			return nil, pgerr.New(pgerr.DependentObjectsStillExist,
				"cannot %s objects owned by role %s because they are required by the database system", verb, x.reader().RoleName(oid))
		}
		out[oid] = true
	}
	return out, nil
}

func (x *Executor) reassignOwned(ctx context.Context, s *ast.ReassignOwnedStmt) error {
	from, err := x.ownedRoles(s.Roles, "permission denied to reassign objects", "reassign ownership of")
	if err != nil {
		return err
	}
	to, err := x.Role(s.NewRole)
	if err != nil {
		return err
	}
	if !x.reader().HasPrivileges(x.Owner, to) {
		return denied("permission denied to reassign objects")
	}
	var owned []any
	r := x.reader()
	objects(r, func(d any) {
		if from[r.RightsOf(d).Owner] {
			owned = append(owned, d)
		}
	})
	for _, d := range owned {
		cur, err := x.LockOwned(ctx, d)
		if err != nil {
			return err
		}
		if cur == nil || !from[x.reader().RightsOf(cur).Owner] {
			continue // went with its table
		}
		if err := x.GiveTo(ctx, cur, to); err != nil {
			return err
		}
	}
	return nil
}

func (x *Executor) dropOwned(ctx context.Context, s *ast.DropOwnedStmt) error {
	roles, err := x.ownedRoles(s.Roles, "permission denied to drop objects", "drop")
	if err != nil {
		return err
	}
	var owned []any
	r := x.reader()
	objects(r, func(d any) {
		if _, ok := d.(*catalog.Database); !ok && roles[r.RightsOf(d).Owner] {
			owned = append(owned, d)
		}
	})
	if err := x.DropObjects(ctx, owned, s.Behavior == ast.DropCascade); err != nil {
		return err
	}
	for role := range roles {
		if err := x.dropPrivileges(ctx, role); err != nil {
			return err
		}
	}
	return nil
}

// dropPrivileges takes away what a role has and granted on objects of others, and its default privileges.
func (x *Executor) dropPrivileges(ctx context.Context, role types.OID) error {
	var named []any
	r := x.reader()
	objects(r, func(d any) {
		if r.RightsOf(d).ACL.Names(role) {
			named = append(named, d)
			return
		}
		if rel, ok := d.(catalog.Relation); ok {
			for _, c := range catalog.RelationColumns(rel) {
				if c.ACL.Names(role) {
					named = append(named, d)
					return
				}
			}
		}
	})
	for _, d := range named {
		cur, err := x.LockOwned(ctx, d)
		if err != nil || cur == nil {
			return err
		}
		if rights := x.reader().RightsOf(cur); rights.ACL.Names(role) {
			if err := x.WithACL(ctx, cur, rights.ACL.Without(role)); err != nil {
				return err
			}
		}
		rel, ok := x.reader().Current(d).(catalog.Relation)
		if !ok {
			continue
		}
		for _, c := range catalog.RelationColumns(rel) {
			if c.ACL.Names(role) {
				cur, _ := x.reader().Current(d).(catalog.Relation)
				if err := x.WithColumnACL(ctx, cur, c.ID, c.ACL.Without(role)); err != nil {
					return err
				}
			}
		}
	}
	return x.dropDefaults(ctx, role)
}

func (x *Executor) dropDefaults(ctx context.Context, role types.OID) error {
	for _, o := range x.reader().Roles() {
		names := false
		for _, d := range o.Defaults {
			names = names || o.OID == role || d.ACL.Names(role)
		}
		if !names {
			continue
		}
		if _, err := x.lockRole(ctx, o.OID); err != nil {
			return err
		}
		if err := x.change(ctx, o.OID, func(n *catalog.Role) {
			var kept []catalog.DefaultRights
			for _, d := range n.Defaults {
				if o.OID != role {
					d.ACL = d.ACL.Without(role)
					kept = append(kept, d)
				}
			}
			n.Defaults = kept
		}); err != nil {
			return err
		}
	}
	return nil
}
