package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// optTemp parses TEMPORARY, LOCAL TEMP, UNLOGGED and so on.
func (p *parser) optTemp() ast.Persistence {
	switch p.tok.kind {
	case kwTemporary, kwTemp:
		p.advance()
		return ast.PersistenceTemp
	case kwLocal, kwGlobal:
		p.advance()
		if !p.accept(kwTemporary) {
			p.expect(kwTemp)
		}
		return ast.PersistenceTemp
	case kwUnlogged:
		p.advance()
		return ast.PersistenceUnlogged
	}
	return ast.PersistencePermanent
}

// tableForm says which forms of CREATE TABLE are allowed: schemas take
// definitions only, EXPLAIN only CREATE TABLE AS.
type tableForm uint8

const (
	tableAny tableForm = iota
	tableDefined
	tableAs
)

// createTable parses CREATE TABLE and CREATE TABLE AS from TABLE on.
func (p *parser) createTable(persistence ast.Persistence) ast.Stmt {
	p.expect(kwTable)
	c := &ast.CreateStmt{IfNotExists: p.ifNotExists()}
	c.Relation = p.qualifiedName()
	c.Relation.Persistence = persistence
	switch k := p.tok.kind; {
	case p.tableForm == tableAs:
	case k == kwPartition:
		p.advance()
		p.expect(kwOf)
		c.Inherits = []*ast.RangeVar{p.qualifiedName()}
		c.Elements = p.optTypedElements()
		c.PartitionBound = p.partitionBound()
		p.tableTail(c, false)
		return c
	case k == kwOf:
		p.advance()
		t := &ast.TypeName{Pos: p.tok.start}
		t.Names = p.anyName()
		c.OfType = t
		c.Elements = p.optTypedElements()
		p.tableTail(c, false)
		return c
	}
	if !p.is('(') {
		if p.tableForm == tableDefined {
			p.syntaxError()
		}
		return p.createTableAs(c, nil)
	}
	// (a, b) is CREATE TABLE AS, but (a int, …) a definition.
	names := isName(p.peek(1), colIDs) && (p.peek(2) == ',' || p.peek(2) == ')')
	if names && p.tableForm != tableDefined || p.tableForm == tableAs {
		return p.createTableAs(c, p.columnList())
	}
	p.expect('(')
	if !p.is(')') {
		c.Elements = p.tableElements()
	}
	p.expect(')')
	p.tableTail(c, true)
	return c
}

// createTableAs parses CREATE TABLE AS from after the column list on.
func (p *parser) createTableAs(c *ast.CreateStmt, columns []string) ast.Stmt {
	p.tableOptions(c)
	into := &ast.IntoClause{Relation: c.Relation, Columns: columns, AccessMethod: c.AccessMethod,
		Options: c.Options, OnCommit: c.OnCommit, TablespaceName: c.TablespaceName}
	s := &ast.CreateTableAsStmt{Into: into, ObjType: ast.ObjectTable, IfNotExists: c.IfNotExists}
	p.expect(kwAs)
	if p.is(kwExecute) {
		s.Query = p.executeStmt()
	} else {
		s.Query = p.selectStmt()
	}
	into.SkipData = p.withNoData()
	return s
}

// createTableAsOnly parses what EXPLAIN takes of CREATE.
func (p *parser) createTableAsOnly() ast.Stmt {
	p.expect(kwCreate)
	persistence := p.optTemp()
	if p.is(kwMaterialized) {
		return p.createMatView(persistence)
	}
	p.tableForm = tableAs
	s := p.createTable(persistence)
	p.tableForm = tableAny
	return s
}

// withNoData parses WITH [NO] DATA.
func (p *parser) withNoData() bool {
	if !p.accept(kwWith) {
		return false
	}
	no := p.accept(kwNo)
	p.expect(kwData)
	return no
}

// tableTail parses what follows a table's elements.
func (p *parser) tableTail(c *ast.CreateStmt, inherits bool) {
	if inherits && p.accept(kwInherits) {
		p.expect('(')
		c.Inherits = p.qualifiedNames()
		p.expect(')')
	}
	if p.is(kwPartition) {
		c.PartitionSpec = p.partitionSpec()
	}
	p.tableOptions(c)
}

