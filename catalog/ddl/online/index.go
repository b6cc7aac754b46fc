package online

import (
	"bytes"
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// fillIndexes enters the rows of a table into indexes that are Building.
func fillIndexes(ctx context.Context, c Chain, table types.OID, indexes ...types.OID) error {
	if _, err := c.Next(ctx); err != nil {
		return err
	}
	if err := c.Await(ctx, table, catalog.Share); err != nil {
		return err
	}
	var at []byte
	var busy [][]byte // rows that others had locked
	for done := len(indexes) == 0; !done; {
		f, err := newFiller(ctx, c, table, indexes)
		if err != nil {
			return err
		}
		var skipped [][]byte
		if at, skipped, done, err = f.batch(ctx, at); err != nil {
			return err
		}
		busy = append(busy, skipped...)
	}
	for _, k := range busy { // alone, for whoever has it may wait for other rows
		f, err := newFiller(ctx, c, table, indexes)
		if err != nil {
			return err
		}
		if _, err := f.enter(ctx, [][]byte{k}, kv.Block); err != nil {
			return err
		}
	}
	return nil
}

// filler enters rows into indexes, in one transaction.
type filler struct {
	x       *ddl.Executor
	t       *catalog.Table
	layout  *rowenc.Table
	decoder *rowenc.Decoder
	indexed func(*rowenc.Rows) (*rowenc.Rows, error)
	indexes []*rowenc.Index
}

func newFiller(ctx context.Context, c Chain, table types.OID, indexes []types.OID) (*filler, error) {
	x, err := c.Next(ctx)
	if err != nil {
		return nil, err
	}
	t, ok := x.Txn.Newest().Table(table)
	if !ok {
		return nil, pgerr.New(pgerr.InternalError, "table %d is gone", table)
	}
	f := &filler{x: x, t: t}
	if f.layout, err = rowenc.NewTable(t); err != nil {
		return nil, err
	}
	cols := make([]int, len(t.Columns))
	for i := range cols {
		cols[i] = i
	}
	if f.decoder, err = f.layout.NewRowDecoder(cols); err != nil {
		return nil, err
	}
	if f.indexed, err = x.Bind.IndexExprs(t); err != nil {
		return nil, err
	}
	for _, oid := range indexes {
		ix := t.IndexByOID(oid)
		if ix == nil {
			return nil, pgerr.New(pgerr.InternalError, "index %d is gone", oid)
		}
		f.indexes = append(f.indexes, f.layout.Index(ix.ID))
	}
	return f, nil
}

// batch enters the rows that follow the key after, and tells how far it came and which rows others had locked.
func (f *filler) batch(ctx context.Context, after []byte) (last []byte, busy [][]byte, done bool, err error) {
	tx := f.x.Txn.KV()
	if err := tx.StartStatement(ctx); err != nil {
		return nil, nil, false, err
	}
	r := f.layout.Range()
	if after != nil {
		r.Start = append(bytes.Clone(after), 0)
	}
	it, err := tx.Scan(ctx, r, kv.ScanOptions{KeysOnly: true, Rows: vec.BatchRows})
	if err != nil {
		return nil, nil, false, err
	}
	defer it.Close()
	var es kv.Entries
	if err := it.Next(ctx, &es, vec.BatchRows); err != nil || es.Len() == 0 {
		return nil, nil, true, err
	}
	busy, err = f.enter(ctx, es.K, kv.SkipLocked)
	return bytes.Clone(es.K[es.Len()-1]), busy, false, err
}

// enter locks rows and enters them. busy are those that it left out.
func (f *filler) enter(ctx context.Context, keys [][]byte, wait kv.WaitPolicy) (busy [][]byte, err error) {
	var locked kv.Locked
	if err := f.x.Txn.KV().Lock(ctx, keys, kv.LockOptions{Mode: kv.Shared, Wait: wait}, &locked); err != nil {
		return nil, err
	}
	var rowKeys, values [][]byte
	for i, v := range locked.V {
		switch {
		case v.Skipped:
			busy = append(busy, bytes.Clone(keys[i]))
		case v.Value != nil:
			rowKeys, values = append(rowKeys, keys[i]), append(values, v.Value)
		}
	}
	b := vec.NewBatch(vec.Kinds(columnTypes(f.t)), len(rowKeys))
	if err := f.decoder.Decode(rowKeys, values, b.Cols); err != nil {
		return nil, err
	}
	rows, err := f.indexed(&rowenc.Rows{Cols: b.Cols, Len: len(rowKeys)})
	if err != nil {
		return nil, err
	}
	if f.x.Scanned != nil {
		f.x.Scanned(f.t, len(rowKeys))
	}
	for _, ix := range f.indexes {
		if err := f.put(ctx, ix, rows, rowKeys); err != nil {
			return nil, err
		}
	}
	return busy, nil
}

func columnTypes(t *catalog.Table) []types.T {
	ts := make([]types.T, len(t.Columns))
	for i, c := range t.Columns {
		ts[i] = c.Type
	}
	return ts
}

// put writes the entries of rows. In a unique index there may be the entry of another row.
func (f *filler) put(ctx context.Context, ix *rowenc.Index, rows *rowenc.Rows, rowKeys [][]byte) error {
	var keys, values rowenc.Buffer
	ix.AppendEntries(&keys, &values, rows, rowKeys)
	if !ix.Desc.Unique {
		return f.x.Put(ix.Desc.Name, keys.B, values.B)
	}
	var there kv.Locked
	if err := f.x.Txn.KV().Lock(ctx, keys.B, kv.LockOptions{Claim: true}, &there); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, k := range keys.B {
		if len(values.B[i]) == 0 {
			continue // a row that a partial index leaves out
		}
		was := there.V[i].Value
		if seen[string(k)] || was != nil && !bytes.Equal(was, values.B[i]) {
			return f.x.ErrDuplicate(f.t, ix, rows.Cols, i)
		}
		seen[string(k)] = true
	}
	return f.x.Put(ix.Desc.Name, keys.B, values.B)
}

// dropIndexes takes indexes away: at first nobody reads them any more, then nobody writes to them, then their entries go.
func dropIndexes(ctx context.Context, c Chain, table types.OID, indexes []types.OID) error {
	x, err := c.Next(ctx)
	if err != nil {
		return err
	}
	if len(indexes) == 0 { // of a primary key; the waits are the same
		if err := c.Await(ctx, table, catalog.AccessExclusive); err != nil {
			return err
		}
		return c.Await(ctx, table, catalog.AccessExclusive)
	}
	gone := func(n *catalog.Index) bool { return slices.Contains(indexes, n.OID) }
	if err := changeIndexes(ctx, x, table, func(n *catalog.Index) *catalog.Index {
		n.Building = n.Building || gone(n)
		return n
	}); err != nil {
		return err
	}
	if x, err = c.Next(ctx); err != nil {
		return err
	}
	if err := c.Await(ctx, table, catalog.AccessExclusive); err != nil {
		return err
	}
	t, err := lockTable(ctx, x, table)
	if err != nil {
		return err
	}
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return err
	}
	var entries []kv.Range
	for _, ix := range t.Indexes {
		if gone(ix) {
			entries = append(entries, rt.Index(ix.ID).Range())
		}
	}
	if err := changeIndexes(ctx, x, table, func(n *catalog.Index) *catalog.Index {
		if gone(n) {
			return nil
		}
		return n
	}); err != nil {
		return err
	}
	if x, err = c.Next(ctx); err != nil {
		return err
	}
	if err := c.Await(ctx, table, catalog.AccessExclusive); err != nil {
		return err
	}
	for _, r := range entries {
		if err := x.Txn.KV().DeleteRange(r); err != nil {
			return err
		}
	}
	return nil
}
