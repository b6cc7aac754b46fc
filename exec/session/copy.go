package session

import (
	"context"
	"errors"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec/copyio"
	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// copyStmt is COPY.
func (s *Session) copyStmt(ctx context.Context, p *prepared, x *ast.CopyStmt, out *utilitySink) (Tag, error) {
	o, err := copyio.ParseOptions(p.text, x.Options, x.IsFrom)
	if err != nil {
		return Tag{}, err
	}
	if !x.Stdio {
		return Tag{}, pgerr.FeatureNotSupported("COPY to or from a file or program of the server").
			WithHint("Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.")
	}
	if !x.IsFrom {
		return s.copyTo(ctx, p, x, o, out)
	}
	return s.copyFrom(ctx, p, x, o, out)
}

// copyTable finds the table of a COPY and the columns it names, by default all.
func (s *Session) copyTable(ctx context.Context, p *prepared, x *ast.CopyStmt) (*catalog.Table, []*catalog.Column, error) {
	if err := s.beginStatement(ctx); err != nil {
		return nil, nil, err
	}
	rel, err := s.lookupRelation(x.Relation)
	if err != nil {
		if e, ok := pgerr.As(err); ok {
			return nil, nil, e.At(p.text, x.Relation.Pos)
		}
		return nil, nil, err
	}
	t, ok := rel.(*catalog.Table)
	if !ok || x.IsFrom && t.Virtual != nil {
		return nil, nil, errNotCopyable(rel, x.IsFrom)
	}
	if len(x.Columns) == 0 {
		var cols []*catalog.Column
		for _, c := range t.Columns {
			if c.Generated == 0 {
				cols = append(cols, c)
			}
		}
		return t, cols, nil
	}
	var cols []*catalog.Column
	for _, name := range x.Columns {
		c, _, ok := t.Column(name)
		if !ok {
			return nil, nil, pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name)
		}
		if c.Generated != 0 {
			return nil, nil, pgerr.New(pgerr.InvalidColumnReference, "column %q is a generated column", name).
				WithDetail("Generated columns cannot be used in COPY.")
		}
		for _, d := range cols {
			if d == c {
				return nil, nil, pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", name)
			}
		}
		cols = append(cols, c)
	}
	return t, cols, nil
}

func errNotCopyable(rel catalog.Relation, from bool) error {
	if from {
		switch rel.RelKind() {
		case catalog.RelView:
			return pgerr.New(pgerr.WrongObjectType, "cannot copy to view %q", rel.RelName()).
				WithHint("To enable copying to a view, provide an INSTEAD OF INSERT trigger.")
		case catalog.RelMatView:
			return pgerr.New(pgerr.WrongObjectType, "cannot copy to materialized view %q", rel.RelName())
		case catalog.RelSequence:
			return pgerr.New(pgerr.WrongObjectType, "cannot copy to sequence %q", rel.RelName())
		}
		return pgerr.New(pgerr.WrongObjectType, "cannot copy to non-table relation %q", rel.RelName())
	}
	switch rel.RelKind() {
	case catalog.RelView:
		return pgerr.New(pgerr.WrongObjectType, "cannot copy from view %q", rel.RelName()).
			WithHint("Try the COPY (SELECT ...) TO variant.")
	case catalog.RelMatView:
		return pgerr.New(pgerr.WrongObjectType, "cannot copy from materialized view %q", rel.RelName()).
			WithHint("Try the COPY (SELECT ...) TO variant.")
	case catalog.RelSequence:
		return pgerr.New(pgerr.WrongObjectType, "cannot copy from sequence %q", rel.RelName())
	}
	return pgerr.New(pgerr.WrongObjectType, "cannot copy from non-table relation %q", rel.RelName())
}

