package bind

import (
	"slices"

	"github.com/lightsql/lightsql/planner/bind/choose"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// aExpr binds the operator expressions.
func (b *binder) aExpr(s *scope, n *ast.AExpr) expr.Expr {
	if len(n.OpSchema) > 0 && n.OpSchema[len(n.OpSchema)-1] != "pg_catalog" {
		if _, ok := b.o.Reader.Schema(n.OpSchema[len(n.OpSchema)-1]); !ok {
			b.fail(pgerr.InvalidSchemaName, n.Pos, "schema \"%s\" does not exist", joinNames(n.OpSchema))
		}
	}
	switch n.Kind {
	case ast.AExprOp:
		return b.operator(s, n)
	case ast.AExprLike, ast.AExprILike, ast.AExprSimilar:
		return b.plainOperator(s, n)
	case ast.AExprOpAny, ast.AExprOpAll:
		l, r := b.expr(s, n.Left), b.expr(s, n.Right)
		return b.namedArrayOp(nameOf(n), n.Kind == ast.AExprOpAll, l, r, ast.Location(n.Left), ast.Location(n.Right), n.Pos)
	case ast.AExprDistinct, ast.AExprNotDistinct:
		return b.distinctFrom(s, n)
	case ast.AExprNullIf:
		return b.nullIf(s, n)
	case ast.AExprIn:
		return b.inList(s, n)
	}
	return b.between(s, n)
}

// operator binds "l op r" and "op r"; two rows are compared field by field.
func (b *binder) operator(s *scope, n *ast.AExpr) expr.Expr {
	lrow, ok := n.Left.(*ast.RowExpr)
	if !ok {
		return b.plainOperator(s, n)
	}
	switch r := n.Right.(type) {
	case *ast.RowExpr:
		ls, lp := b.rowElems(s, lrow)
		rs, rp := b.rowElems(s, r)
		return b.compareRows(n.Op, ls, rs, lp, rp, n.Pos)
	case *ast.SubLink:
		if r.Kind == ast.SubLinkExpr {
			return b.rowSubLink(s, lrow, n.Op, r, n.Pos)
		}
	}
	return b.plainOperator(s, n)
}

func (b *binder) plainOperator(s *scope, n *ast.AExpr) expr.Expr {
	var l expr.Expr
	lpos := -1
	if n.Left != nil {
		l = b.expr(s, n.Left)
		lpos = untypedPos(l, n.Left)
	}
	r := b.expr(s, n.Right)
	return b.makeNamedOp(nameOf(n), l, r, lpos, untypedPos(r, n.Right), n.Pos)
}

// untypedPos is where an untyped literal or parameter is, the only operand whose conversion can fail. For other expressions it would cost
// time that is quadratic in long chains of operators.
func untypedPos(e expr.Expr, n ast.Expr) int {
	if isUnknown(e) {
		return ast.Location(n)
	}
	return -1
}

// opName is an operator as it is written; at is nil for one that a construct implies.
type opName struct {
	schema, name string
	at           *ast.AExpr
}

func nameOf(n *ast.AExpr) opName {
	o := opName{name: n.Op, at: n}
	if k := len(n.OpSchema); k > 0 {
		o.schema = n.OpSchema[k-1]
	}
	return o
}

// makeOp applies the operator that fits the operands' types; l is nil for a prefix operator.
func (b *binder) makeOp(name string, l, r expr.Expr, lpos, rpos, pos int) expr.Expr {
	return b.makeNamedOp(opName{name: name}, l, r, lpos, rpos, pos)
}

func (b *binder) makeNamedOp(op opName, l, r expr.Expr, lpos, rpos, pos int) expr.Expr {
	name := op.name
	lt := types.OID(0)
	rt := r.Type().OID
	if l != nil {
		lt = b.base(l.Type().OID)
	}
	rt = b.base(rt)
	m, err := b.choose().Operator(op.schema, name, lt, rt)
	if err != nil {
		b.check(b.renameTypes(err, op, lt, rt), pos)
	}
	b.noteOperator(op.at, m.Op)
	if l == nil {
		return b.opCall(m.Op, []expr.Expr{b.implicit(r, m.Right, rpos)}, m.Ret, pos)
	}
	args := []expr.Expr{b.implicit(l, m.Left, lpos), b.implicit(r, m.Right, rpos)}
	if b.collations != nil {
		return b.collatedOp(m.Op, args, m.Ret, pos)
	}
	return b.opCall(m.Op, args, m.Ret, pos)
}

// renameTypes names row types of tables in the message of a failed resolution, which package builtins cannot know.
func (b *binder) renameTypes(err error, op opName, lt, rt types.OID) error {
	name := op.name
	if op.schema != "" {
		name = op.schema + "." + name
	}
	e, ok := pgerr.As(err)
	if ok && lt == 0 && e.Code == pgerr.UndefinedFunction {
		e.Hint = "No operator matches the given name and argument type. You might need to add an explicit type cast."
	}
	if !ok || lt < firstUserOID && rt < firstUserOID && lt != types.RecordOID && rt != types.RecordOID || e.Code != pgerr.UndefinedFunction {
		return err
	}
	left := ""
	if lt != 0 {
		left = b.typeName(lt) + " "
	}
	e.Message = "operator does not exist: " + left + name + " " + b.typeName(rt)
	return e
}

func (b *binder) opCall(op *builtins.Operator, args []expr.Expr, ret types.OID, pos int) expr.Expr {
	if op.Fn == nil {
		b.fail(pgerr.UndefinedFunction, pos, "operator is only a shell: %s", op.Name)
	}
	if op.OID >= firstUserOID {
		return b.userOperator(op, args, ret)
	}
	return &expr.Call{Fn: op.Fn, Args: args, T: types.Of(ret), Form: expr.FormOperator, Op: op.Name}
}

// between binds [NOT] BETWEEN [SYMMETRIC].
func (b *binder) between(s *scope, n *ast.AExpr) expr.Expr {
	bounds, _ := n.Right.(*ast.List)
	lo, hi := bounds.Items[0], bounds.Items[1]
	pos, lpos := n.Pos, ast.Location(n.Left)
	// Every comparison binds its operands anew, because an untyped one may become something else in each.
	cmp := func(op string, x ast.Expr) expr.Expr {
		return b.makeOp(op, b.expr(s, n.Left), b.expr(s, x), lpos, ast.Location(x), pos)
	}
	inside := func(lo, hi ast.Expr) expr.Expr {
		return &expr.And{Args: []expr.Expr{cmp(">=", lo), cmp("<=", hi)}}
	}
	outside := func(lo, hi ast.Expr) expr.Expr {
		return &expr.Or{Args: []expr.Expr{cmp("<", lo), cmp(">", hi)}}
	}
	switch n.Kind {
	case ast.AExprBetween:
		return inside(lo, hi)
	case ast.AExprNotBetween:
		return outside(lo, hi)
	case ast.AExprBetweenSym:
		return &expr.Or{Args: []expr.Expr{inside(lo, hi), inside(hi, lo)}}
	}
	return &expr.And{Args: []expr.Expr{outside(lo, hi), outside(hi, lo)}}
}

// distinctFrom binds IS [NOT] DISTINCT FROM.
func (b *binder) distinctFrom(s *scope, n *ast.AExpr) expr.Expr {
	not := n.Kind == ast.AExprNotDistinct
	lrow, lok := n.Left.(*ast.RowExpr)
	rrow, rok := n.Right.(*ast.RowExpr)
	if lok && rok {
		ls, lp := b.rowElems(s, lrow)
		rs, rp := b.rowElems(s, rrow)
		if len(ls) != len(rs) {
			b.fail(pgerr.SyntaxError, n.Pos, "unequal number of entries in row expressions")
		}
		var args []expr.Expr
		for i := range ls {
			args = append(args, b.makeDistinct(ls[i], rs[i], not, lp[i], rp[i], n.Pos))
		}
		if not {
			return expr.Conjunction(args)
		}
		return disjunction(args)
	}
	l, r := b.expr(s, n.Left), b.expr(s, n.Right)
	switch {
	case isNullConst(r):
		return &expr.IsNull{Arg: l, Not: !not}
	case isNullConst(l):
		return &expr.IsNull{Arg: r, Not: !not}
	}
	return b.makeDistinct(l, r, not, ast.Location(n.Left), ast.Location(n.Right), n.Pos)
}

func disjunction(es []expr.Expr) expr.Expr {
	if len(es) == 1 {
		return es[0]
	}
	return &expr.Or{Args: es}
}

func (b *binder) makeDistinct(l, r expr.Expr, not bool, lpos, rpos, pos int) expr.Expr {
	c := b.boolOp("=", l, r, lpos, rpos, pos, "IS DISTINCT FROM")
	return &expr.Distinct{Eq: c.Fn, L: c.Args[0], R: c.Args[1], Not: not}
}

// boolOp is makeOp for a construct that needs a boolean operator.
func (b *binder) boolOp(name string, l, r expr.Expr, lpos, rpos, pos int, what string) *expr.Call {
	c, ok := b.makeOp(name, l, r, lpos, rpos, pos).(*expr.Call)
	if !ok || c.T.OID != types.BoolOID {
		b.fail(pgerr.DatatypeMismatch, pos, "%s requires %s operator to yield boolean", what, name)
	}
	return c
}

func (b *binder) nullIf(s *scope, n *ast.AExpr) expr.Expr {
	l, r := b.expr(s, n.Left), b.expr(s, n.Right)
	c := b.boolOp("=", l, r, ast.Location(n.Left), ast.Location(n.Right), n.Pos, "NULLIF")
	return &expr.NullIf{Eq: c.Fn, L: c.Args[0], CmpL: c.Args[0], CmpR: c.Args[1], T: c.Args[0].Type()}
}

// inList binds [NOT] IN (list): what does not depend on columns becomes an array, the rest comparisons.
func (b *binder) inList(s *scope, n *ast.AExpr) expr.Expr {
	list, _ := n.Right.(*ast.List)
	not := n.Op == "<>"
	if lrow, ok := n.Left.(*ast.RowExpr); ok {
		return b.rowInList(s, lrow, list, not, n)
	}
	l, lpos := b.expr(s, n.Left), ast.Location(n.Left)
	items, poss := b.exprs(s, list.Items)
	var consts, rest []int
	for i, e := range items {
		if expr.HasColumns(e) || hasSubquery(e) {
			rest = append(rest, i)
		} else {
			consts = append(consts, i)
		}
	}
	var terms []expr.Expr
	if len(consts) > 1 {
		if e := b.inArray(n, l, lpos, items, poss, consts); e != nil {
			terms = append(terms, e)
			consts = nil
		}
	}
	rest = append(rest, consts...)
	slices.Sort(rest)
	for k, i := range rest {
		left := l
		if k > 0 || len(terms) > 0 {
			left = b.again(s, n.Left, l)
		}
		e := b.makeOp(n.Op, left, items[i], lpos, poss[i], n.Pos)
		terms = append(terms, b.coerceBool(e, "IN", poss[i]))
	}
	if not {
		return expr.Conjunction(terms)
	}
	return disjunction(terms)
}

// again binds an operand a second time if the first use may have decided its type.
func (b *binder) again(s *scope, n ast.Expr, e expr.Expr) expr.Expr {
	if isUnknown(e) {
		return b.expr(s, n)
	}
	return e
}

func hasSubquery(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(x expr.Expr) bool {
		if _, ok := x.(*expr.Subquery); ok {
			found = true
		}
		return !found
	})
	return found
}

