package plpgsql

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	lang "github.com/lightsql/lightsql/sql/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// queryOf is the statement of an expression, for the frame's variables.
func (fr *frame) queryOf(e *lang.Expr) (*Query, error) {
	b, err := fr.prepare(e, types.T{})
	if err != nil {
		return nil, err
	}
	b.vars.fr = fr
	if b.query == nil {
		b.query = &Query{Text: e.Text, Stmt: b.stmt, Vars: b.vars}
	}
	return b.query, nil
}

// refused says why a statement cannot run in a function, nil if it can.
func refused(stmt ast.Stmt) error {
	switch x := stmt.(type) {
	case *ast.CopyStmt:
		if x.Filename == "" {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot COPY to/from client in PL/pgSQL")
		}
	case *ast.TransactionStmt:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "unsupported transaction command in PL/pgSQL")
	}
	return nil
}

// into collects up to two rows for a target.
type into struct {
	rows [][]types.Datum
	max  int
}

func (in *into) add(row []types.Datum) (bool, error) {
	in.rows = append(in.rows, row)
	return len(in.rows) < in.max, nil
}

// sql runs an SQL statement or PERFORM.
func (fr *frame) sql(ctx context.Context, s *lang.SQL) error {
	q, err := fr.queryOf(s.Query)
	if err != nil {
		return err
	}
	if err := refused(q.Stmt); err != nil {
		return err
	}
	in := into{max: 2}
	row := in.add
	if s.Into < 0 {
		row = nil
	} else if _, sel := q.Stmt.(*ast.SelectStmt); sel && !s.Strict {
		in.max = 1
	}
	pop := fr.pushSQL(s.Query)
	r, err := fr.h.Run(ctx, fr.mode, q, fr.vals, row)
	pop()
	if err != nil {
		return fr.inQuery(err, s.Query)
	}
	if s.Into >= 0 {
		r.Rows = max(r.Rows, int64(len(in.rows)))
	}
	if modifies(r.Tag) {
		fr.setFound(r.Rows > 0)
	}
	fr.count = r.Rows
	if s.Into >= 0 {
		if q.Columns == nil {
			return pgerr.New(pgerr.SyntaxError, "INTO used with a command that cannot return data")
		}
		return fr.intoRow(ctx, s.Into, s.Strict, in, q, nil)
	}
	if q.Columns != nil && !s.Perform {
		err := pgerr.New(pgerr.SyntaxError, "query has no destination for result data")
		if r.Tag == "SELECT" {
			err.WithHint("If you want to discard the results of a SELECT, use PERFORM instead.")
		}
		return err
	}
	return nil
}

// modifies reports whether a statement with that tag sets FOUND.
func modifies(tag string) bool {
	switch tag {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE":
		return true
	}
	return false
}

// intoRow puts the row of a statement into its target.
func (fr *frame) intoRow(ctx context.Context, target int, strict bool, in into, q *Query, using []types.Datum) error {
	ts, names := columnsOf(q.Columns)
	switch {
	case len(in.rows) == 0 && strict:
		return fr.strictError(pgerr.New(pgerr.NoDataFound, "query returned no rows"), q, using)
	case len(in.rows) == 0:
		return fr.assignRow(ctx, target, nil, ts, names)
	case len(in.rows) > 1 && in.max > 1:
		return fr.strictError(pgerr.New(pgerr.TooManyRows, "query returned more than one row"), q, using).
			WithHint("Make sure the query returns a single row, or use LIMIT 1.")
	}
	if err := fr.checkCounts(target, len(ts)); err != nil {
		return err
	}
	return fr.assignRow(ctx, target, in.rows[0], ts, names)
}

func columnsOf(cols []Column) (ts []types.T, names []string) {
	for _, c := range cols {
		ts, names = append(ts, c.Type), append(names, c.Name)
	}
	return ts, names
}

