package plpgsql

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	lang "github.com/lightsql/lightsql/sql/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// prepare makes sure that e is bound for the frame's variables. want is the type that its value is converted to, of OID 0 for none.
func (fr *frame) prepare(e *lang.Expr, want types.T) (*boundExpr, error) {
	b := &fr.c.exprs[e.ID]
	version, settings := fr.h.Generation()
	if b.bound && b.catalog == version && b.want == want && b.settings == settings && (b.shapes == nil || fr.fits(b.shapes)) {
		return b, nil
	}
	if !b.parsed {
		stmt, err := lang.Query(e)
		if err != nil {
			return nil, fr.inQuery(err, e)
		}
		b.stmt, b.parsed = stmt, true
	}
	sc := &scope{fr: fr, names: e.Names}
	simple, err := fr.bindExpr(b, e, sc, want)
	if err != nil {
		b.bound = false
		return nil, fr.inQuery(err, e)
	}
	b.bound, b.catalog, b.settings, b.want, b.progs = true, version, settings, want, nil
	b.shapes, b.vars, b.simple = sc.shapes, sc, simple
	if !simple {
		b.query = &Query{Text: e.Text, Stmt: b.stmt, Vars: sc}
	}
	return b, nil
}

// bindExpr binds e if it needs no plan.
func (fr *frame) bindExpr(b *boundExpr, e *lang.Expr, sc *scope, want types.T) (simple bool, err error) {
	b.e, b.query, b.fast = nil, nil, nil
	target := simpleTarget(b.stmt)
	if target == nil || e.Statement {
		return false, nil
	}
	o := fr.h.BindOptions(e.Text)
	o.Variables = sc
	x, simple, err := bind.Value(target, want, o)
	if err != nil || !simple {
		return false, err
	}
	b.e, b.t = x, x.Type()
	switch x.(type) {
	case *expr.Call, *expr.Not:
		b.fast = scalarOf(x)
	}
	return true, nil
}

// simpleTarget is the expression of a SELECT that consists of just one.
func simpleTarget(stmt ast.Stmt) ast.Expr {
	sel, ok := stmt.(*ast.SelectStmt)
	if !ok || len(sel.TargetList) != 1 || sel.Distinct || sel.Into != nil || sel.From != nil || sel.Where != nil || sel.GroupBy != nil ||
		sel.Having != nil || sel.Window != nil || sel.Values != nil || sel.Sort != nil || sel.LimitCount != nil || sel.LimitOffset != nil ||
		sel.Locking != nil || sel.With != nil || sel.Op != ast.SetOpNone {
		return nil
	}
	return sel.TargetList[0].Val
}

// value computes an expression. Its type is want, or if that has OID 0, what is returned.
func (fr *frame) value(ctx context.Context, e *lang.Expr, want types.T) (types.Datum, types.T, error) {
	b, err := fr.prepare(e, want)
	if err != nil {
		return types.Null, want, err
	}
	if !b.simple {
		return fr.queryValue(ctx, b, e, want)
	}
	if b.fast != nil {
		if d, ok := b.fast(fr.vals); ok {
			return d, b.t, nil
		}
	}
	switch x := b.e.(type) {
	case *expr.Const:
		return x.D, x.T, nil
	case *expr.Param:
		return fr.vals[x.N-1], x.T, nil
	}
	var p *expr.Prog
	if n := len(b.progs); n > 0 {
		p, b.progs = b.progs[n-1], b.progs[:n-1]
	} else if p, err = expr.Compile(b.e); err != nil {
		return types.Null, want, err
	}
	t := b.t
	d, err := p.Value(fr.exprContext(ctx))
	b.progs = append(b.progs, p)
	if err != nil {
		if ctx.Err() == nil && constant(p.Expr()) {
			err = fr.inQuery(err, e)
		}
		return types.Null, want, err
	}
	return d, t, nil
}

// constant reports whether PostgreSQL would compute an expression when it plans it.
func constant(e expr.Expr) bool {
	ok := expr.VolatilityOf(e) == expr.Immutable
	if x, io := e.(*expr.CoerceIO); io {
		_, literal := x.Arg.(*expr.Const)
		ok = ok && !literal // the conversion to the variable's type is not part of the expression
	}
	expr.Walk(e, func(x expr.Expr) bool {
		if _, param := x.(*expr.Param); param {
			ok = false
		}
		return ok
	})
	return ok
}

// exprContext is what the frame's expressions are computed in.
func (fr *frame) exprContext(ctx context.Context) *expr.Ctx {
	if fr.expr == nil {
		fr.expr = fr.h.ExprContext(ctx)
	}
	fr.expr.Context, fr.expr.Params = ctx, fr.vals
	return fr.expr
}

