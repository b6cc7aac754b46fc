// Package opt turns a bound statement, a tree of logical nodes, into a physical plan.
//
// The path of one statement through Optimize:
//
//	rewrite   an ordered list of named rules (rule.go), logical tree to equivalent logical tree: fold constants, turn subqueries
//	          into semi and anti joins, merge projections, simplify outer joins, push conditions down and infer new ones, push
//	          limits, prune columns
//	plan      bottom-up, the ways (paths) to compute each node, with PostgreSQL's cost model: a rel keeps those paths that are
//	          cheapest in total, cheapest to start, or usefully ordered (path.go, upper.go); access.go has the tables,
//	          joins.go the join methods, join_order.go the order of joins
//	build     the cheapest path of the root makes its plan nodes (build.go); only here do columns become positions, outer
//	          columns exec params, and the subqueries that are left subplans, each planned the same way (subplans.go)
//
// Invariants. A rule keeps the output columns of a tree, and the list of columns where it is part of the meaning: below
// set operations, DISTINCT and the statement itself. Columns are named by ColID everywhere before build, so that a rule may move
// expressions freely. Volatile expressions are neither moved, duplicated nor dropped. Every rule and every choice can be
// disabled by name; answers never depend on it.
package opt
