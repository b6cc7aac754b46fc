package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// modify builds INSERT, UPDATE and DELETE.
func (b *builder) modify(n logical.Node) plan.Node {
	switch n := n.(type) {
	case *logical.Insert:
		return b.insert(n)
	case *logical.Update:
		return b.update(n)
	case *logical.Delete:
		return b.delete(n)
	case *logical.Merge:
		return b.merge(n)
	}
	b.fail("unexpected statement node %T", n)
	return nil
}

// above is the Info of a node that passes its input's figures on.
func above(in plan.Node, cols []logical.Column) plan.Info {
	i := plan.Info{}
	if in != nil {
		i = *in.Base()
		i.ID = 0
	}
	if len(cols) == 0 {
		i.Rows, i.Width = 0, 0
	} else {
		i.Width = widthOf(cols)
	}
	setOut(&i, cols)
	return i
}

func (b *builder) checks(cs []logical.Check, cols []logical.Column) []plan.Check {
	var out []plan.Check
	for _, c := range cs {
		out = append(out, plan.Check{Name: c.Name, Cond: b.expr(c.Cond, cols), View: c.View})
	}
	return out
}

// indexExprs are the expressions of a target's indexes over its columns.
func (b *builder) indexExprs(t logical.Target) []expr.Expr {
	if len(t.IndexExprs) == 0 {
		return nil
	}
	return b.exprs(t.IndexExprs, t.Cols)
}

func (b *builder) insert(n *logical.Insert) plan.Node {
	cols := n.Source.Columns()
	in := b.buildExactly(b.o.plan(n.Source).cheapest(), cols)
	ins := &plan.Insert{Info: above(in, n.Cols), Table: n.Target.Table, Alias: n.Target.Alias, Input: in, Effects: n.Target.Effects}
	ins.Checks = b.checks(n.Checks, n.Target.Cols)
	ins.IndexExprs = b.indexExprs(n.Target)
	if ins.Instead = n.Instead; ins.Instead != 0 {
		own := n.Target.Cols
		ins.Returning = b.returning(n.Returning, append(own[:len(own):len(own)], cols[len(own):]...))
		return ins
	}
	ins.Returning, ins.Replaced = b.returning(n.Returning, withTableOID(n.Target)), n.Target.Replaced != 0
	if oc := n.OnConflict; oc != nil {
		both := append(oc.Existing[:len(oc.Existing):len(oc.Existing)], oc.Excluded...)
		ins.OnConflict = &plan.OnConflict{Arbiter: oc.Arbiter, Update: oc.Update, SetCols: oc.SetCols, Sets: b.exprs(oc.Set, both),
			Where: b.expr(oc.Where, both)}
	}
	b.route(ins)
	return ins
}

func (b *builder) returning(es []expr.Expr, cols []logical.Column) []expr.Expr {
	if len(es) == 0 {
		return nil
	}
	return b.exprs(es, cols)
}

// source takes the projection off the top of an UPDATE's or DELETE's source: what it computes from, and its expressions by
// output column.
func source(n logical.Node) (logical.Node, map[expr.ColID]expr.Expr) {
	if p, ok := n.(*logical.Project); ok {
		return p.Input, substOf(p)
	}
	return n, nil
}

// targetRows builds the input of an UPDATE or DELETE: row id, old columns, for a tree the OID of the row's table, then the other columns
// that extra expressions read. It returns the layout. A nil node means that key finds the only row.
func (b *builder) targetRows(src logical.Node, rowID, tableOID expr.ColID, old []expr.ColID, extra []expr.Expr) (plan.Node, *plan.IndexScan, []logical.Column, expr.Expr) {
	avail := src.Columns()
	layout := []logical.Column{columnOf(avail, rowID)}
	for _, id := range old {
		layout = append(layout, columnOf(avail, id))
	}
	if tableOID != 0 {
		layout = append(layout, columnOf(avail, tableOID))
	}
	recheck := conditions(src, avail)
	have := setOf(layout)
	var need colSet
	for _, e := range extra {
		exprCols(e, &need)
	}
	for _, e := range recheck {
		exprCols(e, &need)
	}
	for _, c := range avail {
		if need.has(c.ID) && !have.has(c.ID) {
			layout = append(layout, c)
		}
	}
	if key, rest := b.pointKey(src, rowID); key != nil && len(layout) == len(old)+1 {
		return nil, key, layout, b.cond(rest, layout)
	}
	narrowed := b.o.prune(src, setOf(layout), false)
	node := b.buildExactly(b.o.plan(narrowed).cheapest(), layout)
	return node, nil, layout, b.cond(recheck, layout)
}

