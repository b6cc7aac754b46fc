package engine

import (
	"bytes"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
)

// position is where a cursor stands: one key and the version of it that the reader sees. Key and value are valid until
// the cursor moves; the memory of a memtable's value never changes.
type position struct {
	key   []byte
	value []byte
	ts    uint64
	kind  uint8
	valid bool
}

// cursor walks one memtable, run or level in one direction and stops at each key that has a version the reader sees.
type cursor interface {
	// seek goes to the first key >= key, or in reverse to the last key < key; a nil key is the beginning (the end).
	seek(key []byte) error
	step() error
}

type source struct {
	cursor
	pos *position
}

// Iter walks the keys of a range, in order or in reverse, as they were at one timestamp. It is used by one goroutine.
// It holds on to the memtables and runs that it began with, so it is not disturbed by flushes and merges. It has to be closed.
type Iter struct {
	e       *Engine
	bound   []byte // stop at key >= bound, or in reverse at key < bound; nil: none
	sources []source
	cur     int           // the source that holds the current key, -1 at the end
	second  int           // the source with the next key among the others, -1 if none
	ranges  *rangeset.Set // range tombstones that the reader sees
	reverse bool
	began   bool
	misses  uint8
	pause   uint8 // steps before fillBlock is tried again
	dead    int   // tombstones passed
	moved   bool  // a source was moved on: choose again before the next step
	start   []byte
	windows bool     // the sources' keys alternate: fillWindow before fillBlock
	chosen  []uint16 // memory of fillAround
	window  window
	// Usage, if not nil, counts the blocks that are read, from the next Open on.
	Usage *kv.Usage

	// Room for what a scan usually needs, so that opening one again allocates nothing.
	roomSources [8]source
	roomMems    [2]memCursor
	roomArrays  [2]arrayCursor
	roomChunks  [2]chunkCursor
	roomRuns    [4]runCursor
	roomLevels  [3]levelCursor
}

// Open makes it an iterator over r at ts, and over what the transaction itself has written, if own is not nil. The range is
// not copied. An Iter must not be copied; after Close it may be opened again, and then needs no new memory.
func (it *Iter) Open(e *Engine, r kv.Range, ts uint64, reverse bool, own *Own) {
	s := e.state.Load()
	it.e, it.reverse, it.start, it.bound = e, reverse, r.Start, r.End
	it.cur, it.second, it.began, it.moved, it.windows, it.misses, it.pause = 0, 0, false, false, false, 0, 0
	if reverse {
		it.start, it.bound = r.End, r.Start
	}
	it.ranges = s.ranges.Meeting(r, ts)
	it.sources = it.roomSources[:0]
	if own != nil {
		it.addOwn(own, r)
	}
	arrays, series := 0, 0
	for i, m := range s.mems {
		for _, chunks := range m.chunks.list() {
			c := place(it.roomChunks[:], series)
			series++
			c.chunks, c.ts, c.reverse = chunks, ts, reverse
			it.sources = append(it.sources, source{c, &c.position})
			it.Usage.CountHit()
		}
		if m.empty() {
			continue
		}
		it.Usage.CountHit()
		for _, a := range m.ordered() {
			c := place(it.roomArrays[:], arrays)
			arrays++
			c.m, c.a, c.ts, c.reverse = m, a, ts, reverse
			it.sources = append(it.sources, source{c, &c.position})
		}
		if m.next(headNode) == 0 {
			continue
		}
		c := place(it.roomMems[:], i)
		c.m, c.ts, c.reverse = m, ts, reverse
		it.sources = append(it.sources, source{c, &c.position})
	}
	it.addRuns(s, r, ts)
}

// OwnTS is above every timestamp of a commit. A transaction numbers its own writes from here on: OwnTS + 1 is the first.
const OwnTS = 1 << 62

// place returns element i of room, or a new one beyond it.
func place[T any](room []T, i int) *T {
	if i < len(room) {
		return &room[i]
	}
	return new(T)
}

// Valid tells whether the iterator stands on an entry.
func (it *Iter) Valid() bool { return it.cur >= 0 }

// Key is the present key, valid until the iterator moves.
func (it *Iter) Key() []byte { return it.sources[it.cur].pos.key }

// Value is the present value, valid until the iterator moves.
func (it *Iter) Value() []byte { return it.sources[it.cur].pos.value }

