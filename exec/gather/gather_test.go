package gather

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

const parts, rowsPerPart = 40, 3000

// counter is the chain: it counts through the part that it was opened for.
type counter struct {
	taken *atomic.Int32
	now   int
	left  int
	batch *vec.Batch
	fail  int // part that fails, 0: none
}

func (c *counter) Next() (int, bool) {
	c.now = int(c.taken.Add(1)) - 1
	return c.now, c.now < parts
}

type chain struct{ *counter }

func (c chain) Open(context.Context) error { c.left = rowsPerPart; return nil }
func (c chain) Close() error               { return nil }
func (c chain) Next(ctx context.Context) (*vec.Batch, error) {
	if c.fail > 0 && c.now == c.fail {
		return nil, errors.New("part fails")
	}
	c.batch.Reset()
	for range min(c.left, 100) {
		c.batch.AppendRow([]types.Datum{types.NewInt(int64(c.now*rowsPerPart + rowsPerPart - c.left))})
		c.left--
	}
	return c.batch, ctx.Err()
}

// prepared is a Preparation without anything to do.
type prepared struct{ taken *atomic.Int32 }

func (p prepared) Prepare(context.Context) (bool, error) { return true, nil }
func (p prepared) Restart()                              { p.taken.Store(0) }

func gatherOf(workers, fail int, workMem int64) (*Gather, *exec.Ctx) {
	ctx := &exec.Ctx{Expr: &expr.Ctx{}, Memory: &exec.Account{}, WorkMemBytes: workMem}
	taken := &atomic.Int32{}
	var ws []*Worker
	newChain := func() chain {
		return chain{&counter{taken: taken, fail: fail, batch: vec.NewBatch([]types.Kind{types.KindInt}, 0)}}
	}
	for range workers {
		c := newChain()
		ws = append(ws, &Worker{Op: c, Ctx: &exec.Ctx{}, Part: c.counter})
	}
	return New(ctx, []types.T{types.Of(types.Int8OID)}, newChain(), ws, prepared{taken}), ctx
}

// TestOrder: all rows come, in the order of the parts as long as what waits fits in memory.
func TestOrder(t *testing.T) {
	for _, workMem := range []int64{1 << 30, 1 << 12} {
		g, ctx := gatherOf(3, 0, workMem)
		for range 2 { // a rescan
			if err := g.Open(context.Background()); err != nil {
				t.Fatal(err)
			}
			seen := make([]bool, parts*rowsPerPart)
			n, ordered := 0, true
			for {
				b, err := g.Next(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if b == nil {
					break
				}
				for _, k := range b.Cols[0].Int {
					if seen[k] {
						t.Fatalf("row %d twice", k)
					}
					seen[k] = true
					ordered = ordered && k == int64(n)
					n++
				}
			}
			if n != parts*rowsPerPart || !ordered && workMem > 1<<20 {
				t.Errorf("%d rows, ordered %v", n, ordered)
			}
		}
		if err := g.Close(); err != nil || ctx.Memory.Used != 0 {
			t.Errorf("after Close: %v, %d bytes", err, ctx.Memory.Used)
		}
	}
}

// TestStop: an error ends all workers, and so does a reader that goes away or is cancelled.
func TestStop(t *testing.T) {
	g, _ := gatherOf(3, 20, 1<<30)
	g.Open(context.Background())
	var err error
	for b := (&vec.Batch{}); err == nil && b != nil; {
		b, err = g.Next(context.Background())
	}
	if err == nil || err.Error() != "part fails" {
		t.Errorf("got %v", err)
	}
	g, ctx := gatherOf(2, 0, 1<<30)
	g.Open(context.Background())
	if _, err := g.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx.Settle()
	if _, err := g.Next(context.Background()); err == nil || g.run != nil {
		t.Error("goes on after the statement gave control back")
	}
	run, cancel := context.WithCancel(context.Background())
	g.Open(run)
	g.Next(run)
	cancel()
	for err = nil; err == nil; {
		_, err = g.Next(run)
	}
	if !errors.Is(err, context.Canceled) || g.run != nil {
		t.Errorf("cancelled: %v", err)
	}
}
