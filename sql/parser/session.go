package parser

import (
	"strconv"

	"github.com/lightsql/lightsql/sql/ast"
)

// transactionStmt parses BEGIN, COMMIT and so on.
func (p *parser) transactionStmt() ast.Stmt {
	t := &ast.TransactionStmt{Pos: -1}
	k := p.tok.kind
	p.advance()
	switch k {
	case kwBegin:
		t.Kind = ast.TransBegin
		p.workOrTransaction()
		t.Options = p.optTransactionModes()
	case kwStart:
		p.expect(kwTransaction)
		t.Kind = ast.TransStart
		t.Options = p.optTransactionModes()
	case kwCommit, kwEnd:
		t.Kind = ast.TransCommit
		if k == kwCommit && p.accept(kwPrepared) {
			t.Kind, t.Pos = ast.TransCommitPrepared, p.tok.start
			t.GID = p.sconst()
			return t
		}
		p.workOrTransaction()
		t.Chain = p.chain()
	case kwRollback, kwAbort:
		t.Kind = ast.TransRollback
		if k == kwRollback && p.accept(kwPrepared) {
			t.Kind, t.Pos = ast.TransRollbackPrepared, p.tok.start
			t.GID = p.sconst()
			return t
		}
		p.workOrTransaction()
		if k == kwRollback && p.accept(kwTo) {
			p.acceptSavepointWord()
			t.Kind, t.Pos = ast.TransRollbackTo, p.tok.start
			t.Savepoint = p.colID()
			return t
		}
		t.Chain = p.chain()
	case kwSavepoint:
		t.Kind, t.Pos = ast.TransSavepoint, p.tok.start
		t.Savepoint = p.colID()
	case kwRelease:
		p.acceptSavepointWord()
		t.Kind, t.Pos = ast.TransRelease, p.tok.start
		t.Savepoint = p.colID()
	case kwPrepare:
		p.expect(kwTransaction)
		t.Kind, t.Pos = ast.TransPrepare, p.tok.start
		t.GID = p.sconst()
	}
	return t
}

// acceptSavepointWord skips the noise word SAVEPOINT, which may also be the name.
func (p *parser) acceptSavepointWord() {
	if p.is(kwSavepoint) && isName(p.peek(1), colIDs) {
		p.advance()
	}
}

func (p *parser) workOrTransaction() {
	if !p.accept(kwWork) {
		p.accept(kwTransaction)
	}
}

// chain parses AND [NO] CHAIN.
func (p *parser) chain() bool {
	if !p.accept(kwAnd) {
		return false
	}
	no := p.accept(kwNo)
	p.expect(kwChain)
	return !no
}

func (p *parser) optTransactionModes() []*ast.DefElem {
	if !p.startsTransactionMode() {
		return nil
	}
	return p.transactionModes()
}

func (p *parser) startsTransactionMode() bool {
	switch p.tok.kind {
	case kwIsolation, kwRead, kwDeferrable, kwNot:
		return true
	}
	return false
}

// transactionModes parses modes, with or without commas between them.
func (p *parser) transactionModes() []*ast.DefElem {
	list := []*ast.DefElem{p.transactionMode()}
	for p.is(',') || p.startsTransactionMode() {
		p.accept(',')
		list = append(list, p.transactionMode())
	}
	return list
}

func (p *parser) transactionMode() *ast.DefElem {
	d := &ast.DefElem{Pos: p.tok.start}
	flag := func(name string, value int) *ast.DefElem {
		d.Name = name
		d.Arg = &ast.Const{Kind: ast.ConstInteger, Val: strconv.Itoa(value), Pos: d.Pos}
		return d
	}
	switch {
	case p.accept(kwIsolation):
		p.expect(kwLevel)
		d.Name = "transaction_isolation"
		d.Arg = wordConst(p.isolationLevel(), p.prevEnd)
		return d
	case p.accept(kwRead):
		if p.accept(kwOnly) {
			return flag("transaction_read_only", 1)
		}
		p.expect(kwWrite)
		return flag("transaction_read_only", 0)
	case p.accept(kwNot):
		p.expect(kwDeferrable)
		return flag("transaction_deferrable", 0)
	}
	p.expect(kwDeferrable)
	return flag("transaction_deferrable", 1)
}

func (p *parser) isolationLevel() string {
	switch {
	case p.accept(kwRead):
		if p.accept(kwUncommitted) {
			return "read uncommitted"
		}
		p.expect(kwCommitted)
		return "read committed"
	case p.accept(kwRepeatable):
		p.expect(kwRead)
		return "repeatable read"
	}
	p.expect(kwSerializable)
	return "serializable"
}

