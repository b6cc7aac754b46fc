package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
)

// Precedences of operators, lowest first. Comparisons, BETWEEN and its like, and
// IS do not associate: a < b < c is a syntax error.
const (
	precOr = iota + 1
	precAnd
	precNot
	precIs
	precCompare
	precLike // BETWEEN, IN, LIKE, ILIKE, SIMILAR
	precEscape
	precOp // operators that are not listed here
	precAdd
	precMul
	precExp
	precAt
	precCollate
	precUminus
	precCast
)

// exprMode says where an expression stands when that changes which tokens go on
// with it; it holds for the outermost level only.
type exprMode uint8

const (
	modePlain     exprMode = iota
	modeTarget             // in a select list: operator keywords may be labels
	modeSubstring          // in SUBSTRING: SIMILAR without TO ends the expression
)

// expr parses a_expr, an expression of any kind.
func (p *parser) expr() ast.Expr { return p.exprIn(modePlain, false) }

// bExpr parses b_expr, an expression without the operators that are words,
// for places where those would be ambiguous.
func (p *parser) bExpr() ast.Expr { return p.exprIn(modePlain, true) }

func (p *parser) exprIn(mode exprMode, restricted bool) ast.Expr {
	saved := p.mode
	p.mode = mode
	e := p.exprPrec(0, restricted)
	p.mode = saved
	return e
}

// exprPrec parses an expression whose operators bind at least as tightly as
// minPrec. p.depth comes out as the larger of what it was and the depth of the
// expression's tree, so that a list's depth is that of its deepest element.
func (p *parser) exprPrec(minPrec int, restricted bool) ast.Expr {
	p.enter()
	saved := p.depth
	p.depth = 0
	e := p.operand(restricted)
	e = p.operators(e, minPrec, restricted)
	p.depth = max(p.depth, saved)
	p.leave()
	return e
}

// operators goes on with an expression whose first operand is left.
func (p *parser) operators(left ast.Expr, minPrec int, restricted bool) ast.Expr {
	nonassoc := 0 // the level of the last operator, if it does not associate
	for {
		prec := p.infixPrec(restricted)
		if prec == 0 || prec < minPrec {
			return left
		}
		// In a select list, a word after a complete expression may be a label;
		// after an operand of an operator that is not complete it cannot.
		if minPrec == 0 && p.mode == modeTarget && p.labelHere() {
			return left
		}
		if prec == nonassoc {
			p.syntaxError()
		}
		depth := p.depth
		p.depth = 0
		left, nonassoc = p.infix(left, prec, restricted)
		p.depth = max(p.depth, depth)
		if b, ok := left.(*ast.BoolExpr); !ok || b.Op == ast.Not {
			p.deepen() // AND and OR chains are flat
		}
	}
}

// infixPrec is the precedence of the current token as an infix or postfix
// operator, 0 if it is none here.
func (p *parser) infixPrec(restricted bool) int {
	switch p.tok.kind {
	case '<', '>', '=', tLessEquals, tGreaterEquals, tNotEquals:
		return precCompare
	case '+', '-':
		return precAdd
	case '*', '/', '%':
		return precMul
	case '^':
		return precExp
	case tOp:
		return precOp
	case tTypeCast:
		return precCast
	case tEOF, ',', ')', ';', tIdent, kwFrom, kwAs, kwWhere:
		return 0
	}
	return p.wordPrec(restricted)
}

func (p *parser) wordPrec(restricted bool) int {
	switch p.tok.kind {
	case kwIs:
		return precIs
	case kwOperator:
		return precOp
	}
	if restricted {
		return 0
	}
	switch p.tok.kind {
	case kwOr:
		return precOr
	case kwAnd:
		return precAnd
	case kwIsnull, kwNotnull:
		return precIs
	case kwBetween, kwIn, kwLike, kwIlike, tNotLA:
		return precLike
	case kwSimilar:
		if p.mode == modeSubstring && p.peek(1) != kwTo {
			return 0
		}
		return precLike
	case kwAt:
		return precAt
	case kwCollate:
		return precCollate
	}
	return 0
}

