package parser

import (
	"strconv"

	"github.com/lightsql/lightsql/sql/ast"
)

// primary parses c_expr: literals, names, calls and everything in parentheses.
func (p *parser) primary() ast.Expr {
	switch p.tok.kind {
	case tIConst:
		return p.literal(ast.ConstInteger)
	case tSConst:
		return p.literal(ast.ConstString)
	case tFConst:
		return p.literal(ast.ConstFloat)
	case tBConst, tXConst:
		return p.literal(ast.ConstBitString)
	case tIdent:
		return p.nameExpr()
	case tParam:
		n, _ := strconv.Atoi(p.tok.str)
		e := &ast.ParamRef{Number: n, Pos: p.tok.start}
		p.advance()
		return p.indirected(e)
	case '(':
		sel, list, open := p.paren(false)
		return p.afterParen(sel, list, open)
	}
	if p.tok.kind.keywordOf().isKeyword() {
		return p.keywordExpr()
	}
	p.syntaxError()
	return nil
}

func (p *parser) literal(kind ast.ConstKind) ast.Expr {
	c := &ast.Const{Kind: kind, Val: p.tok.str, Pos: p.tok.start}
	p.advance()
	return c
}

// keywordExpr parses a primary expression that starts with a keyword.
func (p *parser) keywordExpr() ast.Expr {
	pos := p.tok.start
	k := p.tok.kind
	switch keywords[k.keywordOf()-keywordBase].class {
	case reserved:
		return p.reservedExpr()
	case colName:
		if e := p.colNameExpr(k); e != nil {
			return e
		}
	case typeFuncName:
		if k == kwCollation && p.peek(1) == kwFor {
			p.advance()
			p.expectAll(kwFor, '(')
			arg := p.expr()
			p.expect(')')
			return systemCall("pg_collation_for", pos, arg)
		}
		if k == kwCurrentSchema && p.peek(1) != '(' && p.peek(1) != tSConst {
			p.advance()
			return &ast.SQLValueFunction{Op: ast.CurrentSchema, Typmod: -1, Pos: pos}
		}
	case unreserved:
		if k == kwDouble && p.peek(1) == kwPrecision {
			return p.typedLiteral()
		}
	}
	return p.nameExpr()
}

// reservedExpr parses a primary expression that starts with a reserved word.
func (p *parser) reservedExpr() ast.Expr {
	pos := p.tok.start
	k := p.tok.kind
	switch k {
	case kwNull:
		p.advance()
		return &ast.Const{Kind: ast.ConstNull, Pos: pos}
	case kwTrue, kwFalse:
		p.advance()
		return boolConst(k == kwTrue, pos)
	case kwCase:
		return p.caseExpr()
	case kwArray:
		return p.arrayExpr()
	case kwCast:
		p.advance()
		p.expect('(')
		arg := p.expr()
		p.expect(kwAs)
		t := p.typeName()
		p.expect(')')
		return &ast.TypeCast{Arg: arg, Type: t, Pos: pos}
	case kwSystemUser:
		p.advance()
		return systemCall("system_user", pos)
	}
	return p.valueFunction()
}

// valueFunction parses CURRENT_DATE and its like.
func (p *parser) valueFunction() ast.Expr {
	f := &ast.SQLValueFunction{Typmod: -1, Pos: p.tok.start}
	precision := false
	switch p.tok.kind {
	case kwCurrentDate:
		f.Op = ast.CurrentDate
	case kwCurrentTime:
		f.Op, precision = ast.CurrentTime, true
	case kwCurrentTimestamp:
		f.Op, precision = ast.CurrentTimestamp, true
	case kwLocaltime:
		f.Op, precision = ast.LocalTime, true
	case kwLocaltimestamp:
		f.Op, precision = ast.LocalTimestamp, true
	case kwCurrentRole:
		f.Op = ast.CurrentRole
	case kwCurrentUser:
		f.Op = ast.CurrentUser
	case kwUser:
		f.Op = ast.User
	case kwSessionUser:
		f.Op = ast.SessionUser
	case kwCurrentCatalog:
		f.Op = ast.CurrentCatalog
	default:
		p.syntaxError()
	}
	p.advance()
	if precision && p.accept('(') {
		f.Typmod = p.iconst()
		p.expect(')')
	}
	return f
}

// nameExpr parses a column reference, a function call, or a literal with its
// type's name in front; all start with a name.
func (p *parser) nameExpr() ast.Expr {
	pos := p.tok.start
	k := p.tok.kind
	if !isName(k, nonReserved) {
		p.syntaxError()
	}
	first := nameOf(&p.tok)
	isColID, isFunc := isName(k, colIDs), isName(k, typeFuncIDs)
	p.advance()
	switch p.tok.kind {
	case '(':
		if isFunc {
			return p.call([]string{first}, pos, true)
		}
	case tSConst:
		if isFunc {
			return p.constOfType(&ast.TypeName{Names: []string{first}, Pos: pos})
		}
	case '.', '[':
		if isColID {
			return p.qualifiedExpr(first, pos)
		}
	}
	if !isColID {
		p.syntaxError()
	}
	ref := &struct {
		ast.ColumnRef
		names [1]string
	}{}
	ref.names[0] = first
	ref.Names, ref.Pos = ref.names[:], pos
	return &ref.ColumnRef
}

