package builtins

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func str1(f func(string) string) expr.Kernel { return map1(strs, strs, f) }

func str2(f func(a, b string) string) expr.Kernel { return map2(strs, strs, strs, f) }

func strInt(f func(string, int64) string) expr.Kernel { return map2(strs, ints, strs, f) }

func strLen(f func(string) int64) expr.Kernel { return map1(strs, ints, f) }

func runeLen(s string) int64 { return int64(utf8.RuneCountInString(s)) }

func textCodes() []code {
	concat := str2(func(a, b string) string { return a + b })
	byteLen := strLen(func(s string) int64 { return int64(len(s)) })
	return []code{
		{src: "textcat", kernel: concat}, {src: "byteacat", kernel: concat}, {src: "bitcat", kernel: concat},
		{src: "textlen", kernel: strLen(runeLen)},
		{src: "bpcharlen", kernel: strLen(func(s string) int64 { return runeLen(types.TrimBlanks(s)) })},
		{src: "textoctetlen", kernel: byteLen}, {src: "byteaoctetlen", kernel: byteLen}, {src: "bpcharoctetlen", kernel: byteLen},
		{src: "bitlength", kernel: byteLen},
		{src: "bit_length(text)", kernel: strLen(func(s string) int64 { return int64(8 * len(s)) })},
		{src: "bit_length(bytea)", kernel: strLen(func(s string) int64 { return int64(8 * len(s)) })},
		{src: "upper", kernel: str1(upperASCII)},
		{src: "lower", kernel: str1(lowerASCII)},
		{src: "initcap", kernel: str1(initcap)},
		{src: "text_reverse", kernel: str1(reverse)},
		{src: "replace_text", scalar: strResult(func(a []types.Datum) (string, error) { return replaceText(a[0].Str(), a[1].Str(), a[2].Str()) })},
		{src: "translate", scalar: strResult(func(a []types.Datum) (string, error) { return translate(a[0].Str(), a[1].Str(), a[2].Str()), nil })},
		{src: "text_left", kernel: strInt(leftText)},
		{src: "text_right", kernel: strInt(rightText)},
		{src: "repeat", scalar: repeatText},
		{src: "lpad", scalar: strResult(func(a []types.Datum) (string, error) { return pad(a[0].Str(), a[1].Int(), a[2].Str(), true) })},
		{src: "rpad", scalar: strResult(func(a []types.Datum) (string, error) { return pad(a[0].Str(), a[1].Int(), a[2].Str(), false) })},
		{src: "lpad(text,integer)", scalar: strResult(func(a []types.Datum) (string, error) { return pad(a[0].Str(), a[1].Int(), " ", true) })},
		{src: "rpad(text,integer)", scalar: strResult(func(a []types.Datum) (string, error) { return pad(a[0].Str(), a[1].Int(), " ", false) })},
		{src: "textpos", kernel: map2(strs, strs, ints, position)},
		{src: "byteapos", kernel: map2(strs, strs, ints, func(s, sub string) int64 { return int64(strings.Index(s, sub) + 1) })},
		{src: "text_starts_with", kernel: map2(strs, strs, bools, strings.HasPrefix)},
		{src: "split_part", scalar: strResult(func(a []types.Datum) (string, error) { return splitPart(a[0].Str(), a[1].Str(), a[2].Int()) })},
		{src: "ascii", kernel: strLen(ascii)},
		{src: "chr", kernel: try1(ints, strs, chr)},
		{src: "text_substr", kernel: try3(strs, ints, ints, strs, func(s string, from, length int64) (string, error) { return substr(s, from, length, true) })},
		{src: "text_substr_no_len", kernel: try2(strs, ints, strs, func(s string, from int64) (string, error) { return substr(s, from, 0, false) })},
		{src: "textoverlay", scalar: strResult(func(a []types.Datum) (string, error) {
			return overlay(a[0].Str(), a[1].Str(), a[2].Int(), a[3].Int())
		})},
		{src: "textoverlay_no_len", scalar: strResult(func(a []types.Datum) (string, error) {
			return overlay(a[0].Str(), a[1].Str(), a[2].Int(), runeLen(a[1].Str()))
		})},
		{src: "btrim", kernel: str2(func(s, set string) string { return strings.TrimLeft(strings.TrimRight(s, set), set) })},
		{src: "ltrim", kernel: str2(strings.TrimLeft)}, {src: "rtrim", kernel: str2(strings.TrimRight)},
		{src: "btrim1", kernel: str1(func(s string) string { return strings.Trim(s, " ") })},
		{src: "ltrim1", kernel: str1(func(s string) string { return strings.TrimLeft(s, " ") })},
		{src: "rtrim1", kernel: str1(types.TrimBlanks)},
		{src: "byteatrim", kernel: str2(trimBytes(true, true))},
		{src: "bytealtrim", kernel: str2(trimBytes(true, false))},
		{src: "byteartrim", kernel: str2(trimBytes(false, true))},
		{src: "quote_ident", kernel: str1(expr.QuoteIdent)},
		{src: "quote_literal", kernel: str1(expr.QuoteLiteral)},
		{src: "quote_literal(anyelement)", bind: anyText(func(s string) string { return expr.QuoteLiteral(s) })},
		{src: "quote_nullable", scalar: quoteNullable},
		{src: "quote_nullable(anyelement)", bind: quoteNullableAny},
		{src: "text_larger", kernel: str2(func(a, b string) string { return max(a, b) })},
		{src: "text_smaller", kernel: str2(func(a, b string) string { return min(a, b) })},
		{src: "anytextcat(anynonarray,text)", bind: textCatAny(0)},
		{src: "textanycat(text,anynonarray)", bind: textCatAny(1)},
	}
}

