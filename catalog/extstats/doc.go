// Package extstats runs the statements about statistics objects: CREATE, ALTER, DROP and COMMENT ON STATISTICS.
//
// Executor.Run is the door. An object is a part of its table's descriptor (catalog.Statistics), which a statement locks, looks at again and
// writes the next version of; so objects go with their table, and plans are made again. Their names are found by a walk over all tables:
// there are few, and only these statements ask. ANALYZE fills them (catalog/stats); the optimizer reads that (planner/opt/estimate).
package extstats
