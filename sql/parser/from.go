package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// fromList parses the items of FROM.
func (p *parser) fromList() []ast.FromItem {
	list := []ast.FromItem{p.tableRef()}
	for p.accept(',') {
		list = append(list, p.tableRef())
	}
	return list
}

// tableRef parses a FROM item with the joins on it.
func (p *parser) tableRef() ast.FromItem {
	p.enter()
	saved := p.mode
	p.mode = modePlain
	depth := p.depth
	p.depth = 0
	item := p.joins(p.tablePrimary())
	p.depth = max(p.depth, depth)
	p.mode = saved
	p.leave()
	return item
}

// joins parses the joins after a FROM item.
func (p *parser) joins(left ast.FromItem) ast.FromItem {
	for p.startsJoin() {
		left = p.join(left)
		p.deepen()
	}
	return left
}

func (p *parser) startsJoin() bool {
	switch p.tok.kind {
	case kwJoin, kwCross, kwNatural, kwInner, kwLeft, kwRight, kwFull:
		return true
	}
	return false
}

func (p *parser) join(left ast.FromItem) ast.FromItem {
	j := &ast.JoinExpr{Left: left}
	if p.accept(kwCross) {
		p.expect(kwJoin)
		j.Right = p.tablePrimary()
		return j
	}
	j.Natural = p.accept(kwNatural)
	j.Kind = p.joinKind()
	p.expect(kwJoin)
	if j.Natural {
		j.Right = p.tablePrimary()
		return j
	}
	// The condition comes after the joins of the right side:
	// a JOIN b JOIN c ON … ON ….
	p.enter()
	right := p.tablePrimary()
	for p.startsJoin() {
		right = p.join(right)
		p.deepen()
	}
	p.leave()
	j.Right = right
	if p.accept(kwOn) {
		j.On = p.expr()
		return j
	}
	p.expect(kwUsing)
	j.Using = p.columnList()
	if p.accept(kwAs) {
		j.UsingAlias = &ast.Alias{Name: p.colID()}
	}
	return j
}

func (p *parser) joinKind() ast.JoinKind {
	kind := ast.JoinInner
	switch p.tok.kind {
	case kwInner:
		p.advance()
		return kind
	case kwLeft:
		kind = ast.JoinLeft
	case kwRight:
		kind = ast.JoinRight
	case kwFull:
		kind = ast.JoinFull
	default:
		return kind
	}
	p.advance()
	p.accept(kwOuter)
	return kind
}

// tablePrimary parses a FROM item without joins, but for those in parentheses.
func (p *parser) tablePrimary() ast.FromItem {
	switch p.tok.kind {
	case '(':
		return p.parenItem(false)
	case kwLateral:
		return p.lateralItem()
	case kwOnly:
		return p.relationItem()
	case kwRows:
		if p.peek(1) == kwFrom {
			return p.functionItem(false)
		}
	case kwXmltable:
		if p.peek(1) == '(' {
			return p.xmlTableItem(false)
		}
	case kwJsonTable:
		if p.peek(1) == '(' {
			return p.jsonTableItem(false)
		}
	}
	if p.startsFunction() {
		return p.functionItem(false)
	}
	return p.relationItem()
}

func (p *parser) lateralItem() ast.FromItem {
	p.expect(kwLateral)
	switch {
	case p.is('('):
		item := p.subselectItem(p.selectWithParens(), true)
		return item
	case p.is(kwXmltable) && p.peek(1) == '(':
		return p.xmlTableItem(true)
	case p.is(kwJsonTable) && p.peek(1) == '(':
		return p.jsonTableItem(true)
	}
	return p.functionItem(true)
}

// startsFunction tells whether a FROM item is a function and not a table. Which
// it is shows only after the whole, possibly qualified, name.
func (p *parser) startsFunction() bool {
	k := p.tok.kind
	switch k {
	case kwCurrentDate, kwCurrentTime, kwCurrentTimestamp, kwLocaltime, kwLocaltimestamp,
		kwCurrentRole, kwCurrentUser, kwSessionUser, kwSystemUser, kwUser, kwCurrentCatalog, kwCast:
		return true
	case kwCurrentSchema, kwCollation:
		return true
	}
	if !isName(k, nonReserved) {
		return false
	}
	if p.peek(1) == '(' {
		return isName(k, typeFuncIDs) || isSpecialFunction(k)
	}
	if !isName(k, colIDs) {
		return true // a word that names a function only
	}
	if p.peek(1) != '.' {
		return false
	}
	// a.b( and a.b.c( only; longer names cannot be functions.
	if p.peek(3) == '(' {
		return true
	}
	return p.peek(3) == '.' && p.afterLongName() == '('
}

