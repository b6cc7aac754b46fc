package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// startsSelect tells whether a query starts at the current token, parentheses
// apart. VALUES without a parenthesis is a name.
func (p *parser) startsSelect() bool {
	switch p.tok.kind {
	case kwSelect, kwTable, kwWith, tWithLA:
		return true
	case kwValues:
		return p.peek(1) == '('
	}
	return false
}

// continuesSelect tells whether what follows a query in parentheses makes it
// part of a larger query, or ends the parentheses around it.
func (p *parser) continuesSelect() bool {
	switch p.tok.kind {
	case ')', kwUnion, kwIntersect, kwExcept, kwOrder, kwLimit, kwOffset, kwFetch, kwFor:
		return true
	}
	return false
}

// selectWithParens parses a query in parentheses.
func (p *parser) selectWithParens() *ast.SelectStmt {
	p.enter()
	defer p.leave()
	p.expect('(')
	sel := p.selectNoParens()
	p.expect(')')
	return sel
}

// selectNoParens parses a query with all its clauses; it may itself begin with
// parentheses.
func (p *parser) selectNoParens() *ast.SelectStmt {
	saved := p.mode
	p.mode = modePlain
	var with *ast.WithClause
	if p.is(kwWith) || p.is(tWithLA) {
		with = p.withClause()
	}
	depth := p.depth
	p.depth = 0
	sel := p.selectRest(p.selectOperand(), with)
	p.deepen()
	p.depth = max(p.depth, depth)
	p.mode = saved
	return sel
}

// selectRest parses set operations and the clauses after them.
func (p *parser) selectRest(left *ast.SelectStmt, with *ast.WithClause) *ast.SelectStmt {
	sel := p.setOperations(left, 0)
	p.selectOptions(sel, with)
	return sel
}

// selectOperand parses one side of a set operation.
func (p *parser) selectOperand() *ast.SelectStmt {
	switch p.tok.kind {
	case '(':
		return p.selectWithParens()
	case kwSelect:
		return p.simpleSelect()
	case kwValues:
		return p.valuesClause()
	case kwTable:
		sel := &ast.SelectStmt{Pos: p.expect(kwTable)}
		star := &ast.ColumnRef{Star: true, Pos: -1}
		sel.TargetList = []*ast.ResTarget{{Val: star, Pos: -1}}
		sel.From = []ast.FromItem{p.relationExpr()}
		return sel
	}
	p.syntaxError()
	return nil
}

// setOperations parses UNION, INTERSECT, EXCEPT; INTERSECT binds tighter.
func (p *parser) setOperations(left *ast.SelectStmt, minPrec int) *ast.SelectStmt {
	for {
		op, prec := ast.SetOpNone, 1
		switch p.tok.kind {
		case kwUnion:
			op = ast.SetOpUnion
		case kwExcept:
			op = ast.SetOpExcept
		case kwIntersect:
			op, prec = ast.SetOpIntersect, 2
		}
		if op == ast.SetOpNone || prec <= minPrec {
			return left
		}
		p.advance()
		all := p.accept(kwAll)
		if !all {
			p.accept(kwDistinct)
		}
		depth := p.depth
		p.depth = 0
		right := p.setOperations(p.selectOperand(), prec)
		p.depth = max(p.depth, depth)
		p.deepen()
		left = &ast.SelectStmt{Op: op, All: all, Left: left, Right: right, Pos: left.Pos}
	}
}

// simpleSelect parses SELECT … up to WINDOW.
func (p *parser) simpleSelect() *ast.SelectStmt {
	return p.selectBody(p.expect(kwSelect))
}

// selectBody parses what comes after SELECT.
func (p *parser) selectBody(pos int) *ast.SelectStmt {
	p.enter()
	defer p.leave()
	sel := &ast.SelectStmt{Pos: pos}
	switch p.tok.kind {
	case kwAll:
		p.advance()
	case kwDistinct:
		p.advance()
		sel.Distinct = true
		if p.accept(kwOn) {
			p.expect('(')
			sel.DistinctOn = p.exprList()
			p.expect(')')
		}
		if !p.startsTarget() {
			p.syntaxError() // only DISTINCT needs a select list
		}
	}
	if p.startsTarget() {
		sel.TargetList = p.targetList()
	}
	if p.is(kwInto) {
		sel.Into = p.intoClause()
	}
	if p.accept(kwFrom) {
		sel.From = p.fromList()
	}
	sel.Where = p.whereClause()
	if p.is(kwGroup) {
		p.groupClause(sel)
	}
	if p.accept(kwHaving) {
		sel.Having = p.expr()
	}
	if p.accept(kwWindow) {
		sel.Window = p.windowClause()
	}
	return sel
}

// startsTarget tells whether a select list may start here; SELECT alone is a
// query without columns.
func (p *parser) startsTarget() bool {
	switch p.tok.kind {
	case tEOF, ';', ')', kwInto, kwFrom, kwWhere, kwGroup, kwHaving, kwWindow, kwUnion,
		kwIntersect, kwExcept, kwOrder, kwLimit, kwOffset, kwFetch, kwFor:
		return false
	case kwWith, kwOn: // WITH CHECK OPTION, WITH DATA; ON CONFLICT
		return false
	}
	return true
}

