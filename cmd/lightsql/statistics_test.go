package main

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/lightsql/lightsql/kv/mvcc"
)

// pg_stat_statements tells statements apart by their form, whatever the protocol.
func TestStatStatements(t *testing.T) {
	s := startServer(t, ":memory:")
	c := connect(t, s, nil)
	c.send(query("CREATE TABLE t (a int PRIMARY KEY, b text); SELECT pg_stat_statements_reset()"))
	c.until()
	for _, sql := range []string{
		"INSERT INTO t VALUES (1, 'x')", "INSERT INTO t VALUES (2, 'y'), (3, 'z')", "insert  into T values (4, 'w')",
		"SELECT b FROM t WHERE a = 1", "SELECT b FROM t WHERE a = 2", "SELECT b FROM t WHERE a > 0; SELECT b FROM t WHERE a = 3",
	} {
		c.send(query(sql))
		c.until()
	}
	c.send(&pgproto3.Parse{Name: "p", Query: "SELECT b FROM t WHERE a = $1 OR b = 'q'"})
	for range 3 {
		c.send(&pgproto3.Bind{PreparedStatement: "p", Parameters: [][]byte{[]byte("1")}}, &pgproto3.Execute{}, &pgproto3.Sync{})
		c.until()
	}
	c.send(query("SELECT query, calls, rows, total_exec_time >= max_exec_time AND min_exec_time > 0 FROM pg_stat_statements " +
		"WHERE query NOT LIKE '%pg_stat%' ORDER BY query COLLATE \"C\""))
	want := strings.Join([]string{
		"row(INSERT INTO t VALUES ($1, $2),2,2,t)",
		"row(INSERT INTO t VALUES ($1, $2), ($3, $4),1,2,t)",
		"row(SELECT b FROM t WHERE a = $1,3,3,t)",
		"row(SELECT b FROM t WHERE a = $1 OR b = $2,3,3,t)",
		"row(SELECT b FROM t WHERE a > $1,1,4,t)",
	}, " ")
	if got := c.until(); !strings.Contains(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	c.send(query("SET pg_stat_statements.track = none; SELECT pg_stat_statements_reset()"))
	c.until()
	c.send(query("SELECT b FROM t WHERE a = 1"))
	c.until()
	c.send(query("SELECT count(*) AS n FROM pg_stat_statements"))
	c.expect("columns(n:20) row(0) done(SELECT 1) ready(I)")
}

// Slow statements are logged with their duration, and with their plan if that is asked for.
func TestSlowStatementLog(t *testing.T) {
	var out syncBuffer
	c := connect(t, startLogging(t, ":memory:", mvcc.Options{}, &out), nil)
	c.send(query("SELECT 1"))
	c.until()
	c.send(query("SET log_min_duration_statement = 10; SELECT pg_sleep(0.05)"))
	c.until()
	c.send(query("SET auto_explain.log_min_duration = 0; SELECT 'x' AS quick"))
	c.until()
	text := out.String()
	for _, want := range []string{`statement="SELECT pg_sleep(0.05)"`, `plan="[Result`} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "SELECT 1") {
		t.Errorf("a quick statement was logged:\n%s", text)
	}
}

// A COPY that waits for its client shows how far it is.
func TestCopyProgress(t *testing.T) {
	s := startServer(t, ":memory:")
	a, b := connect(t, s, nil), connect(t, s, nil)
	a.send(query("CREATE TABLE t (a int)"))
	a.until()
	a.send(query("COPY t FROM STDIN"))
	a.receive()
	a.send(&pgproto3.CopyData{Data: []byte(strings.Repeat("1\n", 5000))})
	want := "columns(relid:2205,command:25,bytes_processed:20,ok:16) row(t,COPY FROM,10000,t) done(SELECT 1) ready(I)"
	got := ""
	for range 1000 { // until the server has read it
		b.send(query("SELECT relid::regclass, command, bytes_processed, tuples_processed > 0 AS ok FROM pg_stat_progress_copy"))
		if got = b.until(); got == want {
			break
		}
	}
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	a.send(&pgproto3.CopyDone{})
	a.expect("done(COPY 5000) ready(I)")
	b.send(query("SELECT count(*) AS n FROM pg_stat_progress_copy"))
	b.expect("columns(n:20) row(0) done(SELECT 1) ready(I)")
}
