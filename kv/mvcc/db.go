package mvcc

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/vfs"
)

// Memory is the directory name of a store that lives in memory and is gone after Close.
const Memory = ":memory:"

// Options of Open. The zero value of a field is its default, in parentheses.
type Options struct {
	FS       vfs.FS // where files are (the operating system)
	ReadOnly bool   // write nothing, not even a lock file; commits answer kv.ErrReadOnly (false)
	// Exclusive, with ReadOnly, takes the directory's lock where that is permitted, so that nobody writes meanwhile (false).
	Exclusive bool
	Holder    string          // who uses the directory, for the function Holder to tell others ("")
	Sync      engine.SyncMode // when the log is synced (SyncCommit: before a commit returns)
	// SyncEvery is how long asynchronous commits may stay in memory before they are written and synced (10 ms).
	SyncEvery     time.Duration
	MemtableBytes int // size of a memtable; up to five exist (64 MiB)
	CacheBytes    int // budget of the block cache (256 MiB)
	SegmentBytes  int // size of a log segment (16 MiB)
	RunBytes      int // size at which run files are cut (32 MiB)
	ChunkEntries  int // from how many keys in ascending order on a commit stays in memory as it came (128)
	// WriteBytes is how much a transaction writes before it puts its writes on disk, where they wait for the commit (16 MiB).
	WriteBytes int
	// Space is the length of the prefix of a key that names the space it belongs to, such as a table or an index. What a large
	// transaction writes stays apart by spaces, so that it need not be merged where one of them got its keys in order (nil: one space).
	Space  func(key []byte) int
	Logger *slog.Logger // background work and trouble (discards)
	// Retention and RetentionCommits are how far back kv.TxnOptions.AsOf may reach, in time and in commits; of both the one that
	// reaches further. Before that a read is kv.ErrSnapshotTooOld, as soon as a flush or merge has passed (0, 0). Asynchronous commits
	// that a crash has taken back count.
	Retention        time.Duration
	RetentionCommits uint64
	Clock            func() time.Time // what Retention is measured with (time.Now)
}

// DB is the embedded store: kv.Store on an engine. All methods may be called from several goroutines.
type DB struct {
	engine     *engine.Engine
	readOnly   bool
	files      vfs.FS // where backups go
	snaps      snapshots
	locks      lockTable
	serial     serial
	prepared   prepared
	moves      moves
	pool       sync.Pool // *txnState
	iters      sync.Pool // *iterState
	writeBytes int
	space      func(key []byte) int
}

var (
	_ kv.Store    = (*DB)(nil)
	_ kv.Backuper = (*DB)(nil)
)

// Open opens the store in dir, creating it if it does not exist. Memory as dir is a store without files. It returns
// kv.ErrInUse, kv.ErrFormat or kv.ErrCorrupt, wrapped, if the directory cannot be used.
func Open(dir string, o Options) (*DB, error) {
	db := &DB{files: o.FS, writeBytes: o.WriteBytes, space: o.Space}
	if db.writeBytes <= 0 {
		db.writeBytes = 16 << 20
	}
	if db.files == nil {
		db.files = vfs.OS()
	}
	db.pool.New = func() any { return newTxnState(db) }
	db.iters.New = func() any { return &iterState{pool: &db.iters} }
	eo := engine.Options{
		FS: o.FS, ReadOnly: o.ReadOnly, Exclusive: o.Exclusive, Holder: o.Holder, Sync: o.Sync, SyncEvery: o.SyncEvery, MemtableBytes: o.MemtableBytes,
		CacheBytes: o.CacheBytes, SegmentBytes: o.SegmentBytes, RunBytes: o.RunBytes, ChunkEntries: o.ChunkEntries, Logger: o.Logger,
		Snapshots: db.snaps.list, Retention: o.Retention, RetentionCommits: o.RetentionCommits, Clock: o.Clock,
	}
	if dir == Memory {
		eo.FS, eo.NoLog, eo.ReadOnly = vfs.NewMem(), true, false
	}
	e, err := engine.Open(dir, eo)
	if err != nil {
		return nil, fmt.Errorf("open store %q: %w", dir, err)
	}
	db.engine, db.readOnly = e, e.ReadOnly()
	if err := db.recoverPrepared(context.Background()); err != nil {
		_ = e.Close()
		return nil, fmt.Errorf("open store %q: %w", dir, err)
	}
	return db, nil
}

// Holder is what the last one who had the store in dir open for writing said about itself (Options.Holder): whom to ask
// after kv.ErrInUse.
func Holder(dir string) string { return engine.Holder(vfs.OS(), dir) }

// Limits implements kv.Store.
func (db *DB) Limits() kv.Limits {
	return kv.Limits{KeyBytesMax: keyBytesMax, ValueBytesMax: valueBytesMax, SharedLocks: true, Serializable: true}
}

const (
	keyBytesMax   = 8 << 10
	valueBytesMax = 1 << 30
)

// Close implements kv.Store. Transactions that are still open fail from then on.
func (db *DB) Close() error { return db.engine.Close() }

// Stats are the engine's counters and what the transactions hold.
type Stats struct {
	engine.Stats
	Snapshots int // open snapshots
	Locks     int // keys locked or waited for
}

// Stats returns counters since Open and present sizes.
func (db *DB) Stats() Stats {
	st := Stats{Stats: db.engine.Stats(), Snapshots: len(db.snaps.list(nil))}
	for i := range db.locks.shards {
		s := &db.locks.shards[i]
		s.mu.Lock()
		st.Locks += s.count
		s.mu.Unlock()
	}
	return st
}

// ReadOnly tells whether the store takes no writes: it was asked for, or the directory does not let it write.
func (db *DB) ReadOnly() bool { return db.readOnly }

// Check reads everything on disk and verifies checksums, order and references. The report names every file that it has read;
// the error joins all damage, each wrapping kv.ErrCorrupt and naming file and offset.
func (db *DB) Check(ctx context.Context) (engine.Report, error) { return db.engine.Check(ctx) }

// Backup implements kv.Backuper. The copy is on the same kind of file system as the store; that of a store in memory is on
// the operating system's.
func (db *DB) Backup(ctx context.Context, dir string, progress func(kv.BackupProgress)) (kv.TS, error) {
	tx := db.Begin(kv.TxnOptions{Isolation: kv.Snapshot, ReadOnly: true})
	defer tx.Rollback()
	ts := tx.ReadTS()
	if err := db.engine.Backup(ctx, db.files, dir, uint64(ts), progress); err != nil {
		return 0, fmt.Errorf("backup to %q: %w", dir, err)
	}
	return ts, nil
}
