package bind

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// subSelect binds the query of a subquery expression.
func (b *binder) subSelect(s *scope, n *ast.SubLink) *result {
	if msg := s.kind.subqueryError(); msg != "" {
		b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "%s", msg)
	}
	sel, ok := n.Subselect.(*ast.SelectStmt)
	if !ok {
		b.unsupported("a subquery that is not a SELECT", n.Pos)
	}
	if sel.Into != nil {
		b.fail(pgerr.SyntaxError, sel.Into.Relation.Pos, "SELECT ... INTO is not allowed here")
	}
	return b.selectStmt(s, sel, selectOpts{resolveUnknown: true})
}

// subLink binds a subquery in an expression.
func (b *binder) subLink(s *scope, n *ast.SubLink) expr.Expr {
	switch n.Kind {
	case ast.SubLinkExists:
		r := b.subSelect(s, n)
		return &expr.Subquery{Kind: expr.SubqueryExists, Query: r.node, T: types.Of(types.BoolOID)}
	case ast.SubLinkExpr, ast.SubLinkArray:
		return b.scalarSubLink(s, n)
	}
	return b.quantified(s, n)
}

func (b *binder) scalarSubLink(s *scope, n *ast.SubLink) expr.Expr {
	r := b.subSelect(s, n)
	if len(r.cols) != 1 {
		b.fail(pgerr.SyntaxError, n.Pos, "subquery must return only one column")
	}
	t := r.cols[0].T
	if n.Kind == ast.SubLinkExpr {
		return &expr.Subquery{Kind: expr.SubqueryScalar, Query: r.node, T: t}
	}
	arr := types.ArrayOf(t.OID)
	if arr == 0 && types.IsArray(t.OID) {
		arr = t.OID
	}
	if arr == 0 {
		b.fail(pgerr.UndefinedObject, n.Pos, "could not find array type for data type %s", b.typeName(t.OID))
	}
	return &expr.Subquery{Kind: expr.SubqueryArray, Query: r.node, T: types.T{OID: arr, Mod: t.Mod}}
}

// quantified binds IN (SELECT …), op ANY (SELECT …) and op ALL (SELECT …).
func (b *binder) quantified(s *scope, n *ast.SubLink) expr.Expr {
	op := n.Op
	if op == "" {
		op = "="
	}
	// PostgreSQL analyzes the subquery first, then the left side.
	r := b.subSelect(s, n)
	left, lp := b.testRow(s, n.TestExpr)
	kind := expr.SubqueryAny
	if n.Kind == ast.SubLinkAll {
		kind = expr.SubqueryAll
	}
	test := b.rowTest(op, left, lp, r, n.Pos)
	return &expr.Subquery{Kind: kind, Query: r.node, Test: test, Left: left, OpSym: op, T: types.Of(types.BoolOID)}
}

func (b *binder) testRow(s *scope, n ast.Expr) ([]expr.Expr, []int) {
	if row, ok := n.(*ast.RowExpr); ok {
		return b.rowElems(s, row)
	}
	return []expr.Expr{b.expr(s, n)}, []int{ast.Location(n)}
}

// rowTest compares a row with the columns of a subquery.
func (b *binder) rowTest(op string, left []expr.Expr, lp []int, r *result, pos int) expr.Expr {
	if len(left) < len(r.cols) {
		b.fail(pgerr.SyntaxError, pos, "subquery has too many columns")
	}
	if len(left) > len(r.cols) {
		b.fail(pgerr.SyntaxError, pos, "subquery has too few columns")
	}
	right := make([]expr.Expr, len(r.cols))
	rp := make([]int, len(r.cols))
	for i, c := range r.cols {
		right[i], rp[i] = &expr.Var{ID: c.ID, T: c.T, Name: c.Name}, -1
	}
	return b.compareRows(op, left, right, lp, rp, pos)
}

// rowSubLink binds (a, b) op (SELECT x, y) as (SELECT (a, b) op (x, y) FROM …): NULL without a row, an error with several.
func (b *binder) rowSubLink(s *scope, row *ast.RowExpr, op string, n *ast.SubLink, pos int) expr.Expr {
	r := b.subSelect(s, n)
	left, lp := b.rowElems(s, row)
	test := b.rowTest(op, left, lp, r, pos)
	col := logical.Column{ID: b.newCol(), Name: "?column?", T: types.Of(types.BoolOID)}
	p := &logical.Project{Input: r.node, Exprs: []expr.Expr{test}, Cols: []logical.Column{col}}
	return &expr.Subquery{Kind: expr.SubqueryScalar, Query: p, T: col.T}
}
