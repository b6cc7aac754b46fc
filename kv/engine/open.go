package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/vfs"
)

const lockName = "LOCK"

// Open opens the engine in dir, creating it if there is none.
func Open(dir string, o Options) (*Engine, error) {
	e := &Engine{o: o.withDefaults(), dir: dir, wakeLog: make(chan struct{}, 1)}
	e.cond, e.work = sync.NewCond(&e.mu), sync.NewCond(&e.mu)
	e.stop, e.halt = context.WithCancel(context.Background())
	e.packing = packing.New()
	e.cache = newCache(e.o.CacheBytes*9/10, e.packing)
	e.rows = newRowCache(e.o.CacheBytes / 10)
	e.state.Store(&state{})
	e.memBytes = min(memtableLo, e.o.MemtableBytes)
	e.setMemtable(e.memBytes)
	if err := e.load(); err != nil {
		e.halt()
		if e.dirLock != nil {
			_ = e.dirLock.Close()
		}
		return nil, err
	}
	e.past.bound(e.visible.Load(), &e.o)
	if e.o.ReadOnly {
		return e, nil
	}
	e.workers.Add(2)
	go e.flushLoop()
	go e.mergeLoop()
	if !e.o.NoLog {
		e.workers.Add(1)
		go e.keepLog()
	}
	e.mu.Lock()
	e.watch()
	e.mu.Unlock()
	return e, nil
}

// load reads what is in the directory.
func (e *Engine) load() error {
	if err := e.lockDir(); err != nil {
		return err
	}
	names, err := e.o.FS.List(e.dir)
	if err != nil {
		return err
	}
	m, err := readManifest(e.o.FS, e.dir)
	if err != nil {
		return err
	}
	if m == nil {
		if m, err = e.create(names); err != nil {
			return err
		}
	}
	e.man.cur = *m
	e.floor.Store(m.floor)
	s := &state{mems: e.state.Load().mems, ranges: m.ranges}
	e.flushed = m.flushed
	for l := range m.levels {
		for _, meta := range m.levels[l] {
			r, err := openRun(e.o.FS, e.dir, meta, e.cache)
			if err != nil {
				return err
			}
			s.levels[l] = append(s.levels[l], r)
			s.runsTS = max(s.runsTS, r.maxTS)
		}
	}
	e.state.Store(s)
	e.log = logWriter{fs: e.o.FS, dir: e.dir, store: m.store, first: int64(min(firstSegment, e.o.SegmentBytes)), started: e.segmentStarted}
	if err := e.recoverLog(names); err != nil {
		return err
	}
	if !e.o.ReadOnly {
		e.tidy(names)
	}
	return nil
}

// lockDir makes the directory ours. Without the permission to write it is opened for reading.
func (e *Engine) lockDir() error {
	if e.o.ReadOnly && !e.o.Exclusive {
		return nil
	}
	err := error(nil)
	if !e.o.ReadOnly {
		err = e.o.FS.MkdirAll(e.dir)
	}
	if err == nil {
		e.dirLock, err = e.o.FS.Lock(path.Join(e.dir, lockName))
	}
	switch {
	case err == nil && e.o.Holder != "" && !e.o.ReadOnly:
		e.signLock()
	case errors.Is(err, vfs.ErrLocked):
		return fmt.Errorf("%w: %s", kv.ErrInUse, e.dir)
	case e.o.ReadOnly && err != nil: // nobody can write here, or there is no such directory, as is found next
		e.dirLock = nil
		return nil
	case errors.Is(err, fs.ErrPermission) || vfs.IsReadOnly(err):
		e.o.Logger.Warn("no permission to write: the store is opened read-only", "dir", e.dir, "err", err)
		e.o.ReadOnly, e.dirLock = true, nil
		return nil
	case vfs.IsNoSpace(err):
		e.o.Logger.Warn("disk is full: the directory is opened without a lock file", "dir", e.dir, "err", err)
		e.o.ReadOnly, e.dirLock = true, nil
		return nil
	}
	return err
}

