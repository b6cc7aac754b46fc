package regex

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSteps bounds the work of one match.
const maxSteps = 5_000_000

// matcher is one attempt to match.
type matcher struct {
	s     string
	caps  []int
	steps int
}

func (m *matcher) spent() bool { m.steps++; return m.steps > maxSteps }

// node matches at a place and calls next with each place that it can reach, in order of preference, until next says true.
type node interface {
	match(m *matcher, at int, next func(int) bool) bool
}

type (
	charNode struct {
		c, fold rune
		folds   bool
	}
	setNode struct {
		ranges  [][2]rune
		classes []func(rune) bool
		not     bool
		fold    bool
		lines   bool // never matches a line end
	}
	seqNode    []node
	altNode    []node
	repeatNode struct {
		n        node
		min, max int // max -1: no bound
		lazy     bool
	}
	groupNode struct {
		n     node
		index int
	}
	backNode struct {
		index int
		fold  bool
	}
	lookNode struct {
		n           node
		not, behind bool
	}
	// assertNode is A, Z, m, M, y, Y as in escapes, or l and L for the start and the end of a line.
	assertNode byte
)

func (n charNode) match(m *matcher, at int, next func(int) bool) bool {
	c, size := utf8.DecodeRuneInString(m.s[at:])
	if size == 0 || c != n.c && (!n.folds || !sameFold(c, n.c)) {
		return false
	}
	return next(at + size)
}

func sameFold(a, b rune) bool {
	for c := unicode.SimpleFold(a); c != a; c = unicode.SimpleFold(c) {
		if c == b {
			return true
		}
	}
	return a == b
}

func (n setNode) has(c rune) bool {
	for _, r := range n.ranges {
		if c >= r[0] && c <= r[1] {
			return true
		}
	}
	for _, f := range n.classes {
		if f(c) {
			return true
		}
	}
	return false
}

func (n setNode) match(m *matcher, at int, next func(int) bool) bool {
	c, size := utf8.DecodeRuneInString(m.s[at:])
	if size == 0 || n.lines && c == '\n' {
		return false
	}
	in := n.has(c)
	if n.fold && !in {
		for f := unicode.SimpleFold(c); f != c && !in; f = unicode.SimpleFold(f) {
			in = n.has(f)
		}
	}
	return in != n.not && next(at+size)
}

func (n seqNode) match(m *matcher, at int, next func(int) bool) bool {
	if len(n) == 0 {
		return next(at)
	}
	return n[0].match(m, at, func(to int) bool { return n[1:].match(m, to, next) })
}

func (n altNode) match(m *matcher, at int, next func(int) bool) bool {
	for _, a := range n {
		if a.match(m, at, next) {
			return true
		}
	}
	return false
}

func (n *repeatNode) match(m *matcher, at int, next func(int) bool) bool {
	return n.times(m, at, 0, next)
}

func (n *repeatNode) times(m *matcher, at, count int, next func(int) bool) bool {
	if m.spent() {
		return true
	}
	more := func() bool {
		if n.max >= 0 && count >= n.max {
			return false
		}
		return n.n.match(m, at, func(to int) bool {
			if to == at && count >= n.min { // nothing more comes of matching nothing
				return false
			}
			return n.times(m, to, count+1, next)
		})
	}
	switch {
	case count < n.min:
		return more()
	case n.lazy:
		return next(at) || more()
	}
	return more() || next(at)
}

func (n groupNode) match(m *matcher, at int, next func(int) bool) bool {
	from, to := m.caps[2*n.index], m.caps[2*n.index+1]
	if n.n.match(m, at, func(end int) bool {
		b, e := m.caps[2*n.index], m.caps[2*n.index+1]
		m.caps[2*n.index], m.caps[2*n.index+1] = at, end
		if next(end) {
			return true
		}
		m.caps[2*n.index], m.caps[2*n.index+1] = b, e
		return false
	}) {
		return true
	}
	m.caps[2*n.index], m.caps[2*n.index+1] = from, to
	return false
}

