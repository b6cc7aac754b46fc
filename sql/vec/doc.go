// Package vec holds rows in memory by column: the form in which operators and expressions pass them.
//
// A Vector is one column: a slice of the kind of its type, and a bitmap of the rows that are NULL. A Batch is several
// vectors of the same length with, perhaps, a selection: the list of the rows that count, so that a filter copies
// nothing. Kernels run over the slices directly:
//
//	for _, i := range b.Sel { out.Int[i] = x.Int[i] + y.Int[i] }
//
// Vectors are reused from batch to batch: Resize and Reset keep the memory, and after the first batches nothing is
// allocated any more. Who keeps rows beyond the next call of the operator that made them copies them (Batch.CopyFrom).
// A vector belongs to one goroutine at a time.
package vec
