package session

import (
	"context"
	"errors"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec/plpgsql"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// host is the session as functions in PL/pgSQL see it (plpgsql.Host).
type host Session

func (h *host) session() *Session { return (*Session)(h) }

// BindOptions implements plpgsql.Host.
func (h *host) BindOptions(text string) bind.Options {
	s := h.session()
	o := s.bindOptions(text)
	if s.cat.Reader != nil {
		o.Reader = s.cat.Reader
	}
	return o
}

// ExprContext implements plpgsql.Host.
func (h *host) ExprContext(ctx context.Context) *expr.Ctx {
	return &expr.Ctx{Context: ctx, Types: &h.types, Env: (*env)(h), Leftovers: &h.leftovers}
}

// Generation implements plpgsql.Host.
func (h *host) Generation() (uint64, string) { return h.cat.Reader.Version(), h.hot.planKey }

// Setting implements plpgsql.Host.
func (h *host) Setting(name string) string {
	v, _ := h.session().showSetting(name)
	return v
}

// TypeName implements plpgsql.Host.
func (h *host) TypeName(t types.T) string {
	if rel, ok := h.BindOptions("").Reader.RowType(t.OID); ok {
		return rel.RelName()
	}
	return types.FormatType(t.OID, t.Mod)
}

// Notice implements plpgsql.Host.
func (h *host) Notice(n *pgerr.Error) { h.session().notice(n) }

// Fail implements plpgsql.Host.
func (h *host) Fail(ctx context.Context, err error) error { return h.session().fail(ctx, err) }

// Stack implements plpgsql.Host.
func (h *host) Stack() *plpgsql.Stack { return &h.body.stack }

// bodyStatement is the session's part of a query of a function.
func bodyStatement(q *plpgsql.Query) *prepared {
	p, ok := q.State.(*prepared)
	if !ok {
		p = &prepared{text: q.Text, stmt: q.Stmt, declared: q.Types}
		q.State = p
	}
	return p
}

// beginBody prepares for a statement of a function: one that is not VOLATILE sees what its caller sees.
func (s *Session) beginBody(ctx context.Context, m plpgsql.Mode) error {
	if m.ReadOnly {
		return nil
	}
	if err := s.drainOpen(ctx); err != nil {
		return err
	}
	if m.Atomic && s.body.view != nil && !s.body.view.saved {
		s.tx.kv.PushSnapshot()
		s.body.view.saved = true
	}
	return s.beginStatement(ctx)
}

// view is what a call does to the snapshot of its caller: the first statement that needs one of its own saves that, and the end of the call
// goes back to it.
type view struct{ saved bool }

// drainOpen lets the open loops over queries read their rest, before the snapshot moves.
func (s *Session) drainOpen(ctx context.Context) error {
	for _, r := range s.body.rows {
		if err := r.drain(ctx); err != nil {
			return err
		}
	}
	return nil
}

// planBody plans a statement of a function and locks its tables.
func (s *Session) planBody(ctx context.Context, m plpgsql.Mode, q *plpgsql.Query) (*prepared, error) {
	p := bodyStatement(q)
	for {
		if err := s.beginBody(ctx, m); err != nil {
			return nil, err
		}
		if p.plan == nil || p.plan.Catalog != s.cat.Reader.Version() || p.planGen != s.hot.planGen {
			o := s.planOptions(s.cat.Reader, p.text, p.declared)
			o.Variables = q.Vars
			pl, err := planner.Plan(p.stmt, o)
			if err != nil {
				return nil, err
			}
			if err := p.setPlan(pl, s.hot.planGen); err != nil {
				return nil, err
			}
		}
		q.Columns = bodyColumns(p.columns)
		if m.ReadOnly && (len(p.plan.Writes) > 0 || p.plan.Kind != "SELECT") {
			return nil, errNotVolatile(p)
		}
		if len(p.plan.Writes) > 0 {
			s.tx.routineWrites = true
		}
		err := s.lockTables(ctx, p.plan)
		if !errors.Is(err, catalog.ErrTableChanged) {
			return p, err
		}
	}
}

func errNotVolatile(p *prepared) error {
	name := ast.CommandTag(p.stmt)
	if name == "SELECT" {
		name = "SELECT FOR UPDATE"
	}
	return pgerr.New(pgerr.CodeFeatureNotSupported, "%s is not allowed in a non-volatile function", name)
}

func bodyColumns(cols []Column) []plpgsql.Column {
	if cols == nil {
		return nil
	}
	out := make([]plpgsql.Column, len(cols))
	for i, c := range cols {
		out[i] = plpgsql.Column{Name: c.Name, Type: c.Type}
	}
	return out
}

// Run implements plpgsql.Host.
func (h *host) Run(ctx context.Context, m plpgsql.Mode, q *plpgsql.Query, params []types.Datum, row func([]types.Datum) (bool, error)) (plpgsql.Result, error) {
	s := h.session()
	if !plannable(q.Stmt) {
		return s.runBodyUtility(ctx, m, q, params, row)
	}
	p, err := s.planBody(ctx, m, q)
	if err != nil {
		return plpgsql.Result{}, err
	}
	r, err := s.start(ctx, p, params)
	if err != nil {
		return plpgsql.Result{}, err
	}
	defer r.finish()
	rows := int64(0)
	for {
		b, err := r.pull(ctx)
		if err != nil {
			return plpgsql.Result{}, err
		}
		if b == nil {
			break
		}
		if row == nil {
			rows += int64(b.Rows())
			continue
		}
		more, n, err := eachRow(b, row)
		rows += n
		if err != nil {
			return plpgsql.Result{}, err
		}
		if !more && p.plan.Kind == "SELECT" {
			break
		}
		if !more {
			row = nil
		}
	}
	t := r.tag(rows)
	return plpgsql.Result{Tag: t.Command, Rows: t.Rows}, nil
}

// eachRow gives the rows of a batch, copied, to row.
func eachRow(b *vec.Batch, row func([]types.Datum) (bool, error)) (more bool, n int64, err error) {
	for i := range b.Rows() {
		n++
		if more, err = row(b.Datums(nil, b.Row(i))); err != nil || !more {
			return false, n, err
		}
	}
	return true, n, nil
}

// rowSink gives the rows of a utility statement to a function.
type rowSink struct {
	Sink
	q   *plpgsql.Query
	row func([]types.Datum) (bool, error)
	n   int64
}

// Columns implements Sink.
func (r *rowSink) Columns(cols []Column) error {
	r.q.Columns = bodyColumns(cols)
	return nil
}

// Batch implements Sink.
func (r *rowSink) Batch(b *vec.Batch) error {
	if r.row == nil {
		return nil
	}
	more, n, err := eachRow(b, r.row)
	r.n += n
	if !more {
		r.row = nil
	}
	return err
}

// runBodyUtility runs a statement without a plan.
func (s *Session) runBodyUtility(ctx context.Context, m plpgsql.Mode, q *plpgsql.Query, params []types.Datum, row func([]types.Datum) (bool, error)) (plpgsql.Result, error) {
	p := bodyStatement(q)
	switch q.Stmt.(type) {
	case *ast.VariableSetStmt, *ast.VariableShowStmt, *ast.ExplainStmt, *ast.FetchStmt, *ast.ExecuteStmt, *ast.CallStmt, *ast.DeclareCursorStmt, *ast.ClosePortalStmt:
	default:
		if m.ReadOnly {
			return plpgsql.Result{}, errNotVolatile(p)
		}
		s.tx.routineWrites = true
	}
	if vs, ok := q.Stmt.(*ast.VacuumStmt); ok && vs.IsVacuum {
		return plpgsql.Result{}, pgerr.New(pgerr.ActiveSQLTransaction, "VACUUM cannot be executed from a function")
	}
	if err := s.drainOpen(ctx); err != nil {
		return plpgsql.Result{}, err
	}
	s.logSettings()
	vars, args := s.body.vars, s.body.params
	s.body.vars, s.body.params = q.Vars, params
	defer func() { s.body.vars, s.body.params = vars, args }()
	q.Columns = nil
	sink := &rowSink{Sink: s.sink, q: q, row: row}
	t, err := s.utility(ctx, p, params, &utilitySink{Sink: sink, describe: true, nested: true})
	if err != nil {
		return plpgsql.Result{}, err
	}
	return plpgsql.Result{Tag: t.Command, Rows: max(t.Rows, sink.n)}, nil
}

// logSettings makes changes of settings go back with the transaction or a subtransaction.
func (s *Session) logSettings() {
	if !s.settings.InTransaction() {
		s.settings.BeginTransaction()
	}
}

// bodyRows are the rows of a query that a loop reads.
type bodyRows struct {
	s    *Session
	run  *runner
	b    *vec.Batch
	at   int
	rest [][]types.Datum
}

// Open implements plpgsql.Host.
func (h *host) Open(ctx context.Context, m plpgsql.Mode, q *plpgsql.Query, params []types.Datum) (plpgsql.Rows, error) {
	s := h.session()
	rows := &bodyRows{s: s}
	if !plannable(q.Stmt) {
		_, err := s.runBodyUtility(ctx, m, q, params, func(row []types.Datum) (bool, error) {
			rows.rest = append(rows.rest, row)
			return true, nil
		})
		if err == nil && q.Columns == nil {
			err = errNotCursor(q)
		}
		return rows, err
	}
	p, err := s.planBody(ctx, m, q)
	if err != nil {
		return nil, err
	}
	if p.columns == nil {
		return nil, errNotCursor(q)
	}
	if rows.run, err = s.start(ctx, p, params); err != nil {
		return nil, err
	}
	s.body.rows = append(s.body.rows, rows)
	if !p.plan.ReadOnly {
		return rows, rows.drain(ctx)
	}
	return rows, nil
}

func errNotCursor(q *plpgsql.Query) error {
	return pgerr.New(pgerr.InvalidCursorDefinition, "cannot open %s query as cursor", ast.CommandTag(q.Stmt))
}

// Next implements plpgsql.Rows.
func (r *bodyRows) Next(ctx context.Context) ([]types.Datum, error) {
	if r.run != nil && (r.b == nil || r.at >= r.b.Rows()) {
		b, err := r.run.pull(ctx)
		if err != nil {
			return nil, err
		}
		if r.b, r.at = b, 0; b == nil {
			r.finish()
		}
	}
	if r.b != nil && r.at < r.b.Rows() {
		row := r.b.Datums(nil, r.b.Row(r.at))
		r.at++
		return row, nil
	}
	if len(r.rest) == 0 {
		return nil, nil
	}
	row := r.rest[0]
	r.rest = r.rest[1:]
	return row, nil
}

// drain reads the rest of the rows into memory.
func (r *bodyRows) drain(ctx context.Context) error {
	if r.run == nil {
		return nil
	}
	for {
		if r.b != nil {
			for ; r.at < r.b.Rows(); r.at++ {
				r.rest = append(r.rest, r.b.Datums(nil, r.b.Row(r.at)))
			}
		}
		b, err := r.run.pull(ctx)
		if err != nil {
			return err
		}
		if r.b, r.at = b, 0; b == nil {
			r.finish()
			return nil
		}
	}
}

func (r *bodyRows) finish() {
	if r.run == nil {
		return
	}
	r.run.finish()
	r.run, r.b = nil, nil
}

// Close implements plpgsql.Rows.
func (r *bodyRows) Close() {
	r.finish()
	r.rest = nil
	for i, o := range r.s.body.rows {
		if o == r {
			r.s.body.rows = append(r.s.body.rows[:i], r.s.body.rows[i+1:]...)
			return
		}
	}
}

// Call implements plpgsql.Host.
func (h *host) Call(ctx context.Context, m plpgsql.Mode, q *plpgsql.Query, params []types.Datum, row func([]types.Datum) (bool, error)) (plpgsql.Result, error) {
	s := h.session()
	outer := s.body.nonAtomic
	s.body.nonAtomic = !m.Atomic
	defer func() { s.body.nonAtomic = outer }()
	return s.runBodyUtility(ctx, m, q, params, row)
}

// Outputs implements plpgsql.Host.
func (h *host) Outputs(q *plpgsql.Query) (out []bool, names []string, err error) {
	call, ok := q.Stmt.(*ast.CallStmt)
	if !ok {
		return nil, nil, nil
	}
	o := h.BindOptions(q.Text)
	o.Variables = q.Vars
	b, err := bind.Procedure(call.Func, o)
	if err != nil {
		return nil, nil, err
	}
	for i := range b.Function.Params {
		p := &b.Function.Params[i]
		out, names = append(out, p.Mode == 'o' || p.Mode == 'b'), append(names, p.Name)
	}
	return out, names, nil
}

// OpenCursor implements plpgsql.Host.
func (h *host) OpenCursor(ctx context.Context, m plpgsql.Mode, name string, q *plpgsql.Query, params []types.Datum, scroll plpgsql.Scroll) (string, error) {
	s := h.session()
	if name == "" {
		for n := s.body.unnamed + 1; ; n++ {
			name = "<unnamed portal " + strconv.Itoa(n) + ">"
			if _, ok := s.portals[name]; !ok {
				s.body.unnamed = n
				break
			}
		}
	} else if _, ok := s.portals[name]; ok {
		return "", pgerr.New(pgerr.DuplicateCursor, "cursor \"%s\" already in use", name)
	}
	if !plannable(q.Stmt) {
		return "", errNotCursor(q)
	}
	p := bodyStatement(q)
	if p.plan == nil && p.rowKeys == nil {
		p.addRowKeys()
	}
	err := p.planRowKeys(func() error {
		_, err := s.planBody(ctx, m, q)
		return err
	})
	if err != nil {
		return "", err
	}
	if p.columns == nil {
		return "", errNotCursor(q)
	}
	c := s.newPortal(name, p)
	if c.run, err = s.start(ctx, p, params); err != nil {
		return "", err
	}
	c.params, c.started, c.since = params, true, s.stmtNow
	c.cursor = &cursor{}
	if scroll == plpgsql.ScrollYes || scroll == plpgsql.ScrollDefault && scrolls(c.run.plan.Root) {
		c.keepForScroll()
	}
	s.useRowKeys(c)
	s.portals[name] = c
	if !p.plan.ReadOnly && p.plan.Kind != "SELECT" {
		return name, c.drain(ctx)
	}
	return name, nil
}

// FetchCursor implements plpgsql.Host.
func (h *host) FetchCursor(ctx context.Context, name string, f *ast.FetchStmt, row func([]types.Datum) error) ([]plpgsql.Column, int64, error) {
	s := h.session()
	c, ok := s.portals[name]
	if !ok {
		return nil, 0, pgerr.New(pgerr.InvalidCursorName, "cursor \"%s\" does not exist", name)
	}
	if c.cursor == nil {
		c.cursor = &cursor{}
	}
	emit := func(b *vec.Batch) error {
		if row == nil {
			return nil
		}
		_, _, err := eachRow(b, func(r []types.Datum) (bool, error) { return true, row(r) })
		return err
	}
	n, err := s.fetchRows(ctx, c, f, emit)
	return bodyColumns(c.p.columns), n, err
}

// CloseCursor implements plpgsql.Host.
func (h *host) CloseCursor(name string) error {
	s := h.session()
	if _, ok := s.portals[name]; !ok {
		return pgerr.New(pgerr.InvalidCursorName, "cursor \"%s\" does not exist", name)
	}
	s.ClosePortal(name)
	return nil
}

// Begin implements plpgsql.Host.
func (h *host) Begin(ctx context.Context) (plpgsql.Subtransaction, error) {
	s := h.session()
	if err := s.drainOpen(ctx); err != nil {
		return nil, err
	}
	if err := s.drainPortals(ctx); err != nil {
		return nil, err
	}
	s.logSettings()
	s.tx.savepoints = append(s.tx.savepoints, savepoint{name: subtransactionName, kv: s.tx.kv.Savepoint(), cat: s.tx.cat.Savepoint(),
		settings: s.settings.Savepoint(), locks: s.locks.Mark(), readOnly: s.tx.readOnly, stat: s.stat.Begin()})
	return len(s.tx.savepoints) - 1, nil
}

// subtransactionName is no name that a client can give to a savepoint.
const subtransactionName = "\x00block"

// Release implements plpgsql.Host.
func (h *host) Release(sub plpgsql.Subtransaction) {
	s, i := h.session(), sub.(int)
	s.stat.EndTo(s.tx.savepoints[i].stat, true)
	s.tx.savepoints = s.tx.savepoints[:i]
	for _, p := range s.portals {
		p.level = min(p.level, i)
	}
}

// RollbackTo implements plpgsql.Host.
func (h *host) RollbackTo(sub plpgsql.Subtransaction) {
	s, i := h.session(), sub.(int)
	s.closePortalsSince(i + 1)
	sp := s.tx.savepoints[i]
	s.undo(&sp)
	s.tx.readOnly = sp.readOnly
	if s.settings.Savepoint() != sp.settings {
		s.settings.RollbackTo(sp.settings)
		s.settingsChanged()
	}
	s.stat.EndTo(sp.stat, true)
	s.tx.savepoints = s.tx.savepoints[:i]
	s.cat.Reader = s.tx.cat.Newest()
}

// Commit implements plpgsql.Host.
func (h *host) Commit(ctx context.Context, chain bool) error {
	return h.endTransaction(ctx, chain, h.session().commit)
}

// Rollback implements plpgsql.Host.
func (h *host) Rollback(ctx context.Context, chain bool) error {
	return h.endTransaction(ctx, chain, func(context.Context) error {
		h.session().rollback()
		return nil
	})
}

// endTransaction ends the transaction, and begins another one.
func (h *host) endTransaction(ctx context.Context, chain bool, end func(context.Context) error) error {
	s := h.session()
	if err := s.drainOpen(ctx); err != nil {
		return err
	}
	old := s.tx
	if err := end(ctx); err != nil {
		return err
	}
	s.begin()
	if chain {
		s.tx.isolation, s.tx.readOnly, s.tx.deferrable = old.isolation, old.readOnly, old.deferrable
		if err := s.restartUnused(); err != nil {
			return err
		}
	}
	return s.beginStatement(ctx)
}
