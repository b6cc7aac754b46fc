package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// maxNesting bounds how deep constructs nest in parentheses, subqueries, function
// calls and so on, and with it the parser's own recursion.
const maxNesting = 8000

// maxTreeDepth bounds the depth of the tree: chains such as 1+1+1+… are parsed
// by a loop but make a deep tree, and whoever walks it recurses.
const maxTreeDepth = 60000

// Parse parses a query string of any number of statements, separated by
// semicolons. Empty statements are left out. The error is a *pgerr.Error.
func Parse(sql string) ([]ast.RawStmt, error) {
	return ParseNotices(sql, nil)
}

// ParseNotices is Parse, and hands on the notices that parsing gives rise to
// (names that are too long and truncated).
func ParseNotices(sql string, notice func(*pgerr.Error)) (stmts []ast.RawStmt, err error) {
	p := parser{lex: lexer{sql: sql, notice: notice}}
	defer p.recoverError(&err)
	p.advance()
	return p.statements(), nil
}

// ParseExpr parses a single expression, such as a stored default.
func ParseExpr(sql string) (e ast.Expr, err error) {
	p := parser{lex: lexer{sql: sql}}
	defer p.recoverError(&err)
	p.advance()
	e = p.expr()
	p.expectEnd()
	return e, nil
}

// ParseType parses the name of a data type.
func ParseType(sql string) (t *ast.TypeName, err error) {
	p := parser{lex: lexer{sql: sql}}
	defer p.recoverError(&err)
	p.advance()
	t = p.typeName()
	p.expectEnd()
	return t, nil
}

// lookahead is how many tokens after the current one the parser may look at.
const lookahead = 4

// parser is a recursive-descent parser over one query string. A syntax error
// leaves it by a panic of bailout, caught in the exported functions only: the
// grammar's functions are many and mutually recursive, and none of them has
// anything to do on an error.
type parser struct {
	lex     lexer
	tok     token            // the current token
	prevEnd int              // where the token before it ended
	ahead   [lookahead]token // tokens read beyond tok
	nahead  int

	nesting int
	// depth is the depth of the deepest expression parsed since it was last
	// set to 0; see exprPrec.
	depth int
	mode  exprMode
	// tableForm limits which form of CREATE TABLE is allowed.
	tableForm tableForm
}

// bailout carries an error out of the parser.
type bailout struct{ err *pgerr.Error }

func (p *parser) recoverError(err *error) {
	switch r := recover().(type) {
	case nil:
	case bailout:
		*err = r.err
	default:
		panic(r)
	}
}

// advance goes to the next token.
func (p *parser) advance() {
	p.prevEnd = p.tok.end
	if p.nahead > 0 {
		p.tok = p.ahead[0]
		p.nahead--
		copy(p.ahead[:p.nahead], p.ahead[1:])
	} else {
		p.lex.next(&p.tok)
	}
	switch p.tok.kind {
	case tError:
		panic(bailout{p.lex.err})
	case kwNot, kwNulls, kwWith, kwWithout, kwFormat:
		p.combine()
	}
}

// combine marks keywords whose meaning depends on the next token, the five
// places where PostgreSQL's grammar needs two tokens of lookahead.
func (p *parser) combine() {
	next := p.peek(1)
	switch p.tok.kind {
	case kwNot:
		switch next {
		case kwBetween, kwIn, kwLike, kwIlike, kwSimilar:
			p.tok.kind = tNotLA
		}
	case kwNulls:
		if next == kwFirst || next == kwLast {
			p.tok.kind = tNullsLA
		}
	case kwWith:
		if next == kwTime || next == kwOrdinality {
			p.tok.kind = tWithLA
		}
	case kwWithout:
		if next == kwTime {
			p.tok.kind = tWithoutLA
		}
	case kwFormat:
		if next == kwJson {
			p.tok.kind = tFormatLA
		}
	}
}

// peek gives the kind of the n-th token after the current one, n ≤ lookahead.
func (p *parser) peek(n int) tokenKind {
	return p.peekToken(n).kind
}

func (p *parser) peekToken(n int) *token {
	for p.nahead < n {
		t := &p.ahead[p.nahead]
		if p.nahead > 0 {
			if last := &p.ahead[p.nahead-1]; last.kind == tError || last.kind == tEOF {
				return last
			}
		}
		p.lex.next(t)
		p.nahead++
	}
	return &p.ahead[n-1]
}

