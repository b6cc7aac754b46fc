// Package pruning reads off conditions what they say about the key of a partitioned table.
package pruning

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/planner/opt/predicate"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// reader reads the conditions of one partitioned table.
type reader struct {
	scheme *partition.Scheme
	keys   []expr.Expr
	free   func(expr.Expr) bool
}

// Step is what conditions say about the partition key of a scheme, nil if nothing. keys are the elements of the key as the conditions name
// them, nil for one that they cannot name; free reports a value that does not depend on the rows.
func Step(s *partition.Scheme, keys, conds []expr.Expr, free func(expr.Expr) bool) *partition.Step {
	return (&reader{s, keys, free}).step(conds)
}

func (r *reader) step(conds []expr.Expr) *partition.Step {
	out := &partition.Step{}
	for _, c := range conds {
		r.addClause(out, c)
	}
	if len(out.Clauses) == 0 && len(out.Any) == 0 {
		return nil
	}
	return out
}

var clauseOps = map[string]partition.Op{"=": partition.Eq, "<": partition.Lt, "<=": partition.Le, ">": partition.Gt, ">=": partition.Ge, "<>": partition.Ne}

// addClause adds what one condition says.
func (r *reader) addClause(out *partition.Step, c expr.Expr) {
	s := r.scheme
	add := func(col int, op partition.Op, value expr.Expr) {
		out.Clauses = append(out.Clauses, partition.Clause{Col: col, Op: op, Value: value})
	}
	switch x := c.(type) {
	case *expr.Call:
		if len(x.Args) != 2 || x.Fn.Volatility == expr.Volatile {
			return
		}
		op, ok := clauseOps[x.Op]
		if !ok {
			break
		}
		for i, a := range x.Args {
			col := r.keyColumn(a)
			if col < 0 || !r.free(x.Args[1-i]) || !keyComparable(s, col, a, x.Args[1-i]) {
				continue
			}
			if i == 1 {
				op = clauseOps[flipped(x.Op)]
			}
			if op == partition.Ne && s.Table.Key.Strategy != catalog.PartitionList {
				return
			}
			add(col, op, x.Args[1-i])
			return
		}
	case *expr.ScalarArray:
		col := r.keyColumn(x.Left)
		elem := types.ElemOf(x.Right.Type().OID)
		if col >= 0 && !x.All && x.OpSym == "=" && elem != 0 && r.free(x.Right) && predicate.SameFamily(s.Table.Key.Columns[col].Type.OID, elem) {
			add(col, partition.In, x.Right)
			return
		}
	case *expr.IsNull:
		if col := r.keyColumn(x.Arg); col >= 0 && !x.Row {
			if x.Not {
				add(col, partition.NotNull, nil)
			} else {
				add(col, partition.IsNull, nil)
			}
			return
		}
	case *expr.Or:
		if branches := r.branches(x); branches != nil {
			out.Any = append(out.Any, branches)
		}
		return
	case *expr.Not:
		if col := r.keyColumn(x.Arg); col >= 0 && x.Arg.Type().OID == types.BoolOID {
			add(col, partition.Eq, isBool(false))
			return
		}
	}
	if c.Type().OID == types.BoolOID {
		if col := r.keyColumn(c); col >= 0 {
			add(col, partition.Eq, isBool(true))
		}
	}
}

// branches are the steps of an OR, nil if one of them says nothing.
func (r *reader) branches(or *expr.Or) []*partition.Step {
	var out []*partition.Step
	for _, a := range or.Args {
		st := r.step(expr.Conjuncts(a, nil))
		if st == nil {
			return nil
		}
		out = append(out, st)
	}
	return out
}

// keyColumn is the number of the key element that e is, -1 if it is none.
func (r *reader) keyColumn(e expr.Expr) int {
	for i, k := range r.keys {
		if k == nil {
			continue
		}
		if v, ok := k.(*expr.Var); ok {
			if w, ok := estimate.BareVar(e); ok && w.ID == v.ID {
				return i
			}
			continue
		}
		if expr.Equal(k, e) {
			return i
		}
		if label, ok := e.(*expr.Relabel); ok && expr.Equal(k, label.Arg) {
			return i
		}
	}
	return -1
}

// keyComparable reports whether key column col, compared as the expression a, orders values like that of e as the partitions do.
func keyComparable(s *partition.Scheme, col int, a, e expr.Expr) bool {
	t := s.Table.Key.Columns[col].Type.OID
	return predicate.SameFamily(t, a.Type().OID) && predicate.SameFamily(t, e.Type().OID)
}

func flipped(op string) string {
	if op == "<>" {
		return op
	}
	return estimate.Flip(op)
}

func isBool(b bool) expr.Expr {
	return &expr.Const{T: types.Of(types.BoolOID), D: types.NewBool(b)}
}
