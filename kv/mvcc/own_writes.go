package mvcc

import (
	"bytes"
	"context"
	"slices"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
)

// ownWrites are a transaction's writes, numbered in the order they were made. When they are more than a limit, what the buffer
// holds goes to disk, and the buffer begins again:
//
//	number   0 ………………… 70000 ………………… 140000 ………………… 171234
//	         spill         spill           buffer
//
// A statement sees the writes below a mark (the number of writes when it began), a savepoint is the number of writes when it
// was set, and rolling back takes away those from a number on. A spill that no such number divides keeps the newest write
// of each key only; it can become a part of the store as it is. Others keep all.
//
// The deletion of a range is a write of its own, without a key: it takes a number, and hides the earlier writes of its keys.
type ownWrites struct {
	engine *engine.Engine
	limit  int                  // bytes of the buffer
	space  func(key []byte) int // Options.Space
	buf    *writeBuffer
	base   int // number of the buffer's first write
	spills []*engine.Spill
	spans  []span
	ranges *rangeset.Set // of spans; the timestamp of one is its number plus one
	hulls  hulls         // of what is in the buffer
	cuts   []int         // numbers above base at which a statement began, a savepoint was set, or a range was deleted
	many   bool          // there were more than cutsMax
}

// span is the deletion of a range.
type span struct {
	at     int // its number
	r      kv.Range
	before *rangeset.Set // without it
}

// cutsMax is into how many spills a buffer is divided at most.
const cutsMax = 8

func (o *ownWrites) len() int { return o.base + o.buf.len() }

// reset forgets everything and removes the spills.
func (o *ownWrites) reset() {
	if o.len() > 0 || o.buf.version > 0 {
		o.buf.reset()
	}
	if len(o.spills) > 0 {
		o.engine.Discard(o.spills)
		o.spills = nil
	}
	if len(o.spans) > 0 {
		o.spans, o.ranges = nil, nil
	}
	o.base, o.cuts, o.many = 0, o.cuts[:0], false
	o.hulls.clear()
	o.hulls.on = false
}

// cut notes that the present number of writes divides them.
func (o *ownWrites) cut() int {
	o.buf.order() // so that reads, which may be several at once, find what they may see in the index
	n := o.len()
	switch {
	case n == o.base || o.many || len(o.cuts) > 0 && o.cuts[len(o.cuts)-1] == n:
	case len(o.cuts) == cutsMax:
		o.many = true
	default:
		o.cuts = append(o.cuts, n)
	}
	return n
}

// put adds a write. shared tells that an iterator may look into the buffer.
func (o *ownWrites) put(key, value []byte, dead, shared bool) error {
	if o.buf.len() > 0 && len(o.buf.arena)+len(key)+len(value) > o.limit {
		if err := o.spill(false); err != nil {
			return err
		}
		o.begin(shared)
	}
	o.buf.put(key, value, dead)
	o.hulls.add(o.space, key)
	return nil
}

// begin makes the buffer empty. If iterators look into it they keep it.
func (o *ownWrites) begin(shared bool) {
	o.base = o.len()
	o.cuts, o.many = o.cuts[:0], false
	o.hulls.clear()
	if shared {
		o.buf = &writeBuffer{}
	} else {
		o.buf.clear()
	}
}

// deleteRange adds the deletion of r, which it keeps.
func (o *ownWrites) deleteRange(r kv.Range) {
	n := o.cut()
	o.spans = append(o.spans, span{n, r, o.ranges})
	o.ranges = o.ranges.With(r, uint64(n)+1)
	o.buf.putSpan()
}

// find returns the newest write of key with a number below mark: its value, nil if it is a deletion, and its number, -1 if
// there is none. It may be the deletion of a range.
func (o *ownWrites) find(hash uint64, key []byte, mark int) (value []byte, n int, err error) {
	if value, n, err = o.newest(hash, key, mark); err != nil || o.ranges == nil {
		return value, n, err
	}
	if h := o.ranges.Hides(key, uint64(n+1), uint64(mark)); h != 0 {
		return nil, int(h) - 1, nil
	}
	return value, n, nil
}

// touch tells whether there may be writes of keys from start to end, which are of one space.
func (o *ownWrites) touch(start, end []byte) bool {
	if !o.hulls.on {
		o.hulls.on = true
		for i := range o.buf.writes {
			if !o.buf.writes[i].span {
				o.hulls.add(o.space, o.buf.keyOf(int32(i)))
			}
		}
	}
	return o.ranges != nil || o.hulls.meet(start, end) ||
		slices.ContainsFunc(o.spills, func(s *engine.Spill) bool { return s.Meets(start, end) })
}

