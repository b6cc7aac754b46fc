package session

import (
	"context"
	"fmt"
	"math/rand"
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

// TestScrollCursorSpills goes back and forth in a cursor with more rows than work_mem, in its transaction and after it.
func TestScrollCursorSpills(t *testing.T) {
	const rows = 100000
	for _, after := range []bool{false, true} {
		s, _ := newTestSession(t)
		mustSimple(t, s, "SET work_mem = '1MB'; BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT i, repeat('x', 100) FROM generate_series(1, 100000) i")
		if after {
			mustSimple(t, s, "FETCH 1500 FROM c; COMMIT; MOVE FIRST FROM c; MOVE PRIOR FROM c")
		}
		fetch := func(sql string) (got []int64) {
			out := &collected{}
			if err := s.Simple(context.Background(), sql, out); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			return out.values
		}
		if all := fetch("FETCH ALL FROM c"); len(all) != rows || all[0] != 1 || all[rows-1] != rows {
			t.Errorf("%d rows", len(all))
		}
		all := fetch("FETCH BACKWARD ALL FROM c")
		for i, v := range all {
			if v != int64(rows-i) {
				t.Fatalf("row %d from the end is %d", i, v)
			}
		}
		if len(all) != rows {
			t.Errorf("%d rows backward", len(all))
		}
		rnd := rand.New(rand.NewSource(1))
		for range 200 {
			at := 1 + rnd.Int63n(rows)
			if got := fetch(fmt.Sprintf("FETCH ABSOLUTE %d FROM c", at)); len(got) != 1 || got[0] != at {
				t.Fatalf("row %d is %v", at, got)
			}
		}
		if used := atomic.LoadInt64(&s.srv.memory.Used); used <= 0 || used > 3<<19 {
			t.Errorf("%d bytes are accounted for", used)
		}
		mustSimple(t, s, "CLOSE c")
		if !after {
			mustSimple(t, s, "COMMIT")
		}
		if used := atomic.LoadInt64(&s.srv.memory.Used); used != 0 {
			t.Errorf("%d bytes are still accounted for", used)
		}
	}
}

// collected keeps the first column of rows.
type collected struct {
	discard
	values []int64
}

func (c *collected) Batch(b *vec.Batch) error {
	for i := range b.Rows() {
		c.values = append(c.values, b.Cols[0].Int[b.Row(i)])
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
