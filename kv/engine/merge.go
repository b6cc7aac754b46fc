package engine

import (
	"bytes"
	"path"
	"slices"

	"github.com/lightsql/lightsql/kv/engine/packing"
)

// Runs are merged level by level. A flush adds a run to level 0, where runs overlap. When there are mergeRuns of them
// they are merged, with what they overlap there, into level 1; when a deeper level is over its size, one of its runs goes
// into the next.
//
//	level 0    [a────────z] [b───────y] [a──────x]     newest first, at most a few
//	level 1    [a──f][g──m][n──z]                      disjoint, up to levelBase
//	level 2    [a─b][c─d][e─h] …                       disjoint, ten times as much, and so on
//
// What is small beside the runs that it overlaps in level 1 is not worth to write those again: such runs of level 0 are merged with
// each other, until they are a tenth of what lies below.
//
// So a read looks into at most mergeRuns + 6 runs or so, most of them ruled out by their filters, and a byte is written
// about ten times per level at worst.
const (
	mergeRuns   = 4
	levelGrowth = 10
)

// mergeJob is one merge: runs of level from, newest first, and the runs of level to that they overlap. With from and to zero some of
// level 0 become one run in their place. With from below zero nothing is merged: the upper runs are dropped (sweep.go).
type mergeJob struct {
	from, to     int
	upper, lower []*run
}

// mergeLoop merges while there is something to merge.
func (e *Engine) mergeLoop() {
	defer e.workers.Done()
	for {
		e.mu.Lock()
		job := e.pickMerge()
		for job == nil && e.stop.Err() == nil {
			e.work.Wait()
			job = e.pickMerge()
		}
		e.merging = job
		e.mu.Unlock()
		if e.stop.Err() != nil {
			return
		}
		e.background("merge", func() error {
			err := e.merge(job)
			e.mu.Lock()
			e.merging = nil
			e.mu.Unlock()
			return err
		})
	}
}

// pickMerge chooses the next merge, nil if none is due. Only the merger takes runs away, so its choice stays good while
// flushes add to level 0. The caller holds mu.
func (e *Engine) pickMerge() *mergeJob {
	if e.broken != nil || e.placing || !e.space.free() {
		return nil
	}
	s := e.state.Load()
	if job := e.pickSweep(s); job != nil {
		return job
	}
	if upper := s.levels[0]; len(upper) >= mergeRuns {
		lower := overlapping(s.levels[1], upper)
		if bytesOf(upper)*levelGrowth < bytesOf(lower) {
			return &mergeJob{from: 0, to: 0, upper: likeSized(upper)}
		}
		return &mergeJob{from: 0, to: 1, upper: upper, lower: lower}
	}
	limit := int64(mergeRuns * e.o.MemtableBytes)
	for l := 1; l < levelsMax-1; l++ {
		if s.levelBytes(l) > limit {
			upper := e.nextRun(l, s.levels[l])
			return &mergeJob{from: l, to: l + 1, upper: upper, lower: overlapping(s.levels[l+1], upper)}
		}
		limit *= levelGrowth
	}
	return e.pickRest(s)
}

// likeSized returns the newest runs of level 0, two at least, up to one that is more than twice as large as those before it: merged
// with each other they grow like the digits of a number that is counted up.
func likeSized(runs []*run) []*run {
	n, size := 2, runs[0].size+runs[1].size
	for n < len(runs) && runs[n].size <= 2*size {
		size += runs[n].size
		n++
	}
	return runs[:n]
}

// nextRun takes the runs of a level in turn.
func (e *Engine) nextRun(level int, runs []*run) []*run {
	for _, r := range runs {
		if bytes.Compare(r.minKey, e.mergedTo[level]) > 0 {
			return []*run{r}
		}
	}
	return runs[:1]
}

// overlapping returns the runs of a sorted level that overlap any of upper.
func overlapping(level, upper []*run) []*run {
	lo, hi := hull(upper)
	var out []*run
	for _, r := range level {
		if r.overlaps(lo, hi) {
			out = append(out, r)
		}
	}
	return out
}

// hull returns the first and the last key of the runs.
func hull(runs []*run) (lo, hi []byte) {
	lo, hi = runs[0].minKey, runs[0].maxKey
	for _, r := range runs[1:] {
		if bytes.Compare(r.minKey, lo) < 0 {
			lo = r.minKey
		}
		if bytes.Compare(r.maxKey, hi) > 0 {
			hi = r.maxKey
		}
	}
	return lo, hi
}

