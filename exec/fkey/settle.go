package fkey

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Group is an empty event group for rows of c.
func (c *Child) Group() exec.EventGroup {
	return exec.EventGroup{Kind: exec.ChildRows, Table: c.table, Reference: catalog.Reference{Table: c.table, Key: c.key}, Constraint: c.key.OID,
		Deferrable: c.key.Deferrable, InitDeferred: c.key.InitDeferred}
}

// Keep puts rows of b into g, to be looked at later. keys are the keys of b's rows in the store, in order; only nil means all rows.
func (c *Child) Keep(g *exec.EventGroup, b *vec.Batch, keys [][]byte, only []int32) error {
	out := vec.NewBatch(vec.Kinds(c.Types()), b.Rows())
	for i := range b.Rows() {
		row := b.Row(i)
		if only != nil && !slices.Contains(only, int32(row)) {
			continue
		}
		out.Cols[0].Append(types.NewStr(string(keys[i])))
		for k, o := range c.cols {
			out.Cols[k+1].AppendRow(b.Cols[o], row)
		}
		out.Len++
	}
	return g.Rows.Add(out)
}

// Settle looks at the rows of a group for the last time: those that still exist as they were must find what they refer to. The
// statement that is running sees all of the transaction's writes.
func (c *Child) Settle(ctx context.Context, g *exec.EventGroup) error {
	r := g.Rows.Reader()
	for {
		b, err := r.Next(c.ctx.Rows())
		if err != nil || b == nil || b.Len == 0 {
			return err
		}
		view := vec.Batch{Cols: b.Cols[1:], Len: b.Len}
		missing, err := c.check(ctx, &view)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			continue
		}
		slices.Sort(missing)
		live, err := c.live(ctx, b, missing)
		if err != nil {
			return err
		}
		if len(live) > 0 {
			return c.errMissing(&view, int(live[0]))
		}
	}
}

// live are the rows among those given that still exist with the same values in the key's columns.
func (c *Child) live(ctx context.Context, b *vec.Batch, rows []int32) ([]int32, error) {
	keys := make([][]byte, len(rows))
	for i, row := range rows {
		keys[i] = []byte(b.Cols[0].Str[row])
	}
	var now kv.Values
	if err := c.ctx.Txn.Get(ctx, keys, &now); err != nil {
		return nil, err
	}
	layout, err := rowenc.NewTable(c.table)
	if err != nil {
		return nil, err
	}
	dec, err := layout.NewRowDecoder(c.cols)
	if err != nil {
		return nil, err
	}
	ts := c.Types()[1:]
	var out []int32
	for i, row := range rows {
		if now.V[i] == nil {
			continue
		}
		cur := vec.NewBatch(vec.Kinds(ts), 1)
		if err := dec.Decode(keys[i:i+1], now.V[i:i+1], cur.Cols); err != nil {
			return nil, err
		}
		same := true
		for k, t := range ts {
			x, y := cur.Cols[k].Datum(0), b.Cols[k+1].Datum(int(row))
			same = same && x.IsNull() == y.IsNull() && (x.IsNull() || types.Equal(types.BaseOf(t.OID), x, y))
		}
		if same {
			out = append(out, row)
		}
	}
	return out, nil
}
