package mvcc

import (
	"bytes"
	"context"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
)

// lockGroup is Lock of many keys that are going to be written.
func (s *txnState) lockGroup(ctx context.Context, keys [][]byte, o *kv.LockOptions, dst *kv.Locked) error {
	s.hashes = s.hashes[:0]
	for _, key := range keys {
		s.hashes = append(s.hashes, engine.Hash(key))
	}
	if err := s.db.locks.lockGroup(ctx, &s.locker, s.hashes, keys, o); err != nil {
		return err
	}
	if dst == nil && s.o.Isolation == kv.ReadCommitted {
		return nil
	}
	if s.db.engine.VisibleTS() == s.readTS { // nothing has been committed since the snapshot: what it shows is the newest
		for from := 0; from < len(keys); {
			to := from + 1
			for to < len(keys) && bytes.Compare(keys[to-1], keys[to]) < 0 {
				to++
			}
			done, err := s.lockedInOrder(ctx, s.hashes[from:to], keys[from:to], o, dst)
			if err != nil {
				return err
			}
			if err := s.lockedOneByOne(s.hashes[from+done:to], keys[from+done:to], o, dst); err != nil {
				return err
			}
			from = to
		}
		return nil
	}
	return s.lockedOneByOne(s.hashes, keys, o, dst)
}

func (s *txnState) lockedOneByOne(hashes []uint64, keys [][]byte, o *kv.LockOptions, dst *kv.Locked) error {
	for i, key := range keys {
		v, err := s.locked(hashes[i], key, o)
		if err != nil {
			return err
		}
		if dst != nil {
			dst.Append(v)
		}
	}
	return nil
}

// inOrderMin is how many keys pay for an iterator.
const inOrderMin = 32

// lockedInOrder reads the state of locked keys, which ascend, by going through the store once. It gives up where there is
// too much between them, and returns how many keys it has done.
func (s *txnState) lockedInOrder(ctx context.Context, hashes []uint64, keys [][]byte, o *kv.LockOptions, dst *kv.Locked) (done int, err error) {
	if len(keys) < inOrderMin || dst == nil {
		return 0, nil
	}
	it := s.db.iters.Get().(*iterState)
	defer func() {
		it.it.Close()
		s.db.iters.Put(it)
	}()
	it.it.Usage = s.usage
	it.it.Open(s.db.engine, kv.Range{Start: keys[0], End: after(keys[len(keys)-1])}, s.readTS, false, nil)
	var at int // of the next entry in b
	b := &s.inOrder
	b.Reset()
	touched := s.own.touch(keys[0], keys[len(keys)-1])
	passed, more := 0, true
	for i, key := range keys {
		var v kv.LockedValue
		for more {
			if at == b.Len() {
				b.Reset()
				at = 0
				if err := it.it.Fill(b, len(keys), false); err != nil {
					return i, err
				}
				if more = b.Len() > 0; !more {
					break
				}
			}
			order := bytes.Compare(b.K[at], key)
			if order > 0 {
				break
			}
			at++
			if order == 0 {
				v.Value = b.V[at-1]
				break
			}
			if passed++; passed > 4*len(keys) {
				return i, nil
			}
		}
		if touched {
			if v, err = s.withOwn(v, hashes[i], key, o); err != nil {
				return i, err
			}
		}
		dst.Append(v)
	}
	return len(keys), ctx.Err()
}
