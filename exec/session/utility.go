package session

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

var textType = types.Of(types.TextOID)

// describeUtility finds out what columns a utility statement returns.
func (s *Session) describeUtility(p *prepared, r *catalog.Reader) error {
	switch x := p.stmt.(type) {
	case *ast.VariableShowStmt:
		p.columns = s.showColumns(x)
	case *ast.ExplainStmt:
		p.columns = explainColumns(x)
		if plannable(x.Query) {
			pl, err := s.srv.plans.Plan(x.Query, s.planOptions(r, p.text, p.declared))
			if err != nil {
				return err
			}
			p.declared = pl.Params
		}
	case *ast.ExecuteStmt:
		q, err := s.statement(x.Name)
		if err != nil {
			return err
		}
		p.columns = q.columns
	case *ast.CallStmt:
		return s.describeCall(p, x, r)
	case *ast.FetchStmt:
		if c, ok := s.portals[x.PortalName]; ok && !x.IsMove {
			p.columns = c.p.columns
		}
	}
	return nil
}

// utility runs a statement that the planner does not know. Rows go to out.
func (s *Session) utility(ctx context.Context, p *prepared, params []types.Datum, out *utilitySink) (Tag, error) {
	switch x := p.stmt.(type) {
	case *ast.TransactionStmt:
		return s.transactionStmt(ctx, x)
	case *ast.VariableSetStmt:
		return s.variableSet(x)
	case *ast.VariableShowStmt:
		return s.variableShow(x, out)
	case *ast.PrepareStmt:
		return tag("PREPARE"), s.prepareStmt(ctx, p.text, x)
	case *ast.ExecuteStmt:
		return s.executeStmt(ctx, p, x, out)
	case *ast.DeallocateStmt:
		return s.deallocate(x)
	case *ast.CallStmt:
		s.topLevel(out)
		return s.call(ctx, p, params, x, out)
	case *ast.DoStmt:
		s.topLevel(out)
		return s.doStmt(ctx, p, x)
	case *ast.ExplainStmt:
		return s.explain(ctx, p, params, x, out)
	case *ast.CopyStmt:
		return s.copyStmt(ctx, p, x, out)
	case *ast.DeclareCursorStmt:
		return s.declareCursor(ctx, p, x)
	case *ast.FetchStmt:
		return s.fetch(ctx, x, out)
	case *ast.ClosePortalStmt:
		return s.closeCursor(x)
	case *ast.DiscardStmt:
		return s.discard(ctx, x)
	case *ast.LockStmt:
		return tag("LOCK TABLE"), s.lockTable(ctx, x)
	case *ast.VacuumStmt:
		return s.vacuum(ctx, p, x, out)
	case *ast.ReindexStmt:
		return s.reindex(ctx, p, x, out)
	case *ast.CheckPointStmt:
		return tag("CHECKPOINT"), nil
	case *ast.CreateTableAsStmt:
		return s.createTableAs(ctx, p, x)
	case *ast.RefreshMatViewStmt:
		return s.refreshStmt(ctx, p, x)
	case *ast.SelectStmt: // SELECT INTO
		return s.selectInto(ctx, p, x)
	case *ast.UpdateStmt:
		return s.setStatistics(ctx, p, x)
	case *ast.NotifyStmt, *ast.ListenStmt, *ast.UnlistenStmt:
		return s.notifyStmt(x)
	case *ast.ConstraintsSetStmt:
		return s.setConstraints(ctx, x)
	}
	return s.ddl(ctx, p, out)
}

// sendRows sends rows of datums as one result.
func sendRows(out Sink, cols []Column, rows [][]types.Datum) error {
	if err := out.Columns(cols); err != nil {
		return err
	}
	ts := make([]types.T, len(cols))
	for i, c := range cols {
		ts[i] = c.Type
	}
	b := vec.NewBatch(vec.Kinds(ts), len(rows))
	for _, r := range rows {
		b.AppendRow(r)
	}
	if b.Len == 0 {
		return nil
	}
	return out.Batch(b)
}

