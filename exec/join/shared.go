package join

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
)

// Shareable reports whether several workers may probe one build side: no build row is output for itself.
func Shareable(k logical.JoinKind) bool {
	switch k {
	case logical.InnerJoin, logical.LeftJoin, logical.SemiJoin, logical.AntiJoin:
		return true
	}
	return false
}

// Build reads the build side, if that is not done, and reports whether other workers may probe it: it is all in memory. The join
// is open.
func (j *HashJoin) Build(ctx context.Context) (shared bool, err error) {
	if !j.built {
		if err := j.load(ctx, j.right.Next, 0); err != nil {
			return false, err
		}
		j.built = true
		if j.parts.used {
			j.endFilters()
			if err := j.spreadProbe(ctx, 0); err != nil {
				return false, err
			}
			j.probing = false
		} else if err := j.fillFilters(); err != nil {
			return false, err
		}
	}
	return !j.parts.used, nil
}

// NewHashProbe joins the rows of left with the build side of owner, which must be built before each Open and stays as it is
// until Close.
func NewHashProbe(ctx *exec.Ctx, n *plan.HashJoin, left exec.Operator, owner *HashJoin) (*HashJoin, error) {
	j := &HashJoin{ctx: ctx, node: n, left: left, owner: owner}
	var err error
	if j.leftKeys, err = expr.CompileAll(n.LeftKeys); err != nil {
		return nil, err
	}
	if j.m, err = newMatcher(ctx, n.Kind, n.Left.Types(), n.Right.Types(), n.Residual); err != nil {
		return nil, err
	}
	j.parts = newGrace(ctx, nil, nil)
	j.offerFilters()
	return j, nil
}

// openProbe is Open for a join that probes its owner's build side.
func (j *HashJoin) openProbe(ctx context.Context) error {
	o := j.owner
	j.table, j.build, j.next, j.head = o.table.View(), o.build, o.next, o.head
	j.nullKey, j.total = o.nullKey, o.total
	j.m.done, j.probing, j.built, j.open = true, true, true, true
	j.src = j.left.Next
	return j.left.Open(ctx)
}

// closeProbe lets go of the owner's build side.
func (j *HashJoin) closeProbe() error {
	j.table, j.build, j.next, j.head = nil, nil, nil, nil
	j.open = false
	return j.left.Close()
}
