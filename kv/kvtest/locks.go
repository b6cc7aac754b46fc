package kvtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lightsql/lightsql/kv"
)

var (
	block  = kv.LockOptions{}
	nowait = kv.LockOptions{Wait: kv.NoWait}
	skip   = kv.LockOptions{Wait: kv.SkipLocked}
	share  = kv.LockOptions{Mode: kv.Shared}
)

func testLockReadsNewest(h *harness) {
	h.put("a=1", "b=1", "c=1")
	tx := h.begin(kv.TxnOptions{}).start()
	h.put("a=2", "b=")
	h.equal(tx.mustLock(block, "a", "b", "c"), "2! ! 1")
	h.equal(tx.get("a", "b", "c"), "1 1 1") // the snapshot stays
	tx.start()
	h.equal(tx.mustLock(block, "a", "b", "c"), "2  1")
	tx.Rollback()
}

func testLockOwn(h *harness) {
	h.put("a=1")
	tx := h.begin(kv.TxnOptions{}).start()
	tx.write("a=2", "b=2")
	h.equal(tx.mustLock(block, "a", "b"), "2* 2*")
	tx.start()
	h.equal(tx.mustLock(block, "a", "b"), "2 2")
	tx.write("a=")
	h.equal(tx.mustLock(block, "a"), "*")
	tx.Rollback()
}

func testLockMissing(h *harness) {
	a := h.begin(kv.TxnOptions{})
	h.equal(a.mustLock(block, "new"), "")
	b := h.begin(kv.TxnOptions{})
	_, err := b.lock(nowait, "new")
	h.is(err, kv.ErrLocked)
	a.write("new=1")
	a.commit()
	h.equal(b.mustLock(nowait, "new"), "1!")
	b.Rollback()
}

func testLockRepeats(h *harness) {
	h.put("a=1")
	tx := h.begin(kv.TxnOptions{})
	h.equal(tx.mustLock(block, "a", "a", "b", "a"), "1 1  1")
	h.ok(tx.Lock(h.ctx, byteKeys([]string{"a"}), block, nil)) // dst may be nil
	tx.Rollback()
	h.equal(h.begin(kv.TxnOptions{}).mustLock(nowait, "a"), "1")
}

func testLockNoWait(h *harness) {
	a, b := h.begin(kv.TxnOptions{}), h.begin(kv.TxnOptions{})
	a.mustLock(block, "k")
	_, err := b.lock(nowait, "k")
	h.is(err, kv.ErrLocked)
	h.equal(b.mustLock(nowait, "other"), "")
	a.Rollback()
	b.mustLock(nowait, "k")
	b.Rollback()
}

func testLockSkip(h *harness) {
	h.put("a=1", "b=2", "c=3")
	a, b := h.begin(kv.TxnOptions{}), h.begin(kv.TxnOptions{})
	a.mustLock(block, "b")
	h.equal(b.mustLock(skip, "a", "b", "c"), "1 ~ 3")
	c := h.begin(kv.TxnOptions{})
	h.equal(c.mustLock(skip, "a", "b", "c"), "~ ~ ~")
	a.Rollback()
	h.equal(c.mustLock(skip, "b"), "2")
	b.Rollback()
	c.Rollback()
}

func testLockTimeout(h *harness) {
	a, b := h.begin(kv.TxnOptions{}), h.begin(kv.TxnOptions{})
	a.mustLock(block, "k")
	_, err := b.lock(kv.LockOptions{Timeout: time.Millisecond}, "k")
	h.is(err, kv.ErrLockTimeout)
	a.Rollback()
	b.mustLock(nowait, "k")
	b.Rollback()
}

func testLockCancel(h *harness) {
	a, b := h.begin(kv.TxnOptions{}), h.begin(kv.TxnOptions{})
	a.mustLock(block, "k")
	ctx, cancel := context.WithTimeout(h.ctx, time.Millisecond)
	defer cancel()
	h.is(b.Lock(ctx, byteKeys([]string{"k"}), block, nil), context.DeadlineExceeded)
	a.Rollback()
	b.mustLock(nowait, "k")
	b.Rollback()
}

type lockResult struct {
	value string
	err   error
}

func lockAsync(x *txn, o kv.LockOptions, keys ...string) <-chan lockResult {
	c := make(chan lockResult, 1)
	go func() {
		v, err := x.lock(o, keys...)
		c <- lockResult{v, err}
	}()
	return c
}

func testLockWaits(h *harness) {
	h.put("k=1")
	a, b := h.begin(kv.TxnOptions{}).start(), h.begin(kv.TxnOptions{}).start()
	a.mustLock(block, "k")
	a.write("k=2")
	c := lockAsync(b, block, "k")
	a.commit()
	r := waitFor(h, c)
	h.ok(r.err)
	h.equal(r.value, "2!")
	b.write("k=3")
	b.commit()
	h.equal(h.dump(), "k=3")
}

