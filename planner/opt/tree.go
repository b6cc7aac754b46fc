package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// withInputs is n with f applied to its inputs; n itself if none changed.
func withInputs(n logical.Node, f func(logical.Node) logical.Node) logical.Node {
	switch n := n.(type) {
	case *logical.Filter:
		if in := f(n.Input); in != n.Input {
			return &logical.Filter{Input: in, Cond: n.Cond}
		}
	case *logical.Project:
		if in := f(n.Input); in != n.Input {
			c := *n
			c.Input = in
			return &c
		}
	case *logical.ProjectSet:
		if in := f(n.Input); in != n.Input {
			c := *n
			c.Input = in
			return &c
		}
	case *logical.Join:
		if l, r := f(n.Left), f(n.Right); l != n.Left || r != n.Right {
			c := *n
			c.Left, c.Right = l, r
			return &c
		}
	case *logical.Aggregate:
		if in := f(n.Input); in != n.Input {
			c := *n
			c.Input = in
			return &c
		}
	case *logical.Window:
		if in := f(n.Input); in != n.Input {
			c := *n
			c.Input = in
			return &c
		}
	case *logical.Sort:
		if in := f(n.Input); in != n.Input {
			return &logical.Sort{Input: in, Keys: n.Keys}
		}
	case *logical.Distinct:
		if in := f(n.Input); in != n.Input {
			return &logical.Distinct{Input: in, On: n.On}
		}
	case *logical.Limit:
		if in := f(n.Input); in != n.Input {
			c := *n
			c.Input = in
			return &c
		}
	case *logical.SetOp:
		if l, r := f(n.Left), f(n.Right); l != n.Left || r != n.Right {
			c := *n
			c.Left, c.Right = l, r
			return &c
		}
	default:
		return withStatementInputs(n, f)
	}
	return n
}

// withStatementInputs is withInputs for the nodes near the top of a statement.
func withStatementInputs(n logical.Node, f func(logical.Node) logical.Node) logical.Node {
	switch n := n.(type) {
	case *logical.LockRows:
		if in := f(n.Input); in != n.Input {
			return &logical.LockRows{Input: in, Targets: n.Targets, RowIDs: n.RowIDs}
		}
	case *logical.Insert:
		if in := f(n.Source); in != n.Source {
			c := *n
			c.Source = in
			return &c
		}
	case *logical.Update:
		if in := f(n.Source); in != n.Source {
			c := *n
			c.Source = in
			return &c
		}
	case *logical.Merge:
		if in := f(n.Source); in != n.Source {
			c := *n
			c.Source = in
			return &c
		}
	case *logical.Delete:
		if in := f(n.Source); in != n.Source {
			c := *n
			c.Source = in
			return &c
		}
	case *logical.With:
		var ctes []*logical.CTE
		for i, c := range n.CTEs {
			q := f(c.Query)
			if q != c.Query && ctes == nil {
				ctes = append(ctes, n.CTEs...)
			}
			if q != c.Query {
				d := *c
				d.Query = q
				ctes[i] = &d
			}
		}
		body := f(n.Body)
		if ctes != nil || body != n.Body {
			if ctes == nil {
				ctes = n.CTEs
			}
			return &logical.With{CTEs: ctes, Body: body}
		}
	}
	return n
}

// rewriteTree applies f to every node, inputs first.
func rewriteTree(n logical.Node, f func(logical.Node) logical.Node) logical.Node {
	return f(withInputs(n, func(c logical.Node) logical.Node { return rewriteTree(c, f) }))
}

// exprCols adds the columns that e reads to s, those that its subqueries read from outside included.
func exprCols(e expr.Expr, s *colSet) {
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Var:
			s.add(e.ID)
		case *expr.Subquery:
			q := e.Query.(logical.Node)
			outer := freeCols(q)
			s.addAll(outer)
			// Test and Left also name the subquery's own columns.
			var own colSet
			if e.Test != nil {
				exprCols(e.Test, &own)
			}
			for _, l := range e.Left {
				exprCols(l, &own)
			}
			s.addAll(own.minus(outputs(q)))
			return false
		}
		return true
	})
}

func colsOf(e expr.Expr) colSet {
	var s colSet
	exprCols(e, &s)
	return s
}

// freeCols are the columns that a tree reads and does not produce: the outer columns of a correlated subquery.
func freeCols(n logical.Node) colSet {
	var used, made colSet
	collectCols(n, &used, &made)
	return used.minus(made)
}

