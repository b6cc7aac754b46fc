package ddl

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/reloption"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// CreateMatView is CREATE MATERIALIZED VIEW WITH NO DATA: a table of the columns of its query.
func (x *Executor) CreateMatView(ctx context.Context, s *ast.CreateTableAsStmt) error {
	if s.Into.Relation.Persistence == ast.PersistenceUnlogged {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "materialized views cannot be unlogged")
	}
	m := &catalog.MatView{Unpopulated: true}
	var cols []*catalog.Column
	err := x.bindLocked(ctx, func() (reads []types.OID, err error) {
		m.Query, cols, m.DependsOn, err = x.Bind.View(s.Query)
		return m.DependsOn, err
	})
	if err != nil {
		return err
	}
	r := x.Txn.Newest()
	for _, oid := range m.DependsOn {
		if rel, ok := r.RelationByOID(oid); ok && r.Temporary(rel.RelSchema()) {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "materialized views must not use temporary tables or views")
		}
	}
	if len(s.Into.Columns) > len(cols) {
		return pgerr.New(pgerr.SyntaxError, "too many column names were specified")
	}
	schema, err := x.creationSchema(ctx, s.Into.Relation)
	if err != nil {
		return err
	}
	b := &tableBuilder{x: x, tab: &catalog.Table{Schema: schema.OID, Name: s.Into.Relation.Name, Owner: x.Owner, Version: 1,
		NextIndex: catalog.PrimaryIndexID + 1, Primary: &catalog.Index{ID: catalog.PrimaryIndexID, Unique: true, Primary: true}, MatView: m}}
	if b.tab.Options, err = reloption.Parse(s.Into.Options); err != nil {
		return err
	}
	for i, c := range cols {
		if i < len(s.Into.Columns) {
			c.Name = s.Into.Columns[i]
		}
		if _, _, twice := b.tab.Column(c.Name); twice {
			return pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", c.Name)
		}
		if err := checkColumnName(c.Name); err != nil {
			return err
		}
		b.tab.Columns = append(b.tab.Columns, c)
	}
	b.tab.NextColumn = catalog.ColumnID(len(cols) + 1)
	if _, ok := x.Txn.Newest().Relation(schema.OID, b.tab.Name); ok {
		return errRelationExists(b.tab.Name)
	}
	if err := b.identify(ctx); err != nil {
		return err
	}
	return x.create(ctx, b.tab)
}

// bindLocked binds a query and keeps what it reads from being dropped meanwhile.
func (x *Executor) bindLocked(ctx context.Context, bind func() (reads []types.OID, err error)) error {
	reads, err := bind()
	if err != nil {
		return err
	}
	var locks []any
	for _, oid := range reads {
		if rel, ok := x.Txn.Newest().RelationByOID(oid); ok && oid >= catalog.FirstUserOID {
			locks = append(locks, rel)
		}
	}
	if len(locks) == 0 {
		return nil
	}
	if err := x.Txn.Lock(ctx, kv.Shared, locks...); err != nil {
		return err
	}
	_, err = bind()
	return err
}

// LockMatView finds a materialized view for REFRESH, and locks it against changes of its definition.
func (x *Executor) LockMatView(ctx context.Context, s *ast.RefreshMatViewStmt) (*catalog.Table, error) {
	x.mode = lockMode(s)
	rel, err := x.lockRelation(ctx, s.Relation)
	if err != nil {
		return nil, err
	}
	t, ok := rel.(*catalog.Table)
	if !ok || t.MatView == nil {
		return nil, pgerr.New(pgerr.WrongObjectType, "%q is not a materialized view", rel.RelName())
	}
	if s.Concurrent && s.SkipData {
		return nil, pgerr.New(pgerr.SyntaxError, "REFRESH options CONCURRENTLY and WITH NO DATA cannot be used together")
	}
	if s.Concurrent && t.MatView.Unpopulated {
		return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "CONCURRENTLY cannot be used when the materialized view is not populated")
	}
	if s.Concurrent && !hasPlainUniqueIndex(t) {
		return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cannot refresh materialized view %q concurrently",
			x.Txn.Newest().SchemaName(t.Schema)+"."+t.Name).
			WithHint("Create a unique index with no WHERE clause on one or more columns of the materialized view.")
	}
	return t, nil
}

// hasPlainUniqueIndex reports whether some unique index covers all rows and has columns only.
func hasPlainUniqueIndex(t *catalog.Table) bool {
	for _, ix := range t.Indexes {
		plain := ix.Unique && ix.Predicate == "" && !ix.Building && !ix.Invalid
		for _, k := range ix.Columns {
			plain = plain && k.Column != 0
		}
		if plain {
			return true
		}
	}
	return false
}

// EmptyMatView takes the rows of a materialized view away, and says whether it can be read from now on.
func (x *Executor) EmptyMatView(ctx context.Context, t *catalog.Table, populated bool) error {
	if err := x.emptyTables(ctx, []*catalog.Table{t}, false); err != nil {
		return err
	}
	old, ok := x.Txn.Newest().Table(t.OID)
	if !ok || old.MatView.Unpopulated == !populated {
		return nil
	}
	n, m := next(old), *old.MatView
	m.Unpopulated = !populated
	n.MatView = &m
	return x.update(ctx, old, n)
}
