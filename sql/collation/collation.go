package collation

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/cases"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Version is what pg_collation shows of collations that are not by bytes.
const Version = collate.CLDRVersion

// Object is the name here of the collation of CREATE COLLATION with an OID; base is the built-in collation whose order it has. No built-in one has a
// name of this form.
func Object(oid types.OID, base string) string { return "#" + strconv.Itoa(int(oid)) + ":" + base }

// ObjectOf takes a name of Object apart; oid is 0 for other names, which are their own base.
func ObjectOf(name string) (oid types.OID, base string) {
	if !strings.HasPrefix(name, "#") {
		return 0, name
	}
	id, base, _ := strings.Cut(name[1:], ":")
	n, _ := strconv.Atoi(id)
	return types.OID(n), base
}

// ByBytes reports a collation that compares bytes.
func ByBytes(name string) bool {
	_, base := ObjectOf(name)
	switch base {
	case "", "C", "POSIX", "default", "ucs_basic", "C.utf8", "C.UTF-8":
		return true
	}
	return false
}

// Exists reports whether there is a collation of that name.
func Exists(name string) bool {
	if ByBytes(name) {
		return name != ""
	}
	_, ok := localeOf(name)
	return ok
}

// Names lists the collations of the operating system and of ICU that Find knows by their usual names.
func Names() []string {
	var out []string
	for _, tag := range collate.Supported() {
		out = append(out, tag.String()+"-x-icu")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// localeOf reads language-x-icu, and language_REGION with an optional .utf8. The language must have rules of its own in the tables.
func localeOf(name string) (language.Tag, bool) {
	text, icu := strings.CutSuffix(name, "-x-icu")
	if !icu {
		var encoding string
		if text, encoding, _ = strings.Cut(name, "."); encoding != "" && encoding != "utf8" && encoding != "UTF-8" || !strings.Contains(text, "_") {
			return language.Und, false
		}
		text = strings.ReplaceAll(text, "_", "-")
	}
	tag, err := language.Parse(text)
	if err != nil {
		return language.Und, false
	}
	base, _ := tag.Base()
	_, known := languages()[base.String()]
	return tag, known
}

var languages = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, tag := range collate.Supported() {
		base, _ := tag.Base()
		m[base.String()] = true
	}
	return m
})

// Locale is a collation that is not by bytes, with the functions that expressions under it call.
type Locale struct {
	Name string
	// Key gives the bytes that order a text; Value takes the text back out of them.
	Key, Value          *expr.Func
	Upper, Lower, Title *expr.Func

	tag   language.Tag
	state sync.Pool // *keyMaker: a collator serves one goroutine at a time
}

type keyMaker struct {
	collator *collate.Collator
	buf      collate.Buffer
}

// locales keeps the Locales that were asked for, so that equal expressions have the same functions. There are a few hundred names.
var locales sync.Map // name → *Locale

// Find is the Locale of that name; false if there is none, or if it compares bytes.
func Find(name string) (*Locale, bool) {
	if v, ok := locales.Load(name); ok {
		return v.(*Locale), true
	}
	if ByBytes(name) {
		return nil, false
	}
	_, base := ObjectOf(name)
	tag, ok := localeOf(base)
	if !ok {
		return nil, false
	}
	l := &Locale{Name: name, tag: tag}
	l.state.New = func() any { return &keyMaker{collator: collate.New(tag)} }
	l.Key = l.function("key", types.TextOID, types.ByteaOID, l.key)
	l.Value = l.function(valueName, types.ByteaOID, types.TextOID, textOf)
	l.Upper = l.function("upper", types.TextOID, types.TextOID, func(s string) string { return cases.Upper(tag).String(s) })
	l.Lower = l.function("lower", types.TextOID, types.TextOID, func(s string) string { return cases.Lower(tag).String(s) })
	l.Title = l.function("initcap", types.TextOID, types.TextOID, func(s string) string { return cases.Title(tag).String(s) })
	v, _ := locales.LoadOrStore(name, l)
	return v.(*Locale), true
}

// OfValue is the collation whose Value f is, "" if it is none.
func OfValue(f *expr.Func) string {
	if f.Name != valueName {
		return ""
	}
	name := ""
	locales.Range(func(k, v any) bool {
		if v.(*Locale).Value == f {
			name = k.(string)
		}
		return name == ""
	})
	return name
}

// valueName is the name of the functions Locale.Value.
const valueName = "collation_value"

func (l *Locale) function(name string, arg, ret types.OID, f func(string) string) *expr.Func {
	return &expr.Func{Name: name, Args: []types.OID{arg}, Ret: ret, Volatility: expr.Immutable, Strict: true, Kind: 'f',
		Kernel: func(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, out *vec.Vector) error {
			in := args[0]
			at := func(i int) string {
				if in.Const {
					return in.Str[0]
				}
				return in.Str[i]
			}
			if sel == nil {
				for i := range n {
					out.Str[i] = f(at(i))
				}
			}
			for _, i := range sel {
				out.Str[i] = f(at(int(i)))
			}
			return nil
		}}
}

// The parts of a key are escaped so that the end of the first sorts below anything that could follow in it.
const (
	escape    = "\x00\xff" // a zero byte
	separator = "\x00\x01"
)

// key is the collator's key, a separator, and the text.
func (l *Locale) key(s string) string {
	m := l.state.Get().(*keyMaker)
	defer l.state.Put(m)
	m.buf.Reset()
	k := string(m.collator.KeyFromString(&m.buf, s))
	return strings.ReplaceAll(k, "\x00", escape) + separator + s
}

// textOf is the text that a key ends with.
func textOf(key string) string {
	for i := 0; i+1 < len(key); i++ {
		if key[i] != 0 {
			continue
		}
		if key[i:i+2] == separator {
			return key[i+2:]
		}
		i++
	}
	return ""
}
