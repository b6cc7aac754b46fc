package bind

import (
	"strings"

	"github.com/lightsql/lightsql/planner/bind/choose"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// maxArgs is PostgreSQL's FUNC_MAX_ARGS.
const maxArgs = 100

// boundCall is a call with its arguments bound and its function chosen.
type boundCall struct {
	n     *ast.FuncCall
	name  string // as messages write it
	args  []expr.Expr
	poss  []int
	types []types.OID
	m     *builtins.FuncMatch
}

// funcCall binds a call of a function, aggregate or window function.
func (b *binder) funcCall(s *scope, n *ast.FuncCall) expr.Expr {
	if len(n.Args) == 1 && n.Name[len(n.Name)-1] == "pg_collation_for" {
		return b.collationFor(s, n)
	}
	c := &boundCall{n: n}
	// Aggregates need to know at which level their arguments live, and only the arguments tell that it is an aggregate:
	// levels are tracked for every call.
	mark := b.enterCall(s)
	b.bindArgs(s, c)
	var filter expr.Expr
	if n.AggFilter != nil {
		filter = b.clause(s, kindFilter, n.AggFilter, "FILTER")
	}
	if name := b.hypotheticalName(n); name != "" {
		return b.hypothetical(s, name, c, filter, b.leaveCall(mark))
	}
	b.resolveCall(c)
	track := b.leaveCall(mark)
	switch {
	case c.m.CastTo != 0:
		b.refuseDecorations(c)
		return b.castForm(c)
	case c.m.Proc.Kind == 'a':
		return b.aggregateCall(s, c, filter, track)
	case c.m.Proc.Kind == 'w':
		if n.Over == nil {
			b.fail(pgerr.WrongObjectType, n.Pos, "window function %s requires an OVER clause", c.name)
		}
		if n.AggWithinGroup {
			b.fail(pgerr.WrongObjectType, n.Pos, "window function %s cannot have WITHIN GROUP", c.name)
		}
		return b.windowCall(s, c, nil, filter)
	case c.m.Proc.Kind == 'p':
		b.raise(b.err(pgerr.WrongObjectType, n.Pos, "%s is a procedure", b.signature(c)).WithHint("To call a procedure, use CALL."))
	}
	b.refuseDecorations(c)
	return b.plainCall(s, c)
}

// bindArgs binds the arguments; those of WITHIN GROUP come last.
func (b *binder) bindArgs(s *scope, c *boundCall) {
	n := c.n
	args := n.Args
	if n.AggWithinGroup {
		args = args[:len(args):len(args)]
		for _, o := range n.AggOrder {
			args = append(args, o.Expr)
		}
	}
	if len(args) > maxArgs {
		b.fail(pgerr.TooManyArguments, n.Pos, "cannot pass more than %d arguments to a function", maxArgs)
	}
	c.args, c.poss = make([]expr.Expr, 0, len(args)), make([]int, 0, len(args))
	for _, a := range args {
		if named, ok := a.(*ast.NamedArgExpr); ok {
			a = named.Arg
		}
		c.args, c.poss = append(c.args, b.expr(s, a)), append(c.poss, ast.Location(a))
	}
}

// resolveCall chooses the function.
func (b *binder) resolveCall(c *boundCall) {
	n := c.n
	c.name = joinNames(n.Name)
	call := builtins.FuncCall{Name: n.Name[len(n.Name)-1], Variadic: n.FuncVariadic}
	c.types = make([]types.OID, len(c.args))
	for i, e := range c.args {
		c.types[i] = e.Type().OID
	}
	call.Args = b.bases(c.types)
	for _, a := range n.Args {
		if named, ok := a.(*ast.NamedArgExpr); ok {
			for _, seen := range call.ArgNames {
				if seen == named.Name {
					b.fail(pgerr.SyntaxError, named.Pos, "argument name \"%s\" used more than once", named.Name)
				}
			}
			call.ArgNames = append(call.ArgNames, named.Name)
		} else if len(call.ArgNames) > 0 {
			b.fail(pgerr.SyntaxError, ast.Location(a), "positional argument cannot follow named argument")
		}
	}
	if len(n.Name) > 1 && n.Name[len(n.Name)-2] != "pg_catalog" && !inInformationSchema(n.Name) {
		schema := n.Name[len(n.Name)-2]
		if _, ok := b.o.Reader.Schema(schema); !ok {
			b.fail(pgerr.InvalidSchemaName, n.Pos, "schema \"%s\" does not exist", schema)
		}
		call.Name = c.name
	}
	call.More, call.Resolver = b.catalogProcs(n.Name), b.resolver()
	m, err := choose.Function(call)
	if err != nil {
		b.check(b.callError(err, c), n.Pos)
	}
	c.m = m
	if m.Proc != nil && m.Proc.OID >= firstUserOID {
		b.catalogCall(c)
	}
}

// inInformationSchema reports a qualified name of one of the functions behind the views of information_schema.
func inInformationSchema(name []string) bool {
	return name[len(name)-2] == "information_schema" && strings.HasPrefix(name[len(name)-1], "_pg_")
}

// callError adds to a failed resolution what only the binder knows.
func (b *binder) callError(err error, c *boundCall) error {
	e, ok := pgerr.As(err)
	if ok && e.Code == pgerr.AmbiguousFunction {
		e.Message = "function " + b.signature(c) + " is not unique"
	}
	if !ok || e.Code != pgerr.UndefinedFunction {
		return err
	}
	e.Message = "function " + b.signature(c) + " does not exist"
	if c.n.AggWithinGroup || len(c.n.AggOrder) > 0 {
		e.Hint = "No aggregate function matches the given name and argument types. Perhaps you misplaced ORDER BY; ORDER BY must appear after all regular arguments of the aggregate."
		if c.n.AggWithinGroup {
			e.Hint = "No function matches the given name and argument types. You might need to add explicit type casts."
		}
	}
	return e
}

// signature is the call with the types of its arguments.
func (b *binder) signature(c *boundCall) string {
	out := c.name + "("
	for i, t := range c.types {
		if i > 0 {
			out += ", "
		}
		if i < len(c.n.Args) {
			if named, ok := c.n.Args[i].(*ast.NamedArgExpr); ok {
				out += named.Name + " => "
			}
		}
		out += b.typeName(t)
	}
	return out + ")"
}

// refuseDecorations refuses what only aggregates and window functions take.
func (b *binder) refuseDecorations(c *boundCall) {
	n := c.n
	what := ""
	switch {
	case n.AggStar:
		what = c.name + "(*)"
	case n.AggDistinct:
		what = "DISTINCT"
	case n.AggWithinGroup:
		what = "WITHIN GROUP"
	case len(n.AggOrder) > 0:
		what = "ORDER BY"
	case n.AggFilter != nil:
		what = "FILTER"
	case n.Over != nil:
		b.fail(pgerr.WrongObjectType, n.Pos, "OVER specified, but %s is not a window function nor an aggregate function", c.name)
	default:
		return
	}
	b.fail(pgerr.WrongObjectType, n.Pos, "%s specified, but %s is not an aggregate function", what, c.name)
}

// castForm binds type(x), a cast in the form of a call.
func (b *binder) castForm(c *boundCall) expr.Expr {
	e, ok := b.coerceTo(c.args[0], types.Of(c.m.CastTo), builtins.Explicit, c.poss[0])
	if !ok {
		b.fail(pgerr.CannotCoerce, c.n.Pos, "cannot cast type %s to %s", b.typeName(c.types[0]), b.typeName(c.m.CastTo))
	}
	return e
}

// finalArgs puts the arguments into the parameters' order and types, fills in defaults and collects a VARIADIC array.
func (b *binder) finalArgs(c *boundCall) []expr.Expr {
	m := c.m
	args := c.args
	poss := c.poss
	if m.Order != nil {
		args, poss = make([]expr.Expr, len(m.Order)), make([]int, len(m.Order))
		k := 0
		for i, from := range m.Order {
			if from >= 0 {
				args[i], poss[i] = c.args[from], c.poss[from]
			} else {
				args[i], poss[i] = m.Defaults[k], -1
				k++
			}
		}
	} else if len(m.Defaults) > 0 {
		args = append(args[:len(args):len(args)], m.Defaults...)
	}
	for i := range args {
		if i >= len(m.Args) {
			break
		}
		pos := -1
		if i < len(poss) {
			pos = poss[i]
		}
		args[i] = b.implicit(args[i], m.Args[i], pos)
	}
	if m.Spread > 0 {
		first := len(args) - m.Spread
		arr := &expr.Array{Elems: append([]expr.Expr(nil), args[first:]...), T: types.Of(m.VariadicArray)}
		args = append(args[:first:first], foldArray(arr))
	}
	return args
}

// effectful names the volatile functions that change something outside the statement's result.
func effectful(name string) bool {
	switch name {
	case "nextval", "setval", "set_config", "pg_advisory_lock", "pg_advisory_xact_lock", "pg_try_advisory_lock", "pg_notify",
		"lo_create", "lo_creat", "lo_unlink", "lo_import", "lo_from_bytea", "lo_put", "txid_current", "pg_current_xact_id":
		return true
	}
	return false
}

// plainCall binds a call of an ordinary function.
func (b *binder) plainCall(s *scope, c *boundCall) expr.Expr {
	fn := c.m.Fn
	if fn.RetSet {
		b.setReturning(s, c.n.Pos)
	}
	if fn.Volatility == expr.Volatile && effectful(fn.Name) {
		b.effects = true
	}
	call := &expr.Call{Fn: fn, Args: b.finalArgs(c), T: types.Of(c.m.Ret), VariadicArray: c.n.FuncVariadic}
	if b.collations != nil {
		b.collatedCall(call, c.n.Pos)
	}
	if c.m.Proc.Ret == types.AnyElementOID && strings.Contains(fn.Name, "populate_record") && len(c.types) > 0 && types.IsDomain(c.types[0]) {
		call.T = types.Of(c.types[0]) // its constraints hold for the result
	}
	if fn.OID >= firstUserOID {
		if fn.Volatility == expr.Volatile {
			b.effects = true
		}
		if e := b.inlineScalar(s, call); e != nil {
			return e
		}
	}
	return call
}

// setReturning notes a set-returning call, or refuses it where none may stand.
func (b *binder) setReturning(s *scope, pos int) {
	if msg := s.kind.srfError(); msg != "" {
		b.fail(pgerr.CodeFeatureNotSupported, pos, "%s", msg)
	}
	s.nestedSRF = s.nestedSRF || s.srf && s.kind == kindFromFunction
	if !s.srf {
		s.srfPos = pos
	}
	s.srf = true
}

// clause binds a condition of a clause.
func (b *binder) clause(s *scope, k exprKind, n ast.Expr, name string) expr.Expr {
	old := s.enter(k)
	e := b.coerceBool(b.expr(s, n), name, ast.Location(n))
	s.kind = old
	return e
}
