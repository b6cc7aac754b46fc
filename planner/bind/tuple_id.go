package bind

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
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
	if s.changed(e) || e.scan == nil || e.table.Virtual != nil || e.table.HasPrimaryKey() {
		b.unsupported("system column \"ctid\" of such a table", pos)
	}
	return &expr.Call{Fn: tidOf, Args: []expr.Expr{b.rowKey(s, e, pos)}, T: types.Of(types.TIDOID)}
}

// changed reports whether e is the table whose new (or deleted) row RETURNING shows.
func (s *scope) changed(e *entry) bool {
	return s.returns != 0 && s.kind == kindReturning && s.entries[0] == e
}

// RowWriters is what the system column xmin asks of the environment.
type RowWriters interface {
	// RowWriter is the number of the transaction that wrote a row; without a key, of the present one.
	RowWriter(table types.OID, key string) (uint32, error)
}

// writerOf is the number of the transaction that wrote a row: (table, key of the row). It is not only stable: once a row is locked it goes by
// the newest state.
var writerOf = &expr.Func{Name: "xmin", Args: []types.OID{types.OIDOID, types.ByteaOID}, Ret: types.XIDOID, Volatility: expr.Volatile, Strict: true,
	Kind: 'f', Scalar: func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
		src, ok := c.Env.(RowWriters)
		if !ok {
			return types.Null, pgerr.FeatureNotSupported("system column \"xmin\"")
		}
		xid, err := src.RowWriter(types.OID(args[0].Int()), args[1].Str())
		return types.NewInt(int64(xid)), err
	}}

// writer is the system column xmin.
func (b *binder) writer(s *scope, e *entry, pos int) expr.Expr {
	t := types.Of(types.XIDOID)
	var table expr.Expr = &expr.Const{T: types.Of(types.OIDOID), D: types.NewInt(int64(e.table.OID))}
	switch {
	case s.changed(e) && s.returns == catalog.OnInsert && e.table.Key != nil:
		b.fail(pgerr.CodeFeatureNotSupported, pos, "cannot retrieve a system column in this context")
	case s.changed(e) && s.returns != catalog.OnDelete:
		b.effects = true
		return &expr.Call{Fn: writerOf, Args: []expr.Expr{table, &expr.Const{T: types.Of(types.ByteaOID), D: types.NewStr("")}}, T: t}
	case s.changed(e) || e.scan == nil || e.table.Virtual != nil:
		b.unsupported("system column \"xmin\" of such a table", pos)
	case e.scan.Inherit:
		table = b.tableOID(s, e, pos)
	}
	b.effects = true // a number may have to be given to this transaction
	return &expr.Call{Fn: writerOf, Args: []expr.Expr{table, b.rowKey(s, e, pos)}, T: t}
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
