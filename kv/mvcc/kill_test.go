package mvcc

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/lightsql/lightsql/kv"
)

const killDir = "LIGHTSQL_KILL_TEST_DIR"

// TestKill kills a process that commits from four goroutines, with no warning, and checks what it had acknowledged.
func TestKill(t *testing.T) {
	if dir := os.Getenv(killDir); dir != "" {
		commitForever(t, dir)
		return
	}
	dir := t.TempDir()
	acked := make([]int, 4)
	for life := range 4 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), killDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == 100+life*50 {
				_ = cmd.Process.Kill()
			}
			var id, round int
			if k, _ := fmt.Sscanf(lines.Text(), "acked %d %d\n", &id, &round); k == 2 {
				acked[id] = max(acked[id], round)
			}
		}
		_ = cmd.Wait()
		db := open(t, dir, Options{})
		for id := range acked {
			w := worker{id: id, acked: acked[id], tried: 1 << 30}
			if err := w.check(db); err != nil {
				t.Fatalf("life %d: %v", life, err)
			}
		}
		if _, err := db.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if acked[0]+acked[1]+acked[2]+acked[3] < 400 {
		t.Fatalf("only %v rounds", acked)
	}
}

// commitForever is the process to be killed: it prints every round after Commit has returned.
func commitForever(t *testing.T, dir string) {
	db := open(t, dir, Options{MemtableBytes: 32 << 10, SegmentBytes: 64 << 10})
	var wg sync.WaitGroup
	for id := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			w := worker{id: id}
			tx := db.Begin(kv.TxnOptions{ReadOnly: true})
			var v kv.Values
			a, _ := w.keys()
			if err := tx.Get(context.Background(), [][]byte{[]byte(a)}, &v); err != nil {
				t.Error(err)
			}
			tx.Rollback()
			fmt.Sscan(string(v.V[0]), &w.tried)
			for {
				if err := w.round(db, string(make([]byte, 200))); err != nil {
					t.Error(err)
					return
				}
				fmt.Printf("acked %d %d\n", id, w.acked)
			}
		}()
	}
	wg.Wait()
}
