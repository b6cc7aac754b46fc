package mvcc

import (
	"bytes"
	"slices"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
)

// writeBuffer holds a transaction's own writes, every one of them, in the order they were made:
//
//	arena    k1 v1 │ k2 v2 │ k1 v1' │ …       in the log's own format
//	writes   {offsets, previous write of the same key} …
//	index    the newest write of each key, in key order
//
// Rolling back pops writes off the end. When no key was written twice, the arena is what the log gets.
//
// The index is a list of sorted leaves, which for up to a few hundred keys is a single sorted slice. A load in no order, such as the
// entries of a new index, writes many keys before anybody reads one: these are put in order when somebody does (pending.go).
type writeBuffer struct {
	arena     []byte
	writes    []write
	leaves    [][]int32
	pending   []int32 // writes that the index does not have yet
	blind     int     // writes since the index was last asked
	older     int     // writes that a later one of the same key hides
	scattered bool    // not all keys came in ascending order
	version   uint64  // grows with every change: cursors look their place up again
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
	writesKeep     = 4096    // a pooled buffer keeps memory up to here
	writeBytesKeep = 1 << 20 // and here
)

func (w *writeBuffer) len() int { return len(w.writes) }

func (w *writeBuffer) reset() {
	w.version++
	w.older, w.blind, w.pending, w.scattered = 0, 0, nil, false
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

// clear empties the buffer and keeps its memory.
func (w *writeBuffer) clear() {
	w.version++
	w.older, w.blind, w.pending, w.scattered = 0, 0, w.pending[:0], false
	w.arena, w.writes, w.leaves = w.arena[:0], w.writes[:0], w.leaves[:0]
}

// put adds a write of key.
func (w *writeBuffer) put(key, value []byte, dead bool) {
	w.version++
	off := len(w.arena)
	w.grow(len(key) + len(value))
	w.arena = engine.AppendEntry(w.arena, key, value, dead)
	i := int32(len(w.writes))
	x := write{off: uint32(off), klen: uint32(len(key)), vlen: uint32(len(value)), prev: -1, dead: dead}
	x.key = uint32(len(w.arena)) - x.klen - x.vlen
	if w.wait(key) {
		w.pending = append(w.pending, i)
		w.writes = append(w.writes, x)
		return
	}
	w.settle()
	w.writes = append(w.writes, x)
	w.index(i)
}

// putSpan adds the deletion of a range: just the number.
func (w *writeBuffer) putSpan() {
	w.version++
	w.writes = append(w.writes, write{off: uint32(len(w.arena)), key: uint32(len(w.arena)), prev: -1, dead: true, span: true})
}

// grow makes room for one more write of n bytes. Large buffers grow by more than append would give them: to copy them, and more so
// to touch new pages, costs as much as what is written.
func (w *writeBuffer) grow(n int) {
	const head, times = 16, 4 // kind and lengths
	if c := cap(w.arena); c >= writeBytesKeep && c-len(w.arena) < n+head {
		w.arena = slices.Grow(w.arena, max((times-1)*c, n+head))
	}
	if c := cap(w.writes); c >= writesKeep && c == len(w.writes) {
		w.writes = slices.Grow(w.writes, (times-1)*c)
	}
}

// search returns the place of the first key >= key, and whether it is key. The place may be the end of a leaf. Nothing is pending.
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
	if len(l) < leafMax && at == len(l) {
		w.leaves[leaf] = append(l, i)
		return
	}
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

// newest returns the newest write of key with a number below mark, or -1.
func (w *writeBuffer) newest(key []byte, mark int) int32 {
	w.orderBelow(mark)
	if len(w.leaves) == 0 || mark <= 0 {
		return -1
	}
	if leaf, at, found := w.search(key); found {
		return w.below(w.leaves[leaf][at], mark)
	}
	return -1
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
	w.order()
	off := w.writes[mark].off
	for i := len(w.writes) - 1; i >= mark; i-- {
		if w.writes[i].span {
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

// bufferCursor walks the writes below mark of a range of keys. It keeps its place by key when the buffer changes.
type bufferCursor struct {
	w       *writeBuffer
	ranges  *rangeset.Set // deleted: what they hide of the buffer is left out
	base    int           // number of the buffer's first write
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
	c.w.orderBelow(c.mark)
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
		c.w.orderBelow(c.mark)
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
		if c.i = c.w.below(newest, c.mark); c.i >= 0 && !c.hidden(key) {
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

// hidden tells whether the deletion of a range below the mark came after the write.
func (c *bufferCursor) hidden(key []byte) bool {
	return c.ranges != nil && c.ranges.Hides(key, uint64(c.base)+uint64(c.i)+1, uint64(c.base+c.mark)) != 0
}
