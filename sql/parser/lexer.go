package parser

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// maxIdentBytes is how much of an identifier counts.
const maxIdentBytes = 63

// lexer cuts a query string into tokens. It keeps no token itself: the parser
// asks for one at a time, so that errors come in the order of the text.
type lexer struct {
	sql    string
	pos    int
	err    *pgerr.Error       // set when next gave a tError
	notice func(*pgerr.Error) // may be nil
	// signsEnd is where a run of + and - ends that are operators one by one;
	// knowing it keeps +-+-+-… from being read to its end for each of them.
	signsEnd int
	buf      []byte              // scratch for strings with escapes
	fold     [maxKeywordLen]byte // scratch for folding
}

// Classes of bytes.
const (
	charIdentStart = 1 << iota
	charIdentCont
	charSpace
	charOp
	charSelf
	charDigit
)

var charClass = buildCharClass()

func buildCharClass() (t [256]uint8) {
	for c := 0; c < 256; c++ {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= 128:
			t[c] |= charIdentStart | charIdentCont
		case c >= '0' && c <= '9':
			t[c] |= charIdentCont | charDigit
		case c == '$':
			t[c] |= charIdentCont
		}
	}
	for _, c := range " \t\n\r\f\v" {
		t[c] |= charSpace
	}
	for _, c := range "~!@#^&|`?+-*/%<>=" {
		t[c] |= charOp
	}
	for _, c := range ",()[].;:+-*/%^<>=" {
		t[c] |= charSelf
	}
	return t
}

func (l *lexer) has(pos int, class uint8) bool {
	return pos < len(l.sql) && charClass[l.sql[pos]]&class != 0
}

func (l *lexer) at(pos int) byte {
	if pos < len(l.sql) {
		return l.sql[pos]
	}
	return 0
}

// next reads a token. After a tError it must not be called again.
func (l *lexer) next(t *token) {
	if !l.skipSpace(t) {
		return
	}
	t.start, t.str = l.pos, ""
	if l.pos >= len(l.sql) {
		t.kind, t.end = tEOF, l.pos
		return
	}
	c := l.sql[l.pos]
	switch class := charClass[c]; {
	case class&charIdentStart != 0:
		if l.stringPrefix(t, c) {
			break
		}
		l.lexIdent(t)
	case class&charDigit != 0, c == '.' && l.has(l.pos+1, charDigit):
		l.lexNumber(t)
	case c == '\'':
		l.lexString(t, l.pos+1, false)
	case c == '"':
		l.lexQuotedIdent(t)
	case c == '$':
		l.lexDollar(t)
	case class&charOp != 0:
		l.lexOperator(t)
	case c == ':' && l.at(l.pos+1) == ':':
		t.kind, l.pos = tTypeCast, l.pos+2
	case c == ':' && l.at(l.pos+1) == '=':
		t.kind, l.pos = tColonEquals, l.pos+2
	case c == '.' && l.at(l.pos+1) == '.':
		t.kind, l.pos = tDotDot, l.pos+2
	default:
		t.kind, l.pos = tokenKind(c), l.pos+1
	}
	t.end = l.pos
}

// stringPrefix lexes the strings that start with a letter; false if it is none.
func (l *lexer) stringPrefix(t *token, c byte) bool {
	if l.pos+1 >= len(l.sql) {
		return false
	}
	switch next := l.sql[l.pos+1]; {
	case next == '&' && (c == 'U' || c == 'u'):
		switch l.at(l.pos + 2) {
		case '\'':
			l.lexUnicodeString(t)
		case '"':
			l.lexUnicodeIdent(t)
		default:
			return false
		}
	case next != '\'':
		return false
	case c == 'e' || c == 'E':
		l.lexString(t, l.pos+2, true)
	case c == 'b' || c == 'B':
		l.lexBits(t, tBConst, "b", "unterminated bit string literal")
	case c == 'x' || c == 'X':
		l.lexBits(t, tXConst, "x", "unterminated hexadecimal string literal")
	case c == 'n' || c == 'N':
		// N'…' is NCHAR '…'.
		t.kind, l.pos = kwNchar, l.pos+1
	default:
		return false
	}
	return true
}

// skipSpace skips white space and comments; false after an error.
func (l *lexer) skipSpace(t *token) bool {
	for l.pos < len(l.sql) {
		c := l.sql[l.pos]
		switch {
		case charClass[c]&charSpace != 0:
			l.pos++
		case c == '-' && l.at(l.pos+1) == '-':
			l.skipLine()
		case c == '/' && l.at(l.pos+1) == '*':
			if !l.skipComment(t) {
				return false
			}
		default:
			return true
		}
	}
	return true
}

func (l *lexer) skipLine() {
	for l.pos < len(l.sql) && l.sql[l.pos] != '\n' && l.sql[l.pos] != '\r' {
		l.pos++
	}
}

func (l *lexer) skipComment(t *token) bool {
	start, depth := l.pos, 0
	for l.pos < len(l.sql) {
		switch c := l.sql[l.pos]; {
		case c == '/' && l.at(l.pos+1) == '*':
			depth++
			l.pos += 2
		case c == '*' && l.at(l.pos+1) == '/':
			depth--
			l.pos += 2
			if depth == 0 {
				return true
			}
		default:
			l.pos++
		}
	}
	l.failNear(t, start, "unterminated /* comment")
	return false
}

