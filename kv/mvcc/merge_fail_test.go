package mvcc

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// TestMergesFail makes every read of a file fail, so that no merge ever succeeds: commits go on, and the store closes.
func TestMergesFail(t *testing.T) {
	var failing atomic.Bool
	fs := vfs.Inject(vfs.NewMem(), func(op vfs.Op, name string) error {
		if op == vfs.OpRead && failing.Load() {
			return syscall.EIO
		}
		return nil
	})
	db, err := Open("db", small(fs))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4000 {
		failing.Store(i%2 == 0 || i > 400) // a run that was just written is opened by reading it
		tx := db.Begin(kv.TxnOptions{Async: true})
		if err := tx.Put(fmt.Appendf(nil, "key%05d", i), make([]byte, 500)); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Commit(context.Background()); err != nil {
			break // a flush failed too: an answer, not a wait without end
		}
	}
	if err := db.Close(); err != nil {
		t.Log(err)
	}
}
