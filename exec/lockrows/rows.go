// Package lockrows makes the rows of pg_locks from what the lock manager and the store hold.
//
// The store locks keys where PostgreSQL marks rows and waits for the transaction that marked them. What clients ask of pg_locks (who waits
// for whom, on which table) is answered in PostgreSQL's terms: a transaction that writes has a lock on its number, who waits for its row
// waits for that, the first in the queue with a lock on the row that the others wait for.
package lockrows

import (
	"fmt"
	"hash/crc32"

	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
)

// View is what rows are made from.
type View struct {
	Database types.OID
	// Reader is the process that reads pg_locks, and Self the OID of pg_locks.
	Reader int32
	Self   types.OID
	// Locks are those of the lock manager, Keys those of the store.
	Locks []lockmgr.Info
	Keys  []Key
	// Active are the processes with a transaction.
	Active []int32
	// Number is the number of a process's transaction, which gets one if it has none; 0 if it has ended.
	Number func(pid int32) uint64
	// Indexes lists the indexes of a table.
	Indexes func(table types.OID) []types.OID
	// Table is the table that a key belongs to.
	Table func(key []byte) types.OID
}

// Key is a lock of the store: kv.KeyLock with the process.
type Key struct {
	PID     int32
	Key     []byte
	Mode    kv.LockMode
	Granted bool
}

// tupleModes are the locks on rows that PostgreSQL takes before it waits for who has marked them (src/backend/access/heap/heapam.c,
// tupleLockExtraInfo).
var tupleModes = map[kv.LockMode]lockmgr.Mode{kv.KeyShared: lockmgr.AccessShare, kv.Shared: lockmgr.RowShare,
	kv.NoKeyExclusive: lockmgr.Exclusive, kv.Exclusive: lockmgr.AccessExclusive}

// row is a row of pg_locks, in whose order Datums gives it.
type row struct {
	kind                                                                      string
	relation, page, tuple, virtual, transaction, class, object, sub, database types.Datum
	pid                                                                       int32
	mode                                                                      lockmgr.Mode
	granted, fast                                                             bool
}

func (r *row) datums() []types.Datum {
	return []types.Datum{types.NewStr(r.kind), r.database, r.relation, r.page, r.tuple, r.virtual, r.transaction, r.class, r.object, r.sub,
		virtual(r.pid), types.NewInt(int64(r.pid)), types.NewStr(r.mode.String()), types.NewBool(r.granted), types.NewBool(r.fast), types.Null}
}

func newRow(kind string, pid int32, mode lockmgr.Mode, granted bool) *row {
	return &row{kind: kind, pid: pid, mode: mode, granted: granted, database: types.Null, relation: types.Null, page: types.Null,
		tuple: types.Null, virtual: types.Null, transaction: types.Null, class: types.Null, object: types.Null, sub: types.Null}
}

// virtual names the transaction of a process that needs no number.
func virtual(pid int32) types.Datum { return types.NewStr(fmt.Sprintf("%d/1", pid)) }

func num[T uint32 | types.OID](v T) types.Datum { return types.NewInt(int64(v)) }

// Rows are the rows.
func (v *View) Rows() [][]types.Datum {
	var rows [][]types.Datum
	add := func(r *row) { rows = append(rows, r.datums()) }
	writers := map[int32]bool{}
	for _, l := range v.Locks {
		if l.Tag.Class == lockmgr.ClassAdvisory {
			add(v.advisory(l))
			continue
		}
		add(v.relation(types.OID(l.Tag.ID2), l))
		if !l.Granted {
			continue
		}
		switch l.Mode {
		case lockmgr.AccessShare, lockmgr.RowShare, lockmgr.RowExclusive: // a statement's, which locks the indexes too
			for _, x := range v.Indexes(types.OID(l.Tag.ID2)) {
				add(v.relation(x, l))
			}
		}
		if l.Mode >= lockmgr.RowExclusive {
			writers[l.PID] = true
		}
	}
	add(v.relation(v.Self, lockmgr.Info{PID: v.Reader, Mode: lockmgr.AccessShare, Granted: true, Weak: true}))
	for _, k := range v.Keys {
		writers[k.PID] = writers[k.PID] || k.Granted
	}
	for _, pid := range v.Active {
		r := newRow("virtualxid", pid, lockmgr.Exclusive, true)
		r.virtual, r.fast = virtual(pid), true
		add(r)
		if !writers[pid] {
			continue
		}
		if n := v.Number(pid); n != 0 {
			r := newRow("transactionid", pid, lockmgr.Exclusive, true)
			r.transaction = num(uint32(n))
			add(r)
		}
	}
	return v.waits(rows)
}

func (v *View) advisory(l lockmgr.Info) *row {
	r := newRow("advisory", l.PID, l.Mode, l.Granted)
	r.database, r.class, r.object, r.sub = num(l.Tag.DB), num(l.Tag.ID1), num(l.Tag.ID2), num(uint32(l.Tag.Sub))
	r.fast = l.Weak
	return r
}

func (v *View) relation(oid types.OID, l lockmgr.Info) *row {
	r := newRow("relation", l.PID, l.Mode, l.Granted)
	r.database, r.relation, r.fast = num(v.Database), num(oid), l.Weak
	return r
}

// waits adds who waits for keys: Keys has the holders of a key before those in its queue.
func (v *View) waits(rows [][]types.Datum) [][]types.Datum {
	holder := map[string]int32{}
	first := map[string]bool{}
	for _, k := range v.Keys {
		name := string(k.Key)
		if k.Granted {
			holder[name] = k.PID
			continue
		}
		tuple := newRow("tuple", k.PID, tupleModes[k.Mode], !first[name])
		tuple.database, tuple.relation = num(v.Database), num(v.Table(k.Key))
		// A key has no place in a page: its checksum stands for one, so that equal rows are equal.
		sum := crc32.ChecksumIEEE(k.Key)
		tuple.page, tuple.tuple = num(sum>>15), num(sum&(1<<15-1))
		rows = append(rows, tuple.datums())
		if first[name] {
			continue
		}
		first[name] = true
		r := newRow("transactionid", k.PID, lockmgr.Share, false)
		if pid, ok := holder[name]; ok {
			r.transaction = num(uint32(v.Number(pid)))
		}
		rows = append(rows, r.datums())
	}
	return rows
}
