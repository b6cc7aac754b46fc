package engine

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/lightsql/lightsql/kv"
)

// Scans over what was deleted in bulk. A chunk of tombstones lies over the blocks of a run, and nothing else comes in
// between, so both are walked by their heads in one loop:
//
//	block      k0 k1 k2 k3 k4 k5 k6 │        heads are four bytes after the block's prefix
//	chunk      k0    k2    k4    k6 k8 …     heads are eight bytes after the chunk's prefix
//	survive       k1    k3    k5
//
// The cursors are not asked for each key, and no key is built that nobody sees.

// fill appends the values behind the present entry of a chunk that are below bound and other, where there are such, and stands
// on the last entry that it has passed.
func (c *chunkCursor) fill(b *kv.Entries, limit int, keysOnly bool, bound, other []byte) (n int) {
	if c.reverse {
		return 0
	}
	end := len(c.c.places)
	if bound != nil {
		end = min(end, c.c.find(bound))
	}
	if other != nil {
		end = min(end, c.c.find(other))
	}
	i := c.i + 1
	for ; i < end && n < limit; i++ {
		key, v := c.c.entry(i)
		if v.kind == kindTombstone {
			continue
		}
		if keysOnly {
			v.value = nil
		}
		b.AppendShared(key, v.value)
		n++
	}
	if i-1 > c.i {
		c.i = i - 1
		c.settle()
	}
	return n
}

// fillAround is fill for a run's cursor, on a plain block, where the next other source is a chunk of tombstones, which are newer.
// Both go on. The run's cursor may come to stand on an entry that is deleted.
func (it *Iter) fillAround(c *runCursor, d *chunkCursor, b *kv.Entries, limit int, keysOnly bool) int {
	end := int(c.b.n)
	if it.bound != nil {
		end = min(end, c.b.lowerBound(it.bound, maxTS))
	}
	for i := range it.sources {
		if pos := it.sources[i].pos; i != it.cur && i != it.second && pos.valid {
			end = min(end, c.b.lowerBound(pos.key, maxTS))
		}
	}
	if d.at+1 < len(d.chunks) && end > 0 && !c.b.below(end-1, d.chunks[d.at+1].first) {
		end = min(end, c.b.lowerBound(d.chunks[d.at+1].first, maxTS))
	}
	heads, ok := d.c.headsAfter(c.b.prefix())
	if end <= c.j+1 || !ok {
		return c.fill(b, limit, keysOnly, it.bound, it.other())
	}
	lastSuffix, _ := c.b.entry(end - 1)
	c.buf = append(append(c.buf[:0], c.b.prefix()...), lastSuffix...)
	stop := d.c.find(c.buf) // all up to here begin with the block's prefix, as they lie between two keys of the block
	if stop < len(d.c.places) && bytes.Equal(d.c.key(stop), c.buf) {
		stop++
	}
	j, i, chosen := c.b.survivors(c.j+1, end, d.c, d.i, stop, heads, limit, it.chosen[:0])
	it.chosen = chosen
	if len(chosen) > 0 {
		c.b.appendChosen(b, chosen, keysOnly)
	}
	c.j = j - 1
	suffix, v := c.b.entry(c.j)
	c.buf = append(append(c.buf[:0], c.b.prefix()...), suffix...)
	c.position = position{key: c.buf, value: v.value, ts: v.ts, kind: v.kind, valid: true}
	if i > d.i {
		it.dead += i - d.i
		d.i = i
		d.settle()
	}
	it.second = -1
	for i := range it.sources {
		if i != it.cur && it.sources[i].pos.valid && (it.second < 0 || it.compare(it.sources[i].pos, it.sources[it.second].pos) < 0) {
			it.second = i
		}
	}
	return len(chosen)
}

// below tells whether the key of entry i is below key.
func (b *block) below(i int, key []byte) bool {
	prefix := b.prefix()
	if n := len(prefix); len(key) < n || !bytes.Equal(key[:n], prefix) {
		return bytes.Compare(prefix, key) < 0
	}
	suffix, _ := b.entry(i)
	return bytes.Compare(suffix, key[len(prefix):]) < 0
}

// headShift makes of a chunk's heads those of a block.
type headShift struct {
	left, right uint
	base        uint64
}

