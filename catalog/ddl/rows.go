package ddl

import (
	"bytes"
	"context"
	"hash/maphash"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// rowBatch is some rows of a table: their keys and all columns.
type rowBatch struct {
	vec.Batch
	keys [][]byte
}

// scanTable calls f with all rows of t as they are now, in batches. The table is locked, so that a fresh snapshot shows
// every row there is. f may write to the transaction: a statement does not see its own writes.
func (x *Executor) scanTable(ctx context.Context, t *catalog.Table, f func(*rowBatch) error) error {
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return err
	}
	cols := make([]int, len(t.Columns))
	typs := make([]types.T, len(t.Columns))
	for i, c := range t.Columns {
		cols[i], typs[i] = i, c.Type
	}
	dec, err := rt.NewRowDecoder(cols)
	if err != nil {
		return err
	}
	tx := x.Txn.KV()
	if err := tx.StartStatement(ctx); err != nil {
		return err
	}
	if err := x.checkSnapshot(ctx, rt.Range()); err != nil {
		return err
	}
	it, err := tx.Scan(ctx, rt.Range(), kv.ScanOptions{})
	if err != nil {
		return err
	}
	defer it.Close()
	var es kv.Entries
	b := rowBatch{Batch: *vec.NewBatch(vec.Kinds(typs), vec.BatchRows)}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := it.Next(ctx, &es, vec.BatchRows); err != nil {
			return err
		}
		if es.Len() == 0 {
			return nil
		}
		b.Reset()
		if err := dec.Decode(es.K, es.V, b.Cols); err != nil {
			return err
		}
		b.Len, b.keys = es.Len(), es.K
		if x.Scanned != nil {
			x.Scanned(t, b.Len)
		}
		if err := f(&b); err != nil {
			return err
		}
	}
}

// checkSnapshot tests, for a transaction that keeps its first snapshot, that nobody changed r between that and the lock on the
// table: the scan would miss those rows. PostgreSQL reads past the snapshot here; 40001 asks the client to try again.
func (x *Executor) checkSnapshot(ctx context.Context, r kv.Range) error {
	if x.Txn.Isolation() == kv.ReadCommitted {
		return nil
	}
	store := x.Txn.Catalog().Store()
	var then, now entryReader
	for reader, o := range map[*entryReader]kv.TxnOptions{&then: {AsOf: x.Txn.KV().ReadTS()}, &now: {ReadOnly: true}} {
		tx := store.Begin(o)
		defer tx.Rollback()
		it, err := tx.Scan(ctx, r, kv.ScanOptions{})
		if err != nil {
			return err
		}
		defer it.Close()
		reader.it = it
	}
	for {
		k1, v1, err := then.next(ctx)
		if err != nil {
			return err
		}
		k2, v2, err := now.next(ctx)
		if err != nil {
			return err
		}
		if !bytes.Equal(k1, k2) || !bytes.Equal(v1, v2) {
			return kv.ErrConflict
		}
		if k1 == nil {
			return nil
		}
	}
}

// entryReader reads an iterator an entry at a time.
type entryReader struct {
	it kv.Iterator
	es kv.Entries
	i  int
}

// next returns the next entry, a nil key at the end.
func (r *entryReader) next(ctx context.Context) (k, v []byte, err error) {
	if r.i == r.es.Len() {
		r.i = 0
		if err := r.it.Next(ctx, &r.es, vec.BatchRows); err != nil || r.es.Len() == 0 {
			return nil, nil, err
		}
	}
	r.i++
	return r.es.K[r.i-1], r.es.V[r.i-1], nil
}

// isEmpty reports whether a table has no rows.
func (x *Executor) isEmpty(ctx context.Context, t *catalog.Table) (bool, error) {
	tx := x.Txn.KV()
	if err := tx.StartStatement(ctx); err != nil {
		return false, err
	}
	if err := x.checkSnapshot(ctx, rowenc.StorageRange(t.Storage)); err != nil {
		return false, err
	}
	it, err := tx.Scan(ctx, rowenc.StorageRange(t.Storage), kv.ScanOptions{KeysOnly: true, Rows: 1})
	if err != nil {
		return false, err
	}
	defer it.Close()
	var es kv.Entries
	err = it.Next(ctx, &es, 1)
	return es.Len() == 0, err
}

// duplicates finds equal keys among the entries of a unique index that is being built: eight bytes for each entry, and
// a second look at the few whose hashes are equal.
type duplicates struct {
	seed   maphash.Seed
	hashes []uint64
	last   []byte
	mixed  bool // the keys were not in ascending order
}

