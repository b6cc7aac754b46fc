package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// sqlDepthMax bounds functions that call functions: each level keeps a plan and its operators.
const sqlDepthMax = 1200

// sqlRoutine is a function as one place calls it: its statements, planned for the argument types of the call.
type sqlRoutine struct {
	f       *catalog.Function
	catalog uint64 // version
	planKey string
	body    bind.Body
	stmts   []*prepared
}

// CallSQL implements builtins.SQLFunctions.
func (e *env) CallSQL(c *expr.Ctx, call *builtins.SQLCall, args []types.Datum) (types.Datum, error) {
	s := (*Session)(e)
	if f, ok := s.plpgsqlFunction(call.OID); ok {
		return s.callPLpgSQL(c.Context, f, call, args)
	}
	rows, single, err := s.runRoutine(c.Context, call, args, true)
	if err != nil || len(rows) == 0 {
		return types.Null, err
	}
	if call.Columns == nil && !single {
		return types.NewRef(&types.Record{Types: recordTypes(call, rows[0]), Fields: rows[0]}), nil
	}
	if single {
		return rows[0][0], nil
	}
	return types.NewRef(&types.Record{Types: call.Columns, Names: call.Names, Fields: rows[0]}), nil
}

// recordTypes are the types of a record whose columns the call does not know.
func recordTypes(call *builtins.SQLCall, row []types.Datum) []types.T {
	r, ok := call.State.(*sqlRoutine)
	if ok && len(r.stmts) > 0 {
		if p := r.stmts[len(r.stmts)-1]; len(p.columns) == len(row) {
			ts := make([]types.T, len(row))
			for i := range ts {
				ts[i] = p.columns[i].Type
			}
			return ts
		}
	}
	return make([]types.T, len(row))
}

// OpenSQL implements builtins.SQLFunctions. The rows are computed at once: a later statement of the query must not see the function half done.
func (e *env) OpenSQL(c *expr.Ctx, call *builtins.SQLCall, args []types.Datum) (expr.RowSource, error) {
	s := (*Session)(e)
	if f, ok := s.plpgsqlFunction(call.OID); ok {
		return s.openPLpgSQL(c.Context, f, call, args)
	}
	rows, _, err := s.runRoutine(c.Context, call, args, false)
	if err != nil {
		return nil, err
	}
	return &expr.RowList{Rows: rows}, nil
}

// plpgsqlFunction finds a function in PL/pgSQL.
func (s *Session) plpgsqlFunction(oid types.OID) (*catalog.Function, bool) {
	f, ok := s.cat.Reader.Function(oid)
	return f, ok && f.Language == catalog.PLpgSQL
}

// runRoutine runs the statements of a function and gives the rows of the last one, the first row only if one is set. single says that a row is
// one value, the function's result, and not the fields of it.
func (s *Session) runRoutine(ctx context.Context, call *builtins.SQLCall, args []types.Datum, one bool) (rows [][]types.Datum, single bool, err error) {
	if ctx == nil {
		ctx = s.ctx
	}
	defer s.showTransitions(transitions{})()
	if err := s.enterRoutine(); err != nil {
		return nil, false, err
	}
	defer func() { s.sqlDepth-- }()
	f, ok := s.cat.Reader.Function(call.OID)
	if !ok {
		return nil, false, pgerr.New(pgerr.InternalError, "cache lookup failed for function %d", call.OID)
	}
	if s.hot.trackFunctions == "all" {
		defer s.stat.Call(&s.srv.stat, f.OID)()
	}
	restore, err := s.applyConfig(f)
	if err != nil {
		return nil, false, err
	}
	defer restore()
	r, err := s.routine(call, f)
	if err != nil {
		return nil, false, err
	}
	for i, p := range r.stmts {
		final := i == len(r.stmts)-1 && f.Ret != types.VoidOID
		if rows, err = s.runStep(ctx, r, p, args, final, one); err != nil {
			return nil, false, inRoutine(f, i, s.fail(ctx, err), p)
		}
	}
	if f.Ret == types.VoidOID {
		return nil, false, nil
	}
	return rows, call.Columns == nil && call.Ret.OID != types.RecordOID || r.oneColumn(), nil
}

// oneColumn reports whether the last statement gives a composite result as one value.
func (r *sqlRoutine) oneColumn() bool {
	if r.body.Row.OID == 0 || len(r.stmts) == 0 {
		return false
	}
	cols := r.stmts[len(r.stmts)-1].columns
	return len(cols) == 1 && cols[0].Type.OID == r.body.Row.OID
}

