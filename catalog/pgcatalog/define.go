package pgcatalog

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// qualified is schema.name, quoted as needed.
func qualified(r *catalog.Reader, rel catalog.Relation) string {
	return expr.QuoteIdent(r.SchemaName(rel.RelSchema())) + "." + expr.QuoteIdent(rel.RelName())
}

// indexDefinition is pg_get_indexdef: the CREATE INDEX command. pretty leaves out the schema if that is found anyway.
func indexDefinition(r *catalog.Reader, t *catalog.Table, x *catalog.Index, pretty bool) string {
	s := shown{r: r}
	x = shownIndex(s, x)
	var b strings.Builder
	b.WriteString("CREATE ")
	if x.Unique {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX " + expr.QuoteIdent(x.Name) + " ON ")
	if x.Partitioned {
		b.WriteString("ONLY ")
	}
	if pretty {
		b.WriteString(expr.QuoteIdent(t.Name))
	} else {
		b.WriteString(qualified(r, t))
	}
	b.WriteString(" USING " + x.MethodName() + " (")
	for i := range x.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s.indexKey(t, x, i))
	}
	b.WriteString(")")
	if len(x.Include) > 0 {
		b.WriteString(" INCLUDE (")
		for i := range x.Include {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(indexKey(t, x, len(x.Columns)+i))
		}
		b.WriteString(")")
	}
	if x.NullsNotDistinct {
		b.WriteString(" NULLS NOT DISTINCT")
	}
	for i, o := range x.Options {
		name, value, _ := strings.Cut(o, "=")
		if expr.QuoteIdent(value) != value {
			value = expr.QuoteLiteral(value)
		}
		b.WriteString(map[bool]string{true: " WITH (", false: ", "}[i == 0] + name + "=" + value)
	}
	if len(x.Options) > 0 {
		b.WriteString(")")
	}
	if x.Predicate != "" {
		b.WriteString(" WHERE " + x.Predicate)
	}
	return b.String()
}

// shownIndex is an index with its expressions as PostgreSQL shows them.
func shownIndex(s shown, x *catalog.Index) *catalog.Index {
	y := *x
	y.Predicate = s.text(x.Predicate)
	y.Columns = append([]catalog.IndexColumn(nil), x.Columns...)
	for i := range y.Columns {
		y.Columns[i].Expr = s.text(y.Columns[i].Expr)
	}
	return &y
}

// indexKey is one column of an index (from 0, INCLUDE after the keys) as CREATE INDEX writes it, without its options.
func indexKey(t *catalog.Table, x *catalog.Index, i int) string {
	if i >= len(x.Columns) {
		if c := t.ColumnByID(x.Include[i-len(x.Columns)]); c != nil {
			return expr.QuoteIdent(c.Name)
		}
		return ""
	}
	k := x.Columns[i]
	text := k.Expr
	if c := t.ColumnByID(k.Column); c != nil {
		text = expr.QuoteIdent(c.Name)
	} else if !isCall(text) {
		text = "(" + text + ")"
	}
	return text
}

// indexKey is a key column with its options.
func (s shown) indexKey(t *catalog.Table, x *catalog.Index, i int) string {
	k, text, own := x.Columns[i], indexKey(t, x, i), ""
	if c := t.ColumnByID(k.Column); c != nil {
		own = c.Collation
	}
	if k.Collation != "" && k.Collation != own {
		text += " COLLATE " + shownCollation(s.r, s.path, k.Collation)
	}
	if k.OpClass != "" {
		text += " " + expr.QuoteIdent(k.OpClass)
	}
	switch {
	case k.Desc && !k.NullsFirst:
		text += " DESC NULLS LAST"
	case k.Desc:
		text += " DESC"
	case k.NullsFirst:
		text += " NULLS FIRST"
	}
	return text
}

// KeyDetail is the key of an index as an error shows it, "a, lower(b)".
func KeyDetail(r *catalog.Reader, t *catalog.Table, x *catalog.Index) string {
	p := prettyKeys(shown{r: r}, x)
	keys := make([]string, len(x.Columns))
	for i := range keys {
		keys[i] = indexKey(t, p, i)
	}
	return strings.Join(keys, ", ")
}

// enclosed reports whether one pair of parentheses is around the whole text.
func enclosed(text string) bool {
	if !strings.HasPrefix(text, "(") || !strings.HasSuffix(text, ")") {
		return false
	}
	return closing(text, 0) == len(text)-1
}

// isCall reports a function call, which an index definition writes without parentheses around it.
func isCall(text string) bool {
	i := 0
	for i < len(text) && (text[i] == '_' || text[i] == '.' || text[i] >= 'a' && text[i] <= 'z' || text[i] >= '0' && text[i] <= '9') {
		i++
	}
	return i > 0 && i < len(text) && text[i] == '(' && closing(text, i) == len(text)-1
}

// closing is the place of the parenthesis that closes the one at open, -1 if there is none. Literals are skipped.
func closing(text string, open int) int {
	depth := 0
	for i := open; i < len(text); i++ {
		switch text[i] {
		case '\'', '"':
			end := strings.IndexByte(text[i+1:], text[i])
			if end < 0 {
				return -1
			}
			i += end + 1
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// constraintDefinition is pg_get_constraintdef.
func constraintDefinition(r *catalog.Reader, visible func(catalog.Relation) bool, c constraint) string {
	switch c.kind {
	case 'c':
		text := "CHECK (" + c.check.Expr + ")"
		if c.check.NoInherit {
			text += " NO INHERIT"
		}
		if c.check.NotValid {
			text += " NOT VALID"
		}
		return text
	case 'f':
		return foreignKeyDefinition(r, visible, c.table, c.foreign)
	case 'p':
		return "PRIMARY KEY " + indexColumnList(c)
	}
	text := "UNIQUE "
	if c.index.NullsNotDistinct {
		text += "NULLS NOT DISTINCT "
	}
	return text + indexColumnList(c)
}

func indexColumnList(c constraint) string {
	names := func(ids []catalog.ColumnID) string {
		var list []string
		for _, id := range ids {
			if col := c.table.ColumnByID(id); col != nil {
				list = append(list, expr.QuoteIdent(col.Name))
			}
		}
		return "(" + strings.Join(list, ", ") + ")"
	}
	text := names(c.columns)
	if len(c.index.Include) > 0 {
		text += " INCLUDE " + names(c.index.Include)
	}
	return text
}

// typeName is format_type for any type: built-in ones, row types of tables and views, and arrays.
func typeName(r *catalog.Reader, visible func(catalog.Relation) bool, id types.OID, mod int32, given bool) string {
	if _, ok := types.Info(id); ok || id == 0 {
		if given {
			return types.FormatTypeMod(id, mod)
		}
		return types.FormatType(id, -1)
	}
	if elem := types.ElemOf(id); elem != 0 {
		if name := typeName(r, visible, elem, mod, given); name != "???" {
			return name + "[]"
		}
		return "???"
	}
	var rel catalog.Relation
	t, ok := r.TypeByOID(id)
	if ok {
		rel = t
	} else {
		rel, ok = r.RowType(id)
	}
	switch {
	case !ok:
		return "???"
	case visible(rel):
		return expr.QuoteIdent(rel.RelName())
	}
	return qualified(r, rel)
}
