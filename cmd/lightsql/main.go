// Command lightsql is the LightSQL server.
//
// It chooses the store, wires the layers, and owns the order in which everything starts and stops:
//
//	store (kv/mvcc) → catalog → sessions (exec/session) → wire server (pgwire) → listener
//
// and the reverse when it stops.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := newRootCommand().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "lightsql:", err)
		os.Exit(1)
	}
}
