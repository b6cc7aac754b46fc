package mvcc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
)

// heldKeys is what transactions say they hold, to be compared with what the lock table grants.
type heldKeys struct {
	mu      sync.Mutex
	holders [512]map[int]kv.LockMode
}

func (h *heldKeys) add(t *testing.T, who, key int, mode kv.LockMode) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for o, m := range h.holders[key] {
		if o != who && conflict(m, mode) {
			t.Errorf("key %d: %d has it in mode %d, and %d in mode %d", key, o, m, who, mode)
		}
	}
	if h.holders[key] == nil {
		h.holders[key] = map[int]kv.LockMode{}
	}
	if m, ok := h.holders[key][who]; !ok || strength[m] < strength[mode] {
		h.holders[key][who] = mode
	}
}

// keep makes holders of who what it was at a savepoint.
func (h *heldKeys) keep(who int, was map[int]kv.LockMode) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key := range h.holders {
		if mode, ok := was[key]; ok {
			h.holders[key][who] = mode
		} else {
			delete(h.holders[key], who)
		}
	}
}

func (h *heldKeys) of(who int) map[int]kv.LockMode {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[int]kv.LockMode{}
	for key := range h.holders {
		if mode, ok := h.holders[key][who]; ok {
			out[key] = mode
		}
	}
	return out
}

// TestLockGroups lets transactions lock groups of keys and single ones, in all modes, with savepoints, deadlocks and time-outs, and
// compares what they hold.
func TestLockGroups(t *testing.T) {
	db := open(t, Memory, Options{})
	var held heldKeys
	var groupsTaken, waits atomic.Int64
	var wg sync.WaitGroup
	until := time.Now().Add(time.Second)
	for who := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			w := groupWorker{t: t, db: db, who: who, held: &held, rnd: rand.New(rand.NewPCG(uint64(who), 7)), groups: &groupsTaken, waits: &waits}
			for time.Now().Before(until) && !t.Failed() {
				w.transaction()
			}
		}()
	}
	wg.Wait()
	if groupsTaken.Load() == 0 || waits.Load() == 0 {
		t.Errorf("%d groups, %d waits that failed: the test tests nothing", groupsTaken.Load(), waits.Load())
	}
	if p := db.locks.groups.holders.Load(); p != nil {
		t.Errorf("%d transactions still have groups", len(*p))
	}
	for i := range db.locks.shards {
		if n := db.locks.shards[i].count; n > 0 {
			t.Errorf("shard %d still has %d locks", i, n)
		}
	}
}

type groupWorker struct {
	t             *testing.T
	db            *DB
	who           int
	held          *heldKeys
	rnd           *rand.Rand
	groups, waits *atomic.Int64
}

func (w *groupWorker) transaction() {
	tx := w.db.Begin(kv.TxnOptions{})
	type mark struct {
		at  kv.Savepoint
		was map[int]kv.LockMode
	}
	var marks []mark
	for range 1 + w.rnd.IntN(8) {
		switch w.rnd.IntN(6) {
		case 0:
			marks = append(marks, mark{tx.Savepoint(), w.held.of(w.who)})
		case 1:
			if n := len(marks); n > 0 {
				m := marks[w.rnd.IntN(n)]
				marks = marks[:slices.IndexFunc(marks, func(o mark) bool { return o.at == m.at })+1]
				w.held.keep(w.who, m.was) // before, for others get the locks at once
				tx.RollbackTo(m.at)
			}
		case 2, 3:
			if !w.lock(tx, groupKeys+w.rnd.IntN(groupKeys), []kv.LockMode{kv.Exclusive, kv.NoKeyExclusive}[w.rnd.IntN(2)]) {
				w.end(tx)
				return
			}
		default:
			if !w.lock(tx, 1+w.rnd.IntN(3), kv.LockMode(w.rnd.IntN(4))) {
				w.end(tx)
				return
			}
		}
	}
	w.end(tx)
}

func (w *groupWorker) end(tx kv.Txn) {
	w.held.keep(w.who, nil)
	tx.Rollback()
}

