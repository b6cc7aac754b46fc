package catalog

import (
	"strconv"

	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/sql/types"
)

// Roles whose members may read, or write, everything.
const (
	readAllData  types.OID = 6181
	writeAllData types.OID = 6182
)

func uitoa(oid types.OID) string { return strconv.FormatUint(uint64(oid), 10) }

// Rights are an object's owner and privileges.
type Rights struct {
	Kind  acl.Kind
	Owner types.OID
	ACL   acl.ACL // nil: the default
	// System objects have other defaults: everybody may use them.
	System bool
}

// RightsOf are the rights of a descriptor; those of an index are its table's.
func (r *Reader) RightsOf(d any) Rights {
	switch x := d.(type) {
	case *Table:
		return Rights{acl.Relation, x.Owner, x.ACL, x.Virtual != nil}
	case *View:
		return Rights{acl.Relation, x.Owner, x.ACL, x.OID < FirstUserOID}
	case *Sequence:
		return Rights{acl.Sequence, x.Owner, x.ACL, false}
	case *Index:
		if t, ok := r.Table(x.Table); ok {
			return r.RightsOf(t)
		}
	case *Schema:
		return Rights{acl.Schema, x.Owner, x.ACL, x.OID < FirstUserOID}
	case *Function:
		return Rights{acl.Function, x.Owner, x.ACL, false}
	case *Type:
		return Rights{acl.Type, x.Owner, x.ACL, false}
	case *Database:
		return Rights{acl.Database, x.Owner, x.ACL, false}
	case Object:
		return Rights{Owner: x.Head().Owner}
	}
	return Rights{Owner: SuperuserOID}
}

// Effective is the ACL that counts: the default where there is none.
func (x Rights) Effective() acl.ACL {
	if x.ACL != nil {
		return x.ACL
	}
	a := acl.Default(x.Kind, x.Owner)
	if !x.System {
		return a
	}
	if x.Kind == acl.Schema {
		return append(a, acl.Item{Grantee: acl.Public, Grantor: x.Owner, Privs: acl.Usage})
	}
	return append(acl.ACL{{Grantee: acl.Public, Grantor: x.Owner, Privs: acl.Select}}, a...)
}

// secretRelations are built-in relations that only superusers read.
var secretRelations = map[string]bool{"pg_authid": true, "pg_shadow": true, "pg_statistic": true, "pg_subscription": true,
	"pg_user_mapping": true, "pg_largeobject": true, "pg_hba_file_rules": true, "pg_file_settings": true, "pg_config": true,
	"pg_statistic_ext_data": true, "pg_backend_memory_contexts": true, "pg_shmem_allocations": true}

// Allowed is what of want a role may do with an object.
func (r *Reader) Allowed(role types.OID, d any, want acl.Privs, any bool) acl.Privs {
	if r.Superuser(role) {
		return want
	}
	x := r.RightsOf(d)
	rel, isRel := d.(Relation)
	if isRel && x.System && (secretRelations[rel.RelName()] && rel.RelSchema() == PGCatalogOID) {
		return 0
	}
	if s, ok := d.(*Schema); ok && IsTempSchema(s.Name) {
		return want
	}
	got := x.Effective().Mask(r, role, want, any)
	more := want &^ got
	if more == 0 || x.Kind != acl.Relation && x.Kind != acl.Sequence && x.Kind != acl.Schema {
		return got
	}
	if p := more & (acl.Select | acl.Usage); p != 0 && (x.Kind == acl.Schema || p == acl.Select) && r.HasPrivileges(role, readAllData) {
		got |= p
	}
	if p := more & (acl.Insert | acl.Update | acl.Delete); p != 0 && r.HasPrivileges(role, writeAllData) {
		got |= p
	}
	if x.Kind == acl.Schema && more&acl.Usage != 0 && r.HasPrivileges(role, writeAllData) {
		got |= acl.Usage
	}
	return got
}

// Owns reports whether a role may do what only the owner of an object may.
func (r *Reader) Owns(role types.OID, d any) bool { return r.HasPrivileges(role, r.RightsOf(d).Owner) }

// ColumnAllowed reports whether a role has a privilege on a column by the column's own list.
func (r *Reader) ColumnAllowed(role types.OID, c *Column, want acl.Privs) bool {
	return len(c.ACL) > 0 && c.ACL.Mask(r, role, want, false) == want
}

// RelationColumns are the columns of a table or view.
func RelationColumns(rel Relation) []*Column {
	switch x := rel.(type) {
	case *Table:
		return x.Columns
	case *View:
		return x.Columns
	}
	return nil
}

// DefaultACL is the ACL of a new object of a role, by its default privileges; nil if there are none.
func (r *Reader) DefaultACL(k acl.Kind, owner, schema types.OID) acl.ACL {
	role, ok := r.roles[owner]
	if !ok || len(role.Defaults) == 0 {
		return nil
	}
	var general, special acl.ACL
	found := false
	for _, d := range role.Defaults {
		switch {
		case d.Kind != k:
		case d.Schema == 0:
			general, found = d.ACL, true
		case d.Schema == schema:
			special, found = d.ACL, true
		}
	}
	if !found {
		return nil
	}
	if general == nil {
		general = acl.Default(k, owner)
	}
	out := general.Merge(special)
	if out.Equal(acl.Default(k, owner)) {
		return nil
	}
	return out
}

// DescriptorKey is where a descriptor is stored, for a lock of it.
func DescriptorKey(d any) []byte { return descKey(d) }

// Current is the version of a descriptor that r shows, nil if there is none.
func (r *Reader) Current(d any) any {
	switch x := d.(type) {
	case *Role:
		if y, ok := r.roles[x.OID]; ok {
			return y
		}
	case *Database:
		if y, ok := r.databases[x.OID]; ok {
			return y
		}
	case *Schema:
		if y, ok := r.schemas[x.OID]; ok {
			return y
		}
	case *Function:
		if y, ok := r.functions.get(x.OID); ok {
			return y
		}
	case *Type:
		if y, ok := r.types.get(x.OID); ok {
			return y
		}
	case Object:
		if y, ok := r.objects.get(x.Head().OID); ok {
			return y
		}
	case Relation:
		if y, ok := r.relations.get(x.RelOID()); ok {
			return y
		}
	}
	return nil
}

// giveDefaults sets the ACL of a new object by the default privileges of its owner.
func (r *Reader) giveDefaults(d any) {
	give := func(a *acl.ACL, kind acl.Kind, owner, schema types.OID) {
		if *a == nil {
			*a = r.DefaultACL(kind, owner, schema)
		}
	}
	switch x := d.(type) {
	case *Table:
		give(&x.ACL, acl.Relation, x.Owner, x.Schema)
	case *View:
		give(&x.ACL, acl.Relation, x.Owner, x.Schema)
	case *Sequence:
		give(&x.ACL, acl.Sequence, x.Owner, x.Schema)
	case *Function:
		give(&x.ACL, acl.Function, x.Owner, x.Schema)
	case *Type:
		give(&x.ACL, acl.Type, x.Owner, x.Schema)
	case *Schema:
		give(&x.ACL, acl.Schema, x.Owner, 0)
	}
}