// tableOptions parses USING, WITH, ON COMMIT and TABLESPACE.
func (p *parser) tableOptions(c *ast.CreateStmt) {
	if p.accept(kwUsing) {
		c.AccessMethod = p.colID()
	}
	switch {
	case p.is(kwWith):
		p.advance()
		c.Options = p.relOptions()
	case p.is(kwWithout):
		p.advance()
		p.expect(kwOids)
	}
	if p.accept(kwOn) {
		p.expect(kwCommit)
		switch {
		case p.accept(kwDrop):
			c.OnCommit = ast.OnCommitDrop
		case p.accept(kwDelete):
			p.expect(kwRows)
			c.OnCommit = ast.OnCommitDeleteRows
		default:
			p.expectAll(kwPreserve, kwRows)
			c.OnCommit = ast.OnCommitPreserveRows
		}
	}
	c.TablespaceName = p.optTablespace()
}

func (p *parser) optTablespace() string {
	if p.accept(kwTablespace) {
		return p.colID()
	}
	return ""
}

// relOptions parses (name [= value], ns.name = value, …).
func (p *parser) relOptions() []*ast.DefElem {
	p.expect('(')
	var list []*ast.DefElem
	for {
		d := &ast.DefElem{Pos: p.tok.start}
		d.Name = p.colLabel()
		if p.accept('.') {
			d.Namespace, d.Name = d.Name, p.colLabel()
		}
		if p.accept('=') {
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

func (p *parser) optRelOptions() []*ast.DefElem {
	if !p.accept(kwWith) {
		return nil
	}
	return p.relOptions()
}

// defArg parses the value of an option: a type, word, operator, number or string.
func (p *parser) defArg() ast.Node {
	switch p.tok.kind {
	case tSConst:
		return p.stringConst()
	case tIConst, tFConst:
		return p.numericOnly()
	case '+', '-':
		if k := p.peek(1); k == tIConst || k == tFConst {
			return p.numericOnly()
		}
	case kwNone:
		c := wordConst("none", p.tok.start)
		p.advance()
		return c
	case kwOperator:
		if p.peek(1) == '(' {
			pos := p.tok.start
			schema, op := p.qualifiedOperator()
			return &ast.Names{Names: append(schema, op), Pos: pos}
		}
	}
	if _, ok := operatorText(&p.tok); ok {
		pos := p.tok.start
		return &ast.Names{Names: []string{p.allOp()}, Pos: pos}
	}
	if k := p.tok.kind; k.isKeyword() && keywords[k-keywordBase].class == reserved {
		c := wordConst(nameOfKind(k), p.tok.start)
		p.advance()
		return c
	}
	return p.funcType()
}

func (p *parser) tableElements() []ast.Node {
	var list []ast.Node
	for {
		list = append(list, p.tableElement())
		if !p.accept(',') {
			return list
		}
	}
}

func (p *parser) tableElement() ast.Node {
	switch p.tok.kind {
	case kwLike:
		return p.tableLike()
	case kwConstraint, kwCheck, kwUnique, kwPrimary, kwForeign:
		return p.tableConstraint()
	case kwExclude:
		if k := p.peek(1); k == kwUsing || k == '(' {
			return p.tableConstraint()
		}
	}
	return p.columnDef()
}

// optTypedElements parses the elements of a typed table or a partition.
func (p *parser) optTypedElements() []ast.Node {
	if !p.accept('(') {
		return nil
	}
	var list []ast.Node
	for {
		switch p.tok.kind {
		case kwConstraint, kwCheck, kwUnique, kwPrimary, kwForeign:
			list = append(list, p.tableConstraint())
		default:
			c := &ast.ColumnDef{Pos: p.tok.start}
			c.Name = p.colID()
			if p.accept(kwWith) {
				p.expect(kwOptions)
			}
			p.columnQualifiers(c)
			list = append(list, c)
		}
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

func (p *parser) tableLike() ast.Node {
	p.expect(kwLike)
	like := &ast.TableLikeClause{Relation: p.qualifiedName()}
	for p.is(kwIncluding) || p.is(kwExcluding) {
		including := p.is(kwIncluding)
		p.advance()
		var bit ast.TableLikeOptions
		switch p.tok.kind {
		case kwComments:
			bit = ast.LikeComments
		case kwCompression:
			bit = ast.LikeCompression
		case kwConstraints:
			bit = ast.LikeConstraints
		case kwDefaults:
			bit = ast.LikeDefaults
		case kwIdentity:
			bit = ast.LikeIdentity
		case kwGenerated:
			bit = ast.LikeGenerated
		case kwIndexes:
			bit = ast.LikeIndexes
		case kwStatistics:
			bit = ast.LikeStatistics
		case kwStorage:
			bit = ast.LikeStorage
		case kwAll:
			bit = ast.LikeAll
		default:
			p.syntaxError()
		}
		p.advance()
		if including {
			like.Options |= bit
		} else {
			like.Options &^= bit
		}
	}
	return like
}

// columnDef parses a column's definition.
func (p *parser) columnDef() *ast.ColumnDef {
	c := &ast.ColumnDef{Pos: p.tok.start}
	c.Name = p.colID()
	c.Type = p.typeName()
	if p.accept(kwStorage) {
		if p.accept(kwDefault) {
			c.Storage = "default"
		} else {
			c.Storage = p.colID()
		}
	}
	if p.accept(kwCompression) {
		if p.accept(kwDefault) {
			c.Compression = "default"
		} else {
			c.Compression = p.colID()
		}
	}
	if p.is(kwOptions) {
		c.FDWOptions = p.genericOptions()
	}
	p.columnQualifiers(c)
	return c
}

// columnQualifiers parses the constraints and the collation of a column.
func (p *parser) columnQualifiers(c *ast.ColumnDef) {
	for {
		if p.is(kwCollate) {
			pos := p.tok.start
			collate := p.optCollate()
			if c.Collation != nil {
				p.failAt(pos, "multiple COLLATE clauses not allowed")
			}
			c.Collation = collate
			continue
		}
		constraint := p.columnConstraint()
		if constraint == nil {
			return
		}
		c.Constraints = append(c.Constraints, constraint)
	}
}

// columnConstraint parses one constraint of a column, nil if there is none.
func (p *parser) columnConstraint() *ast.Constraint {
	c := &ast.Constraint{Pos: p.tok.start}
	if p.accept(kwConstraint) {
		c.Name = p.colID()
		if !p.columnConstraintElem(c) {
			p.syntaxError()
		}
		return c
	}
	if p.columnConstraintElem(c) {
		return c
	}
	switch p.tok.kind {
	case kwDeferrable:
		c.Kind = ast.ConstrAttrDeferrable
	case kwNot: // NOT NULL was seen above
		p.advance()
		c.Kind = ast.ConstrAttrNotDeferrable
		if !p.is(kwDeferrable) {
			p.syntaxError()
		}
	case kwInitially:
		p.advance()
		c.Kind = ast.ConstrAttrDeferred
		if p.is(kwImmediate) {
			c.Kind = ast.ConstrAttrImmediate
		} else if !p.is(kwDeferred) {
			p.syntaxError()
		}
	default:
		return nil
	}
	p.advance()
	return c
}

// columnConstraintElem parses a constraint without its name; false if there is
// none.
func (p *parser) columnConstraintElem(c *ast.Constraint) bool {
	switch p.tok.kind {
	case kwNot:
		if p.peek(1) == kwDeferrable {
			return false
		}
		p.advance()
		p.expect(kwNull)
		c.Kind = ast.ConstrNotNull
	case kwNull:
		p.advance()
		c.Kind = ast.ConstrNull
	case kwUnique:
		p.advance()
		c.Kind = ast.ConstrUnique
		c.NullsNotDistinct = p.nullsNotDistinct()
		c.Options, c.IndexSpace = p.optDefinition(), p.optIndexSpace()
	case kwPrimary:
		p.advance()
		p.expect(kwKey)
		c.Kind = ast.ConstrPrimary
		c.Options, c.IndexSpace = p.optDefinition(), p.optIndexSpace()
	case kwCheck:
		p.advance()
		p.expect('(')
		c.Kind, c.Expr = ast.ConstrCheck, p.expr()
		p.expect(')')
		c.NoInherit = p.noInherit()
	case kwDefault:
		p.advance()
		c.Kind, c.Expr = ast.ConstrDefault, p.bExpr()
	case kwGenerated:
		p.generated(c)
	case kwReferences:
		p.advance()
		c.Kind = ast.ConstrForeign
		p.references(c)
	default:
		return false
	}
	return true
}

func (p *parser) noInherit() bool {
	return p.accept2(kwNo, kwInherit)
}

func (p *parser) nullsNotDistinct() bool {
	if !p.accept(kwNulls) {
		return false
	}
	not := p.accept(kwNot)
	p.expect(kwDistinct)
	return not
}

// optDefinition parses WITH (…) of a constraint's index.
func (p *parser) optDefinition() []*ast.DefElem {
	if !p.is(kwWith) {
		return nil
	}
	p.advance()
	return p.definition()
}

// definition parses (name [= value], …).
func (p *parser) definition() []*ast.DefElem {
	p.expect('(')
	var list []*ast.DefElem
	for {
		d := &ast.DefElem{Pos: p.tok.start}
		d.Name = p.colLabel()
		if p.accept('=') {
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

func (p *parser) optIndexSpace() string {
	if !p.accept(kwUsing) {
		return ""
	}
	p.expectAll(kwIndex, kwTablespace)
	return p.colID()
}

// generated parses GENERATED … AS IDENTITY or AS (expr) STORED.
func (p *parser) generated(c *ast.Constraint) {
	p.expect(kwGenerated)
	whenPos := p.tok.start
	if p.accept(kwAlways) {
		c.Always = true
	} else {
		p.expectAll(kwBy, kwDefault)
	}
	p.expect(kwAs)
	if p.accept(kwIdentity) {
		c.Kind = ast.ConstrIdentity
		if p.accept('(') {
			c.Options = p.sequenceOptions()
			if len(c.Options) == 0 {
				p.syntaxError()
			}
			p.expect(')')
		}
		return
	}
	p.expect('(')
	c.Kind, c.Expr = ast.ConstrGenerated, p.expr()
	p.expectAll(')', kwStored)
	if !c.Always {
		p.failAt(whenPos, "for a generated column, GENERATED ALWAYS must be specified")
	}
}

// references parses the table and the options of a foreign key.
func (p *parser) references(c *ast.Constraint) {
	c.PkTable = p.qualifiedName()
	c.PkColumns = p.optColumnList()
	if p.is(kwMatch) {
		pos := p.expect(kwMatch)
		switch {
		case p.accept(kwFull):
			c.Match = ast.FKMatchFull
		case p.accept(kwPartial):
			p.unsupportedGrammar(pos, "MATCH PARTIAL not yet implemented")
		default:
			p.expect(kwSimple)
		}
	}
	for p.is(kwOn) {
		pos := p.tok.start
		switch p.peek(1) {
		case kwUpdate:
			p.advance()
			p.advance()
			var cols []string
			c.OnUpdate, cols = p.keyAction()
			if cols != nil {
				name := "SET NULL"
				if c.OnUpdate == ast.FKSetDefault {
					name = "SET DEFAULT"
				}
				p.unsupportedGrammar(pos, "a column list with "+name+" is only supported for ON DELETE actions")
			}
		case kwDelete:
			p.advance()
			p.advance()
			c.OnDelete, c.DelSetCols = p.keyAction()
		default:
			p.advance()
			p.syntaxError()
		}
	}
}

func (p *parser) keyAction() (ast.FKAction, []string) {
	switch p.tok.kind {
	case kwNo:
		p.advance()
		p.expect(kwAction)
		return ast.FKNoAction, nil
	case kwRestrict:
		p.advance()
		return ast.FKRestrict, nil
	case kwCascade:
		p.advance()
		return ast.FKCascade, nil
	}
	p.expect(kwSet)
	if p.accept(kwDefault) {
		return ast.FKSetDefault, p.optColumnList()
	}
	p.expect(kwNull)
	return ast.FKSetNull, p.optColumnList()
}

// tableConstraint parses a constraint of a table.
func (p *parser) tableConstraint() *ast.Constraint {
	c := &ast.Constraint{Pos: p.tok.start}
	if p.accept(kwConstraint) {
		c.Name = p.colID()
	}
	kind := ""
	switch p.tok.kind {
	case kwCheck:
		p.advance()
		p.expect('(')
		c.Kind, c.Expr = ast.ConstrCheck, p.expr()
		p.expect(')')
		kind = "CHECK"
	case kwUnique, kwPrimary:
		kind = p.keyConstraint(c)
	case kwExclude:
		p.exclusion(c)
		kind = "EXCLUDE"
	case kwForeign:
		p.advance()
		p.expect(kwKey)
		c.Kind, c.FkColumns = ast.ConstrForeign, p.columnList()
		p.expect(kwReferences)
		p.references(c)
		kind = "FOREIGN KEY"
	default:
		p.syntaxError()
	}
	p.constraintAttributes(c, kind)
	return c
}

func (p *parser) keyConstraint(c *ast.Constraint) string {
	kind := "UNIQUE"
	c.Kind = ast.ConstrUnique
	if p.accept(kwPrimary) {
		p.expect(kwKey)
		c.Kind, kind = ast.ConstrPrimary, "PRIMARY KEY"
	} else {
		p.expect(kwUnique)
		c.NullsNotDistinct = p.nullsNotDistinct()
	}
	if p.is(kwUsing) && !c.NullsNotDistinct {
		p.advance()
		p.expect(kwIndex)
		c.IndexName = p.colID()
		return kind
	}
	c.Keys = p.columnList()
	if p.accept(kwInclude) {
		c.Including = p.columnList()
	}
	c.Options, c.IndexSpace = p.optDefinition(), p.optIndexSpace()
	return kind
}

func (p *parser) exclusion(c *ast.Constraint) {
	p.expect(kwExclude)
	c.Kind = ast.ConstrExclusion
	if p.accept(kwUsing) {
		c.AccessMethod = p.colID()
	}
	p.expect('(')
	for {
		e := &ast.ExclusionElem{Elem: p.indexElem()}
		p.expect(kwWith)
		if p.is(kwOperator) {
			schema, op := p.qualifiedOperator()
			e.Op = append(schema, op)
		} else {
			schema, op := p.anyOperator()
			e.Op = append(schema, op)
		}
		c.Exclusions = append(c.Exclusions, e)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	if p.accept(kwInclude) {
		c.Including = p.columnList()
	}
	c.Options, c.IndexSpace = p.optDefinition(), p.optIndexSpace()
	if p.accept(kwWhere) {
		p.expect('(')
		c.Where = p.expr()
		p.expect(')')
	}
}

// Bits of constraint attributes, to find conflicts between them.
const (
	attrNotDeferrable = 1 << iota
	attrDeferrable
	attrInitImmediate
	attrInitDeferred
	attrNotValid
	attrNoInherit
)

// constraintAttributeSpec parses DEFERRABLE, INITIALLY DEFERRED, NOT VALID and
// so on.
func (p *parser) constraintAttributeSpec() int {
	bits := 0
	for {
		at := p.tok.start
		bit := p.constraintAttribute()
		if bit == 0 {
			return bits
		}
		bits |= bit
		if bits&attrNotDeferrable != 0 && bits&attrInitDeferred != 0 {
			p.failAt(at, "constraint declared INITIALLY DEFERRED must be DEFERRABLE")
		}
		if bits&attrNotDeferrable != 0 && bits&attrDeferrable != 0 ||
			bits&attrInitImmediate != 0 && bits&attrInitDeferred != 0 {
			p.failAt(at, "conflicting constraint properties")
		}
	}
}

func (p *parser) constraintAttribute() int {
	switch p.tok.kind {
	case kwNot:
		p.advance()
		if p.accept(kwValid) {
			return attrNotValid
		}
		p.expect(kwDeferrable)
		return attrNotDeferrable
	case kwDeferrable:
		p.advance()
		return attrDeferrable
	case kwInitially:
		p.advance()
		if p.accept(kwImmediate) {
			return attrInitImmediate
		}
		p.expect(kwDeferred)
		return attrInitDeferred
	case kwNo:
		p.advance()
		p.expect(kwInherit)
		return attrNoInherit
	}
	return 0
}

// constraintAttributes parses the attributes of a table constraint and refuses
// those that its kind does not have.
func (p *parser) constraintAttributes(c *ast.Constraint, kind string) {
	bits := p.constraintAttributeSpec()
	deferrable := c.Kind != ast.ConstrCheck
	notValid := c.Kind == ast.ConstrCheck || c.Kind == ast.ConstrForeign
	if bits&(attrDeferrable|attrInitDeferred) != 0 && !deferrable {
		p.unsupportedGrammar(-1, kind+" constraints cannot be marked DEFERRABLE")
	}
	if bits&attrNotValid != 0 && !notValid {
		p.unsupportedGrammar(-1, kind+" constraints cannot be marked NOT VALID")
	}
	if bits&attrNoInherit != 0 && c.Kind != ast.ConstrCheck {
		p.unsupportedGrammar(-1, kind+" constraints cannot be marked NO INHERIT")
	}
	c.Deferrable = bits&(attrDeferrable|attrInitDeferred) != 0
	c.InitDeferred = bits&attrInitDeferred != 0
	c.SkipValidation = bits&attrNotValid != 0
	c.NoInherit = bits&attrNoInherit != 0
}

// partitionSpec parses PARTITION BY.
func (p *parser) partitionSpec() *ast.PartitionSpec {
	s := &ast.PartitionSpec{Pos: p.expect(kwPartition)}
	p.expect(kwBy)
	name := p.colID()
	p.expect('(')
	for {
		e := &ast.PartitionElem{Pos: p.tok.start}
		e.Name, e.Expr = p.indexKey()
		if p.accept(kwCollate) {
			e.Collation = p.anyName()
		}
		if p.isColID() {
			e.OpClass = p.anyName()
		}
		s.Params = append(s.Params, e)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	switch name {
	case "list":
		s.Strategy = ast.PartitionList
	case "range":
		s.Strategy = ast.PartitionRange
	case "hash":
		s.Strategy = ast.PartitionHash
	default:
		p.fail(-1, pgerr.InvalidParameterValue, "unrecognized partitioning strategy \"%s\"", name)
	}
	return s
}

// partitionBound parses FOR VALUES … or DEFAULT.
func (p *parser) partitionBound() *ast.PartitionBoundSpec {
	b := &ast.PartitionBoundSpec{Pos: p.tok.start}
	if p.accept(kwDefault) {
		b.IsDefault = true
		return b
	}
	p.expectAll(kwFor, kwValues)
	switch p.tok.kind {
	case kwIn:
		p.advance()
		p.expect('(')
		b.Strategy, b.List = ast.PartitionList, p.exprList()
		p.expect(')')
	case kwFrom:
		p.advance()
		p.expect('(')
		b.Strategy, b.Lower = ast.PartitionRange, p.exprList()
		p.expectAll(')', kwTo, '(')
		b.Upper = p.exprList()
		p.expect(')')
	default:
		p.expect(kwWith)
		p.hashBound(b)
	}
	return b
}

func (p *parser) hashBound(b *ast.PartitionBoundSpec) {
	p.expect('(')
	b.Strategy, b.Modulus, b.Remainder = ast.PartitionHash, -1, -1
	for {
		pos := p.tok.start
		name := p.nonReservedWord()
		value := p.iconst()
		target := &b.Modulus
		switch name {
		case "modulus":
		case "remainder":
			target = &b.Remainder
		default:
			p.failAt(pos, "unrecognized hash partition bound specification \"%s\"", name)
		}
		if *target != -1 {
			p.fail(pos, pgerr.DuplicateObject, "%s for hash partition provided more than once", name)
		}
		*target = value
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	if b.Modulus == -1 {
		p.failAt(-1, "modulus for hash partition must be specified")
	}
	if b.Remainder == -1 {
		p.failAt(-1, "remainder for hash partition must be specified")
	}
}
