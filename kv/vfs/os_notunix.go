//go:build !unix

package vfs

import (
	"io"
	"os"
)

// syncOSDir does nothing: these systems cannot sync a folder and keep its changes in order by themselves.
func syncOSDir(string) error { return nil }

// lockOS relies on the system's refusal to remove a file that is open.
func lockOS(name string) (io.Closer, error) {
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		return nil, ErrLocked
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return nil, ErrLocked
	}
	return f, err
}
