package mvcc

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
)

// Written implements kv.Txn.
func (t *Txn) Written(ctx context.Context, key []byte) (ts kv.TS, own bool, err error) {
	s, err := t.ready(ctx)
	if err != nil {
		return 0, false, err
	}
	hash := engine.Hash(key)
	if s.mark > 0 {
		if _, n, err := s.own.find(hash, key, s.mark); n >= 0 || err != nil {
			return 0, true, err
		}
	}
	var value kv.Values
	newest, err := s.db.engine.Get(hash, key, s.db.engine.VisibleTS(), &value)
	if err != nil || newest <= s.readTS || s.o.Isolation == kv.ReadCommitted && s.writeLocked(hash, key) {
		return kv.TS(newest), false, err
	}
	value.Reset()
	seen, err := s.db.engine.Get(hash, key, s.readTS, &value)
	return kv.TS(seen), false, err
}

// writeLocked tells whether the transaction holds a lock that lets it write key.
func (s *txnState) writeLocked(hash uint64, key []byte) bool {
	if _, ok := s.locker.inGroup(hash); ok {
		return true
	}
	return slices.ContainsFunc(s.locker.held, func(h heldLock) bool {
		return h.k != nil && h.k.hash == hash && string(h.k.key) == string(key) && h.k.owner == &s.locker
	})
}
