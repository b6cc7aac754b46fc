package types

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// maxJSONDepth bounds the nesting of JSON input.
const maxJSONDepth = 6000

// CheckJSON refuses text that is not JSON.
func CheckJSON(s string) error {
	p := jsonParser{s: s}
	_, err := p.document()
	return err
}

// CheckJSONEscapes refuses JSON text with an escape that means no character: json is stored without a look at them.
func CheckJSONEscapes(s string) error {
	if !strings.Contains(s, `\u`) {
		return nil
	}
	p := jsonParser{s: s, escapes: true}
	_, err := p.document()
	return err
}

// ParseJSONB reads JSON text.
func ParseJSONB(s string) (*JSONB, error) {
	p := jsonParser{s: s, build: true}
	return p.document()
}

// jsonParser is a recursive descent over s. Without build it only checks.
type jsonParser struct {
	s       string
	pos     int
	build   bool
	escapes bool // check what escapes mean even so
	depth   int
}

var jsonCheckedValue = &JSONB{}

func (p *jsonParser) document() (*JSONB, error) {
	v, err := p.value("Expected JSON value, but found")
	if err != nil {
		return nil, err
	}
	if p.space(); p.pos < len(p.s) {
		return nil, p.unexpected("Expected end of input, but found")
	}
	return v, nil
}

func (p *jsonParser) space() {
	for p.pos < len(p.s) && strings.IndexByte(" \t\n\r", p.s[p.pos]) >= 0 {
		p.pos++
	}
}

// fail is the syntax error with its detail, and the input up to end as its context.
func (p *jsonParser) fail(end int, detail string, args ...any) error {
	line, start := 1, 0
	for i := 0; i < end && i < len(p.s); i++ {
		if p.s[i] == '\n' {
			line, start = line+1, i+1
		}
	}
	from := start
	for end-from >= 50 {
		_, n := utf8.DecodeRuneInString(p.s[from:])
		from += n
	}
	if from-start <= 3 {
		from = start
	}
	context := p.s[from:end]
	if from > start {
		context = "..." + context
	}
	if end < len(p.s) && p.s[end] != '\n' && p.s[end] != '\r' {
		context += "..."
	}
	return pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type json").
		WithDetail(detail, args...).WithWhere("JSON data, line %d: %s", line, context)
}

// tokenEnd is the end of the token at pos, as PostgreSQL's lexer sees it.
func (p *jsonParser) tokenEnd() int {
	c := p.s[p.pos]
	if strings.IndexByte("{}[],:", c) >= 0 {
		return p.pos + 1
	}
	if c == '"' {
		for i := p.pos + 1; i < len(p.s); i++ {
			if p.s[i] == '\\' {
				i++
			} else if p.s[i] == '"' {
				return i + 1
			}
		}
		return len(p.s)
	}
	i := p.pos
	for i < len(p.s) && jsonWordByte(p.s[i]) {
		i++
	}
	if i == p.pos {
		_, n := utf8.DecodeRuneInString(p.s[p.pos:])
		return p.pos + n
	}
	return i
}

func jsonWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '+' || c == '.' || c >= 0x80
}

// unexpected reports the token at pos: one that does not belong here, or none of JSON's at all.
func (p *jsonParser) unexpected(expected string) error {
	if p.space(); p.pos >= len(p.s) {
		return p.fail(len(p.s), "The input string ended unexpectedly.")
	}
	end := p.tokenEnd()
	token := p.s[p.pos:end]
	if c := p.s[p.pos]; c == '-' || c >= '0' && c <= '9' {
		if p.number() != nil {
			return p.fail(end, `Token "%s" is invalid.`, token)
		}
	} else if strings.IndexByte(`{}[],:"`, c) < 0 && token != "true" && token != "false" && token != "null" {
		return p.fail(end, `Token "%s" is invalid.`, token)
	}
	return p.fail(end, `%s "%s".`, expected, token)
}

