package ddl

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/vec"
)

// rewriteInto moves the rows of old to a new key space for t, which has the same columns, and publishes t. convert, if not
// nil, gives the columns of the new rows.
func (x *Executor) rewriteInto(ctx context.Context, old, t *catalog.Table, convert func(*rowBatch) ([]*vec.Vector, error)) error {
	return x.rewriteFrom(ctx, old, t, convert, func(f func(*rowBatch) error) error { return x.scanTable(ctx, old, f) })
}

// rewriteFrom is rewriteInto of the rows that scan gives, in that order.
func (x *Executor) rewriteFrom(ctx context.Context, old, t *catalog.Table, convert func(*rowBatch) ([]*vec.Vector, error),
	scan func(func(*rowBatch) error) error) error {
	var err error
	if t.Storage, err = x.Txn.Catalog().NewStorage(ctx); err != nil {
		return err
	}
	if err := x.update(ctx, old, t); err != nil {
		return err
	}
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return err
	}
	indexed, err := x.Bind.IndexExprs(t)
	if err != nil {
		return err
	}
	w := &rewriter{x: x, old: old, layout: rt, convert: convert, index: indexed, dups: make([]duplicates, 1+len(rt.Indexes)),
		entries: make([]rowenc.Buffer, len(rt.Indexes))}
	if w.convert == nil {
		w.convert = func(b *rowBatch) ([]*vec.Vector, error) { return b.Cols, nil }
	}
	if err := scan(func(b *rowBatch) error { return w.batch(ctx, b) }); err != nil {
		return err
	}
	if err := w.findDuplicates(ctx); err != nil {
		return err
	}
	return x.dropStorage(ctx, old)
}

// rewriter writes the rows of a table under other keys or with another layout.
type rewriter struct {
	x       *Executor
	old     *catalog.Table
	layout  *rowenc.Table
	convert func(*rowBatch) ([]*vec.Vector, error)
	index   func(*rowenc.Rows) (*rowenc.Rows, error) // adds what index entries are made from
	dups    []duplicates                             // of the primary key, then of each index

	rows         rowenc.Rows
	indexed      *rowenc.Rows
	keys, values rowenc.Buffer
	entries      []rowenc.Buffer
}

// encode makes the keys of a batch and of its index entries.
func (w *rewriter) encode(b *rowBatch) error {
	cols, err := w.convert(b)
	if err != nil {
		return err
	}
	w.rows = rowenc.Rows{Cols: cols, Len: b.Len, RowIDs: w.rows.RowIDs}
	w.keys.Reset()
	w.layout.AppendKeys(&w.keys, &w.rows)
	if w.indexed, err = w.index(&w.rows); err != nil {
		return err
	}
	for i, ix := range w.layout.Indexes {
		w.entries[i].Reset()
		if !ix.Desc.Inverted() { // batch makes its entries
			ix.AppendEntryKeys(&w.entries[i], w.indexed, w.keys.B)
		}
	}
	return nil
}

func (w *rewriter) batch(ctx context.Context, b *rowBatch) error {
	t := w.layout.Desc
	w.rows.RowIDs = w.rows.RowIDs[:0]
	if !t.HasPrimaryKey() {
		first, err := w.x.Txn.Catalog().NewRowIDs(ctx, t.Storage, b.Len)
		if err != nil {
			return err
		}
		for i := range b.Len {
			w.rows.RowIDs = append(w.rows.RowIDs, first+int64(i))
		}
	}
	if err := w.encode(b); err != nil {
		return err
	}
	if t.HasPrimaryKey() {
		w.dups[0].add(w.keys.B)
	}
	w.values.Reset()
	w.layout.AppendRows(&w.values, &w.rows)
	if err := w.x.Put(t.Primary.Name, w.keys.B, w.values.B); err != nil {
		return err
	}
	for i, ix := range w.layout.Indexes {
		w.values.Reset()
		if ix.Desc.Inverted() {
			ix.AppendEntries(&w.entries[i], &w.values, w.indexed, w.keys.B)
		} else {
			ix.AppendEntryValues(&w.values, w.indexed, w.keys.B)
		}
		if ix.Desc.Unique {
			w.dups[i+1].add(w.entries[i].B)
		}
		if err := w.x.Put(ix.Desc.Name, w.entries[i].B, w.values.B); err != nil {
			return err
		}
	}
	return nil
}

// findDuplicates reports a key that two rows have.
func (w *rewriter) findDuplicates(ctx context.Context) error {
	if !w.layout.Desc.HasPrimaryKey() && len(w.layout.Indexes) == 0 {
		return nil
	}
	for n := range w.dups {
		ix := w.layout.Primary
		if n > 0 {
			ix = w.layout.Indexes[n-1]
		}
		err := w.x.findDuplicate(ctx, w.old, ix, &w.dups[n], func(dst *rowenc.Buffer, b *rowBatch) ([]*vec.Vector, error) {
			w.rows.RowIDs = make([]int64, b.Len) // of no interest in keys that are unique without
			if err := w.encode(b); err != nil {
				return nil, err
			}
			keys := w.keys.B
			if n > 0 {
				keys = w.entries[n-1].B
			}
			for _, k := range keys {
				dst.Append(k)
			}
			return w.indexed.Cols, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
