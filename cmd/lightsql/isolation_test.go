package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

var isolationRecord = flag.String("isolation-record", "", "record the answers of testdata/isolation from this PostgreSQL server")

// TestIsolation runs scripts of several sessions at each isolation level and compares what happens, waits included, with what
// PostgreSQL did.
func TestIsolation(t *testing.T) {
	files, err := filepath.Glob("testdata/isolation/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	dsn := *isolationRecord
	if dsn == "" {
		dsn = startServer(t, ":memory:").dsn()
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(f, ".txt") + ".out"
			got := runIsolation(t, dsn, string(text))
			if *isolationRecord != "" {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			compareScenarios(t, string(want), got)
		})
	}
}

// compareScenarios reports each scenario that went another way.
func compareScenarios(t *testing.T, want, got string) {
	t.Helper()
	w, g := strings.Split(want, "\n\n"), strings.Split(got, "\n\n")
	for i := range max(len(w), len(g)) {
		a, b := "", ""
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			t.Errorf("want\n%s\n\ngot\n%s", a, b)
		}
	}
}

// scenario is a sequence of steps of several sessions.
type scenario struct {
	name  string
	steps [][2]string // session, statement
}

func runIsolation(t *testing.T, dsn, script string) string {
	var setup, teardown []string
	var scenarios []scenario
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || line[0] == '#':
		case word == "setup":
			setup = append(setup, rest)
		case word == "teardown":
			teardown = append(teardown, rest)
		case word == "scenario":
			scenarios = append(scenarios, scenario{name: rest})
		default:
			s := &scenarios[len(scenarios)-1]
			s.steps = append(s.steps, [2]string{strings.TrimSuffix(word, ":"), rest})
		}
	}
	r := &isolationRun{T: t, dsn: dsn}
	r.control = r.connect()
	defer r.control.Close(context.Background())
	for _, level := range []string{"read committed", "repeatable read", "serializable"} {
		for _, s := range scenarios {
			for _, sql := range setup {
				r.must(sql)
			}
			fmt.Fprintf(&r.out, "-- %s, %s\n", s.name, level)
			r.scenario(s, level)
			r.out.WriteByte('\n')
			for _, sql := range teardown {
				r.must(sql)
			}
		}
	}
	return r.out.String()
}

// isolationRun is one run of a script.
type isolationRun struct {
	*testing.T
	dsn      string
	control  *pgconn.PgConn
	sessions map[string]*isolationSession
	names    []string
	out      bytes.Buffer
}

// isolationSession is a connection; waiting is the statement that runs on it, if one does.
type isolationSession struct {
	*pgconn.PgConn
	done    chan string
	waiting bool
}

func (r *isolationRun) connect() *pgconn.PgConn {
	c, err := pgconn.Connect(context.Background(), r.dsn)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

func (r *isolationRun) must(sql string) []*pgconn.Result {
	res, err := r.control.Exec(context.Background(), sql).ReadAll()
	if err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
	return res
}

func (r *isolationRun) scenario(s scenario, level string) {
	r.sessions, r.names = map[string]*isolationSession{}, nil
	for _, step := range s.steps {
		if r.sessions[step[0]] == nil {
			r.sessions[step[0]] = &isolationSession{PgConn: r.connect(), done: make(chan string, 1)}
			r.names = append(r.names, step[0])
		}
	}
	slices.Sort(r.names)
	for _, step := range s.steps {
		r.step(step[0], step[1], level)
	}
	for _, n := range r.names {
		if s := r.sessions[n]; s.waiting {
			fmt.Fprintf(&r.out, "%s: goes on\n%s", n, <-s.done)
		}
		r.sessions[n].Close(context.Background())
	}
}

// step runs a statement until it is done or waits for another session; then those that waited are looked after. One that begins
// with "! " ends by itself, with an error: its end is waited for.
func (r *isolationRun) step(name, sql, level string) {
	s := r.sessions[name]
	sql, ends := strings.CutPrefix(sql, "! ")
	if s.waiting {
		fmt.Fprintf(&r.out, "%s: goes on\n%s", name, <-s.done)
		s.waiting = false
	}
	fmt.Fprintf(&r.out, "%s: %s\n", name, sql)
	if sql == "begin" {
		sql += " isolation level " + level
	} else {
		sql = strings.ReplaceAll(sql, "{level}", level)
	}
	go func() { s.done <- answer(s.Exec(context.Background(), sql).ReadAll()) }()
	s.waiting = true
	if ends {
		s.waiting = false
		r.out.WriteString(<-s.done)
	} else if text, done := r.settled(s); done {
		r.out.WriteString(text)
	} else {
		r.out.WriteString("    waits\n")
	}
	for _, n := range r.names {
		if o := r.sessions[n]; o != s && o.waiting {
			if text, done := r.settled(o); done {
				fmt.Fprintf(&r.out, "%s: goes on\n%s", n, text)
			}
		}
	}
}

// settled waits until a session's statement is done, or is blocked by another session.
func (r *isolationRun) settled(s *isolationSession) (answer string, done bool) {
	blocked := fmt.Sprintf("select cardinality(pg_blocking_pids(%d)) > 0", s.PID())
	for {
		select {
		case text := <-s.done:
			s.waiting = false
			return text, true
		default:
		}
		if string(r.must(blocked)[0].Rows[0][0]) == "t" {
			return "", false
		}
		runtime.Gosched()
	}
}

// answer is what a statement returned.
func answer(results []*pgconn.Result, err error) string {
	var b strings.Builder
	for _, res := range results {
		for _, row := range res.Rows {
			b.WriteString("    ")
			for i, v := range row {
				if i > 0 {
					b.WriteByte('|')
				}
				b.Write(v)
			}
			b.WriteByte('\n')
		}
		if res.Err == nil && len(res.Rows) == 0 {
			fmt.Fprintf(&b, "    %s\n", res.CommandTag)
		}
	}
	if err != nil {
		if e, ok := err.(*pgconn.PgError); ok {
			fmt.Fprintf(&b, "    %s %s: %s\n", e.Severity, e.Code, e.Message)
		} else {
			fmt.Fprintf(&b, "    %v\n", err)
		}
	}
	return b.String()
}
