package engine

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/lightsql/lightsql/kv"
)

// Where the keys of several sources alternate, as after many small updates, going from cursor to cursor for each key costs
// more than the entries. So a scan merges a window at once: all that its sources hold up to some key near by, the end of a
// block for example, as lists of items whose keys are compared by their first eight bytes behind what all have in common.
//
//	run      a····b·c····d······e│         items {head, timestamp, entry}
//	run      ··a······c······d···│··f
//	nodes    ····x·········c·····│         window: up to e
//	emit     a x b c d e                   of equal keys the newest; tombstones leave nothing
//
// Nothing is copied before it is known to be seen, and then each entry once.

// windowItem is one key of a source, with the version of it that the reader sees.
type windowItem struct {
	head uint64
	ts   uint64 // in memtables, whose sources stand in no order; the others come newest first
	at   uint32 // entry of the block or chunk, place in the array, or node
	klen uint32
	dead bool
}

// lane is what one source has in the window.
type lane struct {
	source int
	items  []windowItem // those to come
	next   uint32       // where the source goes on behind them
}

// window is the memory of fillWindow.
type window struct {
	hi        []byte // the end
	hiRoom    []byte
	inclusive bool // hi itself is in the window
	skip      int  // bytes that all keys in it begin with
	most      int  // items of one source
	lanes     []lane
	items     []windowItem
	chosen    []chosenItem
	keys      [2][]byte // scratch
}

type chosenItem struct {
	lane, at uint32
}

const (
	windowItems = 512 // of one source
	stretchMin  = 4   // entries that fillBlock or fillWindow must find to be worth their preparations
)

// fillOn appends entries behind the one that the iterator stands on, up to limit, without a step for each, as far as that is
// to be had now. It returns how many.
func (it *Iter) fillOn(b *kv.Entries, limit int, keysOnly bool) (n int, err error) {
	if !it.windows {
		n = it.fillBlock(b, limit, keysOnly)
		if n >= stretchMin || n == limit || it.second < 0 || it.reverse || it.ranges != nil || limit < 2*stretchMin {
			return n, nil
		}
		it.windows = true
	}
	got, err := it.fillWindow(b, limit-n, keysOnly)
	return n + got, err
}

// fillWindow merges the next window. Afterwards no source stands on an entry that was appended.
func (it *Iter) fillWindow(b *kv.Entries, limit int, keysOnly bool) (int, error) {
	w := &it.window
	w.most = min(windowItems, 2*limit+stretchMin)
	if !it.frame(w) {
		it.windows = false
		return 0, nil
	}
	it.collect(w)
	w.chosen = w.chosen[:0]
	it.mergeLanes(w, limit)
	it.emit(w, b, keysOnly)
	it.moved = true
	for i := range w.lanes {
		if err := it.goOn(&w.lanes[i]); err != nil {
			return 0, err
		}
	}
	if len(w.chosen) < stretchMin {
		it.windows = false
	}
	return len(w.chosen), nil
}

// frame chooses the end of the window and tells whether there is work in it for more than the block at hand.
func (it *Iter) frame(w *window) bool {
	w.hi = nil
	for i := range it.sources {
		if it.sources[i].pos.valid {
			switch c := it.sources[i].cursor.(type) {
			case *runCursor:
				w.endAtBlock(c)
			case *levelCursor:
				w.endAtBlock(&c.runCursor)
			case *chunkCursor:
				w.endAt(c.c.key(min(c.i+w.most, len(c.c.places)-1)), true)
			case *arrayCursor:
				w.endAt(c.m.key(c.a.nodes[min(c.i+w.most, len(c.a.nodes)-1)]), true)
			}
		}
	}
	if w.hi == nil {
		return false
	}
	if it.bound != nil {
		w.endAt(it.bound, false)
	}
	for i := range it.sources {
		if c, ok := it.sources[i].cursor.(*memCursor); ok && c.valid {
			node := c.node
			for n := 0; node != 0 && n < w.most && bytes.Compare(c.m.key(node), w.hi) <= 0; n++ {
				node = c.m.next(node)
			}
			if node != 0 {
				w.endAt(c.m.key(node), false)
			}
		}
	}
	low := it.sources[it.cur].pos.key
	if bytes.Compare(low, w.hi) >= 0 {
		return false
	}
	w.skip = commonPrefix(low, w.hi)
	others, dead := 0, false
	for i := range it.sources {
		if pos := it.sources[i].pos; i != it.cur && pos.valid && w.holds(pos.key) {
			others++
			w.skip = commonPrefix(w.hi[:w.skip], pos.key)
			d, ok := it.sources[i].cursor.(*chunkCursor)
			dead = ok && d.c.dead
		}
	}
	return others > 1 || others == 1 && !dead
}

func (w *window) endAtBlock(c *runCursor) {
	j := min(c.j+w.most, int(c.b.n)-1)
	suffix, _ := c.b.entry(j)
	w.keys[0] = append(append(w.keys[0][:0], c.b.prefix()...), suffix...)
	w.endAt(w.keys[0], c.b.plain && c.b.newest <= c.ts) // else its version to see may be in the next block
}