// labelHere tells whether the current keyword is a select list's label and not
// an operator: what follows cannot be an operand.
func (p *parser) labelHere() bool {
	if !isBareLabel(p.tok.kind) {
		return false
	}
	switch p.peek(1) {
	case tEOF, ';', ',', ')', kwFrom, kwInto, kwWhere, kwGroup, kwHaving, kwWindow, kwUnion,
		kwIntersect, kwExcept, kwOrder, kwLimit, kwOffset, kwFetch, kwFor:
		return true
	}
	return false
}

// operand parses prefix operators and a primary expression.
func (p *parser) operand(restricted bool) ast.Expr {
	pos := p.tok.start
	switch p.tok.kind {
	case '+', '-':
		minus := p.is('-')
		p.advance()
		arg := p.exprPrec(precUminus+1, restricted)
		if c, ok := arg.(*ast.Const); ok && minus &&
			(c.Kind == ast.ConstInteger || c.Kind == ast.ConstFloat) {
			negate(c)
			c.Pos = pos
			return c
		}
		op := "+"
		if minus {
			op = "-"
		}
		p.deepen()
		return &ast.AExpr{Op: op, Right: arg, Pos: pos}
	case tOp:
		op := p.tok.str
		p.advance()
		arg := p.exprPrec(precOp+1, restricted)
		p.deepen()
		return &ast.AExpr{Op: op, Right: arg, Pos: pos}
	case kwOperator:
		if p.peek(1) != '(' {
			break
		}
		schema, op := p.qualifiedOperator()
		arg := p.exprPrec(precOp+1, restricted)
		p.deepen()
		return &ast.AExpr{Op: op, OpSchema: schema, Right: arg, Pos: pos}
	}
	if !restricted {
		switch p.tok.kind {
		case kwNot, tNotLA:
			p.advance()
			arg := p.exprPrec(precNot, restricted)
			p.deepen()
			return &ast.BoolExpr{Op: ast.Not, Args: []ast.Expr{arg}, Pos: pos}
		case kwDefault:
			p.advance()
			return &ast.SetToDefault{Pos: pos}
		case kwUnique:
			return p.uniquePredicate()
		}
	}
	return p.primary()
}

// uniquePredicate parses UNIQUE (select), which PostgreSQL refuses, too.
func (p *parser) uniquePredicate() ast.Expr {
	pos := p.expect(kwUnique)
	if p.accept(kwNulls) {
		p.accept(kwNot)
		p.expect(kwDistinct)
	}
	p.selectWithParens()
	p.unsupportedGrammar(pos, "UNIQUE predicate is not yet implemented")
	return nil
}

// qualifiedOperator reads OPERATOR(schema.op).
func (p *parser) qualifiedOperator() (schema []string, op string) {
	p.expectAll(kwOperator, '(')
	schema, op = p.anyOperator()
	p.expect(')')
	return schema, op
}

// anyOperator reads an operator's name with an optional qualification.
func (p *parser) anyOperator() (schema []string, op string) {
	for p.isColID() {
		schema = append(schema, p.colID())
		p.expect('.')
	}
	return schema, p.allOp()
}

// allOp reads an operator.
func (p *parser) allOp() string {
	op, ok := operatorText(&p.tok)
	if !ok {
		p.syntaxError()
	}
	p.advance()
	return op
}

// operatorText is the name of the operator that a token is.
func operatorText(t *token) (string, bool) {
	switch t.kind {
	case tOp:
		return t.str, true
	case '+':
		return "+", true
	case '-':
		return "-", true
	case '*':
		return "*", true
	case '/':
		return "/", true
	case '%':
		return "%", true
	case '^':
		return "^", true
	case '<':
		return "<", true
	case '>':
		return ">", true
	case '=':
		return "=", true
	case tLessEquals:
		return "<=", true
	case tGreaterEquals:
		return ">=", true
	case tNotEquals:
		return "<>", true
	}
	return "", false
}

