package builtins

import (
	"slices"
	"strconv"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// jsonEdit is what happens at the end of a path.
type jsonEdit struct {
	value  *types.JSONB // nil deletes
	create bool         // set: add what is missing
	insert bool         // insert instead of replacing
	after  bool         // insert behind the element
	steps  []types.Datum
}

func jsonModifyCodes() []code {
	edit := func(mk func(a []types.Datum) (jsonEdit, error)) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			e, err := mk(a)
			if err != nil {
				return types.Null, err
			}
			if err := oneDimension(a[1]); err != nil {
				return types.Null, err
			}
			j := a[0].JSONB()
			e.steps = a[1].Array().Elems
			if j.Kind != types.JSONObject && j.Kind != types.JSONArray {
				if e.value == nil {
					return types.Null, pgerr.New(pgerr.InvalidParameterValue, "cannot delete path in scalar")
				}
				return types.Null, pgerr.New(pgerr.InvalidParameterValue, "cannot set path in scalar")
			}
			if len(e.steps) == 0 {
				return a[0], nil
			}
			r, err := e.apply(j, 0)
			return types.NewRef(r), err
		}
	}
	set := edit(func(a []types.Datum) (jsonEdit, error) {
		return jsonEdit{value: a[2].JSONB(), create: a[3].Bool()}, nil
	})
	remove := edit(func([]types.Datum) (jsonEdit, error) { return jsonEdit{}, nil })
	cs := []code{
		{src: "jsonb_set", scalar: set},
		{src: "jsonb_set_lax", scalar: setLax(set, remove)},
		{src: "jsonb_insert", scalar: edit(func(a []types.Datum) (jsonEdit, error) {
			return jsonEdit{value: a[2].JSONB(), insert: true, after: a[3].Bool(), create: true}, nil
		})},
		{src: "jsonb_delete_path", scalar: remove},
		{src: "jsonb_strip_nulls", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewRef(stripNulls(a[0].JSONB())), nil
		}},
		{src: "json_strip_nulls", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewStr(string(appendStripped(nil, partOf(types.JSONOID, a[0])))), nil
		}},
		{src: "jsonb_object", scalar: jsonObject(true)}, {src: "jsonb_object_two_arg", scalar: jsonObject(true)},
		{src: "json_object", scalar: jsonObject(false)}, {src: "json_object_two_arg", scalar: jsonObject(false)},
	}
	return append(cs, jsonCastCodes()...)
}

// oneDimension refuses a path or a list of keys of several dimensions.
func oneDimension(d types.Datum) error {
	if len(d.Array().Dims) > 1 {
		return pgerr.New(pgerr.ArraySubscriptError, "wrong number of array subscripts")
	}
	return nil
}

