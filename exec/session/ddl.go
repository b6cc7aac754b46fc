package session

import (
	"context"
	"errors"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/catalog/extend"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// ddlExecutor runs schema statements in the statement that was begun.
func (s *Session) ddlExecutor(p *prepared) *ddl.Executor {
	return &ddl.Executor{Txn: s.tx.cat, SQL: p.text, SearchPath: s.hot.searchPath, Owner: s.role(), SessionRole: s.roles.session,
		Bind: &ddlBinder{s: s, sql: p.text}, Notice: s.notice, Temp: s.tempSchema, TempFirst: s.hot.tempFirst,
		Query: s.ddlQuery, Pending: s.pendingEvents, CallTrigger: s.truncateTrigger,
		Truncated: s.stat.Truncated,
		OnCommit:  func(table types.OID) { s.temp.onCommit = append(s.temp.onCommit, table) }}
}

// ddl runs a statement that changes the schema; whatever is none is not supported.
func (s *Session) ddl(ctx context.Context, p *prepared, out *utilitySink) (Tag, error) {
	name := ast.CommandTag(p.stmt)
	several, err := s.severalTransactions(p.stmt, out)
	if err != nil {
		return Tag{}, err
	}
	var table, object types.OID
	shown := ddlProgress(p.stmt)
	if shown != nil {
		defer s.begins(shown, "initializing")()
	}
	for {
		if err := s.beginStatement(ctx); err != nil {
			return Tag{}, err
		}
		if s.tx.readOnly { // known only now, if default_transaction_read_only says so
			return Tag{}, pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute %s in a read-only transaction", name)
		}
		x := s.ddlExecutor(p)
		if several {
			x.Left = func(t, o types.OID) { table, object = t, o }
		}
		if shown != nil {
			x.Scanned = s.scanned(shown)
		}
		t, handled, err := s.roleStmt(ctx, x, p.stmt)
		if !handled {
			t, handled, err = (&extend.Executor{Executor: x}).Run(ctx, p.stmt)
		}
		if !handled {
			t, handled, err = x.Run(ctx, p.stmt)
		}
		switch {
		case !handled && err == nil:
			return Tag{}, pgerr.FeatureNotSupported(name)
		case errors.Is(err, catalog.ErrTableChanged):
			continue
		case err != nil:
			return Tag{}, err
		case object != 0:
			return tag(t), chain{s, p, out}.complete(ctx, table, object)
		}
		return tag(t), nil
	}
}
