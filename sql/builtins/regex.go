package builtins

import (
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// regexCache keeps the last expressions that one call site compiled. It belongs to a Prog, so to one goroutine.
type regexCache struct {
	m map[regexKey]compiledRegex
	c *expr.Ctx // of the call
}

// compiledRegex is an expression of package regexp or, if that cannot match it, of package regex.
type compiledRegex interface {
	MatchString(s string) bool
	NumSubexp() int
	FindStringSubmatchIndex(s string) []int
	FindAllStringIndex(s string, n int) [][]int
	FindAllStringSubmatchIndex(s string, n int) [][]int
}

type regexKey struct {
	pattern string
	o       regexOptions
}

// regexCacheSize is how many patterns a call site keeps.
const regexCacheSize = 32

func (rc *regexCache) get(pattern string, o regexOptions) (compiledRegex, error) {
	k := regexKey{pattern, o}
	if re, ok := rc.m[k]; ok {
		return re, nil
	}
	re, err := compileRegex(pattern, o)
	if err != nil {
		return nil, err
	}
	if len(rc.m) >= regexCacheSize || rc.m == nil {
		rc.m = make(map[regexKey]compiledRegex, regexCacheSize)
	}
	rc.m[k] = re
	return re, nil
}

// regexMatch binds ~ and its relatives.
func regexMatch(fold, not bool) func(*expr.Func, []types.T, types.T) *expr.Func {
	return func(f *expr.Func, _ []types.T, _ types.T) *expr.Func {
		g := *f
		g.Bind = nil
		var rc regexCache
		g.Kernel = func(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, out *vec.Vector) error {
			a, b := args[0].Str, args[1].Str
			ma, mb := mask(args[0]), mask(args[1])
			var re compiledRegex
			var err error
			for k := range rowCount(sel, n) {
				i := rowAt(sel, k)
				if re == nil || mb != 0 {
					if re, err = rc.get(b[i&mb], regexOptions{fold: fold}); err != nil {
						return err
					}
				}
				out.Bool[i] = re.MatchString(a[i&ma]) != not
			}
			return nil
		}
		return &g
	}
}

// withRegex binds a scalar that compiles regular expressions.
func withRegex(mk func(rc *regexCache, a []types.Datum) (types.Datum, error)) func(*expr.Func, []types.T, types.T) *expr.Func {
	return bound(func([]types.T, types.T) scalarFn {
		rc := &regexCache{}
		return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			rc.c = c
			return mk(rc, a)
		}
	})
}

// regexSet is the set-returning twin.
func regexSet(mk func(rc *regexCache, a []types.Datum) ([]types.Datum, error)) func(*expr.Ctx, []types.Datum) (expr.RowSource, error) {
	return func(c *expr.Ctx, a []types.Datum) (expr.RowSource, error) {
		if anyNullDatum(a) {
			return seriesOf(noSet), nil
		}
		ds, err := mk(&regexCache{c: c}, a)
		if err != nil {
			return nil, err
		}
		return listSource(ds), nil
	}
}

