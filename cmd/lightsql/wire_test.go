package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// client is a scripted protocol client.
type client struct {
	t    *testing.T
	nc   net.Conn
	fe   *pgproto3.Frontend
	key  pgproto3.BackendKeyData
	vars map[string]string
}

// dial connects without sending anything.
func dial(t *testing.T, s *testServer) *client {
	t.Helper()
	nc, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(30 * time.Second))
	return &client{t: t, nc: nc, fe: pgproto3.NewFrontend(nc, nc), vars: map[string]string{}}
}

// connect goes through start-up.
func connect(t *testing.T, s *testServer, params map[string]string) *client {
	t.Helper()
	c := dial(t, s)
	all := map[string]string{"user": "postgres", "database": "postgres"}
	for k, v := range params {
		all[k] = v
	}
	c.send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: all})
	for {
		switch m := c.receive().(type) {
		case *pgproto3.ParameterStatus:
			c.vars[m.Name] = m.Value
		case *pgproto3.BackendKeyData:
			c.key = pgproto3.BackendKeyData{ProcessID: m.ProcessID, SecretKey: append([]byte(nil), m.SecretKey...)}
		case *pgproto3.ErrorResponse:
			t.Fatalf("start-up: %s", m.Message)
		case *pgproto3.ReadyForQuery:
			return c
		}
	}
}

