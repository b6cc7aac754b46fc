package tree

import (
	"slices"
	"sync"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// leaves implements plan.Leaves: the nodes of one statement for the tables below its target, each made once.
type leaves struct {
	x    *Tables
	top  *catalog.Table
	node plan.Node // template: *plan.Insert, *plan.Update or *plan.Delete

	mu   sync.Mutex
	made map[types.OID]plan.Node
}

// Leaves are the parts for single tables of a statement on top.
func (x *Tables) Leaves(top *catalog.Table, template plan.Node) plan.Leaves {
	return &leaves{x: x, top: top, node: template, made: map[types.OID]plan.Node{}}
}

func made[N plan.Node](l *leaves, t *catalog.Table, compute func() (N, error)) (N, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, ok := l.made[t.OID]; ok {
		return n.(N), nil
	}
	n, err := compute()
	if err == nil {
		l.made[t.OID] = n
	}
	return n, err
}

// columns gives for each column of the top table its position in t, and how wide both are.
type columns struct {
	to        []int
	top, leaf int
	oid       types.OID
}

func (l *leaves) columns(t *catalog.Table) (columns, error) {
	c := columns{top: len(l.top.Columns), leaf: len(t.Columns), oid: t.OID}
	for _, col := range l.top.Columns {
		_, i, ok := t.Column(col.Name)
		if !ok {
			return c, pgerr.New(pgerr.InternalError, "table %q has no column %q", t.Name, col.Name)
		}
		c.to = append(c.to, i)
	}
	return c, nil
}

// moved renumbers the columns of an expression.
func moved(e expr.Expr, to func(*expr.Col) expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if c, ok := e.(*expr.Col); ok && c.Idx >= 0 {
			return to(c)
		}
		return e
	})
}

func movedList(es []expr.Expr, to func(*expr.Col) expr.Expr) []expr.Expr {
	if es == nil {
		return nil
	}
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = moved(e, to)
	}
	return out
}

func at(c *expr.Col, i int) expr.Expr {
	n := *c
	n.Idx = i
	return &n
}

// row is over the columns of the table, then others, which stay behind them. The column right after the table's is its OID in an INSERT.
func (c columns) row(inserted bool) func(*expr.Col) expr.Expr {
	return func(x *expr.Col) expr.Expr {
		switch {
		case x.Idx < c.top:
			return at(x, c.to[x.Idx])
		case inserted && x.Idx == c.top:
			return &expr.Const{T: types.Of(types.OIDOID), D: types.NewInt(int64(c.oid))}
		}
		return at(x, x.Idx-c.top+c.leaf)
	}
}

// input is over row id, the columns of the table, and others.
func (c columns) input(x *expr.Col) expr.Expr {
	switch {
	case x.Idx == 0:
		return x
	case x.Idx <= c.top:
		return at(x, 1+c.to[x.Idx-1])
	}
	return at(x, x.Idx-c.top+c.leaf)
}

// pair is over the existing row and the excluded one.
func (c columns) pair(x *expr.Col) expr.Expr {
	if x.Idx < c.top {
		return at(x, c.to[x.Idx])
	}
	return at(x, c.leaf+c.to[x.Idx-c.top])
}

func (c columns) ordinals(cols []int) []int {
	out := make([]int, len(cols))
	for i, o := range cols {
		out[i] = c.to[o]
	}
	return out
}

// checks are the checks of t, and those of views on the top table.
func (l *leaves) checks(t *catalog.Table, top []plan.Check, c columns) ([]plan.Check, error) {
	out, err := l.x.Checks(t)
	for _, k := range top {
		if k.View {
			out = append(out, plan.Check{Name: k.Name, Cond: moved(k.Cond, c.row(false)), View: true})
		}
	}
	return out, err
}

