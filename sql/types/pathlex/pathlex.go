// Package pathlex cuts the text of a jsonpath into tokens.
//
// Source: PostgreSQL's manual, chapter 8.14.7; its scanner, src/backend/utils/adt/jsonpath_scan.l, decides what the errors show.
package pathlex

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Kind is the kind of a token of a jsonpath.
type Kind uint8

// The kinds of tokens.
const (
	End Kind = iota
	Ident
	Quoted
	Variable
	Int
	Number
	Punct // operators and single characters; text tells which
)

// Token is one token.
type Token struct {
	Kind       Kind
	Text       string // value: unescaped, or the operator
	Start, End int    // its place in the path
}

// Lexer cuts a jsonpath into tokens.
type Lexer struct {
	s   string
	pos int
}

const special = `?%$.[]{}()|&!=<>@#,*:-+/`

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func isOther(c byte) bool {
	return !isBlank(c) && c != '"' && c != '\\' && strings.IndexByte(special, c) < 0
}

// ErrSyntax says what is wrong and where; near is empty at the end of the path.
func ErrSyntax(what string, near string) error {
	if near == "" {
		return pgerr.New(pgerr.SyntaxError, "%s at end of jsonpath input", what)
	}
	return pgerr.New(pgerr.SyntaxError, `%s at or near "%s" of jsonpath input`, what, near)
}

// Near is what PostgreSQL's scanner looked at last when it gave out t, which is what its errors show: the quote that ends a string, and behind a word the
// blanks that end it.
func (l *Lexer) Near(t Token) string {
	switch {
	case t.Kind == Quoted, t.Kind == Variable && l.s[t.End-1] == '"':
		return `"`
	case t.Kind != Ident:
		return l.s[t.Start:t.End]
	}
	end := t.End
	for end < len(l.s) && isBlank(l.s[end]) {
		end++
	}
	return l.s[t.End:end]
}

// New cuts s.
func New(s string) Lexer { return Lexer{s: s} }

// Len is the length of the path.
func (l *Lexer) Len() int { return len(l.s) }

// Next is the next token, of kind End at the end.
func (l *Lexer) Next() (Token, error) {
	if err := l.blanks(); err != nil {
		return Token{}, err
	}
	t := Token{Start: l.pos}
	if l.pos >= len(l.s) {
		t.End = l.pos
		return t, nil
	}
	var err error
	c := l.s[l.pos]
	switch {
	case c == '"':
		t.Kind = Quoted
		t.Text, err = l.quoted()
	case c == '$' && l.pos+1 < len(l.s) && (l.s[l.pos+1] == '"' || isOther(l.s[l.pos+1])):
		t.Kind = Variable
		l.pos++
		if l.s[l.pos] == '"' {
			t.Text, err = l.quoted()
		} else {
			for l.pos < len(l.s) && isOther(l.s[l.pos]) {
				l.pos++
			}
			t.Text = l.s[t.Start+1 : l.pos]
		}
	case isDigit(c) || c == '.' && l.pos+1 < len(l.s) && isDigit(l.s[l.pos+1]):
		t.Kind, err = l.numberOrWord()
		t.Text = l.s[t.Start:l.pos]
	case c == '\\' || isOther(c):
		t.Kind = Ident
		t.Text, err = l.word()
	default:
		t.Kind = Punct
		n := 1
		if l.pos+2 <= len(l.s) {
			switch l.s[l.pos : l.pos+2] {
			case "&&", "||", "**", "==", "!=", "<>", "<=", ">=":
				n = 2
			}
		}
		t.Text = l.s[l.pos : l.pos+n]
		l.pos += n
	}
	t.End = l.pos
	return t, err
}

func (l *Lexer) blanks() error {
	for l.pos < len(l.s) {
		switch {
		case isBlank(l.s[l.pos]):
			l.pos++
		case strings.HasPrefix(l.s[l.pos:], "/*"):
			i := strings.Index(l.s[l.pos+2:], "*/")
			if i < 0 {
				return ErrSyntax("unexpected end of comment", "")
			}
			l.pos += i + 4
		default:
			return nil
		}
	}
	return nil
}

// numberOrWord reads what begins like a number: as in a flex scanner the longer of a number, with the letter that must not follow it, and a word.
func (l *Lexer) numberOrWord() (Kind, error) {
	word := l.pos
	for word < len(l.s) && isOther(l.s[word]) {
		_, n := utf8.DecodeRuneInString(l.s[word:])
		word += n
	}
	kind, err := l.number()
	if word > l.pos {
		l.pos = word
		return Ident, nil
	}
	return kind, err
}

// number reads an integer, a decimal or a real; a letter right behind it is refused.
func (l *Lexer) number() (Kind, error) {
	start, kind := l.pos, Int
	digits := func() {
		for l.pos < len(l.s) && isDigit(l.s[l.pos]) {
			l.pos++
		}
	}
	if l.s[l.pos] == '0' {
		l.pos++
	} else {
		digits()
	}
	if l.pos < len(l.s) && l.s[l.pos] == '.' {
		kind = Number
		l.pos++
		digits()
	}
	if l.pos < len(l.s) && (l.s[l.pos] == 'e' || l.s[l.pos] == 'E') {
		i := l.pos + 1
		if i < len(l.s) && (l.s[i] == '+' || l.s[i] == '-') {
			i++
		}
		if i < len(l.s) && isDigit(l.s[i]) {
			kind, l.pos = Number, i
			digits()
		} else if i > l.pos+1 {
			l.pos = i
			return kind, ErrSyntax("invalid numeric literal", l.s[start:i])
		}
	}
	if l.pos < len(l.s) && isOther(l.s[l.pos]) {
		l.pos++ // a byte: the scanner knows no characters
		return kind, ErrSyntax("trailing junk after numeric literal", l.s[start:l.pos])
	}
	return kind, nil
}

