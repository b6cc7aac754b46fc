package ddl

import "strings"

// identifiers calls f with every identifier of a stored text: its value and its place. Literals are skipped. The text was
// printed by our own printer, so there are no comments and no dollar quotes.
func identifiers(text string, f func(name string, start, end int)) {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\'':
			i = skipQuoted(text, i, '\'')
		case c == '"':
			end := skipQuoted(text, i, '"')
			f(strings.ReplaceAll(text[i+1:end-1], `""`, `"`), i, end)
			i = end
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80:
			end := i + 1
			for end < len(text) && identByte(text[end]) {
				end++
			}
			f(text[i:end], i, end)
			i = end
		case c >= '0' && c <= '9':
			for i < len(text) && (identByte(text[i]) || text[i] == '.') {
				i++
			}
		default:
			i++
		}
	}
}

func identByte(c byte) bool {
	return c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

// skipQuoted is the place after the quoted token that starts at i.
func skipQuoted(text string, i int, quote byte) int {
	for i++; i < len(text); i++ {
		if text[i] == quote {
			if i+1 < len(text) && text[i+1] == quote {
				i++
				continue
			}
			return i + 1
		}
	}
	return len(text)
}

// mentions reports whether a stored text has an identifier.
func mentions(text, name string) (found bool) {
	identifiers(text, func(n string, _, _ int) { found = found || n == name })
	return found
}

// renameColumn replaces a column's name in the text of a CHECK constraint: identifiers that are not function names, type
// names or qualifiers.
func renameColumn(text, from, to string) string {
	var b strings.Builder
	last := 0
	identifiers(text, func(n string, start, end int) {
		before, after := strings.TrimRight(text[:start], " "), strings.TrimLeft(text[end:], " ")
		if n != from || strings.HasSuffix(before, "::") || strings.HasPrefix(after, "(") || strings.HasPrefix(after, ".") {
			return
		}
		b.WriteString(text[last:start])
		b.WriteString(quoteIdent(to))
		last = end
	})
	return b.String() + text[last:]
}

// usesSequence reports whether the text of a default calls nextval or the like on the sequence with that qualified name.
func usesSequence(text, qualified string) bool {
	return strings.Contains(text, quoteLiteral(qualified)+"::regclass")
}
