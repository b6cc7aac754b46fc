package types

import (
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// arrayParser reads the text form of an array: optional [l:u]… = decoration, then nested braces.
type arrayParser struct {
	src   string // whole input, for messages
	s     string
	pos   int
	elem  T
	delim byte
	env   *Env

	elems []Datum
	dims  []Dim // lengths found so far, -1: not known yet
	// bad is the error of the first element that could not be read. What is wrong with the braces comes before it.
	bad error
}

func errArray(src, detail string, args ...any) error {
	return pgerr.New(pgerr.InvalidTextRepresentation, `malformed array literal: "%s"`, src).WithDetail(detail, args...)
}

func parseArray(t T, s string, env *Env) (*Array, error) {
	elem := ElemOf(t.OID)
	p := &arrayParser{src: s, s: s, elem: T{OID: elem, Mod: t.Mod}, delim: ',', env: env}
	if ei, ok := Info(elem); ok {
		p.delim = ei.Delim
	}
	given, err := p.decoration()
	if err != nil {
		return nil, err
	}
	p.space()
	p.src = s[p.pos:]
	if p.pos >= len(p.s) || p.s[p.pos] != '{' {
		if given != nil {
			return nil, errArray(s, `Array contents must start with "{".`)
		}
		return nil, errArray(s, `Array value must start with "{" or dimension information.`)
	}
	if err := p.level(0); err != nil {
		return nil, err
	}
	p.space()
	if p.pos < len(p.s) {
		return nil, errArray(p.src, "Junk after closing right brace.")
	}
	p.src = s
	a, err := p.finish(given)
	if err == nil {
		err = p.bad
	}
	return a, err
}

func (p *arrayParser) finish(given []Dim) (*Array, error) {
	a := &Array{Elem: p.elem.OID, Elems: p.elems}
	if len(p.elems) == 0 {
		for _, d := range given {
			if d.Len > 0 {
				return nil, errArray(p.src, "Specified array dimensions do not match array contents.")
			}
		}
		return a, nil
	}
	for i := range p.dims {
		p.dims[i].Lower = 1
	}
	a.Dims = p.dims
	if given == nil {
		return a, nil
	}
	if len(given) != len(p.dims) {
		return nil, errArray(p.src, "Specified array dimensions do not match array contents.")
	}
	for i := range given {
		if given[i].Len != p.dims[i].Len {
			return nil, errArray(p.src, "Specified array dimensions do not match array contents.")
		}
	}
	a.Dims = given
	_, err := arrayTotal(given)
	return a, err
}

func (p *arrayParser) space() {
	for p.pos < len(p.s) && strings.IndexByte(asciiSpace, p.s[p.pos]) >= 0 {
		p.pos++
	}
}

// decoration reads "[2:4][1:2]=".
func (p *arrayParser) decoration() ([]Dim, error) {
	var dims []Dim
	for {
		p.space()
		if p.pos >= len(p.s) || p.s[p.pos] != '[' {
			break
		}
		if len(dims) >= MaxArrayDims {
			return nil, errArrayDims(len(dims) + 1)
		}
		p.pos++
		lower, upper := 1, 0
		n, ok := p.number()
		if !ok {
			return nil, errArray(p.src, `"[" must introduce explicitly-specified array dimensions.`)
		}
		upper = n
		if p.pos < len(p.s) && p.s[p.pos] == ':' {
			p.pos++
			lower = n
			if upper, ok = p.number(); !ok {
				return nil, errArray(p.src, "Missing array dimension value.")
			}
		}
		if p.pos >= len(p.s) || p.s[p.pos] != ']' {
			return nil, errArray(p.src, `Missing "%s" after array dimensions.`, "]")
		}
		p.pos++
		if upper < lower {
			return nil, pgerr.New(pgerr.ArraySubscriptError, "upper bound cannot be less than lower bound")
		}
		dims = append(dims, Dim{Len: int(int32(upper - lower + 1)), Lower: lower})
	}
	if dims == nil {
		return nil, nil
	}
	if !strings.HasPrefix(p.s[p.pos:], "=") {
		return nil, errArray(p.src, `Missing "%s" after array dimensions.`, "=")
	}
	p.pos++
	return dims, nil
}

func errArrayDims(n int) error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", n, MaxArrayDims)
}

