package pgcatalog

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// encodingUTF8 is PostgreSQL's number of UTF8.
const encodingUTF8 = 6

// defaultTablespace is pg_default.
const defaultTablespace types.OID = 1663

func pgNamespace(q *query) error {
	for _, s := range q.r.Schemas() {
		if err := q.emit([]types.Datum{oid(s.OID), str(s.Name), oid(s.Owner), schemaACL(s.OID)}); err != nil {
			return err
		}
	}
	return nil
}

// schemaACL are the privileges on a schema that exists from the start, NULL for others.
func schemaACL(schema types.OID) types.Datum {
	switch schema {
	case catalog.PGCatalogOID, catalog.InformationSchemaOID:
		return texts(types.ACLItemOID, []string{"postgres=UC/postgres", "=U/postgres"})
	case catalog.PublicOID:
		return texts(types.ACLItemOID, []string{"pg_database_owner=UC/pg_database_owner", "=U/pg_database_owner"})
	}
	return null
}

// pgInitPrivs has the privileges that pg_dump need not write.
func pgInitPrivs(q *query) error {
	for _, s := range []types.OID{catalog.PGCatalogOID, catalog.InformationSchemaOID, catalog.PublicOID} {
		if err := q.emit([]types.Datum{oid(s), oid(classNamespace), num(0), chr('i'), schemaACL(s)}); err != nil {
			return err
		}
	}
	return nil
}

func pgDatabase(q *query) error {
	for _, d := range q.r.Databases() {
		acl := null
		if d.Template {
			acl = texts(types.ACLItemOID, []string{"=c/postgres", "postgres=CTc/postgres"})
		}
		if err := q.emit([]types.Datum{
			oid(d.OID), str(d.Name), oid(d.Owner), num(encodingUTF8), chr('c'), yes(d.Template), yes(d.AllowConn), num(-1), num(3), num(1),
			oid(defaultTablespace), str("C"), str("C"), null, null, acl,
		}); err != nil {
			return err
		}
	}
	return nil
}

func pgAuthid(q *query) error {
	return q.roles(func(r *catalog.Role) []types.Datum {
		return []types.Datum{oid(r.OID), str(r.Name), yes(r.Super), yes(r.Inherit), yes(r.CreateRole), yes(r.CreateDB), yes(r.Login),
			yes(r.Replication), yes(r.BypassRLS), num(r.ConnLimit), null, null}
	})
}

func pgRoles(q *query) error {
	return q.roles(func(r *catalog.Role) []types.Datum {
		return []types.Datum{str(r.Name), yes(r.Super), yes(r.Inherit), yes(r.CreateRole), yes(r.CreateDB), yes(r.Login), yes(r.Replication),
			num(r.ConnLimit), str("********"), null, yes(r.BypassRLS), null, oid(r.OID)}
	})
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
		return []types.Datum{str(r.Name), oid(r.OID), yes(r.CreateDB), yes(r.Super), yes(r.Replication), yes(r.BypassRLS), password, null, null}
	})
}

func pgGroup(q *query) error {
	return q.roles(func(r *catalog.Role) []types.Datum {
		if r.Login {
			return nil
		}
		return []types.Datum{str(r.Name), oid(r.OID), ints[types.OID](types.OIDOID, nil)}
	})
}
