package main

import "testing"

func TestHeapPercent(t *testing.T) {
	const mib = 1 << 20
	for _, x := range []struct {
		live uint64
		goal uint64 // in MiB
	}{
		{4 * mib, 64},    // the lower bound
		{10 * mib, 90},   // in proportion to what is live
		{40 * mib, 256},  // the upper bound
		{200 * mib, 400}, // twice what is live, as without bounds
	} {
		goal := x.live * uint64(100+heapPercent(x.live, 64*mib, 256*mib)) / 100 / mib
		if goal+1 < x.goal || goal > x.goal {
			t.Errorf("of %d MiB live the goal is %d MiB, not %d", x.live/mib, goal, x.goal)
		}
	}
	if got := heapPercent(4*mib, 8*mib, 8*mib); got != 100 {
		t.Errorf("on a small machine the heap grows by %d %%, not 100", got)
	}
}
