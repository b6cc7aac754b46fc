package server

import (
	"sync"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
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

// functions are those asked for so far, by OID.
var functions sync.Map

// Function is the code of a function of this package, by its OID in pg_proc.
func Function(id types.OID) (*expr.Func, bool) {
	if f, ok := functions.Load(id); ok {
		fn, _ := f.(*expr.Func)
		return fn, fn != nil
	}
	fn := makeFunction(id)
	functions.Store(id, fn)
	return fn, fn != nil
}

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
		return &rowList{rows}, err
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
	r := &types.Record{Type: types.RecordOID, Fields: rows[0], Names: p.Func.OutNames}
	for _, t := range p.Func.OutTypes {
		r.Types = append(r.Types, types.Of(t))
	}
	return types.NewRef(r), nil
}

func newCall(c *expr.Ctx, p *builtins.Proc, args []types.Datum) (*call, error) {
	env, ok := c.Env.(pgcatalog.Env)
	if !ok || env.CatalogSession() == nil || env.CatalogSession().Reader == nil {
		return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "the catalog is not available here")
	}
	return &call{s: env.CatalogSession(), env: env, proc: p, args: args}, nil
}

// rowList is the result of a set-returning function.
type rowList struct{ rows [][]types.Datum }

// Next implements expr.RowSource.
func (l *rowList) Next() ([]types.Datum, bool, error) {
	if len(l.rows) == 0 {
		return nil, false, nil
	}
	row := l.rows[0]
	l.rows = l.rows[1:]
	return row, true, nil
}
