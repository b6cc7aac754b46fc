package expr

import "slices"

// Walk calls f for e and, as long as f returns true, for the expressions in it, parents first. It does not enter the
// query of a Subquery (but its Test and Left), nor a SubPlan's plan.
func Walk(e Expr, f func(Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	switch e := e.(type) { // the frequent forms, without the copies that mapChildren makes
	case *Const, *Param, *Var, *Col, *ExecParam, *CaseArg:
	case *Call:
		walkList(e.Args, f)
	case *Relabel:
		Walk(e.Arg, f)
	case *CoerceIO:
		Walk(e.Arg, f)
	case *And:
		walkList(e.Args, f)
	case *Or:
		walkList(e.Args, f)
	case *Not:
		Walk(e.Arg, f)
	case *IsNull:
		Walk(e.Arg, f)
	case *ScalarArray:
		Walk(e.Left, f)
		Walk(e.Right, f)
	default:
		mapChildren(e, func(c Expr) Expr {
			Walk(c, f)
			return c
		})
	}
}

func walkList(es []Expr, f func(Expr) bool) {
	for _, e := range es {
		Walk(e, f)
	}
}

// Rewrite replaces every expression of the tree by what f makes of it, children first, and copies only what changes: the
// result shares all unchanged parts with e.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	return f(mapChildren(e, func(c Expr) Expr { return Rewrite(c, f) }))
}

// RewriteDown is Rewrite with parents first: where f returns ok, its result stands as it is and is not entered.
func RewriteDown(e Expr, f func(Expr) (Expr, bool)) Expr {
	if e == nil {
		return nil
	}
	if r, ok := f(e); ok {
		return r
	}
	return mapChildren(e, func(c Expr) Expr { return RewriteDown(c, f) })
}

// mapper applies f to children and remembers whether any changed.
type mapper struct {
	f       func(Expr) Expr
	changed bool
}

func (m *mapper) one(e Expr) Expr {
	if e == nil {
		return nil
	}
	r := m.f(e)
	if r != e {
		m.changed = true
	}
	return r
}

func (m *mapper) list(es []Expr) []Expr {
	out := es
	for i, e := range es {
		r := m.one(e)
		if r != e && &out[0] == &es[0] {
			out = slices.Clone(es)
		}
		if r != e {
			out[i] = r
		}
	}
	return out
}

func (m *mapper) keys(ks []SortKey) []SortKey {
	out := ks
	for i, k := range ks {
		r := m.one(k.Expr)
		if r != k.Expr {
			if &out[0] == &ks[0] {
				out = slices.Clone(ks)
			}
			out[i].Expr = r
		}
	}
	return out
}

func (m *mapper) whens(ws []When) []When {
	out := ws
	for i, w := range ws {
		c, t := m.one(w.Cond), m.one(w.Then)
		if c != w.Cond || t != w.Then {
			if &out[0] == &ws[0] {
				out = slices.Clone(ws)
			}
			out[i] = When{Cond: c, Then: t}
		}
	}
	return out
}

// mapChildren is e with f applied to its direct children, or e itself if none changed. The frequent forms are copied only if one did.
func mapChildren(e Expr, f func(Expr) Expr) Expr {
	m := &mapper{f: f}
	switch e := e.(type) {
	case *Const, *Param, *Var, *Col, *ExecParam, *CaseArg:
		return e
	case *Call:
		if args := m.list(e.Args); m.changed {
			n := *e
			n.Args = args
			return &n
		}
		return e
	case *Relabel:
		if arg := m.one(e.Arg); m.changed {
			n := *e
			n.Arg = arg
			return &n
		}
		return e
	case *CoerceIO:
		if arg := m.one(e.Arg); m.changed {
			n := *e
			n.Arg = arg
			return &n
		}
		return e
	case *And:
		if args := m.list(e.Args); m.changed {
			return &And{Args: args}
		}
		return e
	case *Or:
		if args := m.list(e.Args); m.changed {
			return &Or{Args: args}
		}
		return e
	case *Not:
		if arg := m.one(e.Arg); m.changed {
			return &Not{Arg: arg}
		}
		return e
	case *IsNull:
		if arg := m.one(e.Arg); m.changed {
			n := *e
			n.Arg = arg
			return &n
		}
		return e
	case *ScalarArray:
		if l, r := m.one(e.Left), m.one(e.Right); m.changed {
			n := *e
			n.Left, n.Right = l, r
			return &n
		}
		return e
	}
	if r := m.constructor(e); m.changed {
		return r
	}
	return e
}

