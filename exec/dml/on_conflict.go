package dml

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// onConflict is what Insert does with rows whose keys exist.
type onConflict struct {
	t       *target
	arbiter *rowenc.Index // nil: any (DO NOTHING only)
	update  bool
	where   *expr.Prog
	up      updater
	decoder *rowenc.Decoder

	pair   *vec.Batch // existing row ⧺ excluded row
	keys   rowenc.Buffer
	locked kv.Locked
	sel    []int32
	kept   [][]byte
	out    *vec.Batch // rows inserted and updated, for RETURNING
}

func newOnConflict(t *target, n *plan.OnConflict) (*onConflict, error) {
	c := &onConflict{t: t, update: n.Update}
	if n.Arbiter != nil {
		c.arbiter = t.layout.Index(n.Arbiter.ID)
	}
	if !n.Update {
		return c, nil
	}
	if err := c.up.init(t, n.SetCols, n.Sets); err != nil {
		return nil, err
	}
	var err error
	if n.Where != nil {
		if c.where, err = expr.Compile(n.Where); err != nil {
			return nil, err
		}
	}
	cols := make([]int, len(t.desc.Columns))
	for i := range cols {
		cols[i] = i
	}
	if c.decoder, err = t.layout.NewRowDecoder(cols); err != nil {
		return nil, err
	}
	ks := t.kindsOf()
	c.pair = vec.NewBatch(slices.Concat(ks, ks), 0)
	c.out = vec.NewBatch(ks, 0)
	return c, nil
}

// resolve splits the rows into those to insert and those whose keys exist, and deals with the latter. It returns the rows that
// were inserted or updated, in order.
func (in *Insert) resolve(ctx context.Context) (*vec.Batch, error) {
	c := in.conflict
	in.settle()
	var existing []int // numbers in in.unique of the arbiter's conflicts
	for i, bad := range in.bad {
		if bad == 0 {
			continue
		}
		n := in.arbiterConflict(i)
		if n < 0 { // another index: an error also here
			return nil, in.t.errUnique(in.unique.from[bad-1], in.indexed.Cols, in.view.Row(i))
		}
		if v := &in.unique.locked.V[n]; v.Changed && v.Value != nil && !v.Own && !in.t.ctx.ReadCommitted {
			return nil, kv.ErrConflict // the snapshot does not show what is in the way
		}
		existing = append(existing, n)
	}
	if st := in.t.ctx.Node(in.id); st != nil {
		st.Conflicting += int64(len(existing))
	}
	var updated *vec.Batch
	if c.update {
		var err error
		if updated, err = c.updateRows(ctx, in, existing); err != nil {
			return nil, err
		}
		c.collect(in, updated)
	}
	bad := in.bad
	in.keep(func(i int) bool { return bad[i] == 0 })
	if in.view.Rows() > 0 {
		if err := in.encode(ctx); err != nil {
			return nil, err
		}
	}
	if c.update {
		return c.out, nil
	}
	return &in.view, nil
}

// settle looks again at rows that repeat a key of an earlier row of the batch: that matters only if the earlier row is
// inserted.
func (in *Insert) settle() {
	rows := in.view.Rows()
	taken := map[string]bool{}
	for i := range rows {
		in.bad[i] = 0
		for n := i; n < len(in.unique.keys); n += rows {
			if in.bad[i] == 0 && (in.unique.locked.V[n].Value != nil || taken[string(in.unique.keys[n])]) {
				in.bad[i] = int32(n + 1)
			}
		}
		for n := i; n < len(in.unique.keys) && in.bad[i] == 0; n += rows {
			taken[string(in.unique.keys[n])] = true
		}
	}
}

// collect makes c.out the rows to insert and the updated rows, in the order of the statement's rows.
func (c *onConflict) collect(in *Insert, updated *vec.Batch) {
	c.out.Reset()
	conflict, done := int32(0), 0
	note := func(bool) {}
	if in.replaced != nil {
		in.replaced.Reset(types.KindBool)
		note = func(was bool) { in.replaced.Append(types.NewBool(was)) }
	}
	for i, bad := range in.bad {
		if bad == 0 {
			c.out.AppendFrom(&in.view, in.view.Row(i))
			note(false)
			continue
		}
		if updated != nil && done < len(updated.Sel) && updated.Sel[done] == conflict {
			c.out.AppendFrom(updated, int(conflict))
			note(true)
			done++
		}
		conflict++
	}
}

