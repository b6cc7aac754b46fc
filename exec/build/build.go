package build

import (
	"fmt"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/agg"
	"github.com/lightsql/lightsql/exec/join"
	"github.com/lightsql/lightsql/exec/order"
	"github.com/lightsql/lightsql/exec/project"
	"github.com/lightsql/lightsql/exec/scan"
	"github.com/lightsql/lightsql/exec/setop"
	"github.com/lightsql/lightsql/exec/window"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// builder makes the operators of one Tree.
type builder struct {
	tree       *Tree
	ctx        *exec.Ctx
	ctes       map[int]*scan.CTE
	tables     map[int]*scan.WorkTable
	slotsOf    map[plan.Node]slotSet
	cteRoots   map[int]plan.Node
	initBySlot map[int]int  // exec param → InitPlan whose result it is
	inCTE      int          // nesting of the CTE that is being built: what it changes is not in the command tag
	readAgain  map[int]bool // subplans whose rows are read for each outer row
}

func newBuilder(t *Tree) *builder {
	b := &builder{tree: t, ctx: t.ctx}
	b.findSubPlans()
	return b
}

// node makes the operator of n, with those of its inputs.
func (b *builder) node(n plan.Node) (exec.Operator, error) {
	op, err := b.bare(n)
	if err != nil {
		return nil, err
	}
	if len(b.initBySlot) > 0 {
		if ids := b.initPlansOf(n); len(ids) > 0 {
			op = &initOp{Operator: op, tree: b.tree, ids: ids}
		}
	}
	if b.ctx.Stats != nil {
		op = &statsOp{op: op, ctx: b.ctx, id: n.Base().ID}
	}
	return op, nil
}

// bare is the one switch from plan nodes to operators.
func (b *builder) bare(n plan.Node) (exec.Operator, error) {
	switch n := n.(type) {
	case *plan.SeqScan:
		return op(scan.NewSeqScan(b.ctx, n))
	case *plan.IndexScan:
		if n.Searches != nil {
			return op(scan.NewInvertedScan(b.ctx, n))
		}
		return op(scan.NewIndexScan(b.ctx, n))
	case *plan.BitmapScan:
		return b.bitmapScan(n)
	case *plan.VirtualScan:
		return op(scan.NewVirtualScan(b.ctx, n))
	case *plan.Values:
		return op(scan.NewValues(b.ctx, n))
	case *plan.FuncScan:
		return op(scan.NewFuncScan(b.ctx, n))
	case *plan.External:
		return b.ctx.External, nil
	case *plan.CTEScan:
		return b.cteScan(n)
	case *plan.WorkTableScan:
		return b.workTableScan(n)
	case *plan.With:
		return b.with(n)
	case *plan.RecursiveUnion:
		return b.recursiveUnion(n)
	case *plan.HashJoin, *plan.NestLoop, *plan.MergeJoin, *plan.SetOp:
		return b.binary(n)
	case *plan.Append:
		return b.append(n)
	case *plan.Insert, *plan.Update, *plan.Delete, *plan.Merge:
		return b.modify(n)
	}
	if a, ok := n.(*plan.Aggregate); ok {
		if o, err := b.parallel(a); o != nil || err != nil {
			return o, err
		}
	}
	ins := inputs(n)
	if len(ins) != 1 {
		return nil, pgerr.New(pgerr.InternalError, "unrecognized plan node %T", n)
	}
	in, err := b.node(ins[0])
	if err != nil {
		return nil, err
	}
	return b.unary(n, in)
}

func (b *builder) bitmapScan(n *plan.BitmapScan) (exec.Operator, error) {
	arms := make([]exec.Operator, len(n.Scans))
	for i, s := range n.Scans {
		arm, err := b.node(s)
		if err != nil {
			return nil, err
		}
		arms[i] = arm
	}
	return op(scan.NewBitmapScan(b.ctx, n, arms))
}

// op makes an Operator of a constructor's result: a failed one is nil, not a nil pointer in an interface.
func op[O exec.Operator](o O, err error) (exec.Operator, error) {
	if err != nil {
		return nil, err
	}
	return o, nil
}

// unary is the switch for nodes with one input.
func (b *builder) unary(n plan.Node, in exec.Operator) (exec.Operator, error) {
	switch n := n.(type) {
	case *plan.Filter:
		return op(project.NewFilter(b.ctx, n, in))
	case *plan.Project:
		return op(project.NewProject(b.ctx, n, in))
	case *plan.ProjectSet:
		return project.NewProjectSet(b.ctx, n, in)
	case *plan.LookupJoin:
		return op(join.NewLookupJoin(b.ctx, n, in))
	case *plan.Aggregate:
		if n.Sorted && n.Sets == nil && len(n.Groups) > 0 {
			return op(agg.NewSortedAggregate(b.ctx, n, in))
		}
		return op(agg.NewHashAggregate(b.ctx, n, in))
	case *plan.Window:
		return op(window.New(b.ctx, n, in))
	case *plan.Sort:
		return order.NewSort(b.ctx, n, in), nil
	case *plan.Limit:
		return order.NewLimit(b.ctx, n, in), nil
	case *plan.Distinct:
		if n.Sorted {
			return order.NewUnique(n, in), nil
		}
		return order.NewHashDistinct(b.ctx, n, in), nil
	case *plan.Materialize:
		return order.NewMaterialize(b.ctx, n.Types(), in, b.params(n.Input)), nil
	case *plan.LockRows:
		return op(scan.NewLockRows(b.ctx, n, in))
	}
	return nil, pgerr.New(pgerr.InternalError, "unrecognized plan node %s", fmt.Sprintf("%T", n))
}

// binary is the switch for nodes with two inputs.
func (b *builder) binary(n plan.Node) (exec.Operator, error) {
	ins := inputs(n)
	left, err := b.node(ins[0])
	if err != nil {
		return nil, err
	}
	side := b.node
	if _, ok := n.(*plan.HashJoin); ok {
		side = b.all
	}
	right, err := side(ins[1])
	if err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *plan.HashJoin:
		return op(join.NewHashJoin(b.ctx, n, left, right, b.params(n.Right)))
	case *plan.NestLoop:
		if len(n.Slots) == 0 {
			right = b.rescannable(n.Right, right)
		}
		return op(join.NewNestLoop(b.ctx, n, left, right))
	case *plan.MergeJoin:
		return op(join.NewMergeJoin(b.ctx, n, left, right))
	case *plan.SetOp:
		return setop.NewSetOp(b.ctx, n, left, right), nil
	}
	return nil, pgerr.New(pgerr.InternalError, "unrecognized plan node %T", n)
}

