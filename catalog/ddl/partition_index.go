package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// eachPart calls f for the indexes of the partitions of t that are part of its index ix.
func (x *Executor) eachPart(ctx context.Context, t *catalog.Table, ix *catalog.Index, f func(*catalog.Table, *catalog.Index) error) error {
	children, err := x.children(ctx, t)
	if err != nil {
		return err
	}
	for _, c := range children {
		for _, part := range c.AllIndexes() {
			if part.Parent != ix.OID {
				continue
			}
			cur, _ := x.Txn.Newest().Table(c.OID)
			if err := f(cur, part); err != nil {
				return err
			}
		}
	}
	return nil
}

// indexFor is what index ix of parent p looks like on its child t, without name and OIDs.
func indexFor(p, t *catalog.Table, ix *catalog.Index) *catalog.Index {
	n := *ix
	n.OID, n.Constraint, n.Name, n.Comment, n.ConstraintComment, n.Clustered = 0, 0, "", "", "", false
	n.Table, n.Schema, n.Parent, n.Partitioned, n.Invalid = t.OID, t.Schema, ix.OID, t.Key != nil, false
	n.Columns = slices.Clone(ix.Columns)
	for i, c := range n.Columns {
		if c.Column != 0 {
			n.Columns[i].Column = mapColumns(p, t, []catalog.ColumnID{c.Column})[0]
		}
	}
	n.Include, n.Reads = mapColumns(p, t, ix.Include), mapColumns(p, t, ix.Reads)
	return &n
}

// sameIndex reports whether an index of a child can stand for the index want of its parent.
func sameIndex(own, want *catalog.Index, parent *catalog.Index) bool {
	return own.Parent == 0 && own.Method == want.Method && own.Unique == want.Unique && (own.Primary || !want.Primary) && own.NullsNotDistinct == want.NullsNotDistinct &&
		own.Predicate == want.Predicate && slices.Equal(own.Columns, want.Columns) && (own.Constraint != 0 || parent.Constraint == 0)
}

// cloneIndexes gives a new partition, which has no rows, the indexes of its parent.
func (b *tableBuilder) cloneIndexes(ctx context.Context, p *catalog.Table) error {
	for _, ix := range p.AllIndexes() {
		want := indexFor(p, b.tab, ix)
		if own := adopt(b.tab, want, ix); own {
			continue
		}
		if err := b.addClone(ctx, want, ix); err != nil {
			return err
		}
	}
	return nil
}

// adopt makes an index that t has already a part of the parent's index; false if there is none.
func adopt(t *catalog.Table, want, parent *catalog.Index) bool {
	for _, own := range t.AllIndexes() {
		if !sameIndex(own, want, parent) {
			continue
		}
		n := *own
		n.Parent = parent.OID
		if own.Primary {
			t.Primary = &n
			return true
		}
		t.Indexes = slices.Clone(t.Indexes)
		t.Indexes[slices.Index(t.Indexes, own)] = &n
		return true
	}
	return false
}