func testLockShared(h *harness) {
	if !h.s.Limits().SharedLocks {
		h.Skip("no shared locks")
	}
	a, b, c := h.begin(kv.TxnOptions{}), h.begin(kv.TxnOptions{}), h.begin(kv.TxnOptions{})
	a.mustLock(share, "k")
	b.mustLock(share, "k")
	_, err := c.lock(nowait, "k")
	h.is(err, kv.ErrLocked)
	a.Rollback()
	r := lockAsync(c, block, "k")
	b.Rollback()
	h.ok(waitFor(h, r).err)
	_, err = h.begin(kv.TxnOptions{}).lock(kv.LockOptions{Mode: kv.Shared, Wait: kv.NoWait}, "k")
	h.is(err, kv.ErrLocked)
	c.mustLock(share, "k") // held stronger already
	c.Rollback()
}

func testLockUpgrade(h *harness) {
	if !h.s.Limits().SharedLocks {
		h.Skip("no shared locks")
	}
	a, b := h.begin(kv.TxnOptions{}), h.begin(kv.TxnOptions{})
	a.mustLock(share, "k")
	a.mustLock(nowait, "k") // nobody else shares it
	_, err := b.lock(kv.LockOptions{Mode: kv.Shared, Wait: kv.NoWait}, "k")
	h.is(err, kv.ErrLocked)
	a.Rollback()
	a = h.begin(kv.TxnOptions{})
	a.mustLock(share, "k")
	b.mustLock(share, "k")
	_, err = a.lock(nowait, "k")
	h.is(err, kv.ErrLocked)
	r := lockAsync(a, block, "k")
	b.Rollback()
	h.ok(waitFor(h, r).err)
	a.Rollback()
}

func testLockReleased(h *harness) {
	for _, end := range []func(x *txn){
		func(x *txn) { x.Rollback() },
		func(x *txn) { x.commit() },
		func(x *txn) { x.write("z=1"); x.commit() },
	} {
		a := h.begin(kv.TxnOptions{})
		a.mustLock(nowait, "k", "l")
		end(a)
		b := h.begin(kv.TxnOptions{})
		b.mustLock(nowait, "k", "l")
		b.Rollback()
	}
}

func testLockAfterRollbackTo(h *harness) {
	a := h.begin(kv.TxnOptions{})
	p := a.Savepoint()
	a.mustLock(block, "k")
	a.write("k=1")
	a.RollbackTo(p)
	b := h.begin(kv.TxnOptions{})
	b.mustLock(nowait, "k")
	b.Rollback()
	h.equal(a.mustLock(block, "k"), "")
	a.write("k=2")
	a.commit()
	h.equal(h.dump(), "k=2")
}

func testDeadlock(h *harness) {
	for _, n := range []int{2, 3, 5} {
		txns := make([]*txn, n)
		for i := range txns {
			txns[i] = h.begin(kv.TxnOptions{})
			txns[i].mustLock(block, fmt.Sprint("k", i))
		}
		type result struct {
			i   int
			err error
		}
		c := make(chan result, n)
		for i, x := range txns {
			go func() {
				_, err := x.lock(block, fmt.Sprint("k", (i+1)%n))
				c <- result{i, err}
			}()
		}
		victims := 0
		for range n {
			r := waitFor(h, c)
			if errors.Is(r.err, kv.ErrDeadlock) {
				victims++
			} else {
				h.ok(r.err)
			}
			txns[r.i].Rollback()
		}
		h.equal(victims, 1)
	}
}

func testDeadlockUpgrade(h *harness) {
	if !h.s.Limits().SharedLocks {
		h.Skip("no shared locks")
	}
	a, b := h.begin(kv.TxnOptions{}), h.begin(kv.TxnOptions{})
	a.mustLock(share, "k")
	b.mustLock(share, "k")
	ra, rb := lockAsync(a, block, "k"), lockAsync(b, block, "k")
	var first lockResult
	other, loser, winner := rb, a, b
	select {
	case first = <-ra:
	case first = <-rb:
		other, loser, winner = ra, b, a
	}
	h.is(first.err, kv.ErrDeadlock)
	loser.Rollback()
	h.ok(waitFor(h, other).err)
	winner.Rollback()
}

func testFirstCommitterWins(h *harness) {
	for _, iso := range []kv.Isolation{kv.Snapshot, kv.Serializable} {
		h.put("a=1", "b=1")
		tx := h.begin(kv.TxnOptions{Isolation: iso}).start()
		tx.get("b")
		h.put("a=2")
		_, err := tx.lock(block, "a")
		h.is(err, kv.ErrConflict)
		tx.Rollback()

		h.put("c=")
		tx = h.begin(kv.TxnOptions{Isolation: iso}).start()
		h.put("c=1") // a key that the snapshot does not know
		_, err = tx.lock(block, "c")
		h.is(err, kv.ErrConflict)
		tx.Rollback()

		tx = h.begin(kv.TxnOptions{Isolation: iso}).start()
		other := h.begin(kv.TxnOptions{})
		other.mustLock(block, "a")
		other.write("a=3")
		r := lockAsync(tx, block, "a")
		other.commit()
		h.is(waitFor(h, r).err, kv.ErrConflict)
		tx.Rollback()
	}
}

