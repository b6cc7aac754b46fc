package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/kv/vfs"
)

// logWriter is the write end of the log. Commits append records to memory under Engine.mu; one of them at a time, the
// leader, writes what has gathered and syncs it, without the mutex.
//
//	commit ─ append ─► chunks ─ (leader) write, fdatasync ─► segment files
//
// Segments are filled with zeros ahead of use, and recycled: writing into them changes no metadata, so that the sync is
// one write to the disk and not a journal commit of the file system.
type logWriter struct {
	fs    vfs.FS
	dir   string
	store uint64
	// started is told, before the first commit in segment seg can be acknowledged, that the segment exists.
	started func(seg uint32, size int64) error
	first   int64 // bytes of a segment that has to be made in the way of a commit

	// Guarded by Engine.mu.
	seg    uint32 // segment that records are appended to
	off    int64  // end of the last record appended
	size   int64  // bytes of the segment
	chunks []chunk
	free   [][]byte // buffers of written chunks
	queued int      // bytes in chunks
	synced uint64   // position up to which the log is durable
	spares []spare  // segments ready to use
	made   int      // number of the newest spare
	spare  string   // what segment seg is made from, "" if it is made when needed
	marked bool     // the last record is a mark

	// Owned by the leader.
	file    vfs.File
	fileSeg uint32
	fileEnd int64
	dirty   bool // file holds bytes that are not synced
	torn    bool // and some of them belong to chunks whose write failed
}

// chunk is a run of bytes that goes to one place of one segment.
type chunk struct {
	seg     uint32
	off     int64
	size    int64  // of the segment, for the one who creates it
	spare   string // what the segment is made from
	buf     []byte
	records []int // offsets in buf of the record headers
	foreign bool  // buf belongs to a commit that waits for it
	kept    bool  // buf belongs to a memtable
}

type spare struct {
	name string
	size int64
}

const (
	sparePrefix   = "spare-"
	spareNow      = sparePrefix + "now" // made in the way of a commit
	sparesMax     = 3
	firstSegment  = 1 << 20 // most bytes that are filled with zeros in the way of a commit
	foreignBytes  = 1 << 18 // payloads from here on are written from the commit's own memory
	recordBytes   = 1 << 15 // records of chunks from here on are written from the memtable's memory
	bufferKeepMax = 1 << 20
)

func logName(seg uint32) string { return fmt.Sprintf("%010d.log", seg) }

