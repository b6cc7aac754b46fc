package pgcatalog

import (
	"sync"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Env is what the functions of this package ask of the session, beyond expr.Env.
type Env interface {
	expr.Env
	// CatalogSession is the catalog that the statement sees.
	CatalogSession() *catalog.Session
	// SearchPath is the effective search path, without pg_catalog unless it was named.
	SearchPath() []string
}

// call is one call of a function.
type call struct {
	c    *expr.Ctx
	s    *catalog.Session
	r    *catalog.Reader
	path []string
	args []types.Datum
}

// code computes one row.
type code func(x *call) (types.Datum, error)

// setCode computes the rows of a set-returning function.
type setCode func(x *call) ([][]types.Datum, error)

// Cached finds functions by their OID in pg_proc and remembers what was asked for: make gives nil for those that it does not know.
func Cached(make func(id types.OID) *expr.Func) func(id types.OID) (*expr.Func, bool) {
	var functions sync.Map
	return func(id types.OID) (*expr.Func, bool) {
		f, ok := functions.Load(id)
		if !ok {
			f = make(id)
			functions.Store(id, f)
		}
		fn := f.(*expr.Func)
		return fn, fn != nil
	}
}

var functions = Cached(makeFunction)

// Function is the code of a function that needs the catalog, by its OID in pg_proc.
func Function(id types.OID) (*expr.Func, bool) { return functions(id) }

func makeFunction(id types.OID) *expr.Func {
	p, ok := builtins.ProcByOID(id)
	if !ok {
		return nil
	}
	f := &expr.Func{OID: id, Name: p.Name, Args: p.Args, Ret: p.Ret, Strict: p.Strict, RetSet: p.RetSet, Kind: p.Kind}
	for _, table := range codeTables() {
		if run, ok := table[p.Src]; ok {
			f.Scalar = func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
				x, err := newCall(c, args)
				if err != nil {
					return types.Null, err
				}
				return run(x)
			}
			return f
		}
	}
	if run, ok := setFunctions[p.Src]; ok && !p.RetSet {
		f.OutNames, f.OutTypes = p.Func.OutNames, p.Func.OutTypes
		f.Scalar = func(c *expr.Ctx, args []types.Datum) (types.Datum, error) { return firstRow(c, f, run, args) }
		return f
	}
	if run, ok := setFunctions[p.Src]; ok {
		f.Set = func(c *expr.Ctx, args []types.Datum) (expr.RowSource, error) {
			x, err := newCall(c, args)
			if err != nil {
				return nil, err
			}
			rows, err := run(x)
			return &expr.RowList{Rows: rows}, err
		}
		return f
	}
	return nil
}

// firstRow is the record that a function returns.
func firstRow(c *expr.Ctx, f *expr.Func, run setCode, args []types.Datum) (types.Datum, error) {
	x, err := newCall(c, args)
	if err != nil {
		return types.Null, err
	}
	rows, err := run(x)
	if err != nil || len(rows) == 0 {
		return types.Null, err
	}
	return f.Record(rows[0]), nil
}

func codeTables() []map[string]code {
	return []map[string]code{definitionFunctions, visibilityFunctions, privilegeFunctions, commentFunctions, sizeFunctions, nameFunctions, miscFunctions}
}

// EnvOf is what a call has of the session and its catalog.
func EnvOf(c *expr.Ctx) (Env, error) {
	env, ok := c.Env.(Env)
	if !ok || env.CatalogSession() == nil || env.CatalogSession().Reader == nil {
		return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "the catalog is not available here")
	}
	return env, nil
}

func newCall(c *expr.Ctx, args []types.Datum) (*call, error) {
	env, err := EnvOf(c)
	if err != nil {
		return nil, err
	}
	s := env.CatalogSession()
	return &call{c: c, s: s, r: s.Reader, path: env.SearchPath(), args: args}, nil
}

func (x *call) oid(i int) types.OID { return types.OID(x.args[i].Int()) }
func (x *call) str(i int) string    { return x.args[i].Str() }
func (x *call) isNull(i int) bool   { return x.args[i].IsNull() }

func (x *call) visible(rel catalog.Relation) bool { return x.r.Visible(x.path, rel) }

// shown is how the session sees stored expressions.
func (x *call) shown() shown { return shown{x.r, x.path} }

// relation finds the relation that argument i names by OID.
func (x *call) relation(i int) (catalog.Relation, bool) {
	id := x.oid(i)
	if rel, ok := x.r.RelationByOID(id); ok {
		return rel, true
	}
	for _, t := range x.r.Types() {
		if t.Kind == catalog.TypeComposite && t.Rel == id {
			return t, true
		}
	}
	return nil, false
}
