package build

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/order"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// subPlan runs a subquery of an expression. Its result is kept as long as the exec params that it depends on are the same: an uncorrelated
// one, which depends on none, runs once in an execution.
type subPlan struct {
	tree   *Tree
	plan   *plan.SubPlan
	op     exec.Operator
	params exec.Params
	// volatile: it calls a volatile function, so that a correlated one runs for every row.
	volatile bool
	used     bool
	value    types.Datum
	set      *hashedSet
}

// subPlan makes the operators of subplan number id.
func (b *builder) subPlan(id int) error {
	s := b.tree.subs[id]
	in, err := b.node(s.plan.Root)
	if err != nil {
		return err
	}
	s.params = b.params(s.plan.Root)
	s.volatile = b.volatile(s.plan.Root) && len(s.params.Slots) > 0
	s.op = in
	if _, kept := s.plan.Root.(*plan.Materialize); b.readAgain[id] && !kept {
		s.op = order.NewMaterialize(b.ctx, s.plan.Root.Types(), in, b.params(s.plan.Root))
	}
	return nil
}

// volatile reports whether a plan calls a volatile function.
func (b *builder) volatile(n plan.Node) bool {
	found := false
	exprs(n, func(e expr.Expr) {
		expr.Walk(e, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Call); ok && c.Fn.Volatility == expr.Volatile {
				found = true
			}
			return !found
		})
	})
	for _, in := range inputs(n) {
		found = found || b.volatile(in)
	}
	return found
}

func (s *subPlan) close() error {
	s.params.Forget()
	s.value = types.Null
	s.set.close()
	if !s.used {
		return nil
	}
	s.used = false
	return s.op.Close()
}

// runSubPlan is expr.Ctx.RunSubPlan.
func (t *Tree) runSubPlan(sp *expr.SubPlan, left []types.Datum) (types.Datum, error) {
	c := t.ctx.Expr
	test := c.SubPlanTest
	c.SubPlanTest = nil
	if sp.ID < 0 || sp.ID >= len(t.subs) {
		return types.Null, pgerr.New(pgerr.InternalError, "unknown subplan %d", sp.ID)
	}
	s := t.subs[sp.ID]
	if sp.Hashed {
		return s.member(left)
	}
	if sp.Kind == expr.SubqueryAny || sp.Kind == expr.SubqueryAll {
		return s.quantified(sp, test)
	}
	if s.params.Same(c) && !s.volatile {
		return s.value, nil
	}
	v, err := s.run(sp)
	if err != nil {
		s.params.Forget()
		return types.Null, err
	}
	s.value = v
	return v, nil
}

// evalInit puts the result of an InitPlan into its exec param, unless it is there already.
func (s *subPlan) evalInit() error {
	c := s.tree.ctx.Expr
	if s.params.Same(c) {
		return nil
	}
	v, err := s.scalar(types.Null)
	if err != nil {
		s.params.Forget()
		return err
	}
	s.value = v
	c.Exec[s.plan.OutSlot] = v
	return nil
}

// run computes the subquery for the exec params of now.
func (s *subPlan) run(sp *expr.SubPlan) (types.Datum, error) {
	switch sp.Kind {
	case expr.SubqueryExists:
		exec.HintRows(s.op, 1)
		b, err := s.open()
		return types.NewBool(b != nil && b.Rows() > 0), err
	case expr.SubqueryArray:
		return s.array(sp.T)
	case expr.SubqueryRow:
		return s.scalar(types.NewRef((*types.Record)(nil)))
	}
	return s.scalar(types.Null)
}

// open starts the subquery and returns its first rows.
func (s *subPlan) open() (*vec.Batch, error) {
	s.used = true
	if err := s.op.Open(s.tree.now); err != nil {
		return nil, err
	}
	return s.op.Next(s.tree.now)
}

