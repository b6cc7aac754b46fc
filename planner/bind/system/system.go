// Package system has the functions behind the system columns ctid, xmin and xmax.
package system

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// TID makes a ctid of a hidden row id.
var TID = &expr.Func{Name: "ctid", Args: []types.OID{types.ByteaOID}, Ret: types.TIDOID, Volatility: expr.Immutable, Strict: true, Kind: 'f',
	Scalar: func(_ *expr.Ctx, args []types.Datum) (types.Datum, error) {
		n, err := catalog.TID(args[0].Str())
		return types.NewInt(n), err
	}}

// RowWriters is what the system column xmin asks of the environment.
type RowWriters interface {
	// RowWriter is the number of the transaction that wrote a row; without a key, of the present one.
	RowWriter(table types.OID, key string) (uint32, error)
}

// Writer is the number of the transaction that wrote a row: (table, key of the row). It is not only stable: once a row is locked it goes by
// the newest state.
var Writer = &expr.Func{Name: "xmin", Args: []types.OID{types.OIDOID, types.ByteaOID}, Ret: types.XIDOID, Volatility: expr.Volatile, Strict: true,
	Kind: 'f', Scalar: func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
		src, ok := c.Env.(RowWriters)
		if !ok {
			return types.Null, pgerr.FeatureNotSupported("system column \"xmin\"")
		}
		xid, err := src.RowWriter(types.OID(args[0].Int()), args[1].Str())
		return types.NewInt(int64(xid)), err
	}}

// Replacer is xmax of a row that INSERT returns: the present transaction if ON CONFLICT DO UPDATE made it of a row, which was locked for that.
var Replacer = &expr.Func{Name: "xmax", Args: []types.OID{types.BoolOID}, Ret: types.XIDOID, Volatility: expr.Volatile, Strict: true, Kind: 'f',
	Scalar: func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
		if !args[0].Bool() {
			return types.NewInt(0), nil
		}
		return Writer.Scalar(c, []types.Datum{types.NewInt(0), types.NewStr("")})
	}}
