package mvcc

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// A worker owns two keys that it always writes together, and a shared key that all write. After a crash both keys hold
// the same number, at least the last one acknowledged. Each round leaves one more key in a range of its own and counts them,
// until one empties the range.
type worker struct {
	id    int
	acked int // last round that Commit confirmed
	tried int // last round begun
	async int // last round acknowledged without sync
}

func (w *worker) keys() (string, string) {
	return fmt.Sprintf("w%02d/first", w.id), fmt.Sprintf("w%02d/second", w.id)
}

// crashRange is after how many rounds a worker empties its range.
const crashRange = 3 * fewKeys

func (w *worker) filled() kv.Range {
	return kv.Range{Start: fmt.Appendf(nil, "w%02d/fill/", w.id), End: fmt.Appendf(nil, "w%02d/fill0", w.id)}
}

// round commits one round; false means that the store takes no more commits.
func (w *worker) round(db *DB, pad string) error {
	ctx := context.Background()
	async := w.tried%5 == 4
	tx := db.Begin(kv.TxnOptions{Async: async})
	defer tx.Rollback()
	a, b := w.keys()
	n := w.tried + 1
	value := fmt.Appendf(nil, "%d %s", n, pad)
	keys := [][]byte{[]byte(a), []byte(b), []byte("shared")}
	if err := tx.Lock(ctx, keys, kv.LockOptions{}, nil); err != nil {
		return err
	}
	if err := errors.Join(tx.Put(keys[0], value), tx.Put(keys[1], value), tx.Put(keys[2], value)); err != nil {
		return err
	}
	if err := w.fill(tx, n, value); err != nil {
		return err
	}
	w.tried = n
	if _, err := tx.Commit(ctx); err != nil {
		return err
	}
	if async {
		w.async = n
	} else {
		w.acked = n
	}
	return nil
}

func (w *worker) fill(tx kv.Txn, n int, value []byte) error {
	count, err := w.count(tx, false)
	if err != nil {
		return err
	}
	if n%crashRange > 0 {
		count++
		err = tx.Put(fmt.Appendf(nil, "%s%06d", w.filled().Start, n), value)
	} else {
		count = 0
		err = tx.DeleteRange(w.filled())
	}
	return errors.Join(err, tx.Put(fmt.Appendf(nil, "w%02d/count", w.id), fmt.Append(nil, count)))
}

// count is how many keys are in the worker's range.
func (w *worker) count(tx kv.Txn, reverse bool) (int, error) {
	it, err := tx.Scan(context.Background(), w.filled(), kv.ScanOptions{Reverse: reverse})
	if err != nil {
		return 0, err
	}
	defer it.Close()
	var e kv.Entries
	err = it.Next(context.Background(), &e, 2*crashRange)
	return e.Len(), err
}

// reopened is check after the store was opened again: what is there now is durable.
func (w *worker) reopened(db *DB) error {
	err := w.check(db)
	if err == nil {
		w.acked, w.async = w.tried, w.tried
	}
	return err
}

// check compares what is in the store with what was acknowledged.
func (w *worker) check(db *DB) error {
	a, b := w.keys()
	tx := db.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	var v kv.Values
	if err := tx.Get(context.Background(), [][]byte{[]byte(a), []byte(b), fmt.Appendf(nil, "w%02d/count", w.id)}, &v); err != nil {
		return err
	}
	if string(v.V[0]) != string(v.V[1]) {
		return fmt.Errorf("worker %d: half applied: %.20q and %.20q", w.id, v.V[0], v.V[1])
	}
	n := 0
	fmt.Sscan(string(v.V[0]), &n)
	if n < w.acked || n > w.tried {
		return fmt.Errorf("worker %d: round %d found, %d acknowledged, %d tried", w.id, n, w.acked, w.tried)
	}
	w.tried = n
	count := 0
	fmt.Sscan(string(v.V[2]), &count)
	found, err := w.count(tx, n%2 == 0)
	if err == nil && found != count {
		err = fmt.Errorf("worker %d: %d keys in its range after round %d, %d were counted", w.id, found, n, count)
	}
	return err
}

// crashSeeds is how many disks TestCrash crashes; raise it for a long run.
var crashSeeds = flag.Int("crash.seeds", 8, "random disks in TestCrash")

// TestCrash cuts the power at a random operation of concurrent commits, again and again on the same disk.
func TestCrash(t *testing.T) {
	lives := 25
	if raced { // the seeds differ more than the lives of one disk
		lives = 8
	}
	for seed := range uint64(*crashSeeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			crashRun(t, seed, lives)
		})
	}
}

