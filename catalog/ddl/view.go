package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/reloption"
	"github.com/lightsql/lightsql/catalog/updatable"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func (x *Executor) createView(ctx context.Context, s *ast.ViewStmt) error {
	v := &catalog.View{Name: s.View.Name, Owner: x.Owner, Version: 1}
	var err error
	if v.Options, err = reloption.View(s.Options); err != nil {
		return err
	}
	switch s.CheckOption {
	case ast.ViewCheckLocal:
		v.Options = append(v.Options, "check_option=local")
	case ast.ViewCheckCascaded:
		v.Options = append(v.Options, "check_option=cascaded")
	}
	if err := x.viewQuery(ctx, v, s); err != nil {
		return err
	}
	if err := x.checkable(v); err != nil {
		return err
	}
	schema, err := x.creationSchema(ctx, x.viewName(s, v))
	if err != nil {
		return err
	}
	v.Schema = schema.OID
	rel, ok := x.Txn.Newest().Relation(schema.OID, s.View.Name)
	if !ok {
		if v.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
		if v.TypeOID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
		return x.create(ctx, v)
	}
	if !s.Replace {
		return errRelationExists(s.View.Name)
	}
	if _, ok := rel.(*catalog.View); !ok {
		return pgerr.New(pgerr.WrongObjectType, "%q is not a view", s.View.Name)
	}
	return x.replaceView(ctx, s, v)
}

// checkable refuses WITH CHECK OPTION for a view that is not automatically updatable.
func (x *Executor) checkable(v *catalog.View) error {
	if v.CheckOption() == "" {
		return nil
	}
	if reason := updatable.Of(x.Txn.Newest(), v, true).Reason; reason != "" {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "WITH CHECK OPTION is supported only on automatically updatable views").WithHint("%s", reason)
	}
	return nil
}

// viewQuery binds the query and keeps what it reads from being dropped meanwhile.
func (x *Executor) viewQuery(ctx context.Context, v *catalog.View, s *ast.ViewStmt) error {
	err := x.bindLocked(ctx, func() (reads []types.OID, err error) {
		v.Query, v.Columns, v.DependsOn, err = x.Bind.View(s.Query)
		return v.DependsOn, err
	})
	if err != nil {
		return err
	}
	if len(s.Columns) > len(v.Columns) {
		return pgerr.New(pgerr.SyntaxError, "CREATE VIEW specifies more column names than columns")
	}
	seen := map[string]bool{}
	for i, c := range v.Columns {
		if i < len(s.Columns) {
			c.Name = s.Columns[i]
		}
		c.ID = catalog.ColumnID(i + 1)
		if seen[c.Name] {
			return pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

// replaceView is CREATE OR REPLACE VIEW of a view that exists: columns may only be added at the end.
func (x *Executor) replaceView(ctx context.Context, s *ast.ViewStmt, v *catalog.View) error {
	rel, err := x.lockRelation(ctx, &ast.RangeVar{Schema: x.Txn.Newest().SchemaName(v.Schema), Name: v.Name})
	if err != nil {
		return err
	}
	old, ok := rel.(*catalog.View)
	if !ok {
		return pgerr.New(pgerr.WrongObjectType, "%q is not a view", s.View.Name)
	}
	if len(v.Columns) < len(old.Columns) {
		return pgerr.New(pgerr.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i, c := range old.Columns {
		n := v.Columns[i]
		if n.Name != c.Name {
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot change name of view column %q to %q", c.Name, n.Name).
				WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.")
		}
		if n.Type != c.Type {
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot change data type of view column %q from %s to %s", c.Name,
				types.FormatTypeMod(c.Type.OID, c.Type.Mod), types.FormatTypeMod(n.Type.OID, n.Type.Mod))
		}
		n.Comment, n.Default = c.Comment, c.Default
	}
	v.Triggers, v.Rules = old.Triggers, old.Rules
	v.OID, v.TypeOID, v.Version, v.Owner, v.Comment = old.OID, old.TypeOID, old.Version+1, old.Owner, old.Comment
	return x.update(ctx, old, v)
}

// alterView is a command of ALTER VIEW, or of ALTER TABLE for a view.
func (x *Executor) alterView(ctx context.Context, v *catalog.View, s *ast.AlterTableStmt, cmd *ast.AlterTableCmd) error {
	cur, ok := x.Txn.Newest().View(v.OID)
	if !ok {
		return pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", v.Name)
	}
	n := *cur
	n.Version++
	var err error
	switch cmd.Kind {
	case ast.SetRelOptions, ast.ResetRelOptions:
		if defs, ok := cmd.Def.(*ast.DefElems); ok && cmd.Kind == ast.SetRelOptions {
			_, err = reloption.View(defs.Items)
		}
		if err == nil {
			n.Options, err = changedOptions(cur.Options, cmd, reloption.Parse)
		}
		if err == nil {
			err = x.checkable(&n)
		}
	case ast.ColumnDefault:
		err = x.viewDefault(&n, cmd)
	default:
		if err = errTableAction(v, cmd); err == nil {
			err = pgerr.FeatureNotSupported("this form of ALTER " + objectWord(s.ObjType, true))
		}
	}
	if err != nil {
		return err
	}
	return x.update(ctx, cur, &n)
}

// viewDefault gives a column of v, which is not published yet, another default.
func (x *Executor) viewDefault(v *catalog.View, cmd *ast.AlterTableCmd) error {
	_, o, ok := v.Column(cmd.Name)
	if !ok {
		return pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", cmd.Name, v.Name)
	}
	c := *v.Columns[o]
	c.Default = ""
	if e, ok := cmd.Def.(ast.Expr); ok && e != nil {
		text, err := x.Bind.Default(e, c.Name, c.Type)
		if err != nil {
			return unplaced(err)
		}
		c.Default = text
	}
	v.Columns = slices.Clone(v.Columns)
	v.Columns[o] = &c
	return nil
}
