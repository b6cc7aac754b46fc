package builtins

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/regex"
)

// regexOptions are the options of a regular expression: letters of a flags argument, or embedded ones.
type regexOptions struct {
	fold     bool // i
	newline  bool // n, m: . and negated brackets stop at line ends, ^ and $ match there
	anchors  bool // w: only ^ and $
	dots     bool // p: only . and brackets
	extended bool // x
	literal  bool // q
	global   bool // g, for the functions that know it
}

func (o *regexOptions) set(flags, function string) error {
	for _, f := range flags {
		switch f {
		case 'i':
			o.fold = true
		case 'c':
			o.fold = false
		case 'n', 'm':
			o.newline = true
		case 's':
			o.newline, o.anchors, o.dots = false, false, false
		case 'w':
			o.anchors = true
		case 'p':
			o.dots = true
		case 'x':
			o.extended = true
		case 't':
			o.extended = false
		case 'q':
			o.literal = true
		case 'b', 'e':
			return pgerr.FeatureNotSupported("regular expression option \"" + string(f) + "\"")
		case 'g':
			if function == "" {
				o.global = true
				continue
			}
			return pgerr.New(pgerr.InvalidParameterValue, "%s does not support the \"global\" option", function)
		default:
			return pgerr.New(pgerr.InvalidParameterValue, "invalid regular expression option: \"%c\"", f)
		}
	}
	return nil
}

func regexError(what string) error {
	return pgerr.New(pgerr.InvalidRegularExpression, "invalid regular expression: %s", what)
}

