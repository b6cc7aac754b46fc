package scan

import (
	"context"
	"errors"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// LockRows locks the rows that its input found: one Lock for each target table and batch. Under READ COMMITTED a row that changed since
// the statement's snapshot is read again and tested again. If only some rows are wanted (LIMIT), no more than these are
// locked.
type LockRows struct {
	ctx     *exec.Ctx
	node    *plan.LockRows
	input   exec.Operator
	targets []*lockTarget
	hint    int64
	left    int64
	cur     *vec.Batch
	k       int
	batch   *vec.Batch
	out     vec.Batch
	drop    []bool
	sel     []int32
}

// lockTarget is a plan.LockTarget with its layout and programs.
type lockTarget struct {
	node    *plan.LockTarget
	recheck *expr.Prog
	only    *lockedTable // of all rows; nil: a row tells
	tables  map[types.OID]*lockedTable
	keys    rowenc.Buffer
	rows    []int32 // of the batch, one for each key
	locked  kv.Locked
	fresh   *vec.Batch
	oneKey  [1][]byte
	oneVal  [1][]byte
}

// lockedTable is a table whose rows are locked, with its layout.
type lockedTable struct {
	desc    *catalog.Table
	layout  *rowenc.Table
	decoder *rowenc.Decoder
	// sameKeys: the row's key holds all columns of unique indexes.
	sameKeys bool
}

// newLockedTable prepares a table; ordinals are columns of top.
func newLockedTable(desc, top *catalog.Table, ordinals []int) (*lockedTable, error) {
	t := &lockedTable{desc: desc, sameKeys: true}
	var err error
	if t.layout, err = rowenc.NewTable(desc); err != nil {
		return nil, err
	}
	if desc != top {
		own := make([]int, len(ordinals))
		for i, o := range ordinals {
			_, at, ok := desc.Column(top.Columns[o].Name)
			if !ok {
				return nil, pgerr.New(pgerr.InternalError, "table %q has no column %q", desc.Name, top.Columns[o].Name)
			}
			own[i] = at
		}
		ordinals = own
	}
	if t.decoder, err = t.layout.NewRowDecoder(ordinals); err != nil {
		return nil, err
	}
	for _, x := range t.layout.Indexes {
		t.sameKeys = t.sameKeys && !x.Desc.Unique
	}
	return t, nil
}

func newLockTarget(n *plan.LockTarget, in []types.T) (*lockTarget, error) {
	t := &lockTarget{node: n, fresh: &vec.Batch{}}
	var err error
	if n.Tables == nil {
		if t.only, err = newLockedTable(n.Table, n.Table, n.Ordinals); err != nil {
			return nil, err
		}
	}
	for _, c := range n.Cols {
		t.fresh.Cols = append(t.fresh.Cols, vec.New(in[c].Kind(), 1))
	}
	if n.Recheck != nil {
		t.recheck, err = expr.Compile(n.Recheck)
	}
	return t, err
}

// table is that of a row of b.
func (t *lockTarget) table(b *vec.Batch, row int) (*lockedTable, error) {
	if t.only != nil {
		return t.only, nil
	}
	oid := types.OID(b.Cols[t.node.TableOID].Int[row])
	if lt := t.tables[oid]; lt != nil {
		return lt, nil
	}
	for _, desc := range t.node.Tables {
		if desc.OID != oid {
			continue
		}
		lt, err := newLockedTable(desc, t.node.Table, t.node.Ordinals)
		if err != nil {
			return nil, err
		}
		if t.tables == nil {
			t.tables = map[types.OID]*lockedTable{}
		}
		t.tables[oid] = lt
		return lt, nil
	}
	return nil, pgerr.New(pgerr.InternalError, "row of table %d, which the statement does not know", oid)
}

// NewLockRows is the operator of n.
func NewLockRows(ctx *exec.Ctx, n *plan.LockRows, input exec.Operator) (*LockRows, error) {
	l := &LockRows{ctx: ctx, node: n, input: input, batch: vec.NewBatch(vec.Kinds(n.Input.Types()), 0), sel: []int32{}}
	for i := range n.Targets {
		t, err := newLockTarget(&n.Targets[i], n.Input.Types())
		if err != nil {
			return nil, err
		}
		l.targets = append(l.targets, t)
	}
	return l, nil
}

// HintRows implements exec.RowHinter.
func (l *LockRows) HintRows(n int64) { l.hint = n }

// Open implements exec.Operator.
func (l *LockRows) Open(ctx context.Context) error {
	l.cur, l.left = nil, l.hint
	return l.input.Open(ctx)
}

// Next implements exec.Operator.
func (l *LockRows) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if l.cur == nil || l.k >= l.cur.Rows() {
			var err error
			if l.cur, err = l.input.Next(ctx); err != nil || l.cur == nil || l.cur.Rows() == 0 {
				l.cur = nil
				return nil, err
			}
			l.k = 0
		}
		l.take()
		for _, t := range l.targets {
			if err := l.lock(ctx, t); err != nil {
				return nil, err
			}
		}
		l.sel = l.sel[:0]
		for i, d := range l.drop {
			if !d {
				l.sel = append(l.sel, int32(i))
			}
		}
		if len(l.sel) == 0 {
			continue
		}
		if l.left > 0 {
			l.left = max(1, l.left-int64(len(l.sel)))
		}
		l.out = vec.Batch{Cols: l.batch.Cols[:len(l.node.Types())], Len: l.batch.Len, Sel: l.sel}
		return &l.out, nil
	}
}

