// Package ast holds the syntax tree of SQL statements and its printer.
//
// The tree is what the grammar says and no more: names are not looked up,
// types are not known, and what PostgreSQL's grammar rewrites (int becomes
// pg_catalog.int4, EXTRACT a function call, x BETWEEN … an AExpr) is rewritten
// the same way here. Types follow PostgreSQL's parse nodes in name and shape,
// so that its documentation explains them.
//
//   - Stmt: statements. Every statement has a type; CommandTag gives the
//     words that the server answers with.
//   - Expr: expressions.
//   - FromItem: relations, subqueries, functions and joins in FROM.
//   - Node: all of these, and the clauses between them.
//
// Positions. Pos is the byte offset from 0, in the query string given to the
// parser (not in the single statement), of the token that PostgreSQL's
// errors about the node point at: the operator of an operator expression, the
// start of a name, the :: of a cast. -1 means unknown. Location gives the
// start of a whole expression.
//
// Trees are read-only once the parser has returned them; they may share
// strings with the query text.
//
// Format prints a node as SQL which parses to an equal tree (but for
// positions).
package ast
