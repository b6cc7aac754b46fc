package engine

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/packing"
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
//
// Whatever the bytes are, no look-up leaves them: a block in the cache may be overwritten while it is read (package arena).
type block struct {
	data   []byte
	base   uint64
	newest uint64 // highest timestamp
	scale  uint64 // entries per head, times 2^32; 0 if all heads are the same
	first  uint32 // head of the first entry
	n      int32  // entries
	slots  int32  // offset of the slots
	plain  bool   // every key once, no tombstones
	slen   uint8  // length of every key behind the prefix, plus one; 0 if they differ or are long
}

const (
	blockBytes  = frameBytes - frameHeader // a block fills a place in the cache
	blockHeader = packing.HeaderBytes
	slotBytes   = packing.SlotBytes
)

// maxTS is above every timestamp: seeking (key, maxTS) finds the newest version of key.
const maxTS = math.MaxUint64

// parseBlock checks a block whose checksum is right and notes what scans want to know about it.
func parseBlock(data []byte) (b block, ok bool) {
	if len(data) < blockHeader {
		return b, false
	}
	b = block{data: data, n: int32(binary.LittleEndian.Uint16(data)), base: binary.LittleEndian.Uint64(data[4:])}
	b.slots = blockHeader + int32(binary.LittleEndian.Uint16(data[2:]))
	start := int(b.slots + slotBytes*b.n)
	if b.n == 0 || start > len(data) {
		return b, false
	}
	for i, low := 0, start; i < int(b.n); i++ {
		p := b.place(i)
		if p < low || p >= len(data) {
			return b, false
		}
		low = p
	}
	b.plain = true
	var last []byte
	for i := range int(b.n) {
		if !b.validEntry(i) {
			return b, false
		}
		suffix, v := b.entry(i)
		b.newest = max(b.newest, v.ts)
		if i == 0 && len(suffix) < math.MaxUint8 {
			b.slen = uint8(len(suffix) + 1)
		} else if len(suffix)+1 != int(b.slen) {
			b.slen = 0
		}
		if v.kind != kindValue || i > 0 && b.plain && b.head(i) == b.head(i-1) && bytes.Equal(last, suffix) {
			b.plain = false
		}
		last = suffix
	}
	b.first = b.head(0)
	if d := b.head(int(b.n)-1) - b.first; d > 0 {
		b.scale = uint64(b.n-1) << 32 / uint64(d)
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

func (b *block) prefix() []byte { return b.data[blockHeader:b.slots:b.slots] }

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

// entry decodes entry i: its key without the prefix and its version. Of bytes that are no entry it makes an empty one.
func (b *block) entry(i int) (suffix []byte, v version) {
	p, end := b.place(i), b.end(i)
	if p+2 > end || end > len(b.data) {
		return nil, version{}
	}
	e := b.data[p:end]
	slen, n := uint64(e[0]), 1
	if slen >= 0x80 {
		slen, n = binary.Uvarint(e)
	}
	if n <= 0 || n >= len(e) {
		return nil, version{}
	}
	t, m := uint64(e[n]), 1
	if t >= 0x80 {
		t, m = binary.Uvarint(e[n:])
	}
	if m <= 0 || slen > uint64(len(e)-n-m) {
		return nil, version{}
	}
	e = e[n+m:]
	return e[:slen:slen], version{value: e[slen:len(e):len(e)], ts: b.base + t>>1, kind: uint8(t & 1)}
}

// content is entry i, which is valid, from its key without the prefix on: slen bytes, and the value.
func (b *block) content(i int) (rest []byte, slen int) {
	end := b.end(i)
	x := b.data[b.place(i):end:end]
	slen, k := int(x[0]), 1
	if slen >= 0x80 {
		s, m := binary.Uvarint(x)
		slen, k = int(s), m
	}
	for x[k] >= 0x80 { // the timestamp
		k++
	}
	return x[k+1:], slen
}

// appendRange appends the entries from ≤ i < to, which are values, or in reverse the last one first: what a scan does with
// every row of a table, so it is written out. The entries are copied as they lie in the block, as one piece, and the keys
// made behind them. Most keys are a prefix of up to 16 bytes and a suffix of up to 8: those are three stores of whole words,
// each of which may write beyond its part, where the next one comes.
func (b *block) appendRange(e *kv.Entries, from, to int, reverse, keysOnly bool) {
	const words = 16 // bytes of the prefix in two words
	start, prefix := b.place(from), b.prefix()
	data := b.data[start:b.end(to-1)]
	if !keysOnly {
		data = e.Hold(data)
	}
	n, plen := to-from, len(prefix)
	keys, values, room := e.Extend(n, n*plen+len(data)+words+8)
	var head [words]byte
	copy(head[:], prefix)
	head0, head1 := binary.LittleEndian.Uint64(head[:]), binary.LittleEndian.Uint64(head[8:])
	at, place, used := 0, 0, 0
	step := 1
	if reverse {
		at, step = n-1, -1
	}
	for i := from; i < to; i++ {
		end := b.end(i) - start
		x := data[place:end:end]
		place = end
		slen, k := int(x[0]), 1
		if slen >= 0x80 {
			s, m := binary.Uvarint(x)
			slen, k = int(s), m
		}
		for x[k] >= 0x80 { // the timestamp
			k++
		}
		x = x[k+1:]
		if plen <= words && slen <= 8 && len(x) >= 8 {
			to := room[used : used+words+8]
			binary.LittleEndian.PutUint64(to, head0)
			binary.LittleEndian.PutUint64(to[8:], head1)
			binary.LittleEndian.PutUint64(to[plen:], binary.LittleEndian.Uint64(x))
		} else {
			copy(room[used:], prefix)
			copy(room[used+plen:], x[:slen])
		}
		keys[at] = room[used : used+plen+slen : used+plen+slen]
		used += plen + slen
		if keysOnly {
			values[at] = nil
		} else {
			values[at] = x[slen:]
		}
		at += step
	}
	e.Use(used)
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

// lowerBound returns the first entry that is not before (key, ts), or n. Heads are often spread evenly, as those of counted
// rows, so the search begins where the key would then be, and widens from there.
func (b *block) lowerBound(key []byte, ts uint64) int {
	plen := int(b.slots) - blockHeader
	if prefix := b.prefix(); len(key) < plen || !bytes.Equal(key[:plen], prefix) {
		if bytes.Compare(key, prefix) < 0 {
			return 0
		}
		return int(b.n)
	}
	key = key[plen:]
	head := headOf(key)
	lo, hi := 0, int(b.n)
	if b.scale > 0 && head > b.first {
		up, low := bits.Mul64(uint64(head-b.first), b.scale)
		guess := int(min(up<<32|low>>32, uint64(hi-1)))
		if b.isBefore(guess, head, key, ts) {
			lo = guess + 1
			for step := 1; lo < hi; step *= 2 {
				p := min(lo+step-1, hi-1)
				if !b.isBefore(p, head, key, ts) {
					hi = p
					break
				}
				lo = p + 1
			}
		} else {
			hi = guess
			for step := 1; lo < hi; step *= 2 {
				p := max(hi-step, lo)
				if b.isBefore(p, head, key, ts) {
					lo = p + 1
					break
				}
				hi = p
			}
		}
	}
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if b.isBefore(mid, head, key, ts) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func (b *block) isBefore(i int, head uint32, suffix []byte, ts uint64) bool {
	h := b.head(i)
	return h < head || h == head && b.before(i, suffix, ts)
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
	return len(key) == plen+len(suffix) && bytes.Equal(key[plen:], suffix) && bytes.Equal(key[:plen], b.prefix())
}

// found is what a look-up in a run has found.
type found struct {
	ts   uint64
	kind uint8
	ok   bool
	more bool // the next block has to be asked
}

// get appends the newest version of key at ts to dst, nil for a tombstone.
func (b *block) get(key []byte, ts uint64, dst *kv.Values) found {
	j := b.lowerBound(key, ts)
	if j == int(b.n) {
		return found{more: true} // the key's older versions, if any, begin the next block
	}
	suffix, v := b.entry(j)
	if !b.is(key, suffix) {
		return found{}
	}
	if v.kind == kindTombstone {
		dst.AppendShared(nil)
	} else {
		copy(dst.Room(len(v.value)), v.value)
	}
	return found{ts: v.ts, kind: v.kind, ok: true}
}

// blockBuilder collects entries and writes them as a block.
type blockBuilder struct {
	keys    []byte // all keys, one after the other
	values  []byte
	entries []blockEntry
	base    uint64
	newest  uint64
	prefix  int // bytes that all keys begin with
}

type blockEntry struct {
	key, klen   int
	value, vlen int
	ts          uint64
	kind        uint8
}

func (b *blockBuilder) add(key, value []byte, ts uint64, kind uint8) {
	e := blockEntry{key: len(b.keys), klen: len(key), value: len(b.values), vlen: len(value), ts: ts, kind: kind}
	if len(b.entries) == 0 {
		b.base, b.newest, b.prefix = ts, ts, len(key)
	} else {
		b.prefix = commonPrefix(b.keyAt(0)[:b.prefix], key)
	}
	b.base, b.newest = min(b.base, ts), max(b.newest, ts)
	b.keys = append(b.keys, key...)
	b.values = append(b.values, value...)
	b.entries = append(b.entries, e)
}

// sizeWith is at least how long the block will be with one more entry.
func (b *blockBuilder) sizeWith(key, value []byte, ts uint64) int {
	n, prefix, base, newest := len(b.entries)+1, len(key), ts, ts
	if n > 1 {
		prefix = commonPrefix(b.keyAt(0)[:b.prefix], key)
		base, newest = min(b.base, ts), max(b.newest, ts)
	}
	entry := slotBytes - prefix + uvarintLen(uint64(len(key)+len(b.keys))) + uvarintLen((newest-base)<<1|1)
	return blockHeader + prefix + len(b.keys) + len(key) + len(b.values) + len(value) + n*entry
}

// size is about how long the block is by now.
func (b *blockBuilder) size() int { return len(b.keys) + len(b.values) }

func uvarintLen(n uint64) int { return (bits.Len64(n|1) + 6) / 7 }

func (b *blockBuilder) keyAt(i int) []byte {
	e := &b.entries[i]
	return b.keys[e.key : e.key+e.klen]
}

// finish appends the block to dst and empties the builder.
func (b *blockBuilder) finish(dst []byte) []byte {
	start := len(dst)
	n := len(b.entries)
	plen := b.prefix
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
	b.keys, b.values, b.entries = b.keys[:0], b.values[:0], b.entries[:0]
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
