package mvcc

import (
	"bytes"
	"slices"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
)

// writeBuffer holds a transaction's own writes, every one of them, in the order they were made:
//
//	arena    k1 v1 │ k2 v2 │ k1 v1' │ …       in the log's own format
//	writes   {offsets, previous write of the same key} …
//	index    the newest write of each key, in key order
//
// A statement sees the writes below a mark (the number of writes when it began), a savepoint is the number of writes
// when it was set, and rolling back pops writes off the end. When no key was written twice, the arena is what
// the log gets.
//
// The index is a list of sorted leaves, which for up to a few hundred keys is a single sorted slice.
//
// The deletion of a range is a write of its own, without a key: it takes a number, and hides the earlier writes of its keys.
type writeBuffer struct {
	arena   []byte
	writes  []write
	leaves  [][]int32
	spans   []span
	ranges  *engine.Ranges // of spans; the timestamp of one is its number plus one
	older   int            // writes that a later one of the same key hides
	version uint64         // grows with every change: cursors look their place up again
}

// span is the deletion of a range.
type span struct {
	at     int // its number
	r      kv.Range
	before *engine.Ranges // without it
}

type write struct {
	off  uint32 // of the entry in arena
	key  uint32 // of the key in arena
	klen uint32
	vlen uint32
	prev int32 // the write before of the same key, -1 if none
	dead bool  // a tombstone
	span bool  // the deletion of a range, without a key
}

const (
	leafMax        = 512
	writeBytesMax  = 1<<31 - 1<<21
	writesKeep     = 4096    // a pooled buffer keeps memory up to here
	writeBytesKeep = 1 << 20 // and here
)

func (w *writeBuffer) len() int { return len(w.writes) }

func (w *writeBuffer) reset() {
	w.version++
	w.older = 0
	if len(w.spans) > 0 {
		w.spans, w.ranges = nil, nil
	}
	if cap(w.writes) > writesKeep || cap(w.arena) > writeBytesKeep {
		w.arena, w.writes, w.leaves = nil, nil, nil
		return
	}
	w.arena, w.writes = w.arena[:0], w.writes[:0]
	if len(w.leaves) > 0 {
		w.leaves[0] = w.leaves[0][:0]
		w.leaves = w.leaves[:1]
	}
}

func (w *writeBuffer) keyOf(i int32) []byte {
	x := &w.writes[i]
	return w.arena[x.key : x.key+x.klen : x.key+x.klen]
}

// valueOf is the value of write i, nil for a tombstone.
func (w *writeBuffer) valueOf(i int32) []byte {
	x := &w.writes[i]
	if x.dead {
		return nil
	}
	end := x.key + x.klen + x.vlen
	return w.arena[x.key+x.klen : end : end]
}

// put adds a write of key.
func (w *writeBuffer) put(key, value []byte, dead bool) error {
	if len(w.arena)+len(key)+len(value) > writeBytesMax {
		return kv.ErrTooLarge
	}
	w.version++
	off := len(w.arena)
	w.grow(len(key) + len(value))
	w.arena = engine.AppendEntry(w.arena, key, value, dead)
	i := int32(len(w.writes))
	x := write{off: uint32(off), klen: uint32(len(key)), vlen: uint32(len(value)), prev: -1, dead: dead}
	x.key = uint32(len(w.arena)) - x.klen - x.vlen
	leaf, at, found := w.search(key)
	if found {
		x.prev = w.leaves[leaf][at]
		w.leaves[leaf][at] = i
		w.older++
	} else {
		w.insert(leaf, at, i)
	}
	w.writes = append(w.writes, x)
	return nil
}

// deleteRange adds the deletion of r, which it keeps.
func (w *writeBuffer) deleteRange(r kv.Range) {
	w.version++
	w.spans = append(w.spans, span{len(w.writes), r, w.ranges})
	w.ranges = w.ranges.With(r, uint64(len(w.writes))+1)
	w.writes = append(w.writes, write{off: uint32(len(w.arena)), key: uint32(len(w.arena)), prev: -1, dead: true, span: true})
}

