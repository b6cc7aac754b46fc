package main

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestWideValues computes values that are too large to be held for a batch of rows at once: 4 GB in each statement.
func TestWideValues(t *testing.T) {
	s := startServer(t, ":memory:")
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, s.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	most := watchHeap()
	for _, x := range [][2]string{
		{"SELECT sum(length(lpad(i::text, 20000000, 'ab'))) FROM generate_series(1, 200) i", "4000000000"},
		{"SELECT count(*) FROM generate_series(1, 200) i WHERE repeat('ab', 10000000) || i::text LIKE '%b7'", "1"},
		{"SELECT sum(length(x)) FROM (SELECT repeat(chr(60 + i % 60), 20000000) x FROM generate_series(1, 200) i OFFSET 0) y", "4000000000"},
		{"SELECT length(max(x)) FROM (SELECT CASE WHEN i % 2 = 0 THEN repeat('y', 20000000) || i END x FROM generate_series(1, 200) i OFFSET 0) y", "20000002"},
	} {
		r := c.ExecParams(ctx, x[0], nil, nil, nil, nil).Read()
		if r.Err != nil || len(r.Rows) != 1 || string(r.Rows[0][0]) != x[1] {
			t.Errorf("%s: %s, %v", x[0], r.Rows, r.Err)
		}
	}
	if mb := most() / 1e6; mb > 1500 {
		t.Errorf("%.0f MB of memory", mb)
	} else {
		t.Logf("%.0f MB of memory", mb)
	}
}

// watchHeap measures the heap again and again until most is called, which gives its largest size in bytes.
func watchHeap() (most func() float64) {
	runtime.GC()
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var largest uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			largest = max(largest, m.HeapInuse)
			select {
			case <-stop:
				done <- largest
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() float64 { close(stop); return float64(<-done) }
}
