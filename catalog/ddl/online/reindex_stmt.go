package online

import (
	"context"
	"fmt"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Client is what REINDEX asks of the session.
type Client interface {
	Chain
	// Alone refuses a statement that needs transactions of its own inside of another's.
	Alone(statement string) error
	// Database is the one the session is connected to, TempSchema its temporary schema, "" for none.
	Database() string
	TempSchema() string
}

// reindexer is a REINDEX that runs.
type reindexer struct {
	Client
	x                     *ddl.Executor // of the running transaction
	concurrently, verbose bool
}

// Run is REINDEX. One index or table is done in the running transaction, that of x; schemas, databases and partitioned relations in one
// for each table.
func Run(ctx context.Context, x *ddl.Executor, c Client, s *ast.ReindexStmt) error {
	r := &reindexer{Client: c, x: x}
	if err := r.options(s); err != nil {
		return err
	}
	if r.concurrently {
		if err := c.Alone("REINDEX CONCURRENTLY"); err != nil {
			return err
		}
	}
	switch s.Kind {
	case ast.ReindexIndex:
		return r.index(ctx, s)
	case ast.ReindexTable:
		return r.table(ctx, s)
	case ast.ReindexSchema:
		return r.schema(ctx, s)
	}
	return r.database(ctx, s)
}

func (r *reindexer) reader() *catalog.Reader { return r.x.Txn.Newest() }

func (r *reindexer) lookup(rv *ast.RangeVar) (catalog.Relation, error) {
	if rel, ok := r.reader().Lookup(r.x.SearchPath, rv.Schema, rv.Name); ok {
		return rel, nil
	}
	name := rv.Name
	if rv.Schema != "" {
		if _, ok := r.reader().Schema(rv.Schema); !ok {
			return nil, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", rv.Schema)
		}
		name = rv.Schema + "." + name
	}
	return nil, pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", name)
}

func (r *reindexer) options(x *ast.ReindexStmt) error {
	for _, o := range x.Options {
		switch o.Name {
		case "concurrently", "verbose":
			on, err := o.Bool()
			if err != nil {
				return err
			}
			if o.Name == "verbose" {
				r.verbose = on
			} else {
				r.concurrently = on
			}
		case "tablespace":
			switch name := o.Word(); name {
			case "pg_default":
			case "pg_global":
				return pgerr.New(pgerr.InvalidParameterValue, "only shared relations can be placed in pg_global tablespace")
			default:
				return pgerr.New(pgerr.UndefinedObject, "tablespace %q does not exist", name)
			}
		default:
			return pgerr.New(pgerr.SyntaxError, "unrecognized REINDEX option %q", o.Name).At(r.x.SQL, o.Pos)
		}
	}
	return nil
}

// target is a table, or one index of it.
type target struct{ table, index types.OID }

func (r *reindexer) index(ctx context.Context, x *ast.ReindexStmt) error {
	rel, err := r.lookup(x.Relation)
	if err != nil {
		return err
	}
	ix, ok := rel.(*catalog.Index)
	if !ok {
		return pgerr.New(pgerr.WrongObjectType, "%q is not an index", rel.RelName())
	}
	if err := r.x.MustOwn(rel); err != nil {
		return err
	}
	if !ix.Partitioned {
		_, err = r.one(ctx, target{ix.Table, ix.OID})
		return err
	}
	if err := r.Alone("REINDEX INDEX"); err != nil {
		return r.whileReindexing(err, "index", ix)
	}
	t, _ := r.reader().Table(ix.Table)
	return r.each(ctx, r.parts(t, ix.OID))
}

// whileReindexing adds to an error which partitioned relation it is about.
func (r *reindexer) whileReindexing(err error, kind string, rel catalog.Relation) error {
	if e, ok := pgerr.As(err); ok {
		e.Where = fmt.Sprintf("while reindexing partitioned %s \"%s.%s\"", kind, r.reader().SchemaName(rel.RelSchema()), rel.RelName())
	}
	return err
}

// parts are the indexes of leaves that are parts of an index of a partitioned table.
func (r *reindexer) parts(t *catalog.Table, index types.OID) []target {
	var out []target
	for _, c := range r.reader().Children(t.OID) {
		for _, ix := range c.AllIndexes() {
			switch {
			case ix.Parent != index:
			case ix.Partitioned:
				out = append(out, r.parts(c, ix.OID)...)
			default:
				out = append(out, target{c.OID, ix.OID})
			}
		}
	}
	return out
}

func (r *reindexer) table(ctx context.Context, x *ast.ReindexStmt) error {
	rel, err := r.lookup(x.Relation)
	if err != nil {
		return err
	}
	t, ok := rel.(*catalog.Table)
	if !ok {
		return pgerr.New(pgerr.WrongObjectType, "%q is not a table or materialized view", rel.RelName())
	}
	if err := r.x.MustOwn(rel); err != nil {
		return err
	}
	if t.Virtual != nil {
		if r.concurrently {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot reindex system catalogs concurrently")
		}
		return nil // nothing of it is stored
	}
	if t.Key != nil {
		if err := r.Alone("REINDEX TABLE"); err != nil {
			return r.whileReindexing(err, "table", t)
		}
		var leaves []target
		for _, d := range r.reader().Descendants(t) {
			if d.Key == nil {
				leaves = append(leaves, target{table: d.OID})
			}
		}
		return r.each(ctx, leaves)
	}
	done, err := r.one(ctx, target{table: t.OID})
	if err == nil && !done {
		what := "to reindex"
		if r.concurrently {
			what = "that can be reindexed concurrently"
		}
		r.x.Notice(pgerr.Notice(pgerr.SuccessfulCompletion, "table %q has no indexes %s", t.Name, what))
	}
	return err
}

func (r *reindexer) schema(ctx context.Context, x *ast.ReindexStmt) error {
	if err := r.Alone("REINDEX SCHEMA"); err != nil {
		return err
	}
	sc, ok := r.reader().Schema(x.Name)
	if !ok {
		return pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", x.Name)
	}
	if err := r.x.MustOwn(sc); err != nil {
		return err
	}
	if r.concurrently && sc.OID == catalog.PGCatalogOID {
		r.warnCatalogs()
	}
	return r.all(ctx, func(t *catalog.Table) bool { return t.Schema == sc.OID })
}

func (r *reindexer) warnCatalogs() {
	r.x.Notice(pgerr.Warning(pgerr.CodeFeatureNotSupported, "cannot reindex system catalogs concurrently, skipping all"))
}

func (r *reindexer) database(ctx context.Context, x *ast.ReindexStmt) error {
	name := "REINDEX DATABASE"
	if x.Kind == ast.ReindexSystem {
		name = "REINDEX SYSTEM"
	}
	if err := r.Alone(name); err != nil {
		return err
	}
	if x.Kind == ast.ReindexSystem && r.concurrently {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot reindex system catalogs concurrently")
	}
	if x.Name != "" && x.Name != r.Database() {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "can only reindex the currently open database")
	}
	if db, ok := r.reader().DatabaseByOID(catalog.DatabaseOID); ok {
		if err := r.x.MustOwn(db); err != nil {
			return err
		}
	}
	if x.Kind == ast.ReindexSystem {
		return nil // nothing of the system catalogs is stored as tables with indexes
	}
	if r.concurrently {
		r.warnCatalogs()
	}
	return r.all(ctx, func(*catalog.Table) bool { return true })
}

