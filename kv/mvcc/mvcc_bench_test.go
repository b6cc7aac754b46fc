package mvcc

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
)

func benchKey(b []byte, i uint64) []byte {
	b = append(b[:0], "tbl:0001:"...)
	return binary.BigEndian.AppendUint64(b, i)
}

func load(b testing.TB, db *DB, n int) {
	b.Helper()
	value := make([]byte, 100)
	for i := 0; i < n; {
		tx := db.Begin(kv.TxnOptions{})
		for range 10000 {
			if err := tx.Put(benchKey(nil, uint64(i)*7919%uint64(n)), value); err != nil {
				b.Fatal(err)
			}
			i++
		}
		if _, err := tx.Commit(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPointGet(b *testing.B) {
	for _, n := range []int{10_000, 300_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db, err := Open(Memory, Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			load(b, db, n)
			benchGet(b, db, n)
		})
	}
}

func benchGet(b *testing.B, db *DB, n int) {
	ctx := context.Background()
	var dst kv.Values
	var key []byte
	keys := make([][]byte, 1)
	x := uint64(1)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		x = x*6364136223846793005 + 1442695040888963407
		key = benchKey(key, (x>>33)%uint64(n))
		keys[0] = key
		tx := db.Begin(kv.TxnOptions{ReadOnly: true})
		dst.Reset()
		if err := tx.Get(ctx, keys, &dst); err != nil || dst.V[0] == nil {
			b.Fatal(err, string(key))
		}
		tx.Rollback()
	}
}

// BenchmarkGetHot reads ten thousand of many keys, which lie in runs, on all processors.
func BenchmarkGetHot(b *testing.B) {
	dir, o := b.TempDir(), Options{MemtableBytes: 16 << 20}
	db, err := Open(dir, o)
	if err != nil {
		b.Fatal(err)
	}
	load(b, db, 300_000)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	if db, err = Open(dir, o); err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		var dst kv.Values
		var key []byte
		keys := make([][]byte, 1)
		x := uint64(1)
		tx := db.Begin(kv.TxnOptions{ReadOnly: true})
		defer tx.Rollback()
		for p.Next() {
			x = x*6364136223846793005 + 1442695040888963407
			key = benchKey(key, (x>>33)%10_000)
			keys[0] = key
			dst.Reset()
			if err := tx.Get(context.Background(), keys, &dst); err != nil || dst.V[0] == nil {
				b.Error(err, string(key))
				return
			}
		}
	})
}

