package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// generatedDef is a generated column whose expression is not bound yet.
type generatedDef struct {
	column *catalog.Column
	c      *ast.Constraint
}

// generatedColumn makes c a generated column.
func (b *tableBuilder) generatedColumn(c *catalog.Column, k *ast.Constraint, hasDefault bool) error {
	switch {
	case c.Generated != 0:
		return pgerr.New(pgerr.SyntaxError, "multiple generation clauses specified for column %q of table %q", c.Name, b.tab.Name).At(b.x.SQL, k.Pos)
	case hasDefault:
		return b.errBoth("default and generation expression", c, k.Pos)
	case c.Identity != 0:
		return b.errBoth("identity and generation expression", c, k.Pos)
	}
	c.Generated = 's'
	b.generated = append(b.generated, generatedDef{c, k})
	return nil
}

// bindGenerated binds the expressions of the generated columns. The table has all its columns.
func (b *tableBuilder) bindGenerated() error {
	for _, g := range b.generated {
		text, err := b.x.Bind.Generated(g.c.Expr, b.tab, b.tab.Ordinal(g.column.ID))
		if err != nil {
			return err
		}
		g.column.Default = text
	}
	return nil
}

// fillGenerated writes all rows of old again with the last column of t, which is generated.
func (x *Executor) fillGenerated(ctx context.Context, old, t *catalog.Table) error {
	if empty, err := x.isEmpty(ctx, old); empty || err != nil {
		return err
	}
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return err
	}
	last := len(t.Columns) - 1
	c := t.Columns[last]
	value, err := x.Bind.GeneratedValue(t, last)
	if err != nil {
		return err
	}
	nulls := vec.New(c.Type.Kind(), vec.BatchRows)
	var values rowenc.Buffer
	return x.scanTable(ctx, old, func(b *rowBatch) error {
		nulls.Resize(b.Len)
		for i := range b.Len {
			nulls.SetNull(i)
		}
		cols := append(slices.Clone(b.Cols), nulls)
		v, err := value(&vec.Batch{Cols: cols, Len: b.Len})
		if err != nil {
			return err
		}
		if c.NotNull && v.Nulls.Any() {
			return x.errContainsNulls(t, c)
		}
		cols[last] = v
		values.Reset()
		rt.AppendRows(&values, &rowenc.Rows{Cols: cols, Len: b.Len})
		return x.Put(t.Name, b.keys, values.B)
	})
}

// dropExpression is ALTER COLUMN DROP EXPRESSION.
func (x *Executor) dropExpression(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	_, o, ok := old.Column(cmd.Name)
	if !ok {
		return errNoColumn(old, cmd.Name)
	}
	if old.Columns[o].Generated == 0 {
		if cmd.MissingOk {
			x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "column %q of relation %q is not a stored generated column, skipping", cmd.Name, old.Name))
			return nil
		}
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "column %q of relation %q is not a stored generated column", cmd.Name, old.Name)
	}
	t := next(old)
	c := changeColumn(t, o)
	c.Generated, c.Default = 0, ""
	return x.update(ctx, old, t)
}

// generatedFrom lists the generated columns that are computed from a column.
func generatedFrom(t *catalog.Table, c *catalog.Column) []*catalog.Column {
	var out []*catalog.Column
	for _, g := range t.Columns {
		if g.Generated != 0 && g.ID != c.ID && mentions(g.Default, c.Name) {
			out = append(out, g)
		}
	}
	return out
}

// generatedTypeChange tests a change of the type of column o, which t has already, against generated columns.
func (x *Executor) generatedTypeChange(old, t *catalog.Table, o int, using bool) error {
	c := t.Columns[o]
	if gs := generatedFrom(old, c); len(gs) > 0 {
		return pgerr.New(pgerr.SyntaxError, "cannot alter type of a column used by a generated column").
			WithDetail("Column %q is used by generated column %q.", c.Name, gs[0].Name)
	}
	if c.Generated == 0 {
		return nil
	}
	if using {
		return pgerr.New(pgerr.InvalidColumnDefinition, "cannot specify USING when altering type of generated column").
			WithDetail("Column %q is a generated column.", c.Name)
	}
	e, err := parser.ParseExpr(c.Default)
	if err != nil {
		return err
	}
	text, err := x.Bind.Generated(e, t, o)
	if pgerr.CodeOf(err) == pgerr.DatatypeMismatch {
		return pgerr.New(pgerr.DatatypeMismatch, "generation expression for column %q cannot be cast automatically to type %s", c.Name,
			types.FormatType(c.Type.OID, -1))
	}
	if err != nil {
		return unplaced(err)
	}
	c.Default = text
	return nil
}
