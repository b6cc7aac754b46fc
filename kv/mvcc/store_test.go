package mvcc

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/kvtest"
	"github.com/lightsql/lightsql/kv/vfs"
)

// small makes everything happen often: flushes, merges, new segments, evictions, commits that stay as they come.
func small(fs vfs.FS) Options {
	return Options{FS: fs, MemtableBytes: 8 << 10, CacheBytes: 64 << 10, SegmentBytes: 16 << 10, RunBytes: 16 << 10, WriteBytes: 2 << 10, Space: func(key []byte) int { return max(1, len(key)-2) },
		ChunkEntries: 2, SyncEvery: time.Millisecond}
}

func TestStoreMemory(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store { return open(t, Memory, Options{}) })
}

func TestStoreFiles(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store { return open(t, t.TempDir(), Options{}) })
}

func TestStoreInterval(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store { return open(t, "d", Options{FS: vfs.NewMem(), Sync: engine.SyncInterval}) })
}

func open(t *testing.T, dir string, o Options) *DB {
	t.Helper()
	db, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// modelSeeds is how many random histories TestModel runs; raise it for a long run.
var modelSeeds = flag.Int("model.seeds", 12, "random histories in TestModel")

func TestModel(t *testing.T) {
	for seed := range uint64(*modelSeeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			fs := vfs.NewMem()
			o := small(fs)
			o.ChunkEntries = 1 + int(seed%5)
			if seed%4 == 3 {
				o = Options{FS: fs}
			}
			o.Sync = engine.SyncMode(seed % 3)
			kvtest.RunModel(t, kvtest.Model{
				Open: func() (kv.Store, error) { return Open("db", o) }, Seed: seed, Ops: 4000, Reopen: 10,
			})
		})
	}
}

// metamorphicFor makes TestMetamorphic go on with new seeds for that long.
var (
	metamorphicFor  = flag.Duration("metamorphic.for", 0, "how long TestMetamorphic goes on; 0: eight histories")
	metamorphicSeed = flag.Uint64("metamorphic.seed", 1, "the first seed of TestMetamorphic")
)

// TestMetamorphic makes random histories with random options, which change at every restart, on a disk that gets full and loses power.
func TestMetamorphic(t *testing.T) {
	begin := time.Now()
	for n := uint64(0); n < 8 || time.Since(begin) < *metamorphicFor; n++ {
		ok := t.Run(fmt.Sprint(*metamorphicSeed+n), func(t *testing.T) { metamorphic(t, *metamorphicSeed+n) })
		if !ok {
			return
		}
	}
}

func metamorphic(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 9))
	disk := vfs.NewSim()
	disk.SetJournal(seed%2 == 0)
	sync := engine.SyncCommit
	if seed%4 == 3 {
		sync = engine.SyncInterval
	}
	var db *DB
	open := func() (kv.Store, error) {
		size := func(least int) int { return least << rnd.IntN(8) }
		o := Options{FS: disk, Sync: sync, MemtableBytes: size(4 << 10), CacheBytes: size(16 << 10), SegmentBytes: size(4 << 10),
			RunBytes: size(4 << 10), ChunkEntries: size(1), SyncEvery: time.Duration(rnd.IntN(3)+1) * time.Millisecond, RetentionCommits: 50}
		d, err := Open("db", o)
		if err == nil {
			db = d
		}
		return d, err
	}
	crash := func() (kv.Store, error) {
		was := db
		disk = disk.Crash(rnd)
		disk.SetSpace(-1)
		_ = was.Close() // its disk is gone
		return open()
	}
	kvtest.RunModel(t, kvtest.Model{
		Open: open, Crash: crash, Seed: seed, Ops: 6000, Reopen: 5, Keep: 50, Large: true, Async: sync != engine.SyncCommit, Keys: 20 + rnd.IntN(200),
		Trouble: func(on bool) {
			space := int64(-1)
			if on {
				space = rnd.Int64N(100 << 10)
			}
			disk.SetSpace(space)
		},
		Refused: func(err error) bool { return errors.Is(err, kv.ErrDiskFull) },
	})
	if disk.SetSpace(-1); !t.Failed() {
		d, err := Open("db", small(disk))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(checked(d), d.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStoreSmall runs the suite with flushes and merges at every turn.
func TestStoreSmall(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store { return open(t, "d", small(vfs.NewMem())) })
}
