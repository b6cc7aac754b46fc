package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

func (x *Executor) setDefault(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	_, o, ok := old.Column(cmd.Name)
	if !ok {
		return errNoColumn(old, cmd.Name)
	}
	if old.Columns[o].Identity != 0 {
		e := pgerr.New(pgerr.SyntaxError, "column %q of relation %q is an identity column", cmd.Name, old.Name)
		if cmd.Def == nil {
			e = e.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.")
		}
		return e
	}
	if old.Columns[o].Generated != 0 {
		e := pgerr.New(pgerr.SyntaxError, "column %q of relation %q is a generated column", cmd.Name, old.Name)
		if cmd.Def == nil {
			e = e.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead.")
		}
		return e
	}
	t := next(old)
	c := changeColumn(t, o)
	c.Default = ""
	if e, ok := cmd.Def.(ast.Expr); ok && e != nil {
		text, err := x.Bind.Default(e, c.Name, c.Type)
		if err != nil {
			return unplaced(err)
		}
		c.Default = text
	}
	return x.update(ctx, old, t)
}

func (x *Executor) setNotNull(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	_, o, ok := old.Column(cmd.Name)
	if !ok {
		return errNoColumn(old, cmd.Name)
	}
	if old.Columns[o].NotNull {
		return nil
	}
	t := next(old)
	changeColumn(t, o).NotNull = true
	if err := x.testNotNull(ctx, old, t); err != nil {
		return err
	}
	return x.update(ctx, old, t)
}

func (x *Executor) dropNotNull(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	c, o, ok := old.Column(cmd.Name)
	if !ok {
		return errNoColumn(old, cmd.Name)
	}
	if c.Identity != 0 {
		return pgerr.New(pgerr.SyntaxError, "column %q of relation %q is an identity column", c.Name, old.Name)
	}
	for _, k := range old.Primary.Columns {
		if k.Column == c.ID {
			return pgerr.New(pgerr.InvalidTableDefinition, "column %q is in a primary key", c.Name)
		}
	}
	if !c.NotNull {
		return nil
	}
	t := next(old)
	changeColumn(t, o).NotNull = false
	return x.update(ctx, old, t)
}

// rewriteWithColumn writes all rows of old again with the last column of t, whose values are computed, in place: keys do
// not change.
func (x *Executor) rewriteWithColumn(ctx context.Context, old, t *catalog.Table, value func() (types.Datum, error)) error {
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return err
	}
	c := t.Columns[len(t.Columns)-1]
	added := vec.New(c.Type.Kind(), vec.BatchRows)
	var values rowenc.Buffer
	return x.scanTable(ctx, old, func(b *rowBatch) error {
		added.Resize(0)
		for range b.Len {
			d, err := value()
			if err != nil {
				return err
			}
			if d.IsNull() && c.NotNull {
				return x.errContainsNulls(t, c)
			}
			added.Append(d)
		}
		values.Reset()
		rt.AppendRows(&values, &rowenc.Rows{Cols: append(slices.Clone(b.Cols), added), Len: b.Len})
		return x.Put(t.Name, b.keys, values.B)
	})
}

func (x *Executor) dropColumn(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	c, o, ok := old.Column(cmd.Name)
	if !ok {
		if cmd.MissingOk {
			x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "column %q of relation %q does not exist, skipping", cmd.Name, old.Name))
			return nil
		}
		return errNoColumn(old, cmd.Name)
	}
	if err := x.dropColumnViews(ctx, old, c, cmd.Behavior); err != nil {
		return err
	}
	for _, q := range x.Txn.Newest().OwnedSequences(old.OID, c.ID) {
		if err := x.lockOID(ctx, q); err != nil {
			return err
		}
		if err := x.Txn.Drop(ctx, q); err != nil {
			return err
		}
	}
	old, _ = x.Txn.Newest().Table(old.OID)
	for _, k := range old.ForeignKeys {
		if slices.Contains(k.Columns, c.ID) {
			if err := x.dropForeignKey(ctx, old, k); err != nil {
				return err
			}
			old, _ = x.Txn.Newest().Table(old.OID)
		}
	}
	t := next(old)
	for _, ix := range old.Indexes {
		if ix.Uses(c.ID) {
			if err := x.removeIndex(t, ix.ID); err != nil {
				return err
			}
		}
	}
	t.Checks = slices.DeleteFunc(slices.Clone(t.Checks), func(k *catalog.Check) bool { return slices.Contains(k.Columns, c.ID) })
	t.Statistics = slices.DeleteFunc(slices.Clone(t.Statistics), func(s *catalog.Statistics) bool { return s.Uses(c.ID) })
	inKey := old.Primary.Uses(c.ID)
	if inKey { // the rows get hidden ids before the column goes
		t.Primary = &catalog.Index{ID: catalog.PrimaryIndexID, Unique: true, Primary: true}
		if err := x.rewriteInto(ctx, old, t, nil); err != nil {
			return err
		}
		old, t = t, next(t)
	}
	dropped := *c
	dropped.Name, dropped.Default, dropped.Comment, dropped.NotNull, dropped.Identity = "", "", "", false, 0
	dropped.Generated = 0
	t.Columns = slices.Delete(slices.Clone(t.Columns), o, o+1)
	t.Dropped = append(slices.Clone(t.Dropped), &dropped)
	slices.SortFunc(t.Dropped, func(a, b *catalog.Column) int { return int(a.ID) - int(b.ID) })
	return x.update(ctx, old, t)
}

// dropColumnViews drops the views that name a column, or says that they stand in the way.
func (x *Executor) dropColumnViews(ctx context.Context, t *catalog.Table, c *catalog.Column, behavior ast.DropBehavior) error {
	set := x.newDropSet()
	on := "column " + quoteIdent(c.Name) + " of " + x.describeRel(t)
	for _, d := range x.keyDependents(t, 0, c.ID, on) {
		if d.rel.RelOID() != t.OID || !slices.Contains(d.foreign.Columns, c.ID) {
			set.visit(d)
		}
	}
	for _, d := range columnTriggers(t, c, on) {
		set.visit(d)
	}
	for _, g := range generatedFrom(t, c) {
		set.visit(dependent{rel: t, generated: g, on: on})
	}
	for _, d := range columnReaders(x.Txn.Newest(), t.OID, c.Name, on) {
		set.visit(d)
	}
	if len(set.order) == 0 {
		return nil
	}
	if err := set.report(on, behavior == ast.DropCascade); err != nil {
		return err
	}
	return x.remove(ctx, set)
}
