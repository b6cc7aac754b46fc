package builtins

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// CatalogFunctions is implemented by an expr.Env that has the code of functions which need the catalog (format_type,
// pg_get_indexdef, pg_table_is_visible …). Such functions resolve here like all others, and their calls are passed on.
type CatalogFunctions interface {
	// CatalogFunction is a function with Scalar or Set, by its OID in pg_proc; ok is false if there is none.
	CatalogFunction(oid types.OID) (fn *expr.Func, ok bool)
}

// passOn makes the code of a function that this package has none for: it asks the session at each call, and answers 0A000 if
// that has none either.
func passOn(f *expr.Func) {
	find := func(c *expr.Ctx) (*expr.Func, error) {
		if cf, ok := c.Env.(CatalogFunctions); ok {
			if g, ok := cf.CatalogFunction(f.OID); ok {
				return g, nil
			}
		}
		return nil, pgerr.FeatureNotSupported("function " + f.Name)
	}
	if f.RetSet || f.OutTypes != nil {
		f.Set = func(c *expr.Ctx, args []types.Datum) (expr.RowSource, error) {
			g, err := find(c)
			if err != nil {
				return nil, err
			}
			if g.Set == nil {
				return nil, pgerr.FeatureNotSupported("function " + f.Name)
			}
			return g.Set(c, args)
		}
	}
	if !f.RetSet {
		f.Scalar = func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
			g, err := find(c)
			if err != nil {
				return types.Null, err
			}
			if g.Scalar == nil {
				return types.Null, pgerr.FeatureNotSupported("function " + f.Name)
			}
			return g.Scalar(c, args)
		}
	}
}

// HasCode reports whether this package itself has the code of p.
func HasCode(p *Proc) bool {
	if p.Kind == 'a' {
		return p.Agg != nil
	}
	_, ok := codesBySource()[p.Src]
	return ok || ioCode(p) != nil
}
