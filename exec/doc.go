// Package exec holds what all operators share: the contract (Operator), the state of one statement (Ctx), memory
// accounting (Account), temporary files (SpillFile), and the loops over vectors that several families of operators need:
// comparing (Comparer), hashing (Hasher), and numbering distinct keys (KeyTable). The operators themselves live in the
// packages below: scan, join, agg, order, setop, window, dml; build turns a plan into a tree of them.
//
// The life of a batch. The session opens the tree and pulls with Next until a batch is empty:
//
//  1. scan asks the store for up to a batch of entries in one call, and rowenc decodes the columns that the plan names
//     into the scan's vectors; the scan's filter runs over them and leaves a selection (Batch.Sel), copying nothing.
//  2. Filter narrows the selection, Project points its output at vectors of its expressions or of its input, a join
//     gathers the rows of both sides that met: each operator returns its own *vec.Batch, filled again at the next call.
//  3. Operators that need all rows first (sort, the build side of a hash join, aggregates) copy them into a batch of
//     their own, counted in the statement's Account; beyond work_mem they write them to a SpillFile.
//  4. pgwire writes the rows of the last batch from the vectors into the connection's buffer.
//
// Invariants.
//
//   - A batch belongs to the operator that returned it and is valid until the next call on that operator. Consumers do
//     not modify it, with one exception: Sel may be replaced, because only the producer's consumer reads it.
//   - Next returns nil or an empty batch only at the end; an operator whose filter drops a whole batch goes on.
//   - Open on an open operator is a rescan: everything starts again with the exec params of now. Close frees memory and
//     files but may keep vectors for the next execution.
//   - One goroutine runs a statement's operators. In a statement that only reads, a long scan reads ahead on another one,
//     which is waited for before the tree's Next returns.
//   - The number of calls to the store per batch is constant, whatever the number of rows.
//   - Cancelling: every Next begins with the check of its context in the leaf operators and in those that loop over
//     input; long inner loops check every few thousand rows. The error is the context's own.
package exec