// textCastCodes are the casts between string types and their length coercions.
func textCastCodes() []code {
	length := func(oid types.OID) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			explicit := len(a) > 2 && a[2].Bool()
			switch n := a[1].Int(); {
			case oid == types.BPCharOID && n > maxTextBytes:
				return types.Null, pgerr.New(pgerr.InternalError, "invalid memory alloc request size %d", n)
			case (oid == types.BitOID || oid == types.VarbitOID) && n > maxBits:
				return a[0], nil
			}
			return types.ApplyTypmod(types.T{OID: oid, Mod: int32(a[1].Int())}, a[0], explicit)
		}
	}
	name := str1(func(s string) string { return types.TruncateName(s) })
	return []code{
		{src: "varchar", scalar: length(types.VarcharOID)}, {src: "bpchar", scalar: length(types.BPCharOID)},
		{src: "bit", scalar: length(types.BitOID)}, {src: "varbit", scalar: length(types.VarbitOID)},
		{src: "text_name", kernel: name}, {src: "bpchar_name", kernel: str1(func(s string) string { return types.TruncateName(types.TrimBlanks(s)) })},
		{src: "name_text", kernel: copyFrom(strs)}, {src: "name_bpchar", kernel: copyFrom(strs)},
		{src: "char_text", kernel: str1(charText)}, {src: "char_bpchar", kernel: str1(charText)},
		{src: "text_char", kernel: str1(textChar)},
		{src: "booltext", kernel: map1(bools, strs, func(b bool) string {
			if b {
				return "true"
			}
			return "false"
		})},
		{src: "chartoi4", kernel: strLen(func(s string) int64 {
			if s == "" {
				return 0
			}
			return int64(int8(s[0]))
		})},
		{src: "i4tochar", kernel: try1(ints, strs, func(v int64) (string, error) {
			if v < -128 || v > 127 {
				return "", pgerr.New(pgerr.NumericValueOutOfRange, "\"char\" out of range")
			}
			if v == 0 {
				return "", nil
			}
			return string([]byte{byte(v)}), nil
		})},
	}
}

// charText is the text of a "char": a byte that is not ASCII is written in octal.
func charText(s string) string {
	if s == "" || s[0] < 0x80 {
		return s
	}
	return string([]byte{'\\', '0' + s[0]>>6, '0' + s[0]>>3&7, '0' + s[0]&7})
}

func textChar(s string) string {
	octal := func(c byte) bool { return c >= '0' && c <= '7' }
	if len(s) == 4 && s[0] == '\\' && octal(s[1]) && octal(s[2]) && octal(s[3]) {
		return string([]byte{(s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0')})
	}
	return s[:min(1, len(s))]
}

func initcap(s string) string {
	b := []byte(s)
	inWord := false
	for i, c := range b {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		switch {
		case letter && inWord:
			b[i] = c | 0x20
		case letter:
			b[i] = c &^ 0x20
		}
		inWord = letter || c >= '0' && c <= '9'
	}
	return string(b)
}

// Letters are those of ASCII: the database's character classification is that of the C locale.

// upperASCII returns s itself if it has nothing to change.
func upperASCII(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'a' && c <= 'z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'a' && c <= 'z' {
					b[i] = c - 0x20
				}
			}
			return string(b)
		}
	}
	return s
}