func crashRun(t *testing.T, seed uint64, lives int) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	disk := vfs.NewSim()
	workers := make([]*worker, 4)
	for i := range workers {
		workers[i] = &worker{id: i}
	}
	for life := range lives {
		calls := atomic.Int64{}
		calls.Store(int64(rnd.IntN(400)) + 1)
		var after *vfs.Sim
		var once sync.Once
		power := rand.New(rand.NewPCG(seed, uint64(life)))
		fs := vfs.Inject(disk, func(op vfs.Op, name string) error {
			if calls.Add(-1) < 0 && op != vfs.OpRead && op != vfs.OpOpen {
				once.Do(func() { after = disk.Crash(power) })
			}
			return nil
		})
		db, err := Open("db", small(fs))
		if err == nil {
			for _, w := range workers {
				if err := w.reopened(db); err != nil && after == nil {
					t.Fatalf("seed %d, life %d: %v", seed, life, err)
				}
			}
			if life%3 == 0 {
				if _, err := db.Check(context.Background()); err != nil && !errors.Is(err, syscall.EIO) {
					t.Fatalf("seed %d, life %d: %v", seed, life, err)
				}
			}
			runWorkers(db, workers, rnd)
			_ = db.Close()
		} else if !errors.Is(err, syscall.EIO) {
			t.Fatalf("seed %d, life %d: %v", seed, life, err)
		}
		once.Do(func() { after = disk.Crash(power) })
		disk = after
	}
	db, err := Open("db", small(disk))
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	defer db.Close()
	if _, err := db.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, w := range workers {
		if err := w.check(db); err != nil {
			t.Fatal(err)
		}
	}
}

// runWorkers lets every worker commit until it fails, at most 200 rounds.
func runWorkers(db *DB, workers []*worker, rnd *rand.Rand) {
	var wg sync.WaitGroup
	for _, w := range workers {
		pad := strings.Repeat("x", rnd.IntN(600))
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 200 {
				if w.round(db, pad) != nil {
					return
				}
			}
		}()
	}
	wg.Wait()
}

// TestDamage alters a file of a closed store in every way and demands that it is noticed: either Open or Check names it,
// or nothing is different.
func TestDamage(t *testing.T) {
	base := vfs.NewSim()
	fill(t, base)
	names, _ := base.List("db")
	rnd := rand.New(rand.NewPCG(1, 1))
	kinds := map[string]func(b []byte) []byte{
		"bit":      func(b []byte) []byte { b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8); return b },
		"zero":     func(b []byte) []byte { at := rnd.IntN(len(b)); clear(b[at:min(len(b), at+512)]); return b },
		"truncate": func(b []byte) []byte { return b[:rnd.IntN(len(b))] },
		"delete":   func([]byte) []byte { return nil },
		"swap": func(b []byte) []byte {
			n := len(b) / 2
			return append(append([]byte(nil), b[n:]...), b[:n]...)
		},
	}
	for _, name := range names {
		if strings.HasPrefix(name, "spare") || name == "LOCK" || name == "BALLAST" {
			continue
		}
		for kind, change := range kinds {
			for range 6 {
				disk := base.Crash(rnd)
				base = disk.Clone()
				before := content(t, disk.Clone())
				disk.Damage("db/"+name, change)
				db, err := Open("db", small(disk))
				if err == nil {
					_, err = db.Check(context.Background())
					if err == nil {
						got, gerr := dump(db)
						if gerr != nil || got != before {
							t.Errorf("%s of %s was not noticed: %v", kind, name, gerr)
						}
					}
					db.Close()
				}
				if err != nil && !errors.Is(err, kv.ErrCorrupt) && !errors.Is(err, kv.ErrFormat) {
					t.Errorf("%s of %s: %v", kind, name, err)
				}
			}
		}
	}
}

// fill makes a store with runs in two levels and a log whose end is known to be durable.
func fill(t *testing.T, disk *vfs.Sim) {
	t.Helper()
	db := open(t, "db", small(disk))
	w := &worker{}
	for range 300 {
		if err := w.round(db, strings.Repeat("p", 100)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// checked is the damage that Check finds.
func checked(db *DB) error {
	_, err := db.Check(context.Background())
	return err
}

func content(t *testing.T, disk *vfs.Sim) string {
	t.Helper()
	db := open(t, "db", small(disk))
	defer db.Close()
	s, err := dump(db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func dump(db *DB) (string, error) {
	tx := db.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	it, err := tx.Scan(context.Background(), kv.Range{}, kv.ScanOptions{})
	if err != nil {
		return "", err
	}
	defer it.Close()
	var out []string
	var b kv.Entries
	for {
		if err := it.Next(context.Background(), &b, 100); err != nil || b.Len() == 0 {
			return strings.Join(out, "\n"), err
		}
		for i := range b.K {
			out = append(out, fmt.Sprintf("%q=%q", b.K[i], b.V[i]))
		}
	}
}
