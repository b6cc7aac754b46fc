package builtins

import (
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Values of type json are texts, and their parts are pieces of the text as it was written; those of jsonb are trees. Access
// goes through jsonPart, which both give.

// jsonPart is a value within a json or jsonb.
type jsonPart struct {
	raw  string       // json
	tree *types.JSONB // jsonb
}

func partOf(t types.OID, d types.Datum) jsonPart {
	if t == types.JSONBOID {
		return jsonPart{tree: d.JSONB()}
	}
	return jsonPart{raw: strings.TrimSpace(d.Str())}
}

// openPart is partOf for functions that read strings: their escapes must mean characters.
func openPart(t types.OID, d types.Datum) (jsonPart, error) {
	if t == types.JSONOID {
		if err := types.CheckJSONEscapes(d.Str()); err != nil {
			return jsonPart{}, err
		}
	}
	return partOf(t, d), nil
}

func (p jsonPart) kind() types.JSONKind {
	if p.tree != nil {
		return p.tree.Kind
	}
	switch p.raw[0] {
	case '{':
		return types.JSONObject
	case '[':
		return types.JSONArray
	case '"':
		return types.JSONString
	case 't', 'f':
		return types.JSONBool
	case 'n':
		return types.JSONNull
	}
	return types.JSONNumber
}

func (p jsonPart) datum() types.Datum {
	if p.tree != nil {
		return types.NewRef(p.tree)
	}
	return types.NewStr(p.raw)
}

// text is what ->> gives: strings without quotes, NULL for null.
func (p jsonPart) text() types.Datum {
	switch p.kind() {
	case types.JSONNull:
		return types.Null
	case types.JSONString:
		if p.tree != nil {
			return types.NewStr(p.tree.Str)
		}
		return types.NewStr(unquoteJSON(p.raw))
	}
	if p.tree != nil {
		return types.NewStr(p.tree.String())
	}
	return types.NewStr(p.raw)
}

func unquoteJSON(raw string) string {
	v, err := types.ParseJSONB(raw)
	if err != nil {
		return raw
	}
	return v.Str
}

// each calls f for the members of an object (with key) or the elements of an array, until it returns false.
func (p jsonPart) each(f func(key string, v jsonPart) bool) {
	if p.tree != nil {
		for i, e := range p.tree.Elems {
			key := ""
			if p.tree.Kind == types.JSONObject {
				key = p.tree.Keys[i]
			}
			if !f(key, jsonPart{tree: e}) {
				return
			}
		}
		return
	}
	isObject := p.raw[0] == '{'
	for s := skipJSONSpace(p.raw[1:]); s != "" && s[0] != '}' && s[0] != ']'; {
		key := ""
		if isObject {
			n := jsonEnd(s)
			key = unquoteJSON(s[:n])
			s = skipJSONSpace(skipJSONSpace(s[n:])[1:])
		}
		n := jsonEnd(s)
		if !f(key, jsonPart{raw: s[:n]}) {
			return
		}
		s = skipJSONSpace(s[n:])
		if s != "" && s[0] == ',' {
			s = skipJSONSpace(s[1:])
		}
	}
}

func skipJSONSpace(s string) string { return strings.TrimLeft(s, " \t\r\n") }

// jsonEnd is the length of the value at the start of valid JSON text.
func jsonEnd(s string) int {
	depth, i := 0, 0
	for i < len(s) {
		switch s[i] {
		case '"':
			for i++; s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
		i++
		if depth == 0 && (s[i-1] == '"' || s[i-1] == '}' || s[i-1] == ']') {
			return i
		}
	}
	return i
}

func (p jsonPart) field(name string) (jsonPart, bool) {
	var found jsonPart
	ok := false
	if p.kind() != types.JSONObject {
		return found, false
	}
	p.each(func(key string, v jsonPart) bool {
		if key == name {
			found, ok = v, true // of equal keys the last counts
		}
		return true
	})
	return found, ok
}

func (p jsonPart) len() int {
	n := 0
	p.each(func(string, jsonPart) bool {
		n++
		return true
	})
	return n
}

// element is an array's element; negative positions count from the end.
func (p jsonPart) element(i int64) (jsonPart, bool) {
	var found jsonPart
	ok := false
	if p.kind() != types.JSONArray {
		return found, false
	}
	if i < 0 {
		if i += int64(p.len()); i < 0 {
			return found, false
		}
	}
	p.each(func(_ string, v jsonPart) bool {
		if i == 0 {
			found, ok = v, true
		}
		i--
		return i >= 0
	})
	return found, ok
}

// path follows keys and positions.
func (p jsonPart) path(steps []types.Datum) (jsonPart, bool) {
	for _, s := range steps {
		if s.IsNull() {
			return p, false
		}
		var ok bool
		switch p.kind() {
		case types.JSONObject:
			p, ok = p.field(s.Str())
		case types.JSONArray:
			i, err := types.ParseInt(types.Int4OID, s.Str())
			if err != nil {
				return p, false
			}
			p, ok = p.element(i)
		}
		if !ok {
			return p, false
		}
	}
	return p, true
}

// jsonGet makes an access function in its four forms: of json and jsonb, as value and as text.
func jsonGet(name string, get func(p jsonPart, arg types.Datum) (jsonPart, bool)) []code {
	var cs []code
	for _, t := range []types.OID{types.JSONOID, types.JSONBOID} {
		prefix := map[types.OID]string{types.JSONOID: "json_", types.JSONBOID: "jsonb_"}[t]
		cs = append(cs,
			code{src: prefix + name, scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
				j, err := openPart(t, a[0])
				if err != nil {
					return types.Null, err
				}
				if p, ok := get(j, a[1]); ok {
					return p.datum(), nil
				}
				return types.Null, nil
			}},
			code{src: prefix + name + "_text", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
				j, err := openPart(t, a[0])
				if err != nil {
					return types.Null, err
				}
				if p, ok := get(j, a[1]); ok {
					return p.text(), nil
				}
				return types.Null, nil
			}})
	}
	return cs
}

