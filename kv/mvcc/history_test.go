package mvcc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/kvtest"
	"github.com/lightsql/lightsql/kv/vfs"
)

func TestRetentionCommits(t *testing.T) {
	o := small(vfs.NewMem())
	o.RetentionCommits = 100
	kvtest.RunHistory(t, 100, func() (kv.Store, error) { return Open("db", o) })
}

// TestRetentionTime: a state stays readable for the interval, and goes after it.
func TestRetentionTime(t *testing.T) {
	o := small(vfs.NewMem())
	o.Retention, o.Sync = 400*time.Millisecond, engine.SyncOff
	db := open(t, "db", o)
	defer db.Close()
	begin := time.Now()
	first := put(t, db, "k", "first")
	for n := 0; ; n++ {
		put(t, db, "k", fmt.Sprint(n, strings.Repeat("x", 100)))
		tx := db.Begin(kv.TxnOptions{AsOf: first})
		var v kv.Values
		err := tx.Get(context.Background(), [][]byte{[]byte("k")}, &v)
		tx.Rollback()
		switch age := time.Since(begin); {
		case err == nil && string(v.V[0]) != "first":
			t.Fatalf("%q at the first timestamp", v.V[0])
		case err == nil && age > 20*time.Second:
			t.Fatal("the past is never given up")
		case err != nil && (age < o.Retention || !errors.Is(err, kv.ErrSnapshotTooOld)):
			t.Fatalf("after %v: %v", age, err)
		case err != nil:
			return
		}
	}
}