// grow makes room for one more write of n bytes. It doubles large buffers, which append would copy five times over.
func (w *writeBuffer) grow(n int) {
	const head = 16 // kind and lengths
	if c := cap(w.arena); c >= writeBytesKeep && c-len(w.arena) < n+head {
		w.arena = slices.Grow(w.arena, min(max(c, n+head), writeBytesMax+1<<20-len(w.arena)))
	}
	if c := cap(w.writes); c >= writesKeep && c == len(w.writes) {
		w.writes = slices.Grow(w.writes, c)
	}
}

// search returns the place of the first key >= key, and whether it is key. The place may be the end of a leaf.
func (w *writeBuffer) search(key []byte) (leaf, at int, found bool) {
	n := len(w.leaves)
	if n == 0 || len(w.leaves[0]) == 0 {
		return 0, 0, false
	}
	last := w.leaves[n-1]
	if bytes.Compare(w.keyOf(last[len(last)-1]), key) < 0 {
		return n - 1, len(last), false // keys in ascending order
	}
	lo, hi := 0, n-1 // the last leaf whose first key is <= key
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if bytes.Compare(w.keyOf(w.leaves[mid][0]), key) <= 0 {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	at, found = slices.BinarySearchFunc(w.leaves[lo], key, func(i int32, key []byte) int {
		return bytes.Compare(w.keyOf(i), key)
	})
	return lo, at, found
}

func (w *writeBuffer) insert(leaf, at int, i int32) {
	if len(w.leaves) == 0 {
		w.leaves = append(w.leaves, make([]int32, 0, 8))
	}
	l := w.leaves[leaf]
	if len(l) < leafMax {
		w.leaves[leaf] = slices.Insert(l, at, i)
		return
	}
	half := leafMax / 2
	if at == leafMax && leaf == len(w.leaves)-1 {
		half = leafMax // ascending keys: leave the full leaf alone
	}
	right := append(make([]int32, 0, leafMax), l[half:]...)
	w.leaves[leaf] = l[:half:half]
	w.leaves = slices.Insert(w.leaves, leaf+1, right)
	if at >= half {
		w.leaves[leaf+1] = slices.Insert(right, at-half, i)
	} else {
		w.leaves[leaf] = slices.Insert(w.leaves[leaf], at, i)
	}
}

// newest returns the newest write of key with a number below mark, or -1. It may be the deletion of a range.
func (w *writeBuffer) newest(key []byte, mark int) int32 {
	if len(w.writes) == 0 {
		return -1
	}
	i := int32(-1)
	if leaf, at, found := w.search(key); found {
		i = w.below(w.leaves[leaf][at], mark)
	}
	if w.ranges != nil {
		if n := w.ranges.Hides(key, uint64(i+1), uint64(mark)); n != 0 {
			return int32(n - 1)
		}
	}
	return i
}

// last returns the newest write that did something to key, or -1: to delete a range does nothing to a key that is not there.
// exists tells whether it was before the first write.
func (w *writeBuffer) last(key []byte, exists bool) int32 {
	i := int32(-1)
	if leaf, at, found := w.search(key); found {
		i = w.leaves[leaf][at]
		exists = !w.writes[i].dead
	}
	if w.ranges != nil && exists {
		if n := w.ranges.Next(key, uint64(i+1)); n <= uint64(len(w.writes)) {
			return int32(n - 1)
		}
	}
	return i
}

// hidden tells whether the deletion of a range below mark came after write i of key.
func (w *writeBuffer) hidden(key []byte, i int32, mark int) bool {
	return w.ranges != nil && w.ranges.Hides(key, uint64(i+1), uint64(mark)) != 0
}

// below follows write i back to the newest one of its key below mark, or -1.
func (w *writeBuffer) below(i int32, mark int) int32 {
	for i >= int32(mark) {
		i = w.writes[i].prev
	}
	return i
}

// rollback undoes the writes from mark on.
func (w *writeBuffer) rollback(mark int) {
	if mark >= len(w.writes) {
		return
	}
	w.version++
	off := w.writes[mark].off
	for i := len(w.writes) - 1; i >= mark; i-- {
		if w.writes[i].span {
			last := len(w.spans) - 1
			w.ranges = w.spans[last].before
			w.spans = w.spans[:last]
			continue
		}
		leaf, at, _ := w.search(w.keyOf(int32(i)))
		if prev := w.writes[i].prev; prev >= 0 {
			w.leaves[leaf][at] = prev
			w.older--
			continue
		}
		w.leaves[leaf] = slices.Delete(w.leaves[leaf], at, at+1)
		if len(w.leaves[leaf]) == 0 && len(w.leaves) > 1 {
			w.leaves = slices.Delete(w.leaves, leaf, leaf+1)
		}
	}
	w.writes = w.writes[:mark]
	w.arena = w.arena[:off]
}

// payload returns the final state in the log's format and the number of its entries. scratch is memory to use.
func (w *writeBuffer) payload(scratch []byte) (payload []byte, entries int) {
	if !w.mixed() {
		return w.arena, len(w.writes)
	}
	scratch = scratch[:0]
	for i := range w.spans {
		scratch = engine.AppendRange(scratch, w.spans[i].r)
		entries++
	}
	for _, leaf := range w.leaves {
		for _, i := range leaf {
			x := &w.writes[i]
			if w.hidden(w.keyOf(i), i, len(w.writes)) {
				continue
			}
			scratch = append(scratch, w.arena[x.off:x.key+x.klen+x.vlen]...)
			entries++
		}
	}
	return scratch, entries
}

// mixed tells whether the arena holds more or less than the final state.
func (w *writeBuffer) mixed() bool { return w.older > 0 || len(w.spans) > 0 }

// bufferCursor walks the writes below mark of a range of keys. It keeps its place by key when the buffer changes.
type bufferCursor struct {
	w       *writeBuffer
	r       kv.Range
	key     []byte // where it stands: a copy
	mark    int
	i       int32 // the write, -1 at the end
	leaf    int
	at      int
	version uint64
	reverse bool
}

func (c *bufferCursor) first() {
	c.version = c.w.version
	c.i = -1
	if len(c.w.leaves) == 0 {
		return
	}
	if !c.reverse {
		c.leaf, c.at, _ = c.w.search(c.r.Start)
		c.settle()
		return
	}
	if c.r.End == nil {
		c.leaf = len(c.w.leaves) - 1
		c.at = len(c.w.leaves[c.leaf])
	} else {
		c.leaf, c.at, _ = c.w.search(c.r.End)
	}
	c.at--
	c.settle()
}

// next moves on. If the buffer has changed, the place is looked up again by the key.
func (c *bufferCursor) next() {
	if c.version != c.w.version {
		c.version = c.w.version
		if len(c.w.leaves) == 0 {
			c.i = -1
			return
		}
		var found bool
		c.leaf, c.at, found = c.w.search(c.key)
		if !c.reverse && !found {
			c.at-- // the place after the key is where the search ended
		}
	}
	if c.reverse {
		c.at--
	} else {
		c.at++
	}
	c.settle()
}

// settle finds the nearest write in the cursor's direction that the mark shows and the range holds.
func (c *bufferCursor) settle() {
	for {
		for c.at < 0 && c.leaf > 0 {
			c.leaf--
			c.at = len(c.w.leaves[c.leaf]) - 1
		}
		for c.leaf < len(c.w.leaves) && c.at >= len(c.w.leaves[c.leaf]) {
			c.leaf++
			c.at = 0
		}
		c.i = -1
		if c.at < 0 || c.leaf >= len(c.w.leaves) {
			return
		}
		newest := c.w.leaves[c.leaf][c.at]
		key := c.w.keyOf(newest)
		if !c.reverse && c.r.End != nil && bytes.Compare(key, c.r.End) >= 0 ||
			c.reverse && bytes.Compare(key, c.r.Start) < 0 {
			return
		}
		if c.i = c.w.below(newest, c.mark); c.i >= 0 && !c.w.hidden(key, c.i, c.mark) {
			c.key = append(c.key[:0], key...)
			return
		}
		if c.reverse {
			c.at--
		} else {
			c.at++
		}
	}
}
