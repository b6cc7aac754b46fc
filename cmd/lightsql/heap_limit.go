package main

import (
	"math"
	"os"
	"runtime/debug"
)

// heapReserve is what a server needs besides its cache and what statements hold.
const heapReserve = 512 << 20

// limitHeap makes the collector work harder where statements hold about as much as memory_limit allows, rather than let the heap double:
// it may have that twice, since what batches and calls hold for a moment is not counted. Data in memory would be more than that for good. An
// explicit GOMEMLIMIT has the last word.
func limitHeap(c *config) (stop func()) {
	if c.MemoryBytes == 0 || c.Data == ":memory:" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	cache := int64(c.store.CacheBytes)
	if cache == 0 {
		cache = 256 << 20
	}
	debug.SetMemoryLimit(heapReserve + cache + 2*c.MemoryBytes)
	return func() { debug.SetMemoryLimit(math.MaxInt64) }
}
