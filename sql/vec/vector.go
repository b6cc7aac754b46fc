package vec

import "github.com/lightsql/lightsql/sql/types"

// New is a vector of a kind without rows and with room for n.
func New(k types.Kind, n int) *Vector {
	v := &Vector{Kind: k}
	v.Reserve(n)
	return v
}

// NewConst is a vector of n rows that all hold d. k is the kind of its type (d may be NULL).
func NewConst(k types.Kind, d types.Datum, n int) *Vector {
	v := &Vector{Kind: k}
	v.SetConst(d, n)
	return v
}

// Reserve makes room for n rows; the rows stay.
func (v *Vector) Reserve(n int) {
	switch v.Kind {
	case types.KindBool:
		v.Bool = reserve(v.Bool, n)
	case types.KindInt:
		v.Int = reserve(v.Int, n)
	case types.KindFloat:
		v.Float = reserve(v.Float, n)
	case types.KindStr:
		v.Str = reserve(v.Str, n)
	case types.KindNum:
		v.Num = reserve(v.Num, n)
	case types.KindInterval:
		v.Itv = reserve(v.Itv, n)
	case types.KindRef:
		v.Ref = reserve(v.Ref, n)
	}
}

func reserve[E any](s []E, n int) []E {
	if n <= cap(s) {
		return s
	}
	if n < 2*cap(s) {
		n = 2 * cap(s)
	}
	t := make([]E, len(s), n)
	copy(t, s)
	return t
}

// Len is the number of rows.
func (v *Vector) Len() int {
	switch v.Kind {
	case types.KindBool:
		return len(v.Bool)
	case types.KindInt:
		return len(v.Int)
	case types.KindFloat:
		return len(v.Float)
	case types.KindStr:
		return len(v.Str)
	case types.KindNum:
		return len(v.Num)
	case types.KindInterval:
		return len(v.Itv)
	case types.KindRef:
		return len(v.Ref)
	}
	return 0
}

// Resize makes the vector n rows long, keeping its memory. No row is NULL afterwards; the values are whatever the
// memory held, so the caller writes every row (or calls Clear).
func (v *Vector) Resize(n int) {
	v.Nulls = v.Nulls[:0]
	switch v.Kind {
	case types.KindBool:
		v.Bool = resize(v.Bool, n)
	case types.KindInt:
		v.Int = resize(v.Int, n)
	case types.KindFloat:
		v.Float = resize(v.Float, n)
	case types.KindStr:
		v.Str = resize(v.Str, n)
	case types.KindNum:
		v.Num = resize(v.Num, n)
	case types.KindInterval:
		v.Itv = resize(v.Itv, n)
	case types.KindRef:
		v.Ref = resize(v.Ref, n)
	}
}

func resize[E any](s []E, n int) []E {
	if n <= cap(s) {
		return s[:n]
	}
	return make([]E, n, max(n, 2*cap(s)))
}

// Reset empties the vector and keeps its memory. Its kind may change: the slices of several kinds are kept side by side.
func (v *Vector) Reset(k types.Kind) {
	v.Kind = k
	v.Resize(0)
}

// Clear makes the vector n rows of the zero value, none NULL.
func (v *Vector) Clear(n int) {
	v.Resize(n)
	switch v.Kind {
	case types.KindBool:
		clear(v.Bool)
	case types.KindInt:
		clear(v.Int)
	case types.KindFloat:
		clear(v.Float)
	case types.KindStr:
		clear(v.Str)
	case types.KindNum:
		clear(v.Num)
	case types.KindInterval:
		clear(v.Itv)
	case types.KindRef:
		clear(v.Ref)
	}
}

// Release drops what strings, numerics and references point at, so that idle memory of a pool holds nothing alive.
func (v *Vector) Release() {
	clear(v.Str[:cap(v.Str)])
	clear(v.Num[:cap(v.Num)])
	clear(v.Ref[:cap(v.Ref)])
	v.Resize(0)
}

// IsNull reports whether row i is NULL.
func (v *Vector) IsNull(i int) bool { return v.Nulls.Has(i) }

// SetNull makes row i NULL, with the zero value.
func (v *Vector) SetNull(i int) {
	v.Nulls.Set(i)
	v.setZero(i)
}

