package plpgsql

import (
	"strings"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// declarations parses what comes between DECLARE and BEGIN, and lists the variables to initialise.
func (p *bodyParser) declarations() []int {
	first := len(p.f.Vars)
	for !p.is("begin") {
		switch {
		case p.accept("declare"):
		case p.is("<<"):
			p.fail(p.tok().Start, pgerr.SyntaxError, "block label must be placed before DECLARE, not after")
		default:
			p.declaration()
		}
	}
	var init []int
	for n := first; n < len(p.f.Vars); n++ {
		if k := p.f.Vars[n].Kind; k == Scalar || k == Record {
			init = append(init, n)
		}
	}
	return init
}

func (p *bodyParser) declaration() {
	t := p.tok()
	name := p.name()
	if p.names.local(name) {
		p.near("duplicate declaration", t)
	}
	v := &Var{Name: name, Line: p.lineOf(t.Start)}
	switch {
	case p.is("alias") && p.peek(1).Is("for"):
		p.advance()
		p.advance()
		p.alias(name)
		return
	case p.is("cursor"), p.is("scroll") && p.peek(1).Is("cursor"), p.is("no") && p.peek(1).Is("scroll") && p.peek(2).Is("cursor"):
		p.cursorDeclaration(v)
		return
	}
	v.Constant = p.accept("constant")
	v.Type = p.dataType("collate", "not", "=", ":=", "default", ";")
	if p.accept("collate") {
		p.collation(v)
	}
	if p.accept("not") {
		p.expect("null")
		v.NotNull = true
	}
	switch {
	case p.accept("="), p.accept(":="), p.accept("default"):
		v.Default = p.expr(";")
	case v.NotNull:
		p.fail(p.tok().Start, pgerr.NullValueNotAllowed, "variable \"%s\" must have a default value, since it's declared NOT NULL", name)
	}
	p.expect(";")
	p.declare(v)
}

// collation reads the name of a collation, which changes nothing: all compare by bytes.
func (p *bodyParser) collation(*Var) {
	p.name()
	for p.accept(".") {
		p.name()
	}
}

// alias is name ALIAS FOR variable.
func (p *bodyParser) alias(name string) {
	t := p.tok()
	names := []string{t.Text}
	if t.Class == parser.TokenParam {
		names[0] = "$" + t.Text
	} else if !isName(t) {
		p.syntaxError()
	}
	p.advance()
	for p.accept(".") {
		names = append(names, p.name())
	}
	v, used, ok := p.names.Find(names)
	if !ok || used != len(names) {
		p.fail(t.Start, pgerr.UndefinedObject, "variable \"%s\" does not exist", strings.Join(names, "."))
	}
	p.expect(";")
	p.names = &Name{Name: name, Var: v.Var, IsRow: v.IsRow, Outer: p.names}
}

// cursorDeclaration is name [NO] [SCROLL] CURSOR [(arguments)] FOR query.
func (p *bodyParser) cursorDeclaration(v *Var) {
	c := &Cursor{Args: -1}
	switch {
	case p.accept("no"):
		p.expect("scroll")
		c.Scroll = ScrollNo
	case p.accept("scroll"):
		c.Scroll = ScrollYes
	}
	p.expect("cursor")
	outer := p.push("", false)
	if p.accept("(") {
		list := &Var{Kind: List, Name: "(unnamed row)"}
		for {
			t := p.tok()
			a := &Var{Name: p.name(), Line: p.lineOf(t.Start)}
			a.Type = p.dataType(",", ")")
			list.Items, list.Names = append(list.Items, p.declare(a)), append(list.Names, a.Name)
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
		c.Args = p.add(list)
	}
	if !p.accept("is") {
		p.expect("for")
	}
	c.Query = p.query(";")
	p.expect(";")
	p.names = outer
	v.Type, v.Cursor = Type{T: types.Of(types.RefCursorOID)}, c
	p.declare(v)
}

// query reads an SQL statement up to one of the words.
func (p *bodyParser) query(want string, ends ...string) *Expr {
	text, pos := p.until(want, true, append(ends, want)...)
	e := p.newExpr(text, pos)
	e.Statement = true
	p.check(e)
	return e
}

// dataType reads a type up to one of the words.
func (p *bodyParser) dataType(ends ...string) Type {
	start := p.tok()
	from, depth := p.pos, 0
	for {
		t := p.tok()
		if t.Class == parser.TokenEnd || t.Is(";") || depth == 0 && p.endsAt(t, ends) {
			break
		}
		switch {
		case t.Is("("), t.Is("["):
			depth++
		case t.Is(")"), t.Is("]"):
			depth--
		}
		p.advance()
	}
	if p.pos == from {
		p.near("missing data type declaration", p.tok())
	}
	end := p.tokens[p.pos-1].End
	if p.is(";") && depth > 0 || p.tok().Class == parser.TokenEnd {
		if depth > 0 {
			p.near("mismatched parentheses", p.tok())
		}
		p.near("incomplete data type declaration", p.tok())
	}
	if t, ok := p.pseudoType(from); ok {
		return t
	}
	return p.namedType(p.sql[start.Start:end], start.Start)
}

// pseudoType is a type by reference to something else: variable%TYPE, table%ROWTYPE, and record.
func (p *bodyParser) pseudoType(from int) (Type, bool) {
	tokens := p.tokens[from:p.pos]
	if len(tokens) == 1 && tokens[0].Is("record") {
		return Type{T: types.Of(types.RecordOID), Composite: true}, true
	}
	n := len(tokens)
	if n < 3 || !tokens[n-2].Is("%") {
		return Type{}, false
	}
	var names []string
	for i, t := range tokens[:n-2] {
		if i%2 == 0 && t.Name() {
			names = append(names, t.Text)
		} else if i%2 == 0 || !t.Is(".") {
			return Type{}, false
		}
	}
	if tokens[n-1].Is("rowtype") {
		t, err := p.o.Types.RowType(names, tokens[0].Start)
		if err != nil {
			panic(bailout{err})
		}
		return t, true
	}
	if !tokens[n-1].Is("type") {
		return Type{}, false
	}
	if v, used, ok := p.names.Find(names); ok && used == len(names) {
		return p.f.Vars[v.Var].Type, true
	}
	if len(names) < 2 {
		return Type{}, false
	}
	return p.resolve(&ast.TypeName{Names: names, PctType: true}, tokens[0].Start), true
}

// namedType resolves the text of a type.
func (p *bodyParser) namedType(text string, pos int) Type {
	tn, err := parser.ParseType(text)
	if err == nil && tn.SetOf {
		p.near("syntax error", &parser.Token{Start: pos, End: pos + 5})
	}
	if x, ok := pgerr.As(err); ok && err != nil {
		c := *x
		if c.Position > 0 {
			c.Position += pgerr.CharPosition(p.sql, pos) - 1
		}
		panic(bailout{&c})
	}
	return p.resolve(tn, pos)
}

// resolve resolves the name of a type at a place.
func (p *bodyParser) resolve(tn *ast.TypeName, pos int) Type {
	tn.Pos = pos
	t, err := p.o.Types.Type(tn)
	if err == nil {
		return t
	}
	if x, ok := pgerr.As(err); ok {
		c := *x
		err = c.At(p.sql, pos)
	}
	panic(bailout{err})
}