// newest is find without the deletions of ranges.
func (o *ownWrites) newest(hash uint64, key []byte, mark int) (value []byte, n int, err error) {
	if i := o.buf.newest(key, mark-o.base); i >= 0 {
		return o.buf.valueOf(i), o.base + int(i), nil
	}
	for _, s := range slices.Backward(o.spills) {
		if value, n, err = s.Get(hash, key, mark); n >= 0 || err != nil {
			return value, n, err
		}
	}
	return nil, -1, nil
}

// last is find over all writes, for the one that did something to key: to delete a range does nothing to a key that is not
// there. exists tells whether it was before the first write.
func (o *ownWrites) last(hash uint64, key []byte, exists bool) (value []byte, n int, err error) {
	value, n, err = o.newest(hash, key, o.len())
	if err != nil || o.ranges == nil {
		return value, n, err
	}
	if n >= 0 {
		exists = value != nil
	}
	if exists {
		if h := o.ranges.Next(key, uint64(n+1)); h <= uint64(o.len()) {
			return nil, int(h) - 1, nil
		}
	}
	return value, n, nil
}

// rollback undoes the writes from number n on.
func (o *ownWrites) rollback(n int, shared bool) {
	if n >= o.len() {
		return
	}
	for len(o.spans) > 0 && o.spans[len(o.spans)-1].at >= n {
		last := len(o.spans) - 1
		o.ranges = o.spans[last].before
		o.spans = o.spans[:last]
	}
	if n >= o.base {
		o.buf.rollback(n - o.base)
		for len(o.cuts) > 0 && o.cuts[len(o.cuts)-1] > n {
			o.cuts = o.cuts[:len(o.cuts)-1]
		}
		return
	}
	o.begin(shared)
	o.base = n
	for len(o.spills) > 0 && o.spills[len(o.spills)-1].From >= n {
		last := len(o.spills) - 1
		o.engine.Discard(o.spills[last:])
		o.spills = o.spills[:last:last]
	}
	if len(o.spills) > 0 {
		o.spills[len(o.spills)-1].To = min(o.spills[len(o.spills)-1].To, n)
	}
}

// spill writes the buffer's content to disk, divided at the cuts; the last time, for the commit, undivided and without what
// deleted ranges hide. The buffer stays as it is.
func (o *ownWrites) spill(last bool) error {
	from, end := o.base, o.len()
	var made []*engine.Spill
	var err error
	if o.many && !last {
		made, err = o.spillAll(from, end)
	} else {
		cuts := slices.Compact(append(slices.Clone(o.cuts), end))
		if last {
			cuts = cuts[len(cuts)-1:]
		}
		for _, to := range cuts {
			var parts []*engine.Spill
			parts, err = o.spillNewest(from, to, last)
			made = append(made, parts...)
			if err != nil {
				break
			}
			from = to
		}
	}
	if err != nil {
		o.engine.Discard(made)
		return err
	}
	o.spills = append(o.spills[:len(o.spills):len(o.spills)], made...)
	return nil
}

// spacesMax is into how many spills the spaces of keys divide one at most.
const spacesMax = 16

// spillNewest writes the newest write of each key among those from from to to. The last spill comes after all deletions
// of ranges. Keys of different spaces go into different spills: what a load writes to a table ascends, and stays as it is, though what
// it writes to the table's indexes has to be merged.
func (o *ownWrites) spillNewest(from, to int, last bool) (made []*engine.Spill, err error) {
	p := parts{engine: o.engine, space: o.space, first: from, end: to}
	if last {
		p.first, p.end = to, to+1
	}
	b := o.buf
	b.order()
	for _, leaf := range b.leaves {
		for _, i := range leaf {
			if i = b.below(i, to-o.base); i < int32(from-o.base) {
				continue
			}
			key := b.keyOf(i)
			if last && o.hidden(key, o.base+int(i)) {
				continue
			}
			if err := p.add(key, b.valueOf(i), b.writes[i].dead); err != nil {
				p.abandon()
				return p.made, err
			}
		}
	}
	err = p.finish()
	return p.made, err
}

// parts writes spills of the same writes, one for each space of keys.
type parts struct {
	engine     *engine.Engine
	space      func(key []byte) int
	first, end int // numbers of the writes
	w          *engine.SpillWriter
	prefix     []byte // of the space that w is at
	made       []*engine.Spill
}

