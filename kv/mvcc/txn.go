package mvcc

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
)

// Txn is a handle on a running transaction. The state behind it is pooled; the handle is not, so that a Rollback after
// the end, as defer leaves it, finds nothing instead of somebody else's transaction.
type Txn struct{ s *txnState }

var (
	_ kv.Txn          = (*Txn)(nil)
	_ engine.Admitter = (*txnState)(nil)
)

// txnState is a transaction. Its owner uses it from one goroutine, except for concurrent reads, which change nothing in
// it but openIters.
type txnState struct {
	db        *DB
	o         kv.TxnOptions
	slot      *slot  // holds the snapshot against the engine's clean-up
	hint      *slot  // the slot of the last transaction that used this state
	readTS    uint64 // the snapshot, if slot is set
	mark      int    // writes below it are visible to Get and Scan
	own       ownWrites
	views     []view      // that PushSnapshot remembers
	nested    []writeSpan // what statements inside the current one wrote
	locker    locker
	hooks     []func(kv.TS)
	commit    engine.Commit
	packed    []byte     // memory for the payload when keys were written twice
	newest    kv.Values  // what locked has read
	hashes    []uint64   // of the keys that lockGroup is given
	inOrder   kv.Entries // memory of lockedInOrder
	iters     *openIters // of the snapshot in slot
	aside     []heldAside
	committed bool
	serial    *serialTxn // under Serializable, unless no anomaly can reach it
	stale     bool       // an AsOf below what the engine keeps
	moves     []move     // that become known with the commit
	usage     *kv.Usage  // of Measure
	noted     *committedMoves
}

func newTxnState(db *DB) *txnState {
	s := &txnState{db: db, iters: new(openIters)}
	s.own = ownWrites{engine: db.engine, limit: db.writeBytes, space: db.space, buf: &writeBuffer{}}
	return s
}

// Begin implements kv.Store.
func (db *DB) Begin(o kv.TxnOptions) kv.Txn {
	s := db.pool.Get().(*txnState)
	if o.AsOf != 0 || db.readOnly {
		o.ReadOnly = true
	}
	s.o = o
	s.locker.owner = o.Owner
	return &Txn{s}
}

// end gives back everything the transaction holds and makes the handle dead.
func (t *Txn) end() {
	s := t.s
	t.s = nil
	if len(s.locker.held) > 0 {
		s.db.locks.release(&s.locker)
	}
	if s.serial != nil {
		s.db.serial.finish(s.serial, s.committed)
		s.serial = nil
	}
	s.dropViews()
	if s.slot != nil {
		s.slot.held.Store(0)
		s.hint, s.slot = s.slot, nil
	}
	if s.noted != nil {
		s.db.moves.tidy(&s.db.snaps, s.noted, s.committed)
		s.noted = nil
	}
	s.moves, s.nested, s.committed, s.usage, s.newest.Usage = nil, s.nested[:0], false, nil, nil
	s.own.reset()
	if len(s.hooks) > 0 {
		clear(s.hooks)
		s.hooks = s.hooks[:0]
	}
	for _, a := range s.aside {
		a.slot.free()
	}
	s.aside = s.aside[:0]
	s.iters.reset()
	s.mark, s.readTS, s.stale = 0, 0, false
	if cap(s.packed) > writeBytesKeep {
		s.packed = nil
	}
	s.inOrder = kv.Entries{}
	s.db.pool.Put(s)
}

// StartStatement implements kv.Txn.
func (t *Txn) StartStatement(ctx context.Context) error {
	s := t.s
	if s == nil {
		return errEnded
	}
	s.mark = s.own.cut()
	if len(s.views) == 0 {
		s.nested = s.nested[:0]
	}
	if s.slot == nil {
		return s.open(ctx)
	}
	if s.o.Isolation == kv.ReadCommitted && s.o.AsOf == 0 {
		s.refresh()
	}
	return nil
}

// view is what reads see: the snapshot with its slot and iterators, and the own writes below a mark.
type view struct {
	readTS uint64
	mark   int
	writes int // there were when it was pushed
	slot   *slot
	iters  *openIters
}