func lowerASCII(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'A' && c <= 'Z' {
					b[i] = c + 0x20
				}
			}
			return string(b)
		}
	}
	return s
}

func reverse(s string) string {
	b := make([]byte, len(s))
	at := len(s)
	for i := 0; i < len(s); {
		_, w := utf8.DecodeRuneInString(s[i:])
		at -= w
		copy(b[at:], s[i:i+w])
		i += w
	}
	return string(b)
}

func replaceText(s, from, to string) (string, error) {
	if from == "" {
		return s, nil
	}
	if len(to) > len(from) && len(s)/len(from)*len(to) > maxTextBytes {
		if n := strings.Count(s, from); len(s)+n*(len(to)-len(from)) > maxTextBytes {
			return "", pgerr.New(pgerr.ProgramLimitExceeded, "out of memory").
				WithDetail("Cannot enlarge string buffer containing %d bytes by %d more bytes.", maxTextBytes/len(to)*len(to), len(to))
		}
	}
	return strings.ReplaceAll(s, from, to), nil
}

func translate(s, from, to string) string {
	f, t := []rune(from), []rune(to)
	m := make(map[rune]rune, len(f))
	for i, r := range f {
		if _, seen := m[r]; seen {
			continue
		}
		if i < len(t) {
			m[r] = t[i]
		} else {
			m[r] = -1
		}
	}
	return strings.Map(func(r rune) rune {
		if x, ok := m[r]; ok {
			return x
		}
		return r
	}, s)
}

// runeOffset is the byte at which the n-th character (from 0) begins, len(s) if there are fewer.
func runeOffset(s string, n int64) int {
	if n >= int64(len(s)) {
		if n > int64(len(s)) || runeLen(s) == n {
			return len(s)
		}
	}
	i := 0
	for ; n > 0 && i < len(s); n-- {
		_, w := utf8.DecodeRuneInString(s[i:])
		i += w
	}
	return i
}

func leftText(s string, n int64) string {
	if n < 0 {
		n = max(0, runeLen(s)+n)
	}
	return s[:runeOffset(s, n)]
}

func rightText(s string, n int64) string {
	if n == math.MinInt32 { // as in C, it has no opposite
		return s
	}
	if n < 0 {
		return s[runeOffset(s, -n):]
	}
	return s[runeOffset(s, max(0, runeLen(s)-n)):]
}

// maxTextBytes is the largest value that PostgreSQL allocates.
const maxTextBytes = 0x3fffffff

var errTextTooLarge = pgerr.New(pgerr.ProgramLimitExceeded, "requested length too large")

// repeatText looks for a cancel request now and then: a result may be a gigabyte.
func repeatText(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
	const chunk = 4 << 20
	s, n := a[0].Str(), a[1].Int()
	if n <= 0 || s == "" {
		return types.NewStr(""), nil
	}
	if n > maxTextBytes/int64(len(s)) {
		return types.Null, errTextTooLarge
	}
	size := len(s) * int(n)
	if size <= chunk {
		return types.NewStr(strings.Repeat(s, int(n))), nil
	}
	part := strings.Repeat(s, max(1, chunk/len(s)))
	var b strings.Builder
	b.Grow(size)
	for left := size; left > 0; left -= len(part) {
		if err := c.Interrupted(); err != nil {
			return types.Null, err
		}
		b.WriteString(part[:min(left, len(part))])
	}
	return types.NewStr(b.String()), nil
}

func pad(s string, n int64, fill string, left bool) (string, error) {
	n = max(n, 0)
	have := runeLen(s)
	if n <= have {
		return s[:runeOffset(s, n)], nil
	}
	if fill == "" {
		return s, nil
	}
	if n > maxTextBytes/utf8.UTFMax {
		return "", errTextTooLarge
	}
	need, unit := n-have, runeLen(fill)
	p := strings.Repeat(fill, int(need/unit)) + fill[:runeOffset(fill, need%unit)]
	if left {
		return p + s, nil
	}
	return s + p, nil
}

func position(s, sub string) int64 {
	i := strings.Index(s, sub)
	if i < 0 {
		return 0
	}
	return runeLen(s[:i]) + 1
}

