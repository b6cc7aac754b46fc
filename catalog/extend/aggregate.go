package extend

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// aggregateOptions are the parameters of CREATE AGGREGATE by their names, old spellings replaced.
type aggregateOptions map[string]*ast.DefElem

// aggregateWords are the names of the parameters.
var aggregateWords = map[string]string{
	"sfunc": "sfunc", "sfunc1": "sfunc", "stype": "stype", "stype1": "stype", "sspace": "sspace", "initcond": "initcond", "initcond1": "initcond",
	"finalfunc": "finalfunc", "finalfunc_extra": "finalfunc_extra", "finalfunc_modify": "finalfunc_modify", "combinefunc": "combinefunc",
	"serialfunc": "serialfunc", "deserialfunc": "deserialfunc", "msfunc": "msfunc", "minvfunc": "minvfunc", "mstype": "mstype",
	"msspace": "msspace", "minitcond": "minitcond", "mfinalfunc": "mfinalfunc", "mfinalfunc_extra": "mfinalfunc_extra",
	"mfinalfunc_modify": "mfinalfunc_modify", "sortop": "sortop", "basetype": "basetype", "hypothetical": "hypothetical", "parallel": "parallel",
}

func (x *Executor) aggregateOptions(s *ast.DefineStmt) aggregateOptions {
	o := aggregateOptions{}
	for _, d := range s.Definition {
		if w, ok := aggregateWords[d.Name]; ok {
			o[w] = d
			continue
		}
		x.notify(pgerr.Warning(pgerr.SyntaxError, "aggregate attribute \"%s\" not recognized", d.Name))
	}
	return o
}

// names is the qualified name that a parameter gives, nil if it is not there.
func (o aggregateOptions) names(word string) []string {
	d, ok := o[word]
	if !ok {
		return nil
	}
	return d.Words()
}

func (o aggregateOptions) flag(word string) bool {
	d, ok := o[word]
	if !ok {
		return false
	}
	if d.Arg == nil {
		return true
	}
	switch strings.ToLower(d.Word()) {
	case "false", "off", "0", "pg_catalog.bool.false":
		return false
	}
	return true
}

func (o aggregateOptions) text(word string) *string {
	if d, ok := o[word]; ok {
		t := d.Word()
		return &t
	}
	return nil
}

func (o aggregateOptions) number(word string) int {
	if t := o.text(word); t != nil {
		n, _ := strconv.Atoi(*t)
		return n
	}
	return 0
}

// modify is the letter of finalfunc_modify.
func (o aggregateOptions) modify(word string, kind byte) (byte, error) {
	t := o.text(word)
	if t == nil {
		if kind == 'n' {
			return 'r', nil
		}
		return 'w', nil
	}
	switch *t {
	case "read_only":
		return 'r', nil
	case "shareable":
		return 's', nil
	case "read_write":
		return 'w', nil
	}
	return 0, pgerr.New(pgerr.SyntaxError, "parameter \"%s\" must be READ_ONLY, SHAREABLE, or READ_WRITE", word)
}

// require checks which parameters go together.
func (o aggregateOptions) require() error {
	has := func(w string) bool { _, ok := o[w]; return ok }
	switch {
	case !has("stype"):
		return errDefinition("aggregate stype must be specified")
	case !has("sfunc"):
		return errDefinition("aggregate sfunc must be specified")
	}
	if has("mstype") {
		for _, w := range []string{"msfunc", "minvfunc"} {
			if !has(w) {
				return errDefinition("aggregate %s must be specified when mstype is specified", w)
			}
		}
		return nil
	}
	for _, w := range []string{"msfunc", "minvfunc", "mfinalfunc", "msspace", "minitcond"} {
		if has(w) {
			return errDefinition("aggregate %s must not be specified without mstype", w)
		}
	}
	return nil
}