// scalar is the one row's value, NULL if there is no row. If like is a record, the row is one.
func (s *subPlan) scalar(like types.Datum) (types.Datum, error) {
	b, err := s.open()
	if err != nil || b == nil || b.Rows() == 0 {
		return types.Null, err
	}
	if b.Rows() > 1 {
		return types.Null, tooManyRows()
	}
	i := b.Row(0)
	var v types.Datum
	if like.IsNull() {
		v = b.Cols[0].Datum(i)
	} else {
		v = types.NewRef(&types.Record{Types: s.plan.Root.Types(), Fields: b.Datums(nil, i)})
	}
	if b, err = s.op.Next(s.tree.now); err != nil {
		return types.Null, err
	}
	if b != nil && b.Rows() > 0 {
		return types.Null, tooManyRows()
	}
	return v, nil
}

func tooManyRows() error {
	return pgerr.New(pgerr.CardinalityViolation, "more than one row returned by a subquery used as an expression")
}

// array is ARRAY(SELECT …) of type t: of scalars, or of arrays of equal dimensions.
func (s *subPlan) array(t types.T) (types.Datum, error) {
	var elems []types.Datum
	var usage exec.Usage
	usage.Init(s.tree.ctx)
	defer usage.Release()
	bytes := int64(0)
	b, err := s.open()
	for err == nil && b != nil && b.Rows() > 0 {
		if err := usage.Set(bytes + 64*int64(cap(elems))); err != nil {
			return types.Null, err
		}
		for k := range b.Rows() {
			elems = append(elems, b.Cols[0].Datum(b.Row(k)))
			bytes += int64(expr.ValueBytes(elems[len(elems)-1]))
		}
		b, err = s.op.Next(s.tree.now)
	}
	if err != nil {
		return types.Null, err
	}
	if col := s.plan.Root.Types()[0].OID; types.IsArray(col) && types.ElemOf(t.OID) != col {
		return stack(types.ElemOf(t.OID), elems)
	}
	return types.NewRef(types.NewArray(types.ElemOf(t.OID), elems)), nil
}

// stack makes one array of arrays, with a dimension more.
func stack(elem types.OID, arrays []types.Datum) (types.Datum, error) {
	out := &types.Array{Elem: elem}
	for i, d := range arrays {
		a := d.Array()
		if a == nil {
			return types.Null, pgerr.New(pgerr.NullValueNotAllowed, "cannot accumulate null arrays")
		}
		if len(a.Elems) == 0 {
			return types.Null, pgerr.New(pgerr.ArraySubscriptError, "cannot accumulate empty arrays")
		}
		if i == 0 {
			out.Dims = append([]types.Dim{{Len: len(arrays), Lower: 1}}, a.Dims...)
		}
		if len(a.Dims) != len(out.Dims)-1 || !sameDims(a.Dims, out.Dims[1:]) {
			return types.Null, pgerr.New(pgerr.ArraySubscriptError, "cannot accumulate arrays of different dimensionality")
		}
		out.Elems = append(out.Elems, a.Elems...)
	}
	return types.NewRef(out), nil
}

func sameDims(a, b []types.Dim) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// quantified is op ANY or op ALL: test sees one row of the subquery after the other.
func (s *subPlan) quantified(sp *expr.SubPlan, test func() (types.Datum, error)) (types.Datum, error) {
	all := sp.Kind == expr.SubqueryAll
	null := false
	c := s.tree.ctx.Expr
	b, err := s.open()
	for err == nil && b != nil && b.Rows() > 0 {
		for k := range b.Rows() {
			i := b.Row(k)
			for x, slot := range sp.OutSlots {
				c.Exec[slot] = b.Cols[x].Datum(i)
			}
			d, err := test()
			switch {
			case err != nil:
				return types.Null, err
			case d.IsNull():
				null = true
			case d.Bool() != all:
				return types.NewBool(!all), nil
			}
		}
		b, err = s.op.Next(s.tree.now)
	}
	if err != nil || null {
		return types.Null, err
	}
	return types.NewBool(all), nil
}

// initOp evaluates InitPlans before an operator that reads their results is opened.
type initOp struct {
	exec.Operator
	tree *Tree
	ids  []int
}

// HintRows implements exec.RowHinter.
func (o *initOp) HintRows(n int64) { exec.HintRows(o.Operator, n) }

// Open implements exec.Operator.
func (o *initOp) Open(ctx context.Context) error {
	for _, id := range o.ids {
		if err := o.tree.subs[id].evalInit(); err != nil {
			return err
		}
	}
	return o.Operator.Open(ctx)
}
