// Package join holds the joins: HashJoin, NestLoop, LookupJoin and MergeJoin.
//
// All four find, for a window of left rows, which right rows are candidates, and hand both to a matcher, which does the
// rest in one way for every kind of join: it lists pairs (left row, right row), gathers both sides into a batch, tests the
// join's remaining condition over the whole batch, and remembers which rows met (for the outer kinds).
//
//	first[k]  the first candidate for the k-th left row, -1 for none
//	next[r]   the candidate after right row r, -1 at the end
//
// They differ in where candidates come from:
//
//	HashJoin    a KeyTable over the build side (right); first is the head of the key's chain
//	NestLoop    every row of the right side, kept; or, with parameters, what the right side yields for one left row
//	LookupJoin  one batched read of an index for the distinct keys of the window
//	MergeJoin   the run of equal keys in the sorted right side
//
// A HashJoin whose probe rows without a partner output nothing hands a filter of its integer keys down to the scan of the probe
// side (exec.KeyFilter), through other joins, filters and projections.
//
// Left rows keep their order in all of them except a HashJoin that went to disk. A HashJoin whose build side outgrows memory
// spreads both sides over files by their keys' hashes and joins file by file (grace hash join), again if need be.
package join