// endAt lets the window end at key, if that comes before its present end.
func (w *window) endAt(key []byte, inclusive bool) {
	if w.hi != nil {
		c := bytes.Compare(key, w.hi)
		if c > 0 {
			return
		}
		if c == 0 {
			w.inclusive = w.inclusive && inclusive
			return
		}
	}
	w.hi, w.inclusive = append(w.hiRoom[:0], key...), inclusive
	w.hiRoom = w.hi
}

func (w *window) holds(key []byte) bool {
	c := bytes.Compare(key, w.hi)
	return c < 0 || c == 0 && w.inclusive
}

// collect makes the lanes.
func (it *Iter) collect(w *window) {
	w.lanes, w.items = w.lanes[:0], w.items[:0]
	for i := range it.sources {
		s := &it.sources[i]
		current := i == it.cur
		if !s.pos.valid || !current && !w.holds(s.pos.key) {
			continue
		}
		from, next := len(w.items), uint32(0)
		switch c := s.cursor.(type) {
		case *runCursor:
			next = w.block(c, current)
		case *levelCursor:
			next = w.block(&c.runCursor, current)
		case *chunkCursor:
			next = w.chunk(c, current)
		case *arrayCursor:
			next = w.array(c, current)
		case *memCursor:
			next = w.nodes(c, current)
		}
		w.lanes = append(w.lanes, lane{source: i, items: w.items[from:], next: next})
	}
	// The items may have moved while they became more.
	at := 0
	for i := range w.lanes {
		n := len(w.lanes[i].items)
		w.lanes[i].items = w.items[at : at+n : at+n]
		at += n
	}
}

// add adds an item. rest is its key behind the bytes that all keys of the window begin with.
func (w *window) add(rest []byte, at uint32, v version) {
	w.items = append(w.items, windowItem{head: head64(rest), ts: v.ts, at: at, klen: uint32(len(rest)), dead: v.kind == kindTombstone})
}

// block adds the entries of a run's block, and returns the first one behind the window.
func (w *window) block(c *runCursor, current bool) uint32 {
	b := &c.b
	ts := uint64(maxTS)
	if w.inclusive {
		ts = 0
	}
	end := b.lowerBound(w.hi, ts)
	j := c.j
	if current {
		j++
	}
	if !b.plain || b.newest > c.ts {
		w.versions(c, j, end, current)
		return uint32(end)
	}
	prefix := b.prefix()
	cut := w.skip - len(prefix)
	var buf [8]byte
	copy(buf[:], prefix[min(w.skip, len(prefix)):])
	lead, shift := binary.BigEndian.Uint64(buf[:]), 8*uint(max(-cut, 0)) // what the prefix is of the heads
	w.items = slices.Grow(w.items, max(end-j, 0))
	for ; j < end; j++ {
		x := b.data[b.place(j):]
		k := 1
		for k < len(x) && x[k] >= 0x80 { // the timestamp
			k++
		}
		if k++; cut <= 0 && len(x) >= k+8 && x[0] <= 8 {
			slen := uint(x[0])
			head := binary.BigEndian.Uint64(x[k:]) >> (64 - 8*slen) << (64 - 8*slen)
			w.items = append(w.items, windowItem{head: lead | head>>shift, at: uint32(j), klen: uint32(int(slen) - cut)})
			continue
		}
		suffix, v := b.entry(j)
		w.addBlock(prefix, suffix, j, v)
	}
	return uint32(end)
}

// versions is block for one with older versions and tombstones, or with versions that the reader does not see.
func (w *window) versions(c *runCursor, j, end int, current bool) {
	prefix, seen := c.b.prefix(), []byte(nil)
	if current {
		seen = c.buf[len(prefix):]
	}
	for ; j < end; j++ {
		suffix, v := c.b.entry(j)
		if v.ts > c.ts || seen != nil && bytes.Equal(suffix, seen) {
			continue
		}
		seen = suffix
		w.addBlock(prefix, suffix, j, v)
	}
}

func (w *window) addBlock(prefix, suffix []byte, j int, v version) {
	v.ts = 0
	if cut := w.skip - len(prefix); cut >= 0 {
		w.add(suffix[cut:], uint32(j), v)
		return
	}
	w.keys[0] = append(append(w.keys[0][:0], prefix[w.skip:]...), suffix...)
	w.add(w.keys[0], uint32(j), v)
}

func (w *window) chunk(c *chunkCursor, current bool) uint32 {
	i, end := c.i, c.c.find(w.hi)
	if w.inclusive && end < len(c.c.places) && bytes.Equal(c.c.key(end), w.hi) {
		end++
	}
	if current {
		i++
	}
	for ; i < end; i++ {
		key, v := c.c.entry(i)
		w.add(key[w.skip:], uint32(i), v)
	}
	return uint32(end)
}

func (w *window) array(c *arrayCursor, current bool) uint32 {
	i, end := c.i, c.a.find(c.m, w.hi)
	if w.inclusive && end < len(c.a.nodes) && bytes.Equal(c.m.key(c.a.nodes[end]), w.hi) {
		end++
	}
	if current {
		i++
	}
	for ; i < end; i++ {
		if v, ok := c.m.visible(c.a.nodes[i], c.ts); ok {
			w.add(c.m.key(c.a.nodes[i])[w.skip:], uint32(i), v)
		}
	}
	return uint32(end)
}

