package session

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/lightsql/lightsql/sql/vec"
)

// ascending checks that rows count upwards from 1.
type ascending struct {
	discard
	rows int64
	bad  error
}

func (c *ascending) Batch(b *vec.Batch) error {
	for i := range b.Rows() {
		if c.rows++; b.Cols[0].Int[b.Row(i)] != c.rows {
			c.bad = fmt.Errorf("row %d is %d", c.rows, b.Cols[0].Int[b.Row(i)])
		}
	}
	return nil
}

// TestHeldCursorSpills keeps many rows of a cursor beyond its transaction: what is beyond work_mem is in a file.
func TestHeldCursorSpills(t *testing.T) {
	s, _ := newTestSession(t)
	mustSimple(t, s, "SET work_mem = '64kB'")
	mustSimple(t, s, "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT i, repeat('x', 100) FROM generate_series(1, 100000) i")
	var out ascending
	if err := s.Simple(context.Background(), "FETCH 10 FROM c", &out); err != nil {
		t.Fatal(err)
	}
	mustSimple(t, s, "COMMIT")
	if used := atomic.LoadInt64(&s.srv.memory.Used); used <= 0 || used > 1<<20 {
		t.Errorf("%d bytes are accounted for", used)
	}
	for _, sql := range []string{"FETCH 1000 FROM c", "FETCH NEXT FROM c", "FETCH ALL FROM c"} {
		if err := s.Simple(context.Background(), sql, &out); err != nil {
			t.Fatal(err)
		}
	}
	if out.rows != 100000 || out.bad != nil {
		t.Errorf("%d rows: %v", out.rows, out.bad)
	}
	mustSimple(t, s, "CLOSE c")
	if used := atomic.LoadInt64(&s.srv.memory.Used); used != 0 {
		t.Errorf("%d bytes are still accounted for", used)
	}
}
