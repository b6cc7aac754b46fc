package ddl

import (
	"context"
	"slices"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/accessmethod"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/catalog/reloption"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func (x *Executor) createIndex(ctx context.Context, s *ast.IndexStmt) error {
	t, ix, err := x.defineIndex(ctx, s)
	if err != nil || ix == nil {
		return err
	}
	if ix.Building {
		x.Left(t.OID, ix.OID)
		return nil
	}
	if ix.Partitioned {
		before := next(t)
		before.Indexes = slices.DeleteFunc(slices.Clone(t.Indexes), func(o *catalog.Index) bool { return o == ix })
		return x.spreadNewIndexes(ctx, before, t, s.Relation.Only)
	}
	return x.BuildIndexes(ctx, t, ix.ID)
}

// defineIndex adds an index without entries to its table, Building if it is to be made concurrently. The index is nil if there is one of
// that name and the statement is content with it.
func (x *Executor) defineIndex(ctx context.Context, s *ast.IndexStmt) (*catalog.Table, *catalog.Index, error) {
	if s.TablespaceName != "" && s.TablespaceName != "pg_default" {
		return nil, nil, pgerr.New(pgerr.UndefinedObject, "tablespace %q does not exist", s.TablespaceName)
	}
	method, err := accessmethod.Of(s)
	if err != nil {
		return nil, nil, err
	}
	rel, err := x.lockRelation(ctx, s.Relation)
	if err != nil {
		return nil, nil, err
	}
	old, ok := rel.(*catalog.Table)
	if !ok {
		return nil, nil, errIndexOn(rel)
	}
	if s.Name != "" {
		if _, ok := x.Txn.Newest().Relation(old.Schema, s.Name); ok {
			if s.IfNotExists {
				x.notice(pgerr.Notice(pgerr.DuplicateTable, "relation %q already exists, skipping", s.Name))
				return nil, nil, nil
			}
			return nil, nil, errRelationExists(s.Name)
		}
	}
	t := next(old)
	ix := &catalog.Index{ID: t.NextIndex, Name: s.Name, Table: t.OID, Schema: t.Schema, Unique: s.Unique, NullsNotDistinct: s.NullsNotDistinct}
	t.NextIndex++
	if method.Name != "btree" {
		ix.Method = method.Name
	}
	if ix.Options, err = reloption.Index(method.Name, s.Options); err != nil {
		return nil, nil, err
	}
	if err := x.indexColumns(ix, method, t, s); err != nil {
		return nil, nil, err
	}
	if ix.Name == "" {
		ix.Name = catalog.ChooseName(t.Name, columnsLabel(t, ix), "idx", x.relationTaken(t.Schema))
	}
	if ix.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return nil, nil, err
	}
	if err := partition.CheckUnique(t, ix); err != nil {
		return nil, nil, err
	}
	if t.Key != nil && s.Concurrent {
		return nil, nil, pgerr.New(pgerr.CodeFeatureNotSupported, "cannot create index on partitioned table %q concurrently", t.Name)
	}
	ix.Building = s.Concurrent && x.Left != nil
	ix.Partitioned = t.Key != nil
	ix.Invalid = ix.Partitioned && s.Relation.Only && x.Txn.Newest().HasChildren(t.OID)
	t.Indexes = append(slices.Clone(t.Indexes), ix)
	return t, ix, x.update(ctx, old, t)
}

func errIndexOn(rel catalog.Relation) error {
	kind := map[catalog.RelKind]string{catalog.RelView: "views", catalog.RelMatView: "materialized views", catalog.RelSequence: "sequences", catalog.RelIndex: "indexes"}[rel.RelKind()]
	return pgerr.New(pgerr.WrongObjectType, "cannot create index on relation %q", rel.RelName()).
		WithDetail("This operation is not supported for %s.", kind)
}

