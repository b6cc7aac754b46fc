package dml

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// feed is the input of an operator for one table of a tree: the batch that the tree's operator gives it.
type feed struct{ batch *vec.Batch }

// Open implements exec.Operator.
func (f *feed) Open(context.Context) error { return nil }

// Next implements exec.Operator.
func (f *feed) Next(context.Context) (*vec.Batch, error) {
	b := f.batch
	f.batch = nil
	return b, nil
}

// Close implements exec.Operator.
func (f *feed) Close() error { return nil }

// member is the operator for one table of a tree.
type member struct {
	op   exec.Operator
	in   feed
	from []int // which column of the tree's rows each of the table's is, -1 for its own
	used bool  // in this execution
	// newest is the catalog that there was when the table was locked, if it is not the statement's.
	newest *catalog.Reader
	view   vec.Batch
	gaps   []*vec.Vector // stand for columns that the tree does not have
}

// columnsOf maps the columns of a table to those of the table at the top.
func columnsOf(t, top *catalog.Table) (from []int, own bool) {
	for _, c := range t.Columns {
		_, i, ok := top.Column(c.Name)
		if !ok {
			i, own = -1, true
		}
		from = append(from, i)
	}
	return from, own
}

// give makes the rows sel of b, whose columns from first on are those of the top table, the member's next input: with lead columns before.
func (m *member) give(b *vec.Batch, first, width int, desc *catalog.Table, sel []int32) {
	m.view = vec.Batch{Cols: append(m.view.Cols[:0], b.Cols[:first]...), Len: b.Len, Sel: sel}
	for i, from := range m.from {
		if from >= 0 {
			m.view.Cols = append(m.view.Cols, b.Cols[first+from])
			continue
		}
		m.view.Cols = append(m.view.Cols, m.gap(i, desc.Columns[i].Type.Kind(), b.Len))
	}
	m.view.Cols = append(m.view.Cols, b.Cols[first+width:]...)
	m.in.batch = &m.view
}

// gap is a column of NULLs.
func (m *member) gap(i int, k types.Kind, n int) *vec.Vector {
	if m.gaps == nil {
		m.gaps = make([]*vec.Vector, len(m.from))
	}
	if m.gaps[i] == nil {
		m.gaps[i] = vec.New(k, n)
	}
	m.gaps[i].SetConst(types.Null, n)
	return m.gaps[i]
}