func (x *Executor) createAggregate(ctx context.Context, s *ast.DefineStmt) error {
	schema, err := x.CreationSchema(ctx, s.Names)
	if err != nil {
		return err
	}
	o := x.aggregateOptions(s)
	if err := o.require(); err != nil {
		return err
	}
	f := &catalog.Function{Schema: schema.OID, Name: s.Names[len(s.Names)-1], Owner: x.Owner, Version: 1, Kind: 'a', Language: catalog.Internal, Volatility: 'i', Parallel: 'u', Cost: 1,
		Aggregate: &catalog.Aggregate{Kind: 'n'}}
	if p := o.text("parallel"); p != nil {
		letter, ok := map[string]byte{"safe": 's', "restricted": 'r', "unsafe": 'u'}[*p]
		if !ok {
			return pgerr.New(pgerr.SyntaxError, "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE")
		}
		f.Parallel = letter
	}
	if err := x.aggregateInputs(f, s, o); err != nil {
		return err
	}
	d := &aggregateDefinition{x: x, f: f, a: f.Aggregate, o: o, in: f.Inputs()}
	if err := d.define(); err != nil {
		return err
	}
	return x.storeAggregate(ctx, f, s.Replace)
}

// aggregateInputs reads the parameters in either form.
func (x *Executor) aggregateInputs(f *catalog.Function, s *ast.DefineStmt, o aggregateOptions) error {
	if s.OldStyle {
		base := o["basetype"]
		if base == nil {
			return errDefinition("aggregate input type must be specified")
		}
		if t := o.text("basetype"); strings.EqualFold(*t, "any") {
			return nil
		}
		t, err := x.optionType(base)
		if err != nil {
			return err
		}
		f.Params = []catalog.FunctionParam{{Mode: 'i', Type: t}}
		return nil
	}
	if o["basetype"] != nil {
		return errDefinition("basetype is redundant with aggregate input type specification")
	}
	if s.NumDirect >= 0 {
		f.Aggregate.Kind, f.Aggregate.Direct = 'o', s.NumDirect
		if o.flag("hypothetical") {
			f.Aggregate.Kind = 'h'
		}
	} else if o.flag("hypothetical") {
		return errDefinition("only ordered-set aggregates can be hypothetical")
	}
	if err := x.FunctionParams(f, &ast.CreateFunctionStmt{Params: s.Params}); err != nil {
		return err
	}
	for i := range f.Params {
		if p := &f.Params[i]; !p.Input() {
			return errDefinition("aggregates cannot have output arguments")
		}
	}
	return nil
}

// storeAggregate adds the aggregate to the catalog, or replaces the one that has its name and types.
func (x *Executor) storeAggregate(ctx context.Context, f *catalog.Function, replace bool) (err error) {
	old := x.SameFunction(f)
	switch {
	case old != nil && !replace:
		return ddl.ErrFunctionExists(f)
	case old == nil:
		if f.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
		return ddl.FunctionError(f, x.Txn.Create(ctx, f))
	case old.Kind != 'a':
		what := map[byte]string{'p': "a procedure", 'w': "a window function"}[old.Kind]
		if what == "" {
			what = "an ordinary function"
		}
		return pgerr.New(pgerr.WrongObjectType, "cannot change routine kind").WithDetail("\"%s\" is %s.", f.Name, what)
	}
	if old, err = x.Replaceable(ctx, old, f); err != nil {
		return err
	}
	if a, b := old.Aggregate, f.Aggregate; a.Kind != b.Kind {
		return pgerr.New(pgerr.WrongObjectType, "cannot change routine kind").WithDetail("\"%s\" is %s.", f.Name, map[byte]string{
			'n': "an ordinary aggregate function", 'o': "an ordered-set aggregate", 'h': "a hypothetical-set aggregate"}[a.Kind])
	} else if a.Direct != b.Direct {
		return errDefinition("cannot change number of direct arguments of an aggregate function")
	}
	f.OID, f.Version, f.Owner, f.Comment = old.OID, old.Version+1, old.Owner, old.Comment
	return x.Txn.Update(ctx, old, f)
}

// aggregateDefinition checks the parts of a new aggregate (AggregateCreate).
type aggregateDefinition struct {
	x  *Executor
	f  *catalog.Function
	a  *catalog.Aggregate
	o  aggregateOptions
	in []types.OID
}

// part is a function that an aggregate is made of.
type part struct {
	oid, ret types.OID
	strict   bool
	name     string
}

