package bind

import (
	"runtime"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind/collate"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Options is what binding needs to know besides the statement. It is only read.
type Options struct {
	// SQL is the text that positions in the tree refer to; "" gives errors without positions.
	SQL    string
	Reader *catalog.Reader
	// SearchPath lists schemas; pg_catalog is searched first unless the path names it.
	SearchPath []string
	// ParamTypes are the declared types of $1 …; OID 0 means: infer.
	ParamTypes []types.T
	// NoParams refuses parameters (the simple protocol): "there is no parameter $1".
	NoParams bool
	User     string
	Database string
	// Role is the current role if its right to use schemas is to be checked; 0: not, it is a superuser.
	Role types.OID
	// Env is what text input of constants depends on; nil is the defaults.
	Env *types.Env
	// Parse parses the text of a view or stored expression; nil means package parser. A caller may put a cache here.
	Parse func(sql string) (ast.Stmt, error)
	// KeepCasts leaves casts of constants as they are written: what is printed into a descriptor is to read like its source.
	KeepCasts bool
	// OnRelation, if not nil, is told what relation a name of the statement (not of a view in it) stood for.
	OnRelation func(name *ast.RangeVar, rel catalog.Relation)
	// OnKey is told of primary keys (their constraints) without which GROUP BY would be wrong.
	OnKey func(constraint types.OID)
	// OnStar, if not nil, is told what every * of the statement stood for.
	OnStar func(star *ast.ColumnRef, columns []*ast.ColumnRef)
	// OnFunction, if not nil, is told what function of the catalog a call of the statement stood for; n is nil for one in a default.
	OnFunction func(n *ast.FuncCall, f *catalog.Function)
	// OnOperator is the same for operators of the catalog.
	OnOperator func(n *ast.AExpr, o *catalog.Operator)
	// OnCollation is the same for collations of the catalog.
	OnCollation func(n *ast.CollateClause, o *catalog.Collation)
	// Body is set for a statement in the body of an SQL function.
	Body *Body
	// Variables is set for a statement in the body of a function in a procedural language.
	Variables Variables
	// Transitions are the transition tables that its statements may read.
	Transitions []Transition
	// Rewritten says what rules made of statements, those in WITH included.
	Rewritten map[ast.Stmt]*Rewritten
	// Refresh is the materialized view whose query's rows the statement puts into it: there its name stands for the query.
	Refresh types.OID
	// ParseExpr is the same for stored expressions.
	ParseExpr func(sql string) (ast.Expr, error)
}

// Bound is a bound statement.
type Bound struct {
	Root logical.Node
	// Columns of the result; nil: the statement returns no rows.
	Columns []logical.Column
	// Params are the types of $1 …, declared or inferred.
	Params []types.T
	// Kind is the word of the command tag: SELECT, INSERT, UPDATE, DELETE.
	Kind string
	// ReadOnly: it writes and locks nothing and calls no function with effects (nextval, set_config).
	ReadOnly bool
	// EnvDependent: some constant depends on the moment of binding ('now'::timestamptz), so the plan is for this statement
	// only. All plans depend on the catalog's version, the search path, TimeZone, DateStyle and IntervalStyle.
	EnvDependent bool
	// Writes are the tables that the statement modifies or locks rows of.
	Writes []*catalog.Table
	// Refs are the OIDs of the relations that the statement names (views and what they read included), with repetitions.
	Refs []types.OID
	// Access is what it does with them, and Calls the functions of the catalog that it calls.
	Access []logical.Access
	Calls  []types.OID
	// Trees: some table of the statement has partitions or heirs, or is a partition.
	Trees bool
	// Collations are those of Columns, "" where none could be derived; nil: all are the default.
	Collations []string
	// Unpopulated is a materialized view among them that cannot be read; nil: none.
	Unpopulated *catalog.Table
}

// Statement binds a SELECT, INSERT, UPDATE or DELETE. The error is a *pgerr.Error.
func Statement(stmt ast.Stmt, o Options) (bound *Bound, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	root, kind := b.statement(stmt)
	if o.Body != nil && o.Body.Final {
		root = b.bodyResult(root, kind, o.Body)
	}
	b.checkParams()
	bound = &Bound{Root: root, Params: b.params, Kind: kind, ReadOnly: !b.effects, EnvDependent: b.envConst, Writes: b.writes, Refs: b.relRefs,
		Access: b.accesses(), Calls: b.calls, Trees: b.trees, Unpopulated: b.unpopulated}
	if cols := root.Columns(); kind == "SELECT" || len(cols) > 0 {
		bound.Columns = cols
		if bound.Columns == nil {
			bound.Columns = []logical.Column{}
		}
		bound.Collations = b.collationNames(cols)
	}
	return bound, nil
}

// binder holds the state of binding one statement.
type binder struct {
	o   *Options
	sql string // text that positions refer to; "" inside views and stored expressions

	lastCol expr.ColID
	lastCTE int

	params []types.T
	// untyped are the Param nodes that had no type when they were bound and are not coerced yet.
	untyped []untypedParam

	// refs remembers where Vars came from, for errors that are found later.
	refs    []varRef
	refsBuf [6]varRef
	// levels are the aggregate calls whose arguments are being bound, outermost first.
	levels []levelTracker

	// rows are the rows of FROM items that rowBelow computes.
	rows map[expr.ColID]*expr.Row

	// collations are those of columns whose collation is not the default; nil if the statement has none.
	collations collate.Columns

	viewDepth int
	effects   bool
	envConst  bool
	writes    []*catalog.Table
	relRefs   []types.OID
	access    []*logical.Access
	calls     []types.OID
	viewOwner types.OID // of the view whose query is being bound; 0: none
	trees     bool
	// unpopulated is a materialized view without rows that the statement reads.
	unpopulated *catalog.Table

	rule   rule     // the action of a rule that is being bound
	inline *inlined // the function whose body is being bound in place of its call
	// noInline keeps calls of SQL functions as they are written.
	noInline bool
}

type varRef struct {
	v   *expr.Var
	pos int
}

func newBinder(o *Options) *binder {
	b := &binder{o: o, sql: o.SQL, noInline: o.KeepCasts}
	b.refs = b.refsBuf[:0]
	if len(o.ParamTypes) > 0 {
		b.params = make([]types.T, len(o.ParamTypes))
		for i, t := range o.ParamTypes {
			if t.OID == types.UnknownOID {
				t.OID = 0
			}
			b.params[i] = t
		}
	}
	return b
}

// bailout carries an error out of the binder.
type bailout struct{ err error }

func (b *binder) recoverError(err *error) {
	switch r := recover().(type) {
	case nil:
	case bailout:
		*err = r.err
	case runtime.Error:
		panic(r)
	default:
		panic(r)
	}
}

// fail reports an error at a byte offset of the statement, -1 for none.
func (b *binder) fail(code pgerr.Code, pos int, format string, args ...any) {
	panic(bailout{b.err(code, pos, format, args...)})
}

// raise leaves the binder with err.
func (b *binder) raise(err error) { panic(bailout{err}) }

func (b *binder) err(code pgerr.Code, pos int, format string, args ...any) *pgerr.Error {
	return b.at(pgerr.New(code, format, args...), pos)
}

func (b *binder) at(e *pgerr.Error, pos int) *pgerr.Error {
	if b.sql != "" && pos >= 0 {
		e.At(b.sql, pos)
	}
	return e
}

// check raises an error that another package found about the thing at pos.
func (b *binder) check(err error, pos int) {
	if err == nil {
		return
	}
	if e, ok := pgerr.As(err); ok && e.Position == 0 {
		err = b.at(e, pos)
	}
	panic(bailout{err})
}

// unsupported refuses SQL that PostgreSQL knows and this server does not.
func (b *binder) unsupported(feature string, pos int) {
	panic(bailout{b.at(pgerr.FeatureNotSupported(feature), pos)})
}

func (b *binder) newCol() expr.ColID {
	b.lastCol++
	return b.lastCol
}

// statement binds the kinds of statement that have a plan.
func (b *binder) statement(stmt ast.Stmt) (node logical.Node, kind string) {
	b.asRewritten(nil, stmt, func() { node, kind = b.ownStatement(stmt) })
	return node, kind
}

func (b *binder) ownStatement(stmt ast.Stmt) (logical.Node, string) {
	switch n := stmt.(type) {
	case *ast.SelectStmt:
		if n.Into != nil {
			b.unsupported("SELECT INTO in this place", -1)
		}
		r := b.selectStmt(nil, n, selectOpts{resolveUnknown: true})
		return r.node, "SELECT"
	case *ast.InsertStmt:
		return b.insert(nil, n), "INSERT"
	case *ast.UpdateStmt:
		return b.update(nil, n), "UPDATE"
	case *ast.DeleteStmt:
		return b.delete(nil, n), "DELETE"
	case *ast.MergeStmt:
		return b.merge(nil, n), "MERGE"
	}
	b.unsupported("a statement of this kind here", -1)
	return nil, ""
}

// stored runs f with no positions, for expressions and queries that come from the catalog.
func (b *binder) stored(f func()) {
	sql := b.sql
	b.sql = ""
	defer func() { b.sql = sql }()
	f()
}

// parseQuery parses the text of a view.
func (b *binder) parseQuery(sql string) *ast.SelectStmt {
	var stmt ast.Stmt
	var err error
	if b.o.Parse != nil {
		stmt, err = b.o.Parse(sql)
	} else {
		var raw []ast.RawStmt
		if raw, err = parser.Parse(sql); err == nil && len(raw) == 1 {
			stmt = raw[0].Stmt
		}
	}
	b.check(err, -1)
	sel, ok := stmt.(*ast.SelectStmt)
	if !ok {
		b.fail(pgerr.InternalError, -1, "stored query is not a SELECT: %s", sql)
	}
	return sel
}

// parseExpr parses the text of a stored expression.
func (b *binder) parseExpr(sql string) ast.Expr {
	parse := b.o.ParseExpr
	if parse == nil {
		parse = parser.ParseExpr
	}
	e, err := parse(sql)
	b.check(err, -1)
	return e
}
