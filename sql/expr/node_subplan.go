package expr

import (
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// subPlanNode runs a subplan for each row through Ctx.RunSubPlan.
type subPlanNode struct {
	sp       *SubPlan
	args     []node
	argv     []*vec.Vector
	left     []node
	leftv    []*vec.Vector
	leftRow  []types.Datum
	test     node
	testFunc func() (types.Datum, error)
	fr       *frame
	row      [1]int32
	n        int
	alone    bool // it needs nothing of the rows
	out      vec.Vector
}

func (cp *compiler) subPlan(e *SubPlan) (node, error) {
	x := &subPlanNode{sp: e, out: vec.Vector{Kind: kindOf(e)}}
	var err error
	if x.args, err = cp.list(e.Args); err != nil {
		return nil, err
	}
	if x.left, err = cp.list(e.HashLeft); err != nil {
		return nil, err
	}
	x.alone = len(e.Args) == 0 && len(e.HashLeft) == 0 && e.Test == nil
	x.argv, x.leftv = make([]*vec.Vector, len(x.args)), make([]*vec.Vector, len(x.left))
	if e.Test != nil {
		if x.test, err = cp.compile(e.Test); err != nil {
			return nil, err
		}
		x.testFunc = x.runTest
	}
	return x, nil
}

func (x *subPlanNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	if fr.c.RunSubPlan == nil {
		return nil, internalError("subplan outside of a statement")
	}
	if x.alone {
		return x.once(fr, sel, n)
	}
	for i, a := range x.args {
		v, err := a.eval(fr, sel, n)
		if err != nil {
			return nil, err
		}
		x.argv[i] = v
	}
	for i, a := range x.left {
		v, err := a.eval(fr, sel, n)
		if err != nil {
			return nil, err
		}
		x.leftv[i] = v
	}
	x.out.Clear(n)
	x.fr, x.n = fr, n
	for _, i := range fr.rows(sel, n) {
		if err := x.one(fr.c, i); err != nil {
			return nil, err
		}
	}
	return &x.out, nil
}

// once runs a subplan that has one value for all rows, unless there are none.
func (x *subPlanNode) once(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	x.out.Const = rowCount(sel, n) > 0
	if !x.out.Const {
		x.out.Clear(n)
		return &x.out, nil
	}
	x.out.Clear(1)
	return &x.out, x.one(fr.c, 0)
}

// one sets the outer values of row i and runs the subplan.
func (x *subPlanNode) one(c *Ctx, i int32) error {
	for k, slot := range x.sp.Slots {
		c.Exec[slot] = x.argv[k].Datum(at(x.argv[k], i))
	}
	x.leftRow = x.leftRow[:0]
	for _, v := range x.leftv {
		x.leftRow = append(x.leftRow, v.Datum(at(v, i)))
	}
	x.row[0] = i
	c.SubPlanTest = x.testFunc
	d, err := c.RunSubPlan(x.sp, x.leftRow)
	c.SubPlanTest = nil
	if err != nil {
		return err
	}
	x.out.Set(int(i), d)
	return nil
}

func (x *subPlanNode) runTest() (types.Datum, error) {
	v, err := x.test.eval(x.fr, x.row[:], x.n)
	if err != nil {
		return types.Null, err
	}
	return v.Datum(at(v, x.row[0])), nil
}