func BenchmarkLockPutCommit(b *testing.B) {
	db, err := Open(Memory, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	benchCommit(b, db)
}

func benchCommit(b *testing.B, db *DB) {
	ctx := context.Background()
	var next atomic.Uint64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		value := make([]byte, 100)
		base := next.Add(1) << 32
		var key []byte
		keys := make([][]byte, 1)
		var locked kv.Locked
		for i := uint64(0); pb.Next(); i++ {
			key = benchKey(key, base+i%1000)
			keys[0] = key
			tx := db.Begin(kv.TxnOptions{})
			locked.Reset()
			if err := tx.Lock(ctx, keys, kv.LockOptions{}, &locked); err != nil {
				b.Error(err)
			}
			if err := tx.Put(key, value); err != nil {
				b.Error(err)
			}
			if _, err := tx.Commit(ctx); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	db, err := Open(Memory, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	load(b, db, 300_000)
	b.Run("forward", func(b *testing.B) { benchScan(b, db, false) })
	b.Run("reverse", func(b *testing.B) { benchScan(b, db, true) })
}

func benchScan(b *testing.B, db *DB, reverse bool) {
	ctx := context.Background()
	var e kv.Entries
	n := 0
	b.ResetTimer()
	for range b.N {
		tx := db.Begin(kv.TxnOptions{ReadOnly: true})
		it, err := tx.Scan(ctx, kv.Range{}, kv.ScanOptions{Reverse: reverse})
		if err != nil {
			b.Fatal(err)
		}
		for {
			if err := it.Next(ctx, &e, 1024); err != nil {
				b.Fatal(err)
			}
			if e.Len() == 0 {
				break
			}
			n += e.Len()
		}
		it.Close()
		tx.Rollback()
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mentries/s")
}

// settled opens a store on files, loads n keys and waits until they are in merged runs.
func settled(b *testing.B, n int) *DB {
	b.Helper()
	dir := b.TempDir()
	db, err := Open(dir, Options{Sync: engine.SyncOff, MemtableBytes: 4 << 20})
	if err != nil {
		b.Fatal(err)
	}
	load(b, db, n)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	if db, err = Open(dir, Options{MemtableBytes: 1 << 20}); err != nil {
		b.Fatal(err)
	}
	for db.Stats().MemtableUsed > 4<<20 {
		time.Sleep(time.Millisecond)
	}
	b.Cleanup(func() { db.Close() })
	if _, err := dump(db); err != nil { // fills the cache
		b.Fatal(err)
	}
	return db
}

func BenchmarkPointGetRuns(b *testing.B) {
	db := settled(b, 300_000)
	benchGet(b, db, 300_000)
}

func BenchmarkScanRuns(b *testing.B) {
	db := settled(b, 300_000)
	b.Run("forward", func(b *testing.B) { benchScan(b, db, false) })
	b.Run("reverse", func(b *testing.B) { benchScan(b, db, true) })
}

func BenchmarkCommitSync(b *testing.B) {
	for _, n := range []int{1, 8, 16} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db, err := Open(b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			b.SetParallelism(max(1, n/2))
			if n == 1 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			}
			benchCommit(b, db)
			st := db.Stats()
			b.ReportMetric(float64(b.N)/float64(st.LogSyncs), "commits/sync")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}

// BenchmarkShortScan opens a scan, reads ten entries and closes it, as an index look-up does.
func BenchmarkShortScan(b *testing.B) {
	db := settled(b, 300_000)
	ctx := context.Background()
	var e kv.Entries
	var key []byte
	x := uint64(1)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		x = x*6364136223846793005 + 1442695040888963407
		key = benchKey(key, (x>>33)%300_000)
		tx := db.Begin(kv.TxnOptions{ReadOnly: true})
		it, err := tx.Scan(ctx, kv.Range{Start: key}, kv.ScanOptions{Rows: 10})
		if err != nil {
			b.Fatal(err)
		}
		if err := it.Next(ctx, &e, 10); err != nil {
			b.Fatal(err)
		}
		it.Close()
		tx.Rollback()
	}
}

func BenchmarkOpenEmpty(b *testing.B) {
	for range b.N {
		db, err := Open(b.TempDir(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		db.Close()
		b.StartTimer()
	}
}

// BenchmarkLoad commits 1,000 new entries at a time, in order and at random.
func BenchmarkLoad(b *testing.B) {
	for _, random := range []bool{false, true} {
		b.Run(fmt.Sprintf("random=%v", random), func(b *testing.B) {
			db, err := Open(b.TempDir(), Options{Sync: engine.SyncOff})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			value := make([]byte, 100)
			var key []byte
			b.ResetTimer()
			for i := 0; i < b.N; {
				tx := db.Begin(kv.TxnOptions{})
				for range 1000 {
					k := uint64(i)
					if random {
						k *= 0x9e3779b97f4a7c15
					}
					key = benchKey(key, k)
					if err := tx.Put(key, value); err != nil {
						b.Fatal(err)
					}
					i++
				}
				if _, err := tx.Commit(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mentries/s")
		})
	}
}

// BenchmarkLargeTransaction puts 300,000 entries in one transaction.
func BenchmarkLargeTransaction(b *testing.B) {
	for _, random := range []bool{false, true} {
		b.Run(fmt.Sprintf("random=%v", random), func(b *testing.B) {
			const n = 300_000
			value := make([]byte, 100)
			var key []byte
			for range b.N {
				db, err := Open(Memory, Options{})
				if err != nil {
					b.Fatal(err)
				}
				tx := db.Begin(kv.TxnOptions{})
				for i := range uint64(n) {
					if random {
						i *= 0x9e3779b97f4a7c15
					}
					key = benchKey(key, i)
					if err := tx.Put(key, value); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := tx.Commit(context.Background()); err != nil {
					b.Fatal(err)
				}
				db.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/entry")
		})
	}
}