// writeSpan are the own writes with numbers from from on, below to.
type writeSpan struct{ from, to int }

// PushSnapshot implements kv.Txn.
func (t *Txn) PushSnapshot() {
	if s := t.s; s != nil {
		s.views = append(s.views, view{s.readTS, s.mark, s.own.len(), s.slot, s.iters})
	}
}

// PopSnapshot implements kv.Txn.
func (t *Txn) PopSnapshot() {
	s := t.s
	if s == nil || len(s.views) == 0 {
		return
	}
	v := s.views[len(s.views)-1]
	s.views = s.views[:len(s.views)-1]
	s.mark = min(v.mark, s.own.len())
	s.noteNested(v.writes)
	if v.slot == nil || v.slot == s.slot {
		return
	}
	if s.iters.open() {
		s.aside = append(s.aside, heldAside{s.slot, s.iters})
	} else {
		s.slot.free()
	}
	s.slot, s.iters, s.readTS = v.slot, v.iters, v.readTS
}

// noteNested remembers that the writes from number from on are those of a statement inside the current one.
func (s *txnState) noteNested(from int) {
	to := s.own.len()
	if from >= to {
		return
	}
	for len(s.nested) > 0 && s.nested[len(s.nested)-1].to >= from {
		last := s.nested[len(s.nested)-1]
		from, s.nested = min(from, last.from), s.nested[:len(s.nested)-1]
	}
	s.nested = append(s.nested, writeSpan{from, to})
}

// isNested tells whether write n is that of a statement inside the current one.
func (s *txnState) isNested(n int) bool {
	return slices.ContainsFunc(s.nested, func(w writeSpan) bool { return w.from <= n && n < w.to })
}

// dropViews gives back the slots of the views, of which several may share one.
func (s *txnState) dropViews() {
	for i, v := range s.views {
		if v.slot != nil && v.slot != s.slot && (i == 0 || s.views[i-1].slot != v.slot) {
			v.slot.free()
		}
	}
	s.views = s.views[:0]
}

// open takes the first snapshot.
func (s *txnState) open(ctx context.Context) error {
	if s.o.AsOf != 0 {
		return s.openAsOf()
	}
	if s.o.Isolation == kv.Serializable {
		return s.openSerial(ctx)
	}
	visible := s.db.engine.VisibleTS()
	s.slot = s.db.snaps.acquire(s.hint, visible)
	s.settle(visible)
	return nil
}

// settle makes ts, which the slot holds, the snapshot, or a newer one if a commit became visible meanwhile.
func (s *txnState) settle(ts uint64) {
	for {
		now := s.db.engine.VisibleTS()
		if now == ts {
			break
		}
		ts = now
		s.slot.held.Store(ts + 1)
	}
	s.readTS = ts
}

// refresh takes the newest snapshot. Iterators of earlier statements keep theirs: its slot is set aside until they are closed.
func (s *txnState) refresh() {
	ts := s.db.engine.VisibleTS()
	if len(s.aside) > 0 {
		s.aside = slices.DeleteFunc(s.aside, func(a heldAside) bool { return !a.iters.open() && a.slot.free() })
	}
	if ts == s.readTS {
		return
	}
	if n := len(s.views); n > 0 && s.views[n-1].slot == s.slot {
		s.iters = new(openIters) // the view keeps those it has, and the slot
		s.slot = s.db.snaps.acquire(nil, ts)
	} else if s.iters.open() {
		s.aside = append(s.aside, heldAside{s.slot, s.iters})
		s.iters = new(openIters)
		s.slot = s.db.snaps.acquire(nil, ts)
	} else {
		s.slot.held.Store(ts + 1)
	}
	s.settle(ts)
}

// iterating tells whether any iterator of the transaction is open.
func (s *txnState) iterating() bool {
	return s.iters.open() || slices.ContainsFunc(s.aside, func(a heldAside) bool { return a.iters.open() }) ||
		slices.ContainsFunc(s.views, func(v view) bool { return v.iters.open() })
}

// heldAside is a snapshot that only iterators of earlier statements read at.
type heldAside struct {
	slot  *slot
	iters *openIters
}

