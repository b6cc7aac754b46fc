package build

import (
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// hashedSet is the result of an uncorrelated subquery after IN, for look-ups with SQL's rules for NULL.
type hashedSet struct {
	table *exec.KeyTable // rows without NULL
	nulls *vec.Batch     // rows with a NULL
	probe *vec.Batch
	cmps  []exec.Comparer
	usage exec.Usage
	ids   []int32
}

func (h *hashedSet) close() {
	if h != nil {
		h.table.Reset()
		h.nulls.Reset()
		h.usage.Release()
	}
}

// member is (left…) IN (subquery).
func (s *subPlan) member(left []types.Datum) (types.Datum, error) {
	if !s.params.Same(s.tree.ctx.Expr) {
		if err := s.fillSet(); err != nil {
			s.params.Forget()
			return types.Null, err
		}
	}
	h := s.set
	if h.table.Len() == 0 && h.nulls.Len == 0 {
		return types.NewBool(false), nil
	}
	h.probe.Reset()
	h.probe.AppendRow(left)
	if !exec.AnyNull(h.probe.Cols, 0) {
		h.ids = h.table.Find(h.probe.Cols, nil, 1, h.ids[:0])
		if h.ids[0] >= 0 {
			return types.NewBool(true), nil
		}
	} else if h.maybe(h.table.Keys()) {
		return types.Null, nil
	}
	if h.maybe(h.nulls) {
		return types.Null, nil
	}
	return types.NewBool(false), nil
}

// maybe reports whether some row equals the probe wherever neither is NULL: then the comparison is unknown.
func (h *hashedSet) maybe(rows *vec.Batch) bool {
	if len(h.cmps) == 1 {
		return rows.Len > 0
	}
	for i := range rows.Len {
		possible := true
		for c, v := range h.probe.Cols {
			r := rows.Cols[c]
			if !v.Nulls.Has(0) && !r.Nulls.Has(i) && !h.cmps[c].Equal(v, 0, r, i) {
				possible = false
				break
			}
		}
		if possible {
			return true
		}
	}
	return false
}

// fillSet runs the subquery to its end.
func (s *subPlan) fillSet() error {
	ts := s.plan.Root.Types()
	if s.set == nil {
		k := vec.Kinds(ts)
		s.set = &hashedSet{table: exec.NewKeyTable(ts), nulls: vec.NewBatch(k, 0), probe: vec.NewBatch(k, 1), cmps: exec.Comparers(ts)}
	}
	h := s.set
	h.table.Reset()
	h.nulls.Reset()
	h.usage.Init(s.tree.ctx)
	b, err := s.open()
	for err == nil && b != nil && b.Rows() > 0 {
		some := []int32{}
		for k := range b.Rows() {
			if i := b.Row(k); exec.AnyNull(b.Cols, i) {
				h.nulls.AppendFrom(b, i)
			} else {
				some = append(some, int32(i))
			}
		}
		h.ids = h.table.Assign(b.Cols, some, b.Len, h.ids[:0])
		if err := h.usage.Set(h.table.Bytes()); err != nil {
			return err
		}
		b, err = s.op.Next(s.tree.now)
	}
	return err
}
