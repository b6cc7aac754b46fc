package acl

import (
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Text is an item as aclitem shows it: grantee=letters/grantor.
func (it Item) Text(name func(types.OID) string) string {
	var b strings.Builder
	if it.Grantee != Public {
		b.WriteString(quoteRole(name(it.Grantee)))
	}
	b.WriteByte('=')
	for i := range len(letters) {
		if it.Privs&(1<<i) != 0 {
			b.WriteByte(letters[i])
		}
		if it.Options&(1<<i) != 0 {
			b.WriteByte('*')
		}
	}
	b.WriteByte('/')
	b.WriteString(quoteRole(name(it.Grantor)))
	return b.String()
}

// quoteRole quotes names that have other characters than letters, digits and underscores.
func quoteRole(s string) string {
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 || c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' {
			continue
		}
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// Parse reads what Text writes.
func Parse(text string, role func(name string) (types.OID, bool)) (Item, error) {
	var it Item
	name, rest := cutRole(strings.TrimSpace(text))
	if name == "group" || name == "user" {
		name, rest = cutRole(strings.TrimLeft(rest, " "))
	}
	if !strings.HasPrefix(rest, "=") {
		return it, pgerr.New(pgerr.InvalidTextRepresentation, "missing \"=\" sign")
	}
	ok := true
	if name != "" {
		if it.Grantee, ok = role(name); !ok {
			return it, pgerr.New(pgerr.UndefinedObject, "role \"%s\" does not exist", name)
		}
	}
	rest = rest[1:]
	var last Privs
	for rest != "" && rest[0] != '/' && rest[0] != ' ' {
		if rest[0] == '*' {
			it.Options |= last
		} else {
			i := strings.IndexByte(letters, rest[0])
			if i < 0 {
				return it, pgerr.New(pgerr.InvalidTextRepresentation, "invalid mode character: must be one of \"%s\"", letters)
			}
			last = 1 << i
			it.Privs |= last
		}
		rest = rest[1:]
	}
	it.Grantor = 10
	if strings.HasPrefix(rest, "/") {
		name, rest = cutRole(rest[1:])
		if name == "" {
			return it, pgerr.New(pgerr.InvalidTextRepresentation, "a name must follow the \"/\" sign")
		}
		if it.Grantor, ok = role(name); !ok {
			return it, pgerr.New(pgerr.UndefinedObject, "role \"%s\" does not exist", name)
		}
	}
	if strings.TrimSpace(rest) != "" {
		return it, pgerr.New(pgerr.InvalidTextRepresentation, "extra garbage at the end of the ACL specification")
	}
	return it, nil
}

// cutRole takes a name, quoted or not, off the front.
func cutRole(s string) (name, rest string) {
	var b strings.Builder
	quoted := false
	i := 0
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case quoted || c >= 0x80 || c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z':
			b.WriteByte(c)
		default:
			return b.String(), s[i:]
		}
	}
	return b.String(), ""
}
