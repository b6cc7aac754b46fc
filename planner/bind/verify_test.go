package bind

import (
	"fmt"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// verifier checks the invariants of a logical plan: every Var stands for a column that is there, with its type; the columns of a
// node have distinct IDs; only lateral joins and subqueries look outside; nothing is left untyped.
type verifier struct {
	problems []string
	outer    []map[expr.ColID]types.T // columns of enclosing levels
}

func (v *verifier) complain(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

func columnSet(lists ...[]logical.Column) map[expr.ColID]types.T {
	out := map[expr.ColID]types.T{}
	for _, l := range lists {
		for _, c := range l {
			out[c.ID] = c.T
		}
	}
	return out
}

func (v *verifier) within(cols map[expr.ColID]types.T, f func()) {
	v.outer = append(v.outer, cols)
	f()
	v.outer = v.outer[:len(v.outer)-1]
}

// expr checks one expression over the given columns.
func (v *verifier) expr(what string, e expr.Expr, cols map[expr.ColID]types.T) {
	v.within(cols, func() {
		expr.Walk(e, func(x expr.Expr) bool {
			switch x := x.(type) {
			case *expr.Var:
				v.variable(what, x)
			case *expr.Param:
				if x.T.OID == types.UnknownOID || x.T.OID == 0 {
					v.complain("%s: untyped parameter", what)
				}
			case *expr.Subquery:
				q := x.Query.(logical.Node)
				v.node(q)
				for _, l := range x.Left {
					v.expr(what, l, nil)
				}
				if x.Test != nil {
					v.expr(what+" test", x.Test, columnSet(q.Columns()))
				}
				return false
			case *expr.AggCall, *expr.WindowCall:
				if _, ok := e.(*expr.WindowCall); x != e && !ok {
					v.complain("%s: a call that should be a column", what)
				}
			case nil:
				v.complain("%s: nil expression", what)
			}
			return true
		})
	})
}

func (v *verifier) variable(what string, x *expr.Var) {
	for i := len(v.outer) - 1; i >= 0; i-- {
		if t, ok := v.outer[i][x.ID]; ok {
			if t.OID != x.T.OID {
				v.complain("%s: column %d %s has type %s, its Var %s", what, x.ID, x.Name, t, x.T)
			}
			return
		}
	}
	v.complain("%s: no column %d (%s)", what, x.ID, x.Name)
}

func (v *verifier) node(n logical.Node) {
	seen := map[expr.ColID]bool{}
	for _, c := range n.Columns() {
		if seen[c.ID] || c.ID == 0 {
			v.complain("%T: column ID %d (%s) twice or missing", n, c.ID, c.Name)
		}
		seen[c.ID] = true
	}
	if j, ok := n.(*logical.Join); ok {
		v.join(j)
		return
	}
	for _, in := range n.Inputs() {
		v.node(in)
	}
	var in map[expr.ColID]types.T
	if len(n.Inputs()) == 1 {
		in = columnSet(n.Inputs()[0].Columns())
	}
	switch n := n.(type) {
	case *logical.Project:
		v.project(n.Exprs, n.Cols, in)
	case *logical.ProjectSet:
		v.project(n.Exprs, n.Cols, in)
	case *logical.Values:
		for _, row := range n.Rows {
			v.project(row, n.Cols, nil)
		}
	case *logical.SetOp:
		for i, c := range n.Cols {
			if l, r := n.Left.Columns()[i].T.OID, n.Right.Columns()[i].T.OID; l != c.T.OID || r != c.T.OID {
				v.complain("set operation: column %s is %s of %d and %d", c.Name, c.T, l, r)
			}
		}
	case *logical.Insert:
		v.modify(n.Target, n.Source, nil, n.Checks, n.Returning)
		if len(n.Source.Columns()) != len(n.Target.Table.Columns) {
			v.complain("insert: %d columns for a table of %d", len(n.Source.Columns()), len(n.Target.Table.Columns))
		}
		if c := n.OnConflict; c != nil {
			for _, e := range append(c.Set, c.Where) {
				if e != nil {
					v.expr("on conflict", e, columnSet(c.Existing, c.Excluded))
				}
			}
		}
	case *logical.Update:
		v.modify(n.Target, n.Source, n.Source.Columns(), n.Checks, n.Returning)
		for i, c := range n.Target.Table.Columns {
			if n.Source.Columns()[1+i].ID != n.Old[i] {
				v.complain("update: old column %s is out of place", c.Name)
			}
		}
	case *logical.Delete:
		v.modify(n.Target, n.Source, n.Source.Columns(), nil, n.Returning)
	default:
		logical.VisitOwn(n, func(e expr.Expr) { v.expr(fmt.Sprintf("%T", n), e, in) })
	}
}

func (v *verifier) project(es []expr.Expr, cols []logical.Column, in map[expr.ColID]types.T) {
	if len(es) != len(cols) {
		v.complain("projection: %d expressions for %d columns", len(es), len(cols))
		return
	}
	for i, e := range es {
		v.expr("projection", e, in)
		if e.Type().OID != cols[i].T.OID {
			v.complain("projection: %s is %s, its column %s", cols[i].Name, e.Type(), cols[i].T)
		}
		if x, ok := e.(*expr.Var); ok && x.ID == cols[i].ID && in[x.ID].OID == 0 {
			v.complain("projection: outer column %s keeps its ID", cols[i].Name)
		} else if !ok && in[cols[i].ID].OID != 0 {
			v.complain("projection: %s reuses the ID of an input column", cols[i].Name)
		} else if ok && x.ID != cols[i].ID && in[cols[i].ID].OID != 0 {
			v.complain("projection: %s has the ID of another column", cols[i].Name)
		}
	}
}

func (v *verifier) join(j *logical.Join) {
	v.node(j.Left)
	if j.Lateral {
		v.within(columnSet(j.Left.Columns()), func() { v.node(j.Right) })
	} else {
		v.node(j.Right)
	}
	if j.On != nil {
		v.expr("join", j.On, columnSet(j.Left.Columns(), j.Right.Columns()))
	}
}

func (v *verifier) modify(t logical.Target, source logical.Node, more []logical.Column, checks []logical.Check, returning []expr.Expr) {
	cols := columnSet(t.Cols, more)
	for _, c := range checks {
		v.expr("check", c.Cond, cols)
	}
	for _, e := range returning {
		v.expr("returning", e, cols)
	}
}
