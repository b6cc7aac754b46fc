package engine

import (
	"log/slog"
	"time"

	"github.com/lightsql/lightsql/kv/vfs"
)

// SyncMode says when the log is synced. It never changes the order of commits: what survives is always a prefix.
type SyncMode uint8

// Sync modes.
const (
	SyncCommit   SyncMode = iota // before a commit returns
	SyncInterval                 // every Options.SyncEvery; a crash loses the last interval
	SyncOff                      // never; a power cut loses what the system had not written, a killed process one interval
)

// Options of Open. The zero value of a field is its default.
type Options struct {
	FS            vfs.FS        // vfs.OS()
	ReadOnly      bool          // no file is written or created; commits answer kv.ErrReadOnly
	Exclusive     bool          // with ReadOnly: take the directory's lock, so that nobody writes meanwhile
	Holder        string        // written into the lock file: who uses the directory, for Holder to tell others
	NoLog         bool          // no log: a store that lives as long as the process
	Sync          SyncMode      // SyncCommit
	SyncEvery     time.Duration // 10 ms: how long asynchronous commits may wait in memory
	MemtableBytes int           // 64 MiB: of one memtable; up to four wait to be written
	CacheBytes    int           // 256 MiB: blocks of run files
	SegmentBytes  int           // 16 MiB: of a log segment
	RunBytes      int           // 32 MiB: run files are cut at this size
	ChunkEntries  int           // 128: commits of so many keys, if these are in ascending order, stay in memory as they come
	Logger        *slog.Logger  // discards
	// Snapshots appends the timestamps that readers hold to dst. A reader that comes later reads at VisibleTS or above.
	Snapshots func(dst []uint64) []uint64
	// Retention and RetentionCommits say how far back a reader may choose its timestamp; of both the one that reaches further.
	// 0: no further than VisibleTS.
	Retention        time.Duration
	RetentionCommits uint64
	Clock            func() time.Time // time.Now: what Retention is measured with, and nothing else
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.OS()
	}
	if o.SyncEvery <= 0 {
		o.SyncEvery = 10 * time.Millisecond
	}
	defaultInt(&o.MemtableBytes, 64<<20)
	defaultInt(&o.CacheBytes, 256<<20)
	defaultInt(&o.SegmentBytes, 16<<20)
	defaultInt(&o.RunBytes, 32<<20)
	defaultInt(&o.ChunkEntries, 128)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func defaultInt(p *int, n int) {
	if *p <= 0 {
		*p = n
	}
}