// constructor is the second part of mapChildren: rarer operators, conditionals and constructors.
func (m *mapper) constructor(e Expr) Expr {
	switch e := e.(type) {
	case *CoerceArray:
		n := *e
		n.Arg, n.Elem = m.one(e.Arg), m.one(e.Elem)
		return &n
	case *Collate:
		n := *e
		n.Arg = m.one(e.Arg)
		return &n
	case *BoolTest:
		n := *e
		n.Arg = m.one(e.Arg)
		return &n
	case *Distinct:
		n := *e
		n.L, n.R = m.one(e.L), m.one(e.R)
		return &n
	case *RowCompare:
		n := *e
		n.Ls, n.Rs = m.list(e.Ls), m.list(e.Rs)
		return &n
	case *Case:
		n := *e
		n.Arg, n.Whens, n.Else = m.one(e.Arg), m.whens(e.Whens), m.one(e.Else)
		return &n
	case *Coalesce:
		n := *e
		n.Args = m.list(e.Args)
		return &n
	case *NullIf:
		n := *e
		n.L, n.CmpL, n.CmpR = m.one(e.L), m.one(e.CmpL), m.one(e.CmpR)
		return &n
	case *MinMax:
		n := *e
		n.Args = m.list(e.Args)
		return &n
	case *Array:
		n := *e
		n.Elems = m.list(e.Elems)
		return &n
	case *Row:
		n := *e
		n.Elems = m.list(e.Elems)
		return &n
	case *Field:
		n := *e
		n.Arg = m.one(e.Arg)
		return &n
	case *Subscript:
		n := *e
		n.Arg, n.Upper, n.Lower = m.one(e.Arg), m.list(e.Upper), m.list(e.Lower)
		return &n
	}
	return m.query(e)
}

// query is the last part of mapChildren: subqueries and aggregates.
func (m *mapper) query(e Expr) Expr {
	switch e := e.(type) {
	case *SessionValue:
		n := *e
		n.Args = m.list(e.Args)
		return &n
	case *Subquery:
		n := *e
		n.Test, n.Left = m.one(e.Test), m.list(e.Left)
		return &n
	case *SubPlan:
		n := *e
		n.Args, n.Test, n.HashLeft = m.list(e.Args), m.one(e.Test), m.list(e.HashLeft)
		return &n
	case *AggCall:
		n := *e
		n.Args, n.OrderBy, n.Filter = m.list(e.Args), m.keys(e.OrderBy), m.one(e.Filter)
		return &n
	case *WindowCall:
		n := *e
		n.Args, n.Filter = m.list(e.Args), m.one(e.Filter)
		if e.Agg != nil {
			if a, ok := m.one(e.Agg).(*AggCall); ok {
				n.Agg = a
			}
		}
		return &n
	}
	return e
}

// Columns adds the ColIDs of e's Vars to set, outer ones of subqueries' Tests included, and returns it; a nil set is made.
func Columns(e Expr, set map[ColID]struct{}) map[ColID]struct{} {
	if set == nil {
		set = make(map[ColID]struct{})
	}
	Walk(e, func(e Expr) bool {
		if v, ok := e.(*Var); ok {
			set[v.ID] = struct{}{}
		}
		return true
	})
	return set
}

// VolatilityOf is the worst volatility of the functions in e. Parameters count as Stable: their value is the same for the
// whole execution, but not known to the planner. Subqueries count as Volatile for the folder's sake: they are never constants.
func VolatilityOf(e Expr) Volatility {
	worst := Immutable
	Walk(e, func(e Expr) bool {
		worst = max(worst, ownVolatility(e))
		return worst < Volatile
	})
	return worst
}

func ownVolatility(e Expr) Volatility {
	switch e := e.(type) {
	case *Call:
		return e.Fn.Volatility
	case *ScalarArray:
		return e.Op.Volatility
	case *SessionValue, *Param, *ExecParam:
		return Stable
	case *CoerceIO:
		return coerceVolatility(e)
	case *Subquery, *SubPlan, *AggCall, *WindowCall:
		return Volatile
	}
	return Immutable
}

// IsConst reports whether e can be computed once and for all at planning: no columns, parameters, subqueries and only
// immutable functions. A CaseArg inside its Case is no obstacle.
func IsConst(e Expr) bool {
	free := true
	Walk(e, func(e Expr) bool {
		switch e.(type) {
		case *Var, *Col, *Param, *ExecParam:
			free = false
		}
		return free && ownVolatility(e) == Immutable
	})
	return free && VolatilityOf(e) == Immutable
}

// HasColumns reports whether e reads a column of its input.
func HasColumns(e Expr) bool {
	found := false
	Walk(e, func(e Expr) bool {
		switch e.(type) {
		case *Var, *Col:
			found = true
		}
		return !found
	})
	return found
}

// Conjuncts appends the terms of e's top-level ANDs to dst.
func Conjuncts(e Expr, dst []Expr) []Expr {
	if e == nil {
		return dst
	}
	if a, ok := e.(*And); ok {
		for _, x := range a.Args {
			dst = Conjuncts(x, dst)
		}
		return dst
	}
	return append(dst, e)
}

// Conjunction is the AND of es: nil for none.
func Conjunction(es []Expr) Expr {
	switch len(es) {
	case 0:
		return nil
	case 1:
		return es[0]
	}
	return &And{Args: es}
}
