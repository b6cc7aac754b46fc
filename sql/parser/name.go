package parser

import (
	"strconv"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// nameClasses says which keywords may stand for a name, one bit per class.
type nameClasses uint8

const (
	colIDs       nameClasses = 1<<unreserved | 1<<colName
	typeFuncIDs  nameClasses = 1<<unreserved | 1<<typeFuncName
	nonReserved  nameClasses = 1<<unreserved | 1<<colName | 1<<typeFuncName
	anyLabel     nameClasses = 1<<unreserved | 1<<colName | 1<<typeFuncName | 1<<reserved
	unreservedID nameClasses = 1 << unreserved
)

// isName tells whether a token is an identifier or a keyword of the classes.
func isName(k tokenKind, classes nameClasses) bool {
	if k == tIdent {
		return true
	}
	return k.isKeyword() && classes&(1<<keywords[k-keywordBase].class) != 0
}

// nameOf is the text of a name token.
func nameOf(t *token) string {
	if t.kind == tIdent {
		return t.str
	}
	return keywords[t.kind-keywordBase].word
}

func (p *parser) isColID() bool { return isName(p.tok.kind, colIDs) }

// name reads a name of the classes.
func (p *parser) name(classes nameClasses) string {
	if !isName(p.tok.kind, classes) {
		p.syntaxError()
	}
	s := nameOf(&p.tok)
	p.advance()
	return s
}

// colID reads the name of a column, table and so on.
func (p *parser) colID() string { return p.name(colIDs) }

// colLabel reads a name in a place where any keyword is one.
func (p *parser) colLabel() string { return p.name(anyLabel) }

// nonReservedWord reads a word that is not a reserved keyword.
func (p *parser) nonReservedWord() string { return p.name(nonReserved) }

// isBareLabel tells whether a token can be a column label without AS.
func isBareLabel(k tokenKind) bool {
	if k == tIdent {
		return true
	}
	return k.isKeyword() && !keywords[k-keywordBase].asLabel
}

// attrs reads the rest of a dotted name after its first part.
func (p *parser) attrs(names []string) []string {
	for p.is('.') {
		p.advance()
		names = append(names, p.colLabel())
	}
	return names
}

// anyName reads a possibly qualified name.
func (p *parser) anyName() []string {
	return p.attrs([]string{p.colID()})
}

func (p *parser) anyNames() [][]string {
	names := [][]string{p.anyName()}
	for p.accept(',') {
		names = append(names, p.anyName())
	}
	return names
}

// colIDs reads a list of names.
func (p *parser) colIDList() []string {
	names := []string{p.colID()}
	for p.accept(',') {
		names = append(names, p.colID())
	}
	return names
}

// columnList reads a list of names in parentheses.
func (p *parser) columnList() []string {
	p.expect('(')
	names := p.colIDList()
	p.expect(')')
	return names
}

// optColumnList is columnList if there is one.
func (p *parser) optColumnList() []string {
	if !p.is('(') {
		return nil
	}
	return p.columnList()
}

// qualifiedName reads the name of a relation: a.b.c at most.
func (p *parser) qualifiedName() *ast.RangeVar {
	rv := &ast.RangeVar{Pos: p.tok.start}
	first := p.colID()
	if !p.is('.') && !p.is('[') {
		rv.Name = first
		return rv
	}
	names := p.qualifiedRest([]string{first})
	p.setRelationName(rv, names)
	return rv
}

// qualifiedRest reads .b.c; PostgreSQL's grammar allows any indirection here and
// then refuses all but names.
func (p *parser) qualifiedRest(names []string) []string {
	ind := p.indirection()
	for _, e := range ind {
		if e.Kind != ast.IndirectField {
			p.syntaxError()
		}
		names = append(names, e.Field)
	}
	return names
}

func (p *parser) setRelationName(rv *ast.RangeVar, names []string) {
	switch len(names) {
	case 1:
		rv.Name = names[0]
	case 2:
		rv.Schema, rv.Name = names[0], names[1]
	case 3:
		rv.Catalog, rv.Schema, rv.Name = names[0], names[1], names[2]
	default:
		p.fail(rv.Pos, pgerr.SyntaxError, "improper qualified name (too many dotted names): %s", joinNames(names))
	}
}

func (p *parser) qualifiedNames() []*ast.RangeVar {
	list := []*ast.RangeVar{p.qualifiedName()}
	for p.accept(',') {
		list = append(list, p.qualifiedName())
	}
	return list
}

func joinNames(names []string) string {
	s := ""
	for i, n := range names {
		if i > 0 {
			s += "."
		}
		s += n
	}
	return s
}

// indirection reads .name, .*, [i] and [i:j] as long as there are any. A star
// must be the last.
func (p *parser) indirection() []ast.Indirection {
	var list []ast.Indirection
	for {
		switch p.tok.kind {
		case '.':
			p.advance()
			if p.accept('*') {
				list = append(list, ast.Indirection{Kind: ast.IndirectStar})
				continue
			}
			list = append(list, ast.Indirection{Kind: ast.IndirectField, Field: p.colLabel()})
		case '[':
			list = append(list, p.subscript())
		default:
			p.checkStar(list)
			return list
		}
	}
}

func (p *parser) checkStar(list []ast.Indirection) {
	for i, e := range list {
		if e.Kind == ast.IndirectStar && i < len(list)-1 {
			p.fail(p.tok.start, pgerr.SyntaxError, "improper use of \"*\"%s", p.near())
		}
	}
}

// near is how the messages of PostgreSQL's parser end.
func (p *parser) near() string {
	if p.tok.kind == tEOF {
		return " at end of input"
	}
	return " at or near \"" + p.lex.sql[p.tok.start:p.tok.end] + "\""
}

// failNear fails at the current token, quoting it.
func (p *parser) failNear(message string) {
	p.fail(p.tok.start, pgerr.SyntaxError, "%s", message+p.near())
}

func (p *parser) subscript() ast.Indirection {
	p.expect('[')
	if p.accept(':') {
		return p.sliceEnd(nil)
	}
	e := p.expr()
	if p.accept(':') {
		return p.sliceEnd(e)
	}
	p.expect(']')
	return ast.Indirection{Kind: ast.IndirectSubscript, Upper: e}
}

func (p *parser) sliceEnd(lowerBound ast.Expr) ast.Indirection {
	s := ast.Indirection{Kind: ast.IndirectSlice, Lower: lowerBound}
	if !p.is(']') {
		s.Upper = p.expr()
	}
	p.expect(']')
	return s
}

// sconst reads a string literal.
func (p *parser) sconst() string {
	if !p.is(tSConst) {
		p.syntaxError()
	}
	s := p.tok.str
	p.advance()
	return s
}

// iconst reads an integer literal that fits 32 bits.
func (p *parser) iconst() int {
	if !p.is(tIConst) {
		p.syntaxError()
	}
	n, _ := strconv.Atoi(p.tok.str)
	p.advance()
	return n
}

// signedIconst reads an integer with an optional sign.
func (p *parser) signedIconst() int {
	if p.accept('-') {
		return -p.iconst()
	}
	p.accept('+')
	return p.iconst()
}

// numericOnly reads a number with an optional sign.
func (p *parser) numericOnly() *ast.Const {
	c := &ast.Const{Pos: p.tok.start}
	negative := p.is('-')
	if negative || p.is('+') {
		p.advance()
	}
	switch p.tok.kind {
	case tIConst:
		c.Kind = ast.ConstInteger
	case tFConst:
		c.Kind = ast.ConstFloat
	default:
		p.syntaxError()
	}
	c.Val = p.tok.str
	p.advance()
	if negative {
		negate(c)
	}
	return c
}

// negate turns the sign of a number. A float that becomes -2147483648 stays one,
// as in PostgreSQL.
func negate(c *ast.Const) {
	if len(c.Val) > 0 && c.Val[0] == '-' {
		c.Val = c.Val[1:]
		return
	}
	if c.Kind == ast.ConstInteger && c.Val == "0" {
		return
	}
	c.Val = "-" + c.Val
}

// roleSpec reads the name of a role.
func (p *parser) roleSpec() *ast.RoleSpec {
	r := &ast.RoleSpec{Pos: p.tok.start}
	switch p.tok.kind {
	case kwCurrentRole:
		r.Kind = ast.RoleCurrentRole
	case kwCurrentUser:
		r.Kind = ast.RoleCurrentUser
	case kwSessionUser:
		r.Kind = ast.RoleSessionUser
	default:
		if !isName(p.tok.kind, nonReserved) {
			p.syntaxError()
		}
		r.Name = nameOf(&p.tok)
		// public and none are not keywords of the grammar but names with a meaning.
		switch {
		case r.Name == "public":
			r.Kind, r.Name = ast.RolePublic, ""
		case r.Name == "none":
			p.fail(r.Pos, pgerr.ReservedName, "role name \"%s\" is reserved", "none")
		}
	}
	p.advance()
	return r
}

func (p *parser) roleSpecs() []*ast.RoleSpec {
	list := []*ast.RoleSpec{p.roleSpec()}
	for p.accept(',') {
		list = append(list, p.roleSpec())
	}
	return list
}

// roleID reads the name of a role that must be a plain one.
func (p *parser) roleID() string {
	r := p.roleSpec()
	switch r.Kind {
	case ast.RoleNamed:
		return r.Name
	case ast.RolePublic:
		p.fail(r.Pos, pgerr.ReservedName, "role name \"%s\" is reserved", "public")
	case ast.RoleSessionUser:
		p.fail(r.Pos, pgerr.ReservedName, "%s cannot be used as a role name here", "SESSION_USER")
	case ast.RoleCurrentUser:
		p.fail(r.Pos, pgerr.ReservedName, "%s cannot be used as a role name here", "CURRENT_USER")
	default:
		p.fail(r.Pos, pgerr.ReservedName, "%s cannot be used as a role name here", "CURRENT_ROLE")
	}
	return ""
}

// ifExists reads IF EXISTS. IF alone may be a name, IF before another keyword of
// these phrases is not.
func (p *parser) ifExists() bool {
	if p.is(kwIf) && p.peek(1) == kwExists {
		p.advance()
		p.advance()
		return true
	}
	return false
}

// ifExistsOnly is ifExists where IF cannot be a name.
func (p *parser) ifExistsOnly() bool {
	if !p.accept(kwIf) {
		return false
	}
	p.expect(kwExists)
	return true
}

func (p *parser) ifNotExists() bool {
	if p.is(kwIf) && p.peek(1) == kwNot {
		p.advance()
		p.expectAll(kwNot, kwExists)
		return true
	}
	return false
}

// dropBehavior reads an optional CASCADE or RESTRICT.
func (p *parser) dropBehavior() ast.DropBehavior {
	if p.accept(kwCascade) {
		return ast.DropCascade
	}
	p.accept(kwRestrict)
	return ast.DropRestrict
}

func (p *parser) stringConst() *ast.Const {
	c := &ast.Const{Kind: ast.ConstString, Pos: p.tok.start}
	c.Val = p.sconst()
	return c
}

func wordConst(word string, pos int) *ast.Const {
	return &ast.Const{Kind: ast.ConstString, Val: word, Pos: pos}
}

func boolConst(v bool, pos int) *ast.Const {
	return &ast.Const{Kind: ast.ConstBool, Val: strconv.FormatBool(v), Pos: pos}
}