func (p *jsonParser) value(expected string) (*JSONB, error) {
	p.space()
	if p.pos >= len(p.s) {
		return nil, p.unexpected(expected)
	}
	switch c := p.s[p.pos]; {
	case c == '{' || c == '[':
		if p.depth++; p.depth > maxJSONDepth {
			return nil, pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded").WithHint(
				`Increase the configuration parameter "max_stack_depth" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.`)
		}
		defer func() { p.depth-- }()
		if c == '{' {
			return p.object()
		}
		return p.array()
	case c == '"':
		s, err := p.str()
		if err != nil || !p.build {
			return jsonCheckedValue, err
		}
		return &JSONB{Kind: JSONString, Str: s}, nil
	case c == '-' || c >= '0' && c <= '9':
		return p.numberValue()
	}
	return p.word(expected)
}

func (p *jsonParser) word(expected string) (*JSONB, error) {
	end := p.tokenEnd()
	var v *JSONB
	switch p.s[p.pos:end] {
	case "true":
		v = &JSONB{Kind: JSONBool, Bool: true}
	case "false":
		v = &JSONB{Kind: JSONBool}
	case "null":
		v = &JSONB{}
	default:
		return nil, p.unexpected(expected)
	}
	p.pos = end
	return v, nil
}

func (p *jsonParser) numberValue() (*JSONB, error) {
	start := p.pos
	if err := p.number(); err != nil {
		return nil, err
	}
	if !p.build {
		return jsonCheckedValue, nil
	}
	n, err := ParseNumeric(p.s[start:p.pos])
	if err != nil {
		return nil, err
	}
	return &JSONB{Kind: JSONNumber, Num: n}, nil
}

// number moves over a number.
func (p *jsonParser) number() error {
	start, end := p.pos, p.tokenEnd()
	digits := func(i int) int {
		for i < end && p.s[i] >= '0' && p.s[i] <= '9' {
			i++
		}
		return i
	}
	i := start
	if p.s[i] == '-' {
		i++
	}
	whole := digits(i)
	ok := whole > i && (p.s[i] != '0' || whole == i+1)
	if i = whole; ok && i < end && p.s[i] == '.' {
		frac := digits(i + 1)
		ok, i = frac > i+1, frac
	}
	if ok && i < end && (p.s[i] == 'e' || p.s[i] == 'E') {
		i++
		if i < end && (p.s[i] == '+' || p.s[i] == '-') {
			i++
		}
		exp := digits(i)
		ok, i = exp > i, exp
	}
	if !ok || i != end {
		return p.fail(end, `Token "%s" is invalid.`, p.s[start:end])
	}
	p.pos = end
	return nil
}

func (p *jsonParser) array() (*JSONB, error) {
	out := jsonCheckedValue
	if p.build {
		out = &JSONB{Kind: JSONArray}
	}
	p.pos++
	if p.space(); p.pos < len(p.s) && p.s[p.pos] == ']' {
		p.pos++
		return out, nil
	}
	for {
		v, err := p.value(`Expected JSON value, but found`)
		if err != nil {
			return nil, err
		}
		if p.build {
			out.Elems = append(out.Elems, v)
		}
		p.space()
		switch {
		case p.pos < len(p.s) && p.s[p.pos] == ',':
			p.pos++
		case p.pos < len(p.s) && p.s[p.pos] == ']':
			p.pos++
			return out, nil
		default:
			return nil, p.unexpected(`Expected "," or "]", but found`)
		}
	}
}

func (p *jsonParser) object() (*JSONB, error) {
	var keys []string
	var values []*JSONB
	p.pos++
	if p.space(); p.pos < len(p.s) && p.s[p.pos] == '}' {
		p.pos++
		return &JSONB{Kind: JSONObject}, nil
	}
	for first := true; ; first = false {
		if p.space(); p.pos >= len(p.s) || p.s[p.pos] != '"' {
			if first {
				return nil, p.unexpected(`Expected string or "}", but found`)
			}
			return nil, p.unexpected("Expected string, but found")
		}
		key, err := p.str()
		if err != nil {
			return nil, err
		}
		if p.space(); p.pos >= len(p.s) || p.s[p.pos] != ':' {
			return nil, p.unexpected(`Expected ":", but found`)
		}
		p.pos++
		v, err := p.value("Expected JSON value, but found")
		if err != nil {
			return nil, err
		}
		if p.build {
			keys, values = append(keys, key), append(values, v)
		}
		p.space()
		switch {
		case p.pos < len(p.s) && p.s[p.pos] == ',':
			p.pos++
		case p.pos < len(p.s) && p.s[p.pos] == '}':
			p.pos++
			return NewJSONObject(keys, values), nil
		default:
			return nil, p.unexpected(`Expected "," or "}", but found`)
		}
	}
}

