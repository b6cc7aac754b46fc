package engine

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/vfs"
)

// backupBatch is how many entries are copied between two looks at the context.
const backupBatch = 1024

// Backup writes what a reader at ts sees, which the caller holds a snapshot of, to a new store in dir of fsys. Every block
// that it reads is verified. The target has no log and one level of full runs. Its manifest comes last: a target without
// one is not complete, and Open refuses it.
func (e *Engine) Backup(ctx context.Context, fsys vfs.FS, dir string, ts uint64, progress func(kv.BackupProgress)) error {
	if err := fsys.MkdirAll(dir); err != nil {
		return err
	}
	if names, err := fsys.List(dir); err != nil {
		return err
	} else if len(names) > 0 {
		return fmt.Errorf("%w: %s is not empty", fs.ErrExist, dir)
	}
	o := e.o
	o.FS = fsys
	to := &Engine{o: o, dir: dir, packing: e.packing}
	to.man.cur = manifest{store: rand.Uint64() | 1, nextFile: 1, firstLog: 1, flushed: ts, floor: ts}
	sink := &versionSink{e: to, keep: retention{bound: ts}, how: packing.Fast, bottom: func([]byte) bool { return true }, cut: int64(e.o.RunBytes)}
	size, err := e.copyTo(ctx, sink, ts, progress)
	if err == nil {
		level := 1
		for limit := int64(mergeRuns * e.o.MemtableBytes); level < levelsMax-1 && size > limit; level++ {
			limit *= levelGrowth
		}
		to.man.cur.levels[level] = sink.out
		err = to.man.cur.write(fsys, dir)
	}
	if err != nil {
		sink.abandon()
		_ = fsys.Remove(path.Join(dir, manifestNew)) // it may not exist
	}
	return err
}

// copyTo feeds everything visible at ts to sink and returns the bytes of the runs.
func (e *Engine) copyTo(ctx context.Context, sink *versionSink, ts uint64, progress func(kv.BackupProgress)) (size int64, err error) {
	p := kv.BackupProgress{BytesTotal: e.liveBytes()}
	var it Iter
	it.Open(e, kv.Range{}, ts, false, nil)
	defer it.Close()
	for {
		if err := it.Next(); err != nil {
			return 0, err
		}
		if !it.Valid() {
			break
		}
		if err := sink.add(it.Key(), version{value: it.Value(), ts: ts, kind: kindValue}); err != nil {
			return 0, err
		}
		p.Entries++
		p.Bytes += int64(len(it.Key()) + len(it.Value()))
		if p.Entries%backupBatch == 0 {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			if progress != nil {
				progress(p)
			}
		}
	}
	if err := sink.finish(); err != nil {
		return 0, err
	}
	if progress != nil {
		p.BytesTotal = p.Bytes
		progress(p)
	}
	for _, r := range sink.out {
		size += r.size
	}
	return size, nil
}

// liveBytes is about how much there is to copy: old versions and tombstones count too.
func (e *Engine) liveBytes() (n int64) {
	s := e.state.Load()
	for _, level := range s.levels {
		for _, r := range level {
			n += r.size
		}
	}
	for _, m := range s.mems {
		n += int64(m.bytes())
	}
	return n
}
