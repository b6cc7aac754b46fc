package builtins

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// appendJSON writes a value of any type as JSON, as to_json does.
func appendJSON(dst []byte, t types.T, d types.Datum, env *types.Env) []byte {
	if d.IsNull() {
		return append(dst, "null"...)
	}
	switch {
	case t.OID == types.BoolOID:
		return append(dst, map[bool]string{true: "true", false: "false"}[d.Bool()]...)
	case t.OID == types.JSONOID:
		return append(dst, d.Str()...)
	case t.OID == types.JSONBOID:
		return d.JSONB().Append(dst)
	case types.IsNumeric(t.OID):
		s := types.Text(t, d, env)
		if strings.ContainsAny(s, "NI") { // NaN, Infinity
			return types.AppendJSONString(dst, s)
		}
		return append(dst, s...)
	case types.IsDateTime(t.OID):
		return appendJSONDate(dst, t, d, env)
	}
	if a := d.Array(); a != nil {
		out, _ := appendJSONArray(dst, a, a.Dims, a.Elems, env)
		return out
	}
	if r := d.Record(); r != nil {
		return appendJSONRecord(dst, r, ",", env)
	}
	return types.AppendJSONString(dst, types.Text(t, d, env))
}

// appendJSONDate writes dates and times as ISO 8601 has them, whatever DateStyle is.
func appendJSONDate(dst []byte, t types.T, d types.Datum, env *types.Env) []byte {
	iso := types.NewEnv()
	if env != nil {
		iso.TimeZone = env.TimeZone
	}
	s := types.Text(t, d, iso)
	switch t.OID {
	case types.TimestampOID, types.TimestamptzOID:
		s = strings.Replace(s, " ", "T", 1)
	}
	if n := len(s); (t.OID == types.TimestamptzOID || t.OID == types.TimetzOID) && n > 3 && (s[n-3] == '+' || s[n-3] == '-') {
		s += ":00"
	}
	return types.AppendJSONString(dst, s)
}

func appendJSONRecord(dst []byte, r *types.Record, sep string, env *types.Env) []byte {
	dst = append(dst, '{')
	for i, f := range r.Fields {
		if i > 0 {
			dst = append(dst, sep...)
		}
		name := "f" + string(types.AppendInt(nil, int64(i+1)))
		if i < len(r.Names) {
			name = r.Names[i]
		}
		dst = append(types.AppendJSONString(dst, name), ':')
		dst = appendJSON(dst, r.Types[i], f, env)
	}
	return append(dst, '}')
}

func appendJSONArray(dst []byte, a *types.Array, dims []types.Dim, elems []types.Datum, env *types.Env) ([]byte, []types.Datum) {
	dst = append(dst, '[')
	if len(dims) > 0 {
		for i := range dims[0].Len {
			if i > 0 {
				dst = append(dst, ',')
			}
			if len(dims) > 1 {
				dst, elems = appendJSONArray(dst, a, dims[1:], elems, env)
				continue
			}
			dst = appendJSON(dst, types.Of(a.Elem), elems[0], env)
			elems = elems[1:]
		}
	}
	return append(dst, ']'), elems
}

// jsonValue is text as a value of json or jsonb.
func jsonValue(text []byte, jsonb bool) (types.Datum, error) {
	if !jsonb {
		return types.NewStr(string(text)), nil
	}
	v, err := types.ParseJSONB(string(text))
	return types.NewRef(v), err
}

func jsonBuildCodes() []code {
	var cs []code
	for _, jsonb := range []bool{false, true} {
		prefix := map[bool]string{false: "json", true: "jsonb"}[jsonb]
		build := func(mk func(c *expr.Ctx, ts []types.T, a []types.Datum) ([]byte, error)) func(*expr.Func, []types.T, types.T) *expr.Func {
			return bound(func(ts []types.T, _ types.T) scalarFn {
				return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
					text, err := mk(c, ts, a)
					if err != nil {
						return types.Null, err
					}
					return jsonValue(text, jsonb)
				}
			})
		}
		one := build(func(c *expr.Ctx, ts []types.T, a []types.Datum) ([]byte, error) {
			return appendJSON(nil, ts[0], a[0], c.Types), nil
		})
		cs = append(cs,
			code{src: "to_" + prefix, bind: one},
			code{src: prefix + "_build_array", bind: build(buildJSONArray)}, code{src: prefix + "_build_array_noargs", bind: build(buildJSONArray)},
			code{src: prefix + "_build_object", bind: build(buildJSONObject)}, code{src: prefix + "_build_object_noargs", bind: build(buildJSONObject)})
		if !jsonb {
			cs = append(cs, code{src: "array_to_json", bind: one}, code{src: "row_to_json", bind: one},
				code{src: "array_to_json_pretty", bind: build(prettyOne)}, code{src: "row_to_json_pretty", bind: build(prettyOne)})
		}
	}
	return cs
}

