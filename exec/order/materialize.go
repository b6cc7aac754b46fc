package order

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Materialize keeps its input's rows for rescans: the input runs once until Close, and only as far as rows are wanted. It runs
// again at a rescan only if exec params that it depends on have changed.
type Materialize struct {
	ctx    *exec.Ctx
	input  exec.Operator
	params exec.Params
	buf    *exec.RowBuffer
	reader *exec.RowReader
	open   bool
	ended  bool
}

// NewMaterialize keeps the rows of input, of types ts, as long as params are the same.
func NewMaterialize(ctx *exec.Ctx, ts []types.T, input exec.Operator, params exec.Params) *Materialize {
	m := &Materialize{ctx: ctx, input: input, params: params, buf: exec.NewRowBuffer(ctx, ts)}
	m.reader = m.buf.Reader()
	return m
}

// Open implements exec.Operator.
func (m *Materialize) Open(ctx context.Context) error {
	m.reader.Rewind()
	if same := m.params.Same(m.ctx.Expr); m.open && same {
		return nil
	}
	m.buf.Reset()
	m.open, m.ended = true, false
	return m.input.Open(ctx)
}

// Next implements exec.Operator.
func (m *Materialize) Next(ctx context.Context) (*vec.Batch, error) {
	b, err := m.reader.Next(m.ctx.Rows())
	if err != nil || b != nil && b.Rows() > 0 || m.ended {
		return b, err
	}
	in, err := m.input.Next(ctx)
	if err != nil {
		return nil, err
	}
	if in == nil || in.Rows() == 0 {
		m.ended = true
		return nil, nil
	}
	if err := m.buf.Add(in); err != nil {
		return nil, err
	}
	return m.reader.Next(m.ctx.Rows())
}

// Close implements exec.Operator.
func (m *Materialize) Close() error {
	m.open = false
	m.buf.Close()
	return m.input.Close()
}
