package ddl

import (
	"bytes"
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/accessmethod"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// cluster is CLUSTER: the rows of a table without primary key get new row ids in the order of an index. Rows of a table
// with one are in its order always.
func (x *Executor) cluster(ctx context.Context, s *ast.ClusterStmt) error {
	if s.Relation == nil {
		return pgerr.FeatureNotSupported("CLUSTER without a table")
	}
	old, err := x.lockTable(ctx, s.Relation)
	if err != nil {
		return err
	}
	ix, err := clusterIndex(old, s.IndexName)
	if err != nil {
		return err
	}
	if m, _ := accessmethod.Named(ix.Method); !m.Cluster {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot cluster on index %q because access method does not support clustering", ix.Name)
	}
	if old.HasPrimaryKey() && !ix.Primary {
		return pgerr.FeatureNotSupported("CLUSTER of a table with a primary key by another index")
	}
	t := next(old)
	mark := func(i *catalog.Index) *catalog.Index {
		n := *i
		n.Clustered = i.ID == ix.ID
		return &n
	}
	t.Primary, t.Indexes = mark(old.Primary), slices.Clone(old.Indexes)
	for i := range t.Indexes {
		t.Indexes[i] = mark(t.Indexes[i])
	}
	if ix.Primary {
		return x.update(ctx, old, t)
	}
	return x.rewriteFrom(ctx, old, t, nil, func(f func(*rowBatch) error) error { return x.scanSorted(ctx, old, ix.ID, f) })
}

// clusterIndex finds the index by name, or the one of the last CLUSTER.
func clusterIndex(t *catalog.Table, name string) (*catalog.Index, error) {
	for _, ix := range t.AllIndexes() {
		if name != "" && ix.Name == name || name == "" && ix.Clustered {
			return ix, nil
		}
	}
	if name == "" {
		return nil, pgerr.New(pgerr.UndefinedObject, "there is no previously clustered index for table %q", t.Name)
	}
	return nil, pgerr.New(pgerr.UndefinedObject, "index %q for table %q does not exist", name, t.Name)
}

// scanSorted gives the rows of a table in the order of an index. The rewrite that it is for keeps all rows in the
// transaction's buffer anyway, so they are sorted in memory.
func (x *Executor) scanSorted(ctx context.Context, t *catalog.Table, id catalog.IndexID, f func(*rowBatch) error) error {
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return err
	}
	indexed, err := x.Bind.IndexExprs(t)
	if err != nil {
		return err
	}
	type place struct {
		key []byte
		row int
	}
	var all *vec.Batch
	var order []place
	var entries rowenc.Buffer
	err = x.scanTable(ctx, t, func(b *rowBatch) error {
		entries.Reset()
		rows, err := indexed(&rowenc.Rows{Cols: b.Cols, Len: b.Len})
		if err != nil {
			return err
		}
		rt.Index(id).AppendEntryKeys(&entries, rows, b.keys)
		if all == nil {
			all = vec.NewBatch(kindsOf(b.Cols), 0)
		}
		for _, k := range entries.B {
			order = append(order, place{slices.Clone(k), len(order)})
		}
		all.AppendBatch(&b.Batch)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(order, func(a, b place) int { return bytes.Compare(a.key, b.key) })
	for len(order) > 0 {
		n := min(len(order), vec.BatchRows)
		out := rowBatch{Batch: *vec.NewBatch(kindsOf(all.Cols), n)}
		for _, p := range order[:n] {
			out.AppendFrom(all, p.row)
		}
		if err := f(&out); err != nil {
			return err
		}
		order = order[n:]
	}
	return nil
}

func kindsOf(cols []*vec.Vector) []types.Kind {
	kinds := make([]types.Kind, len(cols))
	for i, c := range cols {
		kinds[i] = c.Kind
	}
	return kinds
}
