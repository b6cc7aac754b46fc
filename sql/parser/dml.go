package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// preparableStmt parses the statements that may follow WITH, EXPLAIN, PREPARE and
// COPY (…).
func (p *parser) preparableStmt() ast.Stmt {
	switch p.tok.kind {
	case kwWith, tWithLA:
		return p.withStatement()
	case kwInsert:
		return p.insertStmt(nil)
	case kwUpdate:
		return p.updateStmt(nil)
	case kwDelete:
		return p.deleteStmt(nil)
	case kwMerge:
		return p.mergeStmt(nil)
	}
	return p.selectStmt()
}

// selectStmt parses a query as a statement; all of it may be in parentheses.
func (p *parser) selectStmt() *ast.SelectStmt {
	if !p.is('(') && !p.is(kwSelect) && !p.is(kwValues) && !p.is(kwTable) && !p.is(kwWith) && !p.is(tWithLA) {
		p.syntaxError()
	}
	return p.selectNoParens()
}

// withStatement parses a statement that starts with WITH.
func (p *parser) withStatement() ast.Stmt {
	with := p.withClause()
	switch p.tok.kind {
	case kwInsert:
		return p.insertStmt(with)
	case kwUpdate:
		return p.updateStmt(with)
	case kwDelete:
		return p.deleteStmt(with)
	case kwMerge:
		return p.mergeStmt(with)
	}
	sel := p.selectRest(p.selectOperand(), with)
	p.deepen()
	return sel
}

func (p *parser) insertStmt(with *ast.WithClause) ast.Stmt {
	p.expectAll(kwInsert, kwInto)
	ins := &ast.InsertStmt{With: with, Relation: p.qualifiedName()}
	if p.accept(kwAs) {
		ins.Relation.Alias = &ast.Alias{Name: p.colID()}
	}
	if p.accept(kwDefault) {
		p.expect(kwValues)
		return p.insertRest(ins)
	}
	// A parenthesis opens a column list, unless a query is in it.
	if p.is('(') && !p.insertQuery() {
		p.advance()
		ins.Cols = p.insertColumns()
		p.expect(')')
	}
	if p.accept(kwOverriding) {
		ins.Overriding = p.overriding()
	}
	ins.Select = p.selectStmt()
	return p.insertRest(ins)
}

// insertQuery tells whether a parenthesis after INSERT INTO t opens a query.
func (p *parser) insertQuery() bool {
	switch p.peek(1) {
	case kwSelect, kwWith, kwTable, '(':
		return true
	case kwValues:
		return p.peek(2) == '('
	}
	return false
}

func (p *parser) overriding() ast.OverridingKind {
	kind := ast.OverridingSystemValue
	if p.accept(kwUser) {
		kind = ast.OverridingUserValue
	} else {
		p.expect(kwSystem)
	}
	p.expect(kwValue)
	return kind
}

func (p *parser) insertColumns() []*ast.ResTarget {
	var list []*ast.ResTarget
	for {
		list = append(list, p.assignmentTarget())
		if !p.accept(',') {
			return list
		}
	}
}

// assignmentTarget parses a column with optional fields and subscripts.
func (p *parser) assignmentTarget() *ast.ResTarget {
	t := &ast.ResTarget{Pos: p.tok.start}
	t.Name = p.colID()
	if p.is('.') || p.is('[') {
		t.Indirection = p.indirection()
	}
	return t
}

func (p *parser) insertRest(ins *ast.InsertStmt) ast.Stmt {
	if p.is(kwOn) {
		ins.OnConflict = p.onConflict()
	}
	ins.Returning = p.returning()
	return ins
}

func (p *parser) returning() []*ast.ResTarget {
	if !p.accept(kwReturning) {
		return nil
	}
	return p.targetList()
}

func (p *parser) onConflict() *ast.OnConflictClause {
	c := &ast.OnConflictClause{Pos: p.expect(kwOn)}
	p.expect(kwConflict)
	inferPos := p.tok.start
	switch {
	case p.accept('('):
		c.Infer = &ast.InferClause{Pos: inferPos, IndexElems: p.indexParams()}
		p.expect(')')
		c.Infer.Where = p.whereClause()
	case p.accept(kwOn):
		p.expect(kwConstraint)
		c.Infer = &ast.InferClause{Pos: inferPos, Constraint: p.colID()}
	}
	p.expect(kwDo)
	if p.accept(kwNothing) {
		return c
	}
	p.expectAll(kwUpdate, kwSet)
	c.DoUpdate = true
	c.Targets = p.setClauses()
	c.Where = p.whereClause()
	return c
}

// setClauses parses the assignments of UPDATE.
func (p *parser) setClauses() []*ast.ResTarget {
	var list []*ast.ResTarget
	for {
		if p.is('(') {
			list = append(list, p.multiAssignment()...)
		} else {
			t := p.assignmentTarget()
			p.expect('=')
			t.Val = p.expr()
			list = append(list, t)
		}
		if !p.accept(',') {
			return list
		}
	}
}