// text is the text of the query of a dynamic statement.
func (fr *frame) text(ctx context.Context, e *lang.Expr) (string, error) {
	d, t, err := fr.value(ctx, e, types.T{})
	if err != nil {
		return "", err
	}
	if d.IsNull() {
		return "", pgerr.New(pgerr.NullValueNotAllowed, "query string argument of EXECUTE is null")
	}
	return fr.format(d, t), nil
}

// format is a value as text.
func (fr *frame) format(d types.Datum, t types.T) string {
	return types.Text(t, d, fr.exprContext(fr.ctx).Types)
}

// using computes the values of USING.
func (fr *frame) using(ctx context.Context, list []*lang.Expr) (vals []types.Datum, ts []types.T, err error) {
	for _, e := range list {
		d, t, err := fr.value(ctx, e, types.T{})
		if err != nil {
			return nil, nil, err
		}
		if t.OID == types.UnknownOID {
			t = types.Of(types.TextOID)
		}
		vals, ts = append(vals, d), append(ts, t)
	}
	return vals, ts, nil
}

// dynamic makes the one statement of a dynamic query.
func (fr *frame) dynamic(ctx context.Context, e *lang.Expr, using []*lang.Expr) (*Query, []types.Datum, error) {
	text, err := fr.text(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	vals, ts, err := fr.using(ctx, using)
	if err != nil {
		return nil, nil, err
	}
	stmts, err := parser.Parse(text)
	if err != nil {
		return nil, nil, inText(err, text, statementLine(text))
	}
	if len(stmts) != 1 {
		return nil, nil, pgerr.New(pgerr.InvalidCursorDefinition, "cannot open multi-query plan as cursor")
	}
	return &Query{Text: text, Stmt: stmts[0].Stmt, Types: ts}, vals, nil
}

func statementLine(text string) string { return "SQL statement \"" + text + "\"" }

// execute runs EXECUTE.
func (fr *frame) execute(ctx context.Context, s *lang.Execute) error {
	text, err := fr.text(ctx, s.Query)
	if err != nil {
		return err
	}
	vals, ts, err := fr.using(ctx, s.Using)
	if err != nil {
		return err
	}
	stmts, err := parser.Parse(text)
	if err != nil {
		return inText(err, text, statementLine(text))
	}
	in := into{max: 2}
	if !s.Strict {
		in.max = 1
	}
	var q *Query
	var r Result
	for i := range stmts {
		q = &Query{Text: text, Stmt: stmts[i].Stmt, Types: ts}
		if err := refusedExecute(q.Stmt); err != nil {
			return err
		}
		row := in.add
		if s.Into < 0 {
			row = nil
		}
		in.rows = nil
		pop := fr.h.Stack().Push(func() string { return statementLine(text) })
		r, err = fr.h.Run(ctx, fr.mode, q, vals, row)
		pop()
		if err != nil {
			return inText(fr.h.Fail(ctx, err), text, statementLine(text))
		}
	}
	fr.count = max(r.Rows, int64(len(in.rows)))
	if s.Into < 0 {
		return nil
	}
	if q == nil || q.Columns == nil {
		return pgerr.New(pgerr.SyntaxError, "INTO used with a command that cannot return data")
	}
	return fr.intoRow(ctx, s.Into, s.Strict, in, q, vals)
}

// refusedExecute says why EXECUTE cannot run a statement.
func refusedExecute(stmt ast.Stmt) error {
	switch x := stmt.(type) {
	case *ast.SelectStmt:
		for x.Left != nil {
			x = x.Left
		}
		if x.Into != nil {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "EXECUTE of SELECT ... INTO is not implemented").
				WithHint("You might want to use EXECUTE ... INTO or EXECUTE CREATE TABLE ... AS instead.")
		}
	case *ast.TransactionStmt:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "EXECUTE of transaction commands is not implemented")
	}
	return refused(stmt)
}