// lock locks n keys in random order; false if that failed.
func (w *groupWorker) lock(tx kv.Txn, n int, mode kv.LockMode) bool {
	order := w.rnd.Perm(len(w.held.holders))[:n]
	if w.rnd.IntN(2) == 0 { // next to each other
		first := w.rnd.IntN(len(w.held.holders) - n)
		for i := range order {
			order[i] = first + i
		}
	}
	keys := make([][]byte, n)
	for i, k := range order {
		keys[i] = fmt.Appendf(nil, "key%04d", k)
	}
	o := kv.LockOptions{Mode: mode, ToWrite: n > 1, Timeout: time.Millisecond}
	var l kv.Locked
	err := tx.Lock(context.Background(), keys, o, &l)
	if errors.Is(err, kv.ErrDeadlock) || errors.Is(err, kv.ErrLockTimeout) {
		w.waits.Add(1)
		return false
	}
	if err != nil || len(l.V) != n {
		w.t.Errorf("Lock of %d keys: %d values, %v", n, len(l.V), err)
		return false
	}
	if n >= groupKeys {
		w.groups.Add(1)
	}
	for _, k := range order {
		w.held.add(w.t, w.who, k, mode)
	}
	return true
}

// TestLockGroupReads locks a group over committed rows, own writes in the buffer and in spills, and missing keys.
func TestLockGroupReads(t *testing.T) {
	for _, later := range []bool{false, true} { // whether something was committed since the snapshot
		db := open(t, Memory, Options{WriteBytes: 8 << 10})
		setup := db.Begin(kv.TxnOptions{})
		const n = 1000
		want := make([]string, n)
		for i := 0; i < n; i += 2 {
			want[i] = "old"
			putOwn(t, setup, fmt.Sprintf("key%04d", i), "old")
		}
		commit(t, setup)
		tx := db.Begin(kv.TxnOptions{})
		start(t, tx)
		for i := 0; i < n; i += 3 {
			want[i] = "own"
			putOwn(t, tx, fmt.Sprintf("key%04d", i), "own")
		}
		if err := tx.Delete([]byte("key0500")); err != nil {
			t.Fatal(err)
		}
		want[500] = ""
		if later {
			other := db.Begin(kv.TxnOptions{})
			putOwn(t, other, "key0002", "new")
			want[2] = "new"
			commit(t, other)
		}
		var keys [][]byte
		for i := range n {
			keys = append(keys, fmt.Appendf(nil, "key%04d", i))
		}
		var l kv.Locked
		if err := tx.Lock(context.Background(), keys, kv.LockOptions{ToWrite: true}, &l); err != nil {
			t.Fatal(err)
		}
		for i, v := range l.V {
			if string(v.Value) != want[i] || v.Changed != (later && i == 2) || v.Own != (want[i] == "own" || i == 500) {
				t.Fatalf("key %d: %q changed %v own %v, want %q", i, v.Value, v.Changed, v.Own, want[i])
			}
		}
		blocked := db.Begin(kv.TxnOptions{})
		if err := blocked.Lock(context.Background(), keys[7:8], kv.LockOptions{Wait: kv.NoWait}, nil); !errors.Is(err, kv.ErrLocked) {
			t.Fatalf("a key of the group: %v", err)
		}
		blocked.Rollback()
		commit(t, tx)
		_ = db.Close()
	}
}

