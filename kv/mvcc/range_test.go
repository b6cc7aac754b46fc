package mvcc

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

func putMany(t *testing.T, db *DB, prefix string, n int) {
	t.Helper()
	for i := 0; i < n; {
		tx := db.Begin(kv.TxnOptions{Async: true})
		for range 100 {
			if err := tx.Put(fmt.Appendf(nil, "%s%06d", prefix, i), make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			i++
		}
		if _, err := tx.Commit(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func deleteRange(t *testing.T, db *DB, start, end string) {
	t.Helper()
	tx := db.Begin(kv.TxnOptions{})
	if err := tx.DeleteRange(kv.Range{Start: []byte(start), End: []byte(end)}); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestRangesAreSwept deletes ranges and expects that their runs are dropped unread, and that the range tombstones go: at once
// for whole runs, when there are many of them for the others too.
func TestRangesAreSwept(t *testing.T) {
	for _, tables := range []int{1, 40} {
		fs := vfs.NewMem()
		o := small(fs)
		o.CacheBytes = 1 << 20
		db := open(t, "db", o)
		for i := range tables {
			putMany(t, db, fmt.Sprintf("t%02d/", i), 4000/tables)
		}
		putMany(t, db, "u/", 500)
		for i := range tables {
			deleteRange(t, db, fmt.Sprintf("t%02d/", i), fmt.Sprintf("t%02d0", i))
		}
		deadline := time.Now().Add(20 * time.Second)
		for n := 0; ; n++ {
			st := db.Stats()
			bytes := uint64(0)
			for _, b := range st.RunBytes {
				bytes += b
			}
			if st.Ranges <= 16 && (tables > 1 || bytes < 150_000) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d tables: %d bytes and %d ranges are left", tables, bytes, st.Ranges)
			}
			putMany(t, db, "u/", 100) // the memtable that keeps the ranges has to be flushed
		}
		check(t, db, 500)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, "db", o)
		check(t, db, 500)
		if _, err := db.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// check counts all entries.
func check(t *testing.T, db *DB, want int) {
	t.Helper()
	tx := db.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	for _, reverse := range []bool{false, true} {
		it, err := tx.Scan(context.Background(), kv.Range{}, kv.ScanOptions{Reverse: reverse})
		if err != nil {
			t.Fatal(err)
		}
		var b kv.Entries
		n := 0
		for {
			if err := it.Next(context.Background(), &b, 1000); err != nil {
				t.Fatal(err)
			}
			if b.Len() == 0 {
				break
			}
			n += b.Len()
		}
		it.Close()
		if n != want {
			t.Fatalf("%d entries, want %d", n, want)
		}
	}
}
