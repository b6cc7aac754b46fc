package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// createType parses CREATE TYPE.
func (p *parser) createType() ast.Stmt {
	p.expect(kwType)
	pos := p.tok.start
	names := p.anyName()
	if p.is('(') {
		return &ast.DefineStmt{Kind: ast.ObjectDataType, Names: names, NumDirect: -1, Definition: p.definition()}
	}
	if !p.accept(kwAs) {
		return &ast.DefineStmt{Kind: ast.ObjectDataType, Names: names, NumDirect: -1}
	}
	switch p.tok.kind {
	case '(':
		p.advance()
		s := &ast.CompositeTypeStmt{Type: &ast.RangeVar{Pos: pos}}
		p.setRelationName(s.Type, names)
		if !p.is(')') {
			s.Columns = p.tableFuncElements()
		}
		p.expect(')')
		return s
	case kwEnum:
		p.advance()
		p.expect('(')
		s := &ast.CreateEnumStmt{TypeName: names}
		for !p.is(')') {
			s.Vals = append(s.Vals, p.sconst())
			if !p.accept(',') {
				break
			}
			if p.is(')') {
				p.syntaxError()
			}
		}
		p.expect(')')
		return s
	}
	p.expect(kwRange)
	return &ast.CreateRangeStmt{TypeName: names, Params: p.definition()}
}

// alterType parses ALTER TYPE.
func (p *parser) alterType() ast.Stmt {
	p.expect(kwType)
	pos := p.tok.start
	names := p.anyName()
	o := &ast.ObjectRef{Names: names, Type: &ast.TypeName{Names: names, Pos: pos}, Pos: pos}
	switch p.tok.kind {
	case kwAdd:
		if p.peek(1) == kwValue {
			return p.alterEnumAdd(names)
		}
		return p.alterComposite(names, pos)
	case kwDrop:
		if p.peek(1) == kwValue {
			valuePos := p.tok.start
			p.advance()
			p.advance()
			p.sconst()
			p.unsupportedGrammar(valuePos, "dropping an enum value is not implemented")
		}
		return p.alterComposite(names, pos)
	case kwAlter:
		return p.alterComposite(names, pos)
	case kwRename:
		switch p.peek(1) {
		case kwValue:
			p.advance()
			p.advance()
			s := &ast.AlterEnumStmt{TypeName: names, IsRename: true, OldVal: p.sconst()}
			p.expect(kwTo)
			s.NewVal = p.sconst()
			return s
		case kwAttribute:
			p.advance()
			p.advance()
			r := &ast.RenameStmt{RenameType: ast.ObjectAttribute, RelationType: ast.ObjectDataType,
				Relation: &ast.RangeVar{Pos: pos}, SubName: p.colID()}
			p.setRelationName(r.Relation, names)
			p.expect(kwTo)
			r.NewName = p.colID()
			r.Behavior = p.dropBehavior()
			return r
		}
	case kwSet:
		if p.peek(1) == '(' {
			p.advance()
			return &ast.AlterTypeStmt{TypeName: names, Options: p.operatorDefinition()}
		}
	}
	return p.alterNamed(ast.ObjectDataType, o)
}

func (p *parser) alterEnumAdd(names []string) ast.Stmt {
	p.expectAll(kwAdd, kwValue)
	s := &ast.AlterEnumStmt{TypeName: names, NewValIsAfter: true}
	if p.accept(kwIf) {
		p.expectAll(kwNot, kwExists)
		s.SkipIfNewValExists = true
	}
	s.NewVal = p.sconst()
	switch {
	case p.accept(kwBefore):
		s.NewValIsAfter, s.HasNeighbor, s.Neighbor = false, true, p.sconst()
	case p.accept(kwAfter):
		s.HasNeighbor, s.Neighbor = true, p.sconst()
	}
	return s
}

// alterComposite parses ADD, DROP and ALTER ATTRIBUTE.
func (p *parser) alterComposite(names []string, pos int) ast.Stmt {
	a := &ast.AlterTableStmt{Relation: &ast.RangeVar{Pos: pos}, ObjType: ast.ObjectDataType}
	p.setRelationName(a.Relation, names)
	for {
		c := &ast.AlterTableCmd{}
		switch k := p.tok.kind; k {
		case kwAdd:
			p.advance()
			p.expect(kwAttribute)
			def := &ast.ColumnDef{Pos: p.tok.start}
			def.Name = p.colID()
			def.Type = p.typeName()
			def.Collation = p.optCollate()
			c.Kind, c.Def = ast.AddColumn, def
		case kwDrop:
			p.advance()
			p.expect(kwAttribute)
			c.Kind, c.MissingOk = ast.DropColumn, p.ifExists()
			c.Name = p.colID()
		case kwAlter:
			p.advance()
			p.expect(kwAttribute)
			def := &ast.ColumnDef{Pos: p.tok.start}
			c.Kind, c.Name = ast.AlterColumnType, p.colID()
			if p.accept(kwSet) {
				p.expect(kwData)
			}
			p.expect(kwType)
			def.Type = p.typeName()
			def.Collation = p.optCollate()
			c.Def = def
		default:
			p.syntaxError()
		}
		c.Behavior = p.dropBehavior()
		a.Cmds = append(a.Cmds, c)
		if !p.accept(',') {
			return a
		}
	}
}

