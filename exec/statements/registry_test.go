package statements

import (
	"math"
	"strconv"
	"sync"
	"testing"
	"time"
)

func TestFigures(t *testing.T) {
	var r Registry
	e := r.Entry(Key{ID: 1}, text("SELECT $1"))
	for _, ms := range []int{1, 2, 3, 6} {
		e.Executed(time.Duration(ms)*time.Millisecond, int64(ms))
	}
	f := r.Entry(Key{ID: 1}, text("other text of the same form")).Figures()
	if f.Exec.Calls != 4 || f.Exec.Total != 12 || f.Exec.Min != 1 || f.Exec.Max != 6 || f.Exec.Mean() != 3 || f.Rows != 12 {
		t.Errorf("%+v", f)
	}
	if d := f.Exec.Deviation(); math.Abs(d-math.Sqrt(3.5)) > 1e-9 {
		t.Errorf("deviation %v", d)
	}
}

// Rarely used entries make room for others, and a reset forgets only what it names.
func TestEviction(t *testing.T) {
	var r Registry
	for i := range entriesMax {
		e := r.Entry(Key{ID: uint64(i)}, text(strconv.Itoa(i)))
		if i%2 == 0 {
			e.Executed(time.Millisecond, 1)
		}
	}
	before := r.Generation()
	r.Entry(Key{ID: entriesMax}, text("one more")).Executed(time.Millisecond, 1)
	if n := len(r.All()); n != entriesMax-entriesMax/20+1 || r.Generation() == before {
		t.Errorf("%d entries", n)
	}
	for _, e := range r.All() {
		if f := e.Figures(); f.Exec.Calls > 0 && e.ID%2 == 1 {
			t.Errorf("%d was never called", e.ID)
		}
	}
	called := 0
	for _, e := range r.All() {
		if e.Figures().Exec.Calls > 0 {
			called++
		}
	}
	if called != entriesMax/2+1 {
		t.Errorf("%d called entries are left", called)
	}
	r.Reset(func(k Key) bool { return k.ID == 0 })
	if _, ok := r.entries[Key{ID: 0}]; ok || r.entries[Key{ID: 2}] == nil {
		t.Error("reset removed something else")
	}
}

func TestConcurrent(t *testing.T) {
	var r Registry
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 1000 {
				r.Entry(Key{ID: uint64(i % 10)}, text("q")).Executed(time.Microsecond, 1)
				if g == 0 && i%100 == 0 {
					r.All()
				}
			}
		}()
	}
	wg.Wait()
	rows := int64(0)
	for _, e := range r.All() {
		rows += e.Figures().Rows
	}
	if rows != 4000 {
		t.Errorf("%d rows", rows)
	}
}

func text(s string) func() string { return func() string { return s } }
