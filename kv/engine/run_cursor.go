package engine

import (
	"bytes"
	"sort"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
)

// addRuns gives the iterator a cursor per run of level 0 and one per deeper level, where they meet r.
func (it *Iter) addRuns(s *state, r kv.Range, ts uint64) {
	n := 0
	for _, x := range s.levels[0] {
		if x.minTS <= ts && x.meets(r) {
			c := place(it.roomRuns[:], n)
			n++
			c.r, c.ts, c.reverse, c.usage = x, ts, it.reverse, it.Usage
			it.sources = append(it.sources, source{c, &c.position})
		}
	}
	n = 0
	for _, level := range s.levels[1:] {
		lo := sort.Search(len(level), func(i int) bool { return bytes.Compare(level[i].maxKey, r.Start) >= 0 })
		hi := len(level)
		if r.End != nil {
			hi = sort.Search(hi, func(i int) bool { return bytes.Compare(level[i].minKey, r.End) >= 0 })
		}
		if lo >= hi {
			continue
		}
		c := place(it.roomLevels[:], n)
		n++
		c.runs, c.ts, c.reverse, c.usage = level[lo:hi], ts, it.reverse, it.Usage
		it.sources = append(it.sources, source{c, &c.position})
	}
}

func (r *run) meets(x kv.Range) bool {
	return bytes.Compare(r.maxKey, x.Start) >= 0 && (x.End == nil || bytes.Compare(r.minKey, x.End) < 0)
}

// runCursor walks one run. Going forward it stands on the entry it shows. Going back it stands before all versions of
// the key it shows. The frame of the block that it stands in is pinned, so it has to be closed.
type runCursor struct {
	position
	r       *run
	b       block // valid if in
	in      bool  // in a block, not at either end
	f       frame // of the block, if it is in the cache
	i, j    int   // block and entry
	ts      uint64
	reverse bool
	buf     []byte // the key it shows
	kept    []byte // the value it shows, if it lies in another block
	blocks  *packing.Buffers
	usage   *kv.Usage
	room    [64]byte
}

func (c *runCursor) seek(key []byte) error {
	if err := c.r.load(); err != nil {
		return err
	}
	if c.buf == nil {
		c.buf = c.room[:0]
	}
	if c.reverse && key == nil {
		if err := c.load(len(c.r.frames) - 1); err != nil {
			return err
		}
		c.j = int(c.b.n) - 1
		return c.settleBack()
	}
	if err := c.load(max(0, c.r.index.find(key, maxTS))); err != nil {
		return err
	}
	c.j = c.b.lowerBound(key, maxTS)
	if c.reverse {
		c.j--
		return c.settleBack()
	}
	return c.settle()
}

// leave goes to the first entry behind the piece of a range in the cursor's direction.
func (c *runCursor) leave(p *rangeset.Piece) error {
	edge := p.End
	if c.reverse {
		edge = p.Start
	}
	if len(edge) == 0 {
		c.valid = false
		c.exit()
		return nil
	}
	return c.seek(edge)
}

func (c *runCursor) step() error {
	if c.reverse {
		return c.settleBack()
	}
	// Skip the older versions of the key.
	plen := len(c.b.prefix())
	for {
		c.j++
		if c.j == int(c.b.n) {
			if err := c.load(c.i + 1); err != nil || !c.in {
				c.valid = false
				return err
			}
			c.j = 0
			plen = len(c.b.prefix())
			if len(c.buf) < plen || !bytes.Equal(c.buf[:plen], c.b.prefix()) {
				break
			}
		}
		suffix, _ := c.b.entry(c.j)
		if !bytes.Equal(suffix, c.buf[plen:]) {
			break
		}
	}
	return c.settle()
}

// fill appends the entries behind the present one that are below bound and other, where there are such, and stands on the
// last of them. The block is plain.
func (c *runCursor) fill(b *kv.Entries, limit int, keysOnly bool, bound, other []byte) int {
	end := int(c.b.n)
	if bound != nil {
		end = min(end, c.b.lowerBound(bound, maxTS))
	}
	if other != nil {
		end = min(end, c.b.lowerBound(other, maxTS))
	}
	end = min(end, c.j+1+limit)
	if end <= c.j+1 {
		return 0
	}
	c.b.appendRange(b, c.j+1, end, false, keysOnly)
	n := end - c.j - 1
	c.j = end - 1
	suffix, _ := c.b.entry(c.j)
	c.buf = append(append(c.buf[:0], c.b.prefix()...), suffix...)
	c.key = c.buf
	return n
}

