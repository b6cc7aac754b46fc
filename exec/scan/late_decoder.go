package scan

import (
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// lateDecoder decodes the columns of a scan's filter first, and the other columns of those rows only that pass.
type lateDecoder struct {
	first, rest         *rowenc.Decoder
	firstCols, restCols []int      // positions in the output
	wide                *vec.Batch // all rows of the entries, with the filter's columns
	thin                *vec.Batch // the rows that passed, all columns
	out                 []*vec.Vector
	keys, values        [][]byte
}

// newLateDecoder is nil if the filter needs all columns, or there is none.
func newLateDecoder(t *rowenc.Table, n *plan.SeqScan) (*lateDecoder, error) {
	if n.Filter == nil {
		return nil, nil
	}
	used := make([]bool, len(n.Cols))
	whole := false
	expr.Walk(n.Filter, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Col:
			used[e.Idx] = true
		case *expr.SubPlan:
			whole = true
		}
		return true
	})
	d := &lateDecoder{}
	var first, rest []int
	for i, o := range n.Cols {
		if used[i] {
			d.firstCols, first = append(d.firstCols, i), append(first, o)
		} else {
			d.restCols, rest = append(d.restCols, i), append(rest, o)
		}
	}
	if whole || len(rest) == 0 || len(first) == 0 {
		return nil, nil
	}
	var err error
	if d.first, err = t.NewRowDecoder(first); err != nil {
		return nil, err
	}
	if d.rest, err = t.NewRowDecoder(rest); err != nil {
		return nil, err
	}
	d.wide, d.thin = vec.NewBatch(vec.Kinds(n.Types()), 0), vec.NewBatch(vec.Kinds(n.Types()), 0)
	return d, nil
}

// pick lists the vectors of b at positions.
func (d *lateDecoder) pick(b *vec.Batch, positions []int) []*vec.Vector {
	d.out = d.out[:0]
	for _, i := range positions {
		d.out = append(d.out, b.Cols[i])
	}
	return d.out
}

// decode is the rows of e that pass the filter of o; nil if there are none.
func (d *lateDecoder) decode(e *kv.Entries, o *output) (*vec.Batch, error) {
	d.wide.Reset()
	if err := d.first.Decode(e.K, e.V, d.pick(d.wide, d.firstCols)); err != nil {
		return nil, err
	}
	d.wide.Len = e.Len()
	b, err := o.finish(d.wide)
	if err != nil || b == nil {
		return nil, err
	}
	if b.Rows()*4 > 3*b.Len { // most pass: nothing is gained by moving them together
		return b, d.rest.Decode(e.K, e.V, d.pick(d.wide, d.restCols))
	}
	d.keys, d.values = d.keys[:0], d.values[:0]
	for _, i := range b.Sel {
		d.keys, d.values = append(d.keys, e.K[i]), append(d.values, e.V[i])
	}
	d.thin.Reset()
	for _, c := range d.firstCols {
		d.thin.Cols[c].AppendSel(d.wide.Cols[c], b.Sel)
	}
	d.thin.Len = len(b.Sel)
	return d.thin, d.rest.Decode(d.keys, d.values, d.pick(d.thin, d.restCols))
}