func commit(t *testing.T, tx kv.Txn) {
	t.Helper()
	if _, err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func numbered(from, to int) (keys [][]byte) {
	for i := from; i < to; i++ {
		keys = append(keys, fmt.Appendf(nil, "key%04d", i))
	}
	return keys
}

func lockAll(t *testing.T, tx kv.Txn, keys [][]byte, mode kv.LockMode) {
	t.Helper()
	if err := tx.Lock(context.Background(), keys, kv.LockOptions{Mode: mode, ToWrite: true}, nil); err != nil {
		t.Fatal(err)
	}
}

// TestLockGroupSavepoint gives up groups with a savepoint: what an older one holds stays, in its own mode.
func TestLockGroupSavepoint(t *testing.T) {
	db := open(t, Memory, Options{})
	defer db.Close()
	tx := db.Begin(kv.TxnOptions{})
	lockAll(t, tx, numbered(0, 200), kv.NoKeyExclusive)
	p := tx.Savepoint()
	lockAll(t, tx, numbered(100, 300), kv.Exclusive)
	lockAll(t, tx, numbered(300, 500), kv.NoKeyExclusive)
	lockAll(t, tx, numbered(500, 700), kv.NoKeyExclusive) // merged with the one before
	free := func(key int, mode kv.LockMode) bool {
		t.Helper()
		other := db.Begin(kv.TxnOptions{})
		defer other.Rollback()
		err := other.Lock(context.Background(), numbered(key, key+1), kv.LockOptions{Mode: mode, Wait: kv.NoWait}, nil)
		if err != nil && !errors.Is(err, kv.ErrLocked) {
			t.Fatal(err)
		}
		return err == nil
	}
	waiting := db.Begin(kv.TxnOptions{}) // keeps a keyLock of 150 while the groups change
	got := make(chan error)
	go func() {
		got <- waiting.Lock(context.Background(), numbered(150, 151), kv.LockOptions{Mode: kv.Exclusive}, nil)
	}()
	for waiting.(*Txn).s.locker.waiting.Load() == nil {
		time.Sleep(time.Millisecond)
	}
	if free(150, kv.KeyShared) || free(250, kv.KeyShared) || free(300, kv.Shared) || free(699, kv.Shared) || !free(50, kv.KeyShared) {
		t.Error("before RollbackTo")
	}
	tx.RollbackTo(p)
	if !free(150, kv.KeyShared) || free(150, kv.Shared) || !free(250, kv.Exclusive) || !free(300, kv.Exclusive) || !free(699, kv.Exclusive) || free(99, kv.Exclusive) {
		t.Error("after RollbackTo")
	}
	tx.Rollback()
	if err := <-got; err != nil {
		t.Error(err)
	}
	waiting.Rollback()
	if !free(150, kv.Exclusive) || !free(0, kv.Exclusive) {
		t.Error("after the end")
	}
	tx = db.Begin(kv.TxnOptions{})
	defer tx.Rollback()
	lockAll(t, tx, numbered(0, 200), kv.Exclusive)
	p = tx.Savepoint()
	lockAll(t, tx, numbered(200, 400), kv.Exclusive)
	tx.RollbackTo(p)
	if free(199, kv.KeyShared) || !free(200, kv.Exclusive) {
		t.Error("groups of one mode before and after a savepoint")
	}
}

// TestLockGroupOrder has a group that still asks for its keys when a lock of one is made, which another transaction has.
func TestLockGroupOrder(t *testing.T) {
	db := open(t, Memory, Options{})
	defer db.Close()
	ctx := context.Background()
	holder, first, second := db.Begin(kv.TxnOptions{}), db.Begin(kv.TxnOptions{}), db.Begin(kv.TxnOptions{})
	defer holder.Rollback()
	lockAll(t, holder, numbered(0, 1), kv.Exclusive)
	lockAll(t, first, numbered(300, 500), kv.Exclusive)
	done := make(chan error)
	go func() { // waits for key 0, and will ask for 1 to 400 then
		done <- second.Lock(ctx, numbered(0, 401), kv.LockOptions{ToWrite: true, Timeout: 200 * time.Millisecond}, nil)
	}()
	for second.(*Txn).s.locker.waiting.Load() == nil {
		time.Sleep(time.Millisecond)
	}
	lockAll(t, first, numbered(500, 700), kv.Exclusive) // one group with the other now, younger than that of second
	other := db.Begin(kv.TxnOptions{})
	defer other.Rollback()
	if err := other.Lock(ctx, numbered(350, 351), kv.LockOptions{Wait: kv.NoWait}, nil); !errors.Is(err, kv.ErrLocked) {
		t.Fatal(err)
	}
	holder.Rollback()
	if err := <-done; !errors.Is(err, kv.ErrLockTimeout) {
		t.Errorf("keys of another transaction: %v", err)
	}
	second.Rollback()
	first.Rollback()
	lockAll(t, other, numbered(0, 700), kv.Exclusive)
}
