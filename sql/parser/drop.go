package parser

import "github.com/lightsql/lightsql/sql/ast"

// objectKind reads the words that name a kind of object in DROP, COMMENT, ALTER
// EXTENSION and SECURITY LABEL. ok is false, and nothing is read, if there are
// none.
func (p *parser) objectKind() (kind ast.ObjectType, ok bool) {
	single := func(k ast.ObjectType) (ast.ObjectType, bool) {
		p.advance()
		return k, true
	}
	double := func(second tokenKind, k ast.ObjectType) (ast.ObjectType, bool) {
		p.advance()
		p.expect(second)
		return k, true
	}
	switch p.tok.kind {
	case kwTable:
		return single(ast.ObjectTable)
	case kwSequence:
		return single(ast.ObjectSequence)
	case kwView:
		return single(ast.ObjectView)
	case kwMaterialized:
		return double(kwView, ast.ObjectMatView)
	case kwIndex:
		return single(ast.ObjectIndex)
	case kwForeign:
		p.advance()
		if p.accept(kwTable) {
			return ast.ObjectForeignTable, true
		}
		return double2(p, kwData, kwWrapper, ast.ObjectFDW)
	case kwCollation:
		return single(ast.ObjectCollation)
	case kwConversion:
		return single(ast.ObjectConversion)
	case kwStatistics:
		return single(ast.ObjectStatisticExt)
	case kwText:
		p.advance()
		p.expect(kwSearch)
		return p.textSearchKind(), true
	case kwAccess:
		return double(kwMethod, ast.ObjectAccessMethod)
	case kwEvent:
		return double(kwTrigger, ast.ObjectEventTrigger)
	case kwExtension:
		return single(ast.ObjectExtension)
	case kwProcedural:
		return double(kwLanguage, ast.ObjectLanguage)
	case kwLanguage:
		return single(ast.ObjectLanguage)
	case kwPublication:
		return single(ast.ObjectPublication)
	case kwSchema:
		return single(ast.ObjectSchema)
	case kwServer:
		return single(ast.ObjectForeignServer)
	case kwDatabase:
		return single(ast.ObjectDatabase)
	case kwRole:
		return single(ast.ObjectRole)
	case kwTablespace:
		return single(ast.ObjectTablespace)
	case kwSubscription:
		return single(ast.ObjectSubscription)
	case kwType:
		return single(ast.ObjectDataType)
	case kwDomain:
		return single(ast.ObjectDomain)
	case kwFunction:
		return single(ast.ObjectFunction)
	case kwProcedure:
		return single(ast.ObjectProcedure)
	case kwRoutine:
		return single(ast.ObjectRoutine)
	case kwAggregate:
		return single(ast.ObjectAggregate)
	case kwCast:
		return single(ast.ObjectCast)
	case kwTransform:
		return single(ast.ObjectTransform)
	case kwPolicy:
		return single(ast.ObjectPolicy)
	case kwRule:
		return single(ast.ObjectRule)
	case kwTrigger:
		return single(ast.ObjectTrigger)
	case kwOperator:
		p.advance()
		switch {
		case p.is(kwClass) && p.peek(1) != '.':
			p.advance()
			return ast.ObjectOpClass, true
		case p.is(kwFamily) && p.peek(1) != '.':
			p.advance()
			return ast.ObjectOpFamily, true
		}
		return ast.ObjectOperator, true
	}
	return 0, false
}

func double2(p *parser, a, b tokenKind, k ast.ObjectType) (ast.ObjectType, bool) {
	p.expectAll(a, b)
	return k, true
}

func (p *parser) textSearchKind() ast.ObjectType {
	switch {
	case p.accept(kwParser):
		return ast.ObjectTSParser
	case p.accept(kwDictionary):
		return ast.ObjectTSDictionary
	case p.accept(kwTemplate):
		return ast.ObjectTSTemplate
	}
	p.expect(kwConfiguration)
	return ast.ObjectTSConfiguration
}

