package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// systemCall makes the call that a special syntax stands for.
func systemCall(name string, pos int, args ...ast.Expr) *ast.FuncCall {
	return &ast.FuncCall{Name: []string{"pg_catalog", name}, Args: args, SQLSyntax: true, Pos: pos}
}

// failAt is a syntax error with a message of its own.
func (p *parser) failAt(pos int, format string, args ...any) {
	p.fail(pos, pgerr.SyntaxError, format, args...)
}

// call parses a function's arguments and, unless it is a FROM item (then
// clauses is false), WITHIN GROUP, FILTER and OVER. Followed by a string, it is
// a literal of a type with modifiers.
func (p *parser) call(name []string, pos int, clauses bool) ast.Expr {
	f := p.callArgs(name, pos)
	if p.is(tSConst) && f.typeLike() && clauses {
		return p.literalWithModifiers(f)
	}
	if !clauses {
		return f.FuncCall
	}
	if p.is(kwWithin) {
		p.withinGroup(f)
	}
	f.AggFilter = p.filterClause()
	f.Over = p.overClause()
	return f.FuncCall
}

// parsedCall is a call with what is known of its syntax only.
type parsedCall struct {
	*ast.FuncCall
	plain    bool // arguments without ALL, DISTINCT, VARIADIC or *
	orderPos int
}

func (f parsedCall) typeLike() bool { return f.plain && len(f.Args) > 0 }

func (p *parser) callArgs(name []string, pos int) parsedCall {
	f := parsedCall{FuncCall: &ast.FuncCall{Name: name, Pos: pos}, plain: true}
	p.expect('(')
	if p.accept(')') {
		return f
	}
	if p.accept('*') {
		f.AggStar, f.plain = true, false
		p.expect(')')
		return f
	}
	variadicOK := true
	switch p.tok.kind {
	case kwAll:
		p.advance()
		f.plain, variadicOK = false, false
	case kwDistinct:
		p.advance()
		f.AggDistinct, f.plain, variadicOK = true, false, false
	}
	for {
		if p.is(kwVariadic) && variadicOK {
			p.advance()
			f.FuncVariadic, f.plain = true, false
		}
		f.Args = append(f.Args, p.argument())
		if f.FuncVariadic || !p.accept(',') {
			break
		}
	}
	f.orderPos = p.tok.start
	f.AggOrder = p.optSortClause()
	p.expect(')')
	return f
}

// argument parses an argument, which may be named.
func (p *parser) argument() ast.Expr {
	if isName(p.tok.kind, typeFuncIDs) {
		if next := p.peek(1); next == tColonEquals || next == tEqualsGreater {
			a := &ast.NamedArgExpr{Name: nameOf(&p.tok), Pos: p.tok.start}
			p.advance()
			p.advance()
			a.Arg = p.expr()
			return a
		}
	}
	return p.expr()
}

// literalWithModifiers makes a literal of what looked like a call.
func (p *parser) literalWithModifiers(f parsedCall) ast.Expr {
	for _, a := range f.Args {
		if named, ok := a.(*ast.NamedArgExpr); ok {
			p.failAt(named.Pos, "type modifier cannot have parameter name")
		}
	}
	if f.AggOrder != nil {
		p.failAt(f.orderPos, "type modifier cannot have ORDER BY")
	}
	return p.constOfType(&ast.TypeName{Names: f.Name, Typmods: f.Args, Pos: f.Pos})
}

func (p *parser) withinGroup(f parsedCall) {
	pos := p.expect(kwWithin)
	p.expectAll(kwGroup, '(')
	if !p.is(kwOrder) {
		p.syntaxError()
	}
	order := p.optSortClause()
	p.expect(')')
	switch {
	case f.AggOrder != nil:
		p.failAt(pos, "cannot use multiple ORDER BY clauses with WITHIN GROUP")
	case f.AggDistinct:
		p.failAt(pos, "cannot use DISTINCT with WITHIN GROUP")
	case f.FuncVariadic:
		p.failAt(pos, "cannot use VARIADIC with WITHIN GROUP")
	}
	f.AggOrder, f.AggWithinGroup = order, true
}

