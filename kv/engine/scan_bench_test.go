package engine

import (
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
)

// BenchmarkScanAfterDeletes scans what updates and deletes of every other key leave in a store that may not tidy up: the quickest scan.
//
//	runs      three runs of level 0 with a tenth of the keys each, in the memtable tombstones
//	mixed     a run of level 0 with a quarter of the keys, in the memtable some hot rows and tombstones
//	frozen    the same, but the quarter is in a memtable that waits to be flushed
func BenchmarkScanAfterDeletes(b *testing.B) {
	for _, what := range []string{"runs", "mixed", "frozen"} {
		b.Run(what, func(b *testing.B) { benchmarkScanAfterDeletes(b, what) })
	}
}

func benchmarkScanAfterDeletes(b *testing.B, what string) {
	const n = 300_000
	e, err := Open(b.TempDir(), Options{MemtableBytes: 64 << 20, Sync: SyncOff})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	time.Sleep(2 * restAfter)
	e.mu.Lock()
	e.watching = true // so it seems
	e.mu.Unlock()
	value := make([]byte, 100)
	commit := func(keys []int, together int, dead bool) {
		for len(keys) > 0 {
			part := keys[:min(len(keys), together)]
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
		commit(all(1, i > 0, n), 1000, false)
		flush()
	}
	if what == "runs" {
		for i := range 3 {
			commit(all(i+1, true, n/10), 1000, false)
			flush()
		}
	} else {
		commit(all(1, true, n/4), 10, false)
		if what == "mixed" {
			flush()
		} else {
			e.mu.Lock()
			e.mem.pending++ // so it cannot be flushed
			defer func(m *memtable) {
				e.mu.Lock()
				m.pending--
				e.work.Broadcast()
				e.mu.Unlock()
			}(e.mem)
			_ = e.rotate(0)
			e.mu.Unlock()
		}
		for range 10 {
			commit(all(1, false, n/1000), 10, false)
		}
	}
	commit(all(2, false, n/2), 1000, true)
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
	quickest := time.Duration(1 << 62)
	for range b.N {
		start := time.Now()
		scan()
		quickest = min(quickest, time.Since(start))
	}
	b.ReportMetric(float64(quickest)/(n/2), "ns/entry")
}
