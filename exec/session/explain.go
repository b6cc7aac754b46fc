package session

import (
	"context"
	"errors"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/explain"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// explainColumns are the result columns of EXPLAIN.
func explainColumns(x *ast.ExplainStmt) []Column {
	return []Column{{Name: "QUERY PLAN", Type: explain.Type(x)}}
}

// explain is EXPLAIN.
func (s *Session) explain(ctx context.Context, p *prepared, params []types.Datum, x *ast.ExplainStmt, out *utilitySink) (Tag, error) {
	o, err := explain.Options(p.text, x)
	if err != nil {
		return Tag{}, err
	}
	o.Env, o.Schema = &s.types, func(oid types.OID) string { return s.reader().SchemaName(oid) }
	if o.ShowSettings {
		o.Settings = explain.Settings(s.settings)
	}
	q, params, err := s.explained(ctx, p, params, x)
	if err != nil {
		return Tag{}, err
	}
	used := func() int64 { return 0 }
	if o.Memory {
		used = explain.Memory()
	}
	begin := time.Now()
	if err := s.beginStatement(ctx); err != nil {
		return Tag{}, err
	}
	var planning kv.Usage
	if o.Buffers {
		defer s.measure(&planning)()
	}
	if err := s.refresh(q); err != nil {
		return Tag{}, err
	}
	pl, err := s.planFor(q, params)
	if err != nil {
		return Tag{}, err
	}
	o.Planning, o.MemoryUsed, o.PlanningUsage = time.Since(begin), used(), plan.Usage(planning.Now())
	if o.Analyze && q.plan.Ruled {
		return Tag{}, pgerr.FeatureNotSupported("EXPLAIN ANALYZE of a statement with rules")
	}
	if o.Analyze {
		if err := s.analyzePlan(ctx, pl, params, &o); err != nil {
			return Tag{}, err
		}
	}
	var rows [][]types.Datum
	for _, line := range pl.Explain(o) {
		rows = append(rows, []types.Datum{types.NewStr(line)})
	}
	return tag("EXPLAIN"), sendRows(out, explainColumns(x), rows)
}

// explained is the statement that EXPLAIN is about, with its parameters.
func (s *Session) explained(ctx context.Context, p *prepared, params []types.Datum, x *ast.ExplainStmt) (*prepared, []types.Datum, error) {
	switch y := x.Query.(type) {
	case *ast.ExecuteStmt:
		q, err := s.statement(y.Name)
		if err != nil || y.Name == "" {
			return nil, nil, pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", y.Name)
		}
		params, err := s.executeParams(ctx, p, q, y)
		return q, params, err
	case *ast.DeclareCursorStmt:
		return &prepared{text: p.text, stmt: y.Query, declared: p.declared}, params, nil
	case *ast.CreateTableAsStmt:
		if _, ok := y.Query.(*ast.SelectStmt); ok {
			return &prepared{text: p.text, stmt: y.Query, declared: p.declared}, params, nil
		}
	case *ast.SelectStmt:
		if into(y) != nil {
			_, q := withoutInto(y)
			return &prepared{text: p.text, stmt: q, declared: p.declared}, params, nil
		}
	}
	if !plannable(x.Query) {
		return nil, nil, pgerr.FeatureNotSupported("EXPLAIN of this statement")
	}
	return &prepared{text: p.text, stmt: x.Query, declared: p.declared}, params, nil
}

// analyzePlan runs the statement for EXPLAIN ANALYZE and collects the figures of its nodes.
func (s *Session) analyzePlan(ctx context.Context, pl *plan.Plan, params []types.Datum, o *plan.ExplainOptions) error {
	err := s.lockTables(ctx, pl)
	if errors.Is(err, catalog.ErrTableChanged) {
		err = s.lockTables(ctx, pl) // it only waited, unless it fails again
	}
	if err != nil {
		return err
	}
	r := &runner{plan: pl}
	s.bindRunner(r, ctx, params)
	r.ctx.Stats = make([]exec.NodeStats, pl.Nodes)
	if o.Buffers || o.WAL {
		r.ctx.Usage = new(kv.Usage)
		defer s.measure(r.ctx.Usage)()
	}
	rows := explain.Serializer{Format: o.Serialize, Env: o.Env}
	begin := time.Now()
	if err := s.buildRunner(ctx, r); err != nil {
		return err
	}
	for {
		b, err := r.pull(ctx)
		if err != nil {
			r.finish()
			return err
		}
		if b == nil {
			break
		}
		if o.Serialize != "" {
			rows.Batch(b, pl.Root.Types())
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	o.Execution, o.Serialization, o.SerializedBytes = time.Since(begin), rows.Time, rows.Bytes
	o.Actual = func(id int) plan.Actual {
		if id < 0 || id >= len(r.ctx.Stats) {
			return plan.Actual{}
		}
		n := r.ctx.Stats[id]
		return plan.Actual{Loops: n.Loops, Rows: n.Rows, Startup: n.StartupTime, Total: n.TotalTime, Removed: n.Removed,
			HeapFetches: n.HeapFetches, Rechecked: n.Rechecked, MemoryBytes: n.MemoryBytes, DiskBytes: n.DiskBytes, SortMethod: n.SortMethod, Batches: n.Batches, Buckets: n.Buckets,
			Inserted: n.Inserted, Conflicting: n.Conflicting, Usage: plan.Usage(n.Usage)}
	}
	return nil
}

// measure counts to u what the session's transaction does until the function it returns is called.
func (s *Session) measure(u *kv.Usage) (end func()) {
	m, ok := s.tx.kv.(kv.Meter)
	if !ok {
		return func() {}
	}
	m.Measure(u)
	return func() { m.Measure(nil) }
}
