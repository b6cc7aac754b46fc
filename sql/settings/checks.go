package settings

import (
	"strconv"
	"strings"
	"time"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// checks are the parameters of type String whose values have a form of their own. Each gives the canonical value.
var checks = map[string]func(p *Param, text string) (value, error){
	"DateStyle":          checkDateStyle,
	"TimeZone":           checkTimeZone,
	"log_timezone":       checkTimeZone,
	"client_encoding":    checkEncoding,
	"application_name":   checkASCII,
	"cluster_name":       checkASCII,
	"search_path":        checkList,
	"lc_messages":        checkLocale,
	"lc_monetary":        checkLocale,
	"lc_numeric":         checkLocale,
	"lc_time":            checkLocale,
	"default_tablespace": checkTablespace,
}

var (
	dateStyleNames = [...]string{types.DateISO: "ISO", types.DatePostgres: "Postgres", types.DateSQL: "SQL", types.DateGerman: "German"}
	dateOrderNames = [...]string{types.OrderMDY: "MDY", types.OrderDMY: "DMY", types.OrderYMD: "YMD"}
)

// dateStyle is a DateStyle in parts; what was not given is negative.
type dateStyle struct{ style, order int }

// parseDateStyle reads the words of a DateStyle.
func parseDateStyle(p *Param, text string) (dateStyle, error) {
	d := dateStyle{-1, -1}
	conflict := p.errInvalid(text).WithDetail(`Conflicting "datestyle" specifications.`)
	set := func(field *int, v int) error {
		if *field >= 0 && *field != v {
			return conflict
		}
		*field = v
		return nil
	}
	words, ok := SplitList(text)
	if !ok {
		return d, p.errInvalid(text).WithDetail("List syntax is invalid.")
	}
	for _, w := range words {
		w = strings.ToLower(w)
		var err error
		switch {
		case w == "iso":
			err = set(&d.style, int(types.DateISO))
		case w == "sql":
			err = set(&d.style, int(types.DateSQL))
		case strings.HasPrefix(w, "postgres"):
			err = set(&d.style, int(types.DatePostgres))
		case w == "german":
			if err = set(&d.style, int(types.DateGerman)); d.order < 0 {
				d.order = int(types.OrderDMY)
			}
		case w == "ymd":
			err = set(&d.order, int(types.OrderYMD))
		case w == "dmy" || strings.HasPrefix(w, "euro"):
			err = set(&d.order, int(types.OrderDMY))
		case w == "mdy" || w == "us" || strings.HasPrefix(w, "noneuro"):
			err = set(&d.order, int(types.OrderMDY))
		case w == "default":
			d = dateStyle{int(types.DateISO), int(types.OrderMDY)}
		default:
			err = p.errInvalid(text).WithDetail(`Unrecognized key word: "%s".`, w)
		}
		if err != nil {
			return d, err
		}
	}
	return d, nil
}

func checkDateStyle(p *Param, text string) (value, error) {
	d, err := parseDateStyle(p, text)
	return value{text: text, num: float64((d.style+1)<<4 | (d.order + 1))}, err
}

// mergeDateStyle fills the parts that v does not give from the value before.
func mergeDateStyle(v, before value) value {
	style, order := int(v.num)>>4-1, int(v.num)&15-1
	if style < 0 {
		style = int(before.num)>>4 - 1
	}
	if order < 0 {
		order = int(before.num)&15 - 1
	}
	style, order = max(style, 0), max(order, 0)
	return value{text: dateStyleNames[style] + ", " + dateOrderNames[order], num: float64((style+1)<<4 | (order + 1))}
}

// checkTimeZone canonicalises a time zone; an offset is kept as a POSIX specification.
func checkTimeZone(p *Param, text string) (value, error) {
	loc, ok := sessionZone(text)
	if !ok {
		return value{}, p.errInvalid(text)
	}
	return value{text: loc.String()}, nil
}

// sessionZone finds the zone that SET TimeZone means: a name, a POSIX specification, hours, or INTERVAL 'h:m'.
func sessionZone(text string) (*time.Location, bool) {
	s := strings.TrimSpace(text)
	if len(s) > 8 && strings.EqualFold(s[:8], "interval") {
		body := strings.Trim(strings.TrimSpace(s[8:]), "'")
		v, err := types.ParseInterval(body, -1, types.IntervalPostgres)
		if err != nil || v.Months != 0 || v.Days != 0 {
			return nil, false
		}
		return types.FixedZone(int(v.Micros / types.MicrosPerSecond)), true
	}
	if hours, err := strconv.ParseFloat(s, 64); err == nil {
		if hours < -168 || hours > 168 {
			return nil, false
		}
		return types.FixedZone(int(hours * 3600)), true
	}
	if strings.EqualFold(s, "utc") || strings.EqualFold(s, "gmt") {
		return zoneNamed(strings.ToUpper(s))
	}
	if loc, ok := types.LoadZone(s); ok {
		return loc, true
	}
	return types.PosixZone(s)
}

func zoneNamed(name string) (*time.Location, bool) {
	if name == "UTC" {
		return time.UTC, true
	}
	return types.LoadZone(name)
}

// encodings are the client encodings that PostgreSQL knows, by their names without punctuation.
var encodings = func() map[string]string {
	m := map[string]string{"UNICODE": "UTF8", "SQLASCII": "SQL_ASCII", "UTF8": "UTF8", "ISO88591": "LATIN1", "WINDOWS1252": "WIN1252", "WIN": "WIN1251"}
	for _, e := range strings.Fields("EUC_JP EUC_CN EUC_KR EUC_TW EUC_JIS_2004 LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 " +
		"LATIN10 WIN1256 WIN1258 WIN866 WIN874 KOI8R WIN1251 WIN1252 ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 WIN1250 WIN1253 WIN1254 " +
		"WIN1255 WIN1257 KOI8U SJIS BIG5 GBK UHC GB18030 JOHAB SHIFT_JIS_2004 MULE_INTERNAL") {
		m[plainEncoding(e)] = e
	}
	return m
}()

func plainEncoding(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 32
		}
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, name)
}