// forQuery runs FOR over a query.
func (fr *frame) forQuery(ctx context.Context, s *lang.ForQuery) (flow, error) {
	var q *Query
	var err error
	vals := fr.vals
	if s.Dynamic {
		q, vals, err = fr.dynamic(ctx, s.Query, s.Using)
	} else if q, err = fr.queryOf(s.Query); err == nil {
		q = &Query{Text: q.Text, Stmt: q.Stmt, Vars: q.Vars, State: q.State}
		vals = slices.Clone(vals)
	}
	if err != nil {
		return flowNext, err
	}
	pop := fr.h.Stack().Push(func() string { return statementLine(q.Text) })
	rows, err := fr.h.Open(ctx, fr.mode, q, vals)
	pop()
	if !s.Dynamic {
		fr.c.exprs[s.Query.ID].keep(q)
	}
	if err != nil {
		return flowNext, inText(fr.h.Fail(ctx, err), q.Text, statementLine(q.Text))
	}
	defer rows.Close()
	ts, names := columnsOf(q.Columns)
	return fr.rowLoop(ctx, s, s.Target, s.Label, s.Body, ts, names, rows.Next)
}

// keep remembers the plan that a copy of the expression's query got.
func (b *boundExpr) keep(q *Query) {
	if b.query != nil {
		b.query.State, b.query.Columns = q.State, q.Columns
	}
}

// rowLoop runs the body of a loop for each row.
func (fr *frame) rowLoop(ctx context.Context, s lang.Stmt, target int, label string, body []lang.Stmt, ts []types.T, names []string,
	next func(context.Context) ([]types.Datum, error)) (flow, error) {
	found := false
	out := flowNext
	for {
		if err := ctx.Err(); err != nil {
			return flowNext, err
		}
		row, err := next(ctx)
		if err != nil {
			return flowNext, err
		}
		if row == nil {
			break
		}
		found = true
		if err := fr.checkCounts(target, len(ts)); err != nil {
			return flowNext, err
		}
		if err := fr.assignRow(ctx, target, row, ts, names); err != nil {
			return flowNext, err
		}
		fl, err := fr.run(ctx, body)
		if err != nil {
			return flowNext, err
		}
		var leave bool
		if leave, out = fr.ends(fl, label); leave {
			break
		}
		fr.stmt = s
	}
	if !found {
		if err := fr.assignRow(ctx, target, nil, ts, names); err != nil {
			return flowNext, err
		}
	}
	fr.setFound(found)
	return out, nil
}

// returnStmt runs RETURN.
func (fr *frame) returnStmt(ctx context.Context, s *lang.Return) (flow, error) {
	switch {
	case s.Expr != nil:
		want := types.T{}
		if !fr.c.composite && !fr.c.set && fr.c.ret.OID != types.VoidOID {
			want = fr.c.ret
		}
		d, t, err := fr.value(ctx, s.Expr, want)
		if err != nil {
			return flowNext, err
		}
		if fr.c.composite && d.Record() == nil && !d.IsNull() {
			return flowNext, pgerr.New(pgerr.DatatypeMismatch, "cannot return non-composite value from function returning composite type")
		}
		fr.ret, fr.retType = d, t
	case s.Var >= 0:
		if err := fr.returnVar(s.Var); err != nil {
			return flowNext, err
		}
	}
	return flowReturn, nil
}

// returnVar makes a variable the result.
func (fr *frame) returnVar(n int) error {
	v := fr.c.f.Vars[n]
	if v.Kind != lang.List {
		fr.ret, fr.retType = fr.vals[n], v.Type.T
		if fr.c.composite && v.Kind == lang.Scalar && !fr.ret.IsNull() && fr.ret.Record() == nil {
			return pgerr.New(pgerr.DatatypeMismatch, "cannot return non-composite value from function returning composite type")
		}
		return nil
	}
	row, ts := fr.listRow(v)
	fr.ret, fr.retType = types.NewRef(&types.Record{Types: ts, Names: v.Names, Fields: row}), types.Of(types.RecordOID)
	return nil
}

// listRow is the values of a list of variables.
func (fr *frame) listRow(v *lang.Var) (row []types.Datum, ts []types.T) {
	for _, m := range v.Items {
		row, ts = append(row, fr.vals[m]), append(ts, fr.c.f.Vars[m].Type.T)
	}
	return row, ts
}

