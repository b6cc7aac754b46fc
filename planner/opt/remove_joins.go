package opt

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/planner/opt/predicate"
	"github.com/lightsql/lightsql/sql/expr"
)

// removable reports a left join whose right side adds nothing: nobody reads its columns (req are those that are read), and it
// has at most one row for each row of the left side. PostgreSQL's join_is_removable (src/backend/optimizer/plan/analyzejoins.c).
func (o *optimizer) removable(j *logical.Join, req colSet) bool {
	if j.Kind != logical.LeftJoin || j.On == nil || !o.enabled(ruleJoinRemoval) {
		return false
	}
	right := outputs(j.Right)
	if req.intersects(right) || volatile(j.On) || volatileTree(j.Right) {
		return false
	}
	return uniqueBy(j.Right, equated(j.On, right))
}

// equated are the columns among right that a join condition makes equal to something of the other side.
func equated(on expr.Expr, right colSet) colSet {
	var eq colSet
	for _, c := range expr.Conjuncts(on, nil) {
		call, ok := c.(*expr.Call)
		if !ok || call.Op != "=" || len(call.Args) != 2 {
			continue
		}
		for i, a := range call.Args {
			v, ok := estimate.BareVar(a)
			other := call.Args[1-i]
			if ok && right.has(v.ID) && !colsOf(other).intersects(right) && predicate.SameFamily(v.T.OID, other.Type().OID) &&
				predicate.SameFamily(v.T.OID, a.Type().OID) && !collated(c) {
				eq.add(v.ID)
			}
		}
	}
	return eq
}

// uniqueBy reports whether no two rows of n agree in the columns eq, none of them NULL.
func uniqueBy(n logical.Node, eq colSet) bool {
	switch n := n.(type) {
	case *logical.Scan:
		for _, x := range n.Table.AllIndexes() {
			if uniqueKey(n, x, eq) {
				return true
			}
		}
	case *logical.Filter:
		return uniqueBy(n.Input, eq)
	case *logical.Sort:
		return uniqueBy(n.Input, eq)
	case *logical.Project:
		if isPassThrough(n) {
			return uniqueBy(n.Input, eq)
		}
	case *logical.Aggregate:
		return n.Sets == nil && setOf(n.Groups).subsetOf(eq)
	case *logical.Distinct:
		if n.On == nil {
			return outputs(n).subsetOf(eq)
		}
		var on colSet
		for _, id := range n.On {
			on.add(id)
		}
		return on.subsetOf(eq)
	}
	return false
}

// uniqueKey reports whether the columns eq of a scan include all key columns of a unique index.
func uniqueKey(s *logical.Scan, x *catalog.Index, eq colSet) bool {
	if !(x.Unique || x.Primary) || x.Building || x.Predicate != "" || len(x.Columns) == 0 {
		return false
	}
	for _, k := range x.Columns {
		id := scanColumn(s, k.Column)
		if k.Column == 0 || id == 0 || !eq.has(id) {
			return false
		}
	}
	return true
}
