package builtins

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// FuncCall is a call as it is written.
type FuncCall struct {
	Name string
	Args []types.OID // types of the arguments as written; UnknownOID for untyped literals
	// ArgNames are the names of the last len(ArgNames) arguments (name => value).
	ArgNames []string
	Variadic bool // VARIADIC before the last argument
	// More are functions of the catalog to choose from besides the built-in ones, in the order of the search path.
	More []*Proc
	// Resolver knows the user-defined types and casts.
	Resolver Resolver
	// Plain: only functions of just these parameters count, and no casts.
	Plain bool
}

// FuncMatch is what a call means.
type FuncMatch struct {
	Proc *Proc      // nil for CastTo
	Fn   *expr.Func // for functions and window functions
	Agg  *expr.Agg  // for aggregates
	// Args are the types that the arguments are converted to, in the order of the function's parameters.
	Args []types.OID
	// Order says for each of Args which argument of the call it is, or -1 for a default (Defaults holds those, in order).
	// nil: the arguments in their order, then the defaults.
	Order    []int
	Defaults []expr.Expr
	// Spread is the number of last arguments that become one array of type VariadicArray. 0: none (a VARIADIC "any"
	// function takes them one by one).
	Spread        int
	VariadicArray types.OID
	Ret           types.OID
	// CastTo, if not 0, says that the call is a cast in function form: float8('1').
	CastTo types.OID
}

// ResolveFunction chooses the function or aggregate of a call (func_get_detail, ParseFuncOrColumn).
func ResolveFunction(call FuncCall) (FuncMatch, error) {
	call.Args = baseTypes(call.Args)
	cands, err := funcCandidates(call)
	if err != nil {
		return FuncMatch{}, err
	}
	for _, c := range cands {
		if slices.Equal(c.args[:min(len(c.args), len(call.Args))], reorder(call.Args, c.order)) {
			return call.match(c)
		}
	}
	if to, ok := call.castForm(); ok {
		return FuncMatch{CastTo: to, Ret: to, Args: []types.OID{to}}, nil
	}
	var matching []candidate
	for _, c := range cands {
		matching = append(matching, call.Resolver.matchArgTypes(reorder(call.Args, c.order), []candidate{c})...)
	}
	switch len(matching) {
	case 0:
		return FuncMatch{}, call.notFound()
	case 1:
		return call.match(matching[0])
	}
	best, ok := call.Resolver.selectCandidate(call.Args, matching)
	if !ok {
		return FuncMatch{}, pgerr.New(pgerr.AmbiguousFunction, "function %s is not unique", call).
			WithHint("Could not choose a best candidate function. You might need to add explicit type casts.")
	}
	return call.match(best)
}

// reorder puts the types of a call with named arguments into the order of the parameters; defaults are left out.
func reorder(in []types.OID, order []int) []types.OID {
	if order == nil {
		return in
	}
	out := make([]types.OID, 0, len(order))
	for _, k := range order {
		if k >= 0 {
			out = append(out, in[k])
		}
	}
	return out
}

// String is the call as error messages name it: name(integer, b => text).
func (call FuncCall) String() string {
	var b strings.Builder
	b.WriteString(call.Name + "(")
	first := len(call.Args) - len(call.ArgNames)
	for i, t := range call.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		if i >= first {
			b.WriteString(call.ArgNames[i-first] + " => ")
		}
		b.WriteString(typeName(t))
	}
	return b.String() + ")"
}

func (call FuncCall) notFound() error {
	hint := "No function matches the given name and argument types. You might need to add explicit type casts."
	return pgerr.New(pgerr.UndefinedFunction, "function %s does not exist", call).WithHint("%s", hint)
}

// castForm recognizes a type name used as a function of one argument, if the cast needs no function.
func (call FuncCall) castForm() (types.OID, bool) {
	if len(call.Args) != 1 || len(call.ArgNames) > 0 || call.Variadic || call.Plain {
		return 0, false
	}
	ti, ok := types.ByName(call.Name)
	if !ok || ti.Type == 'p' {
		return 0, false
	}
	from := call.Args[0]
	if from == types.UnknownOID {
		return ti.OID, true
	}
	switch call.Resolver.CoercionPath(from, ti.OID, Explicit).Kind {
	case PathRelabel:
		return ti.OID, true
	case PathIO:
		return ti.OID, !(types.Category(ti.OID) == 'S' && isComposite(from))
	}
	return 0, false
}

// funcCandidates lists the functions that take the call's number of arguments (FuncnameGetCandidates).
func funcCandidates(call FuncCall) ([]candidate, error) {
	var out []candidate
	for _, p := range append(ProcsByName(call.Name), call.More...) {
		c, ok, err := call.candidate(p)
		if err != nil {
			return nil, err
		}
		if ok {
			out = addCandidate(out, c)
		}
	}
	return out, nil
}