// inArray is the array form of IN over the items with the given indexes, nil if they have no common type.
func (b *binder) inArray(n *ast.AExpr, l expr.Expr, lpos int, items []expr.Expr, poss []int, which []int) expr.Expr {
	all := make([]expr.Expr, 1, len(which)+1)
	all[0] = l
	for _, i := range which {
		all = append(all, items[i])
	}
	t := b.commonType(all, nil, "")
	if t == 0 || t == types.RecordOID || types.ArrayOf(t) == 0 {
		return nil
	}
	for _, e := range all {
		if !b.canCoerce(e.Type().OID, t, builtins.Implicit) {
			return nil
		}
	}
	arr := &expr.Array{T: types.Of(types.ArrayOf(t)), Elems: make([]expr.Expr, len(which))}
	for k, i := range which {
		arr.Elems[k] = b.coerce(items[i], t, -1, builtins.Implicit, poss[i])
	}
	return b.arrayOp(n.Op, n.Op == "<>", l, foldArray(arr), lpos, poss[which[0]], n.Pos)
}

func (b *binder) arrayOp(name string, all bool, l, r expr.Expr, lpos, rpos, pos int) expr.Expr {
	return b.namedArrayOp(opName{name: name}, all, l, r, lpos, rpos, pos)
}

// namedArrayOp is "l op ANY (array)" or ALL (make_scalar_array_op).
func (b *binder) namedArrayOp(op opName, all bool, l, r expr.Expr, lpos, rpos, pos int) expr.Expr {
	name := op.name
	lt, rt := l.Type().OID, r.Type().OID
	elem := types.OID(types.UnknownOID)
	if rt != types.UnknownOID {
		if elem = types.ElemOf(rt); elem == 0 {
			b.fail(pgerr.WrongObjectType, pos, "op ANY/ALL (array) requires array on right side")
		}
	}
	m, err := b.choose().Operator(op.schema, name, lt, elem)
	b.check(err, pos)
	b.noteOperator(op.at, m.Op)
	if m.Ret != types.BoolOID {
		b.fail(pgerr.WrongObjectType, pos, "op ANY/ALL (array) requires operator to yield boolean")
	}
	if m.Fn.RetSet {
		b.fail(pgerr.WrongObjectType, pos, "op ANY/ALL (array) requires operator not to return a set")
	}
	arr := types.ArrayOf(m.Right)
	if arr == 0 {
		b.fail(pgerr.UndefinedObject, pos, "could not find array type for data type %s", b.typeName(m.Right))
	}
	if name != "=" && name != "<>" {
		b.refuseLocale(name+" ANY", pos, l, r)
	}
	if m.Op.Fn == nil {
		b.fail(pgerr.UndefinedFunction, pos, "operator is only a shell: %s", m.Op.Name)
	}
	if m.Op.OID >= firstUserOID {
		call, _ := b.userOperator(m.Op, nil, m.Ret).(*expr.Call)
		m.Fn, name = call.Fn, call.Op
	}
	return &expr.ScalarArray{Op: m.Fn, OpSym: name, Left: b.implicit(l, m.Left, lpos), Right: b.implicit(r, arr, rpos), All: all}
}

