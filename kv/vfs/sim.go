package vfs

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"syscall"
)

// Sim is a simulated disk: files in memory that remember what of them is durable. Crash gives the disk as it may be found
// after a power cut at this moment. The model is the strict one:
//
//   - Of what was written since a file's last Sync, every 512-byte sector arrives or not, by chance and on its own: writes are
//     lost, torn and reordered.
//   - Of the creations, renames and removals since a folder's last SyncDir, every name is as before or as after, by chance;
//     a rename may leave both names of its file, or none.
//
// SetJournal chooses the milder model of a journalling file system instead: changes of names are durable in the order in which they were
// made, a rename as a whole, and the Sync of any file makes all earlier ones durable.
//
// Space can be limited (SetSpace), as on a full disk. Faults at chosen calls come from Inject around a Sim.
type Sim struct {
	mu    sync.Mutex
	files map[string]*simData // as the running program sees them
	disk  map[string]*simData // names that are durable
	locks map[string]bool
	free  int64 // bytes that may still be allocated
	dead  bool

	journal bool
	changes []nameChange // with journal: since names were durable, in order
}

// nameChange says which file some names stand for from then on, nil for none.
type nameChange map[string]*simData

const (
	sectorBytes = 512
	spaceMax    = 1 << 50
)

// NewSim returns an empty disk.
func NewSim() *Sim {
	return &Sim{files: map[string]*simData{}, disk: map[string]*simData{}, locks: map[string]bool{}, free: spaceMax}
}

type simData struct {
	now     []byte
	durable []byte
	pending []simWrite // since the last Sync, in order
}

type simWrite struct {
	off  int64
	data []byte
}

type simFile struct {
	s        *Sim
	name     string
	d        *simData
	readOnly bool
}

// SetSpace sets how many bytes files may still grow by; a negative number is no limit.
func (s *Sim) SetSpace(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bytes < 0 {
		bytes = spaceMax
	}
	s.free = bytes
}

// SetJournal chooses the model of a journalling file system, or the strict one.
func (s *Sim) SetJournal(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = on
}

// renamed notes a change of names. The caller holds mu.
func (s *Sim) renamed(c nameChange) {
	if s.journal {
		s.changes = append(s.changes, c)
	}
}

// commit makes the first n changes of names durable. The caller holds mu.
func (s *Sim) commit(n int) {
	for _, c := range s.changes[:n] {
		for name, d := range c {
			if d == nil {
				delete(s.disk, name)
			} else {
				s.disk[name] = d
			}
		}
	}
	s.changes = s.changes[n:]
}

// Crash cuts the power: every call on s fails from now on, and the result is the disk that the next start finds.
func (s *Sim) Crash(rnd *rand.Rand) *Sim {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = true
	after := NewSim()
	after.journal = s.journal
	if s.journal {
		s.commit(rnd.IntN(len(s.changes) + 1))
	}
	found := map[*simData]*simData{}
	for _, name := range union(s.disk, s.files) {
		d := s.disk[name]
		if now := s.files[name]; !s.journal && now != d && rnd.IntN(2) == 0 {
			d = now
		}
		if d == nil {
			continue
		}
		if found[d] == nil {
			b := d.crash(rnd)
			found[d] = &simData{now: b, durable: append([]byte(nil), b...)}
		}
		after.files[name] = found[d]
		after.disk[name] = found[d]
	}
	return after
}

// union returns the names of both maps, sorted, so that a seed gives one result.
func union(a, b map[string]*simData) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return sortedNames(all)
}

// crash returns what is left of a file.
func (d *simData) crash(rnd *rand.Rand) []byte {
	b := append([]byte(nil), d.durable...)
	all, none := rnd.IntN(4) == 0, rnd.IntN(4) == 0
	for _, w := range d.pending {
		for off := int64(0); off < int64(len(w.data)); {
			// Up to the next border of a sector of the file.
			n := min(sectorBytes-(w.off+off)%sectorBytes, int64(len(w.data))-off)
			if all || !none && rnd.IntN(2) == 0 {
				b = writeAt(b, w.data[off:off+n], w.off+off)
			}
			off += n
		}
	}
	return b
}

func (s *Sim) check(op, name string) error {
	if s.dead {
		return &fs.PathError{Op: op, Path: name, Err: fmt.Errorf("power is off: %w", syscall.EIO)}
	}
	return nil
}

