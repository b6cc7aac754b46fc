package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// serverProcess is the server as a process of its own, so that it can be killed.
type serverProcess struct {
	cmd  *exec.Cmd
	dsn  string
	port string
}

// buildServer builds the server program once for a test.
func buildServer(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "lightsql")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// startProcess starts the server and waits until it answers.
func startProcess(t testing.TB, bin, data string) *serverProcess {
	t.Helper()
	port := freePort(t)
	p := &serverProcess{cmd: exec.Command(bin, "--listen", "127.0.0.1:"+port, "--data", data),
		port: port, dsn: "postgres://postgres@127.0.0.1:" + port + "/postgres?sslmode=disable"}
	p.cmd.Stderr = os.Stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for {
		c, err := pgconn.Connect(ctx, p.dsn)
		if err == nil {
			c.Close(ctx)
			return p
		}
		if ctx.Err() != nil {
			t.Fatalf("server did not start: %v", err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// kill ends the process as a power cut of the process would: SIGKILL.
func (p *serverProcess) kill() {
	p.cmd.Process.Signal(syscall.SIGKILL)
	p.cmd.Wait()
}

// bank is a TPC-B-like schema: the sums of all three tables and of the history must always agree.
const bankAccounts = 1000

func createBank(t *testing.T, dsn string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for _, sql := range []string{
		"CREATE TABLE accounts (aid int PRIMARY KEY, balance bigint NOT NULL, filler char(84))",
		"CREATE TABLE tellers (tid int PRIMARY KEY, balance bigint NOT NULL)",
		"CREATE TABLE history (id bigint PRIMARY KEY, aid int, tid int, delta bigint, note text)",
		"CREATE INDEX history_aid ON history (aid)",
		fmt.Sprintf("INSERT INTO accounts SELECT i, 0, 'x' FROM generate_series(1, %d) i", bankAccounts),
		"INSERT INTO tellers SELECT i, 0 FROM generate_series(1, 10) i",
	} {
		if _, err := c.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// transfer runs one transaction and reports whether its commit was acknowledged.
func transfer(ctx context.Context, c *pgx.Conn, id int64, rng *rand.Rand) error {
	aid, tid, delta := rng.IntN(bankAccounts)+1, rng.IntN(10)+1, rng.IntN(1000)-500
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE accounts SET balance = balance + $1 WHERE aid = $2", delta, aid); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE tellers SET balance = balance + $1 WHERE tid = $2", delta, tid); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO history VALUES ($1, $2, $3, $4, 'transfer')", id, aid, tid, delta)
		return err
	})
}

// crashRounds is LIGHTSQL_CRASH_ROUNDS, 0 if it is not set.
func crashRounds() int {
	n, _ := strconv.Atoi(os.Getenv("LIGHTSQL_CRASH_ROUNDS"))
	return n
}

// TestKill kills the server in the middle of transactions, again and again, and checks after each restart that every
// acknowledged transaction is there, and none by half. LIGHTSQL_CRASH_ROUNDS sets how often.
func TestKill(t *testing.T) {
	rounds := 3
	if n := crashRounds(); n > 0 {
		rounds = n
	}
	bin, data := buildServer(t), filepath.Join(t.TempDir(), "data")
	p := startProcess(t, bin, data)
	createBank(t, p.dsn)
	var nextID atomic.Int64
	acknowledged := map[int64]bool{}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for round := range rounds {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				rng := rand.New(rand.NewPCG(seed, uint64(round*10+w)))
				for _, id := range transferUntilDead(t, p.dsn, &nextID, rng) {
					mu.Lock()
					acknowledged[id] = true
					mu.Unlock()
				}
			}()
		}
		time.Sleep(time.Duration(300+rand.IntN(700)) * time.Millisecond)
		p.kill()
		wg.Wait()
		p = startProcess(t, bin, data)
		checkBank(t, p.dsn, acknowledged)
	}
	t.Logf("%d rounds, %d acknowledged transactions", rounds, len(acknowledged))
	if len(acknowledged) == 0 {
		t.Error("no transaction was ever acknowledged")
	}
}

// transferUntilDead runs transactions until the server is gone and returns the acknowledged ones.
func transferUntilDead(t *testing.T, dsn string, nextID *atomic.Int64, rng *rand.Rand) (done []int64) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil
	}
	defer c.Close(ctx)
	for {
		id := nextID.Add(1)
		err := transfer(ctx, c, id, rng)
		var pge *pgconn.PgError
		switch {
		case err == nil:
			done = append(done, id)
		case errors.As(err, &pge):
			t.Errorf("transaction failed: %s %s", pge.Code, pge.Message)
			return done
		default:
			return done
		}
	}
}

// checkBank checks the invariants and that no acknowledged transaction is missing, by table and by index.
func checkBank(t *testing.T, dsn string, acknowledged map[int64]bool) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var accounts, tellers, history, byIndex int64
	for _, q := range []struct {
		sql string
		to  *int64
	}{
		{"SELECT sum(balance)::bigint FROM accounts", &accounts},
		{"SELECT sum(balance)::bigint FROM tellers", &tellers},
		{"SELECT coalesce(sum(delta), 0)::bigint FROM history", &history},
		{"SELECT coalesce(sum(h.delta), 0)::bigint FROM accounts a JOIN history h ON h.aid = a.aid", &byIndex},
	} {
		if err := c.QueryRow(ctx, q.sql).Scan(q.to); err != nil {
			t.Fatalf("%s: %v", q.sql, err)
		}
	}
	if accounts != history || tellers != history || byIndex != history {
		t.Errorf("sums differ: accounts %d, tellers %d, history %d, history by index %d", accounts, tellers, history, byIndex)
	}
	rows, err := c.Query(ctx, "SELECT id FROM history")
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[int64]bool, len(ids))
	for _, id := range ids {
		there[id] = true
	}
	for id := range acknowledged {
		if !there[id] {
			t.Errorf("acknowledged transaction %d is lost", id)
		}
	}
}