// setStmt parses SET.
func (p *parser) setStmt() ast.Stmt {
	p.expect(kwSet)
	if p.is(kwConstraints) && p.peek(1) != kwTo && p.peek(1) != '=' && p.peek(1) != '.' {
		return p.constraintsSet()
	}
	local := false
	switch p.tok.kind {
	case kwLocal:
		if !p.settingNameHere() {
			p.advance()
			local = true
		}
	case kwSession:
		// SESSION AUTHORIZATION and SESSION CHARACTERISTICS are left to setRest.
		if next := p.peek(1); !p.settingNameHere() && next != kwAuthorization && next != kwCharacteristics {
			p.advance()
		}
	}
	s := p.setRest()
	s.IsLocal = local
	return s
}

// settingNameHere tells whether a keyword is a setting's name: TO, = or . follow.
func (p *parser) settingNameHere() bool {
	switch p.peek(1) {
	case kwTo, '=', '.':
		return true
	case kwFrom: // FROM CURRENT
		return true
	}
	return false
}

// setRest parses what may follow SET [LOCAL | SESSION].
func (p *parser) setRest() *ast.VariableSetStmt {
	s := &ast.VariableSetStmt{Pos: -1}
	if p.settingNameHere() {
		return p.setSetting(s)
	}
	k := p.tok.kind
	switch k {
	case kwTransaction:
		p.advance()
		s.Kind, s.Name = ast.VarSetMulti, "TRANSACTION"
		if p.accept(kwSnapshot) {
			s.Name = "TRANSACTION SNAPSHOT"
			s.Args = []ast.Expr{p.stringConst()}
			return s
		}
		s.Options = p.transactionModes()
	case kwSession:
		p.advance()
		if p.is(kwAuthorization) {
			return p.setAuthorization(s)
		}
		p.expectAll(kwCharacteristics, kwAs, kwTransaction)
		s.Kind, s.Name = ast.VarSetMulti, "SESSION CHARACTERISTICS"
		s.Options = p.transactionModes()
	case kwTime:
		p.advance()
		p.expect(kwZone)
		return p.setTimeZone(s)
	case kwCatalog:
		p.advance()
		pos := p.tok.start
		p.sconst()
		p.unsupportedGrammar(pos, "current database cannot be changed")
	case kwSchema:
		p.advance()
		s.Name, s.Args = "search_path", []ast.Expr{p.stringConst()}
	case kwNames:
		p.advance()
		s.Name = "client_encoding"
		switch {
		case p.is(tSConst):
			s.Args = []ast.Expr{p.stringConst()}
		case p.accept(kwDefault):
			s.Kind = ast.VarSetDefault
		default:
			s.Kind = ast.VarSetDefault
		}
	case kwRole:
		p.advance()
		s.Name, s.Args = "role", []ast.Expr{p.wordOrString()}
	case kwXml:
		p.advance()
		p.expect(kwOption)
		value := "CONTENT"
		if p.documentOrContent() {
			value = "DOCUMENT"
		}
		s.Name, s.Args = "xmloption", []ast.Expr{wordConst(value, p.prevEnd)}
	default:
		return p.setSetting(s)
	}
	return s
}

func (p *parser) setAuthorization(s *ast.VariableSetStmt) *ast.VariableSetStmt {
	p.expect(kwAuthorization)
	s.Name = "session_authorization"
	if p.accept(kwDefault) {
		s.Kind = ast.VarSetDefault
		return s
	}
	s.Args = []ast.Expr{p.wordOrString()}
	return s
}

func (p *parser) wordOrString() ast.Expr {
	if p.is(tSConst) {
		return p.stringConst()
	}
	pos := p.tok.start
	return wordConst(p.nonReservedWord(), pos)
}

// settingName reads a setting's name, dots included.
func (p *parser) settingName() string {
	name := p.colID()
	for p.accept('.') {
		name += "." + p.colID()
	}
	return name
}

func (p *parser) setSetting(s *ast.VariableSetStmt) *ast.VariableSetStmt {
	s.Pos = p.tok.start
	s.Name = p.settingName()
	switch {
	case p.accept(kwFrom):
		p.expect(kwCurrent)
		s.Kind = ast.VarSetCurrent
		return s
	case p.accept(kwTo):
	default:
		p.expect('=')
	}
	if p.accept(kwDefault) {
		s.Kind = ast.VarSetDefault
		return s
	}
	for {
		s.Args = append(s.Args, p.settingValue())
		if !p.accept(',') {
			return s
		}
	}
}

func (p *parser) settingValue() ast.Expr {
	switch p.tok.kind {
	case tIConst, tFConst, '+', '-':
		return p.numericOnly()
	}
	return p.optBooleanOrString()
}

