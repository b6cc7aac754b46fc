package engine

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
)

// Engine is an ordered space of versioned keys on one directory.
//
// Reads never lock: they load the immutable state and the arenas and runs that it names. Writes pass through Commit.
// Three goroutines work in the background, all stopped by Close: keepLog (asynchronous commits, spare segments),
// flushLoop (memtables to run files), mergeLoop (runs to fewer runs).
type Engine struct {
	o   Options
	dir string

	visible atomic.Uint64         // every commit up to here can be read
	state   atomic.Pointer[state] // what reads look at, replaced as a whole under mu
	floor   atomic.Uint64         // what only a reader below it would see may be gone
	past    past
	passed  atomic.Uint64 // tombstones that scans have passed since the last merge for their sake
	packing *packing.Packing
	cache   *cache
	rows    rowCache

	mu       sync.Mutex
	cond     *sync.Cond // for commits: the queue or the memtables changed; with mu
	work     *sync.Cond // for flushLoop and mergeLoop: there may be something to do; with mu
	mem      *memtable  // takes commits
	memBytes int        // size of the next memtable
	frozen   int        // memtables waiting to be flushed
	lastTS   uint64     // newest timestamp given out
	rangeEnd uint64     // log position of the end of the last commit with a range tombstone
	flushed  uint64     // every commit up to here is in runs and manifest
	merging  *mergeJob  // the present merge
	placing  bool       // runs of a commit are being linked: no merge begins
	spilling int        // files of transactions that are being written
	waking   bool       // the merger will be woken to look at range tombstones again
	watching bool       // somebody will look at the store soon (rest.go)
	atRest   bool       // there was no commit for a while when he last looked
	head     *Commit    // commits not visible yet, by timestamp
	tail     *Commit
	log      logWriter
	leading  bool   // a commit writes the log, without mu
	written  uint64 // log position handed to the file system
	diskSeg  uint32 // segment that the last round of writing ended in
	broken   error  // the log's state is unknown: no commits until the next Open
	refusing error  // the log cannot be written now
	space    runSpace
	aborting int   // refused commits that are still in a memtable
	flushErr error // of the last flush, nil if it succeeded
	mergeErr error // of the last try to merge
	closing  bool
	waiters  int // on cond
	stats    Stats

	man      manifestFile
	mergedTo [levelsMax][]byte // owned by the merger: where it was last in each level
	segments []segment         // log files, oldest first, guarded by mu
	old      []string          // files to remove, owned by keepLog
	wakeLog  chan struct{}
	stop     context.Context
	halt     context.CancelFunc
	workers  sync.WaitGroup
	dirLock  interface{ Close() error }
	closeOne sync.Once
	closeErr error
}

// state is what a read sees: memtables newest first, then level 0 newest first, then the deeper levels, each sorted and
// without overlap. For one key, what comes earlier has the newer versions. It never changes; it is replaced.
type state struct {
	mems       []*memtable
	levels     [levelsMax][]*run
	ranges     *rangeset.Set // range tombstones of commits, some of which may not be visible yet
	generation uint32        // changes with every flush
	runsTS     uint64        // no version in the runs is newer
}

// with is a state of the same memtables and other runs.
func (s *state) with(change func(*state)) *state {
	next := *s
	change(&next)
	next.runsTS = 0
	for _, level := range next.levels {
		for _, r := range level {
			next.runsTS = max(next.runsTS, r.maxTS)
		}
	}
	return &next
}

// Stats are counters of an engine since Open.
type Stats struct {
	Commits      uint64
	LogWrites    uint64 // rounds of log writing
	LogSyncs     uint64 // of these, with a sync
	LogBytes     uint64
	Flushes      uint64
	FlushBytes   uint64
	Merges       uint64
	MergeBytes   uint64 // written by merges
	MemtableUsed uint64 // bytes in memtables now
	Frozen       int    // memtables waiting to be flushed now
	Merging      bool   // a merge is at work now
	Runs         [levelsMax]int
	RunBytes     [levelsMax]uint64
	Ranges       int    // pieces of range tombstones
	Ingests      uint64 // commits whose runs became part of the store as they were
	CacheMisses  uint64
	CacheUsed    uint64
	LastTS       uint64
	VisibleTS    uint64
}

// VisibleTS is the newest timestamp that can be read: every commit up to it is visible.
func (e *Engine) VisibleTS() uint64 { return e.visible.Load() }

// LastTS is the newest timestamp given to a commit.
func (e *Engine) LastTS() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lastTS
}

// WaitVisible waits until every commit up to ts is visible or has failed.
func (e *Engine) WaitVisible(ctx context.Context, ts uint64) error {
	stop := context.AfterFunc(ctx, func() {
		e.mu.Lock()
		e.cond.Broadcast()
		e.mu.Unlock()
	})
	defer stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.head != nil && e.head.ts <= ts {
		if err := ctx.Err(); err != nil {
			return err
		}
		e.waiters++
		e.cond.Wait()
		e.waiters--
	}
	return nil
}

