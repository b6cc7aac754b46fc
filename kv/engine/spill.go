package engine

import (
	"bytes"
	"container/heap"
	"context"
	"fmt"
	"path"
	"slices"
	"sync/atomic"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
)

// A Spill is a part of a running transaction's writes in a run file of its own, so that the transaction needs no more memory
// than its write buffer. With the commit it becomes a part of the store, without being written again (ingest.go).
//
// The timestamps in it are the numbers of the writes. So the transaction reads its own writes as one reads a snapshot, at
// the number of writes when the statement began, and what was rolled back is newer than what may be read:
//
//	timestamp = runMeta.shift + what the file says
//	own reads    OwnTS + From, or one more if it is pure     number - From + 1, or 0 in a pure one
//	in the store the timestamp of the commit                 0
//
// A pure spill has one version of each key, and no statement or savepoint began between its writes: it is read as a whole or
// not at all.
type Spill struct {
	run      *run
	From, To int // numbers of its writes
	pure     bool
	linked   bool          // the file belongs to the store, or may
	synced   chan struct{} // closed when the file is durable, or syncErr says why not
	syncErr  error
}

// SpillWriter writes a spill. Keys come in order, and of one key the newest write first.
type SpillWriter struct {
	e    *Engine
	w    *runWriter
	from int
	pure bool
}

// NewSpill begins a spill of the writes from number from on. It must be finished or abandoned: Close waits for that.
func (e *Engine) NewSpill(from int, pure bool) (*SpillWriter, error) {
	e.mu.Lock()
	err := e.writable()
	if err == nil {
		e.spilling++
	}
	e.mu.Unlock()
	if err != nil {
		return nil, err
	}
	w, err := e.newRun(packing.Fast)
	if err != nil {
		e.spillEnded()
		return nil, explain(err)
	}
	return &SpillWriter{e, w, from, pure}, nil
}

func (e *Engine) spillEnded() {
	e.mu.Lock()
	e.spilling--
	e.cond.Broadcast()
	e.mu.Unlock()
}

// Add adds write n.
func (w *SpillWriter) Add(key, value []byte, n int, tombstone bool) error {
	kind, ts := uint8(kindValue), uint64(0)
	if tombstone {
		kind = kindTombstone
	}
	if !w.pure {
		ts = uint64(n-w.from) + 1
	}
	return explain(w.w.add(key, value, ts, kind))
}

// Finish completes the spill of the writes below to. It is nil if there were none.
func (w *SpillWriter) Finish(to int) (*Spill, error) {
	if w.w.meta.entries == 0 {
		w.Abandon()
		return nil, nil
	}
	meta, err := w.w.complete()
	if err != nil {
		w.Abandon()
		return nil, explain(err)
	}
	meta.shift = OwnTS + uint64(w.from)
	if w.pure {
		meta.shift++
	}
	meta.minTS += meta.shift
	meta.maxTS += meta.shift
	r, err := openRun(w.e.o.FS, w.e.dir, meta, w.e.cache)
	if err != nil {
		w.Abandon()
		return nil, explain(err)
	}
	s := &Spill{run: r, From: w.from, To: to, pure: w.pure, synced: make(chan struct{})}
	w.e.workers.Add(1)
	go func() { // the transaction goes on meanwhile
		defer w.e.workers.Done()
		defer close(s.synced)
		s.syncErr = w.w.f.Sync()
		if err := w.w.f.Close(); s.syncErr == nil {
			s.syncErr = err
		}
	}()
	w.e.spillEnded()
	return s, nil
}

// Abandon removes what was written.
func (w *SpillWriter) Abandon() {
	w.w.abandon(w.e.o.FS, w.e.dir)
	w.e.spillEnded()
}

// Get returns the newest write of key below mark: its value, nil if it is a tombstone, and its number, -1 if there is none.
// Of a pure spill, the number is that of its first write.
func (s *Spill) Get(hash uint64, key []byte, mark int) (value []byte, n int, err error) {
	if mark <= s.From || bytes.Compare(key, s.run.maxKey) > 0 || bytes.Compare(key, s.run.minKey) < 0 {
		return nil, -1, nil
	}
	var v kv.Values
	x, err := s.run.get(hash, key, OwnTS+uint64(min(mark, s.To)), &v)
	if !x.ok || err != nil {
		return nil, -1, err
	}
	return v.V[0], int(x.ts-OwnTS) - 1, nil
}

// Meets tells whether the spill has keys from start to end.
func (s *Spill) Meets(start, end []byte) bool { return s.run.overlaps(start, end) }

// Discard removes spills whose transaction does not need them any more, unless they have become a part of the store.
func (e *Engine) Discard(spills []*Spill) {
	if len(spills) == 0 {
		return
	}
	gone := map[*run]bool{}
	for _, s := range spills {
		<-s.synced
		if !s.linked {
			gone[s.run] = true
		}
	}
	e.cache.drop(gone)
	e.mu.Lock()
	if e.closing { // the directory may belong to somebody else; Open removes what nothing refers to
		e.mu.Unlock()
		return
	}
	e.spilling++ // as for a writer: Close waits
	e.mu.Unlock()
	for _, s := range spills {
		if s.linked {
			continue
		}
		if err := e.o.FS.Remove(path.Join(e.dir, s.run.name)); err != nil {
			e.o.Logger.Warn("cannot remove a transaction's file; the next start will", "file", s.run.name, "err", err)
		}
	}
	e.spillEnded()
}

// Own is what a transaction has written, besides what is in its buffer.
type Own struct {
	Spills []*Spill      // oldest first
	Ranges *rangeset.Set // deleted ranges, with the number of the deletion plus one as timestamp
	Mark   int           // only writes below it are seen
}

