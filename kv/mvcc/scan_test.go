package mvcc

import (
	"context"
	"testing"

	"github.com/lightsql/lightsql/kv"
)

// TestClosedIterator: the state of a closed iterator serves the next scan, which whoever still holds the closed one does not
// disturb.
func TestClosedIterator(t *testing.T) {
	db, err := Open(Memory, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	load(t, db, 100)
	ctx := context.Background()
	tx := db.Begin(kv.TxnOptions{})
	defer tx.Rollback()
	var e kv.Entries
	var last kv.Iterator
	for i := range 20 {
		reverse := i%2 == 1
		it, err := tx.Scan(ctx, kv.Range{Start: benchKey(nil, 10), End: benchKey(nil, 90)}, kv.ScanOptions{Reverse: reverse})
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for {
			if last != nil {
				last.Close()
				if err := last.Next(ctx, &e, 7); err == nil || e.Len() > 0 {
					t.Fatal("a closed iterator goes on")
				}
			}
			if err := it.Next(ctx, &e, 7); err != nil {
				t.Fatal(err)
			}
			if e.Len() == 0 {
				break
			}
			for _, k := range e.K {
				want := 10 + seen
				if reverse {
					want = 89 - seen
				}
				if string(k) != string(benchKey(nil, uint64(want))) {
					t.Fatalf("scan %d, entry %d: %q", i, seen, k)
				}
				seen++
			}
		}
		if seen != 80 {
			t.Fatalf("scan %d: %d entries", i, seen)
		}
		it.Close()
		last = it
	}
}

// TestScanAllocates nothing but two handles, whether the entries lie in memory or in runs.
func TestScanAllocates(t *testing.T) {
	dir := t.TempDir()
	for _, where := range []string{"memtable", "runs"} {
		db, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if where == "memtable" {
			load(t, db, 10_000)
		}
		ctx := context.Background()
		var e kv.Entries
		r := kv.Range{Start: benchKey(nil, 2000), End: benchKey(nil, 8000)}
		for _, reverse := range []bool{false, true} {
			scan := func() {
				tx := db.Begin(kv.TxnOptions{ReadOnly: true})
				it, err := tx.Scan(ctx, r, kv.ScanOptions{Reverse: reverse})
				if err != nil {
					t.Fatal(err)
				}
				if err := it.Next(ctx, &e, 100); err != nil || e.Len() != 100 {
					t.Fatal(err, e.Len())
				}
				it.Close()
				tx.Rollback()
			}
			allocs := testing.AllocsPerRun(20, scan)
			for range 50 { // the store's own goroutines count too
				allocs = min(allocs, testing.AllocsPerRun(20, scan))
			}
			if allocs > 2 {
				t.Errorf("a scan of the %s allocates %v times", where, allocs)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
