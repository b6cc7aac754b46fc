package agg

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// grouping is the groups by one list of columns: GROUP BY's, or one grouping set's.
type grouping struct {
	ctx     *exec.Ctx
	cols    []int // input columns
	table   *exec.KeyTable
	feeders []*feeder
	parts   *exec.Partitions
	usage   exec.Usage
	bounded bool // too many groups are errOverflow

	key     []*vec.Vector
	ids     []int32
	byRow   []int32
	byRowOK bool
	batch   *vec.Batch
	missing bool // some rows of the batch were put aside
	away    []int32
}

func newGrouping(ctx *exec.Ctx, input []types.T, cols []int, calls []*call) *grouping {
	g := &grouping{ctx: ctx, cols: cols}
	ts := make([]types.T, len(cols))
	for i, c := range cols {
		ts[i] = input[c]
	}
	g.table = exec.NewKeyTable(ts)
	g.parts = exec.NewPartitions(ctx, vec.Kinds(input))
	for _, c := range calls {
		g.feeders = append(g.feeders, newFeeder(ctx, c))
	}
	return g
}

// open begins a new aggregation. Without columns the one group exists from the start.
func (g *grouping) open() {
	g.parts.Close()
	g.usage.Init(g.ctx)
	g.reset()
}

func (g *grouping) reset() {
	g.table.Reset()
	for _, f := range g.feeders {
		f.reset()
		if len(g.cols) == 0 {
			f.state.Grow(1)
		}
	}
}

// groups is the number of groups.
func (g *grouping) groups() int {
	if len(g.cols) == 0 {
		return 1
	}
	return g.table.Len()
}

// assign numbers the groups of b's rows.
func (g *grouping) assign(b *vec.Batch) error {
	g.batch, g.byRowOK, g.missing = b, false, false
	n := b.Rows()
	if len(g.cols) == 0 {
		if cap(g.ids) < n {
			g.ids = make([]int32, n)
		}
		g.ids = g.ids[:n]
		clear(g.ids)
		return nil
	}
	g.key = g.key[:0]
	for _, c := range g.cols {
		g.key = append(g.key, b.Cols[c])
	}
	hashes := g.table.Hashes(g.key, b.Sel, b.Len)
	if g.parts.Active() {
		g.ids = g.table.FindHashed(g.key, b.Sel, b.Len, hashes, g.ids[:0])
		g.away = g.away[:0]
		for k, id := range g.ids {
			if id < 0 {
				g.away = append(g.away, int32(k))
			}
		}
		g.missing = len(g.away) > 0
		return g.parts.Add(b, g.away, hashes)
	}
	g.ids = g.table.AssignHashed(g.key, b.Sel, b.Len, hashes, g.ids[:0])
	for _, f := range g.feeders {
		f.state.Grow(g.table.Len())
	}
	return nil
}

// rowGroups are the groups by position in the columns, -1 for rows that do not count or were put aside.
func (g *grouping) rowGroups() []int32 {
	if g.byRowOK {
		return g.byRow
	}
	if g.batch.Sel == nil {
		return g.ids
	}
	g.byRowOK = true
	if cap(g.byRow) < g.batch.Len {
		g.byRow = make([]int32, g.batch.Len)
	}
	g.byRow = g.byRow[:g.batch.Len]
	for i := range g.byRow {
		g.byRow[i] = -1
	}
	for k, i := range g.batch.Sel {
		g.byRow[i] = g.ids[k]
	}
	return g.byRow
}

// account declares the memory held and starts to put rows aside if it is too much.
func (g *grouping) account() error {
	n := g.table.Bytes()
	for _, f := range g.feeders {
		n += f.bytes()
	}
	if n > g.ctx.HashMem() && len(g.cols) > 0 {
		if g.bounded {
			return errOverflow
		}
		g.parts.Start()
	}
	return g.usage.Set(n)
}

// finish completes all states.
func (g *grouping) finish(ctx context.Context) error {
	for _, f := range g.feeders {
		if err := f.finish(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (g *grouping) close() {
	g.parts.Close()
	g.table.Reset()
	for _, f := range g.feeders {
		f.close()
	}
	g.usage.Release()
}