// queryValue computes an expression that needs a plan.
func (fr *frame) queryValue(ctx context.Context, b *boundExpr, e *lang.Expr, want types.T) (types.Datum, types.T, error) {
	b.vars.fr = fr
	var got types.Datum
	rows := 0
	pop := fr.pushSQL(e)
	_, err := fr.h.Run(ctx, fr.mode, b.query, fr.vals, func(row []types.Datum) (bool, error) {
		if rows++; rows == 1 && len(row) == 1 {
			got = row[0]
		}
		return rows < 2, nil
	})
	pop()
	if err != nil {
		return types.Null, want, fr.inQuery(err, e)
	}
	cols := b.query.Columns
	if cols == nil {
		return types.Null, want, pgerr.New(pgerr.WrongObjectType, "query did not return data").WithWhere("query: %s", e.Text)
	}
	if len(cols) != 1 {
		return types.Null, want, pgerr.New(pgerr.SyntaxError, "query returned %d columns", len(cols)).WithWhere("query: %s", e.Text)
	}
	if rows > 1 {
		return types.Null, want, pgerr.New(pgerr.CardinalityViolation, "query returned more than one row").WithWhere("query: %s", e.Text)
	}
	t := cols[0].Type
	if want.OID == 0 || want == t {
		return got, t, nil
	}
	got, err = fr.convert(ctx, got, t, want)
	return got, want, err
}

// condition computes a boolean expression; NULL is false.
func (fr *frame) condition(ctx context.Context, e *lang.Expr) (bool, error) {
	d, _, err := fr.value(ctx, e, types.Of(types.BoolOID))
	return err == nil && !d.IsNull() && d.Bool(), err
}

// integer computes an integer expression.
func (fr *frame) integer(ctx context.Context, e *lang.Expr) (v int64, null bool, err error) {
	d, _, err := fr.value(ctx, e, types.Of(types.Int4OID))
	return d.Int(), d.IsNull(), err
}

type castKey struct{ from, to types.T }

// cast converts values of one type to another.
type cast struct {
	same bool
	e    expr.Expr
	free []*expr.Prog
}

// convert converts a value by assignment.
func (fr *frame) convert(ctx context.Context, d types.Datum, from, to types.T) (types.Datum, error) {
	if from.OID == to.OID && (to.Mod == -1 || from.Mod == to.Mod) {
		return d, nil
	}
	if d.IsNull() && !types.IsDomain(to.OID) {
		return d, nil
	}
	if to.OID == types.RecordOID && d.Record() != nil {
		return d, nil
	}
	if from.OID == types.UnknownOID {
		from = types.Of(types.TextOID)
	}
	k := castKey{from, to}
	c := fr.c.casts[k]
	if c == nil {
		if from.OID == types.RecordOID || from.OID == 0 {
			return fr.convertRecord(ctx, d, to)
		}
		x, err := bind.Conversion(&expr.Param{N: 1, T: from}, to, fr.h.BindOptions(""))
		if err != nil {
			return types.Null, err
		}
		_, same := x.(*expr.Param)
		c = &cast{e: x, same: same}
		fr.c.casts[k] = c
	}
	if c.same {
		return d, nil
	}
	var p *expr.Prog
	var err error
	if n := len(c.free); n > 0 {
		p, c.free = c.free[n-1], c.free[:n-1]
	} else if p, err = expr.Compile(c.e); err != nil {
		return types.Null, err
	}
	x := *fr.exprContext(ctx)
	x.Params = []types.Datum{d}
	d, err = p.Value(&x)
	c.free = append(c.free, p)
	return d, err
}

// convertRecord converts an anonymous row to a row type, field by field.
func (fr *frame) convertRecord(ctx context.Context, d types.Datum, to types.T) (types.Datum, error) {
	r := d.Record()
	names, ts, ok := fr.rowType(to)
	if r == nil || !ok {
		return types.Null, pgerr.New(pgerr.DatatypeMismatch, "cannot cast type record to %s", fr.h.TypeName(to))
	}
	return fr.buildRow(ctx, r.Fields, r.Types, to, names, ts)
}

// rowType lists the columns of a row type.
func (fr *frame) rowType(t types.T) (names []string, ts []types.T, ok bool) {
	o := fr.h.BindOptions("")
	rel, ok := o.Reader.RowType(o.Reader.BaseType(t).OID)
	if !ok {
		return nil, nil, false
	}
	for _, c := range catalog.ColumnsOf(rel) {
		names, ts = append(names, c.Name), append(ts, c.Type)
	}
	return names, ts, true
}

// buildRow makes a row of a row type of values, which are converted; missing ones are NULL, and superfluous ones are dropped.
func (fr *frame) buildRow(ctx context.Context, row []types.Datum, from []types.T, to types.T, names []string, ts []types.T) (types.Datum, error) {
	rec := &types.Record{Type: to.OID, Types: ts, Names: names, Fields: make([]types.Datum, len(ts))}
	for i := range ts {
		d, t := types.Null, types.Of(types.UnknownOID)
		if i < len(row) {
			d, t = row[i], from[i]
		}
		var err error
		if rec.Fields[i], err = fr.convert(ctx, d, t, ts[i]); err != nil {
			return types.Null, err
		}
	}
	return types.NewRef(rec), nil
}
