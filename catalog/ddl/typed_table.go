package ddl

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// rowTypeFor finds the composite type of OF, which no table's row type can be.
func (x *Executor) rowTypeFor(tn *ast.TypeName) (*catalog.Type, error) {
	t, err := x.Bind.Type(tn)
	if err != nil {
		return nil, err
	}
	u, ok := x.Txn.Newest().TypeByOID(t.OID)
	if !ok || u.Kind != catalog.TypeComposite {
		return nil, pgerr.New(pgerr.WrongObjectType, "type %s is not a composite type", x.typeWord(t.OID))
	}
	return u, nil
}

// ofType gives a new table the columns of a composite type.
func (b *tableBuilder) ofType(tn *ast.TypeName) error {
	if tn == nil {
		return nil
	}
	t, err := b.x.rowTypeFor(tn)
	if err != nil {
		return err
	}
	b.tab.OfType = t.OID
	for _, a := range t.Columns {
		c := &catalog.Column{ID: b.tab.NextColumn, Name: a.Name, Type: a.Type, Collation: a.Collation}
		b.tab.NextColumn++
		b.tab.Columns = append(b.tab.Columns, c)
	}
	return nil
}

// typedColumn finds the column of the type that a definition without type adds options to.
func (b *tableBuilder) typedColumn(d *ast.ColumnDef) (*catalog.Column, error) {
	if b.typed == nil {
		b.typed = map[string]bool{}
	}
	if b.typed[d.Name] {
		return nil, pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", d.Name)
	}
	b.typed[d.Name] = true
	c, _, ok := b.tab.Column(d.Name)
	if !ok {
		return nil, pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", d.Name)
	}
	return c, nil
}

// errTyped refuses what would make a typed table another than its type says.
func errTyped(t *catalog.Table, cmd *ast.AlterTableCmd) error {
	if t.OfType == 0 {
		return nil
	}
	what := ""
	switch cmd.Kind {
	case ast.AddColumn:
		what = "add column to typed table"
	case ast.DropColumn:
		what = "drop column from typed table"
	case ast.AlterColumnType:
		what = "alter column type of typed table"
	case ast.AddInherit, ast.DropInherit:
		what = "change inheritance of typed table"
	default:
		return nil
	}
	return pgerr.New(pgerr.WrongObjectType, "cannot %s", what)
}

// addOf is ALTER TABLE OF.
func (x *Executor) addOf(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	tn, _ := cmd.Def.(*ast.TypeName)
	u, err := x.rowTypeFor(tn)
	if err != nil {
		return err
	}
	if len(old.Parents) > 0 {
		return pgerr.New(pgerr.WrongObjectType, "typed tables cannot inherit")
	}
	bad := func(format string, args ...any) error { return pgerr.New(pgerr.DatatypeMismatch, format, args...) }
	for i, a := range u.Columns {
		if i >= len(old.Columns) {
			return bad("table is missing column %q", a.Name)
		}
		c := old.Columns[i]
		switch {
		case c.Name != a.Name:
			return bad("table has column %q where type requires %q", c.Name, a.Name)
		case c.Type != a.Type || c.Collation != a.Collation:
			return bad("table %q has different type for column %q", old.Name, c.Name)
		}
	}
	if len(old.Columns) > len(u.Columns) {
		return bad("table has extra column %q", old.Columns[len(u.Columns)].Name)
	}
	t := next(old)
	t.OfType = u.OID
	return x.update(ctx, old, t)
}

// dropOf is ALTER TABLE NOT OF.
func (x *Executor) dropOf(ctx context.Context, old *catalog.Table) error {
	if old.OfType == 0 {
		return pgerr.New(pgerr.WrongObjectType, "%q is not a typed table", old.Name)
	}
	t := next(old)
	t.OfType = 0
	return x.update(ctx, old, t)
}

// typedTables are the tables of a type, by OID.
func (x *Executor) typedTables(t *catalog.Type) []*catalog.Table {
	var out []*catalog.Table
	for _, rel := range x.typedRelations() {
		if tab, ok := rel.(*catalog.Table); ok && tab.OfType == t.OID {
			out = append(out, tab)
		}
	}
	return out
}

// alterTypedTables does to the tables of a type what ALTER TYPE does to the type.
func (x *Executor) alterTypedTables(ctx context.Context, t *catalog.Type, cmd *ast.AlterTableCmd) error {
	for _, tab := range x.typedTables(t) {
		if cmd.Behavior != ast.DropCascade {
			return pgerr.New(pgerr.DependentObjectsStillExist, "cannot alter type %q because it is the type of a typed table", t.Name).
				WithHint("Use ALTER ... CASCADE to alter the typed tables too.")
		}
		if err := x.lockOID(ctx, tab); err != nil {
			return err
		}
		cur, ok := x.Txn.Newest().Table(tab.OID)
		if !ok {
			continue
		}
		if err := x.alterCommand(ctx, cur, cmd); err != nil {
			return err
		}
	}
	return nil
}