func (l *Lexer) quoted() (string, error) {
	var b strings.Builder
	for l.pos++; ; {
		if l.pos >= len(l.s) {
			return "", ErrSyntax("unexpected end of quoted string", "")
		}
		switch c := l.s[l.pos]; c {
		case '"':
			l.pos++
			return b.String(), nil
		case '\\':
			if err := l.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
}

func (l *Lexer) word() (string, error) {
	start := l.pos
	for l.pos < len(l.s) && isOther(l.s[l.pos]) {
		l.pos++
	}
	if l.pos >= len(l.s) || l.s[l.pos] != '\\' {
		return l.s[start:l.pos], nil
	}
	var b strings.Builder
	b.WriteString(l.s[start:l.pos])
	for l.pos < len(l.s) {
		switch c := l.s[l.pos]; {
		case c == '\\':
			if err := l.escape(&b); err != nil {
				return "", err
			}
		case isOther(c):
			b.WriteByte(c)
			l.pos++
		default:
			return b.String(), nil
		}
	}
	return b.String(), nil
}

// escape reads what a backslash begins.
func (l *Lexer) escape(b *strings.Builder) error {
	start := l.pos
	l.pos++
	if l.pos >= len(l.s) {
		return ErrSyntax("unexpected end after backslash", `\`)
	}
	c := l.s[l.pos]
	if i := strings.IndexByte("bfnrtv", c); i >= 0 {
		b.WriteByte("\b\f\n\r\t\v"[i])
		l.pos++
		return nil
	}
	switch c {
	case 'x':
		v, ok := l.hex(l.pos+1, 2)
		if !ok {
			return ErrSyntax("invalid hex character sequence", l.s[start:l.hexEnd(l.pos+1, 1)])
		}
		l.pos += 3
		return l.unicode(b, v)
	case 'u':
		return l.unicodes(b)
	}
	_, n := utf8.DecodeRuneInString(l.s[l.pos:])
	b.WriteString(l.s[l.pos : l.pos+n])
	l.pos += n
	return nil
}

func (l *Lexer) hex(at, n int) (rune, bool) {
	if at+n > len(l.s) {
		return 0, false
	}
	v, err := strconv.ParseUint(l.s[at:at+n], 16, 32)
	return rune(v), err == nil
}

// codePoint reads \uXXXX or \u{X…}, of which the backslash is at pos.
func (l *Lexer) codePoint() (rune, error) {
	start := l.pos
	at := l.pos + 2
	if at < len(l.s) && l.s[at] == '{' {
		if n := strings.IndexByte(l.s[at:], '}'); n > 1 && n <= 7 {
			if v, ok := l.hex(at+1, n-1); ok {
				l.pos = at + n + 1
				return v, nil
			}
		}
	} else if v, ok := l.hex(at, 4); ok {
		l.pos = at + 4
		return v, nil
	}
	end := l.hexEnd(at, 3)
	if at < len(l.s) && l.s[at] == '{' {
		end = l.hexEnd(at+1, 6)
	}
	return 0, ErrSyntax("invalid unicode sequence", l.s[start:end])
}

// hexEnd is the place behind up to limit hexadecimal digits.
func (l *Lexer) hexEnd(at, limit int) int {
	for end := at + limit; at < end && at < len(l.s) && strings.IndexByte("0123456789abcdefABCDEF", l.s[at]) >= 0; {
		at++
	}
	return at
}

// unicodes reads a code point or a surrogate pair.
func (l *Lexer) unicodes(b *strings.Builder) error {
	bad := func(detail string) error {
		return pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type jsonpath").WithDetail("%s", detail)
	}
	l.pos--
	v, err := l.codePoint()
	if err != nil {
		return err
	}
	switch {
	case v >= 0xdc00 && v <= 0xdfff:
		return bad("Unicode low surrogate must follow a high surrogate.")
	case v < 0xd800 || v > 0xdbff:
		return l.unicode(b, v)
	}
	if !strings.HasPrefix(l.s[l.pos:], `\u`) {
		return bad("Unicode low surrogate must follow a high surrogate.")
	}
	w, err := l.codePoint()
	if err != nil {
		return err
	}
	if w >= 0xd800 && w <= 0xdbff {
		return bad("Unicode high surrogate must not follow a high surrogate.")
	}
	if w < 0xdc00 || w > 0xdfff {
		return bad("Unicode low surrogate must follow a high surrogate.")
	}
	return l.unicode(b, utf16.DecodeRune(v, w))
}

func (l *Lexer) unicode(b *strings.Builder, v rune) error {
	if v == 0 {
		return pgerr.New(pgerr.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail(`\u0000 cannot be converted to text.`)
	}
	b.WriteRune(v)
	return nil
}
