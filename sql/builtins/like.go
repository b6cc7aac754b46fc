package builtins

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

var errLikeEscape = pgerr.New(pgerr.InvalidEscapeSequence, "LIKE pattern must not end with escape character")

// likePattern is a LIKE pattern, taken apart at its % signs. Most patterns are an anchored prefix, an anchored suffix, or
// one piece in the middle, and need only the string functions of the runtime.
type likePattern struct {
	pieces   []likePiece // the parts between % signs, without empty ones
	anchored [2]bool     // no % at the start, at the end
	fold     bool
	// trailing: the pattern ends with a lone escape character, which is an error if matching gets there. The pattern held
	// is that of the values that get there.
	trailing bool
}

// likePiece is a run of literal characters and _ wild cards.
type likePiece struct {
	text  string
	wild  []bool // per rune of text, true for _; nil if there is none
	runes int
}

// compileLike parses a pattern with \ as the escape character.
func compileLike(pattern string, fold bool) *likePattern {
	if fold {
		pattern = lowerASCII(pattern)
	}
	p := &likePattern{fold: fold, anchored: [2]bool{true, true}}
	var cur likePiece
	var buf bytes.Buffer
	flush := func() {
		if buf.Len() > 0 {
			cur.text = buf.String()
			p.pieces = append(p.pieces, cur)
		}
		cur = likePiece{}
		buf.Reset()
	}
	add := func(r string, wild bool) {
		if wild && cur.wild == nil {
			cur.wild = make([]bool, cur.runes, cur.runes+8)
		}
		if cur.wild != nil {
			cur.wild = append(cur.wild, wild)
		}
		cur.runes++
		buf.WriteString(r)
	}
	for i := 0; i < len(pattern); {
		_, w := utf8.DecodeRuneInString(pattern[i:])
		switch c := pattern[i]; {
		case c == '%':
			if i == 0 {
				p.anchored[0] = false
			}
			p.anchored[1] = i+1 < len(pattern)
			flush()
		case c == '_':
			add("_", true)
			p.anchored[1] = true
		case c == '\\' && i+1 == len(pattern):
			p = compileLike(pattern[:i]+"_%", false)
			p.fold, p.trailing = fold, true
			return p
		case c == '\\':
			i++
			_, w = utf8.DecodeRuneInString(pattern[i:])
			add(pattern[i:i+w], false)
		default:
			add(pattern[i:i+w], false)
		}
		i += w
	}
	flush()
	return p
}

// match reports whether s matches.
func (p *likePattern) match(s string) bool {
	if p.fold {
		s = lowerASCII(s)
	}
	ps := p.pieces
	if len(ps) == 0 {
		return s == "" || !(p.anchored[0] && p.anchored[1])
	}
	if len(ps) == 1 && ps[0].wild == nil {
		t := ps[0].text
		switch {
		case p.anchored[0] && p.anchored[1]:
			return s == t
		case p.anchored[0]:
			return strings.HasPrefix(s, t)
		case p.anchored[1]:
			return strings.HasSuffix(s, t)
		}
		return strings.Contains(s, t)
	}
	return p.matchPieces(s, ps)
}

// matchPieces finds the pieces one after the other, each at its leftmost place, the first and last where they are anchored.
func (p *likePattern) matchPieces(s string, ps []likePiece) bool {
	if p.anchored[0] {
		n, ok := ps[0].matchAt(s)
		if !ok {
			return false
		}
		s, ps = s[n:], ps[1:]
		if len(ps) == 0 {
			return s == "" || !p.anchored[1]
		}
	}
	last := len(ps)
	if p.anchored[1] {
		last--
	}
	for _, piece := range ps[:last] {
		n := piece.find(s)
		if n < 0 {
			return false
		}
		s = s[n:]
	}
	if !p.anchored[1] {
		return true
	}
	return ps[last].matchEnd(s)
}

