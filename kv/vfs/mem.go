package vfs

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"sync"
	"syscall"
)

// Mem is a file system in memory. Sync is free; the files live as long as the Mem, so a store can be closed and opened
// again on it.
type Mem struct {
	mu    sync.Mutex
	files map[string]*memData
	locks map[string]bool
}

// NewMem returns an empty file system in memory.
func NewMem() *Mem {
	return &Mem{files: map[string]*memData{}, locks: map[string]bool{}}
}

type memData struct {
	mu sync.RWMutex
	b  []byte
}

type memFile struct {
	name     string
	data     *memData
	readOnly bool
}

// Create implements FS.
func (m *Mem) Create(name string) (File, error) {
	name = path.Clean(name)
	d := &memData{}
	m.mu.Lock()
	m.files[name] = d
	m.mu.Unlock()
	return &memFile{name: name, data: d}, nil
}

// Open implements FS.
func (m *Mem) Open(name string) (File, error) { return m.open(name, true) }

// OpenWrite implements FS.
func (m *Mem) OpenWrite(name string) (File, error) { return m.open(name, false) }

func (m *Mem) open(name string, readOnly bool) (File, error) {
	name = path.Clean(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &memFile{name: name, data: d, readOnly: readOnly}, nil
}

// Remove implements FS.
func (m *Mem) Remove(name string) error {
	name = path.Clean(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.files[name]; !ok {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	delete(m.files, name)
	return nil
}

// Rename implements FS.
func (m *Mem) Rename(oldName, newName string) error {
	oldName, newName = path.Clean(oldName), path.Clean(newName)
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.files[oldName]
	if !ok {
		return &fs.PathError{Op: "rename", Path: oldName, Err: fs.ErrNotExist}
	}
	delete(m.files, oldName)
	m.files[newName] = d
	return nil
}

// List implements FS.
func (m *Mem) List(dir string) ([]string, error) {
	dir = path.Clean(dir)
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for name := range m.files {
		if path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	return names, nil
}

// MkdirAll implements FS. Folders exist by being named.
func (m *Mem) MkdirAll(string) error { return nil }

// SyncDir implements FS.
func (m *Mem) SyncDir(string) error { return nil }

// Lock implements FS.
func (m *Mem) Lock(name string) (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks[name] {
		return nil, ErrLocked
	}
	m.locks[name] = true
	return &memLock{unlock: func() {
		m.mu.Lock()
		delete(m.locks, name)
		m.mu.Unlock()
	}}, nil
}

type memLock struct {
	once   sync.Once
	unlock func()
}

func (l *memLock) Close() error {
	l.once.Do(l.unlock)
	return nil
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	f.data.mu.RLock()
	defer f.data.mu.RUnlock()
	return readAt(f.data.b, p, off)
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	if f.readOnly {
		return 0, &fs.PathError{Op: "write", Path: f.name, Err: syscall.EBADF}
	}
	f.data.mu.Lock()
	f.data.b = writeAt(f.data.b, p, off)
	f.data.mu.Unlock()
	return len(p), nil
}

func (f *memFile) Sync() error  { return nil }
func (f *memFile) Close() error { return nil }

func (f *memFile) Size() (int64, error) {
	f.data.mu.RLock()
	defer f.data.mu.RUnlock()
	return int64(len(f.data.b)), nil
}

func readAt(b, p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("vfs: read at %d: %w", off, fs.ErrInvalid)
	}
	if off >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// writeAt returns b with p written at off, grown with zeros where needed.
func writeAt(b, p []byte, off int64) []byte {
	end := off + int64(len(p))
	if end > int64(cap(b)) {
		grown := make([]byte, len(b), max(end, 2*int64(cap(b))))
		copy(grown, b)
		b = grown
	}
	if end > int64(len(b)) {
		clear(b[len(b):end])
		b = b[:end]
	}
	copy(b[off:end], p)
	return b
}
