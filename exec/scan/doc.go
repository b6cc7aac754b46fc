// Package scan holds the sources of rows: SeqScan and IndexScan over the store, VirtualScan over built-in tables, Values,
// FuncScan, CTEScan and WorkTableScan; and LockRows, which locks rows of the store that a scan found.
//
// A scan of the store works a batch at a time: one call to an iterator (or one Get for many keys), one Decode of all entries
// into the vectors of the columns that the plan names, one pass of the filter. The first batch is small, the next ones
// grow, so that a query which wants few rows reads few.
//
// SeqScan with conditions decodes in stages: the columns of the cheapest conditions, of the rows that passed those of the next ones, and at
// the end the columns that are only output. Hash joins above add a stage: once their build side is complete, rows whose key it does
// not hold are dropped there (exec.KeyFilter).
//
// IndexScan. The expressions of the key ranges are evaluated at Open. Ranges that fix every column of a unique index are
// points: they are collected, sorted, and read with one Get for each batch. Other ranges are sorted and merged where they
// overlap, and iterated one after the other in key order, or backwards. Entries of a secondary index give row ids; the
// rows of a batch of entries are then fetched with one Get, unless the index holds all columns that are wanted.
package scan
