package mvcc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

func runFiles(t *testing.T, fs vfs.FS) (n int) {
	t.Helper()
	names, err := fs.List("db")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".run") {
			n++
		}
	}
	return n
}

func putOwn(t *testing.T, tx kv.Txn, key, value string) {
	t.Helper()
	if err := tx.Put([]byte(key), []byte(value)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, tx kv.Txn, key string) string {
	t.Helper()
	var v kv.Values
	if err := tx.Get(context.Background(), [][]byte{[]byte(key)}, &v); err != nil {
		t.Fatal(err)
	}
	return string(v.V[0])
}

func start(t *testing.T, tx kv.Txn) {
	t.Helper()
	if err := tx.StartStatement(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestSpillInOrder writes more than the buffer holds in order of the keys: the runs become part of the store as they are, in a
// sorted level.
func TestSpillInOrder(t *testing.T) {
	fs := vfs.NewMem()
	o := Options{FS: fs, WriteBytes: 64 << 10}
	db := open(t, "db", o)
	tx := db.Begin(kv.TxnOptions{})
	const n = 10_000
	for i := range n {
		putOwn(t, tx, fmt.Sprintf("key%06d", i), strings.Repeat("v", 100))
	}
	if files := runFiles(t, fs); files < 10 {
		t.Fatalf("%d files of the transaction", files)
	}
	if st := db.Stats(); st.Runs != [7]int{} {
		t.Fatalf("runs before the commit: %v", st.Runs)
	}
	ts, err := tx.Commit(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	st := db.Stats()
	if st.Ingests != 1 || st.Runs[0] != 0 || st.Runs[1] < 10 || st.VisibleTS != uint64(ts) || st.LogBytes > 1000 || st.MergeBytes > 0 {
		t.Fatalf("%+v", st)
	}
	check(t, db, n)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, "db", o)
	defer db.Close()
	check(t, db, n)
	if got := db.Stats().LastTS; got < uint64(ts) {
		t.Fatalf("timestamp %d after Open, %d before", got, ts)
	}
	if _, err := db.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestSpillSpaces is a load into a table with an index, whose entries come in another order, and what stands before and after it
// in a catalog: the table's part stays as it was written, and the index is merged.
func TestSpillSpaces(t *testing.T) {
	fs := vfs.NewMem()
	db := open(t, "db", Options{FS: fs, WriteBytes: 64 << 10, Space: func([]byte) int { return 1 }})
	defer db.Close()
	tx := db.Begin(kv.TxnOptions{})
	const n = 5_000
	want := map[string]string{"c1": "end", "c2": "begin"}
	putOwn(t, tx, "c1", "begin")
	putOwn(t, tx, "c2", "begin")
	start(t, tx)
	for i := range n {
		row, entry := fmt.Sprintf("t%06d", i), fmt.Sprintf("x%06d", i*7919%n)
		want[row], want[entry] = strings.Repeat("v", 100), row
		putOwn(t, tx, row, want[row])
		putOwn(t, tx, entry, row)
	}
	putOwn(t, tx, "c1", "end")
	spilled := len(tx.(*Txn).s.own.spills)
	if _, err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	st := db.Stats()
	if tables := spilled / 2; st.Runs[1] < tables || st.Runs[1] > tables+10 {
		t.Fatalf("%d spills, runs %v", spilled, st.Runs)
	}
	tx = db.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	for k, v := range want {
		if got := get(t, tx, k); got != v {
			t.Fatalf("%s: %q", k, got)
		}
	}
	if _, err := db.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestSpillReads reads a transaction's own writes from its buffer and its spills, by statements, through iterators that were
// opened before a spill, and after RollbackTo into the middle of one.
func TestSpillReads(t *testing.T) {
	for _, many := range []bool{false, true} { // statements in one buffer: few divide it, many make it keep all writes
		fs := vfs.NewMem()
		db := open(t, "db", Options{FS: fs, WriteBytes: 8 << 10})
		tx := db.Begin(kv.TxnOptions{})
		putOwn(t, tx, "old", "0")
		start(t, tx)
		it, err := tx.Scan(context.Background(), kv.Range{}, kv.ScanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var p kv.Savepoint
		for i := range 2000 {
			if i == 1003 {
				p = tx.Savepoint()
			}
			if many {
				start(t, tx)
			}
			putOwn(t, tx, fmt.Sprintf("key%03d", i%500), fmt.Sprint(i))
		}
		if !many {
			if got := get(t, tx, "key007"); got != "" {
				t.Fatalf("a statement sees its own %q", got)
			}
		}
		var e kv.Entries
		if err := it.Next(context.Background(), &e, 10); err != nil || e.Len() != 1 || string(e.K[0]) != "old" {
			t.Fatalf("the iterator sees %q, %v", e.K, err)
		}
		it.Close()
		start(t, tx)
		for i := range 500 {
			if got, want := get(t, tx, fmt.Sprintf("key%03d", i)), fmt.Sprint(1500+i); got != want {
				t.Fatalf("key%03d is %q, want %q", i, got, want)
			}
		}
		tx.RollbackTo(p)
		start(t, tx)
		for i := range 500 {
			want := fmt.Sprint(500 + i)
			if i < 3 {
				want = fmt.Sprint(1000 + i)
			}
			if got := get(t, tx, fmt.Sprintf("key%03d", i)); got != want {
				t.Fatalf("after RollbackTo key%03d is %q, want %q", i, got, want)
			}
		}
		if _, err := tx.Commit(context.Background()); err != nil {
			t.Fatal(err)
		}
		check(t, db, 501)
		tx = db.Begin(kv.TxnOptions{})
		if got := get(t, tx, "key002") + get(t, tx, "key003"); got != "1002503" {
			t.Fatal(got)
		}
		tx.Rollback()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSpillLeavesNothing rolls back, fails and crashes: no file of the transaction stays.
func TestSpillLeavesNothing(t *testing.T) {
	disk := vfs.NewSim()
	var full atomic.Bool // the keeper of the log writes meanwhile
	fs := vfs.Inject(disk, func(op vfs.Op, name string) error {
		if full.Load() && op == vfs.OpWrite && strings.HasSuffix(name, ".run") {
			return syscall.ENOSPC
		}
		return nil
	})
	o := Options{FS: fs, WriteBytes: 8 << 10}
	db := open(t, "db", o)
	fillTxn := func(tx kv.Txn) error {
		for i := range 1000 {
			if err := tx.Put(fmt.Appendf(nil, "key%04d", i), make([]byte, 100)); err != nil {
				return err
			}
		}
		return nil
	}
	tx := db.Begin(kv.TxnOptions{})
	if err := fillTxn(tx); err != nil {
		t.Fatal(err)
	}
	if runFiles(t, fs) == 0 {
		t.Fatal("no spill")
	}
	tx.Rollback()
	if n := runFiles(t, fs); n != 0 {
		t.Fatalf("%d files after Rollback", n)
	}
	tx = db.Begin(kv.TxnOptions{})
	full.Store(true)
	if err := fillTxn(tx); !errors.Is(err, kv.ErrDiskFull) {
		t.Fatalf("got %v, want ErrDiskFull", err)
	}
	full.Store(false)
	tx.Rollback()
	if n := runFiles(t, fs); n != 0 {
		t.Fatalf("%d files after a full disk", n)
	}
	tx = db.Begin(kv.TxnOptions{})
	if err := fillTxn(tx); err != nil {
		t.Fatal(err)
	}
	after := disk.Crash(rand.New(rand.NewPCG(1, 1)))
	_ = db.Close() // of a disk that is gone
	db = open(t, "db", Options{FS: after})
	for until := time.Now().Add(10 * time.Second); runFiles(t, after) != 0; time.Sleep(time.Millisecond) { // they go in the background
		if time.Now().After(until) {
			t.Fatalf("%d files after a crash", runFiles(t, after))
		}
	}
	check(t, db, 0)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSpillOverMemtable: what a spilled transaction writes is newer than what memtables hold of the same keys.
func TestSpillOverMemtable(t *testing.T) {
	db := open(t, Memory, Options{WriteBytes: 16 << 10})
	defer db.Close()
	putMany(t, db, "key", 1000)
	value := "new" + strings.Repeat(".", 50)
	tx := db.Begin(kv.TxnOptions{})
	for _, i := range rand.New(rand.NewPCG(3, 3)).Perm(1000) {
		putOwn(t, tx, fmt.Sprintf("key%06d", i), value)
	}
	if _, err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	putMany(t, db, "later", 100)
	check(t, db, 1100)
	tx = db.Begin(kv.TxnOptions{})
	defer tx.Rollback()
	for i := range 1000 {
		if got := get(t, tx, fmt.Sprintf("key%06d", i)); got != value {
			t.Fatalf("key%06d is %q", i, got)
		}
	}
	if st := db.Stats(); st.Ingests != 1 || slices.Max(st.Runs[:]) == 0 {
		t.Fatalf("%+v", st)
	}
}

// TestLargeValue stores a value that is larger than buffer and memtable.
func TestLargeValue(t *testing.T) {
	fs := vfs.NewMem()
	o := small(fs)
	db := open(t, "db", o)
	big := strings.Repeat("0123456789abcdef", 5<<20/16)
	tx := db.Begin(kv.TxnOptions{})
	putOwn(t, tx, "a", "1")
	putOwn(t, tx, "big", big)
	putOwn(t, tx, "c", "3")
	start(t, tx)
	if get(t, tx, "big") != big || get(t, tx, "a") != "1" {
		t.Fatal("own large value")
	}
	if _, err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, "db", o)
	defer db.Close()
	tx = db.Begin(kv.TxnOptions{})
	defer tx.Rollback()
	if get(t, tx, "big") != big || get(t, tx, "c") != "3" {
		t.Fatal("large value after Open")
	}
	if _, err := db.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
}
