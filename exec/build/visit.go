package build

import (
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
)

// inputs are the children of a node.
func inputs(n plan.Node) []plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		return []plan.Node{n.Input}
	case *plan.Project:
		return []plan.Node{n.Input}
	case *plan.ProjectSet:
		return []plan.Node{n.Input}
	case *plan.HashJoin:
		return []plan.Node{n.Left, n.Right}
	case *plan.NestLoop:
		return []plan.Node{n.Left, n.Right}
	case *plan.BitmapScan:
		scans := make([]plan.Node, len(n.Scans))
		for i, s := range n.Scans {
			scans[i] = s
		}
		return scans
	case *plan.LookupJoin:
		return []plan.Node{n.Left}
	case *plan.MergeJoin:
		return []plan.Node{n.Left, n.Right}
	case *plan.Aggregate:
		return []plan.Node{n.Input}
	case *plan.Window:
		return []plan.Node{n.Input}
	case *plan.Sort:
		return []plan.Node{n.Input}
	case *plan.Limit:
		return []plan.Node{n.Input}
	case *plan.Distinct:
		return []plan.Node{n.Input}
	case *plan.Append:
		return n.Inputs
	case *plan.SetOp:
		return []plan.Node{n.Left, n.Right}
	case *plan.RecursiveUnion:
		return []plan.Node{n.Start, n.Recursive}
	case *plan.Materialize:
		return []plan.Node{n.Input}
	case *plan.With:
		ins := make([]plan.Node, 0, len(n.CTEs)+1)
		for i := range n.CTEs {
			ins = append(ins, n.CTEs[i].Root)
		}
		return append(ins, n.Body)
	case *plan.LockRows:
		return []plan.Node{n.Input}
	case *plan.Merge:
		return []plan.Node{n.Input}
	case *plan.Insert:
		return []plan.Node{n.Input}
	case *plan.Update:
		return optional(n.Input, n.Key)
	case *plan.Delete:
		return optional(n.Input, n.Key)
	}
	return nil
}

func optional(input plan.Node, key *plan.IndexScan) []plan.Node {
	var ns []plan.Node
	if input != nil {
		ns = append(ns, input)
	}
	if key != nil {
		ns = append(ns, key)
	}
	return ns
}

// exprs calls f for the expressions of a node itself, nil ones left out.
func exprs(n plan.Node, f func(expr.Expr)) {
	v := visitor{f}
	switch n := n.(type) {
	case *plan.SeqScan:
		v.one(n.Filter)
	case *plan.IndexScan:
		v.indexScan(n)
	case *plan.BitmapScan:
		if n.Recheck {
			v.one(n.Cond)
		}
		v.one(n.Filter)
	case *plan.VirtualScan:
		v.one(n.Filter)
		for _, e := range n.Eq {
			v.one(e)
		}
	case *plan.Values:
		for _, r := range n.Rows {
			v.list(r)
		}
	case *plan.FuncScan:
		v.list(n.Calls)
		v.one(n.Filter)
	case *plan.CTEScan:
		v.one(n.Filter)
	case *plan.WorkTableScan:
		v.one(n.Filter)
	case *plan.Filter:
		v.one(n.Cond)
	case *plan.Project:
		v.list(n.Exprs)
	case *plan.ProjectSet:
		v.list(n.Exprs)
	case *plan.HashJoin:
		v.list(n.LeftKeys)
		v.list(n.RightKeys)
		v.one(n.Residual)
	case *plan.NestLoop:
		v.list(n.Args)
		v.one(n.On)
	case *plan.LookupJoin:
		v.list(n.Keys)
		v.one(n.On)
		v.indexScan(n.Inner)
	case *plan.MergeJoin:
		v.list(n.LeftKeys)
		v.list(n.RightKeys)
		v.one(n.Residual)
	default:
		v.rest(n)
	}
}

type visitor struct{ f func(expr.Expr) }

func (v visitor) one(e expr.Expr) {
	if e != nil {
		v.f(e)
	}
}

func (v visitor) list(es []expr.Expr) {
	for _, e := range es {
		v.one(e)
	}
}

func (v visitor) indexScan(n *plan.IndexScan) {
	for _, r := range n.Ranges {
		v.list(r.Eq)
		v.one(r.Low)
		v.one(r.High)
	}
	for _, s := range n.Searches {
		v.one(s.Value)
	}
	v.one(n.InArray)
	v.one(n.Filter)
}

// rest is the second half of exprs.
func (v visitor) rest(n plan.Node) {
	switch n := n.(type) {
	case *plan.Append:
		for _, p := range n.Prunes {
			p.Step.Values(v.f)
		}
	case *plan.Aggregate:
		for _, a := range n.Aggs {
			v.one(a)
		}
	case *plan.Window:
		for _, c := range n.Calls {
			v.one(c)
		}
		for _, d := range n.Defs {
			v.list(d.Partition)
			for _, k := range d.Order {
				v.one(k.Expr)
			}
			v.one(d.Frame.Start.Offset)
			v.one(d.Frame.End.Offset)
		}
	case *plan.Sort:
		v.one(n.Limit)
		v.one(n.Offset)
	case *plan.Limit:
		v.one(n.Limit)
		v.one(n.Offset)
	case *plan.LockRows:
		for _, t := range n.Targets {
			v.one(t.Recheck)
		}
	case *plan.Insert:
		v.checks(n.Checks)
		if c := n.OnConflict; c != nil {
			v.list(c.Sets)
			v.one(c.Where)
		}
		v.list(n.Returning)
	case *plan.Update:
		v.list(n.Sets)
		v.one(n.Recheck)
		v.checks(n.Checks)
		v.list(n.Returning)
	case *plan.Merge:
		v.one(n.Action)
		v.one(n.Join)
		for _, a := range n.Actions {
			v.list(a.Values)
			if a.Update != nil {
				v.list(a.Update.Sets)
				v.one(a.Update.Recheck)
			}
		}
	case *plan.Delete:
		v.one(n.Recheck)
		v.list(n.Returning)
	}
}

func (v visitor) checks(cs []plan.Check) {
	for _, c := range cs {
		v.one(c.Cond)
	}
}