// compileRegex translates one of PostgreSQL's advanced regular expressions to Go's syntax. What Go's engine cannot do (back
// references, look-around, starts and ends of words) goes to package regex, which backtracks. As in POSIX the longest match counts, unless the
// expression has non-greedy quantifiers.
func compileRegex(pattern string, o regexOptions) (compiledRegex, error) {
	if rest, ok := strings.CutPrefix(pattern, "***="); ok {
		pattern, o.literal = rest, true
	} else if rest, ok := strings.CutPrefix(pattern, "***:"); ok {
		pattern = rest
	}
	if !o.literal && strings.HasPrefix(pattern, "(?") && len(pattern) > 2 && isAlpha(pattern[2]) {
		end := strings.IndexByte(pattern, ')')
		if end < 0 || o.set(pattern[2:end], "an embedded option") != nil {
			return nil, regexError("invalid embedded option")
		}
		pattern = pattern[end+1:]
	}
	t := &regexTranslator{in: pattern, o: o}
	if o.literal {
		t.out.WriteString(regexp.QuoteMeta(pattern))
	} else if err := t.translate(); pgerr.CodeOf(err) == pgerr.CodeFeatureNotSupported {
		re, err := regex.Compile(pattern, regex.Options{Fold: o.fold, Newline: o.newline || o.dots, Lines: o.newline || o.anchors, Expanded: o.extended})
		if err != nil {
			return nil, regexError(err.Error())
		}
		return re, nil
	} else if err != nil {
		return nil, err
	}
	flags := ""
	if o.fold {
		flags += "i"
	}
	if !o.newline && !o.dots {
		flags += "s"
	}
	if o.newline || o.anchors {
		flags += "m"
	}
	src := t.out.String()
	if flags != "" {
		src = "(?" + flags + ")" + src
	}
	re, err := regexp.Compile(src)
	if err != nil {
		return nil, regexError(goRegexError(err))
	}
	if !t.lazy {
		re.Longest()
	}
	return regex.NewSuccessive(re, !t.lazy), nil
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// goRegexError words what the translator let pass.
func goRegexError(err error) string {
	switch s := err.Error(); {
	case strings.Contains(s, "missing argument to repetition"), strings.Contains(s, "invalid nested repetition"):
		return "quantifier operand invalid"
	case strings.Contains(s, "missing closing )"), strings.Contains(s, "unexpected )"):
		return "parentheses () not balanced"
	case strings.Contains(s, "invalid repeat count"):
		return "invalid repetition count(s)"
	case strings.Contains(s, "character class range"):
		return "invalid character range"
	}
	return "regular expression is too complex"
}

type regexTranslator struct {
	in    string
	pos   int
	out   strings.Builder
	o     regexOptions
	depth int
	lazy  bool
	atom  bool // a quantifier may follow
}

func (t *regexTranslator) translate() error {
	for t.pos < len(t.in) {
		if err := t.next(); err != nil {
			return err
		}
	}
	if t.depth != 0 {
		return regexError("parentheses () not balanced")
	}
	return nil
}

func (t *regexTranslator) put(s string) { t.out.WriteString(s) }

// next translates one element.
func (t *regexTranslator) next() error {
	c := t.in[t.pos]
	switch c {
	case '\\':
		return t.escape()
	case '[':
		return t.bracket()
	case '(':
		return t.open()
	case ')':
		if t.depth == 0 {
			return regexError("parentheses () not balanced")
		}
		t.depth--
		t.atom = true
	case '*', '+', '?':
		return t.quantifier(1)
	case '{':
		if t.pos+1 < len(t.in) && t.in[t.pos+1] >= '0' && t.in[t.pos+1] <= '9' {
			return t.bounds()
		}
		t.put(`\{`)
		t.pos++
		t.atom = true
		return nil
	case '|':
		t.atom = false
	case '^':
		t.atom = false
	case '$':
		t.pos++
		t.atom = false
		if t.o.newline || t.o.anchors {
			t.put("$")
		} else {
			t.put(`\z`)
		}
		return nil
	case ' ', '\t', '\n', '\r', '#':
		if t.o.extended {
			t.skipComment(c)
			return nil
		}
		t.atom = true
	default:
		_, w := utf8.DecodeRuneInString(t.in[t.pos:])
		if c == '}' || c == ']' {
			t.put(`\`)
		}
		t.put(t.in[t.pos : t.pos+w])
		t.pos += w
		t.atom = true
		return nil
	}
	t.put(string(c))
	t.pos++
	return nil
}

func (t *regexTranslator) skipComment(c byte) {
	t.pos++
	for c == '#' && t.pos < len(t.in) && t.in[t.pos] != '\n' {
		t.pos++
	}
}

func (t *regexTranslator) open() error {
	rest := t.in[t.pos:]
	t.depth++
	t.atom = false
	switch {
	case strings.HasPrefix(rest, "(?:"):
		t.put("(?:")
		t.pos += 3
	case strings.HasPrefix(rest, "(?="), strings.HasPrefix(rest, "(?!"), strings.HasPrefix(rest, "(?<="), strings.HasPrefix(rest, "(?<!"):
		return pgerr.FeatureNotSupported("look-around in regular expressions")
	case strings.HasPrefix(rest, "(?#"):
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return regexError("parentheses () not balanced")
		}
		t.depth--
		t.pos += end + 1
	case strings.HasPrefix(rest, "(?"):
		return regexError("quantifier operand invalid")
	case strings.HasPrefix(rest, "()"):
		t.put("((?:)")
		t.pos++
	default:
		t.put("(")
		t.pos++
	}
	return nil
}

// quantifier copies a quantifier of n characters and its ? for non-greedy.
func (t *regexTranslator) quantifier(n int) error {
	if !t.atom {
		return regexError("quantifier operand invalid")
	}
	t.put(t.in[t.pos : t.pos+n])
	t.pos += n
	t.atom = false
	if t.pos < len(t.in) && t.in[t.pos] == '?' {
		t.put("?")
		t.pos++
		t.lazy = true
	}
	return nil
}

func (t *regexTranslator) bounds() error {
	if !t.atom {
		return regexError("quantifier operand invalid")
	}
	end := 1 + strings.IndexFunc(t.in[t.pos+1:], func(c rune) bool { return c != ',' && (c < '0' || c > '9') }) // 0: none
	if end == 0 {
		return regexError("braces {} not balanced")
	}
	if t.in[t.pos+end] != '}' {
		return regexError("invalid repetition count(s)")
	}
	lo, hi, two := strings.Cut(t.in[t.pos+1:t.pos+end], ",")
	a, err := strconv.Atoi(lo)
	if err != nil || a > 255 {
		return regexError("invalid repetition count(s)")
	}
	if two && hi != "" {
		if b, err := strconv.Atoi(hi); err != nil || b > 255 || b < a {
			return regexError("invalid repetition count(s)")
		}
	}
	// Go takes no zeros in front.
	t.in = t.in[:t.pos] + "{" + zerosInFront.ReplaceAllString(t.in[t.pos+1:t.pos+end], "") + t.in[t.pos+end:]
	return t.quantifier(1 + strings.IndexByte(t.in[t.pos:], '}'))
}

var zerosInFront = regexp.MustCompile(`\b0+\B`)

// escape translates a backslash and what follows, outside of brackets.
func (t *regexTranslator) escape() error {
	if t.pos+1 >= len(t.in) {
		return regexError(`invalid escape \ sequence`)
	}
	c := t.in[t.pos+1]
	t.pos += 2
	t.atom = true
	switch c {
	case 'd', 'D', 's', 'S', 'w', 'W':
		t.put(unicodeClass(c))
	case 'm', 'M':
		return pgerr.FeatureNotSupported("word boundaries in regular expressions")
	case 'y':
		t.atom = false
		t.put(`\b`)
	case 'Y':
		t.atom = false
		t.put(`\B`)
	case 'A':
		t.atom = false
		t.put(`\A`)
	case 'Z':
		t.atom = false
		t.put(`\z`)
	default:
		if c >= '1' && c <= '9' {
			return pgerr.FeatureNotSupported("a back reference in a regular expression")
		}
		r, err := t.char(c)
		if err != nil {
			return err
		}
		t.put(regexp.QuoteMeta(string(r)))
	}
	return nil
}

func unicodeClass(c byte) string {
	switch c {
	case 'w':
		return `[\pL\pN_]`
	case 'W':
		return `[^\pL\pN_]`
	case 'd':
		return `\d`
	case 'D':
		return `\D`
	case 's':
		return `[\s\v]`
	}
	return `[^\s\v]`
}

// char is the character of an escape whose letter is c; pos is after the letter.
func (t *regexTranslator) char(c byte) (rune, error) {
	switch c {
	case 'a':
		return 7, nil
	case 'b':
		return 8, nil
	case 'B':
		return '\\', nil
	case 'e':
		return 27, nil
	case 'f':
		return 12, nil
	case 'n':
		return 10, nil
	case 'r':
		return 13, nil
	case 't':
		return 9, nil
	case 'v':
		return 11, nil
	case '0':
		return 0, nil
	case 'c':
		if t.pos < len(t.in) {
			t.pos++
			return rune(t.in[t.pos-1] & 31), nil
		}
	case 'u':
		return t.hex(4)
	case 'U':
		return t.hex(8)
	case 'x':
		n := 0
		for t.pos+n < len(t.in) && isHex(t.in[t.pos+n]) {
			n++
		}
		return t.hex(max(n, 1))
	}
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return 0, regexError(`invalid escape \ sequence`)
	}
	r, w := utf8.DecodeRuneInString(t.in[t.pos-1:])
	t.pos += w - 1
	return r, nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (t *regexTranslator) hex(n int) (rune, error) {
	if t.pos+n > len(t.in) {
		return 0, regexError(`invalid escape \ sequence`)
	}
	v, err := strconv.ParseUint(t.in[t.pos:t.pos+n], 16, 32)
	if err != nil || v > utf8.MaxRune {
		return 0, regexError(`invalid escape \ sequence`)
	}
	t.pos += n
	return rune(v), nil
}

// bracket translates a bracket expression.
func (t *regexTranslator) bracket() error {
	rest := t.in[t.pos:]
	if strings.HasPrefix(rest, "[[:<:]]") || strings.HasPrefix(rest, "[[:>:]]") {
		return pgerr.FeatureNotSupported("word boundaries in regular expressions")
	}
	t.pos++
	t.put("[")
	if t.pos < len(t.in) && t.in[t.pos] == '^' {
		t.put("^")
		t.pos++
		if t.o.newline || t.o.dots {
			t.put(`\n`)
		}
	}
	for first := true; ; first = false {
		if t.pos >= len(t.in) {
			return regexError("brackets [] not balanced")
		}
		c := t.in[t.pos]
		if c == ']' && !first {
			break
		}
		if c == '-' && !first && !strings.HasPrefix(t.in[t.pos+1:], "]") {
			return regexError("invalid character range") // it has no beginning
		}
		r, one, err := t.bracketElem(c)
		if err != nil {
			return err
		}
		if !one {
			continue
		}
		t.put(quoteInBracket(r))
		if err := t.bracketRange(r); err != nil {
			return err
		}
	}
	t.put("]")
	t.pos++
	t.atom = true
	return nil
}

// bracketRange translates the rest of a range that begins with lo, if it is one.
func (t *regexTranslator) bracketRange(lo rune) error {
	if t.pos >= len(t.in) || t.in[t.pos] != '-' || strings.HasPrefix(t.in[t.pos+1:], "]") {
		return nil
	}
	if t.pos++; t.pos == len(t.in) {
		return regexError("invalid character range")
	}
	hi, one, err := t.bracketElem(t.in[t.pos])
	if err == nil && (!one || hi < lo) {
		return regexError("invalid character range")
	}
	t.put("-" + quoteInBracket(hi))
	return err
}

// bracketElem reads one character, which is left to the caller, or translates a class.
func (t *regexTranslator) bracketElem(c byte) (r rune, one bool, err error) {
	rest := t.in[t.pos:]
	switch {
	case c == '\\':
		if len(rest) < 2 {
			return 0, false, regexError(`invalid escape \ sequence`)
		}
		t.pos += 2
		switch k := rest[1]; k {
		case 'd':
			t.put(`\d`)
		case 's':
			t.put(`\s\v`)
		case 'w':
			t.put(`\pL\pN_`)
		default:
			r, err := t.char(k)
			return r, err == nil, err
		}
	case strings.HasPrefix(rest, "[:"):
		end := 2 + strings.Index(rest[2:], ":]") // 1: none
		if end < 2 {
			return 0, false, regexError("brackets [] not balanced")
		}
		class, ok := bracketClasses[rest[2:end]]
		if !ok {
			return 0, false, regexError("invalid character class")
		}
		t.put(class)
		t.pos += end + 2
	case strings.HasPrefix(rest, "[.") || strings.HasPrefix(rest, "[="):
		end := strings.Index(rest[2:], string(rest[1])+"]")
		if end < 0 || utf8.RuneCountInString(rest[2:2+end]) != 1 {
			return 0, false, regexError("invalid collating element")
		}
		r, _ := utf8.DecodeRuneInString(rest[2:])
		t.pos += end + 4
		return r, true, nil
	default:
		r, w := utf8.DecodeRuneInString(rest)
		t.pos += w
		return r, true, nil
	}
	return 0, false, nil
}

func quoteInBracket(r rune) string {
	if strings.ContainsRune(`\]^-[&~`, r) {
		return `\` + string(r)
	}
	return string(r)
}

var bracketClasses = map[string]string{
	"alpha": `\pL`, "digit": `\d`, "alnum": `\pL\pN`, "upper": `\p{Lu}`, "lower": `\p{Ll}`, "space": `\s\v`, "blank": ` \t`,
	"punct": `[:punct:]`, "print": `[:print:]`, "graph": `[:graph:]`, "cntrl": `[:cntrl:]`, "xdigit": `[:xdigit:]`, "word": `\pL\pN_`,
}