// returnNext runs RETURN NEXT.
func (fr *frame) returnNext(ctx context.Context, s *lang.ReturnNext) error {
	c := fr.c
	if s.Var >= 0 && c.f.Vars[s.Var].Kind == lang.List {
		row, _ := fr.listRow(c.f.Vars[s.Var])
		fr.rows = append(fr.rows, row)
		return nil
	}
	var d types.Datum
	var t types.T
	if s.Var >= 0 {
		d, t = fr.vals[s.Var], c.f.Vars[s.Var].Type.T
	} else {
		var err error
		if d, t, err = fr.value(ctx, s.Expr, types.T{}); err != nil {
			return err
		}
	}
	if !c.composite {
		if types.IsComposite(t.OID) && s.Var >= 0 {
			return pgerr.New(pgerr.DatatypeMismatch, "wrong result type supplied in RETURN NEXT")
		}
		d, err := fr.convert(ctx, d, t, c.ret)
		if err != nil {
			return err
		}
		fr.rows = append(fr.rows, []types.Datum{d})
		return nil
	}
	r := d.Record()
	if r == nil && !d.IsNull() {
		if s.Var >= 0 {
			return pgerr.New(pgerr.DatatypeMismatch, "wrong result type supplied in RETURN NEXT")
		}
		return pgerr.New(pgerr.DatatypeMismatch, "cannot return non-composite value from function returning composite type")
	}
	if r == nil {
		if t.OID == types.RecordOID && s.Var >= 0 {
			return errNotAssigned(c.f.Vars[s.Var].Name)
		}
		fr.rows = append(fr.rows, make([]types.Datum, max(1, len(fr.expected()))))
		return nil
	}
	row := r.Fields
	if want := fr.expected(); want != nil {
		var err error
		if row, err = matchRow(fr.h, row, r.Types, want, "wrong record type supplied in RETURN NEXT"); err != nil {
			return err
		}
	}
	fr.rows = append(fr.rows, row)
	return nil
}

// expected are the columns of the rows of a function that returns a set; nil: any.
func (fr *frame) expected() []types.T {
	c := fr.c
	switch {
	case !c.composite:
		return []types.T{c.ret}
	case c.f.Out >= 0 && c.f.Vars[c.f.Out].Kind == lang.List:
		_, ts := fr.listRow(c.f.Vars[c.f.Out])
		return ts
	case c.ret.OID == types.RecordOID:
		return fr.result
	}
	_, ts, _ := fr.rowType(c.ret)
	return ts
}

// returnQuery runs RETURN QUERY.
func (fr *frame) returnQuery(ctx context.Context, s *lang.ReturnQuery) error {
	var q *Query
	var err error
	vals := fr.vals
	if s.Dynamic {
		q, vals, err = fr.dynamic(ctx, s.Query, s.Using)
	} else {
		q, err = fr.queryOf(s.Query)
	}
	if err != nil {
		return err
	}
	n := len(fr.rows)
	pop := fr.h.Stack().Push(func() string { return statementLine(q.Text) })
	_, err = fr.h.Run(ctx, fr.mode, q, vals, func(row []types.Datum) (bool, error) {
		fr.rows = append(fr.rows, row)
		return true, nil
	})
	pop()
	if err != nil {
		return inText(fr.h.Fail(ctx, err), q.Text, statementLine(q.Text))
	}
	if q.Columns == nil {
		return pgerr.New(pgerr.SyntaxError, "query did not return data").WithWhere("query: %s", q.Text)
	}
	if want := fr.expected(); want != nil {
		ts, _ := columnsOf(q.Columns)
		if _, err := matchRow(fr.h, make([]types.Datum, len(ts)), ts, want, "structure of query does not match function result type"); err != nil {
			return err
		}
	}
	fr.count = int64(len(fr.rows) - n)
	fr.setFound(fr.count > 0)
	return nil
}

