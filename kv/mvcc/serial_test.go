package mvcc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/lightsql/lightsql/kv"
)

// TestSerialBounded: while one SERIALIZABLE transaction runs on and on, what is remembered of the others stays bounded, and an
// anomaly with one of the first of them is still found. A safe read-only transaction keeps nothing at all.
func TestSerialBounded(t *testing.T) {
	db := open(t, Memory, Options{})
	defer db.Close()
	ctx := context.Background()
	begin := func(readOnly bool) kv.Txn {
		tx := db.Begin(kv.TxnOptions{Isolation: kv.Serializable, ReadOnly: readOnly})
		if err := tx.StartStatement(ctx); err != nil {
			t.Fatal(err)
		}
		return tx
	}
	get := func(tx kv.Txn, key string) error { return tx.Get(ctx, [][]byte{[]byte(key)}, &kv.Values{}) }
	report := begin(true)
	long := begin(false)
	if err := get(long, "x"); err != nil {
		t.Fatal(err)
	}
	for i := range 20000 {
		tx := begin(false)
		key := fmt.Sprintf("k%06d", i)
		if i == 0 { // reads what long will write, and writes what long has read
			if err := get(tx, "y"); err != nil {
				t.Fatal(err)
			}
			key = "x"
		}
		if err := errors.Join(get(tx, fmt.Sprintf("k%06d", i+1)), tx.Put([]byte(key), []byte("v"))); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Commit(ctx); err != nil {
			t.Fatal(i, err)
		}
		if n := len(db.serial.all); n > finishedMax+10 {
			t.Fatalf("%d transactions are remembered", n)
		}
	}
	ranges := 0
	for _, o := range db.serial.all {
		ranges += len(o.reads.merged) + len(o.writes.old.merged)
	}
	if ranges > 2*readRangesMax+finishedMax {
		t.Fatalf("%d ranges are remembered", ranges)
	}
	err := long.Put([]byte("y"), []byte("v"))
	if err == nil {
		_, err = long.Commit(ctx)
	}
	if !errors.Is(err, kv.ErrDependencies) {
		t.Fatalf("write skew with a transaction of long ago: %v", err)
	}
	long.Rollback()
	if _, err := report.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if n := len(db.serial.all); n != 0 {
		t.Fatalf("%d transactions are remembered when none runs", n)
	}
}

// pastTxn is a committed transaction of TestSerialHistories: which version of each key it read and made.
type pastTxn struct {
	reads  map[string]int
	writes map[string]bool
	order  int // of commit
}

// TestSerialHistories makes random histories of SERIALIZABLE transactions and looks for cycles among those that committed, also when
// nearly all finished transactions are summarized.
func TestSerialHistories(t *testing.T) {
	for _, limit := range []int{0, 1, 4} {
		failed, committed := 0, 0
		for seed := range uint64(60) {
			f, c := serialHistory(t, seed, limit)
			failed, committed = failed+f, committed+c
		}
		t.Logf("limit %d: %d committed, %d failed", limit, committed, failed)
		if committed < failed/4 || failed == 0 {
			t.Errorf("limit %d: %d committed, %d failed", limit, committed, failed)
		}
	}
}

func serialHistory(t *testing.T, seed uint64, limit int) (failed, committed int) {
	t.Helper()
	db := open(t, Memory, Options{})
	defer db.Close()
	db.serial.limit = limit
	ctx := context.Background()
	rnd := rand.New(rand.NewPCG(seed, 5))
	type running struct {
		pastTxn
		tx kv.Txn
	}
	var open []*running
	var done []*pastTxn
	end := func(i int, ok bool) {
		if x := open[i]; ok {
			x.order = len(done) + 1
			done = append(done, &x.pastTxn)
			committed++
		} else {
			x.tx.Rollback()
			failed++
		}
		open = append(open[:i], open[i+1:]...)
	}
	for range 400 {
		if len(open) < 5 && rnd.IntN(3) == 0 {
			open = append(open, &running{pastTxn{map[string]int{}, map[string]bool{}, 0}, db.Begin(kv.TxnOptions{Isolation: kv.Serializable})})
		}
		if len(open) == 0 {
			continue
		}
		i := rnd.IntN(len(open))
		x := open[i]
		key := fmt.Sprint("k", rnd.IntN(8))
		switch rnd.IntN(6) {
		case 0, 1, 2:
			var v kv.Values
			if err := x.tx.Get(ctx, [][]byte{[]byte(key)}, &v); err != nil {
				end(i, false)
			} else if !x.writes[key] {
				n, _ := strconv.Atoi(string(v.V[0]))
				x.reads[key] = n
			}
		case 3, 4:
			err := x.tx.Lock(ctx, [][]byte{[]byte(key)}, kv.LockOptions{Wait: kv.NoWait}, &kv.Locked{})
			if err == nil {
				err = x.tx.Put([]byte(key), []byte("0")) // the number of the version comes with the commit
			}
			if err != nil {
				end(i, false)
			} else {
				x.writes[key] = true
			}
		default:
			var err error
			for k := range x.writes {
				if e := x.tx.Put([]byte(k), strconv.AppendInt(nil, int64(len(done)+1), 10)); e != nil {
					err = e
				}
			}
			if err == nil {
				_, err = x.tx.Commit(ctx)
			}
			end(i, err == nil)
		}
	}
	for len(open) > 0 {
		end(0, false)
	}
	if cycle := findCycle(done); cycle != nil {
		t.Fatalf("seed %d, limit %d: transactions %v have no serial order", seed, limit, cycle)
	}
	return failed, committed
}

// findCycle looks for a cycle of dependencies: a transaction comes after the one whose version it read or replaced, and before
// the one that replaced what it read.
func findCycle(done []*pastTxn) []int {
	after := make([][]int, len(done)+1) // by order
	for _, x := range done {
		for _, y := range done {
			if x == y {
				continue
			}
			before := false
			for k := range y.writes {
				n, read := x.reads[k]
				before = before || x.writes[k] && x.order < y.order || read && n < y.order // replaced by y
			}
			for k, n := range y.reads {
				before = before || n == x.order && x.writes[k]
			}
			if before {
				after[x.order] = append(after[x.order], y.order)
			}
		}
	}
	state := make([]int, len(after))
	var path []int
	var visit func(n int) bool
	visit = func(n int) bool {
		state[n] = 1
		path = append(path, n)
		for _, m := range after[n] {
			if state[m] == 1 || state[m] == 0 && visit(m) {
				return true
			}
		}
		state[n] = 2
		path = path[:len(path)-1]
		return false
	}
	for n := range after {
		if state[n] == 0 && visit(n) {
			return path
		}
	}
	return nil
}