// addClone adds the index want, a part of the parent's index.
func (b *tableBuilder) addClone(ctx context.Context, want, parent *catalog.Index) error {
	if err := partition.CheckUnique(b.tab, want); err != nil {
		return err
	}
	if err := b.newIndexOIDs(ctx, want, parent.Constraint != 0); err != nil {
		return err
	}
	if want.Primary && b.tab.HasPrimaryKey() {
		return pgerr.New(pgerr.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", b.tab.Name)
	}
	taken := b.x.relationTaken(b.tab.Schema, b.tab)
	switch {
	case want.Primary:
		want.Name = catalog.ChooseName(b.tab.Name, "", "pkey", taken)
	case parent.Constraint != 0:
		want.Name = catalog.ChooseName(b.tab.Name, columnsLabel(b.tab, want), "key", taken)
	default:
		want.Name = catalog.ChooseName(b.tab.Name, columnsLabel(b.tab, want), "idx", taken)
	}
	if want.Primary {
		want.ID = catalog.PrimaryIndexID
		b.tab.Primary = want
		for _, c := range want.Columns {
			if o := b.tab.Ordinal(c.Column); !b.tab.Columns[o].NotNull {
				changeColumn(b.tab, o).NotNull = true
			}
		}
		return nil
	}
	want.ID = b.tab.NextIndex
	b.tab.NextIndex++
	b.tab.Indexes = append(slices.Clone(b.tab.Indexes), want)
	return nil
}

// spreadIndexes gives partition t all indexes of p that it has not got yet, and its own partitions with it.
func (x *Executor) spreadIndexes(ctx context.Context, p, t *catalog.Table) error {
	for _, ix := range p.AllIndexes() {
		if err := x.spreadIndex(ctx, p, t.OID, ix); err != nil {
			return err
		}
	}
	return nil
}

// spreadNewIndexes gives the partitions of cur the indexes that it has and before had not.
func (x *Executor) spreadNewIndexes(ctx context.Context, before, cur *catalog.Table, only bool) error {
	for _, ix := range cur.AllIndexes() {
		if before.IndexByOID(ix.OID) != nil || only {
			continue
		}
		for _, c := range x.Txn.Newest().Children(cur.OID) {
			if err := x.spreadIndex(ctx, cur, c.OID, ix); err != nil {
				return err
			}
		}
	}
	return nil
}

// spreadIndex gives a partition of p a part of p's index ix.
func (x *Executor) spreadIndex(ctx context.Context, p *catalog.Table, child types.OID, ix *catalog.Index) error {
	old, ok := x.Txn.Newest().Table(child)
	if !ok || slices.ContainsFunc(old.AllIndexes(), func(o *catalog.Index) bool { return o.Parent == ix.OID }) {
		return nil
	}
	if err := x.lockOID(ctx, old); err != nil {
		return err
	}
	if old, ok = x.Txn.Newest().Table(child); !ok {
		return nil
	}
	t := next(old)
	want := indexFor(p, t, ix)
	if adopt(t, want, ix) {
		return x.update(ctx, old, t)
	}
	b := &tableBuilder{x: x, tab: t}
	if err := b.addClone(ctx, want, ix); err != nil {
		return err
	}
	if want.Primary {
		if err := x.testNotNull(ctx, old, t); err != nil {
			return err
		}
		if err := x.rewriteInto(ctx, old, t, nil); err != nil {
			return err
		}
	} else {
		if err := x.update(ctx, old, t); err != nil {
			return err
		}
		if err := x.BuildIndexes(ctx, t, want.ID); err != nil {
			return err
		}
	}
	for _, c := range x.Txn.Newest().Children(t.OID) {
		if err := x.spreadIndex(ctx, t, c.OID, want); err != nil {
			return err
		}
	}
	return nil
}

// attachIndex is ALTER INDEX … ATTACH PARTITION.
func (x *Executor) attachIndex(ctx context.Context, ix *catalog.Index, cmd *ast.AlterTableCmd) error {
	pc, ok := cmd.Def.(*ast.PartitionCmd)
	if !ok {
		return pgerr.FeatureNotSupported("this form of ALTER INDEX")
	}
	if !ix.Partitioned {
		return pgerr.New(pgerr.WrongObjectType, "ALTER action ATTACH PARTITION cannot be performed on relation %q", ix.Name).
			WithDetail("This operation is not supported for indexes.")
	}
	rel, err := x.lockRelation(ctx, pc.Name)
	if err != nil {
		return err
	}
	part, ok := rel.(*catalog.Index)
	if !ok {
		return pgerr.New(pgerr.WrongObjectType, "%q is not an index", rel.RelName())
	}
	r := x.Txn.Newest()
	p, _ := r.Table(ix.Table)
	t, _ := r.Table(part.Table)
	fail := func(detail string, args ...any) error {
		return pgerr.New(pgerr.InvalidObjectDefinition, "cannot attach index %q as a partition of index %q", part.Name, ix.Name).WithDetail(detail, args...)
	}
	switch {
	case part.Parent == ix.OID:
		return nil
	case part.Parent != 0:
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cannot attach index %q as a partition of index %q", part.Name, ix.Name).
			WithDetail("Index %q is already attached to another index.", part.Name)
	case !slices.Contains(t.Parents, p.OID):
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cannot attach index %q as a partition of index %q", part.Name, ix.Name).
			WithDetail("Index %q is not an index on any partition of table %q.", part.Name, p.Name)
	case !sameIndex(part, indexFor(p, t, ix), ix):
		if part.Constraint == 0 && ix.Constraint != 0 {
			return fail("The index %q belongs to a constraint in table %q but no constraint exists for index %q.", ix.Name, p.Name, part.Name)
		}
		return fail("The index definitions do not match.")
	}
	for _, o := range t.AllIndexes() {
		if o.Parent == ix.OID {
			return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cannot attach index %q as a partition of index %q", part.Name, ix.Name).
				WithDetail("Another index is already attached for partition %q.", t.Name)
		}
	}
	if err := x.changeIndex(ctx, part, func(n *catalog.Index) { n.Parent = ix.OID }); err != nil {
		return err
	}
	return x.validateIndex(ctx, p, ix)
}

// validateIndex makes an index of a partitioned table valid once all partitions have their part of it.
func (x *Executor) validateIndex(ctx context.Context, p *catalog.Table, ix *catalog.Index) error {
	if !ix.Invalid {
		return nil
	}
	for _, c := range x.Txn.Newest().Children(p.OID) {
		if !slices.ContainsFunc(c.AllIndexes(), func(o *catalog.Index) bool { return o.Parent == ix.OID && !o.Invalid }) {
			return nil
		}
	}
	return x.changeIndex(ctx, ix, func(n *catalog.Index) { n.Invalid = false })
}
