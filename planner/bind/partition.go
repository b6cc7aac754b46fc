package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// PartitionKey binds an expression of a partition key over the columns of Row(t).
func PartitionKey(t *catalog.Table, n ast.Expr, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	s := newScope(nil)
	s.addEntry(b.tableEntry(t, nil))
	s.kind = kindPartitionKey
	e = b.toText(b.expr(s, n), ast.Location(n))
	b.checkParams()
	expr.Walk(e, func(x expr.Expr) bool {
		if r, ok := x.(*expr.Row); ok && r.T.OID == t.TypeOID && t.TypeOID != 0 {
			b.fail(pgerr.InvalidObjectDefinition, -1, "partition key expressions cannot contain whole-row references")
		}
		return true
	})
	if expr.VolatilityOf(e) != expr.Immutable {
		b.fail(pgerr.InvalidObjectDefinition, -1, "functions in partition key expression must be marked IMMUTABLE")
	}
	return e, nil
}

// BoundValue binds a value of a partition's bound for a key column.
func BoundValue(n ast.Expr, column string, t types.T, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	s := newScope(nil)
	s.kind = kindPartitionBound
	e, ok := b.coerceTo(b.expr(s, n), t, builtins.Assignment, ast.Location(n))
	if !ok {
		b.fail(pgerr.DatatypeMismatch, ast.Location(n), "specified value cannot be cast to type %s for column \"%s\"", b.typeName(t.OID), column)
	}
	b.checkParams()
	return e, nil
}
