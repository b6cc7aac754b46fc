package regex

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"
	"unicode/utf8"
)

// Successive is an expression of package regexp whose successive matches are PostgreSQL's: an empty match may follow right after another one.
type Successive struct {
	*regexp.Regexp
	// next finds a match that begins behind the first character of a text; nil if the expression has no empty matches.
	next func() *regexp.Regexp
}

// NewSuccessive takes an expression. longest: it prefers longest matches.
func NewSuccessive(re *regexp.Regexp, longest bool) *Successive {
	s := &Successive{Regexp: re}
	if tree, err := syntax.Parse(re.String(), syntax.Perl); err == nil && mayBeEmpty(tree) {
		s.next = sync.OnceValue(func() *regexp.Regexp {
			next := regexp.MustCompile(`\A(?s:.)(` + re.String() + `)`)
			if longest {
				next.Longest()
			}
			return next
		})
	}
	return s
}

// mayBeEmpty is false where an expression has no empty matches.
func mayBeEmpty(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune) == 0
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpNoMatch:
		return false
	case syntax.OpCapture, syntax.OpPlus:
		return mayBeEmpty(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min == 0 || mayBeEmpty(re.Sub[0])
	case syntax.OpConcat:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !mayBeEmpty(sub) })
	case syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, mayBeEmpty)
	}
	return true
}

// FindAllStringSubmatchIndex lists the successive matches, n at most (-1: all).
func (s *Successive) FindAllStringSubmatchIndex(text string, n int) [][]int {
	if s.next == nil || n == 0 {
		return s.Regexp.FindAllStringSubmatchIndex(text, n)
	}
	var out [][]int
	end := -1 // of the last match, if that was not empty
	add := func(upTo int) {
		if end < 0 || upTo == end {
			return
		}
		if at := s.emptyAt(text, end); at != nil {
			out = append(out, at)
		}
	}
	for _, at := range s.Regexp.FindAllStringSubmatchIndex(text, n) {
		add(at[0])
		out = append(out, at)
		if end = at[1]; at[0] == at[1] {
			end = -1
		}
	}
	add(-1)
	if n > 0 {
		out = out[:min(n, len(out))]
	}
	return out
}

// emptyAt is the match of text that begins at a place behind its start.
func (s *Successive) emptyAt(text string, place int) []int {
	_, w := utf8.DecodeLastRuneInString(text[:place])
	at := s.next().FindStringSubmatchIndex(text[place-w:])
	if at == nil {
		return nil
	}
	at = at[2:]
	for i := range at {
		if at[i] >= 0 {
			at[i] += place - w
		}
	}
	return at
}

// FindAllStringIndex is FindAllStringSubmatchIndex without the groups.
func (s *Successive) FindAllStringIndex(text string, n int) [][]int {
	if s.next == nil {
		return s.Regexp.FindAllStringIndex(text, n)
	}
	return bare(s.FindAllStringSubmatchIndex(text, n))
}

func bare(all [][]int) [][]int {
	for i := range all {
		all[i] = all[i][:2]
	}
	return all
}
