package builtins

import (
	"regexp"
	"testing"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/builtins/datefmt"
	"github.com/lightsql/lightsql/sql/builtins/numfmt"
	"github.com/lightsql/lightsql/sql/types"
)

var longNumber = regexp.MustCompile(`[0-9]{6}`)

// FuzzFormats feeds arbitrary text to everything that parses patterns and formats: no input may panic.
func FuzzFormats(f *testing.F) {
	for _, s := range []string{"YYYY-MM-DD HH24:MI:SS.US", "FM999,999.99S", "^a(b|c)*[[:alpha:]]{2,3}?$", "%a_\\%b", `"a"".b".c`, `\0061`,
		"12,454.8-", "2024-02-29 PM", "%1$-10s%I%%", `{"a":[1,{"b":null}]}`} {
		f.Add(s, "2024-02-29 15:04:05")
		f.Add("abc", s)
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(s) || len(pattern) > 200 || len(s) > 200 {
			return
		}
		if longNumber.MatchString(pattern) {
			return // a width of millions takes its time
		}
		c := testCtx()
		_, _ = formatDate(fieldsOfTimestamp(762534245123456), pattern)
		_, _ = formatDate(fieldsOfInterval(types.Interval{Months: -14, Days: 3, Micros: -5}), pattern)
		for _, n := range []string{"0", "-1234.567", "NaN", "-Infinity", "1e30"} {
			v, _ := types.ParseNumeric(n)
			if f, err := numfmt.Parse(pattern); err == nil {
				_, _ = formatNumeric(v, f)
				_, _ = formatFloat(-1.5e10, -1.5e10, 15, f)
				_, _ = formatInt4(1234, f)
			}
		}
		_, _ = datefmt.Read(s, datefmt.Parse(pattern))
		_, _ = parsePathDatetime(s, pattern)
		_, _ = toNumber(s, pattern)
		compileLike(pattern, true).match(s)
		if re, err := compileRegex(pattern, regexOptions{}); err == nil {
			replaceMatches(re, s, pattern, 0, 0)
		}
		if p, err := similarPattern(pattern, "#"); err == nil {
			_, _ = compileRegex(p, regexOptions{})
		}
		_, _ = unistr(pattern)
		_, _ = parseIdent([]types.Datum{types.NewStr(pattern), types.NewBool(true)})
		_, _ = formatText([]types.T{types.Of(types.TextOID)}, types.T{})(c, []types.Datum{types.NewStr(pattern), types.NewStr(s)})
		if types.CheckJSON(pattern) == nil {
			p := partOf(types.JSONOID, types.NewStr(pattern))
			appendStripped(nil, p)
			p.field(s)
			p.element(1)
		}
		for _, enc := range []string{"hex", "base64", "escape"} {
			_, _ = decode(s, enc)
		}
	})
}
