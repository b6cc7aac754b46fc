package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// selectParts are the clauses that follow a query or a set operation.
type selectParts struct {
	sort      []*ast.SortBy
	sortPos   int
	offset    ast.Expr
	offsetPos int
	count     ast.Expr
	countPos  int
	withTies  bool
	locking   []*ast.LockingClause
}

// selectOptions parses ORDER BY, LIMIT, OFFSET, FETCH and FOR, and puts them and
// WITH on a query, which may have come from parentheses with such clauses of its
// own.
func (p *parser) selectOptions(sel *ast.SelectStmt, with *ast.WithClause) {
	var parts selectParts
	if p.is(kwOrder) {
		// The position that PostgreSQL reports is that of the first key.
		parts.sort = p.optSortClause()
		parts.sortPos = ast.Location(parts.sort[0])
	}
	if p.is(kwFor) {
		p.lockingClauses(&parts)
		p.limitClauses(&parts)
	} else {
		p.limitClauses(&parts)
		if p.is(kwFor) {
			p.lockingClauses(&parts)
		}
	}
	p.addParts(sel, &parts, with)
}

func (p *parser) addParts(sel *ast.SelectStmt, parts *selectParts, with *ast.WithClause) {
	if parts.sort != nil {
		if sel.Sort != nil {
			p.failAt(parts.sortPos, "multiple ORDER BY clauses not allowed")
		}
		sel.Sort = parts.sort
	}
	sel.Locking = append(sel.Locking, parts.locking...)
	if parts.offset != nil {
		if sel.LimitOffset != nil {
			p.failAt(parts.offsetPos, "multiple OFFSET clauses not allowed")
		}
		sel.LimitOffset = parts.offset
	}
	if parts.count != nil {
		if sel.LimitCount != nil {
			p.failAt(parts.countPos, "multiple LIMIT clauses not allowed")
		}
		sel.LimitCount = parts.count
	}
	if parts.withTies {
		if sel.Sort == nil {
			p.failAt(-1, "WITH TIES cannot be specified without ORDER BY clause")
		}
		for _, l := range sel.Locking {
			if l.WaitPolicy == ast.LockWaitSkip {
				p.failAt(-1, "SKIP LOCKED and WITH TIES options cannot be used together")
			}
		}
		sel.WithTies = true
	}
	if with != nil {
		if sel.With != nil {
			p.failAt(with.Pos, "multiple WITH clauses not allowed")
		}
		sel.With = with
	}
}

// limitClauses parses LIMIT or FETCH, and OFFSET, in either order.
func (p *parser) limitClauses(parts *selectParts) {
	for {
		switch {
		case p.is(kwOffset) && parts.offset == nil:
			p.advance()
			parts.offsetPos = p.tok.start
			parts.offset = p.expr()
			if !p.accept(kwRow) {
				p.accept(kwRows)
			}
		case p.is(kwLimit) && parts.count == nil:
			p.limit(parts)
		case p.is(kwFetch) && parts.count == nil:
			p.fetchFirst(parts)
		default:
			return
		}
	}
}

func (p *parser) limit(parts *selectParts) {
	limitPos := p.expect(kwLimit)
	parts.countPos = p.tok.start
	if p.is(kwAll) {
		parts.count = &ast.Const{Kind: ast.ConstNull, Pos: p.tok.start}
		p.advance()
	} else {
		parts.count = p.expr()
	}
	if p.accept(',') {
		p.expr()
		p.failWith(limitPos, pgerr.New(pgerr.SyntaxError, "LIMIT #,# syntax is not supported").
			WithHint("Use separate LIMIT and OFFSET clauses."))
	}
}

// fetchFirst parses FETCH FIRST [n] ROWS ONLY or WITH TIES.
func (p *parser) fetchFirst(parts *selectParts) {
	p.expect(kwFetch)
	if !p.accept(kwFirst) {
		p.expect(kwNext)
	}
	parts.countPos = p.tok.start
	switch p.tok.kind {
	case kwRow, kwRows:
		parts.count = &ast.Const{Kind: ast.ConstInteger, Val: "1", Pos: -1}
	case '+', '-':
		pos, minus := p.tok.start, p.is('-')
		p.advance()
		c := &ast.Const{Pos: p.tok.start, Val: p.tok.str}
		switch p.tok.kind {
		case tIConst:
			c.Kind = ast.ConstInteger
		case tFConst:
			c.Kind = ast.ConstFloat
		default:
			p.syntaxError()
		}
		p.advance()
		if minus {
			negate(c)
			c.Pos = pos
			parts.count = c
		} else {
			parts.count = &ast.AExpr{Op: "+", Right: c, Pos: pos}
		}
	default:
		parts.count = p.primary()
	}
	if !p.accept(kwRow) {
		p.expect(kwRows)
	}
	if p.is(kwWith) {
		parts.withTies = true
		p.advance()
		p.expect(kwTies)
		return
	}
	p.expect(kwOnly)
}

