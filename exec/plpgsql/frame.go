package plpgsql

import (
	"context"
	"strconv"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	lang "github.com/lightsql/lightsql/sql/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// frame is one call of a function.
type frame struct {
	h    Host
	c    *Compiled
	ctx  context.Context
	expr *expr.Ctx
	mode Mode
	vals []types.Datum
	row  *types.Record // Call.Row

	rows    [][]types.Datum // of a function that returns a set
	ret     types.Datum
	retType types.T
	label   string // of EXIT and CONTINUE

	// Where the call is, for the context of errors: the statement, or what else it does.
	stmt  lang.Stmt
	doing string
	line  int // of the variable that is initialised
	// located is the last error that got its context.
	located error
	caught  *pgerr.Error // the error that the innermost handler runs for
	context string       // its whole context
	subs    int          // subtransactions that are open
	result  []types.T    // Call.Result
	count   int64        // ROW_COUNT
	steps   int
	level   int // the frame's line in the stack
}

// flow is how a statement ended.
type flow uint8

const (
	flowNext flow = iota
	flowExit
	flowContinue
	flowReturn
)

// Call is a call of a function.
type Call struct {
	Args []types.Datum
	// NonAtomic: COMMIT and ROLLBACK are allowed.
	NonAtomic bool
	// Result are the columns that the caller expects of a record; nil: unknown.
	Result []types.T
	// Trigger holds the values of TriggerVariables.
	Trigger []types.Datum
	// Row is a row of NULLs of the trigger's relation: what the fields of NEW and OLD are where there is no such row.
	Row *types.Record
}

// Outcome is what a call gave.
type Outcome struct {
	// Value is the result and Type its type; Rows are those of a set. Each has one value, or the fields of a row if Spread.
	Value  types.Datum
	Type   types.T
	Rows   [][]types.Datum
	Spread bool
}

// Run calls a function.
func (c *Compiled) Run(ctx context.Context, h Host, call Call) (out Outcome, err error) {
	if err := ctx.Err(); err != nil { // a recursion may have no loop that would look
		return out, err
	}
	fr := c.frame(h, ctx)
	fr.mode.Atomic, fr.result = !call.NonAtomic, call.Result
	fr.level = h.Stack().Len()
	pop := h.Stack().Push(fr.where)
	defer func() {
		pop()
		c.giveBack(fr)
	}()
	fr.doing = "while storing call arguments into local variables"
	for i, n := range c.inputs {
		if i < len(call.Args) {
			if err := fr.argument(n, call.Args[i]); err != nil {
				return out, fr.locate(err)
			}
		}
	}
	fr.doing = "during function entry"
	fr.vals[c.f.Found] = types.NewBool(false)
	fr.row = call.Row
	for i, d := range call.Trigger {
		fr.vals[len(c.inputs)+i] = d
	}
	fr.doing = ""
	fl, err := fr.block(ctx, c.f.Body)
	if err != nil {
		return out, fr.locate(err)
	}
	fr.stmt, fr.doing = nil, ""
	if fl != flowReturn {
		if err := fr.fellOff(fl); err != nil {
			return out, fr.locate(err)
		}
	}
	fr.doing = "while casting return value to function's return type"
	out, err = fr.outcome(ctx, call)
	if err != nil {
		return out, fr.locate(err)
	}
	return out, nil
}

// frame gives a frame whose variables are NULL.
func (c *Compiled) frame(h Host, ctx context.Context) *frame {
	var fr *frame
	if n := len(c.free); n > 0 {
		fr, c.free = c.free[n-1], c.free[:n-1]
		vals, x := fr.vals, fr.expr
		clear(vals)
		*fr = frame{vals: vals, expr: x}
	} else {
		fr = &frame{vals: make([]types.Datum, len(c.f.Vars))}
	}
	fr.h, fr.c, fr.ctx, fr.mode = h, c, ctx, c.mode
	if fr.expr != nil {
		*fr.expr = *h.ExprContext(ctx)
	}
	return fr
}

func (c *Compiled) giveBack(fr *frame) {
	fr.rows, fr.caught, fr.located = nil, nil, nil
	if len(c.free) < 64 {
		c.free = append(c.free, fr)
	}
}

// argument sets a parameter.
func (fr *frame) argument(n int, d types.Datum) error {
	v := fr.c.f.Vars[n]
	if v.Kind == lang.Record && v.Type.T.OID != types.RecordOID {
		if r := d.Record(); r != nil && r.Type != v.Type.T.OID {
			names, ts, ok := fr.rowType(v.Type.T)
			if ok {
				c := *r
				c.Type, c.Types, c.Names = v.Type.T.OID, ts, names
				d = types.NewRef(&c)
			}
		}
	}
	fr.vals[n] = d
	return nil
}

// fellOff is the end of a function without RETURN.
func (fr *frame) fellOff(fl flow) error {
	c := fr.c
	switch {
	case fl == flowExit:
		return pgerr.New(pgerr.SyntaxError, "control reached end of function without RETURN")
	case c.trigger:
		return pgerr.New(pgerr.FunctionExecutedNoReturnStatement, "control reached end of trigger procedure without RETURN")
	case c.f.Out >= 0 && !c.set:
		return fr.returnVar(c.f.Out)
	case c.set || c.procedure || c.ret.OID == types.VoidOID:
		return nil
	}
	return pgerr.New(pgerr.FunctionExecutedNoReturnStatement, "control reached end of function without RETURN")
}

// where is the frame's line in the context of errors.
func (fr *frame) where() string {
	s := "PL/pgSQL function " + fr.c.signature
	switch {
	case fr.doing != "" && fr.line > 0:
		return s + " line " + strconv.Itoa(fr.line) + " " + fr.doing
	case fr.doing != "" && fr.stmt != nil:
		return s + " line " + strconv.Itoa(fr.stmt.Line()) + " " + fr.doing
	case fr.doing != "":
		return s + " " + fr.doing
	case fr.stmt != nil:
		return s + " line " + strconv.Itoa(fr.stmt.Line()) + " at " + fr.stmt.What()
	}
	return s
}

// locate adds the frame's line to the context of an error, once.
func (fr *frame) locate(err error) error {
	if err == nil || err == fr.located {
		return err
	}
	err = fr.h.Fail(fr.ctx, err)
	e, ok := pgerr.As(err)
	if !ok {
		return err
	}
	c := *e
	c.WithWhere("%s", fr.where())
	fr.located = &c
	return fr.located
}

// pushSQL notes the SQL of an expression or statement in the context.
func (fr *frame) pushSQL(e *lang.Expr) func() {
	return fr.h.Stack().Push(func() string { return sqlLine(e) })
}

func sqlLine(e *lang.Expr) string {
	switch {
	case e.Target != nil:
		return "PL/pgSQL assignment \"" + e.Text + "\""
	case e.Statement:
		return "SQL statement \"" + e.Text + "\""
	}
	return "SQL expression \"" + e.Text + "\""
}

// inQuery gives an error in the text of an expression or statement its place there, or names the text.
func (fr *frame) inQuery(err error, e *lang.Expr) error {
	return inText(fr.h.Fail(fr.ctx, err), e.Text, sqlLine(e))
}

func inText(err error, text, line string) error {
	x, ok := pgerr.As(err)
	if !ok {
		return err
	}
	c := *x
	if c.Position > 0 {
		c.InternalPosition, c.InternalQuery, c.Position = c.Position, text, 0
		return &c
	}
	return c.WithWhere("%s", line)
}

// outcome is the result of a call that ended.
func (fr *frame) outcome(ctx context.Context, call Call) (Outcome, error) {
	c := fr.c
	out := Outcome{Type: c.ret}
	if c.trigger {
		out.Value = fr.ret
		return out, nil
	}
	if c.set {
		out.Rows, out.Spread = fr.rows, c.composite
		return out, nil
	}
	if c.ret.OID == types.VoidOID {
		out.Value = types.NewStr("")
		return out, nil
	}
	if !c.composite {
		d, err := fr.convert(ctx, fr.ret, fr.retType, c.ret)
		out.Value = d
		return out, err
	}
	d := fr.ret
	if !d.IsNull() && d.Record() == nil {
		return out, pgerr.New(pgerr.DatatypeMismatch, "cannot return non-composite value from function returning composite type")
	}
	if r := d.Record(); r != nil && c.ret.OID != types.RecordOID && r.Type != c.ret.OID {
		row, err := fr.resultRow(ctx, r, "returned record type does not match expected record type")
		if err != nil {
			return out, err
		}
		d = row
	}
	if r := d.Record(); r != nil && c.ret.OID == types.RecordOID && call.Result != nil {
		fields, err := matchRow(fr.h, r.Fields, r.Types, call.Result, "returned record type does not match expected record type")
		if err != nil {
			return out, err
		}
		d = types.NewRef(&types.Record{Types: call.Result, Names: r.Names, Fields: fields})
	}
	out.Value = d
	return out, nil
}

// resultRow makes a row of the result's type of another one whose columns have the same types.
func (fr *frame) resultRow(_ context.Context, r *types.Record, message string) (types.Datum, error) {
	names, ts, ok := fr.rowType(fr.c.ret)
	if !ok {
		return types.NewRef(r), nil
	}
	fields, err := matchRow(fr.h, r.Fields, r.Types, ts, message)
	if err != nil {
		return types.Null, err
	}
	return types.NewRef(&types.Record{Type: fr.c.ret.OID, Types: ts, Names: names, Fields: fields}), nil
}

// matchRow checks that a row has columns of these types.
func matchRow(h Host, row []types.Datum, from, to []types.T, message string) ([]types.Datum, error) {
	if len(row) != len(to) {
		return nil, pgerr.New(pgerr.DatatypeMismatch, "%s", message).
			WithDetail("Number of returned columns (%d) does not match expected column count (%d).", len(row), len(to))
	}
	for i := range to {
		if from[i].OID != to[i].OID && !(from[i].OID == types.UnknownOID || from[i].OID == 0) || to[i].Mod >= 0 && from[i].Mod != to[i].Mod && from[i].Mod >= 0 {
			return nil, pgerr.New(pgerr.DatatypeMismatch, "%s", message).
				WithDetail("Returned type %s does not match expected type %s in column %d.", h.TypeName(from[i]), h.TypeName(to[i]), i+1)
		}
	}
	return row, nil
}
