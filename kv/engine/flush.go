package engine

import (
	"path"
	"slices"
	"time"

	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
)

// versionSink drops the versions that nobody sees and writes the others to run files.
type versionSink struct {
	e      *Engine
	keep   retention
	bottom func(key []byte) bool // nothing older lies below: a tombstone that all readers see can go
	ranges *rangeset.Set         // what they hide goes too
	swept  uint64                // for runMeta
	cut    int64                 // size at which a file ends; 0: one file
	how    uint8                 // blocks are packed
	w      *runWriter
	out    []runMeta
	key    []byte
	newer  uint64 // timestamp of the last version of key
}

func (s *versionSink) add(key []byte, v version) error {
	newKey := s.key == nil || string(s.key) != string(key)
	if newKey {
		s.key, s.newer = append(s.key[:0], key...), maxTS
		if s.w != nil && s.cut > 0 && s.w.size() >= s.cut {
			if err := s.finish(); err != nil {
				return err
			}
		}
	}
	newer := s.newer
	if s.ranges != nil {
		newer = min(newer, s.ranges.Next(key, v.ts))
	}
	if v.ts == s.newer || !s.keep.needs(v.ts, newer) {
		return nil
	}
	s.newer = v.ts
	if v.kind == kindTombstone && s.keep.old(v.ts) && s.bottom(key) {
		return nil
	}
	if s.w == nil {
		w, err := s.e.newRun(s.how)
		if err != nil {
			return err
		}
		w.meta.swept = s.swept
		s.w = w
	}
	return s.w.add(key, v.value, v.ts, v.kind)
}

// finish completes the present file.
func (s *versionSink) finish() error {
	if s.w == nil {
		return nil
	}
	meta, err := s.w.finish()
	if err != nil {
		return err
	}
	s.w = nil
	s.out = append(s.out, meta)
	return nil
}

// abandon removes what was written.
func (s *versionSink) abandon() {
	if s.w != nil {
		s.w.abandon(s.e.o.FS, s.e.dir)
	}
	for _, m := range s.out {
		_ = s.e.o.FS.Remove(path.Join(s.e.dir, runName(m.no))) // the next Open removes it otherwise
	}
}

func (s *versionSink) open() ([]*run, error) {
	var runs []*run
	for _, m := range s.out {
		r, err := openRun(s.e.o.FS, s.e.dir, m, s.e.cache)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// flushLoop writes frozen memtables to run files, the oldest first.
func (e *Engine) flushLoop() {
	defer e.workers.Done()
	for {
		e.mu.Lock()
		m := e.flushable()
		for m == nil && e.stop.Err() == nil {
			e.work.Wait()
			m = e.flushable()
		}
		e.mu.Unlock()
		if e.stop.Err() != nil {
			return
		}
		e.background("flush", func() error { return e.flush(m) })
	}
}

// background runs a step of the flusher or merger. After a failure it waits before the next try.
func (e *Engine) background(what string, step func() error) {
	err := explain(step())
	e.mu.Lock()
	last := &e.flushErr
	if what != "flush" { // a merge that cannot be done yet keeps nobody from committing while there is room
		last = &e.mergeErr
	}
	again := *last != nil
	*last = err
	e.cond.Broadcast()
	e.work.Broadcast()
	e.mu.Unlock()
	if err == nil || e.stop.Err() != nil {
		return
	}
	if !again {
		e.o.Logger.Error("background "+what+" failed; it will be tried again", "err", err)
	}
	select {
	case <-e.stop.Done():
	case <-time.After(retryPauses * e.o.SyncEvery):
	}
}

const (
	retryPauses = 20 // intervals of SyncEvery between tries
	level0Wait  = 16 // runs in level 0 at which flushes wait for merges
)

// flushable returns the oldest frozen memtable if all its commits are settled. The caller holds mu.
func (e *Engine) flushable() *memtable {
	s := e.state.Load()
	if len(s.mems) < 2 || len(s.levels[0]) >= level0Wait || e.broken != nil || !e.space.free() {
		return nil
	}
	m := s.mems[len(s.mems)-1]
	if m.pending > 0 {
		return nil
	}
	return m
}

// flush writes m to a run file, makes it part of level 0 and gives back the log segments that only m needed.
func (e *Engine) flush(m *memtable) error {
	levels := e.state.Load().levels
	sink := &versionSink{e: e, keep: e.retention(), how: packing.Fast, bottom: func(key []byte) bool { return bottom(&levels, 0, key) }}
	sink.heed(m.maxTS)
	err := sink.memtable(m)
	var runs []*run
	if err == nil {
		runs, err = sink.open()
	}
	if err != nil {
		sink.abandon()
		return err
	}
	floor := e.floor.Load()
	var firstLog uint32
	err = e.edit(func(next *manifest) {
		next.flushed = max(next.flushed, m.maxTS)
		e.mu.Lock()
		next.ranges = e.state.Load().ranges.UpTo(next.rangesTo())
		e.mu.Unlock()
		next.floor = max(next.floor, floor)
		next.levels[0] = append(slices.Clone(sink.out), next.levels[0]...)
		firstLog = e.firstSegment(m)
		next.firstLog = max(next.firstLog, firstLog)
	}, func() {
		e.state.Store(e.state.Load().with(func(s *state) {
			s.generation++
			s.mems = s.mems[:len(s.mems)-1]
			s.levels[0] = append(slices.Clone(runs), s.levels[0]...)
		}))
		e.frozen--
		e.flushed = max(e.flushed, m.maxTS)
		e.stats.Flushes++
		for _, x := range sink.out {
			e.stats.FlushBytes += uint64(x.size)
		}
		e.cond.Broadcast()
		e.work.Broadcast()
	})
	if err != nil {
		return err // the manifest may have been replaced or not: the file stays
	}
	e.dropSegments(firstLog)
	return nil
}

// memtable adds all versions of m.
func (s *versionSink) memtable(m *memtable) error {
	chunks := m.chunks.walk()
	err := m.inOrder(func(node uint32) error {
		key := m.key(node)
		for v := range m.versions(node) {
			if err := chunks.before(key, v.ts, s.add); err != nil {
				return err
			}
			if err := s.add(key, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = chunks.before(nil, 0, s.add)
	}
	if err != nil {
		return err
	}
	return s.finish()
}

// bottom tells whether no run below level holds key. For level 0, level 0 itself counts.
func bottom(levels *[levelsMax][]*run, level int, key []byte) bool {
	if level == 0 {
		for _, r := range levels[0] {
			if r.overlaps(key, key) {
				return false
			}
		}
	}
	for _, runs := range levels[level+1:] {
		if findRun(runs, key) != nil {
			return false
		}
	}
	return true
}

// firstSegment is the oldest log segment that memtables other than gone still need.
func (e *Engine) firstSegment(gone *memtable) uint32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	first := min(e.log.seg, e.diskSeg)
	for _, m := range e.state.Load().mems {
		if m != gone {
			first = min(first, m.firstSeg)
		}
	}
	return first
}