func put(t *testing.T, db *DB, key, value string) kv.TS {
	t.Helper()
	tx := db.Begin(kv.TxnOptions{})
	defer tx.Rollback()
	if err := tx.Put([]byte(key), []byte(value)); err != nil {
		t.Fatal(err)
	}
	ts, err := tx.Commit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

// TestBackup copies a store again and again while four workers write pairs of keys: every copy is whole, has each pair
// equal, and the timestamp that Backup returns.
func TestBackup(t *testing.T) {
	disk := vfs.NewMem()
	db := open(t, "db", small(disk))
	var stop atomic.Bool
	var wg sync.WaitGroup
	for id := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			w := worker{id: id}
			for !stop.Load() {
				if err := w.round(db, strings.Repeat("p", 200)); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	for n := range 5 {
		time.Sleep(20 * time.Millisecond)
		dir := fmt.Sprint("copy", n)
		var last kv.BackupProgress
		ts, err := db.Backup(context.Background(), dir, func(p kv.BackupProgress) { last = p })
		if err != nil {
			t.Fatal(err)
		}
		copied := open(t, dir, small(disk))
		report, err := copied.Check(context.Background())
		if err != nil || len(report.Files) < 2 {
			t.Fatal(err, report)
		}
		for id := range 4 {
			w := worker{id: id, tried: 1 << 30}
			if err := w.check(copied); err != nil {
				t.Fatal(err)
			}
		}
		if got := copied.Stats().VisibleTS; got != uint64(ts) || last.Entries < 9 || last.Bytes != last.BytesTotal {
			t.Fatalf("timestamp %d, copied at %d, %+v", got, ts, last)
		}
		if err := (&worker{id: 9}).round(copied, ""); err != nil {
			t.Fatal(err)
		}
		if err := copied.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Backup(context.Background(), dir, nil); err == nil {
			t.Fatal("a backup overwrites")
		}
	}
	stop.Store(true)
	wg.Wait()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestBackupFails: what a failed or cancelled backup leaves is no store.
func TestBackupFails(t *testing.T) {
	disk := vfs.NewSim()
	fill(t, disk)
	var full atomic.Bool // for the copy: the store itself gives space back at any time
	db := open(t, "db", small(vfs.Inject(disk, func(op vfs.Op, name string) error {
		if op == vfs.OpWrite && full.Load() && strings.HasPrefix(name, "copy/") {
			return syscall.ENOSPC
		}
		return nil
	})))
	defer db.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for n := range 3000 {
		put(t, db, fmt.Sprintf("n%04d", n), strings.Repeat("x", 100))
	}
	if _, err := db.Backup(ctx, "copy", nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	full.Store(true)
	if _, err := db.Backup(context.Background(), "copy", nil); !vfs.IsNoSpace(err) {
		t.Fatal(err)
	}
	full.Store(false)
	if names, _ := disk.List("copy"); len(names) > 0 {
		t.Fatal(names)
	}
	if _, err := db.Backup(context.Background(), "copy", nil); err != nil {
		t.Fatal(err)
	}
}

// TestCheckReport: Check reads manifest, runs and log, names what does not belong there, and works on a running store.
func TestCheckReport(t *testing.T) {
	disk := vfs.NewSim()
	fill(t, disk)
	f, err := disk.Create("db/holiday.jpg")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	db := open(t, "db", small(disk))
	defer db.Close()
	w := &worker{tried: 1 << 30}
	if err := w.reopened(db); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if err := w.round(db, strings.Repeat("p", 100)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := db.Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]uint64{}
	for _, f := range r.Files {
		kinds[f.Kind] += f.Entries + 1
	}
	if kinds["manifest"] != 1 || kinds["run"] < 3 || kinds["log"] < 3 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "holiday.jpg") {
		t.Fatalf("%v %q", maps.Clone(kinds), r.Notes)
	}
}

// TestStatementsBesideIterators: a READ COMMITTED transaction whose earlier statement still has an open iterator begins others.
// Flushes and merges in between take nothing away from any of their snapshots, and what is closed is given back.
func TestStatementsBesideIterators(t *testing.T) {
	db := open(t, "db", small(vfs.NewMem()))
	defer db.Close()
	ctx := context.Background()
	fill := func() { // enough for flushes and merges
		for n := range 200 {
			put(t, db, fmt.Sprint("filler", n%20), strings.Repeat("f", 300))
		}
	}
	for i := range 300 {
		put(t, db, fmt.Sprintf("a%03d", i), "one")
	}
	tx := db.Begin(kv.TxnOptions{})
	defer tx.Rollback()
	outer, err := tx.Scan(ctx, kv.Range{Start: []byte("a"), End: []byte("b")}, kv.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	var b kv.Entries
	for round := range 10 {
		if err := outer.Next(ctx, &b, 30); err != nil {
			t.Fatal(err)
		}
		for i := range b.K {
			if seen++; string(b.V[i]) != "one" {
				t.Fatalf("the iterator shows %s=%s", b.K[i], b.V[i])
			}
		}
		put(t, db, "a299", fmt.Sprint("round ", round))
		if err := tx.StartStatement(ctx); err != nil {
			t.Fatal(err)
		}
		put(t, db, "a299", "later")
		fill()
		var v kv.Values
		if err := tx.Get(ctx, [][]byte{[]byte("a299")}, &v); err != nil || string(v.V[0]) != fmt.Sprint("round ", round) {
			t.Fatalf("statement %d reads %q, %v", round, v.V, err)
		}
		inner, err := tx.Scan(ctx, kv.Range{}, kv.ScanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		inner.Close()
		if n := db.Stats().Snapshots; n > 3 {
			t.Fatalf("%d snapshots are held", n)
		}
	}
	if seen != 300 {
		t.Fatalf("%d entries", seen)
	}
	outer.Close()
	tx.Rollback()
	if n := db.Stats().Snapshots; n != 0 {
		t.Fatalf("%d snapshots are held", n)
	}
}

// TestSweptPastIsRefused: when runs were dropped because a range tombstone hides all of them, the store still knows after a restart that
// states before the tombstone are gone. They were read as if they had been empty.
func TestSweptPastIsRefused(t *testing.T) {
	o := Options{FS: vfs.NewMem(), RetentionCommits: 3}
	db := open(t, "db", o)
	putMany(t, db, "t/", 20_000) // enough for Close to flush it
	reopen := func() {
		t.Helper()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, "db", o)
	}
	reopen()
	runs := func() []int { st := db.Stats(); return st.Runs[:] }
	before := put(t, db, "u", "before")
	deleteRange(t, db, "t/", "t0")
	for n := range 10 {
		put(t, db, "u", fmt.Sprint(n))
	}
	for deadline := time.Now().Add(20 * time.Second); slices.Max(runs()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the runs are still there: %+v", db.Stats())
		}
	}
	reopen()
	defer db.Close()
	tx := db.Begin(kv.TxnOptions{AsOf: before})
	defer tx.Rollback()
	var v kv.Values
	err := tx.Get(context.Background(), [][]byte{[]byte("t/000007")}, &v)
	if !errors.Is(err, kv.ErrSnapshotTooOld) && (err != nil || v.V[0] == nil) {
		t.Fatalf("a key of the past: %q, %v", v.V, err)
	}
}
