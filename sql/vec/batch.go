package vec

import "github.com/lightsql/lightsql/sql/types"

// NewBatch is an empty batch with a column of each kind and room for n rows.
func NewBatch(kinds []types.Kind, n int) *Batch {
	b := &Batch{Cols: make([]*Vector, len(kinds))}
	vs := make([]Vector, len(kinds))
	for i, k := range kinds {
		vs[i].Kind = k
		vs[i].Reserve(n)
		b.Cols[i] = &vs[i]
	}
	return b
}

// Kinds lists the kinds of the types, for NewBatch.
func Kinds(ts []types.T) []types.Kind {
	ks := make([]types.Kind, len(ts))
	for i, t := range ts {
		ks[i] = t.Kind()
	}
	return ks
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.Len, b.Sel = 0, nil
	for _, c := range b.Cols {
		c.Resize(0)
	}
}

// Row is the position in the columns of the i-th row that counts.
func (b *Batch) Row(i int) int {
	if b.Sel != nil {
		return int(b.Sel[i])
	}
	return i
}

// AppendRow adds a row of datums, one for each column.
func (b *Batch) AppendRow(row []types.Datum) {
	for i, c := range b.Cols {
		c.Append(row[i])
	}
	b.Len++
}

// AppendFrom adds row i (a position in the columns) of src, which has the same kinds.
func (b *Batch) AppendFrom(src *Batch, i int) {
	for c, v := range b.Cols {
		v.AppendRow(src.Cols[c], i)
	}
	b.Len++
}

// AppendBatch adds the rows of src that count.
func (b *Batch) AppendBatch(src *Batch) {
	for c, v := range b.Cols {
		if src.Sel != nil {
			v.AppendSel(src.Cols[c], src.Sel)
		} else {
			v.AppendRange(src.Cols[c], 0, src.Len)
		}
	}
	b.Len += src.Rows()
}

// CopyFrom makes the batch a copy of the rows of src that count.
func (b *Batch) CopyFrom(src *Batch) {
	b.Reset()
	b.AppendBatch(src)
}

// Datums appends the values of row i (a position in the columns).
func (b *Batch) Datums(dst []types.Datum, i int) []types.Datum {
	for _, c := range b.Cols {
		dst = append(dst, c.Datum(i))
	}
	return dst
}

// Truncate keeps the first n rows that count.
func (b *Batch) Truncate(n int) {
	if n >= b.Rows() {
		return
	}
	if b.Sel != nil {
		b.Sel = b.Sel[:n]
		return
	}
	b.Len = n
	for _, c := range b.Cols {
		c.Shorten(n)
	}
}

// Shorten keeps the first n rows.
func (v *Vector) Shorten(n int) {
	if n >= v.Len() {
		return
	}
	nulls := v.Nulls
	v.Resize(n)
	v.Nulls = nulls[:min(len(nulls), (n+63)>>6)]
	if r := uint(n) & 63; r != 0 && len(v.Nulls) == (n+63)>>6 {
		v.Nulls[len(v.Nulls)-1] &= 1<<r - 1
	}
}

// Bytes estimates the memory that the batch takes.
func (b *Batch) Bytes() int64 {
	var n int64
	for _, c := range b.Cols {
		n += c.Bytes()
	}
	return n
}
