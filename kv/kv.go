package kv

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// TS is a commit timestamp: a counter that grows with every commit that wrote something. A snapshot at ts sees every
// commit whose timestamp is <= ts.
type TS uint64

// Isolation is the isolation level of a transaction (SQL standard names; Snapshot is PostgreSQL's REPEATABLE READ).
type Isolation uint8

// Isolation levels.
const (
	ReadCommitted Isolation = iota // StartStatement takes a fresh snapshot
	Snapshot                       // one snapshot from the first read on; first committer wins (ErrConflict)
	Serializable                   // Snapshot, and serializable transactions have an order (ErrDependencies, of any call)
)

// Errors of a store. They are plain errors, matched with errors.Is; exec/session maps them to SQLSTATEs.
var (
	ErrConflict = errors.New("kv: a concurrent transaction changed the data") // 40001
	// ErrConflictDeleted and ErrDependencies are ErrConflict too: the row was deleted; or transactions that read and
	// wrote, under Serializable, cannot be put in an order.
	ErrConflictDeleted = fmt.Errorf("%w: deleted", ErrConflict)
	ErrDependencies    = fmt.Errorf("%w: read/write dependencies", ErrConflict)
	ErrDeadlock        = errors.New("kv: deadlock detected")                      // 40P01
	ErrLockTimeout     = errors.New("kv: lock wait timed out")                    // 55P03
	ErrLocked          = errors.New("kv: key is locked")                          // 55P03, LockOptions.Wait == NoWait
	ErrReadOnly        = errors.New("kv: store or transaction is read-only")      // 25006
	ErrKeyTooLarge     = errors.New("kv: key too large")                          // 54000
	ErrTooLarge        = errors.New("kv: value or transaction too large")         // 54000
	ErrDiskFull        = errors.New("kv: no space left on device")                // 53100
	ErrCorrupt         = errors.New("kv: data corrupted")                         // XX001, wrapped with file and offset
	ErrUndetermined    = errors.New("kv: outcome of commit unknown")              // 08007
	ErrClosed          = errors.New("kv: store is closed")                        // 57P01
	ErrInUse           = errors.New("kv: directory is in use by another process") // start-up
	ErrFormat          = errors.New("kv: directory has another on-disk format")   // start-up

	// ErrSnapshotTooOld: TxnOptions.AsOf lies before what the store still keeps.
	ErrSnapshotTooOld = errors.New("kv: snapshot too old") // 72000
)

// Store is an ordered, transactional map from non-empty byte keys to non-empty byte values.
type Store interface {
	// Begin starts a transaction. It takes no snapshot yet: the first read or StartStatement does. Cheap: a read-only
	// transaction writes nothing and registers only its snapshot.
	Begin(o TxnOptions) Txn
	Limits() Limits
	// Close waits for running commits, makes everything durable and releases the directory.
	Close() error
}

// TxnOptions says what kind of transaction Begin starts. The zero value is a READ COMMITTED, read-write transaction
// that is durable when Commit returns.
type TxnOptions struct {
	Isolation Isolation
	ReadOnly  bool
	// Deferrable: a Serializable, ReadOnly transaction waits for a snapshot with which it can never fail.
	Deferrable bool
	// Async makes Commit return before the log is synced. Order is kept: a later synced commit makes this one durable.
	Async bool
	// Owner is on whose behalf the transaction runs; nil if nobody asks.
	Owner Owner
	// AsOf, if not zero, reads at that timestamp instead of the newest one; implies ReadOnly. It is ErrSnapshotTooOld, of the
	// first read, unless the store still has the state: it has what any open transaction reads at.
	AsOf TS
}

// Owner is a client that runs transactions, one at a time, and that may also wait for things outside of the store. Its methods
// are called from any goroutine; owners are compared with ==.
type Owner interface {
	// LockWait is called when a wait for a key begins: how long it may last (0: no limit), and after how much of it to
	// search for a deadlock. LockDone is called at its end.
	LockWait(key []byte) (timeout, search time.Duration)
	LockDone()
	// WaitsFor lists the owners that the owner waits for outside of the store.
	WaitsFor() []Owner
}

// LockWatcher is a Store that tells who holds and who waits for keys.
type LockWatcher interface {
	// Blockers lists the owners that keep the transaction of o waiting for a key.
	Blockers(o Owner) []Owner
	// KeyLocks lists the locks of transactions that have an owner.
	KeyLocks() []KeyLock
}

// KeyLock is a lock on a key that is held or waited for.
type KeyLock struct {
	Owner   Owner
	Key     []byte
	Mode    LockMode
	Granted bool
}

