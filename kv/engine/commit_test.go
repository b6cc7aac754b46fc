package engine

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// TestRoundWithoutSync lets a round that does not sync, as keepLog's for a mark, write the record of a commit that waits to be durable. It
// has to be woken, or it would sleep until somebody else commits.
func TestRoundWithoutSync(t *testing.T) {
	e, err := Open("db", Options{SyncEvery: time.Hour, FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c := &Commit{Payload: AppendEntry(nil, []byte("key"), []byte("value"), false), Entries: 1}
	e.mu.Lock()
	if err := e.admit(c, crc(c.Payload)); err != nil {
		t.Fatal(err)
	}
	e.mu.Unlock()
	c.apply()
	e.mu.Lock()
	defer e.mu.Unlock()
	c.ready, c.wait = true, true
	e.lead(false)
	select {
	case <-c.wake:
	default:
		t.Fatal("nobody woke the commit")
	}
	e.await(c)
	if c.err != nil || e.VisibleTS() != c.ts {
		t.Fatalf("%v, visible %d of %d", c.err, e.VisibleTS(), c.ts)
	}
}

// TestLogFailsAfterCommitIsWritten lets the log fail between the moment when a commit is on disk and the moment when it is in its memtable.
// It must not be refused then: a restart would find it.
func TestLogFailsAfterCommitIsWritten(t *testing.T) {
	for _, synced := range []bool{true, false} {
		t.Run(fmt.Sprintf("synced=%v", synced), func(t *testing.T) {
			disk := vfs.NewSim()
			var failing atomic.Bool
			e, err := Open("db", Options{SyncEvery: time.Hour, FS: vfs.Inject(disk, func(op vfs.Op, _ string) error {
				if op == vfs.OpWrite && failing.Load() {
					return syscall.EIO
				}
				return nil
			})})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			key := []byte("key")
			c := &Commit{Payload: AppendEntry(nil, key, []byte("value"), false), Entries: 1}
			e.mu.Lock()
			if err := e.admit(c, crc(c.Payload)); err != nil {
				t.Fatal(err)
			}
			e.lead(synced)
			failing.Store(true)
			e.log.mark(e.lastTS)
			e.lead(false)
			e.mu.Unlock()
			c.apply()
			e.mu.Lock()
			c.ready = true
			e.publish()
			if c.refused {
				e.takeBack(c)
			}
			refusing := e.refusing
			e.mu.Unlock()
			if !c.done || c.err != nil || e.VisibleTS() != c.ts {
				t.Fatalf("the commit is done=%v with %v; visible %d of %d", c.done, c.err, e.VisibleTS(), c.ts)
			}
			if refusing == nil {
				t.Fatal("the log has not failed")
			}
			again, err := Open("db", Options{FS: disk.Crash(rand.New(rand.NewPCG(1, 1)))})
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			var v kv.Values
			if _, err := again.Get(Hash(key), key, again.VisibleTS(), &v); err != nil || string(v.V[0]) != "value" {
				t.Fatalf("after a power cut: %q, %v", v.V, err)
			}
		})
	}
}

// TestOpenDoesNotWaitForOldFiles opens a store with files that nothing refers to. They are removed while commits are taken, and no new
// file has the name of one of them.
func TestOpenDoesNotWaitForOldFiles(t *testing.T) {
	disk := vfs.NewMem()
	old := []string{"db/spare-000003", "db/0000000900.run", "db/spare-now", "db/MANIFEST.new"}
	e, err := Open("db", Options{FS: disk})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range old {
		if _, err := disk.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	slow := make(chan struct{})
	var mu sync.Mutex
	made := map[string]bool{}
	e, err = Open("db", Options{SegmentBytes: 64 << 10, MemtableBytes: 64 << 10, FS: vfs.Inject(disk, func(op vfs.Op, name string) error {
		mu.Lock()
		made[name] = made[name] || op == vfs.OpCreate
		mu.Unlock()
		if op == vfs.OpRemove && (name == old[0] || name == old[1]) {
			<-slow
		}
		return nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	commit := func(i int) {
		c := &Commit{Payload: AppendEntry(nil, fmt.Append(nil, i), make([]byte, 1000), false), Entries: 1}
		if _, err := e.Commit(c); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 300 {
		commit(i)
	}
	close(slow)
	for i := range 300 {
		commit(i)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := disk.List("db")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range old[:2] {
		if slices.Contains(names, path.Base(name)) || made[name] {
			t.Errorf("%s is among %v, or was made anew: %v", name, names, made[name])
		}
	}
}