func regexCodes() []code {
	var cs []code
	for _, p := range []string{"text", "name"} {
		cs = append(cs,
			code{src: p + "regexeq", bind: regexMatch(false, false)}, code{src: p + "regexne", bind: regexMatch(false, true)},
			code{src: p + "icregexeq", bind: regexMatch(true, false)}, code{src: p + "icregexne", bind: regexMatch(true, true)})
	}
	match := func(rc *regexCache, a []types.Datum) (types.Datum, error) {
		re, _, err := rc.flagged(a, 2, "regexp_match()")
		if err != nil {
			return types.Null, err
		}
		return matchArray(re, a[0].Str(), re.FindStringSubmatchIndex(a[0].Str())), nil
	}
	split := func(rc *regexCache, a []types.Datum) (types.Datum, error) {
		ds, err := rc.split(a, "regexp_split_to_array()")
		return types.NewRef(types.NewArray(types.TextOID, ds)), err
	}
	table := regexSet(func(rc *regexCache, a []types.Datum) ([]types.Datum, error) {
		return rc.split(a, "regexp_split_to_table()")
	})
	replace := withRegex((*regexCache).replace)
	extended := withRegex((*regexCache).replaceFrom)
	similar := try2(strs, strs, strs, similarPattern)
	return append(cs,
		code{src: "regexp_match", bind: withRegex(match)}, code{src: "regexp_match_no_flags", bind: withRegex(match)},
		code{src: "regexp_matches", set: regexSet((*regexCache).matches)}, code{src: "regexp_matches_no_flags", set: regexSet((*regexCache).matches)},
		code{src: "regexp_split_to_array", bind: withRegex(split)}, code{src: "regexp_split_to_array_no_flags", bind: withRegex(split)},
		code{src: "regexp_split_to_table", set: table}, code{src: "regexp_split_to_table_no_flags", set: table},
		code{src: "textregexreplace", bind: replace}, code{src: "textregexreplace_noopt", bind: replace},
		code{src: "textregexreplace_extended", bind: extended}, code{src: "textregexreplace_extended_no_n", bind: extended},
		code{src: "textregexreplace_extended_no_flags", bind: extended},
		code{src: "textregexsubstr", bind: withRegex(func(rc *regexCache, a []types.Datum) (types.Datum, error) {
			return rc.substring(a[0].Str(), a[1].Str())
		})},
		code{src: "substring(text,text,text)", bind: withRegex(func(rc *regexCache, a []types.Datum) (types.Datum, error) {
			p, err := similarPattern(a[1].Str(), a[2].Str())
			if err != nil {
				return types.Null, err
			}
			return rc.substring(a[0].Str(), p)
		})},
		code{src: "similar_to_escape_2", kernel: similar}, code{src: "similar_escape", scalar: similarEscape},
		code{src: "similar_to_escape_1", kernel: try1(strs, strs, func(p string) (string, error) { return similarPattern(p, `\`) })},
		code{src: "regexp_count", bind: withRegex((*regexCache).count)}, code{src: "regexp_count_no_flags", bind: withRegex((*regexCache).count)},
		code{src: "regexp_count_no_start", bind: withRegex((*regexCache).count)},
		code{src: "regexp_like", bind: withRegex((*regexCache).like)}, code{src: "regexp_like_no_flags", bind: withRegex((*regexCache).like)},
	)
}

// flagged compiles the pattern a[1] with the flags a[at], if there is such an argument.
func (rc *regexCache) flagged(a []types.Datum, at int, function string) (compiledRegex, regexOptions, error) {
	var o regexOptions
	if len(a) > at {
		if err := o.set(a[at].Str(), function); err != nil {
			return nil, o, err
		}
	}
	key := o
	key.global = false
	re, err := rc.get(a[1].Str(), key)
	return re, o, err
}

// matchArray is the array of a match's groups, or of the whole match if there are none. NULL without a match.
func matchArray(re compiledRegex, s string, at []int) types.Datum {
	if at == nil {
		return types.Null
	}
	if re.NumSubexp() == 0 {
		return types.NewRef(types.NewArray(types.TextOID, []types.Datum{types.NewStr(s[at[0]:at[1]])}))
	}
	groups := make([]types.Datum, re.NumSubexp())
	for i := range groups {
		if b, e := at[2*i+2], at[2*i+3]; b >= 0 {
			groups[i] = types.NewStr(s[b:e])
		}
	}
	return types.NewRef(types.NewArray(types.TextOID, groups))
}

// expect declares the memory that all matches in s take, by how many there are in its beginning.
func (rc *regexCache) expect(re compiledRegex, s string) error {
	const long, sample, match = 1 << 20, 1024, 200
	if len(s) < long {
		return nil
	}
	found := re.FindAllStringIndex(s[:long], sample)
	if len(found) < sample {
		return rc.c.Interrupted()
	}
	return rc.c.Making(int(float64(len(s)) / float64(found[sample-1][1]) * sample * match))
}

func (rc *regexCache) matches(a []types.Datum) ([]types.Datum, error) {
	re, o, err := rc.flagged(a, 2, "")
	if err != nil {
		return nil, err
	}
	limit := 1
	if o.global {
		limit = -1
	}
	if o.global {
		if err := rc.expect(re, a[0].Str()); err != nil {
			return nil, err
		}
	}
	var out []types.Datum
	for _, at := range re.FindAllStringSubmatchIndex(a[0].Str(), limit) {
		out = append(out, matchArray(re, a[0].Str(), at))
	}
	return out, nil
}

// split cuts at the matches; an empty match at the start, at the end or right after another match does not cut.
func (rc *regexCache) split(a []types.Datum, function string) ([]types.Datum, error) {
	re, _, err := rc.flagged(a, 2, function)
	if err != nil {
		return nil, err
	}
	s := a[0].Str()
	if err := rc.expect(re, s); err != nil {
		return nil, err
	}
	var out []types.Datum
	from := 0
	for _, at := range re.FindAllStringIndex(s, -1) {
		if at[0] == at[1] && (at[0] == 0 || at[0] == len(s) || at[0] == from) {
			continue
		}
		out = append(out, types.NewStr(s[from:at[0]]))
		from = at[1]
	}
	return append(out, types.NewStr(s[from:])), nil
}

func (rc *regexCache) substring(s, pattern string) (types.Datum, error) {
	re, err := rc.get(pattern, regexOptions{})
	if err != nil {
		return types.Null, err
	}
	at := re.FindStringSubmatchIndex(s)
	switch {
	case at == nil:
		return types.Null, nil
	case re.NumSubexp() == 0:
		return types.NewStr(s[at[0]:at[1]]), nil
	case at[2] < 0:
		return types.Null, nil
	}
	return types.NewStr(s[at[2]:at[3]]), nil
}

// replace is regexp_replace(s, pattern, replacement [, flags]).
func (rc *regexCache) replace(a []types.Datum) (types.Datum, error) {
	if len(a) > 3 && a[3].Str() != "" && a[3].Str()[0] >= '0' && a[3].Str()[0] <= '9' {
		return types.Null, pgerr.New(pgerr.InvalidParameterValue, "invalid regular expression option: \"%c\"", a[3].Str()[0]).
			WithHint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.")
	}
	re, o, err := rc.flagged(a, 3, "")
	if err != nil {
		return types.Null, err
	}
	n := 1
	if o.global {
		n = 0
	}
	return types.NewStr(replaceMatches(re, a[0].Str(), a[2].Str(), 0, n)), nil
}

// replaceFrom is regexp_replace(s, pattern, replacement, start [, n [, flags]]).
func (rc *regexCache) replaceFrom(a []types.Datum) (types.Datum, error) {
	if a[3].Int() <= 0 {
		return types.Null, pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"%s\": %d", "start", a[3].Int())
	}
	n := 1
	if len(a) > 4 {
		if n = int(a[4].Int()); n < 0 {
			return types.Null, pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"%s\": %d", "n", n)
		}
	}
	re, o, err := rc.flagged(a, 5, "")
	if err != nil {
		return types.Null, err
	}
	if len(a) < 5 && o.global {
		n = 0
	}
	return types.NewStr(replaceMatches(re, a[0].Str(), a[2].Str(), runeOffset(a[0].Str(), a[3].Int()-1), n)), nil
}

// replaceMatches replaces the n-th match from byte start on, or all if n is 0.
func replaceMatches(re compiledRegex, s, with string, start, n int) string {
	var b strings.Builder
	from := 0
	for k, at := range re.FindAllStringSubmatchIndex(s[start:], -1) {
		if n > 0 && k+1 < n {
			continue
		}
		for i := range at {
			if at[i] >= 0 {
				at[i] += start
			}
		}
		b.WriteString(s[from:at[0]])
		expandReplacement(&b, with, s, at)
		from = at[1]
		if n > 0 {
			break
		}
	}
	b.WriteString(s[from:])
	return b.String()
}

// expandReplacement writes a replacement with \1 … \9, \& and \\.
func expandReplacement(b *strings.Builder, with, s string, at []int) {
	for i := 0; i < len(with); i++ {
		if with[i] != '\\' || i+1 == len(with) {
			b.WriteByte(with[i])
			continue
		}
		i++
		group := -1
		switch c := with[i]; {
		case c == '&':
			group = 0
		case c >= '1' && c <= '9':
			group = int(c - '0')
		case c == '\\':
			b.WriteByte('\\')
			continue
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
			continue
		}
		if 2*group+1 < len(at) && at[2*group] >= 0 {
			b.WriteString(s[at[2*group]:at[2*group+1]])
		}
	}
}

func (rc *regexCache) count(a []types.Datum) (types.Datum, error) {
	re, _, err := rc.flagged(a, 3, "regexp_count()")
	if err != nil {
		return types.Null, err
	}
	start := int64(1)
	if len(a) > 2 {
		start = a[2].Int()
	}
	if start <= 0 {
		return types.Null, pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"%s\": %d", "start", start)
	}
	s := a[0].Str()
	return types.NewInt(int64(len(re.FindAllStringIndex(s[runeOffset(s, start-1):], -1)))), nil
}

func (rc *regexCache) like(a []types.Datum) (types.Datum, error) {
	re, _, err := rc.flagged(a, 2, "regexp_like()")
	if err != nil {
		return types.Null, err
	}
	return types.NewBool(re.MatchString(a[0].Str())), nil
}

// similarEscape is similarPattern for the name of old dumps: without an escape character it is the backslash.
func similarEscape(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return types.Null, nil
	}
	esc := `\`
	if !a[1].IsNull() {
		esc = a[1].Str()
	}
	p, err := similarPattern(a[0].Str(), esc)
	return types.NewStr(p), err
}

// similarPattern translates a SIMILAR TO pattern to a regular expression. The two escape-double-quotes of SUBSTRING … SIMILAR
// part it into three, of which the middle one is the result; the first matches as little as it can.
func similarPattern(pattern, esc string) (string, error) {
	if len([]rune(esc)) > 1 {
		return "", pgerr.New(pgerr.InvalidEscapeSequence, "invalid escape string").WithHint("Escape string must be empty or one character.")
	}
	var b strings.Builder
	b.WriteString("^(?:")
	parts, afterEsc := 0, false
	var class bracketDepth
	for _, r := range pattern {
		c := string(r)
		switch {
		case afterEsc:
			if c == `"` && class.depth == 0 {
				if err := similarPart(&b, &parts); err != nil {
					return "", err
				}
			} else {
				b.WriteString(`\` + c)
			}
			afterEsc = false
		case esc != "" && c == esc:
			afterEsc = true
		case class.depth > 0:
			if c == `\` {
				b.WriteString(`\`)
			}
			b.WriteString(c)
			class.next(r)
		case c == "[":
			b.WriteString(c)
			class = bracketDepth{depth: 1}
		case c == "%":
			b.WriteString(".*")
		case c == "_":
			b.WriteString(".")
		case c == "(":
			b.WriteString("(?:")
		case c == `\` || c == "." || c == "^" || c == "$":
			b.WriteString(`\` + c)
		default:
			b.WriteString(c)
		}
	}
	b.WriteString(")$")
	return b.String(), nil
}

// bracketDepth follows a bracket expression. A closing bracket at its start, or behind a caret there, is a character.
type bracketDepth struct {
	depth int
	start int // 0 at the start, 1 behind a caret, more within
}

func (d *bracketDepth) next(r rune) {
	switch {
	case r == ']' && d.start > 1:
		d.depth--
	case r == '[':
		d.depth++
		d.start = 2
	case r == '^':
		d.start++
	default:
		d.start = 2
	}
}

func similarPart(b *strings.Builder, parts *int) error {
	switch *parts {
	case 0:
		head := lazyQuantifiers(b.String())
		b.Reset()
		b.WriteString(head + "){1,1}?(")
	case 1:
		b.WriteString("){1,1}(?:")
	default:
		return pgerr.New(pgerr.InvalidUseOfEscapeCharacter, "SQL regular expression may not contain more than two escape-double-quote separators")
	}
	*parts++
	return nil
}

// lazyQuantifiers makes the quantifiers of a translated pattern take as little as they can.
func lazyQuantifiers(p string) string {
	var b strings.Builder
	inBracket, bounds := false, false
	for i := 0; i < len(p); i++ {
		b.WriteByte(p[i])
		switch c := p[i]; {
		case c == '}' && !bounds: // itself
		case c == '{':
			bounds = i+1 < len(p) && p[i+1] >= '0' && p[i+1] <= '9'
		case c == '\\' && i+1 < len(p):
			i++
			b.WriteByte(p[i])
		case inBracket:
			inBracket = c != ']'
		case c == '[':
			inBracket = true
		case c == '?' && i > 0 && p[i-1] == '(': // of (?:
		case c == '*' || c == '+' || c == '?' || c == '}':
			b.WriteByte('?')
			bounds = false
		}
	}
	return b.String()
}
