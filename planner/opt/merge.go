package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// merge builds MERGE: the nodes of its actions share the layout of its input.
func (b *builder) merge(n *logical.Merge) plan.Node {
	src, subst := source(n.Source)
	value := func(id expr.ColID) expr.Expr {
		if e, ok := subst[id]; ok {
			return e
		}
		return varOf(columnOf(n.Source.Columns(), id))
	}
	action := value(n.Action)
	join := value(n.Join)
	extra := []expr.Expr{action, join}
	values := make([][]expr.Expr, len(n.Actions))
	for i, a := range n.Actions {
		for _, id := range a.New {
			values[i] = append(values[i], value(id))
		}
		extra = append(extra, values[i]...)
	}
	node, _, layout, _ := b.targetRows(src, n.RowID, n.Target.TableOID, n.Old, extra)
	m := &plan.Merge{Table: n.Target.Table, Alias: n.Target.Alias, Input: node, Action: b.expr(action, layout),
		Join: b.expr(join, layout), Tables: b.o.targets[n.RowID]}
	if n.Target.TableOID != 0 {
		m.TableOID = 1 + len(n.Old)
	}
	for i, a := range n.Actions {
		m.Actions = append(m.Actions, b.mergeAction(n, a, i, b.exprs(values[i], layout), m.Action, m.Join))
	}
	m.Info = above(node, nil)
	return m
}

// mergeAction builds one action. A row that changed meanwhile is tested again: whether it matches, and calls for the same action.
func (b *builder) mergeAction(n *logical.Merge, a logical.MergeAction, i int, values []expr.Expr, action, join expr.Expr) plan.MergeAction {
	out := plan.MergeAction{Kind: a.Kind}
	t := n.Target
	same := chosen(action, i+1)
	recheck := expr.Conjunction([]expr.Expr{join, same})
	checks := b.checks(n.Checks, t.Cols)
	switch a.Kind {
	case logical.MergeUpdate:
		u := &plan.Update{Table: t.Table, Alias: t.Alias, SetCols: a.SetCols, Sets: values, Recheck: recheck, Checks: checks,
			IndexExprs: b.indexExprs(t), Effects: t.Effects}
		b.updateTree(&logical.Update{Target: t, RowID: n.RowID, Old: n.Old}, u)
		out.Update = u
	case logical.MergeDelete:
		d := &plan.Delete{Table: t.Table, Alias: t.Alias, Recheck: recheck, IndexExprs: b.indexExprs(t), Effects: t.Effects}
		if t.TableOID != 0 {
			d.Tree = &plan.Tree{TableOID: 1 + len(n.Old), Tables: b.o.targets[n.RowID]}
			d.Tree.Leaves = b.o.opts.Tables.Leaves(d.Table, d)
		}
		out.Delete = d
	case logical.MergeInsert:
		ins := &plan.Insert{Table: t.Table, Alias: t.Alias, Checks: checks, IndexExprs: b.indexExprs(t), Effects: t.Effects}
		b.route(ins)
		out.Insert, out.Values = ins, values
	}
	return out
}

// chosen is a condition on the number of the action to take: that of a CASE over its branches.
func chosen(action expr.Expr, number int) *expr.Case {
	c, ok := action.(*expr.Case)
	out := &expr.Case{T: types.Of(types.BoolOID), Else: boolConst(false)}
	if !ok {
		return out
	}
	for _, w := range c.Whens {
		if k, ok := w.Then.(*expr.Const); ok {
			out.Whens = append(out.Whens, expr.When{Cond: w.Cond, Then: boolConst(k.D.Int() == int64(number))})
		}
	}
	return out
}
