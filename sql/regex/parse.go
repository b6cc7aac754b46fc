package regex

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Options are the options of an expression.
type Options struct {
	Fold     bool // i
	Newline  bool // . and negated brackets do not match line ends
	Lines    bool // ^ and $ match at line ends too
	Expanded bool // white space and comments do not count
}

// Errors of Compile, in PostgreSQL's words.
var (
	ErrParens   = errors.New("parentheses () not balanced")
	ErrBrackets = errors.New("brackets [] not balanced")
	ErrBraces   = errors.New("braces {} not balanced")
	ErrOperand  = errors.New("quantifier operand invalid")
	ErrEscape   = errors.New(`invalid escape \ sequence`)
	ErrBackref  = errors.New("invalid backreference number")
	ErrRange    = errors.New("invalid character range")
	ErrClass    = errors.New("invalid character class")
	ErrRepeat   = errors.New("invalid repetition count(s)")
	ErrComplex  = errors.New("regular expression is too complex")
)

const (
	maxRepeat = 255
	maxDepth  = 500
)

// Regexp is a compiled expression.
type Regexp struct {
	root   node
	groups int
	lazy   bool
}

type parser struct {
	s      string
	pos    int
	o      Options
	groups int
	closed map[int]bool // groups that a back reference may name
	depth  int
	prefer byte // g or l: greed of the first quantifier, 0: none yet
	look   bool // inside look-around: parentheses do not capture
}

// Compile reads an expression.
func Compile(pattern string, o Options) (*Regexp, error) {
	p := &parser{s: pattern, o: o, closed: map[int]bool{}}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.pos < len(p.s) {
		return nil, ErrParens
	}
	return &Regexp{root: n, groups: p.groups, lazy: p.prefer == 'l'}, nil
}

func (p *parser) skipBlanks() {
	for p.o.Expanded && p.pos < len(p.s) {
		switch c := p.s[p.pos]; {
		case c == '#':
			for p.pos < len(p.s) && p.s[p.pos] != '\n' {
				p.pos++
			}
		case c == ' ' || c >= '\t' && c <= '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *parser) alternatives() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, ErrComplex
	}
	defer func() { p.depth-- }()
	var alts altNode
	for {
		n, err := p.sequence()
		if err != nil {
			return nil, err
		}
		alts = append(alts, n)
		if p.pos >= len(p.s) || p.s[p.pos] != '|' {
			break
		}
		p.pos++
	}
	if len(alts) == 1 {
		return alts[0], nil
	}
	return alts, nil
}

func (p *parser) sequence() (node, error) {
	var seq seqNode
	for {
		p.skipBlanks()
		if p.pos >= len(p.s) || p.s[p.pos] == '|' || p.s[p.pos] == ')' {
			return seq, nil
		}
		n, err := p.atom()
		if err != nil {
			return nil, err
		}
		if n, err = p.quantified(n); err != nil {
			return nil, err
		}
		if n != nil {
			seq = append(seq, n)
		}
	}
}

func (p *parser) quantified(n node) (node, error) {
	p.skipBlanks()
	if p.pos >= len(p.s) {
		return n, nil
	}
	r := &repeatNode{n: n, max: -1}
	switch c := p.s[p.pos]; {
	case c == '*':
		p.pos++
	case c == '+':
		r.min = 1
		p.pos++
	case c == '?':
		r.max = 1
		p.pos++
	case c == '{' && p.pos+1 < len(p.s) && p.s[p.pos+1] >= '0' && p.s[p.pos+1] <= '9':
		if err := p.bounds(r); err != nil {
			return nil, err
		}
	default:
		return n, nil
	}
	switch n.(type) {
	case assertNode, lookNode, nil:
		return nil, ErrOperand
	}
	greed := byte('g')
	if p.pos < len(p.s) && p.s[p.pos] == '?' {
		p.pos++
		r.lazy, greed = true, 'l'
	}
	if p.prefer == 0 {
		p.prefer = greed
	}
	if p.pos < len(p.s) && strings.IndexByte("*+?", p.s[p.pos]) >= 0 {
		return nil, ErrOperand
	}
	return r, nil
}

func (p *parser) bounds(r *repeatNode) error {
	end := 1 + strings.IndexFunc(p.s[p.pos+1:], func(c rune) bool { return c != ',' && (c < '0' || c > '9') }) // 0: none
	if end == 0 {
		return ErrBraces
	}
	if p.s[p.pos+end] != '}' {
		return ErrRepeat
	}
	lo, hi, two := strings.Cut(p.s[p.pos+1:p.pos+end], ",")
	p.pos += end + 1
	var err error
	if r.min, err = strconv.Atoi(lo); err != nil || r.min > maxRepeat {
		return ErrRepeat
	}
	switch {
	case !two:
		r.max = r.min
	case hi != "":
		if r.max, err = strconv.Atoi(hi); err != nil || r.max > maxRepeat || r.max < r.min {
			return ErrRepeat
		}
	}
	return nil
}

func (p *parser) atom() (node, error) {
	c, size := utf8.DecodeRuneInString(p.s[p.pos:])
	switch c {
	case '(':
		return p.group()
	case '[':
		return p.bracket()
	case '\\':
		return p.escape()
	case '.':
		p.pos++
		return setNode{not: true, lines: p.o.Newline}, nil
	case '^':
		p.pos++
		if p.o.Lines {
			return assertNode('l'), nil
		}
		return assertNode('A'), nil
	case '$':
		p.pos++
		if p.o.Lines {
			return assertNode('L'), nil
		}
		return assertNode('Z'), nil
	case '*', '+', '?':
		return nil, ErrOperand
	}
	p.pos += size
	return p.char(c), nil
}

func (p *parser) char(c rune) node {
	if p.o.Fold {
		return charNode{c, unicode.SimpleFold(c), true}
	}
	return charNode{c: c}
}

func (p *parser) group() (node, error) {
	rest := p.s[p.pos:]
	kind := ""
	for _, k := range []string{"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?#"} {
		if strings.HasPrefix(rest, k) {
			kind = k
		}
	}
	if kind == "(?#" {
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return nil, ErrParens
		}
		p.pos += end + 1
		return seqNode{}, nil
	}
	if kind == "" {
		if strings.HasPrefix(rest, "(?") {
			return nil, ErrOperand
		}
		kind = "("
	}
	p.pos += len(kind)
	index := 0
	if kind == "(" && !p.look {
		p.groups++
		index = p.groups
	}
	look, prefer := p.look, p.prefer
	if len(kind) > 1 && kind != "(?:" {
		p.look = true
	}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.pos >= len(p.s) || p.s[p.pos] != ')' {
		return nil, ErrParens
	}
	p.pos++
	p.look = look
	switch kind {
	case "(?:":
		return n, nil
	case "(":
		if index == 0 {
			return n, nil
		}
		p.closed[index] = true
		return groupNode{n, index}, nil
	}
	p.prefer = prefer
	return lookNode{n: n, not: strings.HasSuffix(kind, "!"), behind: kind[2] == '<'}, nil
}