// isSpecialFunction tells whether a keyword that may name a column starts a
// function call of its own syntax, which is allowed in FROM.
func isSpecialFunction(k tokenKind) bool {
	switch k {
	case kwCoalesce, kwGreatest, kwLeast, kwNullif, kwExtract, kwNormalize, kwOverlay, kwPosition, kwSubstring,
		kwTreat, kwTrim, kwMergeAction, kwXmlconcat, kwXmlelement, kwXmlexists, kwXmlforest, kwXmlparse,
		kwXmlpi, kwXmlroot, kwXmlserialize, kwJson, kwJsonArray, kwJsonArrayagg, kwJsonExists, kwJsonObject,
		kwJsonObjectagg, kwJsonQuery, kwJsonScalar, kwJsonSerialize, kwJsonValue:
		return true
	}
	return false
}

// afterLongName gives the token that follows a.b.c at the current token. It lexes
// the text again, as names of three parts are rare.
func (p *parser) afterLongName() tokenKind {
	lex := lexer{sql: p.lex.sql, pos: p.peekToken(3).end}
	var t token
	for {
		lex.next(&t)
		if t.kind == tError {
			return tError
		}
		lex.next(&t)
		if t.kind != '.' {
			return t.kind
		}
	}
}

// relationItem parses a table, its alias and TABLESAMPLE.
func (p *parser) relationItem() ast.FromItem {
	rv := p.relationExpr()
	rv.Alias = p.optAlias()
	if !p.is(kwTablesample) {
		return rv
	}
	p.advance()
	s := &ast.RangeTableSample{Relation: rv, Pos: p.tok.start}
	s.Method = p.funcName()
	p.expect('(')
	s.Args = p.exprList()
	p.expect(')')
	if p.accept(kwRepeatable) {
		p.expect('(')
		s.Repeatable = p.expr()
		p.expect(')')
	}
	return s
}

// funcName reads the name of a function.
func (p *parser) funcName() []string {
	if next := p.peek(1); isName(p.tok.kind, colIDs) && (next == '.' || next == '[') {
		return p.qualifiedRest([]string{p.colID()})
	}
	isFunc := isName(p.tok.kind, typeFuncIDs)
	name := p.name(nonReserved)
	if !isFunc { // a column's name, which only a dot could go on with
		p.syntaxError()
	}
	return []string{name}
}

// relationExpr parses a table's name with an optional ONLY or *.
func (p *parser) relationExpr() *ast.RangeVar {
	if !p.accept(kwOnly) {
		rv := p.qualifiedName()
		p.accept('*')
		return rv
	}
	var rv *ast.RangeVar
	if p.accept('(') {
		rv = p.qualifiedName()
		p.expect(')')
	} else {
		rv = p.qualifiedName()
	}
	rv.Only = true
	return rv
}

// optAlias parses [AS] name [(columns)].
func (p *parser) optAlias() *ast.Alias {
	if !p.accept(kwAs) && !p.isColID() {
		return nil
	}
	a := &ast.Alias{Name: p.colID()}
	a.Columns = p.optColumnList()
	return a
}

// parenItem parses a FROM item that starts with a parenthesis: a subquery, or a
// join. inner is true inside another such parenthesis; then a lone subquery is
// returned without alias for the outer level to decide on.
func (p *parser) parenItem(inner bool) ast.FromItem {
	sel, join := p.parenQueryOrJoin()
	if sel != nil {
		return p.subselectItem(sel, false)
	}
	join.Alias = p.optAlias()
	return join
}

