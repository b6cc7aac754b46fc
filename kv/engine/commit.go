package engine

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
)

// A Commit is one commit on its way through the pipeline. It can be used again after Engine.Commit returned.
//
//	admit      mu    room in the memtable, Admit, timestamp, log record into memory, place in the queue
//	apply            entries into the memtable: still invisible, their timestamp is in the future; a chunk is there already
//	sync             one of the waiting commits, the leader, writes and syncs the log for all that have gathered
//	publish    mu    in order of timestamps: hooks, then visible
//
// Records enter the log in timestamp order and the queue is published in that order, so a snapshot at ts sees every
// commit up to ts, and what is durable is always a prefix. Applying before syncing uses the time that the disk takes. The
// simpler design, where a goroutine of its own writes the log, was tried and costs two goroutine switches per commit.
type Commit struct {
	Payload []byte // from AppendEntry, each key once
	Entries int
	Spills  []*Spill // from Join; the payload then holds range tombstones only
	Ranges  bool     // some entries are range tombstones (AppendRange)
	Async   bool     // do not wait for the log to be synced
	// Admit, if set, is asked under the engine's mutex, in timestamp order; an error refuses the commit.
	Admit Admitter
	// Hooks run in order when the commit is durable, before any reader can see it.
	Hooks []func(kv.TS)

	ranges []kv.Range
	ts     uint64
	end    uint64 // position of the end of its record
	mem    *memtable
	next   *Commit
	wake   chan struct{} // "look again": finished, or nobody leads
	in     inserter
	chunk  *memChunk // of the payload, if that is in order of its keys
	whole  bool      // chunk has its place in the memtable: nothing is left to apply
	series int       // the place
	at     int
	dead   uint64 // tombstones
	sync   bool   // publish only when durable
	ready  bool   // applied
	done   bool   // visible, or failed with err
	wait   bool   // sleeps on wake, or is about to
	err    error

	refused bool // err says so; its versions have to be taken back
}

// Admitter is asked whether a commit may have timestamp ts.
type Admitter interface{ AdmitCommit(ts uint64) error }

// Commit writes c's entries atomically and durably and returns their timestamp. On an error nothing was written, except
// kv.ErrUndetermined.
func (e *Engine) Commit(c *Commit) (uint64, error) {
	if len(c.Payload) > recordBytesMax {
		return 0, kv.ErrTooLarge
	}
	c.ranges, c.chunk, c.whole = nil, nil, false
	if c.Ranges {
		c.ranges = rangesIn(c.Payload)
	}
	if len(c.Spills) > 0 {
		return e.commitSpills(c)
	}
	if c.Entries >= e.o.ChunkEntries && !c.Ranges {
		c.chunk = newMemChunk(c.Payload, c.Entries)
	}
	payloadCRC := uint32(0)
	if !e.o.NoLog {
		payloadCRC = crc(c.Payload)
	}
	e.mu.Lock()
	if err := e.admit(c, payloadCRC); err != nil {
		e.mu.Unlock()
		return 0, err
	}
	e.mu.Unlock()

	c.apply()

	e.mu.Lock()
	c.mem.tombstones += c.dead
	c.ready = true
	if !c.done {
		e.publish()
	}
	if !c.done {
		e.await(c)
	}
	if c.refused {
		e.takeBack(c)
	}
	if !c.sync {
		e.holdBack()
	}
	e.mu.Unlock()
	c.mem, c.next, c.in.m, c.chunk = nil, nil, nil, nil
	return c.ts, c.err
}

// holdBack keeps asynchronous commits from running ahead of the log by more than the ballast has room for, twice: what is
// being written, and what gathers meanwhile. The caller holds mu.
func (e *Engine) holdBack() {
	for e.log.queued > e.ballastSize()/3 && e.refusing == nil && e.broken == nil {
		if !e.leading {
			e.lead(true)
			continue
		}
		e.pause()
	}
}