func (p *parser) createDomain() ast.Stmt {
	p.expect(kwDomain)
	s := &ast.CreateDomainStmt{Name: p.anyName()}
	p.accept(kwAs)
	s.Type = p.typeName()
	c := &ast.ColumnDef{}
	p.columnQualifiers(c)
	s.Constraints, s.Collation = c.Constraints, c.Collation
	return s
}

func (p *parser) alterDomain() ast.Stmt {
	p.expect(kwDomain)
	pos := p.tok.start
	names := p.anyName()
	s := &ast.AlterDomainStmt{TypeName: names}
	o := &ast.ObjectRef{Names: names, Type: &ast.TypeName{Names: names, Pos: pos}, Pos: pos}
	switch p.tok.kind {
	case kwSet:
		switch p.peek(1) {
		case kwDefault:
			p.advance()
			p.advance()
			s.Kind, s.Def = ast.AlterDomainDefault, p.expr()
			return s
		case kwNot:
			p.advance()
			p.expectAll(kwNot, kwNull)
			s.Kind = ast.AlterDomainSetNotNull
			return s
		}
	case kwDrop:
		p.advance()
		switch {
		case p.accept(kwDefault):
			s.Kind = ast.AlterDomainDefault
		case p.accept(kwNot):
			p.expect(kwNull)
			s.Kind = ast.AlterDomainDropNotNull
		default:
			p.expect(kwConstraint)
			s.Kind, s.MissingOk = ast.AlterDomainDropConstraint, p.ifExists()
			s.Name = p.colID()
			s.Behavior = p.dropBehavior()
		}
		return s
	case kwAdd:
		p.advance()
		s.Kind, s.Def = ast.AlterDomainAddConstraint, p.domainConstraint()
		return s
	case kwValidate:
		p.advance()
		p.expect(kwConstraint)
		s.Kind, s.Name = ast.AlterDomainValidate, p.colID()
		return s
	case kwRename:
		if p.peek(1) == kwConstraint {
			p.advance()
			p.advance()
			r := &ast.RenameStmt{RenameType: ast.ObjectDomConstraint, Object: o, SubName: p.colID()}
			p.expect(kwTo)
			r.NewName = p.colID()
			return r
		}
	}
	return p.alterNamed(ast.ObjectDomain, o)
}

// domainConstraint parses a constraint that ALTER DOMAIN adds.
func (p *parser) domainConstraint() *ast.Constraint {
	c := &ast.Constraint{Pos: p.tok.start}
	if p.accept(kwConstraint) {
		c.Name = p.colID()
	}
	if p.accept(kwNot) {
		p.expect(kwNull)
		c.Kind = ast.ConstrNotNull
		p.constraintAttributes(c, "NOT NULL")
		return c
	}
	p.expectAll(kwCheck, '(')
	c.Kind, c.Expr = ast.ConstrCheck, p.expr()
	p.expect(')')
	p.constraintAttributes(c, "CHECK")
	return c
}

// createAggregate parses CREATE AGGREGATE in its new and its old form.
func (p *parser) createAggregate(replace bool) ast.Stmt {
	p.expect(kwAggregate)
	s := &ast.DefineStmt{Kind: ast.ObjectAggregate, Replace: replace, Names: p.funcName(), NumDirect: -1}
	if !p.is('(') {
		p.syntaxError()
	}
	// The old form is (name = value, …).
	if p.peek(1) == tIdent && p.peek(2) == '=' {
		s.OldStyle, s.Definition = true, p.oldAggregateDefinition()
		return s
	}
	s.Params, s.NumDirect, s.AggStar = p.aggregateParams()
	s.Definition = p.definition()
	return s
}

