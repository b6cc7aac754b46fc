package dml

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// mover takes rows out of a partition that an UPDATE gave another key, and inserts them where they belong now.
type mover struct {
	to      *RoutedInsert
	columns []int // of the partition, by column of the table that the statement names
	entries rowenc.Buffer
	view    vec.Batch
	places  map[int32]int64 // where rows of the last batch went: the OIDs of tables
	oids    *vec.Vector
}

func newMover(to *RoutedInsert, t, top *catalog.Table) *mover {
	m := &mover{to: to, places: map[int32]int64{}}
	for _, c := range top.Columns {
		_, i, _ := t.Column(c.Name)
		m.columns = append(m.columns, i)
	}
	return m
}

// before calls the BEFORE DELETE triggers of the rows old. It narrows old and now to those that may go, and returns their keys.
func (m *mover) before(ctx context.Context, t *target, old *rowenc.Rows, keys [][]byte, now *vec.Batch) ([][]byte, error) {
	if t.events == nil || !t.events.delete.rowByRow() {
		return keys, nil
	}
	sel, kept := []int32{}, [][]byte{}
	for i, row := range old.Sel {
		got, err := t.events.beforeRow(ctx, t.events.delete, datums(old.Cols, int(row)), nil)
		if err != nil {
			return nil, err
		}
		if got != nil {
			sel, kept = append(sel, row), append(kept, keys[i])
		}
	}
	old.Sel, now.Sel = sel, sel
	return kept, nil
}

// move deletes the rows old, whose keys are keys, and inserts those of now in their place. A BEFORE trigger may keep some: it narrows now to
// the others.
func (m *mover) move(ctx context.Context, t *target, old *rowenc.Rows, keys [][]byte, now *vec.Batch) error {
	keys, err := m.before(ctx, t, old, keys, now)
	if err != nil || len(keys) == 0 {
		return err
	}
	for _, k := range keys {
		t.ctx.Txn.Moved(k, nil)
	}
	if err := t.remove(ctx, old, keys, &m.entries); err != nil {
		return err
	}
	unique := 0 // of the entries, those of unique indexes come first
	for _, x := range t.layout.Indexes {
		if x.Desc.Unique {
			unique += len(keys)
		}
	}
	for i := range unique {
		t.ctx.Txn.Moved(m.entries.B[i], nil)
	}
	if t.events != nil {
		if err := t.events.moved(&vec.Batch{Cols: old.Cols, Len: old.Len, Sel: old.Sel}, now); err != nil {
			return err
		}
	}
	m.view = vec.Batch{Cols: m.view.Cols[:0], Len: now.Len, Sel: now.Sel}
	for _, i := range m.columns {
		m.view.Cols = append(m.view.Cols, now.Cols[i])
	}
	if err := m.to.split(&m.view); err != nil {
		return err
	}
	for _, g := range m.to.groups {
		for _, row := range g.sel {
			m.places[row] = int64(g.table.OID)
		}
	}
	_, err = m.to.drain(ctx)
	return err
}

// tableOIDs is the column with the tables of rows after the update.
func (m *mover) tableOIDs(before *vec.Vector, n int) *vec.Vector {
	if len(m.places) == 0 {
		return before
	}
	if m.oids == nil {
		m.oids = vec.New(types.KindInt, n)
	}
	m.oids.CopyFrom(before, n)
	for row, oid := range m.places {
		m.oids.Set(int(row), types.NewInt(oid))
	}
	return m.oids
}
