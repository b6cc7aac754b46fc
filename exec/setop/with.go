package setop

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/scan"
	"github.com/lightsql/lightsql/sql/vec"
)

// With runs its body, in which CTEScans read the CTEs. Those that modify data run to their end whether read or not.
type With struct {
	ctes      []*scan.CTE
	modifying []*scan.CTE
	body      exec.Operator
	ended     bool
}

// NewWith is a body with its CTEs; modifying are those of them that modify data.
func NewWith(ctes, modifying []*scan.CTE, body exec.Operator) *With {
	return &With{ctes: ctes, modifying: modifying, body: body}
}

// Open implements exec.Operator.
func (w *With) Open(ctx context.Context) error {
	for _, c := range w.ctes {
		c.Reset()
	}
	w.ended = false
	return w.body.Open(ctx)
}

// Next implements exec.Operator.
func (w *With) Next(ctx context.Context) (*vec.Batch, error) {
	if w.ended {
		return nil, nil
	}
	b, err := w.body.Next(ctx)
	if err != nil || b != nil && b.Rows() > 0 {
		return b, err
	}
	w.ended = true
	for _, c := range w.modifying {
		if err := c.Finish(ctx); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// Finish runs the CTEs that modify data to their end; for a caller that does not read the body to its end (a portal that is closed early, a
// LIMIT above).
func (w *With) Finish(ctx context.Context) error {
	for _, c := range w.modifying {
		if err := c.Finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close implements exec.Operator.
func (w *With) Close() error {
	err := w.body.Close()
	for _, c := range w.ctes {
		if err2 := c.Close(); err == nil {
			err = err2
		}
	}
	return err
}