func (d *aggregateDefinition) define() (err error) {
	a, o := d.a, d.o
	if a.State, err = d.stateType("stype"); err != nil {
		return err
	}
	a.StateSpace, a.Init = o.number("sspace"), o.text("initcond")
	if err := d.checkInit(a.State, a.Init); err != nil {
		return err
	}
	if err := d.polymorphicResult(a.State, "transition data type"); err != nil {
		return err
	}
	trans, err := d.transition("sfunc", a.State, a.Init)
	if err != nil {
		return err
	}
	a.Trans = trans.oid
	if o["mstype"] != nil {
		if err := d.moving(); err != nil {
			return err
		}
	}
	if a.FinalModify, err = o.modify("finalfunc_modify", a.Kind); err != nil {
		return err
	}
	a.FinalExtra = o.flag("finalfunc_extra")
	if a.Final, d.f.Ret, err = d.final("finalfunc", a.State, a.FinalExtra); err != nil {
		return err
	}
	if err := d.combine(); err != nil {
		return err
	}
	if err := d.polymorphicResult(d.f.Ret, "result data type"); err != nil {
		return err
	}
	if d.f.Ret == types.InternalOID && !slices.Contains(d.in, types.InternalOID) {
		return errDefinition("unsafe use of pseudo-type \"internal\"").
			WithDetail("A function returning \"internal\" must have at least one \"internal\" argument.")
	}
	if m := a.Moving; m != nil {
		final, ret, err := d.final("mfinalfunc", m.State, m.FinalExtra)
		if err != nil {
			return err
		}
		if m.Final = final; ret != d.f.Ret {
			return errDefinition("moving-aggregate implementation returns type %s, but plain implementation returns type %s", d.word(ret), d.word(d.f.Ret))
		}
	}
	if o["sortop"] != nil {
		if err := d.sortOperator(); err != nil {
			return err
		}
	}
	for _, id := range a.Functions() {
		if id >= catalog.FirstUserOID && !slices.Contains(d.f.DependsOn, id) {
			d.f.DependsOn = append(d.f.DependsOn, id)
		}
	}
	return nil
}

func (d *aggregateDefinition) word(t types.OID) string { return d.x.TypeWord(t) }

// stateType reads a state's type.
func (d *aggregateDefinition) stateType(word string) (types.OID, error) {
	t, err := d.x.optionType(d.o[word])
	if err != nil {
		return 0, err
	}
	if ti, ok := types.Info(t); ok && ti.Type == 'p' && !types.IsPolymorphic(t) && t != types.InternalOID {
		return 0, errDefinition("aggregate transition data type cannot be %s", d.word(t))
	}
	return t, nil
}

// checkInit checks the text of an initial state.
func (d *aggregateDefinition) checkInit(t types.OID, init *string) error {
	if ti, ok := types.Info(t); init == nil || ok && ti.Type == 'p' {
		return nil
	}
	_, _, err := d.x.Bind.Evaluate("'"+strings.ReplaceAll(*init, "'", "''")+"'", types.Of(t))
	return err
}

// polymorphicResult refuses a pseudo-type that no argument would tell the meaning of.
func (d *aggregateDefinition) polymorphicResult(t types.OID, what string) error {
	return ddl.CheckPolymorphic(t, d.in, what)
}

// transArgs are the arguments of a transition function: the state, then what is aggregated.
func (d *aggregateDefinition) transArgs(state types.OID) []types.OID {
	args := d.in
	if d.a.Kind != 'n' && d.a.Direct < len(args) {
		args = args[d.a.Direct:]
	}
	return append([]types.OID{state}, args...)
}

// transition finds a transition function and checks it.
func (d *aggregateDefinition) transition(word string, state types.OID, init *string) (part, error) {
	p, err := d.lookup(word, d.transArgs(state))
	if err != nil {
		return p, err
	}
	if p.ret != state {
		return p, pgerr.New(pgerr.DatatypeMismatch, "return type of transition function %s is not %s", p.name, d.word(state))
	}
	if p.strict && init == nil && (len(d.in) == 0 || !builtins.BinaryCoercible(d.in[0], state)) {
		return p, errDefinition("must not omit initial value when transition function is strict and transition type is not compatible with input type")
	}
	return p, nil
}

