package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// simplifyOuterJoins turns an outer join into an inner (or one-sided) one where a condition above rejects the rows that
// it would extend with NULLs, and LEFT JOIN … WHERE right.x IS NULL into an anti join.
func (o *optimizer) simplifyOuterJoins(n logical.Node) logical.Node {
	return simplifyOuter(n, colSet{})
}

// simplifyOuter works downwards; rejected are the columns of n's output for which a NULL makes the row vanish above.
func simplifyOuter(n logical.Node, rejected colSet) logical.Node {
	switch x := n.(type) {
	case *logical.Filter:
		if r := toAnti(x); r != nil {
			return simplifyOuter(r, rejected)
		}
		down := nullRejected(x.Cond)
		down.addAll(rejected)
		return withInputs(n, func(c logical.Node) logical.Node { return simplifyOuter(c, down) })
	case *logical.Project:
		down := colSet{}
		for i, c := range x.Cols {
			if rejected.has(c.ID) {
				down.addAll(strictCols(x.Exprs[i]))
			}
		}
		return withInputs(n, func(c logical.Node) logical.Node { return simplifyOuter(c, down) })
	case *logical.Sort:
		return withInputs(n, func(c logical.Node) logical.Node { return simplifyOuter(c, rejected) })
	case *logical.Join:
		return simplifyJoin(x, rejected)
	}
	return withInputs(n, func(c logical.Node) logical.Node { return simplifyOuter(c, colSet{}) })
}

func simplifyJoin(n *logical.Join, rejected colSet) logical.Node {
	kind := n.Kind
	hitL, hitR := rejected.intersects(outputs(n.Left)), rejected.intersects(outputs(n.Right))
	switch {
	case kind == logical.LeftJoin && hitR, kind == logical.RightJoin && hitL, kind == logical.FullJoin && hitL && hitR:
		kind = logical.InnerJoin
	case kind == logical.FullJoin && hitL: // rows without a left side vanish
		kind = logical.LeftJoin
	case kind == logical.FullJoin && hitR:
		kind = logical.RightJoin
	}
	on := nullRejected(n.On)
	l, r := colSet{}, colSet{}
	switch kind {
	case logical.InnerJoin, logical.SemiJoin:
		l.addAll(rejected)
		l.addAll(on)
		r = l
	case logical.LeftJoin, logical.AntiJoin:
		l.addAll(rejected)
		r.addAll(on)
	case logical.RightJoin:
		r.addAll(rejected)
		l.addAll(on)
	case logical.NullAntiJoin:
		l.addAll(rejected)
	}
	left, right := simplifyOuter(n.Left, l), simplifyOuter(n.Right, r)
	if kind == n.Kind && left == n.Left && right == n.Right {
		return n
	}
	j := *n
	j.Kind, j.Left, j.Right = kind, left, right
	return &j
}

// toAnti is the anti join for a filter over a left join that keeps only rows without a match; nil if f is none. The right
// side's columns are then NULL.
func toAnti(f *logical.Filter) logical.Node {
	j, ok := f.Input.(*logical.Join)
	if !ok || j.Kind != logical.LeftJoin || j.Lateral || j.On == nil {
		return nil
	}
	right, strict := outputs(j.Right), nullRejected(j.On)
	var rest []expr.Expr
	found := false
	for _, c := range expr.Conjuncts(f.Cond, nil) {
		if t, ok := c.(*expr.IsNull); ok && !t.Not && !t.Row {
			if v, ok := t.Arg.(*expr.Var); ok && right.has(v.ID) && strict.has(v.ID) {
				found = true
				continue
			}
		}
		rest = append(rest, c)
	}
	if !found {
		return nil
	}
	anti := *j
	anti.Kind = logical.AntiJoin
	cols := j.Columns()
	es := make([]expr.Expr, len(cols))
	out := make([]logical.Column, len(cols))
	copy(out, cols)
	for i, c := range cols {
		if right.has(c.ID) {
			es[i] = nullConst(c.T)
		} else {
			es[i] = varOf(c)
		}
	}
	return filter(&logical.Project{Input: &anti, Exprs: es, Cols: out}, rest)
}

// nullRejected are the columns for which condition e is not TRUE when the column is NULL.
func nullRejected(e expr.Expr) colSet {
	switch e := e.(type) {
	case nil:
		return colSet{}
	case *expr.And:
		var s colSet
		for _, a := range e.Args {
			s.addAll(nullRejected(a))
		}
		return s
	case *expr.Or:
		s := nullRejected(e.Args[0])
		for _, a := range e.Args[1:] {
			t := nullRejected(a)
			s = s.minus(s.minus(t))
		}
		return s
	case *expr.IsNull:
		if e.Not && !e.Row {
			return strictCols(e.Arg)
		}
		return colSet{}
	case *expr.BoolTest:
		if e.Kind == expr.IsTrue || e.Kind == expr.IsFalse || e.Kind == expr.IsNotUnknown {
			return strictCols(e.Arg)
		}
		return colSet{}
	case *expr.ScalarArray:
		if !e.All && e.Op.Strict { // ANY of an empty array is FALSE, which rejects too
			return strictCols(e.Left)
		}
		return colSet{}
	}
	return strictCols(e)
}

// strictCols are the columns that make e NULL when they are NULL.
func strictCols(e expr.Expr) colSet {
	var s colSet
	switch e := e.(type) {
	case *expr.Var:
		s.add(e.ID)
	case *expr.Call:
		if e.Fn.Strict && !e.Fn.RetSet {
			for _, a := range e.Args {
				s.addAll(strictCols(a))
			}
		}
	case *expr.Relabel:
		return strictCols(e.Arg)
	case *expr.CoerceIO:
		return strictCols(e.Arg)
	case *expr.Collate:
		return strictCols(e.Arg)
	case *expr.Not:
		return strictCols(e.Arg)
	}
	return s
}
