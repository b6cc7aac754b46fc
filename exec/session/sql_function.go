package session

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// FunctionBody implements ddl.Binder.
func (d *ddlBinder) FunctionBody(f *catalog.Function, parsed ast.Stmt) error {
	if f.Language == catalog.PLpgSQL {
		return d.bodyPLpgSQL(f)
	}
	var stmts []ast.RawStmt
	var err error
	text := d.sql
	switch b := parsed.(type) {
	case nil:
		if text = f.Body; d.s.settings.Text("check_function_bodies") == "off" {
			return nil
		}
		if stmts, err = parser.Parse(text); err != nil {
			return d.inBody(f, err)
		}
	case *ast.ReturnStmt:
		sel := &ast.SelectStmt{TargetList: []*ast.ResTarget{{Val: b.Value, Pos: ast.Location(b.Value)}}}
		stmts, f.Return = []ast.RawStmt{{Stmt: sel}}, true
	case *ast.CompoundStmt:
		for _, st := range b.Stmts {
			if r, ok := st.(*ast.ReturnStmt); ok {
				st = &ast.SelectStmt{TargetList: []*ast.ResTarget{{Val: r.Value, Pos: ast.Location(r.Value)}}}
			}
			stmts = append(stmts, ast.RawStmt{Stmt: st})
		}
	}
	f.SQLBody, f.DependsOn = nil, nil
	polymorphic := slices.ContainsFunc(f.Inputs(), types.IsPolymorphic)
	if polymorphic {
		return nil // checked when it is called
	}
	if err := d.bodyStatements(f, stmts, text, parsed != nil); err != nil {
		if parsed == nil {
			return d.inBody(f, err)
		}
		return err
	}
	if parsed != nil && f.SQLBody == nil {
		f.SQLBody = []string{}
	}
	return nil
}

// bodyStatements binds the statements of a body, and keeps the text of a parsed one.
func (d *ddlBinder) bodyStatements(f *catalog.Function, stmts []ast.RawStmt, text string, parsed bool) error {
	reader := d.s.reader().WithFunction(f)
	body := bodyOf(reader, f, f.Inputs(), f.Ret)
	last := -1
	for i := range stmts {
		if plannable(stmts[i].Stmt) {
			last = i
		}
	}
	if f.Ret != types.VoidOID && len(stmts) > 0 && last != len(stmts)-1 || f.Ret != types.VoidOID && len(stmts) == 0 {
		return errNoResult(d.s.reader(), f)
	}
	for i := range stmts {
		st := stmts[i].Stmt
		if !plannable(st) {
			if parsed {
				return pgerr.New(pgerr.CodeFeatureNotSupported, "%s is not yet supported in unquoted SQL function body", ast.CommandTag(st))
			}
			continue
		}
		o := d.options()
		o.SQL, o.Reader = text, reader
		o.KeepCasts = parsed
		o.ParamTypes = typesOf(f.Inputs())
		b := body
		b.Final = f.Ret != types.VoidOID && i == len(stmts)-1
		o.Body = &b
		stars := map[*ast.ColumnRef][]*ast.ColumnRef{}
		if parsed {
			d.qualify(&o, f, stars)
		}
		bound, err := bind.Statement(st, o)
		if err != nil {
			return err
		}
		if n := len(f.Inputs()); len(bound.Params) > n {
			return pgerr.New(pgerr.UndefinedParameter, "there is no parameter $%d", n+1)
		}
		if parsed {
			expandStars(st, stars)
			f.SQLBody = append(f.SQLBody, ast.Format(st))
		}
	}
	slices.Sort(f.DependsOn)
	f.DependsOn = slices.DeleteFunc(slices.Compact(f.DependsOn), func(oid types.OID) bool { return oid == f.OID })
	return nil
}

// qualify makes the binder write qualified names into the statement and note what they stand for.
func (d *ddlBinder) qualify(o *bind.Options, f *catalog.Function, stars map[*ast.ColumnRef][]*ast.ColumnRef) {
	o.OnStar = func(star *ast.ColumnRef, columns []*ast.ColumnRef) { stars[star] = columns }
	o.OnRelation = func(rv *ast.RangeVar, rel catalog.Relation) {
		f.DependsOn = append(f.DependsOn, rel.RelOID())
		if rv.Schema == "" {
			rv.Schema = o.Reader.SchemaName(rel.RelSchema())
		}
	}
	o.OnOperator = func(n *ast.AExpr, op *catalog.Operator) {
		f.DependsOn = append(f.DependsOn, op.OID)
		if n != nil {
			n.OpSchema = []string{o.Reader.SchemaName(op.Schema)}
		}
	}
	o.OnCollation = func(n *ast.CollateClause, c *catalog.Collation) {
		f.DependsOn = append(f.DependsOn, c.OID)
		n.Collation = []string{o.Reader.SchemaName(c.Schema), c.Name}
	}
	o.OnFunction = func(n *ast.FuncCall, g *catalog.Function) {
		f.DependsOn = append(f.DependsOn, g.OID)
		n.Name = []string{o.Reader.SchemaName(g.Schema), g.Name}
	}
}

func errNoResult(r *catalog.Reader, f *catalog.Function) error {
	name := types.FormatType(f.Ret, -1)
	if rel, ok := r.RowType(f.Ret); ok {
		name = rel.RelName()
	}
	return pgerr.New(pgerr.InvalidFunctionDefinition, "return type mismatch in function declared to return %s", name).
		WithDetail("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.")
}

// inBody gives an error in the body's text its place in the statement that has the body as a string, or that text itself.
func (d *ddlBinder) inBody(f *catalog.Function, err error) error {
	e, ok := pgerr.As(err)
	if !ok {
		return err
	}
	c := *e
	c.Where = "SQL function \"" + f.Name + "\""
	if c.Position > 0 {
		if at := strings.Index(d.sql, f.Body); at >= 0 && f.Body != "" {
			c.Position += utf8.RuneCountInString(d.sql[:at])
			c.Where = ""
		} else {
			c.InternalPosition, c.InternalQuery, c.Position = c.Position, f.Body, 0
		}
	}
	return &c
}

func typesOf(oids []types.OID) []types.T {
	ts := make([]types.T, len(oids))
	for i, o := range oids {
		ts[i] = types.Of(o)
	}
	return ts
}

// bodyOf says what the result of f looks like, called with arguments of these types and giving ret.
func bodyOf(r *catalog.Reader, f *catalog.Function, args []types.OID, ret types.OID) bind.Body {
	b := bind.Body{Function: f}
	if ret == types.VoidOID {
		return b
	}
	var outs []types.T
	for i := range f.Params {
		p := &f.Params[i]
		if p.Mode == 'i' || p.Mode == 'v' {
			continue
		}
		t := p.Type
		if types.IsPolymorphic(t) {
			t, _ = builtins.ResolvePolymorphic(args, f.Inputs(), t)
		}
		outs = append(outs, types.Of(t))
	}
	switch {
	case len(outs) > 0 && ret == types.RecordOID:
		b.Columns, b.Row = outs, types.Of(ret)
	case ret == types.RecordOID:
		b.Row = types.Of(ret)
	default:
		b.Columns = []types.T{types.Of(ret)}
		rel, ok := r.RowType(ret)
		if !ok {
			break
		}
		b.Columns, b.Row = nil, types.Of(ret)
		switch x := rel.(type) {
		case *catalog.Table:
			for _, c := range x.Columns {
				b.Columns = append(b.Columns, c.Type)
			}
		case *catalog.View:
			for _, c := range x.Columns {
				b.Columns = append(b.Columns, c.Type)
			}
		}
	}
	return b
}
