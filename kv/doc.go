// Package kv is the contract between the SQL layer and a store: an ordered, transactional map from byte keys to byte
// values. It contains no store.
//
//	Store ── Begin ──► Txn ── StartStatement, Get, Scan, Lock, Put, Delete, Savepoint, … ── Commit | Rollback
//
// The embedded store is kv/mvcc (transactions, snapshots, locks) on kv/engine (log, memtables, sorted runs, cache) on
// kv/vfs (files). kv/kvtest is the conformance suite that every store passes; each sentence of the contract is a test
// there.
//
// As a library, without SQL: store.Open(dir, store.Options{}) in kv/store, which has an example. kv/bench measures it against
// other stores; kv/faults is what it endures.
//
// Three things shape the contract:
//
//   - No call per row that could be a network trip. Get and Lock take batches of keys, iterators yield batches of
//     entries, writes are buffered until Commit.
//   - A statement does not see its own effects (PostgreSQL's command id rule): Get and Scan see the snapshot and the
//     transaction's writes made before StartStatement; Lock sees the newest state of all.
//   - Whoever writes a key that others could write has locked it first. Lock returns the newest value together with the
//     lock, and says whether it differs from what the statement's snapshot sees.
package kv
