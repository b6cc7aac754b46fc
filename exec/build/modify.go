package build

import (
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/dml"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// modify makes the operators that change data. An UPDATE or DELETE by a key has no input.
func (b *builder) modify(n plan.Node) (exec.Operator, error) {
	switch n := n.(type) {
	case *plan.Insert:
		in, err := b.optional(n.Input)
		if err != nil {
			return nil, err
		}
		if n.Instead != 0 {
			return op(dml.NewInstead(b.ctx, n, in, b.inCTE == 0))
		}
		if n.Route != nil {
			return op(dml.NewRoutedInsert(b.ctx, n, in, b.inCTE == 0))
		}
		return op(dml.NewInsert(b.ctx, n, in, b.inCTE == 0))
	case *plan.Update:
		in, err := b.optional(n.Input)
		if err != nil {
			return nil, err
		}
		if n.Tree != nil {
			return op(dml.NewTreeUpdate(b.ctx, n, in, b.inCTE == 0))
		}
		return op(dml.NewUpdate(b.ctx, n, in, b.inCTE == 0))
	case *plan.Merge:
		in, err := b.node(n.Input)
		if err != nil {
			return nil, err
		}
		return op(dml.NewMerge(b.ctx, n, in, b.inCTE == 0))
	case *plan.Delete:
		in, err := b.optional(n.Input)
		if err != nil {
			return nil, err
		}
		if n.Tree != nil {
			return op(dml.NewTreeDelete(b.ctx, n, in, b.inCTE == 0))
		}
		return op(dml.NewDelete(b.ctx, n, in, b.inCTE == 0))
	}
	return nil, pgerr.New(pgerr.InternalError, "unrecognized plan node %T", n)
}

func (b *builder) optional(n plan.Node) (exec.Operator, error) {
	if n == nil {
		return nil, nil
	}
	return b.node(n)
}
