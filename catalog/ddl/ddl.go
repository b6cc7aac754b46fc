package ddl

import (
	"context"
	"errors"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Binder resolves names and types in the statement's expressions. Its errors have positions in the statement.
// Text that it returns is SQL printed with every name qualified, fit for a descriptor.
type Binder interface {
	// Type resolves the name of a data type.
	Type(tn *ast.TypeName) (types.T, error)
	// Default checks e as the DEFAULT of a column of type t: no columns, no subqueries, assignable.
	Default(e ast.Expr, column string, t types.T) (text string, err error)
	// Check checks e as a CHECK constraint of t and lists the columns that it names.
	Check(e ast.Expr, t *catalog.Table) (text string, columns []catalog.ColumnID, err error)
	// IndexExpr checks e as a key of an index on t, or as its predicate.
	IndexExpr(e ast.Expr, t *catalog.Table, predicate bool) (IndexExpr, error)
	// StatisticsExpr checks e as an expression of a statistics object on t.
	StatisticsExpr(e ast.Expr, t *catalog.Table) (IndexExpr, error)
	// IndexExprs compiles the expressions of t's indexes: the result is rowenc.IndexExprs.Extend.
	IndexExprs(t *catalog.Table) (func(*rowenc.Rows) (*rowenc.Rows, error), error)
	// View binds the query of a view: its printed text, its columns (Name and Type) and the relations that it names.
	View(query ast.Stmt) (text string, columns []*catalog.Column, dependsOn []types.OID, err error)
	// Rule binds the condition and the actions of a rule of rel, and sets what r keeps of them.
	Rule(rel catalog.Relation, s *ast.RuleStmt, r *catalog.Rule) error
	// Evaluate compiles the text of a default for type t. constant: every call gives the same value.
	Evaluate(text string, t types.T) (value func() (types.Datum, error), constant bool, err error)
	// Condition compiles the text of a CHECK of t: it reports whether a row of b (all columns of t) makes it false.
	Condition(text string, t *catalog.Table) (fails func(b *vec.Batch) (bool, error), err error)
	// Transform compiles what ALTER COLUMN TYPE makes of a column of t, for a batch of all columns of t: e (USING), or the column
	// itself if e is nil, as a value of type to.
	Transform(e ast.Expr, t *catalog.Table, ordinal int, to types.T) (value func(b *vec.Batch) (*vec.Vector, error), err error)
	// Generated checks e as the expression of a generated column of t, the one of that ordinal.
	Generated(e ast.Expr, t *catalog.Table, ordinal int) (text string, err error)
	// GeneratedValue compiles the stored expression of a generated column of t, for batches of all columns of t.
	GeneratedValue(t *catalog.Table, ordinal int) (value func(b *vec.Batch) (*vec.Vector, error), err error)
	// TriggerWhen checks e as the condition of a trigger of a relation with these columns.
	TriggerWhen(e ast.Expr, rel catalog.Relation, cols []*catalog.Column) (TriggerCondition, error)
	// PartitionKey checks e as an expression of a partition key of t: its text, type and columns, and whether it is constant.
	PartitionKey(e ast.Expr, t *catalog.Table) (text string, typ types.T, uses []catalog.ColumnID, constant bool, err error)
	// BoundValue evaluates a value of a partition's bound, for the column of that name and type.
	BoundValue(e ast.Expr, column string, t types.T) (types.Datum, error)
	// KeyValues compiles the partition key of p over the columns of t, which is p or inherits from it.
	KeyValues(p, t *catalog.Table) (func(b *vec.Batch) ([]*vec.Vector, error), error)
	// FunctionBody checks the body of f, whose other fields are set. parsed is the body that is no string, nil if f.Body has it; it is
	// printed into f.SQLBody, and f.DependsOn lists what it names.
	FunctionBody(f *catalog.Function, parsed ast.Stmt) error
	// WithSearchPath is the same binder with another search path: inside CREATE SCHEMA the new schema comes first.
	WithSearchPath(path []string) Binder
}

// IndexExpr is an expression of an index as a descriptor keeps it.
type IndexExpr struct {
	Text string
	Name string // of the column that it makes
	Type types.T
	// Column is the column that a key is, a plain one in parentheses: Text is empty then.
	Column catalog.ColumnID
	Reads  []catalog.ColumnID // the columns that it names
}

// Executor runs one statement.
type Executor struct {
	Txn *catalog.Txn
	// SQL is the text that the statement's positions refer to.
	SQL string
	// SearchPath lists the existing schemas of search_path; new objects go to the first.
	SearchPath []string
	// Temp prepares the session's temporary schema before its first use and says what it is called.
	Temp func(ctx context.Context) (string, error)
	// TempFirst: search_path names pg_temp first, so that new objects are temporary.
	TempFirst bool
	// OnCommit is told of new temporary tables for which COMMIT does something.
	OnCommit func(table types.OID)
	// Owner owns new objects: it is the current role, whose privileges count. SessionRole is the role of the session.
	Owner, SessionRole types.OID
	Bind               Binder
	// Query runs a query on the tables as they are now, the changes of the transaction included.
	Query func(ctx context.Context, sql string) ([][]types.Datum, error)
	// Pending reports whether triggers of a table wait for the end of the transaction.
	Pending func(table types.OID) bool
	// CallTrigger calls a trigger FOR EACH STATEMENT for TRUNCATE.
	CallTrigger func(ctx context.Context, t *catalog.Table, tr *catalog.Trigger) error
	// Notice sends a notice to the client.
	Notice func(*pgerr.Error)
	// Truncated, if set, is told of a table that lost its rows to TRUNCATE.
	Truncated func(table types.OID)
	// Scanned, if set, is told how many rows of a table were read for a statement that reads all of them.
	Scanned func(t *catalog.Table, rows int)

	// Left, if set, makes a statement with CONCURRENTLY do its first step only, and is told of which table what is left to deal with: an
	// index that is to be filled or dropped, a partition that is to be detached (package online).
	Left func(table, object types.OID)

	mode catalog.RelationLock // in which lockOID locks
}

// Run executes a statement and returns its command tag. handled is false for statements of other sorts.
func (x *Executor) Run(ctx context.Context, stmt ast.Stmt) (tag string, handled bool, err error) {
	x.mode = lockMode(stmt)
	switch s := stmt.(type) {
	case *ast.CreateStmt:
		return "CREATE TABLE", true, x.createTable(ctx, s)
	case *ast.CreateEnumStmt:
		return "CREATE TYPE", true, x.createEnum(ctx, s)
	case *ast.CompositeTypeStmt:
		return "CREATE TYPE", true, x.createComposite(ctx, s)
	case *ast.CreateDomainStmt:
		return "CREATE DOMAIN", true, x.createDomain(ctx, s)
	case *ast.AlterEnumStmt:
		return "ALTER TYPE", true, x.alterEnum(ctx, s)
	case *ast.AlterDomainStmt:
		return "ALTER DOMAIN", true, x.alterDomain(ctx, s)
	case *ast.CreateSchemaStmt:
		return "CREATE SCHEMA", true, x.createSchema(ctx, s)
	case *ast.CreateSeqStmt:
		return "CREATE SEQUENCE", true, x.createSequence(ctx, s)
	case *ast.AlterSeqStmt:
		return "ALTER SEQUENCE", true, x.alterSequence(ctx, s)
	case *ast.ViewStmt:
		return "CREATE VIEW", true, x.createView(ctx, s)
	case *ast.RuleStmt:
		return "CREATE RULE", true, x.createRule(ctx, s)
	case *ast.ClusterStmt:
		return "CLUSTER", true, x.cluster(ctx, s)
	case *ast.IndexStmt:
		return "CREATE INDEX", true, x.createIndex(ctx, s)
	case *ast.DropStmt:
		return "DROP " + objectWord(s.RemoveType, true), true, x.drop(ctx, s)
	case *ast.TruncateStmt:
		return "TRUNCATE TABLE", true, x.truncate(ctx, s)
	case *ast.AlterTableStmt:
		return "ALTER " + objectWord(s.ObjType, true), true, x.alterTable(ctx, s)
	case *ast.RenameStmt:
		return "ALTER " + objectWord(renamedType(s), true), true, x.rename(ctx, s)
	case *ast.AlterObjectSchemaStmt:
		return "ALTER " + objectWord(s.ObjectType, true), true, x.setSchema(ctx, s)
	case *ast.CreateTrigStmt:
		return "CREATE TRIGGER", true, x.createTrigger(ctx, s)
	case *ast.CreateFunctionStmt:
		return "CREATE " + map[bool]string{false: "FUNCTION", true: "PROCEDURE"}[s.IsProcedure], true, x.createFunction(ctx, s)
	case *ast.AlterFunctionStmt:
		return "ALTER " + objectWord(s.ObjType, true), true, x.alterFunction(ctx, s)
	case *ast.AlterOwnerStmt:
		return "ALTER " + objectWord(s.ObjectType, true), true, x.ownerStmt(ctx, s)
	case *ast.CommentStmt:
		return "COMMENT", true, x.comment(ctx, s)
	}
	return "", false, nil
}

func (x *Executor) notice(e *pgerr.Error) {
	if x.Notice != nil {
		x.Notice(e)
	}
}

// errRelationExists is the error of a name that is taken.
func errRelationExists(name string) *pgerr.Error {
	return pgerr.New(pgerr.DuplicateTable, "relation %q already exists", name)
}

// create adds a descriptor; a name that was taken meanwhile is PostgreSQL's error.
func (x *Executor) create(ctx context.Context, d any) error { return nameError(x.Txn.Create(ctx, d)) }

// update writes the next version of a descriptor, which is a copy of old with changes.
func (x *Executor) update(ctx context.Context, old, d any) error {
	return nameError(x.Txn.Update(ctx, old, d))
}

func nameError(err error) error {
	var taken *catalog.NameTakenError
	if errors.As(err, &taken) {
		return errRelationExists(taken.Name)
	}
	return err
}

// next is a copy of a table for its next version.
func next(t *catalog.Table) *catalog.Table {
	n := *t
	n.Version++
	return &n
}

// creationSchema finds and locks the schema that a new relation goes to.
func (x *Executor) creationSchema(ctx context.Context, rv *ast.RangeVar) (*catalog.Schema, error) {
	if err := x.checkCatalogName(rv); err != nil {
		return nil, err
	}
	if temp, err := x.temporary(rv); err != nil || temp {
		if err != nil {
			return nil, err
		}
		return x.tempSchema(ctx)
	}
	name := rv.Schema
	if name == "" {
		for _, p := range x.SearchPath {
			if _, ok := x.Txn.Newest().Schema(p); ok && !catalog.IsTempSchema(p) {
				name = p
				break
			}
		}
		if name == "" {
			return nil, pgerr.New(pgerr.InvalidSchemaName, "no schema has been selected to create in").At(x.SQL, rv.Pos)
		}
	}
	s, ok := x.Txn.Newest().Schema(name)
	if !ok {
		return nil, errNoSchema(name).At(x.SQL, rv.Pos)
	}
	if s.OID < catalog.FirstUserOID && s.OID != catalog.PublicOID {
		return nil, pgerr.New(pgerr.InsufficientPrivilege, "permission denied to create %q", s.Name+"."+rv.Name).
			WithDetail("System catalog modifications are currently disallowed.")
	}
	if err := x.need(s, acl.Create); err != nil {
		return nil, pgerrAt(err, x.SQL, rv.Pos)
	}
	if err := x.Txn.Lock(ctx, kv.Shared, s); err != nil {
		return nil, err
	}
	if s, ok = x.Txn.Newest().Schema(name); !ok {
		return nil, errNoSchema(name).At(x.SQL, rv.Pos)
	}
	return s, nil
}

// pgerrAt gives an error a position in the statement.
func pgerrAt(err error, sql string, pos int) error {
	if e, ok := pgerr.As(err); ok {
		return e.At(sql, pos)
	}
	return err
}

func errNoSchema(name string) *pgerr.Error {
	return pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", name)
}

func (x *Executor) checkCatalogName(rv *ast.RangeVar) error {
	if rv.Catalog == "" {
		return nil
	}
	if d, ok := x.Txn.Newest().Database(rv.Catalog); !ok || d.OID != catalog.DatabaseOID {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cross-database references are not implemented: \"%s.%s.%s\"",
			rv.Catalog, rv.Schema, rv.Name).At(x.SQL, rv.Pos)
	}
	return nil
}