func (p *parser) targetList() []*ast.ResTarget {
	list := []*ast.ResTarget{p.target()}
	for p.accept(',') {
		list = append(list, p.target())
	}
	return list
}

// target parses an element of a select list.
func (p *parser) target() *ast.ResTarget {
	t := &ast.ResTarget{Pos: p.tok.start}
	if p.is('*') {
		p.advance()
		t.Val = &ast.ColumnRef{Star: true, Pos: t.Pos}
		return t
	}
	t.Val = p.exprIn(modeTarget, false)
	switch {
	case p.accept(kwAs):
		t.Name = p.colLabel()
	case isBareLabel(p.tok.kind):
		t.Name = nameOf(&p.tok)
		p.advance()
	}
	return t
}

func (p *parser) whereClause() ast.Expr {
	if p.accept(kwWhere) {
		return p.expr()
	}
	return nil
}

// intoClause parses INTO [kind] name of SELECT INTO.
func (p *parser) intoClause() *ast.IntoClause {
	p.expect(kwInto)
	persistence := ast.PersistencePermanent
	switch p.tok.kind {
	case kwTemporary, kwTemp:
		persistence = ast.PersistenceTemp
		p.advance()
		p.accept(kwTable)
	case kwLocal, kwGlobal:
		if next := p.peek(1); next == kwTemporary || next == kwTemp {
			persistence = ast.PersistenceTemp
			p.advance()
			p.advance()
			p.accept(kwTable)
		}
	case kwUnlogged:
		if next := p.peek(1); next == kwTable || isName(next, colIDs) {
			persistence = ast.PersistenceUnlogged
			p.advance()
			p.accept(kwTable)
		}
	case kwTable:
		p.advance()
	}
	into := &ast.IntoClause{Relation: p.qualifiedName()}
	into.Relation.Persistence = persistence
	return into
}

// groupClause parses GROUP BY.
func (p *parser) groupClause(sel *ast.SelectStmt) {
	p.expectAll(kwGroup, kwBy)
	if !p.accept(kwAll) && p.accept(kwDistinct) {
		sel.GroupDistinct = true
	}
	sel.GroupBy = p.groupByList()
}

func (p *parser) groupByList() []ast.Expr {
	list := []ast.Expr{p.groupByItem()}
	for p.accept(',') {
		list = append(list, p.groupByItem())
	}
	return list
}

func (p *parser) groupByItem() ast.Expr {
	pos := p.tok.start
	switch {
	case p.is('(') && p.peek(1) == ')':
		p.advance()
		p.advance()
		return &ast.GroupingSet{Kind: ast.GroupingEmpty, Pos: pos}
	case p.is(kwRollup) && p.peek(1) == '(':
		return &ast.GroupingSet{Kind: ast.GroupingRollup, Content: p.parenthesized(), Pos: pos}
	case p.is(kwCube) && p.peek(1) == '(':
		return &ast.GroupingSet{Kind: ast.GroupingCube, Content: p.parenthesized(), Pos: pos}
	case p.is(kwGrouping) && p.peek(1) == kwSets:
		p.advance()
		p.expectAll(kwSets, '(')
		p.enter()
		g := &ast.GroupingSet{Kind: ast.GroupingSets, Content: p.groupByList(), Pos: pos}
		p.leave()
		p.expect(')')
		return g
	}
	return p.expr()
}

func (p *parser) windowClause() []*ast.WindowDef {
	var list []*ast.WindowDef
	for {
		name := p.colID()
		p.expect(kwAs)
		if !p.is('(') {
			p.syntaxError()
		}
		w := p.windowSpecification()
		w.Name = name
		list = append(list, w)
		if !p.accept(',') {
			return list
		}
	}
}

// windowSpecification parses (…) of a window.
func (p *parser) windowSpecification() *ast.WindowDef {
	w := &ast.WindowDef{Frame: ast.FrameDefaults, Pos: p.expect('(')}
	p.enter()
	if p.isColID() && !p.windowKeyword() {
		w.RefName = p.colID()
	}
	if p.accept(kwPartition) {
		p.expect(kwBy)
		w.Partition = p.exprList()
	}
	w.Order = p.optSortClause()
	switch p.tok.kind {
	case kwRange:
		p.frame(w, ast.FrameRange)
	case kwRows:
		p.frame(w, ast.FrameRows)
	case kwGroups:
		p.frame(w, ast.FrameGroups)
	}
	p.leave()
	p.expect(')')
	return w
}

// windowKeyword tells whether a word starts a clause of a window although it may
// be a name.
func (p *parser) windowKeyword() bool {
	switch p.tok.kind {
	case kwPartition, kwRange, kwRows, kwGroups:
		return true
	}
	return false
}

