package engine

import (
	"bytes"
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/arena"
)

// rowCache keeps single entries of runs that are read again and again. A look-up in the runs passes filters, an index and
// a block, a dozen cache lines; here it is one of a small table and those of the row.
//
//	hash ─► set: tag │ tag │ tag │ tag       16 bits of the hash each; most keys that are not here end here
//	               │
//	               ▼
//	             row {number, used, timestamp, generation, sizes, key, value}     rowSlot bytes in an arena
//
// A row is the newest version of its key in the runs of a generation, which a flush ends and a merge does not. It answers
// every reader at its timestamp or later whom no memtable answers before. A row comes in when its key is read a second
// time before another key of the set is, so that reads without a favourite pass by. It leaves when its place is wanted and
// it has not been read since it was wanted the last time.
type rowCache struct {
	table atomic.Pointer[rowTable] // nil until something is read twice
	sets  int
}

type rowTable struct {
	sets  uint64
	tags  []atomic.Uint64 // per set: one tag of 16 bits per way, 0 is none
	seen  []atomic.Uint32 // per set: part of the hash of the last key that was not here
	arena *arena.Arena
}

const (
	rowWays   = 4
	rowSlot   = 256
	rowHeader = 24
	rowRoom   = rowSlot - rowHeader // bytes of key and value
	rowSetMem = rowWays*rowSlot + 12
)

// row is a place in the arena.
type row struct{ p unsafe.Pointer }

func (r row) number() *uint32     { return (*uint32)(r.p) } // odd while the row is written
func (r row) used() *uint32       { return (*uint32)(unsafe.Add(r.p, 4)) }
func (r row) ts() *uint64         { return (*uint64)(unsafe.Add(r.p, 8)) }
func (r row) generation() *uint32 { return (*uint32)(unsafe.Add(r.p, 16)) }
func (r row) sizes() *uint32      { return (*uint32)(unsafe.Add(r.p, 20)) } // of the key, and above it of the value

func (r row) bytes(from, n uint32) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(r.p, rowHeader+uintptr(from))), n)
}

// newRowCache makes a cache that takes so many bytes at most.
func newRowCache(limit int) rowCache { return rowCache{sets: max(limit/rowSetMem, 1)} }

func newRowTable(sets int) *rowTable {
	return &rowTable{
		sets: uint64(sets), tags: make([]atomic.Uint64, sets), seen: make([]atomic.Uint32, sets),
		arena: arena.New(sets * rowWays * rowSlot),
	}
}

func (t *rowTable) set(hash uint64) uint64 {
	s, _ := bits.Mul64(hash, t.sets)
	return s
}

func (t *rowTable) row(set uint64, way int) row {
	return row{t.arena.At((set*rowWays + uint64(way)) * rowSlot)}
}

const (
	laneOnes = 0x0001000100010001
	laneHigh = 0x8000800080008000
)

func rowTag(hash uint64) uint64 { return hash&0xffff | uint64(b2i(hash&0xffff == 0)) }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sameTag has the highest bit of each way set whose tag it is, and perhaps of some that come after one.
func sameTag(tags, tag uint64) uint64 {
	x := tags ^ tag*laneOnes
	return (x - laneOnes) &^ x & laneHigh
}

// get appends the value of key to dst and returns its timestamp, if it is here and not newer than at.
func (c *rowCache) get(hash uint64, key []byte, generation uint32, at uint64, dst *kv.Values) (ts uint64, ok bool) {
	t := c.table.Load()
	if t == nil {
		return 0, false
	}
	set := t.set(hash)
	for m := sameTag(t.tags[set].Load(), rowTag(hash)); m != 0; m &= m - 1 {
		if ts, ok := t.row(set, bits.TrailingZeros64(m)/16).read(key, generation, at, dst); ok {
			return ts, true
		}
	}
	return 0, false
}

func (r row) read(key []byte, generation uint32, at uint64, dst *kv.Values) (ts uint64, ok bool) {
	number := atomic.LoadUint32(r.number())
	sizes := *r.sizes()
	klen, vlen := sizes&0xffff, sizes>>16
	if number&1 != 0 || *r.generation() != generation || int(klen) != len(key) || klen+vlen > rowRoom {
		return 0, false
	}
	ts = *r.ts()
	if ts > at || !bytes.Equal(r.bytes(0, klen), key) {
		return 0, false
	}
	copy(dst.Room(int(vlen)), r.bytes(klen, vlen))
	loadFence()
	if atomic.LoadUint32(r.number()) != number {
		dst.Drop()
		return 0, false
	}
	if atomic.LoadUint32(r.used()) == 0 {
		atomic.StoreUint32(r.used(), 1)
	}
	return ts, true
}

// offer is told what a look-up in the runs has found.
func (c *rowCache) offer(hash uint64, key, value []byte, ts uint64, generation uint32) {
	if len(key)+len(value) > rowRoom {
		return
	}
	t := c.table.Load()
	if t == nil {
		c.table.CompareAndSwap(nil, newRowTable(c.sets))
		t = c.table.Load()
	}
	set := t.set(hash)
	if part := uint32(hash >> 16); t.seen[set].Load() != part {
		t.seen[set].Store(part)
		return
	}
	way := t.victim(set, int(hash>>16)%rowWays, generation)
	if way < 0 {
		return
	}
	r := t.row(set, way)
	number := atomic.LoadUint32(r.number())
	if number&1 != 0 || !atomic.CompareAndSwapUint32(r.number(), number, number+1) {
		return // somebody else is at it
	}
	*r.ts(), *r.generation() = ts, generation
	*r.sizes() = uint32(len(key)) | uint32(len(value))<<16
	copy(r.bytes(0, rowRoom), key)
	copy(r.bytes(uint32(len(key)), uint32(len(value))), value)
	atomic.StoreUint32(r.used(), 0)
	atomic.StoreUint32(r.number(), number+2)
	for {
		was := t.tags[set].Load()
		if t.tags[set].CompareAndSwap(was, was&^(0xffff<<(16*way))|rowTag(hash)<<(16*way)) {
			return
		}
	}
}

// victim chooses a place in the set: one that holds no row of the generation, or one whose row has not been read since this
// was asked before; -1 if all have.
func (t *rowTable) victim(set uint64, first int, generation uint32) int {
	tags := t.tags[set].Load()
	for way := range rowWays {
		if tags>>(16*way)&0xffff == 0 || atomic.LoadUint32(t.row(set, way).generation()) != generation {
			return way
		}
	}
	for i := range rowWays {
		way := (first + i) % rowWays
		if r := t.row(set, way); !atomic.CompareAndSwapUint32(r.used(), 1, 0) {
			return way
		}
	}
	return -1
}

// warm reads what a look-up of each hash begins with, so that the cache misses of several overlap.
func (c *rowCache) warm(hashes []uint64) (sum uint64) {
	t := c.table.Load()
	if t == nil {
		return 0
	}
	for _, h := range hashes {
		set := t.set(h)
		if m := sameTag(t.tags[set].Load(), rowTag(h)); m != 0 {
			sum += uint64(atomic.LoadUint32(t.row(set, bits.TrailingZeros64(m)/16).number()))
		}
	}
	return sum
}
