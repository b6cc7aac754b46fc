package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lightsql/lightsql/cmd/lightsql/internal/sqllogic"
)

// TestSQLLogic runs the files of testdata/sqllogic, each on an empty server of its own.
//
// LIGHTSQL_SQLLOGIC names a folder or a file to run instead; LIGHTSQL_SQLLOGIC_EXCLUDE a list of records not to count (path and
// lines in each line); LIGHTSQL_SQLLOGIC_DSN a server to run them against, whose schema public is emptied first;
// LIGHTSQL_SQLLOGIC_COMPARE a PostgreSQL that runs each file too, right afterwards, while ours is a process of its own: the times are logged,
// of the clock and of the server's processor, then the files that took us longer, and it is an error if all the files together take us longer by
// the clock.
func TestSQLLogic(t *testing.T) {
	root := "../../testdata/sqllogic"
	if v := os.Getenv("LIGHTSQL_SQLLOGIC"); v != "" {
		root = v
	}
	exclude := readExclude(t, os.Getenv("LIGHTSQL_SQLLOGIC_EXCLUDE"))
	compare := os.Getenv("LIGHTSQL_SQLLOGIC_COMPARE")
	server := sqllogicServer(t, compare != "")
	var ours, theirs spent
	var slower []string
	for _, path := range sqllogicFiles(t, root) {
		name, _ := filepath.Rel(root, path)
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			records := parseSQLLogic(t, path)
			dsn, pid := server(t)
			took := runSQLLogic(t, dsn, pid, path, records, excluded(exclude, path))
			if compare != "" {
				other := timeSQLLogic(t, compare, records)
				logRatio(t, took, other)
				if took.cpu > other.cpu {
					slower = append(slower, fmt.Sprintf("%s %.2f", filepath.ToSlash(name), took.cpu.Seconds()/other.cpu.Seconds()))
				}
				ours, theirs = ours.plus(took), theirs.plus(other)
			}
		})
	}
	if theirs.wall > 0 {
		logRatio(t, ours, theirs)
		t.Logf("%d files took us more processor time: %s", len(slower), strings.Join(slower, ", "))
		if ours.wall > theirs.wall {
			t.Error("slower than PostgreSQL")
		}
	}
}

// sqllogicServer gives what makes the server of a file: its connection string, and its process if it has one of its own.
func sqllogicServer(t *testing.T, ownProcess bool) func(t *testing.T) (dsn string, pid int) {
	if dsn := os.Getenv("LIGHTSQL_SQLLOGIC_DSN"); dsn != "" {
		return func(t *testing.T) (string, int) {
			conn, err := pgconn.Connect(context.Background(), dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			emptySchema(t, conn)
			return dsn, 0
		}
	}
	if !ownProcess {
		return func(t *testing.T) (string, int) { return startServer(t, ":memory:").dsn(), 0 }
	}
	bin := buildServer(t)
	return func(t *testing.T) (string, int) {
		p := startProcess(t, bin, ":memory:")
		return p.dsn, p.cmd.Process.Pid
	}
}

// spent is the time of a run: by the clock, and of the server's processor.
type spent struct{ wall, cpu time.Duration }

func (s spent) plus(o spent) spent { return spent{s.wall + o.wall, s.cpu + o.cpu} }

// logRatio prints how long two runs took, and ours divided by PostgreSQL's.
func logRatio(t *testing.T, ours, theirs spent) {
	t.Helper()
	t.Logf("%.2f s, PostgreSQL %.2f s, ratio %.2f; CPU %.2f s, PostgreSQL %.2f s, ratio %.2f", ours.wall.Seconds(), theirs.wall.Seconds(),
		ours.wall.Seconds()/theirs.wall.Seconds(), ours.cpu.Seconds(), theirs.cpu.Seconds(), ours.cpu.Seconds()/theirs.cpu.Seconds())
}

// processCPU is the processor time of the threads of another process of this machine, 0 if it cannot be told. It is what the scheduler
// counts, in nanoseconds: that the machine is busy with other things does not change it much.
func processCPU(pid int) time.Duration {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	sum := 0
	for _, path := range threads {
		text, _ := os.ReadFile(path)
		ran, _, _ := strings.Cut(string(text), " ")
		n, _ := strconv.Atoi(ran)
		sum += n
	}
	return time.Duration(sum)
}

// timeSQLLogic is how long a server takes for the records, whatever it answers.
func timeSQLLogic(t *testing.T, dsn string, records []sqllogic.Record) spent {
	t.Helper()
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	emptySchema(t, conn)
	start, cpu := time.Now(), processCPU(int(conn.PID()))
	if _, err := sqllogic.Run(ctx, conn, records, nil); err != nil {
		t.Fatal(err)
	}
	return spent{time.Since(start), processCPU(int(conn.PID())) - cpu}
}

func emptySchema(t *testing.T, conn *pgconn.PgConn) {
	t.Helper()
	if _, err := conn.Exec(context.Background(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public").ReadAll(); err != nil {
		t.Fatal(err)
	}
}

func sqllogicFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if base := strings.TrimSuffix(path, ".gz"); strings.HasSuffix(base, ".slt") || strings.HasSuffix(base, ".test") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no sqllogictest files in %s", root)
	}
	return files
}

// readExclude reads lines of "path line line …".
func readExclude(t *testing.T, path string) map[string]map[int]bool {
	t.Helper()
	out := map[string]map[int]bool{}
	if path == "" {
		return out
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(make([]byte, 1<<16), 64<<20)
	for sc.Scan() {
		words := strings.Fields(sc.Text())
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		lines := map[int]bool{}
		for _, w := range words[1:] {
			n, err := strconv.Atoi(w)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			lines[n] = true
		}
		out[strings.TrimPrefix(words[0], "test/")] = lines
	}
	return out
}

// excluded finds the entry whose path ends a file's path.
func excluded(all map[string]map[int]bool, path string) map[int]bool {
	path = strings.TrimSuffix(filepath.ToSlash(path), ".gz")
	for name, lines := range all {
		if strings.HasSuffix(path, "/"+strings.TrimSuffix(name, ".gz")) {
			return lines
		}
	}
	return nil
}

// runSQLLogic runs the records of a file, reports those that fail, and gives the time that all took.
func runSQLLogic(t *testing.T, dsn string, pid int, path string, records []sqllogic.Record, exclude map[int]bool) spent {
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	start, cpu := time.Now(), processCPU(pid)
	res, err := sqllogic.Run(ctx, conn, records, exclude)
	took := spent{time.Since(start), processCPU(pid) - cpu}
	const shown = 20
	for i, f := range res.Failures {
		if i == shown {
			t.Errorf("… and %d more failures", len(res.Failures)-shown)
			break
		}
		t.Errorf("%s:%d: %s\n%s", path, f.Line, f.Reason, f.SQL)
	}
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	t.Logf("%d records passed, %d failed", res.Passed, len(res.Failures))
	if v := os.Getenv("LIGHTSQL_SQLLOGIC_FAILED"); v != "" && len(res.Failures) > 0 {
		appendFailed(t, v, path, res.Failures)
	}
	return took
}

// appendFailed writes failures in the format of an exclude list.
func appendFailed(t *testing.T, list, path string, failures []sqllogic.Failure) {
	t.Helper()
	f, err := os.OpenFile(list, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprint(f, path)
	for _, x := range failures {
		fmt.Fprintf(f, " %d", x.Line)
	}
	fmt.Fprintln(f)
}

func parseSQLLogic(t *testing.T, path string) []sqllogic.Record {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		in = z
	}
	records, err := sqllogic.Parse(in)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("%s: %v", path, err)
	}
	return records
}
