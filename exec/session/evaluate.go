package session

import (
	"context"

	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// bindOptions are the binder's options for a statement text in this session.
func (s *Session) bindOptions(text string) bind.Options {
	return bind.Options{SQL: text, Reader: s.reader(), SearchPath: s.hot.searchPath, User: s.cat.User, Database: s.database, Env: &s.types,
		Variables: s.body.vars, Transitions: s.body.transitions.tables}
}

// resolveType resolves a type name of a statement.
func (s *Session) resolveType(text string, tn *ast.TypeName) (types.T, error) {
	return bind.Type(tn, s.bindOptions(text))
}

// evalAssigned evaluates the arguments of EXECUTE, each assigned to a type.
func (s *Session) evalAssigned(ctx context.Context, text string, es []ast.Expr, ts []types.T) ([]types.Datum, error) {
	bound, err := bind.Arguments(es, ts, s.bindOptions(text))
	if err != nil {
		return nil, err
	}
	c := &expr.Ctx{Context: ctx, Types: &s.types, Env: (*env)(s)}
	out := make([]types.Datum, len(bound))
	for i, e := range bound {
		if out[i], err = expr.EvalRow(c, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}
