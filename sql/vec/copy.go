package vec

import "github.com/lightsql/lightsql/sql/types"

// SetConst makes the vector n rows that all hold d, NULL or of the vector's kind.
func (v *Vector) SetConst(d types.Datum, n int) {
	if d.IsNull() {
		v.Clear(n)
		v.Nulls.SetAll(n)
		return
	}
	v.Resize(n)
	switch v.Kind {
	case types.KindBool:
		fill(v.Bool, d.Bool())
	case types.KindInt:
		fill(v.Int, d.Int())
	case types.KindFloat:
		fill(v.Float, d.Float())
	case types.KindStr:
		fill(v.Str, d.Str())
	case types.KindNum:
		fill(v.Num, d.Num())
	case types.KindInterval:
		fill(v.Itv, d.Interval())
	case types.KindRef:
		fill(v.Ref, d.Ref())
	}
}

func fill[E any](s []E, e E) {
	for i := range s {
		s[i] = e
	}
}

// CopyFrom makes the vector a copy of the first n rows of src, of which it takes the kind.
func (v *Vector) CopyFrom(src *Vector, n int) {
	v.Reset(src.Kind)
	v.AppendRange(src, 0, n)
}

// AppendRange adds the rows from ≤ i < to of src, which has the same kind.
func (v *Vector) AppendRange(src *Vector, from, to int) {
	at := v.Len()
	switch v.Kind {
	case types.KindBool:
		v.Bool = append(v.Bool, src.Bool[from:to]...)
	case types.KindInt:
		v.Int = append(v.Int, src.Int[from:to]...)
	case types.KindFloat:
		v.Float = append(v.Float, src.Float[from:to]...)
	case types.KindStr:
		v.Str = append(v.Str, src.Str[from:to]...)
	case types.KindNum:
		v.Num = append(v.Num, src.Num[from:to]...)
	case types.KindInterval:
		v.Itv = append(v.Itv, src.Itv[from:to]...)
	case types.KindRef:
		v.Ref = append(v.Ref, src.Ref[from:to]...)
	}
	if src.Nulls.Any() {
		v.Nulls.copyRange(at, src.Nulls, from, to)
	}
}

// Gather makes the vector the rows of src that sel lists, in that order. src has any kind and is another vector.
func (v *Vector) Gather(src *Vector, sel []int32) {
	v.Reset(src.Kind)
	v.AppendSel(src, sel)
}

// AppendSel adds the rows of src, which has the same kind, that sel lists.
func (v *Vector) AppendSel(src *Vector, sel []int32) {
	at := v.Len()
	switch v.Kind {
	case types.KindBool:
		v.Bool = gather(v.Bool, src.Bool, sel)
	case types.KindInt:
		v.Int = gather(v.Int, src.Int, sel)
	case types.KindFloat:
		v.Float = gather(v.Float, src.Float, sel)
	case types.KindStr:
		v.Str = gather(v.Str, src.Str, sel)
	case types.KindNum:
		v.Num = gather(v.Num, src.Num, sel)
	case types.KindInterval:
		v.Itv = gather(v.Itv, src.Itv, sel)
	case types.KindRef:
		v.Ref = gather(v.Ref, src.Ref, sel)
	}
	if !src.Nulls.Any() {
		return
	}
	for i, r := range sel {
		if src.Nulls.Has(int(r)) {
			v.Nulls.Set(at + i)
		}
	}
}

func gather[E any](dst, src []E, sel []int32) []E {
	n := len(dst)
	dst = reserve(dst, n+len(sel))[:n+len(sel)]
	out := dst[n:]
	for i, r := range sel {
		out[i] = src[r]
	}
	return dst
}

// AppendSelOrNull is AppendSel, but a negative row number in sel adds a NULL (the missing side of an outer join).
func (v *Vector) AppendSelOrNull(src *Vector, sel []int32) {
	v.Reserve(v.Len() + len(sel))
	for _, r := range sel {
		if r < 0 {
			v.AppendNull()
		} else {
			v.AppendRow(src, int(r))
		}
	}
}

// CopyRow sets row i to row j of src, which has the same kind.
func (v *Vector) CopyRow(i int, src *Vector, j int) {
	if src.Nulls.Has(j) {
		v.SetNull(i)
		return
	}
	v.Nulls.Clear(i)
	switch v.Kind {
	case types.KindBool:
		v.Bool[i] = src.Bool[j]
	case types.KindInt:
		v.Int[i] = src.Int[j]
	case types.KindFloat:
		v.Float[i] = src.Float[j]
	case types.KindStr:
		v.Str[i] = src.Str[j]
	case types.KindNum:
		v.Num[i] = src.Num[j]
	case types.KindInterval:
		v.Itv[i] = src.Itv[j]
	case types.KindRef:
		v.Ref[i] = src.Ref[j]
	}
}

// Slice makes the vector a window on the rows from ≤ i < to of src, sharing its values. It is read only, and valid as
// long as src is unchanged.
func (v *Vector) Slice(src *Vector, from, to int) {
	v.Nulls = v.Nulls[:0]
	nulls := v.Nulls
	*v = Vector{Kind: src.Kind}
	switch v.Kind {
	case types.KindBool:
		v.Bool = src.Bool[from:to:to]
	case types.KindInt:
		v.Int = src.Int[from:to:to]
	case types.KindFloat:
		v.Float = src.Float[from:to:to]
	case types.KindStr:
		v.Str = src.Str[from:to:to]
	case types.KindNum:
		v.Num = src.Num[from:to:to]
	case types.KindInterval:
		v.Itv = src.Itv[from:to:to]
	case types.KindRef:
		v.Ref = src.Ref[from:to:to]
	}
	v.Nulls = nulls
	if src.Nulls.Any() {
		v.Nulls.copyRange(0, src.Nulls, from, to)
	}
}

// Bytes estimates the memory that the rows take, for memory accounting.
func (v *Vector) Bytes() int64 {
	n := int64(cap(v.Bool)) + 8*int64(cap(v.Int)+cap(v.Float)+cap(v.Nulls)) + 16*int64(cap(v.Str)+cap(v.Itv)+cap(v.Ref)) +
		24*int64(cap(v.Num))
	for _, s := range v.Str {
		n += int64(len(s))
	}
	return n + 64*int64(len(v.Ref))
}
