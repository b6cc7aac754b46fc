package opt

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/planner/opt/predicate"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// step is what conditions say about a partition key; nil if nothing.
func (t *treeScan) step(s *partition.Scheme, keys, conds []expr.Expr) *partition.Step {
	out := &partition.Step{}
	for _, c := range conds {
		t.addClause(out, s, keys, c)
	}
	if len(out.Clauses) == 0 && len(out.Any) == 0 {
		return nil
	}
	return out
}

var clauseOps = map[string]partition.Op{"=": partition.Eq, "<": partition.Lt, "<=": partition.Le, ">": partition.Gt, ">=": partition.Ge, "<>": partition.Ne}

// addClause adds what one condition says.
func (t *treeScan) addClause(out *partition.Step, s *partition.Scheme, keys []expr.Expr, c expr.Expr) {
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
			col := keyColumn(s, keys, a)
			if col < 0 || !t.free(x.Args[1-i]) || !keyComparable(s, col, a, x.Args[1-i]) {
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
		col := keyColumn(s, keys, x.Left)
		elem := types.ElemOf(x.Right.Type().OID)
		if col >= 0 && !x.All && x.OpSym == "=" && elem != 0 && t.free(x.Right) && predicate.SameFamily(s.Table.Key.Columns[col].Type.OID, elem) {
			add(col, partition.In, x.Right)
			return
		}
	case *expr.IsNull:
		if col := keyColumn(s, keys, x.Arg); col >= 0 && !x.Row {
			if x.Not {
				add(col, partition.NotNull, nil)
			} else {
				add(col, partition.IsNull, nil)
			}
			return
		}
	case *expr.Or:
		if branches := t.branches(s, keys, x); branches != nil {
			out.Any = append(out.Any, branches)
		}
		return
	case *expr.Not:
		if col := keyColumn(s, keys, x.Arg); col >= 0 && x.Arg.Type().OID == types.BoolOID {
			add(col, partition.Eq, boolConst(false))
			return
		}
	}
	if c.Type().OID == types.BoolOID {
		if col := keyColumn(s, keys, c); col >= 0 {
			add(col, partition.Eq, boolConst(true))
		}
	}
}

// branches are the steps of an OR, nil if one of them says nothing.
func (t *treeScan) branches(s *partition.Scheme, keys []expr.Expr, or *expr.Or) []*partition.Step {
	var out []*partition.Step
	for _, a := range or.Args {
		st := t.step(s, keys, expr.Conjuncts(a, nil))
		if st == nil {
			return nil
		}
		out = append(out, st)
	}
	return out
}

// keyColumn is the number of the key element that e is, -1 if it is none.
func keyColumn(s *partition.Scheme, keys []expr.Expr, e expr.Expr) int {
	for i, k := range keys {
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
		if r, ok := e.(*expr.Relabel); ok && expr.Equal(k, r.Arg) {
			return i
		}
	}
	return -1
}

// free reports a value that does not depend on the scan's rows.
func (t *treeScan) free(e expr.Expr) bool {
	return !volatile(e) && !colsOf(e).intersects(outputs(t.scan)) && !collated(e)
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
