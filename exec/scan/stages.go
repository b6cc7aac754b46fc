package scan

import (
	"slices"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// stages decode the columns of a scan step by step: first those of the cheapest conditions, then, of the rows that passed, those of
// the next ones, and at the end the columns that no condition needs. Conditions that only compare columns, so that they
// cannot fail, are tested in the order of what decoding their columns costs; the others follow in the order of the query. The
// key filters of hash joins come behind the comparisons of integers.
type stages struct {
	list    []stage
	rest    *rowenc.Decoder // of the columns that no stage needs; nil: none
	cols    []int           // their positions in the output
	batches [2]*vec.Batch
	sels    [2][]int32
	keys    [2][][]byte
	values  [2][][]byte
	out     []*vec.Vector
}

// stage is a condition, or a key filter of one column.
type stage struct {
	cond    *expr.Prog
	keys    *exec.KeyFilter
	key     int
	class   int
	decoder *rowenc.Decoder // of the columns that are new in this stage; nil: none
	cols    []int
	known   []int // columns that are decoded after this stage
	// What a key filter has seen and let through: one that lets nearly all through is not asked any more.
	seen, passed int
}

// Classes of conditions by the costs of their columns.
const (
	classInt = iota
	classKeys
	classNum
	classStr
	classOther
)

// keyFilter is a filter for an output column.
type keyFilter struct {
	col int
	f   *exec.KeyFilter
}

// newStages is nil if the scan is better off with one decoder for all.
func newStages(t *rowenc.Table, n *plan.SeqScan, filters []keyFilter) (*stages, error) {
	if n.Filter == nil && len(filters) == 0 {
		return nil, nil
	}
	conds := byClass(n)
	if conds == nil && n.Filter != nil {
		return nil, nil
	}
	for _, f := range filters {
		conds = append(conds, classed{class: classKeys, filter: f, cols: []int{f.col}})
	}
	slices.SortStableFunc(conds, func(a, b classed) int { return a.class - b.class })
	s := &stages{}
	done := make([]bool, len(n.Cols))
	for len(conds) > 0 {
		k := 1
		for k < len(conds) && conds[0].filter.f == nil && conds[k].class == conds[0].class {
			k++
		}
		if err := s.add(t, n, conds[:k], done); err != nil {
			return nil, err
		}
		conds = conds[k:]
	}
	var err error
	if s.rest, s.cols, err = decoderOf(t, n, func(i int) bool { return !done[i] }); err != nil {
		return nil, err
	}
	if len(s.list) == 1 && s.rest == nil && len(filters) == 0 {
		return nil, nil
	}
	for i := range s.batches {
		s.batches[i] = vec.NewBatch(vec.Kinds(n.Types()), 0)
	}
	return s, nil
}

// add makes a stage of conditions of one class.
func (s *stages) add(t *rowenc.Table, n *plan.SeqScan, conds []classed, done []bool) error {
	st := stage{class: conds[0].class, keys: conds[0].filter.f, key: conds[0].filter.col}
	var es []expr.Expr
	wanted := make([]bool, len(done))
	for _, c := range conds {
		es = append(es, c.cond)
		for _, i := range c.cols {
			wanted[i] = !done[i]
		}
	}
	var err error
	if st.keys == nil {
		if st.cond, err = expr.Compile(expr.Conjunction(es)); err != nil {
			return err
		}
	}
	if st.decoder, st.cols, err = decoderOf(t, n, func(i int) bool { return wanted[i] }); err != nil {
		return err
	}
	for i := range done {
		done[i] = done[i] || wanted[i]
		if done[i] {
			st.known = append(st.known, i)
		}
	}
	s.list = append(s.list, st)
	return nil
}

// decoderOf decodes the output columns for which want is true; nil if there are none.
func decoderOf(t *rowenc.Table, n *plan.SeqScan, want func(int) bool) (d *rowenc.Decoder, cols []int, err error) {
	var ordinals []int
	for i, o := range n.Cols {
		if want(i) {
			cols, ordinals = append(cols, i), append(ordinals, o)
		}
	}
	if len(cols) > 0 {
		d, err = t.NewRowDecoder(ordinals)
	}
	return d, cols, err
}

// classed is a condition or a key filter with the columns that it needs.
type classed struct {
	class  int
	cond   expr.Expr
	filter keyFilter
	cols   []int
}

// byClass are the conditions of a scan's filter; nil if it has subqueries, which may look at any column.
func byClass(n *plan.SeqScan) []classed {
	var out []classed
	for _, e := range expr.Conjuncts(n.Filter, nil) {
		c := classed{cond: e, class: classInt}
		whole := false
		expr.Walk(e, func(e expr.Expr) bool {
			switch e := e.(type) {
			case *expr.Col:
				c.cols = append(c.cols, e.Idx)
				c.class = max(c.class, classOfKind(e.T.Kind()))
			case *expr.SubPlan:
				whole = true
			}
			return true
		})
		if whole {
			return nil
		}
		if !comparison(e) {
			c.class = classOther
		}
		out = append(out, c)
	}
	return out
}

func classOfKind(k types.Kind) int {
	switch k {
	case types.KindInt, types.KindFloat, types.KindBool:
		return classInt
	case types.KindNum:
		return classNum
	case types.KindStr:
		return classStr
	}
	return classOther
}

// comparison reports whether a condition only compares columns and constants: it cannot fail.
func comparison(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Call:
		if e.Form != expr.FormOperator || len(e.Args) != 2 {
			return false
		}
		switch e.Op {
		case "=", "<>", "<", "<=", ">", ">=", "~~", "!~~":
			return operand(e.Args[0]) && operand(e.Args[1])
		}
	case *expr.ScalarArray:
		return (e.OpSym == "=" || e.OpSym == "<>") && operand(e.Left) && operand(e.Right)
	case *expr.IsNull:
		return operand(e.Arg)
	}
	return false
}

