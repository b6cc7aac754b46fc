// Package tpch is the TPC-H workload: a generator of its eight tables and its 22 queries.
//
// Tables lists the tables in the order in which they are loaded; Table.Write writes the rows of one as COPY's text format. The
// values follow the specification's rules and distributions as far as the queries depend on them (sparse order keys, a third
// of the customers without orders, dates that follow from the order's date, words in comments). Everything is a function of
// the scale factor and the row's number: two servers that load the same scale hold the same rows. The rows are not
// those of the dbgen program, so that its published answers do not hold.
//
// Query texts have the specification's validation parameters; Q11's fraction depends on the scale. Q15 uses WITH in the place of
// a view.
package tpch
