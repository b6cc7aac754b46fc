package mvcc

import (
	"bytes"
	"slices"
	"sync"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
)

// history remembers which keys recent commits wrote, while SERIALIZABLE transactions that write may still have to know:
//
//	T reads [a, c) at 10          commits: 11 {x}   12 {b}   13 {d, e}
//	T commits: does a commit after 10 write into [a, c)?  12 does: kv.ErrConflict
//
// It records nothing while no such transaction runs, and forgets what is older than the oldest of them.
type history struct {
	mu      sync.Mutex
	running []uint64 // snapshots of the serializable transactions; one entry each
	pending int      // of them, those that wait for their snapshot
	commits []pastCommit
}

type pastCommit struct {
	ts   uint64
	keys [][]byte // sorted
}

// readSet is what a serializable transaction has read: ranges, later sorted and merged.
type readSet struct {
	ranges []kv.Range
	merged bool
}

func (r *readSet) add(start, end []byte) {
	if end != nil && bytes.Compare(start, end) >= 0 {
		return // empty
	}
	r.merged = false
	r.ranges = append(r.ranges, kv.Range{Start: bytes.Clone(start), End: bytes.Clone(end)})
	if n := len(r.ranges); n >= 1024 && n&(n-1) == 0 {
		r.merge()
	}
}

// addKey adds the range that holds just key.
func (r *readSet) addKey(key []byte) {
	b := make([]byte, len(key)+1)
	copy(b, key)
	r.merged = false
	r.ranges = append(r.ranges, kv.Range{Start: b[:len(key):len(key)], End: b})
	if n := len(r.ranges); n >= 1024 && n&(n-1) == 0 {
		r.merge()
	}
}

func (r *readSet) merge() {
	if r.merged {
		return
	}
	r.merged = true
	slices.SortFunc(r.ranges, func(a, b kv.Range) int { return bytes.Compare(a.Start, b.Start) })
	out := r.ranges[:0]
	for _, x := range r.ranges {
		if n := len(out); n > 0 && (out[n-1].End == nil || bytes.Compare(x.Start, out[n-1].End) <= 0) {
			if last := &out[n-1]; last.End != nil && (x.End == nil || bytes.Compare(x.End, last.End) > 0) {
				last.End = x.End
			}
			continue
		}
		out = append(out, x)
	}
	clear(r.ranges[len(out):])
	r.ranges = out
}

// holds tells whether key was read. The set must be merged.
func (r *readSet) holds(key []byte) bool {
	i, found := slices.BinarySearchFunc(r.ranges, key, func(x kv.Range, key []byte) int { return bytes.Compare(x.Start, key) })
	if found {
		return true
	}
	return i > 0 && (r.ranges[i-1].End == nil || bytes.Compare(key, r.ranges[i-1].End) < 0)
}

// announce makes the history record from now on.
func (h *history) announce() {
	h.mu.Lock()
	h.pending++
	h.mu.Unlock()
}

// enter registers an announced transaction's snapshot; enter(ts, false) gives the announcement up.
func (h *history) enter(ts uint64, ok bool) {
	h.mu.Lock()
	h.pending--
	if ok {
		h.running = append(h.running, ts)
	}
	h.prune()
	h.mu.Unlock()
}

// leave ends a serializable transaction.
func (h *history) leave(ts uint64) {
	h.mu.Lock()
	if i := slices.Index(h.running, ts); i >= 0 {
		h.running = slices.Delete(h.running, i, i+1)
	}
	h.prune()
	h.mu.Unlock()
}

func (h *history) prune() {
	if h.pending > 0 {
		return
	}
	if len(h.running) == 0 {
		h.commits = nil
		return
	}
	oldest := slices.Min(h.running)
	n := 0
	for n < len(h.commits) && h.commits[n].ts <= oldest {
		n++
	}
	h.commits = slices.Delete(h.commits, 0, n)
}

// record remembers a commit's keys if anybody may ask. It is called in timestamp order, when nothing can refuse the
// commit any more but the disk.
func (h *history) record(ts uint64, w *writeBuffer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pending == 0 && len(h.running) == 0 {
		return
	}
	size := 0
	for _, leaf := range w.leaves {
		for _, i := range leaf {
			size += int(w.writes[i].klen)
		}
	}
	buf := make([]byte, 0, size)
	keys := make([][]byte, 0, len(w.writes)-w.older)
	for _, leaf := range w.leaves {
		for _, i := range leaf {
			n := len(buf)
			buf = append(buf, w.keyOf(i)...)
			keys = append(keys, buf[n:len(buf):len(buf)])
		}
	}
	h.commits = append(h.commits, pastCommit{ts, keys})
}

// conflict tells whether a commit after ts wrote what r holds.
func (h *history) conflict(r *readSet, ts uint64) bool {
	if len(r.ranges) == 0 {
		return false
	}
	r.merge()
	h.mu.Lock()
	past := h.commits
	h.mu.Unlock()
	from, _ := slices.BinarySearchFunc(past, ts+1, func(c pastCommit, ts uint64) int {
		switch {
		case c.ts < ts:
			return -1
		case c.ts > ts:
			return 1
		}
		return 0
	})
	for _, c := range past[from:] {
		if c.meets(r) {
			return true
		}
	}
	return false
}

// meets tells whether the commit wrote into r, walking the shorter of the two lists.
func (c *pastCommit) meets(r *readSet) bool {
	if len(c.keys) <= len(r.ranges) {
		for _, key := range c.keys {
			if r.holds(key) {
				return true
			}
		}
		return false
	}
	for _, x := range r.ranges {
		i, _ := slices.BinarySearchFunc(c.keys, x.Start, bytes.Compare)
		if i < len(c.keys) && (x.End == nil || bytes.Compare(c.keys[i], x.End) < 0) {
			return true
		}
	}
	return false
}

var _ engine.Admitter = (*txnState)(nil)
