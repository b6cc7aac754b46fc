package builtins

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

//go:embed pgdata/pg_cast.txt
var castData string

// Cast is a row of pg_cast. A cast of a type to itself is a length coercion: its function takes the value, the type
// modifier (integer) and, mostly, whether the cast is explicit (boolean).
type Cast struct {
	OID      types.OID
	From, To types.OID
	Context  byte // i implicit, a assignment, e explicit
	Method   byte // f function, b binary-coercible, i through text
	Fn       *expr.Func
}

// UserCatalog is what choosing operators, functions and conversions asks about objects that are not built in.
type UserCatalog interface {
	// UserCast finds a cast of CREATE CAST. Its Fn may convert the representation too, where Method is b.
	UserCast(from, to types.OID) (Cast, bool)
	// TypeCategory is the category of a type of CREATE TYPE, and whether the type is preferred in it.
	TypeCategory(t types.OID) (category byte, preferred bool)
	// TypedRow reports a row type whose rows are rows of the other: of a typed table and its type.
	TypedRow(row, of types.OID) bool
}

// Resolver chooses operators, functions and conversions by PostgreSQL's rules. User is nil if there are only built-in objects.
type Resolver struct{ User UserCatalog }

func (r Resolver) cast(from, to types.OID) (Cast, bool) {
	if c, ok := LookupCast(from, to); ok || r.User == nil {
		return c, ok
	}
	return r.User.UserCast(from, to)
}

// Category is the category of a type, and whether it is preferred.
func (r Resolver) Category(t types.OID) (category byte, preferred bool) {
	if r.User != nil && types.IsUserBase(t) {
		return r.User.TypeCategory(t)
	}
	return types.Category(t), types.IsPreferred(t)
}

type castTable struct {
	casts []Cast
	by    map[[2]types.OID]*Cast
}

var loadCasts = sync.OnceValue(func() *castTable {
	n := strings.Count(castData, "\n")
	t := &castTable{casts: make([]Cast, n), by: make(map[[2]types.OID]*Cast, n)}
	rest := castData
	var f [6]string
	for i := range t.casts {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		splitTabs(line, f[:])
		c := &t.casts[i]
		*c = Cast{OID: parseOID(f[0]), From: parseOID(f[1]), To: parseOID(f[2]), Fn: FuncByOID(parseOID(f[3])),
			Context: f[4][0], Method: f[5][0]}
		t.by[[2]types.OID{c.From, c.To}] = c
	}
	return t
})

// LookupCast finds the cast between two types.
func LookupCast(from, to types.OID) (Cast, bool) {
	c, ok := loadCasts().by[[2]types.OID{from, to}]
	if !ok {
		return Cast{}, false
	}
	return *c, true
}

// LengthCoercion finds the function that applies a type's modifier: f(value, mod) or f(value, mod, explicit).
func LengthCoercion(t types.OID) (*expr.Func, bool) {
	c, ok := LookupCast(t, t)
	return c.Fn, ok && c.Fn != nil
}

// AllCasts lists every cast, for pg_cast. The caller does not change it.
func AllCasts() []Cast { return loadCasts().casts }

// Context says in which situation a value is converted.
type Context byte

// Contexts, from the one that allows least: in expressions, when stored into a column, by a written cast.
const (
	Implicit   Context = 'i'
	Assignment Context = 'a'
	Explicit   Context = 'e'
)

func (c Context) rank() int {
	switch c {
	case Implicit:
		return 0
	case Assignment:
		return 1
	}
	return 2
}

// PathKind is how a conversion is done.
type PathKind uint8

// Ways of conversion.
const (
	PathNone    PathKind = iota
	PathRelabel          // nothing to do
	PathFunc             // Fn(value)
	PathArray            // element by element, by the element types' path
	PathIO               // through the text form
)

// Path is a way to convert values of one type to another.
type Path struct {
	Kind PathKind
	Fn   *expr.Func
}

// CoercionPath finds how values of type from become values of type to in a context (PostgreSQL's find_coercion_pathway).
// Unknown literals are not its business: the binder reads them by the input function.
func CoercionPath(from, to types.OID, ctx Context) Path {
	return Resolver{}.CoercionPath(from, to, ctx)
}

// CoercionPath is CoercionPath with user-defined casts.
func (r Resolver) CoercionPath(from, to types.OID, ctx Context) Path {
	if from == to {
		return Path{Kind: PathRelabel}
	}
	if c, ok := r.cast(from, to); ok {
		if ctx.rank() < Context(c.Context).rank() {
			return Path{}
		}
		switch c.Method {
		case 'b':
			if c.Fn == nil {
				return Path{Kind: PathRelabel}
			}
		case 'i':
			return Path{Kind: PathIO}
		}
		return Path{Kind: PathFunc, Fn: c.Fn}
	}
	fe, te := types.ElemOf(from), types.ElemOf(to)
	if to != types.OIDVectorOID && to != types.Int2VectorOID && fe != 0 && te != 0 {
		fb, tb := types.Undomained(fe), types.Undomained(te)
		switch p := r.CoercionPath(fb, tb, ctx); {
		case p.Kind == PathNone:
		case p.Kind == PathRelabel && fb == fe && tb == te:
			return Path{Kind: PathRelabel}
		default:
			return Path{Kind: PathArray}
		}
	}
	if category, _ := r.Category(to); ctx.rank() >= Assignment.rank() && category == 'S' {
		return Path{Kind: PathIO}
	}
	if category, _ := r.Category(from); ctx == Explicit && category == 'S' {
		return Path{Kind: PathIO}
	}
	return Path{}
}

// CanCoerce reports whether values of type from may become values of type to in a context (PostgreSQL's can_coerce_type).
func CanCoerce(from, to types.OID, ctx Context) bool { return Resolver{}.CanCoerce(from, to, ctx) }

// CanCoerce is CanCoerce with user-defined casts.
func (r Resolver) CanCoerce(from, to types.OID, ctx Context) bool {
	from, to = types.Undomained(from), types.Undomained(to)
	switch {
	case from == to, to == types.AnyOID, types.IsPolymorphic(to):
		return true
	case from == types.UnknownOID:
		return true
	case r.CoercionPath(from, to, ctx).Kind != PathNone:
		return true
	case to == types.RecordOID && isComposite(from):
		return true
	case r.User != nil && isComposite(from) && isComposite(to) && r.User.TypedRow(from, to):
		return true
	case from == types.RecordOID && isComposite(to):
		return true
	case to == types.RecordArrayOID && isComposite(types.ElemOf(from)):
		return true
	}
	return false
}

func isComposite(t types.OID) bool { return types.IsComposite(t) }

// BinaryCoercible reports whether values need no work to be of the other type, implicitly.
func BinaryCoercible(from, to types.OID) bool { return Resolver{}.BinaryCoercible(from, to) }

// BinaryCoercible is BinaryCoercible with user-defined casts.
func (r Resolver) BinaryCoercible(from, to types.OID) bool {
	if from == to || to == types.AnyOID || to == types.AnyElementOID || to == types.AnyCompatibleOID {
		return true
	}
	if to == types.AnyArrayOID || to == types.AnyCompatibleArrayOID {
		return types.ElemOf(from) != 0
	}
	c, ok := r.cast(from, to)
	return ok && c.Method == 'b' && c.Fn == nil && c.Context == 'i'
}