// multiAssignment parses (a, b) = row.
func (p *parser) multiAssignment() []*ast.ResTarget {
	p.expect('(')
	targets := p.insertColumns()
	p.expectAll(')', '=')
	source := p.expr()
	for i, t := range targets {
		t.Val = &ast.MultiAssignRef{Source: source, ColNo: i + 1, NColumns: len(targets)}
	}
	return targets
}

// targetRelation parses the table of UPDATE, DELETE and MERGE. A bare SET cannot
// be its alias.
func (p *parser) targetRelation() *ast.RangeVar {
	rv := p.relationExpr()
	if p.accept(kwAs) || p.isColID() && !p.is(kwSet) {
		rv.Alias = &ast.Alias{Name: p.colID()}
	}
	return rv
}

func (p *parser) updateStmt(with *ast.WithClause) ast.Stmt {
	p.expect(kwUpdate)
	u := &ast.UpdateStmt{With: with, Relation: p.targetRelation()}
	p.expect(kwSet)
	u.Targets = p.setClauses()
	if p.accept(kwFrom) {
		u.From = p.fromList()
	}
	u.Where = p.whereOrCurrent()
	u.Returning = p.returning()
	return u
}

func (p *parser) deleteStmt(with *ast.WithClause) ast.Stmt {
	p.expectAll(kwDelete, kwFrom)
	d := &ast.DeleteStmt{With: with, Relation: p.targetRelation()}
	if p.accept(kwUsing) {
		d.Using = p.fromList()
	}
	d.Where = p.whereOrCurrent()
	d.Returning = p.returning()
	return d
}

// whereOrCurrent parses WHERE with an expression or CURRENT OF.
func (p *parser) whereOrCurrent() ast.Expr {
	if !p.accept(kwWhere) {
		return nil
	}
	if p.is(kwCurrent) && p.peek(1) == kwOf {
		pos := p.tok.start
		p.advance()
		p.advance()
		return &ast.CurrentOf{Cursor: p.colID(), Pos: pos}
	}
	return p.expr()
}

func (p *parser) mergeStmt(with *ast.WithClause) ast.Stmt {
	p.expectAll(kwMerge, kwInto)
	m := &ast.MergeStmt{With: with, Relation: p.targetRelation()}
	p.expect(kwUsing)
	m.Source = p.tableRef()
	p.expect(kwOn)
	m.Join = p.expr()
	for {
		m.Whens = append(m.Whens, p.mergeWhen())
		if !p.is(kwWhen) {
			break
		}
	}
	m.Returning = p.returning()
	return m
}

func (p *parser) mergeWhen() *ast.MergeWhenClause {
	w := &ast.MergeWhenClause{}
	p.expect(kwWhen)
	if p.accept(kwNot) {
		p.expect(kwMatched)
		w.Match = ast.MergeNotMatchedByTarget
		if p.accept(kwBy) {
			if p.accept(kwSource) {
				w.Match = ast.MergeNotMatchedBySource
			} else {
				p.expect(kwTarget)
			}
		}
	} else {
		p.expect(kwMatched)
	}
	if p.accept(kwAnd) {
		w.Condition = p.expr()
	}
	p.expect(kwThen)
	target := w.Match == ast.MergeNotMatchedByTarget
	switch {
	case p.accept(kwDo):
		p.expect(kwNothing)
	case !target && p.accept(kwUpdate):
		p.expect(kwSet)
		w.Action, w.Targets = ast.MergeUpdate, p.setClauses()
	case !target && p.accept(kwDelete):
		w.Action = ast.MergeDelete
	case target && p.accept(kwInsert):
		p.mergeInsert(w)
	default:
		p.syntaxError()
	}
	return w
}

func (p *parser) mergeInsert(w *ast.MergeWhenClause) {
	w.Action = ast.MergeInsert
	if p.accept(kwDefault) {
		p.expect(kwValues)
		return
	}
	if p.accept('(') {
		w.Targets = p.insertColumns()
		p.expect(')')
	}
	if p.accept(kwOverriding) {
		w.Overriding = p.overriding()
	}
	p.expectAll(kwValues, '(')
	w.Values = p.exprList()
	p.expect(')')
}

