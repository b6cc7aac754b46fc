// Package agg holds aggregation: HashAggregate (also with grouping sets, and without groups at all) and SortedAggregate.
//
// A batch goes through in three steps:
//
//	grouping.assign   every row gets the number of its group (a KeyTable over the group columns)
//	call.eval         an aggregate's FILTER and arguments are evaluated over the batch, once for all groupings; rows that FILTER or a
//	                  strict aggregate's NULL argument exclude fall out of the selection
//	feeder.add        the rows go to the aggregate's state, expr.AggState, with their group numbers: directly, or, for DISTINCT,
//	                  only those not met before in the group, or, for ORDER BY, through a Sorter that delivers them at the end
//
// DISTINCT without ORDER BY also goes through the Sorter where the order of the input shows in the result (array_agg …):
// PostgreSQL sorts to find duplicates, and clients see it.
//
// Grouping sets are several groupings over one pass of the input; the set () has its group from the start and so outputs a
// row for empty input, as an aggregate without GROUP BY does.
//
// Memory. When a grouping's table and states exceed work_mem times hash_mem_multiplier, groups that exist go on being fed, and
// rows of new groups are put aside in partition files, which are aggregated one after the other afterwards.
package agg