func operand(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Col, *expr.Const, *expr.Param, *expr.ExecParam:
		return true
	case *expr.Relabel:
		return operand(e.Arg)
	}
	return false
}

// pick lists the vectors of b at positions.
func (s *stages) pick(b *vec.Batch, positions []int) []*vec.Vector {
	s.out = s.out[:0]
	for _, i := range positions {
		s.out = append(s.out, b.Cols[i])
	}
	return s.out
}

// decode is the rows of e that pass all stages; nil if there are none.
func (s *stages) decode(e *kv.Entries, o *output) (*vec.Batch, error) {
	b, at := s.batches[0], 0
	b.Reset()
	keys, values := e.K, e.V
	b.Len = len(keys)
	before := b.Len
	for i := range s.list {
		st := &s.list[i]
		if st.decoder != nil {
			if err := st.decoder.Decode(keys, values, s.pick(b, st.cols)); err != nil {
				return nil, err
			}
		}
		sel, all, err := s.test(st, b, o)
		if err != nil {
			return nil, err
		}
		if all {
			continue
		}
		if len(sel) == 0 {
			s.count(o, before)
			return nil, nil
		}
		if b.Sel = sel; len(sel)*4 > 3*b.Len { // most pass: nothing is gained by moving them together
			continue
		}
		at = 1 - at
		b = s.compact(st, b, s.batches[at])
		keys, values = s.narrow(at, keys, values, sel)
	}
	s.count(o, before-b.Rows())
	if s.rest != nil {
		if err := s.rest.Decode(keys, values, s.pick(b, s.cols)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (s *stages) count(o *output, removed int) {
	if st := o.ctx.Node(o.id); st != nil {
		st.Removed += int64(removed)
	}
}

// test is the rows of b that pass a stage; all: every one of them.
func (s *stages) test(st *stage, b *vec.Batch, o *output) (sel []int32, all bool, err error) {
	x := 0 // not the memory that b.Sel lies in
	if b.Sel != nil && len(s.sels[0]) > 0 && &b.Sel[0] == &s.sels[0][0] {
		x = 1
	}
	dst := s.sels[x][:0]
	n := b.Rows()
	if st.keys == nil {
		if sel, err = exec.FilterBefore(o.ctx.Expr, st.cond, b, dst); err != nil && len(sel) > 0 {
			o.failed, err = err, nil
		}
	} else {
		if !st.keys.Ready() || st.seen > keyFilterTrial && st.passed*keyFilterWorth > st.seen*(keyFilterWorth-1) {
			return nil, true, nil
		}
		sel = st.keys.Pass(b.Cols[st.key], b.Sel, b.Len, dst)
		st.seen += n
		st.passed += len(sel)
	}
	s.sels[x] = sel
	return sel, len(sel) == n, err
}

// A key filter must keep one row of keyFilterWorth away, once it has seen keyFilterTrial rows.
const (
	keyFilterTrial = 8192
	keyFilterWorth = 8
)

// compact moves the selected rows of b, as far as their columns are decoded, together in dst.
func (s *stages) compact(st *stage, b, dst *vec.Batch) *vec.Batch {
	dst.Reset()
	for _, i := range st.known {
		dst.Cols[i].AppendSel(b.Cols[i], b.Sel)
	}
	dst.Len = len(b.Sel)
	return dst
}

// narrow keeps the entries of the selected rows.
func (s *stages) narrow(at int, keys, values [][]byte, sel []int32) (k, v [][]byte) {
	k, v = s.keys[at][:0], s.values[at][:0]
	for _, i := range sel {
		k, v = append(k, keys[i]), append(v, values[i])
	}
	s.keys[at], s.values[at] = k, v
	return k, v
}
