package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// The collector runs when the heap has grown to growth times of what was live and more, at least heapGoalMin and at most heapGoalMax: Go lets
// the heap double between two runs, which for a server that keeps little means a run every few milliseconds; statements that are planned once
// and thrown away spent a third of their processor time in it. More than it takes is not better: the first use of each page is a fault that
// the kernel answers with a page of zeros, and memory that comes round late is in no cache any more. A new server that had 256 MiB to fill
// spent a tenth of the processor time of its first ten thousand statements in that.
const (
	heapGoalMin = 64 << 20
	heapGoalMax = 256 << 20
	growth      = 9
)

// heapGoals are the bounds of the goal on this machine: a small one gives a sixteenth of its memory.
func heapGoals() (lowest, highest uint64) {
	highest = heapGoalMax / 2
	if memory := memoryBytes(); memory != 0 {
		highest = min(heapGoalMax, max(2*runtimeMinHeap, memory/16))
	}
	return min(heapGoalMin, highest), highest
}

// runtimeMinHeap is the goal of Go's collector for a small heap at GOGC=100; it grows with GOGC, so that a heap that is smaller than this must
// count as this large for the floor to be the goal.
const runtimeMinHeap = 4 << 20

// collector keeps the collector's goal within its bounds.
type collector struct {
	lowest, highest uint64
	percent         int // in force
	stopped         atomic.Bool
}

// raiseHeapFloor makes the collector wait for more garbage than Go's does until stop is called. An explicit GOGC has the last word.
func raiseHeapFloor() (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	c := &collector{percent: 100}
	c.lowest, c.highest = heapGoals()
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
	percent := heapPercent(live, c.lowest, c.highest)
	if percent*10 < c.percent*9 || percent*9 > c.percent*10 { // to set it stops the world
		c.percent = percent
		debug.SetGCPercent(percent)
	}
}

// heapPercent is how much the heap may grow over what is live, in percent: to the goal, but never by less than Go lets it.
func heapPercent(live, lowest, highest uint64) int {
	goal := min(max(growth*live, lowest), highest)
	if goal <= 2*live {
		return 100
	}
	return int(goal*100/live) - 100
}
