package ddl

import (
	"context"
	"errors"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// temporary reports whether a new relation goes to the session's temporary schema.
func (x *Executor) temporary(rv *ast.RangeVar) (bool, error) {
	switch {
	case rv.Schema == catalog.TempAlias:
		return true, nil
	case rv.Schema == "":
		return rv.Persistence == ast.PersistenceTemp || x.TempFirst, nil
	case catalog.IsTempSchema(rv.Schema):
		if rv.Schema != catalog.OwnTemp(x.SearchPath) {
			return false, pgerr.New(pgerr.InvalidTableDefinition, "cannot create relations in temporary schemas of other sessions")
		}
		return true, nil
	case rv.Persistence == ast.PersistenceTemp:
		return false, pgerr.New(pgerr.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema")
	}
	return false, nil
}

// tempSchema is the session's temporary schema, made if this is its first use.
func (x *Executor) tempSchema(ctx context.Context) (*catalog.Schema, error) {
	if x.Temp == nil {
		return nil, pgerr.FeatureNotSupported("a temporary relation")
	}
	name, err := x.Temp(ctx)
	if err != nil {
		return nil, err
	}
	if catalog.OwnTemp(x.SearchPath) == "" { // the rest of the statement finds what is in it, too
		x.SearchPath = append([]string{name}, x.SearchPath...)
	}
	if s, ok := x.Txn.Newest().Schema(name); ok {
		return s, x.Txn.Lock(ctx, kv.Shared, s)
	}
	s := &catalog.Schema{Database: catalog.DatabaseOID, Name: name, Owner: catalog.SuperuserOID, Version: 1}
	if s.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return nil, err
	}
	return s, x.Txn.Create(ctx, s)
}

// viewName is the name under which a view is created: a view of temporary relations is temporary, too.
func (x *Executor) viewName(s *ast.ViewStmt, v *catalog.View) *ast.RangeVar {
	if s.View.Persistence == ast.PersistenceTemp {
		return s.View
	}
	r := x.Txn.Newest()
	for _, oid := range v.DependsOn {
		rel, ok := r.RelationByOID(oid)
		if !ok || !r.Temporary(rel.RelSchema()) {
			continue
		}
		x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "view %q will be a temporary view", s.View.Name))
		rv := *s.View
		rv.Persistence = ast.PersistenceTemp
		return &rv
	}
	return s.View
}

func onCommit(a ast.OnCommitAction) catalog.OnCommit {
	switch a {
	case ast.OnCommitDeleteRows:
		return catalog.OnCommitDelete
	case ast.OnCommitDrop:
		return catalog.OnCommitDrop
	}
	return catalog.OnCommitPreserve
}

// Committing does what ON COMMIT says for those of the temporary tables that the transaction sees, and returns those
// that will still be there after it.
func (x *Executor) Committing(ctx context.Context, tables []types.OID) ([]types.OID, error) {
	var keep []types.OID
	for _, oid := range tables {
		t, ok := x.Txn.Newest().Table(oid)
		switch {
		case !ok:
		case t.OnCommit == catalog.OnCommitDrop:
			set := x.newDropSet()
			set.named[oid] = true
			set.visit(dependent{rel: t})
			if err := x.remove(ctx, set); err != nil {
				return tables, err
			}
		default:
			keep = append(keep, oid)
			if !x.Txn.WroteTo(oid) {
				continue
			}
			if err := x.Txn.KV().DeleteRange(rowenc.StorageRange(t.Storage)); err != nil {
				return tables, err
			}
		}
	}
	return keep, nil
}

// DropTemp drops the temporary schema of that name with all that is in it, if there is one.
func (x *Executor) DropTemp(ctx context.Context, name string) error {
	schema, err := x.lockSchema(ctx, name)
	if pgerr.CodeOf(err) == pgerr.InvalidSchemaName {
		return nil
	}
	if err != nil {
		return err
	}
	if err := x.emptySchema(ctx, schema, true); err != nil && !errors.Is(err, catalog.ErrTableChanged) {
		return err
	}
	return x.Txn.Drop(ctx, schema)
}
