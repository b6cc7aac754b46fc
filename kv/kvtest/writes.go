package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/kv"
)

func testRollback(h *harness) {
	h.put("a=1")
	tx := h.begin(kv.TxnOptions{})
	tx.write("a=2", "b=2")
	tx.Rollback()
	tx.Rollback()
	h.equal(h.dump(), "a=1")
}

func testEnded(h *harness) {
	tx := h.begin(kv.TxnOptions{})
	tx.write("a=1")
	tx.commit()
	tx.Rollback() // a no-op
	other := h.begin(kv.TxnOptions{})
	other.write("b=2")
	tx.Rollback() // of no effect on later transactions
	other.commit()
	h.equal(h.dump(), "a=1 b=2")
	if _, err := tx.Commit(h.ctx); err == nil {
		h.Fatal("second Commit succeeded")
	}
	if tx.Put([]byte("c"), []byte("3")) == nil || tx.StartStatement(h.ctx) == nil {
		h.Fatal("an ended transaction takes writes")
	}
}

func testSavepoints(h *harness) {
	h.put("a=1", "b=1")
	tx := h.begin(kv.TxnOptions{})
	tx.write("a=2")
	first := tx.Savepoint()
	tx.write("a=3", "b=", "c=3")
	tx.start()
	second := tx.Savepoint()
	tx.write("a=4", "d=4")
	tx.start()
	h.equal(tx.scan("", ""), "a=4 c=3 d=4")
	tx.RollbackTo(second)
	tx.start()
	h.equal(tx.scan("", ""), "a=3 c=3")
	tx.write("a=5")
	tx.RollbackTo(second) // stays usable
	tx.start()
	h.equal(tx.scan("", ""), "a=3 c=3")
	tx.RollbackTo(first)
	h.equal(tx.mustLock(kv.LockOptions{}, "a", "c"), "2 ")
	tx.start()
	h.equal(tx.scan("", ""), "a=2 b=1")
	tx.write("e=5")
	tx.commit()
	h.equal(h.dump(), "a=2 b=1 e=5")
}

func testDeleteRange(h *harness) {
	h.put("a=1", "b=2", "c=3", "d=4")
	tx := h.begin(kv.TxnOptions{})
	tx.write("bb=5", "e=6")
	h.put("bc=7") // newer than the snapshot, if one was taken
	h.ok(tx.DeleteRange(span("b", "d")))
	h.equal(tx.mustLock(kv.LockOptions{}, "bb", "c"), "* *")
	tx.start()
	h.equal(tx.scan("", ""), "a=1 d=4 e=6")
	p := tx.Savepoint()
	h.ok(tx.DeleteRange(kv.Range{}))
	tx.start()
	h.equal(tx.scan("", ""), "")
	tx.RollbackTo(p)
	tx.commit()
	h.equal(h.dump(), "a=1 d=4 e=6")
}

// testDeleteRangeOfMany deletes more keys than a store would delete one by one.
func testDeleteRangeOfMany(h *harness) {
	const n = 300
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("k%03d=v", i))
	}
	h.put(append(all, "a=1", "z=9")...)
	before := h.begin(kv.TxnOptions{Isolation: kv.Snapshot})
	defer before.Rollback()
	h.equal(before.count("", ""), n+2)
	tx := h.begin(kv.TxnOptions{})
	tx.write("k100=own", "kx=own")
	p := tx.Savepoint()
	h.ok(tx.DeleteRange(span("k", "l")))
	h.equal(tx.count("", ""), n+2) // the statement does not see it
	h.equal(tx.mustLock(kv.LockOptions{}, "k100", "kx", "k7", "z"), "* *  9")
	tx.start()
	h.equal(tx.scan("", ""), "a=1 z=9")
	h.equal(tx.get("k100", "k101", "z"), "  9")
	tx.write("k200=new")
	h.ok(tx.DeleteRange(span("k150", "k180")))
	tx.start()
	h.equal(tx.scan("", ""), "a=1 k200=new z=9")
	inner := tx.Savepoint()
	h.ok(tx.DeleteRange(kv.Range{}))
	tx.start()
	h.equal(tx.scan("", ""), "")
	tx.RollbackTo(inner)
	h.equal(tx.scan("", ""), "a=1 k200=new z=9")
	tx.RollbackTo(p)
	h.equal(tx.count("", ""), n+3)
	h.ok(tx.DeleteRange(span("k", "l")))
	tx.write("k250=last")
	tx.commit()
	h.equal(h.dump(), "a=1 k250=last z=9")
	h.equal(before.count("", ""), n+2)
	h.equal(before.get("k000", "k250", "k299"), "v v v")
	h.is(before.Lock(h.ctx, [][]byte{[]byte("k000")}, kv.LockOptions{}, nil), kv.ErrConflict)
	h.put(all...)
	h.equal(len(strings.Fields(h.dump())), n+2)
}

