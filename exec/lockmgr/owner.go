package lockmgr

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Owner is one session's locks. Its methods are called by one goroutine at a time.
type Owner struct {
	m   *Manager
	pid int32

	// held are all locks with their counts; order are those of the transaction, in the order in which they were taken.
	held  []holding
	order []taken

	mu   sync.Mutex
	weak []weakLock // granted without the shared table

	wait *request // guarded by Manager.mu
}

type weakLock struct {
	tag  Tag
	mode Mode
}

type taken struct {
	tag  Tag
	mode Mode
}

// holding is one lock in one mode, with how often it was taken.
type holding struct {
	tag          Tag
	mode         Mode
	txn, session int
}

// Options of Lock.
type Options struct {
	Session bool // until Unlock or Close, whatever becomes of the transaction
	NoWait  bool // ErrNotAvailable instead of waiting
	// Timeout bounds the wait; 0 is no bound. Search is how long to wait before the search for a deadlock.
	Timeout, Search time.Duration
	// Waiting, if set, is called before and after a wait.
	Waiting func(bool)
}

func (o *Owner) find(tag Tag, mode Mode) int {
	for i := range o.held {
		if o.held[i].tag == tag && o.held[i].mode == mode {
			return i
		}
	}
	return -1
}

// Lock takes a lock, waiting for it if need be. waited tells that others had it in between.
func (o *Owner) Lock(ctx context.Context, tag Tag, mode Mode, opt Options) (waited bool, err error) {
	i := o.find(tag, mode)
	if i < 0 {
		if waited, err = o.acquire(ctx, tag, mode, opt); err != nil {
			return waited, err
		}
		o.held = append(o.held, holding{tag: tag, mode: mode})
		i = len(o.held) - 1
	}
	if opt.Session {
		o.held[i].session++
		return waited, nil
	}
	if tag.Class == ClassRelation && o.held[i].txn > 0 {
		return waited, nil // once is enough: relations are unlocked at the end only
	}
	o.held[i].txn++
	o.order = append(o.order, taken{tag, mode})
	return waited, nil
}

// TakeWeak takes a weak lock of a relation for the transaction if nobody holds or wants a strong one. It never waits.
func (o *Owner) TakeWeak(tag Tag, mode Mode) bool {
	i := o.find(tag, mode)
	if i >= 0 && o.held[i].txn > 0 {
		return true
	}
	if i >= 0 || !o.acquireWeak(tag, mode) {
		return false
	}
	o.held = append(o.held, holding{tag: tag, mode: mode, txn: 1})
	o.order = append(o.order, taken{tag, mode})
	return true
}

// acquire makes the lock granted to o.
func (o *Owner) acquire(ctx context.Context, tag Tag, mode Mode, opt Options) (bool, error) {
	if tag.Class == ClassRelation {
		if mode.weak() {
			if o.acquireWeak(tag, mode) {
				return false, nil
			}
		} else {
			o.m.strong[tag.slot()].Add(1)
		}
	}
	waited, err := o.acquireShared(ctx, tag, mode, opt)
	if err != nil && tag.Class == ClassRelation && !mode.weak() {
		o.m.strong[tag.slot()].Add(-1)
	}
	return waited, err
}

// acquireWeak notes a weak lock in the owner's list, unless a strong one may be about. The counter is read while the list is
// locked: whoever announces a strong lock afterwards finds the note.
func (o *Owner) acquireWeak(tag Tag, mode Mode) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.m.strong[tag.slot()].Load() != 0 {
		return false
	}
	o.weak = append(o.weak, weakLock{tag, mode})
	return true
}

func (o *Owner) acquireShared(ctx context.Context, tag Tag, mode Mode, opt Options) (bool, error) {
	m := o.m
	m.mu.Lock()
	if tag.Class == ClassRelation && !mode.weak() {
		m.gather(tag)
	}
	l := m.find(tag)
	at, now := l.place(o, mode)
	if now {
		l.grant(o, mode)
		m.mu.Unlock()
		return false, nil
	}
	if opt.NoWait {
		m.wake(l) // forgets it if it is new
		m.mu.Unlock()
		return false, ErrNotAvailable
	}
	r := &request{owner: o, lock: l, mode: mode, granted: make(chan struct{})}
	l.queue = slices.Insert(l.queue, at, r)
	o.wait = r
	m.mu.Unlock()
	if opt.Waiting != nil {
		opt.Waiting(true)
		defer opt.Waiting(false)
	}
	return true, o.sleep(ctx, r, opt)
}

