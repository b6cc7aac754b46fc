package ddl

import (
	"context"
	"errors"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// typeNames are the parts of a type's name that is written like a relation's.
func typeNames(rv *ast.RangeVar) []string {
	if rv.Schema == "" {
		return []string{rv.Name}
	}
	return []string{rv.Schema, rv.Name}
}

func (x *Executor) lockComposite(ctx context.Context, rv *ast.RangeVar) (*catalog.Type, error) {
	t, err := x.lockType(ctx, typeNames(rv))
	if err != nil {
		return nil, x.errAlterRowType(err, rv)
	}
	if t.Kind != catalog.TypeComposite {
		return nil, pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", rv.Name)
	}
	return t, nil
}

func (x *Executor) errAlterRowType(err error, rv *ast.RangeVar) error {
	if pgerr.CodeOf(err) == pgerr.WrongObjectType {
		return pgerr.New(pgerr.WrongObjectType, "%q is not a composite type", rv.Name)
	}
	return err
}

// alterComposite is ALTER TYPE … ADD, DROP and ALTER ATTRIBUTE. Rows that are stored stay as they are: attributes can be added
// to a type that columns have, and not changed otherwise.
func (x *Executor) alterComposite(ctx context.Context, s *ast.AlterTableStmt) error {
	old, err := x.lockComposite(ctx, s.Relation)
	if err != nil {
		return err
	}
	if err := x.changeType(ctx, old, func(t *catalog.Type) error {
		for _, cmd := range s.Cmds {
			if err := x.alterAttribute(t, cmd); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, cmd := range s.Cmds {
		if err := x.alterTypedTables(ctx, old, cmd); err != nil {
			return err
		}
	}
	return nil
}

func (x *Executor) alterAttribute(t *catalog.Type, cmd *ast.AlterTableCmd) error {
	def, _ := cmd.Def.(*ast.ColumnDef)
	if cmd.Kind == ast.AddColumn {
		for _, c := range t.Columns {
			if c.Name == def.Name {
				return pgerr.New(pgerr.DuplicateColumn, "column %q of relation %q already exists", def.Name, t.Name)
			}
		}
		return x.addAttribute(t, def)
	}
	i := slices.IndexFunc(t.Columns, func(c *catalog.Column) bool { return c.Name == cmd.Name })
	if i < 0 && cmd.MissingOk {
		x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "column %q of relation %q does not exist, skipping", cmd.Name, t.Name))
		return nil
	}
	if i < 0 {
		return pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", cmd.Name, t.Name)
	}
	for _, u := range x.typeUses(t) {
		if u.table != nil {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot alter type %q because column \"%s.%s\" uses it", t.Name, u.table.Name, u.column)
		}
	}
	if cmd.Kind == ast.DropColumn {
		return dropAttribute(t, cmd.Name)
	}
	typ, err := x.Bind.Type(def.Type)
	if err != nil {
		return err
	}
	c := *t.Columns[i]
	c.Type = typ
	t.Columns = slices.Clone(t.Columns)
	t.Columns[i] = &c
	return nil
}

// renameType is ALTER TYPE and ALTER DOMAIN … RENAME TO, RENAME ATTRIBUTE and RENAME CONSTRAINT.
func (x *Executor) renameType(ctx context.Context, s *ast.RenameStmt) error {
	if s.RenameType == ast.ObjectAttribute {
		old, err := x.lockComposite(ctx, s.Relation)
		if err != nil {
			return err
		}
		return x.renameAttribute(ctx, old, s)
	}
	names := s.Object.Names
	if s.Object.Type != nil {
		names = s.Object.Type.Names
	}
	old, err := x.lockType(ctx, names)
	if err != nil {
		return err
	}
	if s.RenameType != ast.ObjectDataType && old.Kind != catalog.TypeDomain {
		return pgerr.New(pgerr.WrongObjectType, "%s is not a domain", x.typeName(old))
	}
	return x.changeType(ctx, old, func(t *catalog.Type) error {
		if s.RenameType != ast.ObjectDomConstraint {
			t.Name = s.NewName
			return nil
		}
		i := slices.IndexFunc(t.Checks, func(c *catalog.Check) bool { return c.Name == s.SubName })
		if i < 0 {
			return pgerr.New(pgerr.UndefinedObject, "constraint %q for domain %s does not exist", s.SubName, x.typeName(t))
		}
		c := *t.Checks[i]
		c.Name = s.NewName
		t.Checks = slices.Clone(t.Checks)
		t.Checks[i] = &c
		return nil
	})
}

// renameAttribute renames a column of a composite type, and of its tables.
func (x *Executor) renameAttribute(ctx context.Context, old *catalog.Type, s *ast.RenameStmt) error {
	if err := x.changeType(ctx, old, func(t *catalog.Type) error { return renameAttribute(t, s) }); err != nil {
		return err
	}
	for _, tab := range x.typedTables(old) {
		if s.Behavior != ast.DropCascade {
			return pgerr.New(pgerr.DependentObjectsStillExist, "cannot alter type %q because it is the type of a typed table", old.Name).
				WithHint("Use ALTER ... CASCADE to alter the typed tables too.")
		}
		if err := x.lockOID(ctx, tab); err != nil {
			return err
		}
		if err := x.renameTyped(ctx, tab.OID, s); err != nil {
			return err
		}
	}
	return nil
}

// renameTyped renames a column of a typed table with that of its type.
func (x *Executor) renameTyped(ctx context.Context, table types.OID, s *ast.RenameStmt) error {
	old, ok := x.Txn.Newest().Table(table)
	if !ok {
		return nil
	}
	t := next(old)
	if _, o, ok := t.Column(s.SubName); ok {
		changeColumn(t, o).Name = s.NewName
	}
	return x.update(ctx, old, t)
}

func renameAttribute(t *catalog.Type, s *ast.RenameStmt) error {
	at := -1
	for i, c := range t.Columns {
		if c.Name == s.NewName {
			return pgerr.New(pgerr.DuplicateColumn, "column %q of relation %q already exists", s.NewName, t.Name)
		}
		if c.Name == s.SubName {
			at = i
		}
	}
	if at < 0 {
		return pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", s.SubName)
	}
	c := *t.Columns[at]
	c.Name = s.NewName
	t.Columns = slices.Clone(t.Columns)
	t.Columns[at] = &c
	return nil
}

// setTypeSchema is ALTER TYPE and ALTER DOMAIN … SET SCHEMA.
func (x *Executor) setTypeSchema(ctx context.Context, s *ast.AlterObjectSchemaStmt) error {
	names := s.Object.Names
	if s.Object.Type != nil {
		names = s.Object.Type.Names
	}
	old, err := x.lockType(ctx, names)
	if err != nil {
		return err
	}
	schema, ok := x.Txn.Newest().Schema(s.NewSchema)
	if !ok {
		return errNoSchema(s.NewSchema)
	}
	err = x.changeType(ctx, old, func(t *catalog.Type) error { t.Schema = schema.OID; return nil })
	if errors.Is(err, catalog.ErrNameTaken) {
		return errTypeExists(old.Name)
	}
	return err
}

func (x *Executor) commentType(ctx context.Context, names []string, text string) error {
	old, err := x.lockType(ctx, names)
	if err != nil {
		return err
	}
	return x.changeType(ctx, old, func(t *catalog.Type) error { t.Comment = text; return nil })
}
