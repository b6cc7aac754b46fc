package builtins

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// bound makes the bind function of a polymorphic scalar that needs the types of its arguments.
func bound(mk func(args []types.T, ret types.T) scalarFn) func(*expr.Func, []types.T, types.T) *expr.Func {
	return func(f *expr.Func, args []types.T, ret types.T) *expr.Func {
		g := *f
		g.Bind, g.Kernel = nil, nil
		g.Scalar = mk(args, ret)
		return &g
	}
}

func arrayCodes() []code {
	dim := func(f func(d types.Dim) int) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			arr, k := a[0].Array(), a[1].Int()
			if arr == nil || k < 1 || k > int64(len(arr.Dims)) {
				return types.Null, nil
			}
			return types.NewInt(int64(f(arr.Dims[k-1]))), nil
		}
	}
	return []code{
		{src: "array_length", scalar: dim(func(d types.Dim) int { return d.Len })},
		{src: "array_lower", scalar: dim(func(d types.Dim) int { return d.Lower })},
		{src: "array_upper", scalar: dim(func(d types.Dim) int { return d.Lower + d.Len - 1 })},
		{src: "array_ndims", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			if n := len(a[0].Array().Dims); n > 0 {
				return types.NewInt(int64(n)), nil
			}
			return types.Null, nil
		}},
		{src: "array_dims", scalar: arrayDims},
		{src: "array_cardinality", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewInt(int64(len(a[0].Array().Elems))), nil
		}},
		{src: "array_append", bind: bound(func(_ []types.T, ret types.T) scalarFn {
			return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
				return appendElem(a[0].Array(), a[1], types.ElemOf(ret.OID), false)
			}
		})},
		{src: "array_prepend", bind: bound(func(_ []types.T, ret types.T) scalarFn {
			return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
				return appendElem(a[1].Array(), a[0], types.ElemOf(ret.OID), true)
			}
		})},
		{src: "array_cat", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) { return concatArrays(a[0], a[1]) }},
		{src: "array_position", bind: bound(arrayPosition)}, {src: "array_position_start", bind: bound(arrayPosition)},
		{src: "array_positions", bind: bound(arrayPositions)},
		{src: "array_remove", bind: bound(func(args []types.T, _ types.T) scalarFn {
			return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) { return removeElem(a[0], a[1], args[1].OID) }
		})},
		{src: "array_replace", bind: bound(func(args []types.T, _ types.T) scalarFn {
			return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) { return replaceElem(a, args[1].OID) }
		})},
		{src: "arraycontains", bind: bound(func(args []types.T, _ types.T) scalarFn { return containment(args[0], false) })},
		{src: "arraycontained", bind: bound(func(args []types.T, _ types.T) scalarFn { return containment(args[0], true) })},
		{src: "arrayoverlap", bind: bound(arrayOverlap)},
		{src: "array_to_text", bind: bound(arrayToText)}, {src: "array_to_text_null", bind: bound(arrayToText)},
		{src: "text_to_array", scalar: textToArray}, {src: "text_to_array_null", scalar: textToArray},
		{src: "text_to_table", set: textToTable}, {src: "text_to_table_null", set: textToTable},
		{src: "array_fill", bind: bound(arrayFill)}, {src: "array_fill_with_lower_bounds", bind: bound(arrayFill)},
		{src: "trim_array", scalar: trimArray},
		{src: "array_larger", bind: bound(arrayBest(1))}, {src: "array_smaller", bind: bound(arrayBest(-1))},
	}
}

func arrayDims(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
	arr := a[0].Array()
	if len(arr.Dims) == 0 {
		return types.Null, nil
	}
	var b []byte
	for _, d := range arr.Dims {
		b = append(b, '[')
		b = types.AppendInt(b, int64(d.Lower))
		b = append(b, ':')
		b = types.AppendInt(b, int64(d.Lower+d.Len-1))
		b = append(b, ']')
	}
	return types.NewStr(string(b)), nil
}

func arrayBest(sign int) func(args []types.T, ret types.T) scalarFn {
	return func(args []types.T, _ types.T) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			if types.Compare(args[0].OID, a[0], a[1])*sign >= 0 {
				return a[0], nil
			}
			return a[1], nil
		}
	}
}