// rowInList binds (a, b) IN ((1, 2), (3, 4)).
func (b *binder) rowInList(s *scope, lrow *ast.RowExpr, list *ast.List, not bool, n *ast.AExpr) expr.Expr {
	var terms []expr.Expr
	for _, item := range list.Items {
		r, ok := item.(*ast.RowExpr)
		if !ok {
			l, lpos := b.expr(s, lrow), lrow.Pos
			terms = append(terms, b.makeOp(n.Op, l, b.expr(s, item), lpos, ast.Location(item), n.Pos))
			continue
		}
		ls, lp := b.rowElems(s, lrow)
		rs, rp := b.rowElems(s, r)
		terms = append(terms, b.compareRows(n.Op, ls, rs, lp, rp, n.Pos))
	}
	if not {
		return expr.Conjunction(terms)
	}
	return disjunction(terms)
}

// compareRows compares two rows (make_row_comparison_op).
func (b *binder) compareRows(op string, ls, rs []expr.Expr, lp, rp []int, pos int) expr.Expr {
	if len(ls) != len(rs) {
		b.fail(pgerr.SyntaxError, pos, "unequal number of entries in row expressions")
	}
	if len(ls) == 0 {
		b.fail(pgerr.CodeFeatureNotSupported, pos, "cannot compare rows of zero length")
	}
	calls := make([]*expr.Call, len(ls))
	terms := make([]expr.Expr, len(ls))
	for i := range ls {
		c, ok := b.makeOp(op, ls[i], rs[i], lp[i], rp[i], pos).(*expr.Call)
		if !ok || c.T.OID != types.BoolOID {
			b.fail(pgerr.DatatypeMismatch, pos, "row comparison operator must yield type boolean, not type %s", b.typeName(c.T.OID))
		}
		calls[i], terms[i] = c, c
	}
	if len(ls) == 1 {
		return terms[0]
	}
	switch op {
	case "=":
		return &expr.And{Args: terms}
	case "<>":
		return &expr.Or{Args: terms}
	case "<", "<=", ">", ">=":
	default:
		b.raise(b.err(pgerr.CodeFeatureNotSupported, pos, "could not determine interpretation of row comparison operator %s", op).
			WithHint("Row comparison operators must be associated with btree operator families."))
	}
	out := &expr.RowCompare{Op: op}
	for i, c := range calls {
		l, r := c.Args[0], c.Args[1]
		out.Ls, out.Rs = append(out.Ls, l), append(out.Rs, r)
		out.Lt = append(out.Lt, b.boolOp("<", l, r, lp[i], rp[i], pos, "row comparison").Fn)
		out.Eq = append(out.Eq, b.boolOp("=", l, r, lp[i], rp[i], pos, "row comparison").Fn)
	}
	return out
}

