package build

import (
	"maps"
	"slices"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
)

// slotSet are the exec params that a part of a plan reads and does not set itself. A working table counts as a param with the number
// workTable(ID).
type slotSet map[int]struct{}

func workTable(id int) int { return -1 - id }

// slots computes, and remembers, the slotSet of a node. What a CTE depends on its readers depend on, since they keep what they read.
func (b *builder) slots(n plan.Node) slotSet {
	if s, ok := b.slotsOf[n]; ok {
		return s
	}
	if b.slotsOf == nil {
		b.slotsOf, b.cteRoots = map[plan.Node]slotSet{}, map[int]plan.Node{}
	}
	s := slotSet{}
	switch n := n.(type) {
	case *plan.With:
		for i := range n.CTEs {
			b.cteRoots[n.CTEs[i].ID] = n.CTEs[i].Root
		}
	case *plan.CTEScan:
		if root := b.cteRoots[n.ID]; root != nil {
			maps.Copy(s, b.slots(root))
		}
	case *plan.WorkTableScan:
		s[workTable(n.ID)] = struct{}{}
	}
	for _, in := range inputs(n) {
		maps.Copy(s, b.slots(in))
	}
	if j, ok := n.(*plan.NestLoop); ok {
		s = maps.Clone(b.slots(j.Right))
		for _, slot := range j.Slots {
			delete(s, slot)
		}
		maps.Copy(s, b.slots(j.Left))
	}
	if u, ok := n.(*plan.RecursiveUnion); ok {
		delete(s, workTable(u.ID))
	}
	exprs(n, func(e expr.Expr) { b.exprSlots(e, s) })
	b.slotsOf[n] = s
	return s
}

// exprSlots adds the exec params that e reads.
func (b *builder) exprSlots(e expr.Expr, s slotSet) {
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.ExecParam:
			s[e.Slot] = struct{}{}
		case *expr.SubPlan:
			b.subPlanSlots(e, s)
			return false
		}
		return true
	})
}

func (b *builder) subPlanSlots(sp *expr.SubPlan, s slotSet) {
	in := slotSet{}
	if sp.ID >= 0 && sp.ID < len(b.tree.plan.SubPlans) {
		maps.Copy(in, b.slots(b.tree.plan.SubPlans[sp.ID].Root))
	}
	if sp.Test != nil {
		b.exprSlots(sp.Test, in)
	}
	for _, slot := range sp.Slots {
		delete(in, slot)
	}
	for _, slot := range sp.OutSlots {
		delete(in, slot)
	}
	maps.Copy(s, in)
	for _, a := range sp.Args {
		b.exprSlots(a, s)
	}
	for _, a := range sp.HashLeft {
		b.exprSlots(a, s)
	}
}

// params is what an operator that keeps rows of n over rescans has to watch.
func (b *builder) params(n plan.Node) exec.Params {
	p := exec.Params{}
	for slot := range b.slots(n) {
		if slot < 0 {
			p.Never = true
		} else {
			p.Slots = append(p.Slots, slot)
		}
	}
	slices.Sort(p.Slots)
	return p
}

// initSlots lists the subplans whose result the node itself reads as an exec param.
func (b *builder) initPlansOf(n plan.Node) []int {
	var ids []int
	exprs(n, func(e expr.Expr) {
		expr.Walk(e, func(e expr.Expr) bool {
			if p, ok := e.(*expr.ExecParam); ok {
				if id, ok := b.initBySlot[p.Slot]; ok && !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
			return true
		})
	})
	slices.Sort(ids)
	return ids
}

// findSubPlans maps the exec params that hold results of InitPlans (a slot that something else sets is not one of them), and notes
// which subqueries are read row by row again and again: those of ANY and ALL.
func (b *builder) findSubPlans() {
	p := b.tree.plan
	if len(p.SubPlans) == 0 {
		return
	}
	b.initBySlot, b.readAgain = map[int]int{}, map[int]bool{}
	for id := range p.SubPlans {
		if p.SubPlans[id].InitPlan {
			b.initBySlot[p.SubPlans[id].OutSlot] = id
		}
	}
	var walk func(n plan.Node)
	walk = func(n plan.Node) {
		if j, ok := n.(*plan.NestLoop); ok {
			b.dropInitSlots(j.Slots)
		}
		exprs(n, func(e expr.Expr) {
			expr.Walk(e, func(e expr.Expr) bool {
				if sp, ok := e.(*expr.SubPlan); ok {
					b.dropInitSlots(sp.Slots)
					b.dropInitSlots(sp.OutSlots)
					if !sp.Hashed && (sp.Kind == expr.SubqueryAny || sp.Kind == expr.SubqueryAll) {
						b.readAgain[sp.ID] = true
					}
				}
				return true
			})
		})
		for _, in := range inputs(n) {
			walk(in)
		}
	}
	walk(p.Root)
	for i := range p.SubPlans {
		walk(p.SubPlans[i].Root)
	}
}

func (b *builder) dropInitSlots(slots []int) {
	for _, s := range slots {
		delete(b.initBySlot, s)
	}
}
