package pgcatalog

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Descriptors hold expressions as they were bound: names of relations qualified, constants already of the type that they
// are compared with. PostgreSQL shows relations by the search path, and keeps the constants and casts that were
// written. shown turns the one into the other:
//
//	nextval('public.s'::regclass)    nextval('s'::regclass)
//	(price > '0'::numeric)           (price > (0)::numeric)
//	'x'::character varying(20)       'x'::character varying      (the length is the column's)
//	'5'::bigint                      5
//	public.f(a)                      f(a)
//	(a = ANY ('{x,y}'::text[]))      (a = ANY (ARRAY['x'::text, 'y'::text]))
//
// A number that was written in quotes is shown as if it had not been: the two mean the same.
type shown struct {
	r    *catalog.Reader
	path []string
}

// text is a stored expression as PostgreSQL shows it.
func (s shown) text(stored string) string {
	if whole, ok := s.wholeConstant(stored); ok {
		return whole
	}
	var b strings.Builder
	for i := 0; i < len(stored); {
		c := stored[i]
		if n := s.hiddenSchema(stored, i); n > 0 {
			i += n
			continue
		}
		if c != '\'' && c != '"' {
			b.WriteByte(c)
			i++
			continue
		}
		end := literalEnd(stored, i)
		if c == '\'' && strings.HasPrefix(stored[end:], "::") {
			name, _, next := castType(stored, end+2)
			if name != "" {
				anyArray := strings.HasSuffix(b.String(), "ANY (") || strings.HasSuffix(b.String(), "ALL (")
				b.WriteString(s.constant(unquote(stored[i:end]), name, stored[end+2:next], anyArray))
				i = next
				continue
			}
		}
		b.WriteString(stored[i:end])
		i = end
	}
	return b.String()
}

// wholeConstant shows a text that is one constant with a cast: a default.
func (s shown) wholeConstant(stored string) (string, bool) {
	end := numberEnd(stored)
	if strings.HasPrefix(stored, "'") {
		end = literalEnd(stored, 0)
	}
	if end == 0 || !strings.HasPrefix(stored[end:], "::") {
		return "", false
	}
	name, base, next := castType(stored, end+2)
	if name == "" || next != len(stored) {
		return "", false
	}
	if stored[0] != '\'' {
		return stored[:end], true
	}
	value := unquote(stored[:end])
	switch base {
	case "numeric", "double precision", "real", "bigint", "smallint":
		return number(value, stored), true
	case "character":
		return quote(strings.TrimRight(value, " ")) + "::bpchar", true
	}
	if base == "regclass" {
		return s.constant(value, name, base, false), true
	}
	return stored[:end] + "::" + name, true
}

// number shows an integer or decimal as it was written; other is for what is neither.
func number(value, other string) string {
	switch {
	case value != "" && numberEnd(value) == len(value):
		return value
	case len(value) > 1 && value[0] == '-' && numberEnd(value[1:]) == len(value)-1:
		if strings.Contains(value, ".") {
			return "'" + value + "'::numeric"
		}
		return "'" + value + "'::integer"
	}
	return other
}

// constant shows a constant inside of an expression. name is its type without modifier, written as it stood.
func (s shown) constant(value, name, written string, anyArray bool) string {
	plain := quote(value) + "::" + written
	switch name {
	case "regclass":
		if parts, err := splitName(value); err == nil && len(parts) == 2 {
			if rel, ok := s.r.Lookup(s.path, parts[0], parts[1]); ok && s.r.Visible(s.path, rel) {
				value = expr.QuoteIdent(rel.RelName())
			}
		}
		return quote(value) + "::regclass"
	case "numeric", "double precision", "real":
		if n := number(value, ""); n != "" {
			return "(" + n + ")::" + written
		}
	case "bigint", "smallint":
		return number(value, plain)
	case "character":
		if written == "character" {
			return quote(value) + "::bpchar"
		}
	}
	if elem, ok := strings.CutSuffix(name, "[]"); ok && anyArray {
		if list, ok := arrayConstructor(value, elem); ok {
			return list
		}
	}
	return plain
}

// arrayConstructor writes an array literal as ARRAY[…].
func arrayConstructor(value, elem string) (string, bool) {
	id, err := resolveType(nil, nil, "", elem)
	if err != nil {
		return "", false
	}
	d, err := types.Parse(types.Of(types.ArrayOf(id)), value, nil)
	if err != nil || len(d.Array().Dims) != 1 {
		return "", false
	}
	parts := make([]string, len(d.Array().Elems))
	for i, e := range d.Array().Elems {
		parts[i] = expr.FormatConst(types.Of(id), e, nil)
	}
	return "ARRAY[" + strings.Join(parts, ", ") + "]", true
}

// literalEnd is the place after the quoted token that starts at i.
func literalEnd(text string, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		if text[i] != quote {
			continue
		}
		if i+1 >= len(text) || text[i+1] != quote {
			return i + 1
		}
		i++
	}
	return len(text)
}

// quote is a literal without the E form: backslashes stand for themselves.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func unquote(literal string) string {
	return strings.ReplaceAll(literal[1:max(1, len(literal)-1)], "''", "'")
}

// numberEnd is the length of the unsigned decimal number that text starts with.
func numberEnd(text string) int {
	i, digits := 0, 0
	for i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] == '.') {
		if text[i] != '.' {
			digits++
		}
		i++
	}
	if digits == 0 {
		return 0
	}
	return i
}

// typeSuffixes are the words that may follow the first of a type's name.
var typeSuffixes = map[string][]string{
	"double": {" precision"}, "character": {" varying"}, "bit": {" varying"},
	"timestamp": {" without time zone", " with time zone"}, "time": {" without time zone", " with time zone"},
}

// castType reads the name of a type at i: name has no modifier, base no array brackets either; next is the place after it.
func castType(text string, i int) (name, base string, next int) {
	start := i
	for i < len(text) && (nameByte(text[i]) && text[i] != '"' || text[i] == '.') {
		i++
	}
	base = text[start:i]
	suffixes := typeSuffixes[base]
	suffix := func() {
		for _, s := range suffixes {
			if strings.HasPrefix(text[i:], s) {
				base += s
				i += len(s)
				return
			}
		}
	}
	suffix()
	if i < len(text) && text[i] == '(' {
		if end := strings.IndexByte(text[i:], ')'); end > 0 {
			i += end + 1
		}
		suffix()
	}
	name = base
	for strings.HasPrefix(text[i:], "[]") {
		name += "[]"
		i += 2
	}
	return name, base, i
}
