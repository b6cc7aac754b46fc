// Package plpgsql turns the body of a function written in PL/pgSQL into a tree.
//
// Parse reads the body with the tokens of package parser and PostgreSQL's rules for what is a statement of the language and what is SQL: the
// text of expressions and SQL statements is kept as it is written, with the names that are visible at its place (Expr.Names), and is only
// checked for syntax here. The variables of all blocks are numbered, the parameters first: a number is a place in the frame of a call, and $n
// of an expression that the binder makes.
//
// Types are the caller's business (Types). Errors are *pgerr.Error with a position in the body.
package plpgsql
