package engine

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"sort"
	"sync/atomic"
)

// A memChunk is what a commit of many keys in ascending order leaves in a memtable: its payload as it came, and in front of
// it the heads and places of the entries. No entry costs an allocation, a probe of the hash table or a place in the order.
//
//	heads    │ h0 │ h1 │ h2 │ …       the first eight bytes after what all keys have in common
//	places   │ p0 │ p1 │ p2 │ …
//	data     entry entry entry …      as in the log
//
// It never changes, except that a commit that fails marks it as a whole. It is in its memtable from the moment its commit
// has a timestamp, and nobody sees it because the timestamp is in the future.
type memChunk struct {
	record      []byte // the record of the log: its header, then data
	data        []byte
	prefix      []byte
	heads       []uint64
	places      []uint32
	scale       uint64 // entries per head, times 2^64; 0 if heads are too close
	first, last []byte // keys
	klen        int    // of every key; a high number if they differ
	dead        bool   // tombstones only
	ts          uint64
	aborted     atomic.Bool
}

const (
	chunkEntryBytes = 12 // of heads and places
	chunkOverhead   = 256
	seriesMax       = 4   // of a memtable
	spliceMax       = 512 // chunks of a series from which on new ones are only taken at its end
)

// newMemChunk makes a chunk of a payload, which it copies; nil if the keys are not in ascending order or some entry is
// neither value nor tombstone.
func newMemChunk(payload []byte, entries int) *memChunk {
	places := make([]uint32, 0, entries)
	var last []byte
	dead := true
	for rest := payload; len(rest) > 0; {
		kind, key, _, next, err := nextEntry(rest)
		if err != nil || kind > kindTombstone || bytes.Compare(last, key) >= 0 {
			return nil
		}
		places = append(places, uint32(len(payload)-len(rest)))
		dead = dead && kind == kindTombstone
		last, rest = key, next
	}
	if len(places) == 0 {
		return nil
	}
	record := make([]byte, recordHeader+len(payload))
	copy(record[recordHeader:], payload)
	c := &memChunk{record: record, data: record[recordHeader:], places: places, heads: make([]uint64, len(places)), dead: dead}
	c.first, c.last = c.key(0), c.key(len(places)-1)
	c.prefix = c.first[:commonPrefix(c.first, c.last)]
	plen := len(c.prefix)
	c.klen = len(c.first)
	for i := range places {
		key := c.key(i)
		c.heads[i] = head64(key[plen:])
		if len(key) != c.klen {
			c.klen = math.MaxInt
		}
	}
	if spread := c.heads[len(places)-1] - c.heads[0]; spread > uint64(len(places)) {
		c.scale, _ = bits.Div64(uint64(len(places)-1), 0, spread)
	}
	return c
}

// size is what the chunk takes of its memtable.
func (c *memChunk) size() uint64 {
	return uint64(len(c.data) + chunkEntryBytes*len(c.places) + chunkOverhead)
}

func (c *memChunk) visible(ts uint64) bool { return c.ts <= ts && !c.aborted.Load() }

func (c *memChunk) key(i int) []byte {
	b := c.data[c.places[i]:]
	klen, n := uint64(b[1]), 3
	if klen >= 0x80 || b[2] >= 0x80 {
		var m int
		klen, n = binary.Uvarint(b[1:])
		_, m = binary.Uvarint(b[1+n:])
		n += 1 + m
	}
	end := n + int(klen)
	return b[n:end:end]
}

func (c *memChunk) entry(i int) (key []byte, v version) {
	b := c.data[c.places[i]:]
	klen, vlen, n := uint64(b[1]), uint64(b[2]), 3
	if klen >= 0x80 || vlen >= 0x80 {
		var m int
		klen, n = binary.Uvarint(b[1:])
		vlen, m = binary.Uvarint(b[1+n:])
		n += 1 + m
	}
	end := n + int(klen)
	stop := end + int(vlen)
	return b[n:end:end], version{value: b[end:stop:stop], ts: c.ts, kind: b[0]}
}