// Close lets go of everything the iterator refers to. It is at its end then.
func (it *Iter) Close() {
	for i := range it.sources {
		switch c := it.sources[i].cursor.(type) {
		case *memCursor:
			*c = memCursor{stack: c.stack[:0]}
		case *arrayCursor:
			*c = arrayCursor{}
		case *chunkCursor:
			*c = chunkCursor{}
		case *runCursor:
			c.close()
		case *levelCursor:
			c.close()
			c.runs, c.at = nil, 0
		}
	}
	clear(it.roomSources[:])
	if it.dead >= deadMany {
		it.e.passTombstones(uint64(it.dead))
	}
	it.dead = 0
	it.cur, it.sources, it.began = -1, nil, true
	it.e, it.start, it.bound, it.ranges = nil, nil, nil, nil
}

// Next moves to the next entry, the first time to the first one. After the end Valid is false.
func (it *Iter) Next() error {
	for {
		if err := it.advance(); err != nil {
			it.cur = -1
			return err
		}
		if it.cur < 0 {
			return nil
		}
		pos := it.sources[it.cur].pos
		if it.bound != nil {
			c := bytes.Compare(pos.key, it.bound)
			if (c >= 0) != it.reverse {
				it.Close()
				return nil
			}
		}
		if it.ranges != nil {
			if hidden, err := it.hidden(pos); err != nil {
				it.cur = -1
				return err
			} else if hidden {
				continue
			}
		}
		if pos.kind != kindTombstone {
			return nil
		}
		it.dead++
	}
}

// hidden tells whether a range tombstone covers the present entry. If nothing in its run is newer, the source is moved to the
// end of the range: what was deleted as a whole is not read.
func (it *Iter) hidden(pos *position) (bool, error) {
	p := it.ranges.Piece(pos.key)
	if p == nil || p.Newest(pos.ts, maxTS) == 0 {
		return false, nil
	}
	var err error
	switch c := it.sources[it.cur].cursor.(type) {
	case *levelCursor:
		if c.r.maxTS < p.TS[0] {
			it.moved = true
			if err = c.leave(p); err == nil {
				err = c.goOn()
			}
		}
	case *runCursor:
		if c.r.maxTS < p.TS[0] {
			it.moved = true
			err = c.leave(p)
		}
	}
	return true, err
}

// Fill appends up to limit entries to b, each after a Next.
func (it *Iter) Fill(b *kv.Entries, limit int, keysOnly bool) error {
	for n := 0; n < limit; n++ {
		if err := it.Next(); err != nil || it.cur < 0 {
			return err
		}
		pos := it.sources[it.cur].pos
		if keysOnly {
			b.Append(pos.key, nil)
		} else {
			switch it.sources[it.cur].cursor.(type) {
			case *runCursor, *levelCursor:
				b.AppendPrefixed(nil, pos.key, pos.value)
			default:
				b.AppendShared(pos.key, pos.value)
			}
		}
		switch {
		case n+1 >= limit:
		case it.pause > 0:
			it.pause--
		default:
			got, err := it.fillOn(b, limit-n-1, keysOnly)
			if err != nil {
				it.cur = -1
				return err
			}
			it.paced(got)
			n += got
		}
	}
	return nil
}

// paced notes how many entries fillBlock has found. Where another source has every other key, as after deletes, looking for a
// stretch costs more than the step, so it is tried less and less often.
func (it *Iter) paced(got int) {
	const most = 5
	if got > 0 || it.second < 0 {
		it.misses = 0
		return
	}
	it.misses = min(it.misses+1, most)
	it.pause = 1<<it.misses - 1
}

// fillBlock goes on from the entry that the iterator stands on to the end of its block, as far as no other source has a
// key in between: without comparing keys, for a block whose entries are all there is to see. It returns how many entries
// it has appended; the iterator stands on the last one.
func (it *Iter) fillBlock(b *kv.Entries, limit int, keysOnly bool) int {
	var c *runCursor
	switch x := it.sources[it.cur].cursor.(type) {
	case *levelCursor:
		c = &x.runCursor
	case *runCursor:
		c = x
	case *chunkCursor:
		if it.ranges != nil {
			return 0
		}
		return x.fill(b, limit, keysOnly, it.bound, it.other())
	default:
		return 0
	}
	if !c.in || it.ranges != nil {
		return 0
	}
	other := it.other()
	plain := c.b.plain && c.b.newest <= c.ts
	switch {
	case it.reverse && !plain:
		return 0
	case !plain:
		return c.fillVersions(b, limit, keysOnly, it.bound, other)
	case it.reverse:
		return c.fillBack(b, limit, keysOnly, it.bound, other)
	}
	if it.second >= 0 {
		if d, ok := it.sources[it.second].cursor.(*chunkCursor); ok && d.c.dead {
			return it.fillAround(c, d, b, limit, keysOnly)
		}
	}
	return c.fill(b, limit, keysOnly, it.bound, other)
}