// callStmt runs CALL and DO.
func (fr *frame) callStmt(ctx context.Context, s *lang.Call) error {
	q, err := fr.queryOf(s.Query)
	if err != nil {
		return err
	}
	in := into{max: 2}
	pop := fr.pushSQL(s.Query)
	_, err = fr.h.Call(ctx, fr.mode, q, fr.vals, in.add)
	pop()
	if err != nil {
		return fr.inQuery(err, s.Query)
	}
	if len(in.rows) == 0 {
		return nil
	}
	targets, err := fr.callTargets(q)
	if err != nil {
		return err
	}
	ts, _ := columnsOf(q.Columns)
	for i, n := range targets {
		if i < len(in.rows[0]) {
			if err := fr.assign(ctx, n, in.rows[0][i], ts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// callTargets are the variables that stand for the output parameters of CALL.
func (fr *frame) callTargets(q *Query) ([]int, error) {
	call, ok := q.Stmt.(*ast.CallStmt)
	if !ok {
		return nil, nil
	}
	modes, names, err := fr.h.Outputs(q)
	if err != nil {
		return nil, err
	}
	sc := q.Vars.(*scope)
	args := map[string]ast.Expr{}
	var positional []ast.Expr
	for _, a := range call.Func.Args {
		if n, ok := a.(*ast.NamedArgExpr); ok {
			args[n.Name] = n.Arg
		} else {
			positional = append(positional, a)
		}
	}
	var targets []int
	for i, out := range modes {
		if !out {
			continue
		}
		var a ast.Expr
		if i < len(positional) {
			a = positional[i]
		} else {
			a = args[names[i]]
		}
		n := -1
		if c, ok := a.(*ast.ColumnRef); ok && !c.Star {
			if v, used, ok := sc.names.Find(c.Names); ok && used == len(c.Names) {
				n = v.Var
			} else if ok && used == len(c.Names)-1 {
				n = fr.fieldTarget(v.Var, c.Names[used])
			}
		}
		if p, ok := a.(*ast.ParamRef); ok && p.Number <= len(fr.c.inputs) {
			n = fr.c.inputs[p.Number-1]
		}
		if n < 0 {
			name := names[i]
			if name != "" {
				return nil, pgerr.New(pgerr.SyntaxError, "procedure parameter \"%s\" is an output parameter but corresponding argument is not writable", name)
			}
			return nil, pgerr.New(pgerr.SyntaxError, "procedure parameter %d is an output parameter but corresponding argument is not writable", i+1)
		}
		if v := fr.c.f.Vars[n]; v.Constant {
			return nil, pgerr.New(pgerr.ErrorInAssignment, "variable \"%s\" is declared CONSTANT", v.Name)
		}
		targets = append(targets, n)
	}
	return targets, nil
}

// fieldTarget is a variable that stands for a field of a record.
func (fr *frame) fieldTarget(record int, field string) int {
	for n, v := range fr.c.f.Vars {
		if v.Kind == lang.Field && v.Record == record && v.Path == field {
			return n
		}
	}
	fr.c.f.Vars = append(fr.c.f.Vars, &lang.Var{Kind: lang.Field, Name: field, Record: record, Path: field})
	fr.vals = append(fr.vals, types.Null)
	return len(fr.c.f.Vars) - 1
}

// transaction runs COMMIT and ROLLBACK.
func (fr *frame) transaction(ctx context.Context, s *lang.Transaction) error {
	if fr.mode.Atomic || fr.subs > 0 {
		if fr.subs > 0 && !fr.mode.Atomic {
			what := "commit"
			if s.Rollback {
				what = "roll back"
			}
			return pgerr.New(pgerr.InvalidTransactionTermination, "cannot %s while a subtransaction is active", what)
		}
		return pgerr.New(pgerr.InvalidTransactionTermination, "invalid transaction termination")
	}
	if s.Rollback {
		return fr.h.Rollback(ctx, s.Chain)
	}
	return fr.h.Commit(ctx, s.Chain)
}
