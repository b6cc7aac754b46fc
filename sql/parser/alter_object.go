package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
)

// alterObject parses ALTER of what is neither a relation nor a type nor a role.
func (p *parser) alterObject() ast.Stmt {
	switch p.tok.kind {
	case kwDatabase:
		return p.alterDatabase()
	case kwFunction, kwProcedure, kwRoutine:
		return p.alterFunction()
	case kwPolicy:
		return p.alterPolicy()
	case kwEvent:
		if s := p.alterEventTrigger(); s != nil {
			return s
		}
	case kwTablespace:
		if s := p.alterTablespace(); s != nil {
			return s
		}
	case kwExtension:
		return p.alterExtension()
	case kwServer:
		if s := p.alterServer(); s != nil {
			return s
		}
	case kwStatistics:
		if s := p.alterStatistics(); s != nil {
			return s
		}
	case kwPublication:
		return p.alterPublication()
	case kwSubscription:
		return p.alterSubscription()
	case kwCollation:
		return p.alterCollation()
	case kwOperator:
		return p.alterOperator()
	case kwText:
		return p.alterTextSearch()
	case kwLarge:
		p.advance()
		p.expect(kwObject)
		o := &ast.ObjectRef{Pos: p.tok.start}
		o.Names = []string{p.numericOnly().Val}
		p.expectAll(kwOwner, kwTo)
		return &ast.AlterOwnerStmt{ObjectType: ast.ObjectLargeObject, Object: o, NewOwner: p.roleSpec()}
	case kwTrigger, kwRule:
		return p.alterOnTable()
	case kwAggregate, kwConversion, kwLanguage, kwProcedural, kwSchema:
	default:
		p.syntaxError()
	}
	kind, _ := p.objectKind()
	o := p.objectRef(kind)
	return p.alterNamed(kind, o)
}

// What alterNamed may do with an object of a kind.
const (
	canRename = 1 << iota
	canOwn
	canSetSchema
	canDepend
)

func alterations(kind ast.ObjectType) int {
	switch kind {
	case ast.ObjectFunction, ast.ObjectProcedure, ast.ObjectRoutine:
		return canRename | canOwn | canSetSchema | canDepend
	case ast.ObjectAggregate, ast.ObjectCollation, ast.ObjectConversion, ast.ObjectDataType, ast.ObjectDomain,
		ast.ObjectOpClass, ast.ObjectOpFamily, ast.ObjectStatisticExt, ast.ObjectTSConfiguration,
		ast.ObjectTSDictionary:
		return canRename | canOwn | canSetSchema
	case ast.ObjectTSParser, ast.ObjectTSTemplate:
		return canRename | canSetSchema
	case ast.ObjectOperator:
		return canOwn | canSetSchema
	case ast.ObjectExtension:
		return canSetSchema
	}
	return canRename | canOwn
}

// alterNamed parses RENAME TO, OWNER TO, SET SCHEMA and DEPENDS ON EXTENSION.
func (p *parser) alterNamed(kind ast.ObjectType, o *ast.ObjectRef) ast.Stmt {
	can := alterations(kind)
	switch {
	case p.is(kwRename) && can&canRename != 0:
		p.advance()
		p.expect(kwTo)
		return &ast.RenameStmt{RenameType: kind, Object: o, NewName: p.colID()}
	case p.is(kwOwner) && can&canOwn != 0:
		p.advance()
		p.expect(kwTo)
		return &ast.AlterOwnerStmt{ObjectType: kind, Object: o, NewOwner: p.roleSpec()}
	case p.is(kwSet) && can&canSetSchema != 0:
		p.advance()
		p.expect(kwSchema)
		return &ast.AlterObjectSchemaStmt{ObjectType: kind, Object: o, NewSchema: p.colID()}
	case (p.is(kwDepends) || p.is(kwNo)) && can&canDepend != 0:
		s := &ast.AlterObjectDependsStmt{ObjectType: kind, Object: o}
		p.dependsOn(s)
		return s
	}
	p.syntaxError()
	return nil
}

// alterOnTable parses ALTER TRIGGER and RULE name ON table.
func (p *parser) alterOnTable() ast.Stmt {
	kind := ast.ObjectRule
	if p.is(kwTrigger) {
		kind = ast.ObjectTrigger
	}
	p.advance()
	name := p.colID()
	p.expect(kwOn)
	rv := p.qualifiedName()
	if kind == ast.ObjectTrigger && (p.is(kwDepends) || p.is(kwNo)) {
		s := &ast.AlterObjectDependsStmt{ObjectType: kind, Relation: rv,
			Object: &ast.ObjectRef{Names: []string{name}, Pos: -1}}
		p.dependsOn(s)
		return s
	}
	p.expectAll(kwRename, kwTo)
	return &ast.RenameStmt{RenameType: kind, Relation: rv, SubName: name, NewName: p.colID()}
}

