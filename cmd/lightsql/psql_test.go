package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPsql runs each script of testdata/psql through psql and compares everything it prints, errors included, with what it
// prints against PostgreSQL 15 (the .out file).
//
// LIGHTSQL_PSQL_RECORD, a connection string of the database postgres of a fresh PostgreSQL, writes the .out files instead.
func TestPsql(t *testing.T) {
	if _, err := exec.LookPath("psql"); err != nil {
		t.Skip("psql is not installed")
	}
	scripts, err := filepath.Glob("testdata/psql/*.sql")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	record := os.Getenv("LIGHTSQL_PSQL_RECORD")
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".sql"), func(t *testing.T) {
			golden := strings.TrimSuffix(script, ".sql") + ".out"
			if record != "" {
				runPsql(t, record, "-c", emptyPublic)
				if err := os.WriteFile(golden, runPsql(t, record, "-f", script), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			got := runPsql(t, startServer(t, ":memory:").dsn(), "-f", script)
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("psql prints something else than with PostgreSQL:\n%s", lineDiff(string(want), string(got)))
			}
		})
	}
}

// emptyPublic drops what scripts leave behind and keeps the schema, whose owner and privileges show on screens.
const emptyPublic = `DO $$ DECLARE r record; BEGIN
	FOR r IN SELECT c.oid::regclass::text AS name, relkind FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S') LOOP
		IF to_regclass(r.name) IS NOT NULL THEN
			EXECUTE format('DROP %s IF EXISTS %s CASCADE', CASE r.relkind WHEN 'r' THEN 'TABLE' WHEN 'v' THEN 'VIEW' ELSE 'SEQUENCE' END, r.name);
		END IF;
	END LOOP; END $$`

// runPsql runs psql and returns all it prints.
func runPsql(t *testing.T, dsn string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("psql", append([]string{"-X", "-a", "-q", "-d", dsn}, args...)...)
	cmd.Env = append(os.Environ(), "PGTZ=UTC", "LC_ALL=C", "PAGER=")
	out, err := cmd.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	return out
}

// lineDiff lists the lines that differ, a few at most, with their numbers in want.
func lineDiff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var out strings.Builder
	shown := 0
	for i, j := 0, 0; (i < len(w) || j < len(g)) && shown < 40; {
		if i < len(w) && j < len(g) && w[i] == g[j] {
			i, j = i+1, j+1
			continue
		}
		di, dj := resync(w[i:], g[j:])
		for ; di > 0; di-- {
			out.WriteString("- " + w[i] + "\n")
			i++
			shown++
		}
		for ; dj > 0; dj-- {
			out.WriteString("+ " + g[j] + "\n")
			j++
			shown++
		}
	}
	return out.String()
}

// resync finds how many lines to skip on each side until a line is equal again.
func resync(w, g []string) (int, int) {
	for sum := 1; sum < 60; sum++ {
		for i := 0; i <= sum; i++ {
			j := sum - i
			if i < len(w) && j < len(g) && w[i] == g[j] {
				return i, j
			}
		}
	}
	return len(w), len(g)
}
