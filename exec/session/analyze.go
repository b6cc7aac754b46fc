package session

import (
	"context"
	"strconv"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// analyzeTable collects the figures of a table, of some columns or of all.
func (s *Session) analyzeTable(ctx context.Context, t *catalog.Table, columns map[catalog.ColumnID]bool) error {
	target, err := strconv.Atoi(s.settings.Text("default_statistics_target"))
	if err != nil {
		target = stats.DefaultTarget
	}
	figures, err := s.collect(ctx, t, target, columns)
	if err != nil {
		return err
	}
	if !s.tx.readOnly {
		if err := stats.Save(ctx, s.tx.kv, t, figures); err != nil {
			return err
		}
	}
	s.srv.stats.Set(t.OID, figures)
	s.srv.stat.Analyzed(t.OID, int64(figures.Rows), false, time.Now())
	return nil
}

func (s *Session) collect(ctx context.Context, t *catalog.Table, target int, columns map[catalog.ColumnID]bool) (*stats.Table, error) {
	shown := &progress{view: "pg_stat_progress_analyze"}
	shown.rel.Store(uint32(t.OID))
	shown.total.Store(s.expectedRows(t))
	defer s.begins(shown, "acquiring sample rows")()
	exprs, err := statisticsExprs(t, s.bindOptions(""), (&ddlBinder{s: s}).evalCtx())
	if err != nil {
		return nil, err
	}
	old, _ := s.srv.stats.Table(t)
	return stats.Collect(ctx, s.tx.kv, t, stats.Options{Target: target, Exprs: exprs, Columns: columns, Old: old, Heirs: heirs(s.reader(), t),
		Scanned: func(rows int) { shown.rows.Add(int64(rows)) },
		Failed: func(x *catalog.Statistics) {
			r := s.reader()
			s.notice(pgerr.Warning(pgerr.InvalidObjectDefinition, "statistics object \"%s.%s\" could not be computed for relation \"%s.%s\"",
				r.SchemaName(x.Schema), x.Name, r.SchemaName(t.Schema), t.Name))
		}})
}

// heirs are the tables that hold rows of a table besides itself. Temporary ones of other sessions do not count.
func heirs(r *catalog.Reader, t *catalog.Table) (out []*catalog.Table) {
	for _, d := range r.Descendants(t) {
		if d.Key == nil && (d.Schema == t.Schema || !r.Temporary(d.Schema)) {
			out = append(out, d)
		}
	}
	return out
}

// statisticsExprs computes the expressions of a table's statistics objects, for stats.Collect.
func statisticsExprs(t *catalog.Table, o bind.Options, c *expr.Ctx) (stats.Values, error) {
	es, err := bind.StatisticsExprs(t, o)
	if err != nil {
		return nil, err
	}
	return stats.Compile(es, c)
}