// prettyOne is array_to_json or row_to_json with line feeds at the top level if the second argument is true.
func prettyOne(c *expr.Ctx, ts []types.T, a []types.Datum) ([]byte, error) {
	if r := a[0].Record(); r != nil && a[1].Bool() {
		return appendJSONRecord(nil, r, ",\n ", c.Types), nil
	}
	arr := a[0].Array()
	if arr == nil || !a[1].Bool() || len(arr.Dims) == 0 {
		return appendJSON(nil, ts[0], a[0], c.Types), nil
	}
	b := []byte{'['}
	elems := arr.Elems
	for i := range arr.Dims[0].Len {
		if i > 0 {
			b = append(b, ",\n "...)
		}
		if len(arr.Dims) > 1 {
			b, elems = appendJSONArray(b, arr, arr.Dims[1:], elems, c.Types)
			continue
		}
		b = appendJSON(b, types.Of(arr.Elem), elems[0], c.Types)
		elems = elems[1:]
	}
	return append(b, ']'), nil
}

func buildJSONArray(c *expr.Ctx, ts []types.T, a []types.Datum) ([]byte, error) {
	b := []byte{'['}
	for i, d := range a {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendJSON(b, argType(ts, i), d, c.Types)
	}
	return append(b, ']'), nil
}

func buildJSONObject(c *expr.Ctx, ts []types.T, a []types.Datum) ([]byte, error) {
	if len(a)%2 != 0 {
		return nil, pgerr.New(pgerr.InvalidParameterValue, "argument list must have even number of elements").
			WithHint("The arguments of %s must consist of alternating keys and values.", "json_build_object()")
	}
	b := []byte{'{'}
	for i := 0; i < len(a); i += 2 {
		if i > 0 {
			b = append(b, ", "...)
		}
		if a[i].IsNull() {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "argument %d cannot be null", i+1).WithHint("Object keys should be text.")
		}
		if err := checkJSONKey(argType(ts, i).OID, a[i]); err != nil {
			return nil, err
		}
		b = types.AppendJSONString(b, types.Text(argType(ts, i), a[i], c.Types))
		b = appendJSON(append(b, " : "...), argType(ts, i+1), a[i+1], c.Types)
	}
	return append(b, '}'), nil
}

func checkJSONKey(t types.OID, d types.Datum) error {
	if d.Array() != nil || d.Record() != nil || t == types.JSONOID || t == types.JSONBOID {
		return pgerr.New(pgerr.InvalidParameterValue, "key value must be scalar, not array, composite, or json")
	}
	return nil
}

// jsonbCodes are operators of jsonb alone.
func jsonbCodes() []code {
	exists := func(j *types.JSONB, key string) bool {
		switch j.Kind {
		case types.JSONObject:
			return j.Field(key) != nil
		case types.JSONArray:
			return slices.ContainsFunc(j.Elems, func(e *types.JSONB) bool { return e.Kind == types.JSONString && e.Str == key })
		case types.JSONString:
			return j.Str == key
		}
		return false
	}
	several := func(all bool) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			for _, k := range a[1].Array().Elems {
				if !k.IsNull() && exists(a[0].JSONB(), k.Str()) != all {
					return types.NewBool(!all), nil
				}
			}
			return types.NewBool(all), nil
		}
	}
	return []code{
		{src: "jsonb_exists", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewBool(exists(a[0].JSONB(), a[1].Str())), nil
		}},
		{src: "jsonb_exists_any", scalar: several(false)}, {src: "jsonb_exists_all", scalar: several(true)},
		{src: "jsonb_contains", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewBool(jsonContains(c, a[0].JSONB(), a[1].JSONB(), true)), c.Interrupted()
		}},
		{src: "jsonb_contained", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewBool(jsonContains(c, a[1].JSONB(), a[0].JSONB(), true)), c.Interrupted()
		}},
		{src: "jsonb_concat", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewRef(concatJSON(a[0].JSONB(), a[1].JSONB())), nil
		}},
		{src: "jsonb_delete", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return deleteJSONKeys(a[0].JSONB(), a[1].Str())
		}},
		{src: "jsonb_delete_array", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			if err := oneDimension(a[1]); err != nil {
				return types.Null, err
			}
			var keys []string
			for _, k := range a[1].Array().Elems {
				if !k.IsNull() {
					keys = append(keys, k.Str())
				}
			}
			return deleteJSONKeys(a[0].JSONB(), keys...)
		}},
		{src: "jsonb_delete_idx", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return deleteJSONElem(a[0].JSONB(), a[1].Int())
		}},
		{src: "jsonb_pretty", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewStr(string(prettyJSON(nil, a[0].JSONB(), 0))), nil
		}},
	}
}