// classes are the class-shorthand escapes and the named classes of brackets.
var classes = map[string]func(rune) bool{
	"alpha": unicode.IsLetter, "digit": unicode.IsDigit, "upper": unicode.IsUpper, "lower": unicode.IsLower,
	"alnum": func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) },
	"space": unicode.IsSpace, "cntrl": unicode.IsControl, "punct": func(c rune) bool { return unicode.IsPunct(c) || unicode.IsSymbol(c) },
	"print": unicode.IsPrint, "graph": unicode.IsGraphic, "blank": func(c rune) bool { return c == ' ' || c == '\t' },
	"xdigit": func(c rune) bool { return c < 128 && strings.ContainsRune("0123456789abcdefABCDEF", c) },
	"ascii":  func(c rune) bool { return c < 128 }, "word": isWord,
}

var shorthands = map[byte]string{'d': "digit", 's': "space", 'w': "word"}

func isWord(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) }

func (p *parser) escape() (node, error) {
	if p.pos+1 >= len(p.s) {
		return nil, ErrEscape
	}
	c := p.s[p.pos+1]
	if name, ok := shorthands[c|0x20]; ok {
		p.pos += 2
		return setNode{not: c < 'a', classes: []func(rune) bool{classes[name]}, lines: c < 'a' && p.o.Newline}, nil
	}
	switch c {
	case 'A', 'Z', 'm', 'M', 'y', 'Y':
		p.pos += 2
		return assertNode(c), nil
	}
	if c >= '1' && c <= '9' {
		end := p.pos + 2
		for end < len(p.s) && p.s[end] >= '0' && p.s[end] <= '9' {
			end++
		}
		n, _ := strconv.Atoi(p.s[p.pos+1 : end])
		if end == p.pos+2 || p.closed[n] {
			if !p.closed[n] {
				return nil, ErrBackref
			}
			p.pos = end
			return backNode{n, p.o.Fold}, nil
		}
	}
	r, err := p.escapedChar()
	if err != nil {
		return nil, err
	}
	return p.char(r), nil
}

