package bind

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind/sample"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// tableSample binds TABLESAMPLE: the scan of the table under a condition on the keys of its rows.
func (b *binder) tableSample(s *scope, n *ast.RangeTableSample) (logical.Node, []nsItem) {
	rv, ok := n.Relation.(*ast.RangeVar)
	var t *catalog.Table
	if ok && (rv.Schema != "" || findCTE(s, rv.Name) == nil) {
		t, ok = b.relation(s, rv).(*catalog.Table)
	}
	if t == nil || !ok || t.Virtual != nil {
		b.fail(pgerr.CodeFeatureNotSupported, rv.Pos, "TABLESAMPLE clause can only be applied to tables and materialized views")
	}
	node, ns := b.tableScan(s, t, rv)
	scan := ns[0].e.scan
	name := n.Method[len(n.Method)-1]
	if !sample.Known(name) || len(n.Method) == 2 && n.Method[0] != "pg_catalog" || len(n.Method) > 2 {
		b.fail(pgerr.UndefinedObject, n.Pos, "tablesample method %s does not exist", strings.Join(n.Method, "."))
	}
	if len(n.Args) != 1 {
		b.fail(pgerr.InvalidTablesampleArgument, n.Pos, "tablesample method %s requires %d argument, not %d", name, 1, len(n.Args))
	}
	old, lateral := s.enter(kindFromFunction), s.lateral
	s.lateral = true
	args := make([]expr.Expr, 4)
	args[1] = b.coerceSpecific(b.expr(s, n.Args[0]), types.Float4OID, "TABLESAMPLE", ast.Location(n.Args[0]))
	if n.Repeatable != nil {
		args[2] = b.coerceSpecific(b.expr(s, n.Repeatable), types.Float8OID, "REPEATABLE", ast.Location(n.Repeatable))
	}
	s.kind, s.lateral = old, lateral
	if scan.RowID == 0 {
		scan.RowID = b.newCol()
	}
	if args[2] == nil {
		args[2] = &expr.Const{T: types.Of(types.Float8OID), D: types.NewFloat(float64(scan.RowID))}
	}
	args[0] = &expr.Var{ID: scan.RowID, T: types.Of(types.ByteaOID), Name: "ctid"}
	args[3] = &expr.Const{T: types.Of(types.OIDOID), D: types.NewInt(int64(t.OID))}
	if scan.Inherit {
		if scan.TableOID == 0 {
			scan.TableOID = b.newCol()
		}
		args[3] = &expr.Var{ID: scan.TableOID, T: types.Of(types.OIDOID), Name: "tableoid"}
	}
	return &logical.Filter{Input: node, Cond: &expr.Call{Fn: sample.Func(name, n.Repeatable != nil), Args: args, T: types.Of(types.BoolOID)}}, ns
}