// jsonContains is @>, or false if the statement was cancelled. At the top an array contains a scalar that is one of its elements.
func jsonContains(c *expr.Ctx, big, small *types.JSONB, top bool) bool {
	if big.Kind == types.JSONArray && small.Kind != types.JSONArray && small.Kind != types.JSONObject {
		return top && slices.ContainsFunc(big.Elems, func(e *types.JSONB) bool { return e.Compare(small) == 0 })
	}
	if big.Kind != small.Kind {
		return false
	}
	switch big.Kind {
	case types.JSONObject:
		for i, k := range small.Keys {
			v := big.Field(k)
			if v == nil || !jsonContains(c, v, small.Elems[i], false) {
				return false
			}
		}
		return true
	case types.JSONArray:
		for _, e := range small.Elems {
			if c.Interrupted() != nil || !slices.ContainsFunc(big.Elems, func(x *types.JSONB) bool { return x.Kind == e.Kind && jsonContains(c, x, e, false) }) {
				return false
			}
		}
		return true
	}
	return big.Compare(small) == 0
}

func concatJSON(a, b *types.JSONB) *types.JSONB {
	if a.Kind == types.JSONObject && b.Kind == types.JSONObject {
		return types.NewJSONObject(append(slices.Clone(a.Keys), b.Keys...), append(slices.Clone(a.Elems), b.Elems...))
	}
	list := func(j *types.JSONB) []*types.JSONB {
		if j.Kind == types.JSONArray {
			return j.Elems
		}
		return []*types.JSONB{j}
	}
	return &types.JSONB{Kind: types.JSONArray, Elems: append(slices.Clone(list(a)), list(b)...)}
}

func deleteJSONKeys(j *types.JSONB, keys ...string) (types.Datum, error) {
	out := &types.JSONB{Kind: j.Kind}
	switch j.Kind {
	case types.JSONObject:
		for i, k := range j.Keys {
			if !slices.Contains(keys, k) {
				out.Keys, out.Elems = append(out.Keys, k), append(out.Elems, j.Elems[i])
			}
		}
	case types.JSONArray:
		for _, e := range j.Elems {
			if e.Kind != types.JSONString || !slices.Contains(keys, e.Str) {
				out.Elems = append(out.Elems, e)
			}
		}
	default:
		return types.Null, pgerr.New(pgerr.InvalidParameterValue, "cannot delete from scalar")
	}
	return types.NewRef(out), nil
}

func deleteJSONElem(j *types.JSONB, i int64) (types.Datum, error) {
	switch j.Kind {
	case types.JSONObject:
		return types.Null, pgerr.New(pgerr.InvalidParameterValue, "cannot delete from object using integer index")
	case types.JSONArray:
	default:
		return types.Null, pgerr.New(pgerr.InvalidParameterValue, "cannot delete from scalar")
	}
	if i < 0 {
		i += int64(len(j.Elems))
	}
	if i < 0 || i >= int64(len(j.Elems)) {
		return types.NewRef(j), nil
	}
	return types.NewRef(&types.JSONB{Kind: types.JSONArray, Elems: slices.Delete(slices.Clone(j.Elems), int(i), int(i)+1)}), nil
}

