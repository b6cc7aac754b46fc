package builtins

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// argType is the type of argument i of a VARIADIC "any" call: those of a spread array have the last type.
func argType(ts []types.T, i int) types.T { return ts[min(i, len(ts)-1)] }

func formatCodes() []code {
	return []code{
		{src: "text_concat", bind: bound(func(ts []types.T, _ types.T) scalarFn {
			return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
				return types.NewStr(joinAny(c, ts, a, 0, "")), nil
			}
		})},
		{src: "text_concat_ws", bind: bound(func(ts []types.T, _ types.T) scalarFn {
			return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
				if a[0].IsNull() {
					return types.Null, nil
				}
				return types.NewStr(joinAny(c, ts, a, 1, a[0].Str())), nil
			}
		})},
		{src: "text_format", bind: bound(formatText)}, {src: "text_format_nv", bind: bound(formatText)},
		{src: "unistr", kernel: try1(strs, strs, unistr)},
	}
}

// joinAny writes the values from a[from] on that are not NULL, as their output functions do.
func joinAny(c *expr.Ctx, ts []types.T, a []types.Datum, from int, sep string) string {
	var b []byte
	first := true
	for i := from; i < len(a); i++ {
		if a[i].IsNull() {
			continue
		}
		if !first {
			b = append(b, sep...)
		}
		first = false
		b = types.AppendText(b, argType(ts, i), a[i], c.Types)
	}
	return string(b)
}

// formatText is format(pattern, …).
func formatText(ts []types.T, _ types.T) scalarFn {
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return types.Null, nil
		}
		f := &formatter{c: c, ts: ts, args: a, in: a[0].Str()}
		err := f.run()
		return types.NewStr(f.out.String()), err
	}
}

// formatter follows text_format of src/backend/utils/adt/varlena.c.
type formatter struct {
	c    *expr.Ctx
	ts   []types.T
	args []types.Datum
	next int // the last argument used
	in   string
	pos  int
	out  strings.Builder
}

var errFormatEnd = pgerr.New(pgerr.InvalidParameterValue, "unterminated format() type specifier").
	WithHint("For a single \"%%\" use \"%%%%\".")

var errFormatZero = pgerr.New(pgerr.InvalidParameterValue, "format specifies argument 0, but arguments are numbered from 1")

func (f *formatter) run() error {
	for f.pos < len(f.in) {
		c := f.in[f.pos]
		f.pos++
		if c != '%' {
			f.out.WriteByte(c)
			continue
		}
		if f.pos >= len(f.in) {
			return errFormatEnd
		}
		if f.in[f.pos] == '%' {
			f.out.WriteByte('%')
			f.pos++
			continue
		}
		if err := f.spec(); err != nil {
			return err
		}
	}
	return nil
}

// number reads digits; ok is false if there are none.
func (f *formatter) number() (n int, ok bool, err error) {
	for ; f.pos < len(f.in) && f.in[f.pos] >= '0' && f.in[f.pos] <= '9'; f.pos++ {
		if n = 10*n + int(f.in[f.pos]-'0'); n > math.MaxInt32 {
			return 0, false, pgerr.New(pgerr.NumericValueOutOfRange, "number is out of range")
		}
		ok = true
	}
	if f.pos >= len(f.in) {
		return n, ok, errFormatEnd
	}
	return n, ok, nil
}

// spec is [n$][-][width]type after the %.
func (f *formatter) spec() error {
	arg, width, star, left := -1, 0, -1, false
	n, ok, err := f.number()
	if err != nil {
		return err
	}
	switch {
	case ok && f.in[f.pos] != '$':
		width = n
	case ok && n == 0:
		return errFormatZero
	default:
		if ok {
			arg = n
			f.pos++
		}
		if width, star, left, err = f.width(); err != nil {
			return err
		}
	}
	if f.pos >= len(f.in) {
		return errFormatEnd
	}
	kind, w := utf8.DecodeRuneInString(f.in[f.pos:])
	f.pos += w
	if kind != 's' && kind != 'I' && kind != 'L' {
		return pgerr.New(pgerr.InvalidParameterValue, "unrecognized format() type specifier \"%c\"", kind).
			WithHint("For a single \"%%\" use \"%%%%\".")
	}
	if star >= 0 {
		if width, err = f.starWidth(star); err != nil {
			return err
		}
		if width < 0 {
			left, width = true, -width
		}
	}
	return f.value(kind, arg, width, left)
}

