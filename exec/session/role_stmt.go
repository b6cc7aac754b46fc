package session

import (
	"context"
	"strings"

	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/catalog/extstats"
	"github.com/lightsql/lightsql/catalog/roles"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// roleStmt runs a statement about roles and privileges, or about statistics objects.
func (s *Session) roleStmt(ctx context.Context, x *ddl.Executor, stmt ast.Stmt) (string, bool, error) {
	e := &roles.Executor{Executor: x, Encrypt: func(role, password string) (string, error) {
		return roles.Verifier(s.settings.Text("password_encryption"), role, password)
	}, Timestamp: func(text string) (int64, error) {
		d, err := types.Parse(types.Of(types.TimestamptzOID), text, &s.types)
		return d.Int(), err
	}, CheckSetting: s.roleSetting}
	tag, handled, err := e.Run(ctx, stmt)
	if !handled {
		return (&extstats.Executor{Executor: x}).Run(ctx, stmt)
	}
	return tag, handled, err
}

// roleSetting is the value that ALTER ROLE SET gives a parameter, checked.
func (s *Session) roleSetting(x *ast.VariableSetStmt) (string, error) {
	switch x.Kind {
	case ast.VarSetCurrent:
		v, ok := s.settings.Raw(x.Name)
		if !ok {
			return "", pgerr.New(pgerr.UndefinedObject, "unrecognized configuration parameter %q", x.Name)
		}
		return v, nil
	case ast.VarReset, ast.VarSetDefault:
		if _, ok := s.settings.Canonical(x.Name); !ok && !strings.Contains(x.Name, ".") {
			return "", pgerr.New(pgerr.UndefinedObject, "unrecognized configuration parameter %q", x.Name)
		}
		return "", nil
	}
	v, err := settingText(x)
	if err != nil {
		return "", err
	}
	return v, s.settings.Check(x.Name, v)
}