// indexColumns reads the key columns, INCLUDE and the predicate.
func (x *Executor) indexColumns(ix *catalog.Index, method accessmethod.Method, t *catalog.Table, s *ast.IndexStmt) error {
	for _, e := range s.Params {
		ic := catalog.IndexColumn{Desc: e.Dir == ast.SortDesc}
		typ, err := x.indexKey(ix, &ic, t, e)
		if err != nil {
			return err
		}
		if ic.Collation, err = x.keyCollation(e.Collation, typ); err != nil {
			return err
		}
		if ic.OpClass, err = pgcatalog.KeyClass(x.Txn.Newest(), method.Name, e.OpClass, typ, x.typeWord); err != nil {
			return err
		}
		if err := x.checkKey(typ, method.Name, ic.OpClass); err != nil {
			return err
		}
		if err := method.Column(e); err != nil {
			return err
		}
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
		if e.Expr != nil {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "expressions are not supported in included columns")
		}
		c, err := indexedColumn(t, e.Name)
		if err != nil {
			return err
		}
		ix.Include = append(ix.Include, c.ID)
	}
	if s.Where == nil {
		return nil
	}
	p, err := x.Bind.IndexExpr(s.Where, t, true)
	if err != nil {
		return err
	}
	ix.Predicate = p.Text
	ix.Reads = union(ix.Reads, p.Reads)
	return nil
}

// indexKey makes a key column of a column or an expression.
func (x *Executor) indexKey(ix *catalog.Index, ic *catalog.IndexColumn, t *catalog.Table, e *ast.IndexElem) (types.T, error) {
	if e.Expr == nil {
		c, err := indexedColumn(t, e.Name)
		if err != nil {
			return types.T{}, err
		}
		ic.Column = c.ID
		return c.Type, nil
	}
	k, err := x.Bind.IndexExpr(e.Expr, t, false)
	if err != nil {
		return types.T{}, err
	}
	if k.Column != 0 {
		ic.Column = k.Column
		return k.Type, nil
	}
	if k.Type.OID == types.RecordOID {
		return types.T{}, pgerr.New(pgerr.InvalidTableDefinition, "column %q has pseudo-type record", k.Name)
	}
	ic.Expr, ic.Name, ic.Type = k.Text, x.keyName(ix, k.Name), k.Type
	ix.Reads = union(ix.Reads, k.Reads)
	return k.Type, nil
}

// keyName makes the name of an expression column unique within its index.
func (x *Executor) keyName(ix *catalog.Index, name string) string {
	for n, base := 1, name; ; n++ {
		taken := slices.ContainsFunc(ix.Columns, func(k catalog.IndexColumn) bool { return k.Column == 0 && k.Name == name })
		if !taken {
			return name
		}
		name = catalog.ClipName(base, catalog.NameMax-len(strconv.Itoa(n))) + strconv.Itoa(n)
	}
}

func indexedColumn(t *catalog.Table, name string) (*catalog.Column, error) {
	c, _, ok := t.Column(name)
	if ok {
		return c, nil
	}
	if checkColumnName(name) != nil {
		return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "index creation on system columns is not supported")
	}
	return nil, pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", name)
}

func union(ids, more []catalog.ColumnID) []catalog.ColumnID {
	for _, id := range more {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// bindIndexes binds the expressions of t's indexes again, after a column that they may name has another type.
func (x *Executor) bindIndexes(t *catalog.Table) error {
	t.Indexes = slices.Clone(t.Indexes)
	for i, old := range t.Indexes {
		if len(old.Reads) == 0 {
			continue
		}
		ix := *old
		ix.Columns = slices.Clone(ix.Columns)
		for k := range ix.Columns {
			if ix.Columns[k].Column != 0 {
				continue
			}
			e, err := x.rebind(ix.Columns[k].Expr, t, false)
			if err != nil {
				return err
			}
			if err := x.checkKey(e.Type, ix.MethodName(), ix.Columns[k].OpClass); err != nil {
				return err
			}
			ix.Columns[k].Expr, ix.Columns[k].Type = e.Text, e.Type
		}
		if ix.Predicate != "" {
			e, err := x.rebind(ix.Predicate, t, true)
			if err != nil {
				return err
			}
			ix.Predicate = e.Text
		}
		t.Indexes[i] = &ix
	}
	return nil
}

func (x *Executor) rebind(text string, t *catalog.Table, predicate bool) (IndexExpr, error) {
	e, err := parser.ParseExpr(text)
	if err != nil {
		return IndexExpr{}, err
	}
	return x.Bind.IndexExpr(e, t, predicate)
}