// conditions are the conditions on rows of n that can be tested on its output columns, and on those of queries around it, again. A semi
// or anti join is not tested again: it depends on other rows, which the statement's snapshot fixes.
func conditions(n logical.Node, avail []logical.Column) []expr.Expr {
	have := setOf(avail)
	var lost colSet // columns of n that are not in its output
	var inner func(n logical.Node)
	inner = func(n logical.Node) {
		for _, c := range n.Columns() {
			if !have.has(c.ID) {
				lost.add(c.ID)
			}
		}
		for _, in := range n.Inputs() {
			inner(in)
		}
	}
	inner(n)
	var out []expr.Expr
	var visit func(n logical.Node)
	take := func(e expr.Expr) {
		for _, c := range expr.Conjuncts(e, nil) {
			var s colSet
			exprCols(c, &s)
			if s.intersects(have) && !s.intersects(lost) {
				out = append(out, c)
			}
		}
	}
	visit = func(n logical.Node) {
		switch x := n.(type) {
		case *logical.Filter:
			take(x.Cond)
			visit(x.Input)
		case *logical.Project:
			visit(x.Input)
		case *logical.Join:
			switch x.Kind {
			case logical.InnerJoin:
				if x.On != nil {
					take(x.On)
				}
				visit(x.Left)
				visit(x.Right)
			case logical.LeftJoin, logical.SemiJoin, logical.AntiJoin:
				visit(x.Left)
			case logical.RightJoin:
				visit(x.Right)
			}
		}
	}
	visit(n)
	return out
}

// pointKey is the look-up for a source that is one row of the target by its primary key, and the conditions that remain.
func (b *builder) pointKey(src logical.Node, rowID expr.ColID) (*plan.IndexScan, []expr.Expr) {
	if !b.o.enabled(rulePoint) {
		return nil, nil
	}
	s, conds := targetScan(src)
	if s == nil || s.RowID != rowID || s.Inherit || s.Table.Key != nil || s.Table.Primary == nil || len(s.Table.Primary.Columns) == 0 || s.Table.Virtual != nil {
		return nil, nil
	}
	for _, c := range conds {
		if hasSubquery(c) || volatile(c) || !colsOf(c).intersects(outputs(s)) {
			return nil, nil
		}
	}
	r := b.o.planScan(s, conds)
	m := b.o.matchIndex(r.base, s.Table.Primary, conds)
	if m == nil || !m.unique {
		return nil, nil
	}
	p := &path{rows: 1, width: r.width}
	b.o.costIndex(p, m)
	rest := m.rest
	scan := b.indexScan(p, m, r.cols, false)
	return scan, rest
}

func targetScan(n logical.Node) (*logical.Scan, []expr.Expr) {
	switch n := n.(type) {
	case *logical.Scan:
		return n, nil
	case *logical.Filter:
		s, conds := targetScan(n.Input)
		return s, expr.Conjuncts(n.Cond, conds)
	case *logical.Project:
		if isPassThrough(n) {
			return targetScan(n.Input)
		}
	}
	return nil, nil
}

func (b *builder) update(n *logical.Update) plan.Node {
	src, subst := source(n.Source)
	value := func(id expr.ColID) expr.Expr {
		if e, ok := subst[id]; ok {
			return e
		}
		return varOf(columnOf(n.Source.Columns(), id))
	}
	var sets []expr.Expr
	for _, id := range n.New {
		sets = append(sets, value(id))
	}
	returning := make([]expr.Expr, len(n.Returning))
	for i, e := range n.Returning {
		returning[i] = substitute(e, subst)
	}
	if len(n.Returning) == 0 {
		returning = nil
	}
	extra := append(append([]expr.Expr{}, sets...), returning...)
	node, key, layout, recheck := b.targetRows(src, n.RowID, n.Target.TableOID, n.Old, extra)
	u := &plan.Update{Table: n.Target.Table, Alias: n.Target.Alias, Input: node, Key: key, SetCols: n.SetCols, Recheck: recheck,
		Effects: n.Target.Effects}
	u.Sets = b.exprs(sets, layout)
	u.Checks = b.checks(n.Checks, n.Target.Cols)
	u.IndexExprs = b.indexExprs(n.Target)
	after := append(n.Target.Cols[:len(n.Target.Cols):len(n.Target.Cols)], layout[1+len(n.Old):]...)
	u.Returning = b.returning(returning, after)
	u.Info = above(keyOr(node, key), n.Cols)
	b.updateTree(n, u)
	return u
}