func (v *Vector) setZero(i int) {
	switch v.Kind {
	case types.KindBool:
		v.Bool[i] = false
	case types.KindInt:
		v.Int[i] = 0
	case types.KindFloat:
		v.Float[i] = 0
	case types.KindStr:
		v.Str[i] = ""
	case types.KindNum:
		v.Num[i] = types.Numeric{}
	case types.KindInterval:
		v.Itv[i] = types.Interval{}
	case types.KindRef:
		v.Ref[i] = nil
	}
}

// Datum is row i. It allocates for numeric and interval only.
func (v *Vector) Datum(i int) types.Datum {
	if v.Nulls.Has(i) {
		return types.Null
	}
	switch v.Kind {
	case types.KindBool:
		return types.NewBool(v.Bool[i])
	case types.KindInt:
		return types.NewInt(v.Int[i])
	case types.KindFloat:
		return types.NewFloat(v.Float[i])
	case types.KindStr:
		return types.NewStr(v.Str[i])
	case types.KindNum:
		return types.NewNum(v.Num[i])
	case types.KindInterval:
		return types.NewInterval(v.Itv[i])
	case types.KindRef:
		return types.NewRef(v.Ref[i])
	}
	return types.Null
}

// Set stores d, which is NULL or of the vector's kind, in row i.
func (v *Vector) Set(i int, d types.Datum) {
	if d.IsNull() {
		v.SetNull(i)
		return
	}
	v.Nulls.Clear(i)
	switch v.Kind {
	case types.KindBool:
		v.Bool[i] = d.Bool()
	case types.KindInt:
		v.Int[i] = d.Int()
	case types.KindFloat:
		v.Float[i] = d.Float()
	case types.KindStr:
		v.Str[i] = d.Str()
	case types.KindNum:
		v.Num[i] = d.Num()
	case types.KindInterval:
		v.Itv[i] = d.Interval()
	case types.KindRef:
		v.Ref[i] = d.Ref()
	}
}

// Append adds a row with d, which is NULL or of the vector's kind.
func (v *Vector) Append(d types.Datum) {
	if d.IsNull() {
		v.AppendNull()
		return
	}
	switch v.Kind {
	case types.KindBool:
		v.Bool = append(v.Bool, d.Bool())
	case types.KindInt:
		v.Int = append(v.Int, d.Int())
	case types.KindFloat:
		v.Float = append(v.Float, d.Float())
	case types.KindStr:
		v.Str = append(v.Str, d.Str())
	case types.KindNum:
		v.Num = append(v.Num, d.Num())
	case types.KindInterval:
		v.Itv = append(v.Itv, d.Interval())
	case types.KindRef:
		v.Ref = append(v.Ref, d.Ref())
	}
}

// AppendNull adds a row that is NULL.
func (v *Vector) AppendNull() {
	v.Nulls.Set(v.Len())
	switch v.Kind {
	case types.KindBool:
		v.Bool = append(v.Bool, false)
	case types.KindInt:
		v.Int = append(v.Int, 0)
	case types.KindFloat:
		v.Float = append(v.Float, 0)
	case types.KindStr:
		v.Str = append(v.Str, "")
	case types.KindNum:
		v.Num = append(v.Num, types.Numeric{})
	case types.KindInterval:
		v.Itv = append(v.Itv, types.Interval{})
	case types.KindRef:
		v.Ref = append(v.Ref, nil)
	}
}

// AppendRow adds row i of src, which has the same kind.
func (v *Vector) AppendRow(src *Vector, i int) {
	if src.Nulls.Has(i) {
		v.AppendNull()
		return
	}
	switch v.Kind {
	case types.KindBool:
		v.Bool = append(v.Bool, src.Bool[i])
	case types.KindInt:
		v.Int = append(v.Int, src.Int[i])
	case types.KindFloat:
		v.Float = append(v.Float, src.Float[i])
	case types.KindStr:
		v.Str = append(v.Str, src.Str[i])
	case types.KindNum:
		v.Num = append(v.Num, src.Num[i])
	case types.KindInterval:
		v.Itv = append(v.Itv, src.Itv[i])
	case types.KindRef:
		v.Ref = append(v.Ref, src.Ref[i])
	}
}
