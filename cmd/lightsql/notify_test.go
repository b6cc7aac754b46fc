package main

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// expectNote waits for a notification outside of any request.
func (c *client) expectNote(want string) {
	c.t.Helper()
	n, ok := c.receive().(*pgproto3.NotificationResponse)
	if !ok {
		c.t.Fatalf("no notification, want %s", want)
	}
	if got := n.Channel + ":" + n.Payload; got != want {
		c.t.Errorf("got notification %s, want %s", got, want)
	}
}

// An idle session gets notifications at once and in order; equal ones of a transaction come once; what is rolled back never comes.
func TestNotify(t *testing.T) {
	s := startServer(t, ":memory:")
	a, b := connect(t, s, nil), connect(t, s, nil)
	a.send(query("LISTEN x; LISTEN \"Y z\""))
	a.expect("done(LISTEN) done(LISTEN) ready(I)")
	b.send(query("NOTIFY x, 'one'"))
	b.expect("done(NOTIFY) ready(I)")
	a.expectNote("x:one")

	b.send(query("BEGIN; NOTIFY x, 'p'; SAVEPOINT s; NOTIFY x, 'lost'; ROLLBACK TO s; NOTIFY x, 'p'; SELECT pg_notify('Y z', 'q'); COMMIT"))
	b.until()
	a.expectNote("x:p")
	a.expectNote("Y z:q")
	b.send(query("BEGIN; NOTIFY x, 'never'; ROLLBACK"))
	b.until()

	// In a transaction block they wait for its end.
	a.send(query("BEGIN"))
	a.expect("done(BEGIN) ready(T)")
	b.send(query("NOTIFY x, 'later'"))
	b.until()
	a.send(query("SELECT 1 AS n"))
	a.expect("columns(n:23) row(1) done(SELECT 1) ready(T)")
	a.send(query("COMMIT"))
	a.expect("done(COMMIT) NotificationResponse ready(I)")

	a.send(query("NOTIFY x, 'self'; SELECT 1 AS n"))
	a.expect("done(NOTIFY) columns(n:23) row(1) done(SELECT 1) NotificationResponse ready(I)")
	a.send(query("SELECT pg_listening_channels()"))
	a.expect("columns(pg_listening_channels:25) row(x) row(Y z) done(SELECT 2) ready(I)")
	a.send(query("UNLISTEN x"))
	a.expect("done(UNLISTEN) ready(I)")
	b.send(query("NOTIFY x, 'unheard'; NOTIFY \"Y z\", 'heard'"))
	b.until()
	a.expectNote("Y z:heard")
	a.send(query("DISCARD ALL"))
	a.expect("done(DISCARD ALL) ready(I)")
	b.send(query("NOTIFY \"Y z\", 'unheard'"))
	b.until()
	a.send(query("SELECT 1 AS n"))
	a.expect("columns(n:23) row(1) done(SELECT 1) ready(I)")
}

// A notification between the parts of a message that arrives slowly does not tear it.
func TestNotifyDuringMessage(t *testing.T) {
	s := startServer(t, ":memory:")
	a, b := connect(t, s, nil), connect(t, s, nil)
	a.send(query("LISTEN x"))
	a.until()
	text := "SELECT '" + strings.Repeat("y", 100) + "' AS s"
	msg := binary.BigEndian.AppendUint32([]byte{'Q'}, uint32(len(text)+5))
	msg = append(append(msg, text...), 0)
	for i, at := range []int{0, 1, 3, 5, 60} {
		end := len(msg)
		if i < 4 {
			end = []int{1, 3, 5, 60}[i]
		}
		if _, err := a.nc.Write(msg[at:end]); err != nil {
			t.Fatal(err)
		}
		if i < 4 {
			b.send(query(fmt.Sprintf("NOTIFY x, '%d'", i)))
			b.until()
			a.expectNote(fmt.Sprintf("x:%d", i))
		}
	}
	a.expect("columns(s:25) row(" + strings.Repeat("y", 100) + ") done(SELECT 1) ready(I)")
}

// COPY from a client that is interrupted by notifications gets all its data; they come afterwards.
func TestNotifyDuringCopy(t *testing.T) {
	s := startServer(t, ":memory:")
	a, b := connect(t, s, nil), connect(t, s, nil)
	a.send(query("CREATE TABLE t (a int); LISTEN x"))
	a.until()
	a.send(query("COPY t FROM STDIN"))
	if m, ok := a.receive().(*pgproto3.CopyInResponse); !ok {
		t.Fatalf("got %T", m)
	}
	for i := range 5 {
		a.send(&pgproto3.CopyData{Data: []byte(fmt.Sprintf("%d\n", i))})
		b.send(query("NOTIFY x"))
		b.until()
	}
	a.send(&pgproto3.CopyDone{})
	a.expect("done(COPY 5) NotificationResponse NotificationResponse NotificationResponse NotificationResponse NotificationResponse ready(I)")
}

func TestNotifyErrors(t *testing.T) {
	c := connect(t, startServer(t, ":memory:"), nil)
	for sql, want := range map[string]string{
		"SELECT pg_notify('', 'x')":                                        "columns(pg_notify:2278) error(22023) ready(I)",
		"SELECT pg_notify(NULL, 'x')":                                      "columns(pg_notify:2278) error(22023) ready(I)",
		"SELECT pg_notify(repeat('c', 64), 'x')":                           "columns(pg_notify:2278) error(22023) ready(I)",
		"SELECT pg_notify('c', repeat('x', 8000))":                         "columns(pg_notify:2278) error(22023) ready(I)",
		"SELECT pg_notify('c', repeat('x', 7999))":                         "columns(pg_notify:2278) row() done(SELECT 1) ready(I)",
		"SELECT pg_notification_queue_usage() AS u":                        "columns(u:701) row(0) done(SELECT 1) ready(I)",
		"BEGIN; LISTEN x; ROLLBACK; SELECT * FROM pg_listening_channels()": "done(BEGIN) done(LISTEN) done(ROLLBACK) columns(pg_listening_channels:25) done(SELECT 0) ready(I)",
	} {
		c.send(query(sql))
		if got := c.until(); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", sql, got, want)
		}
	}
}
