package session

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
)

// temp is what a session knows of its temporary objects. They are in a schema of its own (catalog.TempSchema), which is
// created with the first of them, stands first in the search path, and is dropped when the session ends.
type temp struct {
	schema string // "" before the first use
	// onCommit are the tables for which COMMIT does something. Some may be gone: a rollback does not bring the list back.
	onCommit []types.OID
}

// tempSchema prepares the schema of temporary objects before its first use. A server that was killed may have left one of
// that name, with objects of a session that is long gone.
func (s *Session) tempSchema(ctx context.Context) (string, error) {
	s.tx.usedTemp = true
	if s.temp.schema != "" {
		return s.temp.schema, nil
	}
	name := catalog.TempSchema(s.pid)
	if _, ok := s.srv.o.Catalog.Newest().Schema(name); ok {
		if err := s.dropTempSchema(ctx, name); err != nil {
			return "", err
		}
	}
	s.temp.schema = name
	s.settingsChanged()
	return name, nil
}

// dropTempSchema drops a temporary schema in a transaction of its own.
func (s *Session) dropTempSchema(ctx context.Context, name string) error {
	k := s.srv.o.Store.Begin(kv.TxnOptions{Isolation: kv.ReadCommitted, Async: true, Owner: (*lockOwner)(s)})
	err := k.StartStatement(ctx)
	if err == nil {
		x := &ddl.Executor{Txn: s.srv.o.Catalog.NewTxn(k, kv.ReadCommitted), Owner: catalog.SuperuserOID}
		err = x.DropTemp(ctx, name)
	}
	if err != nil {
		k.Rollback()
		return err
	}
	_, err = k.Commit(ctx)
	return err
}

// endTemp drops the session's temporary objects when it ends.
func (s *Session) endTemp() {
	if s.temp.schema == "" {
		return
	}
	if err := s.dropTempSchema(context.Background(), s.temp.schema); err != nil {
		s.srv.o.Logger.Warn("temporary objects stay until their schema is used again", "schema", s.temp.schema, "error", err)
	}
}

// discardTemp is DISCARD TEMP.
func (s *Session) discardTemp(ctx context.Context) error {
	if s.temp.schema == "" {
		return nil
	}
	if err := s.beginStatement(ctx); err != nil {
		return err
	}
	x := &ddl.Executor{Txn: s.tx.cat, Owner: catalog.SuperuserOID, SearchPath: s.hot.searchPath}
	return x.DropTemp(ctx, s.temp.schema)
}

// commitTemp does what ON COMMIT says, at the end of a transaction.
func (s *Session) commitTemp(ctx context.Context) error {
	if len(s.temp.onCommit) == 0 || s.tx.kv == nil || s.tx.readOnly || s.tx.failed {
		return nil
	}
	if err := s.tx.kv.StartStatement(ctx); err != nil {
		return err
	}
	x := &ddl.Executor{Txn: s.tx.cat, Owner: catalog.SuperuserOID, SearchPath: s.hot.searchPath}
	keep, err := x.Committing(ctx, s.temp.onCommit)
	s.temp.onCommit = keep
	return err
}

// tempPath puts the temporary schema into the search path: where it names pg_temp, else first.
func (s *Session) tempPath(path []string) []string {
	i := slices.Index(path, catalog.TempAlias)
	s.hot.tempFirst = i == 0
	switch {
	case i >= 0 && s.temp.schema != "":
		path[i] = s.temp.schema
	case i >= 0:
		path = slices.Delete(path, i, i+1)
	case s.temp.schema != "":
		path = slices.Insert(path, 0, s.temp.schema)
	}
	return path
}