// parenQueryOrJoin parses ( query ) or ( join ); an inner pair that held a query
// leaves it to what follows whether it is a query in parentheses or the left
// side of a join.
func (p *parser) parenQueryOrJoin() (*ast.SelectStmt, *ast.JoinExpr) {
	p.enter()
	defer p.leave()
	p.expect('(')
	if p.startsSelect() {
		sel := p.selectNoParens()
		p.expect(')')
		return sel, nil
	}
	var left ast.FromItem
	if p.is('(') {
		sel, join := p.parenQueryOrJoin()
		switch {
		case sel != nil && p.continuesSelect():
			sel = p.selectRest(sel, nil)
			p.expect(')')
			return sel, nil
		case sel != nil:
			left = p.subselectItem(sel, false)
		case p.is(')'): // ((a JOIN b))
			p.advance()
			return nil, join
		default:
			join.Alias = p.optAlias()
			left = join
		}
	} else {
		left = p.tablePrimary()
	}
	if !p.startsJoin() {
		p.syntaxError()
	}
	join := p.joins(left).(*ast.JoinExpr)
	p.expect(')')
	return nil, join
}

func (p *parser) subselectItem(sel *ast.SelectStmt, lateral bool) ast.FromItem {
	return &ast.RangeSubselect{Lateral: lateral, Subquery: sel, Alias: p.optAlias()}
}

// functionItem parses a function, or ROWS FROM (…), with its alias.
func (p *parser) functionItem(lateral bool) ast.FromItem {
	r := &ast.RangeFunction{Lateral: lateral}
	if p.is(kwRows) && p.peek(1) == kwFrom {
		r.RowsFrom = true
		p.advance()
		p.expectAll(kwFrom, '(')
		for {
			item := &ast.RangeFunctionItem{Func: p.windowlessFunction()}
			if p.is(kwAs) {
				p.advance()
				p.expect('(')
				item.Columns = p.tableFuncElements()
				p.expect(')')
			}
			r.Functions = append(r.Functions, item)
			if !p.accept(',') {
				break
			}
		}
		p.expect(')')
	} else {
		r.Functions = []*ast.RangeFunctionItem{{Func: p.windowlessFunction()}}
	}
	if p.accept(tWithLA) {
		p.expect(kwOrdinality)
		r.Ordinality = true
	}
	p.functionAlias(r)
	return r
}

// windowlessFunction parses a function without FILTER and OVER.
func (p *parser) windowlessFunction() ast.Expr {
	pos, k := p.tok.start, p.tok.kind
	switch {
	case isName(k, colIDs) && (p.peek(1) == '.' || p.peek(1) == '['), isName(k, typeFuncIDs) && p.peek(1) == '(' &&
		!(k == kwCollation && p.peek(2) == kwFor):
		name := p.funcName()
		if !p.is('(') {
			p.syntaxError()
		}
		return p.call(name, pos, false)
	case k == tIdent:
		p.advance()
		p.syntaxError()
	case !k.isKeyword():
		p.syntaxError()
	}
	switch keywords[k.keywordOf()-keywordBase].class {
	case unreserved:
		p.advance()
		p.syntaxError()
	case colName:
		if !isSpecialFunction(k) || p.peek(1) != '(' {
			p.advance()
			p.syntaxError()
		}
	case typeFuncName:
		if k != kwCollation && k != kwCurrentSchema {
			p.advance()
			p.syntaxError()
		}
	}
	e := p.keywordExpr()
	switch e := e.(type) {
	case *ast.FuncCall, *ast.SQLValueFunction, *ast.TypeCast, *ast.CoalesceExpr, *ast.MinMaxExpr, *ast.AExpr,
		*ast.XMLExpr, *ast.XMLSerialize, *ast.JSONObjectConstructor, *ast.JSONArrayConstructor,
		*ast.JSONArrayQueryConstructor, *ast.JSONParseExpr, *ast.JSONScalarExpr, *ast.JSONSerializeExpr,
		*ast.JSONFuncExpr, *ast.MergeSupportFunc, *ast.JSONAggConstructor:
		return e
	}
	p.tok.start, p.tok.end = pos, pos+len(nameOfKind(k))
	p.syntaxError()
	return nil
}

func nameOfKind(k tokenKind) string { return keywords[k.keywordOf()-keywordBase].word }

