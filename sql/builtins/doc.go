// Package builtins is the registry of built-in functions, operators, casts and aggregates, the code behind them, and
// PostgreSQL's rules for choosing among them.
//
// The tables are PostgreSQL 15's own pg_proc, pg_operator, pg_cast and pg_aggregate (folder pgdata, one row per line,
// written by extract.sql), so that OIDs, names, volatility and strictness are PostgreSQL's. They are read at first use. The
// code is attached by pg_proc.prosrc, the name of the C function in PostgreSQL, or, where that does not name one (SQL
// functions, aggregates), by the signature: each family of functions has a file with its code and a table such as
//
//	{src: "int4pl", kernel: ...}, {src: "log(numeric)", scalar: ...}
//
// A function without code here exists and resolves; its calls are passed on to the session (CatalogFunctions), which has the
// functions that need the catalog, and else answer 0A000.
//
// Lookup: Functions, Aggregates, Operators by name; LookupCast by types; Procs, AllOperators, AllCasts, AllAggregates list
// everything for the system catalogs.
//
// Resolution, as in chapter 10 of PostgreSQL's manual: ResolveFunction, ResolveOperator (unknown literals, preferred types,
// polymorphic types, VARIADIC, named arguments, defaults), SelectCommonType (CASE, UNION, VALUES, COALESCE, IN), CanCoerce and
// CoercionPath. They answer with types; the binder builds the expressions. Errors have PostgreSQL's words but no position.
//
// Code comes in three forms: a kernel loops over vectors (everything that scans run over many rows), a scalar computes one
// row, a set yields rows. bind makes code for the types of one call: polymorphic functions and VARIADIC "any".
package builtins
