package main

import (
	"testing"
)

// A prepared transaction survives the end of its session and a restart of the server, with its locks, and the schema changes that
// it made are there once it is committed.
func TestPreparedTransactionRestart(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, dir)
	c := connect(t, s, nil)
	for _, sql := range []string{
		"CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 1); CREATE TABLE gone (a int); CREATE TABLE kept (a int)",
		"BEGIN; UPDATE t SET b = 2; CREATE TABLE made (a int); INSERT INTO made VALUES (7); DROP TABLE gone; PREPARE TRANSACTION 'x'",
		"BEGIN; INSERT INTO t VALUES (2, 2); ALTER TABLE kept ADD COLUMN b int; PREPARE TRANSACTION 'y'",
	} {
		c.send(query(sql))
		c.until()
	}
	s.stop()
	s = startServer(t, dir)
	c = connect(t, s, nil)
	for _, x := range []struct{ sql, want string }{
		{"SELECT gid, owner, transaction::text <> '0' AS x FROM pg_prepared_xacts ORDER BY gid",
			"columns(gid:25,owner:19,x:16) row(x,postgres,t) row(y,postgres,t) done(SELECT 2) ready(I)"},
		{"SELECT b FROM t", "columns(b:23) row(1) done(SELECT 1) ready(I)"},
		{"SELECT * FROM made", "error(42P01) ready(I)"},
		{"SET lock_timeout = '50ms'; UPDATE t SET b = 3", "done(SET) error(55P03) ready(I)"},
		{"SELECT * FROM kept", "error(55P03) ready(I)"},
		{"ROLLBACK PREPARED 'y'", "done(ROLLBACK PREPARED) ready(I)"},
		{"SELECT * FROM kept", "columns(a:23) done(SELECT 0) ready(I)"},
		{"COMMIT PREPARED 'x'", "done(COMMIT PREPARED) ready(I)"},
		{"SELECT a, b FROM t", "columns(a:23,b:23) row(1,2) done(SELECT 1) ready(I)"},
		{"SELECT * FROM made", "columns(a:23) row(7) done(SELECT 1) ready(I)"},
		{"SELECT * FROM gone", "error(42P01) ready(I)"},
		{"UPDATE t SET b = 3", "done(UPDATE 1) ready(I)"},
		{"CREATE TABLE gone (a int)", "done(CREATE TABLE) ready(I)"},
	} {
		c.send(query(x.sql))
		if got := c.until(); got != x.want {
			t.Errorf("%s:\ngot  %s\nwant %s", x.sql, got, x.want)
		}
	}
	s.stop()
	s = startServer(t, dir)
	c = connect(t, s, nil)
	c.send(query("SELECT count(*) AS n FROM pg_prepared_xacts"))
	c.expect("columns(n:20) row(0) done(SELECT 1) ready(I)")
	c.send(query("SELECT * FROM made"))
	c.expect("columns(a:23) row(7) done(SELECT 1) ready(I)")
}
