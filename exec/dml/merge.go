package dml

import (
	"context"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/vec"
)

// Merge is the operator of plan.Merge: it gives the rows of its input to the operators of its actions, neighbours with the same
// action together.
type Merge struct {
	ctx     *exec.Ctx
	node    *plan.Merge
	input   exec.Operator
	choice  *expr.Prog
	actions []mergeAction
	seen    map[string]bool // target rows that were changed
	view    vec.Batch
	retry   retry
	whole   *statement
}

type mergeAction struct {
	kind   logical.MergeKind
	op     exec.Operator
	in     *feed
	values []*expr.Prog
	row    vec.Batch
}

// NewMerge makes the operator.
func NewMerge(ctx *exec.Ctx, n *plan.Merge, input exec.Operator, counts bool) (*Merge, error) {
	m := &Merge{ctx: ctx, node: n, input: input}
	var err error
	if m.choice, err = expr.Compile(n.Action); err != nil {
		return nil, err
	}
	if m.retry.join, err = expr.Compile(n.Join); err != nil {
		return nil, err
	}
	if m.whole, err = mergeTriggers(ctx, n); err != nil {
		return nil, err
	}
	for _, a := range n.Actions {
		x := mergeAction{kind: a.Kind, in: &feed{}}
		switch a.Kind {
		case logical.MergeUpdate:
			u := *a.Update
			u.Effects = rowTriggers(u.Effects)
			a.Update = &u
			if a.Update.Tree != nil {
				x.op, err = operator(NewTreeUpdate(ctx, a.Update, x.in, counts))
			} else {
				x.op, err = operator(NewUpdate(ctx, a.Update, x.in, counts))
			}
		case logical.MergeDelete:
			d := *a.Delete
			d.Effects = rowTriggers(d.Effects)
			a.Delete = &d
			if a.Delete.Tree != nil {
				x.op, err = operator(NewTreeDelete(ctx, a.Delete, x.in, counts))
			} else {
				x.op, err = operator(NewDelete(ctx, a.Delete, x.in, counts))
			}
		case logical.MergeInsert:
			if x.values, err = expr.CompileAll(a.Values); err != nil {
				return nil, err
			}
			ins := *a.Insert
			ins.Effects = rowTriggers(ins.Effects)
			a.Insert = &ins
			if a.Insert.Route != nil {
				x.op, err = operator(NewRoutedInsert(ctx, a.Insert, x.in, counts))
			} else {
				x.op, err = operator(NewInsert(ctx, a.Insert, x.in, counts))
			}
		}
		if err != nil {
			return nil, err
		}
		switch op := x.op.(type) {
		case *Update:
			op.src.merge = m
			m.whole.collect(op.t)
		case *Delete:
			op.src.merge = m
			m.whole.collect(op.t)
		case *Insert:
			m.whole.collect(op.t)
		case *Tree:
			op.merge, op.whole = m, m.whole
		case *RoutedInsert:
			op.whole = m.whole
		}
		m.actions = append(m.actions, x)
	}
	return m, nil
}

// mergeTriggers are the triggers FOR EACH STATEMENT of the actions of n, which leaves the row triggers to them.
func mergeTriggers(ctx *exec.Ctx, n *plan.Merge) (*statement, error) {
	var effects *logical.Effects
	var set []int
	has := map[logical.MergeKind]bool{}
	for _, a := range n.Actions {
		has[a.Kind] = true
		switch a.Kind {
		case logical.MergeInsert:
			effects = a.Insert.Effects
		case logical.MergeUpdate:
			effects, set = a.Update.Effects, append(set, a.Update.SetCols...)
		case logical.MergeDelete:
			effects = a.Delete.Effects
		}
	}
	var kinds []catalog.TriggerEvents
	for _, k := range []struct {
		action logical.MergeKind
		event  catalog.TriggerEvents
	}{{logical.MergeInsert, catalog.OnInsert}, {logical.MergeUpdate, catalog.OnUpdate}, {logical.MergeDelete, catalog.OnDelete}} {
		if has[k.action] {
			kinds = append(kinds, k.event)
		}
	}
	return newStatement(ctx, n.Table, effects, set, kinds...)
}

// operator keeps a failed constructor's nil pointer out of an interface.
func operator[O exec.Operator](o O, err error) (exec.Operator, error) {
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Open implements exec.Operator.
func (m *Merge) Open(ctx context.Context) error {
	m.seen = map[string]bool{}
	m.whole.opened()
	for i := range m.actions {
		if op := m.actions[i].op; op != nil {
			if err := op.Open(ctx); err != nil {
				return err
			}
		}
	}
	return m.input.Open(ctx)
}

// Close implements exec.Operator.
func (m *Merge) Close() error { return m.input.Close() }

// Next implements exec.Operator: it does everything and returns nothing.
func (m *Merge) Next(ctx context.Context) (*vec.Batch, error) {
	if err := m.whole.begin(ctx); err != nil {
		return nil, err
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := m.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Len == 0 {
			return nil, m.whole.end()
		}
		if err := m.batch(ctx, b); err != nil {
			return nil, err
		}
	}
}

func (m *Merge) batch(ctx context.Context, b *vec.Batch) error {
	choices, err := m.choice.EvalFull(m.ctx.Expr, b)
	if err != nil {
		return err
	}
	chosen := make([]int, b.Rows())
	for i := range chosen {
		chosen[i] = int(choices.Int[b.Row(i)])
	}
	for from := 0; from < len(chosen); {
		to := from + 1
		for to < len(chosen) && chosen[to] == chosen[from] {
			to++
		}
		if c := chosen[from]; c > 0 {
			if err := m.run(ctx, &m.actions[c-1], b, from, to); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// run lets an action deal with the rows from to to of b, by order.
func (m *Merge) run(ctx context.Context, a *mergeAction, b *vec.Batch, from, to int) error {
	if a.op == nil {
		return nil
	}
	m.view = vec.Batch{Cols: b.Cols, Len: b.Len, Sel: make([]int32, 0, to-from)}
	var failure error
	for i := from; i < to; i++ {
		row := b.Row(i)
		if a.kind != logical.MergeInsert {
			id := m.rowID(b, row)
			if m.seen[id] {
				failure = pgerr.New(pgerr.CardinalityViolation, "MERGE command cannot affect row a second time").
					WithHint("Ensure that not more than one source row matches any one target row.")
				break
			}
			m.seen[id] = true
		}
		m.view.Sel = append(m.view.Sel, int32(row))
	}
	if len(m.view.Sel) > 0 {
		if err := m.give(ctx, a); err != nil {
			return err
		}
	}
	if err := m.again(ctx, b); err != nil {
		return err
	}
	return failure
}

// rowID tells target rows apart.
func (m *Merge) rowID(b *vec.Batch, row int) string {
	id := b.Cols[0].Str[row]
	if m.node.TableOID > 0 {
		id += "@" + strconv.FormatInt(b.Cols[m.node.TableOID].Int[row], 10)
	}
	return id
}

// give lets an action deal with the rows of m.view.
func (m *Merge) give(ctx context.Context, a *mergeAction) error {
	a.in.batch = &m.view
	if a.kind == logical.MergeInsert {
		a.row = vec.Batch{Cols: a.row.Cols[:0], Len: m.view.Len, Sel: m.view.Sel}
		for _, p := range a.values {
			v, err := p.EvalFull(m.ctx.Expr, &m.view)
			if err != nil {
				return err
			}
			a.row.Cols = append(a.row.Cols, v)
		}
		a.in.batch = &a.row
	}
	_, err := a.op.Next(ctx)
	return err
}