func jsonCodes() []code {
	cs := jsonGet("object_field", func(p jsonPart, a types.Datum) (jsonPart, bool) { return p.field(a.Str()) })
	cs = append(cs, jsonGet("array_element", func(p jsonPart, a types.Datum) (jsonPart, bool) {
		if p.tree != nil && p.tree.Kind != types.JSONArray && p.tree.Kind != types.JSONObject {
			return p, a.Int() == 0 || a.Int() == -1 // a scalar is kept as an array of one element
		}
		return p.element(a.Int())
	})...)
	cs = append(cs, jsonGet("extract_path", func(p jsonPart, a types.Datum) (jsonPart, bool) { return p.path(a.Array().Elems) })...)
	for _, t := range []types.OID{types.JSONOID, types.JSONBOID} {
		cs = append(cs, jsonListCodes(map[types.OID]string{types.JSONOID: "json_", types.JSONBOID: "jsonb_"}[t], t)...)
	}
	return append(append(cs, jsonbCodes()...), jsonBuildCodes()...)
}

var jsonKindNames = [...]string{types.JSONNull: "null", types.JSONString: "string", types.JSONNumber: "number", types.JSONBool: "boolean",
	types.JSONArray: "array", types.JSONObject: "object"}

// errJSONShape is the error of a set function called on a value of another kind.
func errJSONShape(t types.OID, fn string, want, k types.JSONKind) error {
	what := "a scalar"
	switch {
	case k == types.JSONArray:
		what = "an array"
	case k == types.JSONObject && t == types.JSONBOID:
		what = "an object"
	case k == types.JSONObject:
		what = "a non-array"
	}
	each := strings.HasPrefix(strings.TrimPrefix(strings.TrimPrefix(fn, "jsonb_"), "json_"), "each")
	switch {
	case want == types.JSONArray && t == types.JSONBOID:
		return pgerr.New(pgerr.InvalidParameterValue, "cannot extract elements from %s", what)
	case each && t == types.JSONBOID:
		return pgerr.New(pgerr.InvalidParameterValue, "cannot call %s on a non-object", fn)
	case each && k == types.JSONArray:
		return pgerr.New(pgerr.InvalidParameterValue, "cannot deconstruct an array as an object")
	case each:
		return pgerr.New(pgerr.InvalidParameterValue, "cannot deconstruct a scalar")
	}
	return pgerr.New(pgerr.InvalidParameterValue, "cannot call %s on %s", fn, what)
}

// jsonListCodes are the functions over the members of a json or jsonb.
func jsonListCodes(prefix string, t types.OID) []code {
	list := func(fn string, want types.JSONKind, row func(key string, v jsonPart) []types.Datum) func(*expr.Ctx, []types.Datum) (expr.RowSource, error) {
		return func(_ *expr.Ctx, a []types.Datum) (expr.RowSource, error) {
			p, err := openPart(t, a[0])
			if err != nil {
				return nil, err
			}
			if k := p.kind(); k != want {
				return nil, errJSONShape(t, fn, want, k)
			}
			src := &expr.RowList{}
			p.each(func(key string, v jsonPart) bool {
				src.Rows = append(src.Rows, row(key, v))
				return true
			})
			return src, nil
		}
	}
	return []code{
		{src: prefix + "array_elements", set: list(prefix+"array_elements", types.JSONArray, func(_ string, v jsonPart) []types.Datum { return []types.Datum{v.datum()} })},
		{src: prefix + "array_elements_text", set: list(prefix+"array_elements_text", types.JSONArray, func(_ string, v jsonPart) []types.Datum { return []types.Datum{v.text()} })},
		{src: prefix + "object_keys", set: list(prefix+"object_keys", types.JSONObject, func(k string, _ jsonPart) []types.Datum { return []types.Datum{types.NewStr(k)} })},
		{src: prefix + "each", set: list(prefix+"each", types.JSONObject, func(k string, v jsonPart) []types.Datum { return []types.Datum{types.NewStr(k), v.datum()} })},
		{src: prefix + "each_text", set: list(prefix+"each_text", types.JSONObject, func(k string, v jsonPart) []types.Datum { return []types.Datum{types.NewStr(k), v.text()} })},
		{src: prefix + "array_length", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			p := partOf(t, a[0])
			switch p.kind() {
			case types.JSONArray:
				return types.NewInt(int64(p.len())), nil
			case types.JSONObject:
				return types.Null, pgerr.New(pgerr.InvalidParameterValue, "cannot get array length of a non-array")
			}
			return types.Null, pgerr.New(pgerr.InvalidParameterValue, "cannot get array length of a scalar")
		}},
		{src: prefix + "typeof", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewStr(jsonKindNames[partOf(t, a[0]).kind()]), nil
		}},
	}
}
