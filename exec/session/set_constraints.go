package session

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// setConstraints is SET CONSTRAINTS. What becomes IMMEDIATE is tested at once.
func (s *Session) setConstraints(ctx context.Context, x *ast.ConstraintsSetStmt) (Tag, error) {
	if !s.tx.block {
		s.notice(pgerr.Warning(pgerr.NoActiveSQLTransaction, "SET CONSTRAINTS can only be used in transaction blocks"))
	}
	s.begin()
	named := map[types.OID]bool{}
	if len(x.Constraints) == 0 {
		s.tx.deferred.all, s.tx.deferred.modes = deferNone, nil
		if x.Deferred {
			s.tx.deferred.all = deferAll
		}
	}
	for _, rv := range x.Constraints {
		oids, err := s.constraintsNamed(rv)
		if err != nil {
			return Tag{}, err
		}
		for _, oid := range oids {
			named[oid] = true
			s.tx.deferred.setMode(oid, x.Deferred)
		}
	}
	if x.Deferred {
		return tag("SET CONSTRAINTS"), nil
	}
	return tag("SET CONSTRAINTS"), s.fireWaiting(ctx, func(g *exec.EventGroup) bool { return len(x.Constraints) == 0 || named[g.Constraint] })
}

// constraintsNamed finds the deferrable constraints of a name: in its schema, or in the first one of the search path that has any.
func (s *Session) constraintsNamed(rv *ast.RangeVar) ([]types.OID, error) {
	r := s.reader()
	path := s.hot.searchPath
	if rv.Schema != "" {
		if _, ok := r.Schema(rv.Schema); !ok {
			return nil, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", rv.Schema)
		}
		path = []string{rv.Schema}
	}
	for _, name := range path {
		schema, ok := r.Schema(name)
		if !ok {
			continue
		}
		oids, found := deferrableIn(r, schema.OID, rv.Name)
		if len(oids) > 0 {
			return oids, nil
		}
		if found {
			return nil, pgerr.New(pgerr.WrongObjectType, "constraint %q is not deferrable", rv.Name)
		}
	}
	return nil, pgerr.New(pgerr.UndefinedObject, "constraint %q does not exist", rv.Name)
}

// deferrableIn lists the deferrable constraints of that name on tables of a schema; found: there are others.
func deferrableIn(r *catalog.Reader, schema types.OID, name string) (oids []types.OID, found bool) {
	for rel := range r.Relations(schema) {
		t, ok := rel.(*catalog.Table)
		if !ok {
			continue
		}
		for _, k := range t.ForeignKeys {
			if k.Name == name {
				found = true
				if k.Deferrable {
					oids = append(oids, k.OID)
				}
			}
		}
		for _, tr := range t.Triggers {
			if tr.Name == name && tr.Constraint != 0 {
				found = true
				if tr.Deferrable {
					oids = append(oids, tr.Constraint)
				}
			}
		}
		for _, c := range t.Checks {
			found = found || c.Name == name
		}
		for _, x := range t.AllIndexes() {
			found = found || x.Constraint != 0 && x.Name == name
		}
	}
	return oids, found
}

// pendingEvents reports whether events of a table wait for the end of the transaction.
func (s *Session) pendingEvents(table types.OID) bool {
	for _, g := range s.tx.deferred.groups {
		if g.Table.OID == table || g.Reference.Table != nil && g.Reference.Table.OID == table && g.Kind == exec.ChildRows {
			return true
		}
	}
	return false
}
