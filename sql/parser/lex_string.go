package parser

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// continuation finds the opening quote with which a string goes on after its
// closing quote (at pos-1): white space with a newline in it, then a quote.
// It gives the position after that quote, or -1.
func (l *lexer) continuation(pos int) int {
	newline := false
	for pos < len(l.sql) {
		c := l.sql[pos]
		switch {
		case c == '\n' || c == '\r':
			newline = true
			pos++
		case charClass[c]&charSpace != 0:
			pos++
		case c == '-' && l.at(pos+1) == '-':
			for pos < len(l.sql) && l.sql[pos] != '\n' && l.sql[pos] != '\r' {
				pos++
			}
			if pos >= len(l.sql) {
				return -1
			}
		case c == '\'' && newline:
			return pos + 1
		default:
			return -1
		}
	}
	return -1
}

// quoted reads up to the closing quote, from after the opening one. Doubled
// quotes become one (but not if plain) and, for strings, continuations are joined. The value
// shares the query's memory where it can. false: not terminated.
func (l *lexer) quoted(pos int, quote byte, plain bool, escapes func(pos int) int) (string, bool) {
	start, copied := pos, false
	l.buf = l.buf[:0]
	for pos < len(l.sql) {
		c := l.sql[pos]
		switch {
		case c == quote && l.at(pos+1) == quote && !plain:
			l.buf = append(l.buf, l.sql[start:pos+1]...)
			pos += 2
			start, copied = pos, true
		case c == quote:
			next := -1
			if quote == '\'' {
				next = l.continuation(pos + 1)
			}
			if next < 0 {
				l.pos = pos + 1
				if !copied {
					return l.sql[start:pos], true
				}
				l.buf = append(l.buf, l.sql[start:pos]...)
				return string(l.buf), true
			}
			l.buf = append(l.buf, l.sql[start:pos]...)
			pos, start, copied = next, next, true
		case c == '\\' && escapes != nil:
			l.buf = append(l.buf, l.sql[start:pos]...)
			pos = escapes(pos)
			if pos < 0 {
				return "", true // the error is in l.err
			}
			start, copied = pos, true
		default:
			pos++
		}
	}
	l.pos = len(l.sql)
	return "", false
}

// lexString reads '…' or, with escapes, E'…', from after the opening quote.
func (l *lexer) lexString(t *token, pos int, escapes bool) {
	var onEscape func(int) int
	if escapes {
		onEscape = func(pos int) int { return l.escape(t, pos) }
	}
	t.kind = tSConst
	s, ok := l.quoted(pos, '\'', false, onEscape)
	switch {
	case !ok:
		l.failNear(t, t.start, "unterminated quoted string")
	case l.err != nil:
		t.kind = tError
	case escapes && !utf8.ValidString(s):
		l.fail(t, -1, invalidUTF8(s))
	case escapes && strings.IndexByte(s, 0) >= 0:
		l.fail(t, -1, pgerr.New(pgerr.CharacterNotInRepertoire,
			"invalid byte sequence for encoding \"UTF8\": 0x00"))
	default:
		t.str = s
	}
}

// invalidUTF8 is PostgreSQL's error for a string that is not UTF-8; it prints
// the first bad sequence with as many bytes as its first byte promises.
func invalidUTF8(s string) *pgerr.Error {
	i := 0
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		i += n
	}
	n := 1
	switch c := s[i]; {
	case c&0xe0 == 0xc0:
		n = 2
	case c&0xf0 == 0xe0:
		n = 3
	case c&0xf8 == 0xf0:
		n = 4
	}
	var b strings.Builder
	for j := i; j < min(i+n, len(s)); j++ {
		if j > i {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "0x%02x", s[j])
	}
	return pgerr.New(pgerr.CharacterNotInRepertoire,
		"invalid byte sequence for encoding \"UTF8\": %s", b.String())
}

