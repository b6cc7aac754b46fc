package vec

import "github.com/lightsql/lightsql/sql/types"

// BatchRows is the usual number of rows of a full batch.
const BatchRows = 1024

// Vector is one column of a batch: the slice that belongs to its kind holds one element per row, the others are nil.
// A row that is NULL holds the zero value. Strings are immutable and stay valid for ever (they never point into
// memory that is reused), so operators may keep them without copying.
type Vector struct {
	Kind  types.Kind
	Nulls Bitmap // bit i set: row i is NULL. nil or short: not NULL.
	// Const: element 0 stands for every row. Only inside expression evaluation, never in a Batch.
	Const bool

	Bool  []bool
	Int   []int64
	Float []float64
	Str   []string
	Num   []types.Numeric
	Itv   []types.Interval
	Ref   []any
}

// Bitmap is a set of row numbers, one bit each.
type Bitmap []uint64

// Batch is a set of rows as columns. It belongs to the operator that returned it and is valid until that operator's next call.
type Batch struct {
	Cols []*Vector
	Len  int // rows in every column
	// Sel, if not nil, lists the rows that count, ascending. Columns hold defined values at least at those rows.
	Sel []int32
}

// Rows is the number of rows that count.
func (b *Batch) Rows() int {
	if b.Sel != nil {
		return len(b.Sel)
	}
	return b.Len
}
