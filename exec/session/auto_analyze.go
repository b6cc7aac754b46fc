package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/settings"
	"github.com/lightsql/lightsql/sql/types"
)

// changedRows counts the rows that statements inserted, updated or deleted, by table. A session counts for itself and hands over at the end
// of a transaction, when it has some: a statement pays one addition.
type changedRows struct {
	rows  map[types.OID]int64
	total int64
}

// changedHandOver is how many changed rows a session keeps to itself.
const changedHandOver = 32

func (c *changedRows) add(table types.OID, rows int) {
	if c.rows == nil {
		c.rows = map[types.OID]int64{}
	}
	c.rows[table] += int64(rows)
	c.total += int64(rows)
}

// allChanged are the changed rows of all sessions since their tables were analyzed.
type allChanged struct {
	mu   sync.Mutex
	rows map[types.OID]int64 // guarded by mu
}

// take takes over what a session has counted.
func (a *allChanged) take(c *changedRows) {
	if c.total == 0 {
		return
	}
	a.mu.Lock()
	if a.rows == nil {
		a.rows = map[types.OID]int64{}
	}
	for t, n := range c.rows {
		a.rows[t] += n
	}
	a.mu.Unlock()
	clear(c.rows)
	c.total = 0
}

// snapshot is a copy of the counts.
func (a *allChanged) snapshot() map[types.OID]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make(map[types.OID]int64, len(a.rows))
	for t, n := range a.rows {
		out[t] = n
	}
	return out
}

// settle takes rows that were dealt with off the count of a table.
func (a *allChanged) settle(table types.OID, rows int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.rows[table] -= rows; a.rows[table] <= 0 {
		delete(a.rows, table)
	}
}

// AutoAnalyze collects the figures of tables of which enough has changed, as PostgreSQL's autovacuum does, until ctx ends: it looks every
// autovacuum_naptime, unless autovacuum is off. Temporary tables are their sessions' own business.
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
	for oid, changed := range srv.changed.snapshot() {
		t, ok := reader.Table(oid)
		if !ok || t.Virtual != nil || reader.Temporary(t.Schema) {
			srv.changed.settle(oid, changed)
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
		srv.changed.settle(oid, changed)
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
	figures, err := stats.Collect(ctx, txn, t, stats.Options{Target: target, Exprs: exprs, Old: old})
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
	return nil
}
