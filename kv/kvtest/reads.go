package kvtest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/lightsql/lightsql/kv"
)

const waitMax = 20 * time.Second

func testGetMissing(h *harness) {
	tx := h.begin(kv.TxnOptions{})
	defer tx.Rollback()
	var v kv.Values
	h.ok(tx.Get(h.ctx, [][]byte{[]byte("a")}, &v))
	if len(v.V) != 1 || v.V[0] != nil {
		h.Fatalf("missing key gives %q", v.V)
	}
	h.equal(tx.scan("", ""), "")
}

func testGetOrder(h *harness) {
	h.put("a=1", "b=2", "c=3")
	tx := h.begin(kv.TxnOptions{})
	defer tx.Rollback()
	h.equal(tx.get("c", "x", "a", "c"), "3  1 3")
	var v kv.Values
	h.ok(tx.Get(h.ctx, byteKeys([]string{"a"}), &v))
	h.ok(tx.Get(h.ctx, byteKeys([]string{"b"}), &v)) // appends
	h.equal(len(v.V), 2)
	h.ok(tx.Get(h.ctx, nil, &v))
	h.equal(len(v.V), 2)
}

func testValuesStayValid(h *harness) {
	h.put("a=1")
	tx := h.begin(kv.TxnOptions{})
	var v kv.Values
	h.ok(tx.Get(h.ctx, byteKeys([]string{"a"}), &v))
	tx.Rollback()
	for i := range 100 {
		h.put(fmt.Sprintf("a=%d", 100+i))
	}
	h.equal(string(v.V[0]), "1")
}

func testPutCopies(h *harness) {
	k, v := []byte("a"), []byte("1")
	tx := h.begin(kv.TxnOptions{})
	h.ok(tx.Put(k, v))
	k[0], v[0] = 'x', 'x'
	h.ok(tx.Put([]byte("b"), []byte("2")))
	k[0] = 'b'
	h.ok(tx.Delete(k))
	k[0] = 'x'
	tx.commit()
	h.equal(h.dump(), "a=1")
}

func testEmpty(h *harness) {
	tx := h.begin(kv.TxnOptions{})
	defer tx.Rollback()
	if tx.Put(nil, []byte("v")) == nil || tx.Put([]byte("k"), nil) == nil || tx.Delete(nil) == nil {
		h.Fatal("an empty key or value was taken")
	}
}

func testLimits(h *harness) {
	l := h.s.Limits()
	if l.KeyBytesMax < 4096 || l.ValueBytesMax < 1<<20 {
		h.Fatalf("limits %+v are too small for SQL", l)
	}
	tx := h.begin(kv.TxnOptions{})
	h.is(tx.Put(bigKey(l.KeyBytesMax+1), []byte("v")), kv.ErrKeyTooLarge)
	h.is(tx.Delete(bigKey(l.KeyBytesMax+1)), kv.ErrKeyTooLarge)
	h.is(tx.Lock(h.ctx, [][]byte{bigKey(l.KeyBytesMax + 1)}, kv.LockOptions{}, nil), kv.ErrKeyTooLarge)
	if l.ValueBytesMax < 1<<28 {
		h.is(tx.Put([]byte("k"), make([]byte, l.ValueBytesMax+1)), kv.ErrTooLarge)
	}
	h.ok(tx.Put(bigKey(l.KeyBytesMax), []byte("v")))
	big := strings.Repeat("v", 1<<20)
	tx.write("a=" + big)
	tx.commit()
	h.equal(h.dump(), "a="+big+" "+string(bigKey(l.KeyBytesMax))+"=v")
}

func testScanRanges(h *harness) {
	h.put("a=1", "b=2", "ba=3", "c=4")
	h.put("b=")
	for _, x := range []struct{ start, end, want string }{
		{"", "", "a=1 ba=3 c=4"},
		{"a", "c", "a=1 ba=3"},
		{"b", "bb", "ba=3"},
		{"a\x00", "", "ba=3 c=4"},
		{"c", "c", ""},
		{"d", "", ""},
		{"c", "a", ""},
	} {
		tx := h.begin(kv.TxnOptions{})
		h.equal(tx.scan(x.start, x.end), x.want)
		rev := strings.Fields(tx.scanWith(x.start, x.end, kv.ScanOptions{Reverse: true}, 1))
		for i, j := 0, len(rev)-1; i < j; i, j = i+1, j-1 {
			rev[i], rev[j] = rev[j], rev[i]
		}
		h.equal(strings.Join(rev, " "), x.want)
		tx.Rollback()
	}
}

