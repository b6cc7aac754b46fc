package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// minMax answers min(x) and max(x) over a whole table by the first entry of an index on x: each aggregate becomes a
// subquery SELECT x … WHERE x IS NOT NULL ORDER BY x LIMIT 1. Only where every aggregate of the query can be.
func (o *optimizer) minMax(n logical.Node) logical.Node {
	return rewriteTree(n, func(n logical.Node) logical.Node {
		a, ok := n.(*logical.Aggregate)
		if !ok || len(a.Groups) > 0 || a.Sets != nil || len(a.Aggs) == 0 || len(a.Aggs) > 4 {
			return n
		}
		s, conds := scanUnder(a.Input)
		if s == nil || s.RowID != 0 || s.Table.Virtual != nil || s.Inherit {
			return n
		}
		exprs := make([]expr.Expr, len(a.Aggs))
		cols := make([]logical.Column, len(a.Aggs))
		for i, item := range a.Aggs {
			v, desc, ok := minMaxColumn(item.Call)
			if !ok || !leadsIndex(s, v, conds) {
				return n
			}
			exprs[i], cols[i] = o.minMaxQuery(s, conds, v, desc), item.Col
		}
		one := &logical.Values{Rows: [][]expr.Expr{{}}}
		return &logical.Project{Input: one, Exprs: exprs, Cols: cols}
	})
}

// scanUnder is the scan below filters and plain projections, with the conditions met on the way.
func scanUnder(n logical.Node) (*logical.Scan, []expr.Expr) {
	switch n := n.(type) {
	case *logical.Scan:
		return n, nil
	case *logical.Filter:
		s, conds := scanUnder(n.Input)
		if s == nil || volatile(n.Cond) || hasSubquery(n.Cond) {
			return nil, nil
		}
		return s, expr.Conjuncts(n.Cond, conds)
	case *logical.Project:
		if isPassThrough(n) {
			return scanUnder(n.Input)
		}
	}
	return nil, nil
}

func minMaxColumn(c *expr.AggCall) (v *expr.Var, desc, ok bool) {
	if c.Fn.SortOp == "" || len(c.Args) != 1 || c.Filter != nil {
		return nil, false, false
	}
	arg := c.Args[0]
	if r, isRelabel := arg.(*expr.Relabel); isRelabel {
		arg = r.Arg
	}
	v, ok = arg.(*expr.Var)
	return v, c.Fn.SortOp == ">", ok && v.T.OID == c.Args[0].Type().OID
}

// leadsIndex reports whether an index yields rows in the order of column v: its columns before v are fixed by equalities. All
// conditions must be on those columns and v, or the first row that satisfies them may be far from the end of the index.
func leadsIndex(s *logical.Scan, v *expr.Var, conds []expr.Expr) bool {
	fixed := fixedColumns(conds)
	ord := scanOrdinal(s, v.ID)
	if ord < 0 {
		return false
	}
	for _, x := range s.Table.AllIndexes() {
		if x.Building || x.Inverted() || x.Predicate != "" {
			continue
		}
		var seen colSet
		for _, c := range x.Columns {
			if c.Column == s.Table.Columns[ord].ID {
				seen.add(v.ID)
				if condsWithin(conds, seen) {
					return true
				}
				break
			}
			id := scanColumn(s, c.Column)
			if c.Column == 0 || id == 0 || !fixed.has(id) {
				break
			}
			seen.add(id)
		}
	}
	return false
}

func condsWithin(conds []expr.Expr, cols colSet) bool {
	for _, c := range conds {
		if !colsOf(c).subsetOf(cols) {
			return false
		}
	}
	return true
}

// fixedColumns are the columns that conditions set equal to one value.
func fixedColumns(conds []expr.Expr) colSet {
	var s colSet
	for _, c := range conds {
		call, ok := c.(*expr.Call)
		if !ok || call.Op != "=" || len(call.Args) != 2 || call.Fn.Volatility == expr.Volatile {
			continue
		}
		for i, a := range call.Args {
			if v, ok := estimate.BareVar(a); ok && isFree(call.Args[1-i]) {
				s.add(v.ID)
			}
		}
	}
	return s
}

func (o *optimizer) minMaxQuery(s *logical.Scan, conds []expr.Expr, v *expr.Var, desc bool) expr.Expr {
	scan := *s
	scan.Cols = make([]logical.Column, len(s.Cols))
	subst := map[expr.ColID]expr.Expr{}
	for i, c := range s.Cols {
		scan.Cols[i] = o.newCol(c)
		subst[c.ID] = varOf(scan.Cols[i])
	}
	x := subst[v.ID].(*expr.Var)
	var where []expr.Expr
	for _, c := range conds {
		where = append(where, substitute(c, subst))
	}
	col := scan.Cols[0]
	for _, c := range scan.Cols {
		if c.ID == x.ID {
			col = c
		}
	}
	if !col.NotNull {
		where = append(where, &expr.IsNull{Arg: x, Not: true})
	}
	var q logical.Node = filter(&scan, where)
	q = passThrough(q, []logical.Column{col})
	q = &logical.Sort{Input: q, Keys: []expr.SortKey{{Expr: x, Desc: desc, NullsFirst: desc}}}
	q = &logical.Limit{Input: q, Limit: &expr.Const{T: types.Of(types.Int8OID), D: types.NewInt(1)}}
	return &expr.Subquery{Kind: expr.SubqueryScalar, Query: q, T: v.T}
}
