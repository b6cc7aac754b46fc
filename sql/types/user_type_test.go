package types

import (
	"strings"
	"testing"

	"github.com/lightsql/lightsql/sql/types/recv"
)

func TestUserOIDs(t *testing.T) {
	enum, row := EnumTypeOID(20000), OID(20001)
	posint, word, mood := DomainTypeOID(Int4OID, 7), DomainTypeOID(BPCharOID, 7), DomainTypeOID(enum, 7)
	for _, x := range []struct {
		oid      OID
		kind     Kind
		category byte
	}{
		{enum, KindInt, 'E'}, {row, KindRef, 'C'}, {posint, KindInt, 'N'}, {word, KindStr, 'S'}, {mood, KindInt, 'E'},
		{DomainTypeOID(row, 1), KindRef, 'U'}, {ArrayOf(enum), KindRef, 'A'}, {ArrayOf(posint), KindRef, 'A'},
	} {
		if KindOf(x.oid) != x.kind || Category(x.oid) != x.category {
			t.Errorf("%d: %d %c", x.oid, KindOf(x.oid), Category(x.oid))
		}
		if a := ArrayOf(x.oid); a != 0 && ElemOf(a) != x.oid {
			t.Errorf("%d: array %d of %d", x.oid, a, ElemOf(a))
		}
	}
	if BaseOf(posint) != Int4OID || BaseOf(mood) != mood || !IsDomain(posint) || IsDomain(enum) || !IsComposite(row) || IsComposite(enum) {
		t.Error("bits")
	}
	if Compare(word, NewStr("a "), NewStr("a")) != 0 {
		t.Error("a domain compares as its base type")
	}
}

func TestJSONPathText(t *testing.T) {
	for in, want := range map[string]string{
		"$": "$", "strict $.a[*] ? (@.b > 1)": `strict $."a"[*]?(@."b" > 1)`, "$.a.**{2 to last}.b": `$."a".**{2 to last}."b"`,
		"($.a + 1).abs()": `($."a" + 1).abs()`, "-1 + 2 * 3": "(-1 + 2 * 3)", "$ ? (!(@ == 1) || exists(@.x))": `$?(!(@ == 1) || exists (@."x"))`,
		`$ like_regex "a" flag "iq"`: `($ like_regex "a" flag "iq")`, "$[last - 1, 0 to 2]": "$[last - 1,0 to 2]",
	} {
		p, err := ParseJSONPath(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := p.String(); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
		if again, err := ParseJSONPath(want); err != nil || again.String() != want {
			t.Errorf("%s: read again: %v", want, err)
		}
	}
	for _, bad := range []string{"", "@", "last", "$.a ? (1)", "$ +", "1a", "00", `"\u"`, "$.a[1", strings.Repeat("(", 5000)} {
		if _, err := ParseJSONPath(bad); err == nil {
			t.Errorf("%s: accepted", bad[:min(20, len(bad))])
		}
	}
}

func FuzzJSONPath(f *testing.F) {
	f.Add(`strict $.a[1 to last] ? (@.b like_regex "x" flag "i").size()`)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseJSONPath(s)
		if err != nil {
			return
		}
		if again, err := ParseJSONPath(p.String()); err != nil || again.String() != p.String() {
			t.Errorf("%q: %q: %v", s, p, err)
		}
	})
}

// FuzzInput reads any text and any bytes as every type: nothing panics, and what was read is written and read again.
func FuzzInput(f *testing.F) {
	for i := range Builtins() {
		f.Add(uint32(Builtins()[i].OID), "{1,2}", []byte{0, 0, 0, 1})
	}
	f.Fuzz(func(t *testing.T, oid uint32, s string, b []byte) {
		typ := Of(OID(oid))
		env := NewEnv()
		env.Stored = true
		if d, err := ParseBinary(typ, b, env, recv.Place{}); err == nil && !d.IsNull() {
			AppendText(nil, typ, d, env)
		}
		d, err := Parse(typ, s, env)
		if err != nil || d.IsNull() {
			return
		}
		text := Text(typ, d, env)
		if again, err := Parse(typ, text, env); err == nil && Compare(typ.OID, d, again) != 0 {
			t.Errorf("%d: %q reads as %q", oid, s, text)
		}
		AppendBinary(nil, typ, d, env)
	})
}
