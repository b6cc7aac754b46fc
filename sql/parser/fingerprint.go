package parser

import (
	"strconv"
	"strings"
)

// Fingerprint is a hash that is equal for statements that differ in constants, white space, comments and the case of keywords only: the
// queryid of pg_stat_statements.
func Fingerprint(sql string) uint64 {
	h := fnv1a(fnvOffset)
	l := lexer{sql: sql}
	var t token
	for l.more(&t) {
		h.byte(0)
		switch {
		case isConstant(t.kind):
			h.byte('?')
		case t.kind.isKeyword():
			h.lower(sql[t.start:t.end])
		case t.kind == tIdent:
			h.string(t.str)
		default:
			h.string(sql[t.start:t.end])
		}
	}
	return uint64(h)
}

// Normalized is a statement with its constants replaced by $1, $2 … after the parameters that it has: the query of
// pg_stat_statements. What cannot be read any further stays as it is.
func Normalized(sql string) string {
	params := 0
	l := lexer{sql: sql}
	var t token
	for l.more(&t) {
		if t.kind == tParam {
			if n, err := strconv.Atoi(sql[t.start+1 : t.end]); err == nil {
				params = max(params, n)
			}
		}
	}
	var b strings.Builder
	last := 0
	l = lexer{sql: sql}
	for l.more(&t) {
		if isConstant(t.kind) {
			params++
			b.WriteString(sql[last:t.start])
			b.WriteString("$" + strconv.Itoa(params))
			last = t.end
		}
	}
	b.WriteString(sql[last:])
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(b.String()), ";"))
}

// more reads the next token; false at the end, or where the text cannot be read any further.
func (l *lexer) more(t *token) bool {
	*t = token{}
	l.next(t)
	return t.kind != tEOF && t.kind != tError
}

func isConstant(k tokenKind) bool {
	switch k {
	case tFConst, tIConst, tSConst, tBConst, tXConst:
		return true
	}
	return false
}

// fnv1a is the hash FNV-1a of 64 bits, without the copies that the standard library's needs.
type fnv1a uint64

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func (h *fnv1a) byte(c byte) { *h = (*h ^ fnv1a(c)) * fnvPrime }

func (h *fnv1a) string(s string) {
	for i := range len(s) {
		h.byte(s[i])
	}
}

// lower hashes a keyword in small letters.
func (h *fnv1a) lower(s string) {
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		h.byte(c)
	}
}