func (c *client) send(ms ...pgproto3.FrontendMessage) {
	c.t.Helper()
	for _, m := range ms {
		c.fe.Send(m)
	}
	if err := c.fe.Flush(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) receive() pgproto3.BackendMessage {
	c.t.Helper()
	m, err := c.fe.Receive()
	if err != nil {
		c.t.Fatalf("receive: %v", err)
	}
	return m
}

// until reads up to ReadyForQuery and returns what came, one word for each message.
func (c *client) until() string {
	c.t.Helper()
	var out []string
	for {
		m := c.receive()
		out = append(out, describeMessage(m))
		if _, ok := m.(*pgproto3.ReadyForQuery); ok {
			return strings.Join(out, " ")
		}
	}
}

func describeMessage(m pgproto3.BackendMessage) string {
	switch m := m.(type) {
	case *pgproto3.DataRow:
		var cells []string
		for _, v := range m.Values {
			if v == nil {
				cells = append(cells, "NULL")
			} else {
				cells = append(cells, string(v))
			}
		}
		return "row(" + strings.Join(cells, ",") + ")"
	case *pgproto3.RowDescription:
		var names []string
		for _, f := range m.Fields {
			names = append(names, fmt.Sprintf("%s:%d", f.Name, f.DataTypeOID))
		}
		return "columns(" + strings.Join(names, ",") + ")"
	case *pgproto3.CommandComplete:
		return "done(" + string(m.CommandTag) + ")"
	case *pgproto3.ErrorResponse:
		return "error(" + m.Code + ")"
	case *pgproto3.NoticeResponse:
		return "notice(" + m.Code + ")"
	case *pgproto3.ReadyForQuery:
		return "ready(" + string(m.TxStatus) + ")"
	case *pgproto3.ParameterDescription:
		return fmt.Sprintf("params%v", m.ParameterOIDs)
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")
}

func (c *client) expect(want string) {
	c.t.Helper()
	if got := c.until(); got != want {
		c.t.Errorf("got  %s\nwant %s", got, want)
	}
}

func query(sql string) *pgproto3.Query { return &pgproto3.Query{String: sql} }

func TestWireSimple(t *testing.T) {
	c := connect(t, startServer(t, ":memory:"), nil)
	for _, x := range []struct{ sql, want string }{
		{"", "EmptyQueryResponse ready(I)"},
		{" ; ", "EmptyQueryResponse ready(I)"},
		{"SELECT 1 AS a, 'x' AS b", "columns(a:23,b:25) row(1,x) done(SELECT 1) ready(I)"},
		{"SELECT 1; SELECT 2", "columns(?column?:23) row(1) done(SELECT 1) columns(?column?:23) row(2) done(SELECT 1) ready(I)"},
		{"CREATE TABLE t (a int)", "done(CREATE TABLE) ready(I)"},
		{"INSERT INTO t VALUES (1); SELECT 1/0; INSERT INTO t VALUES (2)", "done(INSERT 0 1) columns(?column?:23) error(22012) ready(I)"},
		{"SELECT a FROM t", "columns(a:23) done(SELECT 0) ready(I)"},
		{"BEGIN; INSERT INTO t VALUES (3)", "done(BEGIN) done(INSERT 0 1) ready(T)"},
		{"SELECT nope", "error(42703) ready(E)"},
		{"SELECT 1", "error(25P02) ready(E)"},
		{"COMMIT", "done(ROLLBACK) ready(I)"},
		{"COMMIT", "notice(25P01) done(COMMIT) ready(I)"},
		{"SELECT", "columns() row() done(SELECT 1) ready(I)"},
		{"SELECT 1; SELEC", "error(42601) ready(I)"},
	} {
		c.send(query(x.sql))
		c.expect(x.want)
	}
}

func TestWireExtended(t *testing.T) {
	c := connect(t, startServer(t, ":memory:"), nil)
	c.send(query("CREATE TABLE t (a int PRIMARY KEY, b text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 5) i"))
	c.expect("done(CREATE TABLE) done(INSERT 0 5) ready(I)")

	c.send(&pgproto3.Parse{Name: "s", Query: "SELECT b, a FROM t WHERE a = $1"}, &pgproto3.Describe{ObjectType: 'S', Name: "s"},
		&pgproto3.Bind{PreparedStatement: "s", Parameters: [][]byte{[]byte("2")}}, &pgproto3.Describe{ObjectType: 'P'},
		&pgproto3.Execute{}, &pgproto3.Sync{})
	c.expect("ParseComplete params[23] columns(b:25,a:23) BindComplete columns(b:25,a:23) row(v2,2) done(SELECT 1) ready(I)")

	// Binary parameters and results.
	c.send(&pgproto3.Bind{PreparedStatement: "s", ParameterFormatCodes: []int16{1}, Parameters: [][]byte{binary.BigEndian.AppendUint32(nil, 3)},
		ResultFormatCodes: []int16{0, 1}}, &pgproto3.Execute{}, &pgproto3.Sync{})
	c.expect("BindComplete row(v3,\x00\x00\x00\x03) done(SELECT 1) ready(I)")

	// Statements without rows answer NoData.
	c.send(&pgproto3.Parse{Query: "INSERT INTO t VALUES ($1, $2)"}, &pgproto3.Describe{ObjectType: 'S'},
		&pgproto3.Bind{Parameters: [][]byte{[]byte("6"), nil}}, &pgproto3.Describe{ObjectType: 'P'}, &pgproto3.Execute{}, &pgproto3.Sync{})
	c.expect("ParseComplete params[23 25] NoData BindComplete NoData done(INSERT 0 1) ready(I)")

	// An error skips to Sync, and undoes what the pipeline did.
	c.send(&pgproto3.Parse{Query: "INSERT INTO t VALUES (7)"}, &pgproto3.Bind{}, &pgproto3.Execute{},
		&pgproto3.Parse{Query: "INSERT INTO t VALUES (1)"}, &pgproto3.Bind{}, &pgproto3.Execute{},
		&pgproto3.Parse{Query: "SELECT 1"}, &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{})
	c.expect("ParseComplete BindComplete done(INSERT 0 1) ParseComplete BindComplete error(23505) ready(I)")
	c.send(query("SELECT count(*) FROM t WHERE a = 7"))
	c.expect("columns(count:20) row(0) done(SELECT 1) ready(I)")

	for _, x := range []struct {
		m    pgproto3.FrontendMessage
		want string
	}{
		{&pgproto3.Parse{Name: "s", Query: "SELECT 1"}, "error(42P05) ready(I)"},
		{&pgproto3.Parse{Query: "SELECT 1; SELECT 2"}, "error(42601) ready(I)"},
		{&pgproto3.Bind{PreparedStatement: "nope"}, "error(26000) ready(I)"},
		{&pgproto3.Bind{PreparedStatement: "s"}, "error(08P01) ready(I)"},
		{&pgproto3.Bind{PreparedStatement: "s", Parameters: [][]byte{[]byte("x")}}, "error(22P02) ready(I)"},
		{&pgproto3.Execute{Portal: "nope"}, "error(34000) ready(I)"},
		{&pgproto3.Describe{ObjectType: 'P', Name: "nope"}, "error(34000) ready(I)"},
		{&pgproto3.Close{ObjectType: 'S', Name: "nope"}, "CloseComplete ready(I)"},
	} {
		c.send(x.m, &pgproto3.Sync{})
		c.expect(x.want)
	}
	c.send(&pgproto3.Parse{}, &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{})
	c.expect("ParseComplete BindComplete EmptyQueryResponse ready(I)")
}

func TestWirePortals(t *testing.T) {
	c := connect(t, startServer(t, ":memory:"), nil)
	c.send(query("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 5)"))
	c.until()
	// Two portals at once, each suspended, with writes between them that neither sees.
	c.send(query("BEGIN"))
	c.until()
	c.send(&pgproto3.Parse{Query: "SELECT a FROM t ORDER BY a"}, &pgproto3.Bind{DestinationPortal: "p"}, &pgproto3.Bind{DestinationPortal: "q"},
		&pgproto3.Execute{Portal: "p", MaxRows: 2}, &pgproto3.Execute{Portal: "q", MaxRows: 1}, &pgproto3.Sync{})
	c.expect("ParseComplete BindComplete BindComplete row(1) row(2) PortalSuspended row(1) PortalSuspended ready(T)")
	c.send(query("DELETE FROM t WHERE a > 3"))
	c.expect("done(DELETE 2) ready(T)")
	c.send(&pgproto3.Execute{Portal: "p", MaxRows: 2}, &pgproto3.Execute{Portal: "p"}, &pgproto3.Execute{Portal: "q"},
		&pgproto3.Execute{Portal: "p"}, &pgproto3.Sync{})
	c.expect("row(3) row(4) PortalSuspended row(5) done(SELECT 1) row(2) row(3) row(4) row(5) done(SELECT 4) done(SELECT 0) ready(T)")
	c.send(query("ROLLBACK"))
	c.until()
	// What a statement does is done at once; its rows may come in parts.
	c.send(&pgproto3.Parse{Query: "UPDATE t SET a = a + 10 RETURNING a"}, &pgproto3.Bind{}, &pgproto3.Execute{MaxRows: 2}, &pgproto3.Execute{}, &pgproto3.Sync{})
	c.expect("ParseComplete BindComplete row(11) row(12) PortalSuspended row(13) row(14) row(15) done(UPDATE 5) ready(I)")
	// Utility statements with rows.
	c.send(&pgproto3.Parse{Query: "SHOW server_encoding"}, &pgproto3.Describe{ObjectType: 'S'}, &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{})
	c.expect("ParseComplete params[] columns(server_encoding:25) BindComplete row(UTF8) done(SHOW) ready(I)")
}

func TestWireStartup(t *testing.T) {
	s := startServer(t, ":memory:")
	c := connect(t, s, map[string]string{"application_name": "wire test", "options": "-c search_path=a,b -c work_mem=8MB", "DateStyle": "SQL, DMY"})
	for name, want := range map[string]string{"server_version": "15.18", "server_encoding": "UTF8", "client_encoding": "UTF8",
		"application_name": "wire test", "DateStyle": "SQL, DMY", "integer_datetimes": "on", "standard_conforming_strings": "on",
		"is_superuser": "on", "session_authorization": "postgres", "in_hot_standby": "off", "default_transaction_read_only": "off",
		"IntervalStyle": "postgres"} {
		if c.vars[name] != want {
			t.Errorf("ParameterStatus %s = %q, want %q", name, c.vars[name], want)
		}
	}
	if c.key.ProcessID == 0 || len(c.key.SecretKey) != 4 || string(c.key.SecretKey) == "\x00\x00\x00\x00" {
		t.Errorf("BackendKeyData %+v", c.key)
	}
	c.send(query("SHOW work_mem"))
	c.expect("columns(work_mem:25) row(8MB) done(SHOW) ready(I)")

	// Encryption is declined, and the start-up goes on.
	e := dial(t, s)
	e.send(&pgproto3.SSLRequest{})
	one := make([]byte, 1)
	if _, err := io.ReadFull(e.nc, one); err != nil || one[0] != 'N' {
		t.Errorf("SSLRequest: %q %v", one, err)
	}
	e.send(&pgproto3.GSSEncRequest{})
	if _, err := io.ReadFull(e.nc, one); err != nil || one[0] != 'N' {
		t.Errorf("GSSEncRequest: %q %v", one, err)
	}

	for _, x := range []struct {
		params map[string]string
		code   string
	}{
		{map[string]string{"user": "postgres", "database": "nosuch"}, "3D000"},
		{map[string]string{"user": "nosuch"}, "28000"},
		{map[string]string{"user": "postgres", "nosuchparam": "1"}, "42704"},
		{map[string]string{"database": "postgres"}, "28000"},
	} {
		c := dial(t, s)
		c.send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: x.params})
		m, ok := c.receive().(*pgproto3.ErrorResponse)
		if !ok || m.Code != x.code || m.Severity != "FATAL" {
			t.Errorf("%v: %+v", x.params, m)
		}
	}
}

