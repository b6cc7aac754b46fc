// Package catalog holds the descriptors of databases, schemas, tables, views, sequences and roles: what they are
// (catalog.go), how one sees them (Reader), and how they change (Catalog, Txn).
//
// Descriptors are MVCC data like rows: each is an entry of the store (codec.go lists the keys), written by the transaction
// that changes the schema. So a schema change commits or rolls back with everything else in its transaction, and a snapshot
// has one catalog that belongs to it. Nobody reads those entries to answer a query, though:
//
//   - Catalog keeps the states of the catalog in memory, each with the commit timestamp from which it holds. A commit that
//     changes the schema publishes the next state through kv.Txn.BeforeVisible, before any snapshot can see the commit.
//   - Catalog.At(ts) is the Reader for a data snapshot. A snapshot so old that its state is not in memory any more loads it
//     from the store, with its own eyes.
//   - Txn is the catalog of one transaction: that Reader, with the changes that the transaction made itself.
//
// # Locks
//
// A table has two locks. That of the relation (Txn.LockRelation; exec/lockmgr has it) comes first, in the mode that PostgreSQL takes
// for the statement. The other is the store's lock on the descriptor's key. Statements that write to a table hold it KeyShared
// (Txn.WriteLock) until their transaction ends, so that the table has the columns and indexes that they were planned for; a schema
// change takes it exclusively and so waits for them, or, if its mode lets them write, NoKeyExclusive, which only keeps out other
// changes (Txn.LockTo). A writer that had to wait finds another version and gets ErrTableChanged: plan again. Readers take no lock
// on descriptors: they see the old rows with the old descriptor. Names are keys too, locked by whoever creates, renames or drops, so
// that two transactions cannot make the same name.
//
// # Temporary objects
//
// They are relations of a schema pg_temp_N, one for each session that makes any; N is its process ID. The session puts it
// first in the search path (temp.go), and drops it when it ends, or the next session of that number does.
//
// # Outside transactions
//
// OIDs, key spaces, hidden row ids and sequences count upwards in memory, ahead of a mark in the store that is moved in
// batches by small transactions of their own. Those do not wait for the log to be synced: every commit that uses a number
// comes later in the log than the mark that covers it. A crash skips numbers and repeats none.
package catalog
