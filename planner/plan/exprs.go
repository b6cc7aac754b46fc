package plan

import "github.com/lightsql/lightsql/sql/expr"

// Exprs calls f for the expressions of n itself, not those of its inputs.
func Exprs(n Node, f func(expr.Expr)) {
	each := func(es ...expr.Expr) {
		for _, e := range es {
			if e != nil {
				f(e)
			}
		}
	}
	switch n := n.(type) {
	case *SeqScan:
		each(n.Filter)
	case *IndexScan:
		for _, r := range n.Ranges {
			each(r.Eq...)
			each(r.Low, r.High)
		}
		for _, s := range n.Searches {
			each(s.Value)
		}
		each(n.InArray, n.Filter)
	case *BitmapScan:
		if n.Recheck {
			each(n.Cond)
		}
		each(n.Filter)
	case *VirtualScan:
		for _, e := range n.Eq {
			each(e)
		}
		each(n.Filter)
	case *Values:
		for _, r := range n.Rows {
			each(r...)
		}
	case *FuncScan:
		each(n.Calls...)
		each(n.Filter)
	case *CTEScan:
		each(n.Filter)
	case *WorkTableScan:
		each(n.Filter)
	case *Filter:
		each(n.Cond)
	case *Project:
		each(n.Exprs...)
	case *ProjectSet:
		each(n.Exprs...)
	case *HashJoin:
		each(n.LeftKeys...)
		each(n.RightKeys...)
		each(n.Residual)
	case *NestLoop:
		each(n.Args...)
		each(n.On)
	case *LookupJoin:
		each(n.Keys...)
		each(n.On)
	case *MergeJoin:
		each(n.LeftKeys...)
		each(n.RightKeys...)
		each(n.Residual)
	default:
		upperExprs(n, each)
	}
}

func upperExprs(n Node, each func(...expr.Expr)) {
	switch n := n.(type) {
	case *Append:
		for _, p := range n.Prunes {
			p.Step.Values(func(e expr.Expr) { each(e) })
		}
	case *Aggregate:
		for _, a := range n.Aggs {
			each(a)
		}
	case *Window:
		for _, c := range n.Calls {
			each(c)
		}
		for _, d := range n.Defs {
			each(d.Frame.Start.Offset, d.Frame.End.Offset)
		}
	case *Sort:
		each(n.Limit, n.Offset)
	case *Limit:
		each(n.Limit, n.Offset)
	case *Insert:
		for _, c := range n.Checks {
			each(c.Cond)
		}
		if n.OnConflict != nil {
			each(n.OnConflict.Sets...)
			each(n.OnConflict.Where)
		}
		each(n.Returning...)
	case *Update:
		each(n.Sets...)
		for _, c := range n.Checks {
			each(c.Cond)
		}
		each(n.Recheck)
		each(n.Returning...)
	case *Merge:
		each(n.Action)
		for _, a := range n.Actions {
			each(a.Values...)
			if a.Update != nil {
				each(a.Update.Sets...)
			}
		}
	case *Delete:
		each(n.Recheck)
		each(n.Returning...)
	}
}

// subPlanIDs are the subplans used by the expressions of the node that n is shown as: those of n, and of the projections and
// filters that are shown as part of it.
func subPlanIDs(n Node) []int {
	var ids []int
	Exprs(n, func(e expr.Expr) {
		expr.Walk(e, func(e expr.Expr) bool {
			if s, ok := e.(*expr.SubPlan); ok {
				ids = append(ids, s.ID)
			}
			return true
		})
	})
	switch n := n.(type) {
	case *Project:
		if !showsAsSubquery(n) {
			ids = append(ids, subPlanIDs(n.Input)...)
		}
	case *Filter:
		if !n.OneTime {
			ids = append(ids, subPlanIDs(n.Input)...)
		}
	case *With:
		ids = append(ids, subPlanIDs(n.Body)...)
	}
	return ids
}
