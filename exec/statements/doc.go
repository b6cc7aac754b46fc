// Package statements counts what statements cost, for pg_stat_statements: one Entry for each form of a statement, that is its text
// with the constants taken out. A session finds the entry once for each prepared statement and then only adds to it.
package statements