func (n backNode) match(m *matcher, at int, next func(int) bool) bool {
	b, e := m.caps[2*n.index], m.caps[2*n.index+1]
	if b < 0 || len(m.s)-at < e-b {
		return false
	}
	have, want := m.s[at:at+e-b], m.s[b:e]
	if have != want && !(n.fold && strings.EqualFold(have, want)) {
		return false
	}
	return next(at + e - b)
}

func (n lookNode) match(m *matcher, at int, next func(int) bool) bool {
	found := false
	if n.behind {
		for from := at; from >= 0 && !found; from-- {
			if utf8.RuneStart(byteAt(m.s, from)) {
				found = n.n.match(m, from, func(to int) bool { return to == at })
			}
		}
	} else {
		found = n.n.match(m, at, func(int) bool { return true })
	}
	return found != n.not && next(at)
}

// byteAt is a byte of s, one that starts a character behind its end.
func byteAt(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

func (n assertNode) match(m *matcher, at int, next func(int) bool) bool {
	before, _ := utf8.DecodeLastRuneInString(m.s[:at])
	after, _ := utf8.DecodeRuneInString(m.s[at:])
	b, a := at > 0 && isWord(before), at < len(m.s) && isWord(after)
	var ok bool
	switch n {
	case 'A':
		ok = at == 0
	case 'Z':
		ok = at == len(m.s)
	case 'l':
		ok = at == 0 || before == '\n'
	case 'L':
		ok = at == len(m.s) || after == '\n'
	case 'm':
		ok = !b && a
	case 'M':
		ok = b && !a
	case 'y':
		ok = a != b
	case 'Y':
		ok = a == b
	}
	return ok && next(at)
}

// find is the leftmost match at or behind a place: the places of the match and its groups, -1 for groups without one.
func (re *Regexp) find(s string, from int) []int {
	m := &matcher{s: s, caps: make([]int, 2*(re.groups+1))}
	for at := from; at <= len(s); at++ {
		if !utf8.RuneStart(byteAt(s, at)) {
			continue
		}
		for i := range m.caps {
			m.caps[i] = -1
		}
		var best []int
		re.root.match(m, at, func(to int) bool {
			if m.spent() {
				return true
			}
			if best == nil || !re.lazy && to > best[1] || re.lazy && to < best[1] {
				best = append(best[:0], m.caps...)
				best[0], best[1] = at, to
			}
			if re.lazy {
				return to == at
			}
			return to == len(s)
		})
		if best != nil || m.steps > maxSteps {
			return best
		}
	}
	return nil
}

// NumSubexp is the number of groups.
func (re *Regexp) NumSubexp() int { return re.groups }

// MatchString reports whether s has a match.
func (re *Regexp) MatchString(s string) bool { return re.find(s, 0) != nil }

// FindStringSubmatchIndex is the leftmost match, as in package regexp.
func (re *Regexp) FindStringSubmatchIndex(s string) []int { return re.find(s, 0) }

// FindStringIndex is the leftmost match without its groups.
func (re *Regexp) FindStringIndex(s string) []int {
	if at := re.find(s, 0); at != nil {
		return at[:2]
	}
	return nil
}

// FindAllStringSubmatchIndex lists the successive matches, n at most (-1: all). An empty one may follow right after another.
func (re *Regexp) FindAllStringSubmatchIndex(s string, n int) [][]int {
	var all [][]int
	for from := 0; from <= len(s) && (n < 0 || len(all) < n); {
		at := re.find(s, from)
		if at == nil {
			break
		}
		all = append(all, at)
		if from = at[1]; at[0] == at[1] {
			_, size := utf8.DecodeRuneInString(s[from:])
			from += max(size, 1)
		}
	}
	return all
}

// FindAllStringIndex is FindAllStringSubmatchIndex without the groups.
func (re *Regexp) FindAllStringIndex(s string, n int) [][]int {
	return bare(re.FindAllStringSubmatchIndex(s, n))
}