// addCandidate adds c, unless one with the same argument types is there: then the one without VARIADIC, or with fewer
// defaults, stays.
func addCandidate(cands []candidate, c candidate) []candidate {
	for i, o := range cands {
		if o.order == nil && c.order == nil && slices.Equal(o.args, c.args) {
			if o.spread > 0 && c.spread == 0 || o.spread == c.spread && c.defaults < o.defaults {
				cands[i] = c
			}
			return cands
		}
	}
	return append(cands, c)
}

func (call FuncCall) candidate(p *Proc) (candidate, bool, error) {
	n, params := len(call.Args), len(p.Args)
	c := candidate{proc: p}
	if len(call.ArgNames) > 0 {
		return call.named(p)
	}
	switch {
	case call.Plain:
		c.args = p.Args
		return c, n == params, nil
	case call.Variadic:
		if p.Variadic == 0 || n != params {
			return c, false, nil
		}
		c.args = p.Args
	case p.Variadic != 0 && n >= params:
		c.args = append(c.args, p.Args[:params-1]...)
		for range n - params + 1 {
			c.args = append(c.args, p.Variadic)
		}
		c.spread = n - params + 1
	case n == params:
		c.args = p.Args
	case n < params && n >= params-p.NumDefaults() && p.NumDefaults() > 0:
		c.args, c.defaults = p.Args[:n], params-n
	default:
		return c, false, nil
	}
	return c, true, nil
}

// named matches named arguments to parameters (MatchNamedCall).
func (call FuncCall) named(p *Proc) (candidate, bool, error) {
	c := candidate{proc: p}
	names := p.inputNames()
	if names == nil || len(call.Args) > len(p.Args) || p.Variadic != 0 {
		return c, false, nil
	}
	positional := len(call.Args) - len(call.ArgNames)
	c.order = make([]int, len(p.Args))
	for i := range c.order {
		c.order[i] = -1
		if i < positional {
			c.order[i] = i
		}
	}
	for k, name := range call.ArgNames {
		at := slices.Index(names, name)
		if at < 0 || c.order[at] != -1 {
			return c, false, nil
		}
		c.order[at] = positional + k
	}
	for i, k := range c.order {
		if k >= 0 {
			c.args = append(c.args, p.Args[i])
			continue
		}
		if i < len(p.Args)-p.NumDefaults() {
			return c, false, nil
		}
		c.defaults++
	}
	return c, true, nil
}

// match turns the chosen candidate into the answer.
func (call FuncCall) match(c candidate) (FuncMatch, error) {
	m := FuncMatch{Proc: c.proc, Fn: c.proc.Func, Agg: c.proc.Agg, Order: c.order}
	if c.proc.Kind == 'a' && c.proc.Agg == nil {
		return m, pgerr.FeatureNotSupported("aggregate function " + c.proc.Name)
	}
	if last := len(call.Args) - 1; call.Variadic && c.proc.Variadic == types.AnyOID && types.ElemOf(call.Args[last]) == 0 &&
		call.Args[last] != types.UnknownOID {
		return m, pgerr.New(pgerr.DatatypeMismatch, "VARIADIC argument must be an array")
	}
	in := reorder(call.Args, c.order)
	args, ret, err := call.Resolver.resolvePolymorphic(in, c.args, c.proc.Ret)
	if err != nil {
		return m, err
	}
	m.Args, m.Ret = args, ret
	if c.spread > 0 && c.proc.Variadic != types.AnyOID {
		m.Spread = c.spread
		m.VariadicArray = types.ArrayOf(args[len(args)-1])
	}
	if c.defaults > 0 {
		m.addDefaults(c)
	}
	return m, nil
}

// addDefaults appends the defaults that the call left out.
func (m *FuncMatch) addDefaults(c candidate) {
	all := c.proc.Func.Defaults
	first := len(c.proc.Args) - len(all)
	if c.order == nil {
		m.Defaults = all[max(0, len(all)-c.defaults):]
		for _, d := range m.Defaults {
			m.Args = append(m.Args[:len(m.Args):len(m.Args)], d.Type().OID)
		}
		return
	}
	args := make([]types.OID, 0, len(c.order))
	k := 0
	for i, from := range c.order {
		if from >= 0 {
			args = append(args, m.Args[k])
			k++
		} else if i >= first {
			m.Defaults = append(m.Defaults, all[i-first])
			args = append(args, all[i-first].Type().OID)
		}
	}
	m.Args = args
}
