package session

import (
	"context"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// analyzes reports whether x collects figures: ANALYZE, or VACUUM with that option.
func analyzes(x *ast.VacuumStmt) bool {
	if !x.IsVacuum {
		return true
	}
	for _, o := range x.Options {
		if o.Name == "analyze" {
			on, err := explainBool(o)
			return err == nil && on
		}
	}
	return false
}

// analyzeTables collects the figures of tables; nil: of all that are stored.
func (s *Session) analyzeTables(ctx context.Context, tables []*catalog.Table) error {
	if tables == nil {
		for t := range s.reader().Tables() {
			if s.owns(t) {
				tables = append(tables, t)
			}
		}
	}
	target, err := strconv.Atoi(s.settings.Text("default_statistics_target"))
	if err != nil {
		target = stats.DefaultTarget
	}
	for _, t := range tables {
		if t.Virtual != nil {
			continue
		}
		figures, err := s.collect(ctx, t, target)
		if err != nil {
			return err
		}
		if !s.tx.readOnly {
			if err := stats.Save(ctx, s.tx.kv, t, figures); err != nil {
				return err
			}
		}
		s.srv.stats.Set(t.OID, figures)
	}
	return nil
}

func (s *Session) collect(ctx context.Context, t *catalog.Table, target int) (*stats.Table, error) {
	shown := &progress{view: "pg_stat_progress_analyze"}
	shown.rel.Store(uint32(t.OID))
	shown.total.Store(s.expectedRows(t))
	defer s.begins(shown, "acquiring sample rows")()
	return stats.Collect(ctx, s.tx.kv, t, target, func(rows int) { shown.rows.Add(int64(rows)) })
}

// analyzable are the tables that a VACUUM or ANALYZE names, nil if it names none. Other relations are skipped with a warning.
func (s *Session) analyzable(x *ast.VacuumStmt, verb string) ([]*catalog.Table, error) {
	if len(x.Relations) == 0 {
		return nil, nil
	}
	tables := []*catalog.Table{}
	for _, vr := range x.Relations {
		if vr.Relation == nil {
			continue
		}
		rel, err := s.lookupRelation(vr.Relation)
		if err != nil {
			return nil, err
		}
		t, ok := rel.(*catalog.Table)
		if !ok {
			s.notice(pgerr.Warning(pgerr.WrongObjectType, "skipping %q --- cannot %s non-tables or special system tables", rel.RelName(), verb))
			continue
		}
		if !s.mayMaintain(t, verb) {
			continue
		}
		tables = append(tables, t)
	}
	return tables, nil
}
