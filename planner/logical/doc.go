// Package logical is the relational algebra between the binder and the optimizer: what a statement means, not yet how it runs.
//
// Columns are named by IDs (expr.ColID) that are unique within the statement, so that a rewrite rule can move an expression
// from one node to another without renumbering. A correlated subquery refers to columns of outer queries by the same IDs.
// Nodes are treated as immutable: a rule builds new ones. The kinds are relations (Scan, Values, FuncScan, CTERef), relational
// operators (Filter, Project, Join, Aggregate, Window, Sort, Distinct, Limit, SetOp, LockRows) and data modification (Insert,
// Update, Delete).
//
// Format prints a plan for tests; Visit… and Rewrite… functions walk nodes, their expressions, and subqueries inside those.
package logical
