package ddl

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// functionWord is what messages call a function of a kind.
func functionWord(kind byte) string {
	switch kind {
	case 'p':
		return "procedure"
	case 'a':
		return "aggregate"
	}
	return "function"
}

func errFunction(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InvalidFunctionDefinition, format, args...)
}

func (x *Executor) createFunction(ctx context.Context, s *ast.CreateFunctionStmt) error {
	rv := rangeVar(s.Name)
	schema, err := x.creationSchema(ctx, rv)
	if err != nil {
		return err
	}
	f := &catalog.Function{Schema: schema.OID, Name: rv.Name, Owner: x.Owner, Version: 1, Kind: 'f', Volatility: 'v', Parallel: 'u', Cost: 100}
	if s.IsProcedure {
		f.Kind, f.Cost = 'p', 100
	}
	o, err := x.functionOptions(f, s)
	if err != nil {
		return err
	}
	if err := x.FunctionParams(f, s); err != nil {
		return err
	}
	if err := x.functionResult(ctx, f, s); err != nil {
		return err
	}
	if err := o.finish(f, s); err != nil {
		return err
	}
	if err := x.checkInternal(f); err != nil {
		return err
	}
	if err := checkPseudoTypes(f); err != nil {
		return err
	}
	old := x.SameFunction(f)
	if old != nil && !s.Replace {
		return ErrFunctionExists(f)
	}
	if old != nil {
		f.OID = old.OID
		if old, err = x.Replaceable(ctx, old, f); err != nil {
			return err
		}
	} else if f.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return err
	}
	if f.Language != catalog.Internal {
		err = x.functionBody(ctx, f, s)
	}
	if err != nil {
		return err
	}
	if old != nil {
		f.Version, f.Owner, f.Comment = old.Version+1, old.Owner, old.Comment
		return x.Txn.Update(ctx, old, f)
	}
	return FunctionError(f, x.Txn.Create(ctx, f))
}

// ErrFunctionExists is the error of a name and types that another function has.
func ErrFunctionExists(f *catalog.Function) error {
	return pgerr.New(pgerr.DuplicateFunction, "function \"%s\" already exists with same argument types", f.Name)
}

// FunctionError turns the error of a taken name into PostgreSQL's.
func FunctionError(f *catalog.Function, err error) error {
	if errors.Is(err, catalog.ErrNameTaken) {
		return ErrFunctionExists(f)
	}
	return err
}

// SameFunction finds the function with f's schema, name and input types.
func (x *Executor) SameFunction(f *catalog.Function) *catalog.Function {
	for _, g := range x.Txn.Newest().FunctionsNamed(f.Name) {
		if g.Schema == f.Schema && slices.Equal(g.Inputs(), f.Inputs()) {
			return g
		}
	}
	return nil
}

// functionOptions are the clauses of CREATE FUNCTION that are worked out later than they are read.
type functionOptions struct {
	language string
	body     *ast.Names
	rows     float64
	rowsSet  bool
}

func (x *Executor) functionOptions(f *catalog.Function, s *ast.CreateFunctionStmt) (*functionOptions, error) {
	o := &functionOptions{}
	seen := map[string]bool{}
	for _, d := range s.Options {
		if seen[d.Name] && d.Name != "set" {
			return nil, pgerr.New(pgerr.SyntaxError, "conflicting or redundant options").At(x.SQL, d.Pos)
		}
		seen[d.Name] = true
		switch d.Name {
		case "as":
			o.body, _ = d.Arg.(*ast.Names)
		case "language":
			o.language = strings.ToLower(optionText(d))
		case "transform":
			return nil, pgerr.FeatureNotSupported("TRANSFORM")
		case "window":
			return nil, pgerr.FeatureNotSupported("CREATE FUNCTION … WINDOW")
		default:
			if err := x.functionAttribute(f, o, d); err != nil {
				return nil, err
			}
		}
	}
	if o.body != nil && s.SQLBody != nil {
		return nil, errFunction("duplicate function body specified")
	}
	if o.language == "" && s.SQLBody == nil {
		return nil, errFunction("no language specified")
	}
	switch o.language {
	case "", "sql":
	case "plpgsql":
		f.Language = catalog.PLpgSQL
	case "c", "internal":
		f.Language = catalog.Internal
		if !x.Txn.Newest().Superuser(x.Owner) {
			return nil, pgerr.New(pgerr.InsufficientPrivilege, "permission denied for language %s", o.language)
		}
	default:
		err := pgerr.New(pgerr.UndefinedObject, "language %q does not exist", o.language)
		if strings.HasPrefix(o.language, "pl") {
			err.WithHint("Use CREATE EXTENSION to load the language into the database.")
		}
		return nil, err
	}
	return o, nil
}