// Create implements FS.
func (s *Sim) Create(name string) (File, error) {
	name = path.Clean(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check("create", name); err != nil {
		return nil, err
	}
	if s.free <= 0 {
		return nil, &fs.PathError{Op: "create", Path: name, Err: syscall.ENOSPC}
	}
	d := &simData{}
	s.files[name] = d
	s.renamed(nameChange{name: d})
	return &simFile{s: s, name: name, d: d}, nil
}

// Open implements FS.
func (s *Sim) Open(name string) (File, error) { return s.open(name, true) }

// OpenWrite implements FS.
func (s *Sim) OpenWrite(name string) (File, error) { return s.open(name, false) }

func (s *Sim) open(name string, readOnly bool) (File, error) {
	name = path.Clean(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check("open", name); err != nil {
		return nil, err
	}
	d, ok := s.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &simFile{s: s, name: name, d: d, readOnly: readOnly}, nil
}

// Remove implements FS.
func (s *Sim) Remove(name string) error {
	name = path.Clean(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check("remove", name); err != nil {
		return err
	}
	d, ok := s.files[name]
	if !ok {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	s.free += int64(len(d.now))
	delete(s.files, name)
	s.renamed(nameChange{name: nil})
	return nil
}

// Rename implements FS.
func (s *Sim) Rename(oldName, newName string) error {
	oldName, newName = path.Clean(oldName), path.Clean(newName)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check("rename", oldName); err != nil {
		return err
	}
	d, ok := s.files[oldName]
	if !ok {
		return &fs.PathError{Op: "rename", Path: oldName, Err: fs.ErrNotExist}
	}
	delete(s.files, oldName)
	s.files[newName] = d
	s.renamed(nameChange{oldName: nil, newName: d})
	return nil
}

// List implements FS.
func (s *Sim) List(dir string) ([]string, error) {
	dir = path.Clean(dir)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check("list", dir); err != nil {
		return nil, err
	}
	var names []string
	for _, name := range sortedNames(s.files) {
		if path.Dir(name) == dir {
			names = append(names, path.Base(name))
		}
	}
	return names, nil
}

// MkdirAll implements FS. Folders exist by being named.
func (s *Sim) MkdirAll(string) error { return nil }

// SyncDir implements FS.
func (s *Sim) SyncDir(dir string) error {
	dir = path.Clean(dir)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check("syncdir", dir); err != nil {
		return err
	}
	if s.journal {
		s.commit(len(s.changes))
		return nil
	}
	for name := range s.disk {
		if path.Dir(name) == dir && s.files[name] == nil {
			delete(s.disk, name)
		}
	}
	for name, d := range s.files {
		if path.Dir(name) == dir {
			s.disk[name] = d
		}
	}
	return nil
}

// Lock implements FS.
func (s *Sim) Lock(name string) (io.Closer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check("lock", name); err != nil {
		return nil, err
	}
	if s.locks[name] {
		return nil, ErrLocked
	}
	s.locks[name] = true
	return &memLock{unlock: func() {
		s.mu.Lock()
		delete(s.locks, name)
		s.mu.Unlock()
	}}, nil
}

// Damage lets change alter the bytes of a file behind everybody's back, as a failing disk does. change returns the new
// content; nil removes the file.
func (s *Sim) Damage(name string, change func(b []byte) []byte) {
	name = path.Clean(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.files[name]
	if d == nil {
		return
	}
	b := change(append([]byte(nil), d.now...))
	if b == nil {
		delete(s.files, name)
		delete(s.disk, name)
		return
	}
	d.now, d.durable, d.pending = b, append([]byte(nil), b...), nil
}

func (f *simFile) ReadAt(p []byte, off int64) (int, error) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if err := f.s.check("read", f.name); err != nil {
		return 0, err
	}
	return readAt(f.d.now, p, off)
}

func (f *simFile) WriteAt(p []byte, off int64) (int, error) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if err := f.s.check("write", f.name); err != nil {
		return 0, err
	}
	if f.readOnly {
		return 0, &fs.PathError{Op: "write", Path: f.name, Err: syscall.EBADF}
	}
	grow := off + int64(len(p)) - int64(len(f.d.now))
	n, err := len(p), error(nil)
	if grow > f.s.free {
		// A full disk takes what fits.
		n = max(0, len(p)-int(grow-f.s.free))
		grow = f.s.free
		err = &fs.PathError{Op: "write", Path: f.name, Err: syscall.ENOSPC}
	}
	if n > 0 {
		f.s.free -= max(grow, 0)
		f.d.now = writeAt(f.d.now, p[:n], off)
		f.d.pending = append(f.d.pending, simWrite{off, append([]byte(nil), p[:n]...)})
	}
	return n, err
}

func (f *simFile) Sync() error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if err := f.s.check("sync", f.name); err != nil {
		return err
	}
	for _, w := range f.d.pending {
		f.d.durable = writeAt(f.d.durable, w.data, w.off)
	}
	f.d.pending = nil
	if f.s.journal {
		f.s.commit(len(f.s.changes))
	}
	return nil
}

func (f *simFile) Size() (int64, error) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if err := f.s.check("size", f.name); err != nil {
		return 0, err
	}
	return int64(len(f.d.now)), nil
}

func (f *simFile) Close() error { return nil }

func sortedNames(m map[string]*simData) []string {
	return slices.Sorted(maps.Keys(m))
}

// Clone returns a copy of the disk as the running program sees it, all of it durable.
func (s *Sim) Clone() *Sim {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := NewSim()
	for name, d := range s.files {
		x := &simData{now: append([]byte(nil), d.now...), durable: append([]byte(nil), d.now...)}
		c.files[name], c.disk[name] = x, x
	}
	return c
}
