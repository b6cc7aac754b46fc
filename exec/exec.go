package exec

import (
	"context"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Operator is a running plan node: a pull of batches. Next returns an empty batch (Len 0) or nil at the end; the batch is valid until the
// next call on the operator. Open may be called again after Close (a prepared statement keeps its operators and their memory) and
// while open (a rescan: exec params may have changed). Close releases resources and is a no-op if not open.
type Operator interface {
	Open(ctx context.Context) error
	Next(ctx context.Context) (*vec.Batch, error)
	Close() error
}

// Ctx is what the operators of one statement share; it belongs to one session, and is reset for each execution.
type Ctx struct {
	Txn     kv.Txn
	Expr    *expr.Ctx // params, exec params, environment
	Catalog *catalog.Session
	Memory  *Account
	// Events collects what triggers and foreign keys have to do after the statement.
	Events Events
	// WriteLock keeps the definition of a table as the plan knows it, before its first row is written: of tables that the plan cannot list, the
	// partitions that rows turn out to go to. newest is the catalog once the table is locked.
	WriteLock func(ctx context.Context, t *catalog.Table) (newest *catalog.Reader, err error)
	// Affected is the row count for the command tag of INSERT, UPDATE, DELETE.
	Affected int64
	// Changed, if not nil, is told of rows that were inserted, updated or deleted, Scans gives the counters of the scans of a table or an
	// index: good for one Execution, which is another number each time.
	Changed   func(table types.OID, op pgstat.Op, rows int)
	Scans     func(relation types.OID) *pgstat.Scans
	Execution uint64
	// Settings that operators read.
	WorkMemBytes  int64
	LockTimeout   time.Duration
	ReadCommitted bool
	// BatchRows caps batches (tests set 1, 7, 1024); 0 is vec.BatchRows.
	BatchRows int
	// SpillDir is where operators put temporary files; "" is the system's.
	SpillDir string
	// FailedRow is, after an INSERT's constraint error, the row of the source's last batch that caused it.
	FailedRow int
	// External supplies the rows of a plan.External node.
	External Operator
	// Concurrent: the statement only reads, so that scans may read ahead on other goroutines (while Tree.Next runs).
	Concurrent bool
	settle     []func()
	// Stats, if not nil, collects EXPLAIN ANALYZE figures by plan node ID.
	Stats []NodeStats
	// Usage, if not nil, counts what the transaction does meanwhile, for Stats; scans do not read ahead then.
	Usage *kv.Usage
}

// NodeStats are run-time figures of one plan node.
type NodeStats struct {
	Loops       int64
	Rows        int64
	StartupTime time.Duration
	TotalTime   time.Duration
	Removed     int64 // rows removed by the filter
	Rechecked   int64 // rows removed by the test of a bitmap's condition
	HeapFetches int64
	Inserted    int64 // of INSERT … ON CONFLICT
	Conflicting int64 // rows whose key existed
	MemoryBytes int64
	DiskBytes   int64
	SortMethod  string
	Batches     int64
	Buckets     int64
	Usage       kv.Usage // its inputs' included
}

// Account counts memory of a statement against work_mem and the server's limit. Operators call Grow before they keep more; it
// answers 53200 beyond the server's limit. Free gives back.
type Account struct {
	Used  int64
	Limit int64 // 0: none
	// Parent, if not nil, counts too: the server's account of all statements.
	Parent *Account
}
