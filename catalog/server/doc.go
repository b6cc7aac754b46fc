// Package server has functions about the server: what stands behind PostgreSQL's monitoring views, and the files of the data directory.
//
// Function finds the code of one by its OID in pg_proc. Most of the views are made of a function in PostgreSQL; here the rows are the views', and
// the function takes its columns from them by name (views). Functions about a backend take it from pg_stat_activity, whose rows are the backends.
// Files (files.go) are those of the data directory only, for superusers.
package server
