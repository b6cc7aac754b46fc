package expr

import (
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// arrayNode is ARRAY[…].
type arrayNode struct {
	elems []node
	elem  types.OID
	multi bool
	out   vec.Vector
	vs    []*vec.Vector
}

func (x *arrayNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	x.vs = x.vs[:0]
	for _, e := range x.elems {
		v, err := e.eval(fr, sel, n)
		if err != nil {
			return nil, err
		}
		x.vs = append(x.vs, v)
	}
	x.out.Clear(n)
	for _, i := range fr.rows(sel, n) {
		elems := make([]types.Datum, len(x.vs))
		for k, v := range x.vs {
			elems[k] = v.Datum(at(v, i))
		}
		if !x.multi {
			x.out.Ref[i] = types.NewArray(x.elem, elems)
			continue
		}
		a, err := stackArrays(x.elem, elems)
		if err != nil {
			return nil, err
		}
		x.out.Ref[i] = a
	}
	return &x.out, nil
}

// stackArrays is the array with one more dimension whose slices are the given arrays; they must have equal dimensions.
func stackArrays(elem types.OID, parts []types.Datum) (*types.Array, error) {
	mismatch := pgerr.New(pgerr.ArraySubscriptError, "multidimensional arrays must have array expressions with matching dimensions")
	out := &types.Array{Elem: elem}
	var first *types.Array
	for _, d := range parts {
		a := d.Array()
		if a == nil || len(a.Dims) == 0 {
			if first != nil && len(first.Dims) > 0 {
				return nil, mismatch
			}
			first = &types.Array{}
			continue
		}
		if first == nil {
			first = a
		}
		if !sameShape(first, a) {
			return nil, mismatch
		}
		out.Elems = append(out.Elems, a.Elems...)
	}
	if first == nil || len(first.Dims) == 0 {
		return out, nil
	}
	if len(first.Dims)+1 > types.MaxArrayDims {
		return nil, pgerr.New(pgerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)",
			len(first.Dims)+1, types.MaxArrayDims)
	}
	out.Dims = append([]types.Dim{{Len: len(parts), Lower: 1}}, first.Dims...)
	return out, nil
}

func sameShape(a, b *types.Array) bool {
	if len(a.Dims) != len(b.Dims) {
		return false
	}
	for i := range a.Dims {
		if a.Dims[i] != b.Dims[i] {
			return false
		}
	}
	return true
}

// rowNode is ROW(…).
type rowNode struct {
	elems []node
	names []string
	types []types.T
	out   vec.Vector
	vs    []*vec.Vector
}

func (x *rowNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	x.vs = x.vs[:0]
	for _, e := range x.elems {
		v, err := e.eval(fr, sel, n)
		if err != nil {
			return nil, err
		}
		x.vs = append(x.vs, v)
	}
	x.out.Clear(n)
	for _, i := range fr.rows(sel, n) {
		fields := make([]types.Datum, len(x.vs))
		for k, v := range x.vs {
			fields[k] = v.Datum(at(v, i))
		}
		x.out.Ref[i] = &types.Record{Types: x.types, Fields: fields, Names: x.names}
	}
	return &x.out, nil
}

// fieldNode is (composite).name.
type fieldNode struct {
	arg node
	idx int
	out vec.Vector
}

func (x *fieldNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	v, err := x.arg.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	x.out.Clear(n)
	for _, i := range fr.rows(sel, n) {
		r, ok := v.Ref[at(v, i)].(*types.Record)
		if !ok || x.idx >= len(r.Fields) {
			x.out.SetNull(int(i))
			continue
		}
		x.out.Set(int(i), r.Fields[x.idx])
	}
	return &x.out, nil
}

// coerceArrayNode converts every element of an array: elem runs over a vector of all elements.
type coerceArrayNode struct {
	arg  node
	elem node
	slot slotNode
	to   types.OID
	in   vec.Vector
	fr   frame
	none vec.Batch
	out  vec.Vector
}

func (cp *compiler) coerceArray(e *CoerceArray) (node, error) {
	x := &coerceArrayNode{to: types.ElemOf(e.T.OID), out: vec.Vector{Kind: types.KindRef}}
	x.in.Kind = types.KindOf(types.ElemOf(e.Arg.Type().OID))
	var err error
	if x.arg, err = cp.compile(e.Arg); err != nil {
		return nil, err
	}
	cp.caseArgs = append(cp.caseArgs, &x.slot)
	x.elem, err = cp.compile(e.Elem)
	cp.caseArgs = cp.caseArgs[:len(cp.caseArgs)-1]
	return x, err
}

