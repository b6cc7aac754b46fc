package parser

import (
	"hash/fnv"
	"io"
	"strconv"
	"strings"
)

// Fingerprint is a statement with its constants replaced by $1, $2 … after the parameters that it has, and a hash that is equal for
// statements that differ in constants, white space, comments and the case of keywords only: the query and queryid of
// pg_stat_statements. What cannot be read any further stays as it is.
func Fingerprint(sql string) (query string, id uint64) {
	l := lexer{sql: sql}
	var toks []token
	params := 0
	for {
		var t token
		l.next(&t)
		if t.kind == tEOF || t.kind == tError {
			break
		}
		if t.kind == tParam {
			if n, err := strconv.Atoi(sql[t.start+1 : t.end]); err == nil {
				params = max(params, n)
			}
		}
		toks = append(toks, t)
	}
	h := fnv.New64a()
	var b strings.Builder
	last := 0
	for i := range toks {
		t := &toks[i]
		if isConstant(t.kind) {
			params++
			b.WriteString(sql[last:t.start])
			b.WriteString("$" + strconv.Itoa(params))
			last = t.end
			io.WriteString(h, "\x00?")
			continue
		}
		h.Write([]byte{0})
		switch {
		case t.kind.isKeyword():
			io.WriteString(h, strings.ToLower(sql[t.start:t.end]))
		case t.kind == tIdent:
			io.WriteString(h, t.str)
		default:
			io.WriteString(h, sql[t.start:t.end])
		}
	}
	b.WriteString(sql[last:])
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(b.String()), ";")), h.Sum64()
}

func isConstant(k tokenKind) bool {
	switch k {
	case tFConst, tIConst, tSConst, tBConst, tXConst:
		return true
	}
	return false
}
