package pgcatalog

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/sql/types"
)

// encodingUTF8 is PostgreSQL's number of UTF8.
const encodingUTF8 = 6

// defaultTablespace is pg_default.
const defaultTablespace types.OID = 1663

func pgNamespace(q *query) error {
	for _, s := range q.r.Schemas() {
		if err := q.emit([]types.Datum{oid(s.OID), str(s.Name), oid(s.Owner), schemaACL(q.r, s)}); err != nil {
			return err
		}
	}
	return nil
}

// schemaACL are the privileges on a schema; those that exist from the start have some.
func schemaACL(r *catalog.Reader, s *catalog.Schema) types.Datum {
	if s.ACL == nil && (s.OID == catalog.PGCatalogOID || s.OID == catalog.InformationSchemaOID || s.OID == catalog.PublicOID) {
		return aclArray(r, r.RightsOf(s).Effective())
	}
	return aclArray(r, s.ACL)
}

// relACL are the privileges on a relation; built-in ones have some.
func relACL(r *catalog.Reader, rel catalog.Relation) types.Datum {
	switch rel.(type) {
	case *catalog.Table, *catalog.View, *catalog.Sequence:
		return aclArray(r, r.RightsOf(rel).ACL)
	}
	return null
}

// until is when a role's password ends.
func until(r *catalog.Role) types.Datum {
	if r.ValidUntil == nil {
		return null
	}
	return big(*r.ValidUntil)
}

// settingsOf are the settings that a role has in a database, or in all.
func settingsOf(r *catalog.Role, database types.OID) []string {
	for _, s := range r.Settings {
		if s.Database == database {
			return s.Values
		}
	}
	return nil
}

func members(r *catalog.Reader, of types.OID) []types.OID {
	var out []types.OID
	for _, m := range r.Members(of) {
		out = append(out, m.OID)
	}
	return out
}

func pgAuthMembers(q *query) error {
	return q.eachRole(func(r *catalog.Role) error {
		for _, m := range r.MemberOf {
			if err := q.emit([]types.Datum{oid(m.Role), oid(r.OID), oid(m.Grantor), yes(m.Admin)}); err != nil {
				return err
			}
		}
		return nil
	})
}

func pgDbRoleSetting(q *query) error {
	return q.eachRole(func(r *catalog.Role) error {
		for _, s := range r.Settings {
			if err := q.emit([]types.Datum{oid(s.Database), oid(r.OID), texts(types.TextOID, s.Values)}); err != nil {
				return err
			}
		}
		return nil
	})
}

func pgDefaultACL(q *query) error {
	return q.eachRole(func(r *catalog.Role) error {
		for _, d := range r.Defaults {
			kind := byte(d.Kind)
			if d.Kind == acl.Sequence {
				kind = 'S'
			}
			if err := q.emit([]types.Datum{oid(d.OID), oid(r.OID), oid(d.Schema), chr(kind), aclArray(q.r, d.ACL)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// pgInitPrivs has the privileges that pg_dump need not write.
func pgInitPrivs(q *query) error {
	for _, id := range []types.OID{catalog.PGCatalogOID, catalog.InformationSchemaOID, catalog.PublicOID} {
		s, ok := q.r.SchemaByOID(id)
		if !ok {
			continue
		}
		first := *s
		first.ACL = nil
		if err := q.emit([]types.Datum{oid(id), oid(classNamespace), num(0), chr('i'), schemaACL(q.r, &first)}); err != nil {
			return err
		}
	}
	return nil
}

func pgDatabase(q *query) error {
	for _, d := range q.r.Databases() {
		rights := aclArray(q.r, d.ACL)
		if d.ACL == nil && d.Template {
			rights = texts(types.ACLItemOID, []string{"=c/postgres", "postgres=CTc/postgres"})
		}
		if err := q.emit([]types.Datum{
			oid(d.OID), str(d.Name), oid(d.Owner), num(encodingUTF8), chr('c'), yes(d.Template), yes(d.AllowConn), num(-1), num(3), num(1),
			oid(defaultTablespace), str("C"), str("C"), null, null, rights,
		}); err != nil {
			return err
		}
	}
	return nil
}

func pgAuthid(q *query) error {
	return q.roles(func(r *catalog.Role) []types.Datum {
		return []types.Datum{oid(r.OID), str(r.Name), yes(r.Super), yes(r.Inherit), yes(r.CreateRole), yes(r.CreateDB), yes(r.Login),
			yes(r.Replication), yes(r.BypassRLS), num(r.ConnLimit), strOrNull(r.Password), until(r)}
	})
}

func pgRoles(q *query) error {
	return q.roles(func(r *catalog.Role) []types.Datum {
		return []types.Datum{str(r.Name), yes(r.Super), yes(r.Inherit), yes(r.CreateRole), yes(r.CreateDB), yes(r.Login), yes(r.Replication),
			num(r.ConnLimit), str("********"), until(r), yes(r.BypassRLS), texts(types.TextOID, settingsOf(r, 0)), oid(r.OID)}
	})
}

// eachRole calls f for the roles by OID.
func (q *query) eachRole(f func(*catalog.Role) error) error {
	for _, r := range q.r.Roles() {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// roles emits a row for each role for which row gives one.
func (q *query) roles(row func(*catalog.Role) []types.Datum) error {
	for _, r := range q.r.Roles() {
		if d := row(r); d != nil {
			if err := q.emit(d); err != nil {
				return err
			}
		}
	}
	return nil
}

func pgUser(q *query) error   { return q.users(str("********")) }
func pgShadow(q *query) error { return q.users(null) }

func (q *query) users(password types.Datum) error {
	return q.roles(func(r *catalog.Role) []types.Datum {
		if !r.Login {
			return nil
		}
		return []types.Datum{str(r.Name), oid(r.OID), yes(r.CreateDB), yes(r.Super), yes(r.Replication), yes(r.BypassRLS), password, until(r), texts(types.TextOID, settingsOf(r, 0))}
	})
}

func pgGroup(q *query) error {
	return q.roles(func(r *catalog.Role) []types.Datum {
		if r.Login {
			return nil
		}
		return []types.Datum{str(r.Name), oid(r.OID), ints(types.OIDOID, members(q.r, r.OID))}
	})
}
