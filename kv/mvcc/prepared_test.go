package mvcc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

func openPrepared(t *testing.T, fs vfs.FS) *DB {
	t.Helper()
	db, err := Open("db", Options{FS: fs, MemtableBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func valueAt(t *testing.T, db *DB, key string) string {
	t.Helper()
	tx := db.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	var v kv.Values
	if err := tx.Get(context.Background(), [][]byte{[]byte(key)}, &v); err != nil {
		t.Fatal(err)
	}
	return string(v.V[0])
}

func set(t *testing.T, db *DB, key, value string) {
	t.Helper()
	if err := db.writeEntry(context.Background(), []byte(key), []byte(value)); err != nil {
		t.Fatal(err)
	}
}

// prepareChange prepares a transaction that writes a, deletes b and the range c…d, and holds a shared lock on s.
func prepareChange(t *testing.T, db *DB, name string, o kv.TxnOptions) {
	t.Helper()
	ctx := context.Background()
	tx := db.Begin(o)
	if err := tx.Lock(ctx, [][]byte{[]byte("a"), []byte("b")}, kv.LockOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	if err := tx.Lock(ctx, [][]byte{[]byte("s")}, kv.LockOptions{Mode: kv.Shared}, nil); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{tx.Put([]byte("a"), []byte("old")), tx.Put([]byte("a"), []byte("new")), tx.Delete([]byte("b")),
		tx.DeleteRange(kv.Range{Start: []byte("c"), End: []byte("d")}), db.Prepare(ctx, tx, name, []byte("note of "+name))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	tx.Rollback() // finds nothing: the transaction is the store's now
}

func lockable(db *DB, key string, mode kv.LockMode) error {
	tx := db.Begin(kv.TxnOptions{})
	defer tx.Rollback()
	return tx.Lock(context.Background(), [][]byte{[]byte(key)}, kv.LockOptions{Mode: mode, Wait: kv.NoWait}, nil)
}

func fillForPrepare(t *testing.T, db *DB) {
	t.Helper()
	set(t, db, "b", "1")
	for i := range 40 { // more than are deleted one by one
		set(t, db, fmt.Sprintf("c%02d", i), "x")
	}
}

// expectUndecided checks that nothing of a prepared change is visible and that its locks are held.
func expectUndecided(t *testing.T, db *DB) {
	t.Helper()
	if a, b, c := valueAt(t, db, "a"), valueAt(t, db, "b"), valueAt(t, db, "c05"); a != "" || b != "1" || c != "x" {
		t.Errorf("visible too early: a=%q b=%q c05=%q", a, b, c)
	}
	if err := lockable(db, "a", kv.Shared); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("a: %v", err)
	}
	if err := lockable(db, "s", kv.Shared); err != nil {
		t.Errorf("s shared: %v", err)
	}
	if err := lockable(db, "s", kv.Exclusive); !errors.Is(err, kv.ErrLocked) {
		t.Errorf("s exclusive: %v", err)
	}
}

func TestPrepared(t *testing.T) {
	ctx := context.Background()
	for _, level := range []kv.Isolation{kv.ReadCommitted, kv.Snapshot, kv.Serializable} {
		for _, restart := range []bool{false, true} {
			for _, commit := range []bool{false, true} {
				fs := vfs.NewMem()
				db := openPrepared(t, fs)
				fillForPrepare(t, db)
				prepareChange(t, db, "x", kv.TxnOptions{Isolation: level})
				other := db.Begin(kv.TxnOptions{})
				if err := other.Put([]byte("z"), []byte("1")); err != nil {
					t.Fatal(err)
				}
				if err := db.Prepare(ctx, other, "x", nil); !errors.Is(err, kv.ErrPreparedExists) {
					t.Errorf("same name: %v", err)
				}
				other.Rollback()
				expectUndecided(t, db)
				if restart {
					if err := db.Close(); err != nil {
						t.Fatal(err)
					}
					db = openPrepared(t, fs)
					expectUndecided(t, db)
				}
				list := db.Prepared()
				if len(list) != 1 || list[0].Name != "x" || string(list[0].Note) != "note of x" || list[0].Recovered != restart {
					t.Fatalf("%+v", list)
				}
				want := [3]string{"", "1", "x"}
				var err error
				if commit {
					want = [3]string{"new", "", ""}
					_, err = db.CommitPrepared(ctx, "x")
				} else {
					err = db.RollbackPrepared(ctx, "x")
				}
				if err != nil {
					t.Fatal(err)
				}
				for again := range 2 {
					if got := [3]string{valueAt(t, db, "a"), valueAt(t, db, "b"), valueAt(t, db, "c05")}; got != want {
						t.Errorf("level %d restart %v commit %v: %q", level, restart, commit, got)
					}
					if err := lockable(db, "a", kv.Exclusive); err != nil || len(db.Prepared()) != 0 {
						t.Errorf("still there: %v %v", err, db.Prepared())
					}
					if _, err := db.CommitPrepared(ctx, "x"); !errors.Is(err, kv.ErrPreparedMissing) {
						t.Errorf("decided twice: %v", err)
					}
					if again == 0 {
						if err := db.Close(); err != nil {
							t.Fatal(err)
						}
						db = openPrepared(t, fs)
					}
				}
				if _, err := db.Check(ctx); err != nil {
					t.Error(err)
				}
				db.Close()
			}
		}
	}
}

// A full disk leaves a transaction prepared; when there is room again it commits.
func TestPreparedFullDisk(t *testing.T) {
	ctx := context.Background()
	var full atomic.Bool
	disk := vfs.Inject(vfs.NewMem(), func(op vfs.Op, _ string) error {
		if full.Load() && (op == vfs.OpWrite || op == vfs.OpCreate) {
			return syscall.ENOSPC
		}
		return nil
	})
	db := openPrepared(t, disk)
	defer db.Close()
	fillForPrepare(t, db)
	prepareChange(t, db, "x", kv.TxnOptions{})
	full.Store(true)
	if _, err := db.CommitPrepared(ctx, "x"); !errors.Is(err, kv.ErrDiskFull) {
		t.Fatalf("commit on a full disk: %v", err)
	}
	expectUndecided(t, db)
	full.Store(false)
	for end := time.Now().Add(30 * time.Second); ; { // the store notices by itself
		if _, err := db.CommitPrepared(ctx, "x"); err == nil {
			break
		} else if !errors.Is(err, kv.ErrDiskFull) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
	if valueAt(t, db, "a") != "new" {
		t.Error("the commit is not visible")
	}
}

// What Prepare and CommitPrepared have acknowledged survives a power cut.
func TestPreparedPowerCut(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		disk := vfs.NewSim()
		db := openPrepared(t, disk)
		fillForPrepare(t, db)
		prepareChange(t, db, "x", kv.TxnOptions{})
		disk = disk.Crash(rnd)
		db.Close()
		db = openPrepared(t, disk)
		expectUndecided(t, db)
		if _, err := db.CommitPrepared(context.Background(), "x"); err != nil {
			t.Fatal(err)
		}
		disk = disk.Crash(rnd)
		db.Close()
		db = openPrepared(t, disk)
		if a, n := valueAt(t, db, "a"), len(db.Prepared()); a != "new" || n != 0 {
			t.Errorf("seed %d: a=%q, %d prepared", seed, a, n)
		}
		db.Close()
	}
}

func FuzzPrepared(f *testing.F) {
	db, err := Open(Memory, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	f.Add([]byte{preparedFormat, 1, 'n', 1, byte(kv.Shared), 1, 'k', 0, 1, 1, 'a', 'b'})
	f.Add([]byte{preparedFormat, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := db.recoverOne(context.Background(), b); err == nil {
			p.tx.end()
		}
	})
}
