// Package store is the embedded store as a library: open a directory, and read and write it in transactions, without SQL, a
// server or C.
//
//	db, err := store.Open(dir, store.Options{})
//	tx := db.Begin(kv.TxnOptions{})
//	defer tx.Rollback()
//	err = tx.Put(key, value)
//	ts, err := tx.Commit(ctx)                    // durable
//
// What a transaction can do is the contract of package kv: snapshots and three isolation levels, row locks, savepoints, scans in
// both directions, range deletes. A DB can besides that check its files (Check), copy itself while it is used (Backup) and tell its
// figures (Stats). With Options.Retention a transaction can read the past (kv.TxnOptions.AsOf).
//
// The package is a door and nothing else. Package kv cannot be it, because kv is the contract that the store implements and
// therefore imports; kv/mvcc is how it is implemented.
package store

import (
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/mvcc"
)

// DB is an open store. It implements kv.Store and kv.Backuper.
type DB = mvcc.DB

// Options of Open; the zero value is a durable store with default sizes.
type Options = mvcc.Options

// Report is what DB.Check has looked at.
type Report = engine.Report

// Memory as the directory is a store that lives in memory and is gone after Close.
const Memory = mvcc.Memory

// When a commit is durable (Options.Sync).
const (
	SyncCommit   = engine.SyncCommit   // before Commit returns
	SyncInterval = engine.SyncInterval // within Options.SyncEvery: a crash loses the last interval, never the order
	SyncOff      = engine.SyncOff      // when the operating system writes it
)

// Open opens the store in dir, creating it if it does not exist. It returns kv.ErrInUse, kv.ErrFormat or kv.ErrCorrupt, wrapped, if
// the directory cannot be used.
func Open(dir string, o Options) (*DB, error) { return mvcc.Open(dir, o) }