// functionAlias parses a function's alias, with names of columns or with their
// definitions.
func (p *parser) functionAlias(r *ast.RangeFunction) {
	as := p.accept(kwAs)
	if as && p.is('(') {
		p.advance()
		r.Columns = p.tableFuncElements()
		p.expect(')')
		return
	}
	if !as && !p.isColID() {
		return
	}
	r.Alias = &ast.Alias{Name: p.colID()}
	if !p.is('(') {
		return
	}
	// A list of definitions has a type after the first name.
	if isName(p.peek(1), colIDs) && (p.peek(2) == ',' || p.peek(2) == ')') {
		r.Alias.Columns = p.columnList()
		return
	}
	p.advance()
	r.Columns = p.tableFuncElements()
	p.expect(')')
}

// tableFuncElements parses name type [COLLATE …], ….
func (p *parser) tableFuncElements() []*ast.ColumnDef {
	var list []*ast.ColumnDef
	for {
		c := &ast.ColumnDef{Pos: p.tok.start}
		c.Name = p.colID()
		c.Type = p.typeName()
		c.Collation = p.optCollate()
		list = append(list, c)
		if !p.accept(',') {
			return list
		}
	}
}

func (p *parser) optCollate() *ast.CollateClause {
	if !p.is(kwCollate) {
		return nil
	}
	c := &ast.CollateClause{Pos: p.expect(kwCollate)}
	c.Collation = p.anyName()
	return c
}

func (p *parser) jsonTableItem(lateral bool) ast.FromItem {
	t := p.jsonTable()
	t.Lateral = lateral
	t.Alias = p.optAlias()
	return t
}

// xmlTableItem parses XMLTABLE.
func (p *parser) xmlTableItem(lateral bool) ast.FromItem {
	t := &ast.RangeTableFunc{Lateral: lateral, Pos: p.expect(kwXmltable)}
	p.expect('(')
	if p.is(kwXmlnamespaces) && p.peek(1) == '(' {
		p.advance()
		p.expect('(')
		for {
			n := &ast.XMLNamespace{Pos: p.tok.start}
			if p.accept(kwDefault) {
				n.URI = p.bExpr()
			} else {
				n.URI = p.bExpr()
				p.expect(kwAs)
				n.Name = p.colLabel()
			}
			t.Namespaces = append(t.Namespaces, n)
			if !p.accept(',') {
				break
			}
		}
		p.expectAll(')', ',')
	}
	t.RowExpr = p.primary()
	t.DocExpr = p.xmlPassing()
	p.expect(kwColumns)
	for {
		t.Columns = append(t.Columns, p.xmlTableColumn())
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	t.Alias = p.optAlias()
	return t
}

func (p *parser) xmlTableColumn() *ast.RangeTableFuncCol {
	c := &ast.RangeTableFuncCol{Pos: p.tok.start}
	c.Name = p.colID()
	if p.accept(kwFor) {
		p.expect(kwOrdinality)
		c.ForOrdinality = true
		return c
	}
	c.Type = p.typeName()
	nullability := false
	for {
		pos := p.tok.start
		switch {
		case p.accept(kwDefault):
			if c.DefExpr != nil {
				p.failAt(pos, "only one DEFAULT value is allowed")
			}
			c.DefExpr = p.bExpr()
		case p.accept(kwPath):
			if c.ColExpr != nil {
				p.failAt(pos, "only one PATH value per column is allowed")
			}
			c.ColExpr = p.bExpr()
		case p.is(kwNot) || p.is(kwNull):
			c.NotNull = p.accept(kwNot)
			p.expect(kwNull)
			if nullability {
				p.failAt(pos, "conflicting or redundant NULL / NOT NULL declarations for column \"%s\"", c.Name)
			}
			nullability = true
		case p.is(tIdent):
			word := p.tok.str
			p.advance()
			p.bExpr()
			if word == "__pg__is_not_null" {
				p.fail(pos, pgerr.SyntaxError, "option name \"%s\" cannot be used in XMLTABLE", word)
			}
			p.fail(pos, pgerr.SyntaxError, "unrecognized column option \"%s\"", word)
		default:
			return c
		}
	}
}
