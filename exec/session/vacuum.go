package session

import (
	"context"
	"errors"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/exec/vacuum"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// vacuumHost is a session that vacuums or analyzes (vacuum.Host).
type vacuumHost struct{ chain }

// vacuum is VACUUM and ANALYZE.
func (s *Session) vacuum(ctx context.Context, p *prepared, x *ast.VacuumStmt, out *utilitySink) (Tag, error) {
	name := "ANALYZE"
	if x.IsVacuum {
		name = "VACUUM"
		if err := s.outsideBlock(name, out); err != nil {
			return Tag{}, err
		}
	}
	if err := s.beginStatement(ctx); err != nil {
		return Tag{}, err
	}
	alone := !s.tx.block && !out.multi && !out.nested
	return tag(name), vacuum.Run(ctx, vacuumHost{chain{s, p, out}}, p.text, x, alone)
}

func (h vacuumHost) Reader() *catalog.Reader                           { return h.s.reader() }
func (h vacuumHost) Lookup(rv *ast.RangeVar) (catalog.Relation, error) { return h.s.lookupRelation(rv) }
func (h vacuumHost) Owns(t *catalog.Table) bool                        { return h.s.owns(t) }
func (h vacuumHost) MayMaintain(t *catalog.Table, verb string) bool    { return h.s.mayMaintain(t, verb) }
func (h vacuumHost) Notice(e *pgerr.Error)                             { h.s.notice(e) }

func (h vacuumHost) NextTransaction(ctx context.Context) error {
	_, err := h.Next(ctx)
	return err
}

// Lock implements vacuum.Host.
func (h vacuumHost) Lock(ctx context.Context, relation types.OID, mode catalog.RelationLock, nowait, touch bool) (bool, error) {
	_, err := h.s.lock(ctx, relationTag(relation), lockmgr.Mode(mode), lockmgr.Options{NoWait: nowait, Session: touch})
	if errors.Is(err, lockmgr.ErrNotAvailable) {
		return false, nil
	}
	if err == nil && touch {
		h.s.locks.Unlock(relationTag(relation), lockmgr.Mode(mode))
	}
	return err == nil, err
}

// Analyze implements vacuum.Host. What was waited for counts.
func (h vacuumHost) Analyze(ctx context.Context, t *catalog.Table, columns map[catalog.ColumnID]bool) error {
	if err := h.s.tx.kv.StartStatement(ctx); err != nil {
		return err
	}
	return h.s.analyzeTable(ctx, t, columns)
}

// CountRows implements vacuum.Host.
func (h vacuumHost) CountRows(ctx context.Context, t *catalog.Table) error {
	s := h.s
	if t.Storage == 0 || t.Key != nil || s.tx.readOnly {
		return nil
	}
	if err := s.tx.kv.StartStatement(ctx); err != nil {
		return err
	}
	rows, err := stats.CountRows(ctx, s.tx.kv, t)
	if err != nil {
		return err
	}
	s.srv.stat.Vacuumed(t.OID, int64(rows), time.Now())
	return s.setRows(ctx, t, float64(rows))
}

// setRows tells the planner how many rows a table has.
func (s *Session) setRows(ctx context.Context, t *catalog.Table, rows float64) error {
	figures := &stats.Table{}
	if old, ok := s.srv.stats.Table(t); ok {
		c := *old
		figures = &c
	}
	figures.Rows, figures.Analyzed, figures.Storage = rows, rows >= 0, t.Storage
	if err := stats.Save(ctx, s.tx.kv, t, figures); err != nil {
		return err
	}
	s.srv.stats.Set(t.OID, figures)
	return nil
}
