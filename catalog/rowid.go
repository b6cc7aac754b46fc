package catalog

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/keyenc"
)

// rowIDBatch is how many hidden row ids of a table are reserved in the store at a time.
const rowIDBatch = 1 << 14

// rowIDs hands out the hidden row ids of one key space.
type rowIDs struct {
	mu         sync.Mutex
	next, upto int64
}

// NewRowIDs returns the first of n consecutive hidden row ids that no row of the key space ever had.
func (c *Catalog) NewRowIDs(ctx context.Context, storage uint64, n int) (first int64, err error) {
	v, ok := c.rowIDs.Load(storage)
	if !ok {
		v, _ = c.rowIDs.LoadOrStore(storage, &rowIDs{})
	}
	r := v.(*rowIDs)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.upto-r.next < int64(n) {
		if err := c.reserveRowIDs(ctx, storage, r, int64(n)); err != nil {
			return 0, err
		}
	}
	first = r.next
	r.next += int64(n)
	return first, nil
}

// reserveRowIDs advances the stored mark, without waiting for the log: the rows' commit comes later in it.
func (c *Catalog) reserveRowIDs(ctx context.Context, storage uint64, r *rowIDs, n int64) error {
	tx := c.store.Begin(kv.TxnOptions{Async: true})
	defer tx.Rollback()
	key := rowIDKey(storage)
	var l kv.Locked
	if err := tx.Lock(ctx, [][]byte{key}, kv.LockOptions{}, &l); err != nil {
		return err
	}
	mark := int64(1)
	if b := l.V[0].Value; b != nil {
		if len(b) != 8 {
			return fmt.Errorf("catalog: row id mark of key space %d: %w", storage, kv.ErrCorrupt)
		}
		mark = int64(binary.BigEndian.Uint64(b))
	}
	if r.upto != mark { // the first time after a start
		r.next = mark
	}
	upto := mark + max(n, rowIDBatch)
	if err := tx.Put(key, binary.BigEndian.AppendUint64(nil, uint64(upto))); err != nil {
		return err
	}
	if _, err := tx.Commit(ctx); err != nil {
		return err
	}
	r.upto = upto
	return nil
}

// TID is the hidden row id of a table without primary key in the form of PostgreSQL's ctid, in the order of the ids: a page
// number and a place on the page.
func TID(rowID string) (int64, error) {
	n, _, err := keyenc.DecodeInt([]byte(rowID), false)
	n-- // the first is 1
	return n/tidPage<<16 | n%tidPage + 1, err
}

// tidPage is the number of rows on a page for TID.
const tidPage = 128

func rowIDKey(storage uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{systemPrefix, tagRowID}, storage)
}

// DropRowIDs forgets which row ids were handed out in a key space that goes. If the transaction is rolled back, the mark is still there,
// and the next row id is taken from it.
func (t *Txn) DropRowIDs(ctx context.Context, storage uint64) error {
	key := rowIDKey(storage)
	if _, used := t.cat.rowIDs.LoadAndDelete(storage); !used { // since the start; the mark may be newer than what t sees
		var v kv.Values
		if err := t.kv.Get(ctx, [][]byte{key}, &v); err != nil || v.V[0] == nil {
			return err
		}
	}
	return t.kv.Delete(key)
}
