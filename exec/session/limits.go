package session

import (
	"time"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// limits are the timers that end a session. All is guarded by Session.mu.
type limits struct{ idle, transaction limit }

// limit is a timer. A timer that went off just before it was stopped finds another turn and does nothing.
type limit struct {
	timer *time.Timer
	turn  uint64
}

func (l *limit) start(d time.Duration, expire func(turn uint64)) {
	l.stop()
	turn := l.turn
	l.timer = time.AfterFunc(d, func() { expire(turn) })
}

func (l *limit) stop() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
		l.turn++
	}
}

// What ends a session, as PostgreSQL says it.
var (
	errIdleInTransaction  = pgerr.New("25P03", "terminating connection due to idle-in-transaction timeout")
	errIdleSession        = pgerr.New("57P05", "terminating connection due to idle-session timeout")
	errTransactionTimeout = pgerr.New("25P04", "terminating connection due to transaction timeout")
	errTerminated         = pgerr.New(pgerr.AdminShutdown, "terminating connection due to administrator command")
)

// startIdle starts the idle timeout that applies. The caller holds s.mu.
func (s *Session) startIdle() {
	d, cause := s.hot.idleTimeout, errIdleSession
	if s.tx.block {
		d, cause = s.hot.idleInTransaction, errIdleInTransaction
	}
	if d > 0 {
		s.limits.idle.start(d, func(turn uint64) { s.expire(&s.limits.idle, turn, cause) })
	}
}

func (s *Session) stopIdle() { s.limits.idle.stop() }

// startTransactionLimit starts transaction_timeout. The caller holds s.mu.
func (s *Session) startTransactionLimit() {
	if d := s.hot.transactionTimeout; d > 0 {
		s.limits.transaction.start(d, func(turn uint64) { s.expire(&s.limits.transaction, turn, errTransactionTimeout) })
	}
}

// expire ends the session if the timer still counts.
func (s *Session) expire(l *limit, turn uint64, cause *pgerr.Error) {
	s.mu.Lock()
	counts := l.turn == turn
	s.mu.Unlock()
	if counts {
		s.terminate(cause)
	}
}

// terminate ends the session with an error. Safe to call from any goroutine.
func (s *Session) terminate(cause *pgerr.Error) {
	s.mu.Lock()
	if s.idleErr == nil {
		s.idleErr = cause
	}
	s.mu.Unlock()
	s.cancelWith(cause)
	if s.client.Terminate != nil {
		s.client.Terminate()
	}
}