// routine is the function of a call with its statements; it is kept in the call while the catalog and the settings stay.
func (s *Session) routine(call *builtins.SQLCall, f *catalog.Function) (*sqlRoutine, error) {
	if r, ok := call.State.(*sqlRoutine); ok && r.catalog == s.cat.Reader.Version() && r.planKey == s.hot.planKey {
		return r, nil
	}
	args := make([]types.OID, len(call.Args))
	for i, t := range call.Args {
		args[i] = t.OID
	}
	r := &sqlRoutine{f: f, catalog: s.cat.Reader.Version(), planKey: s.hot.planKey, body: bodyOf(s.cat.Reader, f, args, call.Ret.OID)}
	if r.body.Columns == nil && call.Columns != nil {
		r.body.Columns = call.Columns
	}
	texts := f.SQLBody
	if texts == nil {
		texts = []string{f.Body}
	}
	for _, text := range texts {
		stmts, err := parser.Parse(text)
		if err != nil {
			return nil, inRoutine(f, -1, err, &prepared{text: text})
		}
		for i := range stmts {
			r.stmts = append(r.stmts, &prepared{text: text, stmt: stmts[i].Stmt, declared: typesOf(args)})
		}
	}
	if call.Ret.OID != types.VoidOID && (len(r.stmts) == 0 || !plannable(r.stmts[len(r.stmts)-1].stmt)) {
		return nil, errNoResult(s.cat.Reader, f)
	}
	call.State = r
	return r, nil
}

// runStep runs one statement of a function.
func (s *Session) runStep(ctx context.Context, r *sqlRoutine, p *prepared, args []types.Datum, final, one bool) ([][]types.Datum, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !plannable(p.stmt) {
		return nil, s.utilityStep(ctx, r, p, args)
	}
	if r.f.Volatility == 'v' && s.tx.routineWrites {
		// A volatile function sees what statements before it wrote, those of this function among them.
		if err := s.tx.kv.StartStatement(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.planStep(ctx, r, p, final); err != nil {
		return nil, err
	}
	if len(p.plan.Writes) > 0 {
		if r.f.Volatility != 'v' && p.plan.Kind != "SELECT" {
			return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "%s is not allowed in a non-volatile function", p.plan.Kind)
		}
		s.tx.routineWrites = true
	}
	run, err := s.start(ctx, p, args)
	if err != nil {
		return nil, err
	}
	defer run.finish()
	var rows [][]types.Datum
	for {
		b, err := run.pull(ctx)
		if err != nil || b == nil {
			return rows, err
		}
		if !final {
			continue
		}
		if rows = appendRows(rows, b); one && p.plan.Kind == "SELECT" {
			return rows[:1], nil
		}
	}
}

// appendRows copies the rows of a batch that its operator will use again.
func appendRows(rows [][]types.Datum, b *vec.Batch) [][]types.Datum {
	c := &vec.Batch{}
	for _, v := range b.Cols {
		c.Cols = append(c.Cols, vec.New(v.Kind, 0))
	}
	c.AppendBatch(b)
	for i := range c.Len {
		rows = append(rows, c.Datums(nil, i))
	}
	return rows
}

// planStep plans a statement of a function and locks its tables.
func (s *Session) planStep(ctx context.Context, r *sqlRoutine, p *prepared, final bool) error {
	for {
		if p.plan == nil || p.plan.Catalog != s.cat.Reader.Version() {
			body := r.body
			body.Final = final
			o := s.planOptions(s.cat.Reader, p.text, p.declared)
			o.Body = &body
			pl, err := planner.Plan(p.stmt, o)
			if err != nil {
				return err
			}
			if err := p.setPlan(pl, s.hot.planGen); err != nil {
				return err
			}
		}
		err := s.lockTables(ctx, p.plan)
		if !errors.Is(err, catalog.ErrTableChanged) {
			return err
		}
		if err := s.tx.kv.StartStatement(ctx); err != nil {
			return err
		}
		reader, err := s.tx.cat.Reader(ctx)
		if err != nil {
			return err
		}
		s.cat.Reader = reader
	}
}

// utilityStep runs a statement of a function that the planner does not know.
func (s *Session) utilityStep(ctx context.Context, r *sqlRoutine, p *prepared, args []types.Datum) error {
	name := ast.CommandTag(p.stmt)
	switch p.stmt.(type) {
	case *ast.TransactionStmt, *ast.VacuumStmt, *ast.CopyStmt, *ast.DiscardStmt, *ast.CheckPointStmt:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "%s is not allowed in an SQL function", name)
	}
	if r.f.Volatility != 'v' {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "%s is not allowed in a non-volatile function", name)
	}
	s.tx.routineWrites = true
	_, err := s.utility(ctx, p, args, &utilitySink{Sink: discardSink{s.sink}, nested: true})
	return err
}