// optionText is the word or string of an option.
func optionText(d *ast.DefElem) string {
	if c, ok := d.Arg.(*ast.Const); ok {
		return c.Val
	}
	return ""
}

// functionAttribute takes an option that ALTER FUNCTION has, too.
func (x *Executor) functionAttribute(f *catalog.Function, o *functionOptions, d *ast.DefElem) error {
	if f.Kind == 'p' && d.Name != "set" && d.Name != "security" {
		return errFunction("invalid attribute in procedure definition").At(x.SQL, d.Pos)
	}
	text := optionText(d)
	switch d.Name {
	case "strict":
		f.Strict = text == "true"
	case "volatility":
		f.Volatility = text[0]
	case "leakproof":
		f.Leakproof = text == "true"
	case "security":
		f.SecurityDefiner = text == "true"
	case "parallel":
		letter, ok := map[string]byte{"safe": 's', "restricted": 'r', "unsafe": 'u'}[text]
		if !ok {
			return pgerr.New(pgerr.SyntaxError, "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE")
		}
		f.Parallel = letter
	case "cost", "rows":
		v, _ := strconv.ParseFloat(text, 64)
		if v <= 0 {
			return pgerr.New(pgerr.InvalidParameterValue, "%s must be positive", strings.ToUpper(d.Name))
		}
		if d.Name == "cost" {
			f.Cost = v
		} else {
			o.rows, o.rowsSet = v, true
		}
	case "set":
		return functionSetting(f, d)
	case "support":
		return pgerr.FeatureNotSupported("SUPPORT")
	}
	return nil
}

// functionSetting is SET or RESET among the options.
func functionSetting(f *catalog.Function, d *ast.DefElem) error {
	v, ok := d.Arg.(*ast.VariableSetStmt)
	if !ok {
		return pgerr.FeatureNotSupported("this SET clause of a function")
	}
	name := strings.ToLower(v.Name)
	f.Config = slices.DeleteFunc(slices.Clone(f.Config), func(c string) bool {
		n, _, _ := strings.Cut(c, "=")
		return n == name || v.Kind == ast.VarResetAll
	})
	if v.Kind == ast.VarSetValue {
		var words []string
		for _, a := range v.Args {
			if c, ok := a.(*ast.Const); ok {
				words = append(words, c.Val)
			}
		}
		if name == "search_path" {
			for i := range words {
				words[i] = quoteIdent(words[i])
			}
		}
		f.Config = append(f.Config, name+"="+strings.Join(words, ", "))
	} else if v.Kind == ast.VarSetCurrent {
		return pgerr.FeatureNotSupported("SET … FROM CURRENT")
	}
	if len(f.Config) == 0 {
		f.Config = nil
	}
	return nil
}

// finish checks what the options need the result type for.
func (o *functionOptions) finish(f *catalog.Function, s *ast.CreateFunctionStmt) error {
	if f.RetSet {
		f.Rows = 1000
	}
	if o.rowsSet {
		if !f.RetSet {
			return pgerr.New(pgerr.InvalidParameterValue, "ROWS is not applicable when function does not return a set")
		}
		f.Rows = o.rows
	}
	switch {
	case o.body == nil && s.SQLBody == nil:
		return errFunction("no function body specified")
	case o.body == nil:
		for _, t := range f.Inputs() {
			if types.IsPolymorphic(t) {
				return errFunction("SQL function with unquoted function body cannot have polymorphic arguments")
			}
		}
	case o.language == "c":
		return pgerr.New(pgerr.UndefinedFile, "could not access file \"%s\": No such file or directory", o.body.Names[0])
	case len(o.body.Names) != 1:
		return errFunction("only one AS item needed for language \"%s\"", o.language)
	default:
		f.Body = o.body.Names[0]
	}
	return nil
}

