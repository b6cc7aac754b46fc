package session

import (
	"context"

	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// bindOptions are the binder's options for a statement text in this session.
func (s *Session) bindOptions(text string) bind.Options {
	return bind.Options{SQL: text, Reader: s.reader(), SearchPath: s.hot.searchPath, User: s.user, Database: s.database, Env: &s.types}
}

// resolveType resolves a type name of a statement.
func (s *Session) resolveType(text string, tn *ast.TypeName) (types.T, error) {
	return bind.Type(tn, s.bindOptions(text))
}

// evalAssigned evaluates expressions without columns, each converted to a type.
func (s *Session) evalAssigned(ctx context.Context, text string, es []ast.Expr, ts []types.T) ([]types.Datum, error) {
	q := &ast.SelectStmt{Pos: -1}
	for i, e := range es {
		q.TargetList = append(q.TargetList, &ast.ResTarget{Val: &ast.TypeCast{Arg: e, Type: typeName(ts[i]), Pos: ast.Location(e)}, Pos: -1})
	}
	var out []types.Datum
	_, err := s.runPlan(ctx, &prepared{text: text, stmt: q}, nil, func(b *vec.Batch) error {
		out = b.Datums(out, b.Row(0))
		return nil
	})
	return out, err
}
