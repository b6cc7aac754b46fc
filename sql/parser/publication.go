package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
)

func (p *parser) createPublication() ast.Stmt {
	p.expect(kwPublication)
	s := &ast.CreatePublicationStmt{Name: p.colID()}
	if p.accept(kwFor) {
		if p.accept(kwAll) {
			p.expect(kwTables)
			s.ForAllTables = true
		} else {
			s.Objects = p.publicationObjects()
		}
	}
	if p.accept(kwWith) {
		s.Options = p.definition()
	}
	return s
}

// publicationObjects parses TABLE a, b, TABLES IN SCHEMA c, …. An object
// without a word continues the kind before it.
func (p *parser) publicationObjects() []*ast.PublicationObj {
	var list []*ast.PublicationObj
	for {
		o := &ast.PublicationObj{Pos: p.tok.start}
		switch {
		case p.accept(kwTable):
			o.Kind = ast.PublicationTable
			p.publicationTable(o, p.relationExpr())
		case p.is(kwTables) && p.peek(1) == kwIn:
			p.advance()
			p.expectAll(kwIn, kwSchema)
			p.publicationSchema(o)
		case len(list) == 0:
			p.publicationContinued(o, nil)
		default:
			p.publicationContinued(o, list[len(list)-1])
		}
		list = append(list, o)
		if !p.accept(',') {
			return list
		}
	}
}

func (p *parser) publicationTable(o *ast.PublicationObj, rv *ast.RangeVar) {
	o.Table = rv
	o.Columns = p.optColumnList()
	if p.accept(kwWhere) {
		p.expect('(')
		o.Where = p.expr()
		p.expect(')')
	}
}

func (p *parser) publicationSchema(o *ast.PublicationObj) {
	o.Kind = ast.PublicationTablesInSchema
	if p.accept(kwCurrentSchema) {
		o.Kind = ast.PublicationTablesInCurSchema
		return
	}
	o.Name = p.colID()
}

func (p *parser) publicationContinued(o, previous *ast.PublicationObj) {
	if p.is(kwCurrentSchema) {
		p.advance()
		o.Kind = ast.PublicationTablesInCurSchema
		switch {
		case previous == nil:
			p.failAt(o.Pos, "invalid publication object list")
		case previous.Kind == ast.PublicationTable:
			p.failAt(o.Pos, "invalid table name")
		}
		return
	}
	rv := p.relationExpr()
	p.publicationTable(o, rv)
	switch {
	case previous == nil:
		p.failAt(o.Pos, "invalid publication object list")
	case previous.Kind == ast.PublicationTable:
	case o.Where != nil:
		p.failAt(o.Pos, "WHERE clause not allowed for schema")
	case o.Columns != nil:
		p.failAt(o.Pos, "column specification not allowed for schema")
	case rv.Schema != "" || rv.Only:
		p.failAt(o.Pos, "invalid schema name")
	default:
		o.Kind, o.Name, o.Table = ast.PublicationTablesInSchema, rv.Name, nil
	}
}

func (p *parser) alterPublication() ast.Stmt {
	p.expect(kwPublication)
	pos := p.tok.start
	s := &ast.AlterPublicationStmt{Name: p.colID()}
	switch p.tok.kind {
	case kwSet:
		p.advance()
		s.Action = ast.PublicationSet
		if p.is('(') {
			s.Options = p.definition()
			return s
		}
	case kwAdd:
		p.advance()
		s.Action = ast.PublicationAdd
	case kwDrop:
		p.advance()
		s.Action = ast.PublicationDrop
	default:
		return p.alterNamed(ast.ObjectPublication, &ast.ObjectRef{Names: []string{s.Name}, Pos: pos})
	}
	s.Objects = p.publicationObjects()
	return s
}

func (p *parser) createSubscription() ast.Stmt {
	p.expect(kwSubscription)
	s := &ast.CreateSubscriptionStmt{Name: p.colID()}
	p.expect(kwConnection)
	s.ConnInfo = p.sconst()
	p.expect(kwPublication)
	s.Publications = p.colIDList()
	if p.accept(kwWith) {
		s.Options = p.definition()
	}
	return s
}

func (p *parser) alterSubscription() ast.Stmt {
	p.expect(kwSubscription)
	pos := p.tok.start
	s := &ast.AlterSubscriptionStmt{Name: p.colID()}
	switch p.tok.kind {
	case kwConnection:
		p.advance()
		s.Kind, s.ConnInfo = ast.SubscriptionConnection, p.sconst()
		return s
	case kwRefresh:
		p.advance()
		p.expect(kwPublication)
		s.Kind = ast.SubscriptionRefresh
	case kwAdd, kwDrop:
		s.Kind = ast.SubscriptionAddPublication
		if p.is(kwDrop) {
			s.Kind = ast.SubscriptionDropPublication
		}
		p.advance()
		p.expect(kwPublication)
		s.Publications = p.colIDList()
	case kwSet:
		p.advance()
		if p.is('(') {
			s.Options = p.definition()
			return s
		}
		p.expect(kwPublication)
		s.Kind, s.Publications = ast.SubscriptionSetPublication, p.colIDList()
	case kwSkip:
		p.advance()
		s.Kind, s.Options = ast.SubscriptionSkip, p.definition()
		return s
	case kwEnable, kwDisable:
		d := &ast.DefElem{Name: "enabled", Arg: boolConst(p.is(kwEnable), p.tok.start), Pos: p.tok.start}
		p.advance()
		s.Kind, s.Options = ast.SubscriptionEnabled, []*ast.DefElem{d}
		return s
	default:
		return p.alterNamed(ast.ObjectSubscription, &ast.ObjectRef{Names: []string{s.Name}, Pos: pos})
	}
	if p.accept(kwWith) {
		s.Options = p.definition()
	}
	return s
}