// setLax is jsonb_set_lax: a NULL value is handled as the last argument says.
func setLax(set, remove scalarFn) scalarFn {
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() || a[1].IsNull() || a[3].IsNull() {
			return types.Null, nil
		}
		// The treatment must be there even if no value is NULL.
		if a[4].IsNull() {
			return types.Null, pgerr.New(pgerr.InvalidParameterValue,
				"null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"")
		}
		if !a[2].IsNull() {
			return set(c, a)
		}
		switch a[4].Str() {
		case "raise_exception":
			return types.Null, pgerr.New(pgerr.NullValueNotAllowed, "JSON value must not be null").
				WithDetail("Exception was raised because null_value_treatment is \"raise_exception\".").
				WithHint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")
		case "use_json_null":
			b := slices.Clone(a)
			b[2] = types.NewRef(&types.JSONB{Kind: types.JSONNull})
			return set(c, b)
		case "delete_key":
			return remove(c, a)
		case "return_target":
			return a[0], nil
		}
		return types.Null, pgerr.New(pgerr.InvalidParameterValue,
			"null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"")
	}
}

// apply edits j at steps[k:].
func (e *jsonEdit) apply(j *types.JSONB, k int) (*types.JSONB, error) {
	if e.steps[k].IsNull() {
		return nil, pgerr.New(pgerr.NullValueNotAllowed, "path element at position %d is null", k+1)
	}
	last := k == len(e.steps)-1
	if len(j.Elems) == 0 && e.value == nil {
		return j, nil // nothing to delete, and the step is not looked at
	}
	switch j.Kind {
	case types.JSONObject:
		return e.object(j, k, last)
	case types.JSONArray:
		return e.array(j, k, last)
	}
	return j, nil
}

func (e *jsonEdit) object(j *types.JSONB, k int, last bool) (*types.JSONB, error) {
	key := e.steps[k].Str()
	i := slices.Index(j.Keys, key)
	if i < 0 {
		if last && e.create && e.value != nil {
			return types.NewJSONObject(append(slices.Clone(j.Keys), key), append(slices.Clone(j.Elems), e.value)), nil
		}
		return j, nil
	}
	out := &types.JSONB{Kind: j.Kind, Keys: j.Keys, Elems: slices.Clone(j.Elems)}
	switch {
	case !last:
		v, err := e.apply(j.Elems[i], k+1)
		out.Elems[i] = v
		return out, err
	case e.insert:
		return nil, pgerr.New(pgerr.InvalidParameterValue, "cannot replace existing key").
			WithHint("Try using the function jsonb_set to replace key value.")
	case e.value == nil:
		out.Keys = slices.Delete(slices.Clone(j.Keys), i, i+1)
		out.Elems = slices.Delete(out.Elems, i, i+1)
		return out, nil
	}
	out.Elems[i] = e.value
	return out, nil
}

func (e *jsonEdit) array(j *types.JSONB, k int, last bool) (*types.JSONB, error) {
	text := e.steps[k].Str()
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return nil, pgerr.New(pgerr.InvalidTextRepresentation, "path element at position %d is not an integer: \"%s\"", k+1, text)
	}
	i, size := int(n), len(j.Elems)
	if i < 0 {
		i += size
	}
	out := &types.JSONB{Kind: j.Kind, Elems: slices.Clone(j.Elems)}
	if i < 0 || i >= size {
		if last && e.create && e.value != nil {
			out.Elems = slices.Insert(out.Elems, max(0, min(i, size)), e.value)
			return out, nil
		}
		return j, nil
	}
	switch {
	case !last:
		out.Elems[i], err = e.apply(j.Elems[i], k+1)
		return out, err
	case e.value == nil:
		out.Elems = slices.Delete(out.Elems, i, i+1)
	case e.insert && e.after:
		out.Elems = slices.Insert(out.Elems, i+1, e.value)
	case e.insert:
		out.Elems = slices.Insert(out.Elems, i, e.value)
	default:
		out.Elems[i] = e.value
	}
	return out, nil
}

// stripNulls drops the members of objects that are null, at every depth.
func stripNulls(j *types.JSONB) *types.JSONB {
	out := &types.JSONB{Kind: j.Kind, Bool: j.Bool, Str: j.Str, Num: j.Num}
	for i, e := range j.Elems {
		if j.Kind == types.JSONObject {
			if e.Kind == types.JSONNull {
				continue
			}
			out.Keys = append(out.Keys, j.Keys[i])
		}
		out.Elems = append(out.Elems, stripNulls(e))
	}
	return out
}