// FunctionParams reads the parameter list (interpret_function_parameter_list).
func (x *Executor) FunctionParams(f *catalog.Function, s *ast.CreateFunctionStmt) error {
	defaults, variadic := false, false
	for _, n := range s.Params {
		t, err := x.paramType(f, n.Type)
		if err != nil {
			return err
		}
		p := catalog.FunctionParam{Name: n.Name, Type: t.OID, Mode: map[ast.FunctionParameterMode]byte{ast.FuncParamOut: 'o',
			ast.FuncParamInOut: 'b', ast.FuncParamVariadic: 'v', ast.FuncParamTable: 't'}[n.Mode]}
		if p.Mode == 0 {
			p.Mode = 'i'
		}
		if n.Type.SetOf {
			return errFunction("%ss cannot accept set arguments", functionWord(f.Kind))
		}
		switch {
		case p.Input() && variadic:
			return errFunction("VARIADIC parameter must be the last input parameter")
		case p.Mode == 'o' && f.Kind == 'p' && variadic:
			return errFunction("VARIADIC parameter must be the last parameter")
		case p.Mode == 'v':
			variadic = true
			if types.ElemOf(p.Type) == 0 && p.Type != types.AnyArrayOID && p.Type != types.AnyOID && p.Type != types.AnyCompatibleArrayOID {
				return errFunction("VARIADIC parameter must be an array")
			}
		}
		if err := x.paramName(f, &p); err != nil {
			return err
		}
		switch {
		case n.Default != nil:
			if !p.Input() {
				return errFunction("only input parameters can have default values")
			}
			if p.Default, err = x.Bind.Default(n.Default, p.Name, types.Of(p.Type)); err != nil {
				return err
			}
			defaults = true
		case defaults && p.Input():
			return errFunction("input parameters after one with a default value must also have defaults")
		}
		f.Params = append(f.Params, p)
	}
	return nil
}

// paramName refuses a name that is used twice, inputs and outputs being apart.
func (x *Executor) paramName(f *catalog.Function, p *catalog.FunctionParam) error {
	if p.Name == "" {
		return nil
	}
	for _, q := range f.Params {
		apart := (p.Mode == 'i' || p.Mode == 'v') && (q.Mode == 'o' || q.Mode == 't') ||
			(q.Mode == 'i' || q.Mode == 'v') && (p.Mode == 'o' || p.Mode == 't')
		if q.Name == p.Name && !apart {
			return errFunction("parameter name \"%s\" used more than once", p.Name)
		}
	}
	return nil
}

// functionResult finds the result type.
func (x *Executor) functionResult(ctx context.Context, f *catalog.Function, s *ast.CreateFunctionStmt) error {
	required, outs := types.OID(0), 0
	for i := range f.Params {
		if m := f.Params[i].Mode; m == 'o' || m == 'b' || m == 't' {
			required = f.Params[i].Type
			outs++
		}
	}
	if outs > 1 || outs > 0 && f.Kind == 'p' {
		required = types.RecordOID
	}
	if f.Kind == 'p' {
		if f.Ret = required; f.Ret == 0 {
			f.Ret = types.VoidOID
		}
		return nil
	}
	if s.ReturnType == nil {
		if f.Ret = required; f.Ret == 0 {
			return errFunction("function result type must be specified")
		}
		return nil
	}
	t, err := x.resultType(ctx, f, s.ReturnType)
	if err != nil {
		return err
	}
	f.Ret, f.RetSet = t.OID, s.ReturnType.SetOf
	if required != 0 && required != f.Ret {
		return errFunction("function result type must be %s because of OUT parameters", types.FormatType(required, -1))
	}
	return nil
}

// checkPseudoTypes refuses the pseudo-types that an SQL function cannot have.
func checkPseudoTypes(f *catalog.Function) error {
	for _, t := range f.Inputs() {
		if f.Language == catalog.Internal {
			break
		}
		ti, ok := types.Info(t)
		switch {
		case types.IsPolymorphic(t):
		case !ok || ti.Type != 'p' || t == types.RecordOID && f.Language == catalog.PLpgSQL:
		case f.Language == catalog.PLpgSQL:
			return pgerr.New(pgerr.CodeFeatureNotSupported, "PL/pgSQL functions cannot accept type %s", types.FormatType(t, -1))
		default:
			return errFunction("SQL functions cannot have arguments of type %s", types.FormatType(t, -1))
		}
	}
	outs := []types.OID{f.Ret}
	for _, p := range f.Params {
		outs = append(outs, p.Type)
	}
	for _, t := range outs {
		if err := CheckPolymorphic(t, f.Inputs(), "result data type"); err != nil {
			return err
		}
	}
	if ti, ok := types.Info(f.Ret); ok && ti.Type == 'p' && f.Language != catalog.Internal && !types.IsPolymorphic(f.Ret) && f.Ret != types.RecordOID && f.Ret != types.VoidOID {
		if f.Language == catalog.PLpgSQL {
			return checkTrigger(f)
		}
		return errFunction("SQL functions cannot return type %s", types.FormatType(f.Ret, -1))
	}
	return nil
}

// checkTrigger lets a function in PL/pgSQL return trigger, if it has no parameters.
func checkTrigger(f *catalog.Function) error {
	switch {
	case f.Ret == types.EventTriggerOID:
		return pgerr.FeatureNotSupported("an event trigger function")
	case f.Ret != types.TriggerOID:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "PL/pgSQL functions cannot return type %s", types.FormatType(f.Ret, -1))
	case len(f.Params) > 0:
		return errFunction("trigger functions cannot have declared arguments").
			WithHint("The arguments of the trigger can be accessed through TG_NARGS and TG_ARGV instead.")
	}
	return nil
}