func (p *parser) setTimeZone(s *ast.VariableSetStmt) *ast.VariableSetStmt {
	s.Name = "timezone"
	pos := p.tok.start
	switch p.tok.kind {
	case kwDefault, kwLocal:
		p.advance()
		s.Kind = ast.VarSetDefault
	case tSConst, tIdent:
		s.Args = []ast.Expr{wordConst(p.tok.str, pos)}
		p.advance()
	case tIConst, tFConst, '+', '-':
		s.Args = []ast.Expr{p.numericOnly()}
	case kwInterval:
		t := &ast.TypeName{Names: typeInterval, Pos: p.expect(kwInterval)}
		if p.is('(') {
			p.intervalPrecision(t)
			s.Args = []ast.Expr{p.constOfType(t)}
			return s
		}
		c := p.constOfType(t)
		fieldsPos := p.tok.start
		p.intervalFields(t)
		if t.Interval&^(ast.IntervalHour|ast.IntervalMinute) != 0 {
			p.failAt(fieldsPos, "time zone interval must be HOUR or HOUR TO MINUTE")
		}
		s.Args = []ast.Expr{c}
	default:
		p.syntaxError()
	}
	return s
}

func (p *parser) constraintsSet() ast.Stmt {
	p.expect(kwConstraints)
	s := &ast.ConstraintsSetStmt{}
	if !p.accept(kwAll) {
		s.Constraints = p.qualifiedNames()
	}
	if p.accept(kwDeferred) {
		s.Deferred = true
	} else {
		p.expect(kwImmediate)
	}
	return s
}

// resetStmt parses RESET.
func (p *parser) resetStmt() ast.Stmt {
	p.expect(kwReset)
	return p.resetRest()
}

func (p *parser) resetRest() *ast.VariableSetStmt {
	s := &ast.VariableSetStmt{Kind: ast.VarReset, Pos: -1}
	switch {
	case p.accept(kwAll):
		s.Kind = ast.VarResetAll
	default:
		s.Name = p.specialSettingName()
	}
	return s
}

// specialSettingName reads the name after RESET and SHOW.
func (p *parser) specialSettingName() string {
	switch {
	case p.accept2(kwTime, kwZone):
		return "timezone"
	case p.is(kwTransaction) && p.peek(1) == kwIsolation:
		p.advance()
		p.expectAll(kwIsolation, kwLevel)
		return "transaction_isolation"
	case p.accept2(kwSession, kwAuthorization):
		return "session_authorization"
	}
	return p.settingName()
}

// setResetClause parses SET … or RESET … as part of ALTER ROLE and the like.
func (p *parser) setResetClause() *ast.VariableSetStmt {
	if p.accept(kwReset) {
		return p.resetRest()
	}
	p.expect(kwSet)
	return p.setRest()
}

func (p *parser) showStmt() ast.Stmt {
	p.expect(kwShow)
	if p.accept(kwAll) {
		return &ast.VariableShowStmt{Name: "all"}
	}
	return &ast.VariableShowStmt{Name: p.specialSettingName()}
}

// prepareStmt parses PREPARE, but for PREPARE TRANSACTION.
func (p *parser) prepareStmt() ast.Stmt {
	p.expect(kwPrepare)
	s := &ast.PrepareStmt{Name: p.colID()}
	if p.accept('(') {
		for {
			s.ArgTypes = append(s.ArgTypes, p.typeName())
			if !p.accept(',') {
				break
			}
		}
		p.expect(')')
	}
	p.expect(kwAs)
	s.Query = p.preparableStmt()
	return s
}

func (p *parser) executeStmt() *ast.ExecuteStmt {
	p.expect(kwExecute)
	s := &ast.ExecuteStmt{Name: p.colID()}
	if p.accept('(') {
		s.Params = p.exprList()
		p.expect(')')
	}
	return s
}

func (p *parser) deallocateStmt() ast.Stmt {
	p.expect(kwDeallocate)
	p.acceptPrepareWord()
	s := &ast.DeallocateStmt{Pos: -1}
	if p.accept(kwAll) {
		s.All = true
		return s
	}
	s.Pos = p.tok.start
	s.Name = p.colID()
	return s
}

// acceptPrepareWord skips the noise word PREPARE, which may also be the name.
func (p *parser) acceptPrepareWord() {
	if p.is(kwPrepare) && (p.peek(1) == kwAll || isName(p.peek(1), colIDs)) {
		p.advance()
	}
}