// appendStripped writes a json without blanks and without the members of objects that are null.
func appendStripped(dst []byte, p jsonPart) []byte {
	k := p.kind()
	if k != types.JSONObject && k != types.JSONArray {
		return append(dst, p.raw...)
	}
	dst = append(dst, p.raw[0])
	first := true
	p.each(func(key string, v jsonPart) bool {
		if k == types.JSONObject && v.kind() == types.JSONNull {
			return true
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if k == types.JSONObject {
			dst = append(types.AppendJSONString(dst, key), ':')
		}
		dst = appendStripped(dst, v)
		return true
	})
	return append(dst, p.raw[len(p.raw)-1])
}

// jsonObject is json_object of an array of pairs or of two arrays.
func jsonObject(jsonb bool) scalarFn {
	return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		keys, values, err := objectPairs(a)
		if err != nil {
			return types.Null, err
		}
		b := []byte{'{'}
		for i, k := range keys {
			if k.IsNull() {
				return types.Null, pgerr.New(pgerr.NullValueNotAllowed, "null value not allowed for object key")
			}
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(types.AppendJSONString(b, k.Str()), " : "...)
			if values[i].IsNull() {
				b = append(b, "null"...)
			} else {
				b = types.AppendJSONString(b, values[i].Str())
			}
		}
		return jsonValue(append(b, '}'), jsonb)
	}
}

func objectPairs(a []types.Datum) (keys, values []types.Datum, err error) {
	arr := a[0].Array()
	if len(a) == 2 {
		if len(arr.Dims) > 1 || len(a[1].Array().Dims) > 1 {
			return nil, nil, pgerr.New(pgerr.ArraySubscriptError, "wrong number of array subscripts")
		}
		if len(arr.Elems) != len(a[1].Array().Elems) {
			return nil, nil, pgerr.New(pgerr.ArraySubscriptError, "mismatched array dimensions")
		}
		return arr.Elems, a[1].Array().Elems, nil
	}
	switch {
	case len(arr.Dims) == 1 && len(arr.Elems)%2 != 0:
		return nil, nil, pgerr.New(pgerr.ArraySubscriptError, "array must have even number of elements")
	case len(arr.Dims) == 2 && arr.Dims[1].Len != 2:
		return nil, nil, pgerr.New(pgerr.ArraySubscriptError, "array must have two columns")
	case len(arr.Dims) > 2:
		return nil, nil, pgerr.New(pgerr.ArraySubscriptError, "wrong number of array subscripts")
	}
	for i := 0; i+1 < len(arr.Elems); i += 2 {
		keys, values = append(keys, arr.Elems[i]), append(values, arr.Elems[i+1])
	}
	return keys, values, nil
}

// jsonCastCodes are the casts of jsonb numbers and booleans.
func jsonCastCodes() []code {
	as := func(want types.JSONKind, name string, f func(*types.JSONB) (types.Datum, error)) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			j := a[0].JSONB()
			if j.Kind != want {
				what := jsonKindNames[j.Kind]
				if j.Kind == types.JSONNumber {
					what = "numeric"
				}
				return types.Null, pgerr.New(pgerr.InvalidParameterValue, "cannot cast jsonb %s to type %s", what, name)
			}
			return f(j)
		}
	}
	num := types.JSONNumber
	return []code{
		{src: "jsonb_bool", scalar: as(types.JSONBool, "boolean", func(j *types.JSONB) (types.Datum, error) { return types.NewBool(j.Bool), nil })},
		{src: "jsonb_numeric", scalar: as(num, "numeric", func(j *types.JSONB) (types.Datum, error) { return types.NewNum(j.Num), nil })},
		{src: "jsonb_int2", scalar: as(num, "smallint", func(j *types.JSONB) (types.Datum, error) { return intDatum(j.Num.Int2()) })},
		{src: "jsonb_int4", scalar: as(num, "integer", func(j *types.JSONB) (types.Datum, error) { return intDatum(j.Num.Int4()) })},
		{src: "jsonb_int8", scalar: as(num, "bigint", func(j *types.JSONB) (types.Datum, error) { return intDatum(j.Num.Int8()) })},
		{src: "jsonb_float8", scalar: as(num, "double precision", func(j *types.JSONB) (types.Datum, error) {
			f, err := j.Num.Float()
			return types.NewFloat(f), err
		})},
		{src: "jsonb_float4", scalar: as(num, "real", func(j *types.JSONB) (types.Datum, error) {
			f, err := j.Num.Float()
			if err != nil {
				return types.Null, err
			}
			f, err = toFloat4(f)
			return types.NewFloat(f), err
		})},
	}
}
