package pgwire

import (
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/lightsql/lightsql/exec/session"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// startup serves the start-up phase: encryption requests, cancel requests, the start-up message. It reports whether the
// connection goes on.
func (c *conn) startup() bool {
	var msg *pgproto3.StartupMessage
	for msg == nil {
		m, err := c.be.ReceiveStartupMessage()
		if err != nil {
			if strings.HasPrefix(err.Error(), "unknown startup message code") {
				c.fatal(pgerr.New(pgerr.CodeFeatureNotSupported, "unsupported frontend protocol: server supports 3.0"))
			} else if strings.HasPrefix(err.Error(), "invalid length of startup packet") {
				c.fatal(pgerr.New(pgerr.ProtocolViolation, "invalid length of startup packet"))
			}
			return false
		}
		switch m := m.(type) {
		case *pgproto3.SSLRequest, *pgproto3.GSSEncRequest:
			if _, err := c.nc.Write([]byte{'N'}); err != nil {
				return false
			}
		case *pgproto3.CancelRequest:
			if len(m.SecretKey) == 4 {
				c.srv.cancel(int32(m.ProcessID), uint32(m.SecretKey[0])<<24|uint32(m.SecretKey[1])<<16|uint32(m.SecretKey[2])<<8|uint32(m.SecretKey[3]))
			}
			return false
		case *pgproto3.StartupMessage:
			msg = m
		}
	}
	return c.begin(msg)
}

// begin opens the session that a start-up message asks for and greets the client.
func (c *conn) begin(msg *pgproto3.StartupMessage) bool {
	c.negotiate(msg)
	if c.srv.full() {
		c.fatal(pgerr.New(pgerr.TooManyConnections, "sorry, too many clients already"))
		return false
	}
	params := map[string]string{}
	for k, v := range msg.Parameters {
		if !strings.HasPrefix(k, "_pq_.") {
			params[k] = v
		}
	}
	host, port, _ := net.SplitHostPort(c.nc.RemoteAddr().String())
	ours, ourPort, _ := net.SplitHostPort(c.nc.LocalAddr().String())
	s, err := c.srv.o.Sessions.NewSession(session.StartOptions{Parameters: params, PID: c.pid, ClientAddr: host, ClientPort: port, ServerAddr: ours,
		ServerPort: ourPort, Terminate: c.terminate, Notify: c.interrupt})
	if err != nil {
		c.fatal(toPgerr(err))
		return false
	}
	c.sess.Store(s)
	c.send(&pgproto3.AuthenticationOk{})
	s.ReportedParameters(func(name, value string) {
		c.send(&pgproto3.ParameterStatus{Name: name, Value: value})
	})
	c.send(&pgproto3.BackendKeyData{ProcessID: uint32(c.pid), SecretKey: []byte{byte(c.secret >> 24), byte(c.secret >> 16), byte(c.secret >> 8), byte(c.secret)}})
	c.ready(s)
	return true
}

// negotiate answers a newer minor protocol version, or protocol options, with what this server speaks.
func (c *conn) negotiate(msg *pgproto3.StartupMessage) {
	var unknown []string
	for k := range msg.Parameters {
		if strings.HasPrefix(k, "_pq_.") {
			unknown = append(unknown, k)
		}
	}
	if msg.ProtocolVersion > pgproto3.ProtocolVersion30 || len(unknown) > 0 {
		c.send(&pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: pgproto3.ProtocolVersion30, UnrecognizedOptions: unknown})
	}
}

// toPgerr is err as an error for the client.
func toPgerr(err error) *pgerr.Error {
	if e, ok := pgerr.As(err); ok {
		return e
	}
	return pgerr.New(pgerr.InternalError, "%s", err.Error())
}
