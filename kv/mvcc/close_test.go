package mvcc

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// TestCleanCloseLeavesNoLog closes a store with a long log, and expects the next Open to find runs only; a short log may stay.
// Nothing is lost in either case.
func TestCleanCloseLeavesNoLog(t *testing.T) {
	fs := vfs.NewMem()
	ctx := context.Background()
	n := 0
	for _, x := range []struct {
		commits int
		short   bool // a log may stay
	}{{3000, false}, {0, false}, {5, true}, {0, true}, {2000, false}, {0, false}, {1, true}} {
		db, err := Open("db", Options{FS: fs, SegmentBytes: 4 << 20, MemtableBytes: 8 << 20, CacheBytes: 8 << 20})
		if err != nil {
			t.Fatal(err)
		}
		var keys [][]byte
		for i := range n {
			keys = append(keys, fmt.Appendf(nil, "key%06d", i))
		}
		var got kv.Values
		read := db.Begin(kv.TxnOptions{})
		if err := read.Get(ctx, keys, &got); err != nil {
			t.Fatal(err)
		}
		for i, v := range got.V {
			if len(v) != 1000 {
				t.Fatalf("%s has %d bytes", keys[i], len(v))
			}
		}
		read.Rollback()
		for range x.commits {
			tx := db.Begin(kv.TxnOptions{Async: true})
			if err := tx.Put(fmt.Appendf(nil, "key%06d", n), make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			n++
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		names, err := fs.List("db")
		if err != nil {
			t.Fatal(err)
		}
		logs := int64(0)
		for _, name := range names {
			if f, err := fs.Open("db/" + name); err == nil && strings.HasSuffix(name, ".log") {
				size, _ := f.Size()
				logs += size
			}
		}
		if logs > 1<<20 && !x.short { // where a flush came just before Close, a short log may stay here too
			t.Errorf("%d commits, then Close: %v", x.commits, names)
		}
	}
}
