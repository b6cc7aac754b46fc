package gin_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/catalog/gin"
	"github.com/lightsql/lightsql/kv/keyenc"
	"github.com/lightsql/lightsql/sql/types"
)

func encodeInt(b []byte, d types.Datum) []byte { return keyenc.AppendInt(b, d.Int()) }

func value(t *testing.T, typ types.OID, text string) types.Datum {
	t.Helper()
	d, err := types.Parse(types.Of(typ), text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// finds reports whether a search finds a row with these terms.
func finds(s *gin.Search, terms [][]byte) bool {
	switch s.Kind {
	case gin.All:
		return true
	case gin.Term:
		for _, t := range terms {
			if bytes.Equal(t, s.Term) {
				return true
			}
		}
	case gin.And:
		for _, a := range s.Args {
			if !finds(a, terms) {
				return false
			}
		}
		return true
	case gin.Or:
		for _, a := range s.Args {
			if finds(a, terms) {
				return true
			}
		}
	}
	return false
}

func TestSearch(t *testing.T) {
	long := strings.Repeat("long", 50)
	doc := fmt.Sprintf(`{"a": {"b": [1, 2.50, "x", null, {"c": true}]}, "n": -3, "%s": "%s", "e": {}, "k": "v"}`, long, long)
	tests := []struct {
		class     gin.Class
		value     string
		op, query string
		want      bool
	}{
		{gin.Arrays, "{1,2,3}", "@>", "{3,1}", true},
		{gin.Arrays, "{1,2,3}", "@>", "{3,4}", false},
		{gin.Arrays, "{1,2,3}", "@>", "{}", true},
		{gin.Arrays, "{1,NULL}", "@>", "{NULL}", false},
		{gin.Arrays, "{1,2,3}", "&&", "{5,3}", true},
		{gin.Arrays, "{1,2,3}", "&&", "{5,6,NULL}", false},
		{gin.Arrays, "{1,2,3}", "&&", "{}", false},
		{gin.Arrays, "{}", "<@", "{7}", true},
		{gin.Arrays, "{7}", "<@", "{7,8}", true},
		{gin.Arrays, "{9}", "<@", "{7,8}", false},
		{gin.Arrays, "{}", "=", "{}", true},
		{gin.Arrays, "{NULL}", "=", "{NULL}", true},
		{gin.Arrays, "{1}", "=", "{}", false},
		{gin.JSON, doc, "@>", `{"a": {"b": [2.5]}}`, true},
		{gin.JSON, doc, "@>", `{"a": {"b": [2.6]}}`, false},
		{gin.JSON, doc, "@>", fmt.Sprintf(`{"%s": "%s"}`, long, long), true},
		{gin.JSON, doc, "@>", fmt.Sprintf(`{"%s": "%sx"}`, long, long), false},
		{gin.JSON, doc, "@>", `{}`, true},
		{gin.JSON, doc, "?", "c", true},
		{gin.JSON, doc, "?", "v", false},
		{gin.JSON, doc, "?", "x", true},
		{gin.JSON, doc, "?|", "{zz,k}", true},
		{gin.JSON, doc, "?|", "{}", false},
		{gin.JSON, doc, "?&", "{zz,k}", false},
		{gin.JSON, doc, "?&", "{}", true},
		{gin.JSON, doc, "@?", `$.a.b[*] ? (@ == 2.5)`, true},
		{gin.JSON, doc, "@?", `$.a.b[*] ? (@ == 7)`, false},
		{gin.JSON, doc, "@?", `$.zz`, false},
		{gin.JSON, doc, "@?", `$.a.size()`, true},
		{gin.JSON, doc, "@?", `$.** ? (@ == "x")`, true},
		{gin.JSON, doc, "@@", `$.k == "v" && !($.n == 1)`, true},
		{gin.JSON, doc, "@@", `$.k == "w" || $.n == 7`, false},
		{gin.JSON, doc, "@@", `exists($.a.b[*].c)`, true},
		{gin.JSON, doc, "@@", `exists($.a.q)`, false},
		{gin.JSONPaths, doc, "@>", `{"a": {"b": [{"c": true}]}}`, true},
		{gin.JSONPaths, doc, "@>", `{"b": [{"c": true}]}`, false},
		{gin.JSONPaths, doc, "@>", `{"n": -3.0}`, true},
		{gin.JSONPaths, doc, "@>", `{"e": {}}`, true},
		{gin.JSONPaths, doc, "@?", `$.a.b[*] ? (@.c == true)`, true},
		{gin.JSONPaths, doc, "@?", `$.a.b[*] ? (@.c == false)`, false},
		{gin.JSONPaths, doc, "@@", `$.a.b[1] == 2.5`, true},
		{gin.JSONPaths, doc, "@@", `$.a.* == 7`, true}, // nothing is known of it
		{gin.JSONPaths, `"s"`, "@>", `"s"`, true},
		{gin.JSONPaths, `[]`, "@>", `1`, false},
	}
	for _, c := range tests {
		of, by := types.JSONBOID, types.JSONBOID
		switch {
		case c.class == gin.Arrays:
			of, by = types.ArrayOf(types.Int4OID), types.ArrayOf(types.Int4OID)
		case c.op == "?":
			by = types.TextOID
		case c.op == "?|" || c.op == "?&":
			by = types.ArrayOf(types.TextOID)
		case c.op != "@>":
			by = types.JSONPathOID
		}
		var terms gin.Terms
		terms.Of(c.class, value(t, of, c.value), encodeInt)
		s, err := c.class.SearchFor(c.op, value(t, by, c.query), encodeInt)
		if err != nil {
			t.Fatal(err)
		}
		if got := finds(s, terms.T); got != c.want {
			t.Errorf("class %d: %s %s %s is found: %v", c.class, c.value, c.op, c.query, got)
		}
	}
}

// TestTermsEnd: no term is the beginning of another, for row ids follow them.
func TestTermsEnd(t *testing.T) {
	var terms gin.Terms
	terms.Of(gin.JSON, value(t, types.JSONBOID, `{"a": "a", "ab": "ab", "abc": [1, 12, 1.5, null, true, false, "a", ""], "": {}}`), nil)
	for i, a := range terms.T {
		for j, b := range terms.T {
			if i != j && bytes.HasPrefix(b, a) {
				t.Errorf("%x begins with %x", b, a)
			}
		}
	}
	if len(terms.T) != 12 {
		t.Errorf("%d terms", len(terms.T))
	}
}
