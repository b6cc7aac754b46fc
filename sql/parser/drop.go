package parser

import "github.com/lightsql/lightsql/sql/ast"

// oneWordObjects are the kinds of object that one keyword names.
var oneWordObjects = map[tokenKind]ast.ObjectType{
	kwTable: ast.ObjectTable, kwSequence: ast.ObjectSequence, kwView: ast.ObjectView, kwIndex: ast.ObjectIndex,
	kwCollation: ast.ObjectCollation, kwConversion: ast.ObjectConversion, kwStatistics: ast.ObjectStatisticExt,
	kwExtension: ast.ObjectExtension, kwLanguage: ast.ObjectLanguage, kwPublication: ast.ObjectPublication,
	kwSchema: ast.ObjectSchema, kwServer: ast.ObjectForeignServer, kwDatabase: ast.ObjectDatabase,
	kwRole: ast.ObjectRole, kwTablespace: ast.ObjectTablespace, kwSubscription: ast.ObjectSubscription,
	kwType: ast.ObjectDataType, kwDomain: ast.ObjectDomain, kwFunction: ast.ObjectFunction,
	kwProcedure: ast.ObjectProcedure, kwRoutine: ast.ObjectRoutine, kwAggregate: ast.ObjectAggregate,
	kwCast: ast.ObjectCast, kwTransform: ast.ObjectTransform, kwPolicy: ast.ObjectPolicy, kwRule: ast.ObjectRule,
	kwTrigger: ast.ObjectTrigger,
}

// objectKind reads the words that name a kind of object in DROP, COMMENT, ALTER
// EXTENSION and SECURITY LABEL. ok is false, and nothing is read, if there are
// none.
func (p *parser) objectKind() (kind ast.ObjectType, ok bool) {
	k := p.tok.kind
	if kind, ok := oneWordObjects[k]; ok {
		p.advance()
		return kind, true
	}
	switch k {
	case kwMaterialized, kwForeign, kwText, kwAccess, kwEvent, kwProcedural, kwOperator:
		p.advance()
	default:
		return 0, false
	}
	switch k {
	case kwMaterialized:
		p.expect(kwView)
		return ast.ObjectMatView, true
	case kwForeign:
		if p.accept(kwTable) {
			return ast.ObjectForeignTable, true
		}
		p.expectAll(kwData, kwWrapper)
		return ast.ObjectFDW, true
	case kwText:
		p.expect(kwSearch)
		return p.textSearchKind(), true
	case kwAccess:
		p.expect(kwMethod)
		return ast.ObjectAccessMethod, true
	case kwEvent:
		p.expect(kwTrigger)
		return ast.ObjectEventTrigger, true
	case kwProcedural:
		p.expect(kwLanguage)
		return ast.ObjectLanguage, true
	}
	switch { // of an operator, CLASS and FAMILY may also be the schema
	case p.is(kwClass) && p.peek(1) != '.':
		p.advance()
		return ast.ObjectOpClass, true
	case p.is(kwFamily) && p.peek(1) != '.':
		p.advance()
		return ast.ObjectOpFamily, true
	}
	return ast.ObjectOperator, true
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