// functionBody checks the body, and keeps what a parsed one names from being dropped meanwhile.
func (x *Executor) functionBody(ctx context.Context, f *catalog.Function, s *ast.CreateFunctionStmt) error {
	if err := x.Bind.FunctionBody(f, s.SQLBody); err != nil {
		return err
	}
	var locks []any
	for _, oid := range f.DependsOn {
		if rel, ok := x.Txn.Newest().RelationByOID(oid); ok && oid >= catalog.FirstUserOID {
			if _, index := rel.(*catalog.Index); !index {
				locks = append(locks, rel)
			}
		}
	}
	if len(locks) == 0 {
		return nil
	}
	if err := x.Txn.Lock(ctx, kv.Shared, locks...); err != nil {
		return err
	}
	return x.Bind.FunctionBody(f, s.SQLBody)
}

// Replaceable locks the function that f is to replace and gives its present version: what callers rely on must stay.
func (x *Executor) Replaceable(ctx context.Context, old, f *catalog.Function) (*catalog.Function, error) {
	if err := x.Txn.Lock(ctx, kv.Exclusive, old); err != nil {
		return nil, err
	}
	if old = x.SameFunction(f); old == nil {
		return nil, pgerr.New(pgerr.UndefinedFunction, "function %s does not exist", x.functionName(f))
	}
	hint := "Use DROP " + strings.ToUpper(functionWord(old.Kind)) + " " + x.functionName(old) + " first."
	if old.Kind != f.Kind {
		return nil, pgerr.New(pgerr.WrongObjectType, "cannot change routine kind").WithDetail("\"%s\" is a %s.", old.Name, functionWord(old.Kind))
	}
	if old.Ret != f.Ret || old.RetSet != f.RetSet {
		what := "return type of existing function"
		if old.Kind == 'p' {
			what = "whether a procedure has output parameters"
		}
		return nil, errFunction("cannot change %s", what).WithHint("%s", hint)
	}
	if !slices.EqualFunc(outputs(old), outputs(f), func(a, b catalog.FunctionParam) bool { return a.Type == b.Type && a.Name == b.Name }) {
		return nil, errFunction("cannot change return type of existing function").
			WithDetail("Row type defined by OUT parameters is different.").WithHint("%s", hint)
	}
	was, now := inputs(old), inputs(f)
	for i := range was {
		if was[i].Name != "" && was[i].Name != now[i].Name {
			return nil, errFunction("cannot change name of input parameter \"%s\"", was[i].Name).WithHint("%s", hint)
		}
	}
	for i := range was {
		if was[i].Default != "" && now[i].Default == "" {
			return nil, errFunction("cannot remove parameter defaults from existing function").WithHint("%s", hint)
		}
	}
	return old, nil
}

func inputs(f *catalog.Function) []catalog.FunctionParam {
	return slices.DeleteFunc(slices.Clone(f.Params), func(p catalog.FunctionParam) bool { return !p.Input() })
}

// outputs are the output parameters, if they make a row.
func outputs(f *catalog.Function) []catalog.FunctionParam {
	out := slices.DeleteFunc(slices.Clone(f.Params), func(p catalog.FunctionParam) bool { return p.Mode == 'i' || p.Mode == 'v' })
	if len(out) == 1 && f.Ret != types.RecordOID {
		return nil
	}
	return out
}

// functionName is f with its input types, qualified unless the search path finds it.
func (x *Executor) functionName(f *catalog.Function) string {
	var args []string
	for _, t := range f.Inputs() {
		args = append(args, x.typeWord(t))
	}
	name := quoteIdent(f.Name)
	if schema := x.Txn.Newest().SchemaName(f.Schema); !slices.Contains(x.SearchPath, schema) {
		name = quoteIdent(schema) + "." + name
	}
	return name + "(" + strings.Join(args, ",") + ")"
}

// typeWord is the name of a type; row types have the name of their table.
func (x *Executor) typeWord(t types.OID) string {
	if _, ok := types.Info(t); !ok {
		if elem := types.ElemOf(t); elem != 0 {
			return x.typeWord(elem) + "[]"
		}
		if u, ok := x.Txn.Newest().TypeByOID(t); ok && u.Kind != catalog.TypeComposite {
			return x.typeName(u)
		}
		if rel, ok := x.Txn.Newest().RowType(t); ok {
			return x.relName(rel)
		}
	}
	return types.FormatType(t, -1)
}
