package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/lightsql/lightsql/kv/mvcc"
)

// TestSoak runs transactions for the time in LIGHTSQL_SOAK (such as 20m), and sessions that come, do a bit of everything and go. It reports
// how much the live heap, the resident memory and the directory grow in MB per hour after the first third, the warm-up. Server and clients
// share one process, so that what lives can be told from what the collector has not got to.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("LIGHTSQL_SOAK"))
	if err != nil {
		t.Skip("LIGHTSQL_SOAK is not set: no soak")
	}
	data := filepath.Join(t.TempDir(), "data")
	// Small memtables are written to runs many times in the time that there is.
	s := startServerOn(t, data, mvcc.Options{MemtableBytes: 4 << 20, CacheBytes: 16 << 20})
	createBank(t, s.dsn())
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	var id, done, visits atomic.Int64
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Add(2)
		go func() {
			defer wg.Done()
			soakClient(ctx, t, s.dsn(), &id, &done, rand.New(rand.NewPCG(1, uint64(w))))
		}()
		go func() {
			defer wg.Done()
			for ctx.Err() == nil {
				if err := soakVisit(ctx, s.dsn(), w, visits.Add(1)); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	var heap, resident, disk samples
	begin := time.Now()
	for ctx.Err() == nil {
		time.Sleep(max(100*time.Millisecond, min(2*time.Second, length/200)))
		since := time.Since(begin)
		heap.add(since, liveBytes())
		resident.add(since, residentBytes(t, os.Getpid()))
		disk.add(since, folderBytes(data))
		if dir := os.Getenv("LIGHTSQL_SOAK_PROFILES"); dir != "" && len(heap)%50 == 0 {
			writeHeapProfile(t, filepath.Join(dir, "heap."+strconv.Itoa(len(heap))))
		}
	}
	wg.Wait()
	warm := length / 3
	t.Logf("%d transactions, %d visits; live heap %.1f MB, growth %.2f MB/hour; resident %.0f MB, growth %.1f MB/hour; disk %.0f MB, growth %.1f MB/hour",
		done.Load(), visits.Load(), heap.middle(warm), heap.slope(warm), resident.middle(warm), resident.slope(warm), disk.middle(warm), disk.slope(warm))
	if grown := heap.slope(warm) * (length - warm).Hours(); grown > 4 {
		t.Errorf("the live heap has grown by %.1f MB after the warm-up", grown)
	}
}

// samples are sizes in MB and when they were measured.
type samples []sample

type sample struct{ hours, mb float64 }

func (x *samples) add(at time.Duration, bytes int64) {
	*x = append(*x, sample{at.Hours(), float64(bytes) / 1e6})
}

func (x samples) after(warm time.Duration) samples {
	i, _ := slices.BinarySearchFunc(x, warm.Hours(), func(s sample, h float64) int { return cmp.Compare(s.hours, h) })
	return x[i:]
}

// middle is the median of the sizes after the warm-up.
func (x samples) middle(warm time.Duration) float64 {
	var list []float64
	for _, s := range x.after(warm) {
		list = append(list, s.mb)
	}
	return median(list)
}

// slope is the growth in MB per hour after the warm-up: the median of the slopes between all pairs of samples, which a memtable that is
// there twice for a moment does not change.
func (x samples) slope(warm time.Duration) float64 {
	var list []float64
	x = x.after(warm)
	for i, a := range x {
		for _, b := range x[i+1:] {
			list = append(list, (b.mb-a.mb)/(b.hours-a.hours))
		}
	}
	return median(list)
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// liveBytes is what the collector has found reachable.
func liveBytes() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func writeHeapProfile(t *testing.T, name string) {
	f, err := os.Create(name)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	if err := pprof.Lookup("heap").WriteTo(f, 0); err != nil {
		t.Error(err)
	}
}

// soakVisit is a session from its start to its end, with statements whose texts nobody has used before.
func soakVisit(ctx context.Context, dsn string, w int, n int64) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(context.Background())
	table := fmt.Sprintf("visit%d", w)
	for _, sql := range []string{
		"SET application_name = 'visit " + strconv.FormatInt(n, 10) + "'",
		fmt.Sprintf("CREATE TABLE %s (id int PRIMARY KEY, v text)", table),
		fmt.Sprintf("INSERT INTO %s SELECT i, repeat('x', i) FROM generate_series(1, 100) i", table),
		fmt.Sprintf("CREATE INDEX ON %s (v)", table),
		"CREATE TEMP TABLE mine (a int) ON COMMIT DELETE ROWS",
		"INSERT INTO mine VALUES (1)",
		"LISTEN soak",
		"NOTIFY soak, 'here'",
		fmt.Sprintf("PREPARE p%d AS SELECT count(*) FROM %s WHERE id > $1", n, table),
		fmt.Sprintf("EXECUTE p%d(50)", n),
		"BEGIN ISOLATION LEVEL SERIALIZABLE",
		fmt.Sprintf("SELECT sum(id) FROM %s", table),
		"SAVEPOINT a",
		fmt.Sprintf("UPDATE %s SET v = 'y' WHERE id = 1", table),
		"ROLLBACK TO a",
		fmt.Sprintf("DECLARE c CURSOR FOR SELECT * FROM %s ORDER BY v", table),
		"FETCH 10 FROM c",
		"COMMIT",
		"BEGIN",
		fmt.Sprintf("DELETE FROM %s WHERE id = 2", table),
		fmt.Sprintf("PREPARE TRANSACTION 'visit %d'", n),
		fmt.Sprintf("COMMIT PREPARED 'visit %d'", n),
		"SELECT pg_advisory_lock(" + strconv.Itoa(w) + ")",
		fmt.Sprintf("CREATE FUNCTION visitor%d() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'", w),
		fmt.Sprintf("SELECT visitor%d()", w),
		fmt.Sprintf("DROP FUNCTION visitor%d()", w),
		"DROP TABLE " + table,
	} {
		if _, err := c.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	for i := range 20 {
		if _, err := c.Exec(ctx, fmt.Sprintf("SELECT $1::int AS c%d_%d", n, i), 1); err != nil {
			return err
		}
	}
	_, _ = c.Exec(ctx, fmt.Sprintf("SELECT nothing%d", n)) // fails
	return nil
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
