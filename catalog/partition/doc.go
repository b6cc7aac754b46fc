// Package partition knows the bounds of partitions: which partition a row belongs to, which partitions a query can need, and
// whether two bounds overlap. It reads descriptors and values only, never the store.
//
//   - A Scheme is the bounds of all partitions of one table, sorted for look-up. Find gives the partition of a key; a key is the values
//     of the table's partition key columns and expressions, which the caller computes.
//   - Conflict tests a new bound against a Scheme, with PostgreSQL's errors.
//   - A Step is what a query's conditions say about the key; Scheme.Prune gives the Set of partitions in which rows can satisfy
//     them. Values that are not known yet (parameters at plan time) restrict nothing, so the same Step prunes again at run time.
//
// Hash partitioning uses PostgreSQL's hash functions: the same row goes to the partition of the same remainder.
package partition