func (p *parts) add(key, value []byte, dead bool) error {
	if p.w != nil && p.space != nil && len(p.made) < spacesMax-1 && !bytes.HasPrefix(key, p.prefix) {
		if err := p.finish(); err != nil {
			return err
		}
	}
	if p.w == nil {
		w, err := p.engine.NewSpill(p.first, true)
		if err != nil {
			return err
		}
		p.w = w
		if p.space != nil {
			p.prefix = append(p.prefix[:0], key[:p.space(key)]...)
		}
	}
	return p.w.Add(key, value, 0, dead)
}

func (p *parts) finish() error {
	w := p.w
	p.w = nil
	if w == nil {
		return nil
	}
	s, err := w.Finish(p.end)
	if s != nil {
		p.made = append(p.made, s)
	}
	return err
}

func (p *parts) abandon() {
	if p.w != nil {
		p.w.Abandon()
	}
}

// spillAll writes every write from from to to.
func (o *ownWrites) spillAll(from, to int) ([]*engine.Spill, error) {
	w, err := o.engine.NewSpill(from, false)
	if err != nil {
		return nil, err
	}
	b := o.buf
	b.order()
	for _, leaf := range b.leaves {
		for _, i := range leaf {
			for ; i >= 0; i = b.writes[i].prev {
				if err := w.Add(b.keyOf(i), b.valueOf(i), o.base+int(i), b.writes[i].dead); err != nil {
					w.Abandon()
					return nil, err
				}
			}
		}
	}
	s, err := w.Finish(to)
	if s == nil {
		return nil, err
	}
	return []*engine.Spill{s}, err
}

// hidden tells whether the deletion of a range came after write n of key.
func (o *ownWrites) hidden(key []byte, n int) bool {
	return o.ranges != nil && o.ranges.Hides(key, uint64(n+1), uint64(o.len())) != 0
}

// asWritten tells whether the log gets the buffer as it is: it holds the final state, and not so much in so little order that it
// pays to sort it, for the store keeps large commits in order as they are.
func (o *ownWrites) asWritten() bool {
	o.buf.order()
	return o.buf.older == 0 && len(o.spans) == 0 && (!o.buf.scattered || o.buf.len() < scatteredMin)
}

// scatteredMin is from how many writes on it pays.
const scatteredMin = 512

// payload returns the final state of the buffer in the log's format and the number of its entries. scratch is memory to use.
func (o *ownWrites) payload(scratch []byte) (payload []byte, entries int) {
	b := o.buf
	if o.asWritten() {
		return b.arena, len(b.writes)
	}
	scratch = o.deletedRanges(scratch[:0])
	entries = len(o.spans)
	for _, leaf := range b.leaves {
		for _, i := range leaf {
			x := &b.writes[i]
			if o.hidden(b.keyOf(i), o.base+int(i)) {
				continue
			}
			scratch = append(scratch, b.arena[x.off:x.key+x.klen+x.vlen]...)
			entries++
		}
	}
	return scratch, entries
}

func (o *ownWrites) deletedRanges(dst []byte) []byte {
	for i := range o.spans {
		dst = engine.AppendRange(dst, o.spans[i].r)
	}
	return dst
}

// join makes the spills, with the rest of the buffer, such that they can become part of the store.
func (o *ownWrites) join(ctx context.Context) error {
	if o.buf.len() > 0 {
		if err := o.spill(true); err != nil {
			return err
		}
		o.begin(true)
	}
	joined, err := o.engine.Join(ctx, o.spills, o.ranges)
	if err != nil {
		return err
	}
	o.engine.Discard(slices.DeleteFunc(slices.Clone(o.spills), func(s *engine.Spill) bool { return slices.Contains(joined, s) }))
	o.spills = joined
	return nil
}

// seen is what Scan needs to know, nil if there is nothing besides the buffer.
func (o *ownWrites) seen(mark int) *engine.Own {
	if len(o.spills) == 0 && o.ranges == nil {
		return nil
	}
	return &engine.Own{Spills: slices.Clone(o.spills), Ranges: o.ranges, Mark: mark}
}

// few appends the keys of r that were written to keys, if there are few.
func (o *ownWrites) few(r kv.Range, keys [][]byte) ([][]byte, bool) {
	if len(o.spills) > 0 {
		return nil, false
	}
	c := bufferCursor{w: o.buf, r: r, mark: o.buf.len()}
	c.first()
	for n := 0; c.i >= 0; n++ {
		if n == fewKeys {
			return nil, false
		}
		keys = append(keys, bytes.Clone(c.key))
		c.next()
	}
	return keys, true
}
