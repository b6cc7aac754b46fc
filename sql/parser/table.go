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
