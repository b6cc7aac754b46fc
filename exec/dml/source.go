package dml

import (
	"context"
	"time"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// source yields the rows that an UPDATE or DELETE changes, locked and in their newest version: batches of row id, the old
// row's columns, extra columns.
type source struct {
	t       *target
	input   exec.Operator // nil: by primary key
	key     []*expr.Prog
	keyNode int // plan.Info.ID of the scan that key stands for
	recheck *expr.Prog
	// needRow: a row found by key must be decoded.
	needRow bool
	mode    kv.LockMode // of the rows
	verb    string      // what happens to them, "updated" or "deleted"
	// split: one row at a time, because a trigger comes before each.
	split bool
	rest  *vec.Batch // of the input, from row at on
	at    int
	one   *vec.Batch
	// decodeAll: the table has columns that the input does not, so every row is read from what its lock returns.
	decodeAll bool
	// merge, if not nil, is told of rows that the condition no longer holds for, or that are gone: it looks at them again.
	merge *Merge

	decoder *rowenc.Decoder // all columns of the table
	fresh   *vec.Batch      // newest versions of rows; by key: the batch itself
	work    *vec.Batch      // copy of an input batch with rows that changed meanwhile
	keys    rowenc.Buffer
	locked  kv.Locked
	seen    keySet
	skip    []bool
	eq      []types.Datum
	done    bool
	oneKey  [1][]byte
	oneVal  [1][]byte

	// The result of next: rows sel of batch, with their keys.
	batch *vec.Batch
	sel   []int32
	kept  [][]byte
}

func (s *source) init(t *target, input exec.Operator, key *plan.IndexScan, recheck expr.Expr) error {
	s.t, s.input = t, input
	var err error
	if key != nil && input == nil {
		s.keyNode = key.ID
		if s.key, err = expr.CompileAll(key.Ranges[0].Eq); err != nil {
			return err
		}
	}
	if recheck != nil {
		if s.recheck, err = expr.Compile(recheck); err != nil {
			return err
		}
	}
	cols := make([]int, len(t.desc.Columns))
	kinds := []types.Kind{types.KindStr}
	for i, c := range t.desc.Columns {
		cols[i] = i
		kinds = append(kinds, c.Type.Kind())
	}
	s.fresh = vec.NewBatch(kinds, 0)
	s.decoder, err = t.layout.NewRowDecoder(cols)
	return err
}

func (s *source) open(ctx context.Context) error {
	s.done, s.rest = false, nil
	if s.input == nil {
		return nil
	}
	return s.input.Open(ctx)
}

func (s *source) close() error {
	if s.input == nil {
		return nil
	}
	return s.input.Close()
}

// next locks the next rows. more is false at the end; sel may be empty before it.
func (s *source) next(ctx context.Context) (more bool, err error) {
	s.sel, s.kept = s.sel[:0], s.kept[:0]
	s.keys.Reset()
	s.locked.Reset()
	if s.input == nil {
		if s.done {
			return false, nil
		}
		s.done = true
		return true, s.counted(ctx)
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	in, err := s.pull(ctx)
	if err != nil || in == nil || in.Len == 0 {
		return false, err
	}
	return true, s.lock(ctx, in)
}

// pull is the next batch of the input, or the next row of it.
func (s *source) pull(ctx context.Context) (*vec.Batch, error) {
	if !s.split {
		return s.input.Next(ctx)
	}
	for s.rest == nil || s.at == s.rest.Rows() {
		in, err := s.input.Next(ctx)
		if err != nil || in == nil || in.Len == 0 {
			return nil, err
		}
		s.rest, s.at = in, 0
	}
	if s.one == nil {
		ks := make([]types.Kind, len(s.rest.Cols))
		for i, c := range s.rest.Cols {
			ks[i] = c.Kind
		}
		s.one = vec.NewBatch(ks, 1)
	}
	s.one.Reset()
	s.one.AppendFrom(s.rest, s.rest.Row(s.at))
	s.at++
	return s.one, nil
}

// counted is point with its figures for EXPLAIN ANALYZE, if somebody asked for them.
func (s *source) counted(ctx context.Context) error {
	st := s.t.ctx.Node(s.keyNode)
	if st == nil {
		return s.point(ctx)
	}
	start, used := time.Now(), s.t.ctx.Usage.Now()
	err := s.point(ctx)
	took := time.Since(start)
	st.Loops, st.Rows = st.Loops+1, st.Rows+int64(len(s.sel))
	st.StartupTime, st.TotalTime = st.StartupTime+took, st.TotalTime+took
	st.Usage = st.Usage.Plus(s.t.ctx.Usage.Now().Minus(used))
	return err
}

// point finds, locks and reads the one row with the key.
func (s *source) point(ctx context.Context) error {
	s.eq = s.eq[:0]
	for _, p := range s.key {
		d, err := p.Value(s.t.ctx.Expr)
		if err != nil {
			return err
		}
		s.eq = append(s.eq, d)
	}
	if !s.t.layout.Primary.PointKey(&s.keys, s.eq) {
		return nil
	}
	if err := s.t.ctx.Txn.Lock(ctx, s.keys.B, s.t.rowLock(s.mode), &s.locked); err != nil {
		return err
	}
	v := &s.locked.V[0]
	if v.Nested {
		return s.errModified()
	}
	if v.Value == nil || v.Own {
		return exec.CheckMoved(v) // a row that has another key now is not the one that was asked for
	}
	s.batch = s.fresh
	s.fresh.Reset()
	s.fresh.Len = 1
	if s.needRow || s.recheck != nil {
		if err := s.decode(s.keys.B[0], v.Value); err != nil {
			return err
		}
	}
	if s.recheck != nil {
		d, err := s.recheck.EvalRow(s.t.ctx.Expr, s.fresh, 0)
		if err != nil || d.IsNull() || !d.Bool() {
			return err
		}
	}
	s.sel, s.kept = append(s.sel, 0), append(s.kept, s.keys.B[0])
	return nil
}

// follow finds row i, which left its key since the statement's snapshot.
func (s *source) follow(ctx context.Context, i int) error {
	key, v, err := exec.Follow(ctx, s.t.ctx.Txn, s.keys.B[i], s.t.rowLock(s.mode), s.locked.V[i])
	s.keys.B[i], s.locked.V[i] = key, v
	return err
}

// modified is an error if a trigger changed the row with that key, which it was called for.
func (s *source) modified(ctx context.Context, key []byte) error {
	var l kv.Locked
	if err := s.t.ctx.Txn.Lock(ctx, [][]byte{key}, kv.LockOptions{Mode: s.mode, Claim: true}, &l); err != nil {
		return err
	}
	if l.V[0].Nested {
		return s.errModified()
	}
	return nil
}

func (s *source) errModified() error {
	verb := s.verb
	if s.merge != nil {
		verb = "updated or deleted"
	}
	return pgerr.New(pgerr.TriggeredDataChangeViolation, "tuple to be %s was already modified by an operation triggered by the current command", verb).
		WithHint("Consider using an AFTER trigger instead of a BEFORE trigger to propagate changes to other rows.")
}

// decode makes s.fresh the one row with that key and value.
func (s *source) decode(key, value []byte) error {
	s.fresh.Reset()
	s.fresh.Len = 1
	s.fresh.Cols[0].Append(types.Null) // nobody reads the row id of a row found by key
	s.oneKey[0], s.oneVal[0] = key, value
	return s.decoder.Decode(s.oneKey[:], s.oneVal[:], s.fresh.Cols[1:])
}

// lock locks the rows of an input batch and brings those up to date that changed since the snapshot.
func (s *source) lock(ctx context.Context, in *vec.Batch) error {
	n := in.Rows()
	ids := in.Cols[0]
	for i := range n {
		s.keys.AppendKey(s.t.layout.Primary.Prefix, ids.Str[in.Row(i)])
	}
	if n == 0 {
		return nil
	}
	s.skip = append(s.skip[:0], make([]bool, n)...)
	s.seen.repeats(s.keys.B, func(i, _ int) { s.skip[i] = true })
	o := s.t.rowLock(s.mode)
	o.Claim = s.merge != nil && s.merge.retry.held
	if err := s.t.ctx.Txn.Lock(ctx, s.keys.B, o, &s.locked); err != nil {
		return err
	}
	s.batch = in
	changed := false
	for i := range n {
		v := &s.locked.V[i]
		if v.Moved != nil && !s.skip[i] {
			if err := s.follow(ctx, i); err != nil {
				return err
			}
		}
		if v.Nested && !s.skip[i] {
			return s.errModified()
		}
		if s.merge != nil && v.Value == nil && v.Changed && !s.skip[i] {
			s.merge.lost(s.t, ids.Str[in.Row(i)], s.keys.B[i], v)
		}
		s.skip[i] = s.skip[i] || v.Own || v.Value == nil || ids.Nulls.Has(in.Row(i))
		changed = changed || v.Changed && !s.skip[i]
	}
	if changed || s.decodeAll {
		if err := s.refresh(in); err != nil {
			return err
		}
	}
	for i := range n {
		if !s.skip[i] {
			s.sel, s.kept = append(s.sel, int32(s.batch.Row(i))), append(s.kept, s.keys.B[i])
		}
	}
	return nil
}

// refresh copies the batch, puts the newest versions of changed rows into the copy and tests the condition on them.
func (s *source) refresh(in *vec.Batch) error {
	if s.work == nil {
		kinds := make([]types.Kind, len(in.Cols))
		for i, c := range in.Cols {
			kinds[i] = c.Kind
		}
		s.work = vec.NewBatch(kinds, in.Rows())
	}
	s.work.CopyFrom(in)
	s.batch = s.work
	for i := range s.work.Len {
		v := &s.locked.V[i]
		if s.skip[i] || !v.Changed && !s.decodeAll {
			continue
		}
		if err := s.decode(s.keys.B[i], v.Value); err != nil {
			return err
		}
		for c := range s.t.desc.Columns {
			s.work.Cols[c+1].CopyRow(i, s.fresh.Cols[c+1], 0)
		}
		if s.recheck == nil || !v.Changed {
			continue
		}
		d, err := s.recheck.EvalRow(s.t.ctx.Expr, s.work, i)
		if err != nil {
			return err
		}
		if s.skip[i] = d.IsNull() || !d.Bool(); s.skip[i] && s.merge != nil {
			s.merge.lost(s.t, in.Cols[0].Str[in.Row(i)], s.keys.B[i], v)
		}
	}
	return nil
}

// rows are the old rows of the batch that next found, as columns of the table.
func (s *source) rows() *rowenc.Rows {
	n := len(s.t.desc.Columns)
	return &rowenc.Rows{Cols: s.batch.Cols[1 : n+1], Len: s.batch.Len, Sel: s.sel}
}