func (p *parser) filterClause() ast.Expr {
	if !p.accept(kwFilter) {
		return nil
	}
	p.expectAll('(', kwWhere)
	e := p.expr()
	p.expect(')')
	return e
}

func (p *parser) overClause() *ast.WindowDef {
	if !p.is(kwOver) {
		return nil
	}
	p.advance()
	if p.is('(') {
		return p.windowSpecification()
	}
	w := &ast.WindowDef{Bare: true, Frame: ast.FrameDefaults, Pos: p.tok.start}
	w.Name = p.colID()
	return w
}

// colNameExpr parses the expressions with syntax of their own that start with
// a keyword which may otherwise name a column; nil if it is a name here.
func (p *parser) colNameExpr(k tokenKind) ast.Expr {
	next := p.peek(1)
	if p.typeKeyword(k, next) {
		return p.typedLiteral()
	}
	if next != '(' {
		return nil
	}
	pos := p.tok.start
	switch k {
	case kwRow:
		return p.overlaps(p.explicitRow())
	case kwExists:
		p.advance()
		return &ast.SubLink{Kind: ast.SubLinkExists, Subselect: p.selectWithParens(), Pos: pos}
	case kwCoalesce:
		return &ast.CoalesceExpr{Args: p.parenthesized(), Pos: pos}
	case kwGreatest, kwLeast:
		return &ast.MinMaxExpr{Least: k == kwLeast, Args: p.parenthesized(), Pos: pos}
	case kwGrouping:
		return &ast.GroupingFunc{Args: p.parenthesized(), Pos: pos}
	case kwMergeAction:
		p.advance()
		p.expectAll('(', ')')
		return &ast.MergeSupportFunc{Pos: pos}
	}
	if e := p.stringFunction(k, pos); e != nil {
		return e
	}
	if e := p.xmlFunction(k, pos); e != nil {
		return e
	}
	return p.jsonFunction(k, pos)
}

// parenthesized parses keyword ( list ).
func (p *parser) parenthesized() []ast.Expr {
	p.advance()
	p.expect('(')
	list := p.exprList()
	p.expect(')')
	return list
}

// typeKeyword tells whether a keyword that names a type starts a literal.
func (p *parser) typeKeyword(k, next tokenKind) bool {
	switch k {
	case kwInt, kwInteger, kwSmallint, kwBigint, kwReal, kwFloat, kwDecimal, kwDec, kwNumeric,
		kwBoolean, kwVarchar, kwInterval:
		return next == tSConst || next == '('
	case kwJson:
		return next == tSConst
	case kwBit, kwChar, kwCharacter, kwNchar:
		return next == tSConst || next == '(' || next == kwVarying
	case kwNational:
		return next == kwChar || next == kwCharacter
	case kwTime, kwTimestamp:
		return next == tSConst || next == '(' ||
			(next == kwWith || next == kwWithout) && p.peek(2) == kwTime
	}
	return false
}

// stringFunction parses the standard's functions with keywords among their
// arguments; nil if k is none.
func (p *parser) stringFunction(k tokenKind, pos int) ast.Expr {
	switch k {
	case kwExtract:
		return p.extract(pos)
	case kwNormalize:
		return p.normalize(pos)
	case kwOverlay:
		return p.overlay(pos)
	case kwPosition:
		p.advance()
		p.expect('(')
		needle := p.bExpr()
		p.expect(kwIn)
		haystack := p.bExpr()
		p.expect(')')
		return systemCall("position", pos, haystack, needle)
	case kwSubstring:
		return p.substring(pos)
	case kwTreat:
		return p.treat(pos)
	case kwTrim:
		return p.trim(pos)
	case kwNullif:
		p.advance()
		p.expect('(')
		a := p.expr()
		p.expect(',')
		b := p.expr()
		p.expect(')')
		return &ast.AExpr{Kind: ast.AExprNullIf, Op: "=", Left: a, Right: b, Pos: pos}
	}
	return nil
}

func (p *parser) extract(pos int) ast.Expr {
	p.advance()
	p.expect('(')
	field := &ast.Const{Kind: ast.ConstString, Pos: p.tok.start}
	switch p.tok.kind {
	case tSConst:
		field.Val = p.tok.str
	case tIdent, kwYear, kwMonth, kwDay, kwHour, kwMinute, kwSecond:
		field.Val = nameOf(&p.tok)
	default:
		p.syntaxError()
	}
	p.advance()
	p.expect(kwFrom)
	source := p.expr()
	p.expect(')')
	return systemCall("extract", pos, field, source)
}

