package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/sql/expr"
)

// pushFilters moves every condition as far down as its columns and the operators between allow, and adds conditions that
// equalities imply.
func (o *optimizer) pushFilters(n logical.Node) logical.Node { return o.push(n, nil) }

// push places conds, which hold for n's output rows, in or over n.
func (o *optimizer) push(n logical.Node, conds []expr.Expr) logical.Node {
	switch x := n.(type) {
	case *logical.Filter:
		if _, ok := x.Input.(*logical.Scan); ok && len(conds) == 0 && !volatile(x.Cond) {
			return n
		}
		var stay []expr.Expr
		for _, c := range expr.Conjuncts(x.Cond, nil) {
			if volatile(c) {
				stay = append(stay, c)
			} else {
				conds = append(conds[:len(conds):len(conds)], c)
			}
		}
		return filter(o.push(x.Input, conds), stay)
	case *logical.Project:
		return o.pushProject(x, conds)
	case *logical.ProjectSet:
		return o.pushProjectSet(x, conds)
	case *logical.Join:
		return o.pushJoin(x, conds)
	case *logical.Aggregate:
		ok := len(x.Groups) > 0 && x.Sets == nil
		return o.pushIf(n, conds, func(s colSet) bool { return ok && s.subsetOf(setOf(x.Groups)) })
	case *logical.Window:
		keys := partitionCols(x)
		return o.pushIf(n, conds, func(s colSet) bool { return s.subsetOf(keys) })
	case *logical.Sort:
		return o.pushIf(n, conds, func(colSet) bool { return true })
	case *logical.Distinct:
		var on colSet
		for _, id := range x.On {
			on.add(id)
		}
		return o.pushIf(n, conds, func(s colSet) bool { return x.On == nil || s.subsetOf(on) })
	case *logical.SetOp:
		return o.pushSetOp(x, conds)
	case *logical.With:
		c := &logical.With{Body: o.push(x.Body, conds)}
		for _, cte := range x.CTEs {
			d := *cte
			d.Query = o.push(cte.Query, nil)
			c.CTEs = append(c.CTEs, &d)
		}
		return c
	}
	n = withInputs(n, func(c logical.Node) logical.Node { return o.push(c, nil) })
	return filter(n, conds)
}

// pushIf pushes the conditions whose columns satisfy ok below n, which has one input and passes those columns through.
func (o *optimizer) pushIf(n logical.Node, conds []expr.Expr, ok func(colSet) bool) logical.Node {
	var down, stay []expr.Expr
	for _, c := range conds {
		s := colsOf(c)
		if !s.empty() && ok(s.minus(s.minus(outputs(n)))) && s.intersects(outputs(n)) {
			down = append(down, c)
		} else {
			stay = append(stay, c)
		}
	}
	n = withInputs(n, func(c logical.Node) logical.Node { return o.push(c, down) })
	return filter(n, stay)
}

func partitionCols(n *logical.Window) colSet {
	var keys colSet
	for i, d := range n.Defs {
		var s colSet
		for _, e := range d.Partition {
			if v, ok := e.(*expr.Var); ok {
				s.add(v.ID)
			}
		}
		if i == 0 {
			keys = s
		} else {
			keys = keys.minus(keys.minus(s))
		}
	}
	return keys
}

func (o *optimizer) pushProject(n *logical.Project, conds []expr.Expr) logical.Node {
	if len(conds) == 0 {
		return withInputs(n, func(c logical.Node) logical.Node { return o.push(c, nil) })
	}
	var down, stay []expr.Expr
	subst := substOf(n)
	for _, c := range conds {
		safe := true
		colsOf(c).each(func(id expr.ColID) {
			if e, ok := subst[id]; ok && (volatile(e) || hasSubquery(e)) {
				safe = false
			}
		})
		if safe {
			down = append(down, substitute(c, subst))
		} else {
			stay = append(stay, c)
		}
	}
	c := *n
	c.Input = o.push(n.Input, down)
	return filter(&c, stay)
}

// pushProjectSet pushes conditions on columns that are not made by set-returning functions.
func (o *optimizer) pushProjectSet(n *logical.ProjectSet, conds []expr.Expr) logical.Node {
	var plain colSet
	for i, e := range n.Exprs {
		if v, ok := e.(*expr.Var); ok && v.ID == n.Cols[i].ID {
			plain.add(v.ID)
		}
	}
	return o.pushIf(n, conds, func(s colSet) bool { return s.subsetOf(plain) })
}

