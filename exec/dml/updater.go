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

// updater computes and writes the new versions of locked rows.
type updater struct {
	t       *target
	setCols []int
	sets    []*expr.Prog
	notNull []int
	moves   bool    // the primary key may change
	src     *source // of the rows, locked for changes that leave the keys alone; nil: locked exclusively
	indexes []changedIndex
	bounds  []bound // of a partition
	mover   *mover  // what to do with rows that leave it; nil: that is an error

	view    vec.Batch     // the input of the SET expressions
	next    vec.Batch     // new rows, in the table's columns
	indexed []*vec.Vector // these columns with what index entries are made from
	newKeys rowenc.Buffer
	values  rowenc.Buffer
	changed keyLocks
}

// changedIndex is an index that the SET list can change, with the entries of a batch.
type changedIndex struct {
	*rowenc.Index
	oldKeys, newKeys, oldValues, newValues rowenc.Buffer
}

// keyLocks are the unique keys that a batch takes, to be locked together.
type keyLocks struct {
	keys   [][]byte
	rows   []int32         // which row of the batch (by order) takes the key
	from   []*rowenc.Index // of which index
	locked kv.Locked
	seen   keySet
	// givenUp are the keys that rows leave: locked too, for whoever wants one waits for the outcome.
	givenUp [][]byte
}

func (l *keyLocks) reset() {
	l.keys, l.rows, l.from = l.keys[:0], l.rows[:0], l.from[:0]
	l.locked.Reset()
	l.givenUp = l.givenUp[:0]
}

func (l *keyLocks) add(x *rowenc.Index, row int, key []byte) {
	l.keys, l.rows, l.from = append(l.keys, key), append(l.rows, int32(row)), append(l.from, x)
}

func (u *updater) init(t *target, setCols []int, sets []expr.Expr) error {
	u.t, u.setCols = t, setCols
	var err error
	if u.sets, err = expr.CompileAll(sets); err != nil {
		return err
	}
	all := setCols
	if t.events != nil && t.events.update.rowByRow() { // a trigger may change any column
		all = nil
		for i := range t.desc.Columns {
			all = append(all, i)
		}
	}
	u.notNull = t.notNullColumns(append([]int{}, all...))
	u.moves = touches(t.layout.Primary, all)
	for _, x := range t.layout.Indexes {
		if u.moves || touches(x, all) {
			u.indexes = append(u.indexes, changedIndex{Index: x})
		}
	}
	u.next.Cols = make([]*vec.Vector, len(t.desc.Columns))
	return nil
}

func touches(x *rowenc.Index, cols []int) bool {
	return slices.ContainsFunc(x.Columns(), func(c int) bool { return slices.Contains(cols, c) })
}

// run updates the rows old.Sel, whose keys are keys. The SET expressions see the columns in. The result are the new rows, valid
// until the next call.
func (u *updater) run(ctx context.Context, in []*vec.Vector, old *rowenc.Rows, keys [][]byte) (*vec.Batch, error) {
	u.view = vec.Batch{Cols: in, Len: old.Len, Sel: old.Sel}
	copy(u.next.Cols, old.Cols)
	for i, p := range u.sets {
		v, err := p.EvalFull(u.t.ctx.Expr, &u.view)
		if err != nil {
			return nil, err
		}
		u.next.Cols[u.setCols[i]] = v
	}
	u.next.Len, u.next.Sel = old.Len, old.Sel
	if e := u.t.events; e != nil && e.update.rowByRow() {
		var err error
		if keys, err = u.before(ctx, old, keys); err != nil || len(keys) == 0 {
			return &u.next, err
		}
	}
	if len(u.bounds) > 0 {
		return u.runBounded(ctx, old, keys)
	}
	return u.store(ctx, old, keys)
}

// runBounded is the second half of run for a partition.
func (u *updater) runBounded(ctx context.Context, old *rowenc.Rows, keys [][]byte) (*vec.Batch, error) {
	all := u.next.Sel
	if u.mover != nil {
		clear(u.mover.places)
	}
	away := make([]bool, len(all))
	leaving := 0
	err := misplaced(u.t.ctx, u.bounds, &u.next, func(i int) {
		if !away[i] {
			away[i] = true
			leaving++
		}
	})
	if err != nil {
		return nil, err
	}
	if leaving == 0 {
		return u.store(ctx, old, keys)
	}
	if u.mover == nil {
		for i := range away {
			if away[i] {
				return nil, u.t.errBound(&u.next, u.next.Row(i))
			}
		}
	}
	stay, gone := *old, *old
	stay.Sel, gone.Sel = nil, nil
	var stayKeys, goneKeys [][]byte
	for i, row := range all {
		if away[i] {
			gone.Sel, goneKeys = append(gone.Sel, row), append(goneKeys, keys[i])
		} else {
			stay.Sel, stayKeys = append(stay.Sel, row), append(stayKeys, keys[i])
		}
	}
	if len(stayKeys) > 0 {
		u.next.Sel = stay.Sel
		if _, err := u.store(ctx, &stay, stayKeys); err != nil {
			return nil, err
		}
	}
	moved := vec.Batch{Cols: u.next.Cols, Len: u.next.Len, Sel: gone.Sel}
	if err := u.mover.move(ctx, u.t, &gone, goneKeys, &moved); err != nil {
		return nil, err
	}
	u.next.Sel = all
	if len(moved.Sel) < len(gone.Sel) || len(gone.Sel) < len(goneKeys) {
		u.next.Sel = slices.DeleteFunc(slices.Clone(all), func(row int32) bool {
			return !slices.Contains(stay.Sel, row) && !slices.Contains(moved.Sel, row)
		})
	}
	return &u.next, nil
}