func collectCols(n logical.Node, used, made *colSet) {
	for _, c := range n.Columns() {
		made.add(c.ID)
	}
	switch n := n.(type) {
	case *logical.Insert:
		collectTarget(n.Target, made)
		if oc := n.OnConflict; oc != nil {
			made.addAll(setOf(oc.Excluded))
			made.addAll(setOf(oc.Existing))
		}
	case *logical.Update:
		collectTarget(n.Target, made)
	case *logical.Delete:
		collectTarget(n.Target, made)
	case *logical.Merge:
		collectTarget(n.Target, made)
	}
	logical.VisitOwn(n, func(e expr.Expr) { exprCols(e, used) })
	for _, in := range n.Inputs() {
		collectCols(in, used, made)
	}
}

func collectTarget(t logical.Target, made *colSet) {
	made.addAll(setOf(t.Cols))
	if t.TableOID != 0 {
		made.add(t.TableOID)
	}
}

// hasSubquery reports whether e contains a subquery.
func hasSubquery(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		if _, ok := e.(*expr.Subquery); ok {
			found = true
		}
		return !found
	})
	return found
}

// volatile reports whether e calls a volatile function, its subqueries included.
func volatile(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Call:
			found = found || e.Fn.Volatility == expr.Volatile
		case *expr.ScalarArray:
			found = found || e.Op.Volatility == expr.Volatile
		case *expr.SessionValue:
			found = found || e.Fn != nil && e.Fn.Volatility == expr.Volatile
		case *expr.Subquery:
			found = found || volatileTree(e.Query.(logical.Node))
		}
		return !found
	})
	return found
}

func volatileTree(n logical.Node) bool {
	found := false
	switch n.(type) {
	case *logical.Insert, *logical.Update, *logical.Delete, *logical.Merge, *logical.LockRows:
		return true
	}
	logical.VisitOwn(n, func(e expr.Expr) { found = found || volatile(e) })
	for _, in := range n.Inputs() {
		found = found || volatileTree(in)
	}
	return found
}

// substitute replaces Vars by the expressions that subst has for them, also in the outer references of subqueries.
func substitute(e expr.Expr, subst map[expr.ColID]expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		switch e := e.(type) {
		case *expr.Var:
			if r, ok := subst[e.ID]; ok {
				return r
			}
		case *expr.Subquery:
			q := e.Query.(logical.Node)
			if r := substituteTree(q, subst); r != q {
				c := *e
				c.Query = r
				return &c
			}
		}
		return e
	})
}

func substituteTree(n logical.Node, subst map[expr.ColID]expr.Expr) logical.Node {
	return rewriteTree(n, func(n logical.Node) logical.Node {
		return logical.RewriteOwn(n, func(e expr.Expr) expr.Expr { return substitute(e, subst) })
	})
}

// varOf is a reference to a column.
func varOf(c logical.Column) *expr.Var {
	return &expr.Var{ID: c.ID, T: c.T, Name: c.Name}
}

// passThrough is a projection to exactly cols.
func passThrough(n logical.Node, cols []logical.Column) logical.Node {
	es := make([]expr.Expr, len(cols))
	for i, c := range cols {
		es[i] = varOf(c)
	}
	return &logical.Project{Input: n, Exprs: es, Cols: cols}
}

// isPassThrough reports a projection that only drops or reorders columns.
func isPassThrough(p *logical.Project) bool {
	for i, e := range p.Exprs {
		if v, ok := e.(*expr.Var); !ok || v.ID != p.Cols[i].ID {
			return false
		}
	}
	return true
}

// sameColumns reports whether n's output columns are cols in that order.
func sameColumns(n logical.Node, cols []logical.Column) bool {
	own := n.Columns()
	if len(own) != len(cols) {
		return false
	}
	for i := range own {
		if own[i].ID != cols[i].ID {
			return false
		}
	}
	return true
}

// isConstBool reports a constant TRUE or FALSE (NULL counts as FALSE in a filter if asFilter).
func isConstBool(e expr.Expr) (value, null, ok bool) {
	c, ok := e.(*expr.Const)
	if !ok || c.T.OID != types.BoolOID {
		return false, false, false
	}
	return c.D.Bool() && !c.D.IsNull(), c.D.IsNull(), true
}

func boolConst(b bool) *expr.Const {
	return &expr.Const{T: types.Of(types.BoolOID), D: types.NewBool(b)}
}
func nullConst(t types.T) *expr.Const {
	return &expr.Const{T: t, D: types.Null}
}
