package order

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/vec"
)

// Sort sorts its input, or finds its first rows.
type Sort struct {
	ctx    *exec.Ctx
	node   *plan.Sort
	input  exec.Operator
	sorter *Sorter
	done   bool
}

// NewSort is the operator of n.
func NewSort(ctx *exec.Ctx, n *plan.Sort, input exec.Operator) *Sort {
	return &Sort{ctx: ctx, node: n, input: input, sorter: NewSorter(ctx, n.Input.Types(), Keys(n.Keys))}
}

// Open implements exec.Operator.
func (s *Sort) Open(ctx context.Context) error {
	s.done = false
	bound := int64(-1)
	if s.node.Limit != nil {
		limit, offset, err := limits(s.ctx, s.node.Limit, s.node.Offset)
		if err != nil {
			return err
		}
		if limit >= 0 && limit+offset >= 0 {
			bound = limit + offset
		}
	}
	s.sorter.Reset(bound)
	return s.input.Open(ctx)
}

// Next implements exec.Operator.
func (s *Sort) Next(ctx context.Context) (*vec.Batch, error) {
	if !s.done {
		if err := s.fill(ctx); err != nil {
			return nil, err
		}
		s.done = true
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.sorter.Next(s.ctx.Rows())
}

func (s *Sort) fill(ctx context.Context) error {
	for {
		b, err := s.input.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil || b.Rows() == 0 {
			break
		}
		if err := s.sorter.Add(b); err != nil {
			return err
		}
	}
	method, err := s.sorter.Finish(ctx)
	if st := s.ctx.Node(s.node.ID); st != nil {
		st.SortMethod = method
		st.MemoryBytes = max(st.MemoryBytes, s.sorter.MemoryBytes())
		st.DiskBytes = max(st.DiskBytes, s.sorter.DiskBytes())
	}
	return err
}

// Close implements exec.Operator.
func (s *Sort) Close() error {
	s.sorter.Close()
	return s.input.Close()
}