// fillVersions does the same for a block with older versions and tombstones.
func (c *runCursor) fillVersions(b *kv.Entries, limit int, keysOnly bool, bound, other []byte) int {
	if !c.in {
		return 0
	}
	stop := int(c.b.n)
	if other != nil {
		stop = min(stop, c.b.lowerBound(other, maxTS))
	}
	if bound != nil {
		stop = min(stop, c.b.lowerBound(bound, maxTS))
	}
	last := c.j
	_, shown := c.b.entry(last)
	prefix := c.b.prefix()
	seen := c.buf[len(prefix):]
	n := 0
	for j := c.j + 1; j < stop && n < limit; j++ {
		suffix, v := c.b.entry(j)
		if v.ts > c.ts || v.ts < shown.ts && bytes.Equal(suffix, seen) { // too new, or an older version of the same key
			continue
		}
		last, shown, seen = j, v, suffix
		if v.kind == kindTombstone {
			continue
		}
		n++
		if keysOnly {
			b.AppendPrefixed(prefix, suffix, nil)
		} else {
			b.AppendPrefixed(prefix, suffix, v.value)
		}
	}
	if last > c.j {
		c.j = last
		c.buf = append(append(c.buf[:0], prefix...), seen...)
		c.position = position{key: c.buf, value: shown.value, ts: shown.ts, kind: shown.kind, valid: true}
	}
	return n
}

// fillBack does the same in reverse. The first entry of the block stays: older versions of its key do not matter, but
// newer ones may end the block before.
func (c *runCursor) fillBack(b *kv.Entries, limit int, keysOnly bool, bound, other []byte) int {
	low := 1
	if bound != nil {
		low = max(low, c.b.lowerBound(bound, maxTS))
	}
	if other != nil {
		low = max(low, c.b.lowerBound(other, 0))
	}
	low = max(low, c.j+1-limit)
	n := c.j + 1 - low
	if n <= 0 {
		return 0
	}
	c.b.appendRange(b, low, c.j+1, true, keysOnly)
	c.j = low - 1
	return n
}

// load makes block i the present one, none if there is no such block.
func (c *runCursor) load(i int) error {
	c.exit()
	if i < 0 || i >= len(c.r.frames) {
		return nil
	}
	c.i = i
	if no := c.r.frames[i].Load(); no != 0 {
		if f := c.r.cache.frame(no); f.pin(c.r, i) {
			if c.b, c.in = f.block(); c.in {
				f.touch()
				c.f = f
				c.usage.CountHit()
				return nil
			}
			f.unpin()
		}
	}
	if c.blocks == nil {
		c.blocks = c.r.cache.buffers.Get().(*packing.Buffers)
	}
	b, err := c.r.readBlock(i, c.blocks)
	if err != nil {
		c.valid = false
		return err
	}
	c.r.cache.add(c.r, i, &b)
	c.usage.CountRead()
	c.b, c.in = b, true
	return nil
}

// exit lets the present block go.
func (c *runCursor) exit() {
	if c.f.p != nil {
		c.f.unpin()
		c.f.p = nil
	}
	c.in, c.b = false, block{}
}

// close lets go of everything but some memory for keys and values, so that the cursor can be used again.
func (c *runCursor) close() {
	const keep = 4 << 10
	c.exit()
	if c.blocks != nil {
		c.r.cache.buffers.Put(c.blocks)
		c.blocks = nil
	}
	if cap(c.buf) > keep {
		c.buf = nil
	}
	if cap(c.kept) > keep {
		c.kept = nil
	}
	c.r, c.position = nil, position{}
	c.i, c.j, c.ts, c.reverse = 0, 0, 0, false
}

// settle goes on to the first version that the reader sees and shows it.
func (c *runCursor) settle() error {
	for {
		for c.in && c.j >= int(c.b.n) {
			if err := c.load(c.i + 1); err != nil {
				return err
			}
			c.j = 0
		}
		if !c.in {
			c.valid = false
			return nil
		}
		suffix, v := c.b.entry(c.j)
		if v.ts <= c.ts {
			c.buf = append(append(c.buf[:0], c.b.prefix()...), suffix...)
			c.position = position{key: c.buf, value: v.value, ts: v.ts, kind: v.kind, valid: true}
			return nil
		}
		c.j++
	}
}

