package bind

import (
	"slices"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// groupItem is a grouping expression.
type groupItem struct {
	e      expr.Expr
	target int            // of which it is the expression
	col    logical.Column // the Aggregate's column
	srf    bool
	// computed: a projection below the Aggregate gives col; else it is a column of the input.
	computed bool
}

// maxGroupingSets bounds what CUBE expands to.
const maxGroupingSets = 4096

// groupBy binds GROUP BY.
func (b *binder) groupBy(s *scope, q *selectState, list []ast.Expr, distinct bool) {
	sets := [][]int{{}}
	for _, n := range list {
		if _, ok := n.(*ast.GroupingSet); ok {
			q.hasSets = true
		}
	}
	for _, n := range list {
		if g, ok := n.(*ast.GroupingSet); ok {
			sets = b.crossSets(sets, b.groupingSet(s, q, g), g.Pos)
			continue
		}
		var plain []int
		b.eachGroup(s, q, n, &plain)
		sets = b.crossSets(sets, [][]int{plain}, -1)
	}
	if !q.hasSets {
		return
	}
	if distinct {
		sets = distinctSets(sets)
	}
	q.sets = sets
	if len(sets) == 1 && len(sets[0]) == len(q.groups) {
		q.hasSets, q.sets = false, nil
	}
}

// eachGroup adds a grouping expression; a row in parentheses stands for its elements.
func (b *binder) eachGroup(s *scope, q *selectState, n ast.Expr, set *[]int) {
	if row, ok := n.(*ast.RowExpr); ok && !row.Explicit {
		for _, e := range row.Args {
			b.eachGroup(s, q, e, set)
		}
		return
	}
	i := b.addGroup(s, q, n)
	if !containsInt(*set, i) {
		*set = append(*set, i)
	}
}

// addGroup finds or adds the grouping expression n.
func (b *binder) addGroup(s *scope, q *selectState, n ast.Expr) int {
	at := b.findTarget(s, q, n, kindGroupBy)
	t := &q.targets[at]
	t.e = b.toText(t.e, t.pos)
	b.needEquality(t.e.Type().OID, ast.Location(n))
	b.refuseInGroup(s, t)
	for i := range q.groups {
		// With grouping sets, equal output columns that are grouped by apart are NULL apart.
		if q.groups[i].target == at || !q.hasSets && expr.Equal(q.groups[i].e, t.e) {
			return i
		}
	}
	q.groups = append(q.groups, groupItem{e: t.e, srf: t.srf, target: at})
	return len(q.groups) - 1
}

// refuseInGroup refuses aggregates and window functions, which get into GROUP BY by an output column's name or number.
func (b *binder) refuseInGroup(s *scope, t *target) {
	expr.Walk(t.e, func(e expr.Expr) bool {
		v, ok := e.(*expr.Var)
		if !ok {
			return true
		}
		for i := range s.aggs {
			if s.aggs[i].Col.ID == v.ID {
				b.fail(pgerr.GroupingError, t.pos, "aggregate functions are not allowed in GROUP BY")
			}
		}
		for i := range s.winItems {
			if s.winItems[i].Col.ID == v.ID {
				b.fail(pgerr.WindowingError, t.pos, "window functions are not allowed in GROUP BY")
			}
		}
		return true
	})
}

// groupingSet expands one ROLLUP, CUBE, GROUPING SETS or () to its sets.
func (b *binder) groupingSet(s *scope, q *selectState, g *ast.GroupingSet) [][]int {
	if g.Kind == ast.GroupingEmpty {
		return [][]int{{}}
	}
	if g.Kind == ast.GroupingSets {
		var out [][]int
		for _, c := range g.Content {
			if sub, ok := c.(*ast.GroupingSet); ok {
				out = append(out, b.groupingSet(s, q, sub)...)
				continue
			}
			var set []int
			b.eachGroup(s, q, c, &set)
			out = append(out, set)
		}
		return out
	}
	units := make([][]int, len(g.Content))
	for i, c := range g.Content {
		b.eachGroup(s, q, c, &units[i])
	}
	if g.Kind == ast.GroupingRollup {
		var out [][]int
		for n := len(units); n >= 0; n-- {
			out = append(out, unionSets(units[:n]))
		}
		return out
	}
	if len(units) > 12 {
		b.fail(pgerr.TooManyColumns, g.Pos, "CUBE is limited to 12 elements")
	}
	var out [][]int
	for mask := 0; mask < 1<<len(units); mask++ {
		var pick [][]int
		for i, u := range units {
			if mask&(1<<(len(units)-1-i)) == 0 {
				pick = append(pick, u)
			}
		}
		out = append(out, unionSets(pick))
	}
	return out
}

func unionSets(units [][]int) []int {
	out := []int{}
	for _, u := range units {
		for _, i := range u {
			if !containsInt(out, i) {
				out = append(out, i)
			}
		}
	}
	return out
}

func (b *binder) crossSets(x, y [][]int, pos int) [][]int {
	if len(x)*len(y) > maxGroupingSets {
		b.fail(pgerr.StatementTooComplex, pos, "too many grouping sets present (maximum %d)", maxGroupingSets)
	}
	out := make([][]int, 0, len(x)*len(y))
	for _, p := range x {
		for _, r := range y {
			out = append(out, unionSets([][]int{p, r}))
		}
	}
	return out
}

// distinctSets is GROUP BY DISTINCT.
func distinctSets(sets [][]int) [][]int {
	var out [][]int
	for _, s := range sets {
		dup := false
		for _, o := range out {
			if len(o) == len(s) && len(unionSets([][]int{o, s})) == len(s) {
				dup = true
			}
		}
		if !dup {
			out = append(out, s)
		}
	}
	return out
}

// grouper replaces grouping expressions by columns of the Aggregate.
type grouper struct {
	b     *binder
	s     *scope
	q     *selectState
	agg   *logical.Aggregate
	inSub int
	// The ungrouped column to complain about: the leftmost of the expression.
	bad    *pgerr.Error
	badPos int
}

// aggregate builds the Aggregate and rewrites what is computed above it.
func (b *binder) aggregate(s *scope, q *selectState, node logical.Node) logical.Node {
	agg := &logical.Aggregate{Aggs: s.aggs, Sets: q.sets}
	computed := false
	for i := range q.groups {
		g := &q.groups[i]
		v, ok := g.e.(*expr.Var)
		if ok && s.owns(v.ID) && !q.hasSets {
			g.col = b.columnOf(s, v)
		} else {
			g.col = logical.Column{ID: b.newCol(), T: g.e.Type(), Name: "group"}
			b.outputCollation(g.col.ID, g.e)
			if ok {
				id := g.col.ID
				g.col = b.columnOf(s, v)
				g.col.ID, g.col.NotNull = id, false
			}
			s.groupCols = append(s.groupCols, g.col)
			g.computed, computed = true, true
		}
		agg.Groups = append(agg.Groups, g.col)
	}
	if len(s.groupings) > 0 && q.hasSets {
		agg.GroupingCol = &logical.Column{ID: b.newCol(), Name: "grouping", T: types.Of(types.Int4OID)}
	}
	g := &grouper{b: b, s: s, q: q, agg: agg}
	for i := range q.targets {
		t := &q.targets[i]
		if t.group {
			continue
		}
		if k := slices.IndexFunc(q.groups, func(it groupItem) bool { return it.target == i }); k >= 0 {
			it := &q.groups[k]
			t.e = &expr.Var{ID: it.col.ID, T: it.col.T, Name: it.col.Name}
		} else {
			t.e = g.rewrite(t.e)
		}
	}
	if q.having != nil {
		q.having = g.rewrite(q.having)
	}
	for _, e := range s.directArgs {
		if q.hasSets && g.ownColumn(e) {
			b.fail(pgerr.CodeFeatureNotSupported, -1, "a grouped column as direct argument of a hypothetical-set aggregate is not supported with grouping sets")
		}
		logical.RewriteDeep(e, g.one)
		if g.bad != nil {
			b.raise(g.bad.WithDetail("Direct arguments of an ordered-set aggregate must use only grouped columns."))
		}
	}
	g.windows()
	if computed {
		node = b.groupProject(q, node)
	}
	agg.Input = node
	return agg
}

// groupProject computes the grouping expressions that are not plain columns, and passes all columns on.
func (b *binder) groupProject(q *selectState, node logical.Node) logical.Node {
	in := node.Columns()
	p := &logical.Project{Input: node, Cols: make([]logical.Column, 0, len(in)+len(q.groups))}
	srf := false
	for _, c := range in {
		p.Cols = append(p.Cols, c)
		p.Exprs = append(p.Exprs, &expr.Var{ID: c.ID, T: c.T, Name: c.Name})
	}
	for i := range q.groups {
		if g := &q.groups[i]; g.computed {
			p.Cols, p.Exprs = append(p.Cols, g.col), append(p.Exprs, g.e)
			srf = srf || g.srf
		}
	}
	if srf {
		for i := range q.targets {
			q.targets[i].srf = q.targets[i].srf && containsSRF(q.targets[i].e)
		}
		return &logical.ProjectSet{Input: p.Input, Exprs: p.Exprs, Cols: p.Cols}
	}
	return p
}

func containsSRF(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Call); ok && c.Fn.RetSet {
			found = true
		}
		return !found
	})
	return found
}

