package mvcc

import (
	"bytes"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// moves tells where committed transactions have moved what they found at a key: to another key (an UPDATE of a primary key), to a
// place where nobody can follow, or out of the way of something else that is at the key now. Those need it who locks
// a key that it changed after their snapshot, so a commit's moves are forgotten when no older snapshot is left.
type moves struct {
	count   atomic.Int32 // of commits, so that nobody takes mu for nothing
	mu      sync.Mutex
	commits []*committedMoves // by timestamp
}

type committedMoves struct {
	ts      uint64
	visible bool // the commit is: no snapshot below ts begins any more
	list    []move
	to      map[string][]byte // of list, made by the first who looks
}

// move is one key's: to is nil if what was there is gone, empty if it cannot be followed.
type move struct {
	n        int // number of the write that comes after it
	from, to []byte
}

// Moved implements kv.Txn.
func (t *Txn) Moved(from, to []byte) {
	if t.s != nil {
		t.s.moves = append(t.s.moves, move{t.s.own.len(), bytes.Clone(from), append([]byte{}, to...)})
	}
}

// noteGone remembers that what others see at a key, which the transaction has deleted, has nothing to do with what it puts there.
func (s *txnState) noteGone(key []byte) {
	s.moves = append(s.moves, move{s.own.len(), bytes.Clone(key), nil})
}

// rollbackMoves forgets those that came with the writes from number n on.
func (s *txnState) rollbackMoves(n int) {
	for len(s.moves) > 0 && s.moves[len(s.moves)-1].n >= n {
		s.moves = s.moves[:len(s.moves)-1]
	}
}

// add makes the moves of a commit known, before it is visible.
func (m *moves) add(c *committedMoves) {
	m.mu.Lock()
	m.commits = append(m.commits, c)
	m.count.Store(int32(len(m.commits)))
	m.mu.Unlock()
}

// tidy follows the end of a commit: it forgets those that every snapshot sees, and ended itself if it failed.
func (m *moves) tidy(snaps *snapshots, ended *committedMoves, committed bool) {
	oldest := uint64(math.MaxUint64)
	if held := snaps.list(nil); len(held) > 0 {
		oldest = held[0]
	}
	m.mu.Lock()
	ended.visible = committed
	m.commits = slices.DeleteFunc(m.commits, func(c *committedMoves) bool { return c.visible && c.ts <= oldest || c == ended && !committed })
	m.count.Store(int32(len(m.commits)))
	m.mu.Unlock()
}

// find is where commits after a snapshot have moved what was at a key: nil if it is gone.
func (m *moves) find(key []byte, readTS uint64) (to []byte, ok bool) {
	if m.count.Load() == 0 {
		return nil, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	to = key
	for _, c := range m.commits {
		if c.ts <= readTS {
			continue
		}
		if c.to == nil {
			c.to = destinations(c.list)
		}
		if next, moved := c.to[string(to)]; moved {
			if to, ok = next, true; len(to) == 0 {
				break
			}
		}
	}
	if !ok {
		return nil, false
	}
	return to, true
}

// destinations is where the moves of a transaction, in their order, have taken in the end what was at each key before.
func destinations(list []move) map[string][]byte {
	to := make(map[string][]byte, len(list))
	origin := make(map[string]string, len(list)) // of what is at a key now
	for _, x := range list {
		from, moved := origin[string(x.from)]
		if !moved {
			from = string(x.from)
			if _, left := to[from]; left {
				continue // what is at the key now did not exist before
			}
		}
		delete(origin, string(x.from))
		to[from] = x.to
		if len(x.to) > 0 {
			origin[string(x.to)] = from
		}
	}
	return to
}