func testScanReverse(h *harness) {
	h.put("a=1", "b=2", "c=3")
	h.put("b=4", "d=5")
	tx := h.begin(kv.TxnOptions{})
	defer tx.Rollback()
	tx.write("bb=6", "c=")
	tx.start()
	h.equal(tx.scanWith("", "", kv.ScanOptions{Reverse: true}, 10), "d=5 bb=6 b=4 a=1")
	h.equal(tx.scanWith("b", "d", kv.ScanOptions{Reverse: true, Rows: 1}, 1), "bb=6 b=4")
}

func testScanKeysOnly(h *harness) {
	h.put("a=1", "b=2")
	tx := h.begin(kv.TxnOptions{})
	defer tx.Rollback()
	h.equal(tx.scanWith("", "", kv.ScanOptions{KeysOnly: true}, 10), "a b")
	tx.write("c=3")
	tx.start()
	h.equal(tx.scanWith("", "", kv.ScanOptions{KeysOnly: true, Reverse: true}, 10), "c b a")
}

func testScanBatches(h *harness) {
	tx := h.begin(kv.TxnOptions{})
	var want []string
	for i := range 1000 {
		tx.write(fmt.Sprintf("k%04d=%d", i, i))
		want = append(want, fmt.Sprintf("k%04d=%d", i, i))
	}
	tx.commit()
	tx = h.begin(kv.TxnOptions{})
	defer tx.Rollback()
	for _, batch := range []int{1, 7, 1000, 5000} {
		h.equal(tx.scanWith("", "", kv.ScanOptions{}, batch), strings.Join(want, " "))
	}
	it, err := tx.Scan(h.ctx, kv.Range{}, kv.ScanOptions{})
	h.ok(err)
	it.Close()
	it.Close() // twice is harmless
	var b kv.Entries
	if it.Next(h.ctx, &b, 1) == nil {
		h.Fatal("Next after Close")
	}
}

func testScanOwnWrites(h *harness) {
	h.put("a=1", "b=2", "c=3", "e=5")
	tx := h.begin(kv.TxnOptions{})
	defer tx.Rollback()
	tx.write("a=", "b=20", "d=40", "0=0", "z=9")
	tx.start()
	h.equal(tx.scan("", ""), "0=0 b=20 c=3 d=40 e=5 z=9")
	h.equal(tx.scan("b", "e"), "b=20 c=3 d=40")
	h.equal(tx.get("a", "b", "d"), " 20 40")
}

// An open iterator does not see what the transaction writes meanwhile, also not in later statements.
func testScanWhileWriting(h *harness) {
	h.put("a=1", "b=2", "c=3", "d=4")
	tx := h.begin(kv.TxnOptions{})
	defer tx.Rollback()
	tx.write("b1=x", "c1=y")
	tx.start()
	it, err := tx.Scan(h.ctx, kv.Range{}, kv.ScanOptions{})
	h.ok(err)
	back, err := tx.Scan(h.ctx, kv.Range{}, kv.ScanOptions{Reverse: true})
	h.ok(err)
	var b kv.Entries
	var got, rev []string
	for i := 0; ; i++ {
		h.ok(it.Next(h.ctx, &b, 1))
		if b.Len() == 0 {
			break
		}
		got = append(got, string(b.K[0])+"="+string(b.V[0]))
		h.ok(back.Next(h.ctx, &b, 1))
		rev = append(rev, string(b.K[0])+"="+string(b.V[0]))
		tx.write(fmt.Sprintf("b%d=new", i), fmt.Sprintf("%s=changed", got[i][:1]), "d=", fmt.Sprintf("z%d=1", i))
		if i == 2 {
			tx.start()
			h.put("bb=other")
		}
	}
	h.equal(got, "[a=1 b=2 b1=x c=3 c1=y d=4]")
	h.equal(rev, "[d=4 c1=y c=3 b1=x b=2 a=1]")
	it.Close()
	back.Close()
}

func testStatementRule(h *harness) {
	for _, iso := range []kv.Isolation{kv.ReadCommitted, kv.Snapshot, kv.Serializable} {
		h.put("a=1", "b=")
		tx := h.begin(kv.TxnOptions{Isolation: iso}).start()
		tx.write("a=2", "b=3")
		h.equal(tx.get("a", "b"), "1 ")
		h.equal(tx.scan("a", "c"), "a=1")
		tx.start()
		h.equal(tx.get("a", "b"), "2 3")
		tx.write("a=4", "b=")
		h.equal(tx.get("a", "b"), "2 3")
		h.equal(tx.scan("a", "c"), "a=2 b=3")
		tx.start()
		h.equal(tx.get("a", "b"), "4 ")
		tx.commit()
	}
}

func testReadCommitted(h *harness) {
	h.put("a=1")
	tx := h.begin(kv.TxnOptions{}).start()
	h.equal(tx.get("a"), "1")
	h.put("a=2")
	h.equal(tx.get("a"), "1")
	tx.start()
	h.equal(tx.get("a"), "2")
	tx.Rollback()
}

