package mvcc

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/lightsql/lightsql/kv"
)

// lockGroup holds the locks of many keys as one list of hashes: eight bytes for each, and no keyLock until somebody else asks for one
// of the keys.
//
//	publish    others see the group from now on
//	probe      every key for which there is a keyLock, or an older group of another transaction, is asked for alone
//	settle     what the group holds, it holds
//
// Whoever makes a keyLock, under its shard's mutex, puts the groups that hold the key into it first (show). So as long as there is a
// keyLock it tells the truth, and queues, deadlocks and upgrades are its matter. Two keys of one hash are locked together; of 2^64
// hashes that hardly happens, and it costs a wait.
//
// Groups that follow each other are merged, so that a transaction has a few dozen at most, however many keys it locks.
type lockGroup struct {
	mode    kv.LockMode
	hashes  []uint64 // ascending
	number  uint64   // in the order of publication
	at      int      // its place in locker.held
	settled atomic.Bool
	mu      sync.Mutex
	gone    bool       // given up, or merged into another one
	shown   []*keyLock // that have been made for its keys
	raised  []*keyLock // that an older group of the transaction shows in a weaker mode
}

// groupKeys is from how many keys on a group pays.
const groupKeys = 128

func (g *lockGroup) has(hash uint64) bool {
	_, ok := slices.BinarySearch(g.hashes, hash)
	return ok
}

// groups are the transactions that hold groups.
type groups struct {
	mu      sync.Mutex // for those who change the list, or publish a group
	holders atomic.Pointer[[]*locker]
	last    uint64
}

// lockGroup locks keys, whose hashes are given in their order, for l, which is going to write them.
func (t *lockTable) lockGroup(ctx context.Context, l *locker, hashes []uint64, keys [][]byte, o *kv.LockOptions) error {
	g := &lockGroup{mode: o.Mode, hashes: slices.Clone(hashes)}
	slices.Sort(g.hashes)
	g.hashes = slices.Compact(g.hashes)
	t.publish(l, g)
	l.held = append(l.held, heldLock{})
	for i, hash := range hashes {
		s := &t.shards[hash>>58%lockShards]
		s.mu.Lock()
		k := s.peek(hash, keys[i])
		if k == nil && !t.contested(l, hash) {
			s.mu.Unlock()
			continue
		}
		if k == nil {
			k = t.make(s, hash, keys[i])
		}
		res := s.request(k, l, o)
		s.mu.Unlock()
		if res != lockQueue {
			continue
		}
		if err := t.sleep(ctx, s, k, l, o); err != nil {
			t.leave(l)
			return err
		}
	}
	g.settled.Store(true)
	t.merge(l)
	return nil
}

// publish adds a group to those of l.
func (t *lockTable) publish(l *locker, g *lockGroup) {
	t.groups.mu.Lock()
	defer t.groups.mu.Unlock()
	t.groups.last++
	g.number, g.at = t.groups.last, len(l.held)
	mine := append(slices.Clone(l.grouped()), g)
	l.groups.Store(&mine)
	if len(mine) > 1 {
		return
	}
	holders := []*locker{l}
	if p := t.groups.holders.Load(); p != nil {
		holders = append(slices.Clone(*p), l)
	}
	t.groups.holders.Store(&holders)
}

// withdraw leaves l with the first n of its groups.
func (t *lockTable) withdraw(l *locker, n int) {
	t.groups.mu.Lock()
	defer t.groups.mu.Unlock()
	if n > 0 {
		left := slices.Clone(l.grouped()[:n])
		l.groups.Store(&left)
		return
	}
	l.groups.Store(nil)
	holders := slices.DeleteFunc(slices.Clone(*t.groups.holders.Load()), func(o *locker) bool { return o == l })
	if len(holders) == 0 {
		t.groups.holders.Store(nil)
		return
	}
	t.groups.holders.Store(&holders)
}

// grouped are the groups of l, oldest first.
func (l *locker) grouped() []*lockGroup {
	if p := l.groups.Load(); p != nil {
		return *p
	}
	return nil
}

// inGroup is the strongest mode in which a group of l holds a key.
func (l *locker) inGroup(hash uint64) (mode kv.LockMode, ok bool) {
	for _, g := range l.grouped() {
		if g.has(hash) && (!ok || strength[g.mode] > strength[mode]) {
			mode, ok = g.mode, true
		}
	}
	return mode, ok
}

// contested tells whether another transaction has a group with the key.
func (t *lockTable) contested(l *locker, hash uint64) bool {
	p := t.groups.holders.Load()
	if p == nil {
		return false
	}
	for _, o := range *p {
		if o == l {
			continue
		}
		if _, ok := o.inGroup(hash); ok {
			return true
		}
	}
	return false
}

