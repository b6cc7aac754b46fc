package bind

import (
	"strings"

	"github.com/lightsql/lightsql/planner/bind/choose"
	"github.com/lightsql/lightsql/planner/bind/coercion"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// untypedParam is a Param node that was bound before its parameter had a type.
type untypedParam struct {
	p   *expr.Param
	pos int
}

// param binds $n.
func (b *binder) param(n, pos int) expr.Expr {
	if b.inline != nil {
		return b.inline.arg(b, n, pos)
	}
	if vars := b.variables(); vars != nil {
		if e := vars.Argument(n); e != nil {
			return e
		}
		b.fail(pgerr.UndefinedParameter, pos, "there is no parameter $%d", n)
	}
	if b.o.NoParams || n <= 0 || n > 65535 || b.o.Body != nil && n > len(b.o.ParamTypes) {
		b.fail(pgerr.UndefinedParameter, pos, "there is no parameter $%d", n)
	}
	for len(b.params) < n {
		b.params = append(b.params, types.T{Mod: -1})
	}
	t := b.params[n-1]
	if t.OID != 0 && t.OID != types.UnknownOID {
		return &expr.Param{N: n, T: t}
	}
	b.params[n-1].OID = types.UnknownOID
	p := &expr.Param{N: n, T: types.Of(types.UnknownOID)}
	b.untyped = append(b.untyped, untypedParam{p, pos})
	return p
}

// typeParam gives an untyped parameter the type that its use asks for.
func (b *binder) typeParam(p *expr.Param, to types.OID, pos int) expr.Expr {
	have := b.params[p.N-1].OID
	if have != types.UnknownOID && have != to {
		b.raise(b.err(pgerr.AmbiguousParameter, pos, "inconsistent types deduced for parameter $%d", p.N).
			WithDetail("%s versus %s", b.typeName(have), b.typeName(to)))
	}
	b.params[p.N-1] = types.Of(to)
	for i := range b.untyped {
		if b.untyped[i].p == p {
			b.untyped = append(b.untyped[:i], b.untyped[i+1:]...)
			break
		}
	}
	return &expr.Param{N: p.N, T: types.Of(to)}
}

// checkParams refuses parameters whose types nothing decided.
func (b *binder) checkParams() {
	for _, u := range b.untyped {
		if b.params[u.p.N-1].OID == types.UnknownOID {
			continue
		}
		b.fail(pgerr.AmbiguousParameter, u.pos, "could not determine data type of parameter $%d", u.p.N)
	}
	for i, t := range b.params {
		if t.OID == 0 || t.OID == types.UnknownOID {
			b.fail(pgerr.IndeterminateDatatype, -1, "could not determine data type of parameter $%d", i+1)
		}
	}
}

// isUnknown reports an untyped literal or parameter.
func isUnknown(e expr.Expr) bool { return e.Type().OID == types.UnknownOID }

// isNullConst reports an untyped NULL, which some constructs treat apart.
func isNullConst(e expr.Expr) bool {
	c, ok := e.(*expr.Const)
	return ok && c.D.IsNull()
}

// coerceTo converts e to a type with its modifier, or gives ok=false if there is no such conversion (coerce_to_target_type).
func (b *binder) coerceTo(e expr.Expr, to types.T, ctx builtins.Context, pos int) (expr.Expr, bool) {
	from := e.Type()
	if from == to {
		return e, true
	}
	if !b.canCoerce(from.OID, to.OID, ctx) {
		return nil, false
	}
	return b.coerceMod(b.coerce(e, to.OID, to.Mod, ctx, pos), to.Mod, ctx, pos), true
}

func (b *binder) canCoerce(from, to types.OID, ctx builtins.Context) bool {
	if from, to = b.base(from), b.base(to); coercion.OfDomains(from, to) {
		return b.canCoerce(types.ElemOf(from), types.ElemOf(to), ctx)
	}
	return from == to || b.resolver().CanCoerce(from, to, ctx)
}

// base is the type below a domain, any other type itself.
func (b *binder) base(t types.OID) types.OID {
	if !types.IsDomain(t) {
		return t
	}
	return b.o.Reader.BaseType(types.Of(t)).OID
}

// undomained is e as a value of the type below its domain.
func (b *binder) undomained(e expr.Expr) expr.Expr {
	t := e.Type()
	if !types.IsDomain(t.OID) {
		return e
	}
	return coercion.Relabel(e, b.o.Reader.BaseType(t), builtins.Implicit)
}

// toDomain converts e to a domain: to the base type, and then what the domain demands is checked.
func (b *binder) toDomain(e expr.Expr, to types.OID, ctx builtins.Context, pos int) expr.Expr {
	base := b.o.Reader.BaseType(types.Of(to))
	x := b.coerceMod(b.coerce(e, base.OID, base.Mod, ctx, pos), base.Mod, ctx, pos)
	return &expr.Call{Fn: builtins.DomainCheck(to), Args: []expr.Expr{x}, T: types.Of(to), Form: coercion.Form(ctx)}
}

// implicit converts e, which resolution says can be converted, to a type without modifier.
func (b *binder) implicit(e expr.Expr, to types.OID, pos int) expr.Expr {
	if e.Type().OID == to {
		return e
	}
	return b.coerce(e, to, -1, builtins.Implicit, pos)
}

// coerce converts e to a type; mod is only used by cast functions that take the modifier themselves (coerce_type).
func (b *binder) coerce(e expr.Expr, to types.OID, mod int32, ctx builtins.Context, pos int) expr.Expr {
	from := e.Type().OID
	if from == to || to == types.AnyOID || types.IsPolymorphic(to) {
		return e
	}
	if types.IsDomain(to) {
		return b.toDomain(e, to, ctx, pos)
	}
	if types.IsDomain(from) {
		e = b.undomained(e)
		if from = e.Type().OID; from == to {
			return e
		}
	}
	switch x := e.(type) {
	case *expr.Const:
		if from == types.UnknownOID {
			return b.constInput(x, to, mod, pos)
		}
		if x.D.IsNull() {
			return &expr.Const{T: types.Of(to), D: types.Null}
		}
		if d, ok := coercion.Widen(x.D, from, to); ok && !b.o.KeepCasts {
			return &expr.Const{T: types.Of(to), D: d}
		}
	case *expr.Param:
		if from == types.UnknownOID {
			return b.typeParam(x, to, pos)
		}
	case *expr.Collate:
		return &expr.Collate{Arg: b.coerce(x.Arg, to, mod, ctx, pos), Name: x.Name, Shown: x.Shown}
	case *expr.Row:
		if to != types.RecordOID && from == types.RecordOID {
			return b.coerceRow(x, to, ctx, pos)
		}
	}
	if from == types.UnknownOID { // an untyped expression, such as a column of an old view
		return &expr.CoerceIO{Arg: e, T: types.Of(to), Implicit: ctx != builtins.Explicit}
	}
	return b.fold(b.convert(e, to, mod, ctx, pos))
}

// convert is coerce along the path that pg_cast gives.
func (b *binder) convert(e expr.Expr, to types.OID, mod int32, ctx builtins.Context, pos int) expr.Expr {
	t := types.Of(to)
	path := b.resolver().CoercionPath(e.Type().OID, to, ctx)
	if coercion.OfDomains(e.Type().OID, to) {
		path.Kind = builtins.PathArray
	}
	switch path.Kind {
	case builtins.PathRelabel:
		return coercion.Relabel(e, t, ctx)
	case builtins.PathFunc:
		if len(path.Fn.Args) > 1 {
			t.Mod = mod
		}
		if path.Fn.Ret == types.Int4OID && to != types.Int4OID { // an unsigned type: its values differ in memory
			return coercion.Relabel(b.castCall(path.Fn, e, types.Of(types.Int4OID), mod, ctx), t, ctx)
		}
		return b.castCall(path.Fn, e, t, mod, ctx)
	case builtins.PathArray:
		elem := types.ElemOf(to)
		arg := &expr.CaseArg{T: types.Of(types.ElemOf(e.Type().OID))}
		x := b.coerce(arg, elem, mod, ctx, pos)
		if x.Type().Mod != mod {
			x = b.coerceMod(x, mod, ctx, pos)
		}
		t.Mod = x.Type().Mod
		return &expr.CoerceArray{Arg: e, Elem: x, T: t}
	case builtins.PathIO:
		return &expr.CoerceIO{Arg: e, T: t, Implicit: ctx != builtins.Explicit}
	}
	return coercion.Relabel(e, t, ctx) // composite to record
}

// castCall calls a cast function; some take the modifier, and whether the cast is explicit.
func (b *binder) castCall(fn *expr.Func, e expr.Expr, t types.T, mod int32, ctx builtins.Context) expr.Expr {
	args := make([]expr.Expr, 1, 3)
	args[0] = e
	if len(fn.Args) > 1 {
		args = append(args, &expr.Const{T: types.Of(types.Int4OID), D: types.NewInt(int64(mod))})
	}
	if len(fn.Args) > 2 {
		args = append(args, &expr.Const{T: types.Of(types.BoolOID), D: types.NewBool(ctx == builtins.Explicit)})
	}
	return &expr.Call{Fn: fn, Args: args, T: t, Form: coercion.Form(ctx)}
}

// coerceMod makes a value fit a type modifier (coerce_type_typmod).
func (b *binder) coerceMod(e expr.Expr, mod int32, ctx builtins.Context, pos int) expr.Expr {
	t := e.Type()
	if mod == t.Mod || mod < 0 && ctx != builtins.Explicit {
		return e
	}
	t.Mod = mod
	if mod < 0 { // a cast to the bare type shows
		return coercion.Relabel(e, t, ctx)
	}
	if c, ok := e.(*expr.Const); ok {
		// A value that does not fit is an error of the execution, not of the analysis.
		if d, err := types.ApplyTypmod(t, c.D, ctx == builtins.Explicit); err == nil {
			return &expr.Const{T: t, D: d}
		}
	}
	if fn, ok := builtins.LengthCoercion(t.OID); ok {
		return b.castCall(fn, e, t, mod, ctx)
	}
	if elem := types.ElemOf(t.OID); elem != 0 {
		if _, ok := builtins.LengthCoercion(elem); ok {
			arg := &expr.CaseArg{T: types.Of(elem)}
			return &expr.CoerceArray{Arg: e, Elem: b.coerceMod(arg, mod, ctx, pos), T: t}
		}
	}
	return coercion.Relabel(e, t, ctx)
}

// constInput reads an untyped literal as a value of a type. Only interval reads its modifier together with the text.
func (b *binder) constInput(c *expr.Const, to types.OID, mod int32, pos int) expr.Expr {
	t := types.Of(to)
	if c.D.IsNull() {
		return &expr.Const{T: t, D: types.Null}
	}
	switch to {
	case types.TextOID, types.VarcharOID, types.BPCharOID:
		return &expr.Const{T: t, D: c.D}
	case types.IntervalOID:
		t.Mod = mod
	}
	b.envConst = b.envConst || b.passing(c.D.Str(), to)
	d, err := types.Parse(t, c.D.Str(), b.inputEnv(to))
	b.check(err, pos)
	return &expr.Const{T: t, D: d}
}

// passing reports text whose meaning changes with the clock ('now', 'today' …).
func (b *binder) passing(s string, t types.OID) bool {
	if e := types.ElemOf(t); e != 0 {
		t = e
	}
	switch t {
	case types.DateOID, types.TimeOID, types.TimestampOID, types.TimestamptzOID, types.TimetzOID:
		low := strings.ToLower(s)
		for _, word := range []string{"now", "today", "tomorrow", "yesterday"} {
			if strings.Contains(low, word) {
				return true
			}
		}
		return t == types.TimetzOID // without a zone it takes today's offset
	}
	return false
}

// inputEnv is the environment for reading a constant; names of relations are looked up in the catalog if the session does not do it.
func (b *binder) inputEnv(t types.OID) *types.Env {
	env := b.o.Env
	if !types.IsReg(t) || env != nil && env.RegIn != nil {
		return env
	}
	var own types.Env
	if env != nil {
		own = *env
	}
	own.RegIn = func(t types.OID, name string) (types.OID, error) {
		if t != types.RegClassOID {
			return 0, pgerr.FeatureNotSupported("input of type " + types.FormatType(t, -1))
		}
		schema, rel := choose.SplitIdent(name)
		r, ok := b.o.Reader.Lookup(b.o.SearchPath, schema, rel)
		if !ok {
			return 0, pgerr.New(pgerr.UndefinedTable, "relation \"%s\" does not exist", name)
		}
		return r.RelOID(), nil
	}
	return &own
}

// fold computes a cast of a constant. If that fails the error is left to the execution, which may never come to it.
func (b *binder) fold(e expr.Expr) expr.Expr {
	if b.o.KeepCasts {
		return e
	}
	switch x := e.(type) {
	case *expr.Call:
		if x.Fn.Volatility != expr.Immutable {
			return e
		}
		for _, a := range x.Args {
			if _, ok := a.(*expr.Const); !ok {
				return e
			}
		}
	case *expr.CoerceIO:
		if _, ok := x.Arg.(*expr.Const); !ok || !expr.IsConst(e) {
			return e
		}
	case *expr.CoerceArray:
		if _, ok := x.Arg.(*expr.Const); !ok || !expr.IsConst(e) {
			return e
		}
	default:
		return e
	}
	d, err := expr.EvalRow(&expr.Ctx{Types: b.o.Env}, e)
	if err != nil {
		return e
	}
	return &expr.Const{T: e.Type(), D: d}
}

// coerceRow converts ROW(…) to a table's row type field by field.
func (b *binder) coerceRow(r *expr.Row, to types.OID, ctx builtins.Context, pos int) expr.Expr {
	rel, ok := b.o.Reader.RowType(to)
	if !ok {
		return b.convert(r, to, -1, ctx, pos)
	}
	cols := relationColumns(rel)
	if len(cols) != len(r.Elems) {
		detail := "Input has too few columns."
		if len(r.Elems) > len(cols) {
			detail = "Input has too many columns."
		}
		b.raise(b.err(pgerr.CannotCoerce, pos, "cannot cast type record to %s", b.typeName(to)).WithDetail("%s", detail))
	}
	out := &expr.Row{T: types.Of(to)}
	for i, e := range r.Elems {
		if c, ok := e.(*expr.Const); ok && c.T == types.Of(types.TextOID) { // an untyped literal became text within ROW()
			e = &expr.Const{T: types.Of(types.UnknownOID), D: c.D}
		}
		x, ok := b.coerceTo(e, cols[i].Type, ctx, pos)
		if !ok {
			b.raise(b.err(pgerr.CannotCoerce, pos, "cannot cast type record to %s", b.typeName(to)).
				WithDetail("Cannot cast type %s to %s in column %d.", b.typeName(e.Type().OID), b.typeName(cols[i].Type.OID), i+1))
		}
		out.Elems, out.Names = append(out.Elems, x), append(out.Names, cols[i].Name)
	}
	return out
}

// coerceBool makes a condition boolean; what names the clause.
func (b *binder) coerceBool(e expr.Expr, what string, pos int) expr.Expr {
	if e.Type().OID == types.BoolOID {
		return e
	}
	x, ok := b.coerceTo(e, types.Of(types.BoolOID), builtins.Assignment, pos)
	if !ok {
		b.fail(pgerr.DatatypeMismatch, pos, "argument of %s must be type %s, not type %s", what, "boolean", b.typeName(e.Type().OID))
	}
	return x
}

// coerceSpecific makes an argument one of a fixed type (coerce_to_specific_type).
func (b *binder) coerceSpecific(e expr.Expr, t types.OID, what string, pos int) expr.Expr {
	x, ok := b.coerceTo(e, types.Of(t), builtins.Assignment, pos)
	if !ok {
		b.fail(pgerr.DatatypeMismatch, pos, "argument of %s must be type %s, not type %s", what, b.typeName(t), b.typeName(e.Type().OID))
	}
	return x
}

// commonType is the type of a construct over several expressions (select_common_type); poss are their positions.
func (b *binder) commonType(es []expr.Expr, poss []int, what string) types.OID {
	t := es[0].Type().OID
	if coercion.SameType(es) {
		if t == types.UnknownOID {
			return types.TextOID
		}
		return t
	}
	t = b.base(t)
	for i, e := range es[1:] {
		next := b.base(e.Type().OID)
		switch {
		case next == types.UnknownOID || next == t:
		case t == types.UnknownOID:
			t = next
		case b.category(t) != b.category(next):
			if what == "" {
				return 0
			}
			b.fail(pgerr.DatatypeMismatch, poss[i+1], "%s types %s and %s cannot be matched", what, b.typeName(t), b.typeName(next))
		case !b.preferred(t) && b.canCoerce(t, next, builtins.Implicit) && !b.canCoerce(next, t, builtins.Implicit):
			t = next
		}
	}
	if t == types.UnknownOID {
		return types.TextOID
	}
	return t
}

// category is the type's category; row types of tables are composite.
func (b *binder) category(t types.OID) byte {
	if c, _ := b.resolver().Category(b.base(t)); c != 'U' {
		return c
	}
	if _, ok := b.o.Reader.RowType(t); ok {
		return 'C'
	}
	return 'U'
}

func (b *binder) preferred(t types.OID) bool {
	_, preferred := b.resolver().Category(t)
	return preferred
}

// toCommon converts one part of a construct to the common type (coerce_to_common_type).
func (b *binder) toCommon(e expr.Expr, t types.OID, what string, pos int) expr.Expr {
	from := e.Type().OID
	if from == t {
		return e
	}
	if !b.canCoerce(from, t, builtins.Implicit) {
		b.fail(pgerr.CannotCoerce, pos, "%s could not convert type %s to %s", what, b.typeName(from), b.typeName(t))
	}
	return b.coerce(e, t, -1, builtins.Implicit, pos)
}

// toText makes an untyped result column text.
func (b *binder) toText(e expr.Expr, pos int) expr.Expr {
	if !isUnknown(e) {
		return e
	}
	return b.coerce(e, types.TextOID, -1, builtins.Implicit, pos)
}
