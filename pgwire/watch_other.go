//go:build !unix

package pgwire

// peekEnd cannot tell here; a client that left is noticed at the next write.
func peekEnd(uintptr) bool { return false }