// qualifiedExpr goes on after a name that . or [ follows.
func (p *parser) qualifiedExpr(first string, pos int) ast.Expr {
	ref := &ast.ColumnRef{Pos: pos}
	names := append(make([]string, 0, 2), first)
	ind := p.indirection()
	n := 0
	for n < len(ind) && ind[n].Kind == ast.IndirectField {
		names = append(names, ind[n].Field)
		n++
	}
	if n == len(ind) {
		switch p.tok.kind {
		case '(':
			return p.call(names, pos, true)
		case tSConst:
			return p.constOfType(&ast.TypeName{Names: names, Pos: pos})
		}
	}
	ref.Names = names
	switch {
	case n == len(ind):
		return ref
	case ind[n].Kind == ast.IndirectStar:
		ref.Star = true
		return ref
	}
	return &ast.AIndirection{Arg: ref, Indirection: ind[n:]}
}

// constOfType makes the literal at the current token one of type t.
func (p *parser) constOfType(t *ast.TypeName) ast.Expr {
	c := p.stringConst()
	return &ast.TypeCast{Arg: c, Type: t, Pos: -1}
}

// typedLiteral parses a literal that starts with one of the types whose names
// are keywords.
func (p *parser) typedLiteral() ast.Expr {
	if p.is(kwInterval) {
		return p.intervalLiteral()
	}
	t := p.simpleTypeName(true)
	if !p.is(tSConst) {
		p.syntaxError()
	}
	return p.constOfType(t)
}

func (p *parser) intervalLiteral() ast.Expr {
	t := &ast.TypeName{Names: typeInterval, Pos: p.expect(kwInterval)}
	if p.is('(') {
		p.intervalPrecision(t)
		return p.constOfType(t)
	}
	e := p.constOfType(t)
	p.intervalFields(t)
	return e
}

// caseExpr parses CASE.
func (p *parser) caseExpr() ast.Expr {
	c := &ast.CaseExpr{Pos: p.expect(kwCase)}
	if !p.is(kwWhen) {
		c.Arg = p.expr()
	}
	for {
		w := &ast.CaseWhen{Pos: p.expect(kwWhen)}
		w.Expr = p.expr()
		p.expect(kwThen)
		w.Result = p.expr()
		c.Whens = append(c.Whens, w)
		if !p.is(kwWhen) {
			break
		}
	}
	if p.accept(kwElse) {
		c.Default = p.expr()
	}
	p.expect(kwEnd)
	p.deepen()
	return c
}

// arrayExpr parses ARRAY[…] and ARRAY(select).
func (p *parser) arrayExpr() ast.Expr {
	pos := p.expect(kwArray)
	if p.is('(') {
		return &ast.SubLink{Kind: ast.SubLinkArray, Subselect: p.selectWithParens(), Pos: pos}
	}
	if !p.is('[') {
		p.syntaxError()
	}
	a := p.arrayElements()
	a.Pos = pos
	return a
}

// arrayElements parses [a, b] or [[a], [b]].
func (p *parser) arrayElements() *ast.AArrayExpr {
	p.enter()
	defer p.leave()
	a := &ast.AArrayExpr{Pos: p.expect('[')}
	if p.accept(']') {
		return a
	}
	if p.is('[') {
		a.Elements = append(a.Elements, p.arrayElements())
		for p.accept(',') {
			if !p.is('[') {
				p.syntaxError()
			}
			a.Elements = append(a.Elements, p.arrayElements())
		}
	} else {
		a.Elements = p.exprList()
	}
	p.expect(']')
	return a
}

// explicitRow parses ROW(…), at the ROW.
func (p *parser) explicitRow() *ast.RowExpr {
	r := &ast.RowExpr{Explicit: true, Pos: p.expect(kwRow)}
	p.expect('(')
	if !p.is(')') {
		r.Args = p.exprList()
	}
	p.expect(')')
	return r
}

// overlaps goes on after a row: OVERLAPS takes rows only.
func (p *parser) overlaps(left *ast.RowExpr) ast.Expr {
	if !p.is(kwOverlaps) {
		return left
	}
	pos := p.tok.start
	p.advance()
	var right *ast.RowExpr
	rightPos := p.tok.start
	if p.is(kwRow) {
		right = p.explicitRow()
	} else {
		p.expect('(')
		right = &ast.RowExpr{Pos: rightPos, Args: []ast.Expr{p.expr()}}
		p.expect(',')
		right.Args = append(right.Args, p.exprList()...)
		p.expect(')')
	}
	if len(left.Args) != 2 {
		p.failAt(left.Pos, "wrong number of parameters on left side of OVERLAPS expression")
	}
	if len(right.Args) != 2 {
		p.failAt(right.Pos, "wrong number of parameters on right side of OVERLAPS expression")
	}
	args := append(append([]ast.Expr(nil), left.Args...), right.Args...)
	return &ast.FuncCall{Name: []string{"pg_catalog", "overlaps"}, Args: args, SQLSyntax: true, Pos: pos}
}
