package main

import (
	"os"
	"syscall"
)

// blocksOf is what a file takes on disk.
func blocksOf(path string) (int64, bool) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		return sys.Blocks * 512, true
	}
	return st.Size(), true
}
