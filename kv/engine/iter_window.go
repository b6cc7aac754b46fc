package engine

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sort"

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
	lane uint16
	klen uint8 // of the key behind what all have in common; a high number if it is longer than the head
	dead bool
}

// lane is what one source has in the window.
type lane struct {
	source int
	b      *block       // of a run's cursor
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
	lists     [][]windowItem // to be merged, in the order of the sources
	merged    []windowItem
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
	it.chooseItems(w, it.mergeLanes(w), limit)
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
		from := len(w.items)
		w.lanes = append(w.lanes, lane{source: i})
		l := &w.lanes[len(w.lanes)-1]
		switch c := s.cursor.(type) {
		case *runCursor:
			l.b, l.next = &c.b, w.block(c, current)
		case *levelCursor:
			l.b, l.next = &c.b, w.block(&c.runCursor, current)
		case *chunkCursor:
			l.next = w.chunk(c, current)
		case *arrayCursor:
			l.next = w.array(c, current)
		case *memCursor:
			l.next = w.nodes(c, current)
		}
		l.items = w.items[from:]
	}
	// The items may have moved while they became more.
	at := 0
	for i := range w.lanes {
		n := len(w.lanes[i].items)
		w.lanes[i].items = w.items[at : at+n : at+n]
		at += n
	}
}

// add adds an item of the last lane. rest is its key behind the bytes that all keys of the window begin with.
func (w *window) add(rest []byte, at uint32, v version) {
	w.items = append(w.items, windowItem{head: head64(rest), ts: v.ts, at: at, lane: w.lane(), klen: itemLen(len(rest)), dead: v.kind == kindTombstone})
}

func (w *window) lane() uint16 { return uint16(len(w.lanes) - 1) }

