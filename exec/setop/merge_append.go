package setop

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/vec"
)

// MergeAppend merges the rows of inputs that are sorted by the same keys.
type MergeAppend struct {
	ctx     *exec.Ctx
	inputs  []exec.Operator
	pruner  *Pruner
	keys    []mergeKey
	current []cursor // by input
	heap    []int    // inputs with rows left, the least row first
	out     *vec.Batch
	started bool
	size    int
	hint    int64
}

type mergeKey struct {
	col              int
	desc, nullsFirst bool
	exec.Comparer
}

// cursor is a place in the current batch of an input.
type cursor struct {
	b *vec.Batch
	i int
}

// NewMergeAppend is the operator of n; p may be nil.
func NewMergeAppend(ctx *exec.Ctx, n *plan.Append, inputs []exec.Operator, p *Pruner) *MergeAppend {
	m := &MergeAppend{ctx: ctx, inputs: inputs, pruner: p, current: make([]cursor, len(inputs)), out: vec.NewBatch(vec.Kinds(n.Types()), 0)}
	for _, k := range n.Keys {
		m.keys = append(m.keys, mergeKey{col: k.Col, desc: k.Desc, nullsFirst: k.NullsFirst, Comparer: exec.NewComparer(k.T)})
	}
	return m
}

// HintRows implements exec.RowHinter.
func (m *MergeAppend) HintRows(n int64) {
	m.hint = n
	for _, in := range m.inputs {
		exec.HintRows(in, n)
	}
}

// Open implements exec.Operator.
func (m *MergeAppend) Open(ctx context.Context) error {
	m.started, m.heap, m.size = false, m.heap[:0], 0
	if err := m.pruner.evaluate(); err != nil {
		return err
	}
	for i, in := range m.inputs {
		if !m.pruner.wants(i) {
			continue
		}
		if err := in.Open(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Next implements exec.Operator.
func (m *MergeAppend) Next(ctx context.Context) (*vec.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !m.started {
		m.started = true
		for i := range m.inputs {
			if !m.pruner.wants(i) {
				continue
			}
			more, err := m.pull(ctx, i)
			if err != nil {
				return nil, err
			}
			if more {
				m.heap = append(m.heap, i)
				m.up(len(m.heap) - 1)
			}
		}
	}
	m.size = min(max(4*m.size, 128), m.ctx.Rows())
	if m.hint > 0 {
		m.size = int(min(int64(m.size), m.hint))
	}
	m.out.Reset()
	for m.out.Len < m.size && len(m.heap) > 0 {
		c := &m.current[m.heap[0]]
		m.out.AppendFrom(c.b, c.b.Row(c.i))
		if c.i++; c.i >= c.b.Rows() {
			more, err := m.pull(ctx, m.heap[0])
			if err != nil {
				return nil, err
			}
			if !more {
				last := len(m.heap) - 1
				m.heap[0] = m.heap[last]
				m.heap = m.heap[:last]
			}
		}
		m.down(0)
	}
	if m.out.Len == 0 {
		return nil, nil
	}
	return m.out, nil
}

// pull gets the next batch of an input; false at its end.
func (m *MergeAppend) pull(ctx context.Context, i int) (bool, error) {
	b, err := m.inputs[i].Next(ctx)
	if err != nil || b == nil || b.Rows() == 0 {
		return false, err
	}
	m.current[i] = cursor{b: b}
	return true, nil
}

// less orders the rows of two inputs; equal rows come in the order of the inputs.
func (m *MergeAppend) less(x, y int) bool {
	a, b := &m.current[x], &m.current[y]
	i, j := a.b.Row(a.i), b.b.Row(b.i)
	for k := range m.keys {
		key := &m.keys[k]
		va, vb := a.b.Cols[key.col], b.b.Cols[key.col]
		na, nb := va.IsNull(i), vb.IsNull(j)
		switch {
		case na && nb:
			continue
		case na:
			return key.nullsFirst
		case nb:
			return !key.nullsFirst
		}
		c := key.Compare(va, i, vb, j)
		if c == 0 {
			continue
		}
		return (c < 0) != key.desc
	}
	return x < y
}

func (m *MergeAppend) up(i int) {
	for i > 0 {
		p := (i - 1) / 2
		if !m.less(m.heap[i], m.heap[p]) {
			return
		}
		m.heap[i], m.heap[p] = m.heap[p], m.heap[i]
		i = p
	}
}

func (m *MergeAppend) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(m.heap) {
			return
		}
		if c+1 < len(m.heap) && m.less(m.heap[c+1], m.heap[c]) {
			c++
		}
		if !m.less(m.heap[c], m.heap[i]) {
			return
		}
		m.heap[i], m.heap[c] = m.heap[c], m.heap[i]
		i = c
	}
}

// Close implements exec.Operator.
func (m *MergeAppend) Close() error {
	m.heap = m.heap[:0]
	return closeAll(m.inputs)
}
