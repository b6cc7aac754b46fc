package mvcc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/vfs"
)

// TestDiskFull fills the disk under a running store: writes are refused with ErrDiskFull, reads go on, a restart on the
// full disk serves reads, and writing resumes by itself when there is space.
func TestDiskFull(t *testing.T) {
	disk := vfs.NewSim()
	db := open(t, "db", small(disk))
	w := &worker{}
	pad := strings.Repeat("x", 300)
	for range 50 {
		if err := w.round(db, pad); err != nil {
			t.Fatal(err)
		}
	}
	for full := range 3 {
		disk.SetSpace(int64(full * 10000))
		var err error
		for range 10000 {
			if err = w.round(db, pad); err != nil {
				break
			}
		}
		if !errors.Is(err, kv.ErrDiskFull) {
			t.Fatalf("got %v, want ErrDiskFull", err)
		}
		w.tried = max(w.acked, w.async) // refused means not written
		if err := w.check(db); err != nil {
			t.Fatal(err)
		}
		if full == 1 {
			if err := db.Close(); err != nil && !errors.Is(err, kv.ErrDiskFull) {
				t.Fatal(err)
			}
			db = open(t, "db", small(disk))
			if err := w.reopened(db); err != nil {
				t.Fatal(err)
			}
		}
		disk.SetSpace(-1)
		err = kv.ErrDiskFull
		for i := 0; errors.Is(err, kv.ErrDiskFull) && i < 2000; i++ {
			time.Sleep(time.Millisecond) // the store tries again every few milliseconds
			err = w.round(db, pad)
			w.tried = max(w.acked, w.async)
		}
		if err != nil {
			t.Fatalf("writing did not resume: %v", err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, "db", small(disk))
	defer db.Close()
	if err := w.check(db); err != nil {
		t.Fatal(err)
	}
}

// TestSyncFails: after a failed sync of the log nothing is committed until the store is opened again, even if later
// syncs would succeed.
func TestSyncFails(t *testing.T) {
	disk := vfs.NewSim()
	var fail atomic.Bool
	fs := vfs.Inject(disk, func(op vfs.Op, name string) error {
		if op == vfs.OpSync && !strings.HasSuffix(name, "BALLAST") && fail.CompareAndSwap(true, false) {
			return syscall.EIO
		}
		return nil
	})
	db := open(t, "db", Options{FS: fs})
	w := &worker{}
	for range 3 {
		if err := w.round(db, ""); err != nil {
			t.Fatal(err)
		}
	}
	fail.Store(true)
	err := w.round(db, "")
	if !errors.Is(err, kv.ErrUndetermined) || !errors.Is(err, syscall.EIO) {
		t.Fatalf("got %v, want ErrUndetermined with the cause", err)
	}
	for range 3 {
		if err := w.round(db, ""); err == nil || errors.Is(err, kv.ErrUndetermined) {
			t.Fatalf("commit after a failed sync: %v", err)
		}
	}
	if s, err := dump(db); err != nil || !strings.Contains(s, `"3 "`) {
		t.Fatalf("reads do not go on: %q, %v", s, err)
	}
	w.tried = w.acked + 1 // the undetermined one
	if db.Close() == nil {
		t.Fatal("Close reports no error")
	}
	db = open(t, "db", Options{FS: disk})
	defer db.Close()
	if err := w.check(db); err != nil {
		t.Fatal(err)
	}
	if err := w.round(db, ""); err != nil {
		t.Fatal(err)
	}
}

// TestEveryCallFails makes the n-th call of a short life of a store fail, for every n, and opens it again.
func TestEveryCallFails(t *testing.T) {
	causes := []syscall.Errno{syscall.EIO, syscall.ENOSPC, syscall.EMFILE}
	for i, cause := range causes {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			first, step := 1, 1
			if raced { // every third call, for one of the causes; without the detector all of them
				first, step = 1+3*i, 3*len(causes)
			}
			for n := first; callFails(t, int64(n), cause); n += step {
			}
		})
	}
}

