package online

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// reindex makes the entries of one index of a table again from the rows, or those of all (index 0), in the running transaction. It
// returns the indexes that the table has, and none if the table is gone. Of a primary key there is nothing to make: the rows
// themselves are in its order.
func reindex(ctx context.Context, x *ddl.Executor, table, index types.OID) ([]*catalog.Index, error) {
	old, ok := x.Txn.Newest().Table(table)
	if !ok {
		return nil, nil
	}
	if err := x.Txn.LockTo(ctx, catalog.Share, old); err != nil {
		return nil, err
	}
	if old, ok = x.Txn.Newest().Table(table); !ok {
		return nil, nil
	}
	rt, err := rowenc.NewTable(old)
	if err != nil {
		return nil, err
	}
	t := nextVersion(old)
	t.Indexes = slices.Clone(old.Indexes)
	var ids []catalog.IndexID
	var entries []kv.Range
	var done []*catalog.Index
	for _, ix := range old.AllIndexes() {
		if index != 0 && ix.OID != index {
			continue
		}
		if x.Txn.LockRelation != nil {
			if err := x.Txn.LockRelation(ctx, ix.OID, catalog.AccessExclusive); err != nil {
				return nil, err
			}
		}
		done = append(done, ix)
		i := slices.Index(old.Indexes, ix)
		if i < 0 {
			continue
		}
		n := *ix
		n.ID, n.Building = t.NextIndex, false
		if n.FileNode, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return nil, err
		}
		t.NextIndex++
		t.Indexes[i] = &n
		ids, entries = append(ids, n.ID), append(entries, rt.Index(ix.ID).Range())
	}
	if len(ids) == 0 {
		return done, nil
	}
	if err := x.Txn.Update(ctx, old, t); err != nil {
		return nil, err
	}
	if err := x.BuildIndexes(ctx, t, ids...); err != nil {
		return nil, err
	}
	for _, r := range entries {
		if err := x.Txn.KV().DeleteRange(r); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// reindexConcurrently is reindex while others write: next to each index another one is filled, which then takes its place. x is the
// executor of the transaction that runs.
func reindexConcurrently(ctx context.Context, x *ddl.Executor, c Chain, table, index types.OID) ([]*catalog.Index, error) {
	release, err := c.Hold(ctx, table, catalog.ShareUpdateExclusive)
	if err != nil {
		return nil, err
	}
	defer release()
	if _, ok := x.Txn.Newest().Table(table); !ok {
		return nil, nil
	}
	done, shadows, err := addShadows(ctx, x, table, index)
	if err != nil || len(done) == 0 {
		return nil, err
	}
	var fill []types.OID
	for _, oid := range shadows {
		fill = append(fill, oid)
	}
	slices.Sort(fill)
	if err := fillIndexes(ctx, c, table, fill...); err != nil {
		return nil, err
	}
	if err := c.Await(ctx, table, catalog.Share); err != nil {
		return nil, err
	}
	if x, err = c.Next(ctx); err != nil {
		return nil, err
	}
	if err := swapShadows(ctx, x, table, shadows); err != nil {
		return nil, err
	}
	return done, dropIndexes(ctx, c, table, fill)
}

// addShadows gives a table a new index like each one that is to be made again. done are the old ones, shadows their new ones' OIDs.
func addShadows(ctx context.Context, x *ddl.Executor, table, index types.OID) (done []*catalog.Index, shadows map[types.OID]types.OID, err error) {
	old, err := lockTable(ctx, x, table)
	if err != nil {
		return nil, nil, err
	}
	t := nextVersion(old)
	t.Indexes = slices.Clone(old.Indexes)
	shadows = map[types.OID]types.OID{}
	for _, ix := range old.AllIndexes() {
		if index != 0 && ix.OID != index {
			continue
		}
		if index == 0 && ix.Building {
			x.Notice(pgerr.Warning(pgerr.CodeFeatureNotSupported, "cannot reindex invalid index \"%s.%s\" concurrently, skipping",
				x.Txn.Newest().SchemaName(ix.Schema), ix.Name))
			continue
		}
		done = append(done, ix)
		if !slices.Contains(old.Indexes, ix) {
			continue
		}
		n := *ix
		n.ID, n.Building, n.Clustered, n.Constraint, n.Parent, n.Comment = t.NextIndex, true, false, 0, 0, ""
		n.Name = x.FreeName(t, ix.Name, "ccnew")
		if n.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return nil, nil, err
		}
		t.NextIndex++
		t.Indexes = append(t.Indexes, &n)
		shadows[ix.OID] = n.OID
	}
	if len(shadows) == 0 {
		return done, nil, nil
	}
	return done, shadows, x.Txn.Update(ctx, old, t)
}

// swapShadows gives the old indexes the entries of the new ones, which get theirs and are for nobody to read.
func swapShadows(ctx context.Context, x *ddl.Executor, table types.OID, shadows map[types.OID]types.OID) error {
	if len(shadows) == 0 {
		return nil
	}
	t, err := lockTable(ctx, x, table)
	if err != nil {
		return err
	}
	old := map[types.OID]*catalog.Index{} // by the OID of the shadow
	for oid, shadow := range shadows {
		old[shadow] = t.IndexByOID(oid)
	}
	return changeIndexes(ctx, x, table, func(n *catalog.Index) *catalog.Index {
		if was := old[n.OID]; was != nil {
			n.ID, n.Name = was.ID, x.FreeName(t, was.Name, "ccold")
		} else if shadow := t.IndexByOID(shadows[n.OID]); shadow != nil {
			n.ID, n.FileNode, n.Building = shadow.ID, shadow.OID, false
		}
		return n
	})
}