// copyStmt parses COPY.
func (p *parser) copyStmt() ast.Stmt {
	p.expect(kwCopy)
	c := &ast.CopyStmt{}
	if p.is('(') {
		p.advance()
		c.Query = p.preparableStmt()
		p.expectAll(')', kwTo)
		p.copyTarget(c)
		p.accept(kwWith)
		c.Options = p.copyOptions(nil)
		return c
	}
	var options []*ast.DefElem
	if p.is(kwBinary) {
		options = append(options, p.wordOption("format", "binary"))
		p.advance()
	}
	c.Relation = p.qualifiedName()
	c.Columns = p.optColumnList()
	if p.accept(kwFrom) {
		c.IsFrom = true
	} else {
		p.expect(kwTo)
	}
	p.copyTarget(c)
	// The old form [USING] DELIMITERS 'c'.
	if p.is(kwUsing) || p.is(kwDelimiters) {
		pos := p.tok.start
		p.accept(kwUsing)
		p.expect(kwDelimiters)
		options = append(options, &ast.DefElem{Name: "delimiter", Arg: p.stringConst(), Pos: pos})
	}
	p.accept(kwWith)
	c.Options = p.copyOptions(options)
	wherePos := p.tok.start
	c.Where = p.whereClause()
	if c.Where != nil && !c.IsFrom {
		p.failWith(wherePos, pgerr.New(pgerr.SyntaxError, "WHERE clause not allowed with COPY TO"))
	}
	return c
}

// copyTarget parses a file, a program, STDIN or STDOUT.
func (p *parser) copyTarget(c *ast.CopyStmt) {
	c.IsProgram = p.accept(kwProgram)
	switch p.tok.kind {
	case tSConst:
		c.Filename = p.tok.str
	case kwStdin, kwStdout:
		if c.IsProgram {
			p.failAt(-1, "STDIN/STDOUT not allowed with PROGRAM")
		}
		c.Stdio = true
	default:
		p.syntaxError()
	}
	p.advance()
}

func (p *parser) wordOption(name, value string) *ast.DefElem {
	return &ast.DefElem{Name: name, Arg: wordConst(value, p.tok.start), Pos: p.tok.start}
}

// copyOptions parses (name value, …) or the old words.
func (p *parser) copyOptions(list []*ast.DefElem) []*ast.DefElem {
	if p.is('(') {
		p.advance()
		for {
			d := &ast.DefElem{Pos: p.tok.start}
			d.Name = p.colLabel()
			d.Arg = p.copyOptionValue()
			list = append(list, d)
			if !p.accept(',') {
				break
			}
		}
		p.expect(')')
		return list
	}
	for {
		d := p.oldCopyOption()
		if d == nil {
			return list
		}
		list = append(list, d)
	}
}

func (p *parser) copyOptionValue() ast.Node {
	switch p.tok.kind {
	case ',', ')':
		return nil
	case '*':
		c := &ast.ColumnRef{Star: true, Pos: p.tok.start}
		p.advance()
		return c
	case tIConst, tFConst, '+', '-':
		return p.numericOnly()
	case '(':
		names := &ast.Names{Pos: p.expect('(')}
		for {
			names.Names = append(names.Names, p.optBooleanOrString().Val)
			if !p.accept(',') {
				break
			}
		}
		p.expect(')')
		return names
	case kwDefault:
		c := wordConst("default", p.tok.start)
		p.advance()
		return c
	}
	return p.optBooleanOrString()
}

// optBooleanOrString parses TRUE, FALSE, ON, a string or a word; all are strings.
func (p *parser) optBooleanOrString() *ast.Const {
	c := &ast.Const{Kind: ast.ConstString, Pos: p.tok.start}
	switch p.tok.kind {
	case kwTrue, kwFalse, kwOn:
		c.Val = nameOf(&p.tok)
		p.advance()
	case tSConst:
		c.Val = p.sconst()
	default:
		c.Val = p.nonReservedWord()
	}
	return c
}

func (p *parser) oldCopyOption() *ast.DefElem {
	d := &ast.DefElem{Pos: p.tok.start}
	k := p.tok.kind
	switch k {
	case kwBinary, kwCsv:
		d = p.wordOption("format", nameOfKind(k))
		p.advance()
	case kwFreeze:
		d.Name, d.Arg = "freeze", wordConst("true", d.Pos)
		p.advance()
	case kwHeader:
		d.Name, d.Arg = "header", wordConst("true", d.Pos)
		p.advance()
	case kwDelimiter, kwNull, kwQuote, kwEscape:
		p.advance()
		p.accept(kwAs)
		d.Name, d.Arg = nameOfKind(k), p.stringConst()
	case kwEncoding:
		p.advance()
		d.Name, d.Arg = "encoding", p.stringConst()
	case kwForce:
		p.forceOption(d)
	default:
		return nil
	}
	return d
}

// forceOption parses FORCE QUOTE cols, FORCE NULL cols, FORCE NOT NULL cols.
func (p *parser) forceOption(d *ast.DefElem) {
	p.expect(kwForce)
	switch {
	case p.accept(kwQuote):
		d.Name = "force_quote"
	case p.accept(kwNot):
		p.expect(kwNull)
		d.Name = "force_not_null"
	default:
		p.expect(kwNull)
		d.Name = "force_null"
	}
	pos := p.tok.start
	if p.accept('*') {
		d.Arg = &ast.ColumnRef{Star: true, Pos: pos}
		return
	}
	d.Arg = &ast.Names{Names: p.colIDList(), Pos: pos}
}
