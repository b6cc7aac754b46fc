package catalog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
)

// Errors of Txn.
var (
	// ErrTableChanged: a statement was planned for another version of a table than the one it found after waiting for
	// its lock. The statement is planned again (READ COMMITTED) or fails with 40001.
	ErrTableChanged = errors.New("catalog: table definition changed since the statement was planned")
	// ErrNameTaken: a relation or schema with that name exists.
	ErrNameTaken = errors.New("catalog: name is taken")
)

// NameTakenError is the ErrNameTaken of one name.
type NameTakenError struct{ Name string }

func (e *NameTakenError) Error() string { return fmt.Sprintf("catalog: name %q is taken", e.Name) }
func (e *NameTakenError) Unwrap() error { return ErrNameTaken }

// Txn is the catalog inside one transaction: what its snapshot shows, with the changes it made itself. It belongs to the
// goroutine of the kv.Txn that it writes through, and ends with it: the changes are published when that commits.
type Txn struct {
	cat       *Catalog
	kv        kv.Txn
	isolation kv.Isolation
	changes   []change
	locks     []tableLock // taken by WriteLock
	key       []byte      // memory for WriteLock
	keys      [1][]byte
	hooked    bool // publish is registered with kv

	// LockRelation, if set, is called before a relation's descriptor is locked for a change: the lock that keeps out who reads or
	// writes rows, as far as the mode says.
	LockRelation func(ctx context.Context, oid types.OID, mode RelationLock) error

	old     *Reader // catalog at oldTS, read from the store
	oldTS   kv.TS
	overlay *Reader // base with the first baseN changes
	base    *snapshot
	baseN   int
}

type tableLock struct {
	oid     types.OID
	version uint64
}

// NewTxn opens the catalog for a transaction.
func (c *Catalog) NewTxn(k kv.Txn, isolation kv.Isolation) *Txn {
	return &Txn{cat: c, kv: k, isolation: isolation}
}

// KV is the transaction of the store that t writes through.
func (t *Txn) KV() kv.Txn { return t.kv }

// Catalog is the catalog that t belongs to.
func (t *Txn) Catalog() *Catalog { return t.cat }

// Isolation is the transaction's isolation level.
func (t *Txn) Isolation() kv.Isolation { return t.isolation }

// Changed reports whether the transaction changed the catalog.
func (t *Txn) Changed() bool { return len(t.changes) > 0 }

// Reader is the catalog that belongs to the statement's snapshot, with the transaction's own changes.
func (t *Txn) Reader(ctx context.Context) (*Reader, error) {
	ts := t.kv.ReadTS()
	r, ok := t.cat.At(ts)
	if !ok {
		if t.old == nil || t.oldTS != ts {
			s, err := t.cat.load(ctx, t.kv)
			if err != nil {
				return nil, err
			}
			t.old, t.oldTS = &Reader{s}, ts
		}
		r = t.old
	}
	return t.withChanges(r), nil
}

// Newest is the newest committed catalog with the transaction's own changes. Schema changes work on it: what they
// have locked cannot change in it any more.
func (t *Txn) Newest() *Reader { return t.withChanges(t.cat.Newest()) }

func (t *Txn) withChanges(r *Reader) *Reader {
	if len(t.changes) == 0 {
		return r
	}
	if t.overlay == nil || t.base != r.snapshot {
		t.overlay, t.base, t.baseN = r, r.snapshot, 0
	}
	if t.baseN < len(t.changes) {
		o := t.overlay.with(t.changes[t.baseN:])
		t.overlay, t.baseN = &o, len(t.changes)
	}
	return t.overlay
}

// WriteLock keeps a table from changes that need AccessExclusive until the transaction ends, for a statement that writes to it or locks
// rows of it; what lesser locks allow to change is no matter to a statement that runs. It is ErrTableChanged if the table is not the
// version that the caller planned for.
func (t *Txn) WriteLock(ctx context.Context, tab *Table) error {
	for _, l := range t.locks {
		if l.oid == tab.OID && l.version == tab.Version {
			return nil
		}
	}
	t.key = appendDescKey(t.key[:0], tab)
	t.keys[0] = t.key
	if err := t.kv.Lock(ctx, t.keys[:], kv.LockOptions{Mode: kv.KeyShared}, nil); err != nil {
		return err
	}
	cur, ok := t.Newest().Table(tab.OID)
	if !ok || cur.Version != tab.Version && !leaves(tab, cur) {
		switch {
		case t.isolation == kv.ReadCommitted:
			return ErrTableChanged
		case !ok || !writtenAlike(cur, tab):
			return kv.ErrConflict
		}
	}
	t.locks = append(t.locks, tableLock{tab.OID, tab.Version})
	return nil
}

// writtenAlike reports versions of a table that differ only in options, to which rows and index entries are the same.
func writtenAlike(a, b *Table) bool {
	bare := func(t *Table) *Table {
		c := *t
		c.Version, c.Options = 0, nil
		c.Indexes = slices.Clone(t.Indexes)
		for i, x := range c.Indexes {
			y := *x
			y.Options = nil
			c.Indexes[i] = &y
		}
		return &c
	}
	return reflect.DeepEqual(bare(a), bare(b))
}

// leaves reports whether all that changed from was to now is that DETACH CONCURRENTLY has begun: who saw the table as a partition before may
// go on to write to it, and is waited for.
func leaves(was, now *Table) bool {
	return now.Version == was.Version+1 && now.Bound != nil && now.Bound.Detaching && was.Bound != nil && !was.Bound.Detaching
}