func (p *arrayParser) number() (int, bool) {
	start := p.pos
	if p.pos < len(p.s) && (p.s[p.pos] == '-' || p.s[p.pos] == '+') {
		p.pos++
	}
	for p.pos < len(p.s) && p.s[p.pos] >= '0' && p.s[p.pos] <= '9' {
		p.pos++
	}
	n, _ := strconv.ParseInt(p.s[start:p.pos], 10, 64) // a sign alone is 0
	return int(int32(n)), p.pos > start
}

// level reads one braced list at the given depth; the opening brace is next.
func (p *arrayParser) level(depth int) error {
	if depth >= MaxArrayDims {
		return errArrayDims(depth + 1)
	}
	if depth == len(p.dims) {
		if len(p.elems) > 0 {
			return p.errRagged()
		}
		p.dims = append(p.dims, Dim{Len: -1})
	}
	p.pos++
	p.space()
	count := 0
	if p.pos < len(p.s) && p.s[p.pos] == '}' {
		if depth > 0 {
			return errArray(p.src, `Unexpected "%c" character.`, '}')
		}
		p.pos++
		return nil
	}
	for {
		if err := p.item(depth); err != nil {
			return err
		}
		count++
		p.space()
		if p.pos >= len(p.s) {
			return errArray(p.src, "Unexpected end of input.")
		}
		switch p.s[p.pos] {
		case p.delim:
			p.pos++
		case '}':
			p.pos++
			return p.closeLevel(depth, count)
		default:
			return errArray(p.src, "Unexpected array element.")
		}
	}
}

func (p *arrayParser) errRagged() error {
	return errArray(p.src, "Multidimensional arrays must have sub-arrays with matching dimensions.")
}

func (p *arrayParser) closeLevel(depth, count int) error {
	if p.dims[depth].Len >= 0 && p.dims[depth].Len != count {
		return p.errRagged()
	}
	p.dims[depth].Len = count
	return nil
}

// item reads a sub-array or an element.
func (p *arrayParser) item(depth int) error {
	p.space()
	if p.pos >= len(p.s) {
		return errArray(p.src, "Unexpected end of input.")
	}
	if p.s[p.pos] == '{' {
		return p.level(depth + 1)
	}
	if depth != len(p.dims)-1 {
		return p.errRagged()
	}
	text, quoted, err := p.token()
	if err != nil {
		return err
	}
	if !quoted && strings.EqualFold(text, "null") {
		p.elems = append(p.elems, Null)
		return nil
	}
	d := Null
	if p.bad == nil {
		d, p.bad = Parse(p.elem, text, p.env)
	}
	p.elems = append(p.elems, d)
	return nil
}

// token reads one element's text and removes quotes and backslashes.
func (p *arrayParser) token() (text string, quoted bool, err error) {
	var b strings.Builder
	keep := 0       // bytes of b that are not blanks at the end
	closed := false // behind a closing quote only blanks may follow
	for p.pos < len(p.s) {
		switch c := p.s[p.pos]; {
		case c == '\\':
			if p.pos+1 >= len(p.s) {
				return "", false, errArray(p.src, "Unexpected end of input.")
			}
			if closed {
				return "", false, errArray(p.src, "Unexpected array element.")
			}
			b.WriteByte(p.s[p.pos+1])
			p.pos += 2
			keep = b.Len()
			quoted = true
		case c == '"':
			if quoted || b.Len() > 0 {
				return "", false, errArray(p.src, "Unexpected array element.")
			}
			if err := p.quotedText(&b); err != nil {
				return "", false, err
			}
			quoted, closed, keep = true, true, b.Len()
		case c == p.delim || c == '}':
			if b.Len() == 0 && !quoted {
				return "", false, errArray(p.src, `Unexpected "%c" character.`, c)
			}
			return b.String()[:keep], quoted, nil
		case c == '{':
			return "", false, errArray(p.src, `Unexpected "%c" character.`, c)
		default:
			if closed && strings.IndexByte(asciiSpace, c) < 0 {
				return "", false, errArray(p.src, "Unexpected array element.")
			}
			b.WriteByte(c)
			p.pos++
			if strings.IndexByte(asciiSpace, c) < 0 {
				keep = b.Len()
			}
		}
	}
	return "", false, errArray(p.src, "Unexpected end of input.")
}

