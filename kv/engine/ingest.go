package engine

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/lightsql/lightsql/kv"
)

// A commit whose writes were spilled is not in the log and not in a memtable: its runs become part of the store by one change
// of the manifest, which is also what makes it durable.
//
//	before      memtables that hold older versions of its keys are flushed: what is in runs must be older than what is in memtables
//	admit       timestamp, place in the queue
//	sync        the log up to here: whatever the transaction has seen is durable before it is
//	link        manifest and state, under the timestamp
//	publish     in its turn, like any commit
//
// Later commits may be durable before it; nobody has been told so, since they become visible after it.

// commitSpills is Commit for a transaction with spills, which Join has made. Its payload holds range tombstones only.
func (e *Engine) commitSpills(c *Commit) (uint64, error) {
	for _, s := range c.Spills {
		if err := s.durable(); err != nil {
			return 0, explain(err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.flushBeneath(c.Spills); err != nil {
		return 0, err
	}
	if err := e.writable(); err != nil {
		return 0, err
	}
	ts := e.lastTS + 1
	if c.Admit != nil {
		if err := c.Admit.AdmitCommit(ts); err != nil {
			return 0, err
		}
	}
	e.enqueue(c, ts, nil)
	c.sync, c.end = true, lsn(e.log.seg, e.log.off)
	e.addRanges(c.ranges, ts)
	for !e.o.NoLog && !c.done && e.durable() < c.end {
		if e.leading {
			e.pause()
		} else {
			e.lead(true)
		}
	}
	if !c.done {
		e.link(c)
	}
	if !c.done {
		e.await(c)
	}
	if c.refused {
		e.takeBack(c)
	} else if c.err != nil {
		e.dropRanges(c)
	}
	return c.ts, c.err
}

// pause waits for a change of the queue or the memtables. The caller holds mu.
func (e *Engine) pause() {
	e.waiters++
	e.cond.Wait()
	e.waiters--
}

// flushBeneath waits until no memtable holds keys of the spills. Whoever else writes these keys waits for their locks. The
// caller holds mu.
func (e *Engine) flushBeneath(spills []*Spill) error {
	mems := e.state.Load().mems
	e.mu.Unlock()
	var last *memtable
	for _, m := range mems {
		if slices.ContainsFunc(spills, func(s *Spill) bool { return m.meets(s.run.minKey, s.run.maxKey) }) {
			last = m
			break
		}
	}
	e.mu.Lock()
	if last == nil {
		return nil
	}
	for e.mem == last {
		if err := e.writable(); err != nil {
			return err
		}
		if err := e.rotate(0); err != nil {
			return err
		}
	}
	for slices.Contains(e.state.Load().mems, last) {
		if err := e.writable(); err != nil {
			return err
		}
		if err := e.flushBlocked(); err != nil {
			return err
		}
		e.pause()
	}
	return nil
}

// meets tells whether the memtable holds a key in [start, end].
func (m *memtable) meets(start, end []byte) bool {
	if m.chunks.meets(start, end) {
		return true
	}
	if m.empty() {
		return false
	}
	for _, a := range m.ordered() {
		if i := a.find(m, start); i < len(a.nodes) && bytes.Compare(m.key(a.nodes[i]), end) <= 0 {
			return true
		}
	}
	node := m.first(start)
	return node != 0 && bytes.Compare(m.key(node), end) <= 0
}

// link makes the runs of c part of manifest and state. The caller holds mu, which is given up meanwhile.
func (e *Engine) link(c *Commit) {
	e.mu.Unlock()
	var runs []*run
	old := map[*run]bool{}
	for _, s := range c.Spills {
		s.linked = true
		old[s.run] = true
		runs = append(runs, s.committed(c.ts))
	}
	e.cache.drop(old) // its blocks have other timestamps
	for _, r := range runs {
		e.cache.runs.Store(r.no, r)
	}
	var levels []int
	err := e.edit(func(next *manifest) {
		e.mu.Lock()
		e.placing = true
		levels = e.places(runs)
		next.ingested = max(next.ingested, c.ts)
		next.ranges = e.state.Load().ranges.UpTo(next.rangesTo())
		e.mu.Unlock()
		for i, r := range runs {
			next.put(levels[i], 0, r.runMeta)
		}
	}, func() {
		e.state.Store(e.state.Load().with(func(s *state) {
			for i, r := range runs {
				s.put(levels[i], 0, r)
			}
			s.generation++
		}))
		e.stats.Ingests++
	})
	e.mu.Lock()
	e.placing = false
	e.cond.Broadcast()
	e.work.Broadcast()
	if err == nil {
		c.ready = true
		e.publish()
		return
	}
	var unknown errSync
	if errors.As(err, &unknown) {
		err = fmt.Errorf("%w: %w", kv.ErrUndetermined, err)
	} else {
		err = explain(err)
	}
	e.remove(c)
	e.finish(c, err)
	e.publish()
	for _, r := range runs {
		e.cache.runs.Delete(r.no)
	}
}

// remove takes c out of the queue.
func (e *Engine) remove(c *Commit) {
	e.failQueue(func(o *Commit) bool { return o == c })
}

// failQueue takes the commits out of the queue that f accepts.
func (e *Engine) failQueue(f func(*Commit) bool) {
	queue := e.head
	e.head, e.tail = nil, nil
	for queue != nil {
		c := queue
		queue, c.next = c.next, nil
		if f(c) {
			continue
		}
		if e.tail == nil {
			e.head = c
		} else {
			e.tail.next = c
		}
		e.tail = c
	}
}

// places chooses the level of each run: the deepest one that it overlaps nothing in, nor above, counting what the present
// merge may put there. Levels that are not in use count if the runs would be too much for those above. The caller holds mu.
func (e *Engine) places(runs []*run) []int {
	s := e.state.Load()
	deepest, size := 1, int64(0)
	for _, r := range runs {
		size += r.size
	}
	limit := int64(mergeRuns * e.o.MemtableBytes)
	for deepest < levelsMax-1 && s.levelBytes(deepest)+size > limit {
		limit *= levelGrowth
		deepest++
	}
	for l := range s.levels {
		if len(s.levels[l]) > 0 {
			deepest = max(deepest, l)
		}
	}
	levels := make([]int, len(runs))
	for i, r := range runs {
		for l := 0; l <= deepest && !e.taken(s, l, r); l++ {
			levels[i] = l
		}
	}
	return levels
}

func (s *state) levelBytes(level int) (n int64) {
	for _, r := range s.levels[level] {
		n += r.size
	}
	return n
}

func (e *Engine) taken(s *state, level int, r *run) bool {
	if slices.ContainsFunc(s.levels[level], func(o *run) bool { return o.overlaps(r.minKey, r.maxKey) }) {
		return true
	}
	job := e.merging
	if job == nil || job.from < 0 || job.to != level {
		return false
	}
	lo, hi := hull(slices.Concat(job.upper, job.lower))
	return r.overlaps(lo, hi)
}

// put adds a run to a level: before run at of level 0, to its place in the others.
func (s *state) put(level, at int, r *run) {
	if level == 0 {
		s.levels[0] = slices.Insert(slices.Clone(s.levels[0]), at, r)
		return
	}
	s.levels[level] = append(slices.Clone(s.levels[level]), r)
	slices.SortFunc(s.levels[level], func(a, b *run) int { return bytes.Compare(a.minKey, b.minKey) })
}

func (m *manifest) put(level, at int, r runMeta) {
	if level == 0 {
		m.levels[0] = slices.Insert(slices.Clone(m.levels[0]), at, r)
		return
	}
	m.levels[level] = append(m.levels[level], r)
	slices.SortFunc(m.levels[level], func(a, b runMeta) int { return bytes.Compare(a.minKey, b.minKey) })
}