// width is [-][digits or *[n$]]; star is the argument that has the width, 0 for the next one, or -1.
func (f *formatter) width() (width, star int, left bool, err error) {
	for f.pos < len(f.in) && f.in[f.pos] == '-' {
		left = true
		f.pos++
	}
	if f.pos >= len(f.in) {
		return 0, -1, left, errFormatEnd
	}
	if f.in[f.pos] != '*' {
		width, _, err = f.number()
		return width, -1, left, err
	}
	f.pos++
	star, ok, err := f.number()
	switch {
	case err != nil:
	case ok && f.in[f.pos] != '$':
		err = pgerr.New(pgerr.InvalidParameterValue, "width argument position must be ended by \"$\"")
	case ok && star == 0:
		err = errFormatZero
	case ok:
		f.pos++
	}
	return 0, star, left, err
}

// starWidth is the width in an argument, which is read as an integer whatever its type is.
func (f *formatter) starWidth(n int) (int, error) {
	if n == 0 {
		n = f.next + 1
	}
	f.next = n
	d, t, err := f.arg(n)
	if err != nil || d.IsNull() {
		return 0, err
	}
	if types.KindOf(t.OID) == types.KindInt && t.OID != types.Int8OID {
		return int(d.Int()), nil
	}
	v, err := types.Parse(types.Of(types.Int4OID), types.Text(t, d, f.c.Types), f.c.Types)
	return int(v.Int()), err
}

func (f *formatter) arg(n int) (types.Datum, types.T, error) {
	if n >= len(f.args) {
		return types.Null, types.T{}, pgerr.New(pgerr.InvalidParameterValue, "too few arguments for format()")
	}
	return f.args[n], argType(f.ts, n), nil
}

func (f *formatter) value(kind rune, n, width int, left bool) error {
	if n < 0 {
		n = f.next + 1
	}
	f.next = n
	d, t, err := f.arg(n)
	if err != nil {
		return err
	}
	var s string
	switch {
	case d.IsNull() && kind == 'I':
		return pgerr.New(pgerr.NullValueNotAllowed, "null values cannot be formatted as an SQL identifier")
	case d.IsNull() && kind == 'L':
		s = "NULL"
	case d.IsNull():
	default:
		s = types.Text(t, d, f.c.Types)
		if kind == 'I' {
			s = expr.QuoteIdent(s)
		} else if kind == 'L' {
			s = expr.QuoteLiteral(s)
		}
	}
	if width > maxTextBytes/utf8.UTFMax {
		return errTextTooLarge
	}
	fill := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
	if left {
		f.out.WriteString(s + fill)
	} else {
		f.out.WriteString(fill + s)
	}
	return nil
}

var (
	errUnicodeEscape = pgerr.New(pgerr.SyntaxError, "invalid Unicode escape").
				WithHint(`Unicode escapes must be \XXXX, \+XXXXXX, \uXXXX, or \UXXXXXXXX.`)
	errSurrogate = pgerr.New(pgerr.SyntaxError, "invalid Unicode surrogate pair")
)

// unistr evaluates \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX.
func unistr(s string) (string, error) {
	var b strings.Builder
	high := rune(0) // the first half of a surrogate pair
	for i := 0; i < len(s); {
		r, n, err := unicodeEscape(s[i:])
		if err != nil {
			return "", err
		}
		isLow := n > 0 && r >= 0xdc00 && r < 0xe000
		switch {
		case (high != 0) != isLow:
			return "", errSurrogate
		case isLow:
			b.WriteRune(utf16.DecodeRune(high, r))
			high = 0
		case n > 0 && r >= 0xd800 && r < 0xdc00:
			high = r
		case n > 0:
			b.WriteRune(r)
		case strings.HasPrefix(s[i:], `\\`):
			b.WriteByte('\\')
			n = 2
		default:
			b.WriteByte(s[i])
			n = 1
		}
		i += n
	}
	if high != 0 {
		return "", errSurrogate
	}
	return b.String(), nil
}

// unicodeEscape reads an escape at the start of s: its code and length, 0 if there is none.
func unicodeEscape(s string) (rune, int, error) {
	if s[0] != '\\' || strings.HasPrefix(s, `\\`) {
		return 0, 0, nil
	}
	skip, digits := 1, 4
	switch {
	case strings.HasPrefix(s, `\+`):
		skip, digits = 2, 6
	case strings.HasPrefix(s, `\u`):
		skip = 2
	case strings.HasPrefix(s, `\U`):
		skip, digits = 2, 8
	}
	if len(s) < skip+digits {
		return 0, 0, errUnicodeEscape
	}
	v, err := strconv.ParseUint(s[skip:skip+digits], 16, 32)
	if err != nil {
		return 0, 0, errUnicodeEscape
	}
	if v == 0 || v > utf8.MaxRune {
		return 0, 0, pgerr.New(pgerr.InvalidParameterValue, "invalid Unicode code point: %04X", v)
	}
	return rune(v), skip + digits, nil
}