// escapedChar reads the character-entry escapes; a backslash before anything that is no letter or digit is that character.
func (p *parser) escapedChar() (rune, error) {
	c := p.s[p.pos+1]
	p.pos += 2
	digits := func(n, base int, upTo bool) (rune, error) {
		end := p.pos
		for end < len(p.s) && end < p.pos+n {
			if _, err := strconv.ParseUint(p.s[end:end+1], base, 8); err != nil {
				break
			}
			end++
		}
		if end == p.pos || !upTo && end < p.pos+n {
			return 0, ErrEscape
		}
		v, err := strconv.ParseUint(p.s[p.pos:end], base, 32)
		p.pos = end
		if err != nil || v > unicode.MaxRune {
			return 0, ErrEscape
		}
		return rune(v), nil
	}
	switch c {
	case 'a', 'b', 'e', 'f', 'n', 'r', 't', 'v':
		return rune("\a\b\x1b\f\n\r\t\v"[strings.IndexByte("abefnrtv", c)]), nil
	case 'B':
		return '\\', nil
	case 'c':
		if p.pos >= len(p.s) {
			return 0, ErrEscape
		}
		p.pos++
		return rune(p.s[p.pos-1] & 0x1f), nil
	case 'u':
		return digits(4, 16, false)
	case 'U':
		return digits(8, 16, false)
	case 'x':
		return digits(255, 16, true)
	}
	if c >= '0' && c <= '9' {
		p.pos--
		return digits(3, 8, true)
	}
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return 0, ErrEscape
	}
	r, size := utf8.DecodeRuneInString(p.s[p.pos-1:])
	p.pos += size - 1
	return r, nil
}

func (p *parser) bracket() (node, error) {
	if strings.HasPrefix(p.s[p.pos:], "[[:<:]]") || strings.HasPrefix(p.s[p.pos:], "[[:>:]]") {
		kind := map[byte]assertNode{'<': 'm', '>': 'M'}[p.s[p.pos+3]]
		p.pos += 7
		return kind, nil
	}
	set := setNode{fold: p.o.Fold}
	p.pos++
	if p.pos < len(p.s) && p.s[p.pos] == '^' {
		set.not, set.lines = true, p.o.Newline
		p.pos++
	}
	for first := true; ; first = false {
		if p.pos >= len(p.s) {
			return nil, ErrBrackets
		}
		if p.s[p.pos] == ']' && !first {
			p.pos++
			return set, nil
		}
		if err := p.bracketItem(&set); err != nil {
			return nil, err
		}
	}
}

func (p *parser) bracketItem(set *setNode) error {
	rest := p.s[p.pos:]
	if strings.HasPrefix(rest, "[:") {
		end := 2 + strings.Index(rest[2:], ":]") // 1: none
		if end < 2 {
			return ErrBrackets
		}
		f, ok := classes[rest[2:end]]
		if !ok {
			return ErrClass
		}
		set.classes = append(set.classes, f)
		p.pos += end + 2
		return nil
	}
	if len(rest) > 1 && rest[0] == '\\' {
		if name, ok := shorthands[rest[1]|0x20]; ok {
			f := classes[name]
			if rest[1] < 'a' {
				set.classes = append(set.classes, func(c rune) bool { return !f(c) })
			} else {
				set.classes = append(set.classes, f)
			}
			p.pos += 2
			return nil
		}
	}
	lo, err := p.bracketChar()
	if err != nil {
		return err
	}
	hi := lo
	if p.pos+1 < len(p.s) && p.s[p.pos] == '-' && p.s[p.pos+1] != ']' {
		p.pos++
		if hi, err = p.bracketChar(); err != nil {
			return err
		}
		if hi < lo {
			return ErrRange
		}
	}
	set.ranges = append(set.ranges, [2]rune{lo, hi})
	return nil
}

func (p *parser) bracketChar() (rune, error) {
	rest := p.s[p.pos:]
	if rest == "" {
		return 0, ErrBrackets
	}
	for _, d := range []string{".", "="} {
		if strings.HasPrefix(rest, "["+d) {
			end := strings.Index(rest[2:], d+"]")
			if end < 0 {
				return 0, ErrBrackets
			}
			r, size := utf8.DecodeRuneInString(rest[2:])
			if size != end {
				return 0, ErrClass
			}
			p.pos += end + 4
			return r, nil
		}
	}
	if rest[0] == '\\' && len(rest) > 1 {
		return p.escapedChar()
	}
	r, size := utf8.DecodeRuneInString(rest)
	p.pos += size
	return r, nil
}
