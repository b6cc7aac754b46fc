package session

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec/plpgsql"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// compiledKey names a compiled function: polymorphic ones are compiled for each set of argument types, those of triggers for each trigger.
type compiledKey struct {
	oid     types.OID
	args    string
	trigger types.OID
}

// compiledFunction is a function compiled from a version of its descriptor.
type compiledFunction struct {
	f *catalog.Function
	c *plpgsql.Compiled
}

// compile gives the compiled form of a function for argument types, or for a trigger.
func (s *Session) compile(f *catalog.Function, args []types.OID, ret types.T, trigger types.OID) (*plpgsql.Compiled, error) {
	key := compiledKey{oid: f.OID, trigger: trigger}
	src := plpgsql.Source{Function: f, Body: f.Body, Args: args, Ret: ret}
	for _, t := range f.Inputs() {
		if types.IsPolymorphic(t) {
			var b strings.Builder
			for _, a := range append(args[:len(args):len(args)], ret.OID) {
				b.WriteString(types.FormatType(a, -1))
				b.WriteByte(',')
			}
			key.args = b.String()
			break
		}
	}
	if ret.OID == types.TriggerOID {
		src.Trigger = true
	}
	if have, ok := s.body.compiled[key]; ok && have.f == f {
		return have.c, nil
	}
	src.Name = s.functionSignature(f)
	c, err := plpgsql.Compile((*host)(s), src)
	if err != nil {
		return nil, plpgsql.Located(err, src)
	}
	if s.body.compiled == nil {
		s.body.compiled = map[compiledKey]*compiledFunction{}
	}
	s.body.compiled[key] = &compiledFunction{f: f, c: c}
	return c, nil
}

// functionSignature is a function's name with its argument types, as errors show it.
func (s *Session) functionSignature(f *catalog.Function) string {
	name, _ := (*env)(s).RegName(types.RegProcedureOID, f.OID)
	if name == "" || name == "-" {
		name = f.Name
	}
	return name
}

// enterRoutine counts the functions that run inside each other.
func (s *Session) enterRoutine() error {
	if s.sqlDepth >= sqlDepthMax {
		return pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded").
			WithHint("Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.")
	}
	s.sqlDepth++
	return nil
}

// callBody runs a function in PL/pgSQL.
func (s *Session) callBody(ctx context.Context, f *catalog.Function, call *builtins.SQLCall, args []types.Datum) (plpgsql.Outcome, error) {
	if ctx == nil {
		ctx = s.ctx
	}
	defer s.showTransitions(transitions{})()
	if err := s.enterRoutine(); err != nil {
		return plpgsql.Outcome{}, err
	}
	defer func() { s.sqlDepth-- }()
	if s.hot.trackFunctions != "none" {
		defer s.stat.Call(&s.srv.stat, f.OID)()
	}
	restore, err := s.applyConfig(f)
	if err != nil {
		return plpgsql.Outcome{}, err
	}
	defer restore()
	actual := make([]types.OID, len(call.Args))
	for i, t := range call.Args {
		actual[i] = t.OID
	}
	c, err := s.compile(f, actual, call.Ret, 0)
	if err != nil {
		return plpgsql.Outcome{}, err
	}
	return s.runCompiled(ctx, c, plpgsql.Call{Args: args, Result: call.Columns, NonAtomic: s.takeNonAtomic(f)})
}

// topLevel lets a procedure that a client calls outside of a transaction block end the transaction.
func (s *Session) topLevel(out *utilitySink) {
	if s.sqlDepth == 0 {
		s.body.nonAtomic = !s.tx.block && !out.multi
	}
}

// takeNonAtomic reports whether the call that begins may end the transaction. What it calls itself may not, unless by CALL.
func (s *Session) takeNonAtomic(f *catalog.Function) bool {
	n := s.body.nonAtomic && f.Kind == 'p' && len(f.Config) == 0 && !f.SecurityDefiner
	s.body.nonAtomic = false
	return n
}

