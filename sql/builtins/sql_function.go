package builtins

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// SQLFunctions is implemented by an expr.Env that runs functions written in SQL.
type SQLFunctions interface {
	// CallSQL runs a function that returns one value.
	CallSQL(c *expr.Ctx, call *SQLCall, args []types.Datum) (types.Datum, error)
	// OpenSQL runs a function that returns a set: rows of as many columns as call.Columns.
	OpenSQL(c *expr.Ctx, call *SQLCall, args []types.Datum) (expr.RowSource, error)
}

// SQLCall is one place where a function written in SQL is called. It belongs to one running operator.
type SQLCall struct {
	OID  types.OID
	Name string
	Args []types.T
	Ret  types.T
	// Columns are the types of the columns of a result with several; nil for one value.
	Columns []types.T
	// Names are the names of Columns.
	Names []string
	// State is what the session keeps between calls.
	State any
}

// SQLFunc is the function of a catalog entry p whose code the session runs. columns and names describe a row that it returns.
func SQLFunc(p *Proc, columns []types.T, names []string, defaults []expr.Expr) *expr.Func {
	f := &expr.Func{OID: p.OID, Name: p.Name, Args: p.Args, Ret: p.Ret, Variadic: p.Variadic != 0, Strict: p.Strict, RetSet: p.RetSet,
		Kind: p.Kind, ArgNames: p.inputNames(), Defaults: defaults}
	switch p.Volatile {
	case 's':
		f.Volatility = expr.Stable
	case 'v':
		f.Volatility = expr.Volatile
	}
	f.OutNames = names
	for _, t := range columns {
		f.OutTypes = append(f.OutTypes, t.OID)
	}
	bindSQL(f, columns, names)
	return f
}

// bindSQL makes the code of a function whose rows have columns.
func bindSQL(f *expr.Func, columns []types.T, names []string) {
	f.Bind = func(args []types.T, ret types.T) *expr.Func {
		call := &SQLCall{OID: f.OID, Name: f.Name, Args: args, Ret: ret, Columns: columns, Names: names}
		g := *f
		g.Bind = nil
		if g.RetSet {
			g.Set = func(c *expr.Ctx, args []types.Datum) (expr.RowSource, error) {
				s, err := sqlFunctions(c, f.Name)
				if err != nil {
					return nil, err
				}
				return s.OpenSQL(c, call, args)
			}
			return &g
		}
		g.Scalar = func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
			s, err := sqlFunctions(c, f.Name)
			if err != nil {
				return types.Null, err
			}
			return s.CallSQL(c, call, args)
		}
		return &g
	}
}

func sqlFunctions(c *expr.Ctx, name string) (SQLFunctions, error) {
	if s, ok := c.Env.(SQLFunctions); ok {
		return s, nil
	}
	return nil, pgerr.FeatureNotSupported("function " + name + " outside of a session")
}

// ResolvePolymorphic gives what a pseudo-type of a function's result stands for in a call with these argument types.
func ResolvePolymorphic(actual, declared []types.OID, ret types.OID) (types.OID, error) {
	_, t, err := Resolver{}.resolvePolymorphic(actual, declared, ret)
	return t, err
}
