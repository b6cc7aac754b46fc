package mvcc

import (
	"bytes"
	"slices"
	"sync"

	"github.com/lightsql/lightsql/kv"
)

// serial decides which SERIALIZABLE transactions must fail, by PostgreSQL's rules (serializable snapshot isolation, after
// Cahill, Röhm and Fekete): a history of snapshots that is not serializable has a transaction with a dependency in and one
// out, where the last of the three commits first:
//
//	T1 ──read what the other overwrote──► T2 (pivot) ──► T3, committed first
//
// A dependency is found when the later of read and write happens: reads look into what concurrent transactions wrote, writes
// into what they read. What a transaction read and wrote is kept until nobody concurrent with it runs any more. Nothing is
// kept while no SERIALIZABLE transaction runs.
type serial struct {
	mu  sync.Mutex
	seq uint64 // numbers preparations and commits
	all []*serialTxn

	limit int // instead of finishedMax, if not 0
}

// serialTxn is a SERIALIZABLE transaction. All is guarded by serial.mu.
type serialTxn struct {
	readTS, commitTS uint64
	before           uint64 // serial.seq when it took its snapshot
	prepared         uint64 // number of its preparation: it will commit, unless the disk fails. 0: not yet
	committed        uint64
	readOnly         bool // declared, or committed without writing
	safe             bool // read-only, and no anomaly can reach it
	unsafe           bool
	doomed           bool // somebody else decided that it must fail
	done             bool // ended
	earliestOut      uint64
	in, out          map[*serialTxn]struct{} // who read what this one overwrote; whose writes this one did not see
	watched          map[*serialTxn]struct{} // read-only: writers that may still make it unsafe
	settled          chan struct{}           // closed when safe or unsafe is decided
	reads            readSet
	writes           writeSet
	summary          bool // stands for many that have committed
	absorbed         bool // one of these
}

// writeSet is the keys and ranges that a transaction wrote.
type writeSet struct {
	sorted, tail [][]byte
	ranges       []kv.Range
	old          readSet // of a summary, instead of the others
}

const tailMax = 256

func (w *writeSet) add(key []byte) {
	w.tail = append(w.tail, bytes.Clone(key))
	if len(w.tail) < tailMax {
		return
	}
	w.sorted = append(w.sorted, w.tail...)
	slices.SortFunc(w.sorted, bytes.Compare)
	w.sorted = slices.CompactFunc(w.sorted, bytes.Equal)
	w.tail = w.tail[:0]
}

// meets reports whether something in [start, end) was written.
func (w *writeSet) meets(start, end []byte) bool {
	i, _ := slices.BinarySearchFunc(w.sorted, start, bytes.Compare)
	if i < len(w.sorted) && (end == nil || bytes.Compare(w.sorted[i], end) < 0) {
		return true
	}
	for _, k := range w.tail {
		if bytes.Compare(k, start) >= 0 && (end == nil || bytes.Compare(k, end) < 0) {
			return true
		}
	}
	for _, r := range w.ranges {
		if (r.End == nil || bytes.Compare(start, r.End) < 0) && (end == nil || bytes.Compare(r.Start, end) < 0) {
			return true
		}
	}
	return w.old.meets(start, end)
}

// begin registers a transaction; snapshot takes its snapshot, so that none can finish unseen in between.
func (m *serial) begin(readOnly bool, snapshot func() uint64) *serialTxn {
	m.mu.Lock()
	defer m.mu.Unlock()
	x := &serialTxn{readTS: snapshot(), before: m.seq, readOnly: readOnly}
	if readOnly {
		x.watched = map[*serialTxn]struct{}{}
		for _, o := range m.all {
			if !o.readOnly && o.committed == 0 && !o.doomed {
				x.watched[o] = struct{}{}
			}
		}
		x.safe = len(x.watched) == 0
		x.settled = make(chan struct{})
		if x.safe {
			close(x.settled)
			return x // it sees a state that some serial order has; nothing to track
		}
	}
	m.all = append(m.all, x)
	return x
}

// read notes that x reads [start, end).
func (m *serial) read(x *serialTxn, start, end []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if x.safe {
		return nil
	}
	if x.doomed {
		return kv.ErrDependencies
	}
	x.reads.add(start, end)
	for _, o := range m.all {
		if o == x || o.doomed || !o.concurrent(x) || !o.writes.meets(start, end) {
			continue
		}
		if x.readOnly && o.committed != 0 && (o.earliestOut == 0 || x.before < o.earliestOut) {
			continue // x appears to run first
		}
		if err := m.depend(x, o, x); err != nil {
			return err
		}
	}
	return nil
}

// write notes that x writes the key start, or all of [start, end) if whole.
func (m *serial) write(x *serialTxn, start, end []byte, whole bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if x.doomed {
		return kv.ErrDependencies
	}
	if !whole {
		x.writes.add(start)
	} else {
		x.writes.ranges = append(x.writes.ranges, kv.Range{Start: bytes.Clone(start), End: bytes.Clone(end)})
	}
	for _, o := range m.all {
		if o == x || o.doomed || o.safe || !o.concurrent(x) || !o.reads.meets(start, end) || o.overwritten(x, start, end) {
			continue
		}
		if err := m.depend(o, x, x); err != nil {
			return err
		}
	}
	return nil
}