// store tests and writes the new rows.
func (u *updater) store(ctx context.Context, old *rowenc.Rows, keys [][]byte) (*vec.Batch, error) {
	good, failure, err := u.t.validate(&u.next, u.notNull)
	if err != nil {
		return nil, err
	}
	if failure != nil {
		u.next.Sel, old.Sel, keys = u.next.Sel[:good], old.Sel[:good], keys[:good]
	}
	if len(keys) > 0 {
		if err := u.write(ctx, old, keys); err != nil {
			return nil, err
		}
	}
	return &u.next, failure
}

// write replaces the rows old by u.next.
func (u *updater) write(ctx context.Context, old *rowenc.Rows, keys [][]byte) error {
	t, tx := u.t, u.t.ctx.Txn
	now := &rowenc.Rows{Cols: u.next.Cols, Len: u.next.Len, Sel: u.next.Sel}
	u.changed.reset()
	newKeys := keys
	if u.moves {
		u.newKeys.Reset()
		t.layout.AppendKeys(&u.newKeys, now)
		newKeys = u.newKeys.B
		for i, k := range newKeys {
			if !bytes.Equal(k, keys[i]) {
				u.changed.add(t.layout.Primary, i, k)
			}
		}
	}
	if err := u.indexEntries(old, now, keys, newKeys); err != nil {
		return err
	}
	if err := u.lockChanged(ctx, keys); err != nil {
		return err
	}
	u.values.Reset()
	t.layout.AppendRows(&u.values, now)
	if u.moves {
		for i, k := range keys {
			if !bytes.Equal(k, newKeys[i]) {
				tx.Moved(k, newKeys[i])
			}
		}
		if err := deleteChanged(tx, keys, newKeys); err != nil {
			return err
		}
	}
	for i, k := range newKeys {
		if err := tx.Put(k, u.values.B[i]); err != nil {
			return err
		}
	}
	for i := range u.indexes {
		if err := u.indexes[i].write(tx); err != nil {
			return err
		}
	}
	if t.events != nil {
		return t.events.updated(ctx, old, &u.next, keys, newKeys)
	}
	return nil
}

// indexEntries encodes the entries of all indexes that the SET list can change.
func (u *updater) indexEntries(old, now *rowenc.Rows, keys, newKeys [][]byte) error {
	u.indexed = now.Cols
	if len(u.indexes) == 0 {
		return nil
	}
	old, err := u.t.indexExprs.Extend(u.t.ctx.Expr, old)
	if err != nil {
		return err
	}
	if now, err = u.t.indexExprs.Extend(u.t.ctx.Expr, now); err != nil {
		return err
	}
	u.indexed = now.Cols
	for i := range u.indexes {
		u.entries(&u.indexes[i], old, now, keys, newKeys)
	}
	return nil
}

// before calls the BEFORE triggers of the rows old.Sel. It narrows old and u.next to those that they want changed, and returns their keys.
func (u *updater) before(ctx context.Context, old *rowenc.Rows, keys [][]byte) ([][]byte, error) {
	e := u.t.events
	b := &vec.Batch{Len: old.Len}
	for _, c := range u.next.Cols {
		v := vec.New(c.Kind, old.Len)
		v.CopyFrom(c, old.Len)
		b.Cols = append(b.Cols, v)
	}
	var sel []int32
	var kept [][]byte
	for i, row := range old.Sel {
		got, err := e.beforeRow(ctx, e.update, datums(old.Cols, int(row)), datums(b.Cols, int(row)))
		if err != nil {
			return nil, err
		}
		if got == nil {
			continue
		}
		if u.src != nil {
			if err := u.src.modified(ctx, keys[i]); err != nil {
				return nil, err
			}
		}
		for c, d := range got {
			b.Cols[c].Set(int(row), d)
		}
		for _, g := range e.generated {
			d, err := g.value.EvalRow(u.t.ctx.Expr, b, int(row))
			if err != nil {
				return nil, err
			}
			b.Cols[g.column].Set(int(row), d)
		}
		sel, kept = append(sel, row), append(kept, keys[i])
	}
	u.next = *b
	u.next.Sel, old.Sel = sel, sel
	if sel == nil {
		u.next.Sel = []int32{}
	}
	return kept, nil
}

