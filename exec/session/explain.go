package session

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// explainColumns are the result columns of EXPLAIN: its type depends on the format.
func explainColumns(x *ast.ExplainStmt) []Column {
	t := textType
	for _, o := range x.Options {
		if c, ok := o.Arg.(*ast.Const); ok && o.Name == "format" {
			switch strings.ToLower(c.Val) {
			case "json":
				t = types.Of(types.JSONOID)
			case "xml":
				t = types.Of(types.XMLOID)
			}
		}
	}
	return []Column{{Name: "QUERY PLAN", Type: t}}
}

// explainOptions reads the options of EXPLAIN.
func (s *Session) explainOptions(sql string, x *ast.ExplainStmt) (plan.ExplainOptions, error) {
	o := plan.ExplainOptions{Costs: true, Env: &s.types, Schema: func(oid types.OID) string { return s.reader().SchemaName(oid) }}
	timing, summary := -1, -1
	for _, d := range x.Options {
		on, err := explainBool(d)
		if err != nil && d.Name != "format" {
			return o, err
		}
		set := 0
		if on {
			set = 1
		}
		switch d.Name {
		case "analyze":
			o.Analyze = on
		case "verbose":
			o.Verbose = on
		case "costs":
			o.Costs = on
		case "timing":
			timing = set
		case "summary":
			summary = set
		case "buffers", "settings", "wal", "generic_plan", "memory":
			// Accepted; there is nothing to show.
		case "format":
			if o.Format, err = explainFormat(sql, d); err != nil {
				return o, err
			}
		default:
			return o, pgerr.New(pgerr.SyntaxError, "unrecognized EXPLAIN option %q", d.Name).At(sql, d.Pos)
		}
	}
	if timing == 1 && !o.Analyze {
		return o, pgerr.New(pgerr.InvalidParameterValue, "EXPLAIN option TIMING requires ANALYZE")
	}
	o.Timing = o.Analyze && timing != 0
	o.Summary = summary == 1 || summary == -1 && o.Analyze
	return o, nil
}

func explainBool(d *ast.DefElem) (bool, error) {
	if d.Arg == nil {
		return true, nil
	}
	v := ""
	switch a := d.Arg.(type) {
	case *ast.Const:
		v = strings.ToLower(a.Val)
	case *ast.Names:
		v = strings.ToLower(strings.Join(a.Names, "."))
	}
	switch v {
	case "true", "on", "1":
		return true, nil
	case "false", "off", "0":
		return false, nil
	}
	return false, pgerr.New(pgerr.SyntaxError, "%s requires a Boolean value", d.Name)
}

func explainFormat(sql string, d *ast.DefElem) (plan.ExplainFormat, error) {
	v := ""
	switch a := d.Arg.(type) {
	case *ast.Const:
		v = a.Val
	case *ast.Names:
		v = strings.Join(a.Names, ".")
	}
	switch strings.ToLower(v) {
	case "text":
		return plan.ExplainText, nil
	case "json":
		return plan.ExplainJSON, nil
	case "yaml":
		return plan.ExplainYAML, nil
	case "xml":
		return plan.ExplainXML, nil
	}
	return 0, pgerr.New(pgerr.InvalidParameterValue, "unrecognized value for EXPLAIN option %q: %q", d.Name, v).At(sql, d.Pos)
}

// explain is EXPLAIN.
func (s *Session) explain(ctx context.Context, p *prepared, params []types.Datum, x *ast.ExplainStmt, out *utilitySink) (Tag, error) {
	o, err := s.explainOptions(p.text, x)
	if err != nil {
		return Tag{}, err
	}
	q, params, err := s.explained(ctx, p, params, x)
	if err != nil {
		return Tag{}, err
	}
	begin := time.Now()
	if err := s.beginStatement(ctx); err != nil {
		return Tag{}, err
	}
	if err := s.refresh(q); err != nil {
		return Tag{}, err
	}
	pl, err := s.planFor(q, params)
	if err != nil {
		return Tag{}, err
	}
	o.Planning = time.Since(begin)
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
	}
	if err := r.finish(); err != nil {
		return err
	}
	o.Execution = time.Since(begin)
	o.Actual = func(id int) plan.Actual {
		if id < 0 || id >= len(r.ctx.Stats) {
			return plan.Actual{}
		}
		n := r.ctx.Stats[id]
		return plan.Actual{Loops: n.Loops, Rows: n.Rows, Startup: n.StartupTime, Total: n.TotalTime, Removed: n.Removed,
			HeapFetches: n.HeapFetches, MemoryBytes: n.MemoryBytes, DiskBytes: n.DiskBytes, SortMethod: n.SortMethod, Batches: n.Batches}
	}
	return nil
}