// prepareStmt is PREPARE.
func (s *Session) prepareStmt(ctx context.Context, text string, x *ast.PrepareStmt) error {
	if _, ok := s.prepared[x.Name]; ok {
		return pgerr.New(pgerr.DuplicatePreparedStatement, "prepared statement %q already exists", x.Name)
	}
	if !plannable(x.Query) {
		return pgerr.New(pgerr.InvalidPreparedStatementDefinition, "utility statements cannot be prepared")
	}
	p := &prepared{name: x.Name, text: text, stmt: x.Query, since: s.stmtNow, fromSQL: true}
	for _, tn := range x.ArgTypes {
		t, err := s.resolveType(text, tn)
		if err != nil {
			return err
		}
		p.declared = append(p.declared, t)
	}
	if err := s.analyzeLocked(ctx, p); err != nil {
		return err
	}
	for i, t := range p.plan.Params {
		if t.OID == types.UnknownOID || t.OID == 0 {
			return pgerr.New(pgerr.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1)
		}
	}
	p.described = true
	s.keep(p)
	return nil
}

// analyzeLocked plans the statement of PREPARE. In a block its tables stay as they are until the end, as for a statement that runs.
func (s *Session) analyzeLocked(ctx context.Context, p *prepared) error {
	if !s.tx.block {
		return s.analyze(p, s.reader())
	}
	for {
		if err := s.beginStatement(ctx); err != nil {
			return err
		}
		if err := s.analyze(p, s.cat.Reader); err != nil {
			return err
		}
		waited, err := s.lockRefs(ctx, p.plan)
		if err != nil || !waited {
			return err
		}
	}
}

// executeStmt is EXECUTE.
func (s *Session) executeStmt(ctx context.Context, p *prepared, x *ast.ExecuteStmt, out *utilitySink) (Tag, error) {
	q, err := s.statement(x.Name)
	if err != nil || x.Name == "" {
		return Tag{}, pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", x.Name)
	}
	params, err := s.executeParams(ctx, p, q, x)
	if err != nil {
		return Tag{}, err
	}
	if q.stmt == nil {
		return tag(""), nil
	}
	if !plannable(q.stmt) {
		return s.utility(ctx, q, params, out)
	}
	if q.columns != nil {
		if err := out.Columns(q.columns); err != nil {
			return Tag{}, err
		}
	}
	return s.runPlan(ctx, q, params, out.Batch)
}

// executeParams evaluates the arguments of EXECUTE, assigned to the statement's parameter types.
func (s *Session) executeParams(ctx context.Context, p, q *prepared, x *ast.ExecuteStmt) ([]types.Datum, error) {
	want := q.paramTypes()
	if len(x.Params) != len(want) {
		return nil, pgerr.New(pgerr.SyntaxError, "wrong number of parameters for prepared statement %q", x.Name).
			WithDetail("Expected %d parameters but got %d.", len(want), len(x.Params))
	}
	if len(want) == 0 {
		return nil, nil
	}
	if err := s.beginStatement(ctx); err != nil {
		return nil, err
	}
	return s.evalAssigned(ctx, p.text, x.Params, want)
}

// deallocate is DEALLOCATE.
func (s *Session) deallocate(x *ast.DeallocateStmt) (Tag, error) {
	if x.All {
		clear(s.prepared)
		return tag("DEALLOCATE ALL"), nil
	}
	if _, ok := s.prepared[x.Name]; !ok {
		return Tag{}, pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", x.Name)
	}
	delete(s.prepared, x.Name)
	return tag("DEALLOCATE"), nil
}

// discard is DISCARD.
func (s *Session) discard(ctx context.Context, x *ast.DiscardStmt) (Tag, error) {
	switch x.Target {
	case ast.DiscardAll:
		if s.tx.block {
			return Tag{}, pgerr.New(pgerr.ActiveSQLTransaction, "DISCARD ALL cannot run inside a transaction block")
		}
		s.closeAllPortals()
		clear(s.prepared)
		clear(s.seqs)
		s.lastSeq = 0
		s.settings.ResetAll()
		s.settingsChanged()
		s.srv.hub.UnlistenAll(&s.listener)
		return tag("DISCARD ALL"), s.discardTemp(ctx)
	case ast.DiscardPlans:
		for _, p := range s.prepared {
			p.run = nil
		}
		return tag("DISCARD PLANS"), nil
	case ast.DiscardSequences:
		clear(s.seqs)
		s.lastSeq = 0
		return tag("DISCARD SEQUENCES"), nil
	}
	return tag("DISCARD TEMP"), s.discardTemp(ctx)
}

// lookupRelation finds a relation that a utility statement names.
func (s *Session) lookupRelation(rv *ast.RangeVar) (catalog.Relation, error) {
	r := s.reader()
	rel, ok := r.Lookup(s.hot.searchPath, rv.Schema, rv.Name)
	if ok {
		return rel, nil
	}
	name := rv.Name
	if rv.Schema != "" {
		name = rv.Schema + "." + name
	}
	return nil, pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", name)
}
