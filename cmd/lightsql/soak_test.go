package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestSoak runs transactions for the time in LIGHTSQL_SOAK (such as 10m) and reports how much the server's resident memory and
// its directory grow, in MB per hour, from the third quarter of the time to the last.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("LIGHTSQL_SOAK"))
	if err != nil {
		t.Skip("LIGHTSQL_SOAK is not set: no soak")
	}
	data := filepath.Join(t.TempDir(), "data")
	p := startProcess(t, buildServer(t), data)
	createBank(t, p.dsn)
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	var id, done atomic.Int64
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			soakClient(ctx, t, p.dsn, &id, &done, rand.New(rand.NewPCG(1, uint64(w))))
		}()
	}
	var memory, disk quarters
	begin := time.Now()
	for ctx.Err() == nil {
		time.Sleep(min(time.Second, length/100))
		quarter := min(3, int(4*time.Since(begin)/length))
		memory.add(quarter, residentBytes(t, p.cmd.Process.Pid))
		disk.add(quarter, folderBytes(data))
	}
	wg.Wait()
	t.Logf("%d transactions; memory %.0f MB, growth %.2f MB/hour; disk %.0f MB, growth %.2f MB/hour", done.Load(),
		memory.mean(3), memory.growth(length), disk.mean(3), disk.growth(length))
}

// quarters are samples of a size, by quarter of the time. Sizes go up and down with every memtable, so means are compared.
type quarters [4]struct{ sum, n float64 }

func (q *quarters) add(quarter int, bytes int64) {
	q[quarter].sum += float64(bytes) / 1e6
	q[quarter].n++
}

func (q *quarters) mean(i int) float64 { return q[i].sum / max(1, q[i].n) }

// growth is from the third quarter to the last, in MB per hour.
func (q *quarters) growth(length time.Duration) float64 {
	return (q.mean(3) - q.mean(2)) / (length / 4).Hours()
}

// soakClient updates and keeps the history short, so that the data does not grow.
func soakClient(ctx context.Context, t *testing.T, dsn string, id, done *atomic.Int64, rng *rand.Rand) {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close(context.Background())
	for ctx.Err() == nil {
		n := id.Add(1)
		if err := transfer(ctx, c, n, rng); err != nil && ctx.Err() == nil {
			t.Error(err)
			return
		}
		if _, err := c.Exec(ctx, "DELETE FROM history WHERE id = $1", n-1000); err != nil && ctx.Err() == nil {
			t.Error(err)
			return
		}
		done.Add(1)
	}
}

// residentBytes is the resident memory of a process.
func residentBytes(t *testing.T, pid int) int64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		t.Skip("no /proc: memory cannot be read")
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

func folderBytes(dir string) (total int64) {
	filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				total += info.Size()
			}
		}
		return nil
	})
	return total
}
