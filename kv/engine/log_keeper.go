package engine

import (
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// kick asks keepLog to look at the log.
func (e *Engine) kick() {
	select {
	case e.wakeLog <- struct{}{}:
	default:
	}
}

// keepLog writes and syncs the records of asynchronous commits, tries again when the disk was full, and keeps a spare
// segment and the ballast ready.
func (e *Engine) keepLog() {
	defer e.workers.Done()
	e.removeOld()
	if err := e.holdBallast(); vfs.IsNoSpace(err) {
		e.mu.Lock()
		if e.refusing == nil && e.broken == nil {
			e.o.Logger.Warn("disk is full: commits are refused until there is space", "err", err)
			e.refusing = explain(err)
			e.kick()
		}
		e.mu.Unlock()
	} else if err != nil {
		e.o.Logger.Warn("cannot make the ballast file", "err", err)
	}
	for {
		select {
		case <-e.stop.Done():
			return
		case <-e.wakeLog:
		}
		if e.wantsSpare() {
			if err := e.makeSpare(); err != nil {
				e.o.Logger.Warn("cannot prepare a log segment", "err", err)
			}
		}
		select {
		case <-e.stop.Done():
			return
		case <-time.After(e.o.SyncEvery):
		}
		e.mu.Lock()
		e.writeQueued()
		e.mu.Unlock()
	}
}

// writeQueued writes what nobody waits for. The caller holds mu.
func (e *Engine) writeQueued() {
	if e.leading || e.broken != nil {
		return
	}
	if len(e.log.chunks) == 0 && e.refusing == nil {
		e.log.mark(e.lastTS)
		if len(e.log.chunks) > 0 {
			e.lead(false) // the next commit, or Close, makes it durable
		}
		return
	}
	if e.refusing != nil && e.aborting > 0 {
		e.kick()
		return
	}
	was := e.refusing
	e.lead(true)
	if was != nil && e.refusing == was && e.broken == nil {
		e.work.Broadcast() // flushes and merges have waited for this
		e.resume()
	}
}

// resume ends the refusal of commits, if there is space for the ballast again. The caller holds mu and nothing is left to
// write.
func (e *Engine) resume() {
	if errors.Is(e.refusing, kv.ErrDiskFull) {
		e.mu.Unlock()
		err := e.holdBallast()
		e.mu.Lock()
		if err != nil {
			e.kick() // look again after a while
			return
		}
	}
	e.o.Logger.Info("the log can be written again: commits are taken")
	e.refusing = nil
}

// wantsSpare tells whether the present segment is half full and no other is ready.
func (e *Engine) wantsSpare() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sparesLow()
}

func (e *Engine) sparesLow() bool {
	return len(e.log.spares) == 0 && e.log.seg > 0 && e.log.off > e.log.size/2 && e.refusing == nil && e.broken == nil
}

// makeSpare fills a new segment with zeros.
func (e *Engine) makeSpare() error {
	e.mu.Lock()
	e.log.made++
	s := spare{fmt.Sprintf("%s%06d", sparePrefix, e.log.made), int64(e.o.SegmentBytes)}
	e.mu.Unlock()
	f, err := e.o.FS.Create(path.Join(e.dir, s.name))
	if err != nil {
		return err
	}
	err = fillZero(f, s.size)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = e.o.FS.Remove(path.Join(e.dir, s.name)) // the next Open removes it otherwise
		return err
	}
	e.mu.Lock()
	e.log.spares = append(e.log.spares, s)
	e.mu.Unlock()
	return nil
}

// segmentStarted notes a new segment in the manifest, so that its loss would be noticed.
func (e *Engine) segmentStarted(no uint32, size int64) error {
	return e.edit(func(m *manifest) { m.lastLog = max(m.lastLog, no) }, func() {
		if n := len(e.segments); n == 0 || e.segments[n-1].no < no { // else: an earlier try failed after this
			e.segments = append(e.segments, segment{no, size})
		}
	})
}

// dropSegments gives up the segments below first: some become spares, the others are removed.
func (e *Engine) dropSegments(first uint32) {
	e.mu.Lock()
	var gone []segment
	for len(e.segments) > 0 && e.segments[0].no < first {
		gone = append(gone, e.segments[0])
		e.segments = e.segments[1:]
	}
	e.mu.Unlock()
	for _, s := range gone {
		name := path.Join(e.dir, logName(s.no))
		e.mu.Lock()
		recycle := s.size == int64(e.o.SegmentBytes) && len(e.log.spares) < sparesMax
		e.log.made++
		as := spare{fmt.Sprintf("%s%06d", sparePrefix, e.log.made), s.size}
		e.mu.Unlock()
		var err error
		if recycle {
			if err = e.o.FS.Rename(name, path.Join(e.dir, as.name)); err == nil {
				e.mu.Lock()
				e.log.spares = append(e.log.spares, as)
				e.mu.Unlock()
			}
		} else {
			err = e.o.FS.Remove(name)
		}
		if err != nil {
			e.o.Logger.Warn("cannot give up a log segment; the next start will", "segment", s.no, "err", err)
		}
	}
}
