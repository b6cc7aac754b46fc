package server

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// call is one call of a function.
type call struct {
	s    *catalog.Session
	env  pgcatalog.Env
	proc *builtins.Proc
	args []types.Datum
}

// set computes the rows of a function that returns a set, or the one row of one that returns a record.
type set func(x *call) ([][]types.Datum, error)

// scalar computes a value.
type scalar func(x *call) (types.Datum, error)

var functions = pgcatalog.Cached(makeFunction)

// Function is the code of a function of this package, by its OID in pg_proc.
func Function(id types.OID) (*expr.Func, bool) { return functions(id) }

func makeFunction(id types.OID) *expr.Func {
	p, ok := builtins.ProcByOID(id)
	if !ok || p.Func == nil {
		return nil
	}
	f := *p.Func
	if run, ok := findScalar(p.Src); ok {
		f.Scalar = func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
			x, err := newCall(c, p, args)
			if err != nil {
				return types.Null, err
			}
			return run(x)
		}
		return &f
	}
	run, ok := findSet(p.Src)
	if !ok {
		return nil
	}
	if !p.RetSet {
		f.Scalar = func(c *expr.Ctx, args []types.Datum) (types.Datum, error) { return record(c, p, run, args) }
		return &f
	}
	f.Set = func(c *expr.Ctx, args []types.Datum) (expr.RowSource, error) {
		x, err := newCall(c, p, args)
		if err != nil {
			return nil, err
		}
		rows, err := run(x)
		return &expr.RowList{Rows: rows}, err
	}
	return &f
}

func findScalar(src string) (scalar, bool) {
	if column, ok := backendColumns[src]; ok {
		return func(x *call) (types.Datum, error) { return x.backend(column) }, true
	}
	for _, table := range []map[string]scalar{settingFunctions, fileFunctions, aclFunctions, standbyFunctions, typeFunctions} {
		if run, ok := table[src]; ok {
			return run, true
		}
	}
	return nil, false
}

func findSet(src string) (set, bool) {
	if v, ok := views[src]; ok {
		return func(x *call) ([][]types.Datum, error) { return x.view(v) }, true
	}
	if src == "pg_stat_get_backend_idset" {
		return backendIDs, true
	}
	run, ok := fileSets[src]
	return run, ok
}

// record is the row of a function that returns one.
func record(c *expr.Ctx, p *builtins.Proc, run set, args []types.Datum) (types.Datum, error) {
	x, err := newCall(c, p, args)
	if err != nil {
		return types.Null, err
	}
	rows, err := run(x)
	if err != nil || len(rows) == 0 {
		return types.Null, err
	}
	return p.Func.Record(rows[0]), nil
}

func newCall(c *expr.Ctx, p *builtins.Proc, args []types.Datum) (*call, error) {
	env, err := pgcatalog.EnvOf(c)
	if err != nil {
		return nil, err
	}
	return &call{s: env.CatalogSession(), env: env, proc: p, args: args}, nil
}
