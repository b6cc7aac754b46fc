// Package mvcc is the embedded store: transactions, snapshots and locks over kv/engine.
//
//	db, err := mvcc.Open(dir, mvcc.Options{})      // or mvcc.Memory
//	tx := db.Begin(kv.TxnOptions{})
//	defer tx.Rollback()
//	err = tx.Lock(ctx, [][]byte{key}, kv.LockOptions{}, nil)
//	err = tx.Put(key, value)
//	ts, err := tx.Commit(ctx)
//
// The main types are DB (kv.Store), Txn (kv.Txn, a handle on a pooled txnState), ownWrites (a transaction's own
// writes), lockTable, snapshots (the register of open snapshots) and serial (which SERIALIZABLE transactions
// must fail).
//
// A read-only transaction with one Get: Begin takes a state from the pool; the first read takes the newest visible
// timestamp and holds it in a slot of its own cache line; engine.Get reads without locks; Rollback frees the slot.
//
// A writing transaction: Lock takes key locks and reads the newest versions; Put and Delete append to the write buffer;
// Commit hands the buffer to engine.Commit, which gives it a timestamp, logs it, puts it into the memtable, waits for
// the log to be durable, runs the BeforeVisible hooks and makes it visible. Only then are the locks released: the next
// holder reads what the last one wrote.
//
// Invariants:
//
//   - Timestamps become visible in order, so a snapshot at ts sees exactly the commits <= ts.
//   - A version that an open snapshot can see is never dropped: its timestamp stands in a slot before it is read at.
//   - A lock is never free while somebody waits for it, and of a cycle of waiting transactions exactly one gets
//     kv.ErrDeadlock.
//
// DESIGN.md beside this file draws these and argues the choices.
package mvcc