// logNumber returns the number in the name of a log segment.
func logNumber(name string) (uint32, bool) {
	s, ok := strings.CutSuffix(name, ".log")
	if !ok || len(s) != 10 {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && n > 0
}

// append adds a record and returns its end position. The caller holds Engine.mu. A large payload is not copied: it must
// stay unchanged until the record is written. kept, if not nil, is room for the header with the payload behind it, in memory
// that stays: the record is written from there.
func (l *logWriter) append(payload, kept []byte, payloadCRC uint32, ts uint64) uint64 {
	total := int64(recordHeader + len(payload))
	if l.off+total > l.size || l.seg == 0 {
		l.turn(total)
	}
	var head [recordHeader]byte
	putRecordHeader(head[:], record{size: len(payload), synced: l.synced, ts: ts, payload: payloadCRC, kind: recordCommit}, lsn(l.seg, l.off))
	if kept != nil {
		copy(kept, head[:])
		l.chunks = append(l.chunks, chunk{seg: l.seg, off: l.off, size: l.size, spare: l.spare, buf: kept, records: []int{0}, kept: true})
	} else {
		buf := l.tail()
		buf.records = append(buf.records, len(buf.buf))
		buf.buf = append(buf.buf, head[:]...)
		if len(payload) < foreignBytes {
			buf.buf = append(buf.buf, payload...)
		} else {
			l.chunks = append(l.chunks, chunk{seg: l.seg, off: l.off + recordHeader, size: l.size, spare: l.spare, buf: payload, foreign: true})
		}
	}
	l.off += total
	l.queued += int(total)
	l.marked = false
	return lsn(l.seg, l.off)
}

// mark adds a record that says how far the log is durable, if there was a commit since the last one.
func (l *logWriter) mark(ts uint64) {
	if l.marked || l.seg == 0 || l.off+recordHeader > l.size {
		return
	}
	c := l.tail()
	c.records = append(c.records, len(c.buf))
	var head [recordHeader]byte
	putRecordHeader(head[:], record{synced: l.synced, ts: ts, payload: crc(nil), kind: recordMark}, lsn(l.seg, l.off))
	c.buf = append(c.buf, head[:]...)
	l.off += recordHeader
	l.queued += recordHeader
	l.marked = true
}

// turn begins a new segment that has room for a record of n bytes.
func (l *logWriter) turn(n int64) {
	l.seg++
	l.off = segmentHeader
	l.size, l.spare = max(l.first, segmentHeader+n), ""
	for i, s := range l.spares {
		if s.size >= l.size {
			l.size, l.spare = s.size, s.name
			l.spares = append(l.spares[:i], l.spares[i+1:]...)
			break
		}
	}
}

// tail returns the chunk that small records are appended to.
func (l *logWriter) tail() *chunk {
	if n := len(l.chunks); n > 0 {
		c := &l.chunks[n-1]
		if !c.foreign && !c.kept && c.seg == l.seg && len(c.buf) < bufferKeepMax {
			return c
		}
	}
	c := chunk{seg: l.seg, off: l.off, size: l.size, spare: l.spare}
	if n := len(l.free); n > 0 {
		c.buf, l.free = l.free[n-1][:0], l.free[:n-1]
	}
	l.chunks = append(l.chunks, c)
	return &l.chunks[len(l.chunks)-1]
}

// write writes chunks in order and, if sync, makes them durable. Only the leader calls it, without Engine.mu. On an
// error, the first done chunks are durable all the same: they end segments that were finished before it happened.
func (l *logWriter) write(chunks []chunk, sync bool) (done int, err error) {
	l.torn = false
	for i := range chunks {
		c := &chunks[i]
		if c.seg != l.fileSeg {
			if l.file != nil && l.dirty {
				if err := l.sync(); err != nil {
					return done, err
				}
			}
			// What belongs to the old segment counts from here on, even if the new one cannot be made: its header, which
			// may get to the disk all the same, says how far the old one reaches.
			done, l.torn = i, false
			if err := l.open(c); err != nil {
				return done, err
			}
		}
		n, err := l.file.WriteAt(c.buf, c.off)
		if n > 0 {
			l.dirty, l.torn = true, true
		}
		if err != nil {
			return done, fmt.Errorf("write %s: %w", logName(c.seg), err)
		}
		l.fileEnd = c.off + int64(len(c.buf))
	}
	if sync && l.dirty {
		if err := l.sync(); err != nil {
			return done, err
		}
	}
	return len(chunks), nil
}

// errSync marks a failed sync of the log, the manifest or the folder: what of it is on disk is unknown from then on, and a
// second sync that succeeds would prove nothing.
type errSync struct{ error }

func (e errSync) Unwrap() error { return e.error }

// synced marks the result of a sync.
func synced(err error) error {
	if err == nil {
		return nil
	}
	return errSync{err}
}

func (l *logWriter) sync() error {
	if err := l.file.Sync(); err != nil {
		return errSync{fmt.Errorf("sync %s: %w", logName(l.fileSeg), err)}
	}
	l.dirty = false
	return nil
}

// open begins the segment that c belongs to; the one before is durable. The header is durable before the segment has
// its name, and the name before anything in it can be acknowledged.
func (l *logWriter) open(c *chunk) error {
	f, name, err := l.take(c)
	if err != nil {
		return fmt.Errorf("new log segment: %w", err)
	}
	var head [segmentHeader]byte
	putSegmentHeader(head[:], c.seg, l.fileEnd, c.size, l.store)
	_, err = f.WriteAt(head[:], 0)
	if err == nil {
		err = synced(f.Sync())
	}
	if err == nil {
		err = l.fs.Rename(path.Join(l.dir, name), path.Join(l.dir, logName(c.seg)))
	}
	if err == nil {
		err = synced(l.fs.SyncDir(l.dir))
	}
	if err == nil && l.started != nil {
		err = l.started(c.seg, c.size)
	}
	if err != nil {
		_ = f.Close()
		return fmt.Errorf("new log segment: %w", err)
	}
	if l.file != nil {
		_ = l.file.Close() // synced above: nothing can be lost
	}
	l.file, l.fileSeg, l.fileEnd, l.dirty = f, c.seg, segmentHeader, false
	return nil
}

// take opens the spare that c's segment shall become, or makes one.
func (l *logWriter) take(c *chunk) (f vfs.File, name string, err error) {
	if c.spare != "" {
		f, err = l.fs.OpenWrite(path.Join(l.dir, c.spare))
		if !errors.Is(err, fs.ErrNotExist) { // an earlier try may have given it its name
			return f, c.spare, err
		}
	}
	name = spareNow
	f, err = l.fs.Create(path.Join(l.dir, name))
	if err != nil {
		return nil, "", err
	}
	if err = fillZero(f, min(c.size, l.first)); err == nil && c.size > l.first {
		_, err = f.WriteAt([]byte{0}, c.size-1) // the file has its size from the start
	}
	if err != nil {
		_ = f.Close()
		return nil, "", err
	}
	return f, name, nil
}

// void takes back what a failed write may have left of chunks: the first record header is overwritten, so that a later
// recovery stops before it. An error means that the outcome of the commits is unknown.
func (l *logWriter) void(chunks []chunk) error {
	if len(chunks) == 0 || chunks[0].seg != l.fileSeg || !l.torn {
		return nil // nothing of them is in a file that recovery reads
	}
	var zero [recordHeader]byte
	if _, err := l.file.WriteAt(zero[:], chunks[0].off); err != nil {
		return err
	}
	return l.sync()
}

func fillZero(f vfs.File, size int64) error {
	zero := make([]byte, 1<<18)
	for off := int64(0); off < size; off += int64(len(zero)) {
		if _, err := f.WriteAt(zero[:min(int64(len(zero)), size-off)], off); err != nil {
			return err
		}
	}
	return nil
}