// discardSink drops rows; everything else goes on.
type discardSink struct{ Sink }

// Columns implements Sink.
func (discardSink) Columns([]Column) error { return nil }

// Batch implements Sink.
func (discardSink) Batch(*vec.Batch) error { return nil }

// applyConfig sets the function's own settings, and for SECURITY DEFINER its owner as the current role; it gives what sets them back.
func (s *Session) applyConfig(f *catalog.Function) (restore func(), err error) {
	if len(f.Config) == 0 && !f.SecurityDefiner {
		return func() {}, nil
	}
	var old [][2]string
	definer := s.roles.definer
	restore = func() {
		for _, o := range slices.Backward(old) {
			s.settings.Set(o[0], o[1], false)
		}
		s.roles.definer = definer
		s.settingsChanged()
	}
	if f.SecurityDefiner {
		s.roles.definer = f.Owner
		s.lookUpRole(s.reader())
	}
	for _, c := range f.Config {
		name, value, _ := strings.Cut(c, "=")
		was, _ := s.showSetting(name)
		if err := s.settings.Set(name, value, false); err != nil {
			restore()
			return nil, err
		}
		old = append(old, [2]string{name, was})
	}
	s.settingsChanged()
	return restore, nil
}

// inRoutine tells in an error which statement of which function it comes from; step -1 is before the first.
func inRoutine(f *catalog.Function, step int, err error, p *prepared) error {
	e, ok := pgerr.As(err)
	if !ok {
		return err
	}
	c := *e
	where := fmt.Sprintf("SQL function \"%s\" statement %d", f.Name, step+1)
	if step < 0 || c.Position > 0 || p.plan == nil && plannable(p.stmt) {
		where = fmt.Sprintf("SQL function \"%s\" during startup", f.Name)
	}
	if c.Position > 0 {
		c.InternalPosition, c.InternalQuery, c.Position = c.Position, p.text, 0
	}
	if c.Where != "" {
		c.Where += "\n"
	}
	c.Where += where
	return &c
}

// call is CALL.
func (s *Session) call(ctx context.Context, p *prepared, params []types.Datum, x *ast.CallStmt, out *utilitySink) (Tag, error) {
	if err := s.beginStatement(ctx); err != nil {
		return Tag{}, err
	}
	o := s.bindOptions(p.text)
	o.ParamTypes = p.declared
	b, err := bind.Procedure(x.Func, o)
	if err != nil {
		return Tag{}, err
	}
	c := &expr.Ctx{Context: ctx, Types: &s.types, Env: (*env)(s), Params: params, Leftovers: &s.leftovers}
	args := make([]types.Datum, len(b.Args))
	call := &builtins.SQLCall{OID: b.Function.OID, Name: b.Function.Name, Ret: types.Of(b.Function.Ret), Columns: b.Columns, Names: b.Names}
	for i, e := range b.Args {
		call.Args = append(call.Args, e.Type())
		if args[i], err = expr.EvalRow(c, e); err != nil {
			return Tag{}, err
		}
	}
	rows, err := s.callProcedure(ctx, b.Function, call, args)
	if err != nil || b.Columns == nil {
		return tag("CALL"), err
	}
	return tag("CALL"), sendRows(out, procedureColumns(b), rows)
}

// callProcedure runs a procedure and gives its row of output parameters.
func (s *Session) callProcedure(ctx context.Context, f *catalog.Function, call *builtins.SQLCall, args []types.Datum) ([][]types.Datum, error) {
	if f.Language != catalog.PLpgSQL {
		rows, _, err := s.runRoutine(ctx, call, args, true)
		return rows, err
	}
	out, err := s.callBody(ctx, f, call, args)
	if r := out.Value.Record(); r != nil && err == nil {
		return [][]types.Datum{r.Fields}, nil
	}
	return nil, err
}

func procedureColumns(b *bind.ProcedureCall) []Column {
	cols := make([]Column, len(b.Columns))
	for i, t := range b.Columns {
		cols[i] = Column{Name: b.Names[i], Type: t}
	}
	return cols
}

// describeCall finds out what columns a CALL returns, and the types of its parameters.
func (s *Session) describeCall(p *prepared, x *ast.CallStmt, r *catalog.Reader) error {
	o := s.bindOptions(p.text)
	o.Reader, o.ParamTypes = r, p.declared
	b, err := bind.Procedure(x.Func, o)
	if err != nil {
		return err
	}
	p.declared = b.Params
	if b.Columns != nil {
		p.columns = procedureColumns(b)
	}
	return nil
}

// RandomState implements builtins.RandomSource.
func (e *env) RandomState() *builtins.Random { return &e.random }
