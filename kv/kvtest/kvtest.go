// Package kvtest is the conformance suite of the contract in package kv. Every store runs it:
//
//	func TestStore(t *testing.T) { kvtest.Run(t, func(t *testing.T) kv.Store { … }) }
//	func TestModel(t *testing.T) { kvtest.RunModel(t, kvtest.Model{…}) }
//
// Run checks the sentences of kv.go one by one. RunModel makes random operations on a store and on a plain map with
// history at the same time and compares every answer, closing and opening the store now and then.
package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/kv"
)

// Open returns an empty store. The suite closes it.
type Open func(t *testing.T) kv.Store

// Run runs the conformance tests.
func Run(t *testing.T, open Open) {
	tests := []struct {
		name string
		run  func(h *harness)
	}{
		{"GetMissing", testGetMissing},
		{"GetOrder", testGetOrder},
		{"ValuesStayValid", testValuesStayValid},
		{"PutCopies", testPutCopies},
		{"EmptyKeyOrValue", testEmpty},
		{"Limits", testLimits},
		{"ScanRanges", testScanRanges},
		{"ScanReverse", testScanReverse},
		{"ScanKeysOnly", testScanKeysOnly},
		{"ScanBatches", testScanBatches},
		{"ScanMergesOwnWrites", testScanOwnWrites},
		{"ScanWhileWriting", testScanWhileWriting},
		{"StatementRule", testStatementRule},
		{"SnapshotOfReadCommitted", testReadCommitted},
		{"SnapshotOfSnapshot", testSnapshotIsolation},
		{"BeginTakesNoSnapshot", testBeginTakesNoSnapshot},
		{"ReadTS", testReadTS},
		{"AsOf", testAsOf},
		{"AsOfOpenSnapshot", testAsOfOpenSnapshot},
		{"ReadOnly", testReadOnly},
		{"Rollback", testRollback},
		{"EndedTransaction", testEnded},
		{"Savepoints", testSavepoints},
		{"LockReadsNewest", testLockReadsNewest},
		{"LockOwnWrites", testLockOwn},
		{"LockMissingKey", testLockMissing},
		{"LockRepeats", testLockRepeats},
		{"LockNoWait", testLockNoWait},
		{"LockSkipLocked", testLockSkip},
		{"LockTimeout", testLockTimeout},
		{"LockCancel", testLockCancel},
		{"LockWaits", testLockWaits},
		{"LockShared", testLockShared},
		{"LockUpgrade", testLockUpgrade},
		{"LockReleasedAtEnd", testLockReleased},
		{"LockReleasedByRollbackTo", testLockAfterRollbackTo},
		{"Deadlock", testDeadlock},
		{"DeadlockOfUpgrades", testDeadlockUpgrade},
		{"FirstCommitterWins", testFirstCommitterWins},
		{"LostUpdate", testNoLostUpdates},
		{"DeleteRange", testDeleteRange},
		{"DeleteRangeOfMany", testDeleteRangeOfMany},
		{"DeleteRangeSerializable", testDeleteRangeSerializable},
		{"BeforeVisible", testBeforeVisible},
		{"TimestampsGrow", testTimestampsGrow},
		{"Async", testAsync},
		{"WriteSkewAllowedInSnapshot", testWriteSkewSnapshot},
		{"WriteSkewSerializable", testWriteSkewSerializable},
		{"PhantomSerializable", testPhantomSerializable},
		{"SerializablePrecise", testSerializablePrecise},
		{"ConcurrentReads", testConcurrentReads},
		{"CommitsAreAtomic", testAtomicCommits},
		{"LargeTransaction", testLargeTransaction},
		{"CancelledContext", testCancelled},
		{"Close", testClose},
	}
	for _, x := range tests {
		t.Run(x.name, func(t *testing.T) {
			s := open(t)
			h := &harness{T: t, s: s, ctx: context.Background()}
			defer func() { _ = s.Close() }()
			x.run(h)
		})
	}
}

// harness shortens what the tests do. Keys and values are strings; "" is a missing value.
type harness struct {
	*testing.T
	s   kv.Store
	ctx context.Context
}

func (h *harness) begin(o kv.TxnOptions) *txn {
	return &txn{h: h, Txn: h.s.Begin(o)}
}

// put commits pairs "k=v"; "k=" deletes k.
func (h *harness) put(pairs ...string) kv.TS {
	h.Helper()
	tx := h.begin(kv.TxnOptions{})
	tx.write(pairs...)
	return tx.commit()
}

