package faults

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/kv/vfs"
)

// TestFaultDiskFull fills the disk under a running store, at different amounts of space and with commits that wait for the disk or
// do not.
func TestFaultDiskFull(t *testing.T) {
	rnd := seeded(t)
	disk := vfs.NewSim()
	db := open(t, small(disk))
	x := newTeller(0, *seedFlag)
	x.pad = strings.Repeat("x", 200)
	for round := range 8 {
		for range 30 {
			untilTaken(t, db, x, kv.ErrDiskFull) // a flush that failed for want of space is tried again after a while
		}
		for !ballasted(disk) {
			time.Sleep(time.Millisecond)
		}
		x.async = round%2 == 1
		disk.SetSpace(int64(rnd.IntN(60000)))
		var err error
		for err == nil {
			err = x.transfer(db)
		}
		if !errors.Is(err, kv.ErrDiskFull) {
			t.Fatalf("got %v, want kv.ErrDiskFull", err)
		}
		if err := audit(db, x); err != nil {
			t.Fatal(err)
		}
		if round%4 >= 2 { // a restart on the full disk; nothing acknowledged was lost, synced or not
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db = open(t, small(disk))
			reopened(t, db, x)
			if err := x.transfer(db); err != nil && !errors.Is(err, kv.ErrDiskFull) {
				t.Fatal(err)
			}
		}
		disk.SetSpace(-1)
		untilTaken(t, db, x, kv.ErrDiskFull)
	}
	checked(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, small(disk))
	reopened(t, db, x)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// ballasted tells whether the ballast is there as a whole: a store that was just opened takes commits while it is being made.
func ballasted(fs vfs.FS) bool {
	f, err := fs.Open("db/BALLAST")
	if err != nil {
		return false
	}
	defer f.Close()
	size, err := f.Size()
	return err == nil && size >= int64(2*small(fs).SegmentBytes+64<<10)
}

// TestFaultMemoryPressure reads and writes data of fifty times the cache.
func TestFaultMemoryPressure(t *testing.T) {
	rnd := seeded(t)
	o := mvcc.Options{FS: vfs.NewMem(), CacheBytes: 256 << 10, MemtableBytes: 128 << 10, SegmentBytes: 256 << 10, RunBytes: 512 << 10}
	db := open(t, o)
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	const size = 1600
	n := 50 * o.CacheBytes / size
	key := func(i int) []byte { return binary.BigEndian.AppendUint32([]byte("k"), uint32(i)*2654435761) }
	value := func(i, version int) []byte {
		b := make([]byte, size)
		r := rand.New(rand.NewPCG(uint64(i), uint64(version)))
		for at := 0; at < size; at += 8 {
			binary.BigEndian.PutUint64(b[at:], r.Uint64())
		}
		return b
	}
	ctx := context.Background()
	versions := make([]int, n)
	write := func(list []int) {
		tx := db.Begin(kv.TxnOptions{Async: true})
		for _, i := range list {
			versions[i]++
			if err := tx.Put(key(i), value(i, versions[i])); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := tx.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < n; i += 100 {
		list := make([]int, 0, 100)
		for j := i; j < min(n, i+100); j++ {
			list = append(list, j)
		}
		write(list)
	}
	for round := range 100 {
		list := make([]int, 50)
		for i := range list {
			list[i] = rnd.IntN(n)
		}
		slices.Sort(list)
		write(slices.Compact(list))
		tx := db.Begin(kv.TxnOptions{ReadOnly: true})
		var v kv.Values
		for range 50 {
			i := rnd.IntN(n)
			v.Reset()
			if err := tx.Get(ctx, [][]byte{key(i)}, &v); err != nil || string(v.V[0]) != string(value(i, versions[i])) {
				t.Fatalf("round %d, key %d: %v", round, i, err)
			}
		}
		tx.Rollback()
		if st := db.Stats(); st.CacheUsed > uint64(o.CacheBytes) || st.MemtableUsed > 8*uint64(o.MemtableBytes) {
			t.Fatalf("the budgets are exceeded: %+v", st)
		}
	}
	for _, reverse := range []bool{false, true} {
		tx := db.Begin(kv.TxnOptions{ReadOnly: true})
		it, err := tx.Scan(ctx, kv.Range{}, kv.ScanOptions{Reverse: reverse})
		if err != nil {
			t.Fatal(err)
		}
		var b kv.Entries
		seen := 0
		for {
			if err := it.Next(ctx, &b, 1000); err != nil {
				t.Fatal(err)
			}
			if b.Len() == 0 {
				break
			}
			seen += b.Len()
		}
		if seen != n {
			t.Fatalf("a scan shows %d entries of %d", seen, n)
		}
		it.Close()
		tx.Rollback()
	}
	checked(t, db)
}

// TestFaultClockJumps: order, durability and the past that was promised do not depend on the wall clock.
func TestFaultClockJumps(t *testing.T) {
	rnd := seeded(t)
	var clock atomic.Int64
	clock.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
	o := small(vfs.NewMem())
	o.Clock = func() time.Time { return time.Unix(clock.Load(), 0) }
	o.Retention = time.Hour
	db := open(t, o)
	x := newTeller(0, *seedFlag)
	last := kv.TS(0)
	for n := range 400 {
		clock.Add([]int64{1, 1, 1, -86400 * 365, 86400 * 365, -1}[rnd.IntN(6)])
		transfers(t, db, x, 1)
		tx := db.Begin(kv.TxnOptions{ReadOnly: true})
		now := tx.ReadTS()
		tx.Rollback()
		if now <= last {
			t.Fatalf("timestamp %d after %d", now, last)
		}
		if past := db.Begin(kv.TxnOptions{AsOf: last}); last > 0 {
			if err := past.StartStatement(context.Background()); err != nil && !errors.Is(err, kv.ErrSnapshotTooOld) {
				t.Fatal(err)
			}
			past.Rollback()
		}
		last = now
		if n%50 == 49 {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			clock.Add(rnd.Int64N(86400*800) - 86400*400)
			db = open(t, o)
			reopened(t, db, x)
		}
	}
	checked(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFaultPermissionLoss takes away the permission to write under a running store, and opens one that has none.
func TestFaultPermissionLoss(t *testing.T) {
	for _, cause := range []error{syscall.EACCES, syscall.EROFS, syscall.EPERM} {
		t.Run(cause.Error(), func(t *testing.T) {
			var denied atomic.Bool
			fs := vfs.Inject(vfs.NewSim(), func(op vfs.Op, _ string) error {
				switch op {
				case vfs.OpRead, vfs.OpOpen, vfs.OpList, vfs.OpSize, vfs.OpSync, vfs.OpSyncDir:
					return nil
				}
				if denied.Load() {
					return cause
				}
				return nil
			})
			db := open(t, small(fs))
			x := newTeller(0, *seedFlag)
			for range 5 {
				for range 40 {
					untilTaken(t, db, x, kv.ErrReadOnly) // a flush that failed is tried again after a while
				}
				denied.Store(true)
				for range 3 {
					if err := x.transfer(db); !errors.Is(err, kv.ErrReadOnly) {
						t.Fatalf("got %v, want kv.ErrReadOnly", err)
					}
				}
				if err := audit(db, x); err != nil {
					t.Fatal(err)
				}
				denied.Store(false)
				untilTaken(t, db, x, kv.ErrReadOnly)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			denied.Store(true)
			db = open(t, small(fs))
			reopened(t, db, x)
			if !db.ReadOnly() {
				t.Fatal("the store does not say that it is read-only")
			}
			if err := x.transfer(db); !errors.Is(err, kv.ErrReadOnly) {
				t.Fatalf("got %v, want kv.ErrReadOnly", err)
			}
			checked(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestFaultConcurrentStress lets writers, auditors, checks and backups run at the same time.
func TestFaultConcurrentStress(t *testing.T) {
	seeded(t)
	fs := vfs.NewMem()
	db := open(t, small(fs))
	tellers := make([]*teller, 12)
	var wg sync.WaitGroup
	var stop atomic.Bool
	run := func(f func() error) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for !stop.Load() {
				if err := f(); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	for i := range tellers {
		x := newTeller(i, *seedFlag)
		x.async, x.pad = i%3 == 0, strings.Repeat("p", i*30)
		tellers[i] = x
		run(func() error { return x.transfer(db) })
	}
	for range 4 {
		run(func() error { return audit(db) })
	}
	run(func() error {
		_, err := db.Check(context.Background())
		return err
	})
	n := 0
	run(func() error {
		n++
		dir := fmt.Sprint("copy", n)
		if _, err := db.Backup(context.Background(), dir, nil); err != nil {
			return err
		}
		c, err := mvcc.Open(dir, small(fs))
		if err != nil {
			return err
		}
		return errors.Join(audit(c), c.Close())
	})
	time.Sleep(1500 * time.Millisecond)
	stop.Store(true)
	wg.Wait()
	if err := audit(db, tellers...); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, small(fs))
	reopened(t, db, tellers...)
	checked(t, db)
	if st := db.Stats(); st.Locks != 0 || st.Snapshots != 0 {
		t.Fatalf("something is still held: %+v", st)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFaultErrorRecovery makes calls fail at random for a while, again and again.
func TestFaultErrorRecovery(t *testing.T) {
	rnd := seeded(t)
	for _, cause := range []error{syscall.EIO, syscall.EMFILE} {
		t.Run(cause.Error(), func(t *testing.T) {
			disk := vfs.NewSim()
			var failing atomic.Bool
			var mu sync.Mutex
			fs := vfs.Inject(disk, func(op vfs.Op, _ string) error {
				if op == vfs.OpSync || op == vfs.OpSyncDir || !failing.Load() {
					return nil
				}
				mu.Lock()
				defer mu.Unlock()
				if rnd.IntN(3) == 0 {
					return cause
				}
				return nil
			})
			db := open(t, small(fs))
			x := newTeller(0, *seedFlag)
			x.pad = strings.Repeat("x", 100)
			for range 30 {
				failing.Store(true)
				failed := 0
				for range 40 {
					err := x.transfer(db)
					if err != nil && !errors.Is(err, cause) {
						t.Fatal(err)
					}
					if errors.Is(err, kv.ErrUndetermined) {
						t.Fatalf("undetermined without a failed sync: %v", err)
					}
					if err != nil {
						failed++
					}
				}
				failing.Store(false)
				untilTaken(t, db, x, cause)
				if err := audit(db, x); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db = open(t, small(disk))
			reopened(t, db, x)
			checked(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("sync", func(t *testing.T) {
		for n := range 40 {
			syncFails(t, int64(n+1), vfs.OpSync)
			syncFails(t, int64(n+1), vfs.OpSyncDir)
		}
	})
}

// syncFails lets the n-th sync after some transfers fail, of a file or a folder. If it was one that commits depend on, none is
// taken until the store is opened again, and the same file is not synced again.
func syncFails(t *testing.T, n int64, which vfs.Op) {
	t.Helper()
	disk := vfs.NewSim()
	var left atomic.Int64
	var victim atomic.Pointer[string]
	var again atomic.Bool
	fs := vfs.Inject(disk, func(op vfs.Op, name string) error {
		if op != which {
			return nil
		}
		if v := victim.Load(); v != nil && *v == name && strings.HasSuffix(name, ".log") {
			again.Store(true)
		}
		if left.Add(-1) == 0 {
			victim.Store(&name)
			return syscall.EIO
		}
		return nil
	})
	db := open(t, small(fs))
	x := newTeller(0, *seedFlag)
	x.pad = strings.Repeat("x", 300)
	transfers(t, db, x, 5)
	left.Store(n)
	var err error
	for i := 0; i < 150 && err == nil; i++ {
		err = x.transfer(db)
	}
	if err != nil {
		if !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		for range 5 {
			next := *x
			if err := next.transfer(db); err == nil || errors.Is(err, kv.ErrUndetermined) {
				t.Fatalf("%s %d of %s failed, and a commit gives %v", which, n, *victim.Load(), err)
			}
		}
		if again.Load() {
			t.Fatalf("%s was synced again", *victim.Load())
		}
	}
	if err := audit(db, x); err != nil && !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	_ = db.Close()
	// The power goes: of what was not synced, anything may be there.
	disk = disk.Crash(rand.New(rand.NewPCG(*seedFlag, uint64(n))))
	db = open(t, small(disk))
	reopened(t, db, x)
	transfers(t, db, x, 5)
	checked(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