// lookup finds a relation in the newest catalog. A missing one is 42P01 (3F000 if the schema is missing).
func (x *Executor) lookup(rv *ast.RangeVar) (catalog.Relation, error) {
	if err := x.checkCatalogName(rv); err != nil {
		return nil, err
	}
	rel, ok := x.Txn.Newest().Lookup(x.SearchPath, rv.Schema, rv.Name)
	if ok {
		return rel, nil
	}
	if rv.Schema != "" {
		if _, ok := x.Txn.Newest().Schema(rv.Schema); !ok {
			return nil, errNoSchema(rv.Schema)
		}
		return nil, pgerr.New(pgerr.UndefinedTable, "relation \"%s.%s\" does not exist", rv.Schema, rv.Name)
	}
	return nil, pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", rv.Name)
}

// relName is the name of a relation for a message: qualified unless the search path finds it.
func (x *Executor) relName(rel catalog.Relation) string {
	r := x.Txn.Newest()
	if r.Visible(x.SearchPath, rel) {
		return quoteIdent(rel.RelName())
	}
	return quoteIdent(r.SchemaName(rel.RelSchema())) + "." + quoteIdent(rel.RelName())
}

// qualified is the name of a relation in a stored text.
func (x *Executor) qualified(schema types.OID, name string) string {
	return quoteIdent(x.Txn.Newest().SchemaName(schema)) + "." + quoteIdent(name)
}
