package plpgsql

import (
	"strings"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// sqlStatement reads an SQL statement, of which INTO is taken out.
func (p *bodyParser) sqlStatement() Stmt {
	first := p.tok()
	s := &SQL{at: p.here(), Into: -1, Word: first.Text}
	from, to := 0, 0
	p.advance()
	prev := first
	for blocks, begins := 0, first.Is("create"); ; {
		t := p.tok()
		if t.Class == parser.TokenEnd {
			p.syntaxError()
		}
		if t.Is(";") && blocks == 0 {
			break
		}
		switch {
		case begins && t.Is("atomic") && prev.Is("begin"):
			blocks++
		case blocks > 0 && t.Is("case"):
			blocks++
		case blocks > 0 && t.Is("end"):
			blocks--
		case t.Is("into") && !prev.Is("insert") && !prev.Is("merge") && !first.Is("import"):
			if to > 0 {
				p.fail(t.Start, pgerr.SyntaxError, "INTO specified more than once")
			}
			from = t.Start
			p.advance()
			s.Into, s.Strict = p.into()
			to = p.tok().Start
			prev = t
			continue
		}
		prev = p.advance()
	}
	text := strings.TrimRight(p.sql[first.Start:p.tok().Start], " \t\n\r\f\v")
	if to > 0 {
		a, b := from-first.Start, min(to-first.Start, len(text))
		text = text[:a] + strings.Repeat(" ", b-a) + text[b:]
		text = strings.TrimRight(text, " \t\n\r\f\v")
	}
	s.Query = p.newExpr(text, first.Start)
	s.Query.Statement = true
	p.check(s.Query)
	p.expect(";")
	return s
}

func (p *bodyParser) perform(line at) Stmt {
	p.advance()
	text, pos := p.until(";", true, ";")
	s := &SQL{at: line, Into: -1, Perform: true, Word: "perform"}
	plain := p.newExpr(text, pos)
	p.check(plain)
	s.Query = p.newExpr("SELECT "+text, pos-len("SELECT "))
	s.Query.Statement = true
	if _, err := Query(s.Query); err != nil {
		p.check(s.Query)
	}
	p.expect(";")
	return s
}

func (p *bodyParser) call(line at) Stmt {
	s := &Call{at: line, Do: p.is("do")}
	s.Query = p.query(";")
	p.expect(";")
	return s
}

func (p *bodyParser) execute(line at) Stmt {
	p.advance()
	s := &Execute{at: line, Into: -1}
	s.Query = p.expr("INTO or USING or ;", "into", "using", ";")
	for !p.is(";") {
		switch {
		case p.is("into"):
			if s.Into >= 0 {
				p.syntaxError()
			}
			p.advance()
			s.Into, s.Strict = p.into()
		case p.is("using"):
			if s.Using != nil {
				p.syntaxError()
			}
			s.Using = p.using(";")
		default:
			p.syntaxError()
		}
	}
	p.expect(";")
	return s
}

func errParameter(format string) *pgerr.Error { return pgerr.New(pgerr.DatatypeMismatch, "%s", format) }

func (p *bodyParser) returnStmt(line at) Stmt {
	p.advance()
	switch {
	case p.is("next"):
		return p.returnNext(line)
	case p.is("query"):
		return p.returnQuery(line)
	}
	s := &Return{at: line, Var: -1}
	t := p.tok()
	refuse := func(message string) {
		if !p.is(";") {
			p.failWith(t.Start, errParameter(message))
		}
	}
	switch {
	case p.o.Set:
		if !p.is(";") {
			p.failWith(t.Start, errParameter("RETURN cannot have a parameter in function returning set").WithHint("Use RETURN NEXT or RETURN QUERY."))
		}
	case p.o.Void && p.o.Procedure:
		refuse("RETURN cannot have a parameter in a procedure")
	case p.o.Void:
		refuse("RETURN cannot have a parameter in function returning void")
	case p.f.Out >= 0:
		refuse("RETURN cannot have a parameter in function with OUT parameters")
		s.Var = p.f.Out
	default:
		s.Expr, s.Var = p.variableOrExpr()
	}
	p.expect(";")
	return s
}

// variableOrExpr reads a variable that stands alone, or an expression, up to the semicolon.
func (p *bodyParser) variableOrExpr() (*Expr, int) {
	save, vars := p.pos, len(p.f.Vars)
	if n, _ := p.variable(); n >= 0 && p.is(";") && p.f.Vars[n].Kind != Field {
		return nil, n
	}
	p.pos, p.f.Vars = save, p.f.Vars[:vars]
	return p.expr(";"), -1
}

func (p *bodyParser) returnNext(line at) Stmt {
	p.advance()
	if !p.o.Set {
		p.failWith(p.tokens[p.pos-2].Start, errParameter("cannot use RETURN NEXT in a non-SETOF function"))
	}
	s := &ReturnNext{at: line, Var: -1}
	if p.f.Out >= 0 {
		if !p.is(";") {
			p.failWith(p.tok().Start, errParameter("RETURN NEXT cannot have a parameter in function with OUT parameters"))
		}
		s.Var = p.f.Out
	} else {
		s.Expr, s.Var = p.variableOrExpr()
	}
	p.expect(";")
	return s
}

func (p *bodyParser) returnQuery(line at) Stmt {
	p.advance()
	if !p.o.Set {
		p.failWith(p.tokens[p.pos-2].Start, errParameter("cannot use RETURN QUERY in a non-SETOF function"))
	}
	s := &ReturnQuery{at: line}
	if p.accept("execute") {
		s.Dynamic = true
		s.Query = p.expr("; or USING", ";", "using")
		s.Using = p.using(";")
	} else {
		s.Query = p.query(";")
	}
	p.expect(";")
	return s
}

// levels are the severities of RAISE.
var levels = map[string]string{"exception": pgerr.SeverityError, "warning": pgerr.SeverityWarning, "notice": pgerr.SeverityNotice,
	"info": pgerr.SeverityInfo, "log": pgerr.SeverityLog, "debug": pgerr.SeverityDebug}

func (p *bodyParser) raise(line at) Stmt {
	p.advance()
	s := &Raise{at: line, Level: pgerr.SeverityError}
	if p.accept(";") {
		s.Level = ""
		return s
	}
	if l, ok := levels[p.tok().Text]; ok && p.tok().Class == parser.TokenWord {
		s.Level = l
		p.advance()
	}
	t := p.tok()
	switch {
	case t.Class == parser.TokenString:
		p.advance()
		s.Format, s.HasFormat = t.Text, true
		for p.accept(",") {
			s.Args = append(s.Args, p.expr(";", ",", "using"))
		}
	case p.is("using"):
	default:
		p.raiseCondition(s)
	}
	if p.accept("using") {
		p.raiseOptions(s)
	}
	p.expect(";")
	if s.HasFormat {
		p.checkFormat(s, t)
	}
	return s
}

// raiseCondition reads SQLSTATE 'code' or a condition name.
func (p *bodyParser) raiseCondition(s *Raise) {
	t := p.tok()
	if t.Is("sqlstate") {
		p.advance()
		c := p.tok()
		if c.Class != parser.TokenString {
			p.syntaxError()
		}
		p.advance()
		s.Code = p.code(c)
		s.Condition = c.Text
		return
	}
	if !isName(t) {
		p.syntaxError()
	}
	p.advance()
	s.Condition, s.Code = t.Text, p.conditionCodes(t)[0]
	if p.is(",") {
		p.syntaxError()
	}
}

// raiseOptionNames are the options of RAISE.
var raiseOptionNames = map[string]bool{"errcode": true, "message": true, "detail": true, "hint": true, "column": true,
	"constraint": true, "datatype": true, "table": true, "schema": true}

func (p *bodyParser) raiseOptions(s *Raise) {
	for {
		t := p.tok()
		if t.Class == parser.TokenEnd {
			p.near("syntax error, unexpected end of function definition", t)
		}
		if t.Class != parser.TokenWord || !raiseOptionNames[t.Text] {
			p.near("unrecognized RAISE statement option", t)
		}
		p.advance()
		if !p.accept("=") && !p.accept(":=") {
			p.near("syntax error, expected \"=\"", p.tok())
		}
		s.Options = append(s.Options, RaiseOption{Name: t.Text, Expr: p.expr(";", ",")})
		if !p.accept(",") {
			return
		}
	}
}

// checkFormat counts the placeholders of a format.
func (p *bodyParser) checkFormat(s *Raise, t *parser.Token) {
	n := 0
	for i := 0; i < len(s.Format); i++ {
		if s.Format[i] != '%' {
			continue
		}
		if i+1 < len(s.Format) && s.Format[i+1] == '%' {
			i++
			continue
		}
		n++
	}
	if n > len(s.Args) {
		panic(bailout{pgerr.New(pgerr.SyntaxError, "too few parameters specified for RAISE")})
	}
	if n < len(s.Args) {
		panic(bailout{pgerr.New(pgerr.SyntaxError, "too many parameters specified for RAISE")})
	}
}

// diagnosticItems are the items of GET DIAGNOSTICS; stacked says of which form.
var diagnosticItems = map[string]string{"row_count": "current", "pg_context": "", "pg_exception_context": "stacked",
	"pg_exception_detail": "stacked", "pg_exception_hint": "stacked", "returned_sqlstate": "stacked", "column_name": "stacked",
	"constraint_name": "stacked", "pg_datatype_name": "stacked", "message_text": "stacked", "table_name": "stacked", "schema_name": "stacked"}

func (p *bodyParser) diagnostics(line at) Stmt {
	p.advance()
	s := &Diagnostics{at: line}
	if !p.accept("current") {
		s.Stacked = p.accept("stacked")
	}
	start := p.expect("diagnostics")
	for {
		t := p.tok()
		n, name := p.variable()
		if n < 0 {
			if !isName(t) && t.Class != parser.TokenParam {
				p.syntaxError()
			}
			p.fail(t.Start, pgerr.SyntaxError, "\"%s\" is not a known variable", p.dotted())
		}
		if k := p.f.Vars[n].Kind; k == Record || k == List {
			p.fail(t.Start, pgerr.SyntaxError, "\"%s\" is not a scalar variable", name)
		}
		p.assignable(n, t.Start)
		if !p.accept("=") {
			p.expect(":=")
		}
		item := p.tok()
		of, ok := diagnosticItems[item.Text]
		if !ok || item.Class != parser.TokenWord {
			p.near("unrecognized GET DIAGNOSTICS item", item)
		}
		p.advance()
		if s.Stacked && of == "current" || s.Stacked && item.Text == "pg_context" {
			p.fail(start.Start, pgerr.SyntaxError, "diagnostics item %s is not allowed in GET STACKED DIAGNOSTICS", strings.ToUpper(item.Text))
		}
		if !s.Stacked && of == "stacked" {
			p.fail(start.Start, pgerr.SyntaxError, "diagnostics item %s is not allowed in GET CURRENT DIAGNOSTICS", strings.ToUpper(item.Text))
		}
		s.Items = append(s.Items, DiagnosticsItem{Target: n, Item: item.Text})
		if !p.accept(",") {
			break
		}
	}
	p.expect(";")
	return s
}

// cursorVariable reads the name of a cursor variable.
func (p *bodyParser) cursorVariable() int {
	t := p.tok()
	n, name := p.variable()
	if n < 0 {
		if !isName(t) && t.Class != parser.TokenParam {
			p.syntaxError()
		}
		p.fail(t.Start, pgerr.SyntaxError, "\"%s\" is not a known variable", p.dotted())
	}
	v := p.f.Vars[n]
	if v.Kind != Scalar {
		p.fail(t.Start, pgerr.DatatypeMismatch, "cursor variable must be a simple variable")
	}
	if v.Type.T.OID != types.RefCursorOID {
		p.fail(t.Start, pgerr.DatatypeMismatch, "variable \"%s\" must be of type cursor or refcursor", name)
	}
	return n
}

func (p *bodyParser) open(line at) Stmt {
	p.advance()
	s := &Open{at: line, Cursor: p.cursorVariable()}
	if p.f.Vars[s.Cursor].Cursor != nil {
		s.Args = p.cursorArgs(s.Cursor)
		p.expect(";")
		return s
	}
	switch {
	case p.is("no"):
		p.advance()
		p.expect("scroll")
		s.Scroll = ScrollNo
	case p.accept("scroll"):
		s.Scroll = ScrollYes
	}
	if !p.is("for") {
		p.near("syntax error, expected \"FOR\"", p.tok())
	}
	p.advance()
	if p.accept("execute") {
		s.Dynamic = true
		s.Query = p.expr("USING or ;", "using", ";")
		s.Using = p.using(";")
	} else {
		s.Query = p.query(";")
	}
	p.expect(";")
	return s
}

// cursorArgs reads the arguments of a bound cursor.
func (p *bodyParser) cursorArgs(cursor int) *Expr {
	v := p.f.Vars[cursor]
	if v.Cursor.Args < 0 {
		if p.is("(") {
			p.fail(p.tok().Start, pgerr.SyntaxError, "cursor \"%s\" has no arguments", v.Name)
		}
		return nil
	}
	if !p.is("(") {
		p.fail(p.tok().Start, pgerr.SyntaxError, "cursor \"%s\" has arguments", v.Name)
	}
	start := p.advance()
	list := p.f.Vars[v.Cursor.Args]
	args := make([]string, len(list.Items))
	for i := range args {
		at := i
		t := p.tok()
		if isName(t) && (p.peek(1).Is(":=") || p.peek(1).Is("=>")) {
			at = -1
			for k, name := range list.Names {
				if name == t.Text {
					at = k
				}
			}
			if at < 0 {
				p.fail(t.Start, pgerr.SyntaxError, "cursor \"%s\" has no argument named \"%s\"", v.Name, t.Text)
			}
			p.advance()
			p.advance()
		}
		if args[at] != "" {
			p.fail(t.Start, pgerr.SyntaxError, "value for parameter \"%s\" of cursor \"%s\" specified more than once", list.Names[at], v.Name)
		}
		text, pos := p.until(")", false, ",", ")")
		p.check(&Expr{Text: text, Pos: pos, Names: p.names})
		args[at] = text
		if p.is(")") && i < len(args)-1 {
			p.fail(p.tok().Start, pgerr.SyntaxError, "not enough arguments for cursor \"%s\"", v.Name)
		}
		if p.is(",") && i == len(args)-1 {
			p.fail(p.tok().Start, pgerr.SyntaxError, "too many arguments for cursor \"%s\"", v.Name)
		}
		p.advance()
	}
	for i := range args {
		args[i] += " AS " + ast.QuoteIdent(list.Names[i])
	}
	return p.newExpr(strings.Join(args, ", "), start.End)
}

// direction reads the direction of FETCH and MOVE; several says that it may give more than one row.
func (p *bodyParser) direction(s *Fetch) (several bool) {
	s.Count = 1
	t := p.tok()
	if t.Class == parser.TokenWord {
		switch t.Text {
		case "next":
			p.advance()
		case "prior":
			p.advance()
			s.Direction = ast.FetchBackward
		case "first":
			p.advance()
			s.Direction = ast.FetchAbsolute
		case "last":
			p.advance()
			s.Direction, s.Count = ast.FetchAbsolute, -1
		case "absolute", "relative":
			p.advance()
			s.Direction = ast.FetchAbsolute
			if t.Text == "relative" {
				s.Direction = ast.FetchRelative
			}
			s.Expr = p.expr("FROM or IN", "from", "in")
		case "all":
			p.advance()
			s.Count, several = ast.FetchAll, true
		case "forward", "backward":
			p.advance()
			if t.Text == "backward" {
				s.Direction = ast.FetchBackward
			}
			several = p.directionCount(s)
		case "from", "in":
		default:
			return p.plainCount(s)
		}
	} else {
		return p.plainCount(s)
	}
	if !p.accept("from") && !p.accept("in") {
		p.near("expected FROM or IN", p.tok())
	}
	return several
}

// directionCount reads what follows FORWARD or BACKWARD.
func (p *bodyParser) directionCount(s *Fetch) bool {
	switch {
	case p.is("from"), p.is("in"):
		return false
	case p.accept("all"):
		s.Count = ast.FetchAll
	default:
		s.Expr = p.expr("FROM or IN", "from", "in")
	}
	return true
}

// plainCount reads a count without a word before it, or nothing at all if a cursor comes next.
func (p *bodyParser) plainCount(s *Fetch) bool {
	if isName(p.tok()) || p.tok().Class == parser.TokenParam {
		save, vars := p.pos, len(p.f.Vars)
		n, _ := p.variable()
		cursor := n >= 0 && !p.is("from") && !p.is("in")
		p.pos, p.f.Vars = save, p.f.Vars[:vars]
		if cursor || n < 0 {
			return false
		}
	}
	s.Expr = p.expr("FROM or IN", "from", "in")
	p.advance()
	return true
}

func (p *bodyParser) fetch(line at) Stmt {
	s := &Fetch{at: line, Move: p.advance().Text == "move", Target: -1}
	several := p.direction(s)
	s.Cursor = p.cursorVariable()
	if !s.Move {
		p.expect("into")
		s.Target, _ = p.into()
	}
	end := p.expect(";")
	if several && !s.Move {
		p.fail(end.Start, pgerr.CodeFeatureNotSupported, "FETCH statement cannot return multiple rows")
	}
	return s
}

func (p *bodyParser) closeStmt(line at) Stmt {
	p.advance()
	s := &Close{at: line, Cursor: p.cursorVariable()}
	p.expect(";")
	return s
}