// pushSetOp gives both sides the condition, over their own columns.
func (o *optimizer) pushSetOp(n *logical.SetOp, conds []expr.Expr) logical.Node {
	side := func(in logical.Node) logical.Node {
		subst := map[expr.ColID]expr.Expr{}
		for i, c := range in.Columns() {
			subst[n.Cols[i].ID] = varOf(c)
		}
		down := make([]expr.Expr, len(conds))
		for i, c := range conds {
			down[i] = substitute(c, subst)
		}
		return o.push(in, down)
	}
	c := *n
	if readsWorkTable(n) {
		c.Left, c.Right = o.push(n.Left, nil), o.push(n.Right, nil)
		return filter(&c, conds)
	}
	c.Left, c.Right = side(n.Left), side(n.Right)
	return &c
}

func readsWorkTable(n logical.Node) bool {
	if r, ok := n.(*logical.CTERef); ok && r.Working {
		return true
	}
	for _, in := range n.Inputs() {
		if readsWorkTable(in) {
			return true
		}
	}
	return false
}

// pushJoin distributes the conditions above a join and its own ON.
func (o *optimizer) pushJoin(n *logical.Join, conds []expr.Expr) logical.Node {
	left, right := outputs(n.Left), outputs(n.Right)
	var d distribution
	for _, c := range conds {
		d.above(n.Kind, c, colsOf(c), left, right)
	}
	for _, c := range expr.Conjuncts(n.On, nil) {
		d.on(n.Kind, c, colsOf(c), left, right)
	}
	if o.enabled(ruleInfer) {
		d.infer(n.Kind, left, right)
	}
	if o.enabled(ruleBranches) {
		d.branches(n.Kind, left, right)
	}
	j := *n
	j.Left, j.Right = o.push(n.Left, d.left), o.push(n.Right, d.right)
	j.On = expr.Conjunction(d.join)
	return filter(&j, d.stay)
}

// distribution is where the conditions around a join go.
type distribution struct {
	left, right, join, stay []expr.Expr
}

// above places a condition on the join's output rows.
func (d *distribution) above(kind logical.JoinKind, c expr.Expr, s, left, right colSet) {
	l, r := s.intersects(left), s.intersects(right)
	toLeft := kind == logical.InnerJoin || kind == logical.LeftJoin || kind >= logical.SemiJoin
	toRight := kind == logical.InnerJoin || kind == logical.RightJoin
	switch {
	case l && !r && toLeft:
		d.left = append(d.left, c)
	case r && !l && toRight:
		d.right = append(d.right, c)
	case l && r && kind == logical.InnerJoin:
		d.join = append(d.join, c)
	default:
		d.stay = append(d.stay, c)
	}
}

// on places a condition of the ON clause.
func (d *distribution) on(kind logical.JoinKind, c expr.Expr, s, left, right colSet) {
	l, r := s.intersects(left), s.intersects(right)
	if volatile(c) {
		d.join = append(d.join, c)
		return
	}
	toLeft := kind == logical.InnerJoin || kind == logical.RightJoin || kind == logical.SemiJoin
	toRight := kind == logical.InnerJoin || kind == logical.LeftJoin || kind == logical.SemiJoin || kind == logical.AntiJoin
	never, _, constant := isConstBool(c)
	switch {
	case l && !r && toLeft:
		d.left = append(d.left, c)
	case r && !l && toRight:
		d.right = append(d.right, c)
	case !l && !r && kind == logical.InnerJoin:
		d.stay = append(d.stay, c)
	case !l && !r && constant && !never && toRight:
		d.right = append(d.right, c)
	default:
		d.join = append(d.join, c)
	}
}

// branches adds to a side what an OR over both sides says about it: each branch of (a = 1 AND b = 2) OR (a = 3 AND b = 4)
// says something about a, so that a = 1 OR a = 3. The OR itself stays.
func (d *distribution) branches(kind logical.JoinKind, left, right colSet) {
	toLeft := kind == logical.InnerJoin || kind == logical.RightJoin || kind == logical.SemiJoin
	toRight := kind == logical.InnerJoin || kind == logical.LeftJoin || kind == logical.SemiJoin || kind == logical.AntiJoin
	for _, c := range d.join {
		or, ok := c.(*expr.Or)
		if !ok || volatile(c) || hasSubquery(c) {
			continue
		}
		if n := restriction(or, left); n != nil && toLeft && !contains(d.left, n) {
			d.left = append(d.left, n)
		}
		if n := restriction(or, right); n != nil && toRight && !contains(d.right, n) {
			d.right = append(d.right, n)
		}
	}
}