// frame parses ROWS, RANGE or GROUPS.
func (p *parser) frame(w *ast.WindowDef, unit ast.FrameOptions) {
	p.advance()
	w.Frame = ast.FrameNonDefault | unit
	if p.accept(kwBetween) {
		w.Frame |= ast.FrameBetween
		startPos := p.tok.start
		start, startOffset := p.frameBound()
		p.expect(kwAnd)
		endPos := p.tok.start
		end, endOffset := p.frameBound()
		w.Frame |= start | end<<1
		w.StartOffset, w.EndOffset = startOffset, endOffset
		p.checkFrame(start, end, startPos, endPos)
	} else {
		pos := p.tok.start
		start, offset := p.frameBound()
		switch start {
		case ast.FrameStartUnboundedFollowing:
			p.fail(pos, pgerr.WindowingError, "frame start cannot be UNBOUNDED FOLLOWING")
		case ast.FrameStartOffsetFollowing:
			p.fail(pos, pgerr.WindowingError, "frame starting from following row cannot end with current row")
		}
		w.Frame |= start | ast.FrameEndCurrentRow
		w.StartOffset = offset
	}
	if !p.accept(kwExclude) {
		return
	}
	switch {
	case p.accept2(kwCurrent, kwRow):
		w.Frame |= ast.FrameExcludeCurrentRow
	case p.accept(kwGroup):
		w.Frame |= ast.FrameExcludeGroup
	case p.accept(kwTies):
		w.Frame |= ast.FrameExcludeTies
	case p.accept2(kwNo, kwOthers):
	default:
		if p.is(kwCurrent) || p.is(kwNo) {
			p.advance()
		}
		p.syntaxError()
	}
}

func (p *parser) checkFrame(start, end ast.FrameOptions, startPos, endPos int) {
	message, pos := "", startPos
	switch {
	case start == ast.FrameStartUnboundedFollowing:
		message = "frame start cannot be UNBOUNDED FOLLOWING"
	case end == ast.FrameStartUnboundedPreceding:
		message, pos = "frame end cannot be UNBOUNDED PRECEDING", endPos
	case start == ast.FrameStartCurrentRow && end == ast.FrameStartOffsetPreceding:
		message, pos = "frame starting from current row cannot have preceding rows", endPos
	case start == ast.FrameStartOffsetFollowing &&
		(end == ast.FrameStartOffsetPreceding || end == ast.FrameStartCurrentRow):
		message, pos = "frame starting from following row cannot have preceding rows", endPos
	default:
		return
	}
	p.fail(pos, pgerr.WindowingError, "%s", message)
}

// frameBound parses a bound, as the bit of a frame's start.
func (p *parser) frameBound() (ast.FrameOptions, ast.Expr) {
	if p.is(kwUnbounded) {
		switch p.peek(1) {
		case kwPreceding:
			p.advance()
			p.advance()
			return ast.FrameStartUnboundedPreceding, nil
		case kwFollowing:
			p.advance()
			p.advance()
			return ast.FrameStartUnboundedFollowing, nil
		}
	}
	if p.accept2(kwCurrent, kwRow) {
		return ast.FrameStartCurrentRow, nil
	}
	offset := p.expr()
	if p.accept(kwPreceding) {
		return ast.FrameStartOffsetPreceding, offset
	}
	p.expect(kwFollowing)
	return ast.FrameStartOffsetFollowing, offset
}

// valuesClause parses VALUES.
func (p *parser) valuesClause() *ast.SelectStmt {
	sel := &ast.SelectStmt{Pos: p.expect(kwValues)}
	width := 0
	for {
		p.expect('(')
		row := append(make([]ast.Expr, 0, width), p.expr())
		for p.accept(',') {
			row = append(row, p.expr())
		}
		p.expect(')')
		width = len(row)
		sel.Values = append(sel.Values, row)
		if !p.accept(',') {
			return sel
		}
	}
}

// optSortClause parses ORDER BY, if there is one.
func (p *parser) optSortClause() []*ast.SortBy {
	if !p.accept(kwOrder) {
		return nil
	}
	p.expect(kwBy)
	list := []*ast.SortBy{p.sortBy()}
	for p.accept(',') {
		list = append(list, p.sortBy())
	}
	return list
}

func (p *parser) sortBy() *ast.SortBy {
	s := &ast.SortBy{Expr: p.expr(), Pos: -1}
	switch p.tok.kind {
	case kwUsing:
		p.advance()
		s.Dir, s.Pos = ast.SortUsing, p.tok.start
		if p.is(kwOperator) {
			s.OpSchema, s.UseOp = p.qualifiedOperator()
		} else {
			s.UseOp = p.allOp()
		}
	default:
		s.Dir = p.ascDesc()
	}
	s.Nulls = p.nullsOrder()
	return s
}

func (p *parser) ascDesc() ast.SortDir {
	switch {
	case p.accept(kwAsc):
		return ast.SortAsc
	case p.accept(kwDesc):
		return ast.SortDesc
	}
	return ast.SortDefault
}

func (p *parser) nullsOrder() ast.NullsOrder {
	if !p.accept(tNullsLA) {
		return ast.NullsDefault
	}
	if p.accept(kwFirst) {
		return ast.NullsFirst
	}
	p.expect(kwLast)
	return ast.NullsLast
}
