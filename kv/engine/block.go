package engine

import (
	"bytes"
	"encoding/binary"
	"math"
	"sync/atomic"

	"github.com/lightsql/lightsql/kv"
)

// A block is the unit of reading and caching of a run file: entries sorted by key, and of one key newest first.
//
//	 0  entries        u16
//	 2  prefix bytes   u16
//	 4  base           u64       lowest timestamp in the block
//	12  prefix                   what all keys of the block begin with
//	    slots          6 × n     head u32, place u16: the first four bytes of each key after the prefix, zero padded, and
//	                             where the entry begins
//	    entry:                   suffix bytes uvarint, (timestamp - base)<<1 | tombstone uvarint, suffix, value
//
// Cutting one prefix off all keys, instead of each key against the one before, leaves every entry readable by itself: a
// search touches a few slots and one or two entries, and walking backwards is as cheap as forwards. A block is at most
// blockBytes long, or holds one entry.
type block struct {
	data   []byte // first what a look-up needs: it lies in one cache line
	base   uint64
	newest uint64      // highest timestamp
	n      int32       // entries
	slots  int32       // offset of the slots
	used   atomic.Bool // touched since the cache's clock hand passed
	plain  bool        // every key once, no tombstones

	run    *run
	at     int // its number in the run
	prefix []byte
}

const (
	blockBytes  = 8 << 10
	blockHeader = 12
	slotBytes   = 6
)

// maxTS is above every timestamp: seeking (key, maxTS) finds the newest version of key.
const maxTS = math.MaxUint64

// parseBlock checks what the lookups rely on, so that they cannot run out of bounds on a block whose checksum is right.
func parseBlock(data []byte) (*block, bool) {
	if len(data) < blockHeader {
		return nil, false
	}
	b := &block{data: data, n: int32(binary.LittleEndian.Uint16(data)), base: binary.LittleEndian.Uint64(data[4:])}
	plen := int32(binary.LittleEndian.Uint16(data[2:]))
	b.slots = blockHeader + plen
	start := int(b.slots + slotBytes*b.n)
	if b.n == 0 || start > len(data) {
		return nil, false
	}
	b.prefix = data[blockHeader:b.slots:b.slots]
	for i, low := 0, start; i < int(b.n); i++ {
		p := b.place(i)
		if p < low || p >= len(data) {
			return nil, false
		}
		low = p
	}
	b.plain = true
	for i := range int(b.n) {
		if !b.validEntry(i) {
			return nil, false
		}
		suffix, v := b.entry(i)
		b.newest = max(b.newest, v.ts)
		if v.kind != kindValue {
			b.plain = false
		} else if i > 0 && b.plain && b.head(i) == b.head(i-1) {
			last, _ := b.entry(i - 1)
			b.plain = !bytes.Equal(last, suffix)
		}
	}
	return b, true
}

func (b *block) validEntry(i int) bool {
	e := b.data[b.place(i):b.end(i)]
	slen, n := binary.Uvarint(e)
	if n <= 0 {
		return false
	}
	_, m := binary.Uvarint(e[n:])
	return m > 0 && slen <= uint64(len(e)-n-m)
}

func (b *block) place(i int) int {
	return int(binary.LittleEndian.Uint16(b.data[int(b.slots)+slotBytes*i+4:]))
}

func (b *block) end(i int) int {
	if i+1 < int(b.n) {
		return b.place(i + 1)
	}
	return len(b.data)
}

func (b *block) head(i int) uint32 {
	return binary.LittleEndian.Uint32(b.data[int(b.slots)+slotBytes*i:])
}

// entry decodes entry i: its key without the prefix and its version.
func (b *block) entry(i int) (suffix []byte, v version) {
	e := b.data[b.place(i):b.end(i)]
	slen, n := uint64(e[0]), 1
	if slen >= 0x80 {
		slen, n = binary.Uvarint(e)
	}
	t, m := uint64(e[n]), 1
	if t >= 0x80 {
		t, m = binary.Uvarint(e[n:])
	}
	e = e[n+m:]
	return e[:slen:slen], version{value: e[slen:len(e):len(e)], ts: b.base + t>>1, kind: uint8(t & 1)}
}

