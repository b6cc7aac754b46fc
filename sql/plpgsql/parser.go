package plpgsql

import (
	"strings"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// maxNesting bounds how deep statements nest.
const maxNesting = 1000

// Param is a parameter of the function.
type Param struct {
	Name string
	Type Type
	In   bool // a call gives it a value
	Out  bool // its value is the result, or a part of it
}

// Options is what a body is parsed for.
type Options struct {
	Name   string // of the function, which qualifies its parameters
	Params []Param
	// Extra are variables beside the parameters: NEW, OLD, TG_OP ….
	Extra []Param
	Types Types
	// Result is the type that RETURN gives. Void, Set, Procedure and Trigger say what sort of RETURN there may be.
	Result                        types.T
	Void, Set, Procedure, Trigger bool
	Conflict                      Conflict
	Strict                        bool
	// Notice, which may be nil, is told of notices.
	Notice func(*pgerr.Error)
}

// Parse parses a body.
func Parse(body string, o Options) (f *Function, err error) {
	p := &bodyParser{sql: body, o: &o, f: &Function{Conflict: o.Conflict, Strict: o.Strict, Out: -1}}
	p.tokens, p.lexErr = parser.Scan(body, o.Notice)
	if p.lexErr != nil {
		p.tokens = append(p.tokens, parser.Token{Class: parser.TokenEnd, Start: len(body), End: len(body)})
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case bailout:
			err = r.err
		default:
			panic(r)
		}
	}()
	p.declareParams()
	p.options()
	p.f.Body = p.block()
	p.accept(";")
	if p.tok().Class != parser.TokenEnd {
		p.syntaxError()
	}
	return p.f, nil
}

type bailout struct{ err error }

// bodyParser is a recursive-descent parser over the tokens of a body.
type bodyParser struct {
	sql     string
	o       *Options
	tokens  []parser.Token
	pos     int
	lexErr  error
	f       *Function
	names   *Name
	nesting int
	line    int // of the last line asked for
	lineAt  int // where it begins
}

func (p *bodyParser) tok() *parser.Token {
	t := &p.tokens[p.pos]
	if t.Class == parser.TokenEnd && p.lexErr != nil {
		panic(bailout{p.lexErr})
	}
	return t
}

func (p *bodyParser) peek(n int) *parser.Token {
	return &p.tokens[min(p.pos+n, len(p.tokens)-1)]
}

func (p *bodyParser) advance() *parser.Token {
	t := p.tok()
	if t.Class != parser.TokenEnd {
		p.pos++
	}
	return t
}

func (p *bodyParser) is(word string) bool { return p.tok().Is(word) }

func (p *bodyParser) accept(word string) bool {
	if !p.is(word) {
		return false
	}
	p.advance()
	return true
}

func (p *bodyParser) expect(word string) *parser.Token {
	if !p.is(word) {
		p.syntaxError()
	}
	return p.advance()
}

// lineOf is the line of a place, from 1. Places are asked for mostly in order.
func (p *bodyParser) lineOf(pos int) int {
	if p.line == 0 || pos < p.lineAt {
		p.line, p.lineAt = 1, 0
	}
	p.line += strings.Count(p.sql[p.lineAt:pos], "\n")
	p.lineAt = pos
	return p.line
}

func (p *bodyParser) here() at { return at(p.lineOf(p.tok().Start)) }

// Line is the line of a character position in a body.
func Line(body string, position int) int {
	n := 1
	for _, r := range body {
		if position--; position <= 0 {
			break
		}
		if r == '\n' {
			n++
		}
	}
	return n
}

func (p *bodyParser) fail(pos int, code pgerr.Code, format string, args ...any) {
	panic(bailout{pgerr.New(code, format, args...).At(p.sql, pos)})
}

func (p *bodyParser) failWith(pos int, err *pgerr.Error) { panic(bailout{err.At(p.sql, pos)}) }

func (p *bodyParser) syntaxError() { p.near("syntax error", p.tok()) }