// Lock locks descriptors until the transaction ends: Exclusive before a change or drop, Shared to keep them as they are.
// It may wait; the caller then looks at Newest again.
func (t *Txn) Lock(ctx context.Context, mode kv.LockMode, descs ...any) error {
	keys := make([][]byte, len(descs))
	for i, d := range descs {
		keys[i] = descKey(d)
		if r, ok := d.(Relation); ok && mode == kv.Exclusive && t.LockRelation != nil {
			if err := t.LockRelation(ctx, r.RelOID(), AccessExclusive); err != nil {
				return err
			}
		}
	}
	return t.kv.Lock(ctx, keys, kv.LockOptions{Mode: mode}, nil)
}

// Create adds a new descriptor with OID and version set; its owner's default privileges become its ACL. NameTakenError if one of its names exists.
func (t *Txn) Create(ctx context.Context, d any) error {
	if _, oid := descKind(d); oid >= FirstUserOID { // not while an empty store is filled
		t.Newest().giveDefaults(d)
	}
	if err := t.kv.Lock(ctx, [][]byte{descKey(d)}, kv.LockOptions{}, nil); err != nil {
		return err
	}
	if err := t.takeNames(ctx, nil, d); err != nil {
		return err
	}
	return t.put(d)
}

// Update replaces a descriptor by its next version. The caller holds an exclusive lock on it since before it read old
// from Newest. NameTakenError if it takes a name that exists.
func (t *Txn) Update(ctx context.Context, old, d any) error {
	if descVersion(d) <= descVersion(old) {
		panic("catalog: Update without a new version")
	}
	if err := t.takeNames(ctx, descNames(old), d); err != nil {
		return err
	}
	if err := t.freeNames(ctx, descNames(old), descNames(d)); err != nil {
		return err
	}
	return t.put(d)
}

// Drop removes a descriptor. The caller holds an exclusive lock on it.
func (t *Txn) Drop(ctx context.Context, d any) error {
	if err := t.freeNames(ctx, descNames(d), nil); err != nil {
		return err
	}
	if err := t.kv.Delete(descKey(d)); err != nil {
		return err
	}
	t.add(change{desc: d, dropped: true})
	return nil
}

// freeNames removes the names of had that are not among keep. Whoever wants one waits for the transaction's end.
func (t *Txn) freeNames(ctx context.Context, had, keep map[relName]types.OID) error {
	var keys [][]byte
	for n := range had {
		if _, ok := keep[n]; !ok {
			keys = append(keys, nameKey(n))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, bytes.Compare) // one order, so that two transactions do not deadlock
	if err := t.kv.Lock(ctx, keys, kv.LockOptions{}, nil); err != nil {
		return err
	}
	for _, k := range keys {
		if err := t.kv.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// takeNames locks and writes the names of d that are not among had.
func (t *Txn) takeNames(ctx context.Context, had map[relName]types.OID, d any) error {
	var names []relName
	var keys [][]byte
	want := descNames(d)
	for n := range want {
		if _, ok := had[n]; !ok {
			names = append(names, n)
			keys = append(keys, nameKey(n))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	var l kv.Locked
	if err := t.kv.Lock(ctx, keys, kv.LockOptions{}, &l); err != nil {
		return err
	}
	for i, v := range l.V {
		if v.Value != nil {
			return &NameTakenError{names[i].name}
		}
		if err := t.kv.Put(keys[i], binary.BigEndian.AppendUint32(nil, uint32(want[names[i]]))); err != nil {
			return err
		}
	}
	return nil
}

func (t *Txn) put(d any) error {
	b, err := encodeDesc(d)
	if err != nil {
		return err
	}
	if err := t.kv.Put(descKey(d), b); err != nil {
		return err
	}
	t.add(change{desc: d})
	return nil
}

func (t *Txn) add(ch change) {
	if !t.hooked {
		t.hooked = true
		t.kv.BeforeVisible(func(ts kv.TS) { t.cat.publish(ts, t.changes) })
	}
	t.changes = append(t.changes, ch)
}

// Savepoint marks a point among the changes of a Txn; it goes with a kv.Savepoint taken at the same time.
type Savepoint struct{ changes, locks int }

// Savepoint marks the present state.
func (t *Txn) Savepoint() Savepoint { return Savepoint{len(t.changes), len(t.locks)} }

// RollbackTo forgets the changes made after s; the caller also rolls the kv.Txn back.
func (t *Txn) RollbackTo(s Savepoint) {
	t.changes = t.changes[:s.changes:s.changes]
	t.locks = t.locks[:min(s.locks, len(t.locks))] // a store may release locks taken since
	t.overlay = nil
}

// Adopt makes the catalog follow a transaction that was prepared before the store was opened: if it commits, the descriptors that
// it wrote are published.
func (c *Catalog) Adopt(p kv.Prepared) error {
	var changes []change
	tx := c.store.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	r := descRange()
	err := p.Writes(func(key, value []byte) error {
		if bytes.Compare(key, r.Start) < 0 || bytes.Compare(key, r.End) >= 0 {
			return nil
		}
		dropped := value == nil
		if dropped {
			var was kv.Values
			if err := tx.Get(context.Background(), [][]byte{key}, &was); err != nil || was.V[0] == nil {
				return err
			}
			value = was.V[0]
		}
		d, err := decodeDesc(key, value)
		changes = append(changes, change{desc: d, dropped: dropped})
		return err
	})
	if err == nil && len(changes) > 0 {
		p.BeforeVisible(func(ts kv.TS) { c.publish(ts, changes) })
	}
	return err
}
