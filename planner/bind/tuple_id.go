package bind

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind/system"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// tupleID is the system column ctid. A table with a primary key has no numbers for its rows, so it has none.
func (b *binder) tupleID(s *scope, e *entry, pos int) expr.Expr {
	if s.changed(e) || e.scan == nil || e.table.Virtual != nil || e.table.HasPrimaryKey() {
		b.unsupported("system column \"ctid\" of such a table", pos)
	}
	return &expr.Call{Fn: system.TID, Args: []expr.Expr{b.rowKey(s, e, pos)}, T: types.Of(types.TIDOID)}
}

// changed reports whether e is the table whose new (or deleted) row RETURNING shows.
func (s *scope) changed(e *entry) bool {
	return s.returns != 0 && s.kind == kindReturning && s.entries[0] == e
}

// writer is the system column xmin.
func (b *binder) writer(s *scope, e *entry, pos int) expr.Expr {
	t := types.Of(types.XIDOID)
	var table expr.Expr = &expr.Const{T: types.Of(types.OIDOID), D: types.NewInt(int64(e.table.OID))}
	switch {
	case s.changed(e) && s.returns == catalog.OnInsert && e.table.Key != nil:
		b.fail(pgerr.CodeFeatureNotSupported, -1, "cannot retrieve a system column in this context")
	case s.changed(e) && s.returns != catalog.OnDelete:
		b.effects = true
		return &expr.Call{Fn: system.Writer, Args: []expr.Expr{table, &expr.Const{T: types.Of(types.ByteaOID), D: types.NewStr("")}}, T: t}
	case s.changed(e) || e.scan == nil || e.table.Virtual != nil:
		b.unsupported("system column \"xmin\" of such a table", pos)
	case e.scan.Inherit:
		table = b.tableOID(s, e, pos)
	}
	b.effects = true // a number may have to be given to this transaction
	return &expr.Call{Fn: system.Writer, Args: []expr.Expr{table, b.rowKey(s, e, pos)}, T: t}
}

// replacer is the system column xmax of a row that INSERT returns. Of other rows it would tell who has them locked, which the store does not say.
func (b *binder) replacer(s *scope, e *entry, pos int) expr.Expr {
	if e.table.Key != nil {
		b.fail(pgerr.CodeFeatureNotSupported, -1, "cannot retrieve a system column in this context")
	}
	if e.replaced == 0 {
		e.replaced = b.newCol()
		e.cols = append(slices.Clip(e.cols), logical.Column{ID: e.replaced, Name: "replaced", T: types.Of(types.BoolOID)})
		e.hidden++
	}
	b.effects = true
	b.noteLevel(s.depth)
	v := &expr.Var{ID: e.replaced, T: types.Of(types.BoolOID), Name: "replaced"}
	return &expr.Call{Fn: system.Replacer, Args: []expr.Expr{v}, T: types.Of(types.XIDOID)}
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