// near fails with a message that ends in the token.
func (p *bodyParser) near(message string, t *parser.Token) {
	if t.Class == parser.TokenEnd {
		p.fail(t.Start, pgerr.SyntaxError, "%s at end of input", message)
	}
	p.fail(t.Start, pgerr.SyntaxError, "%s at or near \"%s\"", message, p.sql[t.Start:t.End])
}

// reserved are the words that can be no name.
var reserved = map[string]bool{"all": true, "begin": true, "by": true, "case": true, "declare": true, "else": true, "end": true,
	"execute": true, "for": true, "foreach": true, "from": true, "if": true, "in": true, "into": true, "loop": true, "not": true,
	"null": true, "or": true, "strict": true, "then": true, "to": true, "using": true, "when": true, "while": true}

// isName reports whether a token can be a name.
func isName(t *parser.Token) bool {
	return t.Name() && (t.Class == parser.TokenQuoted || !reserved[t.Text])
}

func (p *bodyParser) name() string {
	if !isName(p.tok()) {
		p.syntaxError()
	}
	return p.advance().Text
}

// add makes a variable.
func (p *bodyParser) add(v *Var) int {
	p.f.Vars = append(p.f.Vars, v)
	return len(p.f.Vars) - 1
}

// declare makes a variable and its name visible.
func (p *bodyParser) declare(v *Var) int {
	if v.Kind == Scalar && v.Type.Composite {
		v.Kind = Record
	}
	n := p.add(v)
	p.names = &Name{Name: v.Name, Var: n, IsRow: v.Kind == Record, Outer: p.names}
	return n
}

func (p *bodyParser) push(label string, loop bool) *Name {
	outer := p.names
	p.names = &Name{Label: true, Loop: loop, Name: label, Outer: outer}
	return outer
}