// escape reads an escape at the backslash at pos into l.buf and gives the
// position after it, or -1 after an error.
func (l *lexer) escape(t *token, pos int) int {
	if pos+1 >= len(l.sql) {
		return pos + 1 // quoted then finds the string unterminated
	}
	c := l.sql[pos+1]
	switch {
	case isOctDigit(c):
		n, end := 0, pos+1
		for end < len(l.sql) && end < pos+4 && isOctDigit(l.sql[end]) {
			n = n*8 + int(l.sql[end]-'0')
			end++
		}
		l.buf = append(l.buf, byte(n))
		return end
	case c == 'x' && pos+2 < len(l.sql) && isHexDigit(l.sql[pos+2]):
		n, end := 0, pos+2
		for end < len(l.sql) && end < pos+4 && isHexDigit(l.sql[end]) {
			n = n*16 + hexValue(l.sql[end])
			end++
		}
		l.buf = append(l.buf, byte(n))
		return end
	case c == 'u' || c == 'U':
		return l.unicodeEscape(t, pos)
	}
	switch c {
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'v':
		c = '\v'
	}
	l.buf = append(l.buf, c)
	return pos + 2
}

func hexValue(c byte) int {
	switch {
	case isDecDigit(c):
		return int(c - '0')
	case c >= 'a':
		return int(c-'a') + 10
	}
	return int(c-'A') + 10
}

// hexRun reads exactly n hexadecimal digits at pos; -1 if they are not there.
func hexRun(s string, pos, n int) rune {
	if pos+n > len(s) {
		return -1
	}
	var r rune
	for _, c := range []byte(s[pos : pos+n]) {
		if !isHexDigit(c) {
			return -1
		}
		r = r<<4 | rune(hexValue(c))
	}
	if n == 8 && s[pos] >= '8' {
		return utf8.MaxRune + 1 // would be negative
	}
	return r
}

// unicodeEscape reads \uXXXX or \UXXXXXXXX, and the pair if it is a surrogate.
func (l *lexer) unicodeEscape(t *token, pos int) int {
	read := func(pos int) (rune, int) {
		if l.at(pos) == '\\' {
			switch l.at(pos + 1) {
			case 'u':
				return hexRun(l.sql, pos+2, 4), pos + 6
			case 'U':
				return hexRun(l.sql, pos+2, 8), pos + 10
			}
		}
		return -1, pos
	}
	r, end := read(pos)
	if r < 0 {
		l.pos = min(pos+2, len(l.sql))
		l.fail(t, pos, pgerr.New(pgerr.InvalidEscapeSequence, "invalid Unicode escape").
			WithHint("Unicode escapes must be \\uXXXX or \\UXXXXXXXX."))
		return -1
	}
	switch {
	case r >= 0xd800 && r < 0xdc00:
		low, lowEnd := read(end)
		r = utf16.DecodeRune(r, low)
		if r == utf8.RuneError {
			l.pos = max(end+1, lowEnd)
			l.failPair(t, end)
			return -1
		}
		end = lowEnd
	case r >= 0xdc00 && r < 0xe000:
		l.pos = end
		l.failPair(t, pos)
		return -1
	case r == 0 || r > utf8.MaxRune:
		l.pos = end
		l.fail(t, pos, pgerr.New(pgerr.SyntaxError, "invalid Unicode escape value at or near \"%s\"",
			l.sql[pos:end]))
		return -1
	}
	l.buf = utf8.AppendRune(l.buf, r)
	return end
}

func (l *lexer) failPair(t *token, pos int) {
	near := l.sql[pos:min(len(l.sql), max(l.pos, pos+1))]
	if near == "" {
		l.fail(t, pos, pgerr.New(pgerr.SyntaxError, "invalid Unicode surrogate pair at end of input"))
		return
	}
	l.fail(t, pos, pgerr.New(pgerr.SyntaxError, "invalid Unicode surrogate pair at or near \"%s\"", near))
}

// lexBits reads b'…' or x'…'; the value keeps the letter.
func (l *lexer) lexBits(t *token, kind tokenKind, letter, failure string) {
	s, ok := l.quoted(l.pos+2, '\'', true, nil)
	if !ok {
		l.failNear(t, t.start, failure)
		return
	}
	t.kind, t.str = kind, letter+s
}

// lexQuotedIdent reads "…".
func (l *lexer) lexQuotedIdent(t *token) {
	s, ok := l.quoted(l.pos+1, '"', false, nil)
	switch {
	case !ok:
		l.failNear(t, t.start, "unterminated quoted identifier")
	case s == "":
		l.failNear(t, t.start, "zero-length delimited identifier")
	default:
		t.kind, t.str = tIdent, l.truncate(s, t.start)
	}
}

