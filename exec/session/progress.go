package session

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// progress is how far a long command is, for the pg_stat_progress_… views. Its counters are written by the session and read by
// others.
type progress struct {
	view    string // pg_stat_progress_…
	command string
	rel     atomic.Uint32
	total   atomic.Int64 // rows expected
	phase   atomic.Pointer[string]
	rows    atomic.Int64
	bytes   atomic.Int64
}

// begins makes p what the session is doing until the returned function is called.
func (s *Session) begins(p *progress, phase string) (ends func()) {
	p.enter(phase)
	s.progress.Store(p)
	return func() { s.progress.Store(nil) }
}

func (p *progress) enter(phase string) { p.phase.Store(&phase) }

// progressRows are the rows of a pg_stat_progress_… view.
func (s *Session) progressRows(view string) [][]types.Datum {
	var rows [][]types.Datum
	for _, o := range s.srv.all() {
		p := o.progress.Load()
		if p == nil || p.view != view {
			continue
		}
		row := []types.Datum{types.NewInt(int64(o.pid)), types.NewInt(int64(catalog.DatabaseOID)), types.NewStr(o.database),
			types.NewInt(int64(p.rel.Load()))}
		rows = append(rows, append(row, p.columns()...))
	}
	return rows
}

// columns are the view's columns after relid.
func (p *progress) columns() []types.Datum {
	zero := types.NewInt(0)
	num := func(n int64) types.Datum { return types.NewInt(n) }
	phase := types.NewStr(*p.phase.Load())
	switch p.view {
	case "pg_stat_progress_copy":
		kind := "PIPE"
		return []types.Datum{types.NewStr(p.command), types.NewStr(kind), num(p.bytes.Load()), zero, num(p.rows.Load()), zero}
	case "pg_stat_progress_analyze":
		return []types.Datum{phase, num(p.total.Load()), num(p.rows.Load()), zero, zero, zero, zero, zero}
	case "pg_stat_progress_cluster":
		return []types.Datum{types.NewStr(p.command), phase, zero, num(p.rows.Load()), num(p.rows.Load()), num(p.total.Load()),
			num(p.rows.Load()), zero}
	}
	return []types.Datum{zero, types.NewStr(p.command), phase, zero, zero, zero, num(p.total.Load()), num(p.rows.Load()),
		num(p.total.Load()), num(p.rows.Load()), zero, zero}
}

// expectedRows is how many rows a table had when it was analyzed.
func (s *Session) expectedRows(t *catalog.Table) int64 {
	if st, ok := s.srv.stats.Table(t); ok {
		return int64(st.Rows)
	}
	return 0
}

// slowerThan reads a threshold in milliseconds; negative is off.
func slowerThan(ms int) time.Duration {
	if ms < 0 {
		return -1
	}
	return time.Duration(ms) * time.Millisecond
}

// counted is a plan's source of rows that counts them.
type counted struct {
	exec.Operator
	p *progress
}

// Next implements exec.Operator.
func (c counted) Next(ctx context.Context) (*vec.Batch, error) {
	b, err := c.Operator.Next(ctx)
	if b != nil {
		c.p.rows.Add(int64(b.Rows()))
	}
	return b, err
}

// countedSource is COPY data that is counted.
type countedSource struct {
	CopySource
	p *progress
}

// Next implements CopySource.
func (c countedSource) Next() ([]byte, error) {
	b, err := c.CopySource.Next()
	c.p.bytes.Add(int64(len(b)))
	return b, err
}

// scanned counts the rows that a schema statement has read.
func (s *Session) scanned(p *progress) func(*catalog.Table, int) {
	return func(t *catalog.Table, rows int) {
		if p.rel.Load() == 0 {
			p.total.Store(s.expectedRows(t))
			p.rel.Store(uint32(t.OID))
			if p.view == "pg_stat_progress_cluster" {
				p.enter("seq scanning heap")
			} else {
				p.enter("building index: scanning table")
			}
		}
		p.rows.Add(int64(rows))
	}
}

// ddlProgress is what a schema statement that reads a whole table shows, nil for others.
func ddlProgress(stmt ast.Stmt) *progress {
	switch x := stmt.(type) {
	case *ast.IndexStmt:
		command := "CREATE INDEX"
		if x.Concurrent {
			command = "CREATE INDEX CONCURRENTLY"
		}
		return &progress{view: "pg_stat_progress_create_index", command: command}
	case *ast.ClusterStmt:
		return &progress{view: "pg_stat_progress_cluster", command: "CLUSTER"}
	}
	return nil
}
