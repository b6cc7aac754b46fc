//go:build !linux

package vfs

import "os"

func syncOSFile(f *os.File) error { return f.Sync() }