// dropStmt parses DROP.
func (p *parser) dropStmt() ast.Stmt {
	p.expect(kwDrop)
	switch p.tok.kind {
	case kwOwned:
		p.advance()
		p.expect(kwBy)
		d := &ast.DropOwnedStmt{Roles: p.roleSpecs()}
		d.Behavior = p.dropBehavior()
		return d
	case kwUser, kwRole, kwGroup:
		if p.is(kwUser) && p.peek(1) == kwMapping && (p.peek(2) == kwFor || p.peek(2) == kwIf) {
			return p.dropUserMapping()
		}
		p.advance()
		missing := p.ifExists()
		return &ast.DropRoleStmt{Roles: p.roleSpecs(), MissingOk: missing}
	case kwDatabase:
		return p.dropDatabase()
	case kwTablespace:
		p.advance()
		missing := p.ifExists()
		return &ast.DropTableSpaceStmt{Name: p.colID(), MissingOk: missing}
	case kwSubscription:
		p.advance()
		d := &ast.DropSubscriptionStmt{MissingOk: p.ifExists()}
		d.Name = p.colID()
		d.Behavior = p.dropBehavior()
		return d
	}
	kind, ok := p.objectKind()
	if !ok {
		p.syntaxError()
	}
	d := &ast.DropStmt{RemoveType: kind}
	d.Concurrent = kind == ast.ObjectIndex && p.accept(kwConcurrently)
	if kind == ast.ObjectCast || kind == ast.ObjectTransform {
		d.MissingOk = p.ifExistsOnly()
	} else {
		d.MissingOk = p.ifExists()
	}
	d.Objects = p.dropObjects(kind)
	d.Behavior = p.dropBehavior()
	return d
}

// dropObjects parses the names of what DROP drops.
func (p *parser) dropObjects(kind ast.ObjectType) []*ast.ObjectRef {
	switch kind {
	case ast.ObjectCast, ast.ObjectTransform, ast.ObjectPolicy, ast.ObjectRule, ast.ObjectTrigger,
		ast.ObjectOpClass, ast.ObjectOpFamily:
		return []*ast.ObjectRef{p.objectRef(kind)}
	}
	list := []*ast.ObjectRef{p.objectRef(kind)}
	for p.accept(',') {
		list = append(list, p.objectRef(kind))
	}
	return list
}

// objectRef parses the name of an object of a kind.
func (p *parser) objectRef(kind ast.ObjectType) *ast.ObjectRef {
	o := &ast.ObjectRef{Pos: p.tok.start}
	switch kind {
	case ast.ObjectFunction, ast.ObjectProcedure, ast.ObjectRoutine:
		o.Func = p.functionWithArgs()
	case ast.ObjectAggregate:
		o.Func = p.aggregateWithArgs()
	case ast.ObjectOperator:
		o.Func = p.operatorWithArgs()
	case ast.ObjectDataType, ast.ObjectDomain:
		o.Type = p.typeName()
		o.Names = o.Type.Names
	case ast.ObjectCast:
		p.expect('(')
		o.Type = p.typeName()
		p.expect(kwAs)
		o.Target = p.typeName()
		p.expect(')')
	case ast.ObjectTransform:
		p.expect(kwFor)
		o.Type = p.typeName()
		p.expect(kwLanguage)
		o.Names = []string{p.colID()}
	case ast.ObjectPolicy, ast.ObjectRule, ast.ObjectTrigger:
		name := p.colID()
		p.expect(kwOn)
		o.Names = append(p.anyName(), name)
	case ast.ObjectOpClass, ast.ObjectOpFamily:
		names := p.anyName()
		p.expect(kwUsing)
		o.Names = append([]string{p.colID()}, names...)
	case ast.ObjectAccessMethod, ast.ObjectEventTrigger, ast.ObjectExtension, ast.ObjectFDW,
		ast.ObjectLanguage, ast.ObjectPublication, ast.ObjectSchema, ast.ObjectForeignServer,
		ast.ObjectDatabase, ast.ObjectRole, ast.ObjectTablespace, ast.ObjectSubscription:
		o.Names = []string{p.colID()}
	default:
		o.Names = p.anyName()
	}
	if o.Func != nil {
		o.Names = o.Func.Names
	}
	return o
}

func (p *parser) dropDatabase() ast.Stmt {
	p.expect(kwDatabase)
	d := &ast.DropDatabaseStmt{MissingOk: p.ifExists()}
	d.Name = p.colID()
	if p.is(kwWith) || p.is('(') {
		p.accept(kwWith)
		p.expect('(')
		for {
			d.Options = append(d.Options, &ast.DefElem{Name: "force", Pos: p.expect(kwForce)})
			if !p.accept(',') {
				break
			}
		}
		p.expect(')')
	}
	return d
}

