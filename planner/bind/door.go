package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind/naming"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Use is the use of an expression over one table's columns.
type Use uint8

// Uses of table expressions.
const (
	UseCheck Use = iota
	UseIndexExpr
	UseIndexPredicate
	UseGenerated
	UseTransform // ALTER COLUMN … TYPE … USING
	UseCopyWhere
	UsePartitionKey
	UseStatistics
)

var useKinds = [...]exprKind{
	UseCheck: kindCheck, UseIndexExpr: kindIndexExpr, UseIndexPredicate: kindIndexPredicate, UseGenerated: kindGenerated,
	UseTransform: kindTransform, UseCopyWhere: kindCopyWhere, UsePartitionKey: kindPartitionKey, UseStatistics: kindStatistics,
}

// Row gives every column of a table an ID, from 1 in the order of Table.Columns: the columns over which TableExpr binds.
func Row(t *catalog.Table) []logical.Column {
	b := newBinder(&Options{})
	return b.tableColumns(t, t.Name)
}

// TableExpr binds an expression over the columns of Row(t): a CHECK, an index expression or predicate, a generation expression. Conditions
// are made boolean. o.SQL is the text for error positions.
func TableExpr(t *catalog.Table, n ast.Expr, use Use, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	s := newScope(nil)
	ent := b.tableEntry(t, nil)
	s.addEntry(ent)
	k := useKinds[use]
	s.kind = k
	e = b.expr(s, n)
	switch use {
	case UseIndexPredicate:
		e = b.coerceBool(e, "WHERE", ast.Location(n))
	case UseCheck, UseCopyWhere:
		e = b.coerceBool(e, kindNames[k], ast.Location(n))
	case UseIndexExpr, UseStatistics:
		e = b.toText(e, ast.Location(n))
	}
	b.checkParams()
	return e, nil
}

// StoredTableExpr is TableExpr for an expression from a descriptor.
func StoredTableExpr(t *catalog.Table, sql string, use Use, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	return b.tableExpr(b.tableEntry(t, nil), sql, useKinds[use]), nil
}

// ColumnDefault binds what column ord of a table gets by default: its DEFAULT, the next value of its identity sequence, or NULL.
func ColumnDefault(t *catalog.Table, ord int, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	return b.defaultOf(t, ord), nil
}

// Checks binds the CHECK constraints of a table over the columns of Row(t).
func Checks(t *catalog.Table, o Options) (cs []logical.Check, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	return b.tableChecks(b.tableEntry(t, nil)), nil
}

// StatisticsExprs binds the expressions of a table's statistics objects over the columns of Row(t), by object.
func StatisticsExprs(t *catalog.Table, o Options) (es [][]expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	return b.tableEntry(t, nil).scan.Statistics, nil
}

// IndexExprs binds the expressions of a table's indexes (catalog.Table.IndexExprs) over the columns of Row(t).
func IndexExprs(t *catalog.Table, o Options) (es []expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	return b.tableEntry(t, nil).scan.IndexExprs, nil
}

// GeneratedColumns binds the generation expressions of a table over the columns of Row(t), by ordinal; nil for other columns.
func GeneratedColumns(t *catalog.Table, o Options) (es []expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	row := vars(b.tableColumns(t, t.Name))
	es = make([]expr.Expr, len(t.Columns))
	for i, c := range t.Columns {
		if c.Generated != 0 {
			es[i] = b.generatedExpr(t, i, row)
		}
	}
	return es, nil
}

// Default binds the DEFAULT of a column that is being defined.
func Default(n ast.Expr, name string, t types.T, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	s := newScope(nil)
	s.kind = kindDefault
	x := b.expr(s, n)
	e, ok := b.coerceTo(x, t, builtins.Assignment, ast.Location(n))
	if !ok {
		return nil, pgerr.New(pgerr.DatatypeMismatch, "column \"%s\" is of type %s but default expression is of type %s", name,
			b.typeName(t.OID), b.typeName(x.Type().OID)).WithHint("You will need to rewrite or cast the expression.")
	}
	b.checkParams()
	return e, nil
}

// Arguments binds the parameters of EXECUTE and converts them to the prepared statement's types.
func Arguments(list []ast.Expr, want []types.T, o Options) (es []expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	s := newScope(nil)
	s.kind = kindExecute
	es = make([]expr.Expr, len(list))
	for i, n := range list {
		pos := ast.Location(n)
		x := b.expr(s, n)
		e, ok := b.coerceTo(x, want[i], builtins.Assignment, pos)
		if !ok {
			b.raise(b.err(pgerr.DatatypeMismatch, pos, "parameter $%d of type %s cannot be coerced to the expected type %s", i+1,
				b.typeName(x.Type().OID), b.typeName(want[i].OID)).WithHint("You will need to rewrite or cast the expression."))
		}
		es[i] = e
	}
	b.checkParams()
	return es, nil
}

// Expression binds an expression that refers to no table; untyped literals become text.
func Expression(n ast.Expr, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	e = b.toText(b.expr(newScope(nil), n), ast.Location(n))
	b.checkParams()
	return e, nil
}

// IndexExprName is the name of the column that an expression makes in an index: "expr" where a select list has "?column?".
func IndexExprName(n ast.Expr) string {
	if name, _ := naming.Of(n); name != "" {
		return name
	}
	return "expr"
}
