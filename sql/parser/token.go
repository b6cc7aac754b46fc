package parser

// tokenKind is the kind of a token: the character itself for single
// characters, one of the constants below, or a keyword.
type tokenKind uint16

const (
	tEOF tokenKind = iota + 256
	tError
	tIdent
	tFConst
	tIConst
	tSConst
	tBConst
	tXConst
	tParam
	tOp
	tTypeCast
	tDotDot
	tColonEquals
	tEqualsGreater
	tLessEquals
	tGreaterEquals
	tNotEquals

	// Keywords whose meaning depends on the next token, when it is one of:
	tNotLA     // NOT before BETWEEN, IN, LIKE, ILIKE, SIMILAR
	tNullsLA   // NULLS before FIRST, LAST
	tWithLA    // WITH before TIME, ORDINALITY
	tWithoutLA // WITHOUT before TIME
	tFormatLA  // FORMAT before JSON

	keywordBase // the first keyword
)

// token is one token. str is the identifier (folded), the string's value, the
// operator's name, or the digits of a number; keywords leave it empty.
type token struct {
	kind  tokenKind
	start int
	end   int
	str   string
}

func (k tokenKind) isKeyword() bool { return k >= keywordBase }

// keywordOf gives the keyword that a token is, seeing through the lookahead kinds.
func (k tokenKind) keywordOf() tokenKind {
	switch k {
	case tNotLA:
		return kwNot
	case tNullsLA:
		return kwNulls
	case tWithLA:
		return kwWith
	case tWithoutLA:
		return kwWithout
	case tFormatLA:
		return kwFormat
	}
	return k
}
