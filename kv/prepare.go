package kv

import (
	"context"
	"errors"
)

// Errors of a Preparer.
var (
	ErrPreparedExists  = errors.New("kv: a prepared transaction with this name exists")    // 42710
	ErrPreparedMissing = errors.New("kv: there is no prepared transaction with this name") // 42704
)

// Preparer is a Store that can keep a transaction until somebody decides about it, even beyond a restart: the first half of
// two-phase commit.
type Preparer interface {
	// Prepare makes the writes of t durable under a name, and keeps its locks. t has ended for its user; on an error it goes on.
	// note is kept with it. ErrTooLarge: t wrote more than can be kept in memory.
	Prepare(ctx context.Context, t Txn, name string, note []byte) error
	// Prepared lists the prepared transactions by name.
	Prepared() []Prepared
	// CommitPrepared commits a prepared transaction, RollbackPrepared takes it back. ErrPreparedMissing; on other errors, except for
	// ErrUndetermined, it stays prepared.
	CommitPrepared(ctx context.Context, name string) (TS, error)
	RollbackPrepared(ctx context.Context, name string) error
}

// Prepared is a prepared transaction.
type Prepared struct {
	Name string
	Note []byte
	// Recovered: the store was opened since it was prepared, so its BeforeVisible hooks are gone. Writes calls f for what it wrote,
	// a nil value for a deletion, and BeforeVisible adds a hook; both are nil if it is not recovered.
	Recovered     bool
	Writes        func(f func(key, value []byte) error) error
	BeforeVisible func(func(TS))
}