// declareParams makes the parameters, the variables that every function has, and the result.
func (p *bodyParser) declareParams() {
	p.push(p.o.Name, false)
	var outs []int
	for i := range p.o.Params {
		a := &p.o.Params[i]
		v := &Var{Name: a.Name, Type: a.Type}
		n := p.declare(v)
		named := p.names
		if a.Name == "" {
			p.names = named.Outer
		}
		p.names = &Name{Name: "$" + itoa(i+1), Var: n, IsRow: v.Kind == Record, Outer: p.names}
		if a.Out {
			outs = append(outs, n)
		}
	}
	switch {
	case len(outs) == 1 && !p.o.Procedure:
		p.f.Out = outs[0]
	case len(outs) > 0:
		v := &Var{Kind: List, Name: "(unnamed row)", Items: outs}
		for _, n := range outs {
			v.Names = append(v.Names, p.f.Vars[n].Name)
		}
		p.f.Out = p.add(v)
	}
	for _, e := range p.o.Extra {
		p.declare(&Var{Name: e.Name, Type: e.Type})
	}
	p.f.Found = p.declare(&Var{Name: "found", Type: Type{T: types.Of(types.BoolOID)}})
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// options are the lines that begin with #.
func (p *bodyParser) options() {
	for p.is("#") {
		p.advance()
		switch {
		case p.accept("option"):
			p.expect("dump")
		case p.accept("print_strict_params"):
			v := p.advance()
			switch v.Text {
			case "on":
				p.f.Strict = true
			case "off":
				p.f.Strict = false
			default:
				panic(bailout{pgerr.New(pgerr.InternalError, "unrecognized print_strict_params option %s", v.Text)})
			}
		case p.accept("variable_conflict"):
			switch {
			case p.accept("error"):
				p.f.Conflict = ConflictError
			case p.accept("use_variable"):
				p.f.Conflict = ConflictVariable
			case p.accept("use_column"):
				p.f.Conflict = ConflictColumn
			default:
				p.syntaxError()
			}
		default:
			p.syntaxError()
		}
	}
}

// openLabel is <<label>>, if there is one.
func (p *bodyParser) openLabel() string {
	if !p.accept("<<") {
		return ""
	}
	label := p.name()
	p.expect(">>")
	return label
}

// closeLabel is the label after END, which must be that of the beginning.
func (p *bodyParser) closeLabel(label string) {
	t := p.tok()
	if !isName(t) {
		return
	}
	p.advance()
	switch {
	case label == "":
		p.fail(t.Start, pgerr.SyntaxError, "end label \"%s\" specified for unlabeled block", t.Text)
	case label != t.Text:
		p.fail(t.Start, pgerr.SyntaxError, "end label \"%s\" differs from block's label \"%s\"", t.Text, label)
	}
}

// block parses a block with its label.
func (p *bodyParser) block() *Block {
	label := p.openLabel()
	return p.blockOf(label)
}

func (p *bodyParser) blockOf(label string) *Block {
	p.enter()
	defer p.leave()
	b := &Block{Label: label}
	outer := p.push(label, false)
	if p.accept("declare") {
		b.Init = p.declarations()
	}
	b.at = p.here()
	p.expect("begin")
	b.Body = p.statements()
	if p.accept("exception") {
		p.exception(b)
	}
	p.expect("end")
	p.names = outer
	p.closeLabel(label)
	return b
}

func (p *bodyParser) enter() {
	if p.nesting++; p.nesting > maxNesting {
		panic(bailout{pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded").
			WithHint("Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.")})
	}
}

func (p *bodyParser) leave() { p.nesting-- }

// exception parses the handlers of a block.
func (p *bodyParser) exception(b *Block) {
	outer := p.names
	line := p.lineOf(p.tok().Start)
	text := Type{T: types.Of(types.TextOID)}
	b.State = p.declare(&Var{Name: "sqlstate", Line: line, Type: text, Constant: true})
	b.Message = p.declare(&Var{Name: "sqlerrm", Line: line, Type: text, Constant: true})
	if !p.is("when") {
		p.syntaxError()
	}
	for p.is("when") {
		h := &Handler{Line: p.lineOf(p.tok().Start)}
		p.advance()
		for {
			p.condition(h)
			if !p.accept("or") {
				break
			}
		}
		p.expect("then")
		h.Body = p.statements()
		b.Handlers = append(b.Handlers, h)
	}
	p.names = outer
}

// condition parses a condition of WHEN.
func (p *bodyParser) condition(h *Handler) {
	t := p.tok()
	if !isName(t) {
		p.syntaxError()
	}
	p.advance()
	if t.Is("sqlstate") {
		s := p.tok()
		if s.Class != parser.TokenString {
			p.syntaxError()
		}
		p.advance()
		h.Codes = append(h.Codes, p.code(s))
		return
	}
	if t.Text == "others" {
		h.Others = true
		return
	}
	h.Codes = append(h.Codes, p.conditionCodes(t)...)
}

// conditionCodes are the SQLSTATEs of a condition name.
func (p *bodyParser) conditionCodes(t *parser.Token) []pgerr.Code {
	codes := Codes(t.Text)
	if codes == nil {
		panic(bailout{pgerr.New(pgerr.UndefinedObject, "unrecognized exception condition \"%s\"", t.Text)})
	}
	return codes
}

// code is an SQLSTATE in a string.
func (p *bodyParser) code(t *parser.Token) pgerr.Code {
	if !ValidCode(t.Text) {
		p.fail(t.Start, pgerr.SyntaxError, "invalid SQLSTATE code")
	}
	return pgerr.Code(t.Text)
}

// ValidCode reports whether s is an SQLSTATE: five digits or capitals.
func ValidCode(s string) bool {
	return len(s) == 5 && strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// target is a variable that may be assigned to.
func (p *bodyParser) assignable(n int, pos int) {
	v := p.f.Vars[n]
	if v.Kind == Field {
		v = p.f.Vars[v.Record]
	}
	if v.Constant {
		p.fail(pos, pgerr.ErrorInAssignment, "variable \"%s\" is declared CONSTANT", v.Name)
	}
}

// variable finds the variable that the dotted name at hand stands for, -1 if there is none. Nothing is read then.
func (p *bodyParser) variable() (n int, name string) {
	t := p.tok()
	if t.Class == parser.TokenParam {
		if v, _, ok := p.names.Find([]string{"$" + t.Text}); ok {
			p.advance()
			return v.Var, "$" + t.Text
		}
		return -1, ""
	}
	if !isName(t) {
		return -1, ""
	}
	names := []string{t.Text}
	for i := 1; len(names) < 3 && p.peek(i).Is(".") && p.peek(i+1).Name() && p.peek(i).Start == p.peek(i-1).End; i += 2 {
		names = append(names, p.peek(i+1).Text)
	}
	v, used, ok := p.names.Find(names)
	if !ok {
		return -1, ""
	}
	p.pos += 2*len(names) - 1
	n, name = v.Var, strings.Join(names, ".")
	for _, field := range names[used:] {
		n = p.add(&Var{Kind: Field, Name: name, Record: n, Path: field})
		if used+1 < len(names) {
			p.pos -= 2 * (len(names) - used - 1)
			break
		}
	}
	return n, name
}

// dotted is the text of the dotted name at hand.
func (p *bodyParser) dotted() string {
	s := p.tok().Text
	for i := 1; p.peek(i).Is(".") && p.peek(i+1).Name(); i += 2 {
		s += "." + p.peek(i+1).Text
	}
	return s
}

// expr makes an expression.
func (p *bodyParser) newExpr(text string, pos int) *Expr {
	e := &Expr{ID: p.f.Exprs, Text: text, Pos: pos, Names: p.names}
	p.f.Exprs++
	return e
}

// until reads the text up to one of the words, outside of parentheses; want says in messages what should come.
func (p *bodyParser) until(want string, statement bool, ends ...string) (text string, start int) {
	from := p.pos
	start = p.tok().Start
	depth := 0
	for {
		t := p.tok()
		if depth == 0 && t.Class != parser.TokenString && p.endsAt(t, ends) {
			break
		}
		switch {
		case t.Class == parser.TokenOther && (t.Text == "(" || t.Text == "["):
			depth++
		case t.Class == parser.TokenOther && (t.Text == ")" || t.Text == "]"):
			if depth--; depth < 0 {
				p.near("mismatched parentheses", t)
			}
		case t.Class == parser.TokenEnd || t.Is(";"):
			if depth != 0 {
				p.near("mismatched parentheses", t)
			}
			what := "expression"
			if statement {
				what = "statement"
			}
			p.near("missing \""+want+"\" at end of SQL "+what, t)
		}
		p.advance()
	}
	if p.pos == from {
		what := "expression"
		if statement {
			what = "SQL statement"
		}
		p.near("missing "+what, p.tok())
	}
	return strings.TrimRight(p.sql[start:p.tok().Start], " \t\n\r\f\v"), start
}

func (p *bodyParser) endsAt(t *parser.Token, ends []string) bool {
	for _, e := range ends {
		if t.Is(e) {
			return true
		}
	}
	return false
}

// expr reads an expression up to one of the words and checks its syntax.
func (p *bodyParser) expr(want string, ends ...string) *Expr {
	text, pos := p.until(want, false, append(ends, want)...)
	e := p.newExpr(text, pos)
	p.check(e)
	return e
}

// check parses an expression or statement to see that it is one.
func (p *bodyParser) check(e *Expr) {
	if _, err := Query(e); err != nil {
		if x, ok := pgerr.As(err); ok && x.Position > 0 {
			c := *x
			c.Position += pgerr.CharPosition(p.sql, e.Pos) - 1
			err = &c
		}
		panic(bailout{err})
	}
}

// Query parses the text of e: an expression is the list of a SELECT. Positions of errors and in the tree refer to e.Text.
func Query(e *Expr) (ast.Stmt, error) {
	if e.Target != nil {
		path, sel, err := parser.ParseAssignment(e.Text, e.Source)
		if err != nil {
			return nil, err
		}
		e.Target.Path = path
		return sel, nil
	}
	if !e.Statement {
		return parser.ParseQueryBody(e.Text, 0)
	}
	stmts, err := parser.Parse(e.Text)
	if err != nil {
		return nil, err
	}
	if len(stmts) != 1 {
		return nil, pgerr.New(pgerr.SyntaxError, "syntax error at end of input")
	}
	return stmts[0].Stmt, nil
}
