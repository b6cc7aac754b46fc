// Package online has the later steps of schema changes that let others work on: those with CONCURRENTLY, in several transactions.
//
// An index that is made or rebuilt is first published as one that is Building: writers keep it, readers do not use it. When everybody who
// writes knows of it, the rows that exist are entered, a batch in a transaction, each batch with locks that keep its rows as they are.
// An index goes away in the opposite order: nobody reads it any more, then nobody writes to it, then its entries go. A statement that
// fails in between leaves an index that is not valid, as in PostgreSQL. A partition that is detached is hidden first.
package online

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Chain runs a statement in several transactions.
type Chain interface {
	// Next commits what the statement did so far, begins a transaction and gives the executor for it.
	Next(ctx context.Context) (*ddl.Executor, error)
	// Hold keeps a relation locked until release, over the ends of transactions.
	Hold(ctx context.Context, relation types.OID, mode catalog.RelationLock) (release func(), err error)
	// Await waits until the transactions that now hold a lock that conflicts with mode have ended.
	Await(ctx context.Context, relation types.OID, mode catalog.RelationLock) error
}

// CreateIndex completes CREATE INDEX CONCURRENTLY: the index is defined, and Building.
func CreateIndex(ctx context.Context, c Chain, table, index types.OID) error {
	release, err := c.Hold(ctx, table, catalog.ShareUpdateExclusive)
	if err != nil {
		return err
	}
	defer release()
	if err := fillIndexes(ctx, c, table, index); err != nil {
		return err
	}
	x, err := c.Next(ctx)
	if err != nil {
		return err
	}
	return changeIndexes(ctx, x, table, func(n *catalog.Index) *catalog.Index {
		if n.OID == index {
			n.Building = false
		}
		return n
	})
}

// DropIndex completes DROP INDEX CONCURRENTLY.
func DropIndex(ctx context.Context, c Chain, table, index types.OID) error {
	release, err := c.Hold(ctx, table, catalog.ShareUpdateExclusive)
	if err != nil {
		return err
	}
	defer release()
	return dropIndexes(ctx, c, table, []types.OID{index})
}

// Detach completes DETACH PARTITION CONCURRENTLY: new statements do not see the partition any more; when those who may have seen it have
// ended, it is on its own.
func Detach(ctx context.Context, c Chain, parent, part types.OID) error {
	for _, held := range []types.OID{parent, part} {
		release, err := c.Hold(ctx, held, catalog.ShareUpdateExclusive)
		if err != nil {
			return err
		}
		defer release()
	}
	x, err := c.Next(ctx)
	if err != nil {
		return err
	}
	if err := c.Await(ctx, parent, catalog.AccessExclusive); err != nil {
		return err
	}
	p, err := lockTable(ctx, x, parent)
	if err != nil {
		return err
	}
	t, ok := x.Txn.Newest().Table(part)
	if !ok {
		return pgerr.New(pgerr.UndefinedTable, "partition %d was concurrently dropped", part)
	}
	return x.FinalizeDetach(ctx, p, t)
}

// changeIndexes gives a table other secondary indexes: f changes a copy of each, nil takes it away.
func changeIndexes(ctx context.Context, x *ddl.Executor, table types.OID, f func(*catalog.Index) *catalog.Index) error {
	old, err := lockTable(ctx, x, table)
	if err != nil {
		return err
	}
	t := nextVersion(old)
	t.Indexes = nil
	for _, ix := range old.Indexes {
		n := *ix
		if changed := f(&n); changed != nil {
			t.Indexes = append(t.Indexes, changed)
		}
	}
	return x.Txn.Update(ctx, old, t)
}

// lockTable locks a table in a later transaction of a statement.
func lockTable(ctx context.Context, x *ddl.Executor, table types.OID) (*catalog.Table, error) {
	t, ok := x.Txn.Newest().Table(table)
	if ok {
		if err := x.Txn.LockTo(ctx, catalog.ShareUpdateExclusive, t); err != nil {
			return nil, err
		}
		t, ok = x.Txn.Newest().Table(table)
	}
	if !ok {
		return nil, pgerr.New(pgerr.UndefinedTable, "relation with OID %d does not exist", table)
	}
	return t, nil
}

func nextVersion(t *catalog.Table) *catalog.Table {
	n := *t
	n.Version++
	return &n
}
