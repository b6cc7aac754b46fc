// Package order holds the operators that depend on, or make, an order of rows: Sort, Limit, Distinct and Materialize, and
// the Sorter that Sort shares with ordered aggregates.
//
// Sorter. Rows are copied into one wide batch; what is sorted is a list of (prefix, row): the prefix is an unsigned
// word that orders like the first key, so that most comparisons touch nothing else, and a radix sort does the work of large
// lists. Rows with the same prefix are then ordered in the same way by the next key, or, where a prefix does not tell all
// values apart (long strings, numeric), by comparing the keys. Rows whose key is NULL are set apart before. A short list is sorted by
// PostgreSQL's quicksort instead, which leaves rows with equal keys in the order that PostgreSQL returns them in. Beyond work_mem the rows are sorted and written as a run to a file; the runs are merged at
// the end, at most mergeFanIn at a time.
//
// Top-N: with a bound of N rows the sorter keeps, from the time that it has met more than 2 N, the best N in a heap, and drops rows
// that come after the worst of these when they arrive.
package order
