package mvcc

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
)

// snapshots is the register of timestamps that transactions read at. The engine asks it which versions must stay.
//
// Opening a snapshot is one compare-and-swap on a slot of its own cache line, with no lock and no list:
//
//	slot = visible; if visible moved meanwhile, again
//
// The second look closes the gap between reading the timestamp and telling it: the engine reads visible first and the
// slots afterwards, so a reader whose store it missed finds visible unchanged only if its timestamp is at or above the
// engine's bound.
type snapshots struct {
	first slotBlock
}

const (
	blockSlots = 128
	unproven   = 1 << 63
)

type slotBlock struct {
	slots [blockSlots]slot
	next  atomic.Pointer[slotBlock]
}

// slot holds a timestamp plus one; zero is free. It fills a cache line.
//
// A reader that has chosen an old timestamp marks it as unproven until it knows that everything it may see is still there.
type slot struct {
	held atomic.Uint64
	_    [56]byte
}

// acquire takes a free slot, hint first if it is one, and holds ts in it.
func (r *snapshots) acquire(hint *slot, ts uint64) *slot {
	if hint != nil && hint.held.Load() == 0 && hint.held.CompareAndSwap(0, ts+1) {
		return hint
	}
	for b := &r.first; ; b = b.more() {
		at := rand.Uint32()
		for i := range uint32(blockSlots) {
			s := &b.slots[(at+i)%blockSlots]
			if s.held.Load() == 0 && s.held.CompareAndSwap(0, ts+1) {
				return s
			}
		}
	}
}

// more returns the block after b, making it if needed. Blocks are never taken away.
func (b *slotBlock) more() *slotBlock {
	if n := b.next.Load(); n != nil {
		return n
	}
	b.next.CompareAndSwap(nil, new(slotBlock))
	return b.next.Load()
}

// proven tells whether some slot holds ts that is not unproven: then its versions have never been given up.
func (r *snapshots) proven(ts uint64) bool {
	for b := &r.first; b != nil; b = b.next.Load() {
		for i := range b.slots {
			if b.slots[i].held.Load() == ts+1 {
				return true
			}
		}
	}
	return false
}

// list appends the held timestamps to dst, sorted.
func (r *snapshots) list(dst []uint64) []uint64 {
	for b := &r.first; b != nil; b = b.next.Load() {
		for i := range b.slots {
			if t := b.slots[i].held.Load() &^ unproven; t != 0 {
				dst = append(dst, t-1)
			}
		}
	}
	slices.Sort(dst)
	return slices.Compact(dst)
}