// Get appends the newest version of key at ts to dst, nil if it is missing or deleted, and returns the timestamp of the
// version, zero if there is none. hash is Hash(key). The value is a copy, or its memory never changes.
func (e *Engine) Get(hash uint64, key []byte, ts uint64, dst *kv.Values) (at uint64, err error) {
	s := e.state.Load()
	for _, m := range s.mems {
		if v, ok := m.get(hash, key, ts); ok {
			dst.Usage.CountHit()
			return s.answer(key, v, ts, dst), nil
		}
	}
	if at, ok := e.rows.get(hash, key, s.generation, ts, dst); ok {
		dst.Usage.CountHit()
		if s.ranges != nil {
			if t := s.ranges.Next(key, at); t <= ts {
				dst.V[len(dst.V)-1], at = nil, t
			}
		}
		return at, nil
	}
	x, err := s.runsGet(hash, key, ts, dst)
	if err != nil {
		return 0, err
	}
	if !x.ok {
		dst.AppendShared(nil)
		return 0, nil
	}
	if x.kind == kindValue && ts >= s.runsTS {
		e.rows.offer(hash, key, dst.V[len(dst.V)-1], x.ts, s.generation)
	}
	if s.ranges != nil && x.kind == kindValue {
		if t := s.ranges.Next(key, x.ts); t <= ts {
			dst.V[len(dst.V)-1], x.ts = nil, t
		}
	}
	return x.ts, nil
}

// answer appends what a reader at ts sees of the newest version that a memtable holds for it.
func (s *state) answer(key []byte, v version, ts uint64, dst *kv.Values) (at uint64) {
	value := v.live()
	if s.ranges != nil && value != nil {
		if t := s.ranges.Next(key, v.ts); t <= ts {
			dst.AppendShared(nil)
			return t
		}
	}
	dst.AppendShared(value)
	return v.ts
}

// Warm prepares for reads of several keys: their cache misses overlap, where reads wait for one after the other. The result
// means nothing; it keeps the loads from being left out.
func (e *Engine) Warm(hashes []uint64) (sum uint64) {
	for _, m := range e.state.Load().mems {
		if !m.empty() {
			for _, h := range hashes {
				sum += atomic.LoadUint64(&m.buckets[h&m.mask])
			}
		}
	}
	return sum + e.rows.warm(hashes)
}

// runsGet appends the newest version of key at ts in the runs to dst, nil for a tombstone.
func (s *state) runsGet(hash uint64, key []byte, ts uint64, dst *kv.Values) (found, error) {
	for _, r := range s.levels[0] {
		if x, err := r.get(hash, key, ts, dst); x.ok || err != nil {
			return x, err
		}
	}
	for _, level := range s.levels[1:] {
		if r := findRun(level, key); r != nil {
			if x, err := r.get(hash, key, ts, dst); x.ok || err != nil {
				return x, err
			}
		}
	}
	return found{}, nil
}

// live is the value of a version, nil for a tombstone. Values are never empty.
func (v version) live() []byte {
	if v.kind == kindTombstone {
		return nil
	}
	return v.value
}

// rotate freezes the memtable and begins one with room for at least need bytes. It waits while too many are frozen. The
// caller holds mu and has to look at everything again afterwards.
func (e *Engine) rotate(need int) error {
	if e.frozen >= frozenMax {
		if err := e.flushBlocked(); err != nil {
			return err
		}
		e.waiters++
		e.cond.Wait()
		e.waiters--
		return nil
	}
	if e.mem.entries > 0 {
		e.frozen++
	}
	e.memBytes = min(2*e.memBytes, e.o.MemtableBytes)
	e.setMemtable(max(e.memBytes, need))
	e.work.Broadcast()
	return nil
}

// flushBlocked tells what keeps memtables from being flushed, so that nobody waits for it. The caller holds mu.
func (e *Engine) flushBlocked() error {
	if e.flushErr == nil && len(e.state.Load().levels[0]) >= level0Wait {
		return e.mergeErr // the flusher waits for the merger
	}
	return e.flushErr
}

// setMemtable puts a new memtable in front. An empty one before it is dropped.
func (e *Engine) setMemtable(bytes int) {
	m := newMemtable(bytes)
	m.firstSeg = e.log.seg
	old := e.state.Load()
	next := &state{levels: old.levels, ranges: old.ranges, generation: old.generation, runsTS: old.runsTS}
	next.mems = append(next.mems, m)
	for _, o := range old.mems {
		if o.entries > 0 {
			next.mems = append(next.mems, o)
		}
	}
	e.mem = m
	e.state.Store(next)
}

const (
	frozenMax  = 4
	memtableLo = 1 << 20 // bytes of the first memtable; the next ones double up to Options.MemtableBytes
)
