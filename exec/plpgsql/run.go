package plpgsql

import (
	"context"
	"errors"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
	lang "github.com/lightsql/lightsql/sql/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// cancelSteps is how many statements run between looks whether the call was cancelled.
const cancelSteps = 64

// run runs a list of statements.
func (fr *frame) run(ctx context.Context, list []lang.Stmt) (flow, error) {
	outer := fr.stmt
	for _, s := range list {
		fr.stmt = s
		if fr.steps++; fr.steps%cancelSteps == 0 {
			if err := ctx.Err(); err != nil {
				return flowNext, fr.locate(err)
			}
		}
		fl, err := fr.step(ctx, s)
		if err != nil {
			return flowNext, fr.locate(err)
		}
		if fl != flowNext {
			return fl, nil
		}
	}
	fr.stmt = outer
	return flowNext, nil
}

// step runs one statement.
func (fr *frame) step(ctx context.Context, s lang.Stmt) (flow, error) {
	switch s := s.(type) {
	case *lang.Assign:
		return flowNext, fr.assignStmt(ctx, s.Expr)
	case *lang.If:
		return fr.ifStmt(ctx, s)
	case *lang.Loop:
		return fr.loop(ctx, s)
	case *lang.ForInt:
		return fr.forInt(ctx, s)
	case *lang.ForQuery:
		return fr.forQuery(ctx, s)
	case *lang.ForCursor:
		return fr.forCursor(ctx, s)
	case *lang.ForEach:
		return fr.forEach(ctx, s)
	case *lang.Case:
		return fr.caseStmt(ctx, s)
	case *lang.Block:
		return fr.block(ctx, s)
	case *lang.Exit:
		return fr.exit(ctx, s)
	case *lang.Return:
		return fr.returnStmt(ctx, s)
	case *lang.SQL:
		return flowNext, fr.sql(ctx, s)
	case *lang.Null:
		return flowNext, nil
	}
	return flowNext, fr.command(ctx, s)
}

// command runs the statements after which the next one always follows.
func (fr *frame) command(ctx context.Context, s lang.Stmt) error {
	switch s := s.(type) {
	case *lang.ReturnNext:
		return fr.returnNext(ctx, s)
	case *lang.ReturnQuery:
		return fr.returnQuery(ctx, s)
	case *lang.Raise:
		return fr.raise(ctx, s)
	case *lang.Assert:
		return fr.assert(ctx, s)
	case *lang.Execute:
		return fr.execute(ctx, s)
	case *lang.Diagnostics:
		return fr.diagnostics(ctx, s)
	case *lang.Open:
		return fr.open(ctx, s)
	case *lang.Fetch:
		return fr.fetch(ctx, s)
	case *lang.Close:
		return fr.closeCursor(s)
	case *lang.Call:
		return fr.callStmt(ctx, s)
	case *lang.Transaction:
		return fr.transaction(ctx, s)
	}
	return pgerr.New(pgerr.InternalError, "unrecognized cmd_type")
}

// ends reports what the end of a loop's body means for the loop: to leave it, and how it itself ended.
func (fr *frame) ends(fl flow, label string) (leave bool, out flow) {
	switch fl {
	case flowExit:
		if fr.label == "" || fr.label == label {
			fr.label = ""
			return true, flowNext
		}
		return true, flowExit
	case flowContinue:
		if fr.label == "" || fr.label == label {
			fr.label = ""
			return false, flowNext
		}
		return true, flowContinue
	case flowReturn:
		return true, flowReturn
	}
	return false, flowNext
}

func (fr *frame) ifStmt(ctx context.Context, s *lang.If) (flow, error) {
	for i, e := range s.Conds {
		ok, err := fr.condition(ctx, e)
		if err != nil {
			return flowNext, err
		}
		if ok {
			return fr.run(ctx, s.Bodies[i])
		}
	}
	return fr.run(ctx, s.Else)
}

func (fr *frame) caseStmt(ctx context.Context, s *lang.Case) (flow, error) {
	if s.Operand != nil {
		d, t, err := fr.value(ctx, s.Operand, types.T{})
		if err != nil {
			return flowNext, err
		}
		if v := fr.c.f.Vars[s.Var]; v.Type.T != t {
			v.Type.T = t
			for _, e := range s.Conds {
				fr.c.exprs[e.ID].bound = false
			}
		}
		fr.vals[s.Var] = d
		defer func() { fr.vals[s.Var] = types.Null }()
	}
	for i, e := range s.Conds {
		ok, err := fr.condition(ctx, e)
		if err != nil {
			return flowNext, err
		}
		if ok {
			return fr.run(ctx, s.Bodies[i])
		}
	}
	if !s.HasElse {
		return flowNext, pgerr.New(pgerr.CaseNotFound, "case not found").WithHint("CASE statement is missing ELSE part.")
	}
	return fr.run(ctx, s.Else)
}

func (fr *frame) loop(ctx context.Context, s *lang.Loop) (flow, error) {
	for {
		if s.Cond != nil {
			ok, err := fr.condition(ctx, s.Cond)
			if err != nil || !ok {
				return flowNext, err
			}
		}
		if len(s.Body) == 0 {
			if err := ctx.Err(); err != nil {
				return flowNext, err
			}
		}
		fl, err := fr.run(ctx, s.Body)
		if err != nil {
			return flowNext, err
		}
		if leave, out := fr.ends(fl, s.Label); leave {
			return out, nil
		}
		fr.stmt = s
	}
}

func (fr *frame) exit(ctx context.Context, s *lang.Exit) (flow, error) {
	if s.Cond != nil {
		ok, err := fr.condition(ctx, s.Cond)
		if err != nil || !ok {
			return flowNext, err
		}
	}
	fr.label = s.Label
	if s.Continue {
		return flowContinue, nil
	}
	return flowExit, nil
}

func (fr *frame) forInt(ctx context.Context, s *lang.ForInt) (flow, error) {
	bound := func(e *lang.Expr, what string) (int64, error) {
		v, null, err := fr.integer(ctx, e)
		if err == nil && null {
			err = pgerr.New(pgerr.NullValueNotAllowed, "%s of FOR loop cannot be null", what)
		}
		return v, err
	}
	from, err := bound(s.From, "lower bound")
	if err != nil {
		return flowNext, err
	}
	to, err := bound(s.To, "upper bound")
	if err != nil {
		return flowNext, err
	}
	by := int64(1)
	if s.By != nil {
		if by, err = bound(s.By, "BY value"); err != nil {
			return flowNext, err
		}
		if by <= 0 {
			return flowNext, pgerr.New(pgerr.InvalidParameterValue, "BY value of FOR loop must be greater than zero")
		}
	}
	found := false
	out := flowNext
	for i := from; !s.Reverse && i <= to || s.Reverse && i >= to; {
		found = true
		fr.vals[s.Var] = types.NewInt(i)
		fl, err := fr.run(ctx, s.Body)
		if err != nil {
			return flowNext, err
		}
		var leave bool
		if leave, out = fr.ends(fl, s.Label); leave {
			break
		}
		fr.stmt = s
		if len(s.Body) == 0 {
			if err := ctx.Err(); err != nil {
				return flowNext, err
			}
		}
		if s.Reverse {
			i -= by
		} else {
			i += by
		}
		if i != int64(int32(i)) {
			break
		}
	}
	fr.setFound(found)
	return out, nil
}

func (fr *frame) setFound(found bool) { fr.vals[fr.c.f.Found] = types.NewBool(found) }

func (fr *frame) forEach(ctx context.Context, s *lang.ForEach) (flow, error) {
	d, t, err := fr.value(ctx, s.Array, types.T{})
	if err != nil {
		return flowNext, err
	}
	if d.IsNull() {
		return flowNext, pgerr.New(pgerr.NullValueNotAllowed, "FOREACH expression must not be null")
	}
	elem := types.ElemOf(fr.h.BindOptions("").Reader.BaseType(t).OID)
	a := d.Array()
	if elem == 0 || a == nil {
		return flowNext, pgerr.New(pgerr.DatatypeMismatch, "FOREACH expression must yield an array, not type %s", fr.h.TypeName(t))
	}
	if s.Slice > len(a.Dims) {
		return flowNext, pgerr.New(pgerr.ArraySubscriptError, "slice dimension (%d) is out of the valid range 0..%d", s.Slice, len(a.Dims))
	}
	target := fr.c.f.Vars[s.Target]
	isArray := target.Kind == lang.Scalar && types.ElemOf(fr.h.BindOptions("").Reader.BaseType(target.Type.T).OID) != 0
	if s.Slice > 0 && !isArray {
		return flowNext, pgerr.New(pgerr.DatatypeMismatch, "FOREACH ... SLICE loop variable must be of an array type")
	}
	if s.Slice == 0 && isArray {
		return flowNext, pgerr.New(pgerr.DatatypeMismatch, "FOREACH loop variable must not be of an array type")
	}
	size := 1
	for _, dim := range a.Dims[len(a.Dims)-s.Slice:] {
		size *= dim.Len
	}
	found := false
	out := flowNext
	for at := 0; at+size <= len(a.Elems); at += size {
		found = true
		x, xt := a.Elems[at], types.Of(elem)
		if s.Slice > 0 {
			x, xt = types.NewRef(&types.Array{Elem: a.Elem, Elems: a.Elems[at : at+size], Dims: a.Dims[len(a.Dims)-s.Slice:]}), t
		}
		if err := fr.assign(ctx, s.Target, x, xt); err != nil {
			return flowNext, err
		}
		fl, err := fr.run(ctx, s.Body)
		if err != nil {
			return flowNext, err
		}
		var leave bool
		if leave, out = fr.ends(fl, s.Label); leave {
			break
		}
		fr.stmt = s
	}
	fr.setFound(found)
	return out, nil
}

// block runs a block with its declarations and handlers.
func (fr *frame) block(ctx context.Context, b *lang.Block) (flow, error) {
	outer := fr.stmt
	if fr.stmt == nil {
		fr.stmt = b
	}
	for _, n := range b.Init {
		v := fr.c.f.Vars[n]
		fr.vals[n] = types.Null
		fr.doing, fr.line = "during statement block local variable initialization", v.Line
		if err := fr.initialise(ctx, n, v); err != nil {
			err = fr.locate(err)
			fr.doing, fr.line = "", 0
			return flowNext, err
		}
	}
	fr.doing, fr.line, fr.stmt = "", 0, b
	var fl flow
	var err error
	if b.Handlers == nil {
		fl, err = fr.run(ctx, b.Body)
	} else {
		fl, err = fr.protected(ctx, b)
	}
	if err != nil {
		return flowNext, err
	}
	fr.stmt = outer
	if fl == flowExit && fr.label != "" && fr.label == b.Label {
		fr.label = ""
		return flowNext, nil
	}
	return fl, nil
}

// initialise gives a variable its first value.
func (fr *frame) initialise(ctx context.Context, n int, v *lang.Var) error {
	if v.Cursor != nil {
		return fr.store(n, types.NewStr(v.Name))
	}
	if v.Default == nil {
		if types.IsDomain(v.Type.T.OID) {
			d, err := fr.convert(ctx, types.Null, types.Of(types.UnknownOID), v.Type.T)
			fr.vals[n] = d
			return err
		}
		return nil
	}
	if v.Kind == lang.Scalar {
		d, _, err := fr.value(ctx, v.Default, v.Type.T)
		if err != nil {
			return err
		}
		return fr.store(n, d)
	}
	d, t, err := fr.value(ctx, v.Default, types.T{})
	if err != nil {
		return err
	}
	return fr.assign(ctx, n, d, t)
}

// protected runs a block with handlers, in a subtransaction.
func (fr *frame) protected(ctx context.Context, b *lang.Block) (flow, error) {
	fr.doing = "during statement block entry"
	sub, err := fr.h.Begin(ctx)
	if err != nil {
		return flowNext, err
	}
	fr.doing = ""
	fr.subs++
	fl, err := fr.run(ctx, b.Body)
	fr.subs--
	if err == nil {
		fr.h.Release(sub)
		return fl, nil
	}
	err = fr.locate(err)
	fr.doing, fr.line = "", 0
	fr.h.RollbackTo(sub)
	var e *pgerr.Error
	if cancelled := ctx.Err(); cancelled != nil { // whatever it met first
		return flowNext, cancelled
	}
	if !errors.As(err, &e) {
		return flowNext, err
	}
	for _, h := range b.Handlers {
		if !handles(h, e.Code) {
			continue
		}
		outer, context := fr.caught, fr.context
		fr.caught, fr.context = e, fr.fullContext(e)
		fr.vals[b.State], fr.vals[b.Message] = types.NewStr(string(e.Code)), types.NewStr(e.Message)
		fl, err := fr.run(ctx, h.Body)
		fr.caught, fr.context = outer, context
		return fl, err
	}
	return flowNext, err
}

// fullContext is the context of an error that this frame caught: its own, and that of the callers.
func (fr *frame) fullContext(e *pgerr.Error) string {
	out := e.Where
	if outer := fr.h.Stack().Below(fr.level); outer != "" {
		out += "\n" + outer
	}
	return out
}

// handles reports whether a handler is for errors of that code. OTHERS leaves out a cancel and a failed assertion.
func handles(h *lang.Handler, code pgerr.Code) bool {
	if h.Others && code != pgerr.QueryCanceled && code != pgerr.AssertFailure {
		return true
	}
	for _, c := range h.Codes {
		if c == code || strings.HasSuffix(string(c), "000") && c[:2] == code[:2] {
			return true
		}
	}
	return false
}