// datums are the values of one row.
func datums(cols []*vec.Vector, row int) []types.Datum {
	out := make([]types.Datum, len(cols))
	for i, v := range cols {
		out[i] = v.Datum(row)
	}
	return out
}

// entries encodes the old and new entries of an index.
func (u *updater) entries(x *changedIndex, old, now *rowenc.Rows, keys, newKeys [][]byte) {
	for _, b := range []*rowenc.Buffer{&x.oldKeys, &x.newKeys, &x.oldValues, &x.newValues} {
		b.Reset()
	}
	x.AppendEntries(&x.oldKeys, &x.oldValues, old, keys)
	x.AppendEntries(&x.newKeys, &x.newValues, now, newKeys)
	if x.Desc.Inverted() {
		x.dropEqual()
	}
	if !x.Desc.Unique {
		return
	}
	for i, k := range x.newKeys.B {
		if !bytes.Equal(k, x.oldKeys.B[i]) {
			u.changed.add(x.Index, i, k)
			u.changed.givenUp = append(u.changed.givenUp, x.oldKeys.B[i])
		}
	}
}

// dropEqual leaves of the entries of an inverted index those that go away and those that are new. The value follows from the key.
func (x *changedIndex) dropEqual() {
	have := make(map[string]bool, len(x.newKeys.B))
	for _, k := range x.newKeys.B {
		have[string(k)] = true
	}
	x.oldKeys.B = slices.DeleteFunc(x.oldKeys.B, func(k []byte) bool {
		both := have[string(k)]
		if both {
			have[string(k)] = false
		}
		return both
	})
	kept := 0
	for i, k := range x.newKeys.B {
		if have[string(k)] {
			x.newKeys.B[kept], x.newValues.B[kept] = k, x.newValues.B[i]
			kept++
		}
	}
	x.newKeys.B, x.newValues.B = x.newKeys.B[:kept], x.newValues.B[:kept]
}

// write deletes and puts the entries that changed.
func (x *changedIndex) write(tx kv.Txn) error {
	if x.Desc.Inverted() {
		for _, k := range x.oldKeys.B {
			if err := tx.Delete(k); err != nil {
				return err
			}
		}
		for i, k := range x.newKeys.B {
			if err := tx.Put(k, x.newValues.B[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := deleteChanged(tx, x.oldKeys.B, x.newKeys.B); err != nil {
		return err
	}
	for i, k := range x.newKeys.B {
		if bytes.Equal(k, x.oldKeys.B[i]) && bytes.Equal(x.newValues.B[i], x.oldValues.B[i]) {
			continue
		}
		if err := putEntry(tx, k, x.newValues.B[i]); err != nil {
			return err
		}
	}
	return nil
}

// deleteChanged deletes the old keys that are not the new ones. It comes before any Put: another row of the batch may
// take the key.
func deleteChanged(tx kv.Txn, old, now [][]byte) error {
	for i, k := range old {
		if !bytes.Equal(k, now[i]) {
			if err := tx.Delete(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// lockChanged locks the unique keys that rows take and reports the first row whose key exists. As in PostgreSQL, a key that
// an earlier row of the statement gave up is free, and one that a later row would give up is not.
func (u *updater) lockChanged(ctx context.Context, keys [][]byte) error {
	l := &u.changed
	if len(l.keys) == 0 {
		return nil
	}
	all := append(l.keys, l.givenUp...)
	if u.src != nil { // the rows too: those that refer to them go by the keys
		for i, row := range l.rows {
			if i == 0 || row != l.rows[i-1] {
				all = append(all, keys[row])
			}
		}
	}
	if err := u.t.ctx.Txn.Lock(ctx, all, u.t.keyLock(), &l.locked); err != nil {
		return err
	}
	worst := -1 // the conflict of the first row
	conflict := func(i int) {
		if worst < 0 || l.rows[i] < l.rows[worst] {
			worst = i
		}
	}
	for i := range l.keys {
		if l.locked.V[i].Value != nil && !u.vacated(l.from[i], keys, l.keys[i], int(l.rows[i])) {
			conflict(i)
		}
	}
	l.seen.repeats(l.keys, func(i, _ int) { conflict(i) })
	if worst < 0 {
		return nil
	}
	return u.t.errUnique(l.from[worst], u.indexed, u.next.Row(int(l.rows[worst])))
}

// vacated reports whether a row before row gives up a key of index x.
func (u *updater) vacated(x *rowenc.Index, keys [][]byte, key []byte, row int) bool {
	old, now := keys, u.newKeys.B
	for i := range u.indexes {
		if u.indexes[i].Index == x {
			old, now = u.indexes[i].oldKeys.B, u.indexes[i].newKeys.B
		}
	}
	for i, k := range old[:row] {
		if bytes.Equal(k, key) && !bytes.Equal(now[i], key) {
			return true
		}
	}
	return false
}
