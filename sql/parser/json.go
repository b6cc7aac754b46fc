package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// jsonFunction parses the SQL/JSON functions; nil if k is none.
func (p *parser) jsonFunction(k tokenKind, pos int) ast.Expr {
	switch k {
	case kwJsonObject:
		return p.jsonObject(pos)
	case kwJsonArray:
		return p.jsonArray(pos)
	case kwJsonObjectagg, kwJsonArrayagg:
		return p.jsonAgg(k, pos)
	case kwJson:
		p.advance()
		p.expect('(')
		x := &ast.JSONParseExpr{Expr: p.jsonValue(), Pos: pos}
		x.Unique = p.jsonUnique()
		p.expect(')')
		return x
	case kwJsonScalar:
		p.advance()
		p.expect('(')
		x := &ast.JSONScalarExpr{Expr: p.expr(), Pos: pos}
		p.expect(')')
		return x
	case kwJsonSerialize:
		p.advance()
		p.expect('(')
		x := &ast.JSONSerializeExpr{Expr: p.jsonValue(), Pos: pos}
		x.Output = p.jsonReturning()
		p.expect(')')
		return x
	case kwJsonExists, kwJsonQuery, kwJsonValue:
		return p.jsonQueryFunction(k, pos)
	}
	return nil
}

// isJSON parses JSON [kind] [uniqueness] after IS.
func (p *parser) isJSON(left ast.Expr, pos int) ast.Expr {
	p.expect(kwJson)
	x := &ast.JSONIsPredicate{Expr: left, Pos: pos}
	switch p.tok.kind {
	case kwValue:
		p.advance()
	case kwArray:
		x.Type = ast.JSONArray
		p.advance()
	case kwObject:
		x.Type = ast.JSONObject
		p.advance()
	case kwScalar:
		x.Type = ast.JSONScalar
		p.advance()
	}
	x.Unique = p.jsonUnique()
	return x
}

// jsonUnique parses WITH or WITHOUT UNIQUE [KEYS].
func (p *parser) jsonUnique() bool {
	with := p.is(kwWith)
	if !with && !p.is(kwWithout) || p.peek(1) != kwUnique {
		return false
	}
	p.advance()
	p.advance()
	p.accept(kwKeys)
	return with
}

// jsonValue parses an expression with an optional FORMAT.
func (p *parser) jsonValue() *ast.JSONValueExpr {
	v := &ast.JSONValueExpr{Expr: p.expr()}
	v.Format = p.jsonFormat()
	return v
}

func (p *parser) jsonFormat() *ast.JSONFormat {
	if !p.is(tFormatLA) {
		return nil
	}
	f := &ast.JSONFormat{Pos: p.tok.start}
	p.advance()
	p.expect(kwJson)
	if p.accept(kwEncoding) {
		name := p.name(anyLabel)
		switch name {
		case "utf8", "utf16", "utf32":
			f.Encoding = name
		default:
			p.fail(-1, pgerr.InvalidParameterValue, "unrecognized JSON encoding: %s", name)
		}
	}
	return f
}

func (p *parser) jsonReturning() *ast.JSONOutput {
	if !p.accept(kwReturning) {
		return nil
	}
	o := &ast.JSONOutput{Type: p.typeName()}
	o.Format = p.jsonFormat()
	return o
}

// jsonNulls parses ABSENT or NULL ON NULL; it gives byDefault without them.
func (p *parser) jsonNulls(byDefault bool) bool {
	switch p.tok.kind {
	case kwAbsent:
		p.advance()
		p.expectAll(kwOn, kwNull)
		return true
	case kwNull:
		p.advance()
		p.expectAll(kwOn, kwNull)
		return false
	}
	return byDefault
}

// jsonKeyValue parses key VALUE value or key : value.
func (p *parser) jsonKeyValue() *ast.JSONKeyValue {
	kv := &ast.JSONKeyValue{Key: p.expr()}
	p.jsonColon()
	kv.Value = p.jsonValue()
	return kv
}

func (p *parser) jsonColon() {
	if !p.accept(':') {
		p.expect(kwValue)
	}
}

// jsonObject parses JSON_OBJECT, which is also the name of a plain function.
func (p *parser) jsonObject(pos int) ast.Expr {
	p.advance()
	p.expect('(')
	x := &ast.JSONObjectConstructor{Pos: pos}
	if p.is(')') || p.is(kwReturning) {
		x.Output = p.jsonReturning()
		p.expect(')')
		return x
	}
	first := p.argument()
	if _, named := first.(*ast.NamedArgExpr); named || p.is(',') || p.is(')') {
		return p.jsonObjectCall(pos, first)
	}
	p.jsonColon()
	x.Items = []*ast.JSONKeyValue{{Key: first, Value: p.jsonValue()}}
	for p.accept(',') {
		x.Items = append(x.Items, p.jsonKeyValue())
	}
	x.AbsentOnNull = p.jsonNulls(false)
	x.Unique = p.jsonUnique()
	x.Output = p.jsonReturning()
	p.expect(')')
	return x
}

