package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/build"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// prepared is a prepared statement, or the one use of a statement of a simple query.
type prepared struct {
	name string
	text string
	stmt ast.Stmt // nil: the empty statement
	// declared are the parameter types that the client gave.
	declared []types.T
	// plan is set for SELECT, INSERT, UPDATE, DELETE. It holds for the catalog version in it and planGen.
	plan    *plan.Plan
	planGen uint64
	columns []Column // of the result; nil: it returns no rows
	// described: columns were shown to the client, so a new plan must not change them.
	described bool
	run       *runner
	since     time.Time
	fromSQL   bool // by PREPARE, not by the protocol
	choice    planner.Choice
	// start and end are where the statement stands in text; 0, 0: it is all of it.
	start, end int
	figures    figures
	rowKeys    *rowKeys // of a cursor
}

// runner is a plan's operator tree with what it runs on. It belongs to one prepared statement of one session and is used
// again for each execution.
type runner struct {
	s      *Session
	plan   *plan.Plan
	tree   *build.Tree
	ctx    exec.Ctx
	expr   expr.Ctx
	memory exec.Account
	busy   bool
	more   *exec.Events // takes what the statement sets off; nil: it is done at its end
	steps  steps        // of a plan that rules made
	ended  bool         // the statement itself; what it set off may still run
}

// plannable reports whether a statement goes through the planner; the others are utility statements.
func plannable(stmt ast.Stmt) bool {
	switch x := stmt.(type) {
	case *ast.SelectStmt:
		return into(x) == nil
	case *ast.UpdateStmt:
		return !setsStatistics(x)
	case *ast.InsertStmt, *ast.DeleteStmt, *ast.MergeStmt:
		return true
	}
	return false
}

// into is the INTO clause of a SELECT, which stands in its leftmost leaf.
func into(x *ast.SelectStmt) *ast.IntoClause {
	for x.Left != nil {
		x = x.Left
	}
	return x.Into
}

// parseOne parses a string that must hold at most one statement.
func parseOne(sql string) (ast.Stmt, error) {
	stmts, err := parser.Parse(sql)
	if err != nil {
		return nil, err
	}
	switch len(stmts) {
	case 0:
		return nil, nil
	case 1:
		return stmts[0].Stmt, nil
	}
	return nil, pgerr.New(pgerr.SyntaxError, "cannot insert multiple commands into a prepared statement")
}

// planOptions are the planner's options for a statement text in this session.
func (s *Session) planOptions(r *catalog.Reader, text string, params []types.T) planner.Options {
	return planner.Options{Reader: r, SQL: text, SearchPath: s.hot.searchPath, ParamTypes: params, User: s.cat.User, Role: s.bindRole(),
		Database: s.database, Context: s.ctx, Leftovers: &s.leftovers,
		Types: &s.types, Settings: s.hot.planner, Stats: s.srv.stats, Generation: s.hot.planKey,
		Variables: s.body.vars, Transitions: s.body.transitions.tables}
}

// analyze plans p, or finds out what a utility statement returns.
func (s *Session) analyze(p *prepared, r *catalog.Reader) error {
	if p.stmt == nil {
		return nil
	}
	if !plannable(p.stmt) {
		return s.describeUtility(p, r)
	}
	planned := s.srv.plans.Plan
	if p.rowKeys != nil {
		planned = planner.Plan // the text is the key of the cache, and says nothing of the keys of rows
	}
	pl, err := planned(p.stmt, s.planOptions(r, p.text, p.declared))
	if err != nil {
		return err
	}
	return p.setPlan(pl, s.hot.planGen)
}

// setPlan installs a plan. A client that was told the result's columns must not see others.
func (p *prepared) setPlan(pl *plan.Plan, gen uint64) error {
	cols := p.rowKeys.resultOf(resultColumns(pl))
	if p.described && !slices.EqualFunc(cols, p.columns, func(a, b Column) bool { return a.Type == b.Type && a.Name == b.Name }) {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cached plan must not change result type")
	}
	p.plan, p.planGen, p.columns = pl, gen, cols
	return nil
}

// resultColumns announces domains as the types below them, as PostgreSQL does.
func resultColumns(pl *plan.Plan) []Column {
	if pl.Columns == nil {
		return nil
	}
	cols := make([]Column, len(pl.Columns))
	for i, c := range pl.Columns {
		t := c.T
		t.OID = types.Undomained(t.OID)
		cols[i] = Column{Name: c.Name, Type: t, Table: c.Table, Attr: int16(c.Attr)}
	}
	return cols
}

// paramTypes are the types of $1 … of p.
func (p *prepared) paramTypes() []types.T {
	if p.plan != nil {
		return p.plan.Params
	}
	return p.declared
}

// refresh makes sure that p's plan holds for the statement's catalog.
func (s *Session) refresh(p *prepared) error {
	if p.plan != nil && p.plan.Catalog == s.cat.Reader.Version() && p.planGen == s.hot.planGen {
		return nil
	}
	if p.plan != nil {
		p.declared = p.plan.Params
	}
	return s.analyze(p, s.cat.Reader)
}

