package bind

import (
	"slices"

	"github.com/lightsql/lightsql/planner/bind/coercion"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// selectOpts says how the result of a SELECT is used.
type selectOpts struct {
	// resolveUnknown makes untyped result columns text. INSERT … SELECT and the sides of a set operation decide themselves.
	resolveUnknown bool
	locks          []lockRequest
	// transparent: the statement is the query of a CTE or a side of a set operation, no subquery for the rules of recursion.
	transparent bool
	// recursive is the CTE that the statement defines, if it may refer to itself.
	recursive *cte
}

// result is a bound SELECT: its plan and output columns, and what is needed to give untyped columns a type later.
type result struct {
	node  logical.Node
	cols  []logical.Column
	exprs []expr.Expr // what the columns are computed from; nil for set operations
	poss  []int
	// outputs are all column lists that describe the output, from the projection to the top.
	outputs [][]logical.Column
	// values are the rows of a VALUES list.
	values [][]expr.Expr
}

// setType changes untyped column i to another type, where it is computed.
func (r *result) setType(i int, e expr.Expr) {
	r.exprs[i] = e
	for _, cols := range r.outputs {
		cols[i].T = e.Type()
	}
}

// selectStmt binds a SELECT, VALUES or set operation whose outer query is parent (nil at the top).
func (b *binder) selectStmt(parent *scope, n *ast.SelectStmt, o selectOpts) *result {
	s := newScope(parent)
	s.transparent = o.transparent
	if n.With == nil {
		return b.selectBody(s, n, o)
	}
	ctes := b.bindWith(s, n.With)
	r := b.selectBody(s, n, o)
	r.node = b.finishWith(ctes, r.node)
	return r
}

func (b *binder) selectBody(s *scope, n *ast.SelectStmt, o selectOpts) *result {
	switch {
	case n.Op != ast.SetOpNone:
		return b.setOperation(s, n, o)
	case n.Values != nil:
		return b.valuesClause(s, n, o)
	}
	return b.plainSelect(s, n, o)
}

// sortItem is an element of ORDER BY, by target.
type sortItem struct {
	target int
	key    expr.SortKey
}

// selectState is what plainSelect has gathered before it stacks the operators.
type selectState struct {
	targets    []target
	where      expr.Expr
	having     expr.Expr
	sort       []sortItem
	groups     []groupItem
	sets       [][]int
	hasSets    bool
	grouped    bool
	distinctOn []int
	limit      expr.Expr
	offset     expr.Expr
}

// plainSelect binds SELECT … FROM …, clause by clause in PostgreSQL's order.
func (b *binder) plainSelect(s *scope, n *ast.SelectStmt, o selectOpts) *result {
	s.rowLocks = b.lockRequests(n, o.locks)
	from := b.selectFrom(s, n)
	if len(n.Window) > 0 {
		b.declareWindows(s, n.Window)
	}
	q := &selectState{}
	q.targets = b.targetList(s, n.TargetList, kindSelect)
	if n.Where != nil {
		q.where = b.clause(s, kindWhere, n.Where, "WHERE")
	}
	if n.Having != nil {
		q.having = b.clause(s, kindHaving, n.Having, "HAVING")
	}
	if len(n.Sort) > 0 {
		b.orderBy(s, q, n.Sort)
	}
	if len(n.GroupBy) > 0 {
		b.groupBy(s, q, n.GroupBy, n.GroupDistinct)
	}
	if n.Distinct {
		b.distinct(s, q, n)
	}
	b.limitClause(s, q, n)
	b.bindWindows(s)
	if o.resolveUnknown {
		for i := range q.targets {
			q.targets[i].e = b.toText(q.targets[i].e, q.targets[i].pos)
		}
	}
	b.checkLocks(s, n, q)
	if s.selfRef && s.hasAggs {
		b.fail(pgerr.InvalidRecursion, s.aggPos, "aggregate functions are not allowed in a recursive query's recursive term")
	}
	return b.stack(s, n, q, from)
}

// stack builds the operators of a SELECT, from FROM upwards.
func (b *binder) stack(s *scope, n *ast.SelectStmt, q *selectState, node logical.Node) *result {
	if q.where != nil {
		node = &logical.Filter{Input: node, Cond: q.where}
	}
	q.grouped = len(n.GroupBy) > 0 || q.having != nil || s.hasAggs
	if q.grouped {
		node = b.aggregate(s, q, node)
	}
	if q.having != nil {
		node = &logical.Filter{Input: node, Cond: q.having}
	}
	if len(s.winItems) > 0 {
		w := &logical.Window{Input: node, Items: s.winItems, Defs: make([]logical.WindowDef, len(s.windows))}
		for i := range s.windows {
			w.Defs[i] = s.windows[i].bound
		}
		node = w
	}
	if b.sortsBeforeSRF(n, q) {
		return b.stackSortFirst(s, n, q, node)
	}
	visible := 0
	for i := range q.targets {
		if !q.targets[i].junk {
			visible++
		}
	}
	targets := append(q.targets, b.lockTargets(s)...)
	node, exprs, cols := b.projection(s, node, targets)
	if n.Distinct && n.DistinctOn == nil {
		node = b.withCollationKeys(targets, &logical.Distinct{Input: node})
		cols = node.Columns()
	}
	if keys := b.sortKeys(q, targets); len(keys) > 0 {
		node = &logical.Sort{Input: node, Keys: keys}
	}
	if q.distinctOn != nil {
		node = b.distinctOnNode(q, targets, node)
	}
	node = b.lockNode(s, node)
	node = b.limitNode(n, q, targets, node)
	return b.output(q, targets, node, exprs, cols, visible)
}

// output drops the junk columns and describes the result.
func (b *binder) output(q *selectState, targets []target, node logical.Node, exprs []expr.Expr, cols []logical.Column, visible int) *result {
	r := &result{node: node, cols: cols, exprs: exprs, outputs: [][]logical.Column{cols}}
	if len(cols) > visible {
		// Visible targets come first in the list and junk ones after them.
		out := make([]logical.Column, visible)
		copy(out, cols)
		vars := make([]expr.Expr, visible)
		for i, c := range out {
			vars[i] = &expr.Var{ID: c.ID, T: c.T, Name: c.Name}
		}
		r.node = &logical.Project{Input: node, Exprs: vars, Cols: out}
		r.cols = out
		r.outputs = append(r.outputs, out)
	}
	r.poss = make([]int, 0, visible)
	for i := range targets {
		if !targets[i].junk {
			r.poss = append(r.poss, targets[i].pos)
		}
	}
	return r
}

func (b *binder) sortKeys(q *selectState, targets []target) []expr.SortKey {
	if len(q.sort) == 0 {
		return nil
	}
	keys := make([]expr.SortKey, 0, len(q.sort))
	for _, it := range q.sort {
		t := &targets[it.target]
		k := it.key
		k.Expr = &expr.Var{ID: t.id, T: t.e.Type(), Name: t.name}
		keys = append(keys, k)
	}
	return keys
}

// sortsBeforeSRF reports whether set-returning calls are computed after the sort, as PostgreSQL does when no sort key needs them: the rows
// that one input row gives then stay together in order. The same goes for volatile calls, which see the rows in the order of the result, and
// with LIMIT only those.
func (b *binder) sortsBeforeSRF(n *ast.SelectStmt, q *selectState) bool {
	if len(n.Sort) == 0 || n.Distinct && q.distinctOn == nil {
		return false
	}
	later := false
	for i := range q.targets {
		isKey := slices.Contains(q.distinctOn, i) || slices.ContainsFunc(q.sort, func(it sortItem) bool { return it.target == i })
		later = later || q.targets[i].srf || !isKey && len(n.Locking) == 0 && expr.VolatilityOf(q.targets[i].e) == expr.Volatile
	}
	if !later {
		return false
	}
	for _, it := range q.sort {
		if q.targets[it.target].srf {
			return false
		}
	}
	return !slices.ContainsFunc(q.distinctOn, func(i int) bool { return q.targets[i].srf })
}

// stackSortFirst is the rest of stack for that case.
func (b *binder) stackSortFirst(s *scope, n *ast.SelectStmt, q *selectState, node logical.Node) *result {
	in := node.Columns()
	pre := make([]target, 0, len(in)+len(q.sort))
	for _, c := range in {
		pre = append(pre, target{e: &expr.Var{ID: c.ID, T: c.T, Name: c.Name}, name: c.Name})
	}
	items := slices.Clone(q.sort)
	for _, i := range q.distinctOn {
		items = append(items, sortItem{target: i})
	}
	at := make([]int, len(items))
	for k, it := range items {
		t := &q.targets[it.target]
		if v, ok := t.e.(*expr.Var); ok && hasColumn(in, v.ID) {
			at[k] = -1
			continue
		}
		at[k] = len(pre)
		pre = append(pre, target{e: t.e, name: t.name})
	}
	node, _, _ = b.projection(s, node, pre)
	keys := make([]expr.SortKey, len(q.sort))
	for k, it := range items {
		t := &q.targets[it.target]
		if at[k] >= 0 {
			t.e = &expr.Var{ID: pre[at[k]].id, T: t.e.Type(), Name: t.name}
		}
		if k < len(keys) {
			keys[k] = it.key
			keys[k].Expr = t.e
		}
	}
	node = &logical.Sort{Input: node, Keys: keys}
	if q.distinctOn != nil {
		d := &logical.Distinct{Input: node}
		for _, i := range q.distinctOn {
			d.On = append(d.On, q.targets[i].e.(*expr.Var).ID)
		}
		node = d
	}
	var targets []target
	for _, t := range q.targets {
		if !t.junk {
			targets = append(targets, t)
		}
	}
	node, exprs, cols := b.projection(s, node, targets)
	node = b.limitNode(n, q, targets, node)
	return b.output(q, targets, node, exprs, cols, len(cols))
}

// limitClause binds LIMIT and OFFSET.
func (b *binder) limitClause(s *scope, q *selectState, n *ast.SelectStmt) {
	q.offset = b.limitExpr(s, n.LimitOffset, kindOffset, n.WithTies)
	q.limit = b.limitExpr(s, n.LimitCount, kindLimit, n.WithTies)
}

func (b *binder) limitExpr(s *scope, n ast.Expr, k exprKind, ties bool) expr.Expr {
	if n == nil {
		return nil
	}
	old := s.enter(k)
	e := b.coerceSpecific(b.expr(s, n), types.Int8OID, kindNames[k], ast.Location(n))
	s.kind = old
	b.refuseVars(s, e, kindNames[k], ast.Location(n))
	if isNullConst(e) {
		if k == kindLimit && ties {
			b.fail(pgerr.InvalidRowCountInLimitClause, ast.Location(n), "row count cannot be null in FETCH FIRST ... WITH TIES clause")
		}
		return nil
	}
	return e
}

func (b *binder) limitNode(n *ast.SelectStmt, q *selectState, targets []target, node logical.Node) logical.Node {
	if q.limit == nil && q.offset == nil {
		return node
	}
	l := &logical.Limit{Input: node, Limit: q.limit, Offset: q.offset}
	if n.WithTies {
		if len(q.sort) == 0 {
			b.fail(pgerr.SyntaxError, -1, "WITH TIES cannot be specified without ORDER BY clause")
		}
		l.WithTies = b.sortKeys(q, targets)
	}
	return l
}

// valuesClause binds VALUES as a query of its own.
func (b *binder) valuesClause(s *scope, n *ast.SelectStmt, o selectOpts) *result {
	width := len(n.Values[0])
	rows := make([][]expr.Expr, len(n.Values))
	poss := make([][]int, len(n.Values))
	old := s.enter(kindValues)
	for i, row := range n.Values {
		if len(row) != width {
			b.fail(pgerr.SyntaxError, ast.Location(row[0]), "VALUES lists must all be the same length")
		}
		rows[i], poss[i] = make([]expr.Expr, width), make([]int, width)
		for j, e := range row {
			if d, ok := e.(*ast.SetToDefault); ok {
				b.fail(pgerr.SyntaxError, d.Pos, "DEFAULT is not allowed in this context")
			}
			rows[i][j], poss[i][j] = b.expr(s, e), ast.Location(e)
		}
	}
	s.kind = old
	cols := make([]logical.Column, width)
	column, at := make([]expr.Expr, len(rows)), make([]int, len(rows))
	for j := range cols {
		for i := range rows {
			column[i], at[i] = rows[i][j], poss[i][j]
		}
		t := b.commonType(column, at, "VALUES")
		for i := range rows {
			rows[i][j] = b.toCommon(rows[i][j], t, "VALUES", at[i])
			column[i] = rows[i][j]
		}
		mod := coercion.CommonMod(column, t)
		cols[j] = logical.Column{ID: b.newCol(), Name: "column" + itoa(j+1), T: types.T{OID: t, Mod: mod}}
		b.valuesCollation(cols[j], column, poss[0][j])
	}
	var node logical.Node = &logical.Values{Rows: rows, Cols: cols, Alias: "*VALUES*"}
	s.addEntry(&entry{name: "*VALUES*", kind: entryValues, cols: cols})
	q := &selectState{targets: make([]target, 0, width)}
	for j, c := range cols {
		q.targets = append(q.targets, target{e: &expr.Var{ID: c.ID, T: c.T, Name: c.Name}, name: c.Name, pos: poss[0][j]})
	}
	if len(n.Sort) > 0 {
		b.orderBy(s, q, n.Sort)
	}
	b.limitClause(s, q, n)
	if len(n.Locking) > 0 {
		b.fail(pgerr.CodeFeatureNotSupported, -1, "%s cannot be applied to VALUES", lockName(n.Locking[0].Strength))
	}
	if len(n.Sort) == 0 {
		node = b.limitNode(n, q, q.targets, node)
		return &result{node: node, cols: cols, poss: poss[0], outputs: [][]logical.Column{cols}, values: rows}
	}
	return b.stack(s, &ast.SelectStmt{WithTies: n.WithTies}, q, node)
}