// signLock writes into the lock file who holds it. Nothing depends on it.
func (e *Engine) signLock() {
	f, err := e.o.FS.Create(path.Join(e.dir, lockName))
	if err == nil {
		_, err = f.WriteAt([]byte(e.o.Holder), 0)
		_ = f.Close()
	}
	if err != nil {
		e.o.Logger.Warn("the lock file does not say who holds it", "err", err)
	}
}

// Holder is the Options.Holder of the last engine that had dir open for writing, "" if it gave none.
func Holder(fsys vfs.FS, dir string) string {
	b, err := readFile(fsys, path.Join(dir, lockName))
	if err != nil {
		return ""
	}
	return string(b)
}

// create writes the manifest of an empty store. Store files without a manifest are not overwritten.
func (e *Engine) create(names []string) (*manifest, error) {
	for _, name := range names {
		_, isRun := runNumber(name)
		_, isLog := logNumber(name)
		if isRun || isLog {
			return nil, corrupt(manifestName, 0, "manifest is missing, but there is %s", name)
		}
	}
	m := &manifest{store: rand.Uint64() | 1, nextFile: 1, firstLog: 1}
	if e.o.ReadOnly {
		return nil, fmt.Errorf("%w: no store in %s", fs.ErrNotExist, e.dir)
	}
	return m, m.write(e.o.FS, e.dir)
}

// tidy notes which files nothing refers to, of a crash, or runs that were still being read, for removeOld. No new file gets the name of
// one of them; those whose names are used again are removed at once. Failures only cost space.
func (e *Engine) tidy(names []string) {
	live := map[uint32]bool{}
	for _, level := range e.man.cur.levels {
		for _, r := range level {
			live[r.no] = true
			e.man.cur.nextFile = max(e.man.cur.nextFile, r.no+1)
		}
	}
	for _, name := range names {
		old := false
		if no, ok := runNumber(name); ok {
			old = !live[no]
			e.man.cur.nextFile = max(e.man.cur.nextFile, no+1)
		}
		if no, ok := logNumber(name); ok {
			old = no < e.man.cur.firstLog
		}
		// A spare may be a second name of a segment, if the power went while it was renamed: only the name goes.
		if no, ok := strings.CutPrefix(name, sparePrefix); ok && name != spareNow {
			n, err := strconv.Atoi(no)
			old = err == nil
			e.log.made = max(e.log.made, n)
		}
		if old {
			e.old = append(e.old, name)
		}
		if name == manifestNew || name == spareNow {
			e.removeFile(name)
		}
	}
	if e.o.NoLog {
		e.removeOld()
	}
}

// removeOld removes what tidy has found. To give up a few log segments can take longer than everything else in Open.
func (e *Engine) removeOld() {
	for _, name := range e.old {
		e.removeFile(name)
	}
	e.old = nil
}

func (e *Engine) removeFile(name string) {
	if err := e.o.FS.Remove(path.Join(e.dir, name)); err != nil {
		e.o.Logger.Warn("cannot remove an old file", "file", name, "err", err)
	}
}

// Close waits for running commits, makes everything durable and releases the directory.
func (e *Engine) Close() error {
	e.closeOne.Do(func() { e.closeErr = e.close() })
	return e.closeErr
}

func (e *Engine) close() error {
	e.mu.Lock()
	e.closing = true
	e.cond.Broadcast()
	for e.head != nil || e.leading || e.aborting > 0 || e.spilling > 0 {
		e.waiters++
		e.cond.Wait()
		e.waiters--
	}
	e.flushAtClose()
	e.mu.Unlock()
	e.halt()
	e.mu.Lock()
	e.work.Broadcast()
	e.cond.Broadcast()
	e.mu.Unlock()
	e.workers.Wait()
	var err error
	e.mu.Lock()
	if e.broken == nil && !e.o.ReadOnly && !e.o.NoLog {
		if len(e.log.chunks) > 0 {
			e.lead(true)
		}
		if len(e.log.chunks) > 0 && e.broken == nil && errors.Is(e.refusing, kv.ErrDiskFull) {
			e.lead(true) // the first try has given up the ballast
		}
		if e.refusing == nil && e.broken == nil && !e.log.marked {
			e.log.mark(e.lastTS)
			e.lead(true)
		}
	}
	switch {
	case e.broken != nil:
		err = e.broken
	case e.refusing != nil && len(e.log.chunks) > 0:
		err = e.refusing
	}
	e.mu.Unlock()
	unneeded, serr := e.closeLog()
	if err == nil {
		err = serr
	}
	if e.log.file != nil {
		if cerr := e.log.file.Close(); err == nil {
			err = cerr
		}
	}
	e.dropSegments(unneeded)
	if e.dirLock != nil {
		if cerr := e.dirLock.Close(); err == nil {
			err = cerr
		}
	}
	return err
}