func (p *parser) is(k tokenKind) bool { return p.tok.kind == k }

// accept skips the current token if it is of kind k.
func (p *parser) accept(k tokenKind) bool {
	if p.tok.kind != k {
		return false
	}
	p.advance()
	return true
}

// accept2 skips two tokens if they are a and b.
func (p *parser) accept2(a, b tokenKind) bool {
	if p.tok.kind != a || p.peek(1) != b {
		return false
	}
	p.advance()
	p.advance()
	return true
}

// expect skips a token that must be of kind k and gives its position.
func (p *parser) expect(k tokenKind) int {
	if p.tok.kind != k {
		p.syntaxError()
	}
	pos := p.tok.start
	p.advance()
	return pos
}

// expectAll skips tokens that must be of these kinds.
func (p *parser) expectAll(kinds ...tokenKind) {
	for _, k := range kinds {
		p.expect(k)
	}
}

func (p *parser) expectEnd() {
	if !p.is(tEOF) {
		p.syntaxError()
	}
}

// syntaxError fails at the current token.
func (p *parser) syntaxError() {
	if p.tok.kind == tEOF {
		p.fail(p.tok.start, pgerr.SyntaxError, "syntax error at end of input")
	}
	p.fail(p.tok.start, pgerr.SyntaxError, "syntax error at or near \"%s\"", p.lex.sql[p.tok.start:p.tok.end])
}

// fail leaves the parser with an error at a byte offset (-1: none).
func (p *parser) fail(pos int, code pgerr.Code, format string, args ...any) {
	p.failWith(pos, pgerr.New(code, format, args...))
}

func (p *parser) failWith(pos int, err *pgerr.Error) {
	panic(bailout{err.At(p.lex.sql, pos)})
}

// unsupportedGrammar is for what PostgreSQL's grammar knows but rejects.
func (p *parser) unsupportedGrammar(pos int, message string) {
	p.fail(pos, pgerr.CodeFeatureNotSupported, "%s", message)
}

// enter and leave bound the nesting; every recursive cycle of the grammar goes
// through them.
func (p *parser) enter() {
	p.nesting++
	if p.nesting > maxNesting {
		p.tooDeep()
	}
}

func (p *parser) leave() { p.nesting-- }

func (p *parser) tooDeep() {
	p.failWith(-1, pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded").
		WithHint("Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), "+
			"after ensuring the platform's stack depth limit is adequate."))
}

// deepen notes that a node lies over parts that are p.depth deep.
func (p *parser) deepen() {
	p.depth++
	if p.depth > maxTreeDepth {
		p.tooDeep()
	}
}

// statements parses everything.
func (p *parser) statements() []ast.RawStmt {
	var stmts []ast.RawStmt
	for {
		for p.accept(';') {
		}
		if p.is(tEOF) {
			return stmts
		}
		start := p.tok.start
		p.depth = 0
		stmt := p.statement()
		stmts = append(stmts, ast.RawStmt{Stmt: stmt, Start: start, End: p.prevEnd})
		if !p.is(';') && !p.is(tEOF) {
			p.syntaxError()
		}
	}
}

// ParseQueryBody parses what may stand after SELECT, from a byte offset on: the expression of a procedural language.
func ParseQueryBody(sql string, from int) (sel *ast.SelectStmt, err error) {
	p := parser{lex: lexer{sql: sql, pos: from}}
	defer p.recoverError(&err)
	p.advance()
	return p.queryBody(), nil
}

// ParseAssignment parses "[subscript].field … := body", the rest of an assignment after the name of its target, from a byte offset on.
func ParseAssignment(sql string, from int) (path []ast.Indirection, sel *ast.SelectStmt, err error) {
	p := parser{lex: lexer{sql: sql, pos: from}}
	defer p.recoverError(&err)
	p.advance()
	path = p.indirection()
	if !p.accept(tColonEquals) {
		p.expect('=')
	}
	return path, p.queryBody(), nil
}

func (p *parser) queryBody() *ast.SelectStmt {
	sel := p.selectBody(p.tok.start)
	p.selectOptions(sel, nil)
	p.expectEnd()
	return sel
}