func (p *parser) alterDatabase() ast.Stmt {
	p.expect(kwDatabase)
	pos := p.tok.start
	name := p.colID()
	switch k := p.tok.kind; {
	case k == kwRename, k == kwOwner && p.peek(1) == kwTo:
		return p.alterNamed(ast.ObjectDatabase, &ast.ObjectRef{Names: []string{name}, Pos: pos})
	case k == kwRefresh:
		p.advance()
		p.expectAll(kwCollation, kwVersion)
		return &ast.AlterDatabaseRefreshCollStmt{Name: name}
	case k == kwReset:
		return &ast.AlterDatabaseSetStmt{Name: name, Set: p.setResetClause()}
	case k == kwSet:
		if p.peek(1) == kwTablespace && p.peek(2) != '=' && p.peek(2) != kwTo {
			p.advance()
			optPos := p.expect(kwTablespace)
			value := wordConst(p.colID(), optPos)
			return &ast.AlterDatabaseStmt{Name: name,
				Options: []*ast.DefElem{{Name: "tablespace", Arg: value, Pos: optPos}}}
		}
		return &ast.AlterDatabaseSetStmt{Name: name, Set: p.setResetClause()}
	}
	p.accept(kwWith)
	return &ast.AlterDatabaseStmt{Name: name, Options: p.databaseOptions()}
}

func (p *parser) alterFunction() ast.Stmt {
	kind, _ := p.objectKind()
	o := p.objectRef(kind)
	switch p.tok.kind {
	case kwRename, kwOwner, kwDepends, kwNo:
		return p.alterNamed(kind, o)
	case kwSet:
		if p.peek(1) == kwSchema {
			return p.alterNamed(kind, o)
		}
	}
	s := &ast.AlterFunctionStmt{ObjType: kind, Func: o.Func}
	for {
		d := p.commonFunctionOption()
		if d == nil {
			break
		}
		s.Actions = append(s.Actions, d)
	}
	if len(s.Actions) == 0 {
		p.syntaxError()
	}
	p.accept(kwRestrict)
	return s
}

func (p *parser) alterPolicy() ast.Stmt {
	p.expect(kwPolicy)
	missing := p.ifExists()
	s := &ast.AlterPolicyStmt{Name: p.colID()}
	p.expect(kwOn)
	s.Table = p.qualifiedName()
	if p.is(kwRename) || missing {
		p.expectAll(kwRename, kwTo)
		return &ast.RenameStmt{RenameType: ast.ObjectPolicy, Relation: s.Table, SubName: s.Name,
			NewName: p.colID(), MissingOk: missing}
	}
	if p.accept(kwTo) {
		s.Roles = p.roleSpecs()
	}
	s.Using, s.WithCheck = p.policyExprs()
	return s
}

// policyExprs parses USING (…) and WITH CHECK (…).
func (p *parser) policyExprs() (using, check ast.Expr) {
	if p.accept(kwUsing) {
		p.expect('(')
		using = p.expr()
		p.expect(')')
	}
	if p.accept(kwWith) {
		p.expectAll(kwCheck, '(')
		check = p.expr()
		p.expect(')')
	}
	return using, check
}

// alterEventTrigger parses ENABLE and DISABLE; nil, with nothing read, if it is
// something else.
func (p *parser) alterEventTrigger() ast.Stmt {
	if k := p.peek(3); k != kwEnable && k != kwDisable {
		return nil
	}
	p.expectAll(kwEvent, kwTrigger)
	s := &ast.AlterEventTrigStmt{Name: p.colID(), Enabled: 'O'}
	if p.accept(kwDisable) {
		s.Enabled = 'D'
		return s
	}
	p.expect(kwEnable)
	switch {
	case p.accept(kwReplica):
		s.Enabled = 'R'
	case p.accept(kwAlways):
		s.Enabled = 'A'
	}
	return s
}

func (p *parser) alterTablespace() ast.Stmt {
	k := p.peek(2)
	if k != kwSet && k != kwReset {
		return nil
	}
	p.expect(kwTablespace)
	s := &ast.AlterTableSpaceOptionsStmt{Name: p.colID(), IsReset: k == kwReset}
	p.advance()
	s.Options = p.relOptions()
	return s
}