func splitPart(s, sep string, n int64) (string, error) {
	if n == 0 {
		return "", pgerr.New(pgerr.InvalidParameterValue, "field position must not be zero")
	}
	if sep == "" {
		if n == 1 || n == -1 {
			return s, nil
		}
		return "", nil
	}
	if n < 0 {
		n = int64(strings.Count(s, sep)) + 2 + n
		if n <= 0 {
			return "", nil
		}
	}
	for ; n > 1; n-- {
		_, rest, ok := strings.Cut(s, sep)
		if !ok {
			return "", nil
		}
		s = rest
	}
	s, _, _ = strings.Cut(s, sep)
	return s, nil
}

func ascii(s string) int64 {
	if s == "" {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(s)
	return int64(r)
}

func chr(v int64) (string, error) {
	switch {
	case v == 0:
		return "", pgerr.New(pgerr.ProgramLimitExceeded, "null character not permitted")
	case v < 0:
		return "", pgerr.New(pgerr.InvalidParameterValue, "character number must be positive")
	case v > 0x10ffff, v >= 0xd800 && v < 0xe000:
		return "", pgerr.New(pgerr.ProgramLimitExceeded, "requested character too large for encoding: %d", v)
	}
	return string(rune(v)), nil
}

// substr is substring(s from start for length): positions before the first count too.
func substr(s string, start, length int64, limited bool) (string, error) {
	from := max(start, 1)
	if !limited {
		return s[runeOffset(s, from-1):], nil
	}
	if length < 0 {
		return "", pgerr.New(pgerr.SubstringError, "negative substring length not allowed")
	}
	end := start + length
	if end > 0x7fffffff {
		end = 0x7fffffff
	}
	if end <= from {
		return "", nil
	}
	s = s[runeOffset(s, from-1):]
	return s[:runeOffset(s, end-from)], nil
}

func overlay(s, with string, start, length int64) (string, error) {
	if start <= 0 {
		return "", pgerr.New(pgerr.SubstringError, "negative substring length not allowed")
	}
	end := start + length
	if end > 0x7fffffff {
		return "", int4Range.err
	}
	return s[:runeOffset(s, start-1)] + with + s[runeOffset(s, max(0, end-1)):], nil
}

func trimBytes(left, right bool) func(s, set string) string {
	return func(s, set string) string {
		for left && s != "" && strings.IndexByte(set, s[0]) >= 0 {
			s = s[1:]
		}
		for right && s != "" && strings.IndexByte(set, s[len(s)-1]) >= 0 {
			s = s[:len(s)-1]
		}
		return s
	}
}

func quoteNullable(_ *expr.Ctx, args []types.Datum) (types.Datum, error) {
	if args[0].IsNull() {
		return types.NewStr("NULL"), nil
	}
	return types.NewStr(expr.QuoteLiteral(args[0].Str())), nil
}

func quoteNullableAny(f *expr.Func, args []types.T, _ types.T) *expr.Func {
	g, t := *f, args[0]
	g.Bind = nil
	g.Scalar = func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
		if args[0].IsNull() {
			return types.NewStr("NULL"), nil
		}
		return types.NewStr(expr.QuoteLiteral(types.Text(t, args[0], c.Types))), nil
	}
	return &g
}

// castText is the text that a cast to text gives: that of the output function, but for booleans and char(n).
func castText(t types.T, d types.Datum, env *types.Env) string {
	switch t.OID {
	case types.BoolOID:
		if d.Bool() {
			return "true"
		}
		return "false"
	case types.BPCharOID:
		return types.TrimBlanks(d.Str())
	}
	return types.Text(t, d, env)
}

// anyText binds a function of one text argument to a value of any type.
func anyText(fn func(string) string) func(*expr.Func, []types.T, types.T) *expr.Func {
	return func(f *expr.Func, args []types.T, _ types.T) *expr.Func {
		g, t := *f, args[0]
		g.Bind = nil
		g.Scalar = func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
			return types.NewStr(fn(castText(t, args[0], c.Types))), nil
		}
		return &g
	}
}

// textCatAny is text || anything (other is 1) or anything || text (other is 0).
func textCatAny(other int) func(*expr.Func, []types.T, types.T) *expr.Func {
	return func(f *expr.Func, args []types.T, _ types.T) *expr.Func {
		g, t := *f, args[other]
		g.Bind = nil
		g.Scalar = func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			s := castText(t, a[other], c.Types)
			if other == 0 {
				return types.NewStr(s + a[1].Str()), nil
			}
			return types.NewStr(a[0].Str() + s), nil
		}
		return &g
	}
}
