package mvcc

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
)

var (
	errEnded = errors.New("kv: transaction has ended")
	errEmpty = errors.New("kv: empty key or value")
)

// openIters counts the open iterators of a snapshot: while there are any, its slot must not move on.
type openIters struct{ n atomic.Int32 }

func (o *openIters) open() bool { return o.n.Load() > 0 }

func (o *openIters) reset() {
	if o.n.Load() != 0 {
		o.n.Store(0)
	}
}

// iterator is a handle on an open scan. The state behind it is pooled; the handle is not, so that whoever goes on with an
// iterator after Close does not meet somebody else's.
type iterator struct{ s *iterState }

// iterState merges the transaction's own writes over what the engine holds. A later statement of the transaction does not
// change what it yields.
type iterState struct {
	t      *Txn
	it     engine.Iter
	own    bufferCursor
	mine   bool // the transaction had written something: own counts
	keys   bool
	serial bool // every range read so far is noted when Next returns
	r      kv.Range
	rev    bool
	began  bool
	pool   *sync.Pool // where it came from
	count  *openIters // of the snapshot that it reads at
	room   [96]byte   // for the range's keys
}

// Scan implements kv.Txn.
func (t *Txn) Scan(ctx context.Context, r kv.Range, o kv.ScanOptions) (kv.Iterator, error) {
	s, err := t.ready(ctx)
	if err != nil {
		return nil, err
	}
	it := s.db.iters.Get().(*iterState)
	it.t, it.keys, it.rev, it.serial = t, o.KeysOnly, o.Reverse, s.serial != nil
	it.open(s, r, s.readTS, s.mark)
	it.count = s.iters
	it.count.n.Add(1)
	return &iterator{it}, nil
}

// open copies the range and opens the cursors on it.
func (it *iterState) open(s *txnState, r kv.Range, ts uint64, mark int) {
	buf := append(it.room[:0], r.Start...)
	it.r.Start = buf[:len(buf):len(buf)]
	if r.End != nil {
		end := append(buf[len(buf):], r.End...)
		it.r.End = end[:len(end):len(end)]
		if it.r.End == nil {
			it.r.End = []byte{}
		}
	}
	var own *engine.Own
	if mark > 0 {
		own = s.own.seen(mark)
		it.mine = mark > s.own.base
		it.own = bufferCursor{w: s.own.buf, ranges: s.own.ranges, base: s.own.base, r: it.r, mark: mark - s.own.base, reverse: it.rev}
	}
	it.it.Usage = s.usage
	it.it.Open(s.db.engine, it.r, ts, it.rev, own)
}

// Next implements kv.Iterator.
func (i *iterator) Next(ctx context.Context, b *kv.Entries, limit int) error {
	b.Reset()
	it := i.s
	if it == nil || it.t.s == nil {
		return errEnded
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := it.merge(b, limit); err != nil {
		return err
	}
	if it.serial {
		return it.note(b, limit)
	}
	return nil
}

// note tells what the last Next has looked at: up to its last entry, or to the end of the range.
func (it *iterState) note(b *kv.Entries, limit int) error {
	r := it.r
	if b.Len() == limit {
		last := b.K[limit-1]
		if it.rev {
			r.Start = last
			it.r.End = bytes.Clone(last)
		} else {
			r.End = append(bytes.Clone(last), 0)
			it.r.Start = r.End
		}
	}
	return it.t.s.noteRead(r.Start, r.End)
}

// merge fills b from the engine and the transaction's own writes.
func (it *iterState) merge(b *kv.Entries, limit int) error {
	if !it.mine {
		return it.it.Fill(b, limit, it.keys)
	}
	if !it.began {
		it.began = true
		it.own.first()
		if err := it.it.Next(); err != nil {
			return err
		}
	}
	for b.Len() < limit {
		c := 0
		switch {
		case it.own.i < 0 && !it.it.Valid():
			return nil
		case it.own.i < 0:
			c = 1
		case !it.it.Valid():
			c = -1
		default:
			c = bytes.Compare(it.own.key, it.it.Key())
			if it.rev {
				c = -c
			}
		}
		if c > 0 {
			it.append(b, it.it.Key(), it.it.Value())
		} else if v := it.own.w.valueOf(it.own.i); v != nil {
			it.append(b, it.own.key, v)
		}
		if c >= 0 {
			if err := it.it.Next(); err != nil {
				return err
			}
		}
		if c <= 0 {
			it.own.next()
		}
	}
	return nil
}

func (it *iterState) append(b *kv.Entries, k, v []byte) {
	if it.keys {
		v = nil
	}
	b.Append(k, v)
}

// Close implements kv.Iterator.
func (i *iterator) Close() {
	it := i.s
	if it == nil {
		return
	}
	i.s = nil
	if it.t.s != nil {
		it.count.n.Add(-1)
	}
	it.it.Close()
	if it.own.w != nil {
		it.own, it.mine, it.began = bufferCursor{}, false, false
	}
	pool := it.pool
	it.t, it.count, it.r = nil, nil, kv.Range{}
	pool.Put(it)
}

// A range in which there is little is deleted key by key, so that nothing of it stays in the store's list of ranges.
const fewKeys = 16

// DeleteRange implements kv.Txn.
func (t *Txn) DeleteRange(r kv.Range) error {
	s, err := t.ready(context.Background())
	if err != nil {
		return err
	}
	if s.o.ReadOnly {
		return kv.ErrReadOnly
	}
	if r.End != nil && bytes.Compare(r.Start, r.End) >= 0 {
		return nil
	}
	if s.serial != nil {
		if err := s.db.serial.write(s.serial, r.Start, r.End, true); err != nil {
			return err
		}
	}
	keys, few, err := s.db.engine.Few(r, s.db.engine.VisibleTS(), fewKeys)
	if err != nil {
		return err
	}
	if few {
		keys, few = s.own.few(r, keys)
	}
	if !few {
		s.own.deleteRange(kv.Range{Start: bytes.Clone(r.Start), End: bytes.Clone(r.End)})
		return nil
	}
	for _, k := range keys {
		value, n, err := s.own.find(engine.Hash(k), k, s.own.len())
		if err != nil {
			return err
		}
		if n >= 0 && value == nil {
			continue
		}
		if err := s.own.put(k, nil, true, s.iterating()); err != nil {
			return err
		}
	}
	return nil
}
