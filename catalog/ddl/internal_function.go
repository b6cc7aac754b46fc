package ddl

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// shellType finds the shell type that a name means, nil if it means none.
func (x *Executor) shellType(tn *ast.TypeName) *catalog.Type {
	rv := rangeVar(tn.Names)
	oid, _ := x.Txn.Newest().LookupType(x.SearchPath, rv.Schema, rv.Name)
	if t, ok := x.Txn.Newest().TypeByOID(oid); ok && t.Kind == catalog.TypeShell {
		return t
	}
	return nil
}

// paramType is the type of a parameter; functions that are not written in SQL may take a shell type.
func (x *Executor) paramType(f *catalog.Function, tn *ast.TypeName) (types.T, error) {
	shell := x.shellType(tn)
	switch {
	case shell == nil:
		return x.Bind.Type(tn)
	case f.Kind == 'a':
		return types.T{}, errFunction("aggregate cannot accept shell type %s", x.typeName(shell))
	case f.Language == catalog.SQL:
		return types.T{}, errFunction("SQL function cannot accept shell type %s", x.typeName(shell))
	}
	x.notice(pgerr.Notice(pgerr.WrongObjectType, "argument type %s is only a shell", x.typeName(shell)))
	return types.Of(shell.OID), nil
}

// resultType is the type of a result. An internal function makes a shell type of a name that is not known.
func (x *Executor) resultType(ctx context.Context, f *catalog.Function, tn *ast.TypeName) (types.T, error) {
	shell := x.shellType(tn)
	if shell != nil {
		if f.Language == catalog.SQL {
			return types.T{}, errFunction("SQL function cannot return shell type %s", x.typeName(shell))
		}
		x.notice(pgerr.Notice(pgerr.WrongObjectType, "return type %s is only a shell", x.typeName(shell)))
		return types.Of(shell.OID), nil
	}
	t, err := x.Bind.Type(tn)
	if pgerr.CodeOf(err) != pgerr.UndefinedObject || f.Language != catalog.Internal {
		return t, err
	}
	x.notice(pgerr.Notice(pgerr.UndefinedObject, "type \"%s\" is not yet defined", rangeVar(tn.Names).Name).WithDetail("Creating a shell type definition."))
	shell, err = x.CreateShell(ctx, tn.Names)
	if err != nil {
		return t, err
	}
	return types.Of(shell.OID), nil
}

// CreateShell makes a shell type.
func (x *Executor) CreateShell(ctx context.Context, names []string) (*catalog.Type, error) {
	t, err := x.newType(ctx, names, catalog.TypeShell)
	if err != nil {
		return nil, err
	}
	if t.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return nil, err
	}
	return t, x.writeType(ctx, t)
}

// checkInternal checks what an internal function is the name of; with a shell type it waits until the type is defined.
func (x *Executor) checkInternal(f *catalog.Function) error {
	if f.Language != catalog.Internal {
		return nil
	}
	if _, ok := builtins.InternalProc(f.Body); !ok {
		return builtins.ErrNoInternal(f.Body)
	}
	for _, t := range append(f.Inputs(), f.Ret) {
		if u, ok := x.Txn.Newest().TypeByOID(t); ok && u.Kind == catalog.TypeShell {
			return nil
		}
	}
	return builtins.CheckInternal(f.Proc())
}
