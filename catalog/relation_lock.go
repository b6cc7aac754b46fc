package catalog

import (
	"context"

	"github.com/lightsql/lightsql/kv"
)

// RelationLock is a table-level lock mode, numbered as in PostgreSQL.
type RelationLock uint8

// Lock modes of relations.
const (
	AccessShare RelationLock = iota + 1
	RowShare
	RowExclusive
	ShareUpdateExclusive
	Share
	ShareRowExclusive
	ExclusiveLock
	AccessExclusive
)

// descMode is the lock on the descriptor that goes with a lock on its relation, for whoever is going to change the descriptor. A mode
// that leaves others to write rows, or to lock them, must not wait for their hold on the descriptor (WriteLock): who has to wait
// for whom is then the matter of the relation's lock alone.
func (m RelationLock) descMode() kv.LockMode {
	if m < ExclusiveLock {
		return kv.NoKeyExclusive
	}
	return kv.Exclusive
}

// LockTo locks a relation in a mode, and its descriptor for a change. It may wait; the caller then looks at Newest again.
func (t *Txn) LockTo(ctx context.Context, mode RelationLock, r Relation) error {
	if t.LockRelation != nil {
		if err := t.LockRelation(ctx, r.RelOID(), mode); err != nil {
			return err
		}
	}
	return t.kv.Lock(ctx, [][]byte{descKey(r)}, kv.LockOptions{Mode: mode.descMode()}, nil)
}