func (p *parser) jsonObjectCall(pos int, first ast.Expr) ast.Expr {
	f := &ast.FuncCall{Name: []string{"pg_catalog", "json_object"}, Args: []ast.Expr{first}, Pos: pos}
	for p.accept(',') {
		f.Args = append(f.Args, p.argument())
	}
	p.expect(')')
	return f
}

func (p *parser) jsonArray(pos int) ast.Expr {
	p.advance()
	p.expect('(')
	if p.startsSelect() || p.is('(') && p.nestedSelect() {
		x := &ast.JSONArrayQueryConstructor{Query: p.selectNoParens(), Pos: pos}
		x.Format = p.jsonFormat()
		x.Output = p.jsonReturning()
		p.expect(')')
		return x
	}
	x := &ast.JSONArrayConstructor{AbsentOnNull: true, Pos: pos}
	if !p.is(')') && !p.is(kwReturning) {
		x.Items = append(x.Items, p.jsonValue())
		for p.accept(',') {
			x.Items = append(x.Items, p.jsonValue())
		}
		x.AbsentOnNull = p.jsonNulls(true)
	}
	x.Output = p.jsonReturning()
	p.expect(')')
	return x
}

// nestedSelect tells whether parentheses at the current token open a query. It
// looks no further than two of them, which is as far as JSON_ARRAY( needs.
func (p *parser) nestedSelect() bool {
	for n := 1; n < lookahead; n++ {
		switch p.peek(n) {
		case kwSelect, kwWith, kwTable:
			return true
		case kwValues:
			return p.peek(n+1) == '('
		case '(':
			continue
		}
		return false
	}
	return false
}

func (p *parser) jsonAgg(k tokenKind, pos int) ast.Expr {
	p.advance()
	p.expect('(')
	x := &ast.JSONAggConstructor{Pos: pos}
	if k == kwJsonObjectagg {
		x.Object = p.jsonKeyValue()
		x.AbsentOnNull = p.jsonNulls(false)
		x.Unique = p.jsonUnique()
	} else {
		x.Array = p.jsonValue()
		x.Order = p.optSortClause()
		x.AbsentOnNull = p.jsonNulls(true)
	}
	x.Output = p.jsonReturning()
	p.expect(')')
	x.Filter = p.filterClause()
	x.Over = p.overClause()
	return x
}

func (p *parser) jsonQueryFunction(k tokenKind, pos int) ast.Expr {
	p.advance()
	p.expect('(')
	x := &ast.JSONFuncExpr{Pos: pos, Context: p.jsonValue()}
	p.expect(',')
	x.Path = p.expr()
	x.Passing = p.jsonPassing()
	switch k {
	case kwJsonExists:
		x.Op = ast.JSONExists
		x.OnError = p.jsonOnError()
	case kwJsonQuery:
		x.Op = ast.JSONQuery
		x.Output = p.jsonReturning()
		x.Wrapper = p.jsonWrapper()
		x.Quotes = p.jsonQuotes()
		x.OnEmpty, x.OnError = p.jsonBehaviors()
	default:
		x.Op = ast.JSONValue
		x.Output = p.jsonReturning()
		x.OnEmpty, x.OnError = p.jsonBehaviors()
	}
	p.expect(')')
	return x
}

func (p *parser) jsonPassing() []*ast.JSONArgument {
	if !p.accept(kwPassing) {
		return nil
	}
	var list []*ast.JSONArgument
	for {
		a := &ast.JSONArgument{Val: p.jsonValue()}
		p.expect(kwAs)
		a.Name = p.colLabel()
		list = append(list, a)
		if !p.accept(',') {
			return list
		}
	}
}

// jsonWrapper parses WITH or WITHOUT … WRAPPER.
func (p *parser) jsonWrapper() ast.JSONWrapper {
	switch p.tok.kind {
	case kwWithout:
		p.advance()
		p.accept(kwArray)
		p.expect(kwWrapper)
		return ast.JSONWrapperNone
	case kwWith:
		p.advance()
		w := ast.JSONWrapperUnconditional
		if p.accept(kwConditional) {
			w = ast.JSONWrapperConditional
		} else {
			p.accept(kwUnconditional)
		}
		p.accept(kwArray)
		p.expect(kwWrapper)
		return w
	}
	return ast.JSONWrapperUnspec
}

func (p *parser) jsonQuotes() ast.JSONQuotes {
	q := ast.JSONQuotesUnspec
	switch {
	case p.accept(kwKeep):
		q = ast.JSONQuotesKeep
	case p.accept(kwOmit):
		q = ast.JSONQuotesOmit
	default:
		return q
	}
	p.expect(kwQuotes)
	if p.accept(kwOn) {
		p.expectAll(kwScalar, kwString)
	}
	return q
}

