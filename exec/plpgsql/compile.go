package plpgsql

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	lang "github.com/lightsql/lightsql/sql/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// Compiled is a function ready to run, of one session.
type Compiled struct {
	f         *lang.Function
	body      string
	signature string // as errors name it
	exprs     []boundExpr
	ret       types.T
	set       bool
	procedure bool
	trigger   bool
	// composite: a row is the result, of these columns; nil columns: any record.
	composite bool
	inputs    []int // the variables of the arguments
	mode      Mode
	casts     map[castKey]*cast
	parts     map[partKey]*part
	// free are frames that no call uses.
	free []*frame
}

// boundExpr is an expression of the function and what it is bound to.
type boundExpr struct {
	parsed   bool
	stmt     ast.Stmt
	catalog  uint64
	settings string
	want     types.T
	bound    bool
	// simple: e is computed by a program. t is its type.
	simple bool
	e      expr.Expr
	fast   scalar // nil: e is more than whole numbers
	t      types.T
	progs  []*expr.Prog
	query  *Query
	shapes []shape
	vars   *scope
}

// shape is what a record looked like when an expression was bound.
type shape struct {
	v     int
	types []types.T
	names []string
}

// Source is what there is to compile.
type Source struct {
	Function *catalog.Function // nil: DO
	Body     string
	// Args and Ret are the types of the call: polymorphic ones are resolved.
	Args []types.OID
	Ret  types.T
	// Trigger functions have these variables; see TriggerVariables.
	Trigger bool
	Name    string // as errors show it
	// Validate asks for no more than the checks of CREATE FUNCTION.
	Validate bool
}

// Compile parses a function.
func Compile(h Host, s Source) (*Compiled, error) {
	c := &Compiled{body: s.Body, signature: s.Name, ret: s.Ret, casts: map[castKey]*cast{}}
	o := lang.Options{Types: &typeResolver{h: h}, Void: true, Notice: h.Notice}
	switch h.Setting("plpgsql.variable_conflict") {
	case "use_variable":
		o.Conflict = lang.ConflictVariable
	case "use_column":
		o.Conflict = lang.ConflictColumn
	}
	o.Strict = h.Setting("plpgsql.print_strict_params") == "on"
	if f := s.Function; f != nil {
		if err := c.params(h, &o, s); err != nil {
			return nil, err
		}
		o.Name, o.Set, o.Procedure, o.Trigger = f.Name, f.RetSet, f.Kind == 'p', s.Trigger
		o.Void = s.Ret.OID == types.VoidOID || f.Kind == 'p'
		c.set, c.procedure = f.RetSet, f.Kind == 'p'
		c.composite = types.IsComposite(s.Ret.OID)
		c.mode = Mode{ReadOnly: f.Volatility != 'v', Atomic: true}
	}
	if s.Trigger {
		o.Extra = TriggerVariables()
		c.trigger, c.composite = true, true
	}
	f, err := lang.Parse(s.Body, o)
	if err != nil {
		return nil, err
	}
	c.f = f
	n := 0
	for _, p := range o.Params {
		if p.In {
			c.inputs = append(c.inputs, n)
		}
		n++
	}
	c.exprs = make([]boundExpr, f.Exprs)
	return c, nil
}

// Located gives an error of Compile its context, where the body is not part of the statement at hand.
func Located(err error, s Source) error {
	e, ok := pgerr.As(err)
	if !ok {
		return err
	}
	c := *e
	line := 1
	if c.Position > 0 {
		line = lang.Line(s.Body, c.Position)
		c.InternalPosition, c.InternalQuery, c.Position = c.Position, s.Body, 0
	}
	name := "inline_code_block"
	if s.Function != nil {
		name = s.Function.Name
	}
	return c.WithWhere("compilation of PL/pgSQL function \"%s\" near line %d", name, line)
}

// params are the parameters with the types of the call.
func (c *Compiled) params(h Host, o *lang.Options, s Source) error {
	f := s.Function
	declared := f.Inputs()
	for i := range f.Params {
		p := &f.Params[i]
		t := p.Type
		if types.IsPolymorphic(t) {
			if s.Validate {
				t = validatorType(t)
			} else {
				var err error
				if t, err = builtins.ResolvePolymorphic(s.Args, declared, t); err != nil {
					return err
				}
			}
		}
		o.Params = append(o.Params, lang.Param{Name: p.Name, Type: typeOf(types.Of(t)), In: p.Input(), Out: p.Mode == 'o' || p.Mode == 'b' || p.Mode == 't'})
	}
	return nil
}

// validatorType stands for a polymorphic type while a function is checked, as in PostgreSQL.
func validatorType(t types.OID) types.OID {
	name := types.FormatType(t, -1)
	switch {
	case strings.HasSuffix(name, "array"):
		return types.ArrayOf(types.Int4OID)
	case strings.HasSuffix(name, "multirange"):
		return types.Int4multirangeOID
	case strings.HasSuffix(name, "range"):
		return types.Int4rangeOID
	}
	return types.Int4OID
}

func typeOf(t types.T) lang.Type { return lang.Type{T: t, Composite: types.IsComposite(t.OID)} }

// typeResolver resolves the types of declarations.
type typeResolver struct{ h Host }

// Type implements lang.Types.
func (r *typeResolver) Type(tn *ast.TypeName) (lang.Type, error) {
	t, err := bind.Type(tn, r.h.BindOptions(""))
	if err != nil {
		return lang.Type{}, err
	}
	if ti, ok := types.Info(t.OID); ok && ti.Type == 'p' && t.OID != types.RecordOID {
		return lang.Type{}, pgerr.New(pgerr.CodeFeatureNotSupported, "variable \"%s\" has pseudo-type %s", "", types.FormatType(t.OID, -1))
	}
	return typeOf(t), nil
}

// RowType implements lang.Types.
func (r *typeResolver) RowType(names []string, pos int) (lang.Type, error) {
	o := r.h.BindOptions("")
	schema := ""
	if len(names) > 1 {
		schema = names[len(names)-2]
	}
	rel, ok := o.Reader.Lookup(o.SearchPath, schema, names[len(names)-1])
	if !ok {
		return lang.Type{}, pgerr.New(pgerr.UndefinedTable, "relation \"%s\" does not exist", strings.Join(names, "."))
	}
	oid := catalog.RowTypeOf(rel)
	if oid == 0 {
		return lang.Type{}, pgerr.New(pgerr.WrongObjectType, "relation \"%s\" does not have a composite type", names[len(names)-1])
	}
	return typeOf(types.Of(oid)), nil
}