// admit gives c its timestamp and its places in the memtable, the log and the queue.
func (e *Engine) admit(c *Commit, payloadCRC uint32) error {
	for {
		if err := e.writable(); err != nil {
			return err
		}
		if e.mem.takes(c, e.o.MemtableBytes) {
			break
		}
		if err := e.rotate(c.need()); err != nil {
			return err
		}
	}
	ts := e.lastTS + 1
	if c.Admit != nil {
		if err := c.Admit.AdmitCommit(ts); err != nil {
			return err
		}
	}
	e.enqueue(c, ts, e.mem)
	c.sync = !c.Async && !e.o.NoLog && e.o.Sync == SyncCommit
	if !e.o.NoLog {
		var kept []byte
		if c.whole && len(c.Payload) >= recordBytes {
			kept = c.chunk.record
		}
		c.end = e.log.append(c.Payload, kept, payloadCRC, ts)
		e.mem.lastLSN = c.end
		if kept == nil && len(c.Payload) >= foreignBytes {
			c.sync = true // the log writes from the payload itself: the commit has to wait for it
		}
		if !c.sync {
			e.kick()
		}
	}
	if c.whole {
		c.chunk.ts = ts
		e.mem.chunks.add(c.chunk, c.series, c.at)
	}
	e.mem.pending++
	e.mem.entries += c.Entries
	if e.mem.minTS == 0 {
		e.mem.minTS = ts
	}
	e.mem.maxTS = ts
	if len(c.ranges) > 0 {
		e.rangeEnd = c.end
		e.addRanges(c.ranges, ts)
	}
	return nil
}

// need is how large a memtable must be to take c.
func (c *Commit) need() int { return len(c.Payload) + c.Entries*entryOverhead + chunkOverhead }

// takes tells whether the memtable has room for c, and reserves it.
func (m *memtable) takes(c *Commit, total int) bool {
	c.whole = false
	if c.chunk != nil {
		if c.series, c.at = m.chunks.place(c.chunk); c.series >= 0 {
			c.whole = m.roomForChunk(c.chunk, total)
			return c.whole
		}
	}
	return m.room(c.Entries, len(c.Payload), total)
}

// enqueue gives c its timestamp and its place in the queue. The caller holds mu.
func (e *Engine) enqueue(c *Commit, ts uint64, m *memtable) {
	if c.wake == nil {
		c.wake = make(chan struct{}, 1)
	}
	select {
	case <-c.wake:
	default:
	}
	e.lastTS = ts
	c.ts, c.mem, c.next, c.err = ts, m, nil, nil
	c.ready, c.done, c.wait, c.refused = false, false, false, false
	if e.tail == nil {
		e.head = c
	} else {
		e.tail.next = c
	}
	e.tail = c
	e.watch()
}

// apply puts the entries into the memtable.
func (c *Commit) apply() {
	c.dead = 0
	if c.whole {
		if c.chunk.dead {
			c.dead = uint64(c.Entries)
		}
		return
	}
	c.in.m, c.in.warm = c.mem, false
	c.in.flat = c.Entries >= arrayNodes
	c.in.lazy = c.Entries > directEntries || !c.mem.order.scanned.Load()
	var group [applyGroup]payloadEntry
	touched := uint64(0)
	for rest := c.Payload; len(rest) > 0; {
		n := 0
		for ; n < len(group) && len(rest) > 0; n++ {
			x := &group[n]
			var err error
			if x.kind, x.key, x.value, rest, err = nextEntry(rest); err != nil {
				panic("engine: commit with a malformed payload")
			}
			if x.kind == kindRange {
				n--
				continue
			}
			if x.kind == kindTombstone {
				c.dead++
			}
			x.hash = Hash(x.key)
			touched += atomic.LoadUint64(&c.mem.buckets[x.hash&c.mem.mask])
		}
		for i := range group[:n] {
			x := &group[i]
			c.in.add(x.hash, x.key, x.value, c.ts, x.kind)
		}
	}
	c.in.touched = touched
}

// applyGroup entries are looked at before the first of them is added: their buckets are fetched from memory at the same
// time instead of one after the other.
const applyGroup = 16

type payloadEntry struct {
	key, value []byte
	hash       uint64
	kind       uint8
}