// arbiterConflict is the number in in.unique of row i's conflict on the arbiter, -1 if it has none.
func (in *Insert) arbiterConflict(i int) int {
	if in.conflict.arbiter == nil {
		return int(in.bad[i] - 1)
	}
	// The locked keys stand index by index, each with one key per row.
	rows := in.view.Rows()
	for n := i; n < len(in.unique.keys); n += rows {
		if in.unique.from[n] == in.conflict.arbiter && (in.unique.locked.V[n].Value != nil || in.repeated(n)) {
			return n
		}
	}
	return -1
}

// repeated reports whether an earlier row of the batch takes the same key.
func (in *Insert) repeated(n int) bool {
	rows := in.view.Rows()
	start := n - n%rows
	for _, k := range in.unique.keys[start:n] {
		if string(k) == string(in.unique.keys[n]) {
			return true
		}
	}
	return false
}

func errSecondTime() error {
	return pgerr.New(pgerr.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time").
		WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
}

// updateRows is DO UPDATE for the conflicts numbered in existing. It returns the updated rows.
func (c *onConflict) updateRows(ctx context.Context, in *Insert, existing []int) (*vec.Batch, error) {
	values, err := c.fetch(ctx, in, existing)
	if err != nil {
		return nil, err
	}
	c.pair.Reset()
	cols := len(c.t.desc.Columns)
	if err := c.decoder.Decode(c.keys.B, values, c.pair.Cols[:cols]); err != nil {
		return nil, err
	}
	for _, n := range existing {
		row := in.view.Row(int(in.unique.rows[n]))
		for i := range cols {
			c.pair.Cols[cols+i].AppendRow(in.view.Cols[i], row)
		}
	}
	c.pair.Len = len(existing)
	c.sel, c.kept = c.sel[:0], c.kept[:0]
	if c.where != nil {
		if c.sel, err = c.where.Filter(c.t.ctx.Expr, c.pair, c.sel); err != nil {
			return nil, err
		}
	} else {
		for i := range existing {
			c.sel = append(c.sel, int32(i))
		}
	}
	for _, i := range c.sel {
		c.kept = append(c.kept, c.keys.B[i])
	}
	if len(c.sel) == 0 {
		return nil, nil
	}
	old := &rowenc.Rows{Cols: c.pair.Cols[:cols], Len: c.pair.Len, Sel: c.sel}
	return c.up.run(ctx, c.pair.Cols, old, c.kept)
}

// fetch finds the keys (c.keys) and values of the existing rows: at hand if the arbiter is the primary key, else with one
// more Lock.
func (c *onConflict) fetch(ctx context.Context, in *Insert, existing []int) (values [][]byte, err error) {
	c.keys.Reset()
	for _, n := range existing {
		v := &in.unique.locked.V[n]
		if v.Own || v.Value == nil || in.repeated(n) {
			return nil, errSecondTime()
		}
		if c.arbiter == c.t.layout.Primary {
			c.keys.Append(in.unique.keys[n])
			values = append(values, v.Value)
			continue
		}
		id, err := c.arbiter.RowIDOfEntry(v.Value)
		if err != nil {
			return nil, err
		}
		c.keys.AppendKey(c.t.layout.Primary.Prefix, string(id))
	}
	if c.arbiter == c.t.layout.Primary {
		return values, nil
	}
	c.locked.Reset()
	if err := c.t.ctx.Txn.Lock(ctx, c.keys.B, c.t.rowLock(kv.Exclusive), &c.locked); err != nil {
		return nil, err
	}
	for i := range c.locked.V {
		if c.locked.V[i].Own {
			return nil, errSecondTime()
		}
		if c.locked.V[i].Value == nil {
			return nil, pgerr.New(pgerr.InternalError, "index %q has an entry without a row", c.arbiter.Desc.Name)
		}
		values = append(values, c.locked.V[i].Value)
	}
	return values, nil
}
