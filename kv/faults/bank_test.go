package faults

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/kv/vfs"
)

var seedFlag = flag.Uint64("faults.seed", 1, "seed of all random choices")

// seeded returns the random numbers of a test and prints their seed.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	t.Logf("seed %d", *seedFlag)
	return rand.New(rand.NewPCG(*seedFlag, 77))
}

// small makes everything happen often: flushes, merges, new segments, evictions.
func small(fs vfs.FS) mvcc.Options {
	return mvcc.Options{FS: fs, MemtableBytes: 8 << 10, CacheBytes: 64 << 10, SegmentBytes: 16 << 10, RunBytes: 16 << 10, SyncEvery: time.Millisecond}
}

func open(t *testing.T, o mvcc.Options) *mvcc.DB {
	t.Helper()
	db, err := mvcc.Open("db", o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

const accounts = 50

// teller moves amounts between accounts whose sum stays zero, and counts its transactions in a key of its own.
type teller struct {
	id      int
	rnd     *rand.Rand
	pad     string
	async   bool
	acked   int // the last one that Commit confirmed
	tried   int // the last one begun that may be in the store
	durable int // the last one that Commit confirmed to be on disk
}

func newTeller(id int, seed uint64) *teller {
	return &teller{id: id, rnd: rand.New(rand.NewPCG(seed, uint64(id)))}
}

func account(n int) []byte { return fmt.Appendf(nil, "account/%03d", n) }

func (x *teller) counter() []byte { return fmt.Appendf(nil, "teller/%02d", x.id) }

func amount(b []byte) int64 {
	if len(b) < 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

func (x *teller) value(n int64) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(n)), x.pad...)
}

// transfer makes one transaction. An error other than kv.ErrUndetermined means that it is not in the store.
func (x *teller) transfer(db *mvcc.DB) error {
	ctx := context.Background()
	tx := db.Begin(kv.TxnOptions{Async: x.async})
	defer tx.Rollback()
	a := x.rnd.IntN(accounts)
	b := (a + 1 + x.rnd.IntN(accounts-1)) % accounts
	keys := [][]byte{account(min(a, b)), account(max(a, b)), x.counter()}
	var l kv.Locked
	if err := tx.Lock(ctx, keys, kv.LockOptions{}, &l); err != nil {
		return err
	}
	move := x.rnd.Int64N(1000)
	err := errors.Join(tx.Put(keys[0], x.value(amount(l.V[0].Value)-move)), tx.Put(keys[1], x.value(amount(l.V[1].Value)+move)),
		tx.Put(keys[2], x.value(int64(x.acked+1))))
	if err != nil {
		return err
	}
	x.tried = x.acked + 1
	_, err = tx.Commit(ctx)
	switch {
	case err == nil:
		x.acked = x.tried
		if !x.async {
			x.durable = x.acked
		}
	case !errors.Is(err, kv.ErrUndetermined):
		x.tried = x.acked
	}
	return err
}

// audit checks, at one snapshot, that the sum of the accounts is zero and that every teller's count is one that it can be.
func audit(db *mvcc.DB, tellers ...*teller) error {
	ctx := context.Background()
	tx := db.Begin(kv.TxnOptions{Isolation: kv.Snapshot, ReadOnly: true})
	defer tx.Rollback()
	it, err := tx.Scan(ctx, kv.Range{}, kv.ScanOptions{})
	if err != nil {
		return err
	}
	defer it.Close()
	sum, counts := int64(0), map[string]int64{}
	var b kv.Entries
	for {
		if err := it.Next(ctx, &b, 64); err != nil {
			return err
		}
		if b.Len() == 0 {
			break
		}
		for i, k := range b.K {
			if strings.HasPrefix(string(k), "account/") {
				sum += amount(b.V[i])
			} else {
				counts[string(k)] = amount(b.V[i])
			}
		}
	}
	if sum != 0 {
		return fmt.Errorf("the accounts' sum is %d", sum)
	}
	for _, x := range tellers {
		if n := int(counts[string(x.counter())]); n < x.acked || n > x.tried {
			return fmt.Errorf("teller %d: %d transactions found, %d acknowledged, %d tried", x.id, n, x.acked, x.tried)
		}
	}
	return nil
}

// reopened is audit after a restart: what is there now is durable.
func reopened(t *testing.T, db *mvcc.DB, tellers ...*teller) {
	t.Helper()
	if err := audit(db, tellers...); err != nil {
		t.Fatal(err)
	}
	for _, x := range tellers {
		tx := db.Begin(kv.TxnOptions{ReadOnly: true})
		var v kv.Values
		if err := tx.Get(context.Background(), [][]byte{x.counter()}, &v); err != nil {
			t.Fatal(err)
		}
		tx.Rollback()
		x.acked = int(amount(v.V[0]))
		x.tried, x.durable = x.acked, x.acked
	}
}

// transfers makes n transactions that must succeed.
func transfers(t *testing.T, db *mvcc.DB, x *teller, n int) {
	t.Helper()
	for range n {
		if err := x.transfer(db); err != nil {
			t.Fatal(err)
		}
	}
}

// untilTaken repeats a transaction that is refused with want until it succeeds.
func untilTaken(t *testing.T, db *mvcc.DB, x *teller, want error) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		err := x.transfer(db)
		if err == nil {
			return
		}
		if !errors.Is(err, want) || time.Now().After(until) {
			t.Fatalf("writing does not resume: %v", err)
		}
	}
}

func checked(t *testing.T, db *mvcc.DB) {
	t.Helper()
	if _, err := db.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// dump is the whole content.
func dump(db *mvcc.DB) (string, error) {
	tx := db.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	it, err := tx.Scan(context.Background(), kv.Range{}, kv.ScanOptions{})
	if err != nil {
		return "", err
	}
	defer it.Close()
	var out strings.Builder
	var b kv.Entries
	for {
		if err := it.Next(context.Background(), &b, 100); err != nil || b.Len() == 0 {
			return out.String(), err
		}
		for i := range b.K {
			fmt.Fprintf(&out, "%q=%q\n", b.K[i], b.V[i])
		}
	}
}