// lockingClauses parses FOR UPDATE and its like, or FOR READ ONLY.
func (p *parser) lockingClauses(parts *selectParts) {
	if p.peek(1) == kwRead {
		p.expectAll(kwFor, kwRead, kwOnly)
		return
	}
	for p.accept(kwFor) {
		l := &ast.LockingClause{}
		switch p.tok.kind {
		case kwUpdate:
			p.advance()
			l.Strength = ast.LockForUpdate
		case kwShare:
			p.advance()
			l.Strength = ast.LockForShare
		case kwNo:
			p.advance()
			p.expectAll(kwKey, kwUpdate)
			l.Strength = ast.LockForNoKeyUpdate
		case kwKey:
			p.advance()
			p.expect(kwShare)
			l.Strength = ast.LockForKeyShare
		default:
			p.syntaxError()
		}
		if p.accept(kwOf) {
			l.Relations = p.qualifiedNames()
		}
		switch {
		case p.accept(kwNowait):
			l.WaitPolicy = ast.LockWaitError
		case p.accept(kwSkip):
			p.expect(kwLocked)
			l.WaitPolicy = ast.LockWaitSkip
		}
		parts.locking = append(parts.locking, l)
	}
}

// withClause parses WITH.
func (p *parser) withClause() *ast.WithClause {
	w := &ast.WithClause{Pos: p.tok.start}
	p.advance()
	// RECURSIVE is a name if AS or a column list follows.
	if p.is(kwRecursive) && p.peek(1) != kwAs && p.peek(1) != '(' {
		p.advance()
		w.Recursive = true
	}
	for {
		w.CTEs = append(w.CTEs, p.commonTableExpr())
		if !p.accept(',') {
			return w
		}
	}
}

func (p *parser) commonTableExpr() *ast.CommonTableExpr {
	c := &ast.CommonTableExpr{Pos: p.tok.start}
	c.Name = p.colID()
	c.Columns = p.optColumnList()
	p.expect(kwAs)
	switch {
	case p.accept(kwMaterialized):
		c.Materialized = ast.CTEMaterializeAlways
	case p.accept(kwNot):
		p.expect(kwMaterialized)
		c.Materialized = ast.CTEMaterializeNever
	}
	p.expect('(')
	p.enter()
	c.Query = p.preparableStmt()
	p.leave()
	p.expect(')')
	if p.is(kwSearch) {
		c.Search = p.cteSearch()
	}
	if p.is(kwCycle) {
		c.Cycle = p.cteCycle()
	}
	return c
}

func (p *parser) cteSearch() *ast.CTESearchClause {
	s := &ast.CTESearchClause{Pos: p.expect(kwSearch)}
	if p.accept(kwBreadth) {
		s.BreadthFirst = true
	} else {
		p.expect(kwDepth)
	}
	p.expectAll(kwFirst, kwBy)
	s.Columns = p.colIDList()
	p.expect(kwSet)
	s.SeqColumn = p.colID()
	return s
}

func (p *parser) cteCycle() *ast.CTECycleClause {
	c := &ast.CTECycleClause{Pos: p.expect(kwCycle)}
	c.Columns = p.colIDList()
	p.expect(kwSet)
	c.MarkColumn = p.colID()
	if p.accept(kwTo) {
		c.MarkValue = p.constant()
		p.expect(kwDefault)
		c.MarkDefault = p.constant()
	} else {
		c.MarkValue = boolConst(true, -1)
		c.MarkDefault = boolConst(false, -1)
	}
	p.expect(kwUsing)
	c.PathColumn = p.colID()
	return c
}

// constant parses AexprConst: a literal, perhaps with its type.
func (p *parser) constant() ast.Expr {
	pos, end := p.tok.start, p.tok.end
	e := p.primary()
	switch e := e.(type) {
	case *ast.ColumnRef: // a type's name, but no string after it
		p.syntaxError()
	case *ast.Const:
		return e
	case *ast.TypeCast:
		if e.Pos < 0 {
			return e
		}
	}
	p.tok.start, p.tok.end = pos, end
	p.syntaxError()
	return nil
}