// copyTo is COPY … TO STDOUT: of a query, or of SELECT of a table's columns.
func (s *Session) copyTo(ctx context.Context, p *prepared, x *ast.CopyStmt, o *copyio.Options, out *utilitySink) (Tag, error) {
	query := x.Query
	if query == nil {
		t, cols, err := s.copyTable(ctx, p, x)
		if err != nil {
			return Tag{}, err
		}
		sel := &ast.SelectStmt{From: []ast.FromItem{&ast.RangeVar{Schema: s.reader().SchemaName(t.Schema), Name: t.Name, Pos: -1}}, Pos: -1}
		for _, c := range cols {
			sel.TargetList = append(sel.TargetList, &ast.ResTarget{Val: &ast.ColumnRef{Names: []string{c.Name}, Pos: -1}, Pos: -1})
		}
		query = sel
	}
	q := &prepared{stmt: query, text: p.text}
	if !plannable(query) {
		return Tag{}, pgerr.FeatureNotSupported("COPY of this statement")
	}
	r, err := s.open(ctx, q, nil)
	if err != nil {
		return Tag{}, err
	}
	defer r.finish()
	if q.columns == nil {
		return Tag{}, pgerr.New(pgerr.CodeFeatureNotSupported, "COPY query must have a RETURNING clause")
	}
	cols := make([]copyio.Column, len(q.columns))
	for i, c := range q.columns {
		cols[i] = copyio.Column{Name: c.Name, T: c.Type}
	}
	return s.sendCopy(ctx, r, o, cols, out)
}

func (s *Session) sendCopy(ctx context.Context, r *runner, o *copyio.Options, cols []copyio.Column, out *utilitySink) (Tag, error) {
	dest, err := out.CopyOut(copyFormat(o), len(cols))
	if err != nil {
		return Tag{}, err
	}
	w := copyio.NewWriter(o, dest, cols, &s.types)
	if err := w.Start(); err != nil {
		return Tag{}, err
	}
	rows := int64(0)
	shown := &progress{view: "pg_stat_progress_copy", command: "COPY TO"}
	defer s.begins(shown, "")()
	for {
		b, err := r.pull(ctx)
		if err != nil {
			return Tag{}, err
		}
		if b == nil {
			break
		}
		if err := w.Batch(b); err != nil {
			return Tag{}, err
		}
		rows += int64(b.Rows())
		shown.rows.Store(rows)
	}
	if err := w.End(); err != nil {
		return Tag{}, err
	}
	return Tag{Command: "COPY", Rows: rows}, dest.Done()
}

func copyFormat(o *copyio.Options) int16 {
	if o.Format == copyio.Binary {
		return 1
	}
	return 0
}

// copyFrom is COPY … FROM STDIN: an INSERT whose rows come from the client.
func (s *Session) copyFrom(ctx context.Context, p *prepared, x *ast.CopyStmt, o *copyio.Options, out *utilitySink) (Tag, error) {
	if s.tx.readOnly {
		return Tag{}, pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute COPY FROM in a read-only transaction")
	}
	t, cols, err := s.copyTable(ctx, p, x)
	if err != nil {
		return Tag{}, err
	}
	if _, err := s.lock1(ctx, t.OID, lockmgr.RowExclusive); err != nil {
		return Tag{}, err
	}
	for {
		err := s.tx.cat.WriteLock(ctx, t)
		if err == nil {
			break
		}
		if !errors.Is(err, catalog.ErrTableChanged) {
			return Tag{}, err
		}
		if t, cols, err = s.copyTable(ctx, p, x); err != nil {
			return Tag{}, err
		}
	}
	pl, err := s.copyPlan(t, cols)
	if err != nil {
		return Tag{}, err
	}
	if x.Where != nil {
		if err := planner.FilterCopied(pl, t, x.Where, s.bindOptions(p.text)); err != nil {
			return Tag{}, err
		}
	}
	if len(t.ForeignKeys) > 0 {
		if err := s.lockTables(ctx, pl); errors.Is(err, catalog.ErrTableChanged) {
			return s.copyFrom(ctx, p, x, o, out)
		} else if err != nil {
			return Tag{}, err
		}
	}
	in := make([]copyio.Column, len(cols))
	for i, c := range cols {
		in[i] = copyio.Column{Name: c.Name, T: c.Type}
	}
	source, err := out.CopyIn(copyFormat(o), len(cols))
	if err != nil {
		return Tag{}, err
	}
	shown := &progress{view: "pg_stat_progress_copy", command: "COPY FROM"}
	shown.rel.Store(uint32(t.OID))
	defer s.begins(shown, "")()
	reader := copyio.NewReader(o, countedSource{source, shown}, t.Name, in, &s.types, vec.BatchRows)
	return s.runCopy(ctx, pl, reader, shown)
}