func (p *parser) normalize(pos int) ast.Expr {
	p.advance()
	p.expect('(')
	args := []ast.Expr{p.expr()}
	if p.accept(',') {
		form, ok := p.normalForm()
		if !ok {
			p.syntaxError()
		}
		args = append(args, form)
	}
	p.expect(')')
	return systemCall("normalize", pos, args...)
}

func (p *parser) overlay(pos int) ast.Expr {
	p.advance()
	p.expect('(')
	if p.accept(')') {
		return &ast.FuncCall{Name: []string{"overlay"}, Pos: pos}
	}
	args := []ast.Expr{p.argument()}
	if _, named := args[0].(*ast.NamedArgExpr); named || !p.accept(kwPlacing) {
		return p.plainCall("overlay", pos, args)
	}
	args = append(args, p.expr())
	p.expect(kwFrom)
	args = append(args, p.expr())
	if p.accept(kwFor) {
		args = append(args, p.expr())
	}
	p.expect(')')
	return systemCall("overlay", pos, args...)
}

// plainCall finishes a call of a function that has special syntax, too, after
// the first argument.
func (p *parser) plainCall(name string, pos int, args []ast.Expr) ast.Expr {
	for p.accept(',') {
		args = append(args, p.argument())
	}
	p.expect(')')
	return &ast.FuncCall{Name: []string{name}, Args: args, Pos: pos}
}

func (p *parser) substring(pos int) ast.Expr {
	p.advance()
	p.expect('(')
	if p.accept(')') {
		return &ast.FuncCall{Name: []string{"substring"}, Pos: pos}
	}
	var first ast.Expr
	if next := p.peek(1); next == tColonEquals || next == tEqualsGreater {
		return p.plainCall("substring", pos, []ast.Expr{p.argument()})
	}
	first = p.exprIn(modeSubstring, false)
	args := []ast.Expr{first}
	switch p.tok.kind {
	case kwFrom:
		p.advance()
		args = append(args, p.expr())
		if p.accept(kwFor) {
			args = append(args, p.expr())
		}
	case kwFor:
		p.advance()
		length := p.expr()
		if p.accept(kwFrom) {
			args = append(args, p.expr(), length)
			break
		}
		// SUBSTRING(x FOR n) starts at 1; the cast keeps the function for
		// bit strings and text apart from the one with a pattern.
		one := &ast.Const{Kind: ast.ConstInteger, Val: "1", Pos: -1}
		args = append(args, one, &ast.TypeCast{Arg: length, Type: &ast.TypeName{Names: typeInt4, Pos: -1}, Pos: -1})
	case kwSimilar:
		p.advance()
		args = append(args, p.expr())
		p.expect(kwEscape)
		args = append(args, p.expr())
	default:
		return p.plainCall("substring", pos, args)
	}
	p.expect(')')
	return systemCall("substring", pos, args...)
}

func (p *parser) treat(pos int) ast.Expr {
	p.advance()
	p.expect('(')
	arg := p.expr()
	p.expect(kwAs)
	t := p.typeName()
	p.expect(')')
	return &ast.FuncCall{Name: []string{"pg_catalog", t.Names[len(t.Names)-1]}, Args: []ast.Expr{arg}, Pos: pos}
}

func (p *parser) trim(pos int) ast.Expr {
	p.advance()
	p.expect('(')
	function := "btrim"
	switch p.tok.kind {
	case kwBoth:
		p.advance()
	case kwLeading:
		function = "ltrim"
		p.advance()
	case kwTrailing:
		function = "rtrim"
		p.advance()
	}
	var args []ast.Expr
	if p.accept(kwFrom) {
		args = p.exprList()
	} else {
		first := p.expr()
		if p.accept(kwFrom) {
			args = append(p.exprList(), first)
		} else {
			args = []ast.Expr{first}
			for p.accept(',') {
				args = append(args, p.expr())
			}
		}
	}
	p.expect(')')
	return systemCall(function, pos, args...)
}
