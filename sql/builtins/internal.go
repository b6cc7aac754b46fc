package builtins

import (
	"strings"
	"sync"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/types/recv"
)

// procsBySource are the built-in functions by prosrc; of several with one source the first.
var procsBySource = sync.OnceValue(func() map[string]*Proc {
	m := map[string]*Proc{}
	for _, p := range Procs() {
		if m[p.Src] == nil && p.Func != nil && !p.SQL && p.Kind == 'f' {
			m[p.Src] = p
		}
	}
	return m
})

// InternalProc is the built-in function whose C function has that name.
func InternalProc(src string) (*Proc, bool) {
	p, ok := procsBySource()[src]
	return p, ok
}

// InternalFunc is the code of p, a function of the catalog in LANGUAGE internal. Types whose values are held in another way than the built-in
// function takes them are refused when p is made (CheckInternal).
func InternalFunc(p *Proc, defaults []expr.Expr) *expr.Func {
	f := SQLFunc(p, nil, nil, defaults)
	f.Bind = nil
	base, ok := InternalProc(p.Src)
	if !ok {
		f.Scalar = func(*expr.Ctx, []types.Datum) (types.Datum, error) { return types.Null, ErrNoInternal(p.Src) }
		return f
	}
	code := func(g *expr.Func) { f.Kernel, f.Scalar, f.Set = g.Kernel, g.Scalar, g.Set }
	code(base.Func)
	if base.Func.Bind != nil {
		f.Bind = func(args []types.T, ret types.T) *expr.Func {
			g, b := *f, base.Func.Bind(args, ret)
			g.Bind, g.Kernel, g.Scalar, g.Set = nil, b.Kernel, b.Scalar, b.Set
			return &g
		}
	}
	return f
}

// ErrNoInternal is the error of a prosrc that names no function.
func ErrNoInternal(src string) error {
	return pgerr.New(pgerr.UndefinedFunction, "there is no built-in function named \"%s\"", src)
}

// CheckInternal refuses types that the built-in function behind p cannot handle.
func CheckInternal(p *Proc) error {
	base, ok := InternalProc(p.Src)
	if !ok {
		return ErrNoInternal(p.Src)
	}
	bad := pgerr.FeatureNotSupported("LANGUAGE internal with other types than those of the built-in function " + p.Src)
	if len(base.Args) != len(p.Args) || base.RetSet != p.RetSet || !heldAlike(base.Ret, p.Ret) {
		return bad
	}
	for i, t := range base.Args {
		if !heldAlike(t, p.Args[i]) {
			return bad
		}
	}
	return nil
}

// heldAlike reports whether code for values of one type can handle those of another.
func heldAlike(code, t types.OID) bool {
	switch code {
	case t, types.AnyOID, types.AnyElementOID, types.AnyNonArrayOID, types.AnyCompatibleOID, types.AnyCompatibleNonArrayOID:
		return true
	}
	if ti, ok := types.Info(code); ok && ti.IsPseudo() {
		return code == types.AnyEnumOID && types.IsEnum(t) || code == types.AnyArrayOID && types.IsArray(t) || code == types.RecordOID && types.IsComposite(t)
	}
	kind := types.KindOf(code)
	return kind == types.KindOf(t) && (kind != types.KindRef || types.BaseOf(t) == code)
}

// ioCode makes the code of the input, output and send functions of types; nil for other functions.
func ioCode(p *Proc) *code {
	t, ok := ioFunctions()[p.Name]
	if !ok {
		return nil
	}
	switch {
	case len(p.Args) > 0 && p.Args[0] == types.CStringOID:
		return &code{scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.Parse(inputType(t, a), a[0].Str(), c.Types)
		}}
	case p.Ret == types.CStringOID:
		return &code{bind: ioText(t, func(c *expr.Ctx, t types.T, d types.Datum) string { return types.Text(t, d, c.Types) })}
	case p.Ret == types.ByteaOID:
		return &code{bind: ioText(t, func(c *expr.Ctx, t types.T, d types.Datum) string {
			return string(types.AppendBinary(nil, t, d, c.Types))
		})}
	}
	return nil
}

// inputType is the type that an input function reads: functions for many types are told which one.
func inputType(t types.OID, a []types.Datum) types.T {
	out := types.Of(t)
	if len(a) > 1 && t == 0 {
		out.OID = types.OID(a[1].Int())
	}
	if len(a) > 2 {
		out.Mod = int32(a[2].Int())
	}
	return out
}

func ioText(t types.OID, f func(*expr.Ctx, types.T, types.Datum) string) func(*expr.Func, []types.T, types.T) *expr.Func {
	return bound(func(args []types.T, _ types.T) scalarFn {
		arg := args[0]
		if t != 0 && types.KindOf(arg.OID) == types.KindOf(t) {
			arg.OID = t
		}
		return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) { return types.NewStr(f(c, arg, a[0])), nil }
	})
}

// ioFunctions are the names of the input, output and send functions of types, with their type; 0 if the function serves many.
var ioFunctions = sync.OnceValue(func() map[string]types.OID {
	m := map[string]types.OID{}
	for i := range types.Builtins() {
		ti := &types.Builtins()[i]
		if ti.Type != 'b' || ti.IsArray() {
			continue
		}
		for _, name := range []string{ti.In, ti.Out, ti.Send} {
			if name != "" {
				m[name] = ti.OID
			}
		}
	}
	for _, name := range []string{"domain_in", "enum_in", "record_in", "enum_out", "record_out", "array_out", "record_send", "enum_send", "array_send"} {
		m[name] = 0
	}
	return m
})

// InternalOperator reports whether src is the C function of a built-in operator of that name.
func InternalOperator(src, name string) bool {
	for _, o := range Operators(name) {
		if p, ok := ProcByOID(o.Code); ok && p.Src == src {
			return true
		}
	}
	return false
}

// Reinterpret is the function of a cast WITHOUT FUNCTION between types that are held in different ways here: the bytes are the same. It is nil
// where nothing has to be done.
func Reinterpret(from, to types.OID) *expr.Func {
	f, t := types.BaseOf(from), types.BaseOf(to)
	if f == t || types.KindOf(f) == types.KindOf(t) && types.KindOf(f) != types.KindRef {
		return nil
	}
	return &expr.Func{Name: "reinterpret", Args: []types.OID{from}, Ret: to, Volatility: expr.Immutable, Strict: true, Kind: 'f',
		Scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.ParseBinary(types.Of(t), types.AppendBinary(nil, types.Of(f), a[0], c.Types), c.Types, recv.Place{})
		}}
}

// InternalOrder reports whether src is the C function that orders values of a built-in type by default.
func InternalOrder(src string, t types.OID) bool {
	p, ok := InternalProc(src)
	return ok && strings.HasSuffix(src, "cmp") && len(p.Args) == 2 && p.Args[0] == p.Args[1] && p.Ret == types.Int4OID &&
		(p.Args[0] == t || p.Args[0] == types.TextOID && t == types.VarcharOID)
}
