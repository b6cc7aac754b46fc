package session

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/exec/notify"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/exec/plpgsql"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/settings"
	"github.com/lightsql/lightsql/sql/types"
)

// Session is one client's session. All methods but Cancel and the accessors that say so are called by the one goroutine that
// serves the client.
type Session struct {
	srv      *Server
	pid      int32
	user     string
	database string
	client   StartOptions
	started  time.Time

	roles    actingRoles
	settings *settings.Values
	hot      hotSettings
	types    types.Env

	tx   transaction
	stat pgstat.Session
	xid  atomic.Uint64 // of the transaction, 0 if nobody asked for it
	// countChanged and countScans are its methods Changed and Scanned.
	countChanged func(table types.OID, op pgstat.Op, rows int)
	countScans   func(relation types.OID) *pgstat.Scans
	locks        *lockmgr.Owner // of relations, and advisory ones
	prepared     map[string]*prepared
	unnamed      *prepared
	portals      map[string]*portal
	// executing is the portal that Execute runs, for ExecutingPortal.
	executing *portal
	// freePortal is a closed unnamed portal kept for reuse.
	freePortal *portal

	sink    Sink // of the running statement, for notices
	stmtNow time.Time
	lastSeq types.OID           // lastval()
	seqs    map[types.OID]int64 // currval()
	cat     catalog.Session
	shared  sharedPlans
	temp    temp
	// sqlDepth is how many functions written in SQL are running inside each other.
	sqlDepth int
	body     bodyState
	listener notify.Listener
	// triggerDepth is how many triggers are running inside each other; eventRows holds the rows of events.
	triggerDepth int
	eventRows    exec.Ctx
	eventMemory  exec.Account
	keyQueries   map[string]*prepared // of foreign keys
	random       builtins.Random
	leftovers    expr.Leftovers

	// Shared with other goroutines.
	mu      sync.Mutex
	running bool
	cancel  context.CancelCauseFunc
	parent  context.Context // of ctx
	ctx     context.Context
	timer   *time.Timer
	query   string // text of the running or last statement
	app     string // application_name
	state   string // pg_stat_activity.state
	changed time.Time
	queryAt time.Time
	txnAt   time.Time
	idleErr error // set when an idle timeout or pg_terminate_backend ended the session
	// waitEvent is what lock the session waits for; limits are its timers.
	waitEvent string
	limits    limits
	progress  atomic.Pointer[progress]
}

// bodyState is what functions in procedural languages leave in the session while they run, and the functions themselves.
type bodyState struct {
	compiled map[compiledKey]*compiledFunction
	stack    plpgsql.Stack
	// rows are the queries that loops read from.
	rows []*bodyRows
	// vars and params are what the utility statement at hand may refer to.
	vars   bind.Variables
	params []types.Datum
	// unnamed counts the cursors that got a name.
	unnamed int
	// nonAtomic: the procedure that is called may end the transaction.
	nonAtomic   bool
	view        *view
	transitions transitions
}

func newSession(srv *Server, o StartOptions, user, database string) *Session {
	s := &Session{srv: srv, leftovers: expr.Leftovers{Memory: &srv.memory}, pid: o.PID, user: user, database: database, client: o, started: time.Now(),
		prepared: map[string]*prepared{}, portals: map[string]*portal{}, seqs: map[types.OID]int64{}, state: "idle"}
	s.changed = s.started
	s.countChanged, s.countScans = s.stat.Changed, s.stat.Scanned
	s.stat.Connected()
	s.cat.User, s.cat.Database = user, database
	s.cat.Catalog = srv.o.Catalog
	s.cat.Provider = s.virtualRows
	s.cat.Rows, s.cat.Stats, s.cat.Stat = s.analyzedRows, srv.stats, func(f string, oid types.OID) types.Datum { return s.counts().Value(f, oid) }
	s.listener.Wake = s.wake
	s.eventMemory.Parent = &srv.memory
	s.eventRows.Memory, s.eventRows.SpillDir = &s.eventMemory, srv.o.SpillDir
	return s
}

// Close ends the session: an open transaction is rolled back.
func (s *Session) Close() {
	defer s.leftovers.Wait(context.Background())
	s.closeAllPortals()
	if s.tx.block || s.tx.kv != nil {
		s.rollback()
	}
	s.stat.ForceFlush()
	s.stat.Flush(&s.srv.stat, time.Now())
	s.endTemp()
	s.srv.hub.UnlistenAll(&s.listener)
	s.locks.Close()
	s.srv.remove(s)
	s.srv.xids.end(s.xid.Swap(0), false) // somebody may have asked in between
	s.mu.Lock()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.stopIdle()
	s.limits.transaction.stop()
	s.mu.Unlock()
}

// Causes of a cancelled statement.
var (
	errUserCancel       = pgerr.New(pgerr.QueryCanceled, "canceling statement due to user request")
	errStatementTimeout = pgerr.New(pgerr.QueryCanceled, "canceling statement due to statement timeout")
)

// Cancel cancels the running statement, if there is one. Safe to call from any goroutine.
func (s *Session) Cancel() { s.cancelWith(errUserCancel) }

// CancelWith cancels the running statement, if there is one, with an error of the caller's. Safe to call from any goroutine.
func (s *Session) CancelWith(cause *pgerr.Error) { s.cancelWith(cause) }

func (s *Session) cancelWith(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running && s.cancel != nil {
		s.cancel(cause)
	}
}