// take copies the next input rows: all of the batch, or as many as are still wanted.
func (l *LockRows) take() {
	l.batch.Reset()
	n := l.cur.Rows() - l.k
	if l.left > 0 {
		n = int(min(int64(n), l.left))
	}
	for range n {
		l.batch.AppendFrom(l.cur, l.cur.Row(l.k))
		l.k++
	}
	l.drop = append(l.drop[:0], make([]bool, n)...)
}

// lock locks the rows of a target: neighbours of the same table together.
func (l *LockRows) lock(ctx context.Context, t *lockTarget) error {
	ids := l.batch.Cols[t.node.RowID]
	var of *lockedTable
	t.keys.Reset()
	t.rows = t.rows[:0]
	for i := range l.batch.Len {
		if l.drop[i] || ids.Nulls.Has(i) {
			continue
		}
		own, err := t.table(l.batch, i)
		if err != nil {
			return err
		}
		if own != of && len(t.rows) > 0 {
			if err := l.lockTable(ctx, t, of); err != nil {
				return err
			}
			t.keys.Reset()
			t.rows = t.rows[:0]
		}
		of = own
		t.keys.AppendKey(own.layout.Primary.Prefix, ids.Str[i])
		t.rows = append(t.rows, int32(i))
	}
	if len(t.rows) == 0 {
		return nil
	}
	return l.lockTable(ctx, t, of)
}

// lockTable locks the rows of one table.
func (l *LockRows) lockTable(ctx context.Context, t *lockTarget, of *lockedTable) error {
	o := kv.LockOptions{Wait: kv.WaitPolicy(t.node.Wait), Timeout: l.ctx.LockTimeout}
	switch t.node.Strength {
	case logical.ForKeyShare:
		o.Mode = kv.KeyShared
	case logical.ForShare:
		o.Mode = kv.Shared
	case logical.ForNoKeyUpdate:
		o.Mode = kv.NoKeyExclusive
	}
	t.locked.Reset()
	if err := l.ctx.Txn.Lock(ctx, t.keys.B, o, &t.locked); err != nil {
		if errors.Is(err, kv.ErrLocked) {
			return pgerr.New(pgerr.LockNotAvailable, "could not obtain lock on row in relation %q", of.desc.Name)
		}
		return err
	}
	for x, row := range t.rows {
		v := &t.locked.V[x]
		moved := v.Moved != nil
		if moved && l.ctx.ReadCommitted {
			key, newest, err := exec.Follow(ctx, l.ctx.Txn, t.keys.B[x], o, *v)
			if err != nil {
				return err
			}
			t.keys.B[x], *v = key, newest
		}
		switch {
		case v.Skipped:
			l.drop[row] = true
		case v.Changed && v.Value != nil && !moved && o.Mode == kv.KeyShared && of.sameKeys:
			// PostgreSQL locks the version that the snapshot shows: nothing that FOR KEY SHARE protects has changed.
		case v.Changed && !l.ctx.ReadCommitted:
			if v.Value == nil && v.Moved == nil {
				return kv.ErrConflictDeleted
			}
			return kv.ErrConflict
		case v.Value == nil:
			l.drop[row] = true
		case v.Changed:
			keep, err := l.refresh(t, of.decoder, int(row), t.keys.B[x], v.Value)
			if err != nil {
				return err
			}
			l.drop[row] = !keep
		}
	}
	return nil
}

// refresh puts the newest version of a row into the batch and tests it again.
func (l *LockRows) refresh(t *lockTarget, decoder *rowenc.Decoder, row int, key, value []byte) (bool, error) {
	if len(t.fresh.Cols) > 0 {
		t.fresh.Reset()
		t.oneKey[0], t.oneVal[0] = key, value
		if err := decoder.Decode(t.oneKey[:], t.oneVal[:], t.fresh.Cols); err != nil {
			return false, err
		}
		for i, c := range t.node.Cols {
			l.batch.Cols[c].CopyRow(row, t.fresh.Cols[i], 0)
		}
	}
	if t.recheck == nil {
		return true, nil
	}
	d, err := t.recheck.EvalRow(l.ctx.Expr, l.batch, row)
	return err == nil && !d.IsNull() && d.Bool(), err
}

// Close implements exec.Operator.
func (l *LockRows) Close() error {
	l.cur = nil
	return l.input.Close()
}
