package engine

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

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
