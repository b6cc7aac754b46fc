package engine

import (
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
)

// BenchmarkScanAfterDeletes scans what single updates and deletes of every other key have left in memtables and several runs: level 1 has
// all keys, three runs of level 0 a tenth each, and the memtable the tombstones. The store is kept from tidying that up. The figure is the
// quickest scan's.
func BenchmarkScanAfterDeletes(b *testing.B) {
	const n = 200_000
	e, err := Open(b.TempDir(), Options{MemtableBytes: 12 << 20, Sync: SyncOff})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	time.Sleep(2 * restAfter)
	e.mu.Lock()
	e.watching = true // so it seems
	e.mu.Unlock()
	value := make([]byte, 100)
	commit := func(keys []int, dead bool) {
		for len(keys) > 0 {
			part := keys[:min(len(keys), 1000)]
			keys = keys[len(part):]
			c := Commit{Entries: len(part)}
			for _, i := range part {
				c.Payload = AppendEntry(c.Payload, countedKey(i), value, dead)
			}
			if _, err := e.Commit(&c); err != nil {
				b.Fatal(err)
			}
		}
	}
	flush := func() {
		e.mu.Lock()
		_ = e.rotate(0)
		e.mu.Unlock()
		for st := e.Stats(); st.Frozen > 0 || st.Runs[0] >= mergeRuns; st = e.Stats() {
			time.Sleep(time.Millisecond)
		}
	}
	all := func(step int, scattered bool, count int) (keys []int) {
		for i := range count {
			k := i * step
			if scattered {
				k = k * 2654435761 % n
			}
			keys = append(keys, k)
		}
		return keys
	}
	for i := range mergeRuns {
		commit(all(1, i > 0, n), false)
		flush()
	}
	for i := range 3 {
		commit(all(i+1, true, n/10), false)
		flush()
	}
	commit(all(2, false, n/2), true)
	b.Logf("%v", e.Stats().Runs)
	var it Iter
	var out kv.Entries
	scan := func() {
		seen := 0
		it.Open(e, kv.Range{}, e.VisibleTS(), false, nil)
		for {
			out.Reset()
			if err := it.Fill(&out, 1024, false); err != nil {
				b.Fatal(err)
			}
			if out.Len() == 0 {
				break
			}
			seen += out.Len()
		}
		it.Close()
		if seen != n/2 {
			b.Fatalf("%d entries, want %d", seen, n/2)
		}
	}
	scan()
	b.ResetTimer()
	quickest := time.Duration(1 << 62)
	for range b.N {
		start := time.Now()
		scan()
		quickest = min(quickest, time.Since(start))
	}
	b.ReportMetric(float64(quickest)/(n/2), "ns/entry")
}