// make makes the lock of a key that has none, and shows in it who holds the key by a group. The caller holds s.mu.
func (t *lockTable) make(s *lockShard, hash uint64, key []byte) *keyLock {
	k := s.make(hash, key)
	for t.groups.holders.Load() != nil && !t.show(k) {
	}
	return k
}

// claim is a group that a key is in.
type claim struct {
	l       *locker
	g       *lockGroup
	settled bool
}

// before puts groups that hold what they list before those that still ask for it, and these into the order in which they began: the
// later one comes to the key when there is a lock that says who has it.
func (a claim) before(b claim) int {
	switch {
	case a.settled && !b.settled:
		return -1
	case b.settled && !a.settled:
		return 1
	}
	return cmp.Compare(a.g.number, b.g.number)
}

// show puts the holders of k by groups into it. It is false if a group went away meanwhile: what took its place has to be looked up.
func (t *lockTable) show(k *keyLock) bool {
	var claims []claim
	if p := t.groups.holders.Load(); p != nil {
		for _, l := range *p {
			for _, g := range l.grouped() {
				if g.has(k.hash) {
					claims = append(claims, claim{l, g, g.settled.Load()})
				}
			}
		}
	}
	slices.SortStableFunc(claims, claim.before)
	for _, c := range claims {
		if !c.show(k) {
			return false
		}
	}
	return true
}

func (c claim) show(k *keyLock) bool {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	if c.g.gone {
		return false
	}
	if !k.grantable(c.l, c.g.mode) {
		return true // it will ask for the key itself
	}
	switch mode, held := k.holds(c.l); {
	case !held:
		c.g.shown = append(c.g.shown, k)
	case strength[mode] >= strength[c.g.mode]:
		return true
	default:
		c.g.raised = append(c.g.raised, k)
		k.leave(c.l)
	}
	k.hold(c.l, c.g.mode)
	return true
}

// end makes the group one that shows no more locks, and returns those that it has shown and raised.
func (g *lockGroup) end() (shown, raised []*keyLock) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = true
	return g.shown, g.raised
}

// leave gives up the last group of l.
func (t *lockTable) leave(l *locker) {
	all := l.grouped()
	last := len(all) - 1
	t.withdraw(l, last)
	shown, raised := all[last].end()
	for _, k := range shown {
		k.give(l, nil)
	}
	for _, k := range raised {
		mode, _ := l.inGroup(k.hash)
		k.give(l, &mode)
	}
}

// leaveAll gives up all groups of l.
func (t *lockTable) leaveAll(l *locker) {
	all := l.grouped()
	if len(all) == 0 {
		return
	}
	t.withdraw(l, 0)
	for _, g := range all {
		shown, _ := g.end()
		for _, k := range shown {
			k.give(l, nil)
		}
	}
	l.fixed = 0
}

// leaveTo gives up the groups of l that came after its first n steps.
func (t *lockTable) leaveTo(l *locker, n int) {
	for all := l.grouped(); len(all) > 0 && all[len(all)-1].at >= n; all = l.grouped() {
		t.leave(l)
	}
	l.fixed = min(l.fixed, len(l.grouped()))
}

// merge makes one of the last two groups of l as long as they are of one mode and the older one is not much larger. Groups from before
// a savepoint stay apart.
func (t *lockTable) merge(l *locker) {
	for {
		all := l.grouped()
		n := len(all) - 2
		if n < l.fixed || all[n].mode != all[n+1].mode || len(all[n].hashes) > 2*len(all[n+1].hashes) {
			return
		}
		a, b := all[n], all[n+1]
		g := &lockGroup{mode: a.mode, hashes: union(a.hashes, b.hashes), number: b.number, at: a.at}
		g.settled.Store(true)
		now := append(slices.Clone(all[:n]), g)
		l.groups.Store(&now)
		for _, old := range []*lockGroup{a, b} {
			shown, raised := old.end()
			g.mu.Lock()
			g.shown, g.raised = append(g.shown, shown...), append(g.raised, raised...)
			g.mu.Unlock()
		}
	}
}

// union merges two ascending lists.
func union(a, b []uint64) []uint64 {
	out := make([]uint64, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		x := min(a[0], b[0])
		out = append(out, x)
		if a[0] == x {
			a = a[1:]
		}
		if len(b) > 0 && b[0] == x {
			b = b[1:]
		}
	}
	return append(append(out, a...), b...)
}
