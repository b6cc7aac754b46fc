package plan

import "github.com/lightsql/lightsql/catalog"

// Inputs are the child nodes of n in order; the inner scan of a LookupJoin counts, CTEs come before the body.
func Inputs(n Node) []Node {
	var out []Node
	MapInputs(n, func(c Node) Node {
		out = append(out, c)
		return c
	})
	return out
}

// MapInputs replaces every child of n by what f makes of it. It changes n: only for a plan under construction.
func MapInputs(n Node, f func(Node) Node) Node {
	switch n := n.(type) {
	case *Filter:
		n.Input = f(n.Input)
	case *Project:
		n.Input = f(n.Input)
	case *ProjectSet:
		n.Input = f(n.Input)
	case *BitmapScan:
		for i, s := range n.Scans {
			if s, ok := f(s).(*IndexScan); ok {
				n.Scans[i] = s
			}
		}
	case *HashJoin:
		n.Left, n.Right = f(n.Left), f(n.Right)
	case *NestLoop:
		n.Left, n.Right = f(n.Left), f(n.Right)
	case *MergeJoin:
		n.Left, n.Right = f(n.Left), f(n.Right)
	case *LookupJoin:
		n.Left = f(n.Left)
		if s, ok := f(n.Inner).(*IndexScan); ok {
			n.Inner = s
		}
	case *Aggregate:
		n.Input = f(n.Input)
	case *Window:
		n.Input = f(n.Input)
	case *Sort:
		n.Input = f(n.Input)
	case *Limit:
		n.Input = f(n.Input)
	case *Distinct:
		n.Input = f(n.Input)
	case *Append:
		for i, c := range n.Inputs {
			n.Inputs[i] = f(c)
		}
	case *SetOp:
		n.Left, n.Right = f(n.Left), f(n.Right)
	case *RecursiveUnion:
		n.Start, n.Recursive = f(n.Start), f(n.Recursive)
	case *Materialize:
		n.Input = f(n.Input)
	default:
		mapStatementInputs(n, f)
	}
	return n
}

func mapStatementInputs(n Node, f func(Node) Node) {
	switch n := n.(type) {
	case *With:
		for i := range n.CTEs {
			n.CTEs[i].Root = f(n.CTEs[i].Root)
		}
		n.Body = f(n.Body)
	case *LockRows:
		n.Input = f(n.Input)
	case *Merge:
		n.Input = f(n.Input)
	case *Insert:
		n.Input = f(n.Input)
	case *Update:
		mapTarget(&n.Input, n.Key, f)
	case *Delete:
		mapTarget(&n.Input, n.Key, f)
	}
}

// mapTarget visits the input of an UPDATE or DELETE, or its key look-up, which stays an IndexScan.
func mapTarget(in *Node, key *IndexScan, f func(Node) Node) {
	if *in != nil {
		*in = f(*in)
	} else if key != nil {
		f(key)
	}
}

// Number gives every node of the plan its ID, from 0, subplans after the main tree.
func (p *Plan) Number() {
	next := 0
	var visit func(n Node) Node
	visit = func(n Node) Node {
		n.Base().ID = next
		next++
		return MapInputs(n, visit)
	}
	visit(p.Root)
	for i := range p.SubPlans {
		visit(p.SubPlans[i].Root)
	}
	p.Nodes = next
}

// TotalCost is what the plan is estimated to cost, all statements that rules made of it together.
func (p *Plan) TotalCost() float64 {
	if !p.Ruled {
		return p.Root.Base().TotalCost
	}
	total := 0.0
	for _, s := range p.Steps {
		if s.Plan != nil {
			total += s.Plan.TotalCost()
		}
	}
	return total
}

// AddWrite notes a table that the plan writes or locks.
func (p *Plan) AddWrite(t *catalog.Table) {
	for _, w := range p.Writes {
		if w.OID == t.OID {
			return
		}
	}
	p.Writes = append(p.Writes, t)
}
