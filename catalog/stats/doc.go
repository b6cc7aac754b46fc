// Package stats holds what the planner knows of a table's contents: how many rows, and per column how many distinct values,
// NULLs, common values and a histogram.
//
// A Provider answers for one table; Map is a Provider over figures kept in memory, which a store's live row counts and the
// results of ANALYZE fill. A table that nobody has counted has no figures, and the planner then assumes what PostgreSQL assumes of
// a table that was never analyzed. Figures are estimates: no answer of a query may depend on them.
//
// Collect reads a table and makes its figures (ANALYZE); Save keeps them in the store and Load gets them back at the start.
package stats
