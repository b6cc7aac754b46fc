package build

import (
	"context"
	"time"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/vec"
)

// statsOp counts an operator's rows, and the time and what it uses of the store, its inputs' included.
type statsOp struct {
	op    exec.Operator
	ctx   *exec.Ctx
	id    int
	first bool // no row yet in this loop
}

// HintRows implements exec.RowHinter.
func (s *statsOp) HintRows(n int64) { exec.HintRows(s.op, n) }

// Open implements exec.Operator.
func (s *statsOp) Open(ctx context.Context) error {
	start, used := time.Now(), s.ctx.Usage.Now()
	err := s.op.Open(ctx)
	s.first = true
	if st := s.ctx.Node(s.id); st != nil {
		st.Loops++
		st.TotalTime += time.Since(start)
		st.StartupTime += time.Since(start)
		st.Usage = st.Usage.Plus(s.ctx.Usage.Now().Minus(used))
	}
	return err
}

// Next implements exec.Operator.
func (s *statsOp) Next(ctx context.Context) (*vec.Batch, error) {
	start, used := time.Now(), s.ctx.Usage.Now()
	b, err := s.op.Next(ctx)
	if st := s.ctx.Node(s.id); st != nil {
		d := time.Since(start)
		st.Usage = st.Usage.Plus(s.ctx.Usage.Now().Minus(used))
		st.TotalTime += d
		if s.first {
			st.StartupTime += d
		}
		if b != nil {
			st.Rows += int64(b.Rows())
		}
	}
	s.first = false
	return b, err
}

// Close implements exec.Operator.
func (s *statsOp) Close() error { return s.op.Close() }