// needOrdering refuses types without an order.
func (b *binder) needOrdering(t types.OID, pos int) {
	if b.hasOperator("<", t) {
		return
	}
	b.raise(b.err(pgerr.UndefinedFunction, pos, "could not identify an ordering operator for type %s", b.typeName(t)).
		WithHint("Use an explicit ordering operator or modify the query."))
}

// needEquality refuses types without equality.
func (b *binder) needEquality(t types.OID, pos int) {
	if !b.hasOperator("=", t) {
		b.fail(pgerr.UndefinedFunction, pos, "could not identify an equality operator for type %s", b.typeName(t))
	}
}

// hasOperator is hasOperator, for base types of CREATE TYPE too.
func (b *binder) hasOperator(name string, t types.OID) bool {
	if e := types.ElemOf(t); e != 0 {
		return b.hasOperator(name, e)
	}
	if t = b.base(t); types.IsUserBase(t) {
		return b.baseTypeFits(name, t)
	}
	return hasOperator(name, t)
}

// hasOperator reports whether a type has the comparison operator of that name that sorting and grouping use.
func hasOperator(name string, t types.OID) bool {
	switch t {
	case types.Int4OID, types.Int8OID, types.TextOID, types.VarcharOID, types.NumericOID, types.DateOID, types.TimestampOID, types.BoolOID:
		return true
	case types.JSONOID, types.XMLOID, types.PointOID, types.UnknownOID:
		return t == types.UnknownOID
	}
	if e := types.ElemOf(t); e != 0 {
		return hasOperator(name, e)
	}
	if types.Category(t) == 'U' || types.Category(t) == 'C' || t == types.RecordOID {
		if _, ok := types.Info(t); !ok || t == types.RecordOID {
			return true
		}
	}
	_, err := choose.Operator(name, t, t)
	return err == nil
}

// hashable reports whether PostgreSQL can hash values of a type, which some operations need there.
func hashable(t types.OID) bool {
	if e := types.ElemOf(t); types.IsArray(t) && e != 0 {
		return hashable(e)
	}
	switch t {
	case types.MoneyOID, types.BitOID, types.VarbitOID, types.TSVectorOID:
		return false
	}
	return hasOperator("=", t)
}
