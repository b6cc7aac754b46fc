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
		s := search{target: l, seen: map[*locker]bool{}}
		if !s.from(l) {
			return false
		}
	}
	return true
}

type search struct {
	target *locker
	seen   map[*locker]bool
}

// from searches the transactions that l waits for, breadth first.
func (s *search) from(l *locker) bool {
	todo := []*locker{l}
	for len(todo) > 0 {
		l, todo = todo[0], todo[1:]
		for _, b := range blockers(l) {
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

// blockers are the transactions that keep l asleep: the holders of the lock it waits for, and those ahead of it in the
// queue who ask for something that conflicts.
func blockers(l *locker) []*locker {
	k := l.waiting.Load()
	if k == nil {
		return nil
	}
	k.shard.mu.Lock()
	defer k.shard.mu.Unlock()
	if l.waiting.Load() != k {
		return nil
	}
	var out []*locker
	add := func(o *locker) {
		if o != l {
			out = append(out, o)
		}
	}
	if k.owner != nil {
		add(k.owner)
	} else if l.wait.mode == kv.Exclusive {
		for _, h := range k.shared {
			add(h)
		}
	}
	for w := k.front; w != nil && w.l != l; w = w.next {
		if w.mode == kv.Exclusive || l.wait.mode == kv.Exclusive {
			add(w.l)
		}
	}
	return out
}