// Limits tells what a store can do; the SQL layer answers 54000 or 0A000 beyond it.
type Limits struct {
	KeyBytesMax   int
	ValueBytesMax int
	SharedLocks   bool
	Serializable  bool
}

// Range is the half-open interval [Start, End) of keys. A nil End means no upper bound.
type Range struct{ Start, End []byte }

// Txn is one transaction, used by one goroutine at a time, except that Get, Scan and their iterators may run on several
// goroutines while nobody writes, locks or ends the transaction. It must end with Commit or Rollback and is not used
// after.
//
// What a read sees: Get and Scan see the snapshot, plus the transaction's own writes made before the current statement
// began (PostgreSQL's command id rule: a statement does not see its own effects). Lock sees the newest committed value
// and all own writes. Writes are buffered in the transaction and cost no round trip.
type Txn interface {
	// StartStatement begins a statement: own writes so far become visible to Get and Scan; under ReadCommitted it
	// also takes a fresh snapshot.
	StartStatement(ctx context.Context) error
	// PushSnapshot remembers what Get and Scan see now, and PopSnapshot goes back to it: for the statements of a function that
	// a statement calls. Pairs nest.
	PushSnapshot()
	PopSnapshot()
	// ReadTS is the timestamp of the current snapshot; it takes one if there is none yet.
	ReadTS() TS

	// Get appends one value per key to dst (nil for a missing key), in the order of keys: one round trip.
	Get(ctx context.Context, keys [][]byte, dst *Values) error
	// Written is when what Get sees at key was written: the timestamp of the commit, or own, by this transaction. Of a key that the
	// transaction has locked to write to it is the newest state that counts (the READ COMMITTED re-check).
	Written(ctx context.Context, key []byte) (ts TS, own bool, err error)
	// Scan opens an iterator over r in key order, or in reverse order.
	Scan(ctx context.Context, r Range, o ScanOptions) (Iterator, error)
	// DependOn makes a Serializable transaction count as one that has read all of r; it reads nothing.
	DependOn(ctx context.Context, r Range) error
	// Lock locks every key, existing or not, until the transaction ends, and appends the newest value of each to dst,
	// in the order of keys: one round trip. dst may be nil. Under Snapshot and Serializable a lock that Writes on a
	// key with a commit newer than the snapshot is ErrConflict. Keys may repeat.
	Lock(ctx context.Context, keys [][]byte, o LockOptions, dst *Locked) error

	// Put sets key to value, Delete removes it. Both copy their arguments. A key that another transaction could write
	// too must be locked exclusively first; an unlocked write (fresh row ids) is checked for conflict only by luck.
	Put(key, value []byte) error
	Delete(key []byte) error
	// DeleteRange removes every key of r that the newest state holds, including own writes. The caller holds a lock
	// that keeps writers out of r. What it costs does not depend on the number of keys.
	DeleteRange(r Range) error
	// Moved tells, of a key that the transaction deletes, where what it held is now, for those who saw it at from: their Lock answers
	// LockedValue.Moved. An empty to is a place where it cannot be followed. It is known as long as the process runs.
	Moved(from, to []byte)

	// Savepoint marks the present state of the write buffer. RollbackTo undoes what was written after the mark, which
	// stays usable, and releases the locks taken since.
	Savepoint() Savepoint
	RollbackTo(Savepoint)

	// BeforeVisible registers f to be called with the commit timestamp when the commit is durable, before any new
	// snapshot can see it. Not called if the transaction rolls back or wrote nothing.
	BeforeVisible(f func(TS))
	// Commit makes the writes durable (unless Async) and visible, atomically. On any error nothing was written,
	// except ErrUndetermined. It ends the transaction in any case.
	Commit(ctx context.Context) (TS, error)
	// Rollback ends the transaction without effect. A no-op after Commit or Rollback.
	Rollback()
}

// Savepoint is a mark in a transaction's write buffer.
type Savepoint uint64

// ScanOptions are the options of Txn.Scan.
type ScanOptions struct {
	Reverse bool
	// KeysOnly leaves Entries.V nil.
	KeysOnly bool
	// Rows, if > 0, is how many entries the caller expects to need: a hint for read-ahead.
	Rows int
}

// Iterator yields entries in batches.
type Iterator interface {
	// Next resets b and fills it with up to max entries (max > 0). An empty b is the end. b is valid until it is reset.
	Next(ctx context.Context, b *Entries, max int) error
	Close()
}