// functionWithArgs parses a function's name with its argument types, if given.
func (p *parser) functionWithArgs() *ast.ObjectWithArgs {
	o := &ast.ObjectWithArgs{Pos: p.tok.start}
	if p.isColID() && p.peek(1) != '(' {
		o.Names = p.qualifiedRest([]string{p.colID()})
	} else {
		isFunc := isName(p.tok.kind, typeFuncIDs)
		o.Names = []string{p.name(nonReserved)}
		if p.is('(') && !isFunc {
			p.syntaxError()
		}
	}
	if !p.is('(') {
		o.ArgsUnspecified = true
		return o
	}
	p.expect('(')
	if !p.is(')') {
		o.Params = p.funcParams(false)
	}
	p.expect(')')
	o.Args = inputTypes(o.Params)
	return o
}

// inputTypes are the types by which a function is looked up.
func inputTypes(params []*ast.FunctionParameter) []*ast.TypeName {
	var list []*ast.TypeName
	for _, f := range params {
		if f.Mode != ast.FuncParamOut && f.Mode != ast.FuncParamTable {
			list = append(list, f.Type)
		}
	}
	return list
}

func (p *parser) functionsWithArgs() []*ast.ObjectRef {
	list := []*ast.ObjectRef{p.objectRef(ast.ObjectFunction)}
	for p.accept(',') {
		list = append(list, p.objectRef(ast.ObjectFunction))
	}
	return list
}

func (p *parser) aggregateWithArgs() *ast.ObjectWithArgs {
	o := &ast.ObjectWithArgs{Pos: p.tok.start}
	o.Names = p.funcName()
	params, _, _ := p.aggregateParams()
	o.Params = params
	o.Args = inputTypes(params)
	return o
}

// operatorWithArgs parses an operator's name with its operand types.
func (p *parser) operatorWithArgs() *ast.ObjectWithArgs {
	o := &ast.ObjectWithArgs{Pos: p.tok.start}
	schema, op := p.anyOperator()
	o.Names = append(schema, op)
	o.Args = p.operatorArgs()
	return o
}

func (p *parser) operatorArgs() []*ast.TypeName {
	p.expect('(')
	if p.accept(kwNone) {
		p.expect(',')
		right := p.typeName()
		p.expect(')')
		return []*ast.TypeName{nil, right}
	}
	left := p.typeName()
	if p.is(')') {
		p.failWith(p.tok.start, missingArgument(p.near()))
	}
	p.expect(',')
	if p.accept(kwNone) {
		p.expect(')')
		return []*ast.TypeName{left, nil}
	}
	right := p.typeName()
	p.expect(')')
	return []*ast.TypeName{left, right}
}

// commentTarget parses the object of COMMENT ON and SECURITY LABEL ON.
func (p *parser) commentTarget() (ast.ObjectType, *ast.ObjectRef) {
	o := &ast.ObjectRef{Pos: p.tok.start}
	switch p.tok.kind {
	case kwColumn:
		p.advance()
		o.Names = p.anyName()
		return ast.ObjectColumn, o
	case kwConstraint:
		p.advance()
		name := p.colID()
		p.expect(kwOn)
		if p.is(kwDomain) && isName(p.peek(1), colIDs) {
			p.advance()
			o.Type = &ast.TypeName{Pos: p.tok.start}
			o.Type.Names = p.anyName()
			o.Names = []string{name}
			return ast.ObjectDomConstraint, o
		}
		o.Names = append(p.anyName(), name)
		return ast.ObjectTabConstraint, o
	case kwLarge:
		p.advance()
		p.expect(kwObject)
		o.Names = []string{p.numericOnly().Val}
		return ast.ObjectLargeObject, o
	}
	kind, ok := p.objectKind()
	if !ok {
		p.syntaxError()
	}
	return kind, p.objectRef(kind)
}

func (p *parser) commentStmt() ast.Stmt {
	p.expectAll(kwComment, kwOn)
	c := &ast.CommentStmt{}
	c.ObjectType, c.Object = p.commentTarget()
	p.expect(kwIs)
	if !p.accept(kwNull) {
		c.Comment, c.HasComment = p.sconst(), true
	}
	return c
}

func (p *parser) securityLabel() ast.Stmt {
	p.expectAll(kwSecurity, kwLabel)
	s := &ast.SecLabelStmt{}
	if p.accept(kwFor) {
		s.Provider = p.wordOrString().(*ast.Const).Val
	}
	p.expect(kwOn)
	s.ObjectType, s.Object = p.commentTarget()
	p.expect(kwIs)
	if !p.accept(kwNull) {
		s.Label, s.HasLabel = p.sconst(), true
	}
	return s
}
