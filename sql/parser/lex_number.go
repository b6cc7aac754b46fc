package parser

import (
	"math/big"
	"strconv"
	"strings"
)

func isDecDigit(c byte) bool { return c >= '0' && c <= '9' }
func isOctDigit(c byte) bool { return c >= '0' && c <= '7' }
func isBinDigit(c byte) bool { return c == '0' || c == '1' }
func isHexDigit(c byte) bool {
	return isDecDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// digits gives the end of a run of digits from pos in which single underscores
// may stand before a digit.
func (l *lexer) digits(pos int, is func(byte) bool) int {
	for pos < len(l.sql) {
		c := l.sql[pos]
		if is(c) {
			pos++
			continue
		}
		if c == '_' && pos+1 < len(l.sql) && is(l.sql[pos+1]) {
			pos += 2
			continue
		}
		break
	}
	return pos
}

// decimalDigits is digits for decimals; they cannot start with an underscore.
func (l *lexer) decimalDigits(pos int) int {
	if !l.has(pos, charDigit) {
		return pos
	}
	return l.digits(pos, isDecDigit)
}

// lexNumber reads a number: an integer in one of four bases, or a decimal.
func (l *lexer) lexNumber(t *token) {
	if l.sql[l.pos] == '0' && l.lexBased(t) {
		return
	}
	start := l.pos
	end := l.decimalDigits(start)
	integer := true
	if l.at(end) == '.' && l.at(end+1) != '.' {
		integer = false
		end = l.decimalDigits(end + 1)
	}
	if c := l.at(end); c == 'e' || c == 'E' {
		exp := end + 1
		if c := l.at(exp); c == '+' || c == '-' {
			exp++
			if !l.has(exp, charDigit) {
				l.pos = exp
				l.failNear(t, start, "trailing junk after numeric literal")
				return
			}
		}
		if l.has(exp, charDigit) {
			integer = false
			end = l.decimalDigits(exp)
		}
	}
	if l.numberJunk(t, start, end) {
		return
	}
	l.pos = end
	t.str = stripUnderscores(l.sql[start:end])
	t.kind = tFConst
	if integer {
		l.integerKind(t)
	}
}

// numberJunk fails if an identifier follows a number without white space.
func (l *lexer) numberJunk(t *token, start, end int) bool {
	if !l.has(end, charIdentStart) {
		return false
	}
	for l.has(end, charIdentCont) {
		end++
	}
	l.pos = end
	l.failNear(t, start, "trailing junk after numeric literal")
	return true
}

// lexBased reads 0x…, 0o… and 0b…; false if it is none of these.
func (l *lexer) lexBased(t *token) bool {
	var is func(byte) bool
	var base int
	var failure string
	switch l.at(l.pos + 1) {
	case 'x', 'X':
		is, base, failure = isHexDigit, 16, "invalid hexadecimal integer"
	case 'o', 'O':
		is, base, failure = isOctDigit, 8, "invalid octal integer"
	case 'b', 'B':
		is, base, failure = isBinDigit, 2, "invalid binary integer"
	default:
		return false
	}
	start, body := l.pos, l.pos+2
	end := l.digits(body, is)
	if end == body {
		// 0x alone, or 0x_; anything longer is junk.
		if l.at(end) == '_' && !l.has(end+1, charIdentCont) {
			end++
		}
		if !l.has(end, charIdentCont) {
			l.pos = end
			l.failNear(t, start, failure)
			return true
		}
		l.numberJunk(t, start, start+1)
		return true
	}
	if l.has(end, charIdentCont) && l.numberJunk(t, start, start+1) {
		return true
	}
	l.pos = end
	text := stripUnderscores(l.sql[body:end])
	t.kind = tFConst
	if n, err := strconv.ParseUint(text, base, 64); err == nil {
		t.str = strconv.FormatUint(n, 10)
	} else if n, ok := new(big.Int).SetString(text, base); ok {
		t.str = n.String()
	}
	l.integerKind(t)
	return true
}

// integerKind makes the token an integer if its digits fit 32 bits.
func (l *lexer) integerKind(t *token) {
	if len(t.str) < 10 {
		t.kind = tIConst
		return
	}
	if n, err := strconv.ParseInt(t.str, 10, 32); err == nil {
		t.kind = tIConst
		if t.str[0] == '0' {
			t.str = strconv.FormatInt(n, 10)
		}
		return
	}
	t.kind = tFConst
}

func stripUnderscores(s string) string {
	if strings.IndexByte(s, '_') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "_", "")
}
