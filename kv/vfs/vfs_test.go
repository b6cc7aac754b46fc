package vfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestContract runs the same calls on every file system.
func TestContract(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) (FS, string){
		"os":     func(t *testing.T) (FS, string) { return OS(), t.TempDir() + "/a/b" },
		"mem":    func(*testing.T) (FS, string) { return NewMem(), "a/b" },
		"sim":    func(*testing.T) (FS, string) { return NewSim(), "a/b" },
		"inject": func(*testing.T) (FS, string) { return Inject(NewMem(), func(Op, string) error { return nil }), "a/b" },
	} {
		t.Run(name, func(t *testing.T) {
			fsys, dir := open(t)
			contract(t, fsys, dir)
		})
	}
}

func contract(t *testing.T, fsys FS, dir string) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(fsys.MkdirAll(dir))
	must(fsys.MkdirAll(dir))
	f, err := fsys.Create(dir + "/x")
	must(err)
	_, err = f.WriteAt([]byte("hello"), 3)
	must(err)
	_, err = f.WriteAt([]byte("J"), 3)
	must(err)
	must(f.Sync())
	must(f.Close())
	must(fsys.SyncDir(dir))
	must(fsys.Rename(dir+"/x", dir+"/y"))
	if _, err := fsys.Open(dir + "/x"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("open after rename: %v", err)
	}
	f, err = fsys.Open(dir + "/y")
	must(err)
	must(fsys.Remove(dir + "/y")) // stays readable
	size, err := f.Size()
	must(err)
	b := make([]byte, 10)
	n, err := f.ReadAt(b, 0)
	if size != 8 || !errors.Is(err, io.EOF) || !bytes.Equal(b[:n], []byte("\x00\x00\x00Jello")) {
		t.Fatalf("size %d, read %q, %v", size, b[:n], err)
	}
	if _, err := f.WriteAt(b, 0); err == nil {
		t.Fatal("wrote to a file opened for reading")
	}
	must(f.Close())
	_, err = fsys.Create(dir + "/z")
	must(err)
	names, err := fsys.List(dir)
	must(err)
	if !slices.Equal(names, []string{"z"}) {
		t.Fatalf("List: %v", names)
	}
	l, err := fsys.Lock(dir + "/LOCK")
	must(err)
	if _, err := fsys.Lock(dir + "/LOCK"); !errors.Is(err, ErrLocked) {
		t.Fatalf("second lock: %v", err)
	}
	must(l.Close())
	l, err = fsys.Lock(dir + "/LOCK")
	must(err)
	must(l.Close())
}

// TestSimCrash: synced bytes in a synced folder stay; anything else is there or not.
func TestSimCrash(t *testing.T) {
	outcomes := map[string]bool{}
	for seed := range uint64(200) {
		s := NewSim()
		f, _ := s.Create("d/synced")
		f.WriteAt(bytes.Repeat([]byte("a"), 1024), 0)
		f.Sync()
		s.SyncDir("d")
		f.WriteAt(bytes.Repeat([]byte("b"), 1024), 0)
		g, _ := s.Create("d/unnamed")
		g.WriteAt([]byte("x"), 0)
		g.Sync()
		s.Rename("d/synced", "d/renamed")
		after := s.Crash(rand.New(rand.NewPCG(seed, 0)))
		if _, err := s.Create("d/late"); err == nil {
			t.Fatal("the old disk still works")
		}
		names, _ := after.List("d")
		for _, name := range names {
			h, err := after.Open("d/" + name)
			if err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 1024)
			n, _ := h.ReadAt(b, 0)
			state := name
			if name != "unnamed" {
				for _, at := range []int{0, 512} {
					part := b[at : at+512]
					if n != 1024 || bytes.Count(part, part[:1]) != 512 {
						t.Fatalf("a sector is torn: %q", part)
					}
					state += string(part[:1])
				}
			}
			outcomes[state] = true
		}
	}
	for _, want := range []string{"syncedaa", "renamedbb", "syncedab", "renamedba", "unnamed"} {
		if !outcomes[want] {
			t.Errorf("outcome %s never happened: %v", want, outcomes)
		}
	}
}

func TestSimSpace(t *testing.T) {
	s := NewSim()
	f, _ := s.Create("d/x")
	s.SetSpace(100)
	n, err := f.WriteAt(make([]byte, 150), 0)
	if n != 100 || !IsNoSpace(err) {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if _, err := f.WriteAt(make([]byte, 100), 0); err != nil {
		t.Fatalf("overwriting needs no space: %v", err)
	}
	if _, err := s.Create("d/y"); !IsNoSpace(err) {
		t.Fatal(err)
	}
	s.Remove("d/x")
	if _, err := s.Create("d/y"); err != nil {
		t.Fatal(err)
	}
}

// TestSimJournal: on a journalling file system names change in order and renames happen as a whole; the Sync of any file makes
// earlier changes durable.
func TestSimJournal(t *testing.T) {
	outcomes := map[string]bool{}
	for seed := range uint64(200) {
		s := NewSim()
		s.SetJournal(true)
		s.Create("d/a")
		f, _ := s.Create("d/b")
		f.Sync()
		s.Rename("d/a", "d/c")
		s.Remove("d/b")
		s.Create("d/e")
		names, _ := s.Crash(rand.New(rand.NewPCG(seed, 0))).List("d")
		slices.Sort(names)
		outcomes[fmt.Sprint(names)] = true
	}
	if want := (map[string]bool{"[a b]": true, "[b c]": true, "[c]": true, "[c e]": true}); !maps.Equal(outcomes, want) {
		t.Fatalf("%v, want %v", outcomes, want)
	}
}