// checkEncoding takes the encodings that need no conversion.
func checkEncoding(p *Param, text string) (value, error) {
	name, ok := encodings[plainEncoding(text)]
	if !ok {
		return value{}, p.errInvalid(text)
	}
	if name != "UTF8" && name != "SQL_ASCII" {
		e := p.errInvalid(text).WithDetail("Conversion between %s and UTF8 is not supported.", name)
		e.Code = pgerr.CodeFeatureNotSupported
		return value{}, e
	}
	return value{text: name}, nil
}

// checkASCII replaces what is not printable ASCII by question marks.
func checkASCII(_ *Param, text string) (value, error) {
	b := []byte(text)
	for i, c := range b {
		if c < 32 || c > 126 {
			b[i] = '?'
		}
	}
	return value{text: string(b)}, nil
}

func checkList(p *Param, text string) (value, error) {
	if _, ok := SplitList(text); !ok {
		return value{}, p.errInvalid(text).WithDetail("List syntax is invalid.")
	}
	return value{text: text}, nil
}

// checkLocale takes the locales that need no message catalog.
func checkLocale(p *Param, text string) (value, error) {
	switch {
	case text == "", text == "C", text == "POSIX", strings.HasPrefix(text, "C."), strings.HasPrefix(text, "en_US"):
		return value{text: text}, nil
	}
	return value{}, p.errInvalid(text)
}

func checkTablespace(p *Param, text string) (value, error) {
	if text != "" && text != "pg_default" {
		return value{}, p.errInvalid(text).WithDetail(`Tablespace "%s" does not exist.`, text)
	}
	return value{text: text}, nil
}

// SplitList splits a list of identifiers at commas. Quoted ones keep their case; ok is false if the syntax is wrong.
func SplitList(text string) (words []string, ok bool) {
	s := strings.Trim(text, " \t\n\r")
	if s == "" {
		return nil, true
	}
	for {
		word := ""
		if s != "" && s[0] == '"' {
			i := 1
			for {
				end := strings.IndexByte(s[i:], '"')
				if end < 0 {
					return nil, false
				}
				word += s[i : i+end]
				i += end + 1
				if i >= len(s) || s[i] != '"' {
					break
				}
				word += `"`
				i++
			}
			s = s[i:]
		} else {
			i := strings.IndexAny(s, ", \t\n\r")
			if i < 0 {
				i = len(s)
			}
			if i == 0 {
				return nil, false
			}
			word, s = strings.ToLower(s[:i]), s[i:]
		}
		words = append(words, word)
		s = strings.TrimLeft(s, " \t\n\r")
		switch {
		case s == "":
			return words, true
		case s[0] != ',':
			return nil, false
		}
		s = strings.TrimLeft(s[1:], " \t\n\r")
	}
}
