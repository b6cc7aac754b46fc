package builtins

import (
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// regexFind is the common part of regexp_instr and regexp_substr: the n-th match from a start, and one of its groups.
type regexFind struct {
	name  string
	start int64
	n     int64
	group int64
	flags string
}

func badParameter(name string, v int64) error {
	return pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"%s\": %d", name, v)
}

// find is the match's bounds in bytes; ok is false without one.
func (f *regexFind) find(rc *regexCache, s, pattern string) (from, to int, ok bool, err error) {
	switch {
	case f.start <= 0:
		return 0, 0, false, badParameter("start", f.start)
	case f.n <= 0:
		return 0, 0, false, badParameter("n", f.n)
	case f.group < 0:
		return 0, 0, false, badParameter("subexpr", f.group)
	}
	var o regexOptions
	if err := o.set(f.flags, f.name+"()"); err != nil {
		return 0, 0, false, err
	}
	re, err := rc.get(pattern, o)
	if err != nil || f.group > int64(re.NumSubexp()) {
		return 0, 0, false, err
	}
	off := runeOffset(s, f.start-1)
	all := re.FindAllStringSubmatchIndex(s[off:], int(f.n))
	if int64(len(all)) < f.n {
		return 0, 0, false, nil
	}
	at := all[f.n-1]
	if at[2*f.group] < 0 {
		return 0, 0, false, nil
	}
	return off + at[2*f.group], off + at[2*f.group+1], true, nil
}

func regexFindCodes() []code {
	// instr: string, pattern, start, n, endoption, flags, subexpr; substr: the same without endoption.
	instr := withRegex(func(rc *regexCache, a []types.Datum) (types.Datum, error) {
		f := regexFind{name: "regexp_instr", start: 1, n: 1}
		end := int64(0)
		for i, p := range []*int64{&f.start, &f.n, &end} {
			if len(a) > i+2 {
				*p = a[i+2].Int()
			}
		}
		if end != 0 && end != 1 {
			return types.Null, badParameter("endoption", end)
		}
		f.rest(a, 5)
		from, to, ok, err := f.find(rc, a[0].Str(), a[1].Str())
		if err != nil || !ok {
			return types.NewInt(0), err
		}
		if end == 1 {
			from = to
		}
		return types.NewInt(runeLen(a[0].Str()[:from]) + 1), nil
	})
	sub := withRegex(func(rc *regexCache, a []types.Datum) (types.Datum, error) {
		f := regexFind{name: "regexp_substr", start: 1, n: 1}
		for i, p := range []*int64{&f.start, &f.n} {
			if len(a) > i+2 {
				*p = a[i+2].Int()
			}
		}
		f.rest(a, 4)
		from, to, ok, err := f.find(rc, a[0].Str(), a[1].Str())
		if err != nil || !ok {
			return types.Null, err
		}
		return types.NewStr(a[0].Str()[from:to]), nil
	})
	var cs []code
	for _, s := range []string{"", "_no_start", "_no_n", "_no_endoption", "_no_flags", "_no_subexpr"} {
		cs = append(cs, code{src: "regexp_instr" + s, bind: instr}, code{src: "regexp_substr" + s, bind: sub})
	}
	return append(cs, code{src: "parse_ident", scalar: strArrayOf(parseIdent)})
}

// rest takes flags and subexpr, which begin at argument i.
func (f *regexFind) rest(a []types.Datum, i int) {
	if len(a) > i {
		f.flags = a[i].Str()
	}
	if len(a) > i+1 {
		f.group = a[i+1].Int()
	}
}

func strArrayOf(f func(a []types.Datum) ([]string, error)) scalarFn {
	return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		ss, err := f(a)
		if err != nil {
			return types.Null, err
		}
		ds := make([]types.Datum, len(ss))
		for i, s := range ss {
			ds[i] = types.NewStr(s)
		}
		return types.NewRef(types.NewArray(types.TextOID, ds)), nil
	}
}

// parseIdent splits a qualified name, as the parser would.
func parseIdent(a []types.Datum) ([]string, error) {
	whole, strict := a[0].Str(), a[1].Bool()
	bad := func(detail string, args ...any) error {
		e := pgerr.New(pgerr.InvalidParameterValue, "string is not a valid identifier: \"%s\"", whole)
		if detail != "" {
			e = e.WithDetail(detail, args...)
		}
		return e
	}
	space := " \t\n\r\f\v"
	s := strings.TrimLeft(whole, space)
	var out []string
	afterDot := false
	for {
		switch {
		case strings.HasPrefix(s, `"`):
			part, n := quotedIdent(s)
			if n < 0 {
				return nil, bad("String has unclosed double quotes.")
			}
			if part == "" {
				return nil, bad("Quoted identifier must not be empty.")
			}
			out, s = append(out, part), s[n:]
		case s != "" && identStart(s[0]):
			n := 1
			for n < len(s) && (identStart(s[n]) || s[n] >= '0' && s[n] <= '9' || s[n] == '$') {
				n++
			}
			out, s = append(out, lowerASCII(s[:n])), s[n:]
		case strings.HasPrefix(s, "."):
			return nil, bad("No valid identifier before \".\".")
		case afterDot:
			return nil, bad("No valid identifier after \".\".")
		default:
			return nil, bad("")
		}
		s = strings.TrimLeft(s, space)
		if !strings.HasPrefix(s, ".") {
			break
		}
		afterDot = true
		s = strings.TrimLeft(s[1:], space)
	}
	if s != "" && strict {
		return nil, bad("")
	}
	return out, nil
}

func identStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func quotedIdent(s string) (string, int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		return b.String(), i + 1
	}
	return "", -1
}