// runCopy pulls the client's rows through the plan.
func (s *Session) runCopy(ctx context.Context, pl *plan.Plan, reader *copyio.Reader, shown *progress) (Tag, error) {
	r := &runner{plan: pl}
	s.bindRunner(r, ctx, nil)
	r.ctx.External = counted{reader, shown}
	if err := s.buildRunner(ctx, r); err != nil {
		return Tag{}, err
	}
	defer r.finish()
	if _, err := r.pull(ctx); err != nil {
		if e, ok := pgerr.As(err); ok && e.Where == "" && !r.ended && e.Code != pgerr.QueryCanceled {
			return Tag{}, e.WithWhere("%s", reader.Context(r.ctx.FailedRow, e.Code != pgerr.UniqueViolation))
		}
		return Tag{}, err
	}
	return Tag{Command: "COPY", Rows: r.ctx.Affected}, nil
}

// copyPlan plans INSERT INTO t (cols) VALUES ($1, …) and puts the client's columns in the place of the parameters, so that
// defaults, checks and indexes are an INSERT's.
func (s *Session) copyPlan(t *catalog.Table, cols []*catalog.Column) (*plan.Plan, error) {
	ins := &ast.InsertStmt{Relation: &ast.RangeVar{Schema: s.reader().SchemaName(t.Schema), Name: t.Name, Pos: -1}, Select: &ast.SelectStmt{Pos: -1}}
	ins.Overriding = ast.OverridingSystemValue
	var row []ast.Expr
	var params []types.T
	for i, c := range cols {
		ins.Cols = append(ins.Cols, &ast.ResTarget{Name: c.Name, Pos: -1})
		row = append(row, &ast.ParamRef{Number: i + 1, Pos: -1})
		params = append(params, c.Type)
	}
	ins.Select.Values = [][]ast.Expr{row}
	o := s.planOptions(s.cat.Reader, "", params)
	o.NoRules = true
	pl, err := planner.Plan(ins, o)
	if err != nil {
		return nil, err
	}
	target, ok := pl.Root.(*plan.Insert)
	if !ok {
		return nil, pgerr.New(pgerr.InternalError, "unexpected plan %T for COPY", pl.Root)
	}
	source := &plan.External{}
	source.Out = params
	root := *target
	if root.Input, err = replaceValues(target.Input, source); err != nil {
		return nil, err
	}
	out := *pl
	out.Root = &root
	return &out, nil
}

// replaceValues puts source in the place of the one-row VALUES at the bottom of a plan, its parameters becoming source's
// columns.
func replaceValues(n plan.Node, source plan.Node) (plan.Node, error) {
	switch x := n.(type) {
	case *plan.Values:
		if len(x.Rows) == 1 {
			pr := &plan.Project{Info: x.Info, Input: source}
			for _, e := range x.Rows[0] {
				pr.Exprs = append(pr.Exprs, paramsToColumns(e))
			}
			return pr, nil
		}
	case *plan.Project:
		in, err := replaceValues(x.Input, source)
		if err != nil {
			return nil, err
		}
		pr := *x
		pr.Input = in
		pr.Exprs = nil
		for _, e := range x.Exprs {
			pr.Exprs = append(pr.Exprs, paramsToColumns(e))
		}
		return &pr, nil
	}
	return nil, pgerr.New(pgerr.InternalError, "unexpected plan node %T under COPY", n)
}

func paramsToColumns(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if p, ok := e.(*expr.Param); ok {
			return &expr.Col{Idx: p.N - 1, T: p.T, Name: "column" + strconv.Itoa(p.N)}
		}
		return e
	})
}
