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

// recoveryMB is how long a log TestRecovery makes.
var recoveryMB = flag.Int("recovery.mb", 40, "megabytes of log in TestRecovery")

// TestRecovery opens a store with a long log, as a killed process leaves it, and tells how long that takes.
func TestRecovery(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	o := Options{MemtableBytes: 2 * *recoveryMB << 20}
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
	for _, name := range storeFiles(t, dir) {
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
	t.Logf("%d MB of log, %d entries: %.2f s, %.0f MB/s", *recoveryMB, n, took.Seconds(), float64(*recoveryMB)/took.Seconds())
	if !strings.Contains(logged.String(), "log recovery") {
		t.Errorf("no progress was logged: %s", logged.String())
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
