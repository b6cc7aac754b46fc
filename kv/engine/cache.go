package engine

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/lightsql/lightsql/kv/engine/arena"
	"github.com/lightsql/lightsql/kv/engine/packing"
)

// cache keeps unpacked blocks of run files within a budget, in frames of one arena (package arena): the garbage collector sees
// none of it.
//
//	run.frames[block] ─► frame {state, owner, what parseBlock found, block}
//
// A hit takes no lock and allocates nothing: the run's table says in which frame the block is. There are two ways to read it:
//
//	point read   sequence number, owner ─► look up, copy the value ─► the same number? else the block is read from the file
//	cursor       pins the frame while it stands in the block, and copies entries out
//
// The state is the sequence number, odd while the frame is being filled, and below it the number of pins, in one word: a
// frame is taken away by the compare-and-swap from {even, no pins} to {odd, no pins}, after which whoever pins it sees the
// odd number and lets go. So nobody reads a frame that is being filled without noticing, however long he takes: an idle
// transaction holds nothing, and an idle cursor one frame.
//
// Which blocks stay is decided by S3-FIFO, on misses, under the lock of a shard. New blocks go through a small queue, a tenth
// of the frames; only those touched more than once there get into the main queue, where each touch buys another round. Blocks
// that a scan passes leave by the small queue, and the main queue never sees them. A block that comes back soon after it left
// is recognised by a ghost, which is no more than its name, and goes into the main queue at once.
type cache struct {
	arena   *arena.Arena
	shards  []cacheShard
	packing *packing.Packing
	runs    sync.Map // of those that may have frames, by number
	buffers sync.Pool
	misses  atomic.Uint64
}

const (
	frameBytes  = 8 << 10
	frameHeader = 64
)

type cacheShard struct {
	mu    sync.Mutex
	lo    uint32   // its frames are lo … hi
	hi    uint32   // exclusive
	fresh uint32   // from here on they were never used
	free  []uint32 // used once, and empty now
	small frameQueue
	main  frameQueue
	ghost []uint64 // by part of the name: the name's hash, and below it when it left
	left  uint32   // counts those that left
	_     [64]byte
}

// frame is a place for a block. Frame numbers begin with 1, so that 0 is none.
type frame struct{ p unsafe.Pointer }

type frameHead struct {
	state   atomic.Uint64 // sequence number, and in the lower half the pins
	run, at uint32        // owner
	base    uint64
	newest  uint64
	scale   uint64
	first   uint32
	n       int32
	slots   int32
	size    uint32
	touched atomic.Uint32 // 0 … 3
	plain   bool
	slen    uint8
}

// A frame's head ends where its block begins.
const _ = uint(frameHeader - unsafe.Sizeof(frameHead{}))

func newCache(bytes int, p *packing.Packing) *cache {
	frames := max(bytes/frameBytes, 1)
	c := &cache{arena: arena.New(frames * frameBytes), packing: p}
	c.buffers.New = func() any { return new(packing.Buffers) }
	const shardsMax, shardLo = 16, 64
	c.shards = make([]cacheShard, min(max(frames/shardLo, 1), shardsMax))
	for i := range c.shards {
		s := &c.shards[i]
		s.lo, s.hi = uint32(1+frames*i/len(c.shards)), uint32(1+frames*(i+1)/len(c.shards))
		s.fresh = s.lo
		n := 1
		for n < int(s.hi-s.lo) {
			n *= 2
		}
		s.ghost = make([]uint64, n)
	}
	return c
}

func (c *cache) frame(no uint32) frame { return frame{c.arena.At(uint64(no-1) * frameBytes)} }

func (f frame) head() *frameHead { return (*frameHead)(f.p) }

// sequence returns the number that the frame must still have when r's block at was read from it.
func (f frame) sequence(r *run, at int) (uint32, bool) {
	h := f.head()
	seq := uint32(h.state.Load() >> 32)
	return seq, seq&1 == 0 && h.run == r.no && h.at == uint32(at)
}

// still tells whether the frame was not changed since sequence.
func (f frame) still(seq uint32) bool {
	loadFence()
	return uint32(f.head().state.Load()>>32) == seq
}

// pin keeps the frame as it is until unpin, if it holds r's block at.
func (f frame) pin(r *run, at int) bool {
	h := f.head()
	if seq := uint32(h.state.Add(1) >> 32); seq&1 == 0 && h.run == r.no && h.at == uint32(at) {
		return true
	}
	f.unpin()
	return false
}

func (f frame) unpin() { f.head().state.Add(^uint64(0)) }

// block is the block in the frame. Its bytes may be changing, unless the frame is pinned.
func (f frame) block() (b block, ok bool) {
	h := f.head()
	b = block{base: h.base, newest: h.newest, scale: h.scale, first: h.first, n: h.n, slots: h.slots, plain: h.plain, slen: h.slen}
	size := h.size
	if size > blockBytes || b.n <= 0 || b.n > blockBytes || b.slots < blockHeader || b.slots > blockBytes ||
		b.slots+slotBytes*b.n > int32(size) {
		return b, false
	}
	b.data = unsafe.Slice((*byte)(unsafe.Add(f.p, frameHeader)), size)
	return b, true
}

func (f frame) touch() {
	const most = 3
	if t := &f.head().touched; t.Load() < most {
		t.Add(1)
	}
}

