package order

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Unique drops rows that are equal to the row before them in some columns: Distinct over sorted input.
type Unique struct {
	node  *plan.Distinct
	input exec.Operator
	cmps  []exec.Comparer
	cols  []int
	last  *vec.Batch // the last row of the batch before, empty at the start
	out   vec.Batch
	sel   []int32
}

// NewUnique is the operator of n, which is Sorted.
func NewUnique(n *plan.Distinct, input exec.Operator) *Unique {
	ts := n.Input.Types()
	u := &Unique{node: n, input: input, cols: n.Cols, cmps: exec.Comparers(columnTypes(ts, n.Cols))}
	u.last = vec.NewBatch(vec.Kinds(ts), 1)
	return u
}

func columnTypes(ts []types.T, cols []int) []types.T {
	out := make([]types.T, len(cols))
	for i, c := range cols {
		out[i] = ts[c]
	}
	return out
}

// Open implements exec.Operator.
func (u *Unique) Open(ctx context.Context) error {
	u.last.Reset()
	return u.input.Open(ctx)
}

// Next implements exec.Operator.
func (u *Unique) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		b, err := u.input.Next(ctx)
		if err != nil || b == nil || b.Rows() == 0 {
			return nil, err
		}
		u.sel = u.sel[:0]
		prev, prevBatch := 0, u.last
		for k, n := 0, b.Rows(); k < n; k++ {
			i := b.Row(k)
			if prevBatch.Len > 0 && exec.RowsEqual(u.cmps, u.cols, b, i, prevBatch, prev) {
				continue
			}
			u.sel = append(u.sel, int32(i))
			prev, prevBatch = i, b
		}
		if len(u.sel) == 0 {
			continue
		}
		u.last.Reset()
		u.last.AppendFrom(b, int(u.sel[len(u.sel)-1]))
		u.out = vec.Batch{Cols: b.Cols, Len: b.Len, Sel: u.sel}
		return &u.out, nil
	}
}

// Close implements exec.Operator.
func (u *Unique) Close() error { return u.input.Close() }

// HashDistinct keeps the first row of each group of rows that are equal in some columns. When the groups outgrow memory, rows of
// groups not yet known go to partition files, which are then read one after the other as new input.
type HashDistinct struct {
	ctx   *exec.Ctx
	node  *plan.Distinct
	input exec.Operator
	table *exec.KeyTable
	usage exec.Usage
	spill *exec.Partitions
	next  func(context.Context) (*vec.Batch, error)
	key   []*vec.Vector
	ids   []int32
	sel   []int32
	away  []int32
	out   vec.Batch
}

// NewHashDistinct is the operator of n, which is not Sorted.
func NewHashDistinct(ctx *exec.Ctx, n *plan.Distinct, input exec.Operator) *HashDistinct {
	ts := n.Input.Types()
	d := &HashDistinct{ctx: ctx, node: n, input: input, table: exec.NewKeyTable(columnTypes(ts, n.Cols))}
	d.spill = exec.NewPartitions(ctx, vec.Kinds(ts))
	return d
}

// Open implements exec.Operator.
func (d *HashDistinct) Open(ctx context.Context) error {
	d.reset()
	d.usage.Init(d.ctx)
	d.next = d.input.Next
	return d.input.Open(ctx)
}

func (d *HashDistinct) reset() {
	d.table.Reset()
	d.spill.Close()
	d.usage.Release()
}

// Next implements exec.Operator.
func (d *HashDistinct) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		b, err := d.next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Rows() == 0 {
			more, err := d.nextPartition()
			if err != nil || !more {
				return nil, err
			}
			continue
		}
		if err := d.newRows(b); err != nil {
			return nil, err
		}
		if len(d.sel) > 0 {
			d.out = vec.Batch{Cols: b.Cols, Len: b.Len, Sel: d.sel}
			return &d.out, nil
		}
	}
}

// nextPartition makes a partition the input, with an empty table.
func (d *HashDistinct) nextPartition() (bool, error) {
	if st := d.ctx.Node(d.node.ID); st != nil {
		st.MemoryBytes = max(st.MemoryBytes, d.usage.Peak())
		st.DiskBytes = max(st.DiskBytes, d.spill.DiskBytes())
		st.Batches++
	}
	more, err := d.spill.Next()
	if err != nil || !more {
		return false, err
	}
	d.table.Reset()
	d.next = d.spill.Read
	return true, d.usage.Set(0)
}

// newRows fills sel with the rows of b that are the first of their group, and puts rows aside that have to wait.
func (d *HashDistinct) newRows(b *vec.Batch) error {
	d.key = d.key[:0]
	for _, c := range d.node.Cols {
		d.key = append(d.key, b.Cols[c])
	}
	d.sel, d.ids = d.sel[:0], d.ids[:0]
	hashes := d.table.Hashes(d.key, b.Sel, b.Len)
	if d.spill.Active() {
		d.ids = d.table.FindHashed(d.key, b.Sel, b.Len, hashes, d.ids)
		d.away = d.away[:0]
		for k, id := range d.ids {
			if id < 0 {
				d.away = append(d.away, int32(k))
			}
		}
		return d.spill.Add(b, d.away, hashes)
	}
	known := int32(d.table.Len())
	d.ids = d.table.AssignHashed(d.key, b.Sel, b.Len, hashes, d.ids)
	for k, id := range d.ids {
		if id == known {
			d.sel = append(d.sel, int32(b.Row(k)))
			known++
		}
	}
	if d.table.Bytes() > d.ctx.HashMem() {
		d.spill.Start()
	}
	return d.usage.Set(d.table.Bytes())
}

// Close implements exec.Operator.
func (d *HashDistinct) Close() error {
	d.reset()
	return d.input.Close()
}