// free gives the slot back.
func (s *slot) free() bool {
	s.held.Store(0)
	return true
}

func (s *txnState) openAsOf() error {
	ts := uint64(s.o.AsOf)
	if ts > s.db.engine.VisibleTS() {
		ts = s.db.engine.VisibleTS()
	}
	s.slot = s.db.snaps.acquire(s.hint, ts|unproven)
	s.readTS = ts
	if ts < s.db.engine.OldestTS() && !s.db.snaps.proven(ts) {
		s.stale = true
		return kv.ErrSnapshotTooOld
	}
	s.slot.held.Store(ts + 1)
	return nil
}

// openSerial takes a snapshot and enters the transaction among the serializable ones. A deferrable one that only reads waits
// for a snapshot that no anomaly can reach.
func (s *txnState) openSerial(ctx context.Context) error {
	for {
		x := s.db.serial.begin(s.o.ReadOnly, func() uint64 {
			visible := s.db.engine.VisibleTS()
			s.slot = s.db.snaps.acquire(s.hint, visible)
			s.settle(visible)
			return s.readTS
		})
		s.serial = x
		if !s.o.ReadOnly || !s.o.Deferrable {
			return nil
		}
		var err error
		select {
		case <-x.settled:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err == nil && x.safe {
			return nil
		}
		s.db.serial.finish(x, false)
		s.slot.held.Store(0)
		s.hint, s.slot, s.serial = s.slot, nil, nil
		if err != nil {
			return err
		}
	}
}

// noteRead and noteWrite tell the other serializable transactions.
func (s *txnState) noteRead(start, end []byte) error { return s.db.serial.read(s.serial, start, end) }

// DependOn implements kv.Txn.
func (t *Txn) DependOn(ctx context.Context, r kv.Range) error {
	s, err := t.ready(ctx)
	if err != nil || s.serial == nil {
		return err
	}
	return s.noteRead(r.Start, r.End)
}

func (s *txnState) noteWrite(key []byte) error {
	if s.serial == nil {
		return nil
	}
	return s.db.serial.write(s.serial, key, after(key), false)
}

// ready makes sure that there is a snapshot.
func (t *Txn) ready(ctx context.Context) (*txnState, error) {
	s := t.s
	if s == nil {
		return nil, errEnded
	}
	if s.slot == nil {
		if err := s.open(ctx); err != nil {
			return nil, err
		}
	}
	if s.stale {
		return nil, kv.ErrSnapshotTooOld
	}
	return s, nil
}

// ReadTS implements kv.Txn.
func (t *Txn) ReadTS() kv.TS {
	s, err := t.ready(context.Background())
	if err != nil {
		return 0
	}
	return kv.TS(s.readTS)
}

// Get implements kv.Txn.
func (t *Txn) Get(ctx context.Context, keys [][]byte, dst *kv.Values) error {
	s, err := t.ready(ctx)
	if err != nil {
		return err
	}
	dst.Usage = s.usage
	if len(keys) > 1 {
		return s.getMany(ctx, keys, dst)
	}
	for _, key := range keys {
		if err := s.get(engine.Hash(key), key, dst); err != nil {
			return err
		}
	}
	return nil
}

// get reads one key. Own writes of earlier statements come first.
func (s *txnState) get(hash uint64, key []byte, dst *kv.Values) error {
	if s.mark > 0 {
		if value, n, err := s.own.find(hash, key, s.mark); n >= 0 || err != nil {
			dst.Append(value)
			return err
		}
	}
	if s.serial != nil {
		if err := s.noteRead(key, after(key)); err != nil {
			return err
		}
	}
	_, err := s.db.engine.Get(hash, key, s.readTS, dst)
	return err
}

// getMany reads several keys, some at a time, so that their cache misses overlap.
func (s *txnState) getMany(ctx context.Context, keys [][]byte, dst *kv.Values) error {
	var room [16]uint64
	for len(keys) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		hashes := room[:min(len(room), len(keys))]
		for i := range hashes {
			hashes[i] = engine.Hash(keys[i])
		}
		s.db.engine.Warm(hashes)
		for i, hash := range hashes {
			if err := s.get(hash, keys[i], dst); err != nil {
				return err
			}
		}
		keys = keys[len(hashes):]
	}
	return nil
}

