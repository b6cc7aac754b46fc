package lockmgr

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Errors of Owner.Lock, besides the context's.
var (
	ErrNotAvailable = errors.New("lockmgr: lock is not available") // Options.NoWait
	ErrTimeout      = errors.New("lockmgr: lock wait timed out")
)

// DeadlockError says that waiting would never end. Detail has one line for each process in the circle.
type DeadlockError struct{ Detail string }

func (e *DeadlockError) Error() string { return "lockmgr: deadlock detected" }

// Class is the kind of thing that a Tag names.
type Class uint8

// Classes.
const (
	ClassRelation Class = iota
	ClassAdvisory
)

// Tag names what is locked. Relation: the relation's OID in ID2. Advisory: a 64-bit key as two halves with Sub 1, or two
// 32-bit keys with Sub 2.
type Tag struct {
	Class    Class
	Sub      uint8
	DB       uint32
	ID1, ID2 uint32
}

// Relation is the tag of a relation.
func Relation(db, oid uint32) Tag { return Tag{Class: ClassRelation, DB: db, ID2: oid} }

func (t Tag) String() string {
	if t.Class == ClassAdvisory {
		return fmt.Sprintf("advisory lock [%d,%d,%d,%d]", t.DB, t.ID1, t.ID2, t.Sub)
	}
	return fmt.Sprintf("relation %d of database %d", t.ID2, t.DB)
}

// strongSlots is the number of counters of strong locks.
const strongSlots = 1024

func (t Tag) slot() int { return int(t.ID2 * 0x9e3779b1 >> 22 % strongSlots) }

// Manager holds the locks of all sessions. Safe for concurrent use.
type Manager struct {
	// Elsewhere, if set, lists the processes that a process waits for outside of this manager.
	Elsewhere func(pid int32) []int32

	strong   [strongSlots]atomic.Int32 // held or wanted strong relation locks, by Tag.slot
	detector sync.Mutex

	mu     sync.Mutex
	locks  map[Tag]*lock
	owners map[int32]*Owner
}

// NewManager makes a Manager.
func NewManager() *Manager { return &Manager{locks: map[Tag]*lock{}, owners: map[int32]*Owner{}} }

// lock is one locked thing. All is guarded by Manager.mu.
type lock struct {
	tag     Tag
	grants  []grant
	queue   []*request
	awaited []*request // by Owner.Await
}

type grant struct {
	owner *Owner
	modes mask
}

// request is a wait in a queue.
type request struct {
	owner   *Owner
	lock    *lock
	mode    Mode
	granted chan struct{} // closed when granted
	holders []*Owner      // whom Await waits for; nil in the queue
}

// held are the modes that o has.
func (l *lock) held(o *Owner) mask {
	for i := range l.grants {
		if l.grants[i].owner == o {
			return l.grants[i].modes
		}
	}
	return 0
}

// free reports whether no other owner's grant stands against o having mode.
func (l *lock) free(o *Owner, mode Mode) bool {
	for i := range l.grants {
		if l.grants[i].owner != o && l.grants[i].modes&conflicts[mode] != 0 {
			return false
		}
	}
	return true
}

func (l *lock) grant(o *Owner, mode Mode) {
	for i := range l.grants {
		if l.grants[i].owner == o {
			l.grants[i].modes |= mode.bit()
			return
		}
	}
	l.grants = append(l.grants, grant{o, mode.bit()})
}

// revoke takes one mode away from o, and wakes who waited for it.
func (m *Manager) revoke(l *lock, o *Owner, mode Mode) {
	for i := range l.grants {
		if l.grants[i].owner != o {
			continue
		}
		l.grants[i].modes &^= mode.bit()
		if l.grants[i].modes == 0 {
			l.grants = slices.Delete(l.grants, i, i+1)
		}
		break
	}
	m.wake(l)
}

// wake grants the requests that nothing stands against any more: no grant, and no request ahead.
func (m *Manager) wake(l *lock) {
	ahead := mask(0)
	l.queue = slices.DeleteFunc(l.queue, func(r *request) bool {
		if conflicts[r.mode]&ahead != 0 || !l.free(r.owner, r.mode) {
			ahead |= r.mode.bit()
			return false
		}
		l.grant(r.owner, r.mode)
		r.owner.wait = nil
		close(r.granted)
		return true
	})
	l.settle()
	if len(l.grants) == 0 && len(l.queue) == 0 && m.locks[l.tag] == l {
		delete(m.locks, l.tag)
	}
}

// place is where in the queue a request belongs: at the end, but before whoever waits for what its owner holds already.
// now: it can be granted at once.
func (l *lock) place(o *Owner, mode Mode) (at int, now bool) {
	ahead := mask(0)
	held := l.held(o)
	for i, r := range l.queue {
		if held != 0 && conflicts[r.mode]&held != 0 {
			return i, conflicts[mode]&ahead == 0 && l.free(o, mode)
		}
		ahead |= r.mode.bit()
	}
	return len(l.queue), conflicts[mode]&ahead == 0 && l.free(o, mode)
}

// find returns the lock of tag, making it if needed.
func (m *Manager) find(tag Tag) *lock {
	l := m.locks[tag]
	if l == nil {
		l = &lock{tag: tag}
		m.locks[tag] = l
	}
	return l
}

// NewOwner registers a session.
func (m *Manager) NewOwner(pid int32) *Owner {
	o := &Owner{m: m, pid: pid}
	m.mu.Lock()
	m.owners[pid] = o
	m.mu.Unlock()
	return o
}

// gather moves the weak locks of tag from the owners' lists to the shared table. The caller holds m.mu and has announced
// the strong lock, so no new ones come.
func (m *Manager) gather(tag Tag) {
	for _, o := range m.owners {
		o.mu.Lock()
		o.weak = slices.DeleteFunc(o.weak, func(w weakLock) bool {
			if w.tag != tag {
				return false
			}
			m.find(tag).grant(o, w.mode)
			return true
		})
		o.mu.Unlock()
	}
}

// Info is one row of pg_locks.
type Info struct {
	Tag     Tag
	PID     int32
	Mode    Mode
	Granted bool
	Weak    bool // in the owner's own list: PostgreSQL's fastpath
}

// Locks lists everything that is held or waited for.
func (m *Manager) Locks() []Info {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Info
	for tag, l := range m.locks {
		for _, g := range l.grants {
			for mode := AccessShare; mode <= AccessExclusive; mode++ {
				if g.modes&mode.bit() != 0 {
					out = append(out, Info{Tag: tag, PID: g.owner.pid, Mode: mode, Granted: true})
				}
			}
		}
		for _, r := range l.queue {
			out = append(out, Info{Tag: tag, PID: r.owner.pid, Mode: r.mode})
		}
	}
	for _, o := range m.owners {
		o.mu.Lock()
		for _, w := range o.weak {
			out = append(out, Info{Tag: w.tag, PID: o.pid, Mode: w.mode, Granted: true, Weak: true})
		}
		o.mu.Unlock()
	}
	slices.SortFunc(out, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.PID, b.PID), cmp.Compare(a.Tag.Class, b.Tag.Class), cmp.Compare(a.Tag.ID1, b.Tag.ID1),
			cmp.Compare(a.Tag.ID2, b.Tag.ID2), cmp.Compare(a.Mode, b.Mode))
	})
	return out
}