// infix parses an operator and what is right of it. It gives the new expression
// and, if the operator does not associate and ends in an operand, its level.
func (p *parser) infix(left ast.Expr, prec int, restricted bool) (ast.Expr, int) {
	pos := p.tok.start
	switch p.tok.kind {
	case kwAnd:
		return p.boolean(left, ast.And, precAnd), 0
	case kwOr:
		return p.boolean(left, ast.Or, precOr), 0
	case kwIs:
		return p.isTest(left, restricted)
	case kwIsnull, kwNotnull:
		isNot := p.is(kwNotnull)
		p.advance()
		return &ast.NullTest{Arg: left, IsNot: isNot, Pos: pos}, 0
	case tTypeCast:
		p.advance()
		return &ast.TypeCast{Arg: left, Type: p.typeName(), Pos: pos}, 0
	case kwCollate:
		p.advance()
		return &ast.CollateClause{Arg: left, Collation: p.anyName(), Pos: pos}, 0
	case kwAt:
		return p.atTimeZone(left), 0
	case kwBetween, kwIn, kwLike, kwIlike, kwSimilar, tNotLA:
		return p.matching(left)
	}
	var schema []string
	var op string
	if p.is(kwOperator) {
		schema, op = p.qualifiedOperator()
	} else {
		op = p.allOp()
	}
	if !restricted && p.quantified() {
		return p.quantifiedOp(left, schema, op, pos), 0
	}
	right := p.exprPrec(prec+1, restricted)
	nonassoc := 0
	if prec == precCompare {
		nonassoc = precCompare
	}
	return &ast.AExpr{Op: op, OpSchema: schema, Left: left, Right: right, Pos: pos}, nonassoc
}

// boolean parses AND or OR; a chain makes one node.
func (p *parser) boolean(left ast.Expr, op ast.BoolOp, prec int) ast.Expr {
	pos := p.tok.start
	p.advance()
	right := p.exprPrec(prec+1, false)
	if b, ok := left.(*ast.BoolExpr); ok && b.Op == op {
		b.Args = append(b.Args, right)
		return b
	}
	p.deepen()
	return &ast.BoolExpr{Op: op, Args: []ast.Expr{left, right}, Pos: pos}
}

func (p *parser) atTimeZone(left ast.Expr) ast.Expr {
	pos := p.expect(kwAt)
	name := []string{"pg_catalog", "timezone"}
	if p.accept(kwLocal) {
		return &ast.FuncCall{Name: name, Args: []ast.Expr{left}, SQLSyntax: true, Pos: -1}
	}
	p.expectAll(kwTime, kwZone)
	zone := p.exprPrec(precAt+1, false)
	return &ast.FuncCall{Name: name, Args: []ast.Expr{zone, left}, SQLSyntax: true, Pos: pos}
}

// quantified tells whether ANY, SOME or ALL follows an operator.
func (p *parser) quantified() bool {
	return p.is(kwAny) || p.is(kwSome) || p.is(kwAll)
}

// quantifiedOp parses ANY (…) or ALL (…) after an operator.
func (p *parser) quantifiedOp(left ast.Expr, schema []string, op string, pos int) ast.Expr {
	all := p.is(kwAll)
	p.advance()
	sel, list, _ := p.paren(true)
	if sel != nil {
		kind := ast.SubLinkAny
		if all {
			kind = ast.SubLinkAll
		}
		return &ast.SubLink{Kind: kind, TestExpr: left, Op: op, OpSchema: schema, Subselect: sel, Pos: pos}
	}
	kind := ast.AExprOpAny
	if all {
		kind = ast.AExprOpAll
	}
	return &ast.AExpr{Kind: kind, Op: op, OpSchema: schema, Left: left, Right: list[0], Pos: pos}
}

