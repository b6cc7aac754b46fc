package mvcc

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

const (
	blindMin   = 1024 // so many writes without a read are taken for a load
	pendingMin = 64   // fewer pending writes than that go into the index one by one
)

// wait tells whether a write of key need not go into the index now. Keys in ascending order go to its end, which costs nothing.
func (w *writeBuffer) wait(key []byte) bool {
	if w.blind++; w.blind < blindMin {
		return false
	}
	if len(w.pending) > 0 {
		return true
	}
	n := len(w.leaves)
	if n == 0 || len(w.leaves[n-1]) == 0 {
		return false
	}
	last := w.leaves[n-1]
	return bytes.Compare(w.keyOf(last[len(last)-1]), key) > 0
}

// orderBelow makes the index complete for somebody who sees the writes below mark.
func (w *writeBuffer) orderBelow(mark int) {
	if len(w.pending) > 0 && int(w.pending[0]) < mark {
		w.order()
	}
}

// order makes the index complete.
func (w *writeBuffer) order() {
	w.blind = 0
	w.settle()
}

// settle puts pending writes into the index.
func (w *writeBuffer) settle() {
	pending := w.pending
	if len(pending) == 0 {
		return
	}
	w.pending = pending[:0]
	w.scattered = true
	w.version++
	sorted := w.sorted(pending)
	if len(sorted) < pendingMin || len(sorted) < len(w.writes)/16 {
		for _, i := range sorted {
			w.index(i)
		}
		return
	}
	w.rebuild(sorted)
}

// index puts one write into the index.
func (w *writeBuffer) index(i int32) {
	leaf, at, found := w.search(w.keyOf(i))
	if found {
		w.writes[i].prev = w.leaves[leaf][at]
		w.leaves[leaf][at] = i
		w.older++
	} else {
		w.scattered = w.scattered || leaf < len(w.leaves)-1 || leaf < len(w.leaves) && at < len(w.leaves[leaf])
		w.insert(leaf, at, i)
	}
}

// sorted is a list of writes in the order of their keys, and of one key in the order they were made. Keys are compared by the eight bytes
// that follow what all of them have in common first.
func (w *writeBuffer) sorted(list []int32) []int32 {
	type item struct {
		head uint64
		i    int32
	}
	first := w.keyOf(list[0])
	common := len(first)
	for _, i := range list {
		key := w.keyOf(i)
		common = min(common, len(key))
		for n := range common {
			if key[n] != first[n] {
				common = n
				break
			}
		}
	}
	items := make([]item, len(list))
	for n, i := range list {
		var head [8]byte
		copy(head[:], w.keyOf(i)[common:])
		items[n] = item{binary.BigEndian.Uint64(head[:]), i}
	}
	slices.SortFunc(items, func(a, b item) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		if c := bytes.Compare(w.keyOf(a.i), w.keyOf(b.i)); c != 0 {
			return c
		}
		return cmp.Compare(a.i, b.i)
	})
	out := make([]int32, len(items))
	for n := range items {
		out[n] = items[n].i
	}
	return out
}

// rebuild makes the index of what is in it and of sorted writes, which are newer.
func (w *writeBuffer) rebuild(sorted []int32) {
	old := slices.Concat(w.leaves...)
	w.leaves = w.leaves[:0]
	leaf := make([]int32, 0, leafMax)
	add := func(i int32) {
		if len(leaf) == leafMax {
			w.leaves = append(w.leaves, leaf)
			leaf = make([]int32, 0, leafMax)
		}
		leaf = append(leaf, i)
	}
	for len(old) > 0 || len(sorted) > 0 {
		if len(sorted) == 0 || len(old) > 0 && bytes.Compare(w.keyOf(old[0]), w.keyOf(sorted[0])) < 0 {
			add(old[0])
			old = old[1:]
			continue
		}
		i, prev := sorted[0], int32(-1)
		if len(old) > 0 && bytes.Equal(w.keyOf(old[0]), w.keyOf(i)) {
			prev = old[0]
			old = old[1:]
		}
		for {
			w.writes[i].prev = prev
			if prev >= 0 {
				w.older++
			}
			if sorted = sorted[1:]; len(sorted) == 0 || !bytes.Equal(w.keyOf(sorted[0]), w.keyOf(i)) {
				break
			}
			prev, i = i, sorted[0]
		}
		add(i)
	}
	w.leaves = append(w.leaves, leaf)
}
