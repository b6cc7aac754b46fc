package mvcc

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lightsql/lightsql/kv"
)

// lockTable holds the key locks of all transactions, in shards chosen by the key's hash.
//
//	shard ─► bucket ─► keyLock ─► keyLock
//	                   │  owner (may write), sharers
//	                   └─ queue of waiters, first in first out
//
// A request is granted at once if it conflicts with no holder and, if it is to write, with nobody who waits; otherwise it
// queues. (Those who share overtake writers that wait, as in PostgreSQL: else two who share and then upgrade would lock up
// those between.) An upgrade
// to a stronger mode goes to the front of the queue, for those behind it wait for it anyway. The one who releases
// grants to the front of the queue, so a lock is never free while somebody waits for it. Deadlocks are looked for by
// whoever is about to sleep (deadlock.go).
type lockTable struct {
	shards   [lockShards]lockShard
	detector sync.Mutex
	groups   groups

	sleepers sync.Mutex
	waiting  map[kv.Owner]*locker // those with an owner that sleep
}

const lockShards = 64

type lockShard struct {
	mu      sync.Mutex
	buckets []*keyLock
	count   int
	free    *keyLock
	nfree   int
	_       [8]byte
}

// keyLock is the lock of one key. All fields are guarded by the shard's mutex.
type keyLock struct {
	next   *keyLock
	hash   uint64
	key    []byte
	owner  *locker // holds it in a mode that Writes
	mode   kv.LockMode
	shared []sharer // other holders
	front  *waiter
	back   *waiter
	shard  *lockShard
}

// sharer holds a lock in a mode that does not write. The owner is not among the sharers.
type sharer struct {
	l    *locker
	mode kv.LockMode
}

// heldLock is one step in what a transaction holds: a lock, or its upgrade from the mode before. Without a lock it is the place of a
// lockGroup.
type heldLock struct {
	k       *keyLock
	upgrade bool
	before  kv.LockMode
}

// strength orders the modes.
var strength = [...]int8{kv.KeyShared: 0, kv.Shared: 1, kv.NoKeyExclusive: 2, kv.Exclusive: 3}

// conflict reports whether two transactions cannot hold a lock in these modes.
func conflict(a, b kv.LockMode) bool { return strength[a]+strength[b] >= 3 }

// locker is a transaction as the lock table sees it.
type locker struct {
	owner   kv.Owner
	held    []heldLock
	groups  atomic.Pointer[[]*lockGroup]
	fixed   int                     // how many of the groups are not merged any more
	waiting atomic.Pointer[keyLock] // the lock it sleeps for
	waits   uint64                  // how often it has begun to; guarded by the shard of that lock while it does
	wait    waiter                  // it waits for one lock at a time
}

type waiter struct {
	next    *waiter
	l       *locker
	mode    kv.LockMode
	upgrade bool // holds it shared
	granted bool
	wake    chan struct{}
}

const (
	locksKeep    = 1024 // free locks a shard keeps
	lockKeyKeep  = 256  // and the largest key buffer in them
	heldKeep     = 4096
	bucketsFirst = 16
)

// outcome of a request that did not sleep or fail.
type outcome uint8

const (
	lockNew   outcome = iota // granted now
	lockHeld                 // held before
	lockBusy                 // conflict: somebody has it
	lockQueue                // in the queue
)

// lock locks key for l. busy is true if the policy is SkipLocked and somebody else has it.
func (t *lockTable) lock(ctx context.Context, l *locker, hash uint64, key []byte, o *kv.LockOptions) (busy bool, err error) {
	s := &t.shards[hash>>58%lockShards]
	s.mu.Lock()
	k := s.peek(hash, key)
	if k == nil {
		k = t.make(s, hash, key)
	}
	res := s.request(k, l, o)
	s.mu.Unlock()
	switch res {
	case lockNew, lockHeld:
		return false, nil
	case lockBusy:
		if o.Wait == kv.SkipLocked {
			return true, nil
		}
		return false, kv.ErrLocked
	}
	return false, t.sleep(ctx, s, k, l, o)
}

// request grants the lock, or queues l for it if the policy is to wait. The caller holds s.mu.
func (s *lockShard) request(k *keyLock, l *locker, o *kv.LockOptions) outcome {
	before, upgrade := k.holds(l)
	if upgrade && strength[before] >= strength[o.Mode] {
		return lockHeld
	}
	if k.grantable(l, o.Mode) && (k.front == nil || upgrade || !o.Mode.Writes() || !k.queued(o.Mode)) {
		k.grant(l, o.Mode)
		return lockNew
	}
	if o.Wait != kv.Block {
		s.drop(k)
		return lockBusy
	}
	w := &l.wait
	if w.wake == nil {
		w.wake = make(chan struct{}, 1)
	}
	w.l, w.mode, w.upgrade, w.granted, w.next = l, o.Mode, upgrade, false, nil
	k.enqueue(w)
	l.waits++
	l.waiting.Store(k)
	return lockQueue
}

