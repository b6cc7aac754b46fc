package plpgsql

import (
	"strings"

	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// statements parses statements up to a word that ends a list of them.
func (p *bodyParser) statements() []Stmt {
	var list []Stmt
	for {
		t := p.tok()
		if t.Class == parser.TokenEnd {
			return list
		}
		if t.Class == parser.TokenWord {
			switch t.Text {
			case "end", "else", "when":
				return list
			case "elsif", "elseif", "exception":
				if !p.assigns() {
					return list
				}
			}
		}
		if s := p.statement(); s != nil {
			list = append(list, s)
		}
	}
}

// assigns reports whether a variable and what may follow it in an assignment come next.
func (p *bodyParser) assigns() bool {
	t := p.tok()
	if t.Class == parser.TokenParam {
		return true
	}
	if !isName(t) {
		return false
	}
	next := p.peek(1)
	switch next.Text {
	case ":=", "=", "[", ".":
		return next.Class == parser.TokenOther
	}
	return false
}

// statement parses a statement; NULL is one that does nothing.
func (p *bodyParser) statement() Stmt {
	p.enter()
	defer p.leave()
	if p.is("<<") {
		return p.labelled()
	}
	if p.assigns() {
		return p.assign()
	}
	t := p.tok()
	if t.Class != parser.TokenWord {
		if t.Class == parser.TokenQuoted || t.Is("(") {
			return p.unknownStatement()
		}
		p.syntaxError()
	}
	if parse := statementParser(t.Text); parse != nil {
		line := p.here()
		return parse(p, line)
	}
	return p.unknownStatement()
}

// unknownStatement is what does not begin with a word of the language: SQL, if no variable's name comes first.
func (p *bodyParser) unknownStatement() Stmt {
	t := p.tok()
	if t.Class == parser.TokenWord && reserved[t.Text] {
		p.syntaxError()
	}
	if v, _, ok := p.names.Find([]string{t.Text}); ok && v != nil && t.Name() {
		p.advance()
		p.syntaxError()
	}
	return p.sqlStatement()
}

// statementParser is what parses the statements that begin with a word.
func statementParser(word string) func(*bodyParser, at) Stmt {
	loop := func(f func(*bodyParser, at, string) Stmt) func(*bodyParser, at) Stmt {
		return func(p *bodyParser, line at) Stmt { return f(p, line, "") }
	}
	switch word {
	case "declare", "begin":
		return func(p *bodyParser, _ at) Stmt { return p.inner("") }
	case "if":
		return (*bodyParser).ifStmt
	case "case":
		return (*bodyParser).caseStmt
	case "loop":
		return loop((*bodyParser).loop)
	case "while":
		return loop((*bodyParser).while)
	case "for":
		return loop((*bodyParser).forLoop)
	case "foreach":
		return loop((*bodyParser).forEach)
	case "exit", "continue":
		return (*bodyParser).exit
	case "return":
		return (*bodyParser).returnStmt
	case "raise":
		return (*bodyParser).raise
	case "assert":
		return (*bodyParser).assert
	case "execute":
		return (*bodyParser).execute
	case "perform":
		return (*bodyParser).perform
	case "call", "do":
		return (*bodyParser).call
	case "get":
		return (*bodyParser).diagnostics
	case "open":
		return (*bodyParser).open
	case "fetch", "move":
		return (*bodyParser).fetch
	case "close":
		return (*bodyParser).closeStmt
	case "null":
		return (*bodyParser).null
	case "commit", "rollback":
		return (*bodyParser).transaction
	}
	return nil
}

// labelled is <<label>> with the block or loop that it names.
func (p *bodyParser) labelled() Stmt {
	label := p.openLabel()
	line := p.here()
	switch {
	case p.is("loop"):
		return p.loop(line, label)
	case p.is("while"):
		return p.while(line, label)
	case p.is("for"):
		return p.forLoop(line, label)
	case p.is("foreach"):
		return p.forEach(line, label)
	}
	return p.inner(label)
}

// inner parses a block that is a statement.
func (p *bodyParser) inner(label string) Stmt {
	b := p.blockOf(label)
	p.expect(";")
	return b
}

// assign parses target := expression.
func (p *bodyParser) assign() Stmt {
	t := p.tok()
	a := &Assign{at: p.here()}
	names := []string{t.Text}
	if t.Class == parser.TokenParam {
		names[0] = "$" + t.Text
	}
	for i := 1; p.peek(i).Is(".") && p.peek(i+1).Name() && len(names) < 3; i += 2 {
		names = append(names, p.peek(i+1).Text)
	}
	v, used, ok := p.names.Find(names)
	if !ok {
		if used == 0 && p.peek(1).Is(".") {
			p.fail(t.Start, pgerr.SyntaxError, "\"%s\" is not a known variable", strings.Join(names, "."))
		}
		p.fail(t.Start, pgerr.SyntaxError, "\"%s\" is not a known variable", names[0])
	}
	p.assignable(v.Var, t.Start)
	target := &Target{Var: v.Var, Column: strings.Join(names[:used], ".")}
	after := p.peek(2*used - 2).End
	for depth := 0; ; p.advance() {
		t := p.tok()
		if t.Class == parser.TokenEnd || t.Is(";") {
			p.syntaxError()
		}
		if depth == 0 && (t.Is(":=") || t.Is("=")) {
			break
		}
		switch {
		case t.Is("["):
			depth++
		case t.Is("]"):
			depth--
		case depth == 0 && t.Class != parser.TokenParam && !t.Name() && !t.Is("."):
			p.syntaxError()
		}
	}
	p.advance()
	text, _ := p.until(";", false, ";")
	_ = text
	e := p.newExpr(strings.TrimRight(p.sql[t.Start:p.tok().Start], " \t\n\r\f\v"), t.Start)
	e.Target, e.Source = target, after-t.Start
	p.check(e)
	p.expect(";")
	a.Expr = e
	return a
}

func (p *bodyParser) null(line at) Stmt {
	p.advance()
	p.expect(";")
	return &Null{line}
}

func (p *bodyParser) ifStmt(line at) Stmt {
	s := &If{at: line}
	p.advance()
	for {
		s.Conds = append(s.Conds, p.expr("THEN", "then"))
		p.expect("then")
		s.Bodies = append(s.Bodies, p.statements())
		if !p.accept("elsif") && !p.accept("elseif") {
			break
		}
	}
	if p.accept("else") {
		s.Else = p.statements()
	}
	p.expect("end")
	p.expect("if")
	p.expect(";")
	return s
}

func (p *bodyParser) caseStmt(line at) Stmt {
	s := &Case{at: line, Var: -1}
	p.advance()
	outer := p.names
	name := ""
	if !p.is("when") {
		s.Operand = p.expr("WHEN", "when")
		name = "__Case__Variable_" + itoa(len(p.f.Vars)) + "__"
		s.Var = p.declare(&Var{Name: name, Line: int(line), Type: Type{T: types.Of(types.Int4OID)}})
	}
	for p.accept("when") {
		if s.Operand == nil {
			s.Conds = append(s.Conds, p.expr("THEN", "then"))
		} else {
			text, pos := p.until("THEN", false, "then")
			prefix := "\"" + name + "\" IN ("
			plain := p.newExpr(text, pos)
			if _, err := Query(plain); err != nil {
				p.check(plain)
			}
			plain.Text = prefix + text + ")"
			s.Conds = append(s.Conds, plain)
		}
		p.expect("then")
		s.Bodies = append(s.Bodies, p.statements())
	}
	if len(s.Conds) == 0 {
		p.syntaxError()
	}
	if p.accept("else") {
		s.HasElse, s.Else = true, p.statements()
	}
	p.names = outer
	p.expect("end")
	p.expect("case")
	p.expect(";")
	return s
}

// body parses the body of a loop from LOOP on, and ends the loop's block of names.
func (p *bodyParser) body(label string, outer *Name) []Stmt {
	p.expect("loop")
	list := p.statements()
	p.expect("end")
	p.expect("loop")
	p.names = outer
	p.closeLabel(label)
	p.expect(";")
	return list
}

func (p *bodyParser) loop(line at, label string) Stmt {
	outer := p.push(label, true)
	return &Loop{at: line, Label: label, Body: p.body(label, outer)}
}

func (p *bodyParser) while(line at, label string) Stmt {
	outer := p.push(label, true)
	p.advance()
	s := &Loop{at: line, Label: label, Cond: p.expr("LOOP", "loop")}
	s.Body = p.body(label, outer)
	return s
}

func (p *bodyParser) exit(line at) Stmt {
	word := p.advance()
	s := &Exit{at: line, Continue: word.Text == "continue"}
	t := p.tok()
	if isName(t) {
		l := p.names.label(t.Text)
		if l == nil {
			p.fail(t.Start, pgerr.SyntaxError, "there is no label \"%s\" attached to any block or loop enclosing this statement", t.Text)
		}
		if s.Continue && !l.Loop {
			p.fail(t.Start, pgerr.SyntaxError, "block label \"%s\" cannot be used in CONTINUE", t.Text)
		}
		s.Label = t.Text
		p.advance()
	} else if !p.inLoop() {
		if s.Continue {
			p.fail(word.Start, pgerr.SyntaxError, "CONTINUE cannot be used outside a loop")
		}
		p.fail(word.Start, pgerr.SyntaxError, "EXIT cannot be used outside a loop, unless it has a label")
	}
	if p.accept("when") {
		s.Cond = p.expr(";")
	}
	p.expect(";")
	return s
}

func (p *bodyParser) inLoop() bool {
	for n := p.names; n != nil; n = n.Outer {
		if n.Label && n.Loop {
			return true
		}
	}
	return false
}

func (p *bodyParser) assert(line at) Stmt {
	p.advance()
	s := &Assert{at: line, Cond: p.expr(";", ",")}
	if p.accept(",") {
		s.Message = p.expr(";")
	}
	p.expect(";")
	return s
}

func (p *bodyParser) transaction(line at) Stmt {
	s := &Transaction{at: line, Rollback: p.advance().Text == "rollback"}
	if p.accept("and") {
		s.Chain = !p.accept("no")
		p.expect("chain")
	}
	p.expect(";")
	return s
}