// matchAt reports how many bytes of s the piece matches at its start.
func (x *likePiece) matchAt(s string) (int, bool) {
	if x.wild == nil {
		return len(x.text), strings.HasPrefix(s, x.text)
	}
	pos, t := 0, x.text
	for _, wild := range x.wild {
		if pos >= len(s) {
			return 0, false
		}
		_, w := utf8.DecodeRuneInString(t)
		_, sw := utf8.DecodeRuneInString(s[pos:])
		if !wild && s[pos:pos+sw] != t[:w] {
			return 0, false
		}
		pos, t = pos+sw, t[w:]
	}
	return pos, true
}

// find is the end of the piece's first match in s, -1 if there is none.
func (x *likePiece) find(s string) int {
	if x.wild == nil {
		if i := strings.Index(s, x.text); i >= 0 {
			return i + len(x.text)
		}
		return -1
	}
	for i := 0; i <= len(s); {
		if n, ok := x.matchAt(s[i:]); ok {
			return i + n
		}
		_, w := utf8.DecodeRuneInString(s[i:])
		i += max(w, 1)
	}
	return -1
}

// matchEnd reports whether the piece matches the end of s.
func (x *likePiece) matchEnd(s string) bool {
	if x.wild == nil {
		return strings.HasSuffix(s, x.text)
	}
	start := len(s)
	for range x.runes {
		if start == 0 {
			return false
		}
		_, w := utf8.DecodeLastRuneInString(s[:start])
		start -= w
	}
	n, ok := x.matchAt(s[start:])
	return ok && start+n == len(s)
}

// likeMatch binds [NOT] [I]LIKE: each call site keeps the last pattern compiled.
func likeMatch(fold, not bool) func(*expr.Func, []types.T, types.T) *expr.Func {
	return func(f *expr.Func, _ []types.T, _ types.T) *expr.Func {
		g := *f
		g.Bind = nil
		var p *likePattern
		var text string
		g.Kernel = func(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, out *vec.Vector) error {
			a, b := args[0].Str, args[1].Str
			ma, mb := mask(args[0]), mask(args[1])
			for k := range rowCount(sel, n) {
				i := rowAt(sel, k)
				if t := b[i&mb]; p == nil || (k == 0 || mb != 0) && t != text {
					p, text = compileLike(t, fold), t
				}
				m := p.match(a[i&ma])
				if m && p.trailing {
					return errLikeEscape
				}
				out.Bool[i] = m != not
			}
			return nil
		}
		return &g
	}
}

func likeCodes() []code {
	var cs []code
	for _, p := range []string{"text", "name", "bytea"} {
		cs = append(cs, code{src: p + "like", bind: likeMatch(false, false)}, code{src: p + "nlike", bind: likeMatch(false, true)})
		if p != "bytea" {
			cs = append(cs, code{src: p + "iclike", bind: likeMatch(true, false)}, code{src: p + "icnlike", bind: likeMatch(true, true)})
		}
	}
	return append(cs, code{src: "like_escape", kernel: try2(strs, strs, strs, likeEscape)},
		code{src: "like_escape_bytea", kernel: try2(strs, strs, strs, likeEscape)})
}

// likeEscape rewrites a pattern with another escape character to one with \.
func likeEscape(pattern, esc string) (string, error) {
	switch {
	case esc == `\`:
		return pattern, nil
	case esc == "":
		return strings.ReplaceAll(pattern, `\`, `\\`), nil
	case utf8.RuneCountInString(esc) != 1:
		return "", pgerr.New(pgerr.InvalidEscapeSequence, "invalid escape string").WithHint("Escape string must be empty or one character.")
	}
	var b strings.Builder
	afterEscape := false
	for i := 0; i < len(pattern); {
		_, w := utf8.DecodeRuneInString(pattern[i:])
		c := pattern[i : i+w]
		switch {
		case c == esc && !afterEscape:
			b.WriteByte('\\')
			afterEscape = true
		case c == `\`:
			b.WriteByte('\\')
			if !afterEscape {
				b.WriteByte('\\')
			}
			afterEscape = false
		default:
			b.WriteString(c)
			afterEscape = false
		}
		i += w
	}
	return b.String(), nil
}
