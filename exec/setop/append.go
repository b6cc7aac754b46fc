package setop

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/vec"
)

// Append outputs its inputs' rows one input after the other.
type Append struct {
	inputs []exec.Operator
	at     int
	open   bool
}

// NewAppend is UNION ALL of inputs.
func NewAppend(inputs []exec.Operator) *Append { return &Append{inputs: inputs} }

// HintRows implements exec.RowHinter.
func (a *Append) HintRows(n int64) {
	for _, in := range a.inputs {
		exec.HintRows(in, n)
	}
}

// Open implements exec.Operator. Inputs are opened when their turn comes.
func (a *Append) Open(context.Context) error {
	a.at, a.open = 0, false
	return nil
}

// Next implements exec.Operator.
func (a *Append) Next(ctx context.Context) (*vec.Batch, error) {
	for a.at < len(a.inputs) {
		in := a.inputs[a.at]
		if !a.open {
			if err := in.Open(ctx); err != nil {
				return nil, err
			}
			a.open = true
		}
		b, err := in.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b != nil && b.Rows() > 0 {
			return b, nil
		}
		a.at++
		a.open = false
	}
	return nil, nil
}

// Close implements exec.Operator.
func (a *Append) Close() error { return closeAll(a.inputs) }

func closeAll(ops []exec.Operator) error {
	var first error
	for _, op := range ops {
		if err := op.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
