package pgcatalog

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/types"
)

func pgRewrite(q *query) error {
	return q.relations("ev_class", func(rel catalog.Relation) error {
		id := oid(rel.RelOID())
		if query, _ := catalog.StoredQuery(rel); query != "" {
			err := q.emit([]types.Datum{oid(ruleOID(rel.RelOID())), str("_RETURN"), id, chr('1'), chr('O'), yes(true), str("<>"), str(query)})
			if err != nil {
				return err
			}
		}
		for _, r := range catalog.RulesOf(rel) {
			qual := r.Where
			if qual == "" {
				qual = "<>"
			}
			err := q.emit([]types.Datum{oid(r.OID), str(r.Name), id, chr(r.Event), chr(r.Enabled), yes(r.Instead), str(qual),
				str(strings.Join(r.Actions, "; "))})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// pgRules lists the rules of all relations but the queries of views.
func pgRules(q *query) error {
	for rel := range q.r.Relations(0) {
		for _, r := range catalog.RulesOf(rel) {
			err := q.emit([]types.Datum{str(q.r.SchemaName(rel.RelSchema())), str(rel.RelName()), str(r.Name), str(q.shown().rule(rel, r, false))})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// ruleEvents are the words of the events of rules.
var ruleEvents = map[byte]string{catalog.RuleOnSelect: "SELECT", catalog.RuleOnUpdate: "UPDATE", catalog.RuleOnInsert: "INSERT", catalog.RuleOnDelete: "DELETE"}

// rule is the CREATE RULE of a rule, as pg_get_ruledef gives it.
func (s shown) rule(rel catalog.Relation, r *catalog.Rule, pretty bool) string {
	name := expr.QuoteIdent(rel.RelName())
	if !pretty || !s.r.Visible(s.path, rel) {
		name = expr.QuoteIdent(s.r.SchemaName(rel.RelSchema())) + "." + name
	}
	var b strings.Builder
	b.WriteString("CREATE RULE " + expr.QuoteIdent(r.Name) + " AS\n    ON " + ruleEvents[r.Event] + " TO " + name)
	if r.Where != "" {
		text := s.text(r.Where)
		if pretty {
			text = prettyExpr(text)
		}
		b.WriteString("\n   WHERE " + text)
	}
	b.WriteString(" DO ")
	if r.Instead {
		b.WriteString("INSTEAD ")
	}
	switch len(r.Actions) {
	case 0:
		b.WriteString("NOTHING;")
	case 1:
		b.WriteString(" " + s.ruleAction(r.Actions[0]) + ";")
	default:
		b.WriteString("(")
		for _, a := range r.Actions {
			b.WriteString(" " + s.ruleAction(a) + ";\n")
		}
		b.WriteString(");")
	}
	return b.String()
}

// ruleAction is a statement of a rule, with names as the search path has them and a line for each clause.
func (s shown) ruleAction(text string) string {
	stmts, err := parser.Parse(text)
	if err != nil || len(stmts) != 1 {
		return text
	}
	switch x := stmts[0].Stmt.(type) {
	case *ast.SelectStmt:
		s.selectNames(x)
		return layoutQuery(ast.Format(x))
	case *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt:
		ast.Walk(x, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.RangeVar:
				if rel, ok := s.r.Lookup(s.path, n.Schema, n.Name); ok && s.r.Visible(s.path, rel) {
					n.Schema = ""
				}
			case *ast.FuncCall:
				s.functionName(n)
			}
			return true
		})
		return layoutAction(ast.Format(x))
	}
	return ast.Format(stmts[0].Stmt)
}

// layoutAction breaks INSERT, UPDATE and DELETE into PostgreSQL's lines.
func layoutAction(text string) string {
	for _, c := range []struct{ word, line string }{{" VALUES (", "\n  VALUES ("}, {" SELECT ", "\n  SELECT "}, {" SET ", " SET "}, {" FROM ", "\n   FROM "},
		{" WHERE ", "\n  WHERE "}, {" RETURNING ", "\n  RETURNING "}} {
		if c.word == " FROM " && strings.HasPrefix(text, "DELETE ") {
			continue
		}
		parts := splitOperator(text, c.word)
		if len(parts) > 1 {
			text = parts[0] + c.line + strings.Join(parts[1:], c.word)
		}
	}
	return text
}

// ruledef is pg_get_ruledef.
func (x *call) ruledef(pretty bool) types.Datum {
	want := x.oid(0)
	for rel := range x.r.Relations(0) {
		for _, r := range catalog.RulesOf(rel) {
			if r.OID == want {
				return str(x.shown().rule(rel, r, pretty))
			}
		}
		if query, _ := catalog.StoredQuery(rel); query != "" && ruleOID(rel.RelOID()) == want {
			name := expr.QuoteIdent(x.r.SchemaName(rel.RelSchema())) + "." + expr.QuoteIdent(rel.RelName())
			return str("CREATE RULE \"_RETURN\" AS\n    ON SELECT TO " + name + " DO INSTEAD " + x.shown().viewQuery(rel))
		}
	}
	return null
}