// publish makes visible what is due at the head of the queue. The caller holds mu.
func (e *Engine) publish() {
	for c := e.head; c != nil && c.ready && !(c.sync && c.end > e.durable()); c = e.head {
		e.unlink(c)
		for _, hook := range c.Hooks {
			hook(kv.TS(c.ts))
		}
		e.settle(c)
		e.stats.Commits++
		e.visible.Store(c.ts)
		if len(c.ranges) > 0 {
			e.work.Broadcast()
		}
		e.finish(c, nil)
	}
	if e.waiters > 0 {
		e.cond.Broadcast()
	}
}

// durable is the log position up to which commits count as durable under the chosen sync mode.
func (e *Engine) durable() uint64 {
	if e.o.Sync == SyncOff {
		return e.written
	}
	return e.log.synced
}

// settle notes that c is no longer on its way into its memtable. The flusher may wait for the last one.
func (e *Engine) settle(c *Commit) {
	if c.mem == nil {
		return
	}
	c.mem.pending--
	if c.mem.pending == 0 && c.mem != e.mem {
		e.work.Broadcast()
	}
}

func (e *Engine) unlink(c *Commit) {
	e.head = c.next
	if e.head == nil {
		e.tail = nil
	}
	c.next = nil
}

func (e *Engine) finish(c *Commit, err error) {
	c.done, c.err = true, err
	if c.wait {
		c.signal()
	}
}

func (c *Commit) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// await returns when c is done. If nobody writes the log, c's goroutine does. The caller holds mu.
func (e *Engine) await(c *Commit) {
	c.wait = true
	for !c.done {
		if c.sync && !e.leading && c.end > e.durable() {
			e.lead(true)
			continue
		}
		e.mu.Unlock()
		<-c.wake
		e.mu.Lock()
	}
	c.wait = false
}

// lead writes and, if sync, syncs what the log has gathered. The caller holds mu, which is given up meanwhile.
func (e *Engine) lead(sync bool) {
	e.leading = true
	sync = sync && e.o.Sync != SyncOff
	if e.o.Sync == SyncCommit && e.head != e.tail {
		// Others are committing right now: let those who can run reach the log first. One sync then serves them too.
		e.mu.Unlock()
		runtime.Gosched()
		e.mu.Lock()
	}
	chunks := e.log.chunks
	e.stats.LogBytes += uint64(e.log.queued)
	e.log.chunks = nil
	e.log.queued = 0
	end := lsn(e.log.seg, e.log.off)
	e.mu.Unlock()
	done, err := e.log.write(chunks, sync)
	e.mu.Lock()
	e.stats.LogWrites++
	e.diskSeg = e.log.fileSeg
	if !e.log.marked || e.sparesLow() {
		e.kick()
	}
	if err == nil {
		e.written = end
		if sync {
			e.log.synced = end
			e.stats.LogSyncs++
		}
		e.log.recycle(chunks)
		if e.refusing != nil {
			e.space.set(false)
		}
	} else {
		e.logFailed(chunks, done, err)
	}
	e.leading = false
	e.publish()
	e.appoint()
}

// appoint wakes the first commit that waits for a sync, to lead the next round: also when its record is written by now, in a round that
// did not sync.
func (e *Engine) appoint() {
	for c := e.head; c != nil; c = c.next {
		if c.sync && c.end > e.durable() {
			if c.wait {
				c.signal()
			}
			return
		}
	}
	if len(e.log.chunks) > 0 {
		e.kick()
	}
}

// logFailed deals with a failed write of chunks, of which the first done are durable. After a failed sync the state of
// the log is unknown, and no commit is taken until the store is opened again. If the disk is full, the commits that
// nobody has seen are refused, and the log goes on when there is space.
func (e *Engine) logFailed(chunks []chunk, done int, err error) {
	if done > 0 {
		c := &chunks[done-1]
		e.log.synced = lsn(c.seg, c.off+int64(len(c.buf)))
		e.written = e.log.synced
		e.publish()
	}
	left := append(chunks[done:len(chunks):len(chunks)], e.log.chunks...)
	var syncErr errSync
	if !errors.As(err, &syncErr) {
		if verr := e.takeOut(left); verr == nil {
			e.refuse(left, err)
			return
		}
	}
	e.o.Logger.Error("log write failed: no commits until the store is opened again", "err", err)
	e.broken = err
	durable := e.durable()
	e.failQueue(func(c *Commit) bool {
		if c.end <= durable {
			return false // becomes visible when it is ready
		}
		e.finish(c, fmt.Errorf("%w: %w", kv.ErrUndetermined, err))
		return true
	})
}

