package kv

import "context"

// Backuper is a Store that can copy itself while it is used.
type Backuper interface {
	// Backup writes what a snapshot taken now sees to a new store in dir, a folder that does not exist or is empty, while
	// others go on reading and writing. When it returns, the copy is durable; its newest timestamp is the result. progress
	// may be nil; it is called now and then by the same goroutine. After an error dir holds no store.
	Backup(ctx context.Context, dir string, progress func(BackupProgress)) (TS, error)
}

// BackupProgress tells how far a backup is.
type BackupProgress struct {
	Entries    int64
	Bytes      int64 // of keys and values
	BytesTotal int64 // an estimate until the end
}
