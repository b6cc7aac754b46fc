package mvcc

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
)

// prepared are the transactions that wait for a decision, by name. Each has an entry in the store under preparedPrefix, which its
// commit deletes in the same write:
//
//	prefix name ─► format │ note │ locks: mode, key … │ payload of the log
//
// When the store is opened, the entries become transactions again, with their locks.
type prepared struct {
	mu   sync.Mutex
	txns map[string]*preparedTxn
}

type preparedTxn struct {
	tx        *Txn
	note      []byte
	recovered bool
	deciding  bool // somebody commits or rolls back
}

// preparedPrefix begins the keys of the entries. Users of the store keep away from it.
var preparedPrefix = []byte("\x00prepared\x00")

const preparedFormat = 1

var _ kv.Preparer = (*DB)(nil)

func preparedKey(name string) []byte { return append(bytes.Clone(preparedPrefix), name...) }

// Prepare implements kv.Preparer.
func (db *DB) Prepare(ctx context.Context, tx kv.Txn, name string, note []byte) error {
	t, ok := tx.(*Txn)
	if !ok || t.s == nil {
		return errEnded
	}
	s := t.s
	if len(s.own.spills) > 0 {
		return fmt.Errorf("%w to be prepared", kv.ErrTooLarge)
	}
	if s.serial != nil {
		if err := db.serial.prepare(s.serial); err != nil {
			return err
		}
	}
	if err := db.claim(name); err != nil {
		return err
	}
	if err := db.writeEntry(ctx, preparedKey(name), s.record(note)); err != nil {
		db.forget(name)
		return err
	}
	s.releaseSnapshot()
	db.locks.disown(&s.locker)
	own := &Txn{s: s}
	t.s = nil
	db.prepared.mu.Lock()
	*db.prepared.txns[name] = preparedTxn{tx: own, note: bytes.Clone(note)}
	db.prepared.mu.Unlock()
	return nil
}

// claim takes a name.
func (db *DB) claim(name string) error {
	db.prepared.mu.Lock()
	defer db.prepared.mu.Unlock()
	if db.prepared.txns[name] != nil {
		return kv.ErrPreparedExists
	}
	if db.prepared.txns == nil {
		db.prepared.txns = map[string]*preparedTxn{}
	}
	db.prepared.txns[name] = &preparedTxn{deciding: true}
	return nil
}

func (db *DB) forget(name string) {
	db.prepared.mu.Lock()
	delete(db.prepared.txns, name)
	db.prepared.mu.Unlock()
}

// writeEntry sets or, without a value, deletes a key durably.
func (db *DB) writeEntry(ctx context.Context, key, value []byte) error {
	tx := db.Begin(kv.TxnOptions{})
	defer tx.Rollback()
	var err error
	if value == nil {
		err = tx.Delete(key)
	} else {
		err = tx.Put(key, value)
	}
	if err != nil {
		return err
	}
	_, err = tx.Commit(ctx)
	return err
}

// record is the entry of a transaction.
func (s *txnState) record(note []byte) []byte {
	b := binary.AppendUvarint([]byte{preparedFormat}, uint64(len(note)))
	b = append(b, note...)
	locks := s.locks()
	b = binary.AppendUvarint(b, uint64(len(locks)))
	for _, l := range locks {
		b = binary.AppendUvarint(append(b, byte(l.Mode)), uint64(len(l.Key)))
		b = append(b, l.Key...)
	}
	payload, _ := s.own.payload(nil)
	return append(b, payload...)
}

// locks lists what the transaction holds; of groups of keys, those that it has written.
func (s *txnState) locks() []kv.KeyLock {
	var out []kv.KeyLock
	if len(s.locker.grouped()) > 0 {
		_ = s.eachWrite(func(key, _ []byte) error {
			if mode, ok := s.locker.inGroup(engine.Hash(key)); ok {
				out = append(out, kv.KeyLock{Key: bytes.Clone(key), Mode: mode, Granted: true})
			}
			return nil
		})
	}
	for i := range s.locker.held {
		h := &s.locker.held[i]
		if h.upgrade || h.k == nil {
			continue
		}
		k := h.k
		k.shard.mu.Lock()
		mode, ok := k.holds(&s.locker)
		key := bytes.Clone(k.key)
		k.shard.mu.Unlock()
		if ok {
			out = append(out, kv.KeyLock{Key: key, Mode: mode, Granted: true})
		}
	}
	return out
}

// releaseSnapshot gives up what only reads need.
func (s *txnState) releaseSnapshot() {
	s.iters.reset()
	for _, a := range s.aside {
		a.slot.free()
	}
	s.aside = s.aside[:0]
	if s.slot != nil {
		s.slot.held.Store(0)
		s.hint, s.slot = s.slot, nil
	}
}

