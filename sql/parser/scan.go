package parser

import "github.com/lightsql/lightsql/sql/pgerr"

// WordClass is the sort of a Token.
type WordClass uint8

// Sorts of tokens.
const (
	TokenEnd    WordClass = iota
	TokenWord             // an identifier or keyword: Text is folded
	TokenQuoted           // a quoted identifier
	TokenString           // Text is its value
	TokenInteger
	TokenNumber
	TokenParam // $1: Text is the number
	TokenOther // an operator or a punctuation mark: Text is it
)

// Token is a token of SQL text, for languages whose own statements stand among those of SQL.
type Token struct {
	Class      WordClass
	Text       string
	Start, End int // byte offsets
	// Reserved: the word is a reserved keyword of SQL.
	Reserved bool
}

// Is reports whether the token is this punctuation mark or, unquoted, this word.
func (t *Token) Is(text string) bool {
	return t.Text == text && (t.Class == TokenWord || t.Class == TokenOther)
}

// Name reports whether the token can be a name.
func (t *Token) Name() bool { return t.Class == TokenWord || t.Class == TokenQuoted }

// Scan cuts SQL text into tokens; the last one is a TokenEnd. notice, which may be nil, is told of names that are too long.
func Scan(sql string, notice func(*pgerr.Error)) ([]Token, error) {
	l := lexer{sql: sql, notice: notice}
	var out []Token
	for {
		var t token
		l.next(&t)
		if t.kind == tError {
			return out, l.err
		}
		w := Token{Class: TokenOther, Text: sql[t.start:t.end], Start: t.start, End: t.end}
		switch {
		case t.kind == tEOF:
			w.Class, w.Text = TokenEnd, ""
		case t.kind == tIdent:
			w.Class, w.Text = TokenWord, t.str
			if sql[t.start] == '"' || t.end-t.start > 2 && sql[t.start+1] == '&' {
				w.Class = TokenQuoted
			}
		case t.kind.isKeyword():
			k := keywords[t.kind-keywordBase]
			w.Class, w.Text, w.Reserved = TokenWord, k.word, k.class == reserved
		case t.kind == tSConst:
			w.Class, w.Text = TokenString, t.str
		case t.kind == tBConst, t.kind == tXConst:
			w.Class = TokenNumber
		case t.kind == tIConst:
			w.Class = TokenInteger
		case t.kind == tFConst:
			w.Class = TokenNumber
		case t.kind == tParam:
			w.Class, w.Text = TokenParam, sql[t.start+1:t.end]
		case t.kind == tNotEquals, t.kind == tOp:
			w.Text = sql[t.start:t.end]
		}
		out = append(out, w)
		if w.Class == TokenEnd {
			return out, nil
		}
	}
}
