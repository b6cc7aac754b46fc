package expr

import (
	"errors"
	"strings"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// ErrWide says that the values of a batch would together be too large for memory: the rows are to be evaluated one by one. A Prog
// does that itself unless its user said that it will (Whole).
var ErrWide = errors.New("expr: the values of a batch are too large")

// wideBytes is about how large the results of one call for a batch may be.
const wideBytes = 64 << 20

// valueBytesMax is the longest text.
const valueBytesMax = 1 << 30

// sized reports a function with an argument that is the length of its result.
func sized(name string) bool { return name == "repeat" || name == "lpad" || name == "rpad" }

// rowCount is the number of rows of sel, or n.
func rowCount(sel []int32, n int) int {
	if sel != nil {
		return len(sel)
	}
	return n
}

// wide reports a call whose results for the rows may be more than wideBytes, by the length of its arguments.
func (x *callNode) wide(sel []int32, n int) bool {
	return rowCount(sel, n) > 1 && x.estimate(sel, n) > wideBytes
}

// estimate is about how many bytes the results for the rows have, by the length of the arguments.
func (x *callNode) estimate(sel []int32, n int) int {
	if x.out.Kind != types.KindStr && x.out.Kind != types.KindRef {
		return 0
	}
	rows := rowCount(sel, n)
	bytes, most := 0, 0
	for a, v := range x.argv {
		switch {
		case v.Kind == types.KindStr && a == 0 && len(x.argv) > 1 && splits(x.fn.Name):
			bytes += sumOf(v, v.Str, sel, rows, func(s string) int { return len(s) + arrayElement*strings.Count(s, x.separator()) })
		case v.Kind == types.KindStr:
			bytes += sumOf(v, v.Str, sel, rows, stringBytes)
		case v.Kind == types.KindInt && sized(x.fn.Name):
			most = max(most, maxOf(v, v.Int, sel, func(i int64) int { return int(min(i, valueBytesMax)) }))
		case v.Kind == types.KindRef && x.fn.Name == "array_fill":
			most = max(most, maxOf(v, v.Ref, sel, filled))
		case v.Kind == types.KindRef:
			bytes += sumOf(v, v.Ref, sel, rows, refBytes)
		}
	}
	return bytes + most*rows
}

// arrayElement is how many bytes an element of an array takes.
const arrayElement = 48

// splits reports a function whose result has an element for each separator, its second argument.
func splits(name string) bool { return name == "string_to_array" || name == "string_to_table" }

func (x *callNode) separator() string {
	if v := x.argv[1]; v.Const && !v.Nulls.Has(0) {
		return v.Str[0]
	}
	return ","
}

// parsedBytes is about how much memory the value of type t takes that a text is parsed to.
func parsedBytes(t types.OID, s string) int {
	switch {
	case t == types.JSONBOID:
		const node = 128
		return len(s) + node*strings.Count(s, ",")
	case types.ElemOf(t) != 0:
		return len(s) + arrayElement*strings.Count(s, ",")
	}
	return 2 * len(s)
}

// ValueBytes is about how much memory a value of variable length takes, from what is found at its top.
func ValueBytes(d types.Datum) int {
	switch d.Kind() {
	case types.KindStr:
		return len(d.Str())
	case types.KindRef:
		return refBytes(d.Ref())
	}
	return 0
}

// refBytes is ValueBytes of a value held by reference.
func refBytes(r any) int {
	const node = 128
	switch r := r.(type) {
	case *types.Array:
		if r != nil {
			return arrayElement * len(r.Elems)
		}
	case *types.JSONB:
		if r != nil {
			return node*len(r.Elems) + len(r.Str)
		}
	}
	return 0
}

func stringBytes(s string) int { return len(s) }

// sumOf is the sum of the sizes of v's values xs at the rows of sel, or at all.
func sumOf[T any](v *vec.Vector, xs []T, sel []int32, rows int, size func(T) int) int {
	n := 0
	switch {
	case v.Const:
		return size(xs[0]) * rows
	case sel != nil:
		for _, i := range sel {
			n += size(xs[i])
		}
	default:
		for _, x := range xs[:rows] {
			n += size(x)
		}
	}
	return n
}

// maxOf is the largest of the sizes.
func maxOf[T any](v *vec.Vector, xs []T, sel []int32, size func(T) int) int {
	most := 0
	switch {
	case v.Const:
		return size(xs[0])
	case sel != nil:
		for _, i := range sel {
			most = max(most, size(xs[i]))
		}
	default:
		for _, x := range xs {
			most = max(most, size(x))
		}
	}
	return most
}

// filled is about the size of the array that array_fill makes, from the lengths of its dimensions.
func filled(lengths any) int {
	a, ok := lengths.(*types.Array)
	if !ok || a == nil || len(a.Elems) > 6 {
		return 0
	}
	size := int64(arrayElement)
	for _, e := range a.Elems {
		if e.Kind() == types.KindInt {
			size = min(size*max(1, min(e.Int(), valueBytesMax)), 8*valueBytesMax)
		}
	}
	return int(size)
}

// splittable tells whether the program's rows may be evaluated again: nothing in it has effects.
func (fr *frame) splittable() bool { return fr.prog != nil && VolatilityOf(fr.prog.expr) != Volatile }

// Whole makes Eval return ErrWide instead of evaluating wide rows one by one, for a user who goes on with fewer rows.
func (p *Prog) Whole() { p.whole = true }

// held is memory that large results take, which counts until the next ones or the end of the statement.
type held struct {
	execution uint64
	bytes     int
}

// set declares that the results take so many bytes.
func (h *held) set(c *Ctx, bytes int) error {
	if h.execution != c.Execution {
		h.execution, h.bytes = c.Execution, 0
	}
	if c.Memory == nil || h.bytes == bytes || bytes > 0 && bytes-h.bytes < wideBytes {
		return nil
	}
	if err := c.Memory.Grow(int64(bytes - h.bytes)); err != nil {
		return err
	}
	h.bytes = bytes
	return nil
}

// evalRows is Eval row by row.
func (p *Prog) evalRows(c *Ctx, b *vec.Batch) (*vec.Vector, error) {
	if err := p.held.set(c, 0); err != nil {
		return nil, err
	}
	bytes := 0
	if p.rows == nil {
		p.rows = vec.New(p.kind, b.Len)
	}
	p.rows.Clear(b.Len)
	for k := range b.Rows() {
		if err := c.Interrupted(); err != nil {
			return nil, err
		}
		i := b.Row(k)
		d, err := p.EvalRow(c, b, i)
		switch {
		case err != nil:
			return nil, err
		case d.IsNull():
			p.rows.SetNull(i)
		default:
			p.rows.Set(i, d)
			bytes += ValueBytes(d)
			if err := p.held.set(c, bytes); err != nil {
				return nil, err
			}
		}
	}
	return p.rows, nil
}

// filterRows is Filter row by row.
func (p *Prog) filterRows(c *Ctx, b *vec.Batch, dst []int32) ([]int32, error) {
	v, err := p.evalRows(c, b)
	if err != nil {
		return dst, err
	}
	return appendTrue(dst, v, b.Sel, b.Len), nil
}
