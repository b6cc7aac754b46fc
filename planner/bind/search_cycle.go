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

// SEARCH and CYCLE add columns to a recursive query, as the standard defines them:
//
//	                non-recursive term        recursive term
//	SEARCH DEPTH    ARRAY[ROW(by …)]          seq || ARRAY[ROW(by …)]
//	SEARCH BREADTH  ROW(0, by …)              ROW((seq).depth + 1, by …)
//	CYCLE mark      default                   CASE WHEN ROW(cols …) = ANY (path) THEN value ELSE default END
//	CYCLE path      ARRAY[ROW(cols …)]        path || ARRAY[ROW(cols …)]
//
// where seq, path and mark on the right are those of the row that the recursive term started from; rows whose mark is set are
// not followed.
type searchCycle struct {
	search         *ast.CTESearchClause
	cycle          *ast.CTECycleClause
	value, initial expr.Expr // of the mark, of one type
	cols           []logical.Column
}

// searchCycle prepares the clauses of a CTE before its query is bound: the columns that they add are known then.
func (b *binder) searchCycle(s *scope, n *ast.CommonTableExpr) *searchCycle {
	if n.Search == nil && n.Cycle == nil {
		return nil
	}
	sc := &searchCycle{search: n.Search, cycle: n.Cycle}
	record, records := types.Of(types.RecordOID), types.Of(types.ArrayOf(types.RecordOID))
	if n.Search != nil {
		t := records
		if n.Search.BreadthFirst {
			t = record
		}
		sc.cols = append(sc.cols, logical.Column{Name: n.Search.SeqColumn, T: t})
	}
	if c := n.Cycle; c != nil {
		pair, poss := []expr.Expr{b.markValue(s, c.MarkValue, true), b.markValue(s, c.MarkDefault, false)}, []int{c.Pos, c.Pos}
		for i, e := range []ast.Expr{c.MarkValue, c.MarkDefault} {
			if e != nil {
				poss[i] = ast.Location(e)
			}
		}
		t := b.commonType(pair, poss, "CYCLE")
		sc.value, sc.initial = b.toCommon(pair[0], t, "CYCLE/SET/TO", poss[0]), b.toCommon(pair[1], t, "CYCLE/SET/DEFAULT", poss[1])
		if !hasOperator("=", t) {
			b.fail(pgerr.UndefinedFunction, -1, "could not identify an equality operator for type %s", b.typeName(t))
		}
		sc.cols = append(sc.cols, logical.Column{Name: c.MarkColumn, T: types.T{OID: t, Mod: coercion.CommonMod([]expr.Expr{sc.value, sc.initial}, t)}},
			logical.Column{Name: c.PathColumn, T: records})
	}
	return sc
}

// markValue binds a value of the cycle mark; without one the mark is boolean.
func (b *binder) markValue(s *scope, n ast.Expr, standard bool) expr.Expr {
	if n == nil {
		return &expr.Const{T: types.Of(types.BoolOID), D: types.NewBool(standard)}
	}
	return b.expr(newScope(s), n)
}

// checkSearchCycle checks the names in the clauses once the columns of the query are known.
func (b *binder) checkSearchCycle(c *cte, sel *ast.SelectStmt) {
	for _, side := range []struct {
		n    *ast.SelectStmt
		name string
	}{{sel.Left, "left"}, {sel.Right, "right"}} {
		if side.n.Op != ast.SetOpNone {
			b.fail(pgerr.CodeFeatureNotSupported, -1, "with a SEARCH or CYCLE clause, the %s side of the UNION must be a SELECT", side.name)
		}
	}
	taken := func(name string) bool {
		return slices.ContainsFunc(c.cols[:len(c.cols)-len(c.extra.cols)], func(col logical.Column) bool { return col.Name == name })
	}
	listed := func(what string, names []string, pos int) {
		for i, name := range names {
			if !taken(name) {
				b.fail(pgerr.SyntaxError, pos, "%s column \"%s\" not in WITH query column list", what, name)
			}
			if slices.Contains(names[:i], name) {
				b.fail(pgerr.DuplicateColumn, pos, "%s column \"%s\" specified more than once", what, name)
			}
		}
	}
	fresh := func(what, name string, pos int) {
		if taken(name) {
			b.fail(pgerr.SyntaxError, pos, "%s column name \"%s\" already used in WITH query column list", what, name)
		}
	}
	x, y := c.extra.search, c.extra.cycle
	if x != nil {
		listed("search", x.Columns, x.Pos)
		fresh("search sequence", x.SeqColumn, x.Pos)
	}
	if y != nil {
		listed("cycle", y.Columns, y.Pos)
		fresh("cycle mark", y.MarkColumn, y.Pos)
		fresh("cycle path", y.PathColumn, y.Pos)
		if y.MarkColumn == y.PathColumn {
			b.fail(pgerr.SyntaxError, y.Pos, "cycle mark column name and cycle path column name are the same")
		}
	}
	if x != nil && y != nil {
		for _, o := range []struct{ name, what string }{{y.MarkColumn, "cycle mark"}, {y.PathColumn, "cycle path"}} {
			if x.SeqColumn == o.name {
				b.fail(pgerr.SyntaxError, x.Pos, "search sequence column name and %s column name are the same", o.what)
			}
		}
	}
}