// runCompiled runs a call with a view of its own.
func (s *Session) runCompiled(ctx context.Context, c *plpgsql.Compiled, call plpgsql.Call) (plpgsql.Outcome, error) {
	outer, vars, params := s.body.view, s.body.vars, s.body.params
	v := view{}
	s.body.view, s.body.vars, s.body.params = &v, nil, nil
	out, err := c.Run(ctx, (*host)(s), call)
	if v.saved && s.tx.kv != nil {
		s.tx.kv.PopSnapshot()
	}
	s.body.view, s.body.vars, s.body.params = outer, vars, params
	return out, err
}

// callPLpgSQL is CallSQL for a function in PL/pgSQL.
func (s *Session) callPLpgSQL(ctx context.Context, f *catalog.Function, call *builtins.SQLCall, args []types.Datum) (types.Datum, error) {
	out, err := s.callBody(ctx, f, call, args)
	return out.Value, err
}

// openPLpgSQL is OpenSQL for a function in PL/pgSQL.
func (s *Session) openPLpgSQL(ctx context.Context, f *catalog.Function, call *builtins.SQLCall, args []types.Datum) (expr.RowSource, error) {
	out, err := s.callBody(ctx, f, call, args)
	if err != nil {
		return nil, err
	}
	return &expr.RowList{Rows: out.Rows}, nil
}

// doStmt is DO.
func (s *Session) doStmt(ctx context.Context, p *prepared, x *ast.DoStmt) (Tag, error) {
	body, language := "", "plpgsql"
	found := false
	for _, d := range x.Args {
		c, _ := d.Arg.(*ast.Const)
		if c == nil {
			continue
		}
		if d.Name == "as" {
			body, found = c.Val, true
		} else {
			language = c.Val
		}
	}
	switch {
	case !found:
		return Tag{}, pgerr.New(pgerr.SyntaxError, "no inline code specified")
	case language == "sql" || language == "c" || language == "internal":
		return Tag{}, pgerr.New(pgerr.CodeFeatureNotSupported, "language \"%s\" does not support inline code execution", language)
	case language != "plpgsql":
		return Tag{}, errNoLanguage(language)
	}
	if err := s.beginStatement(ctx); err != nil {
		return Tag{}, err
	}
	src := plpgsql.Source{Body: body, Ret: types.Of(types.VoidOID), Name: "inline_code_block"}
	c, err := plpgsql.Compile((*host)(s), src)
	if err != nil {
		return Tag{}, inBodyText(err, p.text, body, src)
	}
	if err := s.enterRoutine(); err != nil {
		return Tag{}, err
	}
	defer func() { s.sqlDepth-- }()
	nonAtomic := s.body.nonAtomic
	s.body.nonAtomic = false
	_, err = s.runCompiled(ctx, c, plpgsql.Call{NonAtomic: nonAtomic})
	return tag("DO"), err
}

func errNoLanguage(name string) error {
	err := pgerr.New(pgerr.UndefinedObject, "language %q does not exist", name)
	if strings.HasPrefix(name, "pl") {
		err.WithHint("Use CREATE EXTENSION to load the language into the database.")
	}
	return err
}

// inBodyText gives an error in a body its place in the statement that has the body as a string.
func inBodyText(err error, text, body string, src plpgsql.Source) error {
	e, ok := pgerr.As(err)
	if !ok {
		return err
	}
	at := strings.Index(text, body)
	if e.Position == 0 || at < 0 || body == "" {
		return plpgsql.Located(err, src)
	}
	c := *e
	c.Position += utf8.RuneCountInString(text[:at])
	return &c
}

// bodyPLpgSQL checks the body of a function (plpgsql_validator).
func (d *ddlBinder) bodyPLpgSQL(f *catalog.Function) error {
	if d.s.settings.Text("check_function_bodies") == "off" {
		return nil
	}
	src := plpgsql.Source{Function: f, Body: f.Body, Args: f.Inputs(), Ret: types.Of(f.Ret), Name: f.Name, Validate: true, Trigger: f.Ret == types.TriggerOID}
	if _, err := plpgsql.Compile((*host)(d.s), src); err != nil {
		return inBodyText(err, d.sql, f.Body, src)
	}
	return nil
}