var errNotOneDim = pgerr.New(pgerr.DataException, "argument must be empty or one-dimensional array")

// appendElem is arr || elem, or elem || arr. A NULL array counts as empty.
func appendElem(arr *types.Array, e types.Datum, elem types.OID, front bool) (types.Datum, error) {
	if arr == nil || len(arr.Dims) == 0 {
		return types.NewRef(types.NewArray(elem, []types.Datum{e})), nil
	}
	if len(arr.Dims) > 1 {
		return types.Null, errNotOneDim
	}
	elems := make([]types.Datum, 0, len(arr.Elems)+1)
	if front {
		elems = append(append(elems, e), arr.Elems...)
	} else {
		elems = append(append(elems, arr.Elems...), e)
	}
	return types.NewRef(&types.Array{Elem: arr.Elem, Elems: elems, Dims: []types.Dim{{Len: len(elems), Lower: arr.Dims[0].Lower}}}), nil
}

func errIncompatible(detail string) error {
	return pgerr.New(pgerr.ArraySubscriptError, "cannot concatenate incompatible arrays").WithDetail("%s", detail)
}

// concatArrays is arr || arr: of the same number of dimensions, or one fewer on one side.
func concatArrays(l, r types.Datum) (types.Datum, error) {
	a, b := l.Array(), r.Array()
	switch {
	case a == nil:
		return r, nil
	case b == nil || len(b.Dims) == 0:
		return l, nil
	case len(a.Dims) == 0:
		return r, nil
	}
	out := &types.Array{Elem: a.Elem}
	switch len(a.Dims) - len(b.Dims) {
	case 0:
		if !sameDims(a.Dims[1:], b.Dims[1:]) {
			return types.Null, errIncompatible("Arrays with differing element dimensions are not compatible for concatenation.")
		}
		out.Dims = append([]types.Dim{{Len: a.Dims[0].Len + b.Dims[0].Len, Lower: a.Dims[0].Lower}}, a.Dims[1:]...)
	case 1:
		if !sameDims(a.Dims[1:], b.Dims) {
			return types.Null, errIncompatible("Arrays with differing dimensions are not compatible for concatenation.")
		}
		out.Dims = append([]types.Dim{{Len: a.Dims[0].Len + 1, Lower: a.Dims[0].Lower}}, a.Dims[1:]...)
	case -1:
		if !sameDims(a.Dims, b.Dims[1:]) {
			return types.Null, errIncompatible("Arrays with differing dimensions are not compatible for concatenation.")
		}
		out.Dims = append([]types.Dim{{Len: b.Dims[0].Len + 1, Lower: b.Dims[0].Lower}}, b.Dims[1:]...)
	default:
		return types.Null, pgerr.New(pgerr.ArraySubscriptError, "cannot concatenate incompatible arrays").
			WithDetail("Arrays of %d and %d dimensions are not compatible for concatenation.", len(a.Dims), len(b.Dims))
	}
	out.Elems = append(append(make([]types.Datum, 0, len(a.Elems)+len(b.Elems)), a.Elems...), b.Elems...)
	return types.NewRef(out), nil
}

func sameDims(a, b []types.Dim) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// sameElem is IS NOT DISTINCT FROM for elements.
func sameElem(t types.OID, a, b types.Datum) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull()
	}
	return types.Equal(t, a, b)
}

func arrayPosition(args []types.T, _ types.T) scalarFn {
	return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		arr := a[0].Array()
		if arr == nil {
			return types.Null, nil
		}
		if len(arr.Dims) > 1 {
			return types.Null, pgerr.FeatureNotSupported("searching for elements in multidimensional arrays")
		}
		if len(arr.Elems) == 0 {
			return types.Null, nil
		}
		from := 0
		if len(a) > 2 {
			if a[2].IsNull() {
				return types.Null, pgerr.New(pgerr.NullValueNotAllowed, "initial position must not be null")
			}
			if len(arr.Dims) > 0 {
				from = max(0, int(a[2].Int())-arr.Dims[0].Lower)
			}
		}
		for i := from; i < len(arr.Elems); i++ {
			if sameElem(args[1].OID, arr.Elems[i], a[1]) {
				return types.NewInt(int64(i + arr.Dims[0].Lower)), nil
			}
		}
		return types.Null, nil
	}
}

