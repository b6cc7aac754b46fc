package opt

import (
	"strconv"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
)

// subPlan plans a subquery expression that no rule turned into a join. Without outer columns its result is the same for every
// row: an InitPlan, run at most once, or for IN a hash table.
func (b *builder) subPlan(s *expr.Subquery, cols []logical.Column) expr.Expr {
	if e, ok := b.initPlans[s]; ok {
		return e
	}
	written := s.Query.(logical.Node)
	outs := written.Columns()
	q := b.o.rewrite(written)
	b.o.noteOrders(q)
	correlated := !freeCols(q).empty()
	if !correlated && s.Kind == expr.SubqueryAny && b.o.enabled(ruleHashedSubplan) {
		if h := b.hashedSubPlan(s, q, cols); h != nil {
			return h
		}
	}
	f := b.push(cols)
	root := b.subPlanRoot(s.Kind, q, outs)
	b.pop(f)
	id := len(b.plan.SubPlans) // after the subplans within, as PostgreSQL numbers them
	sp := &expr.SubPlan{Kind: s.Kind, ID: id, T: s.T, Slots: f.slots}
	for _, c := range f.ids {
		sp.Args = append(sp.Args, b.expr(varOf(columnOf(cols, c)), cols))
	}
	init := !correlated && s.Kind != expr.SubqueryAny && s.Kind != expr.SubqueryAll
	entry := plan.SubPlan{Root: root, InitPlan: init, Name: "SubPlan " + strconv.Itoa(id+1)}
	if init {
		entry.OutSlot = b.newSlot()
		entry.Name = "InitPlan " + strconv.Itoa(id+1) + " (returns $" + strconv.Itoa(entry.OutSlot) + ")"
	}
	if s.Kind == expr.SubqueryAny || s.Kind == expr.SubqueryAll {
		sp.Test, sp.OutSlots = b.subPlanTest(s, outs, cols)
		if !correlated {
			entry.Root = materialized(root)
		}
	}
	b.plan.SubPlans = append(b.plan.SubPlans, entry)
	if init {
		if b.initPlans == nil {
			b.initPlans = map[*expr.Subquery]expr.Expr{}
		}
		b.initPlans[s] = sp
	}
	return sp
}

func (b *builder) subPlanRoot(kind expr.SubqueryKind, q logical.Node, outs []logical.Column) plan.Node {
	r := b.o.plan(q)
	switch kind {
	case expr.SubqueryExists:
		node, _ := r.cheapestFor(1).build(b)
		return node
	case expr.SubqueryAny, expr.SubqueryAll:
		return b.buildExactly(r.cheapestFor(max(1, r.rows/2)), outs)
	}
	return b.buildExactly(r.cheapest(), outs)
}

// subPlanTest resolves the test of ANY and ALL: the subquery's columns are exec params.
func (b *builder) subPlanTest(s *expr.Subquery, outs, cols []logical.Column) (expr.Expr, []int) {
	slots := make([]int, len(outs))
	for i := range slots {
		slots[i] = b.newSlot()
	}
	test := expr.Rewrite(s.Test, func(e expr.Expr) expr.Expr {
		if v, ok := e.(*expr.Var); ok {
			for i, c := range outs {
				if c.ID == v.ID {
					return &expr.ExecParam{Slot: slots[i], T: v.T}
				}
			}
		}
		return e
	})
	return b.expr(test, cols), slots
}

// hashedSubPlan is x IN (SELECT …) by a hash table of the subquery's rows; nil if the test is not one of hashable
// equalities with every output column.
func (b *builder) hashedSubPlan(s *expr.Subquery, q logical.Node, cols []logical.Column) expr.Expr {
	outs := q.Columns()
	left, query := hashSides(b.o, s.Test, q)
	if left == nil {
		return nil
	}
	f := b.push(cols)
	root := b.buildExactly(b.o.plan(query).cheapest(), query.Columns())
	b.pop(f)
	id := len(b.plan.SubPlans)
	b.plan.SubPlans = append(b.plan.SubPlans, plan.SubPlan{Root: root, Name: "SubPlan " + strconv.Itoa(id+1)})
	sp := &expr.SubPlan{Kind: s.Kind, ID: id, T: s.T, Hashed: true, HashLeft: b.exprs(left, cols)}
	sp.Test, sp.OutSlots = b.subPlanTest(s, outs, cols)
	return sp
}

// hashSides are the outer sides of a test by output column, and the query with the other sides as its columns.
func hashSides(o *optimizer, test expr.Expr, q logical.Node) ([]expr.Expr, logical.Node) {
	outs := q.Columns()
	own := setOf(outs)
	left := make([]expr.Expr, len(outs))
	right := make([]expr.Expr, len(outs))
	conds := expr.Conjuncts(test, nil)
	if len(conds) != len(outs) || volatile(test) {
		return nil, nil
	}
	for _, c := range conds {
		call, ok := c.(*expr.Call)
		if !ok || call.Op != "=" || len(call.Args) != 2 || !hashableTypes(call.Args[0].Type(), call.Args[1].Type()) {
			return nil, nil
		}
		l, r := call.Args[0], call.Args[1]
		if colsOf(l).intersects(own) {
			l, r = r, l
		}
		sr := colsOf(r)
		if colsOf(l).intersects(own) || !sr.subsetOf(own) || hasSubquery(r) {
			return nil, nil
		}
		for i, out := range outs {
			if sr.has(out.ID) && right[i] == nil {
				left[i], right[i] = l, r
			}
		}
	}
	plain := true
	for i, r := range right {
		if r == nil {
			return nil, nil
		}
		v, ok := r.(*expr.Var)
		plain = plain && ok && v.ID == outs[i].ID
	}
	if plain {
		return left, q
	}
	p := &logical.Project{Input: q, Exprs: right}
	for i, r := range right {
		p.Cols = append(p.Cols, o.newCol(logical.Column{Name: outs[i].Name, T: r.Type()}))
	}
	return left, p
}

// materialized keeps the rows of n for rescans, unless n is of a kind that has them at hand.
func materialized(n plan.Node) plan.Node {
	switch n.(type) {
	case *plan.Materialize, *plan.Values, *plan.CTEScan, *plan.FuncScan:
		return n
	}
	in := *n.Base()
	in.TotalCost += in.Rows * 0.005
	return &plan.Materialize{Info: in, Input: n}
}
