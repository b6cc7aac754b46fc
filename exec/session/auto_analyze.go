package session

import (
	"context"
	"errors"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/settings"
	"github.com/lightsql/lightsql/sql/types"
)

// AutoAnalyze collects the figures of tables of which enough has changed, as PostgreSQL's autovacuum does, until ctx ends: it looks every
// autovacuum_naptime, unless autovacuum is off. Temporary tables are their sessions' own business,
// and partitioned tables are left to ANALYZE, as in PostgreSQL.
func (srv *Server) AutoAnalyze(ctx context.Context) {
	v, err := srv.settingsDefaults()
	if err != nil || !v.Bool("autovacuum") {
		return
	}
	tick := time.NewTicker(v.Duration("autovacuum_naptime"))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := srv.analyzeChanged(ctx, v); err != nil && ctx.Err() == nil {
			srv.o.Logger.Warn("automatic analyze failed", "error", err)
		}
	}
}

// analyzeChanged analyzes the tables that have changed enough.
func (srv *Server) analyzeChanged(ctx context.Context, v *settings.Values) error {
	var errs []error
	reader := srv.o.Catalog.Newest()
	srv.stat.Drop(func(oid types.OID, function bool) bool { return gone(reader, oid, function) })
	for oid, changed := range srv.stat.Changed() {
		t, ok := reader.Table(oid)
		if !ok || t.Virtual != nil || t.Key != nil || reader.Temporary(t.Schema) {
			continue
		}
		rows := 0.0
		if s, ok := srv.stats.Table(t); ok {
			rows = s.Rows
		}
		if float64(changed) <= v.Real("autovacuum_analyze_threshold")+v.Real("autovacuum_analyze_scale_factor")*rows {
			continue
		}
		if err := srv.analyzeTable(ctx, t, v.Int("default_statistics_target")); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// analyzeTable collects and keeps the figures of a table, in a transaction of its own. A table that another transaction alters or drops
// meanwhile is left alone.
func (srv *Server) analyzeTable(ctx context.Context, t *catalog.Table, target int) error {
	txn := srv.o.Store.Begin(kv.TxnOptions{Async: true})
	defer txn.Rollback()
	if err := txn.StartStatement(ctx); err != nil {
		return err
	}
	var env types.Env
	exprs, err := statisticsExprs(t, bind.Options{Reader: srv.o.Catalog.Newest()}, &expr.Ctx{Context: ctx, Types: &env})
	if err != nil {
		exprs = nil // what asks for a session: its statistics objects wait for an ANALYZE
	}
	old, _ := srv.stats.Table(t)
	figures, err := stats.Collect(ctx, txn, t, stats.Options{Target: target, Exprs: exprs, Old: old, Heirs: heirs(srv.o.Catalog.Newest(), t)})
	if err != nil {
		return err
	}
	if err := stats.Save(ctx, txn, t, figures); err != nil {
		return err
	}
	if now, ok := srv.o.Catalog.Newest().Table(t.OID); !ok || now.Storage != t.Storage {
		return nil
	}
	if _, err := txn.Commit(ctx); err != nil {
		return err
	}
	srv.stats.Set(t.OID, figures)
	srv.stat.Analyzed(t.OID, int64(figures.Rows), true, time.Now())
	return nil
}