// sleep waits until r is granted, or takes it back.
func (o *Owner) sleep(ctx context.Context, r *request, opt Options) error {
	var expired <-chan time.Time
	if opt.Timeout > 0 {
		t := time.NewTimer(opt.Timeout)
		defer t.Stop()
		expired = t.C
	}
	search := time.NewTimer(opt.Search)
	defer search.Stop()
	for {
		var err error
		select {
		case <-r.granted:
			return nil
		case <-ctx.Done():
			err = ctx.Err()
		case <-expired:
			err = ErrTimeout
		case <-search.C:
			if err = o.m.deadlock(r); err != nil {
				return err
			}
			continue
		}
		m := o.m
		m.mu.Lock()
		defer m.mu.Unlock()
		if o.wait != r {
			return nil // granted at the last moment
		}
		m.cancel(r)
		return err
	}
}

// cancel takes a request out of its queue.
func (m *Manager) cancel(r *request) {
	r.owner.wait = nil
	same := func(x *request) bool { return x == r }
	r.lock.queue, r.lock.awaited = slices.DeleteFunc(r.lock.queue, same), slices.DeleteFunc(r.lock.awaited, same)
	m.wake(r.lock)
}

// release gives up a lock that o holds.
func (o *Owner) release(tag Tag, mode Mode) {
	if tag.Class == ClassRelation && mode.weak() {
		o.mu.Lock()
		for i, w := range o.weak {
			if w.tag == tag && w.mode == mode {
				o.weak = slices.Delete(o.weak, i, i+1)
				o.mu.Unlock()
				return
			}
		}
		o.mu.Unlock()
	}
	m := o.m
	m.mu.Lock()
	if l := m.locks[tag]; l != nil {
		m.revoke(l, o, mode)
	}
	m.mu.Unlock()
	if tag.Class == ClassRelation && !mode.weak() {
		m.strong[tag.slot()].Add(-1)
	}
}

// drop forgets the i-th holding if nothing is left of it.
func (o *Owner) drop(i int) {
	h := o.held[i]
	if h.txn > 0 || h.session > 0 {
		return
	}
	o.release(h.tag, h.mode)
	last := len(o.held) - 1
	o.held[i] = o.held[last]
	o.held = o.held[:last]
}

// Unlock gives up one lock of the session; it is false if the session does not hold it.
func (o *Owner) Unlock(tag Tag, mode Mode) bool {
	i := o.find(tag, mode)
	if i < 0 || o.held[i].session == 0 {
		return false
	}
	o.held[i].session--
	o.drop(i)
	return true
}

// UnlockSession gives up all locks of the session.
func (o *Owner) UnlockSession() {
	for i := len(o.held) - 1; i >= 0; i-- {
		o.held[i].session = 0
		o.drop(i)
	}
}

// Mark is the present state of the transaction's locks.
func (o *Owner) Mark() int { return len(o.order) }

// RollbackTo gives up the locks that the transaction took after mark.
func (o *Owner) RollbackTo(mark int) {
	for len(o.order) > mark {
		t := o.order[len(o.order)-1]
		o.order = o.order[:len(o.order)-1]
		if i := o.find(t.tag, t.mode); i >= 0 {
			o.held[i].txn--
			o.drop(i)
		}
	}
}

// EndTransaction gives up all locks of the transaction.
func (o *Owner) EndTransaction() {
	if len(o.order) == 0 {
		return
	}
	if o.onlyWeak() {
		return
	}
	o.RollbackTo(0)
}

// onlyWeak ends the transaction at once if all it holds are weak locks in its own list.
func (o *Owner) onlyWeak() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.weak) != len(o.held) || len(o.weak) != len(o.order) {
		return false
	}
	o.weak, o.held, o.order = o.weak[:0], o.held[:0], o.order[:0]
	return true
}

// Close gives up everything.
func (o *Owner) Close() {
	o.EndTransaction()
	o.UnlockSession()
	o.m.mu.Lock()
	delete(o.m.owners, o.pid)
	o.m.mu.Unlock()
}