func (p *parser) alterExtension() ast.Stmt {
	p.expect(kwExtension)
	pos := p.tok.start
	name := p.colID()
	switch p.tok.kind {
	case kwUpdate:
		p.advance()
		s := &ast.AlterExtensionStmt{Name: name}
		for p.is(kwTo) {
			d := &ast.DefElem{Name: "new_version", Pos: p.expect(kwTo)}
			d.Arg = p.wordOrString()
			s.Options = append(s.Options, d)
		}
		return s
	case kwAdd, kwDrop:
		s := &ast.AlterExtensionContentsStmt{Name: name, Drop: p.is(kwDrop)}
		p.advance()
		kind, ok := p.objectKind()
		if !ok {
			p.syntaxError()
		}
		s.ObjectType, s.Object = kind, p.objectRef(kind)
		return s
	}
	return p.alterNamed(ast.ObjectExtension, &ast.ObjectRef{Names: []string{name}, Pos: pos})
}

func (p *parser) alterStatistics() ast.Stmt {
	p.expect(kwStatistics)
	missing := p.ifExists()
	o := &ast.ObjectRef{Pos: p.tok.start}
	o.Names = p.anyName()
	if p.is(kwSet) && p.peek(1) == kwStatistics || missing {
		p.expectAll(kwSet, kwStatistics)
		s := &ast.AlterStatsStmt{Names: o.Names, MissingOk: missing, Target: -1}
		if !p.accept(kwDefault) {
			s.Target = p.signedIconst()
		}
		return s
	}
	return p.alterNamed(ast.ObjectStatisticExt, o)
}

func (p *parser) alterCollation() ast.Stmt {
	p.expect(kwCollation)
	o := p.objectRef(ast.ObjectCollation)
	if p.accept(kwRefresh) {
		p.expect(kwVersion)
		return &ast.AlterCollationStmt{Names: o.Names}
	}
	return p.alterNamed(ast.ObjectCollation, o)
}

func (p *parser) alterOperator() ast.Stmt {
	kind, _ := p.objectKind()
	o := p.objectRef(kind)
	switch kind {
	case ast.ObjectOpFamily:
		if p.is(kwAdd) || p.is(kwDrop) {
			s := &ast.AlterOpFamilyStmt{AccessMethod: o.Names[0], Names: o.Names[1:], IsDrop: p.is(kwDrop)}
			p.advance()
			s.Items = p.opClassItems(s.IsDrop)
			return s
		}
	case ast.ObjectOperator:
		if p.is(kwSet) && p.peek(1) == '(' {
			p.advance()
			return &ast.AlterOperatorStmt{Operator: o.Func, Options: p.operatorDefinition()}
		}
	}
	return p.alterNamed(kind, o)
}

// operatorDefinition parses (name = value, …), where NONE is no value.
func (p *parser) operatorDefinition() []*ast.DefElem {
	p.expect('(')
	var list []*ast.DefElem
	for {
		d := &ast.DefElem{Pos: p.tok.start}
		d.Name = p.colLabel()
		if p.accept('=') && !p.accept(kwNone) {
			d.Arg = p.defArg()
		}
		list = append(list, d)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

func (p *parser) alterTextSearch() ast.Stmt {
	kind, _ := p.objectKind()
	o := p.objectRef(kind)
	switch kind {
	case ast.ObjectTSDictionary:
		if p.is('(') {
			return &ast.AlterTSDictionaryStmt{Names: o.Names, Options: p.definition()}
		}
	case ast.ObjectTSConfiguration:
		if p.is(kwAdd) || p.is(kwAlter) || p.is(kwDrop) {
			return p.alterTSConfiguration(o.Names)
		}
	}
	return p.alterNamed(kind, o)
}

func (p *parser) alterTSConfiguration(names []string) ast.Stmt {
	s := &ast.AlterTSConfigurationStmt{Names: names}
	k := p.tok.kind
	p.advance()
	p.expect(kwMapping)
	switch k {
	case kwDrop:
		s.Kind, s.MissingOk = ast.TSConfigDropMapping, p.ifExistsOnly()
		p.expect(kwFor)
		s.TokenTypes = p.colIDList()
		return s
	case kwAdd:
		s.Kind = ast.TSConfigAddMapping
		p.expect(kwFor)
		s.TokenTypes = p.colIDList()
		p.expect(kwWith)
		s.Dicts = p.anyNames()
		return s
	}
	if p.accept(kwFor) {
		s.Kind, s.TokenTypes = ast.TSConfigAlterMappingForToken, p.colIDList()
	} else {
		s.Kind = ast.TSConfigReplaceDict
	}
	if p.accept(kwReplace) {
		if s.TokenTypes != nil {
			s.Kind = ast.TSConfigReplaceDictForToken
		}
		s.Dicts = [][]string{p.anyName()}
		p.expect(kwWith)
		s.Dicts = append(s.Dicts, p.anyName())
		return s
	}
	if s.TokenTypes == nil {
		p.syntaxError()
	}
	p.expect(kwWith)
	s.Dicts = p.anyNames()
	return s
}