// oldAggregateDefinition parses (name = value, …), where names are no keywords.
func (p *parser) oldAggregateDefinition() []*ast.DefElem {
	p.expect('(')
	var list []*ast.DefElem
	for {
		d := &ast.DefElem{Name: p.tok.str}
		d.Pos = p.expect(tIdent)
		p.expect('=')
		d.Arg = p.defArg()
		list = append(list, d)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

// createOperator parses CREATE OPERATOR, OPERATOR CLASS and OPERATOR FAMILY.
func (p *parser) createOperator() ast.Stmt {
	p.expect(kwOperator)
	switch {
	case p.is(kwClass) && p.peek(1) != '.':
		return p.createOpClass()
	case p.is(kwFamily) && p.peek(1) != '.':
		p.advance()
		s := &ast.CreateOpFamilyStmt{Names: p.anyName()}
		p.expect(kwUsing)
		s.AccessMethod = p.colID()
		return s
	}
	schema, op := p.anyOperator()
	return &ast.DefineStmt{Kind: ast.ObjectOperator, Names: append(schema, op), NumDirect: -1,
		Definition: p.definition()}
}

func (p *parser) createOpClass() ast.Stmt {
	p.expect(kwClass)
	s := &ast.CreateOpClassStmt{Names: p.anyName()}
	s.IsDefault = p.accept(kwDefault)
	p.expectAll(kwFor, kwType)
	s.DataType = p.typeName()
	p.expect(kwUsing)
	s.AccessMethod = p.colID()
	if p.accept(kwFamily) {
		s.Family = p.anyName()
	}
	p.expect(kwAs)
	s.Items = p.opClassItems(false)
	return s
}

func (p *parser) opClassItems(drop bool) []*ast.CreateOpClassItem {
	var list []*ast.CreateOpClassItem
	for {
		list = append(list, p.opClassItem(drop))
		if !p.accept(',') {
			return list
		}
	}
}

func (p *parser) opClassItem(drop bool) *ast.CreateOpClassItem {
	i := &ast.CreateOpClassItem{}
	switch k := p.tok.kind; {
	case k == kwOperator:
		p.advance()
		i.Kind, i.Number = ast.OpClassItemOperator, p.iconst()
		if drop {
			i.ClassArgs = p.typeNameList()
			return i
		}
		i.Name = &ast.ObjectWithArgs{Pos: p.tok.start}
		schema, op := p.anyOperator()
		i.Name.Names = append(schema, op)
		if p.is('(') {
			i.Name.Args = p.operatorArgs()
		}
		if p.accept(kwFor) {
			if !p.accept(kwSearch) {
				p.expectAll(kwOrder, kwBy)
				i.OrderFamily = p.anyName()
			}
		}
		if p.accept(kwRecheck) {
			p.failWith(-1, pgerr.New(pgerr.CodeFeatureNotSupported, "RECHECK is no longer required").
				WithHint("Update your data type."))
		}
	case k == kwFunction:
		p.advance()
		i.Kind, i.Number = ast.OpClassItemFunction, p.iconst()
		if p.is('(') {
			i.ClassArgs = p.typeNameList()
		}
		if !drop {
			i.Name = p.functionWithArgs()
		}
	case k == kwStorage && !drop:
		p.advance()
		i.Kind, i.StoredType = ast.OpClassItemStorage, p.typeName()
	default:
		p.syntaxError()
	}
	return i
}

func (p *parser) typeNameList() []*ast.TypeName {
	p.expect('(')
	list := []*ast.TypeName{p.typeName()}
	for p.accept(',') {
		list = append(list, p.typeName())
	}
	p.expect(')')
	return list
}

func (p *parser) createCollation() ast.Stmt {
	p.expect(kwCollation)
	s := &ast.DefineStmt{Kind: ast.ObjectCollation, NumDirect: -1, IfNotExists: p.ifNotExists()}
	s.Names = p.anyName()
	if p.accept(kwFrom) {
		pos := p.tok.start
		s.Definition = []*ast.DefElem{{Name: "from", Arg: &ast.Names{Names: p.anyName(), Pos: pos}, Pos: pos}}
		return s
	}
	s.Definition = p.definition()
	return s
}

func (p *parser) createTextSearch() ast.Stmt {
	p.expectAll(kwText, kwSearch)
	s := &ast.DefineStmt{NumDirect: -1, Kind: p.textSearchKind()}
	s.Names = p.anyName()
	s.Definition = p.definition()
	return s
}

func (p *parser) createCast() ast.Stmt {
	p.expectAll(kwCast, '(')
	s := &ast.CreateCastStmt{Source: p.typeName()}
	p.expect(kwAs)
	s.Target = p.typeName()
	p.expect(')')
	switch {
	case p.accept(kwWithout):
		p.expect(kwFunction)
	default:
		p.expect(kwWith)
		if p.accept(kwInout) {
			s.InOut = true
		} else {
			p.expect(kwFunction)
			s.Func = p.functionWithArgs()
		}
	}
	if p.accept(kwAs) {
		s.Context = ast.CoercionImplicit
		if p.accept(kwAssignment) {
			s.Context = ast.CoercionAssignment
		} else {
			p.expect(kwImplicit)
		}
	}
	return s
}

func (p *parser) createTransform(replace bool) ast.Stmt {
	p.expectAll(kwTransform, kwFor)
	s := &ast.CreateTransformStmt{Replace: replace, Type: p.typeName()}
	p.expect(kwLanguage)
	s.Lang = p.colID()
	p.expect('(')
	for {
		from := p.is(kwFrom)
		if !from && !p.is(kwTo) {
			p.syntaxError()
		}
		p.advance()
		p.expectAll(kwSql, kwWith, kwFunction)
		f := p.functionWithArgs()
		if from && s.FromSQL == nil {
			s.FromSQL = f
		} else if !from && s.ToSQL == nil {
			s.ToSQL = f
		}
		if s.FromSQL != nil && s.ToSQL != nil || !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return s
}

func (p *parser) createConversion() ast.Stmt {
	s := &ast.CreateConversionStmt{Default: p.accept(kwDefault)}
	p.expect(kwConversion)
	s.Name = p.anyName()
	p.expect(kwFor)
	s.From = p.sconst()
	p.expect(kwTo)
	s.To = p.sconst()
	p.expect(kwFrom)
	s.FuncName = p.anyName()
	return s
}