// appendRange appends the entries from ≤ i < to, which are values: what a scan does with every row of a table, so it is
// written out, and the keys are made in memory taken at once.
func (b *block) appendRange(e *kv.Entries, from, to int, keysOnly bool) {
	data, place := b.data, b.place(from)
	bytes := (to - from) * len(b.prefix)
	for i := from; i < to; i++ {
		suffix := uint64(data[b.place(i)])
		if suffix >= 0x80 {
			suffix, _ = binary.Uvarint(data[b.place(i):])
		}
		bytes += int(suffix)
	}
	keys, values, buf := e.Extend(to-from, bytes)
	for i := range keys {
		end := b.end(from + i)
		x := data[place:end:end]
		place = end
		suffix, n := int(x[0]), 1
		if suffix >= 0x80 {
			s, m := binary.Uvarint(x)
			suffix, n = int(s), m
		}
		for x[n] >= 0x80 { // the timestamp
			n++
		}
		x = x[n+1:]
		at := len(buf)
		buf = append(append(buf, b.prefix...), x[:suffix]...)
		keys[i] = buf[at:len(buf):len(buf)]
		if keysOnly {
			values[i] = nil
		} else {
			values[i] = x[suffix:]
		}
	}
}

// headOf is the head of a key from which the prefix is cut.
func headOf(suffix []byte) uint32 {
	if len(suffix) >= 4 {
		return binary.BigEndian.Uint32(suffix)
	}
	var b [4]byte
	copy(b[:], suffix)
	return binary.BigEndian.Uint32(b[:])
}

// lowerBound returns the first entry that is not before (key, ts), or n.
func (b *block) lowerBound(key []byte, ts uint64) int {
	plen := int(b.slots) - blockHeader
	if prefix := b.data[blockHeader:b.slots]; len(key) < plen || !bytes.Equal(key[:plen], prefix) {
		if bytes.Compare(key, prefix) < 0 {
			return 0
		}
		return int(b.n)
	}
	key = key[plen:]
	head := headOf(key)
	lo, hi := 0, int(b.n)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		h := b.head(mid)
		if h < head || h == head && b.before(mid, key, ts) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// before tells whether entry i comes before (key, ts): a smaller key, or a newer version.
func (b *block) before(i int, suffix []byte, ts uint64) bool {
	s, v := b.entry(i)
	if c := bytes.Compare(s, suffix); c != 0 {
		return c < 0
	}
	return v.ts > ts
}

// is tells whether key is the block's prefix and suffix.
func (b *block) is(key, suffix []byte) bool {
	plen := int(b.slots) - blockHeader
	return len(key) == plen+len(suffix) && bytes.Equal(key[plen:], suffix) && bytes.Equal(key[:plen], b.data[blockHeader:b.slots])
}

// blockBuilder collects entries and writes them as a block.
type blockBuilder struct {
	keys    []byte // all keys, one after the other
	values  []byte
	entries []blockEntry
	base    uint64
	raw     int // estimate of the size
}

type blockEntry struct {
	key, klen   int
	value, vlen int
	ts          uint64
	kind        uint8
}

func (b *blockBuilder) add(key, value []byte, ts uint64, kind uint8) {
	e := blockEntry{key: len(b.keys), klen: len(key), value: len(b.values), vlen: len(value), ts: ts, kind: kind}
	b.keys = append(b.keys, key...)
	b.values = append(b.values, value...)
	if len(b.entries) == 0 || ts < b.base {
		b.base = ts
	}
	b.entries = append(b.entries, e)
	b.raw += entrySize(key, value)
}

// entrySize is about what an entry adds to a block.
func entrySize(key, value []byte) int { return len(key) + len(value) + 12 }

func (b *blockBuilder) keyAt(i int) []byte {
	e := &b.entries[i]
	return b.keys[e.key : e.key+e.klen]
}

// finish appends the block to dst and empties the builder.
func (b *blockBuilder) finish(dst []byte) []byte {
	start := len(dst)
	n := len(b.entries)
	plen := commonPrefix(b.keyAt(0), b.keyAt(n-1))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(n))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(plen))
	dst = binary.LittleEndian.AppendUint64(dst, b.base)
	dst = append(dst, b.keyAt(0)[:plen]...)
	slots := len(dst)
	dst = append(dst, make([]byte, slotBytes*n)...)
	for i := range b.entries {
		e := &b.entries[i]
		slot := dst[slots+slotBytes*i:]
		binary.LittleEndian.PutUint32(slot, headOf(b.keyAt(i)[plen:]))
		binary.LittleEndian.PutUint16(slot[4:], uint16(len(dst)-start))
		dst = binary.AppendUvarint(dst, uint64(e.klen-plen))
		dst = binary.AppendUvarint(dst, (e.ts-b.base)<<1|uint64(e.kind))
		dst = append(dst, b.keyAt(i)[plen:]...)
		dst = append(dst, b.values[e.value:e.value+e.vlen]...)
	}
	b.keys, b.values, b.entries, b.raw = b.keys[:0], b.values[:0], b.entries[:0], 0
	return dst
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
