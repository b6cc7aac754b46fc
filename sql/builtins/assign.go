package builtins

import (
	"math"
	"slices"
	"strconv"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// What SET a[1] = x, SET j['k'] = x and SET r.f = x make of the old value: functions that no SQL can call.

func assignFunc(name string, ret types.OID, f scalarFn) *expr.Func {
	return &expr.Func{Name: name, Args: []types.OID{types.AnyOID}, Variadic: true, Ret: ret, Kind: 'f', Scalar: f}
}

// FieldStore is (row, value): the row with another value in one field.
func FieldStore(row types.OID, fields []types.Field, at int) *expr.Func {
	ts, names := make([]types.T, len(fields)), make([]string, len(fields))
	for i, f := range fields {
		ts[i], names[i] = f.Type, f.Name
	}
	return assignFunc("field_store", row, func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		r := &types.Record{Type: row, Types: ts, Names: names, Fields: make([]types.Datum, len(ts))}
		if old := a[0].Record(); old != nil {
			copy(r.Fields, old.Fields)
		}
		r.Fields[at] = a[1]
		return types.NewRef(r), nil
	})
}

func errSubscript(format string, args ...any) error {
	return pgerr.New(pgerr.ArraySubscriptError, format, args...)
}

func assignSubscripts(a []types.Datum) ([]int, error) {
	out := make([]int, len(a))
	for i, d := range a {
		if d.IsNull() {
			return nil, pgerr.New(pgerr.NullValueNotAllowed, "array subscript in assignment must not be null")
		}
		out[i] = int(d.Int())
	}
	return out, nil
}

func checkArrayDims(dims []types.Dim) error {
	total := 1
	for _, d := range dims {
		if d.Len > math.MaxInt32/8/total || d.Lower > math.MaxInt32-d.Len {
			return pgerr.New(pgerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", math.MaxInt32/16)
		}
		total *= max(d.Len, 1)
	}
	return nil
}

// ArrayAssign is (array, value, subscript …): the array with another element.
func ArrayAssign(array, elem types.OID) *expr.Func {
	return assignFunc("array_assign", array, func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		at, err := assignSubscripts(a[2:])
		if err != nil {
			return types.Null, err
		}
		old := a[0].Array()
		if old == nil || len(old.Dims) == 0 {
			r := &types.Array{Elem: elem, Elems: []types.Datum{a[1]}}
			for _, s := range at {
				r.Dims = append(r.Dims, types.Dim{Len: 1, Lower: s})
			}
			return types.NewRef(r), checkArrayDims(r.Dims)
		}
		if len(old.Dims) != len(at) {
			return types.Null, errSubscript("wrong number of array subscripts")
		}
		r := &types.Array{Elem: elem, Dims: slices.Clone(old.Dims), Elems: slices.Clone(old.Elems)}
		if len(at) == 1 {
			if err := stretch(r, at[0], at[0]); err != nil {
				return types.Null, err
			}
		}
		off := 0
		for k, d := range r.Dims {
			s := at[k] - d.Lower
			if s < 0 || s >= d.Len {
				return types.Null, errSubscript("array subscript out of range")
			}
			off = off*d.Len + s
		}
		r.Elems[off] = a[1]
		return types.NewRef(r), nil
	})
}

// stretch makes a one-dimensional array reach from lo to hi; elements between are NULL.
func stretch(r *types.Array, lo, hi int) error {
	d := &r.Dims[0]
	first, last := min(lo, d.Lower), max(hi, d.Lower+d.Len-1)
	if err := checkArrayDims([]types.Dim{{Len: last - first + 1, Lower: first}}); err != nil {
		return err
	}
	r.Elems = append(make([]types.Datum, d.Lower-first), r.Elems...)
	r.Elems = append(r.Elems, make([]types.Datum, last-first+1-len(r.Elems))...)
	d.Lower, d.Len = first, last-first+1
	return nil
}

// sliceInto makes r an array that has the slice: an empty one becomes it, a one-dimensional one is stretched.
func sliceInto(r *types.Array, from, to []int) error {
	switch len(r.Dims) {
	case 0:
		total := 1
		for k := range from {
			r.Dims = append(r.Dims, types.Dim{Len: to[k] - from[k] + 1, Lower: from[k]})
			if err := checkArrayDims(r.Dims); err != nil {
				return err
			}
			total *= r.Dims[k].Len
		}
		r.Elems = make([]types.Datum, total)
		return nil
	case 1:
		return stretch(r, from[0], to[0])
	}
	for k, d := range r.Dims {
		if from[k] < d.Lower || to[k] >= d.Lower+d.Len {
			return errSubscript("array subscript out of range")
		}
	}
	return nil
}

// Bound says which bounds of a slice are written.
type Bound struct{ Lower, Upper bool }

// ArraySliceAssign is (array, values, bound …): the array with other elements in a slice. The bounds that are not written are
// not among the arguments.
func ArraySliceAssign(array, elem types.OID, bounds []Bound) *expr.Func {
	return assignFunc("array_assign_slice", array, func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		if a[1].IsNull() {
			return a[0], nil
		}
		given, err := assignSubscripts(a[2:])
		if err != nil {
			return types.Null, err
		}
		old := a[0].Array()
		if old == nil {
			old = &types.Array{}
		}
		r := &types.Array{Elem: elem, Dims: slices.Clone(old.Dims), Elems: slices.Clone(old.Elems)}
		from, to, err := sliceBounds(r.Dims, bounds, given)
		if err != nil {
			return types.Null, err
		}
		if err := sliceInto(r, from, to); err != nil {
			return types.Null, err
		}
		return types.NewRef(r), putSlice(r, from, to, a[1].Array())
	})
}

