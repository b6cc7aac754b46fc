package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

func missingArgument(near string) *pgerr.Error {
	return pgerr.New(pgerr.SyntaxError, "missing argument").
		WithHint("Use NONE to denote the missing argument of a unary operator.")
}

// createFunction parses CREATE FUNCTION and PROCEDURE from that word on.
func (p *parser) createFunction(replace bool) ast.Stmt {
	f := &ast.CreateFunctionStmt{Replace: replace, IsProcedure: p.is(kwProcedure)}
	p.advance()
	f.Name = p.funcName()
	p.expect('(')
	if !p.is(')') {
		f.Params = p.funcParams(true)
	}
	p.expect(')')
	if !f.IsProcedure && p.accept(kwReturns) {
		if p.accept(kwTable) {
			p.returnsTable(f)
		} else {
			f.ReturnType = p.funcType()
		}
	}
	for {
		d := p.functionOption()
		if d == nil {
			break
		}
		f.Options = append(f.Options, d)
	}
	f.SQLBody = p.routineBody()
	return f
}

// returnsTable parses RETURNS TABLE (…); its columns are parameters.
func (p *parser) returnsTable(f *ast.CreateFunctionStmt) {
	pos := p.tok.start
	p.expect('(')
	var columns []*ast.FunctionParameter
	for {
		c := &ast.FunctionParameter{Mode: ast.FuncParamTable, Pos: p.tok.start}
		c.Name = p.name(typeFuncIDs)
		c.Type = p.funcType()
		columns = append(columns, c)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	for _, param := range f.Params {
		if param.Mode == ast.FuncParamOut || param.Mode == ast.FuncParamInOut {
			p.failAt(pos, "OUT and INOUT arguments aren't allowed in TABLE functions")
		}
	}
	f.Params = append(f.Params, columns...)
	if len(columns) == 1 {
		f.ReturnType = &ast.TypeName{Names: columns[0].Type.Names, SetOf: true, Pos: pos,
			Typmods: columns[0].Type.Typmods, ArrayBounds: columns[0].Type.ArrayBounds}
		return
	}
	f.ReturnType = &ast.TypeName{Names: []string{"pg_catalog", "record"}, SetOf: true, Pos: pos}
}

// funcParams parses parameters; defaults are allowed in definitions only.
func (p *parser) funcParams(defaults bool) []*ast.FunctionParameter {
	var list []*ast.FunctionParameter
	for {
		list = append(list, p.funcParam(defaults))
		if !p.accept(',') {
			return list
		}
	}
}

func (p *parser) funcParam(defaults bool) *ast.FunctionParameter {
	f := &ast.FunctionParameter{Pos: p.tok.start}
	f.Mode = p.paramMode()
	if p.paramNameHere() {
		f.Name = p.name(typeFuncIDs)
		if f.Mode == ast.FuncParamDefault {
			f.Mode = p.paramMode()
		}
	}
	f.Type = p.funcType()
	if defaults {
		if p.accept(kwDefault) || p.accept('=') {
			f.Default = p.expr()
		}
	}
	return f
}

func (p *parser) paramMode() ast.FunctionParameterMode {
	switch p.tok.kind {
	case kwIn:
		p.advance()
		if p.accept(kwOut) {
			return ast.FuncParamInOut
		}
		return ast.FuncParamIn
	case kwOut:
		p.advance()
		return ast.FuncParamOut
	case kwInout:
		p.advance()
		return ast.FuncParamInOut
	case kwVariadic:
		p.advance()
		return ast.FuncParamVariadic
	}
	return ast.FuncParamDefault
}

// paramNameHere tells whether a name, and not a type, comes first: then a type
// or a mode follows it.
func (p *parser) paramNameHere() bool {
	if !isName(p.tok.kind, typeFuncIDs) {
		return false
	}
	next := p.peek(1)
	if p.is(kwDouble) && next == kwPrecision {
		return false
	}
	switch next {
	case kwIn, kwOut, kwInout, kwVariadic, kwSetof:
		return true
	case kwArray: // int ARRAY
		return false
	}
	switch next.keywordOf() {
	case kwPrecision, kwVarying:
		return false
	}
	if next == tIdent {
		return true
	}
	k := next.keywordOf()
	if !k.isKeyword() {
		return false
	}
	switch keywords[k-keywordBase].class {
	case unreserved, typeFuncName:
		return true
	case colName:
		return isTypeKeyword(k)
	}
	return false
}

// isTypeKeyword tells whether a keyword that is a column's name class names a type.
func isTypeKeyword(k tokenKind) bool {
	switch k {
	case kwInt, kwInteger, kwSmallint, kwBigint, kwReal, kwFloat, kwDecimal, kwDec, kwNumeric,
		kwBoolean, kwVarchar, kwInterval, kwJson, kwBit, kwChar, kwCharacter, kwNchar, kwNational,
		kwTime, kwTimestamp:
		return true
	}
	return false
}

// functionOption parses an option of CREATE FUNCTION, nil if there is none.
func (p *parser) functionOption() *ast.DefElem {
	d := &ast.DefElem{Pos: p.tok.start}
	switch p.tok.kind {
	case kwAs:
		p.advance()
		names := &ast.Names{Pos: p.tok.start}
		names.Names = []string{p.sconst()}
		if p.accept(',') {
			names.Names = append(names.Names, p.sconst())
		}
		d.Name, d.Arg = "as", names
	case kwLanguage:
		p.advance()
		d.Name, d.Arg = "language", p.wordOrString()
	case kwTransform:
		p.advance()
		list := &ast.List{Pos: p.tok.start}
		for {
			p.expectAll(kwFor, kwType)
			list.Items = append(list.Items, &ast.TypeCast{Type: p.typeName(), Pos: -1})
			if !p.accept(',') {
				break
			}
		}
		d.Name, d.Arg = "transform", list
	case kwWindow:
		p.advance()
		d.Name, d.Arg = "window", boolConst(true, d.Pos)
	default:
		return p.commonFunctionOption()
	}
	return d
}

// commonFunctionOption parses an option of CREATE and ALTER FUNCTION.
func (p *parser) commonFunctionOption() *ast.DefElem {
	d := &ast.DefElem{Pos: p.tok.start}
	k := p.tok.kind
	set := func(name string, value ast.Node) *ast.DefElem {
		d.Name, d.Arg = name, value
		return d
	}
	switch k {
	case kwCalled:
		p.advance()
		p.expectAll(kwOn, kwNull, kwInput)
		return set("strict", boolConst(false, d.Pos))
	case kwReturns:
		p.advance()
		p.expectAll(kwNull, kwOn, kwNull, kwInput)
		return set("strict", boolConst(true, d.Pos))
	case kwStrict:
		p.advance()
		return set("strict", boolConst(true, d.Pos))
	case kwImmutable, kwStable, kwVolatile:
		p.advance()
		return set("volatility", wordConst(nameOfKind(k), d.Pos))
	case kwExternal:
		p.advance()
		p.expect(kwSecurity)
		return set("security", boolConst(p.definer(), d.Pos))
	case kwSecurity:
		p.advance()
		return set("security", boolConst(p.definer(), d.Pos))
	case kwLeakproof:
		p.advance()
		return set("leakproof", boolConst(true, d.Pos))
	case kwNot:
		p.advance()
		p.expect(kwLeakproof)
		return set("leakproof", boolConst(false, d.Pos))
	case kwCost, kwRows:
		p.advance()
		return set(nameOfKind(k), p.numericOnly())
	case kwSupport:
		p.advance()
		pos := p.tok.start
		return set("support", &ast.Names{Names: p.anyName(), Pos: pos})
	case kwSet, kwReset:
		return set("set", p.setResetClause())
	case kwParallel:
		p.advance()
		pos := p.tok.start
		return set("parallel", wordConst(p.colID(), pos))
	}
	return nil
}

func (p *parser) definer() bool {
	if p.accept(kwDefiner) {
		return true
	}
	p.expect(kwInvoker)
	return false
}

// routineBody parses RETURN expr or BEGIN ATOMIC … END, nil if there is neither.
func (p *parser) routineBody() ast.Stmt {
	switch p.tok.kind {
	case kwReturn:
		return p.returnStmt()
	case kwBegin:
		p.advance()
		p.expect(kwAtomic)
		body := &ast.CompoundStmt{}
		for !p.accept(kwEnd) {
			if p.accept(';') {
				continue
			}
			body.Stmts = append(body.Stmts, p.bodyStmt())
			p.expect(';')
		}
		return body
	}
	return nil
}

func (p *parser) bodyStmt() ast.Stmt {
	p.enter()
	defer p.leave()
	if p.is(kwReturn) {
		return p.returnStmt()
	}
	return p.statement()
}

func (p *parser) returnStmt() ast.Stmt {
	p.expect(kwReturn)
	return &ast.ReturnStmt{Value: p.expr()}
}

// aggregateParams parses (*), (args), (ORDER BY args) or (args ORDER BY args).
// direct is the number of arguments before ORDER BY, -1 without it.
func (p *parser) aggregateParams() (params []*ast.FunctionParameter, direct int, star bool) {
	p.expect('(')
	direct = -1
	if p.accept('*') {
		p.expect(')')
		return nil, direct, true
	}
	if !p.is(kwOrder) {
		params = p.funcParams(false)
	}
	if p.accept(kwOrder) {
		pos := p.expect(kwBy)
		direct = len(params)
		ordered := p.funcParams(false)
		if direct > 0 && params[direct-1].Mode == ast.FuncParamVariadic {
			// f(VARIADIC t ORDER BY VARIADIC t): one parameter serves as both.
			last := params[direct-1]
			if len(ordered) != 1 || ordered[0].Mode != ast.FuncParamVariadic ||
				joinNames(ordered[0].Type.Names) != joinNames(last.Type.Names) {
				p.fail(pos, pgerr.CodeFeatureNotSupported, "an ordered-set aggregate with a VARIADIC direct "+
					"argument must have one VARIADIC aggregated argument of the same data type")
			}
			ordered = nil
		}
		params = append(params, ordered...)
	}
	p.expect(')')
	return params, direct, false
}
