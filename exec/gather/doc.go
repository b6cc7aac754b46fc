// Package gather runs a chain of operators above the scan of a large table in several copies, each on its own goroutine, and yields
// their rows: the operator Gather, below who reads all rows at once, as the build side of a hash join does.
//
// The copies share the parts that the table is cut into. A worker takes the next part, opens its copy of the chain for it, and
// sends what comes out, as batches of its own. Gather yields the parts in their order, so that rows come as one scan would
// give them; what comes early waits, unless that is more than work_mem. No more parts than twice the number of
// workers are under way.
//
// Nothing runs between calls of the statement: a reader that goes away early ends the workers (exec.Ctx.OnSettle).
package gather