func (x *coerceArrayNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	v, err := x.arg.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	if v.Const {
		sel, n = nil, 1
	}
	x.out.Const = v.Const
	x.out.Clear(n)
	for _, i := range fr.rows(sel, n) {
		a, ok := v.Ref[i].(*types.Array)
		if !ok {
			x.out.SetNull(int(i))
			continue
		}
		r, err := x.convert(fr.c, a)
		if err != nil {
			return nil, err
		}
		x.out.Ref[i] = r
	}
	return &x.out, nil
}

func (x *coerceArrayNode) convert(c *Ctx, a *types.Array) (*types.Array, error) {
	r := &types.Array{Elem: x.to, Dims: a.Dims, Elems: make([]types.Datum, len(a.Elems))}
	if len(a.Elems) == 0 {
		return r, nil
	}
	x.in.Resize(0)
	for _, d := range a.Elems {
		x.in.Append(d)
	}
	x.slot.v = &x.in
	x.none.Len = len(a.Elems)
	x.fr.c, x.fr.b = c, &x.none
	v, err := x.elem.eval(&x.fr, nil, len(a.Elems))
	if err != nil {
		return nil, err
	}
	for i := range r.Elems {
		r.Elems[i] = v.Datum(at(v, int32(i)))
	}
	return r, nil
}

// subscriptNode is arr[i][j] or arr[l:u]. Subscripts out of range give NULL (an empty array for a slice).
type subscriptNode struct {
	arg          node
	upper, lower []node
	slice        bool
	uv, lv       []*vec.Vector
	out          vec.Vector
}

func (cp *compiler) subscript(e *Subscript) (node, error) {
	if e.Arg.Type().OID == types.JSONBOID && !e.Slice {
		return cp.jsonSubscript(e)
	}
	if types.ElemOf(e.Arg.Type().OID) == 0 {
		return nil, pgerr.FeatureNotSupported("subscripting of type " + types.FormatType(e.Arg.Type().OID, -1))
	}
	x := &subscriptNode{slice: e.Slice, out: vec.Vector{Kind: kindOf(e)}}
	var err error
	if x.arg, err = cp.compile(e.Arg); err != nil {
		return nil, err
	}
	if x.upper, err = cp.list(e.Upper); err != nil {
		return nil, err
	}
	x.lower, err = cp.list(e.Lower)
	x.uv, x.lv = make([]*vec.Vector, len(x.upper)), make([]*vec.Vector, len(x.lower))
	return x, err
}

func (x *subscriptNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	v, err := x.arg.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	if err := evalSome(fr, x.upper, x.uv, sel, n); err != nil {
		return nil, err
	}
	if err := evalSome(fr, x.lower, x.lv, sel, n); err != nil {
		return nil, err
	}
	x.out.Clear(n)
	rows, made := fr.rows(sel, n), 0
	for _, i := range rows {
		a, ok := v.Ref[at(v, i)].(*types.Array)
		if !ok || anyNull(x.uv, i) || anyNull(x.lv, i) {
			x.out.SetNull(int(i))
			continue
		}
		if x.slice {
			r := x.sliceOf(a, i)
			x.out.Ref[i] = r
			if made += refBytes(r); made > wideBytes && len(rows) > 1 && fr.splittable() {
				return nil, ErrWide
			}
			if err := fr.c.Interrupted(); err != nil {
				return nil, err
			}
		} else {
			x.out.Set(int(i), x.element(a, i))
		}
	}
	return &x.out, nil
}

func evalSome(fr *frame, ns []node, vs []*vec.Vector, sel []int32, n int) error {
	for k, s := range ns {
		if s == nil {
			continue
		}
		v, err := s.eval(fr, sel, n)
		if err != nil {
			return err
		}
		vs[k] = v
	}
	return nil
}

func anyNull(vs []*vec.Vector, i int32) bool {
	for _, v := range vs {
		if v != nil && v.Nulls.Has(at(v, i)) {
			return true
		}
	}
	return false
}

