package collation

import (
	"slices"
	"strings"
	"testing"
)

// TestKey orders words by languages whose rules differ.
func TestKey(t *testing.T) {
	for name, want := range map[string]string{
		"en-x-icu":   "a A ä b B z Z",
		"sv-x-icu":   "a A b B z Z ä",
		"de_DE":      "a A ä b B z Z",
		"sv_SE.utf8": "a A b B z Z ä",
	} {
		l, ok := Find(name)
		if !ok {
			t.Fatalf("no collation %s", name)
		}
		words := strings.Fields("Z ä b A z B a")
		slices.SortFunc(words, func(x, y string) int { return strings.Compare(l.key(x), l.key(y)) })
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestKeyHoldsText(t *testing.T) {
	l, _ := Find("und-x-icu")
	for _, s := range []string{"", "a", "é", "a\x01b", "日本", strings.Repeat("x", 1000)} {
		if got := textOf(l.key(s)); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{"C": true, "POSIX": true, "default": true, "en-x-icu": true, "de_DE": true, "fr_FR.utf8": true,
		"": false, "xx-x-icu": false, "english": false, "de_DE.latin1": false, "qq_QQ": false} {
		if Exists(name) != want {
			t.Errorf("%q exists: %t", name, !want)
		}
	}
	if len(Names()) < 50 || !slices.Contains(Names(), "sv-x-icu") {
		t.Errorf("names: %v", Names())
	}
}

func FuzzKey(f *testing.F) {
	f.Add("a", "B")
	f.Fuzz(func(t *testing.T, a, b string) {
		l, _ := Find("de-x-icu")
		if (l.key(a) == l.key(b)) != (a == b) {
			t.Errorf("%q and %q", a, b)
		}
		if textOf(l.key(a)) != a {
			t.Errorf("%q comes back as %q", a, textOf(l.key(a)))
		}
	})
}
