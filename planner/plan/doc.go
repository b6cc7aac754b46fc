// Package plan has the nodes of physical plans, and EXPLAIN.
//
// A Plan is read-only and shared by all sessions: everything that changes at run time lives in the operators that exec/build
// makes of it. Expressions of a node refer to columns of its input by position (expr.Col); joins see left columns followed by
// right ones. What an enclosing operator sets for a fragment (a correlated subquery, the right side of a lateral join) are exec
// params, numbered through the whole plan; subqueries of expressions are SubPlans, referred to by expr.SubPlan.
//
// Plan.Explain prints a plan in PostgreSQL's words. PostgreSQL has no nodes for filters and projections, so the printer first makes
// a tree of shown nodes in which they are part of their neighbours, and names every column by the relation or the expression
// that it comes from; then it writes that tree as text, JSON, YAML or XML.
package plan
