package mvcc

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv"
)

// recoveryMB is how much TestRecovery writes; about half of it is in runs when it is opened again.
var recoveryMB = flag.Int("recovery.mb", 24, "megabytes that TestRecovery writes")

// TestRecovery opens a store with a long log, as a killed process leaves it, and tells how long that takes.
func TestRecovery(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	o := Options{MemtableBytes: 2 * *recoveryMB << 20, SegmentBytes: 1 << 20}
	db := open(t, dir, o)
	ctx := context.Background()
	n := 0
	for int(db.Stats().LogBytes) < *recoveryMB<<20 {
		for range 1000 {
			tx := db.Begin(kv.TxnOptions{Async: true})
			for range 4 {
				n++
				key := binary.BigEndian.AppendUint64([]byte("table/"), uint64(n)*0x9e3779b97f4a7c15)
				if err := tx.Put(key, bytes.Repeat([]byte{byte(n)}, 200)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := tx.Commit(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := db.Stats().LastTS
	tx := db.Begin(kv.TxnOptions{}) // a commit that waits for the disk makes all before it durable
	if err := tx.Put([]byte("last"), []byte("one")); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	logBytes := int64(0)
	for _, name := range storeFiles(t, dir) {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && strings.HasSuffix(name, ".log") {
			logBytes += info.Size()
		}
		if err := os.Link(filepath.Join(dir, name), filepath.Join(copied, name)); err != nil {
			t.Fatal(err)
		}
	}
	var logged bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	begin := time.Now()
	second := open(t, copied, o)
	took := time.Since(begin)
	if ts := second.Stats().LastTS; ts < want {
		t.Errorf("commit %d found, %d were made", ts, want)
	}
	t.Logf("%.0f MB of log: %.2f s, %.0f MB/s", float64(logBytes)/1e6, took.Seconds(), float64(logBytes)/1e6/took.Seconds())
	if s := logged.String(); !strings.Contains(s, "log recovery") || !strings.Contains(s, "took=") {
		t.Errorf("no progress was logged: %s", s)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func storeFiles(t *testing.T, dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "LOCK" && e.Name() != "BALLAST" {
			names = append(names, e.Name())
		}
	}
	return names
}