// isTest parses what follows IS.
func (p *parser) isTest(left ast.Expr, restricted bool) (ast.Expr, int) {
	pos := p.expect(kwIs)
	isNot := p.accept(kwNot)
	switch p.tok.kind {
	case kwDistinct:
		p.advance()
		p.expect(kwFrom)
		kind := ast.AExprDistinct
		if isNot {
			kind = ast.AExprNotDistinct
		}
		right := p.exprPrec(precIs+1, restricted)
		return &ast.AExpr{Kind: kind, Op: "=", Left: left, Right: right, Pos: pos}, precIs
	case kwDocument:
		p.advance()
		var e ast.Expr = &ast.XMLExpr{Op: ast.XMLIsDocument, Args: []ast.Expr{left}, Pos: pos}
		return negateIf(isNot, e, pos), 0
	}
	if restricted {
		p.syntaxError()
	}
	kind := p.tok.kind
	switch kind {
	case kwNull:
		p.advance()
		return &ast.NullTest{Arg: left, IsNot: isNot, Pos: pos}, 0
	case kwTrue, kwFalse, kwUnknown:
		p.advance()
		return &ast.BooleanTest{Arg: left, Kind: boolTest(kind, isNot), Pos: pos}, 0
	case kwJson:
		return negateIf(isNot, p.isJSON(left, pos), pos), 0
	}
	return negateIf(isNot, p.isNormalized(left, pos), pos), 0
}

func boolTest(kind tokenKind, isNot bool) ast.BoolTestKind {
	t := ast.IsTrue
	switch kind {
	case kwFalse:
		t = ast.IsFalse
	case kwUnknown:
		t = ast.IsUnknown
	}
	if isNot {
		t++
	}
	return t
}

func negateIf(isNot bool, e ast.Expr, pos int) ast.Expr {
	if isNot {
		return &ast.BoolExpr{Op: ast.Not, Args: []ast.Expr{e}, Pos: pos}
	}
	return e
}

// isNormalized parses IS [form] NORMALIZED.
func (p *parser) isNormalized(left ast.Expr, pos int) ast.Expr {
	args := []ast.Expr{left}
	if form, ok := p.normalForm(); ok {
		args = append(args, form)
	}
	p.expect(kwNormalized)
	return &ast.FuncCall{Name: []string{"pg_catalog", "is_normalized"}, Args: args, SQLSyntax: true, Pos: pos}
}

func (p *parser) normalForm() (ast.Expr, bool) {
	switch p.tok.kind {
	case kwNfc, kwNfd, kwNfkc, kwNfkd:
		c := wordConst(upper(nameOf(&p.tok)), p.tok.start)
		p.advance()
		return c, true
	}
	return nil, false
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 32
		}
	}
	return string(b)
}

// matching parses [NOT] BETWEEN, IN, LIKE, ILIKE and SIMILAR TO.
func (p *parser) matching(left ast.Expr) (ast.Expr, int) {
	pos := p.tok.start
	isNot := p.accept(tNotLA)
	switch p.tok.kind {
	case kwBetween:
		return p.between(left, isNot, pos), precLike
	case kwIn:
		return p.in(left, isNot, pos), 0
	case kwSimilar:
		p.advance()
		p.expect(kwTo)
		right, end := p.patternArg("similar_to_escape", true, pos)
		return &ast.AExpr{Kind: ast.AExprSimilar, Op: notOp(isNot, "~"), Left: left, Right: right, Pos: pos}, end
	}
	kind, op := ast.AExprLike, "~~"
	if p.is(kwIlike) {
		kind, op = ast.AExprILike, "~~*"
	}
	p.advance()
	op = notOp(isNot, op)
	if p.quantified() {
		return p.quantifiedOp(left, nil, op, pos), 0
	}
	right, end := p.patternArg("like_escape", false, pos)
	return &ast.AExpr{Kind: kind, Op: op, Left: left, Right: right, Pos: pos}, end
}

func notOp(isNot bool, op string) string {
	if isNot {
		return "!" + op
	}
	return op
}