func prettyJSON(dst []byte, j *types.JSONB, depth int) []byte {
	if j.Kind != types.JSONObject && j.Kind != types.JSONArray {
		return j.Append(dst)
	}
	brackets := map[types.JSONKind]string{types.JSONObject: "{}", types.JSONArray: "[]"}[j.Kind]
	dst = append(dst, brackets[0])
	for i, e := range j.Elems {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, '\n'), strings.Repeat("    ", depth+1)...)
		if j.Kind == types.JSONObject {
			dst = append(types.AppendJSONString(dst, j.Keys[i]), ": "...)
		}
		dst = prettyJSON(dst, e, depth+1)
	}
	dst = append(append(dst, '\n'), strings.Repeat("    ", depth)...)
	return append(dst, brackets[1])
}

// jsonAggState is json_agg, jsonb_agg and their object twins: the text is written as rows come.
type jsonAggState struct {
	text   [][]byte
	ts     []types.T
	object bool
	jsonb  bool
	lines  bool // arrays and rows stand on lines of their own
	bytes  int
}

func (s *jsonAggState) Grow(n int) { s.text = grow(s.text, n) }

func (s *jsonAggState) Add(c *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	grown := spurt{c: c, start: s.bytes}
	defer grown.end()
	for k := range rowCount(sel, n) {
		i, g := rowAt(sel, k), groupOf(groups, k)
		b := s.text[g]
		before := cap(b)
		if len(b) > 0 {
			b = append(b, ", "...)
			if s.lines {
				b = append(b, "\n "...)
			}
		}
		v := args[len(args)-1]
		if s.object {
			key := args[0].Datum(i & mask(args[0]))
			if key.IsNull() {
				return pgerr.New(pgerr.InvalidParameterValue, "field name must not be null")
			}
			if err := checkJSONKey(s.ts[0].OID, key); err != nil {
				return err
			}
			b = append(types.AppendJSONString(b, types.Text(s.ts[0], key, c.Types)), " : "...)
		}
		s.text[g] = appendJSON(b, s.ts[len(args)-1], v.Datum(i&mask(v)), c.Types)
		s.bytes += cap(s.text[g]) - before
		if err := grown.more(s.bytes); err != nil {
			return err
		}
	}
	return nil
}

func (s *jsonAggState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) error {
	brackets := "[]"
	if s.object {
		brackets = "{}"
	}
	for g := from; g < to; g++ {
		if len(s.text[g]) == 0 {
			out.SetNull(g - from)
			continue
		}
		open, end := brackets[:1], brackets[1:]
		if s.object && !s.jsonb {
			open, end = "{ ", " }"
		}
		d, err := jsonValue(append(append([]byte(open), s.text[g]...), end...), s.jsonb)
		if err != nil {
			return err
		}
		out.Set(g-from, d)
	}
	return nil
}

func (s *jsonAggState) Merge(dst int, other expr.AggState, src int) error {
	o := other.(*jsonAggState)
	if len(o.text[src]) == 0 {
		return nil
	}
	if len(s.text[dst]) > 0 {
		s.text[dst] = append(s.text[dst], ", "...)
		if s.lines {
			s.text[dst] = append(s.text[dst], "\n "...)
		}
	}
	s.text[dst] = append(s.text[dst], o.text[src]...)
	s.bytes += len(o.text[src])
	return nil
}

func (s *jsonAggState) Bytes() int { return s.bytes + 24*cap(s.text) }

func jsonAggs() []aggCode {
	mk := func(object, jsonb bool) func([]types.T, types.T) expr.AggState {
		return func(ts []types.T, _ types.T) expr.AggState {
			t := types.BaseOf(ts[len(ts)-1].OID)
			return &jsonAggState{ts: ts, object: object, jsonb: jsonb, lines: !object && !jsonb && (types.ElemOf(t) != 0 || types.IsComposite(t))}
		}
	}
	return []aggCode{
		{src: "json_agg(anyelement)", nonStrict: true, make: mk(false, false)},
		{src: "jsonb_agg(anyelement)", nonStrict: true, make: mk(false, true)},
		{src: "json_object_agg(any,any)", nonStrict: true, make: mk(true, false)},
		{src: "jsonb_object_agg(any,any)", nonStrict: true, make: mk(true, true)},
	}
}