// LockMode is the strength of a key lock: PostgreSQL's four strengths of row locks. Each implies the weaker ones.
//
//	KeyShared     FOR KEY SHARE      conflicts with Exclusive
//	Shared        FOR SHARE          and NoKeyExclusive
//	NoKeyExclusive FOR NO KEY UPDATE and itself
//	Exclusive     FOR UPDATE         and KeyShared
type LockMode uint8

// Lock modes.
const (
	Exclusive LockMode = iota
	Shared
	NoKeyExclusive
	KeyShared
)

// Writes reports whether a mode lets its holder write the key.
func (m LockMode) Writes() bool { return m == Exclusive || m == NoKeyExclusive }

// WaitPolicy says what Lock does about a key that another transaction holds.
type WaitPolicy uint8

// Wait policies.
const (
	Block      WaitPolicy = iota // wait in FIFO order; ErrDeadlock, ErrLockTimeout
	NoWait                       // ErrLocked
	SkipLocked                   // leave the key unlocked and set LockedValue.Skipped
)

// LockOptions are the options of Txn.Lock.
type LockOptions struct {
	Mode LockMode
	Wait WaitPolicy
	// Claim: the key is not one that the caller read but one that it wants for itself, so that a commit newer than the
	// snapshot is no ErrConflict; LockedValue.Changed tells.
	Claim bool
	// Free: only keys without a value stay locked, if they were not before.
	Free bool
	// ToWrite: the caller writes the keys that it gets, nearly all. Many of them cost less then. What a prepared transaction
	// keeps over a restart is the locks of those it has written.
	ToWrite bool
	Timeout time.Duration // of each wait; 0 is none
}

// Values receives the results of Get. The zero value is ready; reuse it with Reset to save allocations.
type Values struct {
	V   [][]byte // nil: missing. Valid until Reset; not to be modified.
	buf []byte
	// Usage, if not nil, counts the blocks that were looked into. Txn sets it.
	Usage *Usage
}

// Locked receives the results of Lock.
type Locked struct {
	V   []LockedValue
	buf []byte
}

// LockedValue is the newest state of one locked key.
type LockedValue struct {
	Value []byte // nil: no such key. Valid until Reset of the Locked it sits in.
	// Changed: a commit newer than the statement's snapshot wrote or deleted the key (the READ COMMITTED re-check).
	Changed bool
	// Own: the current statement itself wrote the key. Nested: it was a statement inside of it (PushSnapshot) that did.
	Own, Nested bool
	// Skipped: SkipLocked met a lock; Value is not set.
	Skipped bool
	// Moved, not nil: what the snapshot has at the key is at this one now (Txn.Moved), which is not locked. Value is nil then, though
	// somebody else's may be there. Never with LockOptions.Claim.
	Moved []byte
}

// Entries receives the entries of an iterator.
type Entries struct {
	K, V [][]byte
	buf  []byte
}

// Reset empties v and keeps its memory.
func (v *Values) Reset() { v.V, v.buf = v.V[:0], v.buf[:0] }

// Append copies value (nil: missing) to the end of v.
func (v *Values) Append(value []byte) {
	if value != nil {
		value = keep(&v.buf, value)
	}
	v.V = append(v.V, value)
}

// Reset empties l and keeps its memory.
func (l *Locked) Reset() { l.V, l.buf = l.V[:0], l.buf[:0] }

// Append copies v, with its value, to the end of l.
func (l *Locked) Append(v LockedValue) {
	if v.Value != nil {
		v.Value = keep(&l.buf, v.Value)
	}
	if len(v.Moved) > 0 {
		v.Moved = keep(&l.buf, v.Moved)
	}
	l.V = append(l.V, v)
}

// Reset empties e and keeps its memory.
func (e *Entries) Reset() { e.K, e.V, e.buf = e.K[:0], e.V[:0], e.buf[:0] }

// Len is the number of entries.
func (e *Entries) Len() int { return len(e.K) }

// Append copies an entry to the end of e.
func (e *Entries) Append(k, v []byte) {
	e.K = append(e.K, keep(&e.buf, k))
	if v != nil {
		v = keep(&e.buf, v)
	}
	e.V = append(e.V, v)
}

// keep copies b to the end of *buf and returns the copy. When *buf must grow, earlier copies stay in the old array.
func keep(buf *[]byte, b []byte) []byte {
	if cap(*buf)-len(*buf) < len(b) {
		*buf = make([]byte, 0, max(2*cap(*buf), len(b), 256))
	}
	n := len(*buf)
	*buf = append(*buf, b...)
	return (*buf)[n:len(*buf):len(*buf)]
}