// Insert implements plan.Leaves.
func (l *leaves) Insert(t *catalog.Table) (*plan.Insert, error) {
	return made(l, t, func() (*plan.Insert, error) {
		n := *l.node.(*plan.Insert)
		c, err := l.columns(t)
		if err != nil {
			return nil, err
		}
		n.Table, n.Input, n.Route, n.Leaves, n.Bounds = t, nil, nil, nil, nil
		if n.Checks, err = l.checks(t, n.Checks, c); err != nil {
			return nil, err
		}
		if n.IndexExprs, err = l.x.IndexExprs(t); err != nil {
			return nil, err
		}
		if n.Effects, err = bind.RowEffects(t, l.x.Options); err != nil {
			return nil, err
		}
		n.Returning = movedList(n.Returning, c.row(true))
		if n.OnConflict == nil {
			return &n, nil
		}
		oc := *n.OnConflict
		if oc.Arbiter != nil {
			if oc.Arbiter, err = l.arbiter(t, oc.Arbiter); err != nil {
				return nil, err
			}
		}
		oc.SetCols = c.ordinals(oc.SetCols)
		oc.Sets, oc.Where = movedList(oc.Sets, c.pair), moved(oc.Where, c.pair)
		n.OnConflict = &oc
		return &n, nil
	})
}

// arbiter is the part of an index of the top table in t.
func (l *leaves) arbiter(t *catalog.Table, top *catalog.Index) (*catalog.Index, error) {
	for _, ix := range t.AllIndexes() {
		for p := ix; ; {
			if p.OID == top.OID {
				return ix, nil
			}
			_, up, ok := l.x.Catalog().Index(p.Parent)
			if !ok {
				break
			}
			p = up
		}
	}
	// The index of a partitioned table is not valid while a partition has no part of it.
	return nil, pgerr.New(pgerr.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
}

// Update implements plan.Leaves.
func (l *leaves) Update(t *catalog.Table) (*plan.Update, error) {
	return made(l, t, func() (*plan.Update, error) {
		n := *l.node.(*plan.Update)
		c, err := l.columns(t)
		if err != nil {
			return nil, err
		}
		n.Table, n.Input, n.Key, n.Tree = t, nil, nil, nil
		if n.Checks, err = l.checks(t, n.Checks, c); err != nil {
			return nil, err
		}
		if n.IndexExprs, err = l.x.IndexExprs(t); err != nil {
			return nil, err
		}
		if n.Effects, err = bind.RowEffects(t, l.x.Options); err != nil {
			return nil, err
		}
		n.SetCols, n.Sets = c.ordinals(n.SetCols), movedList(n.Sets, c.input)
		n.Recheck, n.Returning = moved(n.Recheck, c.input), movedList(n.Returning, c.row(false))
		n.Bounds = nil
		if t.Bound != nil {
			bounds, err := l.x.Bounds(t)
			if err != nil {
				return nil, err
			}
			if n.Bounds = bounds; n.Effects == nil { // a trigger may set any column
				n.Bounds = touchedBounds(bounds, n.SetCols)
			}
		}
		return &n, nil
	})
}

// touchedBounds are the bounds that an UPDATE of those columns can break.
func touchedBounds(bounds []plan.Bound, cols []int) []plan.Bound {
	touched := false
	for _, b := range bounds {
		for _, k := range b.Keys {
			expr.Walk(k, func(e expr.Expr) bool {
				if c, ok := e.(*expr.Col); ok && slices.Contains(cols, c.Idx) {
					touched = true
				}
				return true
			})
		}
	}
	if !touched {
		return nil
	}
	return bounds
}

// UpdateBounds are the bounds of t that an UPDATE of the columns with those ordinals can break.
func (x *Tables) UpdateBounds(t *catalog.Table, cols []int) ([]plan.Bound, error) {
	bounds, err := x.Bounds(t)
	return touchedBounds(bounds, cols), err
}

// Delete implements plan.Leaves.
func (l *leaves) Delete(t *catalog.Table) (*plan.Delete, error) {
	return made(l, t, func() (*plan.Delete, error) {
		n := *l.node.(*plan.Delete)
		c, err := l.columns(t)
		if err != nil {
			return nil, err
		}
		n.Table, n.Input, n.Key, n.Tree = t, nil, nil, nil
		n.Recheck, n.Returning = moved(n.Recheck, c.input), movedList(n.Returning, c.row(false))
		if n.IndexExprs, err = l.x.IndexExprs(t); err != nil {
			return nil, err
		}
		n.Effects, err = bind.RowEffects(t, l.x.Options)
		return &n, err
	})
}