// find returns the first entry with a key >= key. It begins where the key would be if heads were spread evenly, and widens
// from there.
func (c *memChunk) find(key []byte) int {
	n := len(c.heads)
	if !bytes.HasPrefix(key, c.prefix) {
		if bytes.Compare(key, c.prefix) < 0 {
			return 0
		}
		return n
	}
	head := head64(key[len(c.prefix):])
	lo, hi := 0, n
	if c.scale > 0 && head > c.heads[0] {
		up, _ := bits.Mul64(head-c.heads[0], c.scale)
		guess := int(min(up, uint64(n-1)))
		if c.heads[guess] < head {
			lo = guess + 1
			for step := 1; lo < hi; step *= 2 {
				p := min(lo+step-1, hi-1)
				if c.heads[p] >= head {
					hi = p
					break
				}
				lo = p + 1
			}
		} else {
			hi = guess
			for step := 1; lo < hi; step *= 2 {
				p := max(hi-step, lo)
				if c.heads[p] < head {
					lo = p + 1
					break
				}
				hi = p
			}
		}
	}
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if c.heads[mid] < head {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == n || c.heads[lo] != head || bytes.Compare(c.key(lo), key) >= 0 {
		return lo
	}
	return lo + sort.Search(n-lo, func(i int) bool {
		return c.heads[lo+i] != head || bytes.Compare(c.key(lo+i), key) >= 0
	})
}

// memChunks are the chunks of a memtable, in a few series. The chunks of one are in ascending order and do not overlap, so
// a key is at most once in each. A load in order of the keys makes one series; what finds no place in any, because the same
// keys are written over and over, goes to nodes. Chunks are added under Engine.mu; a list that was read never changes.
type memChunks struct {
	series   atomic.Pointer[[][]*memChunk]
	bytes    atomic.Uint64
	reserved uint64 // guarded by Engine.mu
}

func (x *memChunks) list() [][]*memChunk {
	if p := x.series.Load(); p != nil {
		return *p
	}
	return nil
}

// place finds a series that can take c, and the place in it; none is -1.
func (x *memChunks) place(c *memChunk) (series, at int) {
	list := x.list()
	for s, chunks := range list {
		n := len(chunks)
		i := n
		if bytes.Compare(chunks[n-1].last, c.first) >= 0 {
			i = chunkFrom(chunks, c.first)
		}
		if i == n || n < spliceMax && bytes.Compare(c.last, chunks[i].first) < 0 {
			return s, i
		}
	}
	if len(list) < seriesMax {
		return len(list), 0
	}
	return -1, 0
}

// add puts c, which has its timestamp, where place said.
func (x *memChunks) add(c *memChunk, series, at int) {
	list := slices.Clone(x.list())
	if series == len(list) {
		list = append(list, nil)
	}
	s := list[series]
	if at < len(s) {
		s = slices.Clone(s) // readers may hold the old one
	}
	list[series] = slices.Insert(s, at, c)
	x.bytes.Add(c.size())
	x.series.Store(&list)
}

// chunkFrom returns the first chunk of a series that ends at key or after it.
func chunkFrom(chunks []*memChunk, key []byte) int {
	return sort.Search(len(chunks), func(i int) bool { return bytes.Compare(chunks[i].last, key) >= 0 })
}

// get returns the newest version of key at ts that is newer than v, if there is one, else v.
func (x *memChunks) get(key []byte, ts uint64, v version, found bool) (version, bool) {
	for _, chunks := range x.list() {
		if bytes.Compare(key, chunks[len(chunks)-1].last) > 0 || bytes.Compare(key, chunks[0].first) < 0 {
			continue
		}
		c := chunks[chunkFrom(chunks, key)]
		if found && c.ts < v.ts || !c.visible(ts) || bytes.Compare(key, c.first) < 0 {
			continue
		}
		if i := c.find(key); i < len(c.places) {
			if k, x := c.entry(i); bytes.Equal(k, key) {
				v, found = x, true
			}
		}
	}
	return v, found
}

// meets tells whether a chunk holds a key in [start, end].
func (x *memChunks) meets(start, end []byte) bool {
	for _, chunks := range x.list() {
		for _, c := range chunks[chunkFrom(chunks, start):] {
			if bytes.Compare(c.first, end) > 0 {
				break
			}
			if i := c.find(start); i < len(c.places) && bytes.Compare(c.key(i), end) <= 0 {
				return true
			}
		}
	}
	return false
}

// chunkCursor walks one series of chunks.
type chunkCursor struct {
	position
	chunks  []*memChunk
	c       *memChunk // chunks[at]
	at, i   int
	ts      uint64
	reverse bool
}

func (c *chunkCursor) seek(key []byte) error {
	n := len(c.chunks)
	switch {
	case c.reverse && key == nil:
		c.enter(n - 1)
	case c.reverse:
		c.enter(sort.Search(n, func(i int) bool { return bytes.Compare(c.chunks[i].first, key) >= 0 }) - 1)
		if c.c != nil {
			c.i = c.c.find(key) - 1
		}
	default:
		c.enter(chunkFrom(c.chunks, key))
		if c.c != nil {
			c.i = c.c.find(key)
		}
	}
	c.settle()
	return nil
}

func (c *chunkCursor) step() error {
	if c.reverse {
		c.i--
	} else {
		c.i++
	}
	c.settle()
	return nil
}

// enter goes to the end of chunk at that comes first.
func (c *chunkCursor) enter(at int) {
	c.at, c.c, c.i = at, nil, 0
	if at >= 0 && at < len(c.chunks) {
		c.c = c.chunks[at]
		if c.reverse {
			c.i = len(c.c.places) - 1
		}
	}
}

// settle goes on to an entry of a chunk that the reader sees, and shows it.
func (c *chunkCursor) settle() {
	for c.c != nil {
		if c.i >= 0 && c.i < len(c.c.places) && c.c.visible(c.ts) {
			key, v := c.c.entry(c.i)
			c.position = position{key: key, value: v.value, ts: v.ts, kind: v.kind, valid: true}
			return
		}
		if c.reverse {
			c.enter(c.at - 1)
		} else {
			c.enter(c.at + 1)
		}
	}
	c.valid = false
}

// chunkWalk yields all versions in the chunks of a memtable, by key and of one key newest first. All commits are settled.
type chunkWalk struct {
	cursors []*chunkCursor
	next    *chunkCursor // nil at the end
}

func (x *memChunks) walk() *chunkWalk {
	w := &chunkWalk{}
	for _, chunks := range x.list() {
		c := &chunkCursor{chunks: chunks, ts: maxTS}
		_ = c.seek(nil)
		w.cursors = append(w.cursors, c)
	}
	w.choose()
	return w
}

func (w *chunkWalk) choose() {
	w.next = nil
	for _, c := range w.cursors {
		if !c.valid {
			continue
		}
		if w.next != nil {
			if d := bytes.Compare(c.key, w.next.key); d > 0 || d == 0 && c.position.ts < w.next.position.ts {
				continue
			}
		}
		w.next = c
	}
}

// before gives what comes before (key, ts) to add; all of it if key is nil.
func (w *chunkWalk) before(key []byte, ts uint64, add func(key []byte, v version) error) error {
	for w.next != nil {
		p := &w.next.position
		if key != nil {
			if d := bytes.Compare(p.key, key); d > 0 || d == 0 && p.ts < ts {
				return nil
			}
		}
		if err := add(p.key, version{value: p.value, ts: p.ts, kind: p.kind}); err != nil {
			return err
		}
		w.next.i++
		w.next.settle()
		if len(w.cursors) > 1 || !w.next.valid {
			w.choose()
		}
	}
	return nil
}