// Prepared implements kv.Preparer.
func (db *DB) Prepared() []kv.Prepared {
	db.prepared.mu.Lock()
	defer db.prepared.mu.Unlock()
	var out []kv.Prepared
	for name, p := range db.prepared.txns {
		if p.tx == nil {
			continue
		}
		v := kv.Prepared{Name: name, Note: p.note, Recovered: p.recovered}
		if p.recovered {
			v.Writes, v.BeforeVisible = p.tx.s.eachWrite, p.tx.BeforeVisible
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b kv.Prepared) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (s *txnState) eachWrite(f func(key, value []byte) error) error {
	payload, _ := s.own.payload(nil)
	return engine.EachEntry(payload, func(e engine.Entry) error {
		if e.Range {
			return nil
		}
		return f(e.Key, e.Value)
	})
}

// decide takes a prepared transaction for whoever decides about it.
func (db *DB) decide(name string) (*preparedTxn, error) {
	db.prepared.mu.Lock()
	defer db.prepared.mu.Unlock()
	p := db.prepared.txns[name]
	if p == nil || p.deciding {
		return nil, kv.ErrPreparedMissing
	}
	p.deciding = true
	return p, nil
}

// decided ends a decision: the transaction is gone, or as before.
func (db *DB) decided(name string, p *preparedTxn, gone bool) {
	db.prepared.mu.Lock()
	if gone {
		delete(db.prepared.txns, name)
	} else {
		p.deciding = false
	}
	db.prepared.mu.Unlock()
}

// CommitPrepared implements kv.Preparer.
func (db *DB) CommitPrepared(ctx context.Context, name string) (kv.TS, error) {
	p, err := db.decide(name)
	if err != nil {
		return 0, err
	}
	s := p.tx.s
	before := s.own.len()
	if err := s.own.put(preparedKey(name), nil, true, false); err != nil {
		db.decided(name, p, false)
		return 0, err
	}
	s.o.Async = false
	ts, err := s.commitWrites(ctx)
	if err != nil && !errors.Is(err, kv.ErrUndetermined) {
		s.own.rollback(before, false)
		db.decided(name, p, false)
		return 0, err
	}
	p.tx.end()
	db.decided(name, p, true)
	return ts, err
}

// RollbackPrepared implements kv.Preparer.
func (db *DB) RollbackPrepared(ctx context.Context, name string) error {
	p, err := db.decide(name)
	if err != nil {
		return err
	}
	err = db.writeEntry(ctx, preparedKey(name), nil)
	if err != nil && !errors.Is(err, kv.ErrUndetermined) {
		db.decided(name, p, false)
		return err
	}
	p.tx.end()
	db.decided(name, p, true)
	return err
}

// recoverPrepared makes the entries of prepared transactions transactions again.
func (db *DB) recoverPrepared(ctx context.Context) error {
	tx := db.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	end := bytes.Clone(preparedPrefix)
	end[len(end)-1]++
	it, err := tx.Scan(ctx, kv.Range{Start: preparedPrefix, End: end}, kv.ScanOptions{})
	if err != nil {
		return err
	}
	defer it.Close()
	var es kv.Entries
	for {
		if err := it.Next(ctx, &es, 16); err != nil || es.Len() == 0 {
			return err
		}
		for i, k := range es.K {
			name := string(k[len(preparedPrefix):])
			p, err := db.recoverOne(ctx, es.V[i])
			if err != nil {
				return fmt.Errorf("prepared transaction %q: %w", name, err)
			}
			if err := db.claim(name); err != nil {
				return err
			}
			*db.prepared.txns[name] = *p
		}
	}
}

func (db *DB) recoverOne(ctx context.Context, b []byte) (*preparedTxn, error) {
	r := recordReader{b: b}
	if format := r.take(1); len(format) == 0 || format[0] != preparedFormat {
		return nil, fmt.Errorf("%w: unknown format of the entry", kv.ErrCorrupt)
	}
	p := &preparedTxn{recovered: true, note: bytes.Clone(r.bytes())}
	p.tx = db.Begin(kv.TxnOptions{}).(*Txn)
	s := p.tx.s
	for range r.uvarint() {
		mode, key := r.take(1), r.bytes()
		if r.bad || mode[0] > byte(kv.KeyShared) {
			return nil, fmt.Errorf("%w: bad lock in the entry", kv.ErrCorrupt)
		}
		o := kv.LockOptions{Mode: kv.LockMode(mode[0]), Wait: kv.NoWait}
		if _, err := db.locks.lock(ctx, &s.locker, engine.Hash(key), bytes.Clone(key), &o); err != nil {
			return nil, err
		}
	}
	if r.bad {
		return nil, fmt.Errorf("%w: bad entry", kv.ErrCorrupt)
	}
	err := engine.EachEntry(r.b, func(e engine.Entry) error {
		if e.Range {
			s.own.deleteRange(kv.Range{Start: bytes.Clone(e.Key), End: bytes.Clone(e.Value)})
			return nil
		}
		return s.own.put(e.Key, e.Value, e.Value == nil, false)
	})
	return p, err
}

// recordReader reads an entry; bad is set at its first fault.
type recordReader struct {
	b   []byte
	bad bool
}

func (r *recordReader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return make([]byte, min(n, 1))
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *recordReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *recordReader) bytes() []byte { return r.take(r.uvarint()) }
