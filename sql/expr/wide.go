package expr

import (
	"errors"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// ErrWide says that the values of a batch would together be too large for memory: the rows are to be evaluated one by one. A Prog
// does that itself unless its user said that it will (Whole).
var ErrWide = errors.New("expr: the values of a batch are too large")

// wideBytes is about how large the results of one call for a batch may be.
const wideBytes = 64 << 20

// sized reports a function with an argument that is the length of its result.
func sized(name string) bool { return name == "repeat" || name == "lpad" || name == "rpad" }

// wide reports a call whose results for the rows may be more than wideBytes, by the length of its arguments.
func (x *callNode) wide(sel []int32, n int) bool {
	rows := n
	if sel != nil {
		rows = len(sel)
	}
	if rows < 2 || x.out.Kind != types.KindStr && x.out.Kind != types.KindRef {
		return false
	}
	bytes, most := 0, 0
	for _, v := range x.argv {
		m, times := n, 1
		if v.Const {
			m, times = 1, rows
		}
		switch {
		case v.Kind == types.KindStr:
			for _, s := range v.Str[:m] {
				bytes += len(s) * times
			}
		case v.Kind == types.KindInt && sized(x.fn.Name):
			for _, i := range v.Int[:m] {
				most = max(most, int(min(i, wideBytes)))
			}
		case v.Kind == types.KindRef && x.fn.Name == "array_fill":
			for _, r := range v.Ref[:m] {
				most = max(most, filled(r))
			}
		}
	}
	return bytes+most*rows > wideBytes
}

// filled is about the size of the array that array_fill makes, from the lengths of its dimensions.
func filled(lengths any) int {
	a, ok := lengths.(*types.Array)
	if !ok || a == nil || len(a.Elems) > 6 {
		return 0
	}
	const element = 32
	size := int64(element)
	for _, e := range a.Elems {
		if e.Kind() == types.KindInt {
			size = min(size*max(1, min(e.Int(), wideBytes)), wideBytes)
		}
	}
	return int(size)
}

// splittable tells whether the program's rows may be evaluated again: nothing in it has effects.
func (fr *frame) splittable() bool { return fr.prog != nil && VolatilityOf(fr.prog.expr) != Volatile }

// Whole makes Eval return ErrWide instead of evaluating wide rows one by one, for a user who goes on with fewer rows.
func (p *Prog) Whole() { p.whole = true }

// evalRows is Eval row by row.
func (p *Prog) evalRows(c *Ctx, b *vec.Batch) (*vec.Vector, error) {
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
