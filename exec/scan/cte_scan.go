package scan

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// CTE is the materialisation of a common table expression, which all its readers share. Rows are computed when a reader first wants
// them.
type CTE struct {
	ctx   *exec.Ctx
	Input exec.Operator
	buf   *exec.RowBuffer
	open  bool
	ended bool
}

// NewCTE is a CTE of rows of types ts. Its Input is set before it is opened.
func NewCTE(ctx *exec.Ctx, ts []types.T) *CTE { return &CTE{ctx: ctx, buf: exec.NewRowBuffer(ctx, ts)} }

// Reset forgets the rows.
func (c *CTE) Reset() {
	c.buf.Reset()
	c.open, c.ended = false, false
}

// more computes more rows; false if there are none.
func (c *CTE) more(ctx context.Context) (bool, error) {
	if c.ended {
		return false, nil
	}
	if !c.open {
		if err := c.Input.Open(ctx); err != nil {
			return false, err
		}
		c.open = true
	}
	b, err := c.Input.Next(ctx)
	if err != nil {
		return false, err
	}
	if b == nil || b.Rows() == 0 {
		c.ended = true
		return false, nil
	}
	return true, c.buf.Add(b)
}

// Finish computes all rows.
func (c *CTE) Finish(ctx context.Context) error {
	for {
		more, err := c.more(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// Close forgets the rows and closes the input.
func (c *CTE) Close() error {
	c.buf.Close()
	c.open, c.ended = false, false
	return c.Input.Close()
}

// CTEScan reads a CTE.
type CTEScan struct {
	output
	cte    *CTE
	reader *exec.RowReader
}

// NewCTEScan is the operator of n over cte.
func NewCTEScan(ctx *exec.Ctx, n *plan.CTEScan, cte *CTE) (*CTEScan, error) {
	out, err := newOutput(ctx, n.ID, n.Types(), n.Filter)
	return &CTEScan{output: out, cte: cte, reader: cte.buf.Reader()}, err
}

// Open implements exec.Operator.
func (s *CTEScan) Open(context.Context) error {
	s.failed = nil
	s.reader.Rewind()
	return nil
}

// Next implements exec.Operator.
func (s *CTEScan) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if err := s.ready(ctx); err != nil {
			return nil, err
		}
		b, err := s.reader.Next(s.ctx.Rows())
		if err != nil {
			return nil, err
		}
		if b == nil || b.Rows() == 0 {
			more, err := s.cte.more(ctx)
			if err != nil || !more {
				return nil, err
			}
			continue
		}
		if b, err = s.finish(b); err != nil || b != nil {
			return b, err
		}
	}
}

// Close implements exec.Operator.
func (s *CTEScan) Close() error { return nil }

// WorkTable holds the rows that the last round of a recursive union found.
type WorkTable struct{ Rows *exec.RowBuffer }

// WorkTableScan reads a WorkTable.
type WorkTableScan struct {
	output
	table  *WorkTable
	reader *exec.RowReader
}

// NewWorkTableScan is a scan of table, with rows of types ts.
func NewWorkTableScan(ctx *exec.Ctx, id int, ts []types.T, filter expr.Expr, table *WorkTable) (*WorkTableScan, error) {
	out, err := newOutput(ctx, id, ts, filter)
	return &WorkTableScan{output: out, table: table}, err
}

// Open implements exec.Operator.
func (s *WorkTableScan) Open(context.Context) error {
	s.failed = nil
	s.reader = s.table.Rows.Reader()
	return nil
}

// Next implements exec.Operator.
func (s *WorkTableScan) Next(ctx context.Context) (*vec.Batch, error) {
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

// Close implements exec.Operator.
func (s *WorkTableScan) Close() error { return nil }
