package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

func (p *parser) createExtension() ast.Stmt {
	p.expect(kwExtension)
	s := &ast.CreateExtensionStmt{IfNotExists: p.ifNotExists()}
	s.Name = p.colID()
	p.accept(kwWith)
	for {
		d := &ast.DefElem{Pos: p.tok.start}
		switch p.tok.kind {
		case kwSchema:
			p.advance()
			d.Name, d.Arg = "schema", wordConst(p.colID(), d.Pos)
		case kwVersion:
			p.advance()
			d.Name, d.Arg = "new_version", p.wordOrString()
		case kwCascade:
			p.advance()
			d.Name, d.Arg = "cascade", boolConst(true, d.Pos)
		case kwFrom:
			p.advance()
			p.wordOrString()
			p.unsupportedGrammar(d.Pos, "CREATE EXTENSION ... FROM is no longer supported")
		default:
			return s
		}
		s.Options = append(s.Options, d)
	}
}

func (p *parser) createLanguage(replace bool) ast.Stmt {
	s := &ast.CreateLangStmt{Replace: replace, Trusted: p.accept(kwTrusted)}
	p.accept(kwProcedural)
	p.expect(kwLanguage)
	s.Name = p.colID()
	if !p.accept(kwHandler) {
		// Without a handler the language comes from an extension of its name.
		return &ast.CreateExtensionStmt{Name: s.Name, IfNotExists: replace}
	}
	s.Handler = p.anyName()
	if p.accept(kwInline) {
		s.Inline = p.anyName()
	}
	switch {
	case p.accept(kwValidator):
		s.Validator = p.anyName()
	case p.accept(kwNo):
		p.expect(kwValidator)
	}
	return s
}

func (p *parser) createAccessMethod() ast.Stmt {
	p.expectAll(kwAccess, kwMethod)
	s := &ast.CreateAmStmt{Name: p.colID(), Kind: 'i'}
	p.expect(kwType)
	if !p.accept(kwIndex) {
		p.expect(kwTable)
		s.Kind = 't'
	}
	p.expect(kwHandler)
	s.Handler = p.anyName()
	return s
}