func arrayPositions(args []types.T, _ types.T) scalarFn {
	return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		arr := a[0].Array()
		if arr == nil {
			return types.Null, nil
		}
		if len(arr.Dims) > 1 {
			return types.Null, pgerr.FeatureNotSupported("searching for elements in multidimensional arrays")
		}
		var at []types.Datum
		for i, e := range arr.Elems {
			if sameElem(args[1].OID, e, a[1]) {
				at = append(at, types.NewInt(int64(i+arr.Dims[0].Lower)))
			}
		}
		return types.NewRef(types.NewArray(types.Int4OID, at)), nil
	}
}

func removeElem(l, e types.Datum, t types.OID) (types.Datum, error) {
	arr := l.Array()
	if arr == nil {
		return types.Null, nil
	}
	if len(arr.Dims) > 1 {
		return types.Null, pgerr.FeatureNotSupported("removing elements from multidimensional arrays")
	}
	var kept []types.Datum
	for _, x := range arr.Elems {
		if !sameElem(t, x, e) {
			kept = append(kept, x)
		}
	}
	if len(kept) == len(arr.Elems) {
		return l, nil
	}
	out := types.NewArray(arr.Elem, kept)
	if len(kept) > 0 {
		out.Dims[0].Lower = arr.Dims[0].Lower
	}
	return types.NewRef(out), nil
}

func replaceElem(a []types.Datum, t types.OID) (types.Datum, error) {
	arr := a[0].Array()
	if arr == nil {
		return types.Null, nil
	}
	out := &types.Array{Elem: arr.Elem, Dims: arr.Dims, Elems: make([]types.Datum, len(arr.Elems))}
	for i, x := range arr.Elems {
		if sameElem(t, x, a[1]) {
			x = a[2]
		}
		out.Elems[i] = x
	}
	return types.NewRef(out), nil
}

// containment is arr @> arr, or <@ if flip.
func containment(t types.T, flip bool) scalarFn {
	elem := types.ElemOf(t.OID)
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		big, small := a[0].Array(), a[1].Array()
		if flip {
			big, small = small, big
		}
		for _, x := range small.Elems {
			if x.IsNull() || !containsElem(c, elem, big, x) {
				return types.NewBool(false), c.Interrupted()
			}
		}
		return types.NewBool(true), nil
	}
}

// containsElem finds nothing if the statement was cancelled: the caller asks.
func containsElem(c *expr.Ctx, elem types.OID, a *types.Array, x types.Datum) bool {
	if c.Interrupted() != nil {
		return false
	}
	for _, y := range a.Elems {
		if !y.IsNull() && types.Equal(elem, x, y) {
			return true
		}
	}
	return false
}

func arrayOverlap(args []types.T, _ types.T) scalarFn {
	elem := types.ElemOf(args[0].OID)
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		for _, x := range a[1].Array().Elems {
			if !x.IsNull() && containsElem(c, elem, a[0].Array(), x) {
				return types.NewBool(true), nil
			}
		}
		return types.NewBool(false), c.Interrupted()
	}
}

func arrayToText(args []types.T, _ types.T) scalarFn {
	elem := types.Of(types.ElemOf(args[0].OID))
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() || a[1].IsNull() {
			return types.Null, nil
		}
		var b []byte
		first := true
		for _, e := range a[0].Array().Elems {
			if e.IsNull() && (len(a) < 3 || a[2].IsNull()) {
				continue
			}
			if !first {
				b = append(b, a[1].Str()...)
			}
			first = false
			if e.IsNull() {
				b = append(b, a[2].Str()...)
			} else {
				b = types.AppendText(b, elem, e, c.Types)
			}
			if len(b) > maxTextBytes {
				return types.Null, pgerr.New(pgerr.ProgramLimitExceeded, "out of memory").WithDetail("Cannot enlarge string buffer containing %d bytes.", len(b))
			}
		}
		return types.NewStr(string(b)), nil
	}
}

