package main

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/kv/vfs"
)

// The faults of a disk as a client sees them: SQLSTATEs. kv/faults has the same at the level of the store.

// onDisk are options with which a little data goes through every kind of file.
func onDisk(fs vfs.FS) mvcc.Options {
	return mvcc.Options{FS: fs, MemtableBytes: 64 << 10, CacheBytes: 256 << 10, SegmentBytes: 64 << 10, RunBytes: 64 << 10}
}

// sqlConn is a connection that a test asks for SQLSTATEs.
type sqlConn struct {
	*testing.T
	c *pgconn.PgConn
}

func connectSQL(t *testing.T, s *testServer) *sqlConn {
	t.Helper()
	c, err := pgconn.Connect(context.Background(), s.dsn())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return &sqlConn{t, c}
}

// state runs sql and returns the SQLSTATE, "" if it succeeds, and the message.
func (c *sqlConn) state(sql string) (code, message string) {
	c.Helper()
	_, err := c.c.Exec(context.Background(), sql).ReadAll()
	var e *pgconn.PgError
	if err != nil && !errors.As(err, &e) {
		c.Fatalf("%s: %v", sql, err)
	}
	if e == nil {
		return "", ""
	}
	return e.Code, e.Message + " " + e.Detail
}

func (c *sqlConn) want(sql, code string) string {
	c.Helper()
	got, message := c.state(sql)
	if got != code {
		c.Fatalf("%s: SQLSTATE %q (%s), want %q", sql, got, message, code)
	}
	return message
}

// text is the first field of the answer.
func (c *sqlConn) text(sql string) string {
	c.Helper()
	r, err := c.c.Exec(context.Background(), sql).ReadAll()
	if err != nil || len(r) == 0 || len(r[0].Rows) == 0 {
		c.Fatalf("%s: %v", sql, err)
	}
	return string(r[0].Rows[0][0])
}

// untilTaken repeats an INSERT that is refused with code until it succeeds.
func (c *sqlConn) untilTaken(sql, code string) {
	c.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		got, message := c.state(sql)
		if got == "" {
			return
		}
		if got != code || time.Now().After(until) {
			c.Fatalf("%s: SQLSTATE %q (%s)", sql, got, message)
		}
	}
}

const insertFault = "INSERT INTO t SELECT g, repeat('x', 200) FROM generate_series((SELECT coalesce(max(id), 0) FROM t) + 1, (SELECT coalesce(max(id), 0) FROM t) + 50) g"

// TestFaultDiskFull: 53100 for writes, reads go on, also after a restart, and writing resumes by itself.
func TestFaultDiskFull(t *testing.T) {
	disk := vfs.NewSim()
	srv := startServerOn(t, "db", onDisk(disk))
	c := connectSQL(t, srv)
	c.want("CREATE TABLE t (id bigint PRIMARY KEY, v text)", "")
	for range 20 {
		c.want(insertFault, "")
	}
	disk.SetSpace(100 << 10)
	n := c.text("SELECT count(*) FROM t")
	for range 1000 {
		code, message := c.state(insertFault)
		if code == "53100" {
			break
		}
		if code != "" {
			t.Fatal(code, message)
		}
		n = c.text("SELECT count(*) FROM t")
	}
	c.want(insertFault, "53100")
	if got := c.text("SELECT count(*) FROM t"); got != n {
		t.Fatalf("%s rows, %s were acknowledged", got, n)
	}
	srv.stop()
	srv = startServerOn(t, "db", onDisk(disk))
	c = connectSQL(t, srv)
	if got := c.text("SELECT count(*) FROM t"); got != n {
		t.Fatalf("%s rows after a restart on the full disk, %s were acknowledged", got, n)
	}
	c.want(insertFault, "53100")
	disk.SetSpace(-1)
	c.untilTaken(insertFault, "53100")
}

// TestFaultPermission: writing is 25006 while the file system is read-only, reads go on, and writing resumes. A server that starts
// without permission to write serves reads.
func TestFaultPermission(t *testing.T) {
	var denied atomic.Bool
	fs := vfs.Inject(vfs.NewSim(), func(op vfs.Op, _ string) error {
		switch op {
		case vfs.OpRead, vfs.OpOpen, vfs.OpList, vfs.OpSize, vfs.OpSync, vfs.OpSyncDir:
			return nil
		}
		if denied.Load() {
			return syscall.EROFS
		}
		return nil
	})
	srv := startServerOn(t, "db", onDisk(fs))
	c := connectSQL(t, srv)
	c.want("CREATE TABLE t (id bigint PRIMARY KEY, v text)", "")
	c.want(insertFault, "")
	denied.Store(true)
	c.want(insertFault, "25006")
	c.want(insertFault, "25006")
	if n := c.text("SELECT count(*) FROM t"); n != "50" {
		t.Fatal(n)
	}
	denied.Store(false)
	c.untilTaken(insertFault, "25006")
	srv.stop()
	denied.Store(true)
	srv = startServerOn(t, "db", onDisk(fs))
	c = connectSQL(t, srv)
	if n := c.text("SELECT count(*) FROM t"); n != "100" {
		t.Fatal(n)
	}
	c.want(insertFault, "25006")
	c.want("CREATE TABLE u (i int)", "25006")
	c.want("UPDATE t SET v = ''", "25006")
}

