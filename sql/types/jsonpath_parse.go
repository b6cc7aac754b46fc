package types

import (
	"math"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types/pathlex"
)

// maxPathDepth bounds the nesting of a jsonpath.
const maxPathDepth = 2000

// pathParser reads a jsonpath by recursive descent.
type pathParser struct {
	lex   pathlex.Lexer
	tok   pathlex.Token
	err   error
	depth int
}

// ParseJSONPath reads the text of a jsonpath.
func ParseJSONPath(s string) (*JSONPath, error) {
	p := &pathParser{lex: pathlex.New(s)}
	p.advance()
	path := &JSONPath{}
	if p.tok.Kind == pathlex.End && p.err == nil {
		return nil, errInvalidText("jsonpath", s)
	}
	if p.isWord("strict") || p.isWord("lax") {
		path.Strict = p.isWord("strict")
		p.advance()
	}
	path.Root = p.or()
	if p.err == nil && p.tok.Kind != pathlex.End {
		p.syntaxError()
	}
	if p.err == nil {
		p.err = path.Root.check(false, false)
	}
	if p.err != nil {
		return nil, p.err
	}
	return path, nil
}

// check refuses @ outside filters and last outside subscripts.
func (n *JSONPathNode) check(inFilter, inSubscript bool) error {
	for ; n != nil; n = n.Next {
		switch {
		case n.Op == PathCurrent && !inFilter:
			return pgerr.New(pgerr.SyntaxError, "@ is not allowed in root expressions")
		case n.Op == PathLast && !inSubscript:
			return pgerr.New(pgerr.SyntaxError, "LAST is allowed only in array subscripts")
		}
		for _, x := range []*JSONPathNode{n.Left, n.Right} {
			if err := x.check(inFilter || n.Op == PathFilter, inSubscript); err != nil {
				return err
			}
		}
		for _, s := range n.Subs {
			for _, x := range s {
				if err := x.check(inFilter, true); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *pathParser) advance() {
	if p.err == nil {
		p.tok, p.err = p.lex.Next()
	}
	if p.err != nil {
		p.tok = pathlex.Token{Kind: pathlex.End, Start: p.lex.Len(), End: p.lex.Len()}
	}
}

func (p *pathParser) fail(err error) *JSONPathNode {
	if p.err == nil {
		p.err = err
	}
	p.tok = pathlex.Token{Kind: pathlex.End, Start: p.lex.Len(), End: p.lex.Len()}
	return &JSONPathNode{}
}

func (p *pathParser) syntaxError() *JSONPathNode {
	return p.fail(pathlex.ErrSyntax("syntax error", p.lex.Near(p.tok)))
}

func (p *pathParser) is(punct string) bool { return p.tok.Kind == pathlex.Punct && p.tok.Text == punct }

// isWord reports a keyword; true, false and null are words in lower case only.
func (p *pathParser) isWord(w string) bool {
	if p.tok.Kind != pathlex.Ident {
		return false
	}
	if w == "true" || w == "false" || w == "null" {
		return p.tok.Text == w
	}
	return strings.EqualFold(p.tok.Text, w)
}

func (p *pathParser) take(punct string) bool {
	if !p.is(punct) {
		return false
	}
	p.advance()
	return true
}

func (p *pathParser) expect(punct string) {
	if !p.take(punct) {
		p.syntaxError()
	}
}

func (p *pathParser) takeWord(w string) bool {
	if !p.isWord(w) {
		return false
	}
	p.advance()
	return true
}

// bare reports a predicate that no accessor turns into a value.
func (n *JSONPathNode) bare() bool { return n.Op.IsPredicate() && n.Next == nil }

func (p *pathParser) value(n *JSONPathNode) *JSONPathNode {
	if n.bare() && p.err == nil {
		return p.syntaxError()
	}
	return n
}

func (p *pathParser) predicate(n *JSONPathNode) *JSONPathNode {
	if !n.bare() && p.err == nil {
		return p.syntaxError()
	}
	return n
}

func (p *pathParser) or() *JSONPathNode {
	if p.depth++; p.depth > maxPathDepth {
		return p.fail(pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded"))
	}
	defer func() { p.depth-- }()
	n := p.and()
	for p.is("||") {
		p.predicate(n)
		p.advance()
		n = &JSONPathNode{Op: PathOr, Left: n, Right: p.predicate(p.and())}
	}
	return n
}

func (p *pathParser) and() *JSONPathNode {
	n := p.comparison()
	for p.is("&&") {
		p.predicate(n)
		p.advance()
		n = &JSONPathNode{Op: PathAnd, Left: n, Right: p.predicate(p.comparison())}
	}
	return n
}

var pathComparisons = map[string]JSONPathOp{"==": PathEqual, "!=": PathNotEqual, "<>": PathNotEqual, "<": PathLess, ">": PathGreater,
	"<=": PathLessEqual, ">=": PathGreaterEqual}

func (p *pathParser) comparison() *JSONPathNode {
	if p.take("!") {
		if !p.is("(") && !p.isWord("exists") {
			return p.syntaxError()
		}
		return &JSONPathNode{Op: PathNot, Left: p.predicate(p.primary(true))}
	}
	n := p.additive()
	if op, ok := pathComparisons[p.tok.Text]; ok && p.tok.Kind == pathlex.Punct {
		p.value(n)
		p.advance()
		return &JSONPathNode{Op: op, Left: n, Right: p.value(p.additive())}
	}
	switch {
	case p.isWord("starts"):
		p.value(n)
		p.advance()
		if !p.takeWord("with") || p.tok.Kind != pathlex.Quoted && p.tok.Kind != pathlex.Variable {
			return p.syntaxError()
		}
		return &JSONPathNode{Op: PathStartsWith, Left: n, Right: p.primary(true)}
	case p.isWord("like_regex"):
		p.value(n)
		p.advance()
		return p.likeRegex(n)
	}
	return n
}

func (p *pathParser) likeRegex(n *JSONPathNode) *JSONPathNode {
	if p.tok.Kind != pathlex.Quoted {
		return p.syntaxError()
	}
	r := &JSONPathNode{Op: PathLikeRegex, Left: n, Str: p.tok.Text}
	p.advance()
	if !p.takeWord("flag") {
		return r
	}
	if p.tok.Kind != pathlex.Quoted {
		return p.syntaxError()
	}
	for _, c := range p.tok.Text {
		i := strings.IndexRune(jsonPathFlagLetters, c)
		if i < 0 {
			return p.fail(pgerr.New(pgerr.SyntaxError, "invalid input syntax for type jsonpath").
				WithDetail("Unrecognized flag character \"%c\" in LIKE_REGEX predicate.", c))
		}
		r.Flags |= 1 << i
	}
	p.advance()
	if r.Flags&JSONPathExtended != 0 && r.Flags&JSONPathLiteral == 0 {
		return p.fail(pgerr.New(pgerr.CodeFeatureNotSupported, `XQuery "x" flag (expanded regular expressions) is not implemented`))
	}
	return r
}

func (p *pathParser) additive() *JSONPathNode {
	n := p.multiplicative()
	for p.is("+") || p.is("-") {
		op := PathAdd
		if p.is("-") {
			op = PathSub
		}
		p.value(n)
		p.advance()
		n = &JSONPathNode{Op: op, Left: n, Right: p.value(p.multiplicative())}
	}
	return n
}

func (p *pathParser) multiplicative() *JSONPathNode {
	n := p.unary()
	for p.is("*") || p.is("/") || p.is("%") {
		op := map[string]JSONPathOp{"*": PathMul, "/": PathDiv, "%": PathMod}[p.tok.Text]
		p.value(n)
		p.advance()
		n = &JSONPathNode{Op: op, Left: n, Right: p.value(p.unary())}
	}
	return n
}

func (p *pathParser) unary() *JSONPathNode {
	if !p.is("+") && !p.is("-") {
		return p.primary(false)
	}
	if p.depth++; p.depth > maxPathDepth {
		return p.fail(pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded"))
	}
	defer func() { p.depth-- }()
	minus := p.is("-")
	p.advance()
	n := p.value(p.unary())
	switch {
	case n.Op == PathNumeric && n.Next == nil:
		if minus {
			n.Num = n.Num.Neg()
		}
		return n
	case minus:
		return &JSONPathNode{Op: PathMinus, Left: n}
	}
	return &JSONPathNode{Op: PathPlus, Left: n}
}

// primary is a value, a parenthesis or exists, with the accessors behind it unless delimited says that a predicate ends here.
func (p *pathParser) primary(delimited bool) *JSONPathNode {
	n := p.atom()
	if delimited {
		return n
	}
	tail := n
	for tail.Next != nil {
		tail = tail.Next
	}
	for p.err == nil {
		a := p.accessor()
		if a == nil {
			break
		}
		tail.Next = a
		tail = a
	}
	return n
}

func (p *pathParser) atom() *JSONPathNode {
	t := p.tok
	switch t.Kind {
	case pathlex.Quoted:
		p.advance()
		return &JSONPathNode{Op: PathString, Str: t.Text}
	case pathlex.Variable:
		p.advance()
		return &JSONPathNode{Op: PathVariable, Str: t.Text}
	case pathlex.Int, pathlex.Number:
		n, err := ParseNumeric(t.Text)
		if err != nil {
			return p.fail(err)
		}
		p.advance()
		return &JSONPathNode{Op: PathNumeric, Num: n}
	case pathlex.Punct:
		return p.punctAtom()
	case pathlex.Ident:
		for _, w := range []struct {
			word string
			node JSONPathNode
		}{{"null", JSONPathNode{Op: PathNull}}, {"true", JSONPathNode{Op: PathBool, Bool: true}}, {"false", JSONPathNode{Op: PathBool}},
			{"last", JSONPathNode{Op: PathLast}}} {
			if p.takeWord(w.word) {
				n := w.node
				return &n
			}
		}
		if p.takeWord("exists") {
			p.expect("(")
			n := &JSONPathNode{Op: PathExists, Left: p.value(p.or())}
			p.expect(")")
			return n
		}
	}
	return p.syntaxError()
}

func (p *pathParser) punctAtom() *JSONPathNode {
	switch {
	case p.take("$"):
		return &JSONPathNode{Op: PathRoot}
	case p.take("@"):
		return &JSONPathNode{Op: PathCurrent}
	case p.take("("):
		n := p.or()
		p.expect(")")
		if n.bare() && p.takeWord("is") {
			if !p.takeWord("unknown") {
				return p.syntaxError()
			}
			return &JSONPathNode{Op: PathIsUnknown, Left: n}
		}
		return n
	}
	return p.syntaxError()
}

// accessor is the next step of a path, nil if there is none.
func (p *pathParser) accessor() *JSONPathNode {
	switch {
	case p.take("["):
		if p.take("*") {
			p.expect("]")
			return &JSONPathNode{Op: PathAnyArray}
		}
		n := &JSONPathNode{Op: PathIndex}
		for {
			s := [2]*JSONPathNode{p.value(p.additive()), nil}
			if p.takeWord("to") {
				s[1] = p.value(p.additive())
			}
			n.Subs = append(n.Subs, s)
			if !p.take(",") {
				break
			}
		}
		p.expect("]")
		return n
	case p.take("?"):
		p.expect("(")
		n := &JSONPathNode{Op: PathFilter, Left: p.predicate(p.or())}
		p.expect(")")
		return n
	case p.take("."):
		return p.member()
	}
	return nil
}

// member is what follows a dot.
func (p *pathParser) member() *JSONPathNode {
	switch {
	case p.take("*"):
		return &JSONPathNode{Op: PathAnyKey}
	case p.take("**"):
		return p.levels()
	case p.tok.Kind != pathlex.Ident && p.tok.Kind != pathlex.Quoted:
		return p.syntaxError()
	}
	key := p.tok
	p.advance()
	if key.Kind == pathlex.Ident && p.is("(") {
		for op := PathType; op <= PathKeyValue; op++ {
			if !strings.EqualFold(key.Text, op.String()) {
				continue
			}
			p.advance()
			n := &JSONPathNode{Op: op}
			if op == PathDatetime && p.tok.Kind == pathlex.Quoted {
				n.Left = &JSONPathNode{Op: PathString, Str: p.tok.Text}
				p.advance()
			}
			p.expect(")")
			return n
		}
	}
	return &JSONPathNode{Op: PathKey, Str: key.Text}
}

func (p *pathParser) levels() *JSONPathNode {
	n := &JSONPathNode{Op: PathAny, Last: math.MaxUint32}
	if !p.take("{") {
		return n
	}
	n.First = p.level()
	n.Last = n.First
	if p.takeWord("to") {
		n.Last = p.level()
	}
	p.expect("}")
	return n
}

func (p *pathParser) level() uint32 {
	if p.takeWord("last") {
		return math.MaxUint32
	}
	if p.tok.Kind != pathlex.Int {
		p.syntaxError()
		return 0
	}
	v, err := strconv.ParseInt(p.tok.Text, 10, 32)
	if err != nil {
		p.fail(errValueRange("integer", p.tok.Text))
	}
	p.advance()
	return uint32(v)
}
