package lockmgr

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var ctx = context.Background()

// conflictTable is PostgreSQL's table 13.2: x where the lock in the row and the one in the column conflict.
const conflictTable = `
.......x
......xx
....xxxx
...xxxxx
..xx.xxx
..xxxxxx
.xxxxxxx
xxxxxxxx`

func TestConflicts(t *testing.T) {
	for i, row := range strings.Fields(conflictTable) {
		for j, c := range row {
			a, b := Mode(i+1), Mode(j+1)
			for _, tag := range []Tag{Relation(1, 7), {Class: ClassAdvisory, DB: 1, ID2: 7, Sub: 1}} {
				m := NewManager()
				x, y := m.NewOwner(1), m.NewOwner(2)
				take(t, x, tag, a)
				_, err := y.Lock(ctx, tag, b, Options{NoWait: true})
				if want := c == 'x'; want != errors.Is(err, ErrNotAvailable) {
					t.Errorf("%s and %s: %v", a, b, err)
				}
				x.EndTransaction()
				if _, err := y.Lock(ctx, tag, AccessExclusive, Options{NoWait: true}); err != nil {
					t.Errorf("%s was not released: %v", a, err)
				}
				x.Close()
				y.Close()
				if len(m.locks) > 0 || len(m.Locks()) > 0 || m.strong[tag.slot()].Load() != 0 {
					t.Errorf("%s and %s leave %v", a, b, m.Locks())
				}
			}
		}
	}
}

func take(t *testing.T, o *Owner, tag Tag, mode Mode) {
	t.Helper()
	if _, err := o.Lock(ctx, tag, mode, Options{NoWait: true}); err != nil {
		t.Fatalf("%s: %v", mode, err)
	}
}

// later takes a lock on another goroutine and returns when that waits for it.
func later(m *Manager, o *Owner, tag Tag, mode Mode, opt Options) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := o.Lock(ctx, tag, mode, opt)
		done <- err
	}()
	for {
		m.mu.Lock()
		waits := o.wait != nil
		m.mu.Unlock()
		if waits || len(done) > 0 {
			return done
		}
		runtime.Gosched()
	}
}

func TestQueue(t *testing.T) {
	m, tag := NewManager(), Relation(1, 7)
	reader, ddl, late := m.NewOwner(1), m.NewOwner(2), m.NewOwner(3)
	take(t, reader, tag, AccessShare)
	a := later(m, ddl, tag, AccessExclusive, Options{Search: time.Minute})
	b := later(m, late, tag, AccessShare, Options{Search: time.Minute}) // behind the one who waits
	take(t, reader, tag, RowShare)                                      // who holds something need not queue
	if got := fmt.Sprint(m.Blockers(2), m.Blockers(3)); got != "[1] [2]" {
		t.Error(got)
	}
	reader.EndTransaction()
	if err := <-a; err != nil {
		t.Fatal(err)
	}
	ddl.EndTransaction()
	if err := <-b; err != nil {
		t.Fatal(err)
	}
	late.EndTransaction()
}

