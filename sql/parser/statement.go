package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
)

// statement parses one statement.
func (p *parser) statement() ast.Stmt {
	switch p.tok.kind {
	case kwSelect, '(', kwValues, kwTable, kwWith, tWithLA, kwInsert, kwUpdate, kwDelete, kwMerge:
		return p.preparableStmt()
	case kwBegin, kwStart, kwCommit, kwEnd, kwRollback, kwAbort, kwSavepoint, kwRelease:
		return p.transactionStmt()
	case kwPrepare:
		if p.peek(1) == kwTransaction {
			return p.transactionStmt()
		}
		return p.prepareStmt()
	case kwExecute:
		return p.executeStmt()
	case kwDeallocate:
		return p.deallocateStmt()
	case kwSet:
		return p.setStmt()
	case kwReset:
		return p.resetStmt()
	case kwShow:
		return p.showStmt()
	case kwExplain:
		return p.explainStmt()
	case kwCopy:
		return p.copyStmt()
	case kwDeclare:
		return p.declareCursor()
	case kwClose:
		return p.closePortal()
	case kwFetch, kwMove:
		return p.fetchStmt()
	case kwCreate:
		return p.createStmt()
	case kwAlter:
		return p.alterStmt()
	case kwDrop:
		return p.dropStmt()
	case kwGrant, kwRevoke:
		return p.grantStmt()
	case kwComment:
		return p.commentStmt()
	case kwSecurity:
		return p.securityLabel()
	}
	return p.maintenanceStmt()
}

// maintenanceStmt parses the statements that look after tables and the server.
func (p *parser) maintenanceStmt() ast.Stmt {
	switch p.tok.kind {
	case kwTruncate:
		return p.truncateStmt()
	case kwLock:
		return p.lockStmt()
	case kwVacuum:
		return p.vacuumStmt()
	case kwAnalyze, kwAnalyse:
		return p.analyzeStmt()
	case kwCluster:
		return p.clusterStmt()
	case kwReindex:
		return p.reindexStmt()
	case kwRefresh:
		return p.refreshMatView()
	case kwCheckpoint:
		p.advance()
		return &ast.CheckPointStmt{}
	case kwDiscard:
		return p.discardStmt()
	case kwListen:
		p.advance()
		return &ast.ListenStmt{Channel: p.colID()}
	case kwUnlisten:
		p.advance()
		if p.accept('*') {
			return &ast.UnlistenStmt{All: true}
		}
		return &ast.UnlistenStmt{Channel: p.colID()}
	case kwNotify:
		p.advance()
		n := &ast.NotifyStmt{Channel: p.colID()}
		if p.accept(',') {
			n.Payload = p.sconst()
		}
		return n
	case kwLoad:
		p.advance()
		return &ast.LoadStmt{Filename: p.sconst()}
	case kwDo:
		return p.doStmt()
	case kwCall:
		return p.callStmt()
	case kwReassign:
		p.advance()
		p.expectAll(kwOwned, kwBy)
		r := &ast.ReassignOwnedStmt{Roles: p.roleSpecs()}
		p.expect(kwTo)
		r.NewRole = p.roleSpec()
		return r
	case kwImport:
		return p.importForeignSchema()
	}
	p.syntaxError()
	return nil
}

func (p *parser) truncateStmt() ast.Stmt {
	p.expect(kwTruncate)
	p.accept(kwTable)
	t := &ast.TruncateStmt{Relations: p.relationExprs()}
	switch {
	case p.accept(kwContinue):
		p.expect(kwIdentity)
	case p.accept(kwRestart):
		p.expect(kwIdentity)
		t.RestartSeqs = true
	}
	t.Behavior = p.dropBehavior()
	return t
}

func (p *parser) relationExprs() []*ast.RangeVar {
	list := []*ast.RangeVar{p.relationExpr()}
	for p.accept(',') {
		list = append(list, p.relationExpr())
	}
	return list
}

func (p *parser) lockStmt() ast.Stmt {
	p.expect(kwLock)
	p.accept(kwTable)
	l := &ast.LockStmt{Relations: p.relationExprs(), Mode: ast.AccessExclusiveLock}
	if p.accept(kwIn) {
		l.Mode = p.lockMode()
		p.expect(kwMode)
	}
	l.NoWait = p.accept(kwNowait)
	return l
}

func (p *parser) lockMode() ast.LockMode {
	switch {
	case p.accept(kwAccess):
		if p.accept(kwShare) {
			return ast.AccessShareLock
		}
		p.expect(kwExclusive)
		return ast.AccessExclusiveLock
	case p.accept(kwRow):
		if p.accept(kwShare) {
			return ast.RowShareLock
		}
		p.expect(kwExclusive)
		return ast.RowExclusiveLock
	case p.accept(kwShare):
		switch {
		case p.accept(kwUpdate):
			p.expect(kwExclusive)
			return ast.ShareUpdateExclusiveLock
		case p.accept(kwRow):
			p.expect(kwExclusive)
			return ast.ShareRowExclusiveLock
		}
		return ast.ShareLock
	}
	p.expect(kwExclusive)
	return ast.ExclusiveLock
}

