package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// inherit adds the columns and CHECK constraints of the parents that CREATE TABLE names.
func (b *tableBuilder) inherit(ctx context.Context, s *ast.CreateStmt, schema *catalog.Schema) error {
	temp := b.x.Txn.Newest().Temporary(schema.OID)
	for _, rv := range s.Inherits {
		p, err := b.x.inheritedTable(ctx, rv)
		if err != nil {
			return err
		}
		if err := b.x.checkParent(p, s, temp); err != nil {
			return err
		}
		if slices.Contains(b.tab.Parents, p.OID) {
			return pgerr.New(pgerr.DuplicateTable, "relation %q would be inherited from more than once", p.Name)
		}
		b.tab.Parents = append(b.tab.Parents, p.OID)
		for _, c := range p.Columns {
			if err := b.inheritColumn(p, c); err != nil {
				return err
			}
		}
		for _, k := range p.Checks {
			if k.NoInherit {
				continue
			}
			if err := b.inheritCheck(p, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// inheritedTable finds a table to inherit from. Others may create children of it at the same time, unless it is partitioned.
func (x *Executor) inheritedTable(ctx context.Context, rv *ast.RangeVar) (*catalog.Table, error) {
	for {
		rel, err := x.lookup(rv)
		if err != nil {
			return nil, err
		}
		p, ok := rel.(*catalog.Table)
		if !ok {
			return nil, pgerr.New(pgerr.WrongObjectType, "inherited relation %q is not a table or foreign table", rel.RelName())
		}
		if p.Virtual != nil {
			return nil, errSystemCatalog(p)
		}
		if err := x.lockShared(ctx, p); err != nil {
			return nil, err
		}
		again, err := x.lookup(rv)
		if err != nil {
			return nil, err
		}
		if again.RelOID() == p.OID {
			return again.(*catalog.Table), nil
		}
	}
}

// checkParent refuses tables that the new one cannot inherit from.
func (x *Executor) checkParent(p *catalog.Table, s *ast.CreateStmt, temp bool) error {
	parentTemp := x.Txn.Newest().Temporary(p.Schema)
	if s.PartitionBound != nil {
		switch {
		case p.Key == nil:
			return pgerr.New(pgerr.WrongObjectType, "%q is not partitioned", p.Name)
		case parentTemp && !temp:
			return pgerr.New(pgerr.WrongObjectType, "cannot create a permanent relation as partition of temporary relation %q", p.Name)
		case temp && !parentTemp:
			return pgerr.New(pgerr.WrongObjectType, "cannot create a temporary relation as partition of permanent relation %q", p.Name)
		}
		return nil
	}
	switch {
	case p.Key != nil:
		return pgerr.New(pgerr.WrongObjectType, "cannot inherit from partitioned table %q", p.Name)
	case p.Bound != nil:
		return pgerr.New(pgerr.WrongObjectType, "cannot inherit from partition %q", p.Name)
	case s.PartitionSpec != nil:
		return pgerr.New(pgerr.InvalidObjectDefinition, "cannot create partitioned table as inheritance child").At(x.SQL, s.PartitionSpec.Pos)
	case parentTemp && !temp:
		return pgerr.New(pgerr.WrongObjectType, "cannot inherit from temporary relation %q", p.Name)
	}
	return nil
}

func errTypeConflict(what, column string, a, b types.T) *pgerr.Error {
	return pgerr.New(pgerr.DatatypeMismatch, "%scolumn %q has a type conflict", what, column).
		WithDetail("%s versus %s", types.FormatTypeMod(a.OID, a.Mod), types.FormatTypeMod(b.OID, b.Mod))
}

// inheritColumn adds a column of a parent, or merges it with that of an earlier parent.
func (b *tableBuilder) inheritColumn(p *catalog.Table, c *catalog.Column) error {
	old, _, ok := b.tab.Column(c.Name)
	if !ok {
		if len(b.tab.Columns) >= columnsMax {
			return pgerr.New(pgerr.TooManyColumns, "tables can have at most %d columns", columnsMax)
		}
		n := &catalog.Column{ID: b.tab.NextColumn, Name: c.Name, Type: c.Type, NotNull: c.NotNull, Default: c.Default, Collation: c.Collation,
			Generated: c.Generated, Inheritance: catalog.Inheritance{Inherited: 1, NotLocal: true}}
		b.tab.NextColumn++
		b.tab.Columns = append(b.tab.Columns, n)
		return nil
	}
	b.x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "merging multiple inherited definitions of column %q", c.Name))
	if old.Type != c.Type {
		return errTypeConflict("inherited ", c.Name, old.Type, c.Type)
	}
	if old.Generated != c.Generated {
		return pgerr.New(pgerr.DatatypeMismatch, "inherited column %q has a generation conflict", c.Name)
	}
	old.Inherited++
	old.NotNull = old.NotNull || c.NotNull
	switch {
	case old.Default == "":
		old.Default = c.Default
	case c.Default != "" && c.Default != old.Default:
		b.conflicting = append(b.conflicting, old)
	}
	return nil
}

// inheritCheck adds a CHECK constraint of a parent; its text holds for the new table, whose columns have the same names.
func (b *tableBuilder) inheritCheck(p *catalog.Table, k *catalog.Check) error {
	for _, old := range b.tab.Checks {
		if old.Name != k.Name {
			continue
		}
		if old.Expr != k.Expr {
			return pgerr.New(pgerr.DuplicateObject, "check constraint name %q appears multiple times but with different expressions", k.Name)
		}
		old.Inherited++
		return nil
	}
	n := &catalog.Check{Name: k.Name, Expr: k.Expr, NotValid: false, Inheritance: catalog.Inheritance{Inherited: 1, NotLocal: true}}
	n.Columns = mapColumns(p, b.tab, k.Columns)
	b.tab.Checks = append(b.tab.Checks, n)
	return nil
}

// mapColumns are the columns of to that are called like those of from.
func mapColumns(from, to *catalog.Table, ids []catalog.ColumnID) []catalog.ColumnID {
	var out []catalog.ColumnID
	for _, id := range ids {
		if c := from.ColumnByID(id); c != nil {
			if d, _, ok := to.Column(c.Name); ok {
				out = append(out, d.ID)
			}
		}
	}
	return out
}

// mergeColumn is a column definition of a name that a parent has, too.
func (b *tableBuilder) mergeColumn(ctx context.Context, c *catalog.Column, d *ast.ColumnDef) error {
	if d.Type != nil {
		b.x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "merging column %q with inherited definition", c.Name))
		own := *c
		if err := b.columnType(&own, d); err != nil {
			return err
		}
		if own.Type != c.Type {
			return errTypeConflict("", c.Name, c.Type, own.Type)
		}
		c.NotLocal = false
	}
	notNull := c.NotNull
	b.conflicting = slices.DeleteFunc(b.conflicting, func(x *catalog.Column) bool {
		return x == c && slices.ContainsFunc(d.Constraints, func(k *ast.Constraint) bool { return k.Kind == ast.ConstrDefault })
	})
	err := b.columnConstraints(ctx, c, d, false)
	c.NotNull = c.NotNull || notNull
	return err
}

