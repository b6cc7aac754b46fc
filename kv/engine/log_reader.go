package engine

import (
	"encoding/binary"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/lightsql/lightsql/kv"
)

// segment is a log file on disk.
type segment struct {
	no   uint32
	size int64
}

// recoverLog reads the log after the flushed timestamp into memtables. It changes nothing on disk, so a store on a full
// or read-only disk can be read.
func (e *Engine) recoverLog(names []string) error {
	m := &e.man.cur
	var nos []uint32
	for _, name := range names {
		if no, ok := logNumber(name); ok && no >= m.firstLog {
			nos = append(nos, no)
		}
	}
	slices.Sort(nos)
	if err := m.checkSegments(nos); err != nil {
		return err
	}
	r := logReplay{e: e, last: m.flushed}
	if err := r.segments(nos); err != nil {
		return err
	}
	e.lastTS = max(r.last, r.seen, m.ingested) // refused commits had timestamps too, which the log must not see again
	e.visible.Store(e.lastTS)
	l := &e.log
	l.seg = max(m.firstLog, 1) - 1 // without files, the next segment is the first
	if len(nos) > 0 {
		l.seg = nos[len(nos)-1]
		if m.durable > lsn(l.seg, r.end) {
			return corrupt(logName(l.seg), r.end, "no record here, but the log was durable up to %d of segment %d", m.durable&(1<<32-1), m.durable>>32)
		}
		l.off, l.size = r.end, r.end // full: the next record begins a new segment
	}
	l.fileSeg, l.fileEnd, e.diskSeg = l.seg, l.off, l.seg
	l.synced = lsn(l.seg, l.off)
	e.written = l.synced
	l.marked = true
	if len(nos) > 0 && !e.o.ReadOnly {
		return e.syncSegment(l.seg)
	}
	return nil
}

// segments replays the segments in order.
func (r *logReplay) segments(nos []uint32) error {
	if len(nos) == 0 {
		return nil
	}
	e, logged, began := r.e, time.Time{}, time.Now()
	bytes := int64(0)
	reader := e.readSegments(nos)
	defer close(reader.stop)
	r.to = newAppliers()
	defer r.to.wait()
	for i, no := range nos {
		next := <-reader.next
		data, err := next.data, next.err
		if err != nil {
			return err
		}
		e.segments = append(e.segments, segment{no, int64(len(data))})
		bytes += int64(len(data))
		end := int64(-1) // of the last segment: where its records end
		if i+1 < len(nos) {
			if end, err = e.nextStart(nos[i+1]); err != nil {
				return err
			}
		}
		_, size, err := readSegmentHeader(logName(no), data, no, e.log.store)
		if err != nil {
			return err
		}
		if size != int64(len(data)) {
			return corrupt(logName(no), min(size, int64(len(data))), "log segment is %d bytes long, %d in its header", len(data), size)
		}
		if err := r.segment(no, data, end); err != nil {
			return err
		}
		if len(nos) > 2 && (time.Since(logged) >= time.Second || i+1 == len(nos)) {
			e.o.Logger.Info("log recovery", "segment", i+1, "of", len(nos), "commits", r.commits, "MB", bytes>>20,
				"took", time.Since(began).Round(time.Millisecond))
			logged = time.Now()
		}
	}
	return nil
}

// checkSegments makes sure that no segment is missing that the manifest or the others speak for.
func (m *manifest) checkSegments(nos []uint32) error {
	if m.lastLog >= m.firstLog && m.lastLog > 0 {
		for no := max(m.firstLog, 1); no <= m.lastLog; no++ {
			if _, ok := slices.BinarySearch(nos, no); !ok {
				return corrupt(logName(no), 0, "log segment is missing")
			}
		}
	}
	for i := 1; i < len(nos); i++ {
		if nos[i] != nos[i-1]+1 {
			return corrupt(logName(nos[i-1]+1), 0, "log segment is missing")
		}
	}
	return nil
}

// nextStart reads from the header of segment no where the one before ended.
func (e *Engine) nextStart(no uint32) (int64, error) {
	f, err := e.o.FS.Open(path.Join(e.dir, logName(no)))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	b := make([]byte, segmentHeader)
	n, err := f.ReadAt(b, 0)
	if n < len(b) && err != nil {
		return 0, corrupt(logName(no), int64(n), "no header: %v", err)
	}
	end, _, err := readSegmentHeader(logName(no), b, no, e.log.store)
	return end, err
}