// addOwn puts the transaction's spills before everything else and makes its deleted ranges hide what they cover.
func (it *Iter) addOwn(own *Own, r kv.Range) {
	own.Ranges.Each(func(r kv.Range, n uint64) {
		if n <= uint64(own.Mark) {
			it.ranges = it.ranges.With(r, OwnTS+n)
		}
	})
	for _, s := range slices.Backward(own.Spills) {
		if own.Mark > s.From && s.run.meets(r) {
			c := &runCursor{r: s.run, ts: OwnTS + uint64(min(own.Mark, s.To)), reverse: it.reverse}
			it.sources = append(it.sources, source{c, &c.position})
		}
	}
}

// Join makes spills that can become part of the store as they are: pure ones, without what the ranges hide, and disjoint. Those of
// the given ones that are so are in the result, the others are merged. These stay, and have to be discarded.
func (e *Engine) Join(ctx context.Context, spills []*Spill, hide *rangeset.Set) ([]*Spill, error) {
	j := joiner{e: e, ctx: ctx, hide: hide}
	var ready []*Spill
	for _, g := range entangled(spills) {
		if len(g) == 1 && g[0].ready(hide) {
			ready = append(ready, g[0])
			continue
		}
		if err := j.run(g); err != nil {
			if j.w != nil {
				j.w.Abandon()
			}
			e.Discard(j.out)
			return nil, explain(err)
		}
	}
	return append(ready, j.out...), nil
}

// ready tells whether nothing of a spill is hidden, neither by a newer write in it nor by a range.
func (s *Spill) ready(hide *rangeset.Set) bool {
	return s.pure && hide.Meeting(kv.Range{Start: s.run.minKey, End: append(bytes.Clone(s.run.maxKey), 0)}, maxTS).
		Filter(func(_ *rangeset.Piece, n uint64) bool { return n > uint64(s.From)+1 }) == nil
}

// entangled puts spills into groups that share no key with each other, in the order of their keys.
func entangled(spills []*Spill) (groups [][]*Spill) {
	spills = slices.Clone(spills)
	slices.SortFunc(spills, func(a, b *Spill) int { return bytes.Compare(a.run.minKey, b.run.minKey) })
	var end []byte // of the last group
	for _, s := range spills {
		if n := len(groups) - 1; n >= 0 && bytes.Compare(s.run.minKey, end) <= 0 {
			groups[n] = append(groups[n], s)
		} else {
			groups = append(groups, []*Spill{s})
		}
		if bytes.Compare(s.run.maxKey, end) > 0 {
			end = s.run.maxKey
		}
	}
	return groups
}

// joiner merges spills.
type joiner struct {
	e    *Engine
	ctx  context.Context
	hide *rangeset.Set
	w    *SpillWriter
	out  []*Spill
	last []byte
}

func (j *joiner) run(spills []*Spill) error {
	var h cursorHeap
	limits := map[*rawCursor]uint64{}
	for _, s := range spills {
		c := &rawCursor{runs: []*run{s.run}}
		limits[c] = OwnTS + uint64(s.To)
		if err := c.next(); err != nil {
			return err
		}
		h = append(h, c)
	}
	heap.Init(&h)
	for n := 0; len(h) > 0; n++ {
		if n&1023 == 0 && j.ctx.Err() != nil {
			return j.ctx.Err()
		}
		c := h[0]
		if c.v.ts <= limits[c] {
			if err := j.add(c); err != nil {
				return err
			}
		}
		if err := c.next(); err != nil {
			return err
		}
		if c.ok {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h)
		}
	}
	return j.finish()
}

// add takes the newest version of a key, which comes first.
func (j *joiner) add(c *rawCursor) error {
	if bytes.Equal(j.last, c.key) {
		return nil
	}
	j.last = append(j.last[:0], c.key...)
	if j.hide.Hides(c.key, c.v.ts-OwnTS, maxTS) != 0 {
		return nil
	}
	if j.w != nil && j.w.w.size() >= int64(j.e.o.RunBytes) {
		if err := j.finish(); err != nil {
			return err
		}
	}
	if j.w == nil {
		w, err := j.e.NewSpill(0, true)
		if err != nil {
			return err
		}
		j.w = w
	}
	return j.w.w.add(c.key, c.v.value, 0, c.v.kind)
}

func (j *joiner) finish() error {
	if j.w == nil {
		return nil
	}
	w := j.w
	j.w = nil
	s, err := w.Finish(0)
	if s != nil {
		j.out = append(j.out, s)
	}
	return err
}

// cursorHeap has the cursor with the next version first.
type cursorHeap []*rawCursor

func (h cursorHeap) Len() int           { return len(h) }
func (h cursorHeap) Less(i, j int) bool { return h[i].before(h[j]) }
func (h cursorHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *cursorHeap) Push(x any)        { *h = append(*h, x.(*rawCursor)) }
func (h *cursorHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// durable waits until the file is on disk, and loads its index.
func (s *Spill) durable() error {
	<-s.synced
	if s.syncErr != nil {
		return fmt.Errorf("sync %s: %w", s.run.name, s.syncErr)
	}
	return s.run.load()
}

// committed is the run as a part of the store.
func (s *Spill) committed(ts uint64) *run {
	r := &run{runMeta: s.run.runMeta, name: s.run.name, f: s.run.f, cache: s.run.cache, foot: s.run.foot}
	r.filter, r.index, r.frames = s.run.filter, s.run.index, make([]atomic.Uint32, len(s.run.frames))
	r.ready.Store(true)
	r.shift, r.minTS, r.maxTS = ts, ts, ts
	return r
}