// testDeleteRangeSerializable: of two that each read what the other deletes, one fails.
func testDeleteRangeSerializable(h *harness) {
	for i := range 100 {
		h.put(fmt.Sprintf("a%02d=1", i), fmt.Sprintf("b%02d=1", i))
	}
	x, y := h.begin(kv.TxnOptions{Isolation: kv.Serializable}), h.begin(kv.TxnOptions{Isolation: kv.Serializable})
	x.get("a50")
	y.get("b50")
	err := errors.Join(x.DeleteRange(span("b", "c")), y.DeleteRange(span("a", "b")))
	_, ex := x.Commit(h.ctx)
	_, ey := y.Commit(h.ctx)
	h.is(errors.Join(err, ex, ey), kv.ErrDependencies)
}

func testBeforeVisible(h *harness) {
	tx := h.begin(kv.TxnOptions{})
	tx.write("a=1")
	var order []string
	var at kv.TS
	tx.BeforeVisible(func(ts kv.TS) {
		at = ts
		order = append(order, "first:"+h.dump())
	})
	tx.BeforeVisible(func(kv.TS) { order = append(order, "second") })
	h.equal(tx.commit(), at)
	h.equal(order, "[first: second]")
	h.equal(h.dump(), "a=1")

	called := false
	tx = h.begin(kv.TxnOptions{})
	tx.BeforeVisible(func(kv.TS) { called = true })
	tx.commit()
	tx = h.begin(kv.TxnOptions{})
	tx.write("b=1")
	tx.BeforeVisible(func(kv.TS) { called = true })
	tx.Rollback()
	h.equal(called, false)
}

func testTimestampsGrow(h *harness) {
	last := kv.TS(0)
	for i := range 10 {
		ts := h.put(fmt.Sprintf("k=%d", i+1))
		if ts <= last {
			h.Fatalf("timestamp %d after %d", ts, last)
		}
		last = ts
	}
	tx := h.begin(kv.TxnOptions{})
	h.equal(tx.ReadTS(), last)
	h.equal(tx.commit() >= last, true)
}

func testAsync(h *harness) {
	tx := h.begin(kv.TxnOptions{Async: true})
	tx.write("a=1")
	tx.commit()
	h.equal(h.dump(), "a=1") // its own session and all others see it at once
	h.put("b=2")
	h.equal(h.dump(), "a=1 b=2")
}

// Writers move an amount between keys; every snapshot sees the same sum.
func testAtomicCommits(h *harness) {
	const keys, writers, rounds = 8, 4, 60
	for i := range keys {
		h.put(fmt.Sprintf("k%d=100", i))
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	fail := make(chan error, writers+2)
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range rounds {
				if err := transfer(h, fmt.Sprintf("k%d", (w+i)%keys), fmt.Sprintf("k%d", (w*3+i*5+1)%keys)); err != nil {
					fail <- err
					return
				}
			}
		}()
	}
	var readers sync.WaitGroup
	for range 2 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if sum, err := total(h); err != nil || sum != keys*100 {
					fail <- fmt.Errorf("sum %d: %w", sum, err)
					return
				}
			}
		}()
	}
	wg.Wait()
	close(stop)
	readers.Wait()
	close(fail)
	for err := range fail {
		h.Error(err)
	}
}

