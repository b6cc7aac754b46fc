package bind

import (
	"slices"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// CursorSource is what an expr.Env has that knows the rows that cursors are on.
type CursorSource interface {
	// OnRow reports whether a cursor is on a row of a table: the one that a statement names as target, table where the row is.
	OnRow(cursor string, target, table types.OID, key string) (bool, error)
}

// currentOfFunc tells whether a cursor is on a row: (cursor, target of the statement, table of the row, key of the row).
var currentOfFunc = &expr.Func{Name: "current_of", Args: []types.OID{types.TextOID, types.OIDOID, types.OIDOID, types.ByteaOID},
	Ret: types.BoolOID, Volatility: expr.Stable, Strict: true, Kind: 'f',
	Scalar: func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
		src, ok := c.Env.(CursorSource)
		if !ok {
			return types.Null, pgerr.New(pgerr.InvalidCursorName, "cursor %q does not exist", args[0].Str())
		}
		on, err := src.OnRow(args[0].Str(), types.OID(args[1].Int()), types.OID(args[2].Int()), args[3].Str())
		return types.NewBool(on), err
	}}

// currentOf binds WHERE CURRENT OF. The name of a variable of type refcursor stands for its value.
func (b *binder) currentOf(s *scope, n *ast.CurrentOf) expr.Expr {
	e := s.ns[0].e
	if e.scan == nil {
		b.fail(pgerr.CodeFeatureNotSupported, -1, "WHERE CURRENT OF on a view is not implemented")
	}
	var cursor expr.Expr = &expr.Const{T: types.Of(types.TextOID), D: types.NewStr(n.Cursor)}
	if v := b.variable(&ast.ColumnRef{Names: []string{n.Cursor}, Pos: n.Pos}); v != nil && v.Type().OID == types.RefCursorOID {
		cursor = &expr.Relabel{Arg: v, T: types.Of(types.TextOID)}
	}
	oid := func(o types.OID) expr.Expr { return &expr.Const{T: types.Of(types.OIDOID), D: types.NewInt(int64(o))} }
	table := oid(e.table.OID)
	if e.scan.Inherit {
		table = b.tableOID(s, e, n.Pos)
	}
	return &expr.Call{Fn: currentOfFunc, Args: []expr.Expr{cursor, oid(e.table.OID), table, b.rowKey(s, e, n.Pos)}, T: types.Of(types.BoolOID)}
}

// rowKey is the key of a row of a table in the store.
func (b *binder) rowKey(s *scope, e *entry, pos int) *expr.Var {
	if e.scan.RowID == 0 {
		e.scan.RowID = b.newCol()
		e.cols = append(slices.Clip(e.cols), logical.Column{ID: e.scan.RowID, Name: "ctid", T: types.Of(types.ByteaOID), Rel: e.name,
			Table: e.table.OID, NotNull: true})
		e.hidden++
	}
	b.noteLevel(s.depth)
	v := &expr.Var{ID: e.scan.RowID, T: types.Of(types.ByteaOID), Name: "ctid"}
	b.refs = append(b.refs, varRef{v, pos})
	return v
}

// rowKeyOf binds the key of a row of the relation that a cursor's query calls by this name.
func (b *binder) rowKeyOf(s *scope, n *ast.RowKey) expr.Expr {
	for i := range s.ns {
		if e := s.ns[i].e; s.ns[i].rel && e.name == n.Relation && e.kind == entryTable && e.scan != nil && e.table.Virtual == nil {
			return b.rowKey(s, e, -1)
		}
	}
	b.fail(pgerr.WrongObjectType, -1, "\"%s\" is not a table", n.Relation)
	return nil
}