// str reads a string; the quote is next.
func (p *jsonParser) str() (string, error) {
	start := p.pos + 1
	for i := start; i < len(p.s); i++ { // the common case: no escapes
		switch c := p.s[i]; {
		case c == '"':
			p.pos = i + 1
			return p.s[start:i], nil
		case c == '\\' || c < 0x20:
			return p.escapedStr(start, i)
		}
	}
	return "", p.fail(len(p.s), `Token "%s" is invalid.`, p.s[p.pos:])
}

func (p *jsonParser) escapedStr(start, i int) (string, error) {
	b := []byte(p.s[start:i])
	for i < len(p.s) {
		switch c := p.s[i]; {
		case c == '"':
			p.pos = i + 1
			return string(b), nil
		case c < 0x20:
			return "", p.fail(i, "Character with value 0x%02x must be escaped.", c)
		case c != '\\':
			b = append(b, c)
			i++
		case i+1 >= len(p.s):
			return "", p.fail(len(p.s), `Token "%s" is invalid.`, p.s[start-1:])
		case p.s[i+1] == 'u':
			var err error
			if b, i, err = p.unicodeEscape(b, i); err != nil {
				return "", err
			}
		default:
			k := strings.IndexByte(`"\/bfnrt`, p.s[i+1])
			if k < 0 {
				_, n := utf8.DecodeRuneInString(p.s[i+1:])
				return "", p.fail(i+1+n, `Escape sequence "\%s" is invalid.`, p.s[i+1:i+1+n])
			}
			b = append(b, "\"\\/\b\f\n\r\t"[k])
			i += 2
		}
	}
	return "", p.fail(len(p.s), `Token "%s" is invalid.`, p.s[start-1:])
}

// unicodeEscape reads \uXXXX, and a second one if the first is half of a surrogate pair.
func (p *jsonParser) unicodeEscape(b []byte, i int) ([]byte, int, error) {
	code := func(at int) (rune, error) {
		n := 0
		for n < 4 && at+2+n < len(p.s) && isHex(p.s[at+2+n]) {
			n++
		}
		if n < 4 {
			end := at + 2 + n
			if end < len(p.s) {
				_, w := utf8.DecodeRuneInString(p.s[end:])
				end += w
			}
			return 0, p.fail(end, `"\u" must be followed by four hexadecimal digits.`)
		}
		u, _ := strconv.ParseUint(p.s[at+2:at+6], 16, 32)
		return rune(u), nil
	}
	r, err := code(i)
	if err != nil {
		return nil, 0, err
	}
	i += 6
	if !p.build && !p.escapes { // json keeps its text, so PostgreSQL does not look at what the escapes mean
		return b, i, nil
	}
	switch {
	case r == 0:
		e := p.fail(i, `\u0000 cannot be converted to text.`).(*pgerr.Error)
		e.Code, e.Message = pgerr.UntranslatableCharacter, "unsupported Unicode escape sequence"
		return nil, 0, e
	case r >= 0xdc00 && r <= 0xdfff:
		return nil, 0, p.fail(i, "Unicode low surrogate must follow a high surrogate.")
	case r >= 0xd800 && r <= 0xdbff:
		if !strings.HasPrefix(p.s[i:], `\u`) {
			if i < len(p.s) && p.s[i] == '\\' {
				i++
			}
			if i < len(p.s) {
				_, w := utf8.DecodeRuneInString(p.s[i:])
				i += w
			}
			return nil, 0, p.fail(i, "Unicode low surrogate must follow a high surrogate.")
		}
		low, err := code(i)
		if err != nil {
			return nil, 0, err
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return nil, 0, p.fail(i+6, "Unicode low surrogate must follow a high surrogate.")
		}
		i += 6
	}
	return utf8.AppendRune(b, r), i, nil
}
