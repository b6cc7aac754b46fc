package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// The ballast is a file of zeros that is thrown off when the disk is full. Commits are refused from then on, but what was
// acknowledged before and is only in memory (asynchronous commits), the manifest, and a flush now have room: the log
// cannot get stuck. Commits are taken again when the ballast has been made again, that is, when there is space for more
// than just it.
//
//	disk full ─► commits refused ─► ballast removed ─► backlog written ─► ballast made again ─► commits
//	                                                        ▲                  │ no space
//	                                                        └── SyncEvery × n ─┘
const (
	ballastName  = "BALLAST"
	ballastBytes = 6 << 20 // what asynchronous commits may leave unwritten (holdBack), a segment and a manifest
	ballastSmall = 64 << 10
)

// ballastSize is smaller than usual only with small segments.
func (e *Engine) ballastSize() int {
	return min(ballastBytes, 2*e.o.SegmentBytes+ballastSmall)
}

// holdBallast makes the ballast if there is none. Only keepLog calls it, after Open.
func (e *Engine) holdBallast() error {
	name := path.Join(e.dir, ballastName)
	if f, err := e.o.FS.Open(name); err == nil {
		size, err := f.Size()
		_ = f.Close()
		if err == nil && size >= int64(e.ballastSize()) {
			return nil
		}
	}
	f, err := e.o.FS.Create(name)
	if err != nil {
		return err
	}
	err = fillZero(f, int64(e.ballastSize()))
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = e.o.FS.Remove(name) // half a ballast takes space from those who need it
	}
	return err
}

// dropBallast gives its space back. A failure only means that there is no more space than before.
func (e *Engine) dropBallast() {
	err := e.o.FS.Remove(path.Join(e.dir, ballastName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		e.o.Logger.Warn("cannot remove the ballast file", "err", err)
	}
}

// runSpace keeps files of runs from taking the space that the ballast has left, until the log has written its backlog: no
// flush, merge or spill begins, and those at work fail at their next write and remove what they have written.
type runSpace struct {
	mu    sync.RWMutex // held shared while a run is written to
	taken bool         // by the log
}

func (s *runSpace) set(taken bool) {
	s.mu.Lock()
	s.taken = taken
	s.mu.Unlock()
}

func (s *runSpace) free() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return !s.taken
}

// write writes to the file of a run, if it may.
func (s *runSpace) write(f vfs.File, b []byte, off int64) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.taken {
		return fmt.Errorf("%w: what is left is for the log", kv.ErrDiskFull)
	}
	_, err := f.WriteAt(b, off)
	return err
}

// explain gives an error of the file system the meaning that it has for whoever writes.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case vfs.IsNoSpace(err):
		return fmt.Errorf("%w: %w", kv.ErrDiskFull, err)
	case vfs.IsReadOnly(err) || errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", kv.ErrReadOnly, err)
	}
	return err
}