// holds is the mode in which l holds the lock.
func (k *keyLock) holds(l *locker) (kv.LockMode, bool) {
	if k.owner == l {
		return k.mode, true
	}
	for i := range k.shared {
		if k.shared[i].l == l {
			return k.shared[i].mode, true
		}
	}
	return 0, false
}

// queued reports whether somebody waits for a mode that conflicts with mode.
func (k *keyLock) queued(mode kv.LockMode) bool {
	for w := k.front; w != nil; w = w.next {
		if conflict(w.mode, mode) {
			return true
		}
	}
	return false
}

// grantable tells whether no holder stands against l.
func (k *keyLock) grantable(l *locker, mode kv.LockMode) bool {
	if k.owner != nil && k.owner != l && conflict(k.mode, mode) {
		return false
	}
	for i := range k.shared {
		if k.shared[i].l != l && conflict(k.shared[i].mode, mode) {
			return false
		}
	}
	return true
}

func (k *keyLock) grant(l *locker, mode kv.LockMode) {
	before, upgrade := k.holds(l)
	if upgrade {
		k.leave(l)
	}
	k.hold(l, mode)
	l.held = append(l.held, heldLock{k, upgrade, before})
}

func (k *keyLock) hold(l *locker, mode kv.LockMode) {
	if mode.Writes() {
		k.owner, k.mode = l, mode
	} else {
		k.shared = append(k.shared, sharer{l, mode})
	}
}

// enqueue puts w at the end of the queue, or an upgrade behind the upgrades at its front.
func (k *keyLock) enqueue(w *waiter) {
	if !w.upgrade || k.front == nil {
		if k.back == nil {
			k.front = w
		} else {
			k.back.next = w
		}
		k.back = w
		return
	}
	link := &k.front
	for *link != nil && (*link).upgrade {
		link = &(*link).next
	}
	w.next = *link
	*link = w
	if w.next == nil {
		k.back = w
	}
}

func (k *keyLock) dequeue(w *waiter) {
	var before *waiter
	for x := k.front; x != nil; before, x = x, x.next {
		if x != w {
			continue
		}
		if before == nil {
			k.front = w.next
		} else {
			before.next = w.next
		}
		if k.back == w {
			k.back = before
		}
		w.next = nil
		return
	}
}

// promote grants the lock to whoever is at the front of the queue and can have it. The caller holds the shard's mutex.
func (k *keyLock) promote() {
	for w := k.front; w != nil && k.grantable(w.l, w.mode); w = k.front {
		k.front = w.next
		if k.front == nil {
			k.back = nil
		}
		w.next = nil
		// The sleeper's list of held locks is its own, but it sleeps and takes the shard's mutex before it reads on.
		k.grant(w.l, w.mode)
		w.granted = true
		w.l.waiting.Store(nil)
		w.wake <- struct{}{}
	}
}

// sleep waits until the queued request is granted, or takes it back.
func (t *lockTable) sleep(ctx context.Context, s *lockShard, k *keyLock, l *locker, o *kv.LockOptions) error {
	timeout, search := o.Timeout, time.Duration(0)
	if l.owner != nil {
		t.fallAsleep(l)
		defer t.wakeUp(l)
		var limit time.Duration
		limit, search = l.owner.LockWait(k.key)
		if timeout == 0 {
			timeout = limit
		}
		defer l.owner.LockDone()
	}
	err := error(nil)
	if search <= 0 && t.deadlock(l) {
		err = kv.ErrDeadlock
	} else {
		err = t.await(ctx, l, timeout, search)
	}
	if err == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.wait.granted {
		<-l.wait.wake
		return nil // granted at the last moment; the lock is held, and a cancelled context shows at the next call
	}
	k.dequeue(&l.wait)
	l.waiting.Store(nil)
	k.promote() // those behind may have waited for this request only
	s.drop(k)
	return err
}

// await waits until l is woken; after search, if positive, it looks for a deadlock.
func (t *lockTable) await(ctx context.Context, l *locker, timeout, search time.Duration) error {
	if search <= 0 {
		return l.wait.sleep(ctx, timeout)
	}
	began := time.Now()
	first := search
	if timeout > 0 {
		first = min(first, timeout)
	}
	err := l.wait.sleep(ctx, first)
	if err != kv.ErrLockTimeout || first < search {
		return err
	}
	if t.deadlock(l) {
		return kv.ErrDeadlock
	}
	if timeout > 0 {
		if timeout -= time.Since(began); timeout <= 0 {
			return kv.ErrLockTimeout
		}
	}
	return l.wait.sleep(ctx, timeout)
}

