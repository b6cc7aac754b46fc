package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Transform binds what ALTER COLUMN … TYPE makes of column ord of a table, over the columns of Row(t): the USING expression n, or the column
// itself if n is nil, converted to the new type as an assignment would.
func Transform(t *catalog.Table, ord int, n ast.Expr, to types.T, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	s := newScope(nil)
	s.addEntry(b.tableEntry(t, nil))
	s.kind = kindTransform
	column := t.Columns[ord].Name
	x, pos := ast.Expr(&ast.ColumnRef{Names: []string{column}, Pos: -1}), -1
	if n != nil {
		x, pos = n, ast.Location(n)
	}
	e, ok := b.coerceTo(b.expr(s, x), to, builtins.Assignment, pos)
	if !ok {
		name := b.typeName(to.OID)
		if n != nil {
			return nil, pgerr.New(pgerr.DatatypeMismatch, "result of USING clause for column %q cannot be cast automatically to type %s", column, name).
				WithHint("You might need to add an explicit cast.")
		}
		e := pgerr.New(pgerr.DatatypeMismatch, "column %q cannot be cast automatically to type %s", column, name)
		if t.Columns[ord].Generated != 0 {
			return nil, e
		}
		return nil, e.WithHint("You might need to specify \"USING %s::%s\".", expr.QuoteIdent(column), types.FormatTypeMod(to.OID, to.Mod))
	}
	b.checkParams()
	return e, nil
}
