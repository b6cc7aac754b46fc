package parser

import "github.com/lightsql/lightsql/sql/ast"

// indexStmt parses CREATE [UNIQUE] INDEX from UNIQUE or INDEX on.
func (p *parser) indexStmt() ast.Stmt {
	s := &ast.IndexStmt{Unique: p.accept(kwUnique)}
	p.expect(kwIndex)
	s.Concurrent = p.accept(kwConcurrently)
	if p.is(kwIf) && p.peek(1) == kwNot {
		s.IfNotExists = p.ifNotExists()
		s.Name = p.name(colIDs)
	} else if !p.is(kwOn) {
		s.Name = p.colID()
	}
	p.expect(kwOn)
	s.Relation = p.relationExpr()
	if p.accept(kwUsing) {
		s.AccessMethod = p.colID()
	}
	p.expect('(')
	s.Params = p.indexParams()
	p.expect(')')
	if p.accept(kwInclude) {
		p.expect('(')
		s.Including = p.indexParams()
		p.expect(')')
	}
	s.NullsNotDistinct = p.nullsNotDistinct()
	s.Options = p.optRelOptions()
	s.TablespaceName = p.optTablespace()
	s.Where = p.whereClause()
	return s
}

func (p *parser) indexParams() []*ast.IndexElem {
	list := []*ast.IndexElem{p.indexElem()}
	for p.accept(',') {
		list = append(list, p.indexElem())
	}
	return list
}

// indexKey parses what is indexed: a column, a function call, or an expression
// in parentheses.
func (p *parser) indexKey() (string, ast.Expr) {
	if p.accept('(') {
		e := p.expr()
		p.expect(')')
		return "", e
	}
	next := p.peek(1)
	if p.isColID() && next != '(' && next != '.' {
		return p.colID(), nil
	}
	if isName(p.tok.kind, nonReserved) || p.startsFunction() {
		return "", p.windowlessFunction()
	}
	p.syntaxError()
	return "", nil
}

// indexElem parses an element of an index.
func (p *parser) indexElem() *ast.IndexElem {
	e := &ast.IndexElem{}
	e.Name, e.Expr = p.indexKey()
	if p.accept(kwCollate) {
		e.Collation = p.anyName()
	}
	if p.isColID() && !p.is(tNullsLA) {
		e.OpClass = p.anyName()
		if p.is('(') {
			e.OpClassOpts = p.relOptions()
		}
	}
	e.Dir = p.ascDesc()
	e.Nulls = p.nullsOrder()
	return e
}

// viewStmt parses CREATE VIEW from RECURSIVE or VIEW on.
func (p *parser) viewStmt(replace bool, persistence ast.Persistence) ast.Stmt {
	v := &ast.ViewStmt{Replace: replace, Recursive: p.accept(kwRecursive)}
	p.expect(kwView)
	v.View = p.qualifiedName()
	v.View.Persistence = persistence
	if v.Recursive {
		v.Columns = p.columnList()
	} else {
		v.Columns = p.optColumnList()
	}
	v.Options = p.optRelOptions()
	p.expect(kwAs)
	query := p.selectStmt()
	v.Query = query
	pos := p.tok.start
	v.CheckOption = p.checkOption()
	if v.Recursive {
		if v.CheckOption != ast.ViewCheckNone {
			p.unsupportedGrammar(pos, "WITH CHECK OPTION not supported on recursive views")
		}
		v.Query = recursiveViewQuery(v, query)
	}
	return v
}

func (p *parser) checkOption() ast.ViewCheckOption {
	if !p.accept(kwWith) {
		return ast.ViewCheckNone
	}
	option := ast.ViewCheckCascaded
	if p.accept(kwLocal) {
		option = ast.ViewCheckLocal
	} else {
		p.accept(kwCascaded)
	}
	p.expectAll(kwCheck, kwOption)
	return option
}

// recursiveViewQuery makes WITH RECURSIVE v (cols) AS (query) SELECT cols FROM v.
func recursiveViewQuery(v *ast.ViewStmt, query ast.Stmt) ast.Stmt {
	cte := &ast.CommonTableExpr{Name: v.View.Name, Columns: v.Columns, Query: query, Pos: -1}
	sel := &ast.SelectStmt{
		With: &ast.WithClause{CTEs: []*ast.CommonTableExpr{cte}, Recursive: true, Pos: -1},
		From: []ast.FromItem{&ast.RangeVar{Name: v.View.Name, Pos: -1}},
		Pos:  -1,
	}
	for _, c := range v.Columns {
		ref := &ast.ColumnRef{Names: []string{c}, Pos: -1}
		sel.TargetList = append(sel.TargetList, &ast.ResTarget{Val: ref, Pos: -1})
	}
	return sel
}