func (d *duplicates) add(keys [][]byte) {
	if d.hashes == nil {
		d.seed = maphash.MakeSeed()
	}
	last := d.last
	for _, k := range keys {
		d.hashes = append(d.hashes, maphash.Bytes(d.seed, k))
		d.mixed = d.mixed || bytes.Compare(last, k) >= 0
		last = k
	}
	d.last = append(d.last[:0], last...)
}

// suspects are the hashes that occur more than once, nil if none does.
func (d *duplicates) suspects() map[uint64]bool {
	if !d.mixed {
		return nil
	}
	slices.Sort(d.hashes)
	var m map[uint64]bool
	for i := 1; i < len(d.hashes); i++ {
		if d.hashes[i] == d.hashes[i-1] {
			if m == nil {
				m = map[uint64]bool{}
			}
			m[d.hashes[i]] = true
		}
	}
	return m
}

// BuildIndexes writes the entries of some indexes of t for all its rows.
func (x *Executor) BuildIndexes(ctx context.Context, t *catalog.Table, ids ...catalog.IndexID) error {
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return err
	}
	indexed, err := x.Bind.IndexExprs(t)
	if err != nil {
		return err
	}
	dups := make([]duplicates, len(ids))
	var keys, values rowenc.Buffer
	err = x.scanTable(ctx, t, func(b *rowBatch) error {
		rows, err := indexed(&rowenc.Rows{Cols: b.Cols, Len: b.Len})
		if err != nil {
			return err
		}
		for i, id := range ids {
			ix := rt.Index(id)
			keys.Reset()
			values.Reset()
			ix.AppendEntries(&keys, &values, rows, b.keys)
			if ix.Desc.Unique {
				dups[i].add(keys.B)
			}
			if err := x.Put(ix.Desc.Name, keys.B, values.B); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, id := range ids {
		ix := rt.Index(id)
		err := x.findDuplicate(ctx, t, ix, &dups[i], func(dst *rowenc.Buffer, b *rowBatch) ([]*vec.Vector, error) {
			rows, err := indexed(&rowenc.Rows{Cols: b.Cols, Len: b.Len})
			if err != nil {
				return nil, err
			}
			ix.AppendEntryKeys(dst, rows, b.keys)
			return rows.Cols, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Put writes rows or entries; a key that is too large is the error that PostgreSQL gives for an index row. An entry without value
// is that of a row which a partial index leaves out.
func (x *Executor) Put(index string, keys, values [][]byte) error {
	limit := x.Txn.Catalog().Store().Limits().KeyBytesMax
	for i, k := range keys {
		if len(values[i]) == 0 {
			continue
		}
		if limit > 0 && len(k) > limit {
			return pgerr.New(pgerr.ProgramLimitExceeded, "index row size %d exceeds maximum %d for index %q", len(k), limit, index)
		}
		if err := x.Txn.KV().Put(k, values[i]); err != nil {
			return err
		}
	}
	return nil
}

// findDuplicate reads t again and reports the first key that occurs twice. keysOf appends the keys of the index for a batch and
// returns the columns that they come from.
func (x *Executor) findDuplicate(ctx context.Context, t *catalog.Table, ix *rowenc.Index, d *duplicates,
	keysOf func(*rowenc.Buffer, *rowBatch) ([]*vec.Vector, error)) error {
	suspects := d.suspects()
	if suspects == nil {
		return nil
	}
	seen := map[string]bool{}
	var keys rowenc.Buffer
	return x.scanTable(ctx, t, func(b *rowBatch) error {
		keys.Reset()
		cols, err := keysOf(&keys, b)
		if err != nil {
			return err
		}
		for i, k := range keys.B {
			if !suspects[maphash.Bytes(d.seed, k)] {
				continue
			}
			if seen[string(k)] {
				return x.ErrDuplicate(t, ix, cols, i)
			}
			seen[string(k)] = true
		}
		return nil
	})
}

func (x *Executor) ErrDuplicate(t *catalog.Table, ix *rowenc.Index, cols []*vec.Vector, row int) error {
	return pgerr.New(pgerr.UniqueViolation, "could not create unique index %q", ix.Desc.Name).
		WithDetail("Key (%s)=(%s) is duplicated.", pgcatalog.KeyDetail(x.Txn.Newest(), t, ix.Desc), ix.KeyValues(cols, row, nil)).
		WithTable(x.Txn.Newest().SchemaName(t.Schema), t.Name).WithConstraint(ix.Desc.Name)
}
