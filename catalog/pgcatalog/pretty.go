package pgcatalog

import "strings"

// prettyExpr leaves out the parentheses of a stored expression that PostgreSQL's "pretty" form has not: those around the
// whole, around the operands of AND, OR and NOT, and around what is cast. Stored texts have them everywhere, so what
// is inside a pair is one expression.
func prettyExpr(text string) string {
	for enclosed(text) && !strings.HasPrefix(text, "(SELECT") {
		text = text[1 : len(text)-1]
	}
	for _, op := range []string{" OR ", " AND "} {
		parts := splitOperator(text, op)
		if len(parts) < 2 {
			continue
		}
		for i, p := range parts {
			if op == " AND " && enclosed(p) && len(splitOperator(p[1:len(p)-1], " OR ")) > 1 {
				parts[i] = "(" + prettyExpr(p) + ")"
			} else {
				parts[i] = prettyExpr(p)
			}
		}
		return strings.Join(parts, op)
	}
	if rest, ok := strings.CutPrefix(text, "NOT "); ok && enclosed(rest) && len(splitOperator(rest[1:len(rest)-1], " AND ")) < 2 &&
		len(splitOperator(rest[1:len(rest)-1], " OR ")) < 2 {
		return "NOT " + prettyExpr(rest)
	}
	return prettyCasts(text)
}

// splitOperator splits text at an operator that stands outside of parentheses and literals.
func splitOperator(text, op string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'' || c == '"':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return []string{text}
			}
			i += end + 1
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.HasPrefix(text[i:], op):
			parts = append(parts, text[start:i])
			start = i + len(op)
			i = start - 1
		}
	}
	return append(parts, text[start:])
}

// prettyCasts writes (x)::type as x::type where x is a name, a number, a literal or a call.
func prettyCasts(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\'' || c == '"' {
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				end = len(text) - i - 2
			}
			b.WriteString(text[i : i+end+2])
			i += end + 1
			continue
		}
		end := -1
		if c == '(' {
			end = closing(text, i)
		}
		if end < 0 {
			b.WriteByte(c)
			continue
		}
		inner := prettyCasts(text[i+1 : end])
		if strings.HasPrefix(text[end+1:], "::") && isOperand(inner) && (i == 0 || !nameByte(text[i-1])) {
			b.WriteString(inner)
		} else {
			b.WriteString("(" + inner + ")")
		}
		i = end
	}
	return b.String()
}

func nameByte(c byte) bool {
	return c == '_' || c == '"' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isOperand reports an expression that binds closer than a cast.
func isOperand(text string) bool {
	if text == "" || text[0] == '-' {
		return false
	}
	if isCall(text) || text[0] == '"' && strings.IndexByte(text[1:], '"') == len(text)-2 {
		return true
	}
	if text[0] == '\'' {
		end := literalEnd(text, 0)
		_, _, next := castType(text, min(end+2, len(text)))
		return strings.HasPrefix(text[end:], "::") && next == len(text)
	}
	for i := range len(text) {
		if c := text[i]; !nameByte(c) && c != '.' || c == '"' {
			return false
		}
	}
	return true
}