// carry is the recursive term with the added columns of the row that it starts from behind its own.
func (sc *searchCycle) carry(b *binder, name string, right *ast.SelectStmt) *ast.SelectStmt {
	alias, ok := fromAlias(right.From, name)
	if !ok || right.Op != ast.SetOpNone {
		return right
	}
	if right.With != nil && slices.ContainsFunc(right.With.CTEs, func(c *ast.CommonTableExpr) bool { return c.Name == name }) {
		return right // it hides the recursive query
	}
	n := *right
	n.TargetList = slices.Clone(n.TargetList)
	for _, c := range sc.cols {
		n.TargetList = append(n.TargetList, &ast.ResTarget{Name: c.Name, Val: &ast.ColumnRef{Names: []string{alias, c.Name}, Pos: -1}, Pos: -1})
	}
	return &n
}

// fromAlias finds the FROM item that reads a CTE and tells by what name its columns are called.
func fromAlias(from []ast.FromItem, name string) (string, bool) {
	for _, t := range from {
		switch t := t.(type) {
		case *ast.RangeVar:
			if t.Schema != "" || t.Name != name {
				continue
			}
			if t.Alias != nil {
				return t.Alias.Name, true
			}
			return name, true
		case *ast.JoinExpr:
			if alias, ok := fromAlias([]ast.FromItem{t.Left, t.Right}, name); ok {
				return alias, true
			}
		}
	}
	return "", false
}

// first adds the columns to the non-recursive term, next to the recursive one.
func (sc *searchCycle) first(b *binder, names []logical.Column, r *result) {
	sc.extend(b, names, r, nil)
}

// next adds them to the recursive term r, which carries those of the row that it starts from; l is the other term.
func (sc *searchCycle) next(b *binder, names []logical.Column, l, r *result) {
	n := len(r.cols) - len(sc.cols)
	for i := range min(n, len(l.cols)) {
		if r.exprs != nil && isUnknown(r.exprs[i]) {
			r.setType(i, b.toCommon(r.exprs[i], l.cols[i].T.OID, "UNION", r.poss[i]))
		}
	}
	before := make([]expr.Expr, len(sc.cols))
	for i, c := range r.cols[n:] {
		before[i] = &expr.Var{ID: c.ID, T: c.T, Name: c.Name}
	}
	r.cols, r.poss = r.cols[:n], r.poss[:n]
	if r.exprs != nil {
		r.exprs = r.exprs[:n]
	}
	if sc.cycle != nil {
		mark := before[len(before)-2]
		r.node = &logical.Filter{Input: r.node, Cond: b.makeOp("<>", mark, sc.value, -1, -1, -1)}
	}
	sc.extend(b, names, r, before)
}

// extend puts a projection with the added columns above a term. before are their values in the row that it started from.
func (sc *searchCycle) extend(b *binder, names []logical.Column, r *result, before []expr.Expr) {
	p := &logical.Project{Input: r.node}
	for _, c := range r.cols {
		p.Exprs, p.Cols = append(p.Exprs, &expr.Var{ID: c.ID, T: c.T, Name: c.Name}), append(p.Cols, c)
	}
	row := func(cols []string, first ...expr.Expr) *expr.Row {
		out := &expr.Row{T: types.Of(types.RecordOID), Elems: first}
		for i := range first {
			out.Names = append(out.Names, "f"+itoa(i+1))
		}
		for _, name := range cols {
			i := slices.IndexFunc(names, func(c logical.Column) bool { return c.Name == name })
			out.Elems, out.Names = append(out.Elems, p.Exprs[i]), append(out.Names, "f"+itoa(len(out.Names)+1))
		}
		return out
	}
	array := func(e expr.Expr) expr.Expr {
		return &expr.Array{Elems: []expr.Expr{e}, T: types.Of(types.ArrayOf(types.RecordOID))}
	}
	add := func(e expr.Expr) {
		i := len(p.Cols) - len(r.cols)
		p.Cols = append(p.Cols, logical.Column{ID: b.newCol(), Name: sc.cols[i].Name, T: sc.cols[i].T})
		p.Exprs = append(p.Exprs, e)
	}
	at := 0
	if x := sc.search; x != nil {
		add(sc.sequence(b, row, array, before))
		at = 1
	}
	if y := sc.cycle; y != nil {
		here := row(y.Columns)
		if before == nil {
			add(sc.initial)
			add(array(here))
		} else {
			path := before[at+1]
			met := b.arrayOp("=", false, here, path, -1, -1, -1)
			add(&expr.Case{Whens: []expr.When{{Cond: met, Then: sc.value}}, Else: sc.initial, T: sc.cols[at].T})
			add(b.makeOp("||", path, array(here), -1, -1, -1))
		}
	}
	n := len(r.cols)
	r.node, r.cols, r.exprs = p, p.Cols, nil
	r.outputs = [][]logical.Column{p.Cols}
	for range p.Cols[n:] {
		r.poss = append(r.poss, -1)
	}
}

// sequence is the value of the column that SEARCH adds.
func (sc *searchCycle) sequence(b *binder, row func([]string, ...expr.Expr) *expr.Row, array func(expr.Expr) expr.Expr, before []expr.Expr) expr.Expr {
	int8 := types.Of(types.Int8OID)
	x := sc.search
	switch {
	case x.BreadthFirst && before == nil:
		return row(x.Columns, &expr.Const{T: int8, D: types.NewInt(0)})
	case x.BreadthFirst:
		depth := &expr.Field{Arg: before[0], Idx: 0, Name: "f1", T: int8}
		return row(x.Columns, b.makeOp("+", depth, &expr.Const{T: int8, D: types.NewInt(1)}, -1, -1, -1))
	case before == nil:
		return array(row(x.Columns))
	}
	return b.makeOp("||", before[0], array(row(x.Columns)), -1, -1, -1)
}
