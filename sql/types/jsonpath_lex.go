package types

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// pathTokenKind is the kind of a token of a jsonpath.
type pathTokenKind uint8

const (
	pathEnd pathTokenKind = iota
	pathIdent
	pathQuoted
	pathVariable
	pathInt
	pathNumber
	pathPunct // operators and single characters; text tells which
)

type pathToken struct {
	kind  pathTokenKind
	text  string // value: unescaped, or the operator
	start int
	end   int
}

// pathLexer cuts a jsonpath into tokens.
type pathLexer struct {
	s   string
	pos int
}

const pathSpecial = `?%$.[]{}()|&!=<>@#,*:-+/`

func isPathBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func isPathOther(c byte) bool {
	return !isPathBlank(c) && c != '"' && c != '\\' && strings.IndexByte(pathSpecial, c) < 0
}

func errPathSyntax(what string, near string) error {
	if near == "" {
		return pgerr.New(pgerr.SyntaxError, "%s at end of jsonpath input", what)
	}
	return pgerr.New(pgerr.SyntaxError, `%s at or near "%s" of jsonpath input`, what, near)
}

func (l *pathLexer) next() (pathToken, error) {
	if err := l.blanks(); err != nil {
		return pathToken{}, err
	}
	t := pathToken{start: l.pos}
	if l.pos >= len(l.s) {
		t.end = l.pos
		return t, nil
	}
	var err error
	c := l.s[l.pos]
	switch {
	case c == '"':
		t.kind = pathQuoted
		t.text, err = l.quoted()
	case c == '$' && l.pos+1 < len(l.s) && (l.s[l.pos+1] == '"' || l.s[l.pos+1] == '\\' || isPathOther(l.s[l.pos+1])):
		t.kind = pathVariable
		l.pos++
		if l.s[l.pos] == '"' {
			t.text, err = l.quoted()
		} else {
			t.text, err = l.word()
		}
	case isDigit(c) || c == '.' && l.pos+1 < len(l.s) && isDigit(l.s[l.pos+1]):
		t.kind, err = l.number()
		t.text = l.s[t.start:l.pos]
	case c == '\\' || isPathOther(c):
		t.kind = pathIdent
		t.text, err = l.word()
	default:
		t.kind = pathPunct
		n := 1
		if l.pos+2 <= len(l.s) {
			switch l.s[l.pos : l.pos+2] {
			case "&&", "||", "**", "==", "!=", "<>", "<=", ">=":
				n = 2
			}
		}
		t.text = l.s[l.pos : l.pos+n]
		l.pos += n
	}
	t.end = l.pos
	return t, err
}

func (l *pathLexer) blanks() error {
	for l.pos < len(l.s) {
		switch {
		case isPathBlank(l.s[l.pos]):
			l.pos++
		case strings.HasPrefix(l.s[l.pos:], "/*"):
			i := strings.Index(l.s[l.pos+2:], "*/")
			if i < 0 {
				return errPathSyntax("unexpected end of comment", "")
			}
			l.pos += i + 4
		default:
			return nil
		}
	}
	return nil
}

// number reads an integer, a decimal or a real; a letter right behind it is refused.
func (l *pathLexer) number() (pathTokenKind, error) {
	start, kind := l.pos, pathInt
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
		kind = pathNumber
		l.pos++
		digits()
	}
	if l.pos < len(l.s) && (l.s[l.pos] == 'e' || l.s[l.pos] == 'E') {
		i := l.pos + 1
		if i < len(l.s) && (l.s[i] == '+' || l.s[i] == '-') {
			i++
		}
		if i < len(l.s) && isDigit(l.s[i]) {
			kind, l.pos = pathNumber, i
			digits()
		} else if i > l.pos+1 {
			return kind, errPathSyntax("invalid numeric literal", l.s[start:i])
		}
	}
	if l.pos < len(l.s) && isPathOther(l.s[l.pos]) {
		_, n := utf8.DecodeRuneInString(l.s[l.pos:])
		return kind, errPathSyntax("trailing junk after numeric literal", l.s[start:l.pos+n])
	}
	return kind, nil
}

func (l *pathLexer) quoted() (string, error) {
	start := l.pos
	var b strings.Builder
	for l.pos++; ; {
		if l.pos >= len(l.s) {
			return "", errPathSyntax("unterminated quoted string", l.s[start:])
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

func (l *pathLexer) word() (string, error) {
	start := l.pos
	for l.pos < len(l.s) && isPathOther(l.s[l.pos]) {
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
		case isPathOther(c):
			b.WriteByte(c)
			l.pos++
		default:
			return b.String(), nil
		}
	}
	return b.String(), nil
}

// escape reads what a backslash begins.
func (l *pathLexer) escape(b *strings.Builder) error {
	start := l.pos
	l.pos++
	if l.pos >= len(l.s) {
		return errPathSyntax("unexpected end after backslash", "")
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
			return errPathSyntax("invalid hexadecimal character sequence", l.s[start:l.pos+1])
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

func (l *pathLexer) hex(at, n int) (rune, bool) {
	if at+n > len(l.s) {
		return 0, false
	}
	v, err := strconv.ParseUint(l.s[at:at+n], 16, 32)
	return rune(v), err == nil
}

// codePoint reads \uXXXX or \u{X…}, of which the backslash is at pos.
func (l *pathLexer) codePoint() (rune, error) {
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
	end := at
	for end < len(l.s) && end < at+4 && strings.IndexByte("0123456789abcdefABCDEF", l.s[end]) >= 0 {
		end++
	}
	return 0, errPathSyntax("invalid Unicode escape sequence", l.s[start:end])
}

// unicodes reads a code point or a surrogate pair.
func (l *pathLexer) unicodes(b *strings.Builder) error {
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

func (l *pathLexer) unicode(b *strings.Builder, v rune) error {
	if v == 0 {
		return pgerr.New(pgerr.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail(`\u0000 cannot be converted to text.`)
	}
	b.WriteRune(v)
	return nil
}
