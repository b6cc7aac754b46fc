//go:build !linux

package main

// memoryBytes is the memory of this machine, 0 if it cannot be told.
func memoryBytes() uint64 { return 0 }
