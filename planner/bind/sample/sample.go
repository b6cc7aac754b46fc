package sample

import (
	"math"

	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Known reports whether there is a method of that name.
func Known(name string) bool { return name == "bernoulli" || name == "system" }

// block is what rows that are stored together have in common: the key but for its last byte.
func block(key string) string { return key[:max(len(key)-1, 0)] }

// Func is the condition of a method: function(key bytea, percent float4, seed float8, table oid). Without REPEATABLE the seed is another
// one for each statement, and the argument tells scans of the same statement apart.
func Func(name string, repeatable bool) *expr.Func {
	system := name == "system"
	f := &expr.Func{Name: name, Args: []types.OID{types.ByteaOID, types.Float4OID, types.Float8OID, types.OIDOID}, Ret: types.BoolOID,
		Volatility: expr.Immutable, Kind: 'f'}
	if !repeatable {
		f.Volatility = expr.Stable
	}
	f.Scalar = func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		part, err := percent(a[1])
		if err != nil {
			return types.Null, err
		}
		if a[2].IsNull() {
			return types.Null, pgerr.New(pgerr.InvalidTablesampleRepeat, "TABLESAMPLE REPEATABLE parameter cannot be null")
		}
		if a[0].IsNull() { // of the empty side of an outer join
			return types.NewBool(false), nil
		}
		seed := math.Float64bits(a[2].Float())
		if !repeatable && c.Env != nil {
			seed ^= uint64(c.Env.StatementTime().UnixNano())
		}
		seed, _ = builtins.HashExtended(types.OIDOID, a[3], seed)
		key := a[0].Str()
		if system {
			key = block(key)
		}
		h, _ := builtins.HashExtended(types.ByteaOID, types.NewStr(key), seed)
		return types.NewBool(float64(h>>32) < part*(1<<32)), nil
	}
	return f
}

// percent is the part of all rows that a percentage asks for.
func percent(d types.Datum) (float64, error) {
	if d.IsNull() {
		return 0, pgerr.New(pgerr.InvalidTablesampleArgument, "TABLESAMPLE parameter cannot be null")
	}
	p := d.Float()
	if p < 0 || p > 100 || math.IsNaN(p) {
		return 0, pgerr.New(pgerr.InvalidTablesampleArgument, "sample percentage must be between 0 and 100")
	}
	return p / 100, nil
}