// checkInherited ends the merge of columns.
func (b *tableBuilder) checkInherited() error {
	for _, c := range b.conflicting {
		return pgerr.New(pgerr.InvalidColumnDefinition, "column %q inherits conflicting default values", c.Name).
			WithHint("To resolve the conflict, specify a default explicitly.")
	}
	return nil
}

// addInherit is ALTER TABLE … INHERIT.
func (x *Executor) addInherit(ctx context.Context, child *catalog.Table, cmd *ast.AlterTableCmd) error {
	rv, ok := cmd.Def.(*ast.RangeVar)
	if !ok {
		return pgerr.FeatureNotSupported("this form of INHERIT")
	}
	switch {
	case child.Bound != nil:
		return pgerr.New(pgerr.WrongObjectType, "cannot change inheritance of a partition")
	case child.Key != nil:
		return pgerr.New(pgerr.WrongObjectType, "cannot change inheritance of partitioned table")
	}
	p, err := x.inheritedTable(ctx, rv)
	if err != nil {
		return err
	}
	r := x.Txn.Newest()
	parentTemp, temp := r.Temporary(p.Schema), r.Temporary(child.Schema)
	switch {
	case parentTemp && !temp:
		return pgerr.New(pgerr.WrongObjectType, "cannot inherit from temporary relation %q", p.Name)
	case p.Key != nil:
		return pgerr.New(pgerr.WrongObjectType, "cannot inherit from partitioned table %q", p.Name)
	case p.Bound != nil:
		return pgerr.New(pgerr.WrongObjectType, "cannot inherit from a partition")
	case slices.Contains(child.Parents, p.OID):
		return pgerr.New(pgerr.DuplicateTable, "relation %q would be inherited from more than once", p.Name)
	case p.OID == child.OID || slices.ContainsFunc(r.Descendants(child), func(t *catalog.Table) bool { return t.OID == p.OID }):
		return errCircular(p, child)
	}
	t := next(child)
	t.Parents = append(slices.Clone(t.Parents), p.OID)
	if err := x.mergeInto(p, t); err != nil {
		return err
	}
	return x.update(ctx, child, t)
}

