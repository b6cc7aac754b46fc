package engine

import (
	"bytes"
	"slices"
	"time"
)

// What pickMerge and the size of a memtable demand keeps reads possible. What makes them cheap again is done when it costs little or
// is worth its price:
//
//	nobody commits for a moment        the memtable becomes a run, and level 0 goes down, if they are not small beside what they
//	                                   are merged with
//	many tombstones                    a level in which one entry of restDense is a tombstone is merged with what lies below
//	scans have passed many tombstones  the same, as soon as they have passed as many as there are entries to be written
//
// So an entry is never written again more than restDense times for one that goes. Tombstones that an open snapshot still needs to be
// there count for nothing. RocksDB (CompactOnDeletionCollector) and Pebble (tombstone-dense compactions) do the second;
// the third is for queues, where each scan begins at a heap of tombstones and the table is small beside its memtable.
const (
	restAfter   = 200 * time.Millisecond
	restBytes   = closeFlushBytes
	restShare   = 8 // a memtable is flushed at rest if it has this part of what levels 0 and 1 hold
	restDense   = 8 // a merge is worth it if it drops this part of what it reads
	restFew     = 1024
	deadMany    = 64      // a scan tells that it has passed so many tombstones or more
	passedBatch = 1 << 16 // tombstones that scans pass until somebody looks whether they have to go
)

// watch looks at the store when restAfter has passed, and again as long as there are commits. The caller holds mu.
func (e *Engine) watch() {
	if e.watching || e.closing || e.o.ReadOnly {
		return
	}
	e.watching = true
	ts := e.lastTS
	time.AfterFunc(restAfter, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.watching = false
		if e.closing || e.stop.Err() != nil {
			return
		}
		e.atRest = e.lastTS == ts
		if !e.atRest {
			e.watch()
		}
		e.restMemtable()
		e.work.Broadcast()
	})
}

// passTombstones counts tombstones that a scan has passed.
func (e *Engine) passTombstones(n uint64) {
	if sum := e.passed.Add(n); sum/passedBatch != (sum-n)/passedBatch {
		e.mu.Lock()
		e.watch()
		e.mu.Unlock()
	}
}

// restMemtable freezes the memtable if it is worth to be flushed before it is full. The caller holds mu.
func (e *Engine) restMemtable() {
	m := e.mem
	if m.entries == 0 || m.pending > 0 || e.frozen > 0 || e.o.NoLog || e.broken != nil || e.refusing != nil {
		return
	}
	s := e.state.Load()
	entries := uint64(m.entries)
	for _, r := range slices.Concat(s.levels[0], s.levels[1]) {
		entries += r.entries
	}
	grown := e.atRest && m.bytes() >= restBytes && m.bytes()*restShare >= uint64(s.levelBytes(0)+s.levelBytes(1))
	dense := e.atRest && m.tombstones*restDense >= entries || e.passed.Load() >= entries
	dense = dense && m.tombstones >= restFew
	if grown || dense && e.mayDrop(m.maxTS) {
		_ = e.rotate(0) // it has room for one more
	} else if dense {
		e.watch() // snapshots end without notice
	}
}

// mayDrop tells whether every reader is past ts, so that tombstones and what they hide may go.
func (e *Engine) mayDrop(ts uint64) bool {
	keep := e.retention()
	return keep.old(ts)
}

// pickRest chooses a merge that need not be, but is worth it; nil if there is none. The caller holds mu.
func (e *Engine) pickRest(s *state) *mergeJob {
	if upper := s.levels[0]; len(upper) > 0 {
		job := &mergeJob{from: 0, to: 1, upper: upper, lower: overlapping(s.levels[1], upper)}
		small := bytesOf(upper)*restShare < bytesOf(job.lower)
		if e.dropsMuch(job) || e.atRest && !small && !disjoint(slices.Concat(upper, job.lower)) {
			return job
		}
	}
	for l := 1; l < levelsMax; l++ {
		for _, r := range s.levels[l] {
			if r.tombstones < restFew {
				continue
			}
			job := &mergeJob{from: l, to: l, upper: []*run{r}}
			if under := s.under(l, r); under > 0 {
				job.to, job.lower = under, overlapping(s.levels[under], job.upper)
			}
			if e.dropsMuch(job) {
				return job
			}
		}
	}
	return nil
}

// dropsMuch tells whether a merge is worth it for the tombstones of its runs.
func (e *Engine) dropsMuch(job *mergeJob) bool {
	entries, dead, newest := uint64(0), uint64(0), uint64(0)
	for _, r := range job.upper {
		entries += r.entries
		if r.tombstones > 0 {
			dead, newest = dead+r.tombstones, max(newest, r.maxTS)
		}
	}
	for _, r := range job.lower {
		entries += r.entries
	}
	paid := e.passed.Load() >= entries
	if dead < restFew || !paid && dead*restDense < entries {
		return false
	}
	if !e.mayDrop(newest) {
		e.wakeLater()
		return false
	}
	if paid {
		e.passed.Store(0)
	}
	return true
}

// under is the next level below with a run that overlaps r, if no level between has runs in its way; 0 if nothing lies below.
func (s *state) under(level int, r *run) int {
	for l := level + 1; l < levelsMax; l++ {
		if len(overlapping(s.levels[l], []*run{r})) > 0 {
			return l
		}
	}
	return 0
}

func bytesOf(runs []*run) (n int64) {
	for _, r := range runs {
		n += r.size
	}
	return n
}

// disjoint tells whether no two of the runs have keys between each other's.
func disjoint(runs []*run) bool {
	sorted := slices.SortedFunc(slices.Values(runs), func(a, b *run) int { return bytes.Compare(a.minKey, b.minKey) })
	for i := 1; i < len(sorted); i++ {
		if bytes.Compare(sorted[i-1].maxKey, sorted[i].minKey) >= 0 {
			return false
		}
	}
	return true
}
