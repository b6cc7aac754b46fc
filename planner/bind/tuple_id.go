package bind

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// tidOf makes a ctid of a hidden row id.
var tidOf = &expr.Func{Name: "ctid", Args: []types.OID{types.ByteaOID}, Ret: types.TIDOID, Volatility: expr.Immutable, Strict: true, Kind: 'f',
	Scalar: func(_ *expr.Ctx, args []types.Datum) (types.Datum, error) {
		n, err := catalog.TID(args[0].Str())
		return types.NewInt(n), err
	}}

// tupleID is the system column ctid. A table with a primary key has no numbers for its rows, so it has none.
func (b *binder) tupleID(s *scope, e *entry, pos int) expr.Expr {
	if e.scan == nil || e.table.Virtual != nil || e.table.HasPrimaryKey() {
		b.unsupported("system column \"ctid\" of such a table", pos)
	}
	return &expr.Call{Fn: tidOf, Args: []expr.Expr{b.rowKey(s, e, pos)}, T: types.Of(types.TIDOID)}
}

// tableOID is the system column tableoid of a scan that reads several tables.
func (b *binder) tableOID(s *scope, e *entry, pos int) expr.Expr {
	if e.scan.TableOID == 0 {
		e.scan.TableOID = b.newCol()
		c := e.scan.TableOIDColumn()
		c.Table = e.table.OID
		e.cols = append(slices.Clip(e.cols), c)
		e.hidden++
	}
	b.noteLevel(s.depth)
	v := &expr.Var{ID: e.scan.TableOID, T: types.Of(types.OIDOID), Name: "tableoid"}
	b.refs = append(b.refs, varRef{v, pos})
	return v
}