// fill puts a block into the frame, which nobody else can take now.
func (f frame) fill(r *run, at int, b *block) {
	h := f.head()
	h.run, h.at = r.no, uint32(at)
	h.base, h.newest, h.scale, h.first = b.base, b.newest, b.scale, b.first
	h.n, h.slots, h.size, h.plain, h.slen = b.n, b.slots, uint32(len(b.data)), b.plain, b.slen
	h.touched.Store(0)
	copy(unsafe.Slice((*byte)(unsafe.Add(f.p, frameHeader)), blockBytes), b.data)
	h.state.Add(1 << 32)
}

// blockName is a hash of which block of which run it is.
func blockName(run uint32, at int) uint32 {
	return uint32(fold(uint64(run)^hashA, uint64(at)^hashB))
}

// add puts a block that was just read under the budget. A block longer than a frame is not kept, nor one of a run that is
// gone.
func (c *cache) add(r *run, at int, b *block) {
	c.misses.Add(1)
	if len(b.data) > blockBytes {
		return
	}
	name := blockName(r.no, at)
	s := &c.shards[name%uint32(len(c.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.frames[at].Load() != 0 {
		return // somebody else read it at the same time
	}
	if _, live := c.runs.Load(r.no); !live {
		return
	}
	no := s.take(c)
	if no == 0 {
		return
	}
	c.frame(no).fill(r, at, b)
	r.frames[at].Store(no)
	if s.wasHere(name) {
		s.main.push(no)
	} else {
		s.small.push(no)
	}
}

// take returns a frame whose sequence number is odd, 0 if all are pinned.
func (s *cacheShard) take(c *cache) uint32 {
	if n := len(s.free); n > 0 {
		no := s.free[n-1]
		s.free = s.free[:n-1]
		return no
	}
	if s.fresh < s.hi {
		no := s.fresh
		s.fresh++
		c.frame(no).head().state.Add(1 << 32)
		return no
	}
	const rounds = 5 // the most touches, and one to find the frame
	for range rounds * int(s.hi-s.lo) {
		if s.small.len() > 0 && (s.small.len() > int(s.hi-s.lo)/10 || s.main.len() == 0) {
			no := s.small.pop()
			switch f := c.frame(no); {
			case f.head().touched.Load() > 1:
				f.head().touched.Store(0)
				s.main.push(no)
			case s.retire(c, f, no):
				s.remember(blockName(f.head().run, int(f.head().at)))
				return no
			default:
				s.small.push(no)
			}
			continue
		}
		if s.main.len() == 0 {
			return 0
		}
		no := s.main.pop()
		f := c.frame(no)
		if t := f.head().touched.Load(); t > 0 {
			f.head().touched.Store(t - 1)
		} else if s.retire(c, f, no) {
			return no
		}
		s.main.push(no)
	}
	return 0
}

// retire takes a frame away from its block, unless it is pinned.
func (s *cacheShard) retire(c *cache, f frame, no uint32) bool {
	h := f.head()
	state := h.state.Load()
	if uint32(state) != 0 || !h.state.CompareAndSwap(state, state+1<<32) {
		return false
	}
	if r, ok := c.runs.Load(h.run); ok {
		r.(*run).frames[h.at].CompareAndSwap(no, 0)
	}
	return true
}

func (s *cacheShard) remember(name uint32) {
	s.left++
	s.ghost[int(name>>8)&(len(s.ghost)-1)] = uint64(name)<<32 | uint64(s.left)
}

func (s *cacheShard) wasHere(name uint32) bool {
	g := s.ghost[int(name>>8)&(len(s.ghost)-1)]
	return g != 0 && uint32(g>>32) == name && s.left-uint32(g) < s.hi-s.lo
}

// drop forgets the blocks of runs that are gone. Those that are pinned leave when their turn comes.
func (c *cache) drop(gone map[*run]bool) {
	numbers := map[uint32]bool{}
	for r := range gone {
		numbers[r.no] = true
		c.runs.Delete(r.no)
	}
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for _, q := range []*frameQueue{&s.small, &s.main} {
			for range q.len() {
				no := q.pop()
				if f := c.frame(no); numbers[f.head().run] && s.retire(c, f, no) {
					s.free = append(s.free, no)
				} else {
					q.push(no)
				}
			}
		}
		s.mu.Unlock()
	}
}

// bytes is the memory of the frames in use.
func (c *cache) bytes() (n uint64) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		n += uint64(s.small.len()+s.main.len()) * frameBytes
		s.mu.Unlock()
	}
	return n
}

// pinned counts the frames that cursors stand in.
func (c *cache) pinned() (n int) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for no := s.lo; no < s.fresh; no++ {
			if uint32(c.frame(no).head().state.Load()) != 0 {
				n++
			}
		}
		s.mu.Unlock()
	}
	return n
}

// frameQueue is a queue of frame numbers in a ring.
type frameQueue struct {
	ring       []uint32
	head, size int
}

func (q *frameQueue) len() int { return q.size }

func (q *frameQueue) push(no uint32) {
	if q.size == len(q.ring) {
		ring := make([]uint32, max(2*len(q.ring), 64))
		n := copy(ring, q.ring[q.head:])
		copy(ring[n:], q.ring[:q.head])
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.size)%len(q.ring)] = no
	q.size++
}

func (q *frameQueue) pop() uint32 {
	no := q.ring[q.head]
	q.head = (q.head + 1) % len(q.ring)
	q.size--
	return no
}