// windows rewrites the window calls and definitions.
func (g *grouper) windows() {
	s := g.s
	for i := range s.winItems {
		c := s.winItems[i].Call
		for k := range c.Args {
			c.Args[k] = g.rewrite(c.Args[k])
		}
		if c.Filter != nil {
			c.Filter = g.rewrite(c.Filter)
		}
		if c.Agg != nil {
			c.Agg.Args, c.Agg.Filter = c.Args, c.Filter
		}
	}
	for i := range s.windows {
		w := &s.windows[i].bound
		for k := range w.Partition {
			w.Partition[k] = g.rewrite(w.Partition[k])
		}
		for k := range w.Order {
			w.Order[k].Expr = g.rewrite(w.Order[k].Expr)
		}
	}
}

func (g *grouper) rewrite(e expr.Expr) expr.Expr {
	x := logical.RewriteDeep(e, g.one)
	if g.bad != nil {
		g.b.raise(g.bad)
	}
	return x
}

// one replaces a grouping expression, and refuses columns that are not grouped.
func (g *grouper) one(e expr.Expr) (expr.Expr, bool) {
	for i := range g.q.groups {
		if it := &g.q.groups[i]; expr.Equal(it.e, e) {
			return &expr.Var{ID: it.col.ID, T: it.col.T, Name: it.col.Name}, true
		}
	}
	switch x := e.(type) {
	case *expr.Subquery:
		g.inSub++
		r := logical.RewriteSubquery(x, g.one)
		g.inSub--
		return r, true
	case *expr.Var:
		for i := range g.s.groupings {
			if g.s.groupings[i].id == x.ID {
				return g.grouping(&g.s.groupings[i]), true
			}
		}
		if ent, i := g.s.owner(x.ID); ent != nil && !g.dependent(ent, i) {
			g.ungrouped(ent, i, x)
		}
		return x, true
	}
	return nil, false
}

