package main

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/lightsql/lightsql/kv/mvcc"
)

// FuzzMessages sends any bytes, before and after start-up, to a server: no session panics, and the server closes the connection or answers in time.
func FuzzMessages(f *testing.F) {
	log := &syncBuffer{}
	s := startLogging(f, ":memory:", mvcc.Options{}, log)
	start := encode(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "postgres", "DateStyle": "SQL"}})
	f.Add(start, true)
	f.Add(encode(&pgproto3.CancelRequest{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}}), true)
	f.Add(encode(&pgproto3.SSLRequest{}), true)
	f.Add(encode(query("SELECT 1; COPY (SELECT 1) TO STDOUT; CREATE TEMP TABLE t (a int); COPY t FROM STDIN"), &pgproto3.CopyData{Data: []byte("1\n")}, &pgproto3.CopyDone{}), false)
	f.Add(encode(&pgproto3.Parse{Name: "s", Query: "SELECT $1::int, $2", ParameterOIDs: []uint32{23, 1009}},
		&pgproto3.Bind{DestinationPortal: "p", PreparedStatement: "s", ParameterFormatCodes: []int16{1, 0}, Parameters: [][]byte{{0, 0, 0, 1}, []byte("{a}")}, ResultFormatCodes: []int16{1}},
		&pgproto3.Describe{ObjectType: 'P', Name: "p"}, &pgproto3.Execute{Portal: "p", MaxRows: 1}, &pgproto3.Close{ObjectType: 'S', Name: "s"}, &pgproto3.Flush{}, &pgproto3.Sync{}), false)
	f.Add(encode(&pgproto3.FunctionCall{Function: 1598, ArgFormatCodes: []uint16{0}, ResultFormatCode: 0}, &pgproto3.CopyFail{Message: "x"}, &pgproto3.Terminate{}), false)
	f.Fuzz(func(t *testing.T, data []byte, raw bool) {
		nc, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(20 * time.Second))
		if !raw {
			nc.Write(start)
		}
		nc.Write(data)
		nc.(*net.TCPConn).CloseWrite()
		if _, err := io.Copy(io.Discard, nc); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%q: %v", data, err)
		}
		if text := log.String(); strings.Contains(text, "panic") {
			t.Errorf("%q:\n%s", data, text)
		}
	})
}

func encode(messages ...pgproto3.FrontendMessage) []byte {
	var out []byte
	for _, m := range messages {
		out, _ = m.Encode(out)
	}
	return out
}
