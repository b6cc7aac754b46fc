//go:build !amd64

package engine

import "sync/atomic"

// loadFence orders the loads before it before those after it: an atomic addition is a full barrier.
func loadFence() {
	var x atomic.Uint64
	fenceTarget(&x)
}

//go:noinline
func fenceTarget(x *atomic.Uint64) { x.Add(1) }