// restriction is what an OR implies for the columns of one side alone; nil if nothing.
func restriction(or *expr.Or, side colSet) expr.Expr {
	var out []expr.Expr
	for _, b := range or.Args {
		var own []expr.Expr
		for _, c := range expr.Conjuncts(b, nil) {
			if inner, ok := c.(*expr.Or); ok {
				if n := restriction(inner, side); n != nil {
					own = append(own, n)
				}
				continue
			}
			if s := colsOf(c); !s.empty() && s.subsetOf(side) {
				own = append(own, c)
			}
		}
		if len(own) == 0 {
			return nil
		}
		out = append(out, expr.Conjunction(own))
	}
	return &expr.Or{Args: out}
}

// infer adds to a side what the equalities and the other side's conditions imply: a = b and a = 5 give b = 5.
func (d *distribution) infer(kind logical.JoinKind, left, right colSet) {
	if kind == logical.FullJoin || kind == logical.NullAntiJoin {
		return
	}
	var eqs []equality
	for _, side := range [][]expr.Expr{d.join, d.left, d.right} {
		for _, c := range side {
			if e, ok := columnEquality(c); ok {
				eqs = append(eqs, e)
			}
		}
	}
	toLeft := kind == logical.InnerJoin || kind == logical.RightJoin || kind == logical.SemiJoin
	toRight := kind != logical.RightJoin
	known := append(append([]expr.Expr{}, d.left...), d.right...)
	for range eqs { // each round may carry a constant one equality further
		grown := false
		for _, e := range eqs {
			for _, c := range known {
				n := e.apply(c)
				if n == nil || contains(known, n) {
					continue
				}
				s := colsOf(n)
				switch {
				case s.intersects(right) && toRight:
					d.right = append(d.right, n)
				case s.intersects(left) && toLeft:
					d.left = append(d.left, n)
				default:
					continue
				}
				known, grown = append(known, n), true
			}
		}
		if !grown {
			break
		}
	}
}

// equality is a = b between two columns of one type.
type equality struct {
	a, b *expr.Var
	call *expr.Call
}

// columnEquality recognises a = b between columns of one type whose equality makes them interchangeable in other
// comparisons of that type.
func columnEquality(c expr.Expr) (equality, bool) {
	call, ok := c.(*expr.Call)
	if !ok || call.Op != "=" || len(call.Args) != 2 {
		return equality{}, false
	}
	a, aok := call.Args[0].(*expr.Var)
	b, bok := call.Args[1].(*expr.Var)
	if !aok || !bok || a.T.OID != b.T.OID || a.ID == b.ID {
		return equality{}, false
	}
	return equality{a, b, call}, true
}

// apply is condition c carried over to the other column of e; nil if c is not a comparison of one of e's columns with
// something that has no columns at hand.
func (e equality) apply(c expr.Expr) expr.Expr {
	switch x := c.(type) {
	case *expr.Call:
		if len(x.Args) != 2 || !estimate.IsComparison(x.Op) || x.Fn.Volatility != expr.Immutable {
			return nil
		}
		for i := range x.Args {
			v, ok := x.Args[i].(*expr.Var)
			other := x.Args[1-i]
			if !ok || !isFree(other) {
				continue
			}
			if to := e.other(v); to != nil {
				n := *x
				n.Args = []expr.Expr{other, other}
				n.Args[i] = to
				return &n
			}
		}
	case *expr.ScalarArray:
		if v, ok := x.Left.(*expr.Var); ok && isFree(x.Right) && estimate.IsComparison(x.OpSym) {
			if to := e.other(v); to != nil {
				n := *x
				n.Left = to
				return &n
			}
		}
	}
	return nil
}

func (e equality) other(v *expr.Var) *expr.Var {
	switch v.ID {
	case e.a.ID:
		return e.b
	case e.b.ID:
		return e.a
	}
	return nil
}

// isFree reports an expression without columns, subqueries or volatile functions.
func isFree(e expr.Expr) bool {
	return !expr.HasColumns(e) && !hasSubquery(e) && !volatile(e)
}
