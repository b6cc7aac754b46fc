package dml

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Insert is the operator of plan.Insert.
type Insert struct {
	t        *target
	input    exec.Operator
	notNull  []int
	conflict *onConflict
	id       int         // of the plan node
	replaced *vec.Vector // which rows ON CONFLICT DO UPDATE changed, if RETURNING asks

	rows    rowenc.Rows
	indexed *rowenc.Rows    // rows with what index entries are made from
	keys    rowenc.Buffer   // of the rows
	values  rowenc.Buffer   //
	entries []rowenc.Buffer // keys of index entries, by index
	ends    rowenc.Buffer   // values of the entries of one index
	unique  keyLocks
	bad     []int32 // by row: 1 + number of its first conflict in unique, 0 none
	view    vec.Batch
}

// NewInsert makes the operator. counts: its rows are in the command tag.
func NewInsert(ctx *exec.Ctx, n *plan.Insert, input exec.Operator, counts bool) (*Insert, error) {
	var set []int
	if n.OnConflict != nil {
		set = n.OnConflict.SetCols
	}
	t, err := newTarget(ctx, n.Table, n.Checks, n.IndexExprs, n.Returning, n.Effects, set)
	if err != nil {
		return nil, err
	}
	t.counts = counts
	if t.bounds, err = newBounds(n.Bounds); err != nil {
		return nil, err
	}
	if t.events != nil && t.events.insert.rowByRow() {
		input = &beforeInsert{e: t.events, input: input}
	}
	in := &Insert{t: t, id: n.ID, input: input, notNull: t.notNullColumns(nil), entries: make([]rowenc.Buffer, len(n.Table.Indexes))}
	if n.Replaced {
		in.replaced = vec.New(types.KindBool, 0)
	}
	if n.OnConflict != nil {
		if in.conflict, err = newOnConflict(t, n.OnConflict); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// Open implements exec.Operator.
func (in *Insert) Open(ctx context.Context) error {
	in.t.opened()
	return in.input.Open(ctx)
}

// Close implements exec.Operator.
func (in *Insert) Close() error { return in.input.Close() }

// Next implements exec.Operator: without RETURNING it inserts everything and returns nothing.
func (in *Insert) Next(ctx context.Context) (*vec.Batch, error) {
	if in.t.events != nil {
		if err := in.begin(ctx); err != nil {
			return nil, err
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := in.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Len == 0 {
			return nil, in.end()
		}
		if b.Rows() == 0 {
			continue
		}
		done, err := in.batch(ctx, b)
		if err != nil {
			return nil, err
		}
		in.t.count(pgstat.Insert, done.Rows())
		if in.t.out != nil && done.Rows() > 0 {
			return in.t.project(in.withReplaced(done))
		}
	}
}

// withReplaced adds to rows that were inserted or updated which were updated, if RETURNING asks for it.
func (in *Insert) withReplaced(done *vec.Batch) *vec.Batch {
	if in.replaced == nil {
		return done
	}
	if in.conflict == nil || done != in.conflict.out {
		in.replaced.SetConst(types.NewBool(false), done.Len)
	}
	return &vec.Batch{Cols: append(slices.Clip(done.Cols), in.replaced), Len: done.Len, Sel: done.Sel}
}

// begin fires the BEFORE triggers of the statement.
func (in *Insert) begin(ctx context.Context) error {
	e := in.t.events
	if in.conflict != nil && in.conflict.update {
		return e.begin(ctx, e.insert, e.update)
	}
	return e.begin(ctx, e.insert)
}

// end leaves the AFTER triggers of the statement to the session.
func (in *Insert) end() error {
	e := in.t.events
	switch {
	case e == nil:
		return nil
	case in.conflict != nil && in.conflict.update:
		return e.end(e.update, e.insert)
	}
	return e.end(e.insert)
}

// batch inserts the rows of b and returns those that were inserted or updated.
func (in *Insert) batch(ctx context.Context, b *vec.Batch) (*vec.Batch, error) {
	in.view = vec.Batch{Cols: b.Cols[:len(in.t.desc.Columns)], Len: b.Len, Sel: b.Sel}
	good, failure, err := in.t.validate(&in.view, in.notNull)
	if err != nil {
		return nil, err
	}
	if failure != nil {
		in.keep(func(i int) bool { return i < good })
	}
	if in.view.Rows() == 0 {
		return nil, failure
	}
	if err := in.encode(ctx); err != nil {
		return nil, err
	}
	conflicts, err := in.lock(ctx)
	if err != nil {
		return nil, err
	}
	done := &in.view
	if conflicts {
		if done, err = in.resolve(ctx); err != nil {
			return nil, err
		}
	}
	if failure != nil {
		return nil, failure
	}
	if err := in.write(); err != nil {
		return nil, err
	}
	if st := in.t.ctx.Node(in.id); st != nil {
		st.Inserted += int64(in.view.Rows())
	}
	if in.t.events != nil && in.view.Rows() > 0 {
		return done, in.t.events.inserted(ctx, &in.view, in.keys.B)
	}
	return done, nil
}

// keep narrows the rows to insert to those that f wants; f gets their order.
func (in *Insert) keep(f func(i int) bool) {
	sel := make([]int32, 0, in.view.Rows())
	for i := range in.view.Rows() {
		if f(i) {
			sel = append(sel, int32(in.view.Row(i)))
		}
	}
	in.view.Sel = sel
}

// encode makes the keys of the rows and of their index entries.
func (in *Insert) encode(ctx context.Context) error {
	n := in.view.Rows()
	ids := in.rows.RowIDs[:0]
	in.rows = rowenc.Rows{Cols: in.view.Cols, Len: in.view.Len, Sel: in.view.Sel, RowIDs: ids}
	if !in.t.desc.HasPrimaryKey() {
		first, err := in.t.ctx.Catalog.Catalog.NewRowIDs(ctx, in.t.desc.Storage, n)
		if err != nil {
			return err
		}
		for i := range n {
			in.rows.RowIDs = append(in.rows.RowIDs, first+int64(i))
		}
	}
	in.keys.Reset()
	in.t.layout.AppendKeys(&in.keys, &in.rows)
	indexed, err := in.t.indexExprs.Extend(in.t.ctx.Expr, &in.rows)
	if err != nil {
		return err
	}
	in.indexed = indexed
	for i, x := range in.t.layout.Indexes {
		in.entries[i].Reset()
		if !x.Desc.Inverted() { // write makes its entries
			x.AppendEntryKeys(&in.entries[i], in.indexed, in.keys.B)
		}
	}
	return nil
}

// lock locks all unique keys of the rows with one call and notes the rows whose keys exist: conflicts is false if none
// does. Without ON CONFLICT the first such row is an error.
func (in *Insert) lock(ctx context.Context) (conflicts bool, err error) {
	l := &in.unique
	l.reset()
	if in.t.desc.HasPrimaryKey() {
		for i, k := range in.keys.B {
			l.add(in.t.layout.Primary, i, k)
		}
	}
	for x, ix := range in.t.layout.Indexes {
		if ix.Desc.Unique {
			for i, k := range in.entries[x].B {
				l.add(ix, i, k)
			}
		}
	}
	if len(l.keys) == 0 {
		return false, nil
	}
	o := in.t.keyLock()
	o.Free = in.conflict != nil && !in.conflict.update // DO NOTHING leaves what exists to others
	if err := in.t.ctx.Txn.Lock(ctx, l.keys, o, &l.locked); err != nil {
		return false, err
	}
	n := in.view.Rows()
	in.bad = append(in.bad[:0], make([]int32, n)...)
	note := func(i int) {
		conflicts = true
		if row := l.rows[i]; in.bad[row] == 0 || in.bad[row] > int32(i+1) {
			in.bad[row] = int32(i + 1)
		}
	}
	for i := range l.keys {
		if l.locked.V[i].Value != nil {
			note(i)
		}
	}
	if n > 1 {
		l.seen.repeats(l.keys, func(i, _ int) { note(i) })
	}
	if !conflicts || in.conflict != nil {
		return conflicts, nil
	}
	return true, in.errFirst()
}

// errFirst is the error of the first row whose key exists.
func (in *Insert) errFirst() error {
	for i, bad := range in.bad {
		if bad != 0 {
			return in.t.errUnique(in.unique.from[bad-1], in.indexed.Cols, in.view.Row(i))
		}
	}
	return pgerr.New(pgerr.InternalError, "a conflict without a row")
}

// write puts the rows and their index entries.
func (in *Insert) write() error {
	if in.view.Rows() == 0 {
		return nil
	}
	in.values.Reset()
	in.t.layout.AppendRows(&in.values, &in.rows)
	tx := in.t.ctx.Txn
	for i, k := range in.keys.B {
		if err := tx.Put(k, in.values.B[i]); err != nil {
			return err
		}
	}
	for i, x := range in.t.layout.Indexes {
		in.ends.Reset()
		if x.Desc.Inverted() {
			x.AppendEntries(&in.entries[i], &in.ends, in.indexed, in.keys.B)
		} else {
			x.AppendEntryValues(&in.ends, in.indexed, in.keys.B)
		}
		for j, k := range in.entries[i].B {
			if err := putEntry(tx, k, in.ends.B[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// putEntry puts an index entry. A row that a partial index leaves out has no value.
func putEntry(tx kv.Txn, key, value []byte) error {
	if len(value) == 0 {
		return nil
	}
	return tx.Put(key, value)
}

// kindsOf are the kinds of the table's columns.
func (t *target) kindsOf() []types.Kind {
	ks := make([]types.Kind, len(t.desc.Columns))
	for i, c := range t.desc.Columns {
		ks[i] = c.Type.Kind()
	}
	return ks
}