// lexIdent reads a keyword or an identifier.
func (l *lexer) lexIdent(t *token) {
	start := l.pos
	upper := false
	pos := start
	for ; pos < len(l.sql); pos++ {
		c := l.sql[pos]
		if charClass[c]&charIdentCont == 0 {
			break
		}
		if c >= 'A' && c <= 'Z' {
			upper = true
		}
	}
	l.pos = pos
	word := l.sql[start:pos]
	if len(word) <= maxKeywordLen {
		var kind tokenKind
		if upper {
			folded := l.fold[:len(word)]
			for i := 0; i < len(word); i++ {
				folded[i] = lower(word[i])
			}
			kind = lookupKeyword(folded)
		} else {
			kind = lookupKeyword(word)
		}
		if kind != 0 {
			t.kind = kind
			return
		}
	}
	t.kind = tIdent
	if upper {
		folded := []byte(word)
		for i, c := range folded {
			folded[i] = lower(c)
		}
		word = string(folded)
	}
	t.str = l.truncate(word, start)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// truncate cuts an identifier at the last whole character within 63 bytes.
func (l *lexer) truncate(ident string, start int) string {
	if len(ident) <= maxIdentBytes {
		return ident
	}
	n := maxIdentBytes
	for n > 0 && !utf8.RuneStart(ident[n]) {
		n--
	}
	short := ident[:n]
	if l.notice != nil {
		l.notice(pgerr.Notice(pgerr.NameTooLong,
			"identifier \"%s\" will be truncated to \"%s\"", ident, short))
	}
	return short
}

// lexOperator reads an operator, which ends before a comment, and before a
// trailing + or - unless it has one of the characters that no standard
// operator has.
func (l *lexer) lexOperator(t *token) {
	if l.pos < l.signsEnd {
		t.kind, t.str = tokenKind(l.sql[l.pos]), l.sql[l.pos:l.pos+1]
		l.pos++
		return
	}
	end := l.pos
	for l.has(end, charOp) {
		if c := l.sql[end]; end > l.pos &&
			(c == '-' && l.at(end+1) == '-' || c == '/' && l.at(end+1) == '*') {
			break
		}
		end++
	}
	op := l.sql[l.pos:end]
	if last := op[len(op)-1]; len(op) > 1 && (last == '+' || last == '-') && !hasSpecialOpChar(op) {
		for len(op) > 1 && (op[len(op)-1] == '+' || op[len(op)-1] == '-') {
			op = op[:len(op)-1]
		}
		l.signsEnd = end
	}
	l.pos += len(op)
	t.kind, t.str = operatorKind(op), op
	if len(op) > maxIdentBytes {
		l.failNear(t, t.start, "operator too long")
	}
}

func operatorKind(op string) tokenKind {
	if len(op) == 1 && charClass[op[0]]&charSelf != 0 {
		return tokenKind(op[0])
	}
	switch op {
	case "=>":
		return tEqualsGreater
	case "<=":
		return tLessEquals
	case ">=":
		return tGreaterEquals
	case "<>", "!=":
		return tNotEquals
	}
	return tOp
}

func hasSpecialOpChar(op string) bool {
	for i := 0; i < len(op)-1; i++ {
		switch op[i] {
		case '~', '!', '@', '#', '^', '&', '|', '`', '?', '%':
			return true
		}
	}
	return false
}

// lexDollar reads a parameter or a dollar-quoted string.
func (l *lexer) lexDollar(t *token) {
	if l.has(l.pos+1, charDigit) {
		l.lexParam(t)
		return
	}
	end := l.pos + 1
	if l.has(end, charIdentStart) {
		for l.has(end, charIdentCont) && l.sql[end] != '$' {
			end++
		}
	}
	if l.at(end) != '$' {
		t.kind, l.pos = '$', l.pos+1
		return
	}
	tag := l.sql[l.pos : end+1]
	body := end + 1
	for i := body; i+len(tag) <= len(l.sql); i++ {
		if l.sql[i] == '$' && l.sql[i:i+len(tag)] == tag {
			t.kind, t.str = tSConst, l.sql[body:i]
			l.pos = i + len(tag)
			return
		}
	}
	l.pos = len(l.sql)
	l.failNear(t, t.start, "unterminated dollar-quoted string")
}

func (l *lexer) lexParam(t *token) {
	end := l.digits(l.pos+1, isDecDigit)
	if l.has(end, charIdentStart) {
		for l.has(end, charIdentCont) {
			end++
		}
		l.pos = end
		l.failNear(t, t.start, "trailing junk after parameter")
		return
	}
	t.kind, t.str = tParam, stripUnderscores(l.sql[l.pos+1:end])
	l.pos = end
	if n, err := strconv.Atoi(t.str); err != nil || n > math.MaxInt32 {
		l.failNear(t, t.start, "parameter number too large")
	}
}

// fail makes the token an error.
func (l *lexer) fail(t *token, offset int, err *pgerr.Error) {
	t.kind, t.end = tError, l.pos
	l.err = err.At(l.sql, offset)
}

// failNear is fail with a syntax error that quotes the text from start to where
// the lexer is.
func (l *lexer) failNear(t *token, start int, message string) {
	end := min(l.pos, len(l.sql))
	if start >= len(l.sql) {
		l.fail(t, start, pgerr.New(pgerr.SyntaxError, "%s at end of input", message))
		return
	}
	l.fail(t, start, pgerr.New(pgerr.SyntaxError, "%s at or near \"%s\"", message, l.sql[start:end]))
}