// TestFaultCorruption: a damaged page is XX001 naming file and offset, and what lies elsewhere can be read.
func TestFaultCorruption(t *testing.T) {
	disk := vfs.NewSim()
	srv := startServerOn(t, "db", onDisk(disk))
	c := connectSQL(t, srv)
	c.want("CREATE TABLE t (id bigint PRIMARY KEY, v text)", "")
	for range 100 {
		c.want(insertFault, "")
	}
	srv.stop()
	names, err := disk.List("db")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".run") {
			disk.Damage("db/"+name, func(b []byte) []byte { b[len(b)/2] ^= 4; return b })
		}
	}
	c = connectSQL(t, startServerOn(t, "db", onDisk(disk)))
	if m := c.want("SELECT sum(length(v)) FROM t", "XX001"); !strings.Contains(m, ".run, offset ") {
		t.Fatal(m)
	}
	c.want("SELECT 1", "")
}

// TestFaultIO: EIO while reading is 58030, too many open files is 53000, and both pass. A failed sync is 08007 for the commit that
// waited for it and 58030 for all later ones; reads go on, and a restart writes again.
func TestFaultIO(t *testing.T) {
	disk := vfs.NewSim()
	var fail atomic.Pointer[func(op vfs.Op, name string) error]
	fs := vfs.Inject(disk, func(op vfs.Op, name string) error {
		if f := fail.Load(); f != nil {
			return (*f)(op, name)
		}
		return nil
	})
	on := func(failing vfs.Op, err error) {
		f := func(op vfs.Op, _ string) error {
			if op == failing {
				return err
			}
			return nil
		}
		fail.Store(&f)
	}
	o := onDisk(fs)
	o.CacheBytes = 16 << 10
	srv := startServerOn(t, "db", o)
	c := connectSQL(t, srv)
	c.want("CREATE TABLE t (id bigint PRIMARY KEY, v text)", "")
	for range 100 {
		c.want(insertFault, "")
	}
	on(vfs.OpRead, syscall.EIO)
	c.want("SELECT sum(length(v)) FROM t", "58030")
	fail.Store(nil)
	c.want("SELECT sum(length(v)) FROM t", "")
	on(vfs.OpSync, syscall.EIO)
	c.want("INSERT INTO t VALUES (-1, 'x')", "08007")
	c.want("INSERT INTO t VALUES (-2, 'x')", "58030")
	fail.Store(nil)
	c.want("INSERT INTO t VALUES (-3, 'x')", "58030")
	if n := c.text("SELECT count(*) FROM t WHERE id > 0"); n != "5000" {
		t.Fatal(n)
	}
	if err := srv.end(); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	c = connectSQL(t, startServerOn(t, "db", onDisk(disk)))
	if n := c.text("SELECT count(*) FROM t WHERE id <> -1"); n != "5000" {
		t.Fatal(n)
	}
	c.want("INSERT INTO t VALUES (-4, 'x')", "")
}

// TestFaultTooManyFiles: a log segment that cannot be opened is 53000 for those who would write into it, and passes.
func TestFaultTooManyFiles(t *testing.T) {
	var failing atomic.Bool
	fs := vfs.Inject(vfs.NewSim(), func(op vfs.Op, _ string) error {
		if failing.Load() && (op == vfs.OpCreate || op == vfs.OpOpenWrite || op == vfs.OpOpen) {
			return syscall.EMFILE
		}
		return nil
	})
	c := connectSQL(t, startServerOn(t, "db", onDisk(fs)))
	c.want("CREATE TABLE t (id bigint PRIMARY KEY, v text)", "")
	c.want(insertFault, "")
	failing.Store(true)
	code := ""
	for range 200 {
		if code, _ = c.state(insertFault); code != "" {
			break
		}
	}
	if code != "53000" {
		t.Fatalf("SQLSTATE %q", code)
	}
	c.text("SELECT count(*) FROM t")
	failing.Store(false)
	c.untilTaken(insertFault, "53000")
}
