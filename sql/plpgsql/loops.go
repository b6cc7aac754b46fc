package plpgsql

import (
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// loopTarget is what comes between FOR and IN: variables that exist, or the name of one to make.
type loopTarget struct {
	name string
	pos  int
	v    int // -1: no such variable
	list bool
	row  bool
}

// loopVariable reads the target of a loop over rows.
func (p *bodyParser) loopVariable() loopTarget {
	t := p.tok()
	lt := loopTarget{pos: t.Start, v: -1}
	if n, name := p.variable(); n >= 0 {
		lt.name, lt.v = name, n
		if k := p.f.Vars[n].Kind; k == Record || k == List {
			lt.row = true
			return lt
		}
		if p.is(",") {
			lt.v, lt.list, lt.row = p.scalarList(n, name, t.Start), true, true
		}
		return lt
	}
	if p.peek(1).Is(".") {
		p.fail(t.Start, pgerr.SyntaxError, "\"%s\" is not a known variable", p.dotted())
	}
	lt.name = p.name()
	if p.is(",") {
		p.fail(t.Start, pgerr.SyntaxError, "\"%s\" is not a known variable", lt.name)
	}
	return lt
}

// rowsTarget is a target for the rows of a query.
func (p *bodyParser) rowsTarget(lt loopTarget) int {
	switch {
	case lt.row:
		p.assignable(lt.v, lt.pos)
		return lt.v
	case lt.v >= 0:
		p.assignable(lt.v, lt.pos)
		return p.add(&Var{Kind: List, Name: "(unnamed row)", Items: []int{lt.v}, Names: []string{lt.name}})
	}
	p.fail(lt.pos, pgerr.DatatypeMismatch, "loop variable of loop over rows must be a record variable or list of scalar variables")
	return 0
}

func (p *bodyParser) forLoop(line at, label string) Stmt {
	outer := p.push(label, true)
	p.advance()
	lt := p.loopVariable()
	p.expect("in")
	if p.is("execute") {
		p.advance()
		s := &ForQuery{at: line, Label: label, Dynamic: true, Target: p.rowsTarget(lt)}
		s.Query = p.expr("LOOP", "loop", "using")
		s.Using = p.using("loop")
		s.Body = p.body(label, outer)
		return s
	}
	if c := p.loopCursor(); c >= 0 {
		return p.cursorLoop(line, label, lt, c, outer)
	}
	reverse := false
	reversePos := p.tok().Start
	if p.is("reverse") {
		reverse = true
		p.advance()
	}
	text, pos, dots := p.rangeOrQuery()
	if !dots {
		if reverse {
			p.fail(reversePos, pgerr.SyntaxError, "cannot specify REVERSE in query FOR loop")
		}
		s := &ForQuery{at: line, Label: label}
		s.Query = p.newExpr(text, pos)
		s.Query.Statement = true
		p.check(s.Query)
		s.Target = p.rowsTarget(lt)
		s.Body = p.body(label, outer)
		return s
	}
	if lt.list {
		p.fail(lt.pos, pgerr.SyntaxError, "integer FOR loop must have only one target variable")
	}
	s := &ForInt{at: line, Label: label, Reverse: reverse, From: p.newExpr(text, pos)}
	p.check(s.From)
	p.advance()
	s.To = p.expr("LOOP", "loop", "by")
	if p.accept("by") {
		s.By = p.expr("LOOP", "loop")
	}
	s.Var = p.declare(&Var{Name: lt.name, Line: int(line), Type: Type{T: types.Of(types.Int4OID)}})
	s.Body = p.body(label, outer)
	return s
}

// rangeOrQuery reads up to the dots of an integer loop or to LOOP.
func (p *bodyParser) rangeOrQuery() (text string, pos int, dots bool) {
	p.splitDots()
	text, pos = p.until("LOOP", true, "loop", "..")
	return text, pos, p.is("..")
}

// splitDots makes "1..10", which is no number for SQL's lexer in some spellings, three tokens.
func (p *bodyParser) splitDots() {
	for i := p.pos; i < len(p.tokens); i++ {
		t := p.tokens[i]
		if t.Is("loop") || t.Is(";") {
			return
		}
		if t.Class != parser.TokenNumber || !strings.HasSuffix(t.Text, ".") || i+1 >= len(p.tokens) || !p.tokens[i+1].Is(".") {
			continue
		}
		p.tokens[i].Text, p.tokens[i].End = strings.TrimSuffix(t.Text, "."), t.End-1
		p.tokens[i+1] = parser.Token{Class: parser.TokenOther, Text: "..", Start: t.End - 1, End: p.tokens[i+1].End}
		return
	}
}

// loopCursor is the cursor variable of FOR … IN cursor, -1 if it is another loop.
func (p *bodyParser) loopCursor() int {
	save, vars := p.pos, len(p.f.Vars)
	n, _ := p.variable()
	if n >= 0 && p.f.Vars[n].Kind == Scalar && p.f.Vars[n].Type.T.OID == types.RefCursorOID && (p.is("(") || p.is("loop")) {
		return n
	}
	p.pos, p.f.Vars = save, p.f.Vars[:vars]
	return -1
}

func (p *bodyParser) cursorLoop(line at, label string, lt loopTarget, cursor int, outer *Name) Stmt {
	if lt.list {
		p.fail(lt.pos, pgerr.SyntaxError, "cursor FOR loop must have only one target variable")
	}
	if p.f.Vars[cursor].Cursor == nil {
		p.fail(p.tokens[p.pos-1].Start, pgerr.SyntaxError, "cursor FOR loop must use a bound cursor variable")
	}
	s := &ForCursor{at: line, Label: label, Cursor: cursor}
	s.Args = p.cursorArgs(cursor)
	s.Target = p.declare(&Var{Kind: Record, Name: lt.name, Line: int(line), Type: Type{T: types.Of(types.RecordOID), Composite: true}})
	s.Body = p.body(label, outer)
	return s
}

func (p *bodyParser) forEach(line at, label string) Stmt {
	outer := p.push(label, true)
	p.advance()
	lt := p.loopVariable()
	if lt.v < 0 {
		p.fail(lt.pos, pgerr.SyntaxError, "loop variable of FOREACH must be a known variable or list of variables")
	}
	p.assignable(lt.v, lt.pos)
	s := &ForEach{at: line, Label: label, Target: lt.v}
	if p.accept("slice") {
		t := p.tok()
		if t.Class != parser.TokenInteger {
			p.syntaxError()
		}
		n, err := strconv.Atoi(t.Text)
		if err != nil || n > 1<<20 {
			p.syntaxError()
		}
		p.advance()
		s.Slice = n
	}
	p.expect("in")
	p.expect("array")
	s.Array = p.expr("LOOP", "loop")
	s.Body = p.body(label, outer)
	return s
}

// using reads USING and its expressions, up to one of the words.
func (p *bodyParser) using(end string) []*Expr {
	if !p.accept("using") {
		return nil
	}
	var list []*Expr
	for {
		list = append(list, p.expr(end, ",", "into"))
		if !p.accept(",") {
			return list
		}
	}
}

// scalarList reads the rest of a list of variables that begins with n.
func (p *bodyParser) scalarList(n int, name string, pos int) int {
	list := &Var{Kind: List, Name: "(unnamed row)", Items: []int{n}, Names: []string{name}}
	p.assignable(n, pos)
	for p.accept(",") {
		t := p.tok()
		if len(list.Items) >= 1024 {
			p.fail(t.Start, pgerr.ProgramLimitExceeded, "too many INTO variables specified")
		}
		m, name := p.variable()
		if m < 0 {
			if !isName(t) && t.Class != parser.TokenParam {
				p.syntaxError()
			}
			p.fail(t.Start, pgerr.SyntaxError, "\"%s\" is not a known variable", p.dotted())
		}
		if k := p.f.Vars[m].Kind; k == Record || k == List {
			p.fail(t.Start, pgerr.SyntaxError, "\"%s\" is not a scalar variable", name)
		}
		p.assignable(m, t.Start)
		list.Items, list.Names = append(list.Items, m), append(list.Names, name)
	}
	return p.add(list)
}

// into reads the target of INTO.
func (p *bodyParser) into() (target int, strict bool) {
	strict = p.accept("strict")
	t := p.tok()
	n, name := p.variable()
	if n < 0 {
		if !isName(t) && t.Class != parser.TokenParam {
			p.syntaxError()
		}
		p.fail(t.Start, pgerr.SyntaxError, "\"%s\" is not a known variable", p.dotted())
	}
	if k := p.f.Vars[n].Kind; k == Record || k == List {
		p.assignable(n, t.Start)
		if p.is(",") {
			p.fail(p.tok().Start, pgerr.SyntaxError, "record variable cannot be part of multiple-item INTO list")
		}
		return n, strict
	}
	return p.scalarList(n, name, t.Start), strict
}