// jsonBehavior parses a behavior without its ON; nil if there is none.
func (p *parser) jsonBehavior() *ast.JSONBehavior {
	b := &ast.JSONBehavior{Pos: p.tok.start}
	switch p.tok.kind {
	case kwDefault:
		p.advance()
		b.Kind, b.Expr = ast.JSONBehaviorDefault, p.expr()
		return b
	case kwError:
		b.Kind = ast.JSONBehaviorError
	case kwNull:
		b.Kind = ast.JSONBehaviorNull
	case kwTrue:
		b.Kind = ast.JSONBehaviorTrue
	case kwFalse:
		b.Kind = ast.JSONBehaviorFalse
	case kwUnknown:
		b.Kind = ast.JSONBehaviorUnknown
	case kwEmpty:
		p.advance()
		b.Kind = ast.JSONBehaviorEmptyArray
		if p.accept(kwObject) {
			b.Kind = ast.JSONBehaviorEmptyObject
		} else {
			p.accept(kwArray)
		}
		return b
	default:
		return nil
	}
	p.advance()
	return b
}

// jsonOnError parses a behavior ON ERROR.
func (p *parser) jsonOnError() *ast.JSONBehavior {
	b := p.jsonBehavior()
	if b != nil {
		p.expectAll(kwOn, kwError)
	}
	return b
}

// jsonBehaviors parses [… ON EMPTY] [… ON ERROR].
func (p *parser) jsonBehaviors() (onEmpty, onError *ast.JSONBehavior) {
	b := p.jsonBehavior()
	if b == nil {
		return nil, nil
	}
	p.expect(kwOn)
	if p.accept(kwEmpty) {
		return b, p.jsonOnError()
	}
	p.expect(kwError)
	return nil, b
}

// jsonTable parses JSON_TABLE in FROM, without its alias.
func (p *parser) jsonTable() *ast.JSONTable {
	t := &ast.JSONTable{Pos: p.expect(kwJsonTable)}
	p.expect('(')
	t.Context = p.jsonValue()
	p.expect(',')
	pathPos := p.tok.start
	path, ok := p.expr().(*ast.Const)
	if !ok || path.Kind != ast.ConstString {
		p.fail(pathPos, pgerr.CodeFeatureNotSupported,
			"only string constants are supported in JSON_TABLE path specification")
	}
	t.Path = &ast.JSONTablePath{Path: path.Val, Pos: pathPos}
	if p.accept(kwAs) {
		t.Path.Name = p.colID()
	}
	t.Passing = p.jsonPassing()
	t.Columns = p.jsonTableColumns()
	t.OnError = p.jsonOnError()
	p.expect(')')
	return t
}

func (p *parser) jsonTableColumns() []*ast.JSONTableColumn {
	p.expectAll(kwColumns, '(')
	p.enter()
	var list []*ast.JSONTableColumn
	for {
		list = append(list, p.jsonTableColumn())
		if !p.accept(',') {
			break
		}
	}
	p.leave()
	p.expect(')')
	return list
}

func (p *parser) jsonTableColumn() *ast.JSONTableColumn {
	c := &ast.JSONTableColumn{Pos: p.tok.start}
	if p.is(kwNested) && (p.peek(1) == kwPath || p.peek(1) == tSConst) {
		p.advance()
		p.accept(kwPath)
		c.Kind = ast.JSONColumnNested
		c.Path = &ast.JSONTablePath{Pos: p.tok.start}
		c.Path.Path = p.sconst()
		if p.accept(kwAs) {
			c.Path.Name = p.name(colIDs)
		}
		c.Columns = p.jsonTableColumns()
		return c
	}
	c.Name = p.colID()
	if p.accept(kwFor) {
		p.expect(kwOrdinality)
		c.Kind = ast.JSONColumnOrdinality
		return c
	}
	c.Type = p.typeName()
	if p.accept(kwExists) {
		c.Kind = ast.JSONColumnExists
		c.Path = p.jsonColumnPath()
		c.OnEmpty, c.OnError = p.jsonBehaviors()
		return c
	}
	c.Kind = ast.JSONColumnRegular
	if c.Format = p.jsonFormat(); c.Format != nil {
		c.Kind = ast.JSONColumnFormatted
	}
	c.Path = p.jsonColumnPath()
	c.Wrapper = p.jsonWrapper()
	c.Quotes = p.jsonQuotes()
	c.OnEmpty, c.OnError = p.jsonBehaviors()
	return c
}

func (p *parser) jsonColumnPath() *ast.JSONTablePath {
	if !p.accept(kwPath) {
		return nil
	}
	path := &ast.JSONTablePath{Pos: p.tok.start}
	path.Path = p.sconst()
	return path
}
