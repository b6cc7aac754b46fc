package engine

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// rowCache keeps single entries of runs that are read again and again. A look-up in the runs passes filters, an index and
// a block, a dozen cache lines; here it is three.
//
//	set (by hash)  ─► row {generation, key, value, timestamp}
//	               ─► row
//
// A row is the newest version of its key in the runs of a generation, which a flush ends and a merge does not. It answers
// every reader at its timestamp or later whom no memtable answers before. A row comes in when its key is read a second
// time before another key of the set is, so that reads without a favourite pass by.
type rowCache struct {
	slots atomic.Pointer[[]rowSlot]
	size  int
}

type rowSlot struct {
	row  atomic.Pointer[byte]
	seen atomic.Uint32 // part of the hash of the last key that was not here
	used atomic.Bool
}

// row is a piece of memory of its own, so that a hit touches few cache lines: timestamp u64, generation u32, key bytes
// u16, value bytes u16, key, value. It never changes.
type row struct{ p *byte }

const (
	rowHeader   = 16
	rowBytesMax = 256 // of key and value
)

func newRow(generation uint32, ts uint64, key, value []byte) row {
	b := make([]byte, rowHeader+len(key)+len(value))
	binary.NativeEndian.PutUint64(b, ts)
	binary.NativeEndian.PutUint32(b[8:], generation)
	binary.NativeEndian.PutUint16(b[12:], uint16(len(key)))
	binary.NativeEndian.PutUint16(b[14:], uint16(len(value)))
	copy(b[rowHeader+copy(b[rowHeader:], key):], value)
	return row{unsafe.SliceData(b)}
}

func (r row) header() []byte     { return unsafe.Slice(r.p, rowHeader) }
func (r row) ts() uint64         { return binary.NativeEndian.Uint64(r.header()) }
func (r row) generation() uint32 { return binary.NativeEndian.Uint32(r.header()[8:]) }

// bytes are the key and the value.
func (r row) bytes() (key, value []byte) {
	h := r.header()
	k, v := int(binary.NativeEndian.Uint16(h[12:])), int(binary.NativeEndian.Uint16(h[14:]))
	b := unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(r.p), rowHeader)), k+v)
	return b[:k:k], b[k:]
}

// newRowCache makes a cache that takes about a tenth of the block cache's budget at most.
func newRowCache(cacheBytes int) rowCache {
	n := 64
	for n < 1<<20 && n*2*rowBytesMax*10 < cacheBytes {
		n *= 2
	}
	return rowCache{size: n}
}

// get returns the value of key and its timestamp, nil if it is not here or newer than at.
func (c *rowCache) get(hash uint64, key []byte, generation uint32, at uint64) ([]byte, uint64) {
	p := c.slots.Load()
	if p == nil {
		return nil, 0
	}
	slots := *p
	i := hash >> 20 & uint64(len(slots)-1)
	for range 2 {
		s := &slots[i]
		if r := (row{s.row.Load()}); r.p != nil && r.generation() == generation {
			if k, v := r.bytes(); bytes.Equal(k, key) {
				if !s.used.Load() {
					s.used.Store(true)
				}
				ts := r.ts()
				if ts > at {
					return nil, 0
				}
				return v, ts
			}
		}
		i ^= 1
	}
	return nil, 0
}

// offer is told what a look-up in the runs has found.
func (c *rowCache) offer(hash uint64, key []byte, v version, generation uint32) {
	if v.kind != kindValue || len(key)+len(v.value) > rowBytesMax {
		return
	}
	p := c.slots.Load()
	if p == nil {
		made := make([]rowSlot, c.size)
		c.slots.CompareAndSwap(nil, &made)
		p = c.slots.Load()
	}
	slots := *p
	i := hash >> 20 & uint64(len(slots)-1)
	if tag := uint32(hash >> 40); slots[i].seen.Load() != tag {
		slots[i].seen.Store(tag)
		return
	}
	s := &slots[i]
	if s.holds(generation) {
		if o := &slots[i^1]; !o.used.Load() || s.used.Load() {
			s = o
		}
	}
	if s.holds(generation) && s.used.Load() {
		s.used.Store(false) // one more chance
		return
	}
	s.row.Store(newRow(generation, v.ts, key, v.value).p)
}

func (s *rowSlot) holds(generation uint32) bool {
	r := row{s.row.Load()}
	return r.p != nil && r.generation() == generation
}
