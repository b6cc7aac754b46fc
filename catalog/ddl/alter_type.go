package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// alterType is ALTER COLUMN TYPE. The rows are written again, unless every value stays what it is.
func (x *Executor) alterType(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	def, ok := cmd.Def.(*ast.ColumnDef)
	if !ok {
		return pgerr.FeatureNotSupported("this form of ALTER COLUMN TYPE")
	}
	_, o, ok := old.Column(cmd.Name)
	if !ok {
		return errNoColumn(old, cmd.Name)
	}
	t := next(old)
	c := changeColumn(t, o)
	def.Name = c.Name
	b := &tableBuilder{x: x, tab: t}
	if err := b.columnType(c, def); err != nil {
		return unplaced(err)
	}
	value, err := x.Bind.Transform(def.Default, old, o, c.Type)
	if err != nil {
		return err
	}
	if err := x.generatedTypeChange(old, t, o, def.Default != nil); err != nil {
		return err
	}
	if c.Default != "" && c.Generated == 0 {
		if _, _, err := x.Bind.Evaluate(c.Default, c.Type); pgerr.CodeOf(err) == pgerr.DatatypeMismatch {
			return pgerr.New(pgerr.DatatypeMismatch, "default for column %q cannot be cast automatically to type %s", c.Name,
				types.FormatType(c.Type.OID, -1))
		} else if err != nil {
			return err
		}
	}
	if err := x.checkTypeChange(old, t, o); err != nil {
		return err
	}
	keys, err := x.keysOfColumn(t, c.ID)
	if err != nil {
		return err
	}
	if def.Default == nil && sameValues(old.Columns[o].Type, c.Type) {
		return x.update(ctx, old, t)
	}
	c.Missing = nil
	err = x.rewriteInto(ctx, old, t, func(b *rowBatch) ([]*vec.Vector, error) {
		v, err := value(&b.Batch)
		if err != nil {
			return nil, err
		}
		if c.NotNull && v.Nulls.Any() {
			return nil, x.errContainsNulls(t, c)
		}
		cols := slices.Clone(b.Cols)
		cols[o] = v
		return cols, nil
	})
	if err != nil {
		return err
	}
	return x.testColumn(ctx, t, c, keys)
}

// testColumn tests the constraints on a column whose values have changed.
func (x *Executor) testColumn(ctx context.Context, t *catalog.Table, c *catalog.Column, keys []catalog.Reference) error {
	for _, k := range t.Checks {
		if !k.NotValid && slices.Contains(k.Columns, c.ID) {
			if err := x.testCheck(ctx, t, k); err != nil {
				return err
			}
		}
	}
	for _, ref := range keys {
		if ref.Key.NotValid {
			continue
		}
		child, _ := x.Txn.Newest().Table(ref.Table.OID)
		if err := x.validateForeignKey(ctx, child, ref.Key); err != nil {
			return err
		}
	}
	return nil
}

// checkTypeChange tests what depends on column o, which has another type in t than in old.
func (x *Executor) checkTypeChange(old, t *catalog.Table, o int) error {
	c := t.Columns[o]
	for _, v := range x.Txn.Newest().Dependents(old.OID) {
		if query, _ := catalog.StoredQuery(v); mentions(query, c.Name) {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot alter type of a column used by a view or rule").
				WithDetail("rule _RETURN on %s depends on column %q", x.describeRel(v), c.Name)
		}
	}
	if c.Identity != 0 && !types.IsInteger(c.Type.OID) {
		return pgerr.New(pgerr.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
	}
	for _, ix := range old.AllIndexes() {
		for _, k := range ix.Columns {
			if k.Column != c.ID {
				continue
			}
			if err := x.checkKey(c.Type, ix.MethodName(), k.OpClass); err != nil {
				return err
			}
		}
	}
	if err := x.bindIndexes(t); err != nil {
		return err
	}
	for _, k := range t.Checks {
		if slices.Contains(k.Columns, c.ID) {
			if _, err := x.Bind.Condition(k.Expr, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameValues reports type changes that leave every value and key as it is: a varchar that gets longer, or text.
func sameValues(from, to types.T) bool {
	if from == to {
		return true
	}
	switch {
	case from.OID != types.VarcharOID && from.OID != types.TextOID:
		return from.OID == to.OID && to.Mod < 0
	case to.OID == types.TextOID:
		return true
	case to.OID == types.VarcharOID:
		return to.Mod < 0 || from.OID == types.VarcharOID && from.Mod >= 0 && to.Mod >= from.Mod
	}
	return false
}
