package vfs

import (
	"os"
	"syscall"
)

// syncOSFile uses fdatasync: it makes data and size durable and leaves out times, so that overwriting preallocated bytes
// needs no change of the file system's own journal.
func syncOSFile(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
