// Package arena is memory outside of the heap for what caches hold.
package arena

import (
	"runtime"
	"unsafe"
)

// An Arena is one piece of memory. Nothing that lies in it is freed by itself, and there are no pointers in it. It goes back to the system when nobody can reach the arena any more, so that a reader that is still
// at work when the engine is closed reads on.
//
// Readers take no part in deciding when a place in it is used again. A place has a sequence number that is odd while it is
// being written:
//
//	reader   number even? ─► read, copy ─► loadFence ─► the same number? else what was read is dropped
//	writer   number + 1   ─► write ─────────────────► number + 1
//
// What a reader copies meanwhile may be torn, so it looks at nothing that could lead it out of the place.
type Arena struct {
	base unsafe.Pointer
	size int
	keep []byte // memory of the heap, where the system gives no other
}

// New makes an arena of so many bytes, which are zero.
func New(size int) *Arena {
	usable, whole := mapMemory(size)
	a := &Arena{base: unsafe.Pointer(unsafe.SliceData(usable)), size: size}
	if whole == nil {
		a.keep = usable
	} else {
		runtime.AddCleanup(a, unmapMemory, whole)
	}
	return a
}

// At is the place at an offset.
func (a *Arena) At(off uint64) unsafe.Pointer { return unsafe.Add(a.base, off) }

func addressOf(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }
