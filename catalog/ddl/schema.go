package ddl

import (
	"context"
	"errors"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func (x *Executor) createSchema(ctx context.Context, s *ast.CreateSchemaStmt) error {
	name := s.Name
	owner, err := x.role(s.AuthRole)
	if err != nil {
		return err
	}
	if name == "" {
		name = x.Txn.Newest().RoleName(owner)
	}
	if db, ok := x.Txn.Newest().DatabaseByOID(catalog.DatabaseOID); ok {
		if err := x.need(db, acl.Create); err != nil {
			return err
		}
	}
	if err := x.MayGiveTo(owner, 0); err != nil {
		return err
	}
	if strings.HasPrefix(name, "pg_") {
		return pgerr.New(pgerr.ReservedName, "unacceptable schema name %q", name).
			WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	}
	exists := pgerr.New(pgerr.DuplicateSchema, "schema %q already exists", name)
	if _, ok := x.Txn.Newest().Schema(name); ok {
		if s.IfNotExists {
			x.notice(pgerr.Notice(pgerr.DuplicateSchema, "schema %q already exists, skipping", name))
			return nil
		}
		return exists
	}
	oid, err := x.Txn.Catalog().NewOID(ctx)
	if err != nil {
		return err
	}
	err = x.Txn.Create(ctx, &catalog.Schema{OID: oid, Database: catalog.DatabaseOID, Name: name, Owner: owner, Version: 1})
	if errors.Is(err, catalog.ErrNameTaken) {
		return exists
	}
	if err != nil {
		return err
	}
	return x.schemaElements(ctx, name, owner, s.Elements)
}

// schemaElements runs the statements inside CREATE SCHEMA with the new schema first in the search path.
func (x *Executor) schemaElements(ctx context.Context, schema string, owner types.OID, els []ast.Stmt) error {
	inner := *x
	inner.Owner = owner
	inner.SearchPath = append([]string{schema}, x.SearchPath...)
	inner.Bind = x.Bind.WithSearchPath(inner.SearchPath)
	for _, el := range els {
		if rv := createdRelation(el); rv != nil && rv.Schema != "" && rv.Schema != schema {
			return pgerr.New(pgerr.InvalidSchemaDefinition, "CREATE specifies a schema (%s) different from the one being created (%s)",
				rv.Schema, schema)
		} else if rv != nil {
			rv.Schema = schema
		}
		_, ok, err := inner.Run(ctx, el)
		if err != nil {
			return err
		}
		if !ok {
			return pgerr.FeatureNotSupported("this element of CREATE SCHEMA")
		}
	}
	return nil
}

func createdRelation(s ast.Stmt) *ast.RangeVar {
	switch s := s.(type) {
	case *ast.CreateStmt:
		return s.Relation
	case *ast.ViewStmt:
		return s.View
	case *ast.CreateSeqStmt:
		return s.Sequence
	case *ast.IndexStmt:
		return s.Relation
	}
	return nil
}

// lockSchema finds a schema and locks it exclusively: nobody creates anything in it meanwhile.
func (x *Executor) lockSchema(ctx context.Context, name string) (*catalog.Schema, error) {
	s, ok := x.Txn.Newest().Schema(name)
	if !ok {
		return nil, errNoSchema(name)
	}
	if err := x.MustOwn(s); err != nil {
		return nil, err
	}
	if err := x.Txn.Lock(ctx, kv.Exclusive, s); err != nil {
		return nil, err
	}
	if s, ok = x.Txn.Newest().Schema(name); !ok {
		return nil, errNoSchema(name)
	}
	return s, nil
}

// errSystemSchema refuses changes of built-in schemas.
func errSystemSchema(s *catalog.Schema, what string) error {
	return pgerr.New(pgerr.DependentObjectsStillExist, "cannot %s schema %s because it is required by the database system", what, s.Name)
}