func (w *window) nodes(c *memCursor, current bool) uint32 {
	node := c.node
	if current {
		node = c.m.next(node)
	}
	for ; node != 0 && w.holds(c.m.key(node)); node = c.m.next(node) {
		if v, ok := c.m.visible(node, c.ts); ok {
			w.add(c.m.key(node)[w.skip:], node, v)
		}
	}
	return node
}

// mergeLanes takes items off the lanes in order of their keys and chooses up to limit that are seen.
func (it *Iter) mergeLanes(w *window, limit int) {
	for len(w.chosen) < limit {
		var best *lane
		at := 0
		for i := range w.lanes {
			l := &w.lanes[i]
			if len(l.items) == 0 {
				continue
			}
			if best != nil {
				c := cmp.Compare(l.items[0].head, best.items[0].head)
				if c == 0 {
					c = it.compareItems(l, best)
				}
				if c == 0 {
					if older := best.items[0].ts; older == 0 || l.items[0].ts <= older {
						l.items = l.items[1:]
						continue
					}
					best.items = best.items[1:]
				}
				if c > 0 {
					continue
				}
			}
			best, at = l, i
		}
		if best == nil {
			return
		}
		if x := &best.items[0]; !x.dead {
			w.chosen = append(w.chosen, chosenItem{uint32(at), x.at})
		} else {
			it.dead++
		}
		best.items = best.items[1:]
	}
}

// compareItems orders the first items of two lanes, which have the same head.
func (it *Iter) compareItems(x, y *lane) int {
	a, b := &x.items[0], &y.items[0]
	if a.klen <= 8 && b.klen <= 8 {
		return int(a.klen) - int(b.klen)
	}
	w := &it.window
	w.keys[0] = it.itemKey(x, a, w.keys[0][:0])
	w.keys[1] = it.itemKey(y, b, w.keys[1][:0])
	return bytes.Compare(w.keys[0], w.keys[1])
}

func (it *Iter) itemKey(l *lane, x *windowItem, dst []byte) []byte {
	switch c := it.sources[l.source].cursor.(type) {
	case *runCursor:
		suffix, _ := c.b.entry(int(x.at))
		return append(append(dst, c.b.prefix()...), suffix...)
	case *levelCursor:
		suffix, _ := c.b.entry(int(x.at))
		return append(append(dst, c.b.prefix()...), suffix...)
	case *chunkCursor:
		return append(dst, c.c.key(int(x.at))...)
	case *arrayCursor:
		return append(dst, c.m.key(c.a.nodes[x.at])...)
	case *memCursor:
		return append(dst, c.m.key(x.at)...)
	}
	return dst
}

// emit appends the chosen entries.
func (it *Iter) emit(w *window, b *kv.Entries, keysOnly bool) {
	for _, x := range w.chosen {
		var key []byte
		var v version
		switch c := it.sources[w.lanes[x.lane].source].cursor.(type) {
		case *runCursor:
			c.b.appendEntry(b, int(x.at), keysOnly)
			continue
		case *levelCursor:
			c.b.appendEntry(b, int(x.at), keysOnly)
			continue
		case *chunkCursor:
			key, v = c.c.entry(int(x.at))
		case *arrayCursor:
			key = c.m.key(c.a.nodes[x.at])
			v, _ = c.m.visible(c.a.nodes[x.at], c.ts)
		case *memCursor:
			key = c.m.key(x.at)
			v, _ = c.m.visible(x.at, c.ts)
		}
		if keysOnly {
			v.value = nil
		}
		b.AppendShared(key, v.value)
	}
}

func (b *block) appendEntry(e *kv.Entries, i int, keysOnly bool) {
	suffix, v := b.entry(i)
	if keysOnly {
		v.value = nil
	}
	e.AppendPrefixed(b.prefix(), suffix, v.value)
}

// goOn lets a source stand on the first entry that was not taken off its lane.
func (it *Iter) goOn(l *lane) error {
	at := l.next
	if len(l.items) > 0 {
		at = l.items[0].at
	}
	switch c := it.sources[l.source].cursor.(type) {
	case *runCursor:
		return c.leaveLane(int(at), len(l.items) > 0)
	case *levelCursor:
		if err := c.leaveLane(int(at), len(l.items) > 0); err != nil {
			return err
		}
		return c.goOn()
	case *chunkCursor:
		c.i = int(at)
		c.settle()
	case *arrayCursor:
		c.i = int(at)
		c.settle()
	case *memCursor:
		c.node = at
		c.settle()
	}
	return nil
}

// leaveLane goes to entry j, which the reader sees, or, if the lane is used up, on from the entry before: older versions of its key
// may begin the next block.
func (c *runCursor) leaveLane(j int, more bool) error {
	if !more {
		j--
	}
	suffix, _ := c.b.entry(j)
	c.buf = append(append(c.buf[:0], c.b.prefix()...), suffix...)
	c.j = j
	if more {
		return c.settle()
	}
	return c.step()
}
