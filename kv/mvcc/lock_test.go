package mvcc

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
)

func asleep(l *locker) {
	for l.waiting.Load() == nil {
		runtime.Gosched()
	}
}

// TestLockQueue: requests are granted in the order they came; an upgrade goes first.
func TestLockQueue(t *testing.T) {
	var table lockTable
	key := []byte("k")
	hash := engine.Hash(key)
	lock := func(l *locker, mode kv.LockMode) {
		if _, err := table.lock(context.Background(), l, hash, key, &kv.LockOptions{Mode: mode}); err != nil {
			t.Error(err)
		}
	}
	var order []string
	var wg sync.WaitGroup
	lockers := map[string]*locker{}
	start := func(name string, mode kv.LockMode) {
		if lockers[name] == nil {
			lockers[name] = &locker{}
		}
		l := lockers[name]
		wg.Add(1)
		go func() {
			defer wg.Done()
			lock(l, mode)
			order = append(order, name) // one at a time: each holds the lock exclusively, or is alone in sharing it
			table.release(l)
		}()
		asleep(l)
	}
	holder, sharer := &locker{}, &locker{}
	lock(holder, kv.Shared)
	lock(sharer, kv.Shared)
	start("first", kv.Exclusive)
	start("last", kv.Exclusive)
	lockers["upgrade"] = sharer
	start("upgrade", kv.Exclusive)
	table.release(holder)
	wg.Wait()
	if got := fmt.Sprint(order); got != "[upgrade first last]" {
		t.Fatal(got)
	}
	for i := range table.shards {
		if table.shards[i].count != 0 {
			t.Fatal("locks are left over")
		}
	}
}

// TestLockCancelLetsOthersPass: a request behind a stronger one goes on when that one gives up.
func TestLockCancelLetsOthersPass(t *testing.T) {
	var table lockTable
	key := []byte("k")
	hash := engine.Hash(key)
	var a, b, c locker
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := table.lock(ctx, &a, hash, key, &kv.LockOptions{Mode: kv.KeyShared}); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 1)
	go func() {
		_, err := table.lock(ctx, &b, hash, key, &kv.LockOptions{})
		errs <- err
	}()
	asleep(&b)
	done := make(chan error, 1)
	go func() {
		_, err := table.lock(context.Background(), &c, hash, key, &kv.LockOptions{Mode: kv.NoKeyExclusive})
		done <- err
	}()
	asleep(&c)
	cancel()
	if err := <-errs; err != context.Canceled {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	table.release(&a)
	table.release(&c)
}

// TestWriteBufferLarge exercises leaves that split and empty.
func TestWriteBufferLarge(t *testing.T) {
	var w writeBuffer
	const n = 5000
	key := func(i int) []byte { return fmt.Appendf(nil, "k%05d", i*7919%n) }
	for i := range n {
		w.put(key(i), []byte("1"), false)
	}
	mark := w.len()
	for i := range n {
		w.put(key(i*3), nil, true)
	}
	if i := w.newest(key(3), mark); string(w.valueOf(i)) != "1" {
		t.Fatal("a mark does not hide later writes")
	}
	w.rollback(mark)
	c := bufferCursor{w: &w, mark: w.len()}
	count := 0
	for c.first(); c.i >= 0; c.next() {
		if string(c.key) != fmt.Sprintf("k%05d", count) {
			t.Fatalf("%s at %d", c.key, count)
		}
		count++
	}
	if count != n {
		t.Fatal(count)
	}
	w.rollback(0)
	if w.len() != 0 || len(w.leaves) != 1 || len(w.leaves[0]) != 0 {
		t.Fatalf("%d writes, %d leaves left", w.len(), len(w.leaves))
	}
}

// restless is an owner that does something whenever a search for deadlocks asks it.
type restless struct {
	asked atomic.Int32
	then  func()
}

func (o *restless) LockWait([]byte) (limit, search time.Duration) { return 0, 0 }
func (o *restless) LockDone()                                     {}
func (o *restless) WaitsFor() []kv.Owner {
	o.asked.Add(1)
	if o.then != nil {
		o.then()
	}
	return nil
}

// TestNoDeadlockOfPassers: transactions that let go of a key and queue for it again while a search goes on, and while the next one does,
// are no cycle.
func TestNoDeadlockOfPassers(t *testing.T) {
	var table lockTable
	key := []byte("k")
	hash := engine.Hash(key)
	queue := func(l *locker) chan error {
		done := make(chan error, 1)
		go func() {
			_, err := table.lock(context.Background(), l, hash, key, &kv.LockOptions{})
			done <- err
		}()
		return done
	}
	var passers [3]*locker
	var got [3]chan error
	for i := range passers {
		o := &restless{}
		passers[i] = &locker{owner: o}
		got[i] = queue(passers[i])
		if i == 0 {
			<-got[0]
			continue
		}
		for o.asked.Load() == 0 {
			runtime.Gosched()
		}
		searched(&table)
	}
	round := 0
	owner := &restless{}
	owner.then = func() {
		if round == 2 {
			return
		}
		l := passers[round]
		table.release(l)
		<-got[round+1] // the next one has the lock
		got[round] = queue(l)
		for table.sleeping(l) == nil {
			runtime.Gosched()
		}
		round++
	}
	searcher := &locker{owner: owner}
	done := queue(searcher)
	for owner.asked.Load() < 3 { // the third search finds that nobody waits for the searcher
		select {
		case err := <-done:
			t.Fatalf("after %d searches: %v", owner.asked.Load(), err)
		default:
			runtime.Gosched()
		}
	}
	searched(&table)
	table.release(passers[2])
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	table.release(searcher)
	for _, i := range []int{0, 1} {
		if err := <-got[i]; err != nil {
			t.Fatal(err)
		}
		table.release(passers[i])
	}
}

// sleeping is the locker by which searches find l's owner.
func (t *lockTable) sleeping(l *locker) *locker {
	t.sleepers.Lock()
	defer t.sleepers.Unlock()
	return t.waiting[l.owner]
}

// searched waits for the end of the search for a cycle that is going on.
func searched(table *lockTable) {
	table.detector.Lock()
	defer table.detector.Unlock()
}
