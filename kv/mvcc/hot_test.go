package mvcc

import (
	"context"
	"encoding/binary"
	"flag"
	"runtime"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/vfs"
)

// hotUpdates is how many updates TestHotRows makes; raise it for a long run.
var hotUpdates = flag.Int("hot.updates", 500_000, "updates in TestHotRows")

// TestHotRows updates the same thousand rows millions of times: versions that nobody can see are dropped when a memtable is flushed, so
// memory, runs and log stay as large as they were after the first hundred thousand updates, with an old snapshot open too.
func TestHotRows(t *testing.T) {
	fs := vfs.NewMem()
	o := Options{FS: fs, Sync: engine.SyncOff, MemtableBytes: 1 << 20, CacheBytes: 1 << 20, SegmentBytes: 1 << 20, RunBytes: 1 << 20}
	db := open(t, "db", o)
	ctx := context.Background()
	update := func(n int) {
		for range n / 100 {
			tx := db.Begin(kv.TxnOptions{Async: true})
			for range 100 {
				n++
				key := binary.BigEndian.AppendUint32([]byte("row"), uint32(n*7919%1000))
				if err := tx.Put(key, binary.BigEndian.AppendUint64([]byte(strings.Repeat("x", 60)), uint64(n))); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := tx.Commit(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	size := func() (disk int64, heap uint64, logs int) {
		names, err := fs.List("db")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			f, err := fs.Open("db/" + name)
			if err != nil {
				continue // gone meanwhile
			}
			n, _ := f.Size()
			disk += n
			if strings.HasSuffix(name, ".log") {
				logs++
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return disk, m.HeapInuse - uint64(disk), logs // the files are in memory too
	}
	update(100_000)
	old := db.Begin(kv.TxnOptions{Isolation: kv.Snapshot})
	defer old.Rollback()
	var v kv.Values
	key := [][]byte{binary.BigEndian.AppendUint32([]byte("row"), 1)}
	if err := old.Get(ctx, key, &v); err != nil {
		t.Fatal(err)
	}
	disk, heap, _ := size()
	for range 10 {
		update(*hotUpdates / 10)
		d, h, logs := size()
		if d > disk+8<<20 || int64(h) > int64(heap)+16<<20 || logs > 8 {
			t.Fatalf("disk %d → %d, heap %d → %d, %d log segments: %+v", disk, d, heap, h, logs, db.Stats())
		}
		st := db.Stats()
		if st.MemtableUsed > 6<<20 || st.RunBytes[0]+st.RunBytes[1]+st.RunBytes[2] > 4<<20 {
			t.Fatalf("%+v", st)
		}
	}
	if err := old.Get(ctx, key, &v); err != nil || string(v.V[0]) != string(v.V[1]) {
		t.Fatalf("the old snapshot sees something else: %v", err)
	}
	d, h, logs := size()
	t.Logf("%d updates: disk %.1f MB, was %.1f; heap %.1f MB, was %.1f; %d log segments", *hotUpdates, float64(d)/1e6, float64(disk)/1e6,
		float64(h)/1e6, float64(heap)/1e6, logs)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
