package address

import (
	"slices"

	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// codes are the functions of this package, by their code in pg_proc. Each gives one row.
var codes = map[string]func(c *Catalog, env pgcatalog.Env, args []types.Datum) ([]types.Datum, error){
	"pg_identify_object": func(c *Catalog, _ pgcatalog.Env, args []types.Datum) ([]types.Datum, error) {
		id, err := c.Identify(address(args))
		return []types.Datum{text(id.Type), text(id.Schema), text(id.Name), text(id.Text)}, err
	},
	"pg_identify_object_as_address": func(c *Catalog, _ pgcatalog.Env, args []types.Datum) ([]types.Datum, error) {
		id, err := c.Identify(address(args))
		if id.Text == "" {
			return []types.Datum{text(id.Type), types.Null, types.Null}, err
		}
		return []types.Datum{text(id.Type), texts(id.Names), texts(id.Args)}, err
	},
	"pg_get_object_address": func(c *Catalog, env pgcatalog.Env, args []types.Datum) ([]types.Datum, error) {
		names, args1 := args[1].Array().Elems, args[2].Array().Elems
		if slices.ContainsFunc(slices.Concat(names, args1), types.Datum.IsNull) {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "name or argument lists may not contain nulls")
		}
		a, err := c.Find(args[0].Str(), words(names), words(args1), func(name string) (types.OID, error) { return env.ResolveReg(types.RegTypeOID, name) })
		return []types.Datum{types.NewInt(int64(a.Class)), types.NewInt(int64(a.Object)), types.NewInt(int64(a.Column))}, err
	},
}

// Function is the code of a function of this package, by its OID in pg_proc.
func Function(id types.OID) (*expr.Func, bool) { return functions(id) }

var functions = pgcatalog.Cached(makeFunction)

func makeFunction(id types.OID) *expr.Func {
	p, ok := builtins.ProcByOID(id)
	if !ok || p.Func == nil {
		return nil
	}
	run, ok := codes[p.Src]
	if !ok {
		return nil
	}
	f := *p.Func
	f.Scalar = func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
		env, err := pgcatalog.EnvOf(c)
		if err != nil {
			return types.Null, err
		}
		row, err := run(&Catalog{Session: env.CatalogSession(), Path: env.SearchPath()}, env, args)
		if err != nil {
			return types.Null, err
		}
		return f.Record(row), nil
	}
	return &f
}

func address(args []types.Datum) Address {
	return Address{Class: types.OID(args[0].Int()), Object: types.OID(args[1].Int()), Column: int(args[2].Int())}
}

// text is NULL for "".
func text(s string) types.Datum {
	if s == "" {
		return types.Null
	}
	return types.NewStr(s)
}

func texts(list []string) types.Datum {
	ds := make([]types.Datum, len(list))
	for i, s := range list {
		ds[i] = types.NewStr(s)
	}
	return types.NewRef(types.NewArray(types.TextOID, ds))
}

func words(ds []types.Datum) []string {
	out := make([]string, len(ds))
	for i, d := range ds {
		out[i] = d.Str()
	}
	return out
}
