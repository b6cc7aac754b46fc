package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
)

// createStmt parses CREATE.
func (p *parser) createStmt() ast.Stmt {
	p.expect(kwCreate)
	if p.is(kwOr) {
		p.advance()
		p.expect(kwReplace)
		return p.createOrReplace()
	}
	switch p.tok.kind {
	case kwTemporary, kwTemp, kwLocal, kwGlobal, kwUnlogged:
		persistence := p.optTemp()
		switch p.tok.kind {
		case kwTable:
			return p.createTable(persistence)
		case kwSequence:
			return p.createSequence(persistence)
		case kwView, kwRecursive:
			return p.viewStmt(false, persistence)
		case kwMaterialized:
			if persistence == ast.PersistenceUnlogged {
				return p.createMatView(persistence)
			}
		}
		p.syntaxError()
	case kwTable:
		return p.createTable(ast.PersistencePermanent)
	case kwSequence:
		return p.createSequence(ast.PersistencePermanent)
	case kwView, kwRecursive:
		return p.viewStmt(false, ast.PersistencePermanent)
	case kwMaterialized:
		return p.createMatView(ast.PersistencePermanent)
	case kwUnique, kwIndex:
		return p.indexStmt()
	case kwSchema:
		return p.createSchema()
	case kwDatabase:
		return p.createDatabase()
	case kwRole, kwUser, kwGroup:
		if p.is(kwUser) && p.peek(1) == kwMapping && (p.peek(2) == kwFor || p.peek(2) == kwIf && p.peek(3) == kwNot) {
			return p.createUserMapping()
		}
		return p.createRole()
	case kwFunction, kwProcedure:
		return p.createFunction(false)
	case kwTrigger, kwConstraint:
		return p.createTrigger(false)
	case kwRule:
		return p.createRule(false)
	}
	return p.createObject()
}

// createOrReplace parses what may follow CREATE OR REPLACE.
func (p *parser) createOrReplace() ast.Stmt {
	switch p.tok.kind {
	case kwTemporary, kwTemp, kwLocal, kwGlobal, kwUnlogged:
		persistence := p.optTemp()
		if !p.is(kwView) && !p.is(kwRecursive) {
			p.syntaxError()
		}
		return p.viewStmt(true, persistence)
	case kwView, kwRecursive:
		return p.viewStmt(true, ast.PersistencePermanent)
	case kwFunction, kwProcedure:
		return p.createFunction(true)
	case kwTrigger, kwConstraint:
		return p.createTrigger(true)
	case kwRule:
		return p.createRule(true)
	case kwAggregate:
		return p.createAggregate(true)
	case kwTransform:
		return p.createTransform(true)
	case kwTrusted, kwProcedural, kwLanguage:
		return p.createLanguage(true)
	}
	p.syntaxError()
	return nil
}

// createObject parses CREATE of the objects that applications rarely make.
func (p *parser) createObject() ast.Stmt {
	switch p.tok.kind {
	case kwType:
		return p.createType()
	case kwDomain:
		return p.createDomain()
	case kwAggregate:
		return p.createAggregate(false)
	case kwOperator:
		return p.createOperator()
	case kwCollation:
		return p.createCollation()
	case kwText:
		return p.createTextSearch()
	case kwCast:
		return p.createCast()
	case kwTransform:
		return p.createTransform(false)
	case kwConversion, kwDefault:
		return p.createConversion()
	case kwExtension:
		return p.createExtension()
	case kwTrusted, kwProcedural, kwLanguage:
		return p.createLanguage(false)
	case kwAccess:
		return p.createAccessMethod()
	case kwForeign:
		return p.createForeign()
	case kwServer:
		return p.createServer()
	case kwEvent:
		return p.createEventTrigger()
	case kwPolicy:
		return p.createPolicy()
	case kwStatistics:
		return p.createStatistics()
	case kwPublication:
		return p.createPublication()
	case kwSubscription:
		return p.createSubscription()
	case kwTablespace:
		return p.createTablespace()
	case kwAssertion:
		pos := p.tok.start - len("CREATE ")
		p.advance()
		p.anyName()
		p.expectAll(kwCheck, '(')
		p.expr()
		p.expect(')')
		p.unsupportedGrammar(pos, "CREATE ASSERTION is not yet implemented")
	}
	p.syntaxError()
	return nil
}

func (p *parser) createSchema() ast.Stmt {
	p.expect(kwSchema)
	s := &ast.CreateSchemaStmt{IfNotExists: p.ifNotExists()}
	if !p.is(kwAuthorization) {
		s.Name = p.colID()
	}
	if p.accept(kwAuthorization) {
		s.AuthRole = p.roleSpec()
	}
	first := p.tok.start
	for p.is(kwCreate) || p.is(kwGrant) {
		var e ast.Stmt
		if p.is(kwGrant) {
			e = p.grantStmt()
		} else {
			e = p.schemaElement()
		}
		s.Elements = append(s.Elements, e)
	}
	if s.IfNotExists && len(s.Elements) > 0 {
		p.unsupportedGrammar(first, "CREATE SCHEMA IF NOT EXISTS cannot include schema elements")
	}
	return s
}

// schemaElement parses a CREATE inside CREATE SCHEMA.
func (p *parser) schemaElement() ast.Stmt {
	switch p.peek(1) {
	case kwTable, kwTemporary, kwTemp, kwLocal, kwGlobal, kwUnlogged, kwUnique, kwIndex, kwSequence,
		kwTrigger, kwConstraint, kwView, kwRecursive, kwOr:
		p.tableForm = tableDefined
		s := p.createStmt()
		p.tableForm = tableAny
		return s
	}
	p.advance()
	p.syntaxError()
	return nil
}

func (p *parser) createDatabase() ast.Stmt {
	p.expect(kwDatabase)
	s := &ast.CreateDatabaseStmt{Name: p.colID()}
	p.accept(kwWith)
	s.Options = p.databaseOptions()
	return s
}

// databaseOptions parses options of CREATE and ALTER DATABASE.
func (p *parser) databaseOptions() []*ast.DefElem {
	var list []*ast.DefElem
	for {
		d := &ast.DefElem{Pos: p.tok.start}
		switch k := p.tok.kind; {
		case k == kwConnection:
			p.advance()
			p.expect(kwLimit)
			d.Name = "connection_limit"
		case k == tIdent, k == kwEncoding, k == kwLocation, k == kwOwner, k == kwTablespace, k == kwTemplate:
			d.Name = nameOf(&p.tok)
			p.advance()
		default:
			return list
		}
		p.accept('=')
		switch p.tok.kind {
		case tIConst, tFConst, '+', '-':
			d.Arg = p.numericOnly()
		case kwDefault:
			p.advance()
		default:
			d.Arg = p.optBooleanOrString()
		}
		list = append(list, d)
	}
}