func (b *builder) delete(n *logical.Delete) plan.Node {
	src, subst := source(n.Source)
	returning := make([]expr.Expr, len(n.Returning))
	for i, e := range n.Returning {
		returning[i] = substitute(e, subst)
	}
	if len(n.Returning) == 0 {
		returning = nil
	}
	node, key, layout, recheck := b.targetRows(src, n.RowID, n.Target.TableOID, n.Old, returning)
	d := &plan.Delete{Table: n.Target.Table, Alias: n.Target.Alias, Input: node, Key: key, Recheck: recheck,
		Effects: n.Target.Effects}
	d.Returning = b.returning(returning, layout[1:])
	d.IndexExprs = b.indexExprs(n.Target)
	d.Info = above(keyOr(node, key), n.Cols)
	if n.Target.TableOID != 0 {
		d.Tree = &plan.Tree{TableOID: 1 + len(n.Old), Tables: b.o.targets[n.RowID]}
		d.Tree.Leaves = b.o.opts.Tables.Leaves(d.Table, d)
	}
	return d
}

// withTableOID are the columns of a target, and the one that stands for the table of a row.
func withTableOID(t logical.Target) []logical.Column {
	cols := t.Cols[:len(t.Cols):len(t.Cols)]
	if t.TableOID != 0 {
		cols = append(cols, logical.Column{ID: t.TableOID, Name: "tableoid", T: types.Of(types.OIDOID), Rel: t.Alias})
	}
	if t.Replaced != 0 {
		cols = append(cols, logical.Column{ID: t.Replaced, Name: "replaced", T: types.Of(types.BoolOID), Rel: t.Alias})
	}
	return cols
}

// route adds to an INSERT what finds the partitions of its rows, or tests that they belong to its table.
func (b *builder) route(ins *plan.Insert) {
	x := b.o.opts.Tables
	if x == nil {
		return
	}
	var err error
	if ins.Table.Bound != nil {
		if ins.Bounds, err = x.Bounds(ins.Table); err != nil {
			b.fail("%v", err)
		}
	}
	if ins.Table.Key == nil {
		return
	}
	if ins.Route, err = x.Route(ins.Table); err != nil {
		b.fail("%v", err)
	}
	ins.Leaves = x.Leaves(ins.Table, ins)
}

// updateTree adds to an UPDATE what it needs for rows of several tables, and for partitions.
func (b *builder) updateTree(n *logical.Update, u *plan.Update) {
	x := b.o.opts.Tables
	if x == nil {
		return
	}
	if n.Target.TableOID == 0 {
		if u.Table.Bound != nil {
			var err error
			if u.Bounds, err = x.UpdateBounds(u.Table, u.SetCols); err != nil {
				b.fail("%v", err)
			}
		}
		return
	}
	u.Tree = &plan.Tree{TableOID: 1 + len(n.Old), Tables: b.o.targets[n.RowID]}
	u.Tree.Leaves = x.Leaves(u.Table, u)
	if u.Table.Key != nil {
		u.Tree.Move = &plan.Insert{Table: u.Table, Alias: u.Alias, Checks: u.Checks}
		b.route(u.Tree.Move)
	}
}

func keyOr(node plan.Node, key *plan.IndexScan) plan.Node {
	if node == nil && key != nil {
		return key
	}
	return node
}

// lockRows builds SELECT … FOR UPDATE: row ids come last in the input and are dropped, unless they are needed.
func (b *builder) lockRows(p *path, in *path, n *logical.LockRows) (plan.Node, []logical.Column) {
	node, have := in.build(b)
	isRowID := colSet{}
	for _, t := range n.Targets {
		isRowID.add(t.Scan.RowID)
	}
	var cols, layout []logical.Column
	for _, c := range have {
		if !isRowID.has(c.ID) {
			cols = append(cols, c)
		}
	}
	layout = append(layout, cols...)
	for _, c := range have {
		if isRowID.has(c.ID) {
			layout = append(layout, c)
		}
	}
	node, _ = b.exactly(node, have, layout)
	if n.RowIDs {
		cols = layout
	}
	l := &plan.LockRows{Info: p.info(cols), Input: node}
	recheck := conditions(stripSort(n.Input), layout)
	for _, t := range n.Targets {
		lt := plan.LockTarget{Table: t.Scan.Table, RowID: b.position(t.Scan.RowID, layout), Strength: t.Strength, Wait: t.Wait}
		if t.Scan.TableOID != 0 {
			lt.TableOID, lt.Tables = b.position(t.Scan.TableOID, layout), b.o.targets[t.Scan.RowID]
		}
		for i, c := range layout {
			for _, sc := range t.Scan.Cols {
				if sc.ID == c.ID {
					lt.Cols, lt.Ordinals = append(lt.Cols, i), append(lt.Ordinals, t.Scan.Table.Ordinal(sc.Attr))
				}
			}
		}
		lt.Recheck = b.cond(recheck, layout)
		l.Targets = append(l.Targets, lt)
	}
	return l, cols
}

func stripSort(n logical.Node) logical.Node {
	if s, ok := n.(*logical.Sort); ok {
		return stripSort(s.Input)
	}
	return n
}