// rescannable keeps the rows of what a nested loop without parameters runs again and again.
func (b *builder) rescannable(n plan.Node, o exec.Operator) exec.Operator {
	switch n.(type) {
	case *plan.Materialize, *plan.CTEScan, *plan.WorkTableScan:
		return o
	}
	return order.NewMaterialize(b.ctx, n.Types(), o, b.params(n))
}

func (b *builder) append(n *plan.Append) (exec.Operator, error) {
	ops := make([]exec.Operator, len(n.Inputs))
	for i, in := range n.Inputs {
		o, err := b.node(in)
		if err != nil {
			return nil, err
		}
		ops[i] = o
	}
	p, err := setop.NewPruner(b.ctx, n)
	if err != nil {
		return nil, err
	}
	if len(n.Keys) > 0 {
		return setop.NewMergeAppend(b.ctx, n, ops, p), nil
	}
	return setop.NewAppend(ops, p), nil
}

// with builds the CTEs in order, since later ones read earlier ones, then the body.
func (b *builder) with(n *plan.With) (exec.Operator, error) {
	b.slots(n) // makes the roots known
	var ctes, modifying []*scan.CTE
	for i := range n.CTEs {
		c := &n.CTEs[i]
		b.inCTE++
		in, err := b.node(c.Root)
		b.inCTE--
		if err != nil {
			return nil, err
		}
		x := b.cte(c.ID, c.Root)
		x.Input = in
		ctes = append(ctes, x)
		if c.Modifying {
			modifying = append(modifying, x)
		}
	}
	body, err := b.node(n.Body)
	if err != nil {
		return nil, err
	}
	w := setop.NewWith(ctes, modifying, body)
	if len(modifying) > 0 {
		b.tree.withs = append(b.tree.withs, w)
	}
	return w, nil
}

func (b *builder) cte(id int, root plan.Node) *scan.CTE {
	if b.ctes == nil {
		b.ctes = map[int]*scan.CTE{}
	}
	if b.ctes[id] == nil {
		b.ctes[id] = scan.NewCTE(b.ctx, root.Types())
	}
	return b.ctes[id]
}

func (b *builder) cteScan(n *plan.CTEScan) (exec.Operator, error) {
	return op(scan.NewCTEScan(b.ctx, n, b.cte(n.ID, n)))
}

func (b *builder) table(id int, n plan.Node) *scan.WorkTable {
	if b.tables == nil {
		b.tables = map[int]*scan.WorkTable{}
	}
	if b.tables[id] == nil {
		b.tables[id] = &scan.WorkTable{Rows: exec.NewRowBuffer(b.ctx, n.Types())}
	}
	return b.tables[id]
}

func (b *builder) workTableScan(n *plan.WorkTableScan) (exec.Operator, error) {
	return op(scan.NewWorkTableScan(b.ctx, n.ID, n.Types(), n.Filter, b.table(n.ID, n)))
}

func (b *builder) recursiveUnion(n *plan.RecursiveUnion) (exec.Operator, error) {
	start, err := b.node(n.Start)
	if err != nil {
		return nil, err
	}
	table := b.table(n.ID, n)
	recursive, err := b.node(n.Recursive)
	if err != nil {
		return nil, err
	}
	return setop.NewRecursiveUnion(b.ctx, n, start, recursive, table), nil
}