func transfer(h *harness, a, b string) error {
	if a == b {
		return nil
	}
	if a > b {
		a, b = b, a
	}
	tx := h.s.Begin(kv.TxnOptions{})
	defer tx.Rollback()
	var l kv.Locked
	if err := tx.Lock(h.ctx, byteKeys([]string{a, b}), kv.LockOptions{}, &l); err != nil {
		return err
	}
	var x, y int
	fmt.Sscan(string(l.V[0].Value), &x)
	fmt.Sscan(string(l.V[1].Value), &y)
	if err := errors.Join(tx.Put([]byte(a), fmt.Append(nil, x-1)), tx.Put([]byte(b), fmt.Append(nil, y+1))); err != nil {
		return err
	}
	_, err := tx.Commit(h.ctx)
	return err
}

func total(h *harness) (int, error) {
	tx := h.s.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	it, err := tx.Scan(h.ctx, kv.Range{}, kv.ScanOptions{})
	if err != nil {
		return 0, err
	}
	defer it.Close()
	sum := 0
	var b kv.Entries
	for {
		if err := it.Next(h.ctx, &b, 3); err != nil || b.Len() == 0 {
			return sum, err
		}
		for _, v := range b.V {
			n := 0
			fmt.Sscan(string(v), &n)
			sum += n
		}
	}
}

func testLargeTransaction(h *harness) {
	const n = 20000
	tx := h.begin(kv.TxnOptions{})
	for i := range n {
		k := fmt.Sprintf("k%06d", (i*7919)%n)
		h.ok(tx.Put([]byte(k), fmt.Append(nil, "value of ", k)))
	}
	p := tx.Savepoint()
	for i := range n {
		h.ok(tx.Delete(fmt.Appendf(nil, "k%06d", i)))
	}
	tx.RollbackTo(p)
	tx.start()
	count := func(tx *txn) (n int) {
		it, err := tx.Scan(h.ctx, kv.Range{}, kv.ScanOptions{})
		h.ok(err)
		defer it.Close()
		var b kv.Entries
		for {
			h.ok(it.Next(h.ctx, &b, 1000))
			if b.Len() == 0 {
				return n
			}
			for i := range b.K {
				if string(b.K[i]) != fmt.Sprintf("k%06d", n+i) || string(b.V[i]) != "value of "+string(b.K[i]) {
					h.Fatalf("entry %d is %q=%q", n+i, b.K[i], b.V[i])
				}
			}
			n += b.Len()
		}
	}
	h.equal(count(tx), n)
	tx.commit()
	tx = h.begin(kv.TxnOptions{})
	defer tx.Rollback()
	h.equal(count(tx), n)
}

func testCancelled(h *harness) {
	h.put("a=1")
	ctx, cancel := context.WithCancel(h.ctx)
	tx := h.begin(kv.TxnOptions{})
	defer tx.Rollback()
	it, err := tx.Scan(ctx, kv.Range{}, kv.ScanOptions{})
	h.ok(err)
	defer it.Close()
	tx.write("a=2")
	cancel()
	var b kv.Entries
	h.is(it.Next(ctx, &b, 1), context.Canceled)
	_, err = tx.Commit(ctx)
	h.is(err, context.Canceled)
	h.equal(h.dump(), "a=1")
}

func testClose(h *harness) {
	h.put("a=1")
	tx := h.begin(kv.TxnOptions{})
	tx.write("b=1")
	h.ok(h.s.Close())
	_, err := tx.Commit(h.ctx)
	h.is(err, kv.ErrClosed)
	h.ok(h.s.Close()) // again is harmless
}
