package session

import (
	"context"
	"time"

	"github.com/lightsql/lightsql/catalog/verify"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// CheckedTable is one table that Server.CheckTables has compared with its indexes.
type CheckedTable struct {
	Name string // with its schema
	verify.Counts
	Err error
}

// CheckTables compares every index of every table with the table's rows, at one snapshot, and tells report of each table. Err of a
// table is its first damage; the result is an error that keeps from going on.
func (srv *Server) CheckTables(ctx context.Context, report func(CheckedTable)) error {
	s, err := srv.NewSession(StartOptions{Parameters: map[string]string{"user": "postgres", "database": "postgres"}})
	if err != nil {
		return err
	}
	defer s.Close()
	s.stmtNow = time.Now()
	s.tx.isolation, s.tx.block = kv.Snapshot, true
	defer func() {
		s.tx.block = false
		s.rollback()
	}()
	if err := s.beginStatement(ctx); err != nil {
		return err
	}
	r := s.reader()
	binder := &ddlBinder{s: s}
	for t := range r.Tables() {
		if t.Virtual != nil || t.Storage == 0 {
			continue
		}
		c := CheckedTable{Name: r.SchemaName(t.Schema) + "." + t.Name}
		extend, err := binder.IndexExprs(t)
		if err == nil {
			c.Counts, err = verify.Table(ctx, s.tx.kv, t, extend)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.Err = err
		report(c)
	}
	return nil
}

// backupSteps is into how many steps a backup tells its progress.
const backupSteps = 10

// backupTo is lightsql_backup(target): it copies the store as it is now into a new folder of the server's, while everybody works
// on, tells the progress in notices, and returns the number of entries.
func backupTo(s *Session, ctx context.Context, args []types.Datum) (types.Datum, error) {
	if !s.superuser() {
		return types.Null, pgerr.New(pgerr.InsufficientPrivilege, "permission denied for function %s", "lightsql_backup")
	}
	store, ok := s.srv.o.Store.(kv.Backuper)
	if !ok {
		return types.Null, pgerr.FeatureNotSupported("backup of this store")
	}
	var last kv.BackupProgress
	step := int64(1)
	_, err := store.Backup(ctx, args[0].Str(), func(p kv.BackupProgress) {
		last = p
		if p.BytesTotal > 0 && p.Bytes*backupSteps >= step*p.BytesTotal && step < backupSteps {
			step = p.Bytes*backupSteps/p.BytesTotal + 1
			s.notice(pgerr.Notice("00000", "backup: %d of about %d MB", p.Bytes>>20, p.BytesTotal>>20))
		}
	})
	if err != nil {
		return types.Null, err
	}
	s.srv.o.Logger.Info("backup is complete", "target", args[0].Str(), "entries", last.Entries, "bytes", last.Bytes)
	return types.NewInt(last.Entries), nil
}
