package pgwire

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"github.com/lightsql/lightsql/exec/session"
)

// Options configure a Server.
type Options struct {
	Sessions *session.Server
	Logger   *slog.Logger
	// ConnectionsMax bounds the open connections; one more gets 53300. 0 is no bound.
	ConnectionsMax int
	// MessageBytesMax bounds one message's length; 0 is 1 GiB.
	MessageBytesMax int
}

// Server accepts connections and serves each on a goroutine of its own until Shutdown.
type Server struct {
	o       Options
	nextPID atomic.Int32
	closing atomic.Bool
	wg      sync.WaitGroup

	mu        sync.Mutex
	conns     map[int32]*conn // by backend pid
	listeners []net.Listener
	watching  bool // the watch goroutine runs
}

// NewServer makes a Server.
func NewServer(o Options) *Server {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.MessageBytesMax == 0 {
		o.MessageBytesMax = 1 << 30
	}
	return &Server{o: o, conns: map[int32]*conn{}}
}

// Serve accepts connections from l until Shutdown, and then returns nil.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.closing.Load() {
		s.mu.Unlock()
		return l.Close()
	}
	s.listeners = append(s.listeners, l)
	s.mu.Unlock()
	for {
		nc, err := l.Accept()
		if err != nil {
			if s.closing.Load() {
				return nil
			}
			var ne net.Error
			if errors.As(err, &ne) && ne.Timeout() {
				continue
			}
			return err
		}
		s.start(nc)
	}
}

// start serves one accepted connection on a new goroutine.
func (s *Server) start(nc net.Conn) {
	if tc, ok := nc.(*net.TCPConn); ok {
		tc.SetNoDelay(true)
		tc.SetKeepAlive(true)
	}
	c := newConn(s, nc)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Load() {
		nc.Close()
		return
	}
	s.conns[c.pid] = c
	if !s.watching {
		s.watching = true
		go s.watch()
	}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		defer s.remove(c)
		c.serve()
	}()
}

func (s *Server) remove(c *conn) {
	s.mu.Lock()
	delete(s.conns, c.pid)
	s.mu.Unlock()
}

// full tells whether the connection limit is exceeded.
func (s *Server) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.o.ConnectionsMax > 0 && len(s.conns) > s.o.ConnectionsMax
}

// cancel serves a CancelRequest: nothing happens unless pid and secret match.
func (s *Server) cancel(pid int32, secret uint32) {
	s.mu.Lock()
	c := s.conns[pid]
	s.mu.Unlock()
	if c != nil && c.secret == secret {
		c.cancelStatement()
	}
}

// Shutdown stops accepting, ends idle connections at once and running statements by cancelling them, and waits for
// all connections to end or for ctx. Clients get FATAL 57P01.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closing.Store(true)
	for _, l := range s.listeners {
		l.Close()
	}
	for _, c := range s.conns {
		c.terminate()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for _, c := range s.conns {
		c.nc.Close()
	}
	s.mu.Unlock()
	return ctx.Err()
}

// newSecret makes the key of BackendKeyData.
func newSecret() uint32 {
	var b [4]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint32(b[:])
}