// other is the key at which another source may come in, nil if there is none.
func (it *Iter) other() []byte {
	if it.second < 0 {
		return nil
	}
	return it.sources[it.second].pos.key
}

// advance moves to the next key, live or deleted. Most steps stay in one source and cost one comparison.
func (it *Iter) advance() error {
	if !it.began {
		it.began = true
		for i := range it.sources {
			if err := it.sources[i].seek(it.start); err != nil {
				return err
			}
		}
		return it.choose()
	}
	if it.cur < 0 {
		return nil
	}
	if it.moved {
		it.moved = false
		return it.choose()
	}
	s := &it.sources[it.cur]
	if err := s.step(); err != nil {
		return err
	}
	if s.pos.valid && (it.second < 0 || it.compare(s.pos, it.sources[it.second].pos) < 0) {
		return nil
	}
	return it.choose()
}

// compare orders two positions as the iterator meets them.
func (it *Iter) compare(a, b *position) int {
	if it.reverse {
		return bytes.Compare(b.key, a.key)
	}
	return bytes.Compare(a.key, b.key)
}

// choose finds the source with the next key. Where several hold it, the newest one has the version to see and the others
// step over it.
func (it *Iter) choose() error {
	it.cur, it.second = -1, -1
sources:
	for i := range it.sources {
		pos := it.sources[i].pos
		if !pos.valid {
			continue
		}
		for it.cur >= 0 {
			c := it.compare(pos, it.sources[it.cur].pos)
			if c < 0 {
				break
			}
			if c > 0 {
				if it.second < 0 || it.compare(pos, it.sources[it.second].pos) < 0 {
					it.second = i
				}
				continue sources
			}
			if cur := &it.sources[it.cur]; pos.ts > cur.pos.ts { // the sources of one memtable stand in no order
				if err := cur.step(); err != nil {
					return err
				}
				if cur.pos.valid && (it.second < 0 || it.compare(cur.pos, it.sources[it.second].pos) < 0) {
					it.second = it.cur
				}
				it.cur = i
				continue sources
			}
			if err := it.sources[i].step(); err != nil {
				return err
			}
			if !pos.valid {
				continue sources
			}
		}
		it.cur, it.second = i, it.cur
	}
	return nil
}

// memCursor walks a memtable.
type memCursor struct {
	position
	m       *memtable
	node    uint32
	ts      uint64
	reverse bool
	stack   []uint32 // reverse: the nodes to come, the next one at the end
}

func (c *memCursor) seek(key []byte) error {
	if c.reverse {
		c.stack = c.stack[:0]
		c.moveBack(key)
	} else {
		c.node = c.m.first(key)
	}
	c.settle()
	return nil
}

func (c *memCursor) step() error {
	c.move()
	c.settle()
	return nil
}

func (c *memCursor) move() {
	if c.reverse {
		c.moveBack(c.m.key(c.node))
	} else {
		c.node = c.m.next(c.node)
	}
}

// moveBack goes to the last node with a key < key.
func (c *memCursor) moveBack(key []byte) {
	if len(c.stack) == 0 {
		c.stack = c.m.behind(key, c.stack)
	}
	n := len(c.stack)
	if n == 0 {
		c.node = headNode
		return
	}
	c.node, c.stack = c.stack[n-1], c.stack[:n-1]
}

// settle moves on to a node with a version that the reader sees.
func (c *memCursor) settle() {
	for c.node != 0 && c.node != headNode {
		if v, ok := c.m.visible(c.node, c.ts); ok {
			c.position = position{key: c.m.key(c.node), value: v.value, ts: v.ts, kind: v.kind, valid: true}
			return
		}
		c.move()
	}
	c.valid = false
}