// headsAfter tells how to get the first four bytes after prefix of those keys of the chunk that begin with it. It cannot be
// done if prefix is much longer than the chunk's.
func (c *memChunk) headsAfter(prefix []byte) (headShift, bool) {
	more := len(prefix) - len(c.prefix)
	if more >= 0 {
		return headShift{left: 8 * uint(more)}, more <= 4
	}
	return headShift{right: 8 * uint(-more), base: head64(c.prefix[len(prefix):])}, true
}

// headsBehind tells how to get, of every key of the chunk, the eight bytes behind skip bytes, which all keys of the chunk have in common or
// not. It cannot be done if keys are longer and heads would have to be.
func (c *memChunk) headsBehind(skip int) (headShift, bool) {
	more := skip - len(c.prefix)
	if more > 0 {
		return headShift{left: 8 * uint(more)}, c.klen <= len(c.prefix)+8
	}
	return headShift{right: 8 * uint(-more), base: head64(c.prefix[skip:])}, c.klen < math.MaxInt
}

// long makes of a chunk's head one of eight bytes.
func (s headShift) long(head uint64) uint64 { return head<<s.left>>s.right | s.base }

func (s headShift) of(head uint64) uint32 { return uint32(s.long(head) >> 32) }

// survivors appends the entries from ≤ j < end that are not among those of c from i to stop to chosen, up to limit. It returns
// how far it came in both.
func (b *block) survivors(j, end int, c *memChunk, i, stop int, shift headShift, limit int, chosen []uint16) (int, int, []uint16) {
	slots, heads, plen := b.data[b.slots:int(b.slots)+slotBytes*int(b.n)], c.heads[:stop], len(b.prefix())
	short := -1 // the rest of every key of c, if it is within the heads
	if c.klen-plen <= 4 {
		short = c.klen - plen
	}
	same := short >= 0 && int(b.slen)-1 == short // heads are all there is
	end = min(end, int(b.n))
	for j < end && i < len(heads) && len(chosen) < limit {
		slot := slots[slotBytes*j : slotBytes*j+slotBytes]
		h, k := binary.LittleEndian.Uint32(slot), shift.of(heads[i])
		switch {
		case h < k:
			chosen = append(chosen, uint16(j))
			j++
		case h > k:
			i++
		case same, short >= 0 && int(b.data[binary.LittleEndian.Uint16(slot[4:])]) == short:
			i++
			j++
		default:
			suffix, _ := b.entry(j)
			d := bytes.Compare(suffix, c.key(i)[plen:])
			if d < 0 {
				chosen = append(chosen, uint16(j))
			}
			if d <= 0 {
				j++
			}
			if d >= 0 {
				i++
			}
		}
	}
	if i >= len(heads) {
		for ; j < end && len(chosen) < limit; j++ {
			chosen = append(chosen, uint16(j))
		}
	}
	return j, i, chosen
}

// appendChosen is appendRange for some of the entries.
func (b *block) appendChosen(e *kv.Entries, chosen []uint16, keysOnly bool) {
	prefix := b.prefix()
	from, to := int(chosen[0]), int(chosen[len(chosen)-1])+1
	if keysOnly || to-from > 4*len(chosen) {
		for _, i := range chosen {
			suffix, v := b.entry(int(i))
			if keysOnly {
				v.value = nil
			}
			e.AppendPrefixed(prefix, suffix, v.value)
		}
		return
	}
	start := b.place(from)
	data := e.Hold(b.data[start:b.end(to-1)])
	size := len(chosen) * len(prefix)
	for _, i := range chosen {
		p := b.place(int(i)) - start
		suffix := uint64(data[p])
		if suffix >= 0x80 {
			suffix, _ = binary.Uvarint(data[p:])
		}
		size += int(suffix)
	}
	keys, values, buf := e.Extend(len(chosen), size)
	values = values[:len(keys)]
	for n, i := range chosen[:len(keys)] {
		end := b.end(int(i)) - start
		x := data[b.place(int(i))-start : end : end]
		suffix, m := int(x[0]), 1
		if suffix >= 0x80 {
			s, w := binary.Uvarint(x)
			suffix, m = int(s), w
		}
		for x[m] >= 0x80 { // the timestamp
			m++
		}
		x = x[m+1:]
		at := len(buf)
		buf = append(append(buf, prefix...), x[:suffix]...)
		keys[n] = buf[at:len(buf):len(buf)]
		values[n] = x[suffix:]
	}
}
