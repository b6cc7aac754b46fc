package exec

import (
	"cmp"
	"math"
	"strings"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Comparer orders the values of one column of a type, NULLs left aside.
type Comparer struct {
	t    types.OID
	Kind types.Kind
	// Compare orders row i of a against row j of b, neither NULL.
	Compare func(a *vec.Vector, i int, b *vec.Vector, j int) int
}

// NewComparer is the comparer for a type's "<" and "=".
func NewComparer(t types.T) Comparer {
	c := Comparer{t: t.OID, Kind: t.Kind()}
	switch {
	case types.IsBlankPadded(t.OID):
		c.Compare = compareBlankPadded
	case t.OID == types.XID8OID || t.OID == types.PgLSNOID:
		c.Compare = compareUnsigned
	case c.Kind == types.KindInt:
		c.Compare = compareInts
	case c.Kind == types.KindStr && !types.IsBlankPadded(t.OID):
		c.Compare = compareStrings
	case c.Kind == types.KindFloat:
		c.Compare = compareFloats
	case c.Kind == types.KindBool:
		c.Compare = compareBools
	case c.Kind == types.KindNum:
		c.Compare = compareNumerics
	default:
		oid := t.OID
		c.Compare = func(a *vec.Vector, i int, b *vec.Vector, j int) int {
			return types.Compare(oid, a.Datum(i), b.Datum(j))
		}
	}
	return c
}

func compareInts(a *vec.Vector, i int, b *vec.Vector, j int) int {
	return cmp.Compare(a.Int[i], b.Int[j])
}

func compareUnsigned(a *vec.Vector, i int, b *vec.Vector, j int) int {
	return cmp.Compare(uint64(a.Int[i]), uint64(b.Int[j]))
}

func compareStrings(a *vec.Vector, i int, b *vec.Vector, j int) int {
	return strings.Compare(a.Str[i], b.Str[j])
}

func compareBlankPadded(a *vec.Vector, i int, b *vec.Vector, j int) int {
	return strings.Compare(types.TrimBlanks(a.Str[i]), types.TrimBlanks(b.Str[j]))
}

// compareFloats puts NaN after all other values, equal to itself.
func compareFloats(a *vec.Vector, i int, b *vec.Vector, j int) int {
	x, y := a.Float[i], b.Float[j]
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	case x == y:
		return 0
	}
	nx, ny := math.IsNaN(x), math.IsNaN(y)
	switch {
	case nx && ny:
		return 0
	case nx:
		return 1
	}
	return -1
}

func compareBools(a *vec.Vector, i int, b *vec.Vector, j int) int {
	x, y := a.Bool[i], b.Bool[j]
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}

func compareNumerics(a *vec.Vector, i int, b *vec.Vector, j int) int { return a.Num[i].Cmp(b.Num[j]) }

// Equal reports whether row i of a and row j of b are equal, or both NULL.
func (c *Comparer) Equal(a *vec.Vector, i int, b *vec.Vector, j int) bool {
	an, bn := a.Nulls.Has(i), b.Nulls.Has(j)
	if an || bn {
		return an && bn
	}
	switch c.Kind {
	case types.KindInt:
		return a.Int[i] == b.Int[j]
	case types.KindStr:
		// Equal bytes are equal for every type held as a string; unequal ones may be (char(n)).
		if a.Str[i] == b.Str[j] {
			return true
		}
	}
	return c.Compare(a, i, b, j) == 0
}

// Comparers are those of several columns.
func Comparers(ts []types.T) []Comparer {
	cs := make([]Comparer, len(ts))
	for i, t := range ts {
		cs[i] = NewComparer(t)
	}
	return cs
}

// RowsEqual reports whether the rows are equal in the columns listed, position by position, NULLs being equal.
func RowsEqual(cs []Comparer, cols []int, a *vec.Batch, i int, b *vec.Batch, j int) bool {
	for k, col := range cols {
		if !cs[k].Equal(a.Cols[col], i, b.Cols[col], j) {
			return false
		}
	}
	return true
}

// AnyNull reports whether row i is NULL in one of the vectors.
func AnyNull(cols []*vec.Vector, i int) bool {
	for _, v := range cols {
		if v.Nulls.Has(at(v, i)) {
			return true
		}
	}
	return false
}

func at(v *vec.Vector, i int) int {
	if v.Const {
		return 0
	}
	return i
}

// Unsigned reports whether the values, held as int64, order as uint64.
func (c *Comparer) Unsigned() bool { return c.t == types.XID8OID || c.t == types.PgLSNOID }

// Bytewise reports whether the values are strings that order by their bytes alone.
func (c *Comparer) Bytewise() bool { return c.Kind == types.KindStr && !types.IsBlankPadded(c.t) }

// Text reports whether the values are text, which has no zero bytes.
func (c *Comparer) Text() bool {
	return c.t == types.TextOID || c.t == types.VarcharOID || c.t == types.NameOID
}
