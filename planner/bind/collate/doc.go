// Package collate derives the collation of expressions, by PostgreSQL's rules (parse_collate.c).
//
// A COLLATE clause is explicit and wins; two different ones are an error. Columns and constants have an implicit collation: their own, or
// the database's default. Two different implicit collations, neither of them the default, conflict: that is no error until an operation needs
// to know the order.
package collate