// takeOut makes sure that recovery finds the commits before left, and none of left. The caller holds mu.
func (e *Engine) takeOut(left []chunk) error {
	if err := e.log.void(left); err != nil {
		return err
	}
	if e.o.Sync == SyncCommit {
		if e.log.dirty { // a round without a sync may have written a commit that waits for one
			if err := e.log.sync(); err != nil {
				return err
			}
		}
		e.log.synced = e.written
	}
	return nil
}

// refuse fails the commits in the queue whose records are not written, and keeps the log's unwritten bytes, with their records
// made void, for the next try: commits that are visible already (asynchronous ones) are among them. A commit that is written stays
// in the queue, where it may still be on its way into the memtable: recovery would find it.
func (e *Engine) refuse(left []chunk, err error) {
	err = explain(err)
	if e.refusing == nil {
		e.o.Logger.Warn("log write failed: commits are refused until it succeeds", "err", err)
	}
	if errors.Is(err, kv.ErrDiskFull) {
		e.space.set(true)
		e.dropBallast()
	}
	visible := e.visible.Load()
	e.log.queued = 0
	for i := range left {
		c := &left[i]
		e.log.queued += len(c.buf)
		for _, off := range c.records {
			h := c.buf[off : off+recordHeader]
			position := lsn(c.seg, c.off+int64(off))
			if r, ok := readRecordHeader(h, position); ok && r.kind == recordCommit && r.ts > visible {
				r.kind = recordVoid
				putRecordHeader(h, r, position)
			}
		}
		if c.foreign {
			// The commit that owns the memory goes away. Recovery checks a void record's header only.
			c.buf = make([]byte, len(c.buf))
			c.foreign = false
		}
	}
	e.log.chunks = left
	e.refusing = err
	e.failQueue(func(c *Commit) bool {
		if c.end <= e.written {
			return false
		}
		e.aborting++
		c.refused = true
		e.finish(c, err)
		return true
	})
	e.kick()
}

// takeBack marks c's versions as never written. Commits are refused until it is done, so that no later timestamp can
// make them visible. The caller holds mu.
func (e *Engine) takeBack(c *Commit) {
	e.mu.Unlock()
	rest := c.Payload
	if c.whole {
		c.chunk.aborted.Store(true)
		rest = nil
	}
	for len(rest) > 0 {
		kind, key, _, r, err := nextEntry(rest)
		if err != nil {
			break
		}
		if kind != kindRange {
			c.mem.abort(key, c.ts)
		}
		rest = r
	}
	e.mu.Lock()
	e.dropRanges(c)
	e.settle(c)
	e.aborting--
	e.cond.Broadcast()
}

// dropRanges takes the range tombstones of a commit that failed out of the state. The caller holds mu.
func (e *Engine) dropRanges(c *Commit) {
	if len(c.ranges) > 0 {
		e.state.Store(e.state.Load().with(func(s *state) {
			s.ranges = s.ranges.Filter(func(_ *rangeset.Piece, ts uint64) bool { return ts != c.ts })
		}))
	}
}

// writable tells why a commit cannot be taken. The caller holds mu.
func (e *Engine) writable() error {
	switch {
	case e.closing:
		return kv.ErrClosed
	case e.o.ReadOnly:
		return kv.ErrReadOnly
	case e.broken != nil:
		return fmt.Errorf("kv: no commits since the log failed: %w", e.broken)
	case e.refusing != nil || e.aborting > 0:
		if e.refusing == nil {
			return kv.ErrDiskFull
		}
		return e.refusing
	}
	return nil
}

// recycle keeps the buffers of written chunks.
func (l *logWriter) recycle(chunks []chunk) {
	for i := range chunks {
		if c := &chunks[i]; !c.foreign && !c.kept && cap(c.buf) <= 2*bufferKeepMax && len(l.free) < 4 {
			l.free = append(l.free, c.buf)
		}
	}
}
