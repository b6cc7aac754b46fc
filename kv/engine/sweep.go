package engine

import (
	"bytes"
	"slices"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
)

// Range tombstones have to be gone soon after nobody needs what they hide, so that there are few. The merger sees to it, in
// this order:
//
//   - runs that are hidden as a whole from everybody are dropped, without reading them;
//   - timestamps whose range holds nothing older in memtables and runs are taken off the set;
//   - when there are many ranges, runs that are hidden in part are written anew without those parts, and the memtable is flushed.
//
// A run that was written with regard to all range tombstones up to a timestamp says so (runMeta.swept), because its first and
// last key tell nothing about the keys between them.
const (
	rangesMax     = 16 // pieces from which on runs are rewritten for their sake
	rangesCrowded = 32 // pieces from which on a memtable is flushed, because its older entries keep them
	sweepEvery    = time.Second
)

// addRanges makes the range tombstones of a commit part of the state. The caller holds mu.
func (e *Engine) addRanges(ranges []kv.Range, ts uint64) {
	e.state.Store(e.state.Load().with(func(s *state) {
		for _, r := range ranges {
			s.ranges = s.ranges.With(r, ts)
		}
	}))
}

// durableRanges is the part of the set that a crash cannot take back: what it hides may go. The caller holds mu.
func (e *Engine) durableRanges(s *state) (*rangeset.Set, uint64) {
	upTo := e.flushed
	if e.o.NoLog || e.log.synced >= e.rangeEnd {
		upTo = max(upTo, e.visible.Load())
	}
	return s.ranges.UpTo(upTo), upTo
}

// heed makes the sink drop what durable range tombstones hide, those up to settled too.
func (s *versionSink) heed(settled uint64) {
	e := s.e
	e.mu.Lock()
	_, upTo := e.durableRanges(e.state.Load())
	upTo = max(upTo, settled)
	s.ranges = e.state.Load().ranges.UpTo(upTo)
	e.mu.Unlock()
	s.swept = min(upTo, s.keep.bound)
	if len(s.keep.held) > 0 {
		s.swept = min(s.swept, s.keep.held[0])
	}
}

// mayHide tells whether a range tombstone may hide some of the run's versions.
func (r *runMeta) mayHide(p *rangeset.Piece, ts uint64) bool {
	return r.minTS < ts && r.swept < ts && bytes.Compare(r.maxKey, p.Start) >= 0 && (p.End == nil || bytes.Compare(r.minKey, p.End) < 0)
}

// pickSweep chooses what to do about range tombstones, nil if there is nothing. The caller holds mu.
func (e *Engine) pickSweep(s *state) *mergeJob {
	if s.ranges == nil {
		return nil
	}
	durable, _ := e.durableRanges(s)
	if durable != nil {
		keep := e.retention()
		job := &mergeJob{from: -1, to: -1}
		for _, level := range s.levels {
			for _, r := range level {
				if durable.Covers(r.minKey, r.maxKey, func(ts uint64) bool { return ts > r.maxTS && keep.old(ts) }) {
					job.upper = append(job.upper, r)
				}
			}
		}
		if len(job.upper) > 0 {
			return job
		}
		if removable(s, durable, &keep) != nil {
			return job
		}
		if durable.Len() > rangesMax {
			if job := pickRewrite(s, durable, &keep); job != nil {
				return job
			}
		}
		if durable.Len() > rangesCrowded && e.frozen == 0 && e.mem.entries > 0 && e.mem.pending == 0 && !e.closing {
			_ = e.rotate(0) // it has room for one more
		}
	}
	e.wakeLater()
	return nil
}

// wakeLater lets the merger look again after a while: snapshots end without notice. The caller holds mu.
func (e *Engine) wakeLater() {
	if e.waking {
		return
	}
	e.waking = true
	time.AfterFunc(sweepEvery, func() {
		e.mu.Lock()
		e.waking = false
		e.work.Broadcast()
		e.mu.Unlock()
	})
}

// removable is the part of the durable set that hides nothing any more.
func removable(s *state, durable *rangeset.Set, keep *retention) *rangeset.Set {
	return durable.Filter(func(p *rangeset.Piece, ts uint64) bool {
		if !keep.old(ts) {
			return false
		}
		for _, m := range s.mems {
			if m.entries > 0 && m.minTS < ts {
				return false
			}
		}
		for _, level := range s.levels {
			for _, r := range level {
				if r.mayHide(p, ts) {
					return false
				}
			}
		}
		return true
	})
}

// pickRewrite chooses a run of which a part is hidden from everybody.
func pickRewrite(s *state, durable *rangeset.Set, keep *retention) *mergeJob {
	old := durable.Filter(func(_ *rangeset.Piece, ts uint64) bool { return keep.old(ts) })
	for l := range s.levels {
		for _, r := range s.levels[l] {
			if old.Filter(r.mayHide) == nil {
				continue
			}
			if l > 0 {
				return &mergeJob{from: l, to: l, upper: []*run{r}}
			}
			upper := s.levels[0]
			return &mergeJob{from: 0, to: 1, upper: upper, lower: overlapping(s.levels[1], upper)}
		}
	}
	return nil
}

// sweep drops the runs of the job and the range tombstones that hide nothing then.
func (e *Engine) sweep(job *mergeJob) error {
	keep := e.retention()
	gone := map[*run]bool{}
	for _, r := range job.upper {
		gone[r] = true
	}
	kept := func(s *state) *rangeset.Set { // from mu
		durable, _ := e.durableRanges(s)
		none := removable(s, durable, &keep)
		return s.ranges.Filter(func(p *rangeset.Piece, ts uint64) bool { return none.Hides(p.Start, ts-1, ts) == 0 })
	}
	floor := e.floor.Load()
	err := e.edit(func(next *manifest) {
		next.floor = max(next.floor, floor)
		next.replace(job, nil)
		e.mu.Lock()
		s := e.state.Load().with(func(s *state) { s.dropRuns(gone) })
		next.ranges = kept(s).UpTo(next.rangesTo())
		e.mu.Unlock()
	}, func() {
		e.state.Store(e.state.Load().with(func(s *state) {
			s.generation++ // rows of the cache may have been hidden
			s.dropRuns(gone)
			s.ranges = kept(s)
		}))
		e.cond.Broadcast()
		e.work.Broadcast()
	})
	if err == nil {
		e.removeRuns(gone)
	}
	return err
}

func (s *state) dropRuns(gone map[*run]bool) {
	for l := range s.levels {
		s.levels[l] = slices.DeleteFunc(slices.Clone(s.levels[l]), func(r *run) bool { return gone[r] })
	}
}
