package ddl

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func (x *Executor) createView(ctx context.Context, s *ast.ViewStmt) error {
	if s.CheckOption != ast.ViewCheckNone {
		return pgerr.FeatureNotSupported("WITH CHECK OPTION")
	}
	v := &catalog.View{Name: s.View.Name, Owner: x.Owner, Version: 1}
	var err error
	if v.Options, err = reloptions(s.Options); err != nil {
		return err
	}
	if err := x.viewQuery(ctx, v, s); err != nil {
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

// viewQuery binds the query and keeps what it reads from being dropped meanwhile.
func (x *Executor) viewQuery(ctx context.Context, v *catalog.View, s *ast.ViewStmt) error {
	bind := func() (err error) {
		v.Query, v.Columns, v.DependsOn, err = x.Bind.View(s.Query)
		return err
	}
	if err := bind(); err != nil {
		return err
	}
	var locks []any
	for _, oid := range v.DependsOn {
		if rel, ok := x.Txn.Newest().RelationByOID(oid); ok && oid >= catalog.FirstUserOID {
			locks = append(locks, rel)
		}
	}
	if len(locks) > 0 {
		if err := x.Txn.Lock(ctx, kv.Shared, locks...); err != nil {
			return err
		}
		if err := bind(); err != nil {
			return err
		}
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
	v.Triggers = old.Triggers
	v.OID, v.TypeOID, v.Version, v.Owner, v.Comment = old.OID, old.TypeOID, old.Version+1, old.Owner, old.Comment
	return x.update(ctx, old, v)
}
