package pgwire

import (
	"net"
	"syscall"
	"time"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// watchInterval is how often the server looks for clients that left during a statement.
const watchInterval = 20 * time.Millisecond

// watch stops statements whose client is gone. One goroutine looks at all connections while there are any, so that short statements
// pay two atomic additions and no timer: only a connection that serves the same message as at the last look costs a system call.
func (s *Server) watch() {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	var busy []*conn
	for range tick.C {
		s.mu.Lock()
		if len(s.conns) == 0 {
			s.watching = false
			s.mu.Unlock()
			return
		}
		busy = busy[:0]
		for _, c := range s.conns {
			turn := c.turn.Load()
			if turn%2 == 1 && turn == c.seen {
				busy = append(busy, c)
			}
			c.seen = turn
		}
		s.mu.Unlock()
		for _, c := range busy {
			if disconnected(c.nc) {
				c.clientLeft()
			}
		}
		clear(busy)
	}
}

// clientLeft stops what the connection does for nobody. Called by the watching goroutine.
func (c *conn) clientLeft() {
	if s := c.sess.Load(); s != nil {
		s.CancelWith(pgerr.New(pgerr.ConnectionFailure, "connection to client lost"))
	}
}

// disconnected reports whether the other end closed the connection and nothing that it sent is left to be read.
func disconnected(nc net.Conn) bool {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	gone := false
	if err := raw.Control(func(fd uintptr) { gone = peekEnd(fd) }); err != nil {
		return false
	}
	return gone
}
