package pgcatalog

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
)

// viewQuery is a view's SELECT as pg_get_viewdef gives it, "" for what is no stored view: relations by the search path,
// columns with their relation, a line for each column and clause.
func (s shown) viewQuery(rel catalog.Relation) string {
	query, _ := catalog.StoredQuery(rel)
	if query == "" {
		return ""
	}
	text := strings.TrimSuffix(strings.TrimSpace(query), ";")
	if stmts, err := parser.Parse(text); err == nil && len(stmts) == 1 {
		if sel, ok := stmts[0].Stmt.(*ast.SelectStmt); ok {
			s.selectNames(sel)
			text = ast.Format(sel)
		}
	}
	return " " + layoutQuery(text) + ";"
}

// selectNames drops schemas that the search path makes needless and puts the relation in front of columns.
func (s shown) selectNames(sel *ast.SelectStmt) {
	if sel.Left != nil && sel.Right != nil {
		s.selectNames(sel.Left)
		s.selectNames(sel.Right)
		return
	}
	sources := map[string]int{} // by column name: 1 + index of the relation that has it, -1 if several have
	var names []string
	ast.Walk(sel, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.SelectStmt:
			if x != sel {
				s.selectNames(x)
				return false
			}
		case *ast.FuncCall:
			s.functionName(x)
		case *ast.RangeVar:
			names = append(names, s.addSource(x, sources, len(names)+1))
		}
		return true
	})
	aliases := map[string]bool{} // names that ORDER BY and GROUP BY may mean
	for _, t := range sel.TargetList {
		aliases[t.Name] = t.Name != ""
	}
	ast.Walk(sel, func(n ast.Node) bool {
		if x, ok := n.(*ast.SelectStmt); ok && x != sel {
			return false
		}
		if c, ok := n.(*ast.ColumnRef); ok && len(c.Names) == 1 && !c.Star && !aliases[c.Names[0]] {
			if at := sources[c.Names[0]]; at > 0 {
				c.Names = []string{names[at-1], c.Names[0]}
			}
		}
		return true
	})
}

// addSource notes the columns of a relation in FROM and gives the name that they go by.
func (s shown) addSource(rv *ast.RangeVar, sources map[string]int, at int) string {
	name := rv.Name
	if rv.Alias != nil {
		name = rv.Alias.Name
	}
	rel, ok := s.r.Lookup(s.path, rv.Schema, rv.Name)
	if !ok {
		return name
	}
	if rv.Schema != "" && s.r.Visible(s.path, rel) {
		rv.Schema = ""
	}
	if rv.Alias != nil && len(rv.Alias.Columns) > 0 {
		return name // renamed columns: left as they are
	}
	for _, c := range columns(rel) {
		if sources[c.Name] != 0 {
			sources[c.Name] = -1
		} else {
			sources[c.Name] = at
		}
	}
	return name
}

// clauses are the parts of a SELECT, with the line that each begins.
var clauses = []struct{ word, line string }{
	{" FROM ", "\n   FROM "}, {" WHERE ", "\n  WHERE "}, {" GROUP BY ", "\n  GROUP BY "}, {" HAVING ", "\n HAVING "},
	{" WINDOW ", "\n  WINDOW "}, {" ORDER BY ", "\n  ORDER BY "}, {" LIMIT ", "\n LIMIT "}, {" OFFSET ", "\n OFFSET "},
}

// layoutQuery breaks a query into PostgreSQL's lines.
func layoutQuery(text string) string {
	for _, op := range []string{"UNION ALL", "UNION", "INTERSECT ALL", "INTERSECT", "EXCEPT ALL", "EXCEPT"} {
		if parts := splitOperator(text, " "+op+" "); len(parts) > 1 {
			for i, p := range parts {
				parts[i] = layoutQuery(p)
			}
			return strings.Join(parts, "\n"+op+"\n ")
		}
	}
	if !strings.HasPrefix(text, "SELECT ") {
		return text
	}
	var b strings.Builder
	rest, line := text, ""
	for _, c := range clauses {
		parts := splitOperator(rest, c.word)
		if len(parts) < 2 || c.word == " FROM " && strings.HasSuffix(parts[0], " DISTINCT") {
			continue
		}
		b.WriteString(line + layoutClause(line, parts[0]))
		rest, line = strings.Join(parts[1:], c.word), c.line
	}
	b.WriteString(line + layoutClause(line, rest))
	return b.String()
}

// layoutClause puts the items of a select list or FROM, and joins, on lines of their own.
func layoutClause(line, text string) string {
	if line != "" && !strings.HasSuffix(line, "FROM ") {
		return text
	}
	text = strings.Join(splitOperator(text, ", "), ",\n    ")
	if line == "" {
		return text
	}
	text = tableAliases(text)
	for _, join := range []string{"LEFT JOIN ", "RIGHT JOIN ", "FULL JOIN ", "CROSS JOIN ", "NATURAL JOIN "} {
		text = strings.Join(splitOperator(text, " "+join), "\n     "+join)
	}
	parts := splitOperator(text, " JOIN ")
	for i := 1; i < len(parts); i++ {
		sep := "\n     JOIN "
		for _, kind := range []string{"\n     LEFT", "\n     RIGHT", "\n     FULL", "\n     CROSS", "\n     NATURAL"} {
			if strings.HasSuffix(parts[i-1], kind) {
				sep = " JOIN "
			}
		}
		parts[i] = sep + parts[i]
	}
	return strings.Join(parts, "")
}

// tableAliases leaves out AS in front of the names of relations.
func tableAliases(text string) string {
	parts := splitOperator(text, " AS ")
	var b strings.Builder
	b.WriteString(parts[0])
	for _, p := range parts[1:] {
		if strings.HasPrefix(p, "(") { // column definitions need it
			b.WriteString(" AS")
		}
		b.WriteString(" " + p)
	}
	return b.String()
}
