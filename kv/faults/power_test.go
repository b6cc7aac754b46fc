package faults

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/kv/vfs"
)

var everyFlag = flag.Int("faults.every", 11, "TestCrashEverywhere crashes at every n-th call")

// TestCrashEverywhere runs a workload and cuts the power at one of its calls that change the disk, for every such call, with both models of
// a folder. What was acknowledged is there afterwards, and no transaction by half.
func TestCrashEverywhere(t *testing.T) {
	seeded(t)
	for _, journal := range []bool{false, true} {
		t.Run(fmt.Sprintf("journal=%v", journal), func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n += *everyFlag {
				if !crashAt(t, int64(n), journal) {
					t.Logf("%d calls", n)
					return
				}
			}
		})
	}
}

// crashAt cuts the power at the n-th call and tells whether there was one.
func crashAt(t *testing.T, n int64, journal bool) bool {
	t.Helper()
	disk := vfs.NewSim()
	disk.SetJournal(journal)
	var calls atomic.Int64
	var once sync.Once
	var after *vfs.Sim
	rnd := rand.New(rand.NewPCG(*seedFlag, uint64(n)))
	fs := vfs.Inject(disk, func(op vfs.Op, _ string) error {
		switch op {
		case vfs.OpRead, vfs.OpOpen, vfs.OpList, vfs.OpSize, vfs.OpLock, vfs.OpMkdir:
			return nil
		}
		if calls.Add(1) >= n {
			once.Do(func() { after = disk.Crash(rnd) })
		}
		return nil
	})
	x := newTeller(0, *seedFlag)
	x.pad = strings.Repeat("x", 120)
	var err error
	for life := 0; life < 2 && err == nil; life++ {
		o := small(fs)
		o.MemtableBytes = 4 << 10
		var db *mvcc.DB
		if db, err = mvcc.Open("db", o); err != nil {
			break
		}
		for i := 0; i < 40 && err == nil; i++ {
			x.async = i%7 == 3
			err = x.transfer(db)
		}
		if e := db.Close(); err == nil {
			err = e
		}
		if err == nil {
			x.durable = x.acked
		}
	}
	crashed := calls.Load() >= n
	once.Do(func() { after = disk.Crash(rnd) })
	if err != nil && !errors.Is(err, syscall.EIO) {
		t.Fatalf("seed %d, call %d: %v", *seedFlag, n, err)
	}
	after.SetJournal(journal)
	db, err := mvcc.Open("db", small(after))
	if err != nil {
		t.Fatalf("seed %d, call %d: %v", *seedFlag, n, err)
	}
	defer db.Close()
	x.acked = x.durable // commits that did not wait for the disk may be gone
	if err := audit(db, x); err != nil {
		t.Fatalf("seed %d, call %d: %v", *seedFlag, n, err)
	}
	checked(t, db)
	return crashed
}