// syncSegment makes durable what was read from the last segment: after a killed process it may be in the system's memory
// only, and what is committed from now on builds on it.
func (e *Engine) syncSegment(no uint32) error {
	f, err := e.o.FS.OpenWrite(path.Join(e.dir, logName(no)))
	if err != nil {
		return err
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// logReplay puts the records of segments into memtables.
type logReplay struct {
	e       *Engine
	last    uint64 // timestamp of the last record, or the flushed one
	seen    uint64 // the same, of records of any age
	end     int64
	commits int
	to      *appliers
	use     func(rec record, payload []byte, off int64) error // instead of putting commits into memtables
}

// segment replays one segment. end is where its records end, or -1 if it is the last one.
func (r *logReplay) segment(no uint32, data []byte, end int64) error {
	off := int64(segmentHeader)
	for off != end {
		rec, why := r.record(no, data, off)
		if why != "" {
			if end >= 0 {
				return corrupt(logName(no), off, "%s in the middle of the log", why)
			}
			if at := damagedBefore(no, data, off); at > 0 {
				return corrupt(logName(no), off, "%s, but the record at %d says that this had been durable", why, at)
			}
			break
		}
		if rec.kind == recordCommit && rec.ts > r.last {
			payload := data[off+recordHeader : off+recordHeader+int64(rec.size)]
			var err error
			if r.use != nil {
				err = r.use(rec, payload, off)
			} else {
				err = r.apply(no, rec, payload, off)
			}
			if err != nil {
				return err
			}
		}
		r.seen = rec.ts
		off += recordHeader + int64(rec.size)
	}
	r.end = off
	return nil
}

// record decodes the record at off, or says why there is none.
func (r *logReplay) record(no uint32, data []byte, off int64) (record, string) {
	if off < 0 || off > int64(len(data)) {
		return record{}, "segment ends early"
	}
	rec, ok := readRecordHeader(data[off:], lsn(no, off))
	if !ok {
		return rec, "bad record header"
	}
	if rec.ts < r.seen || rec.ts == r.seen && rec.kind != recordMark || int64(rec.size) > int64(len(data))-off-recordHeader {
		return rec, "record out of order"
	}
	if rec.kind == recordCommit && crc(data[off+recordHeader:off+recordHeader+int64(rec.size)]) != rec.payload {
		return rec, "checksum of record does not match"
	}
	return rec, ""
}

// damagedBefore looks behind the bad place at off for a record that says that the log was durable beyond off. It returns
// that record's offset, or 0.
func damagedBefore(no uint32, data []byte, off int64) int64 {
	const kindAt = 28
	for at := off + 1; at+recordHeader <= int64(len(data)); at++ {
		// Most of what is left of a segment are zeros, and no kind is zero.
		if at += zeros(data[at+kindAt:]); at+recordHeader > int64(len(data)) {
			break
		}
		h := data[at : at+recordHeader]
		if kind := binary.LittleEndian.Uint32(h[kindAt:]); kind < recordCommit || kind > recordMark {
			continue
		}
		synced := binary.LittleEndian.Uint64(h[8:])
		if synced <= lsn(no, off) || synced > lsn(no, at) {
			continue
		}
		if _, ok := readRecordHeader(h, lsn(no, at)); ok {
			return at
		}
	}
	return 0
}

// zeros counts the zero bytes that b begins with.
func zeros(b []byte) (n int64) {
	for int(n)+8 <= len(b) && binary.LittleEndian.Uint64(b[n:]) == 0 {
		n += 8
	}
	for int(n) < len(b) && b[n] == 0 {
		n++
	}
	return n
}

// apply puts a commit into the memtable.
func (r *logReplay) apply(no uint32, rec record, payload []byte, off int64) error {
	entries := 0
	for rest := payload; len(rest) > 0; entries++ {
		_, key, _, next, err := nextEntry(rest)
		if err != nil || len(key) > 0xffff {
			return corrupt(logName(no), off, "%v", errPayload)
		}
		rest = next
	}
	e := r.e
	c := Commit{Payload: payload, Entries: entries, ts: rec.ts}
	if entries >= e.o.ChunkEntries {
		c.chunk = newMemChunk(payload, entries)
	}
	if !e.mem.takes(&c, e.o.MemtableBytes) {
		if e.mem.entries > 0 {
			e.frozen++
		}
		e.memBytes = min(2*e.memBytes, e.o.MemtableBytes)
		e.setMemtable(max(e.memBytes, c.need()))
		if !e.mem.takes(&c, e.o.MemtableBytes) {
			return fmt.Errorf("%w: record of %d bytes", kv.ErrTooLarge, len(payload))
		}
	}
	if e.mem.entries == 0 {
		e.mem.firstSeg, e.mem.minTS = no, rec.ts
	}
	if c.whole {
		c.chunk.ts = rec.ts
		e.mem.chunks.add(c.chunk, c.series, c.at)
	} else {
		c.mem, c.chunk = e.mem, nil
		r.to.add(c)
	}
	if ranges := rangesIn(payload); len(ranges) > 0 {
		e.addRanges(ranges, rec.ts)
	}
	e.mem.entries += entries
	e.mem.maxTS = rec.ts
	r.last = rec.ts
	r.commits++
	return nil
}