func TestTimeoutAndCancel(t *testing.T) {
	m, tag := NewManager(), Tag{Class: ClassAdvisory, ID2: 1}
	x, y, z := m.NewOwner(1), m.NewOwner(2), m.NewOwner(3)
	take(t, x, tag, Exclusive)
	if _, err := y.Lock(ctx, tag, Share, Options{Timeout: time.Millisecond, Search: time.Minute}); !errors.Is(err, ErrTimeout) {
		t.Error(err)
	}
	c, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := z.Lock(c, tag, Share, Options{Search: time.Minute}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	x.EndTransaction()
	take(t, y, tag, Exclusive)
}

func TestSessionLocks(t *testing.T) {
	m, tag := NewManager(), Tag{Class: ClassAdvisory, ID2: 1}
	x, y := m.NewOwner(1), m.NewOwner(2)
	for range 2 {
		if _, err := x.Lock(ctx, tag, Exclusive, Options{Session: true}); err != nil {
			t.Fatal(err)
		}
	}
	take(t, x, tag, Exclusive) // of the transaction
	x.EndTransaction()
	for i := range 3 {
		if ok := x.Unlock(tag, Exclusive); ok != (i < 2) {
			t.Error(i, ok)
		}
		_, err := y.Lock(ctx, tag, Share, Options{NoWait: true, Session: true})
		if (err == nil) != (i >= 1) {
			t.Error(i, err)
		}
	}
	y.UnlockSession()
	take(t, x, tag, Exclusive)
}

func TestRollbackTo(t *testing.T) {
	m, a, b := NewManager(), Relation(1, 7), Relation(1, 8)
	x, y := m.NewOwner(1), m.NewOwner(2)
	take(t, x, a, RowExclusive)
	mark := x.Mark()
	take(t, x, a, RowExclusive)
	take(t, x, a, AccessExclusive)
	take(t, x, b, Share)
	x.RollbackTo(mark)
	take(t, y, b, AccessExclusive)
	take(t, y, a, RowExclusive)
	if _, err := y.Lock(ctx, a, Share, Options{NoWait: true}); !errors.Is(err, ErrNotAvailable) {
		t.Error("the lock before the mark is gone:", err)
	}
}

func TestDeadlock(t *testing.T) {
	m := NewManager()
	const n = 4
	var owners [n]*Owner
	var done [n]<-chan error
	for i := range n {
		owners[i] = m.NewOwner(int32(i + 1))
		take(t, owners[i], Relation(1, uint32(i)), Exclusive)
	}
	for i := range n - 1 {
		done[i] = later(m, owners[i], Relation(1, uint32(i+1)), Exclusive, Options{Search: time.Minute})
	}
	_, err := owners[n-1].Lock(ctx, Relation(1, 0), Exclusive, Options{})
	var d *DeadlockError
	if !errors.As(err, &d) {
		t.Fatal(err)
	}
	want := "Process 4 waits for ExclusiveLock on relation 0 of database 1; blocked by process 1."
	if !strings.HasPrefix(d.Detail, want) || strings.Count(d.Detail, "\n") != n-1 {
		t.Error(d.Detail)
	}
	for i := n - 1; i >= 0; i-- {
		owners[i].EndTransaction()
		if i > 0 {
			if err := <-done[i-1]; err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestDeadlockElsewhere: a circle that goes through another lock manager is found.
func TestDeadlockElsewhere(t *testing.T) {
	m, tag := NewManager(), Relation(1, 7)
	x, y := m.NewOwner(1), m.NewOwner(2)
	m.Elsewhere = func(pid int32) []int32 {
		if pid == 1 {
			return []int32{2}
		}
		return nil
	}
	take(t, x, tag, Exclusive)
	var d *DeadlockError
	if _, err := y.Lock(ctx, tag, Exclusive, Options{}); !errors.As(err, &d) {
		t.Error(err)
	}
}

// TestExclusion: under load, conflicting locks are never held at the same time, weak ones in the owners' lists included.
func TestExclusion(t *testing.T) {
	m, tag := NewManager(), Relation(1, 7)
	var held [AccessExclusive + 1]atomic.Int32
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			o, rnd := m.NewOwner(int32(w+1)), rand.New(rand.NewPCG(1, uint64(w)))
			defer o.Close()
			for range 3000 {
				mode := []Mode{AccessShare, RowShare, RowExclusive, Share, AccessExclusive}[rnd.IntN(5)]
				if _, err := o.Lock(ctx, tag, mode, Options{Search: time.Minute}); err != nil {
					t.Error(err)
					return
				}
				held[mode].Add(1)
				for other := AccessShare; other <= AccessExclusive; other++ {
					n := held[other].Load()
					if other == mode {
						n--
					}
					if conflicts[mode]&other.bit() != 0 && n > 0 {
						t.Errorf("%s while %s is held", mode, other)
					}
				}
				held[mode].Add(-1)
				o.EndTransaction()
			}
		}()
	}
	wg.Wait()
	if l := m.Locks(); len(l) > 0 {
		t.Error(l)
	}
}

// BenchmarkWeak is what a statement pays for the lock of one table.
func BenchmarkWeak(b *testing.B) {
	m := NewManager()
	o, tag := m.NewOwner(1), Relation(1, 7)
	b.ReportAllocs()
	for b.Loop() {
		o.TakeWeak(tag, AccessShare)
		o.EndTransaction()
	}
}