// open starts an execution of p's plan: statement snapshot, plan check, table locks, operators. The runner is busy
// until finish.
func (s *Session) open(ctx context.Context, p *prepared, params []types.Datum) (*runner, error) {
	var pl *plan.Plan
	for {
		if err := s.beginStatement(ctx); err != nil {
			return nil, err
		}
		if err := s.refresh(p); err != nil {
			return nil, err
		}
		var err error
		if pl, err = s.planFor(p, params); err != nil {
			return nil, err
		}
		err = s.lockTables(ctx, pl)
		if err == nil {
			break
		}
		if !errors.Is(err, catalog.ErrTableChanged) {
			return nil, err
		}
	}
	return s.startPlan(ctx, p, pl, params)
}

// start opens the operators of p's plan in the statement that was begun.
func (s *Session) start(ctx context.Context, p *prepared, params []types.Datum) (*runner, error) {
	return s.startPlan(ctx, p, p.plan, params)
}

// startPlan is start with another plan of the statement than its generic one.
func (s *Session) startPlan(ctx context.Context, p *prepared, pl *plan.Plan, params []types.Datum) (*runner, error) {
	if err := s.checkPlan(pl); err != nil {
		return nil, err
	}
	r := p.run
	if r == nil || r.busy || r.plan != pl {
		r = &runner{plan: pl}
		if p.run == nil || !p.run.busy {
			p.run = r
		}
	}
	s.bindRunner(r, ctx, params)
	return r, s.buildRunner(ctx, r)
}

// buildRunner makes r's operators if it has none yet, and opens them.
func (s *Session) buildRunner(ctx context.Context, r *runner) error {
	if r.plan.Ruled {
		r.busy, r.steps = true, steps{}
		return nil
	}
	if r.tree == nil {
		tree, err := build.New(r.plan, &r.ctx)
		if err != nil {
			return err
		}
		r.tree = tree
	}
	r.busy = true
	if err := r.tree.Open(ctx); err != nil {
		r.finish()
		return err
	}
	return nil
}

// bindRunner connects a runner with the running statement.
func (s *Session) bindRunner(r *runner, ctx context.Context, params []types.Datum) {
	r.expr.Context, r.expr.Params, r.expr.Types, r.expr.Env, r.expr.Leftovers = ctx, params, &s.types, (*env)(s), &s.leftovers
	r.memory.Detach()
	r.memory = exec.Account{Parent: &s.srv.memory}
	r.expr.Memory = &r.memory
	r.ctx.Txn, r.ctx.Expr, r.ctx.Catalog, r.ctx.Memory = s.tx.kv, &r.expr, &s.cat, &r.memory
	r.ctx.Affected, r.ctx.Changed, r.ctx.Scans = 0, nil, nil
	if r.ctx.Execution++; s.hot.trackCounts {
		r.ctx.Changed, r.ctx.Scans = s.countChanged, s.countScans
	}
	r.expr.Execution = r.ctx.Execution
	r.s, r.ended, r.more = s, false, nil
	r.ctx.Events.Host, r.ctx.Events.Ctx = (*env)(s), &s.eventRows
	if r.ctx.WriteLock == nil {
		r.ctx.WriteLock = s.lockPartition
	}
	r.ctx.WorkMemBytes, r.ctx.LockTimeout = s.hot.workMemBytes, s.hot.lockTimeout
	r.ctx.ReadCommitted = s.tx.isolation == 0
	r.ctx.SpillDir = s.srv.o.SpillDir
}

// finish ends an execution and keeps the operators for the next one.
func (r *runner) finish() error {
	if !r.busy {
		return nil
	}
	r.busy = false
	if r.plan.Ruled {
		return r.steps.finish()
	}
	for _, g := range r.ctx.Events.Take() { // the statement failed
		g.Close()
	}
	defer r.memory.Detach()
	return r.tree.Close()
}

// pull returns the next non-empty batch of r, nil at the end, where it does what the statement set off.
func (r *runner) pull(ctx context.Context) (*vec.Batch, error) {
	if r.plan.Ruled {
		return r.pullSteps(ctx)
	}
	for {
		b, err := r.tree.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Len == 0 {
			if r.ended = true; len(r.ctx.Events.Groups) > 0 {
				if r.more != nil {
					r.more.Groups = append(r.more.Groups, r.ctx.Events.Take()...)
					return nil, nil
				}
				return nil, r.s.fireEvents(ctx, &r.ctx.Events)
			}
			return nil, nil
		}
		if b.Rows() > 0 {
			return b, nil
		}
	}
}

// tag is the command tag of a finished execution that sent rows rows.
func (r *runner) tag(rows int64) Tag {
	if r.plan.Kind == "SELECT" {
		return Tag{Command: "SELECT", Rows: rows}
	}
	return Tag{Command: r.plan.Kind, Rows: r.ctx.Affected}
}

// runPlan executes p's plan to its end and sends rows to emit.
func (s *Session) runPlan(ctx context.Context, p *prepared, params []types.Datum, emit func(*vec.Batch) error) (t Tag, err error) {
	r, err := s.open(ctx, p, params)
	if err != nil {
		return Tag{}, err
	}
	rows := int64(0)
	for {
		b, err := r.pull(ctx)
		if err != nil {
			r.finish()
			return Tag{}, err
		}
		if b == nil {
			break
		}
		rows += int64(b.Rows())
		if err := emit(b); err != nil {
			r.finish()
			return Tag{}, err
		}
	}
	t = r.tag(rows)
	return t, r.finish()
}