// sliceBounds completes the bounds of a slice from the array's own.
func sliceBounds(dims []types.Dim, bounds []Bound, given []int) (from, to []int, err error) {
	n := max(len(bounds), len(dims))
	if len(dims) > 0 && len(bounds) > len(dims) {
		return nil, nil, errSubscript("wrong number of array subscripts")
	}
	take := func() int { v := given[0]; given = given[1:]; return v }
	for k := range n {
		var b Bound
		if k < len(bounds) {
			b = bounds[k]
		}
		if len(dims) == 0 && !(b.Lower && b.Upper) {
			return nil, nil, pgerr.New(pgerr.ArraySubscriptError, "array slice subscript must provide both boundaries").
				WithDetail("When assigning to a slice of an empty array value, slice boundaries must be fully specified.")
		}
		lo, hi := 0, 0
		if len(dims) > 0 {
			lo, hi = dims[k].Lower, dims[k].Lower+dims[k].Len-1
		}
		if b.Lower {
			lo = take()
		}
		if b.Upper {
			hi = take()
		}
		if lo > hi {
			return nil, nil, errSubscript("upper bound cannot be less than lower bound")
		}
		from, to = append(from, lo), append(to, hi)
	}
	return from, to, nil
}

// putSlice copies the elements of src into a slice of r, in their order.
func putSlice(r *types.Array, from, to []int, src *types.Array) error {
	total := 1
	for k := range from {
		total *= to[k] - from[k] + 1
	}
	if src == nil || len(src.Elems) < total {
		return errSubscript("source array too small")
	}
	at := slices.Clone(from)
	for i := range total {
		off := 0
		for k, d := range r.Dims {
			off = off*d.Len + at[k] - d.Lower
		}
		r.Elems[off] = src.Elems[i]
		for k := len(at) - 1; k >= 0; k-- {
			if at[k]++; at[k] <= to[k] {
				break
			}
			at[k] = from[k]
		}
	}
	return nil
}

// JSONAssign is (jsonb, value, key …): the value with another part.
func JSONAssign() *expr.Func {
	return assignFunc("jsonb_assign", types.JSONBOID, func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		keys := make([]jsonKey, len(a)-2)
		for i, d := range a[2:] {
			switch d.Kind() {
			case types.KindNull:
				return types.Null, pgerr.New(pgerr.NullValueNotAllowed, "jsonb subscript in assignment must not be null")
			case types.KindInt:
				keys[i] = jsonKey{text: strconv.FormatInt(d.Int(), 10)}
			default:
				keys[i] = jsonKey{text: d.Str()}
			}
			if n, err := strconv.ParseInt(keys[i].text, 10, 32); err == nil {
				keys[i].index, keys[i].isIndex = int(n), true
			}
		}
		value := a[1].JSONB()
		if value == nil {
			value = &types.JSONB{Kind: types.JSONNull}
		}
		old := a[0].JSONB()
		if old == nil {
			old = &types.JSONB{Kind: types.JSONObject}
			if a[2].Kind() == types.KindInt {
				old.Kind = types.JSONArray
			}
		}
		r, err := jsonPut(old, keys, 0, value)
		return types.NewRef(r), err
	})
}

type jsonKey struct {
	text    string
	index   int
	isIndex bool
}

// jsonPut replaces or adds the part at keys[k:]; what is missing on the way is made.
func jsonPut(j *types.JSONB, keys []jsonKey, k int, value *types.JSONB) (*types.JSONB, error) {
	if k == len(keys) {
		return value, nil
	}
	key := keys[k]
	out := &types.JSONB{Kind: j.Kind, Keys: j.Keys, Elems: slices.Clone(j.Elems)}
	var err error
	switch j.Kind {
	case types.JSONObject:
		if i := slices.Index(j.Keys, key.text); i >= 0 {
			out.Elems[i], err = jsonPut(j.Elems[i], keys, k+1, value)
			return out, err
		}
		return types.NewJSONObject(append(slices.Clone(j.Keys), key.text), append(out.Elems, jsonNest(keys, k+1, value))), nil
	case types.JSONArray:
		if !key.isIndex {
			return nil, pgerr.New(pgerr.InvalidTextRepresentation, "path element at position %d is not an integer: \"%s\"", k+1, key.text)
		}
		i := key.index
		if i < 0 {
			if i += len(j.Elems); i < 0 {
				return nil, pgerr.New(pgerr.InvalidParameterValue, "path element at position %d is out of range: %d", k+1, key.index)
			}
		}
		if i < len(j.Elems) {
			out.Elems[i], err = jsonPut(j.Elems[i], keys, k+1, value)
			return out, err
		}
		for len(out.Elems) < i {
			out.Elems = append(out.Elems, &types.JSONB{Kind: types.JSONNull})
		}
		out.Elems = append(out.Elems, jsonNest(keys, k+1, value))
		return out, nil
	}
	return nil, pgerr.New(pgerr.InvalidParameterValue, "cannot replace existing key").
		WithDetail("The path assumes key is a composite object, but it is a scalar value.")
}

// jsonNest makes the containers that keys[k:] ask for around a value.
func jsonNest(keys []jsonKey, k int, value *types.JSONB) *types.JSONB {
	for i := len(keys) - 1; i >= k; i-- {
		if !keys[i].isIndex || keys[i].index < 0 {
			value = types.NewJSONObject([]string{keys[i].text}, []*types.JSONB{value})
			continue
		}
		elems := make([]*types.JSONB, keys[i].index, keys[i].index+1)
		for n := range elems {
			elems[n] = &types.JSONB{Kind: types.JSONNull}
		}
		value = &types.JSONB{Kind: types.JSONArray, Elems: append(elems, value)}
	}
	return value
}
