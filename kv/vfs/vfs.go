package vfs

import (
	"errors"
	"io"
	"syscall"
)

// ErrLocked is returned by FS.Lock when another process, or another opening in this process, holds the lock.
var ErrLocked = errors.New("vfs: file is locked")

// FS is a file system. Names are slash-separated paths. All methods may be called from several goroutines.
type FS interface {
	// Create makes an empty file, or empties an existing one, and opens it for reading and writing.
	Create(name string) (File, error)
	// Open opens an existing file for reading.
	Open(name string) (File, error)
	// OpenWrite opens an existing file for reading and writing.
	OpenWrite(name string) (File, error)
	// Remove deletes a file. Files that are open stay readable until they are closed.
	Remove(name string) error
	// Rename replaces newName by oldName atomically.
	Rename(oldName, newName string) error
	// List returns the names, without the folder, of the files in dir, in no particular order.
	List(dir string) ([]string, error)
	// MkdirAll creates dir and its parents and makes their names durable.
	MkdirAll(dir string) error
	// SyncDir makes all earlier creations, renames and removals in dir durable.
	SyncDir(dir string) error
	// Lock takes an exclusive lock that ends with Close of the result, or with the process.
	Lock(name string) (io.Closer, error)
}

// File is an open file. ReadAt and WriteAt may be called from several goroutines.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync makes everything written so far, and the size of the file, durable.
	Sync() error
	Size() (int64, error)
}

// IsNoSpace tells whether err means that the disk, or the quota, is full: the one write error that passes by itself.
func IsNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// IsReadOnly tells whether err means that the file system takes no writes.
func IsReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