// createMatView parses CREATE MATERIALIZED VIEW from MATERIALIZED on.
func (p *parser) createMatView(persistence ast.Persistence) ast.Stmt {
	p.expectAll(kwMaterialized, kwView)
	s := &ast.CreateTableAsStmt{ObjType: ast.ObjectMatView, IfNotExists: p.ifNotExists()}
	into := &ast.IntoClause{Relation: p.qualifiedName()}
	into.Relation.Persistence = persistence
	into.Columns = p.optColumnList()
	if p.accept(kwUsing) {
		into.AccessMethod = p.colID()
	}
	into.Options = p.optRelOptions()
	into.TablespaceName = p.optTablespace()
	s.Into = into
	p.expect(kwAs)
	s.Query = p.selectStmt()
	into.SkipData = p.withNoData()
	return s
}

func (p *parser) refreshMatView() ast.Stmt {
	p.expectAll(kwRefresh, kwMaterialized, kwView)
	s := &ast.RefreshMatViewStmt{Concurrent: p.accept(kwConcurrently)}
	s.Relation = p.qualifiedName()
	s.SkipData = p.withNoData()
	return s
}

// createSequence parses CREATE SEQUENCE from SEQUENCE on.
func (p *parser) createSequence(persistence ast.Persistence) ast.Stmt {
	p.expect(kwSequence)
	s := &ast.CreateSeqStmt{IfNotExists: p.ifNotExists()}
	s.Sequence = p.qualifiedName()
	s.Sequence.Persistence = persistence
	s.Options = p.sequenceOptions()
	return s
}

func (p *parser) sequenceOptions() []*ast.DefElem {
	var list []*ast.DefElem
	for {
		d := p.sequenceOption()
		if d == nil {
			return list
		}
		list = append(list, d)
	}
}

// sequenceOption parses an option of a sequence, nil if there is none. NO MINVALUE
// and the like have no Arg.
func (p *parser) sequenceOption() *ast.DefElem {
	d := &ast.DefElem{Pos: p.tok.start}
	switch p.tok.kind {
	case kwAs:
		p.advance()
		d.Name, d.Arg = "as", p.simpleTypeName(false)
	case kwCache:
		p.advance()
		d.Name, d.Arg = "cache", p.numericOnly()
	case kwCycle:
		p.advance()
		d.Name, d.Arg = "cycle", boolConst(true, d.Pos)
	case kwNo:
		p.advance()
		switch {
		case p.accept(kwCycle):
			d.Name, d.Arg = "cycle", boolConst(false, d.Pos)
		case p.accept(kwMaxvalue):
			d.Name = "maxvalue"
		default:
			p.expect(kwMinvalue)
			d.Name = "minvalue"
		}
	case kwIncrement:
		p.advance()
		p.accept(kwBy)
		d.Name, d.Arg = "increment", p.numericOnly()
	case kwMaxvalue:
		p.advance()
		d.Name, d.Arg = "maxvalue", p.numericOnly()
	case kwMinvalue:
		p.advance()
		d.Name, d.Arg = "minvalue", p.numericOnly()
	case kwOwned:
		p.advance()
		p.expect(kwBy)
		pos := p.tok.start
		d.Name = "owned_by"
		d.Arg = &ast.Names{Names: p.anyName(), Pos: pos}
	case kwSequence:
		p.advance()
		p.expect(kwName)
		pos := p.tok.start
		d.Name = "sequence_name"
		d.Arg = &ast.Names{Names: p.anyName(), Pos: pos}
	case kwStart:
		p.advance()
		p.accept(kwWith)
		d.Name, d.Arg = "start", p.numericOnly()
	case kwRestart:
		p.advance()
		d.Name = "restart"
		if p.is(kwWith) || p.is('+') || p.is('-') || p.is(tIConst) || p.is(tFConst) {
			p.accept(kwWith)
			d.Arg = p.numericOnly()
		}
	case kwLogged:
		p.advance()
		d.Name = "logged"
	case kwUnlogged:
		p.advance()
		d.Name = "unlogged"
	default:
		return nil
	}
	return d
}

// alterSequence parses ALTER SEQUENCE with options.
func (p *parser) alterSequence(rv *ast.RangeVar, missingOk bool) ast.Stmt {
	s := &ast.AlterSeqStmt{Sequence: rv, MissingOk: missingOk}
	s.Options = p.sequenceOptions()
	if len(s.Options) == 0 {
		p.syntaxError()
	}
	return s
}
