// Package verify compares the indexes of a table with its rows: every row has the entries that it must have, in every index, and
// no index has others. It reads a snapshot, so tables can be in use meanwhile.
//
// Table is all of it. What it finds is kv.ErrCorrupt naming table, index and key.
package verify

import (
	"bytes"
	"context"
	"fmt"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Extend adds to rows what indexes on expressions and partial indexes are made from.
type Extend func(*rowenc.Rows) (*rowenc.Rows, error)

// Counts are what Table has compared.
type Counts struct {
	Rows    int64
	Indexes int   // besides the one that holds the rows
	Entries int64 // in these
}

// Table verifies t at the snapshot of tx: that every row can be decoded, and every index.
func Table(ctx context.Context, tx kv.Txn, t *catalog.Table, extend Extend) (Counts, error) {
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return Counts{}, err
	}
	v := &verifier{ctx: ctx, tx: tx, t: t, extend: extend}
	for _, desc := range t.Indexes {
		if ix := rt.Index(desc.ID); ix != nil && ix != rt.Primary {
			v.indexes = append(v.indexes, indexCount{ix: ix})
		}
	}
	v.Indexes = len(v.indexes)
	if err := v.rows(rt); err != nil {
		return v.Counts, err
	}
	for i := range v.indexes {
		if err := v.surplus(&v.indexes[i]); err != nil {
			return v.Counts, err
		}
	}
	return v.Counts, nil
}

type verifier struct {
	Counts
	ctx          context.Context
	tx           kv.Txn
	t            *catalog.Table
	extend       Extend
	indexes      []indexCount
	keys, values rowenc.Buffer
	got          kv.Values
	want         [][]byte
	places       [][]byte
}

// indexCount is an index and how many entries the rows have in it.
type indexCount struct {
	ix *rowenc.Index
	n  int64
}

func (v *verifier) damage(ix *rowenc.Index, format string, args ...any) error {
	return fmt.Errorf("%w: index %q of table %q: %s", kv.ErrCorrupt, ix.Desc.Name, v.t.Name, fmt.Sprintf(format, args...))
}

// rows reads the table and looks up the entries of its rows.
func (v *verifier) rows(rt *rowenc.Table) error {
	cols, typs := make([]int, len(v.t.Columns)), make([]types.T, len(v.t.Columns))
	for i, c := range v.t.Columns {
		cols[i], typs[i] = i, c.Type
	}
	dec, err := rt.NewRowDecoder(cols)
	if err != nil {
		return err
	}
	it, err := v.tx.Scan(v.ctx, rt.Range(), kv.ScanOptions{})
	if err != nil {
		return err
	}
	defer it.Close()
	b := vec.NewBatch(vec.Kinds(typs), vec.BatchRows)
	var es kv.Entries
	for {
		if err := it.Next(v.ctx, &es, vec.BatchRows); err != nil || es.Len() == 0 {
			return err
		}
		b.Reset()
		if err := dec.Decode(es.K, es.V, b.Cols); err != nil {
			return fmt.Errorf("table %q: %w", v.t.Name, err)
		}
		v.Rows += int64(es.Len())
		if len(v.indexes) == 0 {
			continue
		}
		rows, err := v.extend(&rowenc.Rows{Cols: b.Cols, Len: es.Len()})
		if err != nil {
			return err
		}
		for i := range v.indexes {
			if err := v.entries(&v.indexes[i], rows, es.K); err != nil {
				return err
			}
		}
	}
}

// entries looks up what an index must hold for rows.
func (v *verifier) entries(x *indexCount, rows *rowenc.Rows, pks [][]byte) error {
	v.keys.Reset()
	v.values.Reset()
	v.got.Reset()
	v.places, v.want = v.places[:0], v.want[:0]
	x.ix.AppendEntries(&v.keys, &v.values, rows, pks)
	for i, value := range v.values.B {
		if len(value) > 0 { // else a partial index leaves the row out
			v.places, v.want = append(v.places, v.keys.B[i]), append(v.want, value)
		}
	}
	if err := v.tx.Get(v.ctx, v.places, &v.got); err != nil {
		return err
	}
	for i, value := range v.got.V {
		if value == nil {
			return v.damage(x.ix, "entry %x of a row is missing", v.places[i])
		}
		if !bytes.Equal(value, v.want[i]) {
			return v.damage(x.ix, "entry %x does not belong to the row that has its key", v.places[i])
		}
	}
	x.n += int64(len(v.places))
	v.Entries += int64(len(v.places))
	return nil
}

// surplus counts the entries of an index: all that the rows need are there, so more of them belong to no row.
func (v *verifier) surplus(x *indexCount) error {
	it, err := v.tx.Scan(v.ctx, x.ix.Range(), kv.ScanOptions{KeysOnly: true})
	if err != nil {
		return err
	}
	defer it.Close()
	var es kv.Entries
	n := int64(0)
	for {
		if err := it.Next(v.ctx, &es, vec.BatchRows); err != nil {
			return err
		}
		if es.Len() == 0 {
			break
		}
		n += int64(es.Len())
	}
	if n != x.n {
		return v.damage(x.ix, "%d entries, but the rows have %d", n, x.n)
	}
	return nil
}
