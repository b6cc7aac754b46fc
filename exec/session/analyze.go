package session

import (
	"context"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
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

// analyzedColumns are the columns that an ANALYZE names, by table; none: all.
type analyzedColumns map[types.OID]map[catalog.ColumnID]bool

// analyzeTables collects the figures of tables; nil: of all that are stored.
func (s *Session) analyzeTables(ctx context.Context, tables []*catalog.Table, columns analyzedColumns) error {
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
		figures, err := s.collect(ctx, t, target, columns[t.OID])
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
	return stats.Collect(ctx, s.tx.kv, t, stats.Options{Target: target, Exprs: exprs, Columns: columns, Old: old,
		Scanned: func(rows int) { shown.rows.Add(int64(rows)) },
		Failed: func(x *catalog.Statistics) {
			r := s.reader()
			s.notice(pgerr.Warning(pgerr.InvalidObjectDefinition, "statistics object \"%s.%s\" could not be computed for relation \"%s.%s\"",
				r.SchemaName(x.Schema), x.Name, r.SchemaName(t.Schema), t.Name))
		}})
}

// statisticsExprs compiles the expressions of a table's statistics objects, for stats.Collect.
func statisticsExprs(t *catalog.Table, o bind.Options, c *expr.Ctx) (func(*vec.Batch) ([]*vec.Vector, error), error) {
	objects, err := bind.StatisticsExprs(t, o)
	if err != nil {
		return nil, err
	}
	var progs []*expr.Prog
	for _, es := range objects {
		for _, e := range es {
			p, err := expr.Compile(overRow(e))
			if err != nil {
				return nil, err
			}
			progs = append(progs, p)
		}
	}
	return func(b *vec.Batch) ([]*vec.Vector, error) {
		out := make([]*vec.Vector, len(progs))
		for i, p := range progs {
			if out[i], err = p.EvalFull(c, b); err != nil {
				return nil, err
			}
		}
		return out, nil
	}, nil
}

// analyzable are the tables that a VACUUM or ANALYZE names, partitions included, nil if it names none. Other relations are skipped with a
// warning.
func (s *Session) analyzable(x *ast.VacuumStmt, verb string) ([]*catalog.Table, analyzedColumns, error) {
	if len(x.Relations) == 0 {
		return nil, nil, nil
	}
	tables := []*catalog.Table{}
	columns := analyzedColumns{}
	for _, vr := range x.Relations {
		if vr.Relation == nil {
			continue
		}
		rel, err := s.lookupRelation(vr.Relation)
		if err != nil {
			return nil, nil, err
		}
		t, ok := rel.(*catalog.Table)
		if !ok {
			s.notice(pgerr.Warning(pgerr.WrongObjectType, "skipping %q --- cannot %s non-tables or special system tables", rel.RelName(), verb))
			continue
		}
		if !s.mayMaintain(t, verb) {
			continue
		}
		if columns[t.OID], err = namedColumns(t, vr.Columns); err != nil {
			return nil, nil, err
		}
		tables = append(tables, t)
		if t.Key != nil {
			tables = append(tables, s.reader().Descendants(t)...)
		}
	}
	return tables, columns, nil
}

// namedColumns are the columns of a table that ANALYZE names, nil if it names none.
func namedColumns(t *catalog.Table, names []string) (map[catalog.ColumnID]bool, error) {
	if len(names) == 0 {
		return nil, nil
	}
	ids := map[catalog.ColumnID]bool{}
	for _, name := range names {
		c, _, ok := t.Column(name)
		switch {
		case !ok:
			return nil, pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name)
		case ids[c.ID]:
			return nil, pgerr.New(pgerr.DuplicateColumn, "column %q of relation %q appears more than once", name, t.Name)
		}
		ids[c.ID] = true
	}
	return ids, nil
}