// overwritten reports whether what o read was written since by somebody whom x sees: then x follows o by way of that one.
func (o *serialTxn) overwritten(x *serialTxn, start, end []byte) bool {
	if o.summary {
		return false // it cannot be told which of them read it
	}
	for t := range o.out {
		if !t.summary && t.commitTS != 0 && t.commitTS <= x.readTS && t.writes.meets(start, end) {
			return true
		}
	}
	return false
}

// concurrent reports whether x does not see the commit of o.
func (o *serialTxn) concurrent(x *serialTxn) bool { return o.commitTS == 0 || o.commitTS > x.readTS }

// depend adds the dependency of reader on writer. x is the one of them that runs.
func (m *serial) depend(reader, writer, x *serialTxn) error {
	if _, ok := reader.out[writer]; ok && !reader.summary && !writer.summary {
		return nil
	}
	if dangerous(reader, writer) {
		if x == writer || writer.prepared != 0 {
			return kv.ErrDependencies
		}
		writer.doomed = true
	}
	reader.edge(writer)
	return nil
}

// dangerous reports whether the dependency would complete a structure whose last transaction committed first.
func dangerous(reader, writer *serialTxn) bool {
	// reader → writer → T2: the writer committed after T2 did.
	if writer.committed != 0 && writer.earliestOut != 0 {
		return true
	}
	for t2 := range writer.out {
		if t2.prepared != 0 && (reader.committed == 0 || t2.prepared <= reader.committed) &&
			(writer.committed == 0 || t2.prepared <= writer.committed) && (!reader.readOnly || t2.prepared <= reader.before) {
			return true
		}
	}
	// T0 → reader → writer: the writer commits first.
	if writer.prepared == 0 || reader.readOnly {
		return false
	}
	for t0 := range reader.in {
		if !t0.doomed && (t0.committed == 0 || t0.committed >= writer.prepared) && (!t0.readOnly || t0.before >= writer.prepared) {
			return true
		}
	}
	return false
}

// prepare decides whether x may commit. If it may, pivots that would not be able to any more are doomed.
func (m *serial) prepare(x *serialTxn) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if x.safe {
		return nil
	}
	if x.doomed {
		return kv.ErrDependencies
	}
	for near := range x.in {
		if near.committed != 0 || near.doomed {
			continue
		}
		for far := range near.in {
			if far == x || far.committed == 0 && !far.readOnly && !far.doomed {
				if near.prepared != 0 {
					return kv.ErrDependencies
				}
				near.doomed = true
				break
			}
		}
	}
	m.seq++
	x.prepared = m.seq
	return nil
}

// committing notes the timestamp of x's commit, before anybody can see it.
func (m *serial) committing(x *serialTxn, ts uint64) {
	m.mu.Lock()
	m.commit(x, ts)
	m.mu.Unlock()
}

func (m *serial) commit(x *serialTxn, ts uint64) {
	m.seq++
	x.committed, x.commitTS = m.seq, ts
	if x.readOnly {
		return
	}
	for o := range x.out {
		if o.committed != 0 && o != x && (x.earliestOut == 0 || o.prepared < x.earliestOut) {
			x.earliestOut = o.prepared
		}
	}
}

// finish ends x. A transaction that did not commit is forgotten at once, with its dependencies.
func (m *serial) finish(x *serialTxn, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ok && x.committed == 0 {
		x.readOnly = true // it wrote nothing
		m.commit(x, x.readTS)
	}
	x.done = true
	m.settle(x, ok)
	if !ok {
		x.forget()
		m.all = slices.DeleteFunc(m.all, func(o *serialTxn) bool { return o == x })
	}
	m.prune()
	m.summarize()
}

// settle tells the read-only transactions that watched x how it ended.
func (m *serial) settle(x *serialTxn, ok bool) {
	for _, r := range m.all {
		if _, watches := r.watched[x]; !watches {
			continue
		}
		delete(r.watched, x)
		if ok && x.earliestOut != 0 && x.earliestOut <= r.before {
			r.unsafe = true
		}
		switch {
		case r.unsafe:
			r.watched = nil
			close(r.settled)
		case len(r.watched) == 0:
			r.safe = true
			r.reads = readSet{}
			r.forget()
			close(r.settled)
		}
	}
	// Who is safe needs nothing to be kept for its sake, however long it reads.
	m.all = slices.DeleteFunc(m.all, func(r *serialTxn) bool { return r.safe })
}

// forget takes x out of the dependencies.
func (x *serialTxn) forget() {
	for o := range x.out {
		delete(o.in, x)
	}
	for o := range x.in {
		delete(o.out, x)
	}
	x.in, x.out = nil, nil
}

// prune drops what no running transaction is concurrent with. A read-only transaction counts as committed at its snapshot.
func (m *serial) prune() {
	oldest, running := uint64(0), false
	for _, o := range m.all {
		if !o.done {
			if !running || o.readTS < oldest {
				oldest, running = o.readTS, true
			}
		}
	}
	m.all = slices.DeleteFunc(m.all, func(o *serialTxn) bool {
		if !o.done || running && o.commitTS > oldest {
			return false
		}
		o.forget()
		return true
	})
}
