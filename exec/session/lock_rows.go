package session

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec/lockrows"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
)

// lockRows are the rows of pg_locks.
func (s *Session) lockRows() [][]types.Datum {
	v := lockrows.View{Database: catalog.DatabaseOID, Reader: s.pid, Self: locksViewOID, Locks: s.srv.locks.Locks(),
		Number: s.srv.numberTransaction, Indexes: s.indexesOf, Table: s.tableOfKey}
	if w, ok := s.srv.o.Store.(kv.LockWatcher); ok {
		for _, l := range w.KeyLocks() {
			_, ofTable := rowenc.StorageOf(l.Key) // others are of descriptors
			if o, ok := l.Owner.(*lockOwner); ok && ofTable {
				v.Keys = append(v.Keys, lockrows.Key{PID: o.pid, Key: l.Key, Mode: l.Mode, Granted: l.Granted})
			}
		}
	}
	for _, o := range s.srv.all() {
		o.mu.Lock()
		if !o.txnAt.IsZero() {
			v.Active = append(v.Active, o.pid)
		}
		o.mu.Unlock()
	}
	return v.Rows()
}

// locksViewOID is pg_locks itself.
const locksViewOID types.OID = 12073

func (s *Session) indexesOf(oid types.OID) []types.OID {
	t, ok := s.cat.Reader.Table(oid)
	if !ok {
		return nil
	}
	var out []types.OID
	for _, x := range t.AllIndexes() {
		out = append(out, x.OID)
	}
	return out
}

// tableOfKey finds the table of a key, 0 if there is none.
func (s *Session) tableOfKey(key []byte) types.OID {
	storage, ok := rowenc.StorageOf(key)
	if !ok {
		return 0
	}
	for t := range s.cat.Reader.Tables() {
		if t.Storage == storage {
			return t.OID
		}
	}
	return 0
}
