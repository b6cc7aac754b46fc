package scan

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// VirtualScan reads a built-in table: its rows are computed at the first Next.
type VirtualScan struct {
	output
	node   *plan.VirtualScan
	eq     map[int]exec.Scalar
	buf    *exec.RowBuffer
	reader *exec.RowReader
	filled bool
}

// NewVirtualScan is the operator of n.
func NewVirtualScan(ctx *exec.Ctx, n *plan.VirtualScan) (*VirtualScan, error) {
	out, err := newOutput(ctx, n.ID, n.Types(), n.Filter)
	if err != nil {
		return nil, err
	}
	s := &VirtualScan{output: out, node: n, eq: map[int]exec.Scalar{}, buf: exec.NewRowBuffer(ctx, n.Types())}
	s.reader = s.buf.Reader()
	for i, e := range n.Eq {
		if s.eq[i], err = exec.NewScalar(e); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Open implements exec.Operator.
func (s *VirtualScan) Open(context.Context) error {
	s.buf.Reset()
	s.reader.Rewind()
	s.filled, s.failed = false, nil
	return nil
}

// Next implements exec.Operator.
func (s *VirtualScan) Next(ctx context.Context) (*vec.Batch, error) {
	if !s.filled {
		if err := s.fill(ctx); err != nil {
			return nil, err
		}
		s.filled = true
	}
	for {
		if err := s.ready(ctx); err != nil {
			return nil, err
		}
		b, err := s.reader.Next(s.ctx.Rows())
		if err != nil || b == nil || b.Rows() == 0 {
			return nil, err
		}
		if b, err = s.finish(b); err != nil || b != nil {
			return b, err
		}
	}
}

func (s *VirtualScan) fill(ctx context.Context) error {
	eq := make(map[int]types.Datum, len(s.eq))
	for i, e := range s.eq {
		d, err := e.Value(s.ctx.Expr)
		if err != nil {
			return err
		}
		if d.IsNull() {
			return nil // "=" NULL is not true for any row
		}
		eq[i] = d
	}
	s.batch.Reset()
	err := s.node.Table.Virtual.Rows(s.ctx.Catalog, eq, func(row []types.Datum) error {
		for out, c := range s.node.Cols {
			s.batch.Cols[out].Append(row[c])
		}
		s.batch.Len++
		if s.batch.Len < vec.BatchRows {
			return nil
		}
		err := s.buf.Add(s.batch)
		s.batch.Reset()
		if err == nil {
			err = ctx.Err()
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.buf.Add(s.batch)
}

// Close implements exec.Operator.
func (s *VirtualScan) Close() error {
	s.buf.Close()
	return nil
}