// Interrupted is the error of the running statement if it was cancelled.
func (s *Session) Interrupted() error { return s.fail(s.ctx, s.ctx.Err()) }

// enter marks the beginning of a client request and returns the context it runs under, a child of parent. The context is
// used again until a cancel used it up, so that a request costs no allocation.
func (s *Session) enter(parent context.Context, query string) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil || s.ctx.Err() != nil || s.parent != parent {
		if s.cancel != nil {
			s.cancel(nil) // gives the old one's resources back
		}
		s.parent = parent
		s.ctx, s.cancel = context.WithCancelCause(parent)
	}
	s.running = true
	s.stopIdle()
	s.state = "active"
	s.query = query
	s.stmtNow = time.Now()
	s.stat.Idle(s.stmtNow.Sub(s.changed), s.tx.block)
	s.changed, s.queryAt = s.stmtNow, s.stmtNow
	if d := s.hot.statementTimeout; d > 0 {
		if s.timer == nil {
			s.timer = time.AfterFunc(d, func() { s.cancelWith(errStatementTimeout) })
		} else {
			s.timer.Reset(d)
		}
	}
	return s.ctx
}

// leave marks the end of a client request.
func (s *Session) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = false
	s.changed = time.Now()
	s.stat.Active(s.changed.Sub(s.queryAt))
	if s.timer != nil {
		s.timer.Stop()
	}
	s.state = s.tx.activityState()
	s.sink = nil
	s.startIdle()
}

// fail maps an error of the layers below to what the client sees.
func (s *Session) fail(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := pgerr.As(err); ok {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		if e, ok := pgerr.As(context.Cause(ctx)); ok {
			c := *e
			return &c
		}
		c := *errUserCancel
		return &c
	}
	if errors.Is(err, kv.ErrDeadlock) {
		s.stat.Deadlocked()
	}
	return storeError(err)
}

// storeErrors maps errors of the store to SQLSTATEs and PostgreSQL's words.
var storeErrors = []struct {
	err     error
	code    pgerr.Code
	message string
}{
	{kv.ErrConflictDeleted, pgerr.SerializationFailure, "could not serialize access due to concurrent delete"},
	{kv.ErrDependencies, pgerr.SerializationFailure, "could not serialize access due to read/write dependencies among transactions"},
	{kv.ErrConflict, pgerr.SerializationFailure, "could not serialize access due to concurrent update"},
	{kv.ErrDeadlock, pgerr.DeadlockDetected, "deadlock detected"},
	{kv.ErrLockTimeout, pgerr.LockNotAvailable, "canceling statement due to lock timeout"},
	{kv.ErrLocked, pgerr.LockNotAvailable, "could not obtain lock on row"},
	{kv.ErrReadOnly, pgerr.ReadOnlySQLTransaction, "cannot execute statement in a read-only transaction"},
	{kv.ErrKeyTooLarge, pgerr.ProgramLimitExceeded, "index row size exceeds maximum"},
	{kv.ErrTooLarge, pgerr.ProgramLimitExceeded, "value or transaction is too large"},
	{kv.ErrDiskFull, pgerr.DiskFull, "could not write to disk: No space left on device"},
	{kv.ErrCorrupt, pgerr.DataCorrupted, ""},
	{kv.ErrUndetermined, pgerr.TransactionResolutionUnknown, "transaction resolution unknown"},
	{kv.ErrSnapshotTooOld, pgerr.SnapshotTooOld, "snapshot too old"},
	{kv.ErrClosed, pgerr.AdminShutdown, "the database system is shutting down"},
	{catalog.ErrTableChanged, pgerr.SerializationFailure, "could not serialize access due to a concurrent change of the table's definition"},
}

func storeError(err error) error {
	for _, e := range storeErrors {
		if !errors.Is(err, e.err) {
			continue
		}
		if e.message == "" {
			return pgerr.New(e.code, "%s", err.Error())
		}
		p := pgerr.New(e.code, "%s", e.message)
		if err.Error() != e.err.Error() {
			p = p.WithDetail("%s", err.Error())
		}
		return p
	}
	var errno syscall.Errno
	switch {
	case !errors.As(err, &errno):
		return pgerr.New(pgerr.InternalError, "%s", err.Error())
	case errno == syscall.EMFILE || errno == syscall.ENFILE:
		return pgerr.New(pgerr.InsufficientResources, "%s", err.Error())
	}
	return pgerr.New(pgerr.IOError, "%s", err.Error())
}

// notice sends a notice to the client of the running statement if client_min_messages lets it through.
func (s *Session) notice(n *pgerr.Error) {
	if s.sink != nil && severityRank(n.Severity) >= s.hot.clientMinMessages {
		s.sink.Notice(n)
	}
}

// Terminated reports whether the session was told to end.
func (s *Session) Terminated() bool { return s.TerminatedByIdleTimeout() }

// TerminatedByIdleTimeout reports whether an idle timeout or pg_terminate_backend ended the session.
func (s *Session) TerminatedByIdleTimeout() bool { return s.IdleTimeoutError() != nil }

// IdleTimeoutError is what the client is told then.
func (s *Session) IdleTimeoutError() *pgerr.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, _ := pgerr.As(s.idleErr)
	return e
}

// TypesEnv is how values are read and written in this session.
func (s *Session) TypesEnv() *types.Env { return &s.types }