// ownColumn reports whether e uses a column of this query level.
func (g *grouper) ownColumn(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(x expr.Expr) bool {
		v, ok := x.(*expr.Var)
		found = found || ok && g.s.owns(v.ID)
		return !found
	})
	return found
}

func (g *grouper) ungrouped(ent *entry, i int, v *expr.Var) {
	pos := g.b.positionOf(v)
	if g.bad != nil && pos >= g.badPos {
		return
	}
	g.badPos = pos
	if g.inSub > 0 {
		g.bad = g.b.err(pgerr.GroupingError, pos, "subquery uses ungrouped column \"%s.%s\" from outer query", ent.name, ent.cols[i].Name)
		return
	}
	g.bad = g.b.err(pgerr.GroupingError, pos, "column \"%s.%s\" must appear in the GROUP BY clause or be used in an aggregate function",
		ent.name, ent.cols[i].Name)
}

// dependent reports whether a column is decided by the grouped primary key of its table; then it becomes a group column, too.
func (g *grouper) dependent(ent *entry, i int) bool {
	t := ent.table
	if t == nil || g.q.hasSets || t.Virtual != nil || !t.HasPrimaryKey() {
		return false
	}
	for _, kc := range t.Primary.Columns {
		ord := t.Ordinal(kc.Column)
		if ord < 0 || !g.groups(ent.cols[ord].ID) {
			return false
		}
	}
	if g.b.o.OnKey != nil && g.b.viewDepth == 0 {
		g.b.o.OnKey(t.Primary.Constraint)
	}
	if !hasColumn(g.agg.Groups, ent.cols[i].ID) {
		g.agg.Groups = append(g.agg.Groups, ent.cols[i])
	}
	return true
}

func (g *grouper) groups(id expr.ColID) bool {
	for i := range g.q.groups {
		if it := &g.q.groups[i]; !it.computed && it.col.ID == id {
			return true
		}
	}
	return false
}

// grouping is the value of GROUPING(a, b …): a bit for each argument, the last one lowest, taken from the Aggregate's mask.
func (g *grouper) grouping(c *groupingCall) expr.Expr {
	b := g.b
	int4 := types.Of(types.Int4OID)
	num := func(v int64) expr.Expr { return &expr.Const{T: int4, D: types.NewInt(v)} }
	var sum expr.Expr
	for k, a := range c.args {
		at := -1
		for i := range g.q.groups {
			if expr.Equal(g.q.groups[i].e, a) {
				at = i
			}
		}
		if at < 0 {
			b.fail(pgerr.GroupingError, c.poss[k], "arguments to GROUPING must be grouping expressions of the associated query level")
		}
		if g.agg.GroupingCol == nil {
			continue
		}
		mask := &expr.Var{ID: g.agg.GroupingCol.ID, T: int4, Name: "grouping"}
		bit := b.int4Op("&", b.int4Op(">>", mask, num(int64(at))), num(1))
		bit = b.int4Op("<<", bit, num(int64(len(c.args)-1-k)))
		if sum == nil {
			sum = bit
		} else {
			sum = b.int4Op("|", sum, bit)
		}
	}
	if sum == nil {
		return num(0)
	}
	return sum
}

func (b *binder) int4Op(name string, l, r expr.Expr) expr.Expr {
	op, ok := builtins.OperatorExact(name, types.Int4OID, types.Int4OID)
	if !ok {
		b.unsupported("GROUPING", -1)
	}
	return b.opCall(op, []expr.Expr{l, r}, op.Ret, -1)
}
