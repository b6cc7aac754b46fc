package pgwire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/lightsql/lightsql/exec/session"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// outFlushBytes is how much output is collected before it is written although the client did not ask for it yet.
const outFlushBytes = 32 << 10

// outKeepBytes is the largest output buffer that a connection keeps while it waits for its client. Larger ones are shared.
const outKeepBytes = 4 << 10

// largeBuffers are output buffers for results of many rows.
var largeBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, outFlushBytes+outFlushBytes/4)
	return &b
}}

// conn is one client connection. Its goroutine owns everything but the fields that say otherwise.
type conn struct {
	srv    *Server
	nc     net.Conn
	be     *pgproto3.Backend
	pid    int32
	secret uint32
	// sess is set after start-up; other goroutines read it to cancel.
	sess atomic.Pointer[session.Session]

	// turn is odd while a message is served; seen is what the watching goroutine saw last.
	turn atomic.Uint64
	seen uint64

	out      []byte
	writeErr error // the first failed write; the connection ends at the next Receive
	// skip: an error happened in the extended protocol; messages up to Sync are ignored.
	skip bool
	rows rowWriter
}

func newConn(s *Server, nc net.Conn) *conn {
	nc = newSocket(nc)
	c := &conn{srv: s, nc: nc, pid: s.nextPID.Add(1), secret: newSecret()}
	c.be = pgproto3.NewBackend(nc, nc)
	c.be.SetMaxBodyLen(s.o.MessageBytesMax)
	return c
}

// serve runs the connection to its end. A panic ends this connection only.
func (c *conn) serve() {
	defer c.nc.Close()
	defer func() {
		if r := recover(); r != nil {
			c.srv.o.Logger.Error("panic in session", "pid", c.pid, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			c.fatal(pgerr.New(pgerr.InternalError, "internal error: %v", r))
		}
		if s := c.sess.Load(); s != nil {
			c.closeSession(s)
		}
	}()
	if !c.startup() {
		return
	}
	c.loop()
}

// closeSession ends the session; what it does must not kill the server either.
func (c *conn) closeSession(s *session.Session) {
	defer func() {
		if r := recover(); r != nil {
			c.srv.o.Logger.Error("panic while closing session", "pid", c.pid, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	s.Close()
}

// loop receives and serves messages until the client leaves.
func (c *conn) loop() {
	s := c.sess.Load()
	for c.writeErr == nil {
		msg, err := c.receive(s)
		if err != nil {
			c.receiveFailed(err)
			return
		}
		if _, ok := msg.(*pgproto3.Terminate); ok {
			return
		}
		if c.skip {
			if _, ok := msg.(*pgproto3.Sync); !ok {
				continue
			}
		}
		c.turn.Add(1)
		ok := c.dispatch(s, msg)
		c.turn.Add(1)
		if !ok {
			return
		}
		if c.srv.closing.Load() {
			c.fatal(errShutdown())
			return
		}
	}
}

func errShutdown() *pgerr.Error {
	return pgerr.New(pgerr.AdminShutdown, "terminating connection due to administrator command")
}

// receive waits for the next message. Notifications that come meanwhile go out, if no statement is running.
func (c *conn) receive(s *session.Session) (pgproto3.FrontendMessage, error) {
	for {
		msg, err := c.be.Receive()
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return msg, err
		}
		c.nc.SetReadDeadline(time.Time{})
		// terminate sets its marks before the deadline, so whoever set it last is seen here.
		if c.srv.closing.Load() || s.Terminated() {
			return nil, err
		}
		if c.turn.Load()%2 == 0 {
			c.notifications(s)
			c.flush()
		}
	}
}

// notifications sends what waits for the client.
func (c *conn) notifications(s *session.Session) {
	for _, n := range s.Notifications() {
		c.send(&pgproto3.NotificationResponse{PID: uint32(n.PID), Channel: n.Channel, Payload: n.Payload})
	}
}

// interrupt makes receive look around. Called by any goroutine.
func (c *conn) interrupt() { c.nc.SetReadDeadline(time.Now()) }

// receiveFailed answers what can be answered when no message could be read.
func (c *conn) receiveFailed(err error) {
	if c.srv.closing.Load() {
		c.fatal(errShutdown())
		return
	}
	var ne net.Error
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &ne) {
		if s := c.sess.Load(); s != nil && s.TerminatedByIdleTimeout() {
			c.fatal(s.IdleTimeoutError())
		}
		return
	}
	c.fatal(pgerr.New(pgerr.ProtocolViolation, "%s", err.Error()))
}

// cancelStatement cancels the running statement. Called by any goroutine.
func (c *conn) cancelStatement() {
	if s := c.sess.Load(); s != nil {
		s.Cancel()
	}
}

// terminate makes the connection end soon. Called by any goroutine.
func (c *conn) terminate() {
	c.cancelStatement()
	c.interrupt()
}

// ctx is the context that statements of the connection run under.
func (c *conn) ctx() context.Context { return context.Background() }

// send appends a message to the output.
func (c *conn) send(m pgproto3.BackendMessage) {
	out, err := m.Encode(c.out)
	if err != nil {
		c.writeErr = err
		return
	}
	c.out = out
	c.flushIfFull()
}

func (c *conn) flushIfFull() {
	if len(c.out) >= outFlushBytes {
		c.flush()
	}
}

// flush writes the collected output.
func (c *conn) flush() {
	if len(c.out) == 0 || c.writeErr != nil {
		c.out = c.out[:0]
		return
	}
	if _, err := c.nc.Write(c.out); err != nil {
		c.writeErr = err
	}
	if cap(c.out) > 4*outFlushBytes {
		c.out = nil
	}
	c.out = c.out[:0]
}

// fatal sends a FATAL error and flushes; the caller closes.
func (c *conn) fatal(e *pgerr.Error) {
	f := *e
	f.Severity = pgerr.SeverityFatal
	c.nc.SetWriteDeadline(time.Now().Add(5 * time.Second))
	c.out = appendError(c.out, 'E', &f)
	c.flush()
}

// ready sends ReadyForQuery and writes everything out.
func (c *conn) ready(s *session.Session) {
	c.skip = false
	c.notifications(s)
	c.out = append(c.out, 'Z', 0, 0, 0, 5, s.TxStatus())
	c.flush()
	if cap(c.out) > outKeepBytes {
		b := c.out
		largeBuffers.Put(&b)
		c.out = make([]byte, 0, outKeepBytes/4)
	}
}

// expectRows gives the output a large buffer if it has none.
func (c *conn) expectRows() {
	if cap(c.out) > outFlushBytes {
		return
	}
	b := largeBuffers.Get().(*[]byte)
	c.out = append((*b)[:0], c.out...)
}
