package mvcc

import "github.com/lightsql/lightsql/kv"

// deadlock tells whether l, which has just queued for a lock, waits for itself.
//
//	l ─waits for─► lock ─held by, or asked for earlier by─► other ─waits for─► lock ─► … ─► l ?
//
// Every transaction queues before it searches, and searches run one at a time. So the last one to queue of those that
// make up a cycle sees all of it, and is the one victim. The shards are locked one by one on the way: an edge may have
// vanished meanwhile by a timeout, so a cycle counts only if a second search finds it too.
func (t *lockTable) deadlock(l *locker) bool {
	t.detector.Lock()
	defer t.detector.Unlock()
	for range 2 {
		s := search{table: t, target: l.node(), seen: map[node]bool{}}
		if !s.from(l) {
			return false
		}
	}
	return true
}

// node is a transaction in the graph: its owner, if it has one, for that may wait elsewhere too.
type node struct {
	owner kv.Owner
	l     *locker
}

func (l *locker) node() node {
	if l.owner != nil {
		return node{owner: l.owner}
	}
	return node{l: l}
}

type search struct {
	table  *lockTable
	target node
	seen   map[node]bool
}

// from searches the transactions that l waits for, breadth first.
func (s *search) from(l *locker) bool {
	todo := []node{l.node()}
	for len(todo) > 0 {
		n := todo[0]
		todo = todo[1:]
		for _, b := range s.table.waitsFor(n) {
			if b == s.target {
				return true
			}
			if !s.seen[b] {
				s.seen[b] = true
				todo = append(todo, b)
			}
		}
	}
	return false
}

// waitsFor are the edges from n: those of the key it sleeps for, and those that its owner tells.
func (t *lockTable) waitsFor(n node) []node {
	l := n.l
	if n.owner != nil {
		t.sleepers.Lock()
		l = t.waiting[n.owner]
		t.sleepers.Unlock()
	}
	var out []node
	if l != nil {
		out = blockers(l)
	}
	if n.owner != nil {
		for _, o := range n.owner.WaitsFor() {
			out = append(out, node{owner: o})
		}
	}
	return out
}

// blockers are the transactions that keep l asleep: the holders of the lock it waits for, and those ahead of it in the
// queue who ask for something that conflicts. Their owners are read under the shard's lock, without which none of them can let
// go of the key: later the state may belong to another transaction.
func blockers(l *locker) []node {
	k := l.waiting.Load()
	if k == nil {
		return nil
	}
	k.shard.mu.Lock()
	defer k.shard.mu.Unlock()
	if l.waiting.Load() != k {
		return nil
	}
	var out []node
	add := func(o *locker, mode kv.LockMode) {
		if o != l && conflict(mode, l.wait.mode) {
			out = append(out, o.node())
		}
	}
	if k.owner != nil {
		add(k.owner, k.mode)
	}
	for i := range k.shared {
		add(k.shared[i].l, k.shared[i].mode)
	}
	for w := k.front; w != nil && w.l != l; w = w.next {
		add(w.l, w.mode)
	}
	return out
}

// Blockers implements kv.LockWatcher.
func (db *DB) Blockers(o kv.Owner) []kv.Owner {
	t := &db.locks
	t.sleepers.Lock()
	l := t.waiting[o]
	t.sleepers.Unlock()
	if l == nil {
		return nil
	}
	var out []kv.Owner
	for _, b := range blockers(l) {
		if b.owner != nil {
			out = append(out, b.owner)
		}
	}
	return out
}

// KeyLocks implements kv.LockWatcher.
func (db *DB) KeyLocks() []kv.KeyLock {
	var out []kv.KeyLock
	for i := range db.locks.shards {
		s := &db.locks.shards[i]
		s.mu.Lock()
		for _, k := range s.buckets {
			for ; k != nil; k = k.next {
				out = k.appendInfo(out)
			}
		}
		s.mu.Unlock()
	}
	return out
}

func (k *keyLock) appendInfo(out []kv.KeyLock) []kv.KeyLock {
	key := append([]byte(nil), k.key...)
	add := func(l *locker, mode kv.LockMode, granted bool) {
		if l.owner != nil {
			out = append(out, kv.KeyLock{Owner: l.owner, Key: key, Mode: mode, Granted: granted})
		}
	}
	if k.owner != nil {
		add(k.owner, k.mode, true)
	}
	for i := range k.shared {
		add(k.shared[i].l, k.shared[i].mode, true)
	}
	for w := k.front; w != nil; w = w.next {
		add(w.l, w.mode, false)
	}
	return out
}
