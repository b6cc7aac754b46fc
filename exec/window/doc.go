// Package window computes window functions: the operator Window, over input that is sorted by the partition and order of its
// definitions.
//
// Rows are collected until a partition is known to be complete (a partition ends where the next begins); each row is kept with
// the values of partition and order expressions, and of the arguments of all calls, as further columns. Then, for a complete partition:
//
//	partition.peers    rows equal in the ORDER BY of the window: the first row of each group of peers
//	partition.frames   where the frame of each row starts and ends, as row numbers; EXCLUDE cuts a hole into it later
//	functions          row_number … nth_value by their definitions over these numbers
//	aggregates         expr.AggState: one state that grows with the frame where frames start at the partition's first row; else
//	                   each frame is a group of its own, fed with all its rows
//
// A chunk of complete partitions is held: what the calls read and their results in memory; the input columns, which are only passed
// on, beyond work_mem in a file (held).
package window