func (x *subscriptNode) element(a *types.Array, i int32) types.Datum {
	if len(x.uv) != len(a.Dims) {
		return types.Null
	}
	off := 0
	for k, d := range a.Dims {
		s := int(x.uv[k].Int[at(x.uv[k], i)]) - d.Lower
		if s < 0 || s >= d.Len {
			return types.Null
		}
		off = off*d.Len + s
	}
	return a.Elems[off]
}

// sliceOf is arr[l:u]…: dimensions not mentioned are taken whole, a bound left out is the array's own, and the result's
// subscripts start at 1. A plain subscript among slices means 1:n.
func (x *subscriptNode) sliceOf(a *types.Array, i int32) *types.Array {
	empty := &types.Array{Elem: a.Elem}
	if len(x.uv) > len(a.Dims) {
		return empty
	}
	from, dims := make([]int, len(a.Dims)), make([]types.Dim, len(a.Dims))
	for k, d := range a.Dims {
		lo, hi := d.Lower, d.Lower+d.Len-1
		if k < len(x.lv) && x.lv[k] != nil {
			lo = max(lo, int(x.lv[k].Int[at(x.lv[k], i)]))
		}
		if k < len(x.uv) && x.uv[k] != nil {
			hi = min(hi, int(x.uv[k].Int[at(x.uv[k], i)]))
		}
		if lo > hi {
			return empty
		}
		from[k], dims[k] = lo-d.Lower, types.Dim{Len: hi - lo + 1, Lower: 1}
	}
	r := &types.Array{Elem: a.Elem, Dims: dims}
	if len(dims) == 1 {
		r.Elems = a.Elems[from[0] : from[0]+dims[0].Len : from[0]+dims[0].Len] // nobody writes to the elements of an array
		return r
	}
	r.Elems = copySlice(r.Elems, a, from, dims, 0, 0)
	return r
}

func copySlice(dst []types.Datum, a *types.Array, from []int, dims []types.Dim, k, off int) []types.Datum {
	if k == len(dims) {
		return append(dst, a.Elems[off])
	}
	for s := range dims[k].Len {
		dst = copySlice(dst, a, from, dims, k+1, off*a.Dims[k].Len+from[k]+s)
	}
	return dst
}

// jsonSubscriptNode is jsonb[key or position]…: what is not there is NULL.
type jsonSubscriptNode struct {
	arg   node
	steps []node
	vs    []*vec.Vector
	out   vec.Vector
}

func (cp *compiler) jsonSubscript(e *Subscript) (node, error) {
	x := &jsonSubscriptNode{out: vec.Vector{Kind: types.KindRef}}
	var err error
	if x.arg, err = cp.compile(e.Arg); err != nil {
		return nil, err
	}
	x.steps, err = cp.list(e.Upper)
	x.vs = make([]*vec.Vector, len(x.steps))
	return x, err
}

func (x *jsonSubscriptNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	v, err := x.arg.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	if err := evalSome(fr, x.steps, x.vs, sel, n); err != nil {
		return nil, err
	}
	x.out.Clear(n)
	for _, i := range fr.rows(sel, n) {
		j, _ := v.Ref[at(v, i)].(*types.JSONB)
		for _, s := range x.vs {
			if j == nil || anyNull(x.vs, i) {
				j = nil
				break
			}
			j = jsonStep(j, s.Datum(at(s, i)))
		}
		if j == nil {
			x.out.SetNull(int(i))
			continue
		}
		x.out.Ref[i] = j
	}
	return &x.out, nil
}

// jsonStep is the member or element that a subscript names, nil if there is none.
func jsonStep(j *types.JSONB, d types.Datum) *types.JSONB {
	switch j.Kind {
	case types.JSONObject:
		if d.Kind() == types.KindStr {
			return j.Field(d.Str())
		}
		return j.Field(string(types.AppendInt(nil, d.Int())))
	case types.JSONArray:
		k := d.Int()
		if d.Kind() == types.KindStr {
			var err error
			if k, err = types.ParseInt(types.Int4OID, d.Str()); err != nil {
				return nil
			}
		}
		if k < 0 {
			k += int64(len(j.Elems))
		}
		if k >= 0 && k < int64(len(j.Elems)) {
			return j.Elems[k]
		}
	}
	return nil
}