func (t *lockTable) fallAsleep(l *locker) {
	t.sleepers.Lock()
	if t.waiting == nil {
		t.waiting = map[kv.Owner]*locker{}
	}
	t.waiting[l.owner] = l
	t.sleepers.Unlock()
}

func (t *lockTable) wakeUp(l *locker) {
	t.sleepers.Lock()
	delete(t.waiting, l.owner)
	t.sleepers.Unlock()
}

func (w *waiter) sleep(ctx context.Context, timeout time.Duration) error {
	var expired <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case <-w.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-expired:
		return kv.ErrLockTimeout
	}
}

// release gives up all locks of l.
func (t *lockTable) release(l *locker) {
	t.leaveAll(l)
	for i := range l.held {
		if h := &l.held[i]; !h.upgrade && h.k != nil {
			h.k.give(l, nil)
		}
	}
	if cap(l.held) > heldKeep {
		l.held = nil
		return
	}
	clear(l.held)
	l.held = l.held[:0]
}

// releaseTo undoes the steps of l after the first n.
func (t *lockTable) releaseTo(l *locker, n int) {
	for i := len(l.held) - 1; i >= n; i-- {
		h := &l.held[i]
		switch {
		case h.k == nil:
		case h.upgrade:
			h.k.give(l, &h.before)
		default:
			h.k.give(l, nil)
		}
	}
	clear(l.held[n:])
	l.held = l.held[:n]
	t.leaveTo(l, n)
}

// give takes the lock away from l, but for mode keep, and passes it on.
func (k *keyLock) give(l *locker, keep *kv.LockMode) {
	s := k.shard
	s.mu.Lock()
	k.leave(l)
	if keep != nil {
		k.hold(l, *keep)
	}
	if k.front != nil {
		k.promote()
	}
	s.drop(k)
	s.mu.Unlock()
}

// leave takes l out of the holders.
func (k *keyLock) leave(l *locker) {
	if k.owner == l {
		k.owner = nil
		return
	}
	for i := range k.shared {
		if k.shared[i].l == l {
			n := len(k.shared) - 1
			k.shared[i] = k.shared[n]
			k.shared[n] = sharer{}
			k.shared = k.shared[:n]
			return
		}
	}
}

// peek returns the lock of key, nil if there is none. The caller holds s.mu.
func (s *lockShard) peek(hash uint64, key []byte) *keyLock {
	if s.count == 0 {
		return nil
	}
	for k := s.buckets[hash&uint64(len(s.buckets)-1)]; k != nil; k = k.next {
		if k.hash == hash && bytes.Equal(k.key, key) {
			return k
		}
	}
	return nil
}

// make adds a lock for a key that has none. The caller holds s.mu.
func (s *lockShard) make(hash uint64, key []byte) *keyLock {
	if s.count >= len(s.buckets) {
		s.grow()
	}
	b := &s.buckets[hash&uint64(len(s.buckets)-1)]
	k := s.free
	if k != nil {
		s.free = k.next
		s.nfree--
	} else {
		k = &keyLock{shard: s}
	}
	k.hash, k.key, k.next = hash, append(k.key[:0], key...), *b
	*b = k
	s.count++
	return k
}

func (s *lockShard) grow() {
	old := s.buckets
	s.buckets = make([]*keyLock, max(bucketsFirst, 2*len(old)))
	for _, k := range old {
		for k != nil {
			next := k.next
			b := &s.buckets[k.hash&uint64(len(s.buckets)-1)]
			k.next, *b = *b, k
			k = next
		}
	}
}

// drop forgets k if nobody holds it or waits for it. The caller holds s.mu.
func (s *lockShard) drop(k *keyLock) {
	if k.owner != nil || len(k.shared) > 0 || k.front != nil {
		return
	}
	link := &s.buckets[k.hash&uint64(len(s.buckets)-1)]
	for *link != k {
		link = &(*link).next
	}
	*link = k.next
	s.count--
	if s.nfree < locksKeep && cap(k.key) <= lockKeyKeep {
		k.next = s.free
		s.free = k
		s.nfree++
	} else if s.count == 0 && len(s.buckets) > locksKeep {
		s.buckets = nil // a large transaction is over
	}
}

// disown makes l, which holds locks but waits for none, nobody's. Its owner is read under the mutex of any shard that has a lock of it.
func (t *lockTable) disown(l *locker) {
	for i := range t.shards {
		t.shards[i].mu.Lock()
	}
	l.owner = nil
	for i := range t.shards {
		t.shards[i].mu.Unlock()
	}
}