// all rebuilds the indexes of the tables that are wanted, except temporary ones of others.
func (r *reindexer) all(ctx context.Context, wanted func(*catalog.Table) bool) error {
	var list []target
	for t := range r.reader().Tables() {
		if t.Virtual != nil || t.Key != nil || !wanted(t) {
			continue
		}
		name := r.reader().SchemaName(t.Schema)
		if r.reader().Temporary(t.Schema) && name != r.TempSchema() {
			continue
		}
		list = append(list, target{table: t.OID})
	}
	return r.each(ctx, list)
}

// each rebuilds one after the other, in transactions of their own.
func (r *reindexer) each(ctx context.Context, list []target) error {
	for _, t := range list {
		var err error
		if r.x, err = r.Next(ctx); err != nil {
			return err
		}
		done, err := r.one(ctx, t)
		if err != nil {
			return err
		}
		if tab, ok := r.reader().Table(t.table); ok && done && t.index == 0 && r.verbose {
			r.x.Notice(info("table \"%s.%s\" was reindexed", r.reader().SchemaName(tab.Schema), tab.Name))
		}
	}
	return nil
}

// one rebuilds a table or an index; done is false if there is nothing to rebuild.
func (r *reindexer) one(ctx context.Context, t target) (done bool, err error) {
	var indexes []*catalog.Index
	tab, ok := r.reader().Table(t.table)
	if r.concurrently && ok && !r.reader().Temporary(tab.Schema) {
		indexes, err = reindexConcurrently(ctx, r.x, r, t.table, t.index)
	} else {
		indexes, err = reindex(ctx, r.x, t.table, t.index)
	}
	if err != nil {
		return false, err
	}
	for _, ix := range indexes {
		if r.verbose {
			r.x.Notice(info("index %q was reindexed", ix.Name))
		}
	}
	return len(indexes) > 0, nil
}

func info(format string, args ...any) *pgerr.Error {
	return pgerr.Notice(pgerr.SuccessfulCompletion, format, args...).WithSeverity(pgerr.SeverityInfo)
}