// lexUnicodeString reads U&'…' with an optional UESCAPE.
func (l *lexer) lexUnicodeString(t *token) {
	body := l.pos + 3
	s, ok := l.quoted(body, '\'', false, nil)
	if !ok {
		l.failNear(t, t.start, "unterminated quoted string")
		return
	}
	if s, ok = l.unicodeValue(t, s, body); ok {
		t.kind, t.str = tSConst, s
	}
}

// lexUnicodeIdent reads U&"…" with an optional UESCAPE.
func (l *lexer) lexUnicodeIdent(t *token) {
	body := l.pos + 3
	s, ok := l.quoted(body, '"', false, nil)
	switch {
	case !ok:
		l.failNear(t, t.start, "unterminated quoted identifier")
		return
	case s == "":
		l.failNear(t, t.start, "zero-length delimited identifier")
		return
	}
	if s, ok = l.unicodeValue(t, s, body); ok {
		t.kind, t.str = tIdent, l.truncate(s, t.start)
	}
}

// unicodeValue decodes the escapes of s, the text of a U& literal whose body
// begins at offset body, after looking for UESCAPE 'c'.
func (l *lexer) unicodeValue(t *token, s string, body int) (string, bool) {
	escape := byte('\\')
	end := l.pos
	start := t.start
	var next token
	if l.next(&next); next.kind == kwUescape {
		l.next(&next)
		switch {
		case next.kind == tError:
			t.kind = tError
			return "", false
		case next.kind != tSConst:
			l.pos = next.end
			l.failNear(t, next.start, "UESCAPE must be followed by a simple string literal")
			return "", false
		case len(next.str) != 1 || !validUescape(next.str[0]):
			l.failNear(t, next.start, "invalid Unicode escape character")
			return "", false
		}
		escape = next.str[0]
		end = next.end
	}
	l.pos, l.err, t.start = end, nil, start
	return l.decodeUnicode(t, s, body, escape)
}

func validUescape(c byte) bool {
	return !isHexDigit(c) && c != '+' && c != '\'' && c != '"' && charClass[c]&charSpace == 0
}

// decodeUnicode replaces \XXXX and \+XXXXXX. Error positions count from the
// literal's body, which is exact unless quotes were doubled before.
func (l *lexer) decodeUnicode(t *token, s string, body int, escape byte) (string, bool) {
	if strings.IndexByte(s, escape) < 0 {
		return s, true
	}
	var b strings.Builder
	var high rune
	for i := 0; i < len(s); {
		if s[i] != escape {
			if high != 0 {
				return l.pairError(t, body+i)
			}
			b.WriteByte(s[i])
			i++
			continue
		}
		if i+1 < len(s) && s[i+1] == escape {
			if high != 0 {
				return l.pairError(t, body+i)
			}
			b.WriteByte(escape)
			i += 2
			continue
		}
		r, n := hexRun(s, i+1, 4), 5
		if r < 0 && i+1 < len(s) && s[i+1] == '+' {
			r, n = hexRun(s, i+2, 6), 8
		}
		switch {
		case r < 0:
			l.fail(t, body+i, pgerr.New(pgerr.SyntaxError, "invalid Unicode escape").
				WithHint("Unicode escapes must be \\XXXX or \\+XXXXXX."))
			return "", false
		case r == 0 || r > utf8.MaxRune:
			l.fail(t, body+i, pgerr.New(pgerr.SyntaxError, "invalid Unicode escape value"))
			return "", false
		case high != 0:
			r = utf16.DecodeRune(high, r)
			if r == utf8.RuneError {
				return l.pairError(t, body+i)
			}
			high = 0
			b.WriteRune(r)
		case r >= 0xdc00 && r < 0xe000:
			return l.pairError(t, body+i)
		case r >= 0xd800 && r < 0xdc00:
			high = r
		default:
			b.WriteRune(r)
		}
		i += n
	}
	if high != 0 {
		return l.pairError(t, body+len(s))
	}
	return b.String(), true
}

func (l *lexer) pairError(t *token, offset int) (string, bool) {
	l.fail(t, offset, pgerr.New(pgerr.SyntaxError, "invalid Unicode surrogate pair"))
	return "", false
}
