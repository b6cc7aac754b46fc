package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// rule is a named rewrite of a logical tree into an equivalent one with the same output columns.
type rule struct {
	name string
	// needs is what the statement must have any of for the rule to find something; 0: nothing. Decorrelation makes all but locks and limits of subqueries.
	needs shape
	apply func(o *optimizer, n logical.Node) logical.Node
}

// rules are run in this order, once each, over every query block: the statement, and each subquery that is planned apart.
func rules() []rule {
	return []rule{
		{"share_inputs", shapeSubqueries, (*optimizer).shareInputs},
		{"fold_constants", 0, (*optimizer).foldTree},
		{"decorrelate", shapeSubqueries, (*optimizer).decorrelate},
		{"decorrelate_aggregates", shapeSubqueries, (*optimizer).decorrelateAggregates},
		{ruleLocks, shapeLocks, (*optimizer).liftFromLocks},
		{"merge_projections", shapeStacked | shapeSubqueries | shapeLocks, (*optimizer).mergeProjections},
		{"simplify_outer_joins", shapeOuter | shapeSubqueries, (*optimizer).simplifyOuterJoins},
		{"push_filters", 0, (*optimizer).pushFilters},
		{"fold_pushed", 0, (*optimizer).foldPushed},
		{"min_max", shapeAggregates, (*optimizer).minMax},
		{"push_limits", shapeLimits, (*optimizer).pushLimits},
		{"late_subqueries", shapeSubqueries, (*optimizer).lateSubqueries},
		{"prune_columns", 0, (*optimizer).pruneColumns},
	}
}

// ruleLocks cannot be disabled: answers depend on it.
const ruleLocks = "lift_from_locks"

// Switches that are not rewrites of the logical tree but choices among plans; they are disabled by name like rules.
const (
	ruleInfer         = "infer_equalities"
	ruleBranches      = "infer_from_branches"
	ruleIndexScan     = "index_scan"
	ruleIndexOnly     = "index_only"
	ruleIndexOrder    = "index_order"
	ruleLookupJoin    = "lookup_join"
	ruleHashJoin      = "hash_join"
	ruleMergeJoin     = "merge_join"
	ruleJoinOrder     = "join_order"
	ruleTopN          = "top_n"
	ruleHashedSubplan = "hashed_subplan"
	ruleSemiUnique    = "semi_join_by_unique"
	ruleSortedAgg     = "sorted_aggregate"
	rulePoint         = "point_access"
	ruleKeyColumns    = "key_columns"
	ruleBitmapOr      = "bitmap_or"
	ruleSkipScan      = "skip_scan"
	ruleJoinRemoval   = "remove_joins"
)

// RuleNames lists what Options.DisabledRules may name.
func RuleNames() []string {
	var names []string
	for _, r := range rules() {
		if r.name != ruleLocks {
			names = append(names, r.name)
		}
	}
	return append(names, ruleInfer, ruleBranches, ruleIndexScan, ruleIndexOnly, ruleIndexOrder, ruleLookupJoin, ruleHashJoin, ruleMergeJoin,
		ruleJoinOrder, ruleTopN, ruleHashedSubplan, ruleSemiUnique, ruleSortedAgg, rulePoint, ruleKeyColumns, ruleBitmapOr, ruleSkipScan,
		ruleJoinRemoval)
}

// rewrite runs the rules over one query block.
func (o *optimizer) rewrite(n logical.Node) logical.Node {
	for _, r := range rules() {
		if (r.needs == 0 || o.shape&r.needs != 0) && (o.enabled(r.name) || r.name == ruleLocks) {
			n = r.apply(o, n)
		}
	}
	return n
}

func (o *optimizer) enabled(name string) bool {
	return len(o.opts.DisabledRules) == 0 || !o.opts.DisabledRules[name]
}

// newCol makes a column that no node has yet.
func (o *optimizer) newCol(c logical.Column) logical.Column {
	o.lastCol++
	c.ID = o.lastCol
	return c
}

// filter puts conditions over n.
func filter(n logical.Node, conds []expr.Expr) logical.Node {
	if len(conds) == 0 {
		return n
	}
	return &logical.Filter{Input: n, Cond: expr.Conjunction(conds)}
}
