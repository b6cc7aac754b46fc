package collation

import (
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// OfICU is the built-in collation that orders as ICU's locale does; false if the tables have none. Both ICU's own form (de@collation=phonebook) and
// BCP 47 (de-u-co-phonebk) name one.
func OfICU(locale string) (name string, ok bool) {
	text, keywords, _ := strings.Cut(locale, "@")
	if text == "" || strings.EqualFold(text, "root") {
		text = "und"
	}
	text = strings.ReplaceAll(text, "_", "-")
	if keywords != "" {
		kind, found := strings.CutPrefix(keywords, "collation=")
		if !found {
			return "", false
		}
		if short, ok := shortTypes[kind]; ok {
			kind = short
		}
		text += "-u-co-" + kind
	}
	name = text + "-x-icu"
	tag, ok := localeOf(name)
	return name, ok && honoured(tag)
}

// shortTypes are the types of collation that BCP 47 names otherwise than ICU.
var shortTypes = map[string]string{"phonebook": "phonebk", "dictionary": "dict", "traditional": "trad", "gb2312han": "gb2312"}

// honoured reports whether the tables and the collator have all that a locale asks for.
func honoured(tag language.Tag) bool {
	for _, key := range []string{"kf", "kr", "vt", "kv"} {
		if tag.TypeForKey(key) != "" {
			return false
		}
	}
	kind := tag.TypeForKey("co")
	if kind == "" || kind == "standard" {
		return true
	}
	base, _ := tag.Base()
	for _, t := range collate.Supported() {
		if b, _ := t.Base(); b == base && t.TypeForKey("co") == kind {
			return true
		}
	}
	return false
}

// OfLibc is the built-in collation that orders as the operating system's locale does; false if the tables have none.
func OfLibc(locale string) (name string, ok bool) {
	if locale == "" {
		return "C", true
	}
	if ByBytes(locale) && locale != "default" && locale != "ucs_basic" {
		return locale, true
	}
	_, ok = localeOf(locale)
	return locale, ok && !strings.HasSuffix(locale, "-x-icu")
}

// VersionOf is the version of a collation's tables; "" for one by bytes, which has none.
func VersionOf(name string) string {
	if ByBytes(name) {
		return ""
	}
	return Version
}