// genericOptions parses OPTIONS (name 'value', …).
func (p *parser) genericOptions() []*ast.DefElem {
	p.expectAll(kwOptions, '(')
	var list []*ast.DefElem
	for {
		list = append(list, p.genericOption(ast.DefElemUnspec))
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

func (p *parser) genericOption(action ast.DefElemAction) *ast.DefElem {
	d := &ast.DefElem{Action: action, Pos: p.tok.start}
	d.Name = p.colLabel()
	d.Arg = p.stringConst()
	return d
}

func (p *parser) optGenericOptions() []*ast.DefElem {
	if !p.is(kwOptions) {
		return nil
	}
	return p.genericOptions()
}

// alterGenericOptions parses OPTIONS (ADD name 'value', SET …, DROP name, …).
func (p *parser) alterGenericOptions() []*ast.DefElem {
	p.expectAll(kwOptions, '(')
	var list []*ast.DefElem
	for {
		value := p.peek(1) == tSConst // the word is the option's name
		switch {
		case p.is(kwSet) && !value:
			p.advance()
			list = append(list, p.genericOption(ast.DefElemSet))
		case p.is(kwAdd) && !value:
			p.advance()
			list = append(list, p.genericOption(ast.DefElemAdd))
		case p.is(kwDrop) && !value:
			p.advance()
			d := &ast.DefElem{Action: ast.DefElemDrop, Pos: p.tok.start}
			d.Name = p.colLabel()
			list = append(list, d)
		default:
			list = append(list, p.genericOption(ast.DefElemUnspec))
		}
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

// createForeign parses CREATE FOREIGN TABLE and FOREIGN DATA WRAPPER.
func (p *parser) createForeign() ast.Stmt {
	p.expect(kwForeign)
	if p.is(kwTable) {
		return p.createForeignTable()
	}
	p.expectAll(kwData, kwWrapper)
	s := &ast.CreateFdwStmt{Name: p.colID()}
	s.FuncOptions = p.fdwFunctions()
	s.Options = p.optGenericOptions()
	return s
}

// fdwFunctions parses HANDLER, VALIDATOR and their NO forms.
func (p *parser) fdwFunctions() []*ast.DefElem {
	var list []*ast.DefElem
	for {
		d := &ast.DefElem{Pos: p.tok.start}
		switch k := p.tok.kind; {
		case k == kwHandler || k == kwValidator:
			p.advance()
			pos := p.tok.start
			d.Name, d.Arg = nameOfKind(k), &ast.Names{Names: p.anyName(), Pos: pos}
		case k == kwNo:
			p.advance()
			d.Name = "handler"
			if !p.accept(kwHandler) {
				p.expect(kwValidator)
				d.Name = "validator"
			}
		default:
			return list
		}
		list = append(list, d)
	}
}

func (p *parser) createForeignTable() ast.Stmt {
	p.expect(kwTable)
	base := &ast.CreateStmt{IfNotExists: p.ifNotExists()}
	base.Relation = p.qualifiedName()
	if p.accept(kwPartition) {
		p.expect(kwOf)
		base.Inherits = []*ast.RangeVar{p.qualifiedName()}
		base.Elements = p.optTypedElements()
		base.PartitionBound = p.partitionBound()
	} else {
		p.expect('(')
		if !p.is(')') {
			base.Elements = p.tableElements()
		}
		p.expect(')')
		if p.accept(kwInherits) {
			p.expect('(')
			base.Inherits = p.qualifiedNames()
			p.expect(')')
		}
	}
	p.expect(kwServer)
	s := &ast.CreateForeignTableStmt{Base: base, ServerName: p.colID()}
	s.Options = p.optGenericOptions()
	return s
}

func (p *parser) alterFdw() ast.Stmt {
	pos := p.tok.start
	name := p.colID()
	if p.is(kwRename) || p.is(kwOwner) {
		return p.alterNamed(ast.ObjectFDW, &ast.ObjectRef{Names: []string{name}, Pos: pos})
	}
	s := &ast.AlterFdwStmt{Name: name, FuncOptions: p.fdwFunctions()}
	if p.is(kwOptions) {
		s.Options = p.alterGenericOptions()
	} else if s.FuncOptions == nil {
		p.syntaxError()
	}
	return s
}

func (p *parser) createServer() ast.Stmt {
	p.expect(kwServer)
	s := &ast.CreateForeignServerStmt{IfNotExists: p.ifNotExists()}
	s.Name = p.colID()
	if p.accept(kwType) {
		s.ServerType = p.sconst()
	}
	if p.accept(kwVersion) && !p.accept(kwNull) {
		s.Version = p.sconst()
	}
	p.expectAll(kwForeign, kwData, kwWrapper)
	s.FdwName = p.colID()
	s.Options = p.optGenericOptions()
	return s
}

// alterServer parses ALTER SERVER with options; nil, with nothing read, if it is
// something else.
func (p *parser) alterServer() ast.Stmt {
	if k := p.peek(2); k != kwVersion && k != kwOptions {
		return nil
	}
	p.expect(kwServer)
	s := &ast.AlterForeignServerStmt{Name: p.colID()}
	if p.accept(kwVersion) {
		s.HasVersion = true
		if !p.accept(kwNull) {
			s.Version = p.sconst()
		}
	}
	if p.is(kwOptions) {
		s.Options = p.alterGenericOptions()
	}
	return s
}

// mappedUser parses the role of a user mapping.
func (p *parser) mappedUser() *ast.RoleSpec {
	p.expect(kwFor)
	if p.is(kwUser) {
		r := &ast.RoleSpec{Kind: ast.RoleCurrentUser, Pos: p.tok.start}
		p.advance()
		return r
	}
	return p.roleSpec()
}

func (p *parser) createUserMapping() ast.Stmt {
	p.expectAll(kwUser, kwMapping)
	s := &ast.CreateUserMappingStmt{IfNotExists: p.ifNotExists()}
	s.User = p.mappedUser()
	p.expect(kwServer)
	s.ServerName = p.colID()
	s.Options = p.optGenericOptions()
	return s
}

func (p *parser) alterUserMapping() ast.Stmt {
	p.expectAll(kwUser, kwMapping)
	s := &ast.AlterUserMappingStmt{User: p.mappedUser()}
	p.expect(kwServer)
	s.ServerName = p.colID()
	s.Options = p.alterGenericOptions()
	return s
}

func (p *parser) dropUserMapping() ast.Stmt {
	p.expectAll(kwUser, kwMapping)
	s := &ast.DropUserMappingStmt{MissingOk: p.ifExistsOnly()}
	s.User = p.mappedUser()
	p.expect(kwServer)
	s.ServerName = p.colID()
	return s
}

func (p *parser) importForeignSchema() ast.Stmt {
	p.expectAll(kwImport, kwForeign, kwSchema)
	s := &ast.ImportForeignSchemaStmt{RemoteSchema: p.colID()}
	switch {
	case p.accept(kwLimit):
		p.expect(kwTo)
		s.Kind = ast.ImportLimitTo
	case p.accept(kwExcept):
		s.Kind = ast.ImportExcept
	}
	if s.Kind != ast.ImportAll {
		p.expect('(')
		s.Tables = p.relationExprs()
		p.expect(')')
	}
	p.expectAll(kwFrom, kwServer)
	s.ServerName = p.colID()
	p.expect(kwInto)
	s.LocalSchema = p.colID()
	s.Options = p.optGenericOptions()
	return s
}

func (p *parser) createTablespace() ast.Stmt {
	p.expect(kwTablespace)
	s := &ast.CreateTableSpaceStmt{Name: p.colID()}
	if p.accept(kwOwner) {
		s.Owner = p.roleSpec()
	}
	p.expect(kwLocation)
	s.Location = p.sconst()
	s.Options = p.optRelOptions()
	return s
}

// createTrigger parses CREATE [CONSTRAINT] TRIGGER.
func (p *parser) createTrigger(replace bool) ast.Stmt {
	s := &ast.CreateTrigStmt{Replace: replace}
	start := p.tok.start
	s.IsConstraint = p.accept(kwConstraint)
	p.expect(kwTrigger)
	s.Name = p.colID()
	if s.IsConstraint {
		p.expect(kwAfter)
	} else {
		s.Timing = p.triggerTiming()
	}
	p.triggerEvents(s)
	p.expect(kwOn)
	s.Relation = p.qualifiedName()
	if s.IsConstraint {
		p.constraintTrigger(s, start)
	} else {
		p.plainTrigger(s)
	}
	if p.accept(kwWhen) {
		p.expect('(')
		s.When = p.expr()
		p.expect(')')
	}
	p.expect(kwExecute)
	if !p.accept(kwFunction) {
		p.expect(kwProcedure)
	}
	s.FuncName = p.funcName()
	p.expect('(')
	if !p.is(')') {
		s.Args = p.triggerArgs()
	}
	p.expect(')')
	return s
}

func (p *parser) triggerTiming() ast.TriggerTiming {
	switch {
	case p.accept(kwBefore):
		return ast.TriggerBefore
	case p.accept(kwInstead):
		p.expect(kwOf)
		return ast.TriggerInsteadOf
	}
	p.expect(kwAfter)
	return ast.TriggerAfter
}

func (p *parser) triggerEvents(s *ast.CreateTrigStmt) {
	for {
		var event ast.TriggerEvents
		switch p.tok.kind {
		case kwInsert:
			event = ast.TriggerInsert
		case kwDelete:
			event = ast.TriggerDelete
		case kwUpdate:
			event = ast.TriggerUpdate
		case kwTruncate:
			event = ast.TriggerTruncate
		default:
			p.syntaxError()
		}
		if s.Events&event != 0 && event != ast.TriggerUpdate {
			p.failNear("duplicate trigger events specified")
		}
		p.advance()
		if event == ast.TriggerUpdate && p.accept(kwOf) {
			s.Columns = append(s.Columns, p.colIDList()...)
		}
		if s.Events&event != 0 {
			p.failNear("duplicate trigger events specified")
		}
		s.Events |= event
		if !p.accept(kwOr) {
			return
		}
	}
}

func (p *parser) constraintTrigger(s *ast.CreateTrigStmt, start int) {
	s.Row = true
	if p.accept(kwFrom) {
		s.ConstrRel = p.qualifiedName()
	}
	bits := p.constraintAttributeSpec()
	if bits&attrNotValid != 0 {
		p.unsupportedGrammar(-1, "TRIGGER constraints cannot be marked NOT VALID")
	}
	if bits&attrNoInherit != 0 {
		p.unsupportedGrammar(-1, "TRIGGER constraints cannot be marked NO INHERIT")
	}
	s.Deferrable = bits&(attrDeferrable|attrInitDeferred) != 0
	s.InitDeferred = bits&attrInitDeferred != 0
	if s.Replace {
		p.unsupportedGrammar(start, "CREATE OR REPLACE CONSTRAINT TRIGGER is not supported")
	}
	p.expectAll(kwFor, kwEach, kwRow)
}

func (p *parser) plainTrigger(s *ast.CreateTrigStmt) {
	if p.accept(kwReferencing) {
		for p.is(kwOld) || p.is(kwNew) {
			t := &ast.TriggerTransition{IsNew: p.is(kwNew)}
			p.advance()
			if p.accept(kwTable) {
				t.IsTable = true
			} else {
				p.expect(kwRow)
			}
			p.accept(kwAs)
			t.Name = p.colID()
			s.Transitions = append(s.Transitions, t)
		}
		if s.Transitions == nil {
			p.syntaxError()
		}
	}
	if p.accept(kwFor) {
		p.accept(kwEach)
		if p.accept(kwRow) {
			s.Row = true
		} else {
			p.expect(kwStatement)
		}
	}
}

func (p *parser) triggerArgs() []string {
	var list []string
	for {
		switch p.tok.kind {
		case tIConst, tFConst, tSConst:
			list = append(list, p.tok.str)
			p.advance()
		default:
			list = append(list, p.colLabel())
		}
		if !p.accept(',') {
			return list
		}
	}
}

func (p *parser) createEventTrigger() ast.Stmt {
	p.expectAll(kwEvent, kwTrigger)
	s := &ast.CreateEventTrigStmt{Name: p.colID()}
	p.expect(kwOn)
	s.EventName = p.colLabel()
	if p.accept(kwWhen) {
		for {
			d := &ast.DefElem{Pos: p.tok.start}
			d.Name = p.colID()
			p.expectAll(kwIn, '(')
			names := &ast.Names{Pos: p.tok.start}
			for {
				names.Names = append(names.Names, p.sconst())
				if !p.accept(',') {
					break
				}
			}
			p.expect(')')
			d.Arg = names
			s.When = append(s.When, d)
			if !p.accept(kwAnd) {
				break
			}
		}
	}
	p.expect(kwExecute)
	if !p.accept(kwFunction) {
		p.expect(kwProcedure)
	}
	s.FuncName = p.funcName()
	p.expectAll('(', ')')
	return s
}

// createRule parses CREATE RULE from RULE on.
func (p *parser) createRule(replace bool) ast.Stmt {
	p.expect(kwRule)
	s := &ast.RuleStmt{Replace: replace, Name: p.colID()}
	p.expectAll(kwAs, kwOn)
	switch p.tok.kind {
	case kwSelect:
		s.Event = ast.RuleSelect
	case kwUpdate:
		s.Event = ast.RuleUpdate
	case kwDelete:
		s.Event = ast.RuleDelete
	case kwInsert:
		s.Event = ast.RuleInsert
	default:
		p.syntaxError()
	}
	p.advance()
	p.expect(kwTo)
	s.Relation = p.qualifiedName()
	s.Where = p.whereClause()
	p.expect(kwDo)
	if p.accept(kwInstead) {
		s.Instead = true
	} else {
		p.accept(kwAlso)
	}
	switch {
	case p.accept(kwNothing):
	case p.is('(') && !p.ruleQuery():
		p.advance()
		for {
			if !p.is(';') && !p.is(')') {
				s.Actions = append(s.Actions, p.ruleAction())
			}
			if !p.accept(';') {
				break
			}
		}
		p.expect(')')
	default:
		s.Actions = []ast.Stmt{p.ruleAction()}
	}
	return s
}

// ruleQuery tells whether a rule's action is one query in parentheses; which of
// both (SELECT …) is makes no difference, so only nested ones are.
func (p *parser) ruleQuery() bool { return p.peek(1) == '(' }

func (p *parser) ruleAction() ast.Stmt {
	if p.is(kwNotify) {
		return p.maintenanceStmt()
	}
	return p.preparableStmt()
}

func (p *parser) createPolicy() ast.Stmt {
	p.expect(kwPolicy)
	s := &ast.CreatePolicyStmt{Name: p.colID(), Command: "all", Permissive: true}
	p.expect(kwOn)
	s.Table = p.qualifiedName()
	if p.accept(kwAs) {
		pos, word := p.tok.start, ""
		if p.is(tIdent) {
			word = p.tok.str
		}
		switch {
		case word == "":
			p.syntaxError()
		case word == "restrictive":
			s.Permissive = false
		case word != "permissive":
			p.failWith(pos, pgerr.New(pgerr.SyntaxError, "unrecognized row security option \"%s\"", word).
				WithHint("Only PERMISSIVE or RESTRICTIVE policies are supported currently."))
		}
		p.advance()
	}
	if p.accept(kwFor) {
		switch p.tok.kind {
		case kwAll, kwSelect, kwInsert, kwUpdate, kwDelete:
			s.Command = nameOfKind(p.tok.kind)
		default:
			p.syntaxError()
		}
		p.advance()
	}
	if p.accept(kwTo) {
		s.Roles = p.roleSpecs()
	} else {
		s.Roles = []*ast.RoleSpec{{Kind: ast.RolePublic, Pos: -1}}
	}
	s.Using, s.WithCheck = p.policyExprs()
	return s
}

func (p *parser) createStatistics() ast.Stmt {
	p.expect(kwStatistics)
	s := &ast.CreateStatsStmt{IfNotExists: p.ifNotExists()}
	if p.isColID() {
		s.Names = p.anyName()
	} else if s.IfNotExists {
		p.syntaxError()
	}
	if p.accept('(') {
		s.Kinds = p.colIDList()
		p.expect(')')
	}
	p.expect(kwOn)
	for {
		name, e := p.indexKey()
		s.Exprs = append(s.Exprs, &ast.StatsElem{Name: name, Expr: e})
		if !p.accept(',') {
			break
		}
	}
	p.expect(kwFrom)
	s.Relations = p.fromList()
	return s
}