// splitText is string_to_array: a NULL separator splits into characters, an empty one not at all.
func splitText(a []types.Datum) []types.Datum {
	s := a[0].Str()
	var parts []string
	switch {
	case s == "":
	case a[1].IsNull():
		parts = strings.Split(s, "")
	case a[1].Str() == "":
		parts = []string{s}
	default:
		parts = strings.Split(s, a[1].Str())
	}
	out := make([]types.Datum, len(parts))
	for i, p := range parts {
		if len(a) > 2 && !a[2].IsNull() && a[2].Str() == p {
			continue
		}
		out[i] = types.NewStr(p)
	}
	return out
}

func textToArray(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return types.Null, nil
	}
	return types.NewRef(types.NewArray(types.TextOID, splitText(a))), nil
}

func textToTable(c *expr.Ctx, a []types.Datum) (expr.RowSource, error) {
	if a[0].IsNull() {
		return seriesOf(noSet), nil
	}
	parts := len(a[0].Str())
	if !a[1].IsNull() && a[1].Str() != "" {
		parts = strings.Count(a[0].Str(), a[1].Str())
	}
	const part = 64 // a string and a datum
	if err := c.Making(part * parts); err != nil {
		return nil, err
	}
	return listSource(splitText(a)), nil
}

func arrayFill(_ []types.T, ret types.T) scalarFn {
	elem := types.ElemOf(ret.OID)
	return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		dims := a[1].Array()
		if dims == nil || len(a) > 2 && a[2].IsNull() {
			return types.Null, pgerr.New(pgerr.NullValueNotAllowed, "dimension array or low bound array cannot be null")
		}
		if len(dims.Dims) > 1 || len(a) > 2 && len(a[2].Array().Dims) > 1 {
			return types.Null, pgerr.New(pgerr.ArraySubscriptError, "wrong number of array subscripts")
		}
		if slices.ContainsFunc(dims.Elems, types.Datum.IsNull) || len(a) > 2 && slices.ContainsFunc(a[2].Array().Elems, types.Datum.IsNull) {
			return types.Null, pgerr.New(pgerr.NullValueNotAllowed, "dimension values cannot be null")
		}
		if len(a) > 2 && len(a[2].Array().Elems) != len(dims.Elems) {
			return types.Null, pgerr.New(pgerr.ArraySubscriptError, "wrong number of array subscripts")
		}
		out, n := &types.Array{Elem: elem}, 1
		for i, d := range dims.Elems {
			if d.IsNull() {
				return types.Null, pgerr.New(pgerr.NullValueNotAllowed, "dimension values cannot be null")
			}
			lower := 1
			if len(a) > 2 {
				lower = int(a[2].Array().Elems[i].Int())
			}
			out.Dims = append(out.Dims, types.Dim{Len: int(d.Int()), Lower: lower})
			if d.Int() < 0 || n > maxArrayElems/max(1, int(d.Int())) {
				return types.Null, pgerr.New(pgerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArrayElems)
			}
			n *= int(d.Int())
		}
		if n == 0 || len(out.Dims) == 0 {
			return types.NewRef(&types.Array{Elem: elem}), nil
		}
		out.Elems = make([]types.Datum, n)
		for i := range out.Elems {
			out.Elems[i] = a[0]
		}
		return types.NewRef(out), nil
	}
}

// maxArrayElems is PostgreSQL's limit on the elements of an array.
const maxArrayElems = 134217727

func trimArray(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
	arr, n := a[0].Array(), int(a[1].Int())
	size := 0
	if len(arr.Dims) > 0 {
		size = arr.Dims[0].Len
	}
	if n < 0 || n > size {
		return types.Null, pgerr.New(pgerr.ArrayElementError, "number of elements to trim must be between 0 and %d", size)
	}
	if n == size {
		return types.NewRef(&types.Array{Elem: arr.Elem}), nil
	}
	out := &types.Array{Elem: arr.Elem, Dims: append([]types.Dim{}, arr.Dims...)}
	out.Dims[0] = types.Dim{Len: size - n, Lower: 1}
	out.Elems = arr.Elems[:len(arr.Elems)/size*(size-n)]
	return types.NewRef(out), nil
}