// Lock implements kv.Txn.
func (t *Txn) Lock(ctx context.Context, keys [][]byte, o kv.LockOptions, dst *kv.Locked) error {
	s, err := t.ready(ctx)
	if err != nil {
		return err
	}
	if s.o.ReadOnly {
		return kv.ErrReadOnly
	}
	for _, key := range keys {
		if len(key) > keyBytesMax {
			return kv.ErrKeyTooLarge
		}
	}
	if len(keys) >= groupKeys && o.ToWrite && !o.Free && o.Mode.Writes() && o.Wait == kv.Block && s.serial == nil {
		return s.lockGroup(ctx, keys, &o, dst)
	}
	for _, key := range keys {
		hash := engine.Hash(key)
		held := len(s.locker.held)
		busy, err := s.db.locks.lock(ctx, &s.locker, hash, key, &o)
		if err != nil {
			return err
		}
		if busy {
			if dst != nil {
				dst.Append(kv.LockedValue{Skipped: true})
			}
			continue
		}
		if dst == nil && s.o.Isolation == kv.ReadCommitted && s.serial == nil {
			continue // nobody asks what is there, and no newer version would be a conflict
		}
		v, err := s.locked(hash, key, &o)
		if err != nil {
			return err
		}
		if o.Free && v.Value != nil && len(s.locker.held) > held {
			s.db.locks.releaseTo(&s.locker, held)
		}
		if dst != nil {
			dst.Append(v)
		}
	}
	return nil
}

// locked reads the newest state of a key that is locked. The lock was given up, if it was held, after its holder's
// commit became visible, so the newest visible version is the newest.
func (s *txnState) locked(hash uint64, key []byte, o *kv.LockOptions) (kv.LockedValue, error) {
	s.newest.Reset()
	at, err := s.db.engine.Get(hash, key, s.db.engine.VisibleTS(), &s.newest)
	if err != nil {
		return kv.LockedValue{}, err
	}
	value := s.newest.V[0]
	s.newest.V[0] = nil // it would keep its memory
	v := kv.LockedValue{Value: value, Changed: at > s.readTS}
	away := false
	if v.Changed && !o.Claim {
		if v.Moved, away = s.db.moves.find(key, s.readTS); away {
			v.Value = nil
		}
	}
	if v.Changed && o.Mode.Writes() && !o.Claim && s.o.Isolation != kv.ReadCommitted {
		if v.Value == nil && v.Moved == nil {
			return v, kv.ErrConflictDeleted
		}
		return v, kv.ErrConflict
	}
	if away {
		return v, nil // own writes at the key are not of what the snapshot has there
	}
	if s.serial != nil && o.Claim {
		// Whoever has seen that the key is free, or what it held, comes before this transaction.
		if err := s.noteWrite(key); err != nil {
			return v, err
		}
	} else if s.serial != nil && !v.Changed {
		if err := s.noteRead(key, after(key)); err != nil {
			return v, err
		}
	}
	return s.withOwn(v, hash, key, o)
}

// withOwn is the state of a locked key after what the transaction itself has done to it.
func (s *txnState) withOwn(v kv.LockedValue, hash uint64, key []byte, o *kv.LockOptions) (kv.LockedValue, error) {
	value, n, err := s.own.last(hash, key, v.Value != nil)
	if n >= 0 && value == nil && v.Value != nil && o.Claim {
		s.noteGone(key)
	}
	if n >= 0 {
		v.Value, v.Own = value, n >= s.mark
		v.Nested = v.Own && s.isNested(n)
	}
	return v, err
}

// Put implements kv.Txn.
func (t *Txn) Put(key, value []byte) error {
	if err := t.writable(key); err != nil {
		return err
	}
	if len(value) == 0 {
		return errEmpty
	}
	if len(value) > valueBytesMax {
		return kv.ErrTooLarge
	}
	if err := t.s.noteWrite(key); err != nil {
		return err
	}
	t.s.measure(key, value)
	return t.s.own.put(key, value, false, t.s.iterating())
}

