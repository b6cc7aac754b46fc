package statements

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Key is what statements are told apart by.
type Key struct {
	ID             uint64 // of the statement without its constants
	User, Database uint32 // OIDs
	TopLevel       bool   // not run by a function
}

// Entry is one form of a statement. Safe for concurrent use.
type Entry struct {
	Key
	// Text is the statement as it was met first.
	Text string

	met int64 // calls when evict last saw it

	mu   sync.Mutex
	exec Times
	plan Times
	rows int64
}

// Times sums durations up.
type Times struct {
	Calls                 int64
	Total, Min, Max       float64 // milliseconds
	mean, squaredDistance float64 // Welford's sums
}

func (t *Times) add(d time.Duration) {
	ms := float64(d) / float64(time.Millisecond)
	t.Calls++
	t.Total += ms
	if t.Calls == 1 || ms < t.Min {
		t.Min = ms
	}
	t.Max = max(t.Max, ms)
	delta := ms - t.mean
	t.mean += delta / float64(t.Calls)
	t.squaredDistance += delta * (ms - t.mean)
}

// Mean is the average in milliseconds.
func (t *Times) Mean() float64 { return t.mean }

// Deviation is the population standard deviation in milliseconds.
func (t *Times) Deviation() float64 {
	if t.Calls == 0 {
		return 0
	}
	return math.Sqrt(t.squaredDistance / float64(t.Calls))
}

// Executed counts one execution.
func (e *Entry) Executed(d time.Duration, rows int64) {
	e.mu.Lock()
	e.exec.add(d)
	e.rows += rows
	e.mu.Unlock()
}

// Planned counts one planning.
func (e *Entry) Planned(d time.Duration) {
	e.mu.Lock()
	e.plan.add(d)
	e.mu.Unlock()
}

// Figures are an entry's sums at one moment.
type Figures struct {
	Exec, Plan Times
	Rows       int64
}

// Figures returns the sums so far.
func (e *Entry) Figures() Figures {
	e.mu.Lock()
	defer e.mu.Unlock()
	return Figures{Exec: e.exec, Plan: e.plan, Rows: e.rows}
}

// Registry holds the entries. The zero value is ready. Safe for concurrent use.
type Registry struct {
	mu      sync.Mutex
	entries map[Key]*Entry
	// queue has the same entries in the order in which they will be looked at when room is needed.
	queue []*Entry
	since time.Time
	// Evicted counts how often rarely used entries had to make room.
	evicted atomic.Int64
	reset   atomic.Uint64
}

// entriesMax is pg_stat_statements.max.
const entriesMax = 5000

// Entry finds or makes the entry of a key; text gives the statement of a new one.
func (r *Registry) Entry(k Key, text func() string) *Entry {
	r.mu.Lock()
	e := r.entries[k]
	r.mu.Unlock()
	if e != nil {
		return e
	}
	e = &Entry{Key: k, Text: text()}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.entries[k]; e != nil {
		return e
	}
	if r.entries == nil {
		r.entries, r.since = map[Key]*Entry{}, time.Now()
	}
	if len(r.entries) >= entriesMax {
		r.evict()
	}
	r.entries[k] = e
	r.queue = append(r.queue, e)
	return e
}

// evict removes the twentieth part of the entries: the oldest that were not called since it last looked at them. What was called goes to the end
// of the queue. Sessions that still hold an entry that is gone count in vain.
func (r *Registry) evict() {
	quota := max(1, len(r.queue)/20)
	seen := 0
	var kept []*Entry
	for ; quota > 0; seen++ {
		if seen == len(r.queue) {
			r.queue, kept, seen = kept, nil, 0
		}
		e := r.queue[seen]
		if n := e.calls(); n > e.met {
			e.met = n
			kept = append(kept, e)
			continue
		}
		delete(r.entries, e.Key)
		quota--
	}
	r.queue = append(r.queue[seen:], kept...)
	r.evicted.Add(1)
	r.reset.Add(1)
}

func (e *Entry) calls() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.exec.Calls
}

func (r *Registry) list() []*Entry {
	all := make([]*Entry, 0, len(r.entries))
	for _, e := range r.entries {
		all = append(all, e)
	}
	return all
}

// All lists the entries, the most expensive first.
func (r *Registry) All() []*Entry {
	r.mu.Lock()
	all := r.list()
	r.mu.Unlock()
	slices.SortFunc(all, func(a, b *Entry) int { return cmp.Compare(b.Figures().Exec.Total, a.Figures().Exec.Total) })
	return all
}

// Reset forgets the entries for which match is true.
func (r *Registry) Reset(match func(Key) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k := range r.entries {
		if match(k) {
			delete(r.entries, k)
		}
	}
	r.queue = slices.DeleteFunc(r.queue, func(e *Entry) bool { return r.entries[e.Key] != e })
	r.since = time.Now()
	r.reset.Add(1)
}

// Generation changes whenever entries were removed: what a session remembers of an older one must be looked up again.
func (r *Registry) Generation() uint64 { return r.reset.Load() }

// Info is how often entries were evicted, and since when the registry counts.
func (r *Registry) Info() (evicted int64, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.evicted.Load(), r.since
}
