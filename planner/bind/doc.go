// Package bind turns a syntax tree into a typed logical plan: it resolves names, types, functions and operators, expands views and stars,
// and reports every semantic error in PostgreSQL's words, with its SQLSTATE and position.
//
//   - Statement binds SELECT, VALUES, INSERT, UPDATE, DELETE and MERGE; its result is a Bound: the plan, the result's columns, the types
//     of the parameters.
//   - TableExpr, ColumnDefault, Checks, IndexPredicate, Query and ExprList are the doors for DDL and for utility statements.
//
// The path of a SELECT (select.go): WITH, FROM, select list, WHERE, HAVING, ORDER BY, GROUP BY, DISTINCT, LIMIT and WINDOW are bound in the
// order in which PostgreSQL's analyzer does it, because the first error found is the one reported; then plan.go stacks the operators.
//
// Scopes (scope.go). A scope is one query level: what its FROM clause offers, its CTEs, and the aggregates and window calls found so far.
// An aggregate or window call is replaced by the Var of its result as soon as it is bound, and registered in the scope of the level
// that it belongs to; so an aggregate of an outer query inside a subquery needs no second pass. When the level is complete, group.go
// replaces grouping expressions by the columns of the Aggregate and refuses ungrouped columns.
//
// Types (coerce.go, common_type.go, operator.go, call.go) follow PostgreSQL's rules: literals in quotes are of type unknown until
// something decides; a parameter of undeclared type takes the type that its first use asks for.
//
// Some constructs are defined by others: SEARCH and CYCLE are columns of a recursive query (search_cycle.go), hypothetical-set aggregates are
// counts (hypothetical.go). The row of a FROM item that an outer join may make NULL is computed below that join (scope.go, rowBelow).
//
// Column IDs. A column keeps its ID through joins, projections and subqueries; only computed columns, and second copies of
// a column in one projection, get new ones.
//
// Errors leave the binder's mutually recursive functions by a panic of bailout, which the exported functions alone catch: hardly any
// of them could do more than pass the error on.
package bind
