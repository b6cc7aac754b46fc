package session

import (
	"fmt"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
)

// lockRows are the rows of pg_locks: locks of relations, advisory locks, and rows. PostgreSQL shows a row lock only while
// somebody waits for it, as a wait for the holder's transaction; here each transaction that holds or wants rows has one entry
// for each mode.
func (s *Session) lockRows() [][]types.Datum {
	var rows [][]types.Datum
	num := func(v uint32) types.Datum { return types.NewInt(int64(v)) }
	for _, l := range s.srv.locks.Locks() {
		kind, relation, class, obj, sub := "relation", num(l.Tag.ID2), types.Null, types.Null, types.Null
		if l.Tag.Class == lockmgr.ClassAdvisory {
			kind, relation, class, obj, sub = "advisory", types.Null, num(l.Tag.ID1), num(l.Tag.ID2), num(uint32(l.Tag.Sub))
		}
		rows = append(rows, []types.Datum{types.NewStr(kind), num(l.Tag.DB), relation, types.Null, types.Null, types.Null, types.Null,
			class, obj, sub, virtualTransaction(l.PID), types.NewInt(int64(l.PID)), types.NewStr(l.Mode.String()),
			types.NewBool(l.Granted), types.NewBool(l.Weak), types.Null})
	}
	return s.keyLockRows(rows)
}

func (s *Session) keyLockRows(rows [][]types.Datum) [][]types.Datum {
	w, ok := s.srv.o.Store.(kv.LockWatcher)
	if !ok {
		return rows
	}
	type entry struct {
		pid     int32
		mode    kv.LockMode
		granted bool
	}
	seen := map[entry]bool{}
	names := map[kv.LockMode]string{kv.KeyShared: "RowShareLock", kv.Shared: "ShareLock", kv.NoKeyExclusive: "ExclusiveLock",
		kv.Exclusive: "ExclusiveLock"}
	for _, l := range w.KeyLocks() {
		o, ok := l.Owner.(*lockOwner)
		if !ok {
			continue
		}
		e := entry{o.pid, l.Mode, l.Granted}
		if seen[e] {
			continue
		}
		seen[e] = true
		rows = append(rows, []types.Datum{types.NewStr("tuple"), types.NewInt(int64(catalog.DatabaseOID)), types.Null, types.Null, types.Null,
			types.Null, types.Null, types.Null, types.Null, types.Null, virtualTransaction(o.pid), types.NewInt(int64(o.pid)),
			types.NewStr(names[l.Mode]), types.NewBool(l.Granted), types.NewBool(false), types.Null})
	}
	return rows
}

func virtualTransaction(pid int32) types.Datum { return types.NewStr(fmt.Sprintf("%d/1", pid)) }
