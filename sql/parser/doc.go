// Package parser turns SQL text into the trees of package ast.
//
// The grammar is PostgreSQL 17's. Parse takes a whole query string, as a
// client sends it, and gives a RawStmt with its span for each statement:
//
//	stmts, err := parser.Parse("select 1; select 2")
//	text := sql[stmts[1].Start:stmts[1].End]
//
// Errors are *pgerr.Error with PostgreSQL's message, SQLSTATE and position; a
// syntax error is reported at the same token as there, which is the first one
// with which no statement could go on.
//
// How it works. The lexer cuts the text into tokens on demand; identifiers and
// strings share the text's memory unless they hold escapes or capitals. The
// parser is recursive descent with up to four tokens of lookahead, and
// precedence climbing for operators (expr.go). Function names follow the
// rules of PostgreSQL's grammar: expr is a_expr, bExpr b_expr, primary c_expr.
// Two places cannot be decided with any fixed lookahead: whether a parenthesis
// opens a query or an expression, and a query or a join. There the inner
// part is parsed first, and what follows it decides (paren, parenQueryOrJoin).
//
// Keywords. A keyword is reserved or may, by its class, name a column, a
// function or a type (keyword_table.go); isName answers which. Five of them
// change their meaning with the next token (combine).
//
// Bounds. Nesting is limited (enter), and so is the depth of the tree that a
// chain such as 1+1+1… makes (deepen): both answer 54001. Time is linear in the
// text. Trees share the query text's memory, so a tree keeps the text alive.
package parser