// explainStmt parses EXPLAIN.
func (p *parser) explainStmt() ast.Stmt {
	p.expect(kwExplain)
	s := &ast.ExplainStmt{}
	if p.is('(') && !p.insertQuery() {
		s.Options = p.utilityOptions()
	} else {
		if p.is(kwAnalyze) || p.is(kwAnalyse) {
			s.Options = append(s.Options, &ast.DefElem{Name: "analyze", Pos: p.tok.start})
			p.advance()
		}
		if p.is(kwVerbose) {
			s.Options = append(s.Options, &ast.DefElem{Name: "verbose", Pos: p.tok.start})
			p.advance()
		}
	}
	s.Query = p.explainable()
	return s
}

func (p *parser) explainable() ast.Stmt {
	switch p.tok.kind {
	case kwDeclare:
		return p.declareCursor()
	case kwExecute:
		return p.executeStmt()
	case kwRefresh:
		return p.refreshMatView()
	case kwCreate:
		return p.createTableAsOnly()
	}
	return p.preparableStmt()
}

// utilityOptions parses (name [value], …).
func (p *parser) utilityOptions() []*ast.DefElem {
	p.expect('(')
	var list []*ast.DefElem
	for {
		d := &ast.DefElem{Pos: p.tok.start}
		switch p.tok.kind {
		case kwAnalyze, kwAnalyse:
			d.Name = "analyze"
			p.advance()
		case tFormatLA:
			d.Name = "format"
			p.advance()
		default:
			d.Name = p.nonReservedWord()
		}
		switch p.tok.kind {
		case ',', ')':
		case tIConst, tFConst, '+', '-':
			d.Arg = p.numericOnly()
		default:
			d.Arg = p.optBooleanOrString()
		}
		list = append(list, d)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

func (p *parser) declareCursor() ast.Stmt {
	p.expect(kwDeclare)
	s := &ast.DeclareCursorStmt{PortalName: p.colID()}
	for !p.is(kwCursor) {
		switch p.tok.kind {
		case kwBinary:
			s.Options |= ast.CursorBinary
		case kwInsensitive:
			s.Options |= ast.CursorInsensitive
		case kwAsensitive:
			s.Options |= ast.CursorAsensitive
		case kwScroll:
			s.Options |= ast.CursorScroll
		case kwNo:
			p.advance()
			if !p.is(kwScroll) {
				p.syntaxError()
			}
			s.Options |= ast.CursorNoScroll
		default:
			p.syntaxError()
		}
		p.advance()
	}
	p.expect(kwCursor)
	switch {
	case p.accept(kwWith):
		p.expect(kwHold)
		s.Options |= ast.CursorHold
	case p.accept(kwWithout):
		p.expect(kwHold)
	}
	p.expect(kwFor)
	s.Query = p.selectStmt()
	return s
}

func (p *parser) closePortal() ast.Stmt {
	p.expect(kwClose)
	if p.accept(kwAll) {
		return &ast.ClosePortalStmt{All: true}
	}
	return &ast.ClosePortalStmt{PortalName: p.colID()}
}

// fetchStmt parses FETCH and MOVE.
func (p *parser) fetchStmt() ast.Stmt {
	s := &ast.FetchStmt{IsMove: p.is(kwMove), HowMany: 1}
	p.advance()
	p.fetchDirection(s)
	s.PortalName = p.colID()
	return s
}

// fetchDirection parses the direction and FROM or IN. The words of directions
// may also name the cursor.
func (p *parser) fetchDirection(s *ast.FetchStmt) {
	if next := p.peek(1); p.isColID() && (next == tEOF || next == ';') {
		return
	}
	k := p.tok.kind
	switch k {
	case kwNext, kwPrior, kwFirst, kwLast:
		p.advance()
		switch k {
		case kwPrior:
			s.Direction = ast.FetchBackward
		case kwFirst:
			s.Direction = ast.FetchAbsolute
		case kwLast:
			s.Direction, s.HowMany = ast.FetchAbsolute, -1
		}
	case kwAbsolute, kwRelative:
		p.advance()
		s.Direction = ast.FetchAbsolute
		if k == kwRelative {
			s.Direction = ast.FetchRelative
		}
		s.HowMany = int64(p.signedIconst())
	case kwForward, kwBackward:
		p.advance()
		if k == kwBackward {
			s.Direction = ast.FetchBackward
		}
		switch p.tok.kind {
		case kwAll:
			p.advance()
			s.HowMany = ast.FetchAll
		case tIConst, '-', '+':
			s.HowMany = int64(p.signedIconst())
		}
	case kwAll:
		p.advance()
		s.HowMany = ast.FetchAll
	case tIConst, '-', '+':
		s.HowMany = int64(p.signedIconst())
	}
	if !p.accept(kwFrom) {
		p.accept(kwIn)
	}
}
