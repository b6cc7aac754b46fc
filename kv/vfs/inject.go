package vfs

import "io"

// Op names a call that Inject can make fail.
type Op string

// Operations.
const (
	OpCreate    Op = "create"
	OpOpen      Op = "open"
	OpOpenWrite Op = "openwrite"
	OpRemove    Op = "remove"
	OpRename    Op = "rename"
	OpList      Op = "list"
	OpMkdir     Op = "mkdir"
	OpSyncDir   Op = "syncdir"
	OpLock      Op = "lock"
	OpRead      Op = "read"
	OpWrite     Op = "write"
	OpSync      Op = "sync"
	OpSize      Op = "size"
)

// Inject wraps fs so that before(op, name) is called ahead of every operation; an error it returns is the result of the
// operation, which is then not carried out. before may be called from several goroutines at once.
func Inject(fs FS, before func(op Op, name string) error) FS {
	return &injectFS{fs: fs, before: before}
}

type injectFS struct {
	fs     FS
	before func(Op, string) error
}

type injectFile struct {
	File
	name string
	fs   *injectFS
}

func (i *injectFS) wrap(f File, name string, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return &injectFile{File: f, name: name, fs: i}, nil
}

func (i *injectFS) Create(name string) (File, error) {
	if err := i.before(OpCreate, name); err != nil {
		return nil, err
	}
	f, err := i.fs.Create(name)
	return i.wrap(f, name, err)
}

func (i *injectFS) Open(name string) (File, error) {
	if err := i.before(OpOpen, name); err != nil {
		return nil, err
	}
	f, err := i.fs.Open(name)
	return i.wrap(f, name, err)
}

func (i *injectFS) OpenWrite(name string) (File, error) {
	if err := i.before(OpOpenWrite, name); err != nil {
		return nil, err
	}
	f, err := i.fs.OpenWrite(name)
	return i.wrap(f, name, err)
}

func (i *injectFS) Remove(name string) error {
	if err := i.before(OpRemove, name); err != nil {
		return err
	}
	return i.fs.Remove(name)
}

func (i *injectFS) Rename(oldName, newName string) error {
	if err := i.before(OpRename, oldName); err != nil {
		return err
	}
	return i.fs.Rename(oldName, newName)
}

func (i *injectFS) List(dir string) ([]string, error) {
	if err := i.before(OpList, dir); err != nil {
		return nil, err
	}
	return i.fs.List(dir)
}

func (i *injectFS) MkdirAll(dir string) error {
	if err := i.before(OpMkdir, dir); err != nil {
		return err
	}
	return i.fs.MkdirAll(dir)
}

func (i *injectFS) SyncDir(dir string) error {
	if err := i.before(OpSyncDir, dir); err != nil {
		return err
	}
	return i.fs.SyncDir(dir)
}

func (i *injectFS) Lock(name string) (io.Closer, error) {
	if err := i.before(OpLock, name); err != nil {
		return nil, err
	}
	return i.fs.Lock(name)
}

func (f *injectFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fs.before(OpRead, f.name); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *injectFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.fs.before(OpWrite, f.name); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, off)
}

func (f *injectFile) Sync() error {
	if err := f.fs.before(OpSync, f.name); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *injectFile) Size() (int64, error) {
	if err := f.fs.before(OpSize, f.name); err != nil {
		return 0, err
	}
	return f.File.Size()
}
