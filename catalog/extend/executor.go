package extend

import (
	"context"
	"errors"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Executor runs one statement.
type Executor struct{ *ddl.Executor }

// Run executes a statement and returns its command tag. handled is false for statements of other sorts.
func (x *Executor) Run(ctx context.Context, stmt ast.Stmt) (tag string, handled bool, err error) {
	switch s := stmt.(type) {
	case *ast.DefineStmt:
		return x.define(ctx, s)
	case *ast.AlterTypeStmt:
		return "ALTER TYPE", true, x.alterType(ctx, s)
	case *ast.AlterOperatorStmt:
		return "ALTER OPERATOR", true, x.alterOperator(ctx, s)
	case *ast.AlterCollationStmt:
		return "ALTER COLLATION", true, x.refreshCollation(ctx, s)
	case *ast.CreateOpFamilyStmt:
		return "CREATE OPERATOR FAMILY", true, x.createFamily(ctx, s)
	case *ast.CreateOpClassStmt:
		return "CREATE OPERATOR CLASS", true, x.createClass(ctx, s)
	case *ast.AlterOpFamilyStmt:
		return "ALTER OPERATOR FAMILY", true, x.alterFamily(ctx, s)
	case *ast.CreateCastStmt:
		return "CREATE CAST", true, x.createCast(ctx, s)
	case *ast.DropStmt:
		if k, ok := kinds[s.RemoveType]; ok {
			return "DROP " + strings.ToUpper(k.word), true, x.drop(ctx, s)
		}
	case *ast.AlterOwnerStmt:
		if k, ok := kinds[s.ObjectType]; ok {
			return "ALTER " + strings.ToUpper(k.word), true, x.alterOwner(ctx, s)
		}
	case *ast.AlterObjectSchemaStmt:
		if k, ok := kinds[s.ObjectType]; ok {
			return "ALTER " + strings.ToUpper(k.word), true, x.setSchema(ctx, s)
		}
	case *ast.RenameStmt:
		if k, ok := kinds[s.RenameType]; ok {
			return "ALTER " + strings.ToUpper(k.word), true, x.rename(ctx, s)
		}
	case *ast.CommentStmt:
		if _, ok := kinds[s.ObjectType]; ok {
			return "COMMENT", true, x.comment(ctx, s)
		}
	}
	return "", false, nil
}

func (x *Executor) define(ctx context.Context, s *ast.DefineStmt) (tag string, handled bool, err error) {
	switch s.Kind {
	case ast.ObjectAggregate:
		return "CREATE AGGREGATE", true, x.createAggregate(ctx, s)
	case ast.ObjectOperator:
		return "CREATE OPERATOR", true, x.createOperator(ctx, s)
	case ast.ObjectDataType:
		return "CREATE TYPE", true, x.createType(ctx, s)
	case ast.ObjectCollation:
		return "CREATE COLLATION", true, x.createCollation(ctx, s)
	}
	return "", false, nil
}

func (x *Executor) reader() *catalog.Reader { return x.Txn.Newest() }

func (x *Executor) notify(e *pgerr.Error) {
	if x.Notice != nil {
		x.Notice(e)
	}
}

// superuser refuses what only superusers may do.
func (x *Executor) superuser(format string, args ...any) error {
	if x.reader().Superuser(x.Owner) {
		return nil
	}
	return pgerr.New(pgerr.InsufficientPrivilege, "must be superuser to "+format, args...)
}

func errDefinition(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InvalidFunctionDefinition, format, args...)
}

func errObject(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InvalidObjectDefinition, format, args...)
}

// head begins a new object in the schema that its name says.
func (x *Executor) head(ctx context.Context, names []string) (catalog.ObjectHead, error) {
	schema, err := x.CreationSchema(ctx, names)
	if err != nil {
		return catalog.ObjectHead{}, err
	}
	return catalog.ObjectHead{Schema: schema.OID, Name: names[len(names)-1], Owner: x.Owner, Version: 1}, nil
}

// create gives a new object its OID and stores it; exists is the error of a name that is taken.
func (x *Executor) create(ctx context.Context, o catalog.Object, exists error) (err error) {
	if h := o.Head(); h.OID == 0 {
		if h.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
	}
	if err = x.Txn.Create(ctx, o); errors.Is(err, catalog.ErrNameTaken) {
		return exists
	}
	return err
}

// schemas are the OIDs of the schemas in which an object's name is looked for; a qualified name of a schema that does not exist is an error.
func (x *Executor) schemas(names []string) ([]types.OID, error) {
	path := x.SearchPath
	if len(names) > 1 {
		path = names[len(names)-2 : len(names)-1]
		if _, ok := x.reader().Schema(path[0]); !ok {
			return nil, pgerr.New(pgerr.InvalidSchemaName, "schema \"%s\" does not exist", path[0])
		}
	}
	var out []types.OID
	for _, p := range path {
		if s, ok := x.reader().Schema(p); ok {
			out = append(out, s.OID)
		}
	}
	return out, nil
}

// builtinToo reports whether a name may mean an object of pg_catalog.
func builtinToo(names []string) bool { return len(names) == 1 || names[len(names)-2] == "pg_catalog" }

// first is the first of the objects in the order of schemas, nil if there is none in any.
func first[T catalog.Object](schemas []types.OID, all []T, fits func(T) bool) (found T, ok bool) {
	for _, s := range schemas {
		for _, o := range all {
			if o.Head().Schema == s && fits(o) {
				return o, true
			}
		}
	}
	return found, false
}
