package parser

import (
	"math"
	"strconv"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// alterStmt parses ALTER.
func (p *parser) alterStmt() ast.Stmt {
	p.expect(kwAlter)
	switch p.tok.kind {
	case kwTable:
		p.advance()
		return p.alterRelation(ast.ObjectTable)
	case kwIndex:
		p.advance()
		return p.alterRelation(ast.ObjectIndex)
	case kwSequence:
		p.advance()
		return p.alterRelation(ast.ObjectSequence)
	case kwView:
		p.advance()
		return p.alterRelation(ast.ObjectView)
	case kwMaterialized:
		p.advance()
		p.expect(kwView)
		return p.alterRelation(ast.ObjectMatView)
	case kwForeign:
		p.advance()
		if p.accept(kwTable) {
			return p.alterRelation(ast.ObjectForeignTable)
		}
		p.expectAll(kwData, kwWrapper)
		return p.alterFdw()
	case kwRole, kwUser, kwGroup:
		if p.is(kwUser) && p.peek(1) == kwMapping && p.peek(2) == kwFor {
			return p.alterUserMapping()
		}
		return p.alterRole()
	case kwDefault:
		return p.alterDefaultPrivileges()
	case kwSystem:
		p.advance()
		if !p.is(kwSet) && !p.is(kwReset) {
			p.syntaxError()
		}
		if p.accept(kwReset) {
			return &ast.AlterSystemStmt{Set: p.resetRest()}
		}
		p.expect(kwSet)
		return &ast.AlterSystemStmt{Set: p.setSetting(&ast.VariableSetStmt{Pos: -1})}
	case kwType:
		return p.alterType()
	case kwDomain:
		return p.alterDomain()
	}
	return p.alterObject()
}

// alterRelation parses ALTER of anything like a table, from its name on.
func (p *parser) alterRelation(kind ast.ObjectType) ast.Stmt {
	if p.is(kwAll) && (kind == ast.ObjectTable || kind == ast.ObjectIndex || kind == ast.ObjectMatView) {
		return p.alterAllInTablespace(kind)
	}
	missing := p.ifExists()
	var rv *ast.RangeVar
	if kind == ast.ObjectTable || kind == ast.ObjectForeignTable {
		rv = p.relationExpr()
	} else {
		rv = p.qualifiedName()
	}
	switch p.tok.kind {
	case kwRename:
		return p.renameRelation(kind, rv, missing)
	case kwSet:
		if p.peek(1) == kwSchema {
			p.advance()
			p.advance()
			return &ast.AlterObjectSchemaStmt{ObjectType: kind, Relation: rv, NewSchema: p.colID(), MissingOk: missing}
		}
	case kwNo, kwDepends:
		if kind == ast.ObjectIndex || kind == ast.ObjectMatView {
			s := &ast.AlterObjectDependsStmt{ObjectType: kind, Relation: rv}
			p.dependsOn(s)
			return s
		}
	}
	if kind == ast.ObjectSequence && !p.startsSequenceCommand() {
		return p.alterSequence(rv, missing)
	}
	a := &ast.AlterTableStmt{Relation: rv, ObjType: kind, MissingOk: missing}
	for {
		cmd := p.alterTableCmd(kind)
		if cmd == nil {
			p.syntaxError()
		}
		a.Cmds = append(a.Cmds, cmd)
		if !p.accept(',') {
			return a
		}
	}
}

// startsSequenceCommand tells whether ALTER SEQUENCE goes on with a command of
// ALTER TABLE and not with options.
func (p *parser) startsSequenceCommand() bool {
	switch p.tok.kind {
	case kwOwner, kwSet:
		return true
	}
	return false
}

// dependsOn parses [NO] DEPENDS ON EXTENSION.
func (p *parser) dependsOn(s *ast.AlterObjectDependsStmt) {
	s.Remove = p.accept(kwNo)
	p.expectAll(kwDepends, kwOn, kwExtension)
	s.Extension = p.colID()
}

func (p *parser) alterAllInTablespace(kind ast.ObjectType) ast.Stmt {
	p.expectAll(kwAll, kwIn, kwTablespace)
	s := &ast.AlterTableMoveAllStmt{ObjType: kind, OrigTablespace: p.colID()}
	if p.accept(kwOwned) {
		p.expect(kwBy)
		s.Roles = p.roleSpecs()
	}
	p.expectAll(kwSet, kwTablespace)
	s.NewTablespace = p.colID()
	s.NoWait = p.accept(kwNowait)
	return s
}

func (p *parser) renameRelation(kind ast.ObjectType, rv *ast.RangeVar, missing bool) ast.Stmt {
	p.expect(kwRename)
	r := &ast.RenameStmt{RenameType: kind, Relation: rv, MissingOk: missing}
	columns := kind != ast.ObjectIndex && kind != ast.ObjectSequence
	switch {
	case p.is(kwTo):
	case kind == ast.ObjectTable && p.is(kwConstraint):
		p.advance()
		r.RenameType, r.SubName = ast.ObjectTabConstraint, p.colID()
	case columns:
		p.accept(kwColumn)
		r.RenameType, r.RelationType, r.SubName = ast.ObjectColumn, kind, p.colID()
	}
	p.expect(kwTo)
	r.NewName = p.colID()
	return r
}

// alterTableCmd parses one command of ALTER TABLE, nil if there is none.
func (p *parser) alterTableCmd(kind ast.ObjectType) *ast.AlterTableCmd {
	c := &ast.AlterTableCmd{}
	switch p.tok.kind {
	case kwAdd:
		p.alterAdd(c)
	case kwAlter:
		p.alterAlter(c)
	case kwDrop:
		p.alterDrop(c)
	case kwSet:
		p.alterSet(c)
	case kwReset:
		p.advance()
		c.Kind, c.Def = ast.ResetRelOptions, &ast.DefElems{Items: p.relOptions()}
	case kwEnable, kwDisable:
		p.alterEnable(c)
	case kwValidate:
		p.advance()
		p.expect(kwConstraint)
		c.Kind, c.Name = ast.ValidateConstraint, p.colID()
	case kwCluster:
		p.advance()
		p.expect(kwOn)
		c.Kind, c.Name = ast.ClusterOn, p.colID()
	case kwInherit:
		p.advance()
		c.Kind, c.Def = ast.AddInherit, p.qualifiedName()
	case kwNo:
		p.advance()
		if p.accept(kwInherit) {
			c.Kind, c.Def = ast.DropInherit, p.qualifiedName()
			break
		}
		p.expectAll(kwForce, kwRow, kwLevel, kwSecurity)
		c.Kind = ast.NoForceRowSecurity
	case kwForce:
		p.advance()
		p.expectAll(kwRow, kwLevel, kwSecurity)
		c.Kind = ast.ForceRowSecurity
	case kwOf:
		p.advance()
		t := &ast.TypeName{Pos: p.tok.start}
		t.Names = p.anyName()
		c.Kind, c.Def = ast.AddOf, t
	case kwNot:
		p.advance()
		p.expect(kwOf)
		c.Kind = ast.DropOf
	case kwOwner:
		p.advance()
		p.expect(kwTo)
		c.Kind, c.NewOwner = ast.ChangeOwner, p.roleSpec()
	case kwReplica:
		p.replicaIdentity(c)
	case kwOptions:
		c.Kind, c.Def = ast.GenericOptions, &ast.DefElems{Items: p.alterGenericOptions()}
	case kwAttach, kwDetach:
		p.alterPartition(c, kind)
	default:
		return nil
	}
	return c
}

func (p *parser) alterAdd(c *ast.AlterTableCmd) {
	p.expect(kwAdd)
	switch p.tok.kind {
	case kwConstraint, kwCheck, kwUnique, kwPrimary, kwForeign:
		c.Kind, c.Def = ast.AddConstraint, p.tableConstraint()
		return
	case kwExclude:
		if k := p.peek(1); k == kwUsing || k == '(' {
			c.Kind, c.Def = ast.AddConstraint, p.tableConstraint()
			return
		}
	}
	p.accept(kwColumn)
	c.Kind, c.MissingOk = ast.AddColumn, p.ifNotExists()
	c.Def = p.columnDef()
}

func (p *parser) alterDrop(c *ast.AlterTableCmd) {
	p.expect(kwDrop)
	if p.accept(kwConstraint) {
		c.Kind, c.MissingOk = ast.DropConstraint, p.ifExists()
	} else {
		p.accept(kwColumn)
		c.Kind, c.MissingOk = ast.DropColumn, p.ifExists()
	}
	c.Name = p.colID()
	c.Behavior = p.dropBehavior()
}

// alterAlter parses ALTER COLUMN and ALTER CONSTRAINT.
func (p *parser) alterAlter(c *ast.AlterTableCmd) {
	p.expect(kwAlter)
	if p.accept(kwConstraint) {
		p.alterConstraint(c)
		return
	}
	p.accept(kwColumn)
	if p.is(tIConst) {
		pos := p.tok.start
		n := p.iconst()
		p.expectAll(kwSet, kwStatistics)
		c.Kind, c.Def, c.Num = ast.SetStatistics, p.statisticsTarget(), n
		if n <= 0 || n > math.MaxInt16 {
			p.fail(pos, pgerr.InvalidParameterValue, "column number must be in range from 1 to %d", math.MaxInt16)
		}
		return
	}
	namePos := p.tok.start
	c.Name = p.colID()
	switch p.tok.kind {
	case kwSet:
		p.alterColumnSet(c)
	case kwDrop:
		p.alterColumnDrop(c)
	case kwReset:
		p.advance()
		c.Kind, c.Def = ast.ResetOptions, &ast.DefElems{Items: p.relOptions()}
	case kwType:
		p.alterColumnType(c, namePos)
	case kwAdd:
		p.advance()
		constraint := &ast.Constraint{Pos: p.tok.start}
		p.expect(kwGenerated)
		if p.accept(kwAlways) {
			constraint.Always = true
		} else {
			p.expectAll(kwBy, kwDefault)
		}
		p.expectAll(kwAs, kwIdentity)
		constraint.Kind = ast.ConstrIdentity
		if p.accept('(') {
			constraint.Options = p.sequenceOptions()
			if len(constraint.Options) == 0 {
				p.syntaxError()
			}
			p.expect(')')
		}
		c.Kind, c.Def = ast.AddIdentity, constraint
	case kwRestart:
		c.Kind, c.Def = ast.SetIdentity, p.identityOptions()
	case kwOptions:
		c.Kind, c.Def = ast.AlterColumnGenericOptions, &ast.DefElems{Items: p.alterGenericOptions()}
	default:
		p.syntaxError()
	}
}

// statisticsTarget parses a number or DEFAULT, which gives no node.
func (p *parser) statisticsTarget() ast.Node {
	if p.accept(kwDefault) {
		return nil
	}
	pos := p.tok.start
	return &ast.Const{Kind: ast.ConstInteger, Val: strconv.Itoa(p.signedIconst()), Pos: pos}
}

func (p *parser) alterConstraint(c *ast.AlterTableCmd) {
	pos := p.tok.start
	constraint := &ast.Constraint{Kind: ast.ConstrForeign, Name: p.colID(), Pos: pos}
	bits := p.constraintAttributeSpec()
	if bits&attrNotValid != 0 {
		p.unsupportedGrammar(-1, "FOREIGN KEY constraints cannot be marked NOT VALID")
	}
	if bits&attrNoInherit != 0 {
		p.unsupportedGrammar(-1, "FOREIGN KEY constraints cannot be marked NO INHERIT")
	}
	constraint.Deferrable = bits&(attrDeferrable|attrInitDeferred) != 0
	constraint.InitDeferred = bits&attrInitDeferred != 0
	c.Kind, c.Def = ast.AlterConstraint, constraint
}

func (p *parser) alterColumnSet(c *ast.AlterTableCmd) {
	switch p.peek(1) {
	case kwGenerated, kwSequence, kwAs, kwCache, kwCycle, kwNo, kwIncrement, kwMaxvalue, kwMinvalue,
		kwOwned, kwStart, kwRestart, kwLogged, kwUnlogged:
		c.Kind, c.Def = ast.SetIdentity, p.identityOptions()
		return
	}
	p.expect(kwSet)
	switch p.tok.kind {
	case kwDefault:
		p.advance()
		c.Kind, c.Def = ast.ColumnDefault, p.expr()
	case kwNot:
		p.advance()
		p.expect(kwNull)
		c.Kind = ast.SetNotNull
	case kwExpression:
		p.advance()
		p.expectAll(kwAs, '(')
		c.Kind, c.Def = ast.SetExpression, p.expr()
		p.expect(')')
	case kwStatistics:
		p.advance()
		c.Kind, c.Def = ast.SetStatistics, p.statisticsTarget()
	case kwStorage, kwCompression:
		c.Kind = ast.SetStorage
		if p.is(kwCompression) {
			c.Kind = ast.SetCompression
		}
		p.advance()
		pos, word := p.tok.start, "default"
		if !p.accept(kwDefault) {
			word = p.colID()
		}
		c.Def = wordConst(word, pos)
	case kwData:
		p.advance()
		p.alterColumnType(c, p.tok.start)
	case '(':
		c.Kind, c.Def = ast.SetOptions, &ast.DefElems{Items: p.relOptions()}
	default:
		p.syntaxError()
	}
}

// identityOptions parses SET GENERATED …, SET sequence options, RESTART.
func (p *parser) identityOptions() *ast.DefElems {
	list := &ast.DefElems{}
	for {
		switch {
		case p.is(kwRestart):
			list.Items = append(list.Items, p.sequenceOption())
		case p.is(kwSet):
			p.advance()
			if !p.is(kwGenerated) {
				d := p.sequenceOption()
				if d == nil {
					p.syntaxError()
				}
				list.Items = append(list.Items, d)
				continue
			}
			d := &ast.DefElem{Name: "generated", Pos: p.expect(kwGenerated)}
			if p.accept(kwAlways) {
				d.Arg = wordConst("always", -1)
			} else {
				p.expectAll(kwBy, kwDefault)
				d.Arg = wordConst("by default", -1)
			}
			list.Items = append(list.Items, d)
		default:
			return list
		}
	}
}

func (p *parser) alterColumnDrop(c *ast.AlterTableCmd) {
	p.expect(kwDrop)
	switch {
	case p.accept(kwDefault):
		c.Kind = ast.ColumnDefault
	case p.accept(kwNot):
		p.expect(kwNull)
		c.Kind = ast.DropNotNull
	case p.accept(kwExpression):
		c.Kind, c.MissingOk = ast.DropExpression, p.ifExistsOnly()
	default:
		p.expect(kwIdentity)
		c.Kind, c.MissingOk = ast.DropIdentity, p.ifExistsOnly()
	}
}

func (p *parser) alterColumnType(c *ast.AlterTableCmd, pos int) {
	p.expect(kwType)
	def := &ast.ColumnDef{Type: p.typeName(), Pos: pos}
	def.Collation = p.optCollate()
	if p.accept(kwUsing) {
		def.Default = p.expr()
	}
	c.Kind, c.Def = ast.AlterColumnType, def
}

func (p *parser) alterSet(c *ast.AlterTableCmd) {
	p.expect(kwSet)
	switch p.tok.kind {
	case kwWithout:
		p.advance()
		if p.accept(kwOids) {
			c.Kind = ast.DropOids
			return
		}
		p.expect(kwCluster)
		c.Kind = ast.DropCluster
	case kwLogged:
		p.advance()
		c.Kind = ast.SetLogged
	case kwUnlogged:
		p.advance()
		c.Kind = ast.SetUnlogged
	case kwAccess:
		p.advance()
		p.expect(kwMethod)
		c.Kind = ast.SetAccessMethod
		if !p.accept(kwDefault) {
			c.Name = p.colID()
		}
	case kwTablespace:
		p.advance()
		c.Kind, c.Name = ast.SetTableSpace, p.colID()
	default:
		if !p.is('(') {
			p.syntaxError()
		}
		c.Kind, c.Def = ast.SetRelOptions, &ast.DefElems{Items: p.relOptions()}
	}
}

// alterEnable parses ENABLE and DISABLE of triggers, rules and row security.
func (p *parser) alterEnable(c *ast.AlterTableCmd) {
	enable := p.is(kwEnable)
	p.advance()
	pick := func(on, off ast.AlterTableKind) ast.AlterTableKind {
		if enable {
			return on
		}
		return off
	}
	switch p.tok.kind {
	case kwRow:
		p.advance()
		p.expectAll(kwLevel, kwSecurity)
		c.Kind = pick(ast.EnableRowSecurity, ast.DisableRowSecurity)
	case kwTrigger:
		p.advance()
		switch {
		case p.accept(kwAll):
			c.Kind = pick(ast.EnableTrigAll, ast.DisableTrigAll)
		case p.accept(kwUser):
			c.Kind = pick(ast.EnableTrigUser, ast.DisableTrigUser)
		default:
			c.Kind, c.Name = pick(ast.EnableTrig, ast.DisableTrig), p.colID()
		}
	case kwRule:
		p.advance()
		c.Kind, c.Name = pick(ast.EnableRule, ast.DisableRule), p.colID()
	case kwAlways, kwReplica:
		if !enable {
			p.syntaxError()
		}
		always := p.is(kwAlways)
		p.advance()
		if p.accept(kwTrigger) {
			c.Kind = ast.EnableReplicaTrig
			if always {
				c.Kind = ast.EnableAlwaysTrig
			}
		} else {
			p.expect(kwRule)
			c.Kind = ast.EnableReplicaRule
			if always {
				c.Kind = ast.EnableAlwaysRule
			}
		}
		c.Name = p.colID()
	default:
		p.syntaxError()
	}
}

func (p *parser) replicaIdentity(c *ast.AlterTableCmd) {
	p.expectAll(kwReplica, kwIdentity)
	r := &ast.ReplicaIdentity{}
	switch p.tok.kind {
	case kwNothing:
		r.Kind = 'n'
	case kwFull:
		r.Kind = 'f'
	case kwDefault:
		r.Kind = 'd'
	case kwUsing:
		p.advance()
		if !p.is(kwIndex) {
			p.syntaxError()
		}
		r.Kind = 'i'
	default:
		p.syntaxError()
	}
	p.advance()
	if r.Kind == 'i' {
		r.Name = p.colID()
	}
	c.Kind, c.Def = ast.SetReplicaIdentity, r
}

func (p *parser) alterPartition(c *ast.AlterTableCmd, kind ast.ObjectType) {
	attach := p.is(kwAttach)
	p.advance()
	p.expect(kwPartition)
	cmd := &ast.PartitionCmd{Name: p.qualifiedName()}
	c.Def = cmd
	if attach {
		c.Kind = ast.AttachPartition
		if kind != ast.ObjectIndex {
			cmd.Bound = p.partitionBound()
		}
		return
	}
	c.Kind = ast.DetachPartition
	switch {
	case p.accept(kwConcurrently):
		cmd.Concurrent = true
	case p.accept(kwFinalize):
		c.Kind = ast.DetachPartitionFinalize
	}
}