// dump is the newest content, as "k=v k=v".
func (h *harness) dump() string {
	h.Helper()
	tx := h.begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	return tx.scan("", "")
}

func (h *harness) equal(got, want any) {
	h.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		h.Fatalf("got %v, want %v", got, want)
	}
}

func (h *harness) is(err, want error) {
	h.Helper()
	if !errors.Is(err, want) {
		h.Fatalf("got error %v, want %v", err, want)
	}
}

func (h *harness) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

type txn struct {
	kv.Txn
	h *harness
}

func (x *txn) start() *txn {
	x.h.Helper()
	x.h.ok(x.StartStatement(x.h.ctx))
	return x
}

func (x *txn) write(pairs ...string) {
	x.h.Helper()
	for _, p := range pairs {
		k, v, _ := strings.Cut(p, "=")
		if v == "" {
			x.h.ok(x.Delete([]byte(k)))
		} else {
			x.h.ok(x.Put([]byte(k), []byte(v)))
		}
	}
}

func (x *txn) commit() kv.TS {
	x.h.Helper()
	ts, err := x.Commit(x.h.ctx)
	x.h.ok(err)
	return ts
}

func (x *txn) get(keys ...string) string {
	x.h.Helper()
	var v kv.Values
	x.h.ok(x.Get(x.h.ctx, byteKeys(keys), &v))
	x.h.equal(len(v.V), len(keys))
	var out []string
	for _, b := range v.V {
		out = append(out, string(b))
	}
	return strings.Join(out, " ")
}

func byteKeys(keys []string) [][]byte {
	var out [][]byte
	for _, k := range keys {
		out = append(out, []byte(k))
	}
	return out
}

// scan returns [start, end) as "k=v k=v"; an empty end is no bound.
func (x *txn) scan(start, end string) string {
	x.h.Helper()
	return x.scanWith(start, end, kv.ScanOptions{}, 2)
}

// count is how many entries [start, end) has, in both directions.
func (x *txn) count(start, end string) int {
	x.h.Helper()
	n := len(strings.Fields(x.scanWith(start, end, kv.ScanOptions{Reverse: true, KeysOnly: true}, 100)))
	x.h.equal(len(strings.Fields(x.scanWith(start, end, kv.ScanOptions{KeysOnly: true}, 100))), n)
	return n
}

func (x *txn) scanWith(start, end string, o kv.ScanOptions, batch int) string {
	x.h.Helper()
	it, err := x.Scan(x.h.ctx, span(start, end), o)
	x.h.ok(err)
	defer it.Close()
	return x.drain(it, batch)
}

func span(start, end string) kv.Range {
	r := kv.Range{Start: []byte(start)}
	if end != "" {
		r.End = []byte(end)
	}
	return r
}

func (x *txn) drain(it kv.Iterator, batch int) string {
	x.h.Helper()
	var b kv.Entries
	var out []string
	for {
		x.h.ok(it.Next(x.h.ctx, &b, batch))
		if b.Len() == 0 {
			return strings.Join(out, " ")
		}
		if b.Len() > batch {
			x.h.Fatalf("%d entries in a batch of %d", b.Len(), batch)
		}
		for i := range b.K {
			e := string(b.K[i])
			if b.V[i] != nil {
				e += "=" + string(b.V[i])
			}
			out = append(out, e)
		}
	}
}

// lock returns per key: value, then ! if changed, * if own, ~ if skipped.
func (x *txn) lock(o kv.LockOptions, keys ...string) (string, error) {
	var l kv.Locked
	if err := x.Lock(x.h.ctx, byteKeys(keys), o, &l); err != nil {
		return "", err
	}
	x.h.equal(len(l.V), len(keys))
	var out []string
	for _, v := range l.V {
		s := string(v.Value)
		if v.Changed {
			s += "!"
		}
		if v.Own {
			s += "*"
		}
		if v.Skipped {
			s += "~"
		}
		out = append(out, s)
	}
	return strings.Join(out, " "), nil
}

func (x *txn) mustLock(o kv.LockOptions, keys ...string) string {
	x.h.Helper()
	s, err := x.lock(o, keys...)
	x.h.ok(err)
	return s
}

// waitFor returns what a goroutine sends, and fails the test rather than hang.
func waitFor[T any](h *harness, c <-chan T) T {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.ctx, waitMax)
	defer cancel()
	select {
	case v := <-c:
		return v
	case <-ctx.Done():
		h.Fatal("still waiting")
		panic("unreachable")
	}
}

func bigKey(n int) []byte { return bytes.Repeat([]byte{'k'}, n) }
