package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// heapFloorMax is how large the heap may get before the garbage collector runs at all. Go lets the heap double between two runs, which for
// a server that keeps little means a run every few milliseconds: statements that are planned once and thrown away spent a third of their
// processor time in it, and a tenth with half of this floor. A small machine gives a sixteenth of its memory.
const heapFloorMax = 256 << 20

func heapFloor() uint64 {
	memory := memoryBytes()
	if memory == 0 {
		return heapFloorMax / 2
	}
	return min(heapFloorMax, max(2*runtimeMinHeap, memory/16))
}

// runtimeMinHeap is the goal of Go's collector for a small heap at GOGC=100; it grows with GOGC, so that a heap that is smaller than this must
// count as this large for the floor to be the goal.
const runtimeMinHeap = 4 << 20

// collector keeps the collector's goal at or above the floor.
type collector struct {
	floor   uint64
	percent int // in force
	stopped atomic.Bool
}

// raiseHeapFloor makes the collector wait for heapFloor until stop is called. An explicit GOGC has the last word.
func raiseHeapFloor() (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	c := &collector{floor: heapFloor(), percent: 100}
	c.adjust()
	c.watch()
	return func() {
		c.stopped.Store(true)
		debug.SetGCPercent(100)
	}
}

// watch has adjust called after every run of the collector: by the finalizer of an object that nobody holds.
func (c *collector) watch() {
	type canary struct{ _ [16]byte }
	runtime.SetFinalizer(&canary{}, func(*canary) {
		if !c.stopped.Load() {
			c.adjust()
			c.watch()
		}
	})
}

// adjust sets the growth in percent after which the next run begins, from what is live now.
func (c *collector) adjust() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	live := max(sample[0].Value.Uint64(), runtimeMinHeap)
	percent := 100
	if live < c.floor/2 {
		percent = int(c.floor*100/live) - 100
	}
	if percent*10 < c.percent*9 || percent*9 > c.percent*10 { // to set it stops the world
		c.percent = percent
		debug.SetGCPercent(percent)
	}
}