// vacuumStmt parses VACUUM with options in parentheses or as words.
func (p *parser) vacuumStmt() ast.Stmt {
	p.expect(kwVacuum)
	v := &ast.VacuumStmt{IsVacuum: true}
	if p.is('(') {
		v.Options = p.utilityOptions()
	} else {
		p.wordOptions(&v.Options, kwFull, "full")
		p.wordOptions(&v.Options, kwFreeze, "freeze")
		p.wordOptions(&v.Options, kwVerbose, "verbose")
		if !p.wordOptions(&v.Options, kwAnalyze, "analyze") {
			p.wordOptions(&v.Options, kwAnalyse, "analyze")
		}
	}
	v.Relations = p.vacuumRelations()
	return v
}

// wordOptions adds an option that is a word, if it is there.
func (p *parser) wordOptions(list *[]*ast.DefElem, k tokenKind, name string) bool {
	if !p.is(k) {
		return false
	}
	*list = append(*list, &ast.DefElem{Name: name, Pos: p.tok.start})
	p.advance()
	return true
}

func (p *parser) analyzeStmt() ast.Stmt {
	p.advance()
	v := &ast.VacuumStmt{}
	if p.is('(') {
		v.Options = p.utilityOptions()
	} else {
		p.wordOptions(&v.Options, kwVerbose, "verbose")
	}
	v.Relations = p.vacuumRelations()
	return v
}

func (p *parser) vacuumRelations() []*ast.VacuumRelation {
	if !p.isColID() {
		return nil
	}
	var list []*ast.VacuumRelation
	for {
		r := &ast.VacuumRelation{Relation: p.qualifiedName()}
		r.Columns = p.optColumnList()
		list = append(list, r)
		if !p.accept(',') {
			return list
		}
	}
}

func (p *parser) clusterStmt() ast.Stmt {
	p.expect(kwCluster)
	c := &ast.ClusterStmt{}
	if p.is('(') {
		c.Options = p.utilityOptions()
	} else {
		p.wordOptions(&c.Options, kwVerbose, "verbose")
	}
	if !p.isColID() {
		return c
	}
	rv := p.qualifiedName()
	switch {
	case p.accept(kwUsing):
		c.IndexName = p.colID()
	case p.is(kwOn) && rv.Schema == "": // CLUSTER index ON table
		p.advance()
		c.IndexName = rv.Name
		rv = p.qualifiedName()
	}
	c.Relation = rv
	return c
}

func (p *parser) reindexStmt() ast.Stmt {
	p.expect(kwReindex)
	r := &ast.ReindexStmt{}
	if p.is('(') {
		r.Options = p.utilityOptions()
	}
	k := p.tok.kind
	switch k {
	case kwIndex:
		r.Kind = ast.ReindexIndex
	case kwTable:
		r.Kind = ast.ReindexTable
	case kwSchema:
		r.Kind = ast.ReindexSchema
	case kwSystem:
		r.Kind = ast.ReindexSystem
	case kwDatabase:
		r.Kind = ast.ReindexDatabase
	default:
		p.syntaxError()
	}
	p.advance()
	p.wordOptions(&r.Options, kwConcurrently, "concurrently")
	switch k {
	case kwIndex, kwTable:
		r.Relation = p.qualifiedName()
	case kwSchema:
		r.Name = p.colID()
	default:
		if p.isColID() {
			r.Name = p.colID()
		}
	}
	return r
}

func (p *parser) discardStmt() ast.Stmt {
	p.expect(kwDiscard)
	d := &ast.DiscardStmt{}
	switch p.tok.kind {
	case kwAll:
		d.Target = ast.DiscardAll
	case kwPlans:
		d.Target = ast.DiscardPlans
	case kwSequences:
		d.Target = ast.DiscardSequences
	case kwTemp, kwTemporary:
		d.Target = ast.DiscardTemp
	default:
		p.syntaxError()
	}
	p.advance()
	return d
}

func (p *parser) doStmt() ast.Stmt {
	p.expect(kwDo)
	d := &ast.DoStmt{}
	for {
		e := &ast.DefElem{Pos: p.tok.start}
		switch {
		case p.is(tSConst):
			e.Name, e.Arg = "as", p.stringConst()
		case p.accept(kwLanguage):
			e.Name, e.Arg = "language", p.wordOrString()
		default:
			if len(d.Args) == 0 {
				p.syntaxError()
			}
			return d
		}
		d.Args = append(d.Args, e)
	}
}

func (p *parser) callStmt() ast.Stmt {
	p.expect(kwCall)
	pos := p.tok.start
	name := p.funcName()
	if !p.is('(') {
		p.syntaxError()
	}
	return &ast.CallStmt{Func: p.call(name, pos, false).(*ast.FuncCall)}
}
