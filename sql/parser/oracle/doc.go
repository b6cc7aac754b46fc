// Package oracle compares our parser with PostgreSQL 17's own, as packaged by
// pganalyze/pg_query_go. It is a module of its own because that package needs a
// C compiler; nothing else depends on it.
//
// The tests take the statements of the corpus beside the parser and, if
// LIGHTSQL_PGREGRESS names it, those of a recording of PostgreSQL's regression
// suite. Compared are acceptance, error text and error position.
package oracle