func errCircular(p, child *catalog.Table) error {
	return pgerr.New(pgerr.DuplicateTable, "circular inheritance not allowed").WithDetail("%q is already a child of %q.", p.Name, child.Name)
}

// mergeInto makes t, which is not published yet, a child of p: it has all columns and CHECK constraints of p.
func (x *Executor) mergeInto(p, t *catalog.Table) error {
	for _, c := range p.Columns {
		own, o, ok := t.Column(c.Name)
		if !ok {
			return pgerr.New(pgerr.DatatypeMismatch, "child table is missing column %q", c.Name)
		}
		switch {
		case own.Type != c.Type:
			return pgerr.New(pgerr.DatatypeMismatch, "child table %q has different type for column %q", t.Name, c.Name)
		case own.Collation != c.Collation:
			return pgerr.New(pgerr.CollationMismatch, "child table %q has different collation for column %q", t.Name, c.Name)
		case c.NotNull && !own.NotNull:
			return pgerr.New(pgerr.DatatypeMismatch, "column %q in child table must be marked NOT NULL", c.Name)
		case c.Generated != 0 && own.Generated == 0:
			return pgerr.New(pgerr.DatatypeMismatch, "column %q in child table must be a generated column", c.Name)
		}
		n := changeColumn(t, o)
		n.Inherited++
		if p.Key != nil {
			n.NotLocal = true
		}
	}
	for _, k := range p.Checks {
		if k.NoInherit {
			continue
		}
		i := slices.IndexFunc(t.Checks, func(o *catalog.Check) bool { return o.Name == k.Name })
		if i < 0 {
			return pgerr.New(pgerr.DatatypeMismatch, "child table is missing constraint %q", k.Name)
		}
		switch own := t.Checks[i]; {
		case own.Expr != k.Expr:
			return pgerr.New(pgerr.DatatypeMismatch, "child table %q has different definition for check constraint %q", t.Name, k.Name)
		case own.NoInherit:
			return pgerr.New(pgerr.InvalidObjectDefinition, "constraint %q conflicts with non-inherited constraint on child table %q", k.Name, t.Name)
		case own.NotValid:
			return pgerr.New(pgerr.InvalidObjectDefinition, "constraint %q conflicts with NOT VALID constraint on child table %q", k.Name, t.Name)
		}
		n := *t.Checks[i]
		n.Inherited++
		if p.Key != nil {
			n.NotLocal = true
		}
		t.Checks = slices.Clone(t.Checks)
		t.Checks[i] = &n
	}
	return nil
}

// dropInherit is ALTER TABLE … NO INHERIT.
func (x *Executor) dropInherit(ctx context.Context, child *catalog.Table, cmd *ast.AlterTableCmd) error {
	rv, ok := cmd.Def.(*ast.RangeVar)
	if !ok {
		return pgerr.FeatureNotSupported("this form of NO INHERIT")
	}
	if child.Bound != nil {
		return pgerr.New(pgerr.WrongObjectType, "cannot change inheritance of a partition")
	}
	rel, err := x.lookup(rv)
	if err != nil {
		return err
	}
	p, ok := rel.(*catalog.Table)
	if !ok || !slices.Contains(child.Parents, p.OID) {
		return pgerr.New(pgerr.UndefinedTable, "relation %q is not a parent of relation %q", rel.RelName(), child.Name)
	}
	t := next(child)
	unmerge(p, t)
	return x.update(ctx, child, t)
}

// unmerge makes t, which is not published yet, no child of p any more.
func unmerge(p, t *catalog.Table) {
	t.Parents = slices.DeleteFunc(slices.Clone(t.Parents), func(o types.OID) bool { return o == p.OID })
	for _, c := range p.Columns {
		if _, o, ok := t.Column(c.Name); ok {
			disinherit(&changeColumn(t, o).Inheritance)
		}
	}
	t.Checks = slices.Clone(t.Checks)
	for _, k := range p.Checks {
		for i, own := range t.Checks {
			if own.Name == k.Name && own.Inherited > 0 {
				n := *own
				disinherit(&n.Inheritance)
				t.Checks[i] = &n
			}
		}
	}
}

// disinherit takes away one parent that has a column or constraint; without any it is the table's own.
func disinherit(i *catalog.Inheritance) {
	if i.Inherited > 0 {
		i.Inherited--
	}
	if i.Inherited == 0 {
		i.NotLocal = false
	}
}