// callFails lets the n-th call fail and tells whether there was one.
func callFails(t *testing.T, n int64, cause error) bool {
	t.Helper()
	disk := vfs.NewSim()
	var calls atomic.Int64
	fs := vfs.Inject(disk, func(vfs.Op, string) error {
		if calls.Add(1) == n {
			return cause
		}
		return nil
	})
	w := &worker{}
	o := small(fs)
	o.MemtableBytes = 2 << 10
	if db, err := Open("db", o); err == nil {
		for range 40 {
			if err := w.round(db, strings.Repeat("x", 200)); errors.Is(err, kv.ErrDiskFull) {
				w.tried = max(w.acked, w.async)
			}
		}
		_ = db.Close()
	}
	if calls.Load() < n {
		return false
	}
	db, err := Open("db", small(disk))
	if err != nil {
		t.Fatalf("%v at call %d: %v", cause, n, err)
	}
	if err := errors.Join(w.check(db), checked(db)); err != nil {
		t.Fatalf("%v at call %d: %v", cause, n, err)
	}
	db.Close()
	return true
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, Options{})
	if _, err := Open(dir, Options{}); !errors.Is(err, kv.ErrInUse) {
		t.Fatalf("second Open: %v", err)
	}
	if err := (&worker{}).round(db, ""); err != nil {
		t.Fatal(err)
	}
	ro := open(t, dir, Options{ReadOnly: true}) // beside the writer: what is in the files so far
	if err := ro.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ro = open(t, dir, Options{ReadOnly: true})
	if s, err := dump(ro); err != nil || !strings.Contains(s, "shared") {
		t.Fatal(s, err)
	}
	tx := ro.Begin(kv.TxnOptions{})
	if err := tx.Put([]byte("a"), []byte("b")); !errors.Is(err, kv.ErrReadOnly) {
		t.Fatal(err)
	}
	tx.Rollback()
	if err := ro.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.TempDir()+"/none", Options{ReadOnly: true}); err == nil {
		t.Fatal("read-only Open of nothing")
	}

	disk := vfs.NewSim()
	fill(t, disk)
	disk.Damage("db/MANIFEST", func(b []byte) []byte { b[8] = 99; return b })
	if _, err := Open("db", small(disk)); !errors.Is(err, kv.ErrFormat) {
		t.Fatalf("other format: %v", err)
	}
}

// TestNoPermission: without the right to write the store opens read-only by itself.
func TestNoPermission(t *testing.T) {
	disk := vfs.NewSim()
	fill(t, disk)
	fs := vfs.Inject(disk, func(op vfs.Op, _ string) error {
		if op != vfs.OpRead && op != vfs.OpOpen && op != vfs.OpList && op != vfs.OpSize {
			return syscall.EACCES
		}
		return nil
	})
	db := open(t, "db", small(fs))
	defer db.Close()
	if s, err := dump(db); err != nil || s == "" {
		t.Fatal(err)
	}
	if err := (&worker{}).round(db, ""); !errors.Is(err, kv.ErrReadOnly) {
		t.Fatalf("got %v, want ErrReadOnly", err)
	}
}

// TestHotKeys updates few keys very often: memory and disk stay bounded, and an old snapshot still sees its versions.
func TestHotKeys(t *testing.T) {
	fs := vfs.NewMem()
	o := small(fs)
	o.Sync = engine.SyncOff
	db := open(t, "db", o)
	defer db.Close()
	ctx := context.Background()
	old := db.Begin(kv.TxnOptions{Isolation: kv.Snapshot})
	defer old.Rollback()
	put := func(i int) {
		tx := db.Begin(kv.TxnOptions{})
		if err := tx.Put(fmt.Appendf(nil, "k%d", i%10), fmt.Appendf(nil, "v%d %s", i, strings.Repeat("x", 50))); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		put(i)
	}
	var v kv.Values
	key := [][]byte{[]byte("k3")}
	if err := old.Get(ctx, key, &v); err != nil {
		t.Fatal(err)
	}
	for i := range 30000 {
		put(i + 10)
	}
	if err := old.Get(ctx, key, &v); err != nil || string(v.V[0]) != string(v.V[1]) {
		t.Fatalf("old snapshot: %q, %q, %v", v.V[0], v.V[1], err)
	}
	st := db.Stats()
	bytes := st.MemtableUsed
	for _, n := range st.RunBytes {
		bytes += n
	}
	if bytes > 200<<10 || st.Flushes == 0 {
		t.Fatalf("%d bytes for ten keys: %+v", bytes, st)
	}
}
