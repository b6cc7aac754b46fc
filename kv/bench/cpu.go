package main

import (
	"syscall"
	"time"
)

// cpuTime is the processor time that this process has used. On a machine that others use too, rates per second of it
// can be compared where rates per second of the clock cannot.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