func (p *arrayParser) quotedText(b *strings.Builder) error {
	for p.pos++; p.pos < len(p.s); p.pos++ {
		switch c := p.s[p.pos]; c {
		case '"':
			p.pos++
			return nil
		case '\\':
			if p.pos++; p.pos >= len(p.s) {
				return errArray(p.src, "Unexpected end of input.")
			}
			b.WriteByte(p.s[p.pos])
		default:
			b.WriteByte(c)
		}
	}
	return errArray(p.src, "Unexpected end of input.")
}

// appendArray appends the text form: braces, with the subscripts in front where they do not start at 1.
func appendArray(dst []byte, a *Array, env *Env) []byte {
	if len(a.Elems) == 0 {
		return append(dst, '{', '}')
	}
	decorate := false
	for _, d := range a.Dims {
		decorate = decorate || d.Lower != 1
	}
	if decorate {
		for _, d := range a.Dims {
			dst = append(dst, '[')
			dst = strconv.AppendInt(dst, int64(d.Lower), 10)
			dst = append(dst, ':')
			dst = strconv.AppendInt(dst, int64(d.Lower+d.Len-1), 10)
			dst = append(dst, ']')
		}
		dst = append(dst, '=')
	}
	delim := byte(',')
	if ei, ok := Info(a.Elem); ok {
		delim = ei.Delim
	}
	dst, _ = appendArrayLevel(dst, a, 0, 0, delim, env)
	return dst
}

func appendArrayLevel(dst []byte, a *Array, depth, at int, delim byte, env *Env) ([]byte, int) {
	dst = append(dst, '{')
	for i := 0; i < a.Dims[depth].Len; i++ {
		if i > 0 {
			dst = append(dst, delim)
		}
		if depth < len(a.Dims)-1 {
			dst, at = appendArrayLevel(dst, a, depth+1, at, delim, env)
			continue
		}
		if e := a.Elems[at]; e.IsNull() {
			dst = append(dst, "NULL"...)
		} else {
			start := len(dst)
			dst = AppendText(dst, Of(a.Elem), e, env)
			dst = quoteElement(dst, start, delim)
		}
		at++
	}
	return append(dst, '}'), at
}

// quoteElement puts dst[start:] in double quotes if an array's text needs that.
func quoteElement(dst []byte, start int, delim byte) []byte {
	s := string(dst[start:])
	need := s == "" || strings.EqualFold(s, "null")
	for i := 0; i < len(s) && !need; i++ {
		c := s[i]
		need = c == '"' || c == '\\' || c == '{' || c == '}' || c == delim || strings.IndexByte(asciiSpace, c) >= 0
	}
	if !need {
		return dst
	}
	dst = append(dst[:start], '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// parseVector reads an int2vector or oidvector: numbers with blanks between.
func parseVector(oid OID, s string) (Datum, error) {
	elem := ElemOf(oid)
	var vs []int64
	for _, f := range strings.Fields(s) {
		if elem == OIDOID {
			v, err := parseOID(OIDOID, f)
			if err != nil {
				return Null, err
			}
			vs = append(vs, int64(v))
			continue
		}
		v, err := ParseInt(elem, f)
		if err != nil {
			return Null, err
		}
		vs = append(vs, v)
	}
	return NewRef(NewVector(elem, vs)), nil
}

func appendVector(dst []byte, a *Array) []byte {
	for i, e := range a.Elems {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, e.Int(), 10)
	}
	return dst
}

// appendRecord appends the text form of a row: (a,"b c",).
func appendRecord(dst []byte, r *Record, env *Env) []byte {
	dst = append(dst, '(')
	for i, f := range r.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		if f.IsNull() {
			continue
		}
		start := len(dst)
		dst = AppendText(dst, r.Types[i], f, env)
		dst = quoteField(dst, start)
	}
	return append(dst, ')')
}

// quoteField is quoteElement for rows, where quotes and backslashes are doubled.
func quoteField(dst []byte, start int) []byte {
	s := string(dst[start:])
	need := s == ""
	for i := 0; i < len(s) && !need; i++ {
		c := s[i]
		need = c == '"' || c == '\\' || c == '(' || c == ')' || c == ',' || strings.IndexByte(asciiSpace, c) >= 0
	}
	if !need {
		return dst
	}
	dst = append(dst[:start], '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, s[i])
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}