// merge carries out a job.
func (e *Engine) merge(job *mergeJob) error {
	if job.from < 0 {
		return e.sweep(job)
	}
	sink := &versionSink{e: e, keep: e.retention()}
	if job.to > 0 {
		sink.cut = int64(e.o.RunBytes)
	}
	sink.heed(0)
	levels := e.state.Load().levels
	sink.how = packingOf(&levels, job.to)
	sink.bottom = func(key []byte) bool { return bottom(&levels, job.to, key) }
	err := e.mergeInto(sink, job)
	var runs []*run
	if err == nil {
		runs, err = sink.open()
	}
	if err != nil {
		sink.abandon()
		return err
	}
	gone := map[*run]bool{}
	for _, r := range slices.Concat(job.upper, job.lower) {
		gone[r] = true
	}
	floor := e.floor.Load()
	err = e.edit(func(next *manifest) {
		next.floor = max(next.floor, floor)
		next.replace(job, sink.out)
	}, func() {
		e.state.Store(e.state.Load().with(func(s *state) {
			at := slices.IndexFunc(s.levels[0], func(r *run) bool { return gone[r] })
			s.dropRuns(gone)
			for _, r := range runs {
				s.put(job.to, max(at, 0), r)
			}
		}))
		e.mergedTo[job.from] = bytes.Clone(job.upper[len(job.upper)-1].minKey)
		e.stats.Merges++
		for _, x := range sink.out {
			e.stats.MergeBytes += uint64(x.size)
		}
		e.cond.Broadcast()
		e.work.Broadcast()
	})
	if err != nil {
		return err // the manifest may have been replaced or not: all files stay
	}
	blocks, cached := cachedBlocks(gone)
	e.removeRuns(gone)
	if 2*cached > blocks {
		e.cacheRuns(runs, cached)
	}
	return nil
}

// cachedBlocks counts the blocks of runs, and those of them in the cache.
func cachedBlocks(runs map[*run]bool) (blocks, cached int) {
	for r := range runs {
		blocks += len(r.frames)
		for i := range r.frames {
			if r.frames[i].Load() != 0 {
				cached++
			}
		}
	}
	return blocks, cached
}

// cacheRuns reads up to most blocks into the cache: where readers had the blocks that a merge has replaced at hand, they would
// have to read and unpack the new ones, each for the first time. A failure is met again by whoever reads.
func (e *Engine) cacheRuns(runs []*run, most int) {
	var buffers packing.Buffers
	for _, r := range runs {
		if r.load() != nil {
			return
		}
		for i := range r.frames {
			if most == 0 || e.stop.Err() != nil {
				return
			}
			if b, err := r.readBlock(i, &buffers); err == nil {
				e.cache.add(r, i, &b)
			}
			most--
		}
	}
}

// removeRuns forgets runs that are in neither state nor manifest.
func (e *Engine) removeRuns(gone map[*run]bool) {
	e.cache.drop(gone)
	for r := range gone {
		if err := e.o.FS.Remove(path.Join(e.dir, r.name)); err != nil {
			e.o.Logger.Warn("cannot remove a merged run; the next start will", "file", r.name, "err", err)
		}
	}
}

// packingOf says how the blocks of a merge into a level are packed. The upper levels are written often, and soon again;
// what reaches the deepest one stays there.
func packingOf(levels *[levelsMax][]*run, to int) uint8 {
	if to < 2 {
		return packing.Fast
	}
	for _, deeper := range levels[to+1:] {
		if len(deeper) > 0 {
			return packing.Fast
		}
	}
	return packing.Dense
}

// replace takes a job's runs out of the manifest and puts out into its lower level.
func (m *manifest) replace(job *mergeJob, out []runMeta) {
	gone := map[uint32]bool{}
	for _, r := range slices.Concat(job.upper, job.lower) {
		gone[r.no] = true
	}
	old := func(r runMeta) bool { return gone[r.no] }
	at := slices.IndexFunc(m.levels[0], old)
	for l := range m.levels {
		m.levels[l] = slices.DeleteFunc(m.levels[l], old)
	}
	for _, r := range out {
		m.put(job.to, max(at, 0), r)
	}
}

// mergeInto feeds all versions of a job's runs to sink, by key and of one key newest first.
func (e *Engine) mergeInto(sink *versionSink, job *mergeJob) error {
	var cursors []*rawCursor
	if job.from == 0 {
		for _, r := range job.upper {
			cursors = append(cursors, &rawCursor{runs: []*run{r}})
		}
	} else {
		cursors = append(cursors, &rawCursor{runs: job.upper})
	}
	cursors = append(cursors, &rawCursor{runs: job.lower})
	for _, c := range cursors {
		if err := c.next(); err != nil {
			return err
		}
	}
	for n := 0; ; n++ {
		if n&1023 == 0 && e.stop.Err() != nil {
			return e.stop.Err()
		}
		var first *rawCursor
		for _, c := range cursors {
			if c.ok && (first == nil || c.before(first)) {
				first = c
			}
		}
		if first == nil {
			return sink.finish()
		}
		if err := sink.add(first.key, first.v); err != nil {
			return err
		}
		if err := first.next(); err != nil {
			return err
		}
	}
}

func (c *rawCursor) before(o *rawCursor) bool {
	if d := bytes.Compare(c.key, o.key); d != 0 {
		return d < 0
	}
	return c.v.ts > o.v.ts
}
