package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgbench runs pgbench against a server and returns what it prints.
func pgbench(t *testing.T, port string, args ...string) (string, error) {
	t.Helper()
	out, err := exec.Command("pgbench", append(append([]string{"-h", "127.0.0.1", "-p", port, "-U", "postgres"}, args...), "postgres")...).CombinedOutput()
	return string(out), err
}

func needPgbench(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("pgbench"); err != nil {
		t.Skip("pgbench is not installed")
	}
}

// TestPgbench runs every built-in script in every mode: no error, and the balances agree.
func TestPgbench(t *testing.T) {
	needPgbench(t)
	s := startServer(t, t.TempDir())
	if out, err := pgbench(t, s.port(), "-i", "-q", "-s", "1"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, script := range []string{"tpcb-like", "simple-update", "select-only"} {
		for _, mode := range []string{"simple", "extended", "prepared"} {
			out, err := pgbench(t, s.port(), "-n", "-b", script, "-M", mode, "-c", "8", "-j", "2", "-t", "50")
			if err != nil || !strings.Contains(out, "number of failed transactions: 0 ") {
				t.Errorf("%s %s: %v\n%s", script, mode, err, out)
			}
		}
	}
	checkPgbench(t, s.dsn())
}

// checkPgbench checks the invariant of the TPC-B-like script: all three tables and the history agree. (simple-update leaves out
// tellers and branches, so the sums are compared by what each script changes.)
func checkPgbench(t *testing.T, dsn string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var accounts, tellers, branches, history int64
	err = c.QueryRow(ctx, `SELECT (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(tbalance) FROM pgbench_tellers),
		(SELECT sum(bbalance) FROM pgbench_branches), (SELECT coalesce(sum(delta), 0) FROM pgbench_history)`).Scan(&accounts, &tellers, &branches, &history)
	if err != nil {
		t.Fatal(err)
	}
	if accounts != history || tellers != branches {
		t.Errorf("sums differ: accounts %d, history %d; tellers %d, branches %d", accounts, history, tellers, branches)
	}
}

// TestKillPgbench kills the server with SIGKILL during pgbench, again and again, and checks the balances after each restart.
func TestKillPgbench(t *testing.T) {
	needPgbench(t)
	rounds := 3
	if n := crashRounds(); n > 0 {
		rounds = n
	}
	bin, data := buildServer(t), filepath.Join(t.TempDir(), "data")
	p := startProcess(t, bin, data)
	if out, err := pgbench(t, p.port, "-i", "-q", "-s", "1"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for range rounds {
		done := make(chan struct{})
		go func() {
			defer close(done)
			pgbench(t, p.port, "-n", "-c", "8", "-j", "2", "-T", "20", "-M", "prepared") // it fails when the server dies
		}()
		time.Sleep(700 * time.Millisecond)
		p.kill()
		<-done
		p = startProcess(t, bin, data)
		checkPgbench(t, p.dsn)
	}
}