func testSnapshotIsolation(h *harness) {
	for _, iso := range []kv.Isolation{kv.Snapshot, kv.Serializable} {
		h.put("a=1", "b=1")
		tx := h.begin(kv.TxnOptions{Isolation: iso}).start()
		h.equal(tx.get("a"), "1")
		h.put("a=2", "b=", "c=2")
		tx.start()
		h.equal(tx.scan("", ""), "a=1 b=1")
		tx.Rollback()
		h.equal(h.dump(), "a=2 c=2")
		h.put("c=")
	}
}

func testBeginTakesNoSnapshot(h *harness) {
	h.put("a=1")
	tx := h.begin(kv.TxnOptions{Isolation: kv.Snapshot})
	h.put("a=2")
	h.equal(tx.get("a"), "2")
	tx.Rollback()
}

func testReadTS(h *harness) {
	at := h.put("a=1")
	tx := h.begin(kv.TxnOptions{Isolation: kv.Snapshot})
	defer tx.Rollback()
	h.equal(tx.ReadTS(), at)
	h.put("a=2")
	h.equal(tx.ReadTS(), at)
	h.equal(tx.get("a"), "1")
}

func testAsOf(h *harness) {
	first := h.put("a=1")
	second := h.put("a=2", "b=2")
	h.put("a=3")
	for ts, want := range map[kv.TS]string{first: "a=1", second: "a=2 b=2"} {
		tx := h.begin(kv.TxnOptions{AsOf: ts})
		if err := tx.StartStatement(h.ctx); errors.Is(err, kv.ErrSnapshotTooOld) {
			tx.Rollback() // a store may give up the past at any time
			continue
		}
		h.equal(tx.scan("", ""), want)
		h.equal(tx.ReadTS(), ts)
		h.is(tx.Put([]byte("x"), []byte("y")), kv.ErrReadOnly)
		tx.start()
		h.equal(tx.scan("", ""), want)
		tx.Rollback()
	}
}

// testAsOfOpenSnapshot: what an open transaction reads at can be read by others too, whatever became of it since.
func testAsOfOpenSnapshot(h *harness) {
	h.put("a=1", "b=1")
	holder := h.begin(kv.TxnOptions{Isolation: kv.Snapshot})
	defer holder.Rollback()
	ts := holder.ReadTS()
	for i := range 200 {
		h.put(fmt.Sprintf("a=%d%s", i, strings.Repeat("x", 300)), "b=")
	}
	tx := h.begin(kv.TxnOptions{AsOf: ts})
	defer tx.Rollback()
	h.equal(tx.scan("", ""), "a=1 b=1")
	holder.Rollback()
	for i := range 200 {
		h.put(fmt.Sprintf("a=%d%s", i, strings.Repeat("y", 300)))
	}
	h.equal(tx.get("a", "b"), "1 1")
}

func testReadOnly(h *harness) {
	h.put("a=1")
	tx := h.begin(kv.TxnOptions{ReadOnly: true})
	h.equal(tx.get("a"), "1")
	h.is(tx.Put([]byte("a"), []byte("2")), kv.ErrReadOnly)
	h.is(tx.Delete([]byte("a")), kv.ErrReadOnly)
	h.is(tx.DeleteRange(kv.Range{}), kv.ErrReadOnly)
	h.is(tx.Lock(h.ctx, byteKeys([]string{"a"}), kv.LockOptions{}, nil), kv.ErrReadOnly)
	_, err := tx.Commit(h.ctx)
	h.ok(err)
	h.equal(h.dump(), "a=1")
}

func testConcurrentReads(h *harness) {
	tx := h.begin(kv.TxnOptions{})
	for i := range 500 {
		tx.write(fmt.Sprintf("k%04d=%d", i, i))
	}
	tx.commit()
	tx = h.begin(kv.TxnOptions{Isolation: kv.Serializable})
	tx.write("k9=own")
	tx.start()
	want := tx.scan("", "")
	var wg sync.WaitGroup
	errs := make(chan string, 8)
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			it, err := tx.Scan(h.ctx, kv.Range{}, kv.ScanOptions{Reverse: i%2 == 1})
			if err != nil {
				errs <- err.Error()
				return
			}
			defer it.Close()
			var b kv.Entries
			var v kv.Values
			for n := 0; ; n += b.Len() {
				if err := it.Next(h.ctx, &b, 50); err != nil || b.Len() == 0 {
					if n != 501 {
						errs <- fmt.Sprint(n, err)
					}
					return
				}
				v.Reset()
				if err := tx.Get(h.ctx, b.K, &v); err != nil || string(v.V[0]) != string(b.V[0]) {
					errs <- fmt.Sprint("get ", err)
				}
			}
		}()
	}
	wg.Wait()
	close(errs)
	for e := range errs {
		h.Error(e)
	}
	h.equal(tx.scan("", ""), want)
	tx.Rollback()
}
