package main

import (
	"os"
	"strconv"
	"strings"
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

// writtenBytes is what the process has handed to the system in writes, as Linux counts it; 0 elsewhere.
func writtenBytes() (n int64) {
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if s, ok := strings.CutPrefix(line, "wchar: "); ok {
			n, _ = strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		}
	}
	return n
}
