package mvcc

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/kvtest"
	"github.com/lightsql/lightsql/kv/vfs"
)

// small makes everything happen often: flushes, merges, new segments, evictions.
func small(fs vfs.FS) Options {
	return Options{FS: fs, MemtableBytes: 8 << 10, CacheBytes: 64 << 10, SegmentBytes: 16 << 10, RunBytes: 16 << 10, SyncEvery: time.Millisecond}
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

// TestStoreSmall runs the suite with flushes and merges at every turn.
func TestStoreSmall(t *testing.T) {
	kvtest.Run(t, func(t *testing.T) kv.Store { return open(t, "d", small(vfs.NewMem())) })
}
