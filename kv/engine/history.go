package engine

import (
	"slices"
	"sort"
	"sync"
	"time"
)

// retention knows which timestamps are read at, and so which versions must stay:
//
//	versions of a key    9 ─── 7 ─── 4 ─── 2
//	readers              │bound = 8 and all later     │5
//	stay                 9 (≥ bound)  7 (bound sees it)  4 (5 sees it);  2 goes
type retention struct {
	held  []uint64 // sorted
	bound uint64
}

// retention asks which snapshots are open. The floor is raised first: a reader at an old timestamp registers it and then
// looks at the floor, so either it is in the list or it is refused.
func (e *Engine) retention() retention {
	bound := e.past.bound(e.visible.Load(), &e.o)
	for {
		f := e.floor.Load()
		if f >= bound || e.floor.CompareAndSwap(f, bound) {
			break
		}
	}
	r := retention{bound: bound}
	if e.o.Snapshots != nil {
		r.held = e.o.Snapshots(nil)
		slices.Sort(r.held)
	}
	return r
}

// needs tells whether a reader may see a version of timestamp ts when the next newer one of the key has timestamp newer.
func (r *retention) needs(ts, newer uint64) bool {
	if newer > r.bound {
		return true
	}
	i := sort.Search(len(r.held), func(i int) bool { return r.held[i] >= ts })
	return i < len(r.held) && r.held[i] < newer
}

// old tells whether every reader, present or future, is at ts or later.
func (r *retention) old(ts uint64) bool {
	return ts <= r.bound && (len(r.held) == 0 || ts <= r.held[0])
}

// past knows from which timestamp on everything is kept for readers to come: what Options.Retention and RetentionCommits
// ask for. Time is measured by the clock that only runs forward, from Open on: a store that was closed keeps what it
// still has for a whole interval more.
type past struct {
	mu    sync.Mutex
	marks []pastMark // oldest first; the first may be older than the interval
}

// pastMark says what the newest visible timestamp was at a moment.
type pastMark struct {
	when time.Time
	ts   uint64
}

// pastMarks is into how many marks an interval is divided at most.
const pastMarks = 256

// bound is the oldest timestamp that a reader may begin at. It is asked before every flush and merge, which is often enough:
// what no flush or merge has passed since is still there.
func (p *past) bound(visible uint64, o *Options) uint64 {
	bound := visible
	if o.RetentionCommits > 0 {
		bound -= min(bound, o.RetentionCommits)
	}
	if o.Retention <= 0 {
		return bound
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := o.Clock()
	for i := range p.marks {
		if p.marks[i].when.After(now) {
			p.marks[i].when = now // a clock that went back must not keep the past for ever
		}
	}
	if n := len(p.marks); n == 0 || now.Sub(p.marks[n-1].when) > o.Retention/pastMarks {
		p.marks = append(p.marks, pastMark{now, visible})
	}
	old := 0 // of the marks that are at least as old as the interval the newest
	for old+1 < len(p.marks) && now.Sub(p.marks[old+1].when) >= o.Retention {
		old++
	}
	p.marks = slices.Delete(p.marks, 0, old)
	if now.Sub(p.marks[0].when) < o.Retention {
		return 0 // the floor of the last Open, below which nothing goes, is older
	}
	return min(bound, p.marks[0].ts)
}