// Delete implements kv.Txn.
func (t *Txn) Delete(key []byte) error {
	if err := t.writable(key); err != nil {
		return err
	}
	if err := t.s.noteWrite(key); err != nil {
		return err
	}
	t.s.measure(key, nil)
	return t.s.own.put(key, nil, true, t.s.iterating())
}

func (t *Txn) writable(key []byte) error {
	switch {
	case t.s == nil:
		return errEnded
	case t.s.o.ReadOnly:
		return kv.ErrReadOnly
	case len(key) == 0:
		return errEmpty
	case len(key) > keyBytesMax:
		return kv.ErrKeyTooLarge
	}
	return nil
}

// Savepoint implements kv.Txn.
func (t *Txn) Savepoint() kv.Savepoint {
	if t.s == nil {
		return 0
	}
	t.s.locker.fixed = len(t.s.locker.grouped())
	return kv.Savepoint(len(t.s.locker.held))<<32 | kv.Savepoint(t.s.own.cut())
}

// RollbackTo implements kv.Txn.
func (t *Txn) RollbackTo(p kv.Savepoint) {
	if t.s == nil {
		return
	}
	t.s.own.rollback(int(p&0xffffffff), t.s.iterating())
	t.s.rollbackMoves(int(p & 0xffffffff))
	for n := len(t.s.nested); n > 0 && t.s.nested[n-1].to > t.s.own.len(); n-- {
		t.s.nested[n-1].to = t.s.own.len()
	}
	if held := int(p >> 32); held < len(t.s.locker.held) {
		t.s.db.locks.releaseTo(&t.s.locker, held)
	}
	t.s.mark = min(t.s.mark, t.s.own.len())
}

// BeforeVisible implements kv.Txn.
func (t *Txn) BeforeVisible(f func(kv.TS)) {
	if t.s != nil {
		t.s.hooks = append(t.s.hooks, f)
	}
}

// Commit implements kv.Txn.
func (t *Txn) Commit(ctx context.Context) (kv.TS, error) {
	s := t.s
	if s == nil {
		return 0, errEnded
	}
	defer t.end()
	if s.serial != nil {
		if err := s.db.serial.prepare(s.serial); err != nil {
			return 0, err
		}
	}
	return s.commitWrites(ctx)
}

// commitWrites hands the writes to the engine and waits until they are visible.
func (s *txnState) commitWrites(ctx context.Context) (kv.TS, error) {
	if s.own.len() == 0 {
		s.committed = true
		return kv.TS(s.db.engine.VisibleTS()), nil
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	c := &s.commit
	if err := s.prepare(ctx); err != nil {
		return 0, err
	}
	c.Async, c.Hooks, c.Admit = s.o.Async, s.hooks, s
	ts, err := s.db.engine.Commit(c)
	c.Payload, c.Spills, c.Hooks = nil, nil, nil
	if err != nil {
		return 0, err
	}
	s.committed = true
	return kv.TS(ts), nil
}

// prepare hands the writes to the engine's commit.
func (s *txnState) prepare(ctx context.Context) error {
	c := &s.commit
	c.Ranges = len(s.own.spans) > 0
	if len(s.own.spills) > 0 {
		if err := s.own.join(ctx); err != nil {
			return err
		}
	}
	if c.Spills = s.own.spills; len(c.Spills) > 0 {
		c.Payload, c.Entries = s.own.deletedRanges(nil), 0
		return nil
	}
	c.Payload, c.Entries = s.own.payload(s.packed)
	if !s.own.asWritten() {
		s.packed = c.Payload
	}
	return nil
}

// AdmitCommit implements engine.Admitter: it learns the timestamp of the commit before anybody can see it.
func (s *txnState) AdmitCommit(ts uint64) error {
	if s.serial != nil {
		s.db.serial.committing(s.serial, ts)
	}
	if len(s.moves) > 0 {
		s.noted = &committedMoves{ts: ts, list: s.moves}
		s.db.moves.add(s.noted)
	}
	return nil
}

// Rollback implements kv.Txn.
func (t *Txn) Rollback() {
	if t.s != nil {
		t.end()
	}
}