// settleBack walks back over the versions of one key after the other, oldest first, until a key has one that the reader
// sees, and shows the newest such version.
func (c *runCursor) settleBack() error {
	for {
		if err := c.enterBack(); err != nil || !c.in {
			c.valid = false
			return err
		}
		suffix, v := c.b.entry(c.j)
		c.buf = append(append(c.buf[:0], c.b.prefix()...), suffix...)
		seen, best := false, version{}
		for {
			if v.ts <= c.ts {
				seen, best = true, v
			}
			c.j--
			if c.j < 0 && seen {
				c.kept = append(c.kept[:0], best.value...)
				best.value = c.kept
			}
			if err := c.enterBack(); err != nil {
				return err
			}
			if !c.in {
				break
			}
			plen := len(c.b.prefix())
			if suffix, v = c.b.entry(c.j); len(c.buf) < plen ||
				!bytes.Equal(suffix, c.buf[plen:]) || !bytes.Equal(c.buf[:plen], c.b.prefix()) {
				break
			}
		}
		if seen {
			c.position = position{key: c.buf, value: best.value, ts: best.ts, kind: best.kind, valid: true}
			return nil
		}
	}
}

// enterBack goes to the end of the block before if the cursor is at the beginning of one.
func (c *runCursor) enterBack() error {
	for c.in && c.j < 0 {
		if err := c.load(c.i - 1); err != nil {
			return err
		}
		if c.in {
			c.j = int(c.b.n) - 1
		}
	}
	return nil
}

// levelCursor walks the runs of a sorted level as if they were one.
type levelCursor struct {
	runCursor
	runs []*run
	at   int
}

func (c *levelCursor) seek(key []byte) error {
	if c.reverse {
		c.at = len(c.runs) - 1
		for key != nil && c.at > 0 && bytes.Compare(c.runs[c.at].minKey, key) >= 0 {
			c.at--
		}
	} else {
		c.at = 0
		for c.at < len(c.runs)-1 && bytes.Compare(c.runs[c.at].maxKey, key) < 0 {
			c.at++
		}
	}
	c.r = c.runs[c.at]
	if err := c.runCursor.seek(key); err != nil {
		return err
	}
	return c.goOn()
}

func (c *levelCursor) step() error {
	if err := c.runCursor.step(); err != nil {
		return err
	}
	return c.goOn()
}

// goOn enters the next run when one is at its end.
func (c *levelCursor) goOn() error {
	for !c.valid {
		if c.reverse {
			c.at--
		} else {
			c.at++
		}
		if c.at < 0 || c.at >= len(c.runs) {
			c.at = min(max(c.at, 0), len(c.runs)-1)
			return nil
		}
		c.r = c.runs[c.at]
		if err := c.runCursor.seek(nil); err != nil {
			return err
		}
	}
	return nil
}

// rawCursor walks all versions in runs that follow each other, for merges: past the cache, in file order. What it shows is
// valid until it moves.
type rawCursor struct {
	runs   []*run
	b      block
	in     bool
	i, j   int
	key    []byte
	v      version
	ok     bool
	blocks packing.Buffers
}

func (c *rawCursor) next() error {
	c.j++
	for !c.in || c.j >= int(c.b.n) {
		if c.in {
			c.i++
		}
		if len(c.runs) > 0 {
			if err := c.runs[0].load(); err != nil {
				c.ok = false
				return err
			}
			if c.i >= len(c.runs[0].frames) {
				c.runs, c.i, c.in = c.runs[1:], 0, false
				continue
			}
		}
		if len(c.runs) == 0 {
			c.ok, c.in = false, false
			return nil
		}
		b, err := c.runs[0].readBlock(c.i, &c.blocks)
		if err != nil {
			c.ok = false
			return err
		}
		c.b, c.in, c.j = b, true, 0
	}
	suffix, v := c.b.entry(c.j)
	c.key = append(append(c.key[:0], c.b.prefix()...), suffix...)
	c.v, c.ok = v, true
	return nil
}