// patternArg parses a pattern with an optional ESCAPE; with one, or always, it
// is wrapped in a call of function.
func (p *parser) patternArg(function string, always bool, pos int) (ast.Expr, int) {
	args := []ast.Expr{p.exprPrec(precLike+1, false)}
	if p.accept(kwEscape) {
		args = append(args, p.exprPrec(precLike+1, false))
	} else if !always {
		return args[0], precLike
	}
	return &ast.FuncCall{Name: []string{"pg_catalog", function}, Args: args, Pos: pos}, precLike
}

func (p *parser) between(left ast.Expr, isNot bool, pos int) ast.Expr {
	p.expect(kwBetween)
	kind := ast.AExprBetween
	op := "BETWEEN"
	if p.accept(kwSymmetric) {
		kind, op = ast.AExprBetweenSym, "BETWEEN SYMMETRIC"
	} else {
		p.accept(kwAsymmetric)
	}
	if isNot {
		kind++
		op = "NOT " + op
	}
	low := p.bExpr()
	p.expect(kwAnd)
	high := p.exprPrec(precLike+1, false)
	list := &ast.List{Items: []ast.Expr{low, high}, Pos: -1}
	return &ast.AExpr{Kind: kind, Op: op, Left: left, Right: list, Pos: pos}
}

// in parses IN with a list or a subquery.
func (p *parser) in(left ast.Expr, isNot bool, pos int) ast.Expr {
	p.expect(kwIn)
	sel, list, open := p.paren(false)
	if sel != nil {
		e := &ast.SubLink{Kind: ast.SubLinkAny, TestExpr: left, Subselect: sel, Pos: pos}
		return negateIf(isNot, e, pos)
	}
	op := "="
	if isNot {
		op = "<>"
	}
	return &ast.AExpr{Kind: ast.AExprIn, Op: op, Left: left, Right: &ast.List{Items: list, Pos: open}, Pos: pos}
}

// exprList parses expressions separated by commas.
func (p *parser) exprList() []ast.Expr {
	list := []ast.Expr{p.expr()}
	for p.accept(',') {
		list = append(list, p.expr())
	}
	return list
}

// paren parses what is in parentheses, at the opening one: a query, or a list of
// expressions. Which of them it is may show only deep inside, as in
// (((SELECT 1)) + 1): an inner pair that held a query leaves it to what follows.
// With single, a list is one expression. open is the position of the parenthesis.
func (p *parser) paren(single bool) (sel *ast.SelectStmt, list []ast.Expr, open int) {
	open = p.expect('(')
	p.enter()
	defer p.leave()
	if p.startsSelect() {
		sel = p.selectNoParens()
		p.expect(')')
		return sel, nil, open
	}
	mode := p.mode
	p.mode = modePlain
	var first ast.Expr
	if p.is('(') {
		innerSel, innerList, innerOpen := p.paren(false)
		if innerSel != nil && p.continuesSelect() {
			p.mode = mode
			sel = p.selectRest(innerSel, nil)
			p.expect(')')
			return sel, nil, open
		}
		first = p.operators(p.afterParen(innerSel, innerList, innerOpen), 0, false)
	} else {
		first = p.expr()
	}
	list = append(list, first)
	for !single && p.accept(',') {
		list = append(list, p.expr())
	}
	p.mode = mode
	p.expect(')')
	return nil, list, open
}

// afterParen makes an expression of what paren gave: a subquery, a row, or the
// expression itself; subscripts and fields may follow.
func (p *parser) afterParen(sel *ast.SelectStmt, list []ast.Expr, open int) ast.Expr {
	switch {
	case sel != nil:
		return p.indirected(&ast.SubLink{Kind: ast.SubLinkExpr, Subselect: sel, Pos: open})
	case len(list) > 1:
		return p.overlaps(&ast.RowExpr{Args: list, Pos: open})
	}
	return p.indirected(list[0])
}

// indirected parses the subscripts and fields after an expression.
func (p *parser) indirected(e ast.Expr) ast.Expr {
	if !p.is('.') && !p.is('[') {
		return e
	}
	return &ast.AIndirection{Arg: e, Indirection: p.indirection()}
}