// closeFlushBytes is how much of the log the next Open may have to read after a clean Close: ten milliseconds' worth.
const closeFlushBytes = 1 << 20

// flushAtClose turns memtables into runs, so that the next Open has no long log to read. What stands in the way of that, a full
// disk or a merge that must come first, is left to the log. The caller holds e.mu.
func (e *Engine) flushAtClose() {
	if e.o.ReadOnly || e.o.NoLog {
		return
	}
	if len(e.log.chunks) > 0 && e.refusing == nil && e.broken == nil {
		e.lead(true)
	}
	inLog, inMemory := int64(0), uint64(0)
	for _, s := range e.segments {
		inLog += s.size
	}
	for _, m := range e.state.Load().mems {
		inMemory += m.bytes()
	}
	if e.frozen == 0 && inLog <= closeFlushBytes && inMemory <= closeFlushBytes/2 {
		return
	}
	able := func() bool { return e.broken == nil && e.refusing == nil && e.flushErr == nil && e.stop.Err() == nil }
	if able() && e.mem.entries > 0 && e.frozen < frozenMax {
		_ = e.rotate(0)
	}
	for able() && e.flushable() != nil {
		e.waiters++
		e.cond.Wait()
		e.waiters--
	}
}

// closeLog makes the log durable in the modes that do not, and notes its end in the manifest, so that damage to the very
// last commits is noticed too. Segments before the one that it returns are not needed any more.
func (e *Engine) closeLog() (unneeded uint32, err error) {
	if e.o.ReadOnly || e.o.NoLog || e.broken != nil || e.refusing != nil {
		return 0, nil
	}
	if e.log.file != nil {
		if e.log.dirty {
			if err := e.log.sync(); err != nil {
				return 0, err
			}
		}
		e.log.synced = lsn(e.log.seg, e.log.off)
	}
	flushed := len(e.segments) > 0
	for _, m := range e.state.Load().mems {
		flushed = flushed && m.entries == 0
	}
	if e.log.file == nil && !flushed {
		return 0, nil
	}
	err = e.edit(func(m *manifest) {
		if flushed {
			m.flushed, m.firstLog = max(m.flushed, e.lastTS), max(m.firstLog, e.log.seg+1)
		}
	}, nil)
	if err != nil {
		e.o.Logger.Warn("the end of the log is not noted in the manifest", "err", err) // everything is durable all the same
		return 0, nil
	}
	if flushed {
		unneeded = e.log.seg + 1
	}
	return unneeded, nil
}

// Stats returns counters since Open and present sizes.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	st := e.stats
	st.LastTS, st.Frozen, st.Merging = e.lastTS, e.frozen, e.merging != nil
	e.mu.Unlock()
	s := e.state.Load()
	for _, m := range s.mems {
		st.MemtableUsed += m.bytes()
	}
	st.Ranges = s.ranges.Len()
	for l, level := range s.levels {
		st.Runs[l] = len(level)
		for _, r := range level {
			st.RunBytes[l] += uint64(r.size)
		}
	}
	st.CacheMisses, st.CacheUsed, st.VisibleTS = e.cache.misses.Load(), e.cache.bytes(), e.visible.Load()
	return st
}

// ReadOnly tells whether the engine takes no commits: asked for, or because the directory does not let it write.
func (e *Engine) ReadOnly() bool { return e.o.ReadOnly }

// OldestTS is the oldest timestamp that a new reader may choose.
func (e *Engine) OldestTS() uint64 { return e.floor.Load() }
