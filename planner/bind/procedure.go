package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// ProcedureCall is a bound CALL.
type ProcedureCall struct {
	Function *catalog.Function
	// Args are the values of the input parameters.
	Args []expr.Expr
	// Columns and Names are of the row that it returns; nil if it returns none.
	Columns []types.T
	Names   []string
	// Params are the types of $1 …
	Params []types.T
}

// Procedure binds CALL. Arguments for OUT parameters are only counted.
func Procedure(n *ast.FuncCall, o Options) (p *ProcedureCall, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	b.noInline = true
	s := newScope(nil)
	s.kind = kindExecute
	c := &boundCall{n: n, name: joinNames(n.Name)}
	b.bindArgs(s, c)
	f := b.resolveProcedure(c)
	args := b.finalArgs(c)
	p = &ProcedureCall{Function: f}
	for i := range f.Params {
		if f.Params[i].Input() {
			p.Args = append(p.Args, args[i])
		}
	}
	b.checkParams()
	p.Params = b.params
	var actual []types.OID
	for _, a := range p.Args {
		actual = append(actual, a.Type().OID)
	}
	p.Columns, p.Names = b.resultColumns(f, actual, f.Ret)
	if f.Ret == types.VoidOID {
		p.Columns, p.Names = nil, nil
	}
	return p, nil
}

// resolveProcedure chooses the procedure of a CALL: unlike functions, procedures are told apart by output parameters, too.
func (b *binder) resolveProcedure(c *boundCall) *catalog.Function {
	n := c.n
	call := builtins.FuncCall{Name: "\x00" + c.name, Variadic: n.FuncVariadic}
	for i, e := range c.args {
		call.Args = append(call.Args, e.Type().OID)
		if named, ok := n.Args[i].(*ast.NamedArgExpr); ok {
			call.ArgNames = append(call.ArgNames, named.Name)
		}
	}
	c.types = call.Args
	for _, p := range b.catalogProcs(n.Name) {
		if p.Kind != 'p' {
			continue
		}
		f, _ := b.o.Reader.Function(p.OID)
		q := *p
		q.Args, q.ArgModes, q.AllArgs, q.ArgNames = nil, "", nil, nil
		for i := range f.Params {
			q.Args, q.ArgNames = append(q.Args, f.Params[i].Type), append(q.ArgNames, f.Params[i].Name)
		}
		call.More = append(call.More, &q)
	}
	m, err := builtins.ResolveFunction(call)
	if err == nil {
		c.m = &m
		f, _ := b.o.Reader.Function(m.Proc.OID)
		return f
	}
	e, _ := pgerr.As(err)
	if e == nil || e.Code != pgerr.UndefinedFunction && e.Code != pgerr.AmbiguousFunction {
		b.check(err, n.Pos)
	}
	if e.Code == pgerr.AmbiguousFunction {
		b.raise(b.err(e.Code, n.Pos, "procedure %s is not unique", b.signature(c)).
			WithHint("Could not choose a best candidate procedure. You might need to add explicit type casts."))
	}
	call.Name, call.More = n.Name[len(n.Name)-1], b.catalogProcs(n.Name)
	if m, err := builtins.ResolveFunction(call); err == nil && m.Proc != nil && m.Proc.Kind != 'p' {
		b.raise(b.err(pgerr.WrongObjectType, n.Pos, "%s is not a procedure", b.signature(c)).WithHint("To call a function, use SELECT."))
	}
	b.raise(b.err(pgerr.UndefinedFunction, n.Pos, "procedure %s does not exist", b.signature(c)).
		WithHint("No procedure matches the given name and argument types. You might need to add explicit type casts."))
	return nil
}
