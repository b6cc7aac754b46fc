package session

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/catalog/ddl/online"
	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// chain is a statement that runs in several transactions (online.Chain).
type chain struct {
	s   *Session
	p   *prepared
	out *utilitySink
}

// Next implements online.Chain. The transactions are READ COMMITTED: each sees what others did meanwhile.
func (c chain) Next(ctx context.Context) (*ddl.Executor, error) {
	s := c.s
	if err := s.commit(ctx); err != nil {
		return nil, err
	}
	s.begin()
	s.tx.isolation = kv.ReadCommitted
	if err := s.restartUnused(); err != nil {
		return nil, err
	}
	if err := s.beginStatement(ctx); err != nil {
		return nil, err
	}
	return s.ddlExecutor(c.p), nil
}

// Hold implements online.Chain.
func (c chain) Hold(ctx context.Context, relation types.OID, mode catalog.RelationLock) (release func(), err error) {
	tag := relationTag(relation)
	_, err = c.s.lock(ctx, tag, lockmgr.Mode(mode), lockmgr.Options{Session: true})
	return func() { c.s.locks.Unlock(tag, lockmgr.Mode(mode)) }, err
}

// Await implements online.Chain.
func (c chain) Await(ctx context.Context, relation types.OID, mode catalog.RelationLock) error {
	tag := relationTag(relation)
	o := c.s.lockOptions(tag, lockmgr.Options{})
	o.Timeout = 0 // lock_timeout is about locks
	return c.s.lockError(c.s.locks.Await(ctx, tag, lockmgr.Mode(mode), o))
}

// Alone implements online.Client.
func (c chain) Alone(statement string) error { return c.s.outsideBlock(statement, c.out) }

// Database implements online.Client.
func (c chain) Database() string { return c.s.database }

// TempSchema implements online.Client.
func (c chain) TempSchema() string { return c.s.temp.schema }

// reindex is REINDEX.
func (s *Session) reindex(ctx context.Context, p *prepared, x *ast.ReindexStmt, out *utilitySink) (Tag, error) {
	if err := s.beginStatement(ctx); err != nil {
		return Tag{}, err
	}
	if s.tx.readOnly {
		return Tag{}, pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute REINDEX in a read-only transaction")
	}
	return tag("REINDEX"), online.Run(ctx, s.ddlExecutor(p), chain{s, p, out}, x)
}

// complete does what the first step of a statement with CONCURRENTLY left.
func (c chain) complete(ctx context.Context, table, object types.OID) error {
	switch c.p.stmt.(type) {
	case *ast.IndexStmt:
		return online.CreateIndex(ctx, c, table, object)
	case *ast.DropStmt:
		return online.DropIndex(ctx, c, table, object)
	}
	return online.Detach(ctx, c, table, object)
}

// severalTransactions reports whether a schema change runs in transactions of its own, and refuses it where it cannot.
func (s *Session) severalTransactions(stmt ast.Stmt, out *utilitySink) (bool, error) {
	name, temp := "", (*ast.RangeVar)(nil)
	switch x := stmt.(type) {
	case *ast.IndexStmt:
		if x.Concurrent {
			name, temp = "CREATE INDEX CONCURRENTLY", x.Relation
		}
	case *ast.DropStmt:
		if x.Concurrent {
			name = "DROP INDEX CONCURRENTLY"
			switch {
			case len(x.Objects) > 1:
				return false, pgerr.New(pgerr.CodeFeatureNotSupported, "%s does not support dropping multiple objects", name)
			case x.Behavior == ast.DropCascade:
				return false, pgerr.New(pgerr.CodeFeatureNotSupported, "%s does not support CASCADE", name)
			}
			temp = ddl.RangeVar(x.Objects[0].Names)
		}
	case *ast.AlterTableStmt:
		for _, cmd := range x.Cmds {
			if pc, ok := cmd.Def.(*ast.PartitionCmd); ok && pc.Concurrent && cmd.Kind == ast.DetachPartition {
				name = "ALTER TABLE ... DETACH CONCURRENTLY"
			}
		}
	}
	if name == "" {
		return false, nil
	}
	if temp != nil {
		if rel, err := s.lookupRelation(temp); err == nil && s.reader().Temporary(rel.RelSchema()) {
			return false, nil // nobody else could be in the way
		}
	}
	return true, s.outsideBlock(name, out)
}

// outsideBlock refuses a statement that needs transactions of its own inside of another's (PostgreSQL's PreventInTransactionBlock).
func (s *Session) outsideBlock(name string, out *utilitySink) error {
	switch {
	case s.tx.block || out.multi:
		return pgerr.New(pgerr.ActiveSQLTransaction, "%s cannot run inside a transaction block", name)
	case out.nested:
		return pgerr.New(pgerr.ActiveSQLTransaction, "%s cannot be executed from a function", name)
	}
	return nil
}