func itemLen(n int) uint8 { return uint8(min(n, 255)) }

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
	if slen := int(b.slen) - 1; cut <= 0 && slen >= 0 && slen <= 4 { // the heads of the slots are all there is
		x := windowItem{lane: w.lane(), klen: itemLen(slen - cut)}
		for ; j < end; j++ {
			x.head, x.at = lead|uint64(b.head(j))<<32>>shift, uint32(j)
			w.items = append(w.items, x)
		}
		return uint32(end)
	}
	for ; j < end; j++ {
		x := b.data[b.place(j):]
		k := 1
		for k < len(x) && x[k] >= 0x80 { // the timestamp
			k++
		}
		if k++; cut <= 0 && len(x) >= k+8 && x[0] <= 8 {
			slen := uint(x[0])
			head := binary.BigEndian.Uint64(x[k:]) >> (64 - 8*slen) << (64 - 8*slen)
			w.items = append(w.items, windowItem{head: lead | head>>shift, at: uint32(j), lane: w.lane(), klen: itemLen(int(slen) - cut)})
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
	if shift, ok := c.c.headsBehind(w.skip); ok {
		x := windowItem{ts: c.c.ts, lane: w.lane(), klen: itemLen(c.c.klen - w.skip), dead: c.c.dead}
		for ; i < end; i++ {
			x.head, x.at = shift.long(c.c.heads[i]), uint32(i)
			if !c.c.dead {
				x.dead = c.c.data[c.c.places[i]] == kindTombstone
			}
			w.items = append(w.items, x)
		}
		return uint32(end)
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

// mergeLanes returns the items of all lanes in order of their keys, of equal keys the newest. Two lists become one, those first that
// are short: the entries of a large run are looked at once.
func (it *Iter) mergeLanes(w *window) []windowItem {
	lists := w.lists[:0]
	for i := range w.lanes {
		lists = append(lists, w.lanes[i].items)
	}
	w.lists, w.merged = lists, w.merged[:0]
	for len(lists) > 1 {
		at := 0
		for i := 1; i+1 < len(lists); i++ {
			if len(lists[i])+len(lists[i+1]) < len(lists[at])+len(lists[at+1]) {
				at = i
			}
		}
		from := len(w.merged)
		w.merged = it.mergeTwo(w.merged, lists[at], lists[at+1])
		lists[at] = w.merged[from:]
		lists = slices.Delete(lists, at+1, at+2)
	}
	return lists[0]
}

// mergeTwo appends the items of a and b to dst. Those of a come from earlier sources.
func (it *Iter) mergeTwo(dst, a, b []windowItem) []windowItem {
	dst = slices.Grow(dst, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		x, y := &a[0], &b[0]
		c := cmp.Compare(x.head, y.head)
		if c == 0 {
			if c = it.compareItems(x, y); c == 0 {
				if x.ts == 0 || y.ts <= x.ts {
					b = b[1:]
				} else {
					a = a[1:]
				}
				continue
			}
		}
		if c < 0 {
			dst = append(dst, *x)
			a = a[1:]
		} else {
			dst = append(dst, *y)
			b = b[1:]
		}
	}
	return append(append(dst, a...), b...)
}

// chooseItems takes up to limit items that are seen, in the order of merged, and leaves the lanes with those that come after.
func (it *Iter) chooseItems(w *window, merged []windowItem, limit int) {
	w.chosen = slices.Grow(w.chosen[:0], len(merged))
	for len(merged) > 0 && len(w.chosen) < limit {
		if x := &merged[0]; x.dead {
			it.dead++
		} else {
			w.chosen = append(w.chosen, chosenItem{uint32(x.lane), x.at})
		}
		merged = merged[1:]
	}
	for i := range w.lanes {
		l := &w.lanes[i]
		n := len(l.items)
		if len(merged) > 0 {
			n = sort.Search(n, func(i int) bool {
				x := &l.items[i]
				return x.head > merged[0].head || x.head == merged[0].head && it.compareItems(x, &merged[0]) >= 0
			})
		}
		l.items = l.items[n:]
	}
}

// compareItems orders two items that have the same head.
func (it *Iter) compareItems(a, b *windowItem) int {
	if a.klen <= 8 && b.klen <= 8 {
		return int(a.klen) - int(b.klen)
	}
	w := &it.window
	w.keys[0] = it.itemKey(a, w.keys[0][:0])
	w.keys[1] = it.itemKey(b, w.keys[1][:0])
	return bytes.Compare(w.keys[0], w.keys[1])
}

func (it *Iter) itemKey(x *windowItem, dst []byte) []byte {
	l := &it.window.lanes[x.lane]
	if l.b == nil {
		return append(dst, it.memKey(l, x.at)...)
	}
	suffix, _ := l.b.entry(int(x.at))
	return append(append(dst, l.b.prefix()...), suffix...)
}

// emit appends the chosen entries.
func (it *Iter) emit(w *window, b *kv.Entries, keysOnly bool) {
	need := wordRoom
	for _, x := range w.chosen {
		if l := &w.lanes[x.lane]; l.b != nil {
			need += int(l.b.slots) + l.b.end(int(x.at)) - l.b.place(int(x.at))
		} else {
			need += len(it.memKey(l, x.at))
		}
	}
	keys, values, room := b.Extend(len(w.chosen), need)
	values = values[:len(keys)]
	used := 0
	for n, x := range w.chosen[:len(keys)] {
		l := &w.lanes[x.lane]
		if l.b == nil {
			v := it.memVersion(l, x.at)
			keys[n] = room[used:][:copy(room[used:], it.memKey(l, x.at))]
			keys[n] = keys[n][:len(keys[n]):len(keys[n])]
			used += len(keys[n])
			values[n] = v.value
		} else {
			rest, slen := l.b.content(int(x.at))
			k := putKey(room[used:], l.b.prefix(), rest, slen)
			keys[n] = room[used : used+k : used+k]
			used += k
			if !keysOnly {
				k = copy(room[used:], rest[slen:])
				values[n] = room[used : used+k : used+k]
				used += k
			}
		}
		if keysOnly {
			values[n] = nil
		}
	}
	b.Use(used)
}

// wordRoom is how many bytes putKey may write that are not the key's.
const wordRoom = 24

// putKey puts a key of prefix and the first slen bytes of rest at the beginning of room and returns its length. Most keys are three
// stores of words, which may write beyond it.
func putKey(room, prefix, rest []byte, slen int) int {
	if len(prefix) <= 16 && slen <= 8 && len(rest) >= 8 && len(room) >= wordRoom {
		var head [16]byte
		copy(head[:], prefix)
		copy(room[:16], head[:])
		binary.LittleEndian.PutUint64(room[len(prefix):], binary.LittleEndian.Uint64(rest))
		return len(prefix) + slen
	}
	n := copy(room, prefix)
	return n + copy(room[n:], rest[:slen])
}

func (it *Iter) memKey(l *lane, at uint32) []byte {
	switch c := it.sources[l.source].cursor.(type) {
	case *chunkCursor:
		return c.c.key(int(at))
	case *arrayCursor:
		return c.m.key(c.a.nodes[at])
	case *memCursor:
		return c.m.key(at)
	}
	return nil
}

func (it *Iter) memVersion(l *lane, at uint32) (v version) {
	switch c := it.sources[l.source].cursor.(type) {
	case *chunkCursor:
		_, v = c.c.entry(int(at))
	case *arrayCursor:
		v, _ = c.m.visible(c.a.nodes[at], c.ts)
	case *memCursor:
		v, _ = c.m.visible(at, c.ts)
	}
	return v
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