// moving reads the second implementation.
func (d *aggregateDefinition) moving() (err error) {
	m := &catalog.MovingAggregate{StateSpace: d.o.number("msspace"), Init: d.o.text("minitcond"), FinalExtra: d.o.flag("mfinalfunc_extra")}
	d.a.Moving = m
	if m.State, err = d.stateType("mstype"); err != nil {
		return err
	}
	if err := d.checkInit(m.State, m.Init); err != nil {
		return err
	}
	if err := d.polymorphicResult(m.State, "transition data type"); err != nil {
		return err
	}
	if m.FinalModify, err = d.o.modify("mfinalfunc_modify", d.a.Kind); err != nil {
		return err
	}
	trans, err := d.transition("msfunc", m.State, m.Init)
	if err != nil {
		return err
	}
	inverse, err := d.lookup("minvfunc", d.transArgs(m.State))
	if err != nil {
		return err
	}
	if inverse.ret != m.State {
		return pgerr.New(pgerr.DatatypeMismatch, "return type of inverse transition function %s is not %s", inverse.name, d.word(m.State))
	}
	if trans.strict != inverse.strict {
		return errDefinition("strictness of aggregate's forward and inverse transition functions must match")
	}
	m.Trans, m.Inverse = trans.oid, inverse.oid
	return nil
}

// final finds a final function and the type of the result.
func (d *aggregateDefinition) final(word string, state types.OID, extra bool) (oid, ret types.OID, err error) {
	if d.o[word] == nil {
		return 0, state, nil
	}
	args := []types.OID{state}
	switch {
	case extra:
		args = append(args, d.in...)
	case d.a.Kind != 'n':
		args = append(args, d.in[:d.a.Direct]...)
	}
	p, err := d.lookup(word, args)
	if err != nil {
		return 0, 0, err
	}
	if extra && p.strict {
		return 0, 0, errDefinition("final function with extra arguments must not be declared STRICT")
	}
	return p.oid, p.ret, nil
}

// combine finds the functions for aggregation in parts.
func (d *aggregateDefinition) combine() error {
	o, a := d.o, d.a
	if o["serialfunc"] != nil || o["deserialfunc"] != nil {
		if a.State != types.InternalOID {
			return errDefinition("serialization functions may be specified only when the aggregate transition data type is %s", "internal")
		}
		if o["serialfunc"] == nil || o["deserialfunc"] == nil {
			return errDefinition("must specify both or neither of serialization and deserialization functions")
		}
	}
	for _, c := range []struct {
		word, what string
		args       []types.OID
		ret        types.OID
		to         *types.OID
	}{
		{"combinefunc", "combine", []types.OID{a.State, a.State}, a.State, &a.Combine},
		{"serialfunc", "serialization", []types.OID{types.InternalOID}, types.ByteaOID, &a.Serial},
		{"deserialfunc", "deserialization", []types.OID{types.ByteaOID, types.InternalOID}, types.InternalOID, &a.Deserial},
	} {
		if o[c.word] == nil {
			continue
		}
		p, err := d.lookup(c.word, c.args)
		switch {
		case err != nil:
			return err
		case p.ret != c.ret:
			return pgerr.New(pgerr.DatatypeMismatch, "return type of %s function %s is not %s", c.what, p.name, d.word(c.ret))
		case c.word == "combinefunc" && a.State == types.InternalOID && p.strict:
			return errDefinition("combine function with transition type %s must not be declared STRICT", "internal")
		}
		*c.to = p.oid
	}
	return nil
}

// sortOperator finds the operator of sortop.
func (d *aggregateDefinition) sortOperator() error {
	if len(d.in) != 1 {
		return errDefinition("sort operator can only be specified for single-argument aggregates")
	}
	name := d.o.names("sortop")
	op, ok := builtins.OperatorExact(name[len(name)-1], d.in[0], d.in[0])
	if !ok {
		return pgerr.New(pgerr.UndefinedFunction, "operator does not exist: %s %s %s", d.word(d.in[0]), strings.Join(name, "."), d.word(d.in[0]))
	}
	d.a.SortOp = op.OID
	return nil
}

// lookup finds the function that a parameter names, by the types of its arguments (lookup_agg_function).
func (d *aggregateDefinition) lookup(word string, args []types.OID) (part, error) {
	name := d.o.names(word)
	p, err := d.x.routineFor(name, args)
	if err != nil {
		return part{}, err
	}
	return part{p.OID, p.Ret, p.Strict, strings.Join(name, ".")}, nil
}
