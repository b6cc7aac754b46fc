package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

func (x *Executor) createIndex(ctx context.Context, s *ast.IndexStmt) error {
	if err := unsupportedIndex(s); err != nil {
		return err
	}
	rel, err := x.lockRelation(ctx, s.Relation)
	if err != nil {
		return err
	}
	old, ok := rel.(*catalog.Table)
	if !ok {
		return errIndexOn(rel)
	}
	if s.Name != "" {
		if _, ok := x.Txn.Newest().Relation(old.Schema, s.Name); ok {
			if s.IfNotExists {
				x.notice(pgerr.Notice(pgerr.DuplicateTable, "relation %q already exists, skipping", s.Name))
				return nil
			}
			return errRelationExists(s.Name)
		}
	}
	t := next(old)
	ix := &catalog.Index{ID: t.NextIndex, Name: s.Name, Table: t.OID, Schema: t.Schema, Unique: s.Unique, NullsNotDistinct: s.NullsNotDistinct}
	t.NextIndex++
	if err := x.indexColumns(ix, t, s); err != nil {
		return err
	}
	if ix.Name == "" {
		ix.Name = chooseName(t.Name, columnsLabel(t, ix), "idx", x.relationTaken(t.Schema))
	}
	if ix.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return err
	}
	t.Indexes = append(slices.Clone(t.Indexes), ix)
	if err := x.update(ctx, old, t); err != nil {
		return err
	}
	return x.buildIndexes(ctx, t, ix.ID)
}

func unsupportedIndex(s *ast.IndexStmt) error {
	switch {
	case s.Where != nil:
		return pgerr.FeatureNotSupported("a partial index")
	case s.TablespaceName != "" && s.TablespaceName != "pg_default":
		return pgerr.New(pgerr.UndefinedObject, "tablespace %q does not exist", s.TablespaceName)
	}
	switch s.AccessMethod {
	case "", "btree", "hash": // a hash index answers equality only; ours answers that and more
	case "gin", "gist", "spgist", "brin":
		return pgerr.FeatureNotSupported("access method " + s.AccessMethod)
	default:
		return pgerr.New(pgerr.UndefinedObject, "access method %q does not exist", s.AccessMethod)
	}
	if s.AccessMethod == "hash" && s.Unique {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "access method %q does not support unique indexes", "hash")
	}
	_, err := reloptions(s.Options)
	return err
}

func errIndexOn(rel catalog.Relation) error {
	kind := map[catalog.RelKind]string{catalog.RelView: "views", catalog.RelSequence: "sequences", catalog.RelIndex: "indexes"}[rel.RelKind()]
	return pgerr.New(pgerr.WrongObjectType, "cannot create index on relation %q", rel.RelName()).
		WithDetail("This operation is not supported for %s.", kind)
}

// indexColumns reads the key columns and INCLUDE.
func (x *Executor) indexColumns(ix *catalog.Index, t *catalog.Table, s *ast.IndexStmt) error {
	column := func(e *ast.IndexElem) (*catalog.Column, error) {
		if e.Expr != nil {
			return nil, pgerr.FeatureNotSupported("an index on an expression")
		}
		c, _, ok := t.Column(e.Name)
		if !ok {
			if checkColumnName(e.Name) != nil {
				return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "index creation on system columns is not supported")
			}
			return nil, pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", e.Name)
		}
		return c, nil
	}
	for _, e := range s.Params {
		c, err := column(e)
		if err != nil {
			return err
		}
		if err := rowenc.CheckKey(c.Type); err != nil {
			return err
		}
		ic := catalog.IndexColumn{Column: c.ID, Desc: e.Dir == ast.SortDesc}
		ic.NullsFirst = ic.Desc
		switch e.Nulls {
		case ast.NullsFirst:
			ic.NullsFirst = true
		case ast.NullsLast:
			ic.NullsFirst = false
		}
		ix.Columns = append(ix.Columns, ic)
	}
	for _, e := range s.Including {
		c, err := column(e)
		if err != nil {
			return err
		}
		ix.Include = append(ix.Include, c.ID)
	}
	return nil
}
