package dml

import (
	"bytes"
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// retry deals with rows of MERGE that another transaction changed: a row that still matches may call for another WHEN MATCHED action, one that
// does not match any more, or is gone, for one of WHEN NOT MATCHED.
type retry struct {
	join     *expr.Prog
	lost     []lost
	decoders map[types.OID]*rowenc.Decoder
	held     bool // the rows are locked, and their ids are those of their newest state
}

type lost struct {
	t     *target
	rowID string
	key   []byte
	value []byte // nil: gone
}

// lost is told of a row that another transaction changed such that what an action wants of it does not hold any more: the id that the statement
// found it by, the key that it has now, and its newest state, without a value if it is gone.
func (m *Merge) lost(t *target, rowID string, key []byte, newest *kv.LockedValue) {
	m.retry.lost = append(m.retry.lost, lost{t, rowID, bytes.Clone(key), bytes.Clone(newest.Value)})
}

// again chooses anew for the rows of b that an action has lost.
func (m *Merge) again(ctx context.Context, b *vec.Batch) error {
	for len(m.retry.lost) > 0 {
		all := m.retry.lost
		m.retry.lost = nil
		for i := range all {
			row := m.find(b, &all[i])
			if row < 0 {
				continue
			}
			if err := m.retryRow(ctx, b, row, &all[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// find is the row of b that an action was given, and lost; it counts as unseen.
func (m *Merge) find(b *vec.Batch, x *lost) int {
	for i := range b.Rows() {
		row := b.Row(i)
		if b.Cols[0].IsNull(row) || b.Cols[0].Str[row] != x.rowID ||
			m.node.TableOID > 0 && types.OID(b.Cols[m.node.TableOID].Int[row]) != x.t.desc.OID {
			continue
		}
		if id := m.rowID(b, row); m.seen[id] {
			delete(m.seen, id)
			return row
		}
	}
	return -1
}

// retryRow chooses and runs the action for the newest state of a row.
func (m *Merge) retryRow(ctx context.Context, b *vec.Batch, row int, x *lost) error {
	kinds := make([]types.Kind, len(b.Cols))
	for i, c := range b.Cols {
		kinds[i] = c.Kind
	}
	now := vec.NewBatch(kinds, 1)
	now.AppendFrom(b, row)
	matches := false
	if x.value != nil {
		if err := m.renew(now, x); err != nil {
			return err
		}
		d, err := m.retry.join.EvalRow(m.ctx.Expr, now, 0)
		if err != nil {
			return err
		}
		matches = !d.IsNull() && d.Bool()
	}
	if !matches {
		for c := range 1 + len(m.node.Table.Columns) {
			now.Cols[c].Set(0, types.Null)
		}
		if m.node.TableOID > 0 {
			now.Cols[m.node.TableOID].Set(0, types.Null)
		}
	}
	m.retry.held = true
	err := m.batch(ctx, now)
	m.retry.held = false
	return err
}

// renew puts the newest state of the target row into a row of the input.
func (m *Merge) renew(now *vec.Batch, x *lost) error {
	d := m.retry.decoders[x.t.desc.OID]
	top := m.node.Table
	if d == nil {
		cols := make([]int, len(top.Columns))
		for i, c := range top.Columns {
			_, cols[i], _ = x.t.desc.Column(c.Name)
		}
		var err error
		if d, err = x.t.layout.NewRowDecoder(cols); err != nil {
			return err
		}
		if m.retry.decoders == nil {
			m.retry.decoders = map[types.OID]*rowenc.Decoder{}
		}
		m.retry.decoders[x.t.desc.OID] = d
	}
	fresh := slices.Clone(now.Cols[1 : 1+len(top.Columns)])
	for i, c := range fresh {
		fresh[i] = vec.New(c.Kind, 1)
	}
	if err := d.Decode([][]byte{x.key}, [][]byte{x.value}, fresh); err != nil {
		return err
	}
	for i, c := range fresh {
		now.Cols[1+i].CopyRow(0, c, 0)
	}
	now.Cols[0].Set(0, types.NewStr(string(x.key[len(x.t.layout.Primary.Prefix):])))
	return nil
}
