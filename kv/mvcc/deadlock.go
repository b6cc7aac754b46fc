package mvcc

import (
	"slices"

	"github.com/lightsql/lightsql/kv"
)

// deadlock tells whether l, which has just queued for a lock, waits for itself.
//
//	l ─waits for─► lock ─held by, or asked for earlier by─► other ─waits for─► lock ─► … ─► l ?
//
// Every transaction queues before it searches, and searches run one at a time. So the last one to queue of those that
// make up a cycle sees all of it, and is the one victim. The shards are locked one by one on the way, so what is found may be made of
// edges that were never there at the same time: of a transaction that lets go of the key and queues for it again, for example. A cycle
// counts if the next search finds the same one, of the same waits: between the two all of its transactions were asleep, and
// who is asleep lets go of nothing.
func (t *lockTable) deadlock(l *locker) bool {
	t.detector.Lock()
	defer t.detector.Unlock()
	var last []edge
	for {
		s := search{table: t, target: l.node(), came: map[node]edge{}}
		cycle := s.from(l)
		if cycle == nil || slices.Equal(cycle, last) {
			return cycle != nil
		}
		last = cycle
	}
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

// edge says that a transaction waits, and which of its waits that is; 0 of an owner that waits elsewhere.
type edge struct {
	from node
	wait uint64
}

type search struct {
	table  *lockTable
	target node
	came   map[node]edge
}

// from searches the transactions that l waits for, breadth first. It returns the cycle that leads back to l, nil if there is none.
func (s *search) from(l *locker) []edge {
	todo := []node{l.node()}
	for len(todo) > 0 {
		n := todo[0]
		todo = todo[1:]
		nodes, wait := s.table.waitsFor(n)
		for _, b := range nodes {
			if b == s.target {
				cycle := []edge{{n, wait}}
				for n != s.target {
					cycle = append(cycle, s.came[n])
					n = s.came[n].from
				}
				return cycle
			}
			if _, seen := s.came[b]; !seen {
				s.came[b] = edge{n, wait}
				todo = append(todo, b)
			}
		}
	}
	return nil
}

// waitsFor are those that n waits for: because of the key it sleeps for, and those that its owner tells. wait is the number of its
// wait for the key.
func (t *lockTable) waitsFor(n node) (out []node, wait uint64) {
	l := n.l
	if n.owner != nil {
		t.sleepers.Lock()
		l = t.waiting[n.owner]
		t.sleepers.Unlock()
	}
	if l != nil {
		out, wait = blockers(l)
	}
	if n.owner != nil {
		for _, o := range n.owner.WaitsFor() {
			out = append(out, node{owner: o})
		}
	}
	return out, wait
}

// blockers are the transactions that keep l asleep: the holders of the lock it waits for, and those ahead of it in the
// queue who ask for something that conflicts. Their owners are read under the shard's lock, without which none of them can let
// go of the key: later the state may belong to another transaction.
func blockers(l *locker) (out []node, wait uint64) {
	k := l.waiting.Load()
	if k == nil {
		return nil, 0
	}
	k.shard.mu.Lock()
	defer k.shard.mu.Unlock()
	if l.waiting.Load() != k {
		return nil, 0
	}
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
	return out, l.waits
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
	nodes, _ := blockers(l)
	for _, b := range nodes {
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
