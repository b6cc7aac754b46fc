// Package plpgsql runs functions written in PL/pgSQL.
//
// A session compiles a function once (Compile): package sql/plpgsql parses its body, and every expression gets a place for what it is bound to.
// A call makes a frame with the values of all variables in one slice, which is also the list of parameters of the expressions and statements:
// variable k is $k+1, of its type. An expression without a query is bound at its first use and from then on computed by its program alone
// (expr.Prog); all else has a plan, which the session keeps (Query). What was bound to the shape of a record that changes is bound again.
//
// The session is reached by Host only: it runs statements, subtransactions, cursors and notices.
package plpgsql