func testNoLostUpdates(h *harness) {
	h.put("n=0")
	var wg sync.WaitGroup
	for _, iso := range []kv.Isolation{kv.ReadCommitted, kv.Snapshot, kv.Serializable} {
		for range 3 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for done := 0; done < 20; {
					if increment(h, iso) {
						done++
					}
				}
			}()
		}
	}
	wg.Wait()
	h.equal(h.dump(), "n=180")
}

func increment(h *harness, iso kv.Isolation) bool {
	tx := h.s.Begin(kv.TxnOptions{Isolation: iso})
	defer tx.Rollback()
	var l kv.Locked
	if err := tx.Lock(h.ctx, byteKeys([]string{"n"}), block, &l); err != nil {
		if iso == kv.ReadCommitted {
			h.Error(err)
		}
		return false
	}
	n := 0
	fmt.Sscan(string(l.V[0].Value), &n)
	if err := tx.Put([]byte("n"), fmt.Append(nil, n+1)); err != nil {
		h.Error(err)
	}
	_, err := tx.Commit(h.ctx)
	return err == nil
}

// skew lets two transactions read what the other writes, and returns the errors of their commits.
func skew(h *harness, iso kv.Isolation) (error, error) {
	h.put("a=1", "b=1")
	x, y := h.begin(kv.TxnOptions{Isolation: iso}).start(), h.begin(kv.TxnOptions{Isolation: iso}).start()
	h.equal(x.get("a", "b"), "1 1")
	h.equal(y.get("a", "b"), "1 1")
	x.mustLock(block, "a")
	x.write("a=0")
	y.mustLock(block, "b")
	y.write("b=0")
	_, err := x.Commit(h.ctx)
	_, err2 := y.Commit(h.ctx)
	return err, err2
}

func testWriteSkewSnapshot(h *harness) {
	err, err2 := skew(h, kv.Snapshot)
	h.ok(err)
	h.ok(err2)
}

func testWriteSkewSerializable(h *harness) {
	if !h.s.Limits().Serializable {
		h.Skip("no serializable level")
	}
	err, err2 := skew(h, kv.Serializable)
	h.ok(err)
	h.is(err2, kv.ErrConflict)
	h.equal(h.dump(), "a=0 b=1")
}

func testPhantomSerializable(h *harness) {
	if !h.s.Limits().Serializable {
		h.Skip("no serializable level")
	}
	h.put("a1=1", "b1=1")
	x := h.begin(kv.TxnOptions{Isolation: kv.Serializable}).start()
	y := h.begin(kv.TxnOptions{Isolation: kv.Serializable}).start()
	h.equal(x.scan("a", "b"), "a1=1")
	h.equal(y.scan("b", "c"), "b1=1")
	y.write("a2=1")
	x.write("b2=1")
	y.commit()
	_, err := x.Commit(h.ctx)
	h.is(err, kv.ErrDependencies)

	x = h.begin(kv.TxnOptions{Isolation: kv.Serializable}).start()
	y = h.begin(kv.TxnOptions{Isolation: kv.Serializable}).start()
	h.equal(x.get("nothing"), "")
	h.equal(y.get("more"), "")
	y.write("nothing=1")
	y.commit()
	err = x.Put([]byte("more"), []byte("1"))
	h.is(err, kv.ErrDependencies)
	x.Rollback()

	ro := h.begin(kv.TxnOptions{Isolation: kv.Serializable, ReadOnly: true}).start()
	ro.scan("", "")
	h.put("a3=1")
	ro.commit() // never aborts

	x = h.begin(kv.TxnOptions{Isolation: kv.Serializable}).start()
	x.scan("", "")
	h.put("a4=1")
	x.commit() // wrote nothing: serial at its snapshot
}

func testSerializablePrecise(h *harness) {
	if !h.s.Limits().Serializable {
		h.Skip("no serializable level")
	}
	h.put("a=1", "b=1", "c=1", "d=1", "e=1")
	x := h.begin(kv.TxnOptions{Isolation: kv.Serializable}).start()
	h.equal(x.scan("b", "c"), "b=1")
	h.equal(x.get("d"), "1")
	h.equal(x.scan("da", "a"), "") // empty: nothing can change in it
	it, err := x.Scan(h.ctx, span("e", ""), kv.ScanOptions{})
	h.ok(err)
	var b kv.Entries
	h.ok(it.Next(h.ctx, &b, 1)) // has read [e, e] only
	it.Close()
	h.put("a=2", "c=2", "da=2", "ea=2")
	x.write("out=1")
	x.commit()
}
