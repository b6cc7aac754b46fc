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
		s = o.foldIndexExprs(s)
		exprs := make([]expr.Expr, len(a.Aggs))
		cols := make([]logical.Column, len(a.Aggs))
		for i, item := range a.Aggs {
			v, desc, ok := minMaxOf(item.Call)
			if !ok || !leadsIndex(&baseRel{scan: s}, v, conds) {
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

// minMaxOf is the column or the expression that a call of min or max (desc) is about.
func minMaxOf(c *expr.AggCall) (e expr.Expr, desc, ok bool) {
	if c.Fn.SortOp == "" || len(c.Args) != 1 || c.Filter != nil || volatile(c.Args[0]) {
		return nil, false, false
	}
	e = c.Args[0]
	if r, isRelabel := e.(*expr.Relabel); isRelabel && r.Arg.Type().OID == e.Type().OID {
		e = r.Arg
	}
	return e, c.Fn.SortOp == ">", true
}

// leadsIndex reports whether an index yields rows in the order of v: its columns before v are fixed by equalities. All
// conditions must be on those columns and v, or the first row that satisfies them may be far from the end of the index.
func leadsIndex(b *baseRel, v expr.Expr, conds []expr.Expr) bool {
	fixed := fixedColumns(conds)
	for _, x := range b.scan.Table.AllIndexes() {
		if x.Building || x.Method != "" || x.Predicate != "" {
			continue
		}
		var seen colSet
		for i := range x.Columns {
			key := b.keyExpr(x, i)
			if key != nil && expr.Equal(key, v) {
				seen.addAll(colsOf(v))
				if condsWithin(conds, seen) {
					return true
				}
				break
			}
			k, ok := key.(*expr.Var)
			if !ok || !fixed.has(k.ID) {
				break
			}
			seen.add(k.ID)
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

func (o *optimizer) minMaxQuery(s *logical.Scan, conds []expr.Expr, v expr.Expr, desc bool) expr.Expr {
	scan := *s
	scan.Cols = make([]logical.Column, len(s.Cols))
	subst := map[expr.ColID]expr.Expr{}
	for i, c := range s.Cols {
		scan.Cols[i] = o.newCol(c)
		subst[c.ID] = varOf(scan.Cols[i])
	}
	scan.IndexExprs = make([]expr.Expr, len(s.IndexExprs))
	for i, e := range s.IndexExprs {
		scan.IndexExprs[i] = substitute(e, subst)
	}
	x := substitute(v, subst)
	var where []expr.Expr
	for _, c := range conds {
		where = append(where, substitute(c, subst))
	}
	col := logical.Column{T: v.Type()}
	if xv, ok := x.(*expr.Var); ok {
		col = columnOf(scan.Cols, xv.ID)
	} else {
		col = o.newCol(col)
	}
	if !col.NotNull {
		where = append(where, &expr.IsNull{Arg: x, Not: true})
	}
	var q logical.Node = &logical.Project{Input: filter(&scan, where), Cols: []logical.Column{col}, Exprs: []expr.Expr{x}}
	q = &logical.Sort{Input: q, Keys: []expr.SortKey{{Expr: varOf(col), Desc: desc, NullsFirst: desc}}}
	q = &logical.Limit{Input: q, Limit: &expr.Const{T: types.Of(types.Int8OID), D: types.NewInt(1)}}
	return &expr.Subquery{Kind: expr.SubqueryScalar, Query: q, T: v.Type()}
}