func TestWireCancel(t *testing.T) {
	s := startServer(t, ":memory:")
	c := connect(t, s, nil)
	c.send(query("SELECT count(*) FROM generate_series(1, 1000000000)"))
	for _, key := range [][]byte{{1, 2, 3, 4}, c.key.SecretKey} {
		time.Sleep(50 * time.Millisecond)
		k := dial(t, s)
		k.send(&pgproto3.CancelRequest{ProcessID: c.key.ProcessID, SecretKey: key})
		io.Copy(io.Discard, k.nc)
	}
	if got := c.until(); !strings.HasSuffix(got, "error(57014) ready(I)") {
		t.Errorf("got %s", got)
	}
	c.send(query("SET statement_timeout = 50"), query("SELECT count(*) FROM generate_series(1, 1000000000)"))
	c.until()
	if got := c.until(); !strings.HasSuffix(got, "error(57014) ready(I)") {
		t.Errorf("got %s", got)
	}
	c.send(query("RESET statement_timeout"), query("SELECT 1"))
	c.until()
	c.expect("columns(?column?:23) row(1) done(SELECT 1) ready(I)")
}

// TestWireGarbage sends what no client should; every connection but that one goes on.
func TestWireGarbage(t *testing.T) {
	s := startServer(t, ":memory:")
	other := connect(t, s, nil)
	for _, raw := range []string{
		"\x00\x00\x00\x03", "\xff\xff\xff\xff", "\x00\x00\x00\x08\x00\x04\x00\x00", "GET / HTTP/1.1\r\n\r\n", "\x00\x00\x00\x08\x00\x09\x00\x00",
	} {
		c := dial(t, s)
		io.WriteString(c.nc, raw)
		c.nc.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, c.nc)
	}
	for _, raw := range []string{
		"Q\x00\x00\x00\x03", "Q\xff\xff\xff\xff", "Z\x00\x00\x00\x04", "B\x00\x00\x00\x05\x00", "B\x00\x00\x00\x08a\x00b\x00",
		"P\x00\x00\x00\x06xx", "E\x00\x00\x00\x05a", "D\x00\x00\x00\x04", "Q\x7f\xff\xff\xff",
	} {
		c := connect(t, s, nil)
		io.WriteString(c.nc, raw)
		c.nc.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, c.nc)
	}
	other.send(query("SELECT 1"))
	other.expect("columns(?column?:23) row(1) done(SELECT 1) ready(I)")
}
