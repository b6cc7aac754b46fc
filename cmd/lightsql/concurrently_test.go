package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestIndexesConcurrently makes, rebuilds and drops indexes CONCURRENTLY while others change the rows: each time a scan of the index
// finds what a scan of the table finds.
func TestIndexesConcurrently(t *testing.T) {
	s := startServer(t, ":memory:")
	ctx := context.Background()
	connect := func() *pgx.Conn {
		c, err := pgx.Connect(ctx, s.dsn())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	must := func(c *pgx.Conn, sql string, args ...any) {
		if _, err := c.Exec(ctx, sql, args...); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	c := connect()
	defer c.Close(ctx)
	must(c, "create table t (id int primary key, v int, u int)")
	must(c, "insert into t select g, g % 100, g from generate_series(1, 5000) g")
	var done atomic.Bool
	var changed atomic.Int64
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c := connect()
			defer c.Close(ctx)
			rnd := rand.New(rand.NewPCG(7, uint64(w)))
			for i := 0; !done.Load(); i++ {
				id, v := rnd.IntN(5000)+1, rnd.IntN(100)
				switch i % 5 {
				case 0:
					must(c, "delete from t where id = $1", id)
				case 1:
					must(c, "insert into t values ($1, $2, $1) on conflict (id) do update set v = $2", id, v)
				case 2:
					must(c, "update t set v = $2 where id = $1", id, v)
				case 3: // hold a row for a while
					must(c, "begin")
					must(c, "select from t where id = $1 for update", id)
					time.Sleep(3 * time.Millisecond)
					must(c, "commit")
				case 4:
					must(c, "update t set v = v + 1, u = -u where id = $1", id)
				}
				changed.Add(1)
			}
		}()
	}
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		must(c, "create index concurrently tv on t (v)")
		must(c, "create unique index concurrently tu on t ((u * u))")
		compareScans(ctx, t, c)
		must(c, "reindex table concurrently t")
		compareScans(ctx, t, c)
		must(c, "reindex index tv")
		compareScans(ctx, t, c)
		must(c, "drop index concurrently tv")
		must(c, "drop index concurrently tu")
	}
	done.Store(true)
	wg.Wait()
	t.Logf("%d changes", changed.Load())
}

// compareScans compares what is found by the indexes of t with what a scan of the table finds, at one snapshot.
func compareScans(ctx context.Context, t *testing.T, c *pgx.Conn) {
	t.Helper()
	err := pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local enable_seqscan = off"); err != nil {
			return err
		}
		for _, cond := range []string{"v%s between 10 and 60", "u * u%s between 100 and 9000000"} {
			var n, sum [2]int64
			for i, plus := range []string{"", " + 0"} { // with which no index is of use
				q := "select count(*), coalesce(sum(id), 0) from t where " + fmt.Sprintf(cond, plus)
				if err := tx.QueryRow(ctx, q).Scan(&n[i], &sum[i]); err != nil {
					return err
				}
			}
			if n[0] != n[1] || sum[0] != sum[1] {
				t.Errorf(cond+": %d rows by the index, %d in the table", "", n[0], n[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
